"""The page of a project in a Simple index, in its JSON and its HTML form, as facts."""

import re
from collections.abc import Mapping
from dataclasses import replace
from email.message import Message
from html.parser import HTMLParser
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from pypi_publish.core_metadata.names import normalized
from pypi_publish.errors import Unanswered
from pypi_publish.index.filename import version_in
from pypi_publish.index.model import File, Marker, Page

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pypi_publish.index.wire import SimpleFile, SimpleProject

_Model = TypeVar("_Model", bound="BaseModel")

# What a private index answers with is decided by its Content-Type; text/html is the floor.
ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
ACCEPT_HTML = "application/vnd.pypi.simple.v1+html, text/html;q=0.1"
_JSON_TYPE = "application/vnd.pypi.simple.v1+json"
_PLAIN_JSON = "application/json"  # as no index should say it: pip and uv pass over such a page
_HTML_TYPES = ("application/vnd.pypi.simple.v1+html", "text/html")
_OTHER_DIGESTS = {"sha512": 128, "sha384": 96, "sha224": 56, "sha1": 40, "md5": 32}
_LARGEST = 32 << 20
_PIECE = 64 << 10
_LONGEST_TAG = 256 << 10
_MOST_TAGS = 500_000
_BEGUN_TAG = re.compile(r"</?[A-Za-z]")


def read_page(body: bytes, content_type: str, url: str, name: str) -> Page:
    """Return what a page says of the project `name`; raise Unanswered for what is no such page."""
    if len(body) > _LARGEST:
        raise strange(url, f"its page is larger than {_LARGEST >> 20} MiB")
    kind, charset = _media_type(content_type)
    if kind in (_JSON_TYPE, _PLAIN_JSON):
        return replace(_from_json(body, url, name), passed_over=kind == _PLAIN_JSON)
    if kind in _HTML_TYPES:
        return _from_html(_text(body, charset), url, name)
    raise strange(url, f"it answers with {kind or 'no content type'}, not with a Simple page")


def strange(url: str, what: str) -> Unanswered:
    """Return the error for an answer that cannot be what was asked for."""
    host = urlsplit(url).hostname or "the index"
    hint = "See whether the address is that of a Simple index, and whether the index is well."
    return Unanswered("strange-answer", f"{host}: {what}", hint)


def _media_type(header: str) -> tuple[str, str]:
    message = Message()
    message["Content-Type"] = header.replace("\r", " ").replace("\n", " ")
    kind = header.partition(";")[0].strip().lower()
    return kind, str(message.get_content_charset() or "utf-8")


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def validated(model: type[_Model], body: bytes, url: str) -> _Model:
    """Return a JSON answer as its model; raise Unanswered where it is not one."""
    from pydantic import ValidationError

    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = f"its JSON is not that of an index ({where}: {first['msg']})".replace(" (: ", " (")
        raise strange(url, what[:300]) from error


def _from_json(body: bytes, url: str, name: str) -> Page:
    from pypi_publish.index.wire import SimpleProject

    project = validated(SimpleProject, body, url)
    _refuse_other_major(project.meta.api_version, url)
    if project.name is not None and normalized(project.name) != normalized(name):
        raise strange(url, f"asked for {name}, it answers for another project")
    files = tuple(_file(file, url, name) for file in project.files)
    marker = _marker(project.project_status.status)
    return Page(
        files=_only_of(files),
        disputed=_disputed(files),
        listed_versions=tuple(project.versions),
        marker=marker,
        marker_reason=project.project_status.reason,
        is_warehouse=_is_warehouse(project),
    )


def _is_warehouse(project: "SimpleProject") -> bool:
    """Whether it is PyPI's software: it counts changes, and it alone tells of provenance."""
    told = (file.model_fields_set for file in project.files)
    return project.meta.last_serial is not None or any("provenance" in names for names in told)


def _refuse_other_major(api_version: str, url: str) -> None:
    if api_version.partition(".")[0] != "1":
        raise strange(url, f"it speaks version {api_version[:20]} of the Simple API, known is 1")


def _marker(text: str) -> Marker:
    try:
        return Marker(text.lower())
    except ValueError:
        return Marker.ACTIVE  # PEP 792: a marker that is not known means nothing special


def _only_of(files: tuple[File, ...]) -> tuple[File, ...]:
    """Return each file name once: a page that merges two indexes says it twice."""
    once: dict[str, File] = {}
    for file in files:
        once.setdefault(file.filename, file)
    return tuple(once.values())


def _disputed(files: tuple[File, ...]) -> tuple[str, ...]:
    """Return the names that are told twice, with different digests."""
    digests: dict[tuple[str, str], set[str]] = {}  # of each kind those that a name has
    for file in files:
        kind, _, digest = (file.digest or f"sha256={file.sha256 or ''}").partition("=")
        digests.setdefault((file.filename, kind), set()).update([digest] if digest else [])
    return tuple(dict.fromkeys(name for (name, _), told in digests.items() if len(told) > 1))


def _file(file: "SimpleFile", page: str, name: str) -> File:
    yanked = file.yanked if isinstance(file.yanked, str) else "" if file.yanked else None
    return File(
        filename=file.filename,
        version=version_in(file.filename, name),
        url=_joined(page, file.url),
        sha256=hex_digest(file.hashes.get("sha256")),
        digest=_other_digest(file.hashes),
        size=file.size,
        yanked=yanked,
        upload_time=file.upload_time,
        requires_python=file.requires_python,
        core_metadata=_core_metadata(file.core_metadata),
        provenance=file.provenance,
    )


def _core_metadata(told: bool | dict[str, str] | None) -> str | bool:
    if isinstance(told, dict):
        return hex_digest(told.get("sha256")) or True
    return bool(told)


def hex_digest(digest: str | None) -> str | None:
    """Return what may be a SHA-256 as all spell it, None for what cannot be one."""
    if digest is None or len(digest) != 64:
        return None
    lower = digest.lower()
    return lower if all(sign in "0123456789abcdef" for sign in lower) else None


def _other_digest(told: Mapping[str, str]) -> str | None:
    """Return the strongest digest that installers compare where there is no sha256."""
    if hex_digest(told.get("sha256")):
        return None
    for name, length in _OTHER_DIGESTS.items():
        if re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", told.get(name, "")):
            return f"{name}={told[name].lower()}"
    return None


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return url


class _Anchors(HTMLParser):
    """Collects what PEP 503 and its additions put into a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.anchors: list[dict[str, str | None]] = []
        self.meta: dict[str, str] = {}
        self.asks_for_password = False
        self.is_application = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and found.get("href"):
            self.anchors.append(found)
        elif tag == "base" and self.base is None:
            self.base = found.get("href")
        elif tag == "meta":
            self.meta.setdefault(found.get("name") or "", found.get("content") or "")
        elif tag == "input" and (found.get("type") or "").lower() == "password":
            self.asks_for_password = True
        elif tag in ("script", "form", "button"):
            self.is_application = True


def _from_html(text: str, url: str, name: str) -> Page:
    anchors = _parsed(text, url)
    _refuse_other_major(anchors.meta.get("pypi:repository-version", "1.0"), url)
    base = _joined(url, anchors.base or "")
    files = tuple(_file_of_anchor(anchor, base, name) for anchor in anchors.anchors)
    of_project = tuple(file for file in files if file.version is not None)
    if not of_project and anchors.asks_for_password:
        raise strange(url, "it answers with a page to sign in")
    if not of_project and not _is_simple(anchors, text):
        raise strange(url, "it answers with a page that is not of a Simple index")
    marker = _marker(anchors.meta.get("pypi:project-status", "active"))
    reason = anchors.meta.get("pypi:project-status-reason")
    return Page(
        _only_of(of_project),
        disputed=_disputed(of_project),
        marker=marker,
        marker_reason=reason,
        form="html",
    )


def _parsed(text: str, url: str) -> _Anchors:
    """Parse piece by piece, because one tag without an end makes the parser read on and on."""
    if text.count("<") > _MOST_TAGS:
        raise strange(url, f"its page has more than {_MOST_TAGS} tags")
    anchors = _Anchors()
    for start in range(0, len(text), _PIECE):
        try:
            anchors.feed(text[start : start + _PIECE])
        except AssertionError as error:  # what the parser has for `<![` and no name
            raise strange(url, "its page is no HTML") from error
        if len(anchors.rawdata) > _LONGEST_TAG:
            raise strange(url, "its page holds a tag that does not end")
    if _BEGUN_TAG.match(anchors.rawdata):  # files may be missing that would have come after it
        raise strange(url, "its page is cut off within a tag")
    return anchors


def _is_simple(anchors: _Anchors, text: str) -> bool:
    """Whether a page without files is an empty Simple page: it says so, or it is bare."""
    if "pypi:repository-version" in anchors.meta or "links for" in text[:4096].lower():
        return True
    return not anchors.anchors and not anchors.is_application


def _file_of_anchor(anchor: dict[str, str | None], base: str, name: str) -> File:
    url = _joined(base, (anchor["href"] or "").strip())
    address, _, fragment = url.partition("#")
    filename = unquote(address.partition("?")[0].rpartition("/")[2])
    digests = dict(part.partition("=")[::2] for part in fragment.split("&"))
    metadata = anchor.get("data-core-metadata", anchor.get("data-dist-info-metadata"))
    has_metadata = "data-core-metadata" in anchor or "data-dist-info-metadata" in anchor
    told = (metadata or "").removeprefix("sha256=")
    return File(
        filename=filename,
        version=version_in(filename, name),
        url=address,
        sha256=hex_digest(digests.get("sha256")),
        digest=_other_digest(digests),
        yanked=(anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
        requires_python=anchor.get("data-requires-python") or None,
        core_metadata=hex_digest(told) or (has_metadata and told.lower() != "false"),
        provenance=anchor.get("data-provenance") or None,
    )
