"""Finds the files that are about to be uploaded and reads each of them."""

import stat
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path

from pypi_publish.artifacts.model import (
    LARGEST_FILE,
    Artifact,
    Flaw,
    OtherFile,
    Sdist,
    Trouble,
    Wheel,
)
from pypi_publish.errors import Malformed, NothingToInspect

_MOST_FILES = 2_000
_REFUSED = (
    "PyPI: Invalid file extension: Use .tar.gz, .whl or .zip extension. "
    "See https://www.python.org/dev/peps/pep-0527 "
    "and https://peps.python.org/pep-0715/ for more information"
)
_SIDECARS = (".attestation", ".asc")  # twine sets these aside, and stops at any other file


def read_artifacts(path: Path) -> tuple[Artifact, ...]:
    """Return every file that an upload of this folder, file or pattern would send."""
    found = sorted(_candidates(path), key=lambda item: item.name)
    wanted = [item for item in found if not item.name.endswith(_SIDECARS)]
    if not wanted:
        raise NothingToInspect(
            "no-artifacts",
            f"{path} holds no wheel and no sdist",
            "Build first (`uv build`, `python -m build`), or let --build do it.",
        )
    if len(wanted) > _MOST_FILES:
        raise Malformed(
            "too-many-artifacts",
            f"{path} holds {len(wanted)} files, more than {_MOST_FILES}",
            "Name the folder that holds the release, and nothing else.",
        )
    return tuple(_read(item) for item in wanted)


def _candidates(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            # As `dist/*` does: what begins with a dot (uv's .gitignore) is not meant.
            return [item for item in path.iterdir() if not item.name.startswith(".")]
        if path.exists() or path.is_symlink():
            return [path]
    except OSError as error:
        raise Malformed("unreadable", f"{path}: {error.strerror}", "Check the path.") from error
    if has_magic(str(path)):
        return [Path(name) for name in glob(str(path))]  # noqa: PTH207 - the pattern may be absolute
    raise NothingToInspect(
        "no-artifacts",
        f"there is no {path}",
        "Name the folder that the build wrote to, a file in it or a pattern like 'dist/*.whl'.",
    )


def _read(path: Path) -> Artifact:
    problem = next(_against(path), None)
    if problem is not None:
        return OtherFile(path.name, path, 0, flaws=(problem,))
    size = path.stat().st_size
    try:
        artifact = _distribution(path, size)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        flaw = Flaw(Trouble.DAMAGED, f"cannot be read: {reason}")
        return OtherFile(path.name, path, size, flaws=(flaw,))
    return artifact


def _distribution(path: Path, size: int) -> Artifact:
    if size > 4 * LARGEST_FILE:
        flaw = Flaw(Trouble.UNREAD, f"{size >> 20} MiB; its contents were not read")
        kind = Wheel if path.name.endswith(".whl") else Sdist
        return kind(path.name, path, size, flaws=(flaw,))
    if path.name.endswith(".whl"):
        from pypi_publish.artifacts.wheel import read_wheel

        return read_wheel(path, size)
    from pypi_publish.artifacts.sdist import read_sdist

    return read_sdist(path, size)


def _against(path: Path) -> Iterator[Flaw]:
    """Yield why a file is not even opened."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield Flaw(Trouble.DAMAGED, f"cannot be read: {error.strerror or type(error).__name__}")
        return
    if not path.name.endswith((".whl", ".tar.gz", ".zip")):
        message = f"Unknown distribution format: '{path.name}' (twine stops with this"
        is_file = stat.S_ISREG(mode)
        yield Flaw(Trouble.EXTENSION, f"{message}; {_REFUSED})" if is_file else f"{message})")
    elif not stat.S_ISREG(mode):
        yield Flaw(Trouble.FORMAT, "is not a regular file")
