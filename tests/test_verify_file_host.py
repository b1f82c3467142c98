"""What a file host may answer, and what is made of it."""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pypi_publish.artifacts.model import Artifact
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.client import IndexClient
from pypi_publish.index.model import File
from pypi_publish.release.file_host import open_addresses
from pypi_publish.release.model import Facts, Plane, Served, Shown, State, Wanted
from pypi_publish.web import Web
from verifying import TLS
from web_server import Reply, WebServer, web_server

NAME = "demo-1.0.tar.gz"
DATA = b"the bytes of the file"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setattr("pypi_publish.web.sleep", lambda _: None)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: TLS)
    with web_server() as server:
        yield server


def served(
    host: WebServer, *replies: Reply, built: Path | None = None, digest: str | None = None
) -> Served:
    host.replies["/f/" + NAME] = list(replies)
    url = f"{host.url}/f/{NAME}#sha256={SHA}"
    simple = Shown(Plane.SIMPLE_JSON, State.PRESENT, (File(NAME, "1.0", url, digest=digest),))
    address = IndexAddress("mine", f"{host.url}/simple/")
    artifacts = (Artifact(NAME, built, 1),) if built else None
    planes = {Plane.SIMPLE_JSON: simple}
    facts = Facts("demo", "1.0", address, Wanted(), artifacts=artifacts, planes=planes)
    with Web(1.0) as web:
        [ask] = open_addresses(IndexClient(address, web, {}), facts).values()
        return ask()


def part(extent: str, data: bytes = DATA) -> Reply:
    return Reply(206, data, {"Content-Range": extent})


@pytest.mark.parametrize(
    ("reply", "size", "whole"),
    [
        pytest.param(part(f"bytes 0-20/{len(DATA)}"), len(DATA), True, id="all-of-it"),
        pytest.param(Reply(200, DATA), len(DATA), True, id="no-ranges"),
        pytest.param(part("bytes 0-20/5000000"), 5_000_000, False, id="the-beginning"),
        pytest.param(part("bytes 0-20/*"), None, False, id="size-not-told"),
        pytest.param(part("bytes 5-20/21"), None, False, id="not-the-beginning"),
        pytest.param(Reply(206, DATA), None, False, id="which-part-is-not-told"),
        pytest.param(part("nonsense"), None, False, id="nonsense"),
    ],
)
def test_size_and_digest_are_of_the_file(
    host: WebServer, reply: Reply, size: int | None, whole: bool
) -> None:
    told = served(host, reply)
    assert (told.is_there, told.size, told.sha256) == (True, size, SHA if whole else None)


def test_what_is_asked_for_is_the_file_as_it_is(host: WebServer) -> None:
    served(host, Reply(200, DATA))
    [asked] = host.asked
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["range"] == f"bytes=0-{(1 << 20) - 1}"
    assert headers["accept-encoding"] == "identity"
    assert "#" not in asked.path


def test_gzip_that_is_declared_as_an_encoding_is_left_as_it_is(host: WebServer) -> None:
    # What misconfigured servers do with every .tar.gz.
    data = gzip.compress(DATA)
    told = served(host, Reply(200, data, {"Content-Encoding": "gzip"}))
    assert told.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("status", [204, 401, 403, 405, 416, 451, 500, 503])
def test_other_answers_tell_nothing(host: WebServer, status: int) -> None:
    told = served(host, Reply(status, b"x"))
    assert told.is_silent
    assert not told.is_there


@pytest.mark.parametrize("data", [DATA, b""])
def test_a_server_that_has_no_such_range_is_asked_for_the_whole(
    host: WebServer, data: bytes
) -> None:
    told = served(host, Reply(416), Reply(200, data))
    assert (told.size, told.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_a_file_may_be_on_another_host(host: WebServer) -> None:
    with web_server() as other:
        other.replies["/elsewhere"] = [Reply(200, DATA)]
        told = served(host, Reply(302, b"", {"Location": f"{other.url}/elsewhere"}))
    assert told.sha256 == SHA


def test_a_connection_that_breaks_off_has_told_nothing(host: WebServer) -> None:
    assert served(host, Reply(200, DATA, length=1000)).is_silent


@pytest.mark.parametrize(("data", "same"), [(DATA, True), (b"other bytes", False)])
def test_the_beginning_is_compared_with_the_built_file(
    host: WebServer, tmp_path: Path, data: bytes, same: bool
) -> None:
    built = tmp_path / NAME
    built.write_bytes(data + b" and the rest")
    assert served(host, part("bytes 0-20/34"), built=built).as_built is same


@pytest.mark.parametrize(("rest", "same"), [(b" and the rest", True), (b" and another", False)])
def test_a_digest_that_the_index_tells_is_compared_with_the_whole_built_file(
    host: WebServer, tmp_path: Path, rest: bytes, same: bool
) -> None:
    built = tmp_path / NAME
    built.write_bytes(DATA + rest)
    told = "md5=" + hashlib.md5(DATA + b" and the rest", usedforsecurity=False).hexdigest()
    found = served(host, part("bytes 0-20/34"), built=built, digest=told)
    assert (found.as_built, found.as_told) == (same, None)


@pytest.mark.parametrize(("data", "as_told"), [(DATA, True), (b"other", False)])
def test_what_is_served_whole_has_to_have_the_digest(
    host: WebServer, data: bytes, as_told: bool
) -> None:
    told = "sha512=" + hashlib.sha512(DATA).hexdigest()
    assert served(host, Reply(200, data), digest=told).as_told is as_told
