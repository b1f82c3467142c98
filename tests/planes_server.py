"""The server of an index whose planes are out of step, and that counts who asks how."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import md5, sha256
from threading import Lock, Thread
from typing import Any

from artifact_maker import SdistMaker, WheelMaker, metadata
from index_server import SIMPLE_JSON, IndexServer, Project, Served, _Handler

View = Callable[[Sequence[Served]], Sequence[Served]]


@dataclass
class Shown(Served):
    """A file as the index tells of it, which need not be what the file host gives."""

    metadata: bytes | None = None  # beside the file
    told: str | None = None  # the sha256, where it is not that of the content
    told_size: int | None = None
    told_metadata: str | None = None
    at: str | None = None  # the address, where it is not on the server itself


class PlanesServer(IndexServer):
    """Serves `projects`; `views` say by plane which files it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.RequestHandlerClass = _Planes
        self.views: dict[str, View] = {}
        self.delays: dict[str, float] = {}  # seconds before an answer, by plane
        self.serials: dict[str, int] = {}  # what X-PyPI-Last-Serial says, by plane
        self.knows_ranges = True
        self.tells_sha256 = True
        self.speaks_html = True
        self.says_json = SIMPLE_JSON  # the Content-Type of the JSON form
        self.connections = 0
        self.under_way = 0
        self.at_once = 0
        self.lock = Lock()

    def handle_error(self, *_: object) -> None:
        """A client that has enough of an answer closes it."""


class _Planes(_Handler):
    server: PlanesServer
    path: str
    disable_nagle_algorithm = True  # or each answer waits 40 ms for its second piece

    def setup(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        super().setup()

    def do_GET(self) -> None:  # noqa: N802 - the name that the base class calls
        with self.server.lock:
            self.server.under_way += 1
            self.server.at_once = max(self.server.at_once, self.server.under_way)
        try:
            parts = [part for part in self.path.split("/") if part]
            time.sleep(self.server.delays.get(self._plane(parts), 0.0))
            super().do_GET()
        finally:
            with self.server.lock:
                self.server.under_way -= 1

    def _plane(self, parts: list[str]) -> str:
        plane = super()._plane(parts)
        if plane == "html" and not self.server.speaks_html:
            return "simple"
        return "metadata" if plane == "file" and parts[-1].endswith(".metadata") else plane

    def _project_of(self, parts: list[str]) -> Project | None:
        project = super()._project_of(parts)
        view = self.server.views.get(self._plane(parts))
        if project is None or view is None:
            return project
        files = list(view(project.files))
        if not files:
            self._absent(parts)
            return None
        return replace(project, files=files)

    def _file_as_json(self, file: Served) -> dict[str, Any]:
        told = super()._file_as_json(file)
        if isinstance(file, Shown):
            told["url"] = file.at or told["url"]
            told["hashes"] = {"sha256": file.told or file.sha256}
            told["size"] = file.told_size if file.told_size is not None else told["size"]
            if file.metadata is not None:
                digest = file.told_metadata or sha256(file.metadata).hexdigest()
                told["core-metadata"] = {"sha256": digest}
        if not self.server.tells_sha256:
            told["hashes"] = {"md5": md5(file.content, usedforsecurity=False).hexdigest()}
        return told

    def _release_file(self, file: Served) -> dict[str, Any]:
        told = super()._release_file(file)
        if isinstance(file, Shown) and file.told:
            told["digests"] = {"sha256": file.told}
        return told

    def _metadata(self, parts: list[str]) -> None:
        file = self._named(parts[-1].removesuffix(".metadata"))
        if isinstance(file, Shown) and file.metadata is not None:
            self._answer(200, file.metadata, "application/octet-stream")
        else:
            self._answer(404, b"", "text/plain")

    def _file(self, parts: list[str]) -> None:
        file = self._named(parts[-1])
        if file is None:
            self._answer(404, b"", "text/plain")
            return
        asked = re.fullmatch(r"bytes=0-(\d+)", self.headers.get("Range", ""))
        if asked is None or not self.server.knows_ranges:
            self._answer(200, file.content, "application/octet-stream")
            return
        piece = file.content[: int(asked[1]) + 1]
        extent = f"bytes 0-{len(piece) - 1}/{len(file.content)}"
        self._answer(206, piece, "application/octet-stream", **{"Content-Range": extent})

    def _answer(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        serial = self.server.serials.get(
            self._plane([part for part in self.path.split("/") if part])
        )
        if serial is not None and status == 200:
            headers["X-PyPI-Last-Serial"] = str(serial)
        kind = self.server.says_json if kind == SIMPLE_JSON else kind
        super()._answer(status, body, kind, **headers)

    def _named(self, filename: str) -> Served | None:
        every = (file for project in self.server.projects.values() for file in project.files)
        view: View = self.server.views.get("file", list)
        shown = view(list(every))
        return next((one for one in shown if one.filename == filename), None)

    def _misbehave(self, trouble: str) -> None:
        kind, _, text = trouble.partition(":")
        if kind == "cached":  # a 404 that says how long it holds
            self._answer(404, b"", "text/plain", **{"Cache-Control": f"max-age={text}"})
        elif kind == "away":
            self._answer(302, b"", "text/plain", Location=text + self.path)
        else:
            super()._misbehave(trouble)


WHEEL = "sample_pkg-1.0-py3-none-any.whl"
SDIST = "sample_pkg-1.0.tar.gz"


def wheel(version: str = "1.0", **rest: Any) -> Shown:
    """Return a wheel of sample-pkg, with its metadata beside it."""
    changes: dict[str, str | list[str] | None] = {"Version": version}
    maker = WheelMaker(
        f"sample_pkg-{version}-py3-none-any.whl", f"sample_pkg-{version}.dist-info", changes
    )
    told = metadata(changes)
    given = {"requires_python": ">=3.11", "metadata": told, **rest}
    return Shown(maker.file, version, maker.data(), **given)


def sdist(version: str = "1.0", **rest: Any) -> Shown:
    """Return its sdist."""
    top = f"sample_pkg-{version}"
    data = SdistMaker(f"{top}.tar.gz", top, {"Version": version}).data()
    return Shown(f"{top}.tar.gz", version, data, **{"requires_python": ">=3.11", **rest})


def without(*kinds: str) -> View:
    """Return a view without files of these endings."""
    return lambda files: [file for file in files if not file.filename.endswith(kinds)]


def nothing(files: Sequence[Served]) -> Sequence[Served]:
    """View nothing at all."""
    return []


@contextmanager
def serving_planes() -> Iterator[PlanesServer]:
    """Serve until the block ends."""
    with PlanesServer() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
