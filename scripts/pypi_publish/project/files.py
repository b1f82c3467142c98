"""Read files of a tree that is not trusted: regular files inside it, in bounded size and time."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

MIB = 1 << 20
TEXT_LIMIT = 4 * MIB
ENTRY_LIMIT = 20_000  # entries looked at for one pattern; a wheel's licence files are near the top

# Folders that hold no source of the project; large ones, most of the time.
NOT_SOURCE = frozenset(
    ".git .hg .svn .venv venv .tox .nox node_modules build dist __pycache__ site-packages "
    ".mypy_cache .ruff_cache .pytest_cache .eggs target".split()
)


class Unreadable(Exception):
    """The file is there and cannot be read as text; says why."""


class Absent(Unreadable):
    """There is no such file."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder whose files may be anything: pipes, devices, gigabytes, links out of it."""

    root: Path

    def data(self, name: str, limit: int = TEXT_LIMIT) -> bytes:
        """Return the bytes of a regular file inside the tree."""
        return _bytes_of(self._inside(name), name, limit)

    def _inside(self, name: str) -> Path:
        try:
            path = (self.root / name).resolve()
            inside = path.is_relative_to(self.root.resolve())
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL in the name
            raise Unreadable(f"{name} cannot be found: {error}") from error
        if not inside:
            raise Unreadable(f"{name} leads out of the project's folder")
        return path

    def text(self, name: str, limit: int = TEXT_LIMIT) -> str:
        """Return a file as UTF-8 text; a byte order mark is left where it is."""
        data = self.data(name, limit)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise Unreadable(f"{name} is not UTF-8 text: line {line} has other bytes") from error

    def head(self, name: str, size: int) -> str | None:
        """Return the beginning of a text of any size; None where there is none to read."""
        try:
            path = self._inside(name)
            return _bytes_of(path, name, size, cut=True).decode("utf-8", "replace")
        except Unreadable:
            return None

    def source(self, name: str, limit: int = TEXT_LIMIT) -> str | None:
        """Return the text of a file that may be missing or unreadable, without its mark."""
        try:
            return self.text(name, limit).removeprefix("\ufeff")
        except Unreadable:
            return None

    def has(self, name: str) -> bool:
        """Tell whether the file is there: a regular one, inside the tree."""
        try:
            return self._inside(name).is_file()
        except (OSError, Unreadable):
            return False

    def names(self, folder: str = "") -> list[tuple[str, bool]]:
        """Return name and is-a-folder of what a folder holds, in order; nothing if it is none."""
        try:
            with os.scandir(self.root / folder) as entries:
                found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except (OSError, ValueError):
            return []
        return sorted(found)

    def glob(self, pattern: str) -> list[str]:
        """Return the files that a pattern of licence files matches, `**` included."""
        budget = iter(range(ENTRY_LIMIT))
        parts = [part for part in PurePosixPath(pattern).parts if part != "."]
        return sorted(set(self._matching("", parts, budget)))

    def _matching(self, folder: str, parts: list[str], budget: Iterator[int]) -> Iterator[str]:
        if not parts:
            return
        head, rest = parts[0], parts[1:]
        if head == "**":
            yield from self._matching(folder, rest or ["*"], budget)
        for name, is_folder in self.names(folder):
            if next(budget, None) is None:
                return
            path = f"{folder}/{name}" if folder else name
            if head == "**":
                if is_folder and name not in NOT_SOURCE:
                    yield from self._matching(path, parts, budget)
            elif fnmatchcase(name, head):
                if not rest and self.has(path):
                    yield path
                elif rest and is_folder:
                    yield from self._matching(path, rest, budget)


def _bytes_of(path: Path, name: str, limit: int, *, cut: bool = False) -> bytes:
    try:
        # Without O_NONBLOCK the opening of a named pipe waits for its writer, maybe for ever.
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Absent(f"{name} does not exist") from error
    except (OSError, ValueError) as error:
        raise Unreadable(f"{name} cannot be read: {error}") from error
    with open(handle, "rb") as stream:  # noqa: PTH123 - what was opened, not what has the name now
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable(f"{name} is not a regular file")
        if found.st_size > limit and not cut:
            raise Unreadable(f"{name} has {found.st_size:,} bytes; up to {limit:,} are read")
        data = stream.read(limit if cut else limit + 1)
    if len(data) > limit:
        raise Unreadable(f"{name} has more than {limit:,} bytes")
    return data
