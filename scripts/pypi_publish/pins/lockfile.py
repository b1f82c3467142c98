"""`.github/workflows/actions.lock`: the commits at which listed workflows run their actions.

A preview of GitHub since October 2026, schema v0.0.2: `workflows` maps a path to the references
it may use, `dependencies` maps each reference to the commit that runs.
"""

import re
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from pathlib import PurePosixPath

from pypi_publish.pins.reference import Action
from pypi_publish.workflow.nodes import Document, Mapping, Node, Scalar, Sequence

LOCKFILE = "actions.lock"
_FOLDER = (".github", "workflows")
_COMMIT = re.compile(r"(?:sha1-)?([0-9a-f]{40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lockfile says."""

    file: str
    workflows: Lookup[str, frozenset[str]]  # by file name: GitHub reads one folder
    commits: Lookup[str, str]  # reference -> commit; references without one are left out

    def commit_for(self, file: str, action: Action) -> str | None:
        """Return the commit at which a workflow runs an action, None if it is not locked."""
        key = key_of(action)
        if self.lists(file) and key in self.workflows[PurePosixPath(file).name]:
            return self.commits.get(key)
        return None

    def lists(self, file: str) -> bool:
        """Return whether a workflow is under the lock at all: it lies beside it and is listed."""
        return _folder(file) == _folder(self.file) and PurePosixPath(file).name in self.workflows


def key_of(action: Action) -> str:
    """Return the key of an action; `actions/cache/save` is locked under `actions/cache`."""
    return f"{action.slug.lower()}@{action.ref}"


def read_lock(document: Document) -> Lock:
    """Read the lockfile; what is not of the schema locks nothing."""
    workflows: dict[str, frozenset[str]] = {}
    commits: dict[str, str] = {}
    for path, references in _pairs(document.root, "workflows"):
        listed = references.items if isinstance(references, Sequence) else []
        keys = [_key(item.text) for item in listed if isinstance(item, Scalar)]
        name = _workflow(path.text)
        if name is not None:
            workflows[name] = frozenset(keys)
    for reference, entry in _pairs(document.root, "dependencies"):
        commit = _commit(entry)
        if commit:
            commits[_key(reference.text)] = commit
    return Lock(document.file, workflows, commits)


def _folder(file: str) -> PurePosixPath:
    return PurePosixPath(file.lstrip("/")).parent


def _pairs(root: Node | None, name: str) -> list[tuple[Scalar, Node]]:
    table = root.get(name) if isinstance(root, Mapping) else None
    return list(table.items()) if isinstance(table, Mapping) else []


def _workflow(path: str) -> str | None:
    """Return the file name of a workflow; None for a path that is not in the one folder."""
    *folder, name = PurePosixPath(path.strip().removeprefix("./")).parts or ("",)
    return name if tuple(folder) in ((), _FOLDER) else None


def _key(reference: str) -> str:
    name, _, ref = reference.strip().partition("@")
    return f"{'/'.join(name.lower().split('/')[:2])}@{ref}"


def _commit(entry: Node) -> str | None:
    commit = entry.get("commit") if isinstance(entry, Mapping) else None
    found = _COMMIT.fullmatch(commit.text) if isinstance(commit, Scalar) else None
    return found[1].lower() if found else None
