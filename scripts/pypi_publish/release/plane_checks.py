"""Does each plane of the index show the release, and all of it?"""

from collections.abc import Callable, Iterator

from pypi_publish.check import check
from pypi_publish.index.model import File
from pypi_publish.release.model import Answers, Facts, Plane, Served, Shown
from pypi_publish.release.planes import (
    SHOWING,
    Standing,
    address,
    is_quarantined,
    lacking,
    standing,
)
from pypi_publish.release.words import files_of, listed, short
from pypi_publish.verdict import Verdict, failed, passed, skipped, unanswered, warned

_SIMPLE = "https://packaging.python.org/en/latest/specifications/simple-repository-api/"
_JSON = "https://docs.pypi.org/api/json/"
_WAIT = "Upload nothing again: ask later, or let --wait 1800 do it; caches take up to 30 minutes."
_AGAIN = "Give the release a new version and upload all its files: no file name is used twice."
_OTHER = "Do not install it; tell those who run the index, and compare with the files you built."
_UPLOAD = "See how the publishing run ended (diagnose-publish names its failure), then upload."


@check(
    "simple-json",
    expects="The Simple index shows the release to installers",
    remedy=_WAIT,
    docs=_SIMPLE,
)
def simple_json(facts: Facts) -> Answers:
    """This is what pip and uv read, and nothing else counts for them. A green workflow or a page
    in the browser says nothing about it: its cache may be older.
    """
    yield from _of_page(facts, Plane.SIMPLE_JSON, failed)


@check(
    "simple-html",
    expects="The HTML form of the Simple index shows the release",
    remedy=_WAIT,
    docs=_SIMPLE,
)
def simple_html(facts: Facts) -> Answers:
    """Older installers and many mirrors read this form, and it is cached for itself."""
    yield from _of_page(facts, Plane.SIMPLE_HTML, failed)


@check(
    "project-json",
    expects="The JSON of the project lists the release",
    remedy=_WAIT,
    docs=_JSON,
)
def project_json(facts: Facts) -> Answers:
    """Bots and dashboards learn of a new version here. It is no proof for installers: it may be
    ahead of the Simple index, or behind it.
    """
    yield from _of_page(facts, Plane.PROJECT_JSON, warned)


@check(
    "version-json",
    expects="The JSON of the release lists its files",
    remedy=_WAIT,
    docs=_JSON,
)
def version_json(facts: Facts) -> Answers:
    """Who asked for this address before the upload had its 404 cached, for minutes."""
    yield from _of_page(facts, Plane.VERSION_JSON, warned)


@check(
    "file-host",
    expects="Every file can be downloaded, and has the bytes that the index tells of",
    remedy=_WAIT,
    docs="https://docs.pypi.org/api/",
)
def file_host(facts: Facts) -> Answers:
    """The index only names the files; they come from another host. Of each the first mebibyte is
    fetched: its size is compared, and for files that are no larger every byte.
    """
    if not facts.files:
        yield skipped("no plane names a file to ask for")
        return
    told = [(file, facts.served.get(address(file), Served())) for file in facts.files]
    bad = [verdict for file, served in told for verdict in _of_file(facts, file, served)]
    yield from bad or [passed(f"{files_of(told)} there: {listed(f.filename for f, _ in told)}")]


def _of_page(facts: Facts, plane: Plane, bad: Callable[..., Verdict]) -> Iterator[Verdict]:
    """Say how one plane stands beside the others."""
    shown = facts.planes.get(plane)
    if shown is None:
        yield skipped("it was not asked")
        return
    state = standing(facts, plane)
    if state is Standing.UNSUPPORTED:
        yield skipped(shown.because or "the index has no such plane")
    elif state is Standing.UNANSWERED:
        yield unanswered(f"{shown.because}{_waited(facts)}")
    elif state is Standing.LIVE and shown.page is not None and shown.page.passed_over:
        said = "it answers as application/json, which pip and uv pass over"
        yield bad(said, fix="Tell those who run the index: PEP 691 names the Content-Type.")
    elif state is Standing.LIVE:
        yield passed(f"{facts.shown}: {files_of(shown.files)}")
    elif is_quarantined(facts):
        yield skipped(f"{facts.name} is quarantined, so none of its files is shown")
    else:
        yield bad(*_of_trouble(facts, plane, state))


def _of_trouble(facts: Facts, plane: Plane, state: Standing) -> tuple[str, None, str]:
    """Return what is wrong in a plane, no place, and what to do."""
    shown = facts.planes[plane]
    others = listed(other for other in SHOWING if standing(facts, other) is Standing.LIVE)
    if state is Standing.GONE:
        return f"gone: {_evidence(facts, shown)}", None, _AGAIN
    if state is Standing.ABSENT:
        because = shown.because or f"it has no {facts.shown}"
        source = f" (its version is from {facts.version_source})" if _is_found(facts) else ""
        silent = any(standing(facts, other) is Standing.UNANSWERED for other in SHOWING)
        where = "" if silent else ", as on every plane"
        return f"absent{where}: {because}{source}{_waited(facts)}", None, _UPLOAD
    if shown.files:
        missing = listed(lacking(facts, plane))
        text = f"stale: it is without {missing}, which another plane shows"
    else:
        text = f"stale: it does not show {facts.shown} yet"
    shows = f"; live on {others}" if others else ""
    return f"{text}{shows}{_waited(facts)}", None, _WAIT


def _evidence(facts: Facts, shown: Shown) -> str:
    """Say what tells that a release was there."""
    if shown.gone or shown.vanished:
        return shown.because or "it was there"
    if missing := lacking(facts, shown.plane):
        return f"{listed(missing)} was removed; what still shows it is older"
    emptied = listed(plane for plane, other in facts.planes.items() if other.emptied)
    return f"{emptied} still lists {facts.version}, without any file"


def _is_found(facts: Facts) -> bool:
    """Whether nobody named the version, so that it may be another than was meant."""
    return facts.wanted.version is None and bool(facts.version)


def _waited(facts: Facts) -> str:
    return f"; waited {facts.waited:.0f} s for it" if facts.waited else ""


def _of_file(facts: Facts, file: File, served: Served) -> Iterator[Verdict]:
    """Yield what is wrong with a file as the file host gives it."""
    if served.refused:
        report = "Tell those who run the index; installers cannot fetch it safely either."
        yield failed(f"{file.filename}: {served.because}", fix=report)
    elif served.status is None:
        yield unanswered(f"{file.filename}: {served.because or 'it was not asked for'}")
    elif served.status == 410:
        yield failed(f"{file.filename} is listed, and gone from the file host", fix=_AGAIN)
    elif served.status == 404:
        yield failed(f"{file.filename} is listed, and not on the file host{_waited(facts)}")
    elif not served.is_there:
        yield unanswered(f"{file.filename}: the file host answers HTTP {served.status}")
    else:
        yield from _of_bytes(facts, file, served)


def _of_bytes(facts: Facts, file: File, served: Served) -> Iterator[Verdict]:
    if file.size is not None and served.size is not None and file.size != served.size:
        told = f"{served.size} bytes, the index tells of {file.size}"
        yield failed(f"{file.filename}: the file host has {told}", fix=_OTHER)
    elif file.sha256 and served.sha256 and file.sha256 != served.sha256:
        told = f"{short(served.sha256)}, the index tells of {short(file.sha256)}"
        yield failed(f"{file.filename}: what the file host gives has {told}", fix=_OTHER)
    elif served.as_told is False:
        told = (file.digest or "").partition("=")[0]
        yield failed(f"{file.filename}: what the file host gives has another {told}", fix=_OTHER)
    elif served.as_built is False and file.sha256 in _built(facts, file):
        yield failed(f"{file.filename} does not begin as the built file does", fix=_OTHER)


def _built(facts: Facts, file: File) -> list[str]:
    return [item.sha256 for item in facts.artifacts or () if item.file == file.filename]
