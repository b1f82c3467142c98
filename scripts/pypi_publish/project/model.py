"""A source tree as frozen facts: what it says of itself, and where each thing is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pypi_publish.core_metadata.names import normalized
from pypi_publish.project.vcs import Description
from pypi_publish.verdict import Place


@dataclass(frozen=True, slots=True)
class Stated:
    """A value and the place where it is written."""

    text: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """The version that a build would give here and now, or why that cannot be told."""

    text: str | None
    source: str  # where it comes from, as a person says it: "pyproject.toml [project] version"
    place: Place | None = None
    from_tags: bool = False  # the backend takes it from version control
    because: str = ""  # why `text` is None
    written: str | None = None  # as it is spelled at its source; `text` is what a build makes of it
    broken: bool = False  # the build will end with the error that `because` describes
    fallback: bool = False  # nothing states a version, `text` is the backend's own default
    history: Description | None = None  # what version control says, where it was asked


@dataclass(frozen=True, slots=True)
class Mirror:
    """A place that repeats the version by hand: `__version__`, a lock's own entry, a heading."""

    text: str
    place: Place
    what: str
    abridged: bool = False  # `1.2` is as good as `1.2.3` here
    shipped: bool = True  # a wrong one reaches users; else it is of the maintainers alone


@dataclass(frozen=True, slots=True)
class Changelog:
    """The newest heading of a changelog that names a version, and what stands above it."""

    place: Place
    newest: str | None  # None: no heading names a version
    unreleased: Place | None = None  # a heading for changes that are not released yet
    mentions: frozenset[str] = frozenset()  # every version that a heading names


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that reading found to be wrong, kept for the check of its subject."""

    subject: str  # "readme", "license-files", "pyproject", ...
    because: str
    place: Place | None = None
    fatal: bool = True  # the backend ends the build with an error


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that can be read of a project without running its code."""

    root: Path
    name: Stated | None
    version: Version
    backend: str | None  # "hatchling.build"; None: none is declared
    core: Mapping[str, list[str]]  # core metadata fields, as the backend would write them
    places: Mapping[str, Place] = field(default_factory=dict)  # where each field is declared
    dynamic: frozenset[str] = frozenset()  # fields that only a build can tell
    mirrors: tuple[Mirror, ...] = ()
    pyproject: Mapping[str, Any] = field(default_factory=dict)
    definition: str = "pyproject.toml [project]"  # where the metadata is written
    requires: tuple[str, ...] = ()  # what the build needs, as [build-system] lists it
    defects: tuple[Defect, ...] = ()
    changelog: Changelog | None = None
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entry_points: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by their group
    license_patterns: tuple[str, ...] = ()
    compiled: Stated | None = None  # what says that wheels hold compiled code
    code: str | None = None  # what a backend that is told nothing takes for the wheel's code
    readme: Stated | None = None  # the name of the file that becomes the description

    @property
    def normalized_name(self) -> str | None:
        """The name as PEP 503 compares it."""
        return None if self.name is None else normalized(self.name.text)

    def where(self, field_name: str, value: str | None = None) -> Place | None:
        """Return where a field is declared; that of one of its values, where that is known."""
        exact = self.places.get(f"{field_name}: {value}") if value is not None else None
        return exact or self.places.get(field_name)
