"""Writes what a release of a large project prints, the refusal at its end."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

REFUSAL = (
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


def lines_of(size: int) -> Iterator[str]:
    random = Random(1)
    written = 0
    while written < size:
        said = random.choice(_NOISE).format(n=random.randrange(10_000))
        line = f"build\tBuild\t2026-11-02T10:00:00.{written % 9_999_999:07}Z {said}\n"
        written += len(line.encode())
        yield line
    yield from (f"publish\tPublish\t2026-11-02T10:09:00.0000000Z {line}\n" for line in REFUSAL)


def write_log(path: Path, mebibytes: int) -> Path:
    """Write a log as `gh` prints it."""
    path.write_text("".join(lines_of(mebibytes << 20)), encoding="utf-8")
    return path
