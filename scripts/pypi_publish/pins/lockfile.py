"""`.github/workflows/actions.lock`: the commits at which listed workflows run their actions.

A preview of GitHub since October 2026, schema v0.0.2: `workflows` maps a path to the references
it may use, `dependencies` maps each reference to the commit that runs.
"""

from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pypi_publish.pins.reference import Action
from pypi_publish.workflow.nodes import Document, Mapping, Node, Scalar, Sequence

LOCKFILE = "actions.lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lockfile says."""

    file: str
    workflows: Lookup[str, frozenset[str]]  # by file name: GitHub reads one folder
    commits: Lookup[str, str]  # reference -> commit; references without one are left out
    places: Lookup[str, Scalar] = field(default_factory=dict)  # where a reference is written

    def commit_for(self, file: str, action: Action) -> str | None:
        """Return the commit at which a workflow runs an action, None if it is not locked."""
        key = key_of(action)
        if key in self.workflows.get(PurePosixPath(file).name, frozenset()):
            return self.commits.get(key)
        return None

    def lists(self, file: str) -> bool:
        """Return whether a workflow is under the lock at all."""
        return PurePosixPath(file).name in self.workflows


def key_of(action: Action) -> str:
    """Return the key of an action; `actions/cache/save` is locked under `actions/cache`."""
    return f"{action.slug.lower()}@{action.ref}"


def read_lock(document: Document) -> Lock:
    """Read the lockfile; what is not of the schema locks nothing."""
    workflows: dict[str, frozenset[str]] = {}
    commits: dict[str, str] = {}
    places: dict[str, Scalar] = {}
    for path, references in _pairs(document.root, "workflows"):
        listed = references.items if isinstance(references, Sequence) else []
        keys = [_key(item.text) for item in listed if isinstance(item, Scalar)]
        workflows[PurePosixPath(path.text).name] = frozenset(keys)
    for reference, entry in _pairs(document.root, "dependencies"):
        places[_key(reference.text)] = reference
        commit = _commit(entry)
        if commit:
            commits[_key(reference.text)] = commit
    return Lock(document.file, workflows, commits, places)


def _pairs(root: Node | None, name: str) -> list[tuple[Scalar, Node]]:
    table = root.get(name) if isinstance(root, Mapping) else None
    return list(table.items()) if isinstance(table, Mapping) else []


def _key(reference: str) -> str:
    name, _, ref = reference.partition("@")
    return f"{'/'.join(name.lower().split('/')[:2])}@{ref}"


def _commit(entry: Node) -> str | None:
    commit = entry.get("commit") if isinstance(entry, Mapping) else None
    if not isinstance(commit, Scalar):
        return None
    sha = commit.text.removeprefix("sha1-").lower()
    whole = len(sha) == 40 and all(digit in "0123456789abcdef" for digit in sha)
    return sha if whole else None
