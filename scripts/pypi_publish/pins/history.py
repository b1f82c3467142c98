"""The history of a repository, read with git: which commits its branches hold, how old tags are.

Only commits are fetched, no files. GitHub serves the commits of forks by SHA as well, so having
a commit proves nothing: it has to be reachable from a branch or a tag.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pypi_publish.errors import PrerequisiteMissing, Unanswered

_SECONDS_PER_DAY = 86_400


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
    wanted = sorted(commits)
    with tempfile.TemporaryDirectory(prefix="pins-", ignore_cleanup_errors=True) as folder:
        git = _Git(folder, timeout)
        git.run("init", "--bare", "--quiet", "--template=")
        git.run("remote", "add", "origin", url)
        # Tips are enough to date the tags; to place a commit takes the whole history.
        depth = () if wanted else ("--depth=1",)
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        git.run("fetch", "--quiet", "--no-tags", "--filter=tree:0", *depth, "origin", *refs)
        stray = frozenset(commit for commit in wanted if not git.holds(commit))
        return History(stray, _ages(git))


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

    def holds(self, commit: str) -> bool:
        """Return whether a branch or a tag reaches the commit."""
        code, printed, _ = self._ended("for-each-ref", "--count=1", f"--contains={commit}")
        return code == 0 and bool(printed)  # it fails where the refs do not reach the commit

    def run(self, *arguments: str) -> str:
        """Return what git prints, or raise Unanswered with what it complains of."""
        code, printed, complaint = self._ended(*arguments)
        if code:
            raise _unanswered((complaint.strip().splitlines() or ["git failed"])[-1])
        return printed

    def _ended(self, *arguments: str) -> tuple[int, str, str]:
        settings = {
            "credential.helper": "",
            "protocol.allow": "never",
            "protocol.http.allow": "always",
            "protocol.https.allow": "always",
            "http.lowSpeedLimit": "1",
            "http.lowSpeedTime": str(max(1, round(self._timeout))),
            "gc.auto": "0",
            "maintenance.auto": "false",
        }
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        process = subprocess.Popen(
            ["git", *options, *arguments],
            cwd=self._folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            printed, complaint = process.communicate(timeout=12 * self._timeout)
        except subprocess.TimeoutExpired:
            _stop(process)
            raise _unanswered("the history did not arrive in time") from None
        except BaseException:
            _stop(process)
            raise
        return process.returncode, printed, complaint


def _stop(process: "subprocess.Popen[str]") -> None:
    """End git and the helper that it started for the transfer."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.communicate()


def _environment() -> dict[str, str]:
    """Leave out GIT_DIR and its like: a hook of the user's repository may have started us."""
    kept = ("GIT_SSL", "GIT_PROXY", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH")
    passed = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(kept)
    }
    return {**passed, "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


def _unanswered(reason: str) -> Unanswered:
    return Unanswered("unanswered", reason, "Try again when the server answers.")
