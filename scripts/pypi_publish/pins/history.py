"""The history of a repository, read with git: which commits its branches hold, how old tags are.

Only commits are fetched, no files. GitHub serves the commits of forks by SHA as well, so having
a commit proves nothing: it has to be reachable from a branch or a tag.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pypi_publish.errors import PrerequisiteMissing, Unanswered

_SECONDS_PER_DAY = 86_400
_TIMES = 12  # the timeout of one request, for a whole history
_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_KEPT = ("GIT_SSL", "GIT_PROXY", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH")


@dataclass(frozen=True, slots=True)
class History:
    """What was found out."""

    stray: frozenset[str]
    ages: Mapping[str, float] = field(default_factory=dict)  # tag -> days


def read_history(url: str, commits: Iterable[str], timeout: float) -> History:
    """Fetch the commits of a repository and look for some among them.

    The age of a tag is what git has: its tagger's, or its commit's, own clock.
    """
    if shutil.which("git") is None:
        raise PrerequisiteMissing("no-git", "git is not installed", "Install git.")
    wanted = frozenset(commits)
    with tempfile.TemporaryDirectory(prefix="pins-", ignore_cleanup_errors=True) as folder:
        git = _Git(folder, timeout)
        git.run("init", "--bare", "--quiet", "--template=")
        git.run("config", "remote.asked.url", url)
        git.fetch(urlsplit(url).scheme, depth=None if wanted else 1)
        reached = git.run("rev-list", "--all").split() if wanted else ()
        return History(wanted.difference(reached), _ages(git))


def _ages(git: "_Git") -> dict[str, float]:
    rows = git.run("for-each-ref", "--format=%(creatordate:unix) %(refname:strip=2)", "refs/tags")
    now = time.time()
    dated = (row.split(" ", 1) for row in rows.splitlines())
    return {tag: (now - int(made)) / _SECONDS_PER_DAY for made, tag in dated if made.isdigit()}


class _Git:
    """git in a scratch repository, kept from the user's credentials and from other protocols."""

    def __init__(self, folder: str, timeout: float) -> None:
        self._folder = folder
        self._timeout = timeout

    def fetch(self, scheme: str, depth: int | None) -> None:
        """Fetch the commits of all branches and tags; tips are enough to date the tags."""
        connecting = {
            "protocol.https.allow": "always",
            f"protocol.{scheme}.allow": "always",  # so that https is never left for http
            "http.lowSpeedLimit": "1",
            "http.lowSpeedTime": str(max(1, round(self._timeout))),
        }
        shallow = [f"--depth={depth}"] if depth else []
        options = ("--quiet", "--no-tags", "--filter=tree:0", *shallow)
        self.run(*_settings(connecting), "fetch", *options, "asked", *_REFS)

    def run(self, *arguments: str) -> str:
        """Return what git prints, or raise Unanswered with what it complains of."""
        # No connection but the one of `fetch`: git would look elsewhere for what it lacks.
        settings = {"protocol.allow": "never", "gc.auto": "0", "maintenance.auto": "false"}
        process = subprocess.Popen(
            ["git", *_settings(settings | {"credential.helper": ""}), *arguments],
            cwd=self._folder,
            env=_environment(self._folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        printed, complaint = self._printed(process)
        if process.returncode:
            raise _unanswered((complaint.strip().splitlines() or ["git failed"])[-1])
        return printed

    def _printed(self, process: "subprocess.Popen[str]") -> tuple[str, str]:
        _running.add(process)
        try:
            return process.communicate(timeout=_TIMES * self._timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            raise _unanswered("the history did not arrive in time") from None
        finally:
            _running.discard(process)


def _settings(settings: Mapping[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _environment(scratch: str) -> dict[str, str]:
    """Leave out what would lead git elsewhere or make it ask somebody.

    That is GIT_DIR and its like (a hook of the user's repository may have started us), and the
    home folder: its .netrc and .gitconfig hold credentials, headers, and `insteadOf` addresses.
    """
    passed = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT)
    }
    if passed.get("SSL_CERT_FILE"):  # as for the requests that are not git's
        passed.setdefault("GIT_SSL_CAINFO", passed["SSL_CERT_FILE"])
    own = {"HOME": scratch, "XDG_CONFIG_HOME": scratch, "GIT_DIR": scratch, "LC_ALL": "C"}
    return {**passed, **own, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": ""}


def _kill(process: "subprocess.Popen[str]") -> None:
    """End git, and the helper that it has started for the transfer."""
    with suppress(OSError):  # both may just have ended
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()


_running: "set[subprocess.Popen[str]]" = set()


@atexit.register
def _kill_all() -> None:
    """After Ctrl-C nobody waits for the threads, so what they have started is ended here."""
    for process in list(_running):
        _kill(process)


def _unanswered(reason: str) -> Unanswered:
    return Unanswered("unanswered", reason, "Try again when the server answers.")
