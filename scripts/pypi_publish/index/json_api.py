"""What PyPI has beside the Simple index: the JSON of a project and of one release."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pypi_publish.core_metadata.names import normalized
from pypi_publish.core_metadata.versions import parsed_version
from pypi_publish.index.filename import version_in
from pypi_publish.index.model import File, parsed
from pypi_publish.index.simple import hex_digest, strange, validated

if TYPE_CHECKING:
    from pypi_publish.index.wire import JsonProject, ReleaseFile


@dataclass(frozen=True, slots=True)
class Told:
    """What one of the two says of a release."""

    known: bool | None  # None: it does not list the releases
    files: tuple[File, ...] = ()  # wheels and sdists
    emptied: bool = False  # it is known, and has no file of any kind
    warehouse: bool = False  # it is the software of PyPI, which counts changes


def read_release(body: bytes, url: str) -> tuple[File, ...]:
    """Return the files that the JSON of a release lists."""
    from pypi_publish.index.wire import Release

    release = validated(Release, body, url)
    return tuple(_file(file, None) for file in release.urls)


def release_in_version_json(body: bytes, url: str, name: str, version: str) -> Told:
    """Return the release as its own JSON shows it; raise Unanswered for what is not that."""
    from pypi_publish.index.wire import JsonProject

    told = validated(JsonProject, body, url)
    _refuse_other(told, url, name)
    stated = parsed(told.info.version)
    if stated is not None and stated != parsed(version):
        raise strange(url, f"asked for {version}, it answers for {stated}")
    if told.urls is None:
        raise strange(url, "its JSON is not that of an index (urls: missing)")
    return _known(told, told.urls, name, version)


def release_in_project_json(body: bytes, url: str, name: str, version: str) -> Told:
    """Return the release as the JSON of its project shows it, which need not list it."""
    from pypi_publish.index.wire import JsonProject

    told = validated(JsonProject, body, url)
    _refuse_other(told, url, name)
    wanted, newest = parsed_version(version), parsed(told.info.version)
    warehouse = told.last_serial is not None
    if told.releases is not None:
        mine = [files for key, files in told.releases.items() if parsed(key) == wanted]
        if not mine:
            return Told(known=False, warehouse=warehouse)
        return _known(told, [file for files in mine for file in files], name, version)
    if newest is None or wanted is None:
        return Told(known=None, warehouse=warehouse)
    if newest == wanted:
        return _known(told, told.urls or [], name, version)
    # Without the list it names but the newest final release.
    behind = newest < wanted and not wanted.is_prerelease
    return Told(known=False if behind else None, warehouse=warehouse)


def _known(told: "JsonProject", files: "Sequence[ReleaseFile]", name: str, version: str) -> Told:
    """Return a release with its wheels and sdists: others the Simple index does not compare."""
    named = [_file(file, name) for file in files if file.filename]
    wanted = parsed(version)
    kept = tuple(file for file in named if file.version and parsed(file.version) == wanted)
    warehouse = told.last_serial is not None
    return Told(known=True, files=kept, emptied=not files, warehouse=warehouse)


def _refuse_other(told: "JsonProject", url: str, name: str) -> None:
    if told.info.name is not None and normalized(told.info.name) != normalized(name):
        raise strange(url, f"asked for {name}, it answers for another project")
    if told.releases is None and told.urls is None and told.info.version is None:
        raise strange(url, "its JSON tells of no release")


def _file(file: "ReleaseFile", name: str | None) -> File:
    return File(
        filename=file.filename,
        version=None if name is None else version_in(file.filename, name),
        url=file.url,
        sha256=hex_digest(file.digests.get("sha256")),
        size=file.size,
        yanked=(file.yanked_reason or "") if file.yanked else None,
        upload_time=file.upload_time,
        requires_python=file.requires_python,
    )
