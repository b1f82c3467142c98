"""What the planes of an index say of one release, set against each other."""

from enum import StrEnum
from typing import TYPE_CHECKING

from pypi_publish.index.model import File, Marker, parsed
from pypi_publish.index.release import live_versions
from pypi_publish.release.model import Facts, Plane, Served, Shown, State

if TYPE_CHECKING:
    from packaging.version import Version

SIMPLE = (Plane.SIMPLE_JSON, Plane.SIMPLE_HTML)
SHOWING = (*SIMPLE, Plane.PROJECT_JSON, Plane.VERSION_JSON)
METADATA = ".metadata"  # PEP 658: at the address of the file, with this behind it


class Standing(StrEnum):
    """How a plane stands beside the others."""

    LIVE = "live"
    STALE = "stale"  # another plane has what this one has not yet
    ABSENT = "absent"  # it shows nothing, and neither does another
    GONE = "gone"  # it was there, or the index says that it was
    UNANSWERED = "unanswered"
    UNSUPPORTED = "unsupported"


def is_pypi(facts: Facts) -> bool:
    """Whether the index has the planes that PyPI has."""
    return facts.there.is_pypi or any(shown.warehouse for shown in facts.planes.values())


def installers_plane(facts: Facts) -> Plane:
    """Return the plane that installers read there: HTML where there is no JSON."""
    shown = facts.planes.get(Plane.SIMPLE_JSON)
    html_alone = shown is not None and shown.state is State.UNSUPPORTED
    return Plane.SIMPLE_HTML if html_alone else Plane.SIMPLE_JSON


def lacking(facts: Facts, plane: Plane) -> list[str]:
    """Return the files that other planes show and this one does not."""
    own = facts.planes.get(plane)
    if own is None or own.state in (State.UNANSWERED, State.UNSUPPORTED):
        return []
    mine = {file.filename for file in own.files}
    return sorted(name for name in _everywhere(facts) if name not in mine)


def standing(facts: Facts, plane: Plane) -> Standing:
    """Return how a plane stands beside the others."""
    shown = facts.planes.get(plane)
    if shown is None or shown.state is State.UNSUPPORTED:
        return Standing.UNSUPPORTED
    if shown.state is State.UNANSWERED:
        return Standing.UNANSWERED
    if shown.gone or shown.vanished:
        return Standing.GONE
    if missing := lacking(facts, plane):
        return Standing.GONE if _is_ahead(facts, shown, missing) else Standing.STALE
    if shown.state is State.PRESENT:
        return Standing.LIVE
    emptied = any(other.emptied for other in facts.planes.values())
    return Standing.GONE if emptied else Standing.ABSENT


def _is_ahead(facts: Facts, shown: Shown, missing: list[str]) -> bool:
    """Whether a plane knows of later changes than all that show what it lacks: it was removed."""
    names = set(missing)
    showing = [
        other
        for other in facts.planes.values()
        if other.plane is not Plane.FILE_HOST
        and any(file.filename in names for file in other.files)
    ]
    own = shown.serial
    serials = [other.serial for other in showing]
    return own is not None and all(serial is not None and serial < own for serial in serials)


def is_quarantined(facts: Facts) -> bool:
    """Whether the index hides the project from everybody."""
    return facts.page.marker is Marker.QUARANTINED


def is_removed(facts: Facts) -> bool:
    """Whether installers cannot get the release again, as far as the index tells."""
    plane = installers_plane(facts)
    shown = facts.planes.get(plane)
    gone = standing(facts, plane) is Standing.GONE
    return gone and shown is not None and not shown.vanished


def is_unauthorised(facts: Facts) -> bool:
    """Whether a private index does not let us in; asking again changes nothing about that."""
    shown = facts.planes.get(installers_plane(facts))
    return shown is not None and shown.unauthorised and not facts.index.is_pypi


def is_anywhere(facts: Facts) -> bool:
    """Whether one plane at least shows the release."""
    return bool(_everywhere(facts))


def of_release(files: tuple[File, ...], version: str) -> tuple[File, ...]:
    """Return the files of a version, whatever spelling of it they carry."""
    wanted = parsed(version)
    if wanted is None:
        return ()
    return tuple(file for file in files if parsed(file.version) == wanted)


def chosen_version(facts: Facts) -> "Version | None":
    """Return the version that installers choose when they are told none."""
    versions = live_versions(facts.there)
    finals = [version for version in versions if not version.is_prerelease]
    return max(finals or versions, default=None)


def same_specifier(one: str | None, other: str | None) -> bool:
    """Whether two spellings of requires-python ask for the same."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(one or "") == SpecifierSet(other or "")
    except InvalidSpecifier:
        return (one or "").strip() == (other or "").strip()


def metadata_address(file: File) -> str:
    """Return where the core metadata of a wheel stand beside it."""
    return file.url.partition("#")[0] + METADATA


def address(file: File) -> str:
    """Return where a file is, without what does not belong to the request."""
    return file.url.partition("#")[0]


def file_host(facts: Facts) -> Shown:
    """Return the file host as a plane: which of the files that are shown it gives."""
    plane = Plane.FILE_HOST
    if not facts.files:
        return Shown(plane, State.UNSUPPORTED, because="no plane names a file to ask for")
    told = {file.filename: facts.served.get(address(file), Served()) for file in facts.files}
    given = tuple(file for file in facts.files if told[file.filename].is_there)
    again = min((one.cached_for for one in told.values() if not one.is_there), default=0.0)
    silent = [one for one in told.values() if one.is_silent]
    if silent:
        because = silent[0].because or f"HTTP {silent[0].status}"
        return Shown(plane, State.UNANSWERED, given, because=because, cached_for=again)
    gone = any(one.status == 410 for one in told.values())
    state = State.PRESENT if given else State.ABSENT
    return Shown(plane, state, given, gone=gone, cached_for=again)


def is_without_metadata(facts: Facts) -> bool:
    """Whether a metadata file was announced that the file host does not give yet."""
    wheels = (file for file in facts.files if file.is_wheel and file.core_metadata)
    told = (facts.served.get(metadata_address(file), Served()) for file in wheels)
    return any(not one.is_there and not one.refused for one in told)


def _everywhere(facts: Facts) -> set[str]:
    return {file.filename for shown in facts.planes.values() for file in shown.files}
