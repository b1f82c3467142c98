"""The one way out to the network: bounded in time, size and tries, and careful with secrets."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Thread
from time import sleep
from typing import BinaryIO, Self, TypeVar

import httpx

from pypi_publish.errors import Unanswered
from pypi_publish.version import VERSION

USER_AGENT = f"pypi-publish/{VERSION} (+https://github.com/pypi-publish/pypi-publish)"
AT_ONCE = 8
_TRIES = 3
_LONGEST_PAUSE = 20.0  # a server that asks for more is reported as not answering
_LARGEST = 64 << 20
_MOST_REDIRECTS = 5
_WORTH_ANOTHER_TRY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
# Each piece of an answer may take as long as the timeout, all of them together this often as long.
_PIECES_TAKE = 6
_SLOWEST = 256 << 10  # bytes a second, of a file that is downloaded
# After so many silences in a row the server is taken for dead: 300 repositories are then
# reported in half a minute instead of twenty.
_PATIENCE = AT_ONCE
# Several encodings in a row would turn a small answer into more than any memory holds.
_ENCODINGS = {"", "identity", "gzip", "deflate"}

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    url: str  # after redirects
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Question:
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None
    most: int | None = None  # bytes that are wanted, as they were sent; None: all, decoded
    tries: int = _TRIES
    into: BinaryIO | None = None  # where the body goes, if it is not to be kept in memory
    seconds: float | None = None  # that the body may take; None: a multiple of the timeout

    @property
    def host(self) -> str:
        """The server's name and port, without what a password may be part of."""
        try:
            url = httpx.URL(self.url)
            host, port = url.host, url.port
        except (httpx.InvalidURL, ValueError):
            return "no address"
        return f"{host}:{port}" if port else host or "no host"


class Web:
    """A client for many requests to few servers."""

    def __init__(self, timeout: float, at_once: int = AT_ONCE) -> None:
        self._timeout = timeout
        self._silences: Counter[str] = Counter()  # by host: in a row
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(timeout, pool=None),  # who asks may have to queue
            limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET, whatever its status; raise Unanswered without one."""
        return self._ask(_Question("GET", url, headers or {}))

    def get_once(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a GET that may well lead nowhere, so it is tried but once."""
        return self._ask(_Question("GET", url, headers, tries=1))

    def beginning(self, url: str, most: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET with the first bytes of its body, as they were sent."""
        # Some servers know nothing of ranges; some give a file of .gz as if gzip were its encoding.
        asked = {"Accept-Encoding": "identity", **(headers or {})}
        part = {**asked, "Range": f"bytes=0-{most - 1}"}
        answer = self._ask(_Question("GET", url, part, most=most))
        if answer.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return answer
        return self._ask(_Question("GET", url, asked, most=most))  # an empty file has no range

    def save(
        self, url: str, into: BinaryIO, most: int, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Write the first bytes of a body to a file; the answer itself has none."""
        asked = {"Accept-Encoding": "identity", **(headers or {})}
        seconds = _PIECES_TAKE * self._timeout + most / _SLOWEST
        return self._ask(_Question("GET", url, asked, most=most, into=into, seconds=seconds))

    def start_over(self) -> None:
        """Give servers that kept silent another chance."""
        self._silences.clear()

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a POST of a question, which is safe to repeat."""
        return self._ask(_Question("POST", url, headers, content))

    def _ask(self, question: _Question) -> Answer:
        host = question.host
        if self._silences[host] >= _PATIENCE:
            raise _unanswered(host, f"not asked, after {_PATIENCE} requests without an answer")
        for tried in range(1, question.tries + 1):
            said = self._once(question)
            if isinstance(said, Answer) and not _is_worth_another_try(said.status):
                self._silences[host] = 0
                return said
            pause = _pause(said, tried)
            if tried == question.tries or pause > _LONGEST_PAUSE:
                break
            sleep(pause)
        self._silences[host] += 1
        raise _unanswered(host, _reason(said, pause), again_in=pause)

    def _once(self, question: _Question) -> Answer | httpx.HTTPError:
        """Return what came of one try; an error that another try may be spared is a value."""
        until = time.monotonic() + (question.seconds or _PIECES_TAKE * self._timeout)
        try:
            with closing(self._response(question)) as response:
                body = _kept(_pieces(response, question, until), question.into)
                return Answer(response.status_code, str(response.url), response.headers, body)
        except httpx.LocalProtocolError as error:  # its text may quote a header, and so a token
            raise _unanswered(question.host, "the request is no valid HTTP") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as error:
            raise _unanswered(question.host, "not an address that can be asked") from error
        except httpx.HTTPError as error:
            return error

    def _response(self, question: _Question) -> httpx.Response:
        """Send the request and follow where it is sent on to.

        httpx drops Authorization where the origin changes. Left to itself it would also read the
        body of each redirect, however long, and go from https to http.
        """
        request = self._client.build_request(
            question.method, question.url, headers=dict(question.headers), content=question.content
        )
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            if response.next_request is None:
                return response
            response.close()
            encrypted, request = request.url.scheme == "https", response.next_request
            if encrypted and request.url.scheme != "https":
                raise _unanswered(question.host, "redirects from https to http")
        raise _unanswered(question.host, f"more than {_MOST_REDIRECTS} redirects")


def all_at_once(
    ask: Callable[[Q], A], questions: Sequence[Q], *, seconds: float, at_once: int = AT_ONCE
) -> list[A | TimeoutError]:
    """Return the answer to each question, some of them being asked at a time.

    The threads are daemons, so that Ctrl-C ends a run at once: Python joins the threads of an
    executor at its exit, for as long as the slowest server takes.
    """
    asked: list[tuple[Q, Future[A]]] = [(question, Future()) for question in questions]
    waiting: SimpleQueue[tuple[Q, Future[A]]] = SimpleQueue()
    for pair in asked:
        waiting.put(pair)
    for _ in range(min(at_once, len(questions))):
        Thread(target=_work, args=(ask, waiting), daemon=True).start()
    until = time.monotonic() + seconds
    answers: list[A | TimeoutError] = []
    for _, future in asked:
        try:
            answers.append(future.result(max(0.0, until - time.monotonic())))
        except TimeoutError as error:
            answers.append(error)
    return answers


def _work(ask: Callable[[Q], A], waiting: "SimpleQueue[tuple[Q, Future[A]]]") -> None:
    with suppress(Empty):
        while True:
            question, future = waiting.get_nowait()
            try:
                future.set_result(ask(question))
            except BaseException as error:  # noqa: BLE001 - raised again where it is asked for
                future.set_exception(error)


def _pieces(response: httpx.Response, question: _Question, until: float) -> Iterator[bytes]:
    """Yield the body; httpx bounds the wait for each piece, this bounds the whole."""
    if question.most is not None:
        yield from _first(response, question.most, until)
        return
    if response.headers.get("content-encoding", "").lower() not in _ENCODINGS:
        raise _unanswered(question.host, "an answer in an encoding that was not asked for")
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > _LARGEST:
            raise _unanswered(question.host, f"an answer of more than {_LARGEST >> 20} MiB")
        _refuse_late(response, until)
        yield piece


def _kept(pieces: Iterator[bytes], into: BinaryIO | None) -> bytes:
    """Return the body, or write it where it is to go."""
    if into is None:
        return b"".join(pieces)
    into.seek(0)
    into.truncate()
    for piece in pieces:
        into.write(piece)
    return b""


def _first(response: httpx.Response, most: int, until: float) -> Iterator[bytes]:
    if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return
    for piece in response.iter_raw():
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return
        _refuse_late(response, until)


def _refuse_late(response: httpx.Response, until: float) -> None:
    if time.monotonic() > until:
        raise httpx.ReadTimeout("the answer took too long", request=response.request)


def _unanswered(host: str, reason: str, again_in: float = 0.0) -> Unanswered:
    problem = Unanswered("unanswered", f"{host}: {reason}", "Try again when the server answers.")
    problem.again_in = again_in
    return problem


def _reason(said: Answer | httpx.HTTPError, pause: float) -> str:
    if isinstance(said, httpx.HTTPError):
        return str(said) or type(said).__name__
    later = f", to be asked again in {pause:.0f} s" if pause > _LONGEST_PAUSE else ""
    return f"HTTP {said.status}{later}"


def _is_worth_another_try(status: int) -> bool:
    """Whether the server may say something else in a moment; proxies have errors of their own."""
    return status in _WORTH_ANOTHER_TRY or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _pause(said: Answer | httpx.HTTPError, tried: int) -> float:
    """Return how long to wait: what the server asks for, else longer with every try."""
    asked = said.headers.get("retry-after", "").strip() if isinstance(said, Answer) else ""
    if re.fullmatch("[0-9]+", asked):
        return float(asked)
    try:
        when = parsedate_to_datetime(asked)
        # A date without a zone is in UTC, like every date of HTTP.
        return max(0.0, when.replace(tzinfo=when.tzinfo or UTC).timestamp() - time.time())
    except (ValueError, OverflowError):
        return tried / 2
