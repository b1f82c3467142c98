"""The part of `--live` that asks GitHub's API: what it takes for an answer, and for a token."""

import json
from collections.abc import Iterator

import pytest

from pypi_publish.errors import Unanswered
from pypi_publish.pins import github_api
from pypi_publish.pins.github_api import Api, Unasked, api_of
from pypi_publish.pins.versions import version_of
from pypi_publish.web import Web
from web_server import Reply, WebServer, web_server

ADVISORY = {"ghsa_id": "GHSA-mrrh-fwg8-r2c3", "withdrawn_at": None}
GITHUB = "https://github.com"


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def api(server: WebServer) -> Iterator[tuple[Web, Api]]:
    """A client, and the API that answers it."""
    with Web(1) as web:
        yield web, Api(server.url, "SECRET")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param(Reply(401), "HTTP 401", id="a-token-that-has-expired"),
        pytest.param(Reply(403), "HTTP 403", id="a-rate-limit"),
        pytest.param(Reply(404), "HTTP 404", id="a-repository-that-the-token-may-not-see"),
        pytest.param(
            Reply(503, headers={"Retry-After": "60"}),
            "does not answer",
            id="an-error-of-the-server",
        ),
        pytest.param(Reply(200, b"<html>"), "something else", id="a-page"),
        pytest.param(Reply(200, b"\xff\xfe"), "something else", id="bytes"),
        pytest.param(Reply(200, b""), "something else", id="nothing"),
        pytest.param(Reply(200, b"{}"), "something else", id="another-document"),
        pytest.param(Reply(200, b'{"archived": "no"}'), "something else", id="another-type"),
        pytest.param(Reply(200, b"[" * 100_000), "something else", id="deep"),
    ],
)
def test_anything_but_the_documented_answer_is_none(
    reply: Reply, says: str, api: tuple[Web, Api], server: WebServer
) -> None:
    server.replies = {"/repos/acme/app": [reply]}
    with pytest.raises(Unanswered, match=says):
        github_api.repository(*api, "acme/app")


@pytest.mark.parametrize("body", [b"{}", b"null", b"[1]", b'[{"id": 1}]', b'["GHSA"]', b"7"])
def test_advisories_are_a_list_of_documents(
    body: bytes, api: tuple[Web, Api], server: WebServer
) -> None:
    server.replies = {"/advisories": [Reply(200, body)]}
    version = version_of("v1.0.0")
    assert version
    with pytest.raises(Unanswered, match="something else"):
        github_api.advisories(*api, "acme/app", [version])


def test_a_withdrawn_advisory_is_none(api: tuple[Web, Api], server: WebServer) -> None:
    withdrawn = ADVISORY | {"ghsa_id": "GHSA-x", "withdrawn_at": "2026-01-01T00:00:00Z"}
    server.replies = {"/advisories": [Reply(200, json.dumps([withdrawn, ADVISORY]).encode())]}
    version = version_of("v1.0.0")
    assert version
    found = github_api.advisories(*api, "acme/app", [version])
    assert found == {"v1.0.0": ("GHSA-mrrh-fwg8-r2c3",)}


@pytest.mark.parametrize(
    ("tag", "affected"),
    [
        ("v1.2.3", "acme/app%401.2.3"),
        ("1.2.3", "acme/app%401.2.3"),
        ("foo-v2.0.0", "acme/app%402.0.0"),
    ],
)
def test_advisories_know_versions_and_not_tags(
    tag: str, affected: str, api: tuple[Web, Api], server: WebServer
) -> None:
    server.replies = {"/advisories": [Reply(200, b"[]")]}
    version = version_of(tag)
    assert version
    github_api.advisories(*api, "acme/app", [version])
    assert f"affects={affected}&" in server.asked[-1].path


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        pytest.param({}, "no GITHUB_TOKEN is set", id="none"),
        pytest.param({"GITHUB_TOKEN": " \n"}, "no GITHUB_TOKEN is set", id="blank"),
        pytest.param({"GITHUB_TOKEN": "SEC\nRET"}, "GITHUB_TOKEN holds", id="two-lines"),
        pytest.param({"GITHUB_TOKEN": "SEC RET"}, "GITHUB_TOKEN holds", id="two-words"),
        pytest.param({"GH_TOKEN": "SECRÉT"}, "GH_TOKEN holds", id="not-ascii"),
        pytest.param(
            {"GITHUB_TOKEN": "SECRET", "GITHUB_API_URL": "http://example.org"},
            "https addresses only",
            id="an-address-without-encryption",
        ),
        pytest.param(
            {"GITHUB_TOKEN": "SECRET", "GITHUB_API_URL": "ftp://127.0.0.1"},
            "https addresses only",
            id="another-protocol",
        ),
        pytest.param(
            {"GITHUB_TOKEN": "SECRET", "GITHUB_API_URL": "api.github.com"},
            "https addresses only",
            id="no-address",
        ),
        pytest.param(
            {"GITHUB_TOKEN": "SECRET", "GITHUB_API_URL": "https://[::1"},
            "https addresses only",
            id="a-broken-address",
        ),
    ],
)
def test_a_token_that_cannot_be_used_is_named_and_not_shown(
    environment: dict[str, str], says: str
) -> None:
    found = api_of(environment, GITHUB)
    assert isinstance(found, Unasked)
    assert says in found.because
    assert "SEC" not in found.because


@pytest.mark.parametrize(
    ("environment", "server", "expected"),
    [
        pytest.param(
            {"GITHUB_TOKEN": "a"}, GITHUB, Api("https://api.github.com", "a"), id="github"
        ),
        pytest.param(
            {"GITHUB_TOKEN": "a", "GH_TOKEN": "b"},
            GITHUB,
            Api("https://api.github.com", "a"),
            id="two-tokens",
        ),
        pytest.param(
            {"GITHUB_TOKEN": "", "GH_TOKEN": " b\n"},
            GITHUB,
            Api("https://api.github.com", "b"),
            id="the-other-token",
        ),
        pytest.param(
            {"GH_TOKEN": "b"},
            "https://ghe.example.org",
            Api("https://ghe.example.org/api/v3", "b"),
            id="an-own-server",
        ),
        pytest.param(
            {"GH_TOKEN": "b", "GITHUB_API_URL": "https://ghe.example.org/api/v3/"},
            GITHUB,
            Api("https://ghe.example.org/api/v3", "b"),
            id="a-named-address",
        ),
    ],
)
def test_the_token_goes_to_the_api_of_the_server(
    environment: dict[str, str], server: str, expected: Api
) -> None:
    assert api_of(environment, server) == expected
