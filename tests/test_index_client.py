"""The client of indexes against a server that really listens, well and ill behaved."""

import sys
import time
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest

from index_server import IndexServer, Served, serving
from pypi_publish.errors import Unanswered
from pypi_publish.index.address import IndexAddress, address_of
from pypi_publish.index.client import IndexClient, ask_index
from pypi_publish.index.look_alikes import look_alikes, ultranormalized
from pypi_publish.index.model import IndexAnswers, Marker, Page
from pypi_publish.web import Web

SDIST = Served("demo-1.0.tar.gz", "1.0", b"sdist")
WHEEL = Served("demo-1.0-py3-none-any.whl", "1.0", b"wheel")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    monkeypatch.setattr("pypi_publish.web.time", SimpleNamespace(
        sleep=lambda _: None, monotonic=time.monotonic, time=time.time
    ))  # fmt: skip
    with serving() as running:
        yield running


def asked(
    server: IndexServer,
    name: str = "demo",
    version: str | None = "1.0",
    environment: dict[str, str] | None = None,
    shown: str = "pypi",
) -> IndexAnswers:
    """Ask as if the server were PyPI."""
    address = IndexAddress(shown, server.simple)
    return ask_index(
        address,
        name,
        version,
        timeout=1.0,
        environment={"NETRC": "/nonexistent", **(environment or {})},
    )


def private(server: IndexServer, environment: dict[str, str] | None = None) -> IndexAnswers:
    return asked(server, environment=environment, shown=server.simple)


def test_one_request_tells_all_of_a_release_on_pypi(server: IndexServer) -> None:
    server.add("demo", SDIST, WHEEL, Served("demo-0.9.tar.gz", "0.9", yanked="broken"))
    answers = asked(server)
    assert answers.registered
    assert [file.filename for file in answers.of_this_version] == [SDIST.filename, WHEEL.filename]
    assert answers.of_this_version[0].sha256 == SDIST.sha256
    assert answers.release_created is not None
    assert dict(server.paths) == {"/simple/demo/": 1}


def test_a_name_is_asked_for_in_its_normal_form(server: IndexServer) -> None:
    server.add("my-demo", Served("my_demo-1.0.tar.gz", "1.0"))
    assert asked(server, "My.Demo").of_this_version
    assert server.paths["/simple/my-demo/"] == 1


@pytest.mark.parametrize("name", ["", "../../etc", "a/b", "demo?x", "-demo", "dé", "a\nb"])
def test_what_is_no_name_is_not_asked_for(server: IndexServer, name: str) -> None:
    answers = asked(server, name)
    assert answers.registered is None
    assert answers.because
    assert server.requests == []


def test_another_spelling_of_the_version_is_the_same_release(server: IndexServer) -> None:
    server.add("demo", SDIST)
    assert asked(server, version="1.0.0").of_this_version
    assert not asked(server, version="1.0.1").of_this_version


def test_a_project_without_files_is_registered(server: IndexServer) -> None:
    server.add("demo")
    answers = asked(server)
    assert answers.registered
    assert answers.release_without_files is False


def test_a_release_whose_files_were_deleted_is_found_in_the_json(server: IndexServer) -> None:
    server.add("demo", Served("demo-0.9.tar.gz", "0.9"), empty_releases=["1.0"])
    assert asked(server).release_without_files is True


def test_a_quarantined_project_is_told_from_an_empty_one(server: IndexServer) -> None:
    server.add("demo", SDIST, status="quarantined", reason="malware")
    page = asked(server).page
    assert (page.marker, page.marker_reason, page.files) == (Marker.QUARANTINED, "malware", ())


def test_names_that_look_alike_are_asked_for_before_a_first_release(server: IndexServer) -> None:
    server.add("demo-tool", Served("demo_tool-1.0.tar.gz", "1.0"))
    answers = asked(server, "dem0-tool")
    assert answers.registered is False
    assert answers.look_alikes is not None
    assert answers.look_alikes.registered == ("demo-tool",)
    assert len(server.requests) <= 13


def test_names_that_look_alike_are_not_asked_for_elsewhere(server: IndexServer) -> None:
    assert private(server).look_alikes is None
    assert len(server.requests) == 1


def test_a_silence_among_the_look_alikes_is_kept(server: IndexServer) -> None:
    server.trouble["simple"] = ["404", "image"]
    told = asked(server).look_alikes
    assert told is not None
    assert told.silence
    assert not told.registered


@pytest.mark.parametrize(
    "trouble",
    ["502", "500", "429", "429:3600", "cut", "truncated", "image", "sign-in", "403", "slow"],
)
def test_an_index_that_misbehaves_has_not_answered(server: IndexServer, trouble: str) -> None:
    server.add("demo", SDIST)
    server.trouble["simple"] = [trouble]
    with pytest.raises(Unanswered) as raised:
        ask_index(IndexAddress("pypi", server.simple), "demo", "1.0", timeout=0.2, environment={})
    assert raised.value.message.startswith("127.0.0.1")


def test_an_answer_without_end_is_given_up(server: IndexServer) -> None:
    server.trouble["simple"] = ["giant"]
    with pytest.raises(Unanswered):
        asked(server)


@pytest.mark.parametrize("trouble", ["502", "429", "cut"])
def test_a_short_trouble_is_overcome(server: IndexServer, trouble: str) -> None:
    server.add("demo", SDIST)
    server.trouble["simple"] = [trouble, "none"]
    assert asked(server).of_this_version


def test_an_index_that_speaks_html_alone_is_understood(server: IndexServer) -> None:
    server.speaks_json = False
    server.add("demo", SDIST, WHEEL)
    answers = asked(server)
    assert answers.page.form == "html"
    assert {file.sha256 for file in answers.of_this_version} == {SDIST.sha256, WHEEL.sha256}
    assert answers.release_created is not None, "the time comes from the JSON of the release"
    assert dict(server.paths) == {"/simple/demo/": 1, "/pypi/demo/1.0/json": 1}


def test_an_index_that_refuses_the_json_form_is_asked_for_html(server: IndexServer) -> None:
    server.add("demo", SDIST)
    server.trouble["simple"] = ["406"]
    assert private(server).of_this_version


def test_an_index_without_the_other_planes_says_less(server: IndexServer) -> None:
    server.speaks_json = False
    server.absent = {"version"}
    server.add("demo", SDIST)
    answers = private(server)
    assert answers.of_this_version
    assert answers.release_created is None
    assert not answers.silences


def test_a_silent_plane_beside_the_simple_index_is_named(server: IndexServer) -> None:
    server.speaks_json = False
    server.trouble["version"] = ["502"]
    server.add("demo", SDIST)
    assert list(private(server).silences) == ["version JSON"]


def test_a_question_that_is_sent_on_to_another_host_is_no_answer_of_this_one(
    server: IndexServer,
) -> None:
    with serving() as other:
        other.add("demo", SDIST)
        server.forward_to = other.simple
        answers = private(server)
    assert answers.registered is False
    assert answers.forwarded_to == "127.0.0.1"
    assert not answers.files


def test_a_password_is_not_sent_on_to_another_host(server: IndexServer) -> None:
    with serving() as other:
        server.forward_to = other.simple.replace("127.0.0.1", "localhost")
        private(server, {"PYPI_PUBLISH_INDEX_PASSWORD": "p"})
        assert "authorization" in server.requests[0][1]
        assert all("authorization" not in headers for _, headers in other.requests)


def test_a_private_index_is_told_who_asks(server: IndexServer) -> None:
    server.password = ("me", "secret")
    server.add("demo", SDIST)
    told = {"PYPI_PUBLISH_INDEX_USERNAME": "me", "PYPI_PUBLISH_INDEX_PASSWORD": "secret"}
    assert private(server, told).of_this_version


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"PYPI_PUBLISH_INDEX_PASSWORD": "wrong-one"}, id="wrong-password"),
    ],
)
def test_a_refused_password_is_no_answer_and_not_shown(
    server: IndexServer, told: dict[str, str]
) -> None:
    server.password = ("me", "secret")
    with pytest.raises(Unanswered) as raised:
        private(server, told)
    assert raised.value.code == "unauthorised"
    assert "wrong-one" not in raised.value.message + raised.value.hint


def test_the_password_of_a_configured_address_is_used(server: IndexServer) -> None:
    server.password = ("me", "secret")
    server.add("demo", SDIST)
    address = address_of(server.simple.replace("//", "//me:secret@"), from_configuration=True)
    assert ask_index(address, "demo", "1.0", timeout=1, environment={}).of_this_version


def test_the_keyring_is_asked_only_after_a_refusal(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []

    def get_credential(service: str, username: str | None) -> object:
        looked_up.append((service, username))
        return SimpleNamespace(username="me", password="secret")

    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    vars(keyring)["get_credential"] = get_credential
    vars(errors)["KeyringError"] = OSError
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    server.add("demo", SDIST)
    assert private(server).of_this_version
    assert looked_up == []
    server.password = ("me", "secret")
    assert private(server).of_this_version
    assert looked_up == [(server.simple, None)]


def test_without_a_keyring_a_refusal_stays_one(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    server.password = ("me", "secret")
    with pytest.raises(Unanswered):
        private(server)


def test_what_did_not_change_is_not_sent_again(server: IndexServer) -> None:
    server.add("demo", SDIST)
    with Web(1.0) as web:
        client = IndexClient(IndexAddress("pypi", server.simple), web, {})
        first, second = client.page("demo"), client.page("demo")
    assert isinstance(first, Page)
    assert first == second
    assert "if-none-match" not in server.requests[0][1]
    assert "if-none-match" in server.requests[1][1]


def test_a_change_is_seen(server: IndexServer) -> None:
    server.add("demo", SDIST)
    with Web(1.0) as web:
        client = IndexClient(IndexAddress("pypi", server.simple), web, {})
        client.page("demo")
        server.add("demo", SDIST, WHEEL)
        page = client.page("demo")
    assert isinstance(page, Page)
    assert len(page.files) == 2


@pytest.mark.parametrize(
    ("told", "is_pypi"),
    [
        pytest.param('"_last-serial": 1', True, id="counts-changes"),
        pytest.param('"api-version": "1.4"', False, id="another-software"),
    ],
)
def test_the_software_of_pypi_is_recognised_under_another_address(
    server: IndexServer, told: str, is_pypi: bool
) -> None:
    server.trouble["simple"] = [f'json:{{"meta": {{{told}}}, "files": []}}']
    assert private(server).is_pypi is is_pypi


@pytest.mark.parametrize("name", ["demo-tool", "pydemo", "DemoTool", "l0g", "a", "python-i18n"])
def test_every_look_alike_is_one_to_pypi(name: str) -> None:
    found = look_alikes(name)
    assert len(found) <= 12
    assert {ultranormalized(other) for other in found} <= {ultranormalized(name)}
    assert name.lower() not in found


@pytest.mark.parametrize(
    ("name", "other"),
    [
        pytest.param("demo-tool", "demotool", id="without-separator"),
        pytest.param("pydemo", "py-demo", id="before-a-usual-word"),
        pytest.param("DemoTool", "demo-tool", id="by-its-capitals"),
        pytest.param("dem0", "demo", id="zero-for-o"),
        pytest.param("c1ick", "click", id="one-for-l"),
        pytest.param("djangodemo", "django-demo", id="after-a-usual-word"),
    ],
)
def test_the_likeliest_look_alike_is_among_those_asked_for(name: str, other: str) -> None:
    assert other in look_alikes(name)
