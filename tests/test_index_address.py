"""Where an index is, and who to be there."""

from pathlib import Path

import pytest

from pypi_publish.errors import Misused
from pypi_publish.index.address import IndexAddress, address_of
from pypi_publish.index.credentials import Credentials, find_credentials

PRIVATE = "https://pkgs.example.org/team/simple/"


@pytest.mark.parametrize(
    ("text", "shown", "simple"),
    [
        pytest.param("pypi", "pypi", "https://pypi.org/simple/", id="pypi"),
        pytest.param("TestPyPI", "testpypi", "https://test.pypi.org/simple/", id="any-capitals"),
        pytest.param("https://pypi.org/simple", "pypi", "https://pypi.org/simple/", id="pypi-url"),
        pytest.param(PRIVATE, PRIVATE, PRIVATE, id="private"),
        pytest.param(PRIVATE.rstrip("/"), PRIVATE, PRIVATE, id="no-slash-at-the-end"),
        pytest.param(
            "http://127.0.0.1:8080/simple/",
            "http://127.0.0.1:8080/simple/",
            "http://127.0.0.1:8080/simple/",
            id="loopback-needs-no-encryption",
        ),
        pytest.param("http://[::1]:80/x", "http://[::1]:80/x/", "http://[::1]:80/x/", id="ipv6"),
        pytest.param("http://localhost/x", "http://localhost/x/", "http://localhost/x/", id="name"),
        pytest.param("https://user@h.org/x", "https://h.org/x/", "https://h.org/x/", id="user"),
    ],
)
def test_an_index_is_a_known_name_or_the_address_of_a_simple_index(
    text: str, shown: str, simple: str
) -> None:
    address = address_of(text)
    assert (address.shown, address.simple) == (shown, simple)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("http://pkgs.example.org/simple/", id="not-encrypted"),
        pytest.param("http://127.0.0.1.example.org/simple/", id="looks-like-loopback"),
        pytest.param("ftp://127.0.0.1/simple/", id="another-scheme"),
        pytest.param("file:///simple/", id="a-file"),
        pytest.param("pipy", id="unknown-name"),
        pytest.param("", id="empty"),
        pytest.param("https:///simple/", id="no-host"),
        pytest.param("https://h.org:port/simple/", id="port-is-no-number"),
        pytest.param("https://[::1/simple/", id="broken-ipv6"),
        pytest.param("https://h.org/simple/?x=1", id="query"),
        pytest.param("https://h.org/simple/#x", id="fragment"),
        pytest.param("https://h.org/a b/", id="space"),
        pytest.param("https://h.org/\x1b[31m/", id="terminal-escape"),
        pytest.param("https://upload.pypi.org/legacy/", id="address-for-uploads"),
        pytest.param("https://test.pypi.org/legacy/", id="address-for-test-uploads"),
    ],
)
def test_what_is_no_index_is_a_misuse(text: str) -> None:
    with pytest.raises(Misused) as raised:
        address_of(text)
    assert "\x1b" not in raised.value.message


def test_a_password_on_the_command_line_is_refused_and_not_repeated() -> None:
    with pytest.raises(Misused) as raised:
        address_of("https://me:hunter2@h.org/simple/")
    assert "hunter2" not in raised.value.message + raised.value.hint


def test_a_password_from_configuration_is_taken_and_shown_nowhere() -> None:
    address = address_of("https://me:hunter%32@h.org/simple/", from_configuration=True)
    assert address.credentials == Credentials("me", "hunter2")
    assert "hunter" not in repr(address) + address.shown + address.simple


def test_pypi_gets_no_password_even_where_one_is_configured() -> None:
    address = address_of("https://me:secret@pypi.org/simple/", from_configuration=True)
    assert address.credentials is None


def test_the_other_planes_are_beside_the_simple_index() -> None:
    address = IndexAddress(PRIVATE, PRIVATE)
    assert address.json("demo") == "https://pkgs.example.org/team/pypi/demo/json"
    assert address.json("demo", "1!0") == "https://pkgs.example.org/team/pypi/demo/1%210/json"
    assert (
        address.provenance("demo", "1.0", "demo-1.0.tar.gz")
        == "https://pkgs.example.org/team/integrity/demo/1.0/demo-1.0.tar.gz/provenance"
    )
    assert address_of("pypi").json("demo") == "https://pypi.org/pypi/demo/json"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param(
            {"PYPI_PUBLISH_INDEX_USERNAME": "u", "PYPI_PUBLISH_INDEX_PASSWORD": "p"},
            Credentials("u", "p"),
            id="own-variables",
        ),
        pytest.param(
            {"PYPI_PUBLISH_INDEX_PASSWORD": "p"}, Credentials("__token__", "p"), id="a-token"
        ),
        pytest.param(
            {"PIP_INDEX_URL": "https://u:p@pkgs.example.org/other/simple"},
            Credentials("u", "p"),
            id="pip-is-told-the-same-host",
        ),
        pytest.param(
            {"PIP_EXTRA_INDEX_URL": "https://a:b@x.org/ https://u:p@pkgs.example.org/"},
            Credentials("u", "p"),
            id="one-of-several",
        ),
        pytest.param(
            {"UV_INDEX": "team=https://u:p@pkgs.example.org/"}, Credentials("u", "p"), id="uv-named"
        ),
        pytest.param({"PIP_INDEX_URL": "https://u:p@x.org/"}, None, id="another-host"),
        pytest.param({"PIP_INDEX_URL": "http://u:p@pkgs.example.org/"}, None, id="another-scheme"),
        pytest.param({"PIP_INDEX_URL": "https://u:p@[broken"}, None, id="no-address"),
    ],
)
def test_credentials_come_from_the_environment(
    environment: dict[str, str], expected: Credentials | None, tmp_path: Path
) -> None:
    assert find_credentials(PRIVATE, {"NETRC": str(tmp_path / "none"), **environment}) == expected


def test_credentials_come_from_netrc_for_their_host_alone(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine pkgs.example.org login u password p\n")
    assert find_credentials(PRIVATE, {"NETRC": str(netrc)}) == Credentials("u", "p")
    assert find_credentials("https://x.org/", {"NETRC": str(netrc)}) is None


def test_a_netrc_that_cannot_be_read_is_as_none(tmp_path: Path) -> None:
    for content in (b"machine", b"\xff\xfe\x00", b"machine a login"):
        netrc = tmp_path / "netrc"
        netrc.write_bytes(content)
        assert find_credentials(PRIVATE, {"NETRC": str(netrc)}) is None
    assert find_credentials(PRIVATE, {"NETRC": str(tmp_path)}) is None
