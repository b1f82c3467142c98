"""The one way out to the network: bounded in time, size and tries, and careful with secrets."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Self

import httpx

from pypi_publish.errors import Unanswered
from pypi_publish.version import VERSION

USER_AGENT = f"pypi-publish/{VERSION} (+https://github.com/pypi-publish/pypi-publish)"
_TRIES = 3
_LONGEST_PAUSE = 20.0  # a server that asks for more is reported as not answering
_LARGEST = 64 << 20
_WORTH_ANOTHER_TRY = {HTTPStatus.TOO_MANY_REQUESTS, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    url: str  # after redirects
    headers: Mapping[str, str]
    body: bytes


class Web:
    """A client for many requests to few servers."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._client = httpx.Client(
            headers={"User-Agent": USER_AGENT},
            timeout=timeout,
            follow_redirects=True,  # httpx drops Authorization where the origin changes
            max_redirects=5,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET, whatever its status; raise Unanswered without one."""
        return self._ask("GET", url, headers or {}, None)

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a POST of a question, which is safe to repeat."""
        return self._ask("POST", url, headers, content)

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        for remaining in reversed(range(_TRIES)):
            last = remaining == 0
            try:
                answer = self._once(method, url, headers, content)
            except httpx.HTTPError as error:
                if last:
                    raise _unanswered(url, str(error) or type(error).__name__) from error
                pause = float(_TRIES - remaining) / 2
            else:
                if answer.status not in _WORTH_ANOTHER_TRY:
                    return answer
                pause = _pause(answer, _TRIES - remaining)
                if last or pause > _LONGEST_PAUSE:
                    raise _unanswered(url, f"HTTP {answer.status}")
            time.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        with self._sent(method, url, headers, content) as response:
            body = b"".join(self._pieces(response))
            return Answer(response.status_code, str(response.url), response.headers, body)

    @contextmanager
    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Iterator[httpx.Response]:
        try:
            with self._client.stream(
                method, url, headers=dict(headers), content=content
            ) as response:
                yield response
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise _unanswered(url, f"not an address: {error}") from error

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the body; httpx bounds the wait for each piece, this bounds the whole."""
        until = time.monotonic() + 6 * self._timeout
        size = 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > _LARGEST:
                raise _unanswered(str(response.url), f"more than {_LARGEST >> 20} MiB")
            if time.monotonic() > until:
                raise httpx.ReadTimeout("the answer took too long", request=response.request)
            yield piece


def _unanswered(url: str, reason: str) -> Unanswered:
    host = httpx.URL(url).host if "://" in url else url
    return Unanswered("unanswered", f"{host}: {reason}", "Try again when the server answers.")


def _pause(answer: Answer, tried: int) -> float:
    """Return how long to wait: what the server asks for, else longer with every try."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdigit():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:
        return tried / 2
