"""Times the scripts against the tools that people would use instead, and prints one table.

Run it with the Python of an environment that holds requirements/dev.txt:

    python benchmarks/run.py [--rounds 5] [--files 700] [--mebibytes 20] [--huge 1024]

Not a test: a clock on a shared machine proves nothing about a change. What is compared runs in
turns in the same session, as whole processes, and the best time of each counts, so that a busy
moment hurts nobody; an unmeasured run before them has everything compiled, ours and theirs. The
exit code is 10 where an aim is missed. `--huge` also sends so many mebibytes of log through a pipe
and tells the most memory that was held.
"""
# ruff: noqa: T201

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]

from logs import REFUSAL, lines_of, write_log  # noqa: E402
from projects import write_dist, write_tree  # noqa: E402
from workflows import write_workflows  # noqa: E402

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
NAMES = ("preflight", "diagnose-publish", "check-action-pins", "verify-on-pypi")
MOST_MEMORY = 100  # MiB
# In a process of its own, whose largest child it is.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""
Words = Sequence[str | Path]


@dataclass(frozen=True)
class Row:
    """A command of ours, what it is held against, and how much of that it may take."""

    what: str
    ours: Words
    peer: str
    theirs: Words
    at_most: float | None = None
    start: Words = ()  # taken off ours: what is left is the work beyond the start


def main() -> int:
    arguments = _arguments()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or the peers compile at every start
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch
        rows = list(_rows(Path(scratch), arguments))
        print(f"{_machine()}\n")
        print("| What | Ours | Held against | Theirs | Ratio | Aim |")
        print("|---|---:|---|---:|---:|---:|")
        met = [_timed(row, arguments.rounds) for row in rows]
        if arguments.huge:
            met.append(_memory(arguments.huge, Path(scratch)))
    return 0 if all(met) else 10


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each; the best counts")
    parser.add_argument("--files", type=int, default=700, help="workflows of each kind")
    parser.add_argument("--mebibytes", type=int, default=20, help="of the log")
    parser.add_argument("--huge", type=int, default=0, help="mebibytes of log from a pipe")
    return parser.parse_args()


def _rows(folder: Path, arguments: argparse.Namespace) -> Iterator[Row]:
    scripts = _as_installed(folder)
    yield from _pins(scripts["check-action-pins"], folder, arguments.files)
    yield from _preflight(scripts["preflight"], folder)
    yield from _diagnosis(scripts["diagnose-publish"], folder, arguments.mebibytes)
    for name, script in scripts.items():
        version = [*script, "--version"]
        yield Row(f"start of {name}", version, "python -c pass", [sys.executable, "-c", "pass"])
        yield Row(
            f"start of {name}", version, "twine --version", [_tool("twine"), "--version"], 1.0
        )


def _pins(script: Words, folder: Path, files: int) -> Iterator[Row]:
    zizmor = [_tool("zizmor"), "--offline", "--no-progress"]
    for kind in ("untidy", "tidy"):
        there = write_workflows(folder / kind, files, tidy=kind == "tidy")
        what = f"check-action-pins, {files} {kind} workflows"
        yield Row(what, [*script, there], "zizmor --offline", [*zizmor, there], 0.7)
    small = write_workflows(folder / "small", 1, tidy=True)
    imports = "import typer, pydantic"
    what = "check-action-pins, one workflow"
    yield Row(what, [*script, small], imports, [sys.executable, "-c", imports], 1.5)


def _preflight(script: Words, folder: Path) -> Iterator[Row]:
    (folder / "empty").mkdir()
    dist, tree = write_dist(folder / "dist"), write_tree(folder / "tree")
    files = sorted(dist.iterdir())
    built: Words = [*script, "--offline", "--dist", dist, folder / "empty"]
    what = f"preflight --dist, {len(files)} files"
    yield Row(what, built, "twine check", [_tool("twine"), "check", *files], 1.0)
    imports = "import typer, pydantic, packaging.metadata"
    ours: Words = [*script, "--offline", tree]
    what = "preflight, a tree of 2,000 files"
    yield Row(what, ours, imports, [sys.executable, "-c", imports], 3.0)


def _diagnosis(script: Words, folder: Path, mebibytes: int) -> Iterator[Row]:
    log, line = write_log(folder / "large.log", mebibytes), folder / "small.log"
    line.write_text("\n".join(REFUSAL), encoding="utf-8")
    grep: Words = [_tool("grep"), "--ignore-case", "--count", "error", log]
    what = f"diagnose-publish, a log of {mebibytes} MiB"
    yield Row(
        f"{what}, beyond its start", [*script, log], "grep -ic error", grep, None, [*script, line]
    )


def _as_installed(folder: Path) -> dict[str, Words]:
    """Copy the scripts as they come with a clone: without the bytecode that tests leave behind."""
    scripts = folder / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    return {name: [sys.executable, scripts / f"{name}.py"] for name in NAMES}


def _tool(name: str) -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=beside) or shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not installed; requirements/dev.txt brings what pip can install")
    return found


def _timed(row: Row, rounds: int) -> bool:
    commands = [row.ours, row.theirs, *([row.start] if row.start else [])]
    ours, theirs, *start = _best(commands, rounds)
    ours -= sum(start)
    ratio = ours / theirs
    met = row.at_most is None or ratio <= row.at_most
    aim = "" if row.at_most is None else f"{row.at_most} {'' if met else 'MISSED'}".strip()
    print(
        f"| {row.what} | {ours:.3f} s | {row.peer} | {theirs:.3f} s | {ratio:.2f} | {aim} |",
        flush=True,
    )
    return met


def _best(commands: Sequence[Words], rounds: int) -> list[float]:
    """Run every command once unmeasured, to warm the caches, and then in turns."""
    best = [float("inf")] * len(commands)
    for turn in range(rounds + 1):
        for index, command in enumerate(commands):
            taken = _seconds(command)
            if turn:
                best[index] = min(best[index], taken)
    return best


def _seconds(command: Words) -> float:
    # Into a file: grep stops at the first hit where its output goes to /dev/null.
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, check=False
        )
        taken = time.perf_counter() - begun
    if ended.returncode not in (0, *range(10, 15)):  # clean, or findings
        sys.exit(f"{command} ended with {ended.returncode}: {ended.stderr.decode()}")
    return taken


def _memory(mebibytes: int, folder: Path) -> bool:
    """Tell the most memory that a diagnosis held."""
    block = "".join(lines_of(4 << 20)).encode()
    script = folder / "scripts" / "diagnose-publish.py"
    with subprocess.Popen(
        [sys.executable, "-c", MEASURE, sys.executable, script, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        if process.stdin is None or process.stderr is None:
            raise AssertionError("both are pipes")
        for _ in range(mebibytes // 4):
            process.stdin.write(block)
        process.stdin.close()
        most = int(process.stderr.read().split()[-1]) / 1024
    met = most <= MOST_MEMORY
    print(
        f"\nMemory: {most:.0f} MiB for a log of {mebibytes} MiB from a pipe (aim: {MOST_MEMORY})."
    )
    return met


def _machine() -> str:
    versions = [_said([_tool(name), "--version"]) for name in ("zizmor", "twine", "grep")]
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{system}; Python {platform.python_version()}; {'; '.join(versions)}"


def _said(command: Words) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout.partition("\n")[0].partition(" (readme-renderer")[0].strip()


if __name__ == "__main__":
    sys.exit(main())
