"""What a package index says of one project: facts, whichever form the index told them in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from pypi_publish.core_metadata.versions import parsed_version

if TYPE_CHECKING:
    from packaging.version import Version


class Marker(StrEnum):
    """The state of a project (PEP 792)."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a project; None is what the index does not say."""

    filename: str
    version: str | None  # as the file's name spells it; None: no name of a wheel or an sdist
    url: str
    sha256: str | None = None
    digest: str | None = None  # "md5=...", where no sha256 is told
    size: int | None = None
    yanked: str | None = None  # the reason, maybe empty; None: not yanked
    upload_time: datetime | None = None
    requires_python: str | None = None
    core_metadata: str | bool = False  # the sha256 of the file that holds it, or that there is one
    provenance: str | None = None  # where it is

    @property
    def is_wheel(self) -> bool:
        return self.filename.lower().endswith(".whl")

    @property
    def is_sdist(self) -> bool:
        return self.version is not None and not self.is_wheel


@dataclass(frozen=True)
class Page:
    """What the Simple index says of one project."""

    files: tuple[File, ...] = ()
    listed_versions: tuple[str, ...] = ()  # what the JSON form lists beside the files
    marker: Marker = Marker.ACTIVE
    marker_reason: str | None = None
    form: str = "json"
    passed_over: bool = False  # installers know nothing of its Content-Type
    disputed: tuple[str, ...] = ()  # file names that it tells two digests of
    is_warehouse: bool = False  # the software of PyPI and TestPyPI, so with their rules


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """The names asked for because the server would take them and this one for the same."""

    asked: tuple[str, ...] = ()
    registered: tuple[str, ...] = ()
    silence: str | None = None  # why not all could be asked


@dataclass(frozen=True)
class IndexAnswers:
    """What an index says of a project and of the version that is about to be released."""

    index: str  # "pypi", "testpypi" or the address, without what is secret in it
    site: str  # where its pages for people are: "https://pypi.org"
    name: str
    version: str | None
    registered: bool | None = None  # None: not asked, `because` says why
    because: str = ""
    page: Page = Page()
    release_without_files: bool | None = None  # None: not asked or not answered
    forwarded_to: str | None = None  # the host that answered instead; this one knows no such name
    look_alikes: LookAlikes | None = None  # None: not asked
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    silences: Mapping[str, str] = field(default_factory=dict)  # by plane: why it did not answer

    @property
    def is_pypi(self) -> bool:
        """Whether PyPI's own rules hold there: it and TestPyPI run the same server."""
        return self.index in ("pypi", "testpypi") or self.page.is_warehouse

    @property
    def files(self) -> tuple[File, ...]:
        return self.page.files

    @cached_property
    def of_this_version(self) -> tuple[File, ...]:
        """The files of the release, whatever spelling of the version they carry."""
        wanted = parsed(self.version)
        if wanted is None:
            return ()
        return tuple(file for file in self.files if parsed(file.version) == wanted)

    @cached_property
    def releases(self) -> "Mapping[Version, tuple[File, ...]]":
        """The files by version; versions that are no versions are left out."""
        found: dict[Version, tuple[File, ...]] = {}
        for spelling in self.page.listed_versions:
            version = parsed(spelling)
            if version is not None:
                found.setdefault(version, ())
        for file in self.files:
            version = parsed(file.version)
            if version is not None:
                found[version] = (*found.get(version, ()), file)
        return found

    @property
    def is_there(self) -> bool:
        """Whether the index knows the version."""
        return parsed(self.version) in self.releases

    @property
    def release_created(self) -> datetime | None:
        """When the release was made, as far as its files tell."""
        times = [file.upload_time for file in self.of_this_version if file.upload_time]
        return min(times, default=None)


def parsed(version: str | None) -> "Version | None":
    """Return a version as packaging compares it; None for what is not one."""
    return None if version is None else parsed_version(version)
