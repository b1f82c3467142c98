"""An index on loopback that takes uploads as PyPI does: by its rules, and refusing in its words."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2b
from threading import Thread

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from trove_classifiers import classifiers

import refusals
from index_server import IndexServer, Served, serving
from refusals import Refusal, Refusing

_METADATA = "See https://packaging.python.org/specifications/core-metadata for more information."
_REUSE = "See https://pypi.org/help/#file-name-reuse for more information."
_NAME = re.compile(rb'name="([^"]*)"')
_FILENAME = re.compile(rb'filename="([^"]*)"')
_BARE_LINUX = re.compile(r"linux_(?!armv[67]l$)")

Form = dict[str, list[str]]


class UploadServer(Refusing):
    """Where clients upload to; what it takes is served by `index`."""

    def __init__(self, index: IndexServer) -> None:
        nothing = Refusal("", 400, "", "")
        super().__init__(nothing, shows_reason=True, certificate=None)
        self.RequestHandlerClass = _Handler
        self.index = index
        self.trouble: dict[str, str] = {}  # by the end of a file's name: "hang up", or a status
        self.received: list[str] = []

    @property
    def upload_url(self) -> str:
        return f"{self.url}/legacy/"


class _Handler(refusals._Handler):
    server: UploadServer

    def do_POST(self) -> None:  # noqa: N802 - as http.server calls it
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form, filename, content = _parts(body, self.headers["Content-Type"])
        self.server.received.append(filename)
        trouble = self._trouble(filename)
        refusal = refused(form, filename, content, self.server.index)
        if trouble == "hang up":
            self._hang_up()
        elif trouble:
            self._answer(int(trouble), "upstream connect error", "text/plain")
        elif refusal:
            self.server.refusal = Refusal("", 400, refusal, "")
            self._refuse(self.server.refusal)
        else:
            self._keep(form, filename, content)
            self._answer(200, "", "text/plain")

    def _trouble(self, filename: str) -> str | None:
        known = self.server.trouble.items()
        return next((trouble for end, trouble in known if filename.endswith(end)), None)

    def _hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _keep(self, form: Form, filename: str, content: bytes) -> None:
        [name], [version] = form["name"], form["version"]
        project = canonicalize_name(name)
        held = self.server.index.projects.get(project) or self.server.index.add(project)
        if all(file.filename != filename for file in held.files):
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            [needs] = form.get("requires_python", [None])
            held.files.append(
                Served(filename, version, content, uploaded=now, requires_python=needs)
            )


def _parts(body: bytes, content_type: str) -> tuple[Form, str, bytes]:
    """Return the fields of an upload, the name of its file and the file."""
    boundary = b"--" + content_type.partition("boundary=")[2].strip('"').encode()
    form: Form = {}
    filename, file = "", b""
    for part in body.split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        if named := _FILENAME.search(head):
            filename, file = named[1].decode(), content
        elif field := _NAME.search(head):
            form.setdefault(field[1].decode(), []).append(content.decode())
    return form, filename, file


def refused(form: Form, filename: str, content: bytes, index: IndexServer) -> str | None:
    """Return what PyPI would answer, in the order in which it looks; None where it takes it."""
    return (
        _of_metadata(form) or _of_platform(filename) or _of_what_is_there(filename, content, index)
    )


def _of_metadata(form: Form) -> str | None:
    [version] = form["version"]
    if Version(version).local:
        return f"The use of local versions in '{version}' is not allowed. {_METADATA}"
    for classifier in form.get("classifiers", []):
        if classifier not in classifiers:
            return f"{classifier!r} is not a valid classifier. {_METADATA}"
    for requirement in form.get("requires_dist", []):
        if Requirement(requirement).url:
            return f"Can't have direct dependency: {requirement}. {_METADATA}"
    return None


def _of_platform(filename: str) -> str | None:
    if not filename.endswith(".whl"):
        return None
    for tag in filename.removesuffix(".whl").rpartition("-")[2].split("."):
        if _BARE_LINUX.match(tag):
            return f"Binary wheel '{filename}' has an unsupported platform tag '{tag}'."
    return None


def _of_what_is_there(filename: str, content: bytes, index: IndexServer) -> str | None:
    held = [file for project in index.projects.values() for file in project.files]
    if any(file.filename == filename and file.content != content for file in held):
        digest = blake2b(content, digest_size=32).hexdigest()
        return f"File already exists ('{filename}', with blake2_256 hash '{digest}'). {_REUSE}"
    return None


@contextmanager
def taking_uploads() -> Iterator[UploadServer]:
    """Serve an empty index, and the place to upload to, until the block ends."""
    with serving() as index, UploadServer(index) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
