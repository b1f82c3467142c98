"""Secrets in the files of a project: which file, which line, what kind. Never the secret itself."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pypi_publish.artifacts.secrets import kind_of_secret

_LARGEST = 1 << 20  # of one file; a longer one is data
_LARGEST_SUM = 64 << 20
_MOST_FILES = 20_000
_MOST_FOUND = 50
_SKIPPED = re.compile(
    r"\.(?:png|jpe?g|gif|ico|webp|svgz|pdf|zip|gz|bz2|xz|zst|whl|so|dll|dylib|exe|a|o|pyc|"
    r"parquet|"
    r"npy|npz|woff2?|ttf|otf|eot|mp[34]|wav|ogg|mov|avi|h5|hdf5|db|sqlite3?|bin)\Z",
    re.IGNORECASE,
)
_ENV_FILE = re.compile(r"\.env(?:\.[\w.-]+)?\Z")
_ENV_EXAMPLE = re.compile(r"example|sample|template|dist\b|default|test|ci\b|schema", re.IGNORECASE)
_SECRET_NAME = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?[A-Z0-9_]*(?:SECRET|TOKEN|PASSW|PASSPHRASE|API_?KEY|PRIVATE_KEY|"
    rb"ACCESS_KEY|CREDENTIAL)[A-Z0-9_]*[ \t]*=[ \t]*(?P<value>[^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_PASSWORD = re.compile(
    rb"^[ \t]*password[ \t]*[=:][ \t]*(?P<value>[^\r\n]*)", re.IGNORECASE | re.MULTILINE
)
_PLACEHOLDER = re.compile(
    rb"\A(?:|<.*>|\$.*|%\(.*|\{\{.*|\[.*\]|x{3,}.*|\*{3,}.*|\.{3,}|none|null|true|false|"
    rb"(?:your|my|the|some|insert|replace|add|enter|change|put|fill|to-?do|dummy|fake|example|"
    rb"placeholder|secret|token|password|changeme|pypi-(?:x|\.|<|\*|your|token|\.\.\.)).*)\Z",
    re.IGNORECASE,
)
_FOR_TESTS = {"test", "tests", "testing", "fixtures", "testdata", "__tests__", "examples", "docs"}


@dataclass(frozen=True, slots=True)
class Exposed:
    """A secret, or a file that is made to hold one."""

    file: str
    line: int | None
    kind: str
    tracked: bool  # else it is neither tracked nor ignored
    certain: bool  # a secret was seen; else the file is only of the sort that holds them
    for_tests: bool  # it lies where projects keep samples


def exposed_in(root: Path, tracked: Iterable[str], untracked: Iterable[str]) -> Iterator[Exposed]:
    """Yield the secrets among the files of a project, the untracked first."""
    reader = _Reader(root)
    found = 0
    for names, is_tracked in ((untracked, False), (tracked, True)):
        for name in names:
            for exposed in _in_file(reader, name, tracked=is_tracked):
                yield exposed
                found += 1
            if found >= _MOST_FOUND or reader.exhausted:
                return


def _in_file(reader: "_Reader", name: str, *, tracked: bool) -> Iterator[Exposed]:
    if _SKIPPED.search(name):
        return
    data = reader.read(name)
    if data is None:
        return
    samples = not _FOR_TESTS.isdisjoint(part.lower() for part in PurePosixPath(name).parts[:-1])
    base = PurePosixPath(name).name
    seen = False
    for line, kind in _by_shape(data):
        if not (samples and kind == "a private key"):  # tests of TLS need keys
            seen = True
            yield Exposed(name, line, kind, tracked, certain=True, for_tests=samples)
    if not seen and not samples:
        yield from _by_name(name, base, data, tracked=tracked)


def _by_name(name: str, base: str, data: bytes, *, tracked: bool) -> Iterator[Exposed]:
    if base == ".pypirc":
        for line in _assigned(_PASSWORD, data):
            yield Exposed(name, line, "a password", tracked, certain=True, for_tests=False)
    elif _ENV_FILE.match(base) and not _ENV_EXAMPLE.search(base.removeprefix(".env")):
        lines = list(_assigned(_SECRET_NAME, data))
        for line in lines[:1]:
            yield Exposed(name, line, "a secret", tracked, certain=True, for_tests=False)
        if not lines:
            yield Exposed(name, None, "local settings", tracked, certain=False, for_tests=False)


def _assigned(pattern: re.Pattern[bytes], data: bytes) -> Iterator[int]:
    """Yield the lines on which a real value is assigned."""
    for found in pattern.finditer(data):
        value = found["value"].partition(b" #")[0].strip(b" \t\"'")
        if not _PLACEHOLDER.match(value):
            yield data.count(b"\n", 0, found.start()) + 1


def _by_shape(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield line and kind of what looks like a secret; a key stands on several lines."""
    whole = kind_of_secret(data)
    if whole is None:
        return
    lines = data.splitlines()
    found = [
        (number, kind) for number, line in enumerate(lines, 1) if (kind := kind_of_secret(line))
    ]
    if not any(kind == whole for _, kind in found):
        begins = next((n for n, line in enumerate(lines, 1) if b"PRIVATE KEY-----" in line), 1)
        found.append((begins, whole))
    yield from found[:10]


class _Reader:
    """Reads regular files below a folder, so many and so much."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._real = root.resolve()
        self._inside: dict[str, bool] = {}
        self._bytes = 0
        self._files = 0

    @property
    def exhausted(self) -> bool:
        return self._bytes > _LARGEST_SUM or self._files > _MOST_FILES

    def read(self, name: str) -> bytes | None:
        """Return the content of a text file; None for what is none, or is too long for one."""
        self._files += 1
        if not self._is_inside(os.path.dirname(name)):  # noqa: PTH120 - 2,000 times cheaper
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            handle = os.open(self._root / name, flags | getattr(os, "O_BINARY", 0))
        except (OSError, ValueError):
            return None
        with os.fdopen(handle, "rb") as file:
            seen = os.fstat(handle)
            if not stat.S_ISREG(seen.st_mode) or seen.st_size > _LARGEST:
                return None
            data = file.read(_LARGEST)
        self._bytes += len(data)
        return None if b"\0" in data[:4096] else data

    def _is_inside(self, folder: str) -> bool:
        if folder not in self._inside:
            try:
                inside = (self._root / folder).resolve().is_relative_to(self._real)
            except (OSError, RuntimeError, ValueError):
                inside = False
            self._inside[folder] = inside
        return self._inside[folder]
