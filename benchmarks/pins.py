"""Times check-action-pins against zizmor, and its start against the imports it cannot do without.

Run it with the Python of an environment that holds requirements/dev.txt:

    python benchmarks/pins.py [--files 700] [--rounds 5] [--keep FOLDER]

Not a test: a clock on a shared machine proves nothing about a change. What is compared runs in
turns in the same session, and the best time of each counts, so a busy moment hurts nobody.
"""
# ruff: noqa: INP001, S311, T201

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha1
from pathlib import Path
from random import Random

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
SEED = 20_261_101
SHORTEST, LONGEST = 80, 300
AT_MOST_OF_ZIZMOR = 0.7
AT_MOST_OF_IMPORTS = 1.5
STARTS = 15

ACTIONS = {
    "actions/checkout": "v7.0.1",
    "actions/setup-python": "v7.0.0",
    "actions/setup-node": "v6.2.0",
    "actions/cache": "v5.0.3",
    "actions/upload-artifact": "v7.0.1",
    "actions/download-artifact": "v8.0.1",
    "astral-sh/setup-uv": "v10.0.1",
    "codecov/codecov-action": "v5.5.2",
    "docker/build-push-action": "v6.18.0",
    "docker/login-action": "v3.6.0",
    "docker/setup-buildx-action": "v3.12.0",
    "pypa/cibuildwheel": "v4.2.0",
    "pypa/gh-action-pypi-publish": "v1.14.2",
    "softprops/action-gh-release": "v2.5.0",
}
WORKFLOWS = {
    "example/ci/.github/workflows/test.yml": "v3.1.0",
    "example/docs/.github/workflows/build.yaml": "v1.12.4",
}
IMAGES = ("python:3.13-slim", "postgres:17", "redis:7-alpine", "ghcr.io/example/builder:4.2")
SHELL = (
    "set -euo pipefail",
    'echo "building $PROJECT with $(python --version)"',
    "python -m pip install --require-hashes --requirement requirements/dev.txt",
    'for name in dist/*; do printf "%s %s\\n" "$(sha256sum "$name")" "$name"; done',
    "if [ -d build ]; then",
    "  rm -r build",
    "fi",
    'python -m pytest --junit-xml="$RUNNER_TEMP/report.xml" -n auto  # uses: nothing@v1',
    "git diff --exit-code -- src docs",
    'echo "date=$(date --utc +%F)" >> "$GITHUB_OUTPUT"',
    "tox run-parallel --parallel-no-spinner -- --durations 20",
)


class Writer:
    """Writes workflows, either tidy ones or such as need much mending; the same for one seed."""

    def __init__(self, *, tidy: bool) -> None:
        self.random = Random(SEED + tidy)
        self.tidy = tidy

    def workflow(self, number: int) -> str:
        """Return a workflow of a drawn length, give or take a job's head."""
        length = self.random.randint(SHORTEST, LONGEST - 50)
        lines = list(self._head(number))
        job = 0
        while len(lines) < length:
            lines += self._job(job, min(length - len(lines), self.random.randint(25, 120)))
            job += 1
        return "\n".join(lines) + "\n"

    def _head(self, number: int) -> Iterator[str]:
        yield f"name: Workflow {number}"
        yield "on:"
        yield from ("  push:", "    branches: [main]", "  pull_request:", "  workflow_dispatch:")
        if self.tidy:
            yield "permissions: {}"
        elif self.random.random() < 0.4:
            yield "permissions: write-all"
        if self.tidy or self.random.random() < 0.3:
            yield from ("concurrency:", "  group: ${{ github.workflow }}-${{ github.ref }}")
            yield "  cancel-in-progress: true"
        yield from ("env:", f"  PROJECT: project-{number}", "  FORCE_COLOR: '1'", "")
        yield "jobs:"

    def _job(self, job: int, length: int) -> Iterator[str]:
        if self.random.random() < 0.12:
            yield from self._called_workflow(job)
            return
        lines = list(self._job_head(job))
        while len(lines) < length:
            lines += self._step(first=lines[-1].endswith("steps:"))
        yield from lines
        yield ""

    def _called_workflow(self, job: int) -> Iterator[str]:
        name, version = self.random.choice(list(WORKFLOWS.items()))
        yield f"  called-{job}:"
        yield from ("    permissions:", "      contents: read # to check out")
        yield f"    uses: {self._reference(name, version)}"
        yield from ("    with:", "      python: '3.13'", "")

    def _job_head(self, job: int) -> Iterator[str]:
        yield f"  job-{job}:"
        yield f"    name: Job {job}"
        yield "    runs-on: ${{ matrix.os }}"
        yield "    timeout-minutes: 20"
        if self.tidy or self.random.random() < 0.5:
            yield from ("    permissions:", "      contents: read # to check out")
        yield from ("    strategy:", "      fail-fast: false", "      matrix:")
        yield "        os: [ubuntu-24.04, macos-15, windows-2025]"
        yield "        python:"
        yield from (f"          - '3.{minor}'" for minor in range(11, self.random.randint(12, 15)))
        if self.random.random() < 0.2:
            yield from ("    container:", f"      image: {self._image()}")
        if self.random.random() < 0.2:
            yield from ("    services:", "      database:", f"        image: {self._image()}")
            yield from ("        ports:", "          - 5432:5432")
        yield "    steps:"

    def _step(self, *, first: bool) -> Iterator[str]:
        if first:
            yield from self._checkout()
        elif self.random.random() < 0.5:
            yield from self._use()
        else:
            yield from self._run()

    def _checkout(self) -> Iterator[str]:
        yield f"      - uses: {self._reference('actions/checkout', ACTIONS['actions/checkout'])}"
        if self.tidy or self.random.random() < 0.3:
            yield from ("        with:", "          persist-credentials: false")

    def _use(self) -> Iterator[str]:
        # zizmor has something to say of caches and publishing that no pin can mend.
        plain = ("actions/setup-python", "actions/upload-artifact", "actions/download-artifact")
        name = self.random.choice(plain if self.tidy else list(ACTIONS))
        if name == "actions/checkout":
            yield from self._checkout()
            return
        yield f"      - name: Use {name.partition('/')[2]}"
        yield f"        uses: {self._reference(name, ACTIONS[name])}"
        yield "        with:"
        yield f"          name: result-{self.random.randint(1, 9)}"
        yield "          path: |"
        yield from (f"            dist/{part}" for part in ("*.whl", "*.tar.gz", "!*.log"))

    def _run(self) -> Iterator[str]:
        yield f"      - name: Do step {self.random.randint(1, 99)}"
        yield "        if: runner.os != 'Windows'"
        yield "        env:"
        yield "          PYTHON: ${{ matrix.python }}"
        yield "        run: |"
        yield from (f"          {line}" for line in self._shell())

    def _shell(self) -> Iterator[str]:
        start = self.random.randint(0, len(SHELL) - 1)
        for at in range(start, start + self.random.randint(2, 9)):
            line = SHELL[at % len(SHELL)]
            if line.startswith("if "):
                yield from SHELL[4:7]
            elif line.lstrip() not in ("rm -r build", "fi"):
                yield line
        if not self.tidy and self.random.random() < 0.3:
            yield 'echo "${{ github.event.pull_request.title }}"'

    def _reference(self, name: str, version: str) -> str:
        commit = sha1(f"{name} {version}".encode(), usedforsecurity=False).hexdigest()
        if self.tidy or self.random.random() < 0.4:
            return f"{name}@{commit} # {version}"
        forms = (
            f"{name}@{commit}",
            f"{name}@{version}",
            f'"{name}@{version.partition(".")[0]}"',
            f"{name}@main",
        )
        return self.random.choice(forms)

    def _image(self) -> str:
        image = self.random.choice(IMAGES)
        if self.tidy or self.random.random() < 0.3:
            digest = sha1(image.encode(), usedforsecurity=False).hexdigest()
            return f"{image}@sha256:{digest}{digest[:24]}"
        return image


def main() -> int:
    arguments = _arguments()
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent)) or shutil.which("zizmor")
    if zizmor is None:
        print("zizmor is not installed; requirements/dev.txt brings it", file=sys.stderr)
        return 5
    with tempfile.TemporaryDirectory(prefix="pins-benchmark-") as scratch:
        folder = arguments.keep or Path(scratch)
        script = _as_installed(Path(scratch))
        print(f"{'':<26}{'ours':>9}{'theirs':>9}{'ratio':>8}   target")
        met = [
            _against_zizmor(script, zizmor, folder / name, arguments, tidy=name == "tidy")
            for name in ("untidy", "tidy")
        ]
        met.append(_start(script, folder / "small.yml"))
    return 0 if all(met) else 1


def _as_installed(folder: Path) -> Path:
    """Copy the scripts as they come with a clone: without the bytecode that tests leave behind."""
    scripts = folder / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    return scripts / "check-action-pins.py"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=700, help="workflows of each kind")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each tool; the best counts")
    parser.add_argument("--keep", type=Path, help="write the workflows there and leave them")
    return parser.parse_args()


def _against_zizmor(
    script: Path, zizmor: str, folder: Path, arguments: argparse.Namespace, *, tidy: bool
) -> bool:
    lines = _write_corpus(folder, arguments.files, tidy=tidy)
    ours: list[str | Path] = [sys.executable, script, folder]
    theirs: list[str | Path] = [zizmor, "--offline", "--no-progress", folder]
    times = _in_turns({"ours": ours, "theirs": theirs}, arguments.rounds)
    what = f"{arguments.files} files, {folder.name}"
    met = _row(what, min(times["ours"]), min(times["theirs"]), AT_MOST_OF_ZIZMOR)
    print(f"    {lines} lines; zizmor --offline, best of {arguments.rounds}")
    return met


def _write_corpus(folder: Path, files: int, *, tidy: bool) -> int:
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True, exist_ok=True)
    writer = Writer(tidy=tidy)
    lines = 0
    for number in range(files):
        text = writer.workflow(number)
        count = text.count("\n")
        if not SHORTEST <= count <= LONGEST:
            raise ValueError(f"workflow {number} has {count} lines")
        lines += count
        (workflows / f"workflow-{number:03}.yml").write_text(text, encoding="utf-8")
    return lines


def _start(script: Path, small: Path) -> bool:
    small.write_text(
        "on: push\n"
        "permissions: {}\n"
        "jobs:\n"
        "  test:\n"
        "    runs-on: ubuntu-24.04\n"
        "    steps:\n"
        "      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1\n"
        "      - run: echo done\n",
        encoding="utf-8",
    )
    ours: list[str | Path] = [sys.executable, script, small]
    imports: list[str | Path] = [sys.executable, "-c", "import typer, pydantic"]
    times = _in_turns({"ours": ours, "theirs": imports}, STARTS)
    met = [
        _row(
            f"one small file, {name}",
            pick(times["ours"]),
            pick(times["theirs"]),
            AT_MOST_OF_IMPORTS,
        )
        for name, pick in (("median", statistics.median), ("best", min))
    ]
    print(f"    python -c 'import typer, pydantic', {STARTS} starts of each")
    return all(met)


def _row(what: str, ours: float, theirs: float, at_most: float) -> bool:
    ratio = ours / theirs
    met = ratio <= at_most
    judged = "met" if met else "MISSED"
    print(f"{what:<26}{ours:>8.3f}s{theirs:>8.3f}s{ratio:>8.2f}   <= {at_most}: {judged}")
    return met


def _in_turns(commands: Mapping[str, Sequence[str | Path]], rounds: int) -> dict[str, list[float]]:
    """Run every command once unmeasured, to warm the caches, and then in turns."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            taken = _seconds(command)
            if turn:
                times[name].append(taken)
    return times


def _seconds(command: Sequence[str | Path]) -> float:
    begin = time.perf_counter()
    ended = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    taken = time.perf_counter() - begin
    if ended.returncode not in (0, *range(10, 15)):  # clean, or findings
        raise RuntimeError(f"{command} ended with {ended.returncode}: {ended.stderr.decode()}")
    return taken


if __name__ == "__main__":
    sys.exit(main())
