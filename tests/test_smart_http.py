"""Git's protocol, as servers speak it and as they must not be believed."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pypi_publish.errors import Unanswered
from pypi_publish.pins.remote import Refs
from pypi_publish.pins.smart_http import list_refs
from pypi_publish.web import Answer, Web
from web_server import Reply, WebServer, web_server

A, B, C = "a" * 40, "b" * 40, "c" * 40
FLUSH = b"0000"
ADVERTISEMENT = {"Content-Type": "application/x-git-upload-pack-advertisement"}
RESULT = {"Content-Type": "application/x-git-upload-pack-result"}


def packet(line: str) -> bytes:
    return b"%04x" % (len(line.encode()) + 4) + line.encode()


SERVICE = packet("# service=git-upload-pack\n") + FLUSH
VERSION_2 = SERVICE + packet("version 2\n") + packet("ls-refs=unborn\n") + FLUSH


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture(scope="module")
def client() -> Iterator[Web]:
    with Web(2) as made:
        yield made


Ask = Callable[..., Refs]


@pytest.fixture
def ask(server: WebServer, client: Web) -> Ask:
    """Ask a server that gives these answers to the first and to the second request."""

    def asked(first: bytes, second: bytes = FLUSH) -> Refs:
        server.asked.clear()
        server.replies = {
            "/o/r.git/info/refs": [Reply(200, first, ADVERTISEMENT)],
            "/o/r.git/git-upload-pack": [Reply(200, second, RESULT)],
        }
        return list_refs(client, f"{server.url}/o/r.git")

    return asked


def test_version_2_lists_tags_branches_and_what_tag_objects_point_to(
    ask: Ask, server: WebServer
) -> None:
    refs = ask(
        VERSION_2,
        packet(f"{A} refs/heads/main\n")
        + packet(f"{B} refs/tags/v1 peeled:{A}\n")
        + packet(f"{C} refs/tags/v2\n")
        + FLUSH,
    )
    assert refs.branches == {"main": A}
    assert refs.tags == {"v1": A, "v2": C}
    assert refs.tag_objects == {B: "v1"}
    get, post = server.asked
    assert get.headers["Git-Protocol"] == post.headers["Git-Protocol"] == "version=2"
    assert b"command=ls-refs\n" in post.body
    assert b"ref-prefix refs/tags/\n" in post.body


@pytest.mark.parametrize("announced", [b"", packet("version 1\n")])
def test_older_versions_list_in_their_first_answer(
    announced: bytes, ask: Ask, server: WebServer
) -> None:
    refs = ask(
        SERVICE
        + announced
        + packet(f"{A} HEAD\0side-band symref=HEAD:refs/heads/main\n")
        + packet(f"{A} refs/heads/main\n")
        + packet(f"{C} refs/pull/1/head\n")
        + packet(f"{B} refs/tags/v1\n")
        + packet(f"{A} refs/tags/v1^{{}}\n")
        + packet(f"shallow {C}\n")
        + FLUSH
    )
    assert refs.branches == {"main": A}
    assert refs.tags == {"v1": A}
    assert refs.tag_objects == {B: "v1"}
    assert len(server.asked) == 1


def test_what_was_not_asked_for_is_passed_over(ask: Ask) -> None:
    refs = ask(
        VERSION_2,
        packet(f"{A} HEAD symref-target:refs/heads/main\n")
        + packet(f"{B} refs/pull/1/head\n")
        + packet(f"{A} refs/heads/main\n")
        + FLUSH,
    )
    assert (refs.branches, refs.tags) == ({"main": A}, {})


def test_the_name_of_a_ref_may_be_of_any_script(ask: Ask) -> None:
    assert ask(VERSION_2, packet(f"{A} refs/tags/größe/v1\n") + FLUSH).tags == {"größe/v1": A}


LISTED = packet(f"{A} refs/heads/main\n")


@pytest.mark.parametrize(
    ("second", "says"),
    [
        pytest.param(LISTED, "cut off", id="without-its-end"),
        pytest.param(LISTED + b"00", "cut off", id="within-the-end"),
        pytest.param(LISTED[:-9], "cut off", id="within-a-line"),
        pytest.param(LISTED + FLUSH + b"00", "cut off", id="behind-the-end"),
        pytest.param(b"", "cut off", id="nothing"),
        pytest.param(FLUSH, "no tag and no branch", id="no-refs"),
        pytest.param(b"zzzz", "not of git's protocol", id="no-length"),
        pytest.param(b"-001" + FLUSH, "not of git's protocol", id="a-negative-length"),
        pytest.param(b" 12 " + FLUSH, "not of git's protocol", id="blanks-for-a-length"),
        pytest.param(b"0003" + FLUSH, "not of git's protocol", id="a-length-that-is-too-short"),
        pytest.param(packet("no such repo\n") + FLUSH, "not of git's protocol", id="a-sentence"),
        pytest.param(packet("x\n") + FLUSH, "not of git's protocol", id="a-word"),
        pytest.param(packet(f"{A[:39]} refs/tags/v1\n") + FLUSH, "not of git's", id="a-short-sha"),
        pytest.param(packet(f"{A * 2} refs/tags/v1\n") + FLUSH, "not of git's", id="a-sha-256"),
        pytest.param(packet(f"{A} refs/tags/v1\x1b[31m\n") + FLUSH, "not of git's", id="an-escape"),
        pytest.param(packet(f"{A} refs/tags/v1\rx: y\n") + FLUSH, "not of git's", id="a-line-end"),
        pytest.param(packet(f"{A} refs/tags/v1\nx: y\n") + FLUSH, "not of git's", id="two-lines"),
        pytest.param(packet("ERR access denied\n") + FLUSH, "answers: access denied", id="refused"),
    ],
)
def test_an_answer_that_is_not_whole_is_none(second: bytes, says: str, ask: Ask) -> None:
    """Half a list would make the commits of the other half look like a fork's."""
    with pytest.raises(Unanswered, match=says):
        ask(VERSION_2, second)


@pytest.mark.parametrize(
    "first", [SERVICE, SERVICE + packet(f"{'0' * 40} capabilities^{{}}\0x\n") + FLUSH]
)
def test_an_empty_repository_says_nothing_of_a_pin(first: bytes, ask: Ask) -> None:
    with pytest.raises(Unanswered, match="no tag and no branch"):
        ask(first)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param(Reply(404), r"no such repository, .*\(HTTP 404\)", id="not-found"),
        pytest.param(Reply(401), r"no such repository, .*\(HTTP 401\)", id="private"),
        pytest.param(Reply(400), r"no git server \(HTTP 400\)", id="refused"),
        pytest.param(
            Reply(200, LISTED + FLUSH, {"Content-Type": "text/plain"}),
            r"no git server \(HTTP 200\)",
            id="a-dumb-server",
        ),
    ],
)
def test_what_is_no_git_server_is_told(
    reply: Reply, says: str, server: WebServer, client: Web
) -> None:
    server.replies = {"*": [reply]}
    with pytest.raises(Unanswered, match=says):
        list_refs(client, f"{server.url}/o/r.git")


def test_a_renamed_repository_is_asked_under_its_new_name(server: WebServer, client: Web) -> None:
    new = "/o/new.git/info/refs?service=git-upload-pack"
    server.replies = {
        "/o/old.git/info/refs": [Reply(301, headers={"Location": new})],
        "/o/new.git/info/refs": [Reply(200, VERSION_2, ADVERTISEMENT)],
        "/o/new.git/git-upload-pack": [Reply(200, LISTED + FLUSH, RESULT)],
    }
    assert list_refs(client, f"{server.url}/o/old.git").branches == {"main": A}


def test_a_redirect_to_something_else_is_no_answer(server: WebServer, client: Web) -> None:
    server.replies = {
        "/o/old.git/info/refs": [Reply(301, headers={"Location": "/elsewhere"})],
        "/elsewhere": [Reply(200, VERSION_2, ADVERTISEMENT)],
    }
    with pytest.raises(Unanswered, match="redirected to what is no repository"):
        list_refs(client, f"{server.url}/o/old.git")


class _Canned(Web):
    """Gives two answers without a connection."""

    def __init__(self, first: bytes, second: bytes) -> None:
        self._bodies = [first, second]

    def get(self, url: str, headers: object = None) -> Answer:
        return Answer(200, url, {"content-type": ADVERTISEMENT["Content-Type"]}, self._bodies[0])

    def post(self, url: str, content: bytes, headers: object) -> Answer:
        return Answer(200, url, {"content-type": RESULT["Content-Type"]}, self._bodies[1])


LINES = st.one_of(
    st.binary(max_size=60).map(lambda line: b"%04x" % (len(line) + 4) + line),
    st.sampled_from([FLUSH, b"0001", b"0002", SERVICE, VERSION_2, LISTED]),
    st.sampled_from([f"{A} refs/tags/v1^{{}}", f"{A} refs/tags/v1 peeled:x", A, f"{A} "]).map(
        packet
    ),
    st.binary(max_size=8),
)
BODIES = st.lists(LINES, max_size=6).map(b"".join)


@given(BODIES, BODIES)
@settings(deadline=None)
def test_whatever_a_server_answers_it_is_refs_or_no_answer(first: bytes, second: bytes) -> None:
    for body in (first, VERSION_2):
        try:
            refs = list_refs(_Canned(body, second), "http://127.0.0.1/o/r.git")
        except Unanswered:
            continue
        assert all(len(sha) == 40 for sha in (*refs.tags.values(), *refs.branches.values()))
