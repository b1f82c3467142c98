"""What indexes refuse uploads and tokens with, by the catalogue, and a server that does so."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Any

from pypi_publish.failures.catalogue import entries
from pypi_publish.failures.template import Template

_SERVER = ("warehouse", "pypi-attestations", "readme_renderer", "packaging", "index")
_PLACEHOLDER = re.compile(r"\{(\w+(?:/\w+)*)(!r)?\}")
_HELP = "https://packaging.python.org/specifications/core-metadata"
_MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise"
    " incorrect."
)
_DENIED = "Access was denied to this resource."


@dataclass(frozen=True)
class Refusal:
    """One answer of an index to an upload or to a token."""

    failure: str  # the entry of the catalogue
    status: int
    message: str
    category: str
    mints: bool = False  # refused is the token, not the file
    code: str = ""

    @property
    def reason(self) -> str:
        """What a person would read, without the pointers that follow it."""
        return Template(self.message).essential


def refusals() -> Iterator[Refusal]:
    """Yield what the servers of the catalogue say, filled in as in their examples."""
    for entry in entries():
        if entry["emitter"] in _SERVER and entry.get("http_status", 0) >= HTTPStatus.BAD_REQUEST:
            yield _refusal(entry)


def _refusal(entry: dict[str, Any]) -> Refusal:
    message = message_of(entry)
    if entry["emitter"] == "packaging":
        message = f"{message.removesuffix('.')}. See {_HELP} for more information."
    coded = re.fullmatch(r"`(?P<code>[a-z-]+)`: (?P<description>.*)", message, re.DOTALL)
    return Refusal(
        failure=entry["id"],
        status=entry["http_status"],
        message=coded["description"] if coded else message,
        category=entry["category"],
        mints=entry["stage"].startswith("oidc"),
        code=coded["code"] if coded else "",
    )


def message_of(entry: dict[str, Any]) -> str:
    """Return what an entry is known by, with what varies in it taken from the example."""
    example = html.unescape(" ".join(entry["example"].split()))
    found = ((sign, Template(sign).pattern().search(example)) for sign in entry["signs"])
    sign, match = next(((sign, match) for sign, match in found if match), ("", None))
    if match is None:
        raise LookupError(entry["id"])
    given = iter(match.groups())
    return _PLACEHOLDER.sub(lambda _: next(given, None) or _HELP, sign)


class Refusing(ThreadingHTTPServer):
    """Refuses everything for one reason, which the status line shows or not."""

    daemon_threads = True

    def __init__(
        self, refusal: Refusal, *, shows_reason: bool, certificate: SSLContext | None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusal = refusal
        self.shows_reason = shows_reason
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server_port}"
        if certificate:
            self.socket = certificate.wrap_socket(self.socket, server_side=True)


@contextmanager
def refusing(
    refusal: Refusal, *, shows_reason: bool = True, certificate: SSLContext | None = None
) -> Iterator[Refusing]:
    """Run the server while a client talks to it."""
    with Refusing(refusal, shows_reason=shows_reason, certificate=certificate) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: Refusing
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/_/oidc/audience":
            self._answer(200, {"audience": "pypi"})
        elif path == "/token":
            self._answer(200, {"value": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZXBvOmEvYiJ9.c2ln"})
        else:
            self._answer(404, "")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        refusal = self.server.refusal
        if refusal.mints:
            error = {"code": refusal.code, "description": refusal.message}
            self._answer(refusal.status, {"message": "Token request failed", "errors": [error]})
        else:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer as Pyramid does, in the form that the client likes best."""
        status = f"{refusal.status} {refusal.message}"
        explanation = _DENIED if refusal.status == HTTPStatus.FORBIDDEN else _MALFORMED
        accepted = self.headers.get("Accept", "*/*")
        if re.search(r"text/html(?!;q=0\.[0-8])|\*/\*", accepted):
            shown = html.escape(status)
            body = (
                f"<html>\n <head>\n  <title>{shown}</title>\n </head>\n"
                f" <body>\n  <h1>{shown}</h1>\n"
                f"  {explanation}<br/><br/>\n{html.escape(refusal.message)}\n\n\n </body>\n</html>"
            )
            self._answer(refusal.status, body, "text/html")
        elif "application/json" in accepted:
            told = f"{explanation}\n\n\n{refusal.message}\n\n"
            title = HTTPStatus(refusal.status).phrase
            self._answer(refusal.status, {"message": told, "code": status, "title": title})
        else:
            told = f"{status}\n\n{explanation}\n\n\n{refusal.message}\n\n"
            self._answer(refusal.status, told, "text/plain")

    def _answer(self, status: int, content: object, kind: str = "application/json") -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        body = text.encode()
        shows = self.server.shows_reason and status >= HTTPStatus.BAD_REQUEST
        line = self.server.refusal.message if shows and not self.server.refusal.mints else None
        self.send_response(status, _in_one_line(line) if line else None)
        self.send_header("Content-Type", f"{kind}; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _in_one_line(text: str) -> str:
    return " ".join(text.split()).encode("latin-1", "replace").decode("latin-1")
