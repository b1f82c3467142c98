"""Which files of a repository are workflows and actions, and their content."""

import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pypi_publish.errors import Malformed, NothingToInspect, PrerequisiteMissing
from pypi_publish.workflow.nodes import LARGEST

STDIN = "<stdin>"
_YAML = {".yml", ".yaml"}
_ACTION = {"action.yml", "action.yaml"}


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a workflow or an action."""

    path: Path | None  # None: standard input
    name: str  # as shown to the user
    root: Path  # of the repository that it belongs to


def find(paths: tuple[str, ...]) -> list[Found]:
    """Return the files below `paths`, each once; without paths, those of the current folder."""
    if not paths:
        return [_found(path, Path()) for path in _of_repository(Path())]
    found: dict[Path | None, Found] = {}
    for path in paths:
        for item in _below(path):
            found.setdefault(item.path and item.path.absolute(), item)
    return list(found.values())


def read(found: Found) -> bytes:
    """Return the content of a file; never more than a workflow may have."""
    if found.path is None:
        return sys.stdin.buffer.read(LARGEST + 1)
    try:
        _refuse_what_is_no_file(found, found.path)
        with found.path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise PrerequisiteMissing(
            "cannot-read",
            f"{found.name}: {error.strerror or error}",
            "Make the file readable, or leave it out.",
        ) from error


def _refuse_what_is_no_file(found: Found, path: Path) -> None:
    kind = path.stat().st_mode
    named_by_user = stat.S_ISFIFO(kind) and found.root == path.parent
    if not stat.S_ISREG(kind) and not named_by_user:  # a device would never end
        raise Malformed("not-a-file", f"{found.name}: not a file", "Leave it out.")
    if path.is_symlink() and not path.resolve().is_relative_to(found.root.resolve()):
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
    if given.is_dir():
        yield from (_found(file, given) for file in _of_folder(given))
    elif given.exists():
        yield _found(given, _repository_of(given))
    else:
        raise NothingToInspect(
            "not-found", f"{path}: no such file or folder", "Check the path; - is standard input."
        )


def _of_folder(folder: Path) -> list[Path]:
    """Return what a folder holds, be it a repository, its .github, or loose workflow files."""
    found = _of_repository(folder) or _yaml_in(folder)
    if not found and ".github" in folder.absolute().parts:
        found = _actions_below(folder)
    return found


def _of_repository(root: Path) -> list[Path]:
    github = root if root.resolve().name == ".github" else root / ".github"
    actions = [path for path in _children(root) if path.name in _ACTION]
    return [*_yaml_in(github / "workflows"), *actions, *_actions_below(github / "actions")]


def _yaml_in(folder: Path) -> list[Path]:
    return [path for path in _children(folder) if path.suffix in _YAML]


def _actions_below(folder: Path) -> list[Path]:
    return sorted(path for name in _ACTION for path in folder.rglob(name))


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise PrerequisiteMissing(
            "cannot-read", f"{folder}: {error.strerror or error}", "Make the folder readable."
        ) from error


def _repository_of(file: Path) -> Path:
    """Return the folder whose `.github` holds the file, else the file's own folder."""
    for parent in file.absolute().parents:
        if parent.name == ".github":
            return parent.parent
    return file.parent


def _found(path: Path, root: Path) -> Found:
    return Found(path, _shown(path), root)


def _shown(path: Path) -> str:
    """Name a file relative to the current folder where it is below it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
