"""What is known of a release after its upload; gathered at the edge, judged without I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pypi_publish.core_metadata.names import normalized
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.model import File, IndexAnswers, Page
from pypi_publish.release.mode import Mode
from pypi_publish.verdict import Verdict

if TYPE_CHECKING:
    from pypi_publish.artifacts.model import Artifact
    from pypi_publish.release.install import Installed
    from pypi_publish.release.provenance import ProvenanceFacts

__all__ = ["AT_ONCE", "Answers", "Facts", "Mode", "Plane", "Served", "Shown", "State", "Wanted"]

AT_ONCE = 6  # connections to an index
Answers = Iterator[Verdict]  # what each check of verify-on-pypi yields: one verdict at the least


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asked for."""

    root: Path = Path()
    name: str | None = None
    version: str | None = None
    dist: Path | None = None
    index: str = "pypi"
    wait: float = 0.0
    expect: tuple[str, ...] = ()
    repository: str | None = None
    workflow: str | None = None
    environment: str | None = None
    commit: str | None = None
    provenance: Mode = Mode.REPORT
    provenance_file: Path | None = None
    install: bool = False
    strict: bool = False


class Plane(StrEnum):
    """One of the ways in which an index shows a release."""

    SIMPLE_JSON = "simple-json"  # what installers read
    SIMPLE_HTML = "simple-html"
    PROJECT_JSON = "project-json"
    VERSION_JSON = "version-json"
    FILE_HOST = "file-host"


class State(StrEnum):
    """What a plane, asked for a release, came up with."""

    PRESENT = "present"
    ABSENT = "absent"  # it answered, and shows no such release
    UNANSWERED = "unanswered"
    UNSUPPORTED = "unsupported"  # the index has no such plane, or it was not to be asked


@dataclass(frozen=True, slots=True)
class Shown:
    """What one plane shows of the release."""

    plane: Plane
    state: State
    files: tuple[File, ...] = ()  # wheels and sdists of this release
    because: str = ""  # what stands behind a state other than present
    page: Page | None = None  # of the Simple planes: the whole project
    emptied: bool = False  # it knows the release, and has no file of it
    gone: bool = False  # it says that the release was there
    unauthorised: bool = False  # it asks who we are, or does not accept who we are
    vanished: bool = False  # it was seen there; a network of caches may show it again
    found: bool = False  # there is such a plane: its address did answer
    warehouse: bool = False  # it is the software of PyPI
    serial: int | None = None  # PyPI's: how many changes it knows of
    cached_for: float = 0.0  # seconds; before that it cannot have anything else to say


@dataclass(frozen=True, slots=True)
class Served:
    """What the file host gave for one address."""

    status: int | None = None  # None: it did not answer, `because` says why
    because: str = ""
    refused: bool = False  # by us: an address that is not to be asked
    cached_for: float = 0.0
    size: int | None = None
    sha256: str | None = None  # of all its bytes; None where only the beginning was fetched
    as_told: bool | None = None  # whether its bytes have the digest that stands for a sha256
    as_built: bool | None = None  # whether its beginning, and that digest, are the built file's
    content: bytes = field(default=b"", repr=False)  # of a metadata file alone

    @property
    def is_there(self) -> bool:
        return self.status in (200, 206)

    @property
    def is_silent(self) -> bool:
        """Whether nothing is known of it: an answer like 403 may mean anything."""
        return not self.refused and not self.is_there and self.status not in (404, 410)


@dataclass(frozen=True)
class Facts:
    """What is known of the release that was made; every check takes this."""

    name: str
    version: str
    index: IndexAddress
    wanted: Wanted
    version_source: str = ""  # how the version came to be known, as a person says it
    artifacts: "tuple[Artifact, ...] | None" = None  # --dist: those of this release
    planes: Mapping[Plane, Shown] = field(default_factory=dict)
    served: Mapping[str, Served] = field(default_factory=dict)  # by address, metadata files too
    provenance: "ProvenanceFacts | None" = None  # None: --provenance off, or nothing to ask for
    installed: "Installed | None" = None  # None: no --install
    withheld: str = ""  # why --install was not carried out
    silences: Mapping[str, str] = field(default_factory=dict)  # by family: who did not answer
    waited: float = 0.0
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def normalized_name(self) -> str:
        return normalized(self.name)

    @property
    def shown(self) -> str:
        """The release as a person names it."""
        return f"{self.name} {self.version}"

    @cached_property
    def page(self) -> Page:
        """What the Simple index says of the whole project; empty where it said nothing."""
        for plane in (Plane.SIMPLE_JSON, Plane.SIMPLE_HTML):
            answer = self.planes.get(plane)
            if answer is not None and answer.page is not None:
                return answer.page
        return Page()

    @cached_property
    def there(self) -> IndexAnswers:
        """The project as the index module tells of it: its releases, its age, whose rules hold."""
        mine = {file.filename for file in self.files}
        others = (file for file in self.page.files if file.filename not in mine)
        files = (*others, *self.files)
        return IndexAnswers(
            self.index.shown,
            self.index.site,
            self.name,
            self.version,
            registered=bool(files) or None,
            page=replace(self.page, files=files),
            asked_at=self.asked_at,
        )

    @cached_property
    def files(self) -> tuple[File, ...]:
        """The wheels and sdists of the release that any plane shows; as installers see them."""
        once: dict[str, File] = {}
        for plane in Plane:
            answer = self.planes.get(plane)
            for file in answer.files if answer is not None else ():
                once.setdefault(file.filename, file)
        return tuple(sorted(once.values(), key=lambda file: file.filename))
