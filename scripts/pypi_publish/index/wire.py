"""The answers of an index as they are sent. Foreign data: what is not known here is passed over."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
)

_MOST_FILES = 100_000  # several times what the largest project of PyPI has


def _absent_as_empty(value: Any) -> Any:
    return {} if value is None else value


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
Digests = Annotated[dict[str, str], BeforeValidator(_absent_as_empty)]


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Meta(_Foreign):
    """What the form of the answer is."""

    api_version: str = Field(default="1.0", alias="api-version")
    last_serial: int | None = Field(default=None, alias="_last-serial")  # Warehouse's own


class ProjectStatus(_Foreign):
    """PEP 792."""

    status: str = "active"
    reason: str | None = None


class SimpleFile(_Foreign):
    """PEP 691 with what PEP 700, 714 and 740 added."""

    filename: str
    url: str
    hashes: Digests = Field(default_factory=dict)
    requires_python: str | None = Field(None, alias="requires-python")
    size: int | None = Field(None, ge=0)
    upload_time: Moment | None = Field(None, alias="upload-time")
    yanked: bool | str | None = False
    core_metadata: bool | dict[str, str] | None = Field(
        default=False,
        validation_alias=AliasChoices(
            "core-metadata", "dist-info-metadata", "data-dist-info-metadata"
        ),
    )
    provenance: str | None = None


class SimpleProject(_Foreign):
    """A project in the JSON form of the Simple index."""

    meta: Meta = Meta()
    name: str | None = None
    files: Annotated[list[SimpleFile], FailFast(), Field(max_length=_MOST_FILES)]
    versions: Annotated[list[str], FailFast(), Field(max_length=_MOST_FILES)] = []
    project_status: Annotated[
        ProjectStatus, BeforeValidator(_absent_as_empty), Field(alias="project-status")
    ] = ProjectStatus()


class ReleaseFile(_Foreign):
    """A file in the JSON of a release."""

    filename: str
    url: str
    digests: Digests = Field(default_factory=dict)
    size: int | None = Field(None, ge=0)
    upload_time: Moment | None = Field(None, alias="upload_time_iso_8601")
    yanked: bool = False
    yanked_reason: str | None = None
    requires_python: str | None = None


class Release(_Foreign):
    """`/pypi/<name>/<version>/json`."""

    urls: Annotated[list[ReleaseFile], FailFast(), Field(max_length=_MOST_FILES)]


class _NamedFile(ReleaseFile):
    """A file in the JSON of a project; what is not PyPI may leave out nearly all of it."""

    filename: str = ""
    url: str = ""


class JsonInfo(_Foreign):
    """What is said first: of the newest release, or of the one that was asked for."""

    name: str | None = None
    version: str | None = None


class JsonProject(_Foreign):
    """`/pypi/<name>/json` and `/pypi/<name>/<version>/json`."""

    info: JsonInfo = JsonInfo()
    last_serial: int | None = None  # Warehouse's own
    releases: Annotated[dict[str, list[_NamedFile]] | None, Field(max_length=_MOST_FILES)] = None
    urls: Annotated[list[_NamedFile] | None, Field(max_length=_MOST_FILES)] = None
