"""A server on loopback that plays the planes of PyPI, and ways for them to misbehave."""

import base64
import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import unquote

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"


@dataclass
class Served:
    """One file of a project."""

    filename: str
    version: str
    content: bytes = b"content"
    uploaded: str | None = "2026-11-01T10:00:00.000000Z"
    yanked: bool | str = False
    requires_python: str | None = None
    provenance: dict[str, Any] | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Project:
    """What the server has of a project."""

    files: list[Served] = field(default_factory=list)
    status: str = "active"
    reason: str | None = None
    empty_releases: list[str] = field(default_factory=list)  # those whose files were deleted


class IndexServer(ThreadingHTTPServer):
    """Serves `projects`; `trouble` and `absent` say by plane what goes wrong.

    Planes: simple (the JSON form), html, project, version, integrity, file.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.projects: dict[str, Project] = {}
        self.trouble: dict[str, list[str]] = {}
        self.absent: set[str] = set()  # planes that do not know of anything yet
        self.speaks_json = True
        self.password: tuple[str, str] | None = None
        self.forward_to: str | None = None  # where it sends questions for names it does not know
        self.warehouse = True
        self.requests: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def simple(self) -> str:
        return f"{self.url}/simple/"

    @property
    def paths(self) -> Counter[str]:
        return Counter(path for path, _ in self.requests)

    def add(self, name: str, *files: Served, **rest: Any) -> Project:
        self.projects[name] = Project(list(files), **rest)
        return self.projects[name]


class _Handler(BaseHTTPRequestHandler):
    server: IndexServer
    protocol_version = "HTTP/1.1"
    bodies: ClassVar[dict[str, tuple[str, bytes]]] = {
        "truncated": (SIMPLE_JSON, b'{"meta": {"api-version": "1.4"}, "files": ['),
        "image": ("image/png", b"\x89PNG"),
        "sign-in": ("text/html", b'<form><input type="password"></form><a href="/help">help</a>'),
        "json": (SIMPLE_JSON, b""),  # what follows the colon
        "html": ("text/html", b""),
    }

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers))
        if not self._is_let_in():
            self._answer(401, b"", "text/plain", **{"WWW-Authenticate": "Basic realm=index"})
            return
        parts = [unquote(part) for part in self.path.partition("?")[0].split("/") if part]
        plane = self._plane(parts)
        waiting = self.server.trouble.get(plane, [])
        trouble = waiting.pop(0) if len(waiting) > 1 else next(iter(waiting), None)
        if trouble is not None and trouble != "none":
            self._misbehave(trouble)
        elif plane in self.server.absent:
            self._absent(parts)
        else:
            getattr(self, f"_{plane}")(parts)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass

    def _is_let_in(self) -> bool:
        if self.server.password is None:
            return True
        pair = ":".join(self.server.password).encode()
        return self.headers.get("Authorization") == f"Basic {base64.b64encode(pair).decode()}"

    def _plane(self, parts: list[str]) -> str:
        wants_json = SIMPLE_JSON in self.headers.get("Accept", "") and self.server.speaks_json
        if parts[:1] == ["simple"]:
            return "simple" if wants_json else "html"
        if parts[:1] == ["pypi"]:
            return "version" if len(parts) == 4 else "project"
        return {"integrity": "integrity", "files": "file"}.get(parts[0] if parts else "", "none")

    def _none(self, parts: list[str]) -> None:
        self._absent(parts)

    def _simple(self, parts: list[str]) -> None:
        project = self._project_of(parts)
        if project is None:
            return
        files = [self._file_as_json(file) for file in project.files]
        body = {
            "meta": {
                "api-version": "1.4",
                **({"_last-serial": 7} if self.server.warehouse else {}),
            },
            "name": parts[1],
            "versions": sorted({file.version for file in project.files}),
            "files": [] if project.status == "quarantined" else files,
            "project-status": {"status": project.status, "reason": project.reason},
            "alternate-locations": [],
        }
        self._json(body, SIMPLE_JSON)

    def _file_as_json(self, file: Served) -> dict[str, Any]:
        told: dict[str, Any] = {
            "filename": file.filename,
            "url": f"{self.server.url}/files/{file.sha256}/{file.filename}",
            "hashes": {"sha256": file.sha256},
            "requires-python": file.requires_python,
            "size": len(file.content),
            "yanked": file.yanked,
            "core-metadata": False,
        }
        if file.uploaded:
            told["upload-time"] = file.uploaded
        if self.server.warehouse:
            told["provenance"] = None
        return told

    def _html(self, parts: list[str]) -> None:
        project = self._project_of(parts)
        if project is None:
            return
        rows = "".join(
            f'<a href="/files/{file.sha256}/{file.filename}#sha256={file.sha256}"'
            f"{' data-yanked=&quot;&quot;' if file.yanked else ''}>{file.filename}</a><br/>\n"
            for file in project.files
        )
        text = (
            '<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4">'
            f'<meta name="pypi:project-status" content="{project.status}">'
            f"<title>Links for {parts[1]}</title></head><body>{rows}</body></html>"
        )
        self._answer(200, text.encode(), "text/html; charset=utf-8")

    def _project(self, parts: list[str]) -> None:
        project = self._project_of(parts)
        if project is not None:
            releases: dict[str, list[Any]] = {name: [] for name in project.empty_releases}
            for file in project.files:
                releases.setdefault(file.version, []).append(self._release_file(file))
            self._json({"info": {"name": parts[1]}, "releases": releases, "urls": []})

    def _version(self, parts: list[str]) -> None:
        project = self._project_of(parts)
        if project is None:
            return
        files = [file for file in project.files if file.version == parts[2]]
        if not files and parts[2] not in project.empty_releases:
            self._absent([])
            return
        self._json({"info": {}, "urls": [self._release_file(file) for file in files]})

    def _release_file(self, file: Served) -> dict[str, Any]:
        return {
            "filename": file.filename,
            "url": f"{self.server.url}/files/{file.sha256}/{file.filename}",
            "digests": {"sha256": file.sha256},
            "size": len(file.content),
            "upload_time_iso_8601": file.uploaded,
            "requires_python": file.requires_python,
            "yanked": bool(file.yanked),
            "yanked_reason": file.yanked if isinstance(file.yanked, str) else None,
        }

    def _integrity(self, parts: list[str]) -> None:
        project = self.server.projects.get(parts[1])
        files = project.files if project else []
        told = next((one.provenance for one in files if one.filename == parts[3]), None)
        if told is None:
            self._absent([])
        else:
            self._json(told, "application/vnd.pypi.integrity.v1+json")

    def _file(self, parts: list[str]) -> None:
        every = (file for project in self.server.projects.values() for file in project.files)
        content = next((one.content for one in every if one.filename == parts[-1]), None)
        if content is None:
            self._absent([])
        else:
            self._answer(200, content, "application/octet-stream")

    def _project_of(self, parts: list[str]) -> Project | None:
        project = self.server.projects.get(parts[1] if len(parts) > 1 else "")
        if project is None:
            self._absent(parts)
        return project

    def _absent(self, parts: list[str]) -> None:
        if self.server.forward_to and parts[:1] == ["simple"]:
            self._answer(302, b"", "text/plain", Location=f"{self.server.forward_to}{parts[-1]}/")
        else:
            self._answer(404, b"not found", "text/plain")

    def _misbehave(self, trouble: str) -> None:
        kind, _, text = trouble.partition(":")
        if kind in self.bodies:
            content_type, body = self.bodies[kind]
            self._answer(200, body or text.encode(), content_type)
        elif kind in ("slow", "cut", "giant"):
            getattr(self, f"_{kind}")()
        else:
            later = text or "0"
            self._answer(int(kind), b"", "text/plain", **{"Retry-After": later})

    def _slow(self) -> None:
        time.sleep(3)
        self.close_connection = True

    def _cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", SIMPLE_JSON)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b'{"meta": {')
        self.close_connection = True

    def _giant(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", SIMPLE_JSON)
        self.send_header("Content-Length", str(5 << 30))
        self.end_headers()
        piece = b" " * (1 << 20)
        try:
            for _ in range(5 << 10):
                self.wfile.write(piece)
        except OSError:
            self.close_connection = True

    def _json(self, body: object, kind: str = "application/json") -> None:
        self._answer(200, json.dumps(body).encode(), kind)

    def _answer(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        if status in (200, 304):
            self.send_header("ETag", etag)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def serving() -> Iterator[IndexServer]:
    """Serve until the block ends."""
    with IndexServer() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
