"""Times the diagnosis of a large log, beyond what starting takes, and the memory of a huge one.

    python benchmarks/diagnose.py [--mebibytes 20] [--rounds 5] [--huge 1024]

Not a test: a clock on a shared machine proves nothing about a change. Whole processes from start
to end, the best time of each counts; the same with a log of one line is taken off. The log is what
a release of a large project prints: compiler and pip output with `gh` prefixes, the refusal at
its end. `--huge` sends so many mebibytes through a pipe and reports the peak of memory.
"""
# ruff: noqa: INP001, S101, S311, T201

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "diagnose-publish.py"
SECONDS, MEBIBYTES = 0.6, 100
_REFUSAL = (
    "Uploading tidewheel-1.4.0-py3-none-any.whl",
    "WARNING  Error during upload. Retry with the --verbose option for more details. ",
    "ERROR    HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/        ",
    "         This filename was previously used by a file that has since been        ",
    "         deleted. Use a different version. See                                  ",
    "         https://pypi.org/help/#file-name-reuse for more information.           ",
)
_NOISE = (
    "  copying src/tidewheel/module_{n}.py -> build/lib.linux-x86_64-cpython-312/tidewheel",
    "  gcc -pthread -fno-strict-overflow -Wall -O3 -fPIC -I/usr/include/python3.12 -c src/a{n}.c",
    "  src/a{n}.c:{n}:12: warning: unused variable 'error' [-Wunused-variable]",
    "Collecting package-{n}>=1.{n} (from tidewheel==1.4.0)",
    "  Downloading package_{n}-1.{n}.0-py3-none-any.whl.metadata (5.1 kB)",
    "tests/test_module_{n}.py::test_that_a_file_exists[{n}] PASSED                  [ 12%]",
    "     |████████████████████████████████| {n} kB 12.3 MB/s eta 0:00:01",
    "adding 'tidewheel/module_{n}.py'",
    "[{n}/9999] Building CXX object CMakeFiles/core.dir/src/core_{n}.cpp.o",
    "remote: Counting objects: {n}, done.",
)


def main() -> int:
    """Measure and print; the exit code says whether the aims were reached."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large.log"), Path(folder, "small.log")
        large.write_text("".join(_lines(arguments.mebibytes << 20)), encoding="utf-8")
        small.write_text("\n".join(_REFUSAL), encoding="utf-8")
        best = {
            path: min(_seconds(path) for _ in range(arguments.rounds)) for path in (small, large)
        }
    beyond = best[large] - best[small]
    print(f"start  {best[small]:6.3f} s")
    print(f"log    {beyond:6.3f} s for {arguments.mebibytes} MiB beyond it (at most {SECONDS})")
    peak = _peak(arguments.huge) if arguments.huge else 0
    if arguments.huge:
        print(f"memory {peak:6.1f} MiB for {arguments.huge} MiB from a pipe (below {MEBIBYTES})")
    return int(beyond > SECONDS or peak >= MEBIBYTES)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time diagnose-publish on a large log.")
    parser.add_argument("--mebibytes", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--huge", type=int, default=0)
    return parser.parse_args()


def _lines(size: int) -> Iterator[str]:
    random = Random(1)
    written = 0
    while written < size:
        said = random.choice(_NOISE).format(n=random.randrange(10_000))
        line = f"build\tBuild\t2026-11-02T10:00:00.{written % 9_999_999:07}Z {said}\n"
        written += len(line.encode())
        yield line
    yield from (f"publish\tPublish\t2026-11-02T10:09:00.0000000Z {line}\n" for line in _REFUSAL)


def _seconds(log: Path) -> float:
    begun = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, SCRIPT, "--json", log], capture_output=True, text=True, check=False
    )
    if "pypi-filename-reused" not in ended.stdout:
        raise SystemExit(ended.stdout + ended.stderr)
    return time.perf_counter() - begun


def _peak(mebibytes: int) -> float:
    with subprocess.Popen(
        [sys.executable, SCRIPT, "--json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        block = "".join(_lines(4 << 20)).encode()
        for _ in range(mebibytes // 4):
            process.stdin.write(block)
        process.communicate()
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
