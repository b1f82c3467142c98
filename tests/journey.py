"""A project on its way to an index: made, committed, built and uploaded by the real tools."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from conftest import Outcome, RunScript, clean_environment
from git_server import GitServer, Repository
from test_index_real_servers import free_port, needs, running

TOKEN = "pypi-AgEIcHlwaS5vcmcCJGJhZC1idXQtbm90LXRvLWJlLXNob3du"
AS_TOKEN = {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": TOKEN}
PASSWORD, WRONG = "correct-horse-battery", "tr0ub4dor-and-3"
SECRETS = (TOKEN, PASSWORD, WRONG)
# Settings of this machine that would lead a client elsewhere, or let it in.
_THEIRS = ("TWINE_", "UV_PUBLISH_", "UV_INDEX", "UV_DEFAULT_INDEX", "PIP_INDEX", "PIP_EXTRA_INDEX")

PYPROJECT = """\
[build-system]
requires = ["flit_core>=3.12,<5"]
build-backend = "flit_core.buildapi"

[project]
name = "tidal-tables"
version = "1.4.0"
description = "High and low water by place and day."
readme = "README.md"
requires-python = ">=3.11"
license = "MIT"
license-files = ["LICENSE"]
classifiers = ["Programming Language :: Python :: 3"]
dependencies = []

[project.urls]
Source = "https://github.com/octo/tidal-tables"

[tool.flit.module]
name = "tidal_tables"
"""
FILES: Mapping[str, str] = {
    "pyproject.toml": PYPROJECT,
    "README.md": "# tidal-tables\n\nHigh and low water by place and day.\n",
    "LICENSE": "MIT License\n",
    ".gitignore": "dist/\nbuild/\n*.egg-info/\n.venv/\n.env\n.pypirc\n",
    "src/tidal_tables/__init__.py": '"""Tables of tides."""\n',
}


@dataclass(frozen=True)
class Journey:
    """A repository, and the home of the person who releases from it."""

    root: Path
    home: Path
    files: Mapping[str, str] = field(default_factory=lambda: FILES)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        for name, text in self.files.items():
            self.write(name, text)
        self.commit("Begin")

    @property
    def dist(self) -> Path:
        return self.root / "dist"

    @property
    def built(self) -> dict[str, str]:
        """The files that were built, and their hashes."""
        files = (path for path in sorted(self.dist.iterdir()) if not path.name.startswith("."))
        return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace what stands in a file exactly once."""
        text = (self.root / name).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        return self.program("git", *who, *words).stdout.strip()

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def has_remotes(self, server: GitServer, github: str) -> None:
        """Have a server that really answers as `origin`, and GitHub, which nobody asks."""
        bare = Repository(server.root, "tidal-tables").path
        self.git("remote", "add", "origin", f"{server.url}/tidal-tables.git")
        self.git("remote", "set-url", "--push", "origin", str(bare))
        self.git("remote", "add", "github", f"https://github.com/{github}.git")
        self.git("push", "--quiet", "--set-upstream", "origin", "main")

    def build(self, tool: str = "build") -> None:
        """Build both files, with what is installed here."""
        for old in self.dist.glob("*"):
            old.unlink()
        if tool == "uv":
            built = self.uv("build", "--no-config", "--no-build-isolation", "--python",
                            sys.executable)  # fmt: skip
        else:
            needs("build")
            built = self.module("build", "--no-isolation")
        assert built.code == 0, said(built)

    def upload(self, client: str, url: str, **environment: str) -> Outcome:
        """Upload what was built as a person would; the secrets are in the environment."""
        files = [f"dist/{name}" for name in self.built]
        if client == "uv":
            return self.uv("publish", "--no-config", "--trusted-publishing", "never",
                           "--publish-url", url, *files, **_for_uv(environment))  # fmt: skip
        needs("twine")
        return self.module("twine", "upload", "--non-interactive", "--verbose",
                           "--repository-url", url, *files, **environment)  # fmt: skip

    def uv(self, *words: str, **environment: str) -> Outcome:
        needs("uv")
        return self.module("uv", *words, UV_HTTP_RETRIES="0", **environment)

    def module(self, name: str, *words: str, **environment: str) -> Outcome:
        return self.program(sys.executable, "-m", name, *words, check=False, **environment)

    def program(self, *command: str, check: bool = True, **environment: str) -> Outcome:
        kept = {k: v for k, v in clean_environment().items() if not k.startswith(_THEIRS)}
        ended = subprocess.run(
            command,
            cwd=self.root,
            env={**kept, **self.own_home, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=check,
        )
        return Outcome(
            ended.returncode,
            ended.stdout.decode("utf-8", "replace"),
            ended.stderr.decode("utf-8", "replace"),
        )

    @property
    def own_home(self) -> dict[str, str]:
        """What keeps a program off the settings and passwords of whoever runs the tests."""
        return {
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PYTHONUTF8": "1",
        }


def _for_uv(environment: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("TWINE_", "UV_PUBLISH_"): value for name, value in environment.items()}


def said(outcome: Outcome) -> str:
    """Return all that a program printed: the log that a person keeps."""
    return outcome.stdout + outcome.stderr


@dataclass(frozen=True)
class Skill:
    """The four scripts, asked about one journey."""

    run_script: RunScript
    journey: Journey

    def ask(self, script: str, *arguments: object, log: str = "", **environment: str) -> Outcome:
        """Run a script in the project; its whole report, as JSON."""
        outcome = self.run_script(
            script,
            "--json",
            "--all",
            *arguments,
            cwd=self.journey.root,
            stdin=log.encode(),
            env={**self.journey.own_home, **environment},
        )
        assert outcome.stdout, outcome.stderr
        assert outcome.document  # that keeps the contract
        assert not [secret for secret in SECRETS if secret in said(outcome)]
        return outcome

    def diagnosis(self, log: str) -> Any:
        """Return what diagnose-publish makes of a log, which has to be a failure with a name."""
        outcome = self.ask("diagnose-publish", "-", "--offline", log=log)
        assert outcome.code == 10, f"{outcome.stdout}\n{log}"
        return outcome.data


def of_status(outcome: Outcome, status: str) -> set[str]:
    return {record["check"] for record in outcome.data if record["status"] == status}


def details(outcome: Outcome, check: str, status: str = "fail") -> list[str]:
    """Return what the records of a check with this status say."""
    chosen = (one for one in outcome.data if (one["check"], one["status"]) == (check, status))
    return [one["detail"] for one in chosen]


@contextmanager
def pypiserver(packages: Path, *options: str) -> Iterator[str]:
    """Run pypiserver over an empty folder until the block ends; without options anyone may all."""
    needs("pypiserver")
    packages.mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    access = options or ("-P", ".", "-a", ".")
    with running("-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", port, *access,
                 "--disable-fallback", packages, url=url):  # fmt: skip
        yield url


def line_of_htpasswd(username: str, password: str) -> str:
    import base64
    import hashlib

    digest = base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest())
    return f"{username}:{{SHA}}{digest.decode()}{os.linesep}"
