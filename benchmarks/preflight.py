"""Times preflight: built files against `twine check`, a source tree against imports alone.

Run it with the Python of an environment that holds requirements/dev.txt:

    python benchmarks/preflight.py [--rounds 7] [--dist FOLDER]

Not a test: a clock on a shared machine proves nothing about a change. All run in turns, as whole
processes from start to end, and the best time of each counts. Files and tree are made here, unless
a folder with real files is given.
"""
# ruff: noqa: INP001, T201

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests")]

from artifact_maker import SdistMaker, WheelMaker  # noqa: E402

PREFLIGHT = [sys.executable, str(ROOT / "scripts" / "preflight.py"), "--offline"]
IMPORTS = [sys.executable, "-c", "import typer, pydantic, packaging.metadata"]
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample-pkg"
version = "1.0"
readme = "README.md"
requires-python = ">=3.11"
"""


def main() -> int:
    """Measure and print; the exit code says whether both aims were reached."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as temporary:
        empty, tree = Path(temporary, "empty"), _tree(Path(temporary, "tree"))
        empty.mkdir()
        dist = arguments.dist or _dist(Path(temporary, "dist"))
        files = sorted(str(path) for path in dist.iterdir())
        times = _times(
            arguments.rounds,
            {
                f"preflight --dist, {len(files)} files": [
                    *PREFLIGHT,
                    "--dist",
                    str(dist),
                    str(empty),
                ],
                "twine check, the same": [sys.executable, "-m", "twine", "check", *files],
                "preflight, a tree of 2,000 files": [*PREFLIGHT, str(tree)],
                "import typer, pydantic, packaging.metadata": IMPORTS,
            },
        )
    for name, seconds in times.items():
        print(f"{name:45} {seconds:6.3f} s")
    built, twine, static, imports = times.values()
    print(f"built files: {built / twine:.2f} of twine check (aim: at most 1)")
    print(f"source tree: {static / imports:.2f} of the imports (aim: at most 3)")
    return int(built > twine or static > 3 * imports)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time preflight against twine and bare imports.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dist", type=Path)
    return parser.parse_args()


def _times(rounds: int, commands: dict[str, list[str]]) -> dict[str, float]:
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(rounds):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, capture_output=True, check=False)
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def _tree(root: Path) -> Path:
    """Write a project of 2,000 modules under git."""
    for number in range(2_000):
        file = root / "src" / "sample_pkg" / f"part{number % 50}" / f"module{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'"""Module {number}."""\n\nVALUE = {number}\n' * 20, encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (root / "README.md").write_text("# Sample\n", encoding="utf-8")
    for arguments in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


def _dist(folder: Path) -> Path:
    """Write 25 wheels and 25 sdists of twenty modules each."""
    folder.mkdir()
    random = Random(20_261_121)  # noqa: S311
    for number in range(25):
        stem = f"sample_pkg{number}"
        changes = {"Name": stem.replace("_", "-")}
        text = "".join(
            f"value_{random.random()} = {random.random()}\n" for _ in range(150)
        ).encode()
        modules = {f"{stem}/module{module}.py": text for module in range(20)}
        WheelMaker(
            f"{stem}-1.0-py3-none-any.whl", f"{stem}-1.0.dist-info", changes, extra=modules
        ).write(folder)
        packed = {f"{stem}-1.0/src/{name}": data for name, data in modules.items()}
        SdistMaker(f"{stem}-1.0.tar.gz", f"{stem}-1.0", changes, extra=packed).write(folder)
    return folder


if __name__ == "__main__":
    sys.exit(main())
