"""A server on loopback that answers what it is told to, and keeps what it was asked."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer, and how badly."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # what Content-Length claims
    hangs: bool = False  # until the server is stopped
    drips: bool = False  # one byte after the other, without an end


class WebServer(ThreadingHTTPServer):
    """Answers by path; the last of several replies is given again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        self.stopped = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def reply_to(self, asked: Asked) -> Reply:
        """Return the reply to the path, with its query or without."""
        for path in (asked.path, asked.path.partition("?")[0], "*"):
            waiting = self.replies.get(path)
            if waiting:
                return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return Reply(404)

    def handle_error(self, *_: object) -> None:
        """A client that has gone is what several tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, dict(self.headers), body)
        self.server.asked.append(asked)
        reply = self.server.reply_to(asked)
        if reply.hangs:
            self.server.stopped.wait(30)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.drips:
            self.send_header("Content-Length", str(reply.length or len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        while reply.drips and not self.server.stopped.is_set():
            self.wfile.write(b".")
            time.sleep(0.02)
        self.close_connection = reply.drips or reply.length is not None


@contextmanager
def web_server() -> Iterator[WebServer]:
    """Serve until the block ends."""
    with WebServer() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
