"""Projects to judge, servers to ask about them, and the script that does it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import SCRIPTS, Outcome, clean_environment
from git_server import GitServer, Repository, serving

Record = dict[str, Any]
_NAMED = re.compile(r"<([^<>]+)>")


@dataclass
class World:
    """A git server, its repositories, and the commits in them by name."""

    server: GitServer
    shas: dict[str, str] = field(default_factory=dict)

    def repository(self, slug: str) -> Repository:
        return Repository(self.server.root, slug)

    def spelled(self, text: str) -> str:
        """The text with the commits that it names by `<name>`."""
        return _NAMED.sub(lambda found: self.shas[found[1]], text)

    @property
    def env(self) -> dict[str, str]:
        return {"GITHUB_SERVER_URL": self.server.url}


@contextmanager
def world_below(folder: Path) -> Iterator[World]:
    """Serve the repositories that are made until the block ends."""
    with serving(folder) as server:
        yield World(server)


def populate(world: World) -> None:
    """Make repositories in which everything has happened that happens to actions."""
    shas = world.shas
    app = world.repository("acme/app")
    shas["v1.0.0"] = app.release("v1.0.0")
    shas["v1.1.0"] = app.release("v1.1.0", annotated=True)
    shas["object of v1.1.0"] = app.git("rev-parse", "refs/tags/v1.1.0")
    app.tag("v1", shas["v1.1.0"], annotated=True)
    shas["old v1"] = app.commit()
    shas["v2.0.0"] = app.release("v2.0.0")
    app.tag("v2.0.0-again", shas["v2.0.0"])
    shas["between releases"] = app.commit()
    shas["hijacked v3.0.0"] = app.release("v3.0.0")
    app.tag("v3", shas["hijacked v3.0.0"])
    shas["hijacked v3.1.0"] = app.release("v3.1.0")
    shas["v4.0.0"] = app.release("v4.0.0")
    shas["v4.1.0"] = app.release("v4.1.0", annotated=True)
    app.tag("v4", shas["v4.1.0"])
    shas["v5.0.0"] = app.release("v5.0.0")
    app.tag("v5", shas["v5.0.0"])
    shas["V5.0.0"] = shas["v5.0.0"].upper()
    shas["evil"] = app.commit("backdoor")
    app.tag("v3.0.0", shas["evil"])
    app.tag("v3.1.0", shas["evil"], annotated=True)
    shas["v6.0.0-rc.1"] = app.release("v6.0.0-rc.1")
    shas["on a side branch"] = app.commit("topic")
    app.commit("topic")
    app.branch("dual", shas["v1.0.0"])
    app.tag("dual", shas["v2.0.0"])
    app.branch("release/v1", shas["v1.1.0"])
    app.branch("release/v2", shas["between releases"])
    shas["of a fork"] = app.commit(None)

    shas["minor 1.0"] = (minor := world.repository("acme/minor")).release("v1.0")
    shas["minor 1.1"] = minor.release("v1.1")
    minor.tag("v1", shas["minor 1.1"])
    shas["hijacked minor 1.2"] = minor.release("v1.2")
    minor.tag("v1.2", minor.commit())

    shas["patch 1.2.0"] = (patch := world.repository("acme/patch")).release("v1.2.0")
    shas["patch 1.2.1"] = patch.release("v1.2.1")
    patch.tag("v1.2", shas["patch 1.2.1"])

    shas["plain 1.0.0"] = (plain := world.repository("acme/plain")).release("1.0.0")
    shas["plain 1.1.0"] = plain.release("1.1.0")

    shas["foo 1.0.0"] = (many := world.repository("acme/many")).release("foo-v1.0.0")
    shas["bar 2.0.0"] = many.release("bar/v2.0.0")
    shas["foo 1.1.0, bar 3.0.0"] = many.release("foo-v1.1.0")
    many.tag("bar/v3.0.0", shas["foo 1.1.0, bar 3.0.0"])

    shas["new name"] = world.repository("acme/new-name").release("v1.0.0")
    world.server.moved["acme/old-name"] = "acme/new-name"
    shas["sub 1.0.0"] = world.repository("acme/sub").release("v1.0.0")


def workflow(*references: str) -> bytes:
    """A workflow with one step for each reference."""
    steps = "".join(f"      - uses: {reference}\n" for reference in references)
    return f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}".encode()


def project(folder: Path, *references: str) -> Path:
    """A repository with one workflow."""
    file(folder).parent.mkdir(parents=True)
    file(folder).write_bytes(workflow(*references))
    return folder


def file(folder: Path) -> Path:
    """The workflow of a project."""
    return folder / ".github" / "workflows" / "ci.yml"


def policy(folder: Path, **entries: str) -> None:
    """Write the policy of a project."""
    rows = "".join(f'"{name}" = "{value}"\n' for name, value in entries.items())
    (folder / ".github" / "action-pins.toml").write_text(rows)


def lock(folder: Path, reference: str, commit: str) -> None:
    """Lock a reference of the project's workflow."""
    content = {
        "version": "v0.0.2",
        "workflows": {".github/workflows/ci.yml": [reference]},
        "dependencies": {reference: {"ref": "x", "commit": f"sha1-{commit}"}},
    }
    (folder / ".github" / "workflows" / "actions.lock").write_text(json.dumps(content))


def check(*arguments: object, cwd: Path, env: Mapping[str, str], stdin: bytes = b"") -> Outcome:
    """Run check-action-pins in a folder."""
    ended = subprocess.run(
        [sys.executable, SCRIPTS / "check-action-pins.py", *map(str, arguments)],
        cwd=cwd,
        env={**clean_environment(), **env},
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def records(outcome: Outcome) -> list[Record]:
    """The records about references, in the order of the file."""
    found = [record for record in outcome.data if record["action"] is not None]
    return sorted(found, key=lambda record: (record["file"], record["line"], record["column"]))


def the_record(outcome: Outcome) -> Record:
    """The record of the one reference that was judged."""
    (record,) = records(outcome)
    return record
