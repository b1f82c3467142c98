"""Built files as frozen facts: what is in them, and what went wrong while they were read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pypi_publish.core_metadata.parse import CoreMetadata
from pypi_publish.core_metadata.rules import Refusal, refusals

LARGEST_FILE = 100 << 20  # PyPI's limit; more is granted by project, on request


class Trouble(StrEnum):
    """What a flaw is about: one kind of thing that a person would repair."""

    EXTENSION = "extension"
    FILENAME = "filename"
    SIZE = "size"
    FORMAT = "format"  # not the archive that the name promises
    FRAMING = "framing"  # an archive that two programs may read in two ways
    RATIO = "ratio"
    COMPRESSION = "compression"
    SPARSE = "sparse"
    LAYOUT = "layout"  # top-level folder, PKG-INFO, METADATA, WHEEL, RECORD
    DAMAGED = "damaged"  # a member that cannot be read
    UNSAFE = "unsafe"  # what installers do not unpack: a path out of the folder, a device
    ODD_PATH = "odd path"  # what they unpack in different ways: absolute in a tar, `a/../b`
    TRAILER = "trailer"  # the end of a gzip stream, which no reader of the tar in it reaches
    ENCRYPTED = "encrypted"  # code that the acceptable-use policy does not allow
    UNREAD = "unread"  # not looked at: too large, too many


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that was noticed while a file was read."""

    trouble: Trouble
    message: str  # the server's or the client's own, where there is one
    member: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive."""

    name: str
    size: int
    sha256: str = ""  # empty where it was not read


@dataclass(frozen=True)
class Artifact:
    """A file of the upload folder."""

    file: str
    path: Path
    size: int
    name: str | None = None  # from the metadata
    version: str | None = None
    metadata: CoreMetadata | None = None
    flaws: tuple[Flaw, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """The digest by which indexes know the file; computed when it is asked for."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    @cached_property
    def blake2(self) -> str:
        """The digest that PyPI names when it has the file already."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32)).hexdigest()

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """What PyPI would refuse of the metadata."""
        if self.metadata is None:
            return ()
        return (*self.metadata.problems, *refusals(self.metadata.fields, whole=True))

    def troubles(self, *wanted: Trouble) -> tuple[Flaw, ...]:
        """Return the flaws of some kinds."""
        return tuple(flaw for flaw in self.flaws if flaw.trouble in wanted)


@dataclass(frozen=True)
class Distribution(Artifact):
    """A wheel or an sdist, as far as it could be read."""

    members: tuple[Member, ...] = ()  # files
    entries: frozenset[str] = frozenset()  # the names of files, folders and links
    secrets: Mapping[str, str] = field(default_factory=dict)  # member -> what kind, never the value

    @cached_property
    def names(self) -> frozenset[str]:
        """The paths of the members."""
        return frozenset(member.name for member in self.members)

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of the files."""
        return {member.name: member.size for member in self.members}

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The SHA-256 of the files, empty for those that were not read."""
        return {member.name: member.sha256 for member in self.members}


@dataclass(frozen=True)
class Wheel(Distribution):
    """A built distribution."""

    dist_info: str = ""  # by the file name: "pkg-1.0.dist-info"
    wheel_file: str | None = None  # the text of WHEEL
    record: str | None = None
    entry_points: bytes | None = None


@dataclass(frozen=True)
class Sdist(Distribution):
    """A source distribution."""

    top_level: str = ""  # what the server takes for it: the common prefix of all names


@dataclass(frozen=True)
class OtherFile(Artifact):
    """Something in the upload folder that is no distribution."""
