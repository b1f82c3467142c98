"""How far a release is: what of it is there, what is missing, and what can still be done."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pypi_publish.index.filename import version_in
from pypi_publish.index.model import IndexAnswers, parsed

if TYPE_CHECKING:
    from packaging.version import Version

# https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/
RELEASE_OPEN = timedelta(days=14)


class BuiltFile(Protocol):
    """What is looked at of a file that would be uploaded."""

    @property
    def path(self) -> Path: ...
    @property
    def version(self) -> str | None: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...


def closes_at(there: IndexAnswers) -> datetime | None:
    """Return when PyPI stops to take new files for the release; None: no rule, or not known."""
    created = there.release_created
    return created + RELEASE_OPEN if created and there.is_pypi else None


def is_open(there: IndexAnswers) -> bool:
    """Whether new files are taken, as far as that is known."""
    closes = closes_at(there)
    return closes is None or there.asked_at <= closes


def next_step(there: IndexAnswers, artifacts: Sequence[BuiltFile]) -> str:
    """Return what is safe: the same bytes again while the release is open, else a new version."""
    present = {file.filename: file.sha256 for file in there.of_this_version}
    same = all(present.get(item.path.name, item.sha256) == item.sha256 for item in artifacts)
    if not same or not is_open(there):
        return "Give the release a new version and upload all its files in one run."
    closes = closes_at(there)
    until = f" until {closes:%Y-%m-%d}" if closes else ""
    return f"Upload these same files again{until}; those that are there are passed over."


def live_versions(there: IndexAnswers) -> "list[Version]":
    """Return the versions that installers choose from."""
    return [
        version
        for version, files in there.releases.items()
        if not files or any(file.yanked is None for file in files)
    ]


def of_release(artifacts: Iterable[BuiltFile], there: IndexAnswers) -> list[BuiltFile]:
    """Return the built files of the version that is asked about."""
    version = parsed(there.version)
    spelled = ((item, item.version or version_in(item.path.name, there.name)) for item in artifacts)
    return [item for item, spelling in spelled if parsed(spelling) == version]


def absent(
    artifacts: Sequence[BuiltFile] | None, there: IndexAnswers, *, every: bool = False
) -> list[BuiltFile]:
    """Return the built files that are not there, of this release or of every one."""
    present = {file.filename for file in there.files}
    items = list(artifacts or ()) if every else of_release(artifacts or (), there)
    return [item for item in items if item.path.name not in present]


def is_sdist(item: BuiltFile) -> bool:
    """Whether it is one, by its name."""
    return item.path.name.lower().endswith((".tar.gz", ".zip"))
