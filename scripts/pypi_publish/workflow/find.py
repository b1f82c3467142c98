"""Which files of a repository are workflows and actions, and their content."""

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pypi_publish.errors import Malformed, NothingToInspect, PrerequisiteMissing
from pypi_publish.workflow.reader import LARGEST

STDIN = "<stdin>"
_YAML = {".yml", ".yaml"}
_ACTION = {"action.yml", "action.yaml"}


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a workflow or an action."""

    path: Path | None  # None: standard input
    name: str  # as shown to the user
    root: Path  # of the repository that it belongs to
    by_user: bool = False  # named itself, not found in a folder


def find(paths: tuple[str, ...]) -> list[Found]:
    """Return the files below `paths`, each once; without paths, those of the current folder."""
    if not paths:
        return _of_here()
    found: dict[Path | None, Found] = {}
    for path in paths:
        for item in _below(path):
            found.setdefault(_place(item.path), item)
    return list(found.values())


def read(found: Found) -> bytes:
    """Return the content of a file; never more than a workflow may have."""
    try:
        if found.path is None:
            return sys.stdin.buffer.read(LARGEST + 1)
        _refuse_what_is_no_file(found, found.path)
        with found.path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        hint = "Make the file readable, or leave it out."
        raise _unreadable(found.name, error, hint) from error


def _refuse_what_is_no_file(found: Found, path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise Malformed(
            "broken-symlink", f"{found.name}: a symbolic link to nothing", "Remove the link."
        )
    kind = path.stat().st_mode
    if found.by_user and stat.S_ISFIFO(kind):  # `<(...)` of a shell
        return
    if not stat.S_ISREG(kind):  # a device would never end
        raise Malformed("not-a-file", f"{found.name}: not a file", "Leave it out.")
    # A link is followed; else the file is where its folder is, and that is asked once.
    real = path.resolve() if path.is_symlink() else _real(path.parent, _here())
    if not real.is_relative_to(_real(found.root, _here())):
        raise Malformed(
            "symlink-out-of-tree",
            f"{found.name}: a symbolic link to a file outside the repository, not read",
            "Put the file itself there; GitHub does not follow the link either.",
        )


def _below(path: str) -> Iterator[Found]:
    if path == "-":
        yield Found(None, STDIN, Path())
        return
    given = Path(path)
    try:
        if given.is_dir():
            root = _repository_of(given)
            yield from [_found(file, root) for file in _of_folder(given)]
            return
        there = given.exists()
    except OSError as error:
        raise _unreadable(path, error, "Check the path, and make it readable.") from error
    if not there:
        raise NothingToInspect(
            "not-found", f"{path}: no such file or folder", "Check the path; - is standard input."
        )
    yield _found(given, _repository_of(given.parent), by_user=True)


def _of_here() -> list[Found]:
    here = Path()
    try:
        root = _repository_of(here)
        return [_found(file, root) for file in _of_repository(here)]
    except OSError as error:
        raise _unreadable("the current folder", error, "Name the repository's folder.") from error


def _of_folder(folder: Path) -> list[Path]:
    """Return what a folder holds, be it a repository, a part of its .github, or loose files."""
    if _path_in_github(folder)[:1] == ("actions",):
        return _actions_below(folder)
    if _github_of(folder).is_dir():
        return _of_repository(folder)
    return _yaml_in(folder)


def _of_repository(root: Path) -> list[Path]:
    github = _github_of(root)
    actions = [path for path in _yaml_in(root) if path.name.lower() in _ACTION]
    return [*_yaml_in(github / "workflows"), *actions, *_actions_below(github / "actions")]


def _github_of(root: Path) -> Path:
    return root if root.absolute().name == ".github" else root / ".github"


def _yaml_in(folder: Path) -> list[Path]:
    try:
        return sorted(
            path for path in folder.iterdir() if path.suffix.lower() in _YAML and not path.is_dir()
        )
    except (FileNotFoundError, NotADirectoryError):
        return []


def _actions_below(folder: Path) -> list[Path]:
    walked = os.walk(folder, onerror=_raise_unless_missing)
    return sorted(
        Path(parent, name)
        for parent, _, names in walked
        for name in names
        if name.lower() in _ACTION
    )


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _repository_of(folder: Path) -> Path:
    """Return the folder of the repository that holds a folder; without one, the folder itself."""
    inside = len(_path_in_github(folder))
    absolute = folder.absolute()
    if inside or absolute.name == ".github":
        return absolute.parents[inside]
    for parent in (folder, *absolute.parents):
        if (parent / ".git").exists() or (parent / ".github").is_dir():
            return parent
    return folder


def _path_in_github(folder: Path) -> tuple[str, ...]:
    """Return the names below the `.github` that holds a folder; none where it is in none."""
    parts = folder.absolute().parts
    if ".github" not in parts:
        return ()
    return parts[len(parts) - parts[::-1].index(".github") :]


def _found(path: Path, root: Path, *, by_user: bool = False) -> Found:
    return Found(path, _shown(path), root, by_user)


def _place(path: Path | None) -> Path | None:
    """Return one path for all that lead to a file, except for links to the file itself."""
    return _real(path.parent, _here()) / path.name if path else None


def _shown(path: Path) -> str:
    """Name a file relative to the current folder where it is below it."""
    folder = _shown_folder(path.parent, _here())
    return f"{folder.rstrip('/')}/{path.name}" if folder else path.name


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - asked for every file, and a Path takes ten times as long
    except OSError:  # the current folder was deleted
        return ""


# Hundreds of files share a few folders, which need not be looked at for each. What a relative
# folder is depends on the current one.
@lru_cache(1024)
def _real(folder: Path, _here: str) -> Path:
    return folder.resolve()


@lru_cache(1024)
def _shown_folder(folder: Path, here: str) -> str:
    try:
        shown = folder.absolute().relative_to(here).as_posix() if here else folder.as_posix()
    except (ValueError, OSError):  # somewhere else
        shown = folder.as_posix()
    return "" if shown == "." else shown


def _unreadable(name: str, error: OSError, hint: str) -> PrerequisiteMissing:
    return PrerequisiteMissing("cannot-read", f"{name}: {error.strerror or error}", hint)
