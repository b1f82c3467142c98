"""Asks the file host for each file: one request that tells its size and its first bytes."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BufferedReader, BytesIO
from urllib.parse import urlsplit

from pypi_publish.artifacts.model import Artifact
from pypi_publish.errors import Unanswered
from pypi_publish.index.address import is_loopback
from pypi_publish.index.client import IndexClient
from pypi_publish.index.model import File
from pypi_publish.release.model import Facts, Served
from pypi_publish.release.pages import absence_is_cached
from pypi_publish.release.planes import address, metadata_address
from pypi_publish.web import Answer

# Of so much of a file every byte is compared: the whole of most wheels, the beginning of the rest.
_BEGINNING = 1 << 20
_ALL_TOGETHER = 64 << 20  # less of each where a release has hundreds of files
_LEAST = 16 << 10
_RANGE = re.compile(r"bytes (?:0-(\d{1,18})|\*)/(\d{1,18}|\*)")
_Ask = Callable[[], Served]


def open_addresses(client: IndexClient, facts: Facts) -> dict[str, _Ask]:
    """Return how to ask for each file, and metadata file, that was not given yet."""
    built = {item.file: item for item in facts.artifacts or ()}
    share = _ALL_TOGETHER // max(1, len(facts.files))
    most = min(_BEGINNING, max(_LEAST, share))
    asks: dict[str, _Ask] = {}
    for file in facts.files:
        item = built.get(file.filename)
        asks[address(file)] = partial(_served, client, file, most, item)
        if file.core_metadata and file.is_wheel:
            url = metadata_address(file)
            asks[url] = partial(_metadata, client, url)
    done = {url for url, served in facts.served.items() if served.is_there or served.refused}
    return {url: ask for url, ask in asks.items() if url not in done}


def _served(client: IndexClient, file: File, most: int, artifact: Artifact | None) -> Served:
    served, body = _asked(client, address(file), most)
    whole = served.sha256 is not None
    return replace(
        served,
        as_told=_has_digest(BytesIO(body), file.digest) if whole and file.digest else None,
        as_built=_as_built(artifact, file, body) if artifact is not None else None,
    )


def _metadata(client: IndexClient, url: str) -> Served:
    served, body = _asked(client, url, _BEGINNING)
    return replace(served, content=body if served.sha256 is not None else b"")


def _asked(client: IndexClient, url: str, most: int) -> tuple[Served, bytes]:
    """Return what came of asking for one address, and the first bytes of the file."""
    because = refusal(url, client.address.simple)
    if because:
        return Served(because=because, refused=True), b""
    try:
        answer = client.beginning(url, most)
    except Unanswered as silence:
        return Served(because=silence.message, cached_for=silence.again_in), b""
    size, whole = _extent(answer, most)
    served = Served(
        answer.status,
        cached_for=absence_is_cached(answer, usual=client.address.is_pypi),
        size=size,
        sha256=hashlib.sha256(answer.body).hexdigest() if whole else None,
    )
    return served, answer.body if _is_from_start(answer) else b""


def refusal(url: str, simple: str) -> str:
    """Return why an address that an index gives is not asked, if it is not."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return "its address is none"
    here = is_loopback(host)
    if here and not is_loopback(urlsplit(simple).hostname or ""):
        return "its address is on the machine that asks"
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        return "its address is not https"
    return ""


def _extent(answer: Answer, most: int) -> tuple[int | None, bool]:
    """Return the size of a file, and whether the answer holds all of it."""
    length = len(answer.body)
    told = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if answer.status == 206:
        size = int(told[2]) if told and told[2] != "*" else None
        return size, size == length
    if answer.status != 200:
        return None, False
    if length < most:
        return length, True
    declared = answer.headers.get("content-length", "")
    size = int(declared) if re.fullmatch(r"\d{1,18}", declared) else None
    return size, size == length


def _is_from_start(answer: Answer) -> bool:
    told = answer.headers.get("content-range", "").strip()
    return answer.status == 200 or _RANGE.fullmatch(told) is not None


def _has_digest(stream: BytesIO | BufferedReader, told: str) -> bool:
    """Whether a file has a digest like `md5=...`."""
    name, _, digest = told.partition("=")
    stream.seek(0)
    found = hashlib.file_digest(stream, lambda: hashlib.new(name, usedforsecurity=False))
    return found.hexdigest() == digest


def _as_built(artifact: Artifact, file: File, body: bytes) -> bool | None:
    """Return whether this is the built file, as far as is told; None where nothing is told."""
    if not body:
        return None
    try:
        with artifact.path.open("rb") as stream:
            begins = stream.read(len(body)) == body
            if not begins or file.digest is None:
                return begins
            return _has_digest(stream, file.digest)
    except OSError:
        return None
