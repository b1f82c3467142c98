"""A real git server on loopback: git's own HTTP backend, and ways for it to misbehave."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar


class GitServer(ThreadingHTTPServer):
    """Serves the bare repositories below a folder as `/owner/name.git`."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.requests: Counter[str] = Counter()  # by path
        self.sent_headers: list[dict[str, str]] = []
        self.trouble: dict[str, list[str]] = {}  # by repository: what happens to its requests
        self.moved: dict[str, str] = {}  # by path: where it redirects to

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: GitServer
    protocol_version = "HTTP/1.1"
    statuses: ClassVar[dict[str, int]] = {"500": 500, "404": 404, "401": 401, "429": 429}

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests[path] += 1
        self.server.sent_headers.append(dict(self.headers))
        repository = path.split(".git", 1)[0].strip("/")
        waiting = self.server.trouble.get(repository, [])
        trouble = waiting.pop(0) if len(waiting) > 1 else next(iter(waiting), None)
        if repository in self.server.moved:
            self._redirect(path.replace(repository, self.server.moved[repository]), query)
        elif trouble is None or trouble == "none":
            self._backend(path, query, body)
        else:
            self._misbehave(trouble)

    def _misbehave(self, trouble: str) -> None:
        if trouble == "hang":
            time.sleep(5)
        elif trouble == "cut":
            self.send_response(200)
            self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"001e# service=git-upload-pack\n")
            self.close_connection = True
        elif trouble == "html":
            self._answer(200, b"<html>sign in</html>", "text/html")
        elif trouble == "junk":
            kind = "application/x-git-upload-pack-advertisement"
            self._answer(200, b"zzzz not a packet", kind)
        else:
            self._answer(self.statuses[trouble], b"", "text/plain")

    def _redirect(self, path: str, query: str) -> None:
        self.send_response(301)
        self.send_header("Location", f"{path}?{query}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _backend(self, path: str, query: str, body: bytes) -> None:
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        ended = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
        )
        head, _, content = ended.stdout.partition(b"\r\n\r\n")
        fields = dict(row.split(": ", 1) for row in head.decode().split("\r\n") if ": " in row)
        status = int(fields.pop("Status", "200 OK").split()[0])
        self._answer(status, content, fields.get("Content-Type", "text/plain"))


@contextmanager
def serving(root: Path) -> Iterator[GitServer]:
    """Serve the repositories below `root` until the block ends."""
    with GitServer(root) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class Repository:
    """A bare repository below the root of a server, changed with real git."""

    def __init__(self, root: Path, slug: str) -> None:
        self.slug = slug
        self.path = root / f"{slug}.git"
        self.path.mkdir(parents=True)
        self._clock = 1_600_000_000
        self.git("init", "--bare", "--quiet", "--initial-branch=main", ".")
        # As GitHub: partial clones are served.
        self.git("config", "uploadpack.allowFilter", "true")

    def git(self, *arguments: str, **env: str) -> str:
        """Run git in the repository and return what it prints."""
        who = {
            f"GIT_{role}_{field}": value
            for role in ("AUTHOR", "COMMITTER")
            for field, value in (
                ("NAME", "A"),
                ("EMAIL", "a@example.org"),
                ("DATE", f"{self._clock} +0000"),
            )
        }
        environment: dict[str, Any] = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **who, **env}
        ended = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.strip()

    def commit(self, branch: str | None = "main", *, made: int | None = None) -> str:
        """Add a commit on top of a branch; on none, it is as a fork's: reached by no ref."""
        self._clock = made if made is not None else self._clock + 60
        tree = self.git("hash-object", "-w", "-t", "tree", os.devnull)
        parent = self._tip(branch or "main")
        above = ["-p", parent] if parent else []
        sha = self.git("commit-tree", tree, *above, "-m", f"commit {self._clock} on {branch}")
        if branch:
            self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha

    def tag(self, name: str, commit: str, *, annotated: bool = False) -> str:
        """Set a tag, also one that is there already; return the SHA that it points to."""
        extra = ["-a", "-m", name] if annotated else []
        self.git("tag", "--force", *extra, name, commit)
        return self.git("rev-parse", f"refs/tags/{name}")

    def release(self, name: str, *, annotated: bool = False, made: int | None = None) -> str:
        """Commit and tag, as a project does for a release; return the commit."""
        commit = self.commit(made=made)
        self.tag(name, commit, annotated=annotated)
        return commit

    def _tip(self, branch: str) -> str | None:
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        except subprocess.CalledProcessError:
            return None
