"""A real git server on loopback: git's own HTTP backend, and ways for it to misbehave."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

ADVERTISEMENT = "application/x-git-upload-pack-advertisement"


class GitServer(ThreadingHTTPServer):
    """Serves the bare repositories below a folder as `/owner/name.git`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.requests: Counter[str] = Counter()  # by path
        self.sent_headers: list[dict[str, str]] = []
        # By repository, what happens to its requests: one after the other, the last for good.
        self.trouble: dict[str, list[str]] = {}
        self.moved: dict[str, str] = {}  # repositories that redirect to another one
        self.slow = 0.0  # seconds that every answer takes
        self.old_protocol = False
        self.most_at_once = 0
        self.stopped = Event()
        self.gate = Event()  # while it is not set, nothing is answered
        self.gate.set()
        self.lock = Lock()
        self.running = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that has gone is what several tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: GitServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            self.server.running += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.running)
            self.server.requests[self.path.partition("?")[0]] += 1
            self.server.sent_headers.append(dict(self.headers))
        try:
            self._answer_to(body)
        finally:
            with self.server.lock:
                self.server.running -= 1

    def _answer_to(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        repository = path.split(".git", 1)[0].strip("/")
        self.server.gate.wait(30)
        self.server.stopped.wait(self.server.slow)
        waiting = self.server.trouble.get(repository, [])
        trouble = waiting.pop(0) if len(waiting) > 1 else next(iter(waiting), None)
        if repository in self.server.moved:
            self._redirect(path.replace(repository, self.server.moved[repository]), query)
        elif trouble is None or trouble == "none":
            self._backend(path, query, body)
        else:
            self._misbehave(trouble)

    def _misbehave(self, trouble: str) -> None:
        status, _, later = trouble.partition(" after ")
        if trouble == "hang":
            self.server.stopped.wait(30)
            self.close_connection = True
        elif trouble == "cut":
            self._answer(200, b"001e# service=git-upload-pack\n", ADVERTISEMENT, length=100_000)
            self.close_connection = True
        elif trouble == "hang up":
            self.close_connection = True
        elif trouble == "html":
            self._answer(200, b"<html>sign in</html>", "text/html")
        elif trouble == "junk":
            self._answer(200, b"zzzz not a packet", ADVERTISEMENT)
        else:
            self._answer(int(status), b"", "text/plain", retry_after=later)

    def _redirect(self, path: str, query: str) -> None:
        self.send_response(301)
        self.send_header("Location", f"{path}?{query}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(
        self, status: int, body: bytes, kind: str, *, length: int = 0, retry_after: str = ""
    ) -> None:
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length or len(body)))
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
            "REMOTE_ADDR": "127.0.0.1",
        }
        if not self.server.old_protocol:
            environment["GIT_PROTOCOL"] = self.headers.get("Git-Protocol", "")
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
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.gate.set()
            server.shutdown()


class Repository:
    """A bare repository below the root of a server, changed with real git."""

    def __init__(self, root: Path, slug: str) -> None:
        self.slug = slug
        self.path = root / f"{slug}.git"
        self.path.mkdir(parents=True)
        self._clock = 1_600_000_000
        self.git("init", "--bare", "--quiet", "--initial-branch=main", "--template=", ".")
        # As GitHub: partial clones are served, and the commits of forks by their SHA.
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")

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
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.strip()

    def commit(self, branch: str | None = "main", *, made: int | None = None) -> str:
        """Add a commit on top of a branch; on none, it is as a fork's: reached by no ref."""
        self._clock = made if made is not None else self._clock + 60
        tree = self.git("mktree")
        parent = self._tip(branch or "main") or self._tip("main")
        above = ["-p", parent] if parent else []
        text = f"commit {self._clock} on {branch} of {self.slug}"
        sha = self.git("commit-tree", tree, *above, "-m", text)
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

    def branch(self, name: str, commit: str) -> None:
        """Set a branch."""
        self.git("update-ref", f"refs/heads/{name}", commit)

    def _tip(self, branch: str) -> str | None:
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        except subprocess.CalledProcessError:
            return None
