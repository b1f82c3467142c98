"""The client of every server: how often it asks, how long it waits, what it keeps to itself."""

import gzip
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_publish import web
from pypi_publish.errors import Exit, Unanswered
from pypi_publish.web import Answer, Web, all_at_once
from web_server import Reply, WebServer, web_server

TOKEN = {"Authorization": "Bearer SECRET"}


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def client() -> Iterator[Web]:
    with Web(0.5) as made:
        yield made


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client waited between its tries, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(web, "sleep", waited.append)
    return waited


def later(**time_from_now: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**time_from_now), usegmt=True)


def test_an_answer_comes_with_its_status_whatever_that_is(client: Web, server: WebServer) -> None:
    server.replies = {"/a": [Reply(404, b"no", {"X-Y": "z"})]}
    answer = client.get(f"{server.url}/a")
    assert (answer.status, answer.body, answer.url) == (404, b"no", f"{server.url}/a")
    assert answer.headers["x-y"] == "z"


def test_every_request_says_who_asks(client: Web, server: WebServer) -> None:
    server.replies = {"*": [Reply()]}
    client.get(server.url, {"X-Own": "1"})
    client.post(server.url, b"question", {"Content-Type": "text/plain"})
    get, post = server.asked
    assert get.headers["User-Agent"] == post.headers["User-Agent"] == web.USER_AGENT
    assert web.USER_AGENT.startswith("pypi-publish/")
    assert get.headers["X-Own"] == "1"
    assert (post.method, post.body) == ("POST", b"question")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 524])
def test_a_server_in_trouble_is_asked_again_after_longer_and_longer(
    status: int, client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [Reply(status), Reply(status), Reply(200, b"at last")]}
    assert client.get(server.url).body == b"at last"
    assert pauses == sorted(pauses)
    assert 0 < sum(pauses) < 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_is_an_answer(
    status: int, client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [Reply(status)]}
    assert client.get(server.url).status == status
    assert len(server.asked) == 1
    assert pauses == []


def test_after_three_tries_there_is_no_answer(
    client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [Reply(500)]}
    with pytest.raises(Unanswered, match=r"127\.0\.0\.1:\d+: HTTP 500") as silence:
        client.get(server.url)
    assert len(server.asked) == 3
    assert silence.value.ends_with is Exit.UNANSWERED
    assert silence.value.retryable


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        pytest.param("7", 7, 7, id="a-number"),
        pytest.param("0", 0, 0, id="at-once"),
        pytest.param(later(seconds=19), 0, 19, id="a-date"),
        pytest.param(later(hours=-1), 0, 0, id="a-date-that-has-passed"),
        pytest.param("Wed, 01 Jan 2020 00:00:00", 0, 0, id="a-date-without-a-zone"),
        pytest.param("soon", 0.1, 1, id="a-word"),
        pytest.param("-5", 0.1, 1, id="a-negative-number"),
        pytest.param("1.5", 0.1, 1, id="a-fraction"),
        pytest.param("²", 0.1, 1, id="a-digit-that-is-no-number"),
        pytest.param("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 0.1, 1, id="a-wild-zone"),
    ],
)
def test_a_server_says_when_to_ask_again(
    asked: str, least: float, most: float, client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [Reply(429, headers={"Retry-After": asked}), Reply(200)]}
    assert client.get(server.url).status == 200
    assert least <= pauses[0] <= most


@pytest.mark.parametrize(
    "asked", ["21", "9" * 500, later(hours=2)], ids=["number", "huge-number", "date"]
)
def test_a_server_that_asks_for_a_long_pause_does_not_answer(
    asked: str, client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [Reply(503, headers={"Retry-After": asked})]}
    with pytest.raises(Unanswered, match="HTTP 503, to be asked again in"):
        client.get(server.url)
    assert pauses == []


@given(st.text(st.characters(codec="latin-1")))
def test_no_wish_for_a_pause_is_too_odd(asked: str) -> None:
    assert web._pause(Answer(429, "", {"retry-after": asked}, b""), 1) >= 0


# --- bounds ---


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param(Reply(hangs=True), "timed out", id="no-answer"),
        pytest.param(Reply(drips=True), "the answer took too long", id="a-dripping-answer"),
        pytest.param(Reply(body=b"ab", length=9), "closed connection", id="a-cut-answer"),
    ],
)
def test_an_answer_that_does_not_arrive_is_none(
    reply: Reply, says: str, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [reply]}
    begun = time.monotonic()
    with Web(0.1) as client, pytest.raises(Unanswered, match=says):
        client.get(server.url)
    assert time.monotonic() - begun < 10  # three tries, of which the longest take 0.6 s
    assert len(server.asked) == 3


def test_where_nobody_listens_there_is_no_answer(client: Web, pauses: list[float]) -> None:
    with web_server() as gone:
        address = gone.url
    with pytest.raises(Unanswered, match="refused"):
        client.get(address)
    assert len(pauses) == 2


def test_a_large_answer_is_none(
    client: Web, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_LARGEST", 1 << 20)
    server.replies = {"*": [Reply(body=b"." * (1 << 20 | 1))]}
    with pytest.raises(Unanswered, match="more than 1 MiB"):
        client.get(server.url)
    assert len(server.asked) == 1


def test_a_small_answer_that_becomes_large_is_none(
    client: Web, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_LARGEST", 1 << 20)
    packed = gzip.compress(b"." * (2 << 20))
    server.replies = {"*": [Reply(body=packed, headers={"Content-Encoding": "gzip"})]}
    with pytest.raises(Unanswered, match="more than 1 MiB"):
        client.get(server.url)


def test_a_packed_answer_is_unpacked(client: Web, server: WebServer) -> None:
    packed = gzip.compress(b"hello")
    server.replies = {"*": [Reply(body=packed, headers={"Content-Encoding": "gzip"})]}
    assert client.get(server.url).body == b"hello"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_an_encoding_that_was_not_asked_for_is_no_answer(
    encoding: str, client: Web, server: WebServer
) -> None:
    server.replies = {"*": [Reply(body=b"x", headers={"Content-Encoding": encoding})]}
    with pytest.raises(Unanswered, match="encoding"):
        client.get(server.url)


def test_a_server_that_keeps_silent_is_taken_for_dead_and_another_is_not(
    client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"/dead": [Reply(500)], "/alive": [Reply(200)]}
    for _ in range(10):
        with pytest.raises(Unanswered):
            client.get(f"{server.url}/dead")
    assert len(server.asked) == 8 * 3
    with pytest.raises(Unanswered, match="not asked, after 8 requests without an answer"):
        client.get(f"{server.url}/alive")
    with web_server() as other:
        other.replies = {"*": [Reply(200)]}
        assert client.get(other.url).status == 200


def test_a_server_that_answers_now_and_then_is_not_dead(
    client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"/dead": [Reply(500)], "/alive": [Reply(404)]}
    for _ in range(10):
        with pytest.raises(Unanswered, match="HTTP 500"):
            client.get(f"{server.url}/dead")
        assert client.get(f"{server.url}/alive").status == 404


# --- redirects, addresses and secrets ---


def test_a_redirect_is_followed_and_the_answer_says_where_it_ended(
    client: Web, server: WebServer
) -> None:
    server.replies = {
        "/old": [Reply(301, b"." * 100, {"Location": "/new"})],
        "/new": [Reply(200, b"here")],
    }
    answer = client.get(f"{server.url}/old", TOKEN)
    assert (answer.url, answer.body) == (f"{server.url}/new", b"here")
    assert server.asked[-1].headers["Authorization"] == "Bearer SECRET"


def test_a_secret_does_not_follow_to_another_server(client: Web, server: WebServer) -> None:
    with web_server() as other:
        other.replies = {"*": [Reply(302, headers={"Location": f"{server.url}/back"})]}
        server.replies = {
            "/there": [Reply(307, headers={"Location": f"{other.url}/x"})],
            "/back": [Reply(200)],
        }
        client.get(f"{server.url}/there", TOKEN)
        assert "Authorization" not in other.asked[0].headers
        assert "Authorization" not in server.asked[-1].headers


def test_redirects_without_an_end_are_no_answer(client: Web, server: WebServer) -> None:
    server.replies = {"*": [Reply(302, headers={"Location": "/again"})]}
    with pytest.raises(Unanswered, match="more than 5 redirects"):
        client.get(server.url)
    assert len(server.asked) == 6


def test_the_body_of_a_redirect_is_not_read(client: Web, server: WebServer) -> None:
    server.replies = {
        "/old": [Reply(302, drips=True, headers={"Location": "/new"})],
        "/new": [Reply(200, b"here")],
    }
    assert client.get(f"{server.url}/old").body == b"here"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://[", "gopher://x", "http://"]
)
def test_a_redirect_to_what_cannot_be_asked_is_no_answer(
    target: str, client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [Reply(302, headers={"Location": target})]}
    with pytest.raises(Unanswered):
        client.get(server.url)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "http://",
        "http://[::1",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://xn--/",
        "http://a..b/",
        f"http://{'a' * 70}.example/",
        "http://\ud800/",
        "http://127.0.0.1/\x00",
    ],
)
def test_what_is_no_address_cannot_be_asked(address: str, client: Web) -> None:
    with pytest.raises(Unanswered):
        client.get(address)


def test_a_password_in_an_address_is_not_shown(client: Web, pauses: list[float]) -> None:
    with web_server() as gone:
        address = gone.url.replace("http://", "http://me:hunter2@")
    with pytest.raises(Unanswered) as silence:
        client.get(address)
    assert "hunter2" not in silence.value.message


def test_a_secret_that_is_no_header_is_not_shown(
    client: Web, server: WebServer, pauses: list[float]
) -> None:
    server.replies = {"*": [Reply(200)]}
    for secret in ("SECRET\nX: y", "SECR\u00c9T", "SECRET\x00"):
        with pytest.raises(Unanswered) as silence:
            client.get(server.url, {"Authorization": secret})
        assert "SECR" not in silence.value.message
    assert server.asked == []


# --- many at once ---


def test_answers_come_in_the_order_of_their_questions() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.05 if number == 0 else 0)
        return number * 2

    assert all_at_once(slow_first, range(20), seconds=10) == [2 * number for number in range(20)]


def test_no_more_than_eight_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(8)

    def wait(_: int) -> int:
        together.wait(10)
        return threading.active_count()

    before = threading.active_count()
    for running in all_at_once(wait, range(16), seconds=10):
        assert isinstance(running, int)
        assert running <= before + 8


def test_a_bug_is_not_kept_quiet() -> None:
    with pytest.raises(ZeroDivisionError):
        all_at_once(lambda number: 1 / number, [1, 0], seconds=10)


def test_what_takes_too_long_is_told_apart_from_what_was_answered() -> None:
    stop = threading.Event()
    found = all_at_once(lambda slow: stop.wait(10 * slow), [0, 1], seconds=0.2)
    stop.set()
    assert found[0] is False
    assert isinstance(found[1], TimeoutError)
