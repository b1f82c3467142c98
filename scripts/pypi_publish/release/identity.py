"""Whose release it should be: as the options say, else as the current folder does."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pypi_publish.errors import Misused, Problem
from pypi_publish.project.repository import GITHUB, GITLAB, Repository, repository_of
from pypi_publish.release.model import Wanted

if TYPE_CHECKING:
    from pypi_publish.preflight.publisher import Exchange
    from pypi_publish.project.git import GitState

_KINDS = {"GitHub": GITHUB, "GitLab": GITLAB}
_FORGES = {"GitHub": "github", "GitLab": "gitlab"}
_SLUG = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.+-]+)+")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_WORKFLOWS = ".github/workflows/"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whoever may have signed; None is what may be anything."""

    kind: str | None = None
    repository: str | None = None
    workflow: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """Any of these identities will do, on one commit."""

    identities: tuple[Identity, ...] = ()
    commit: str | None = None
    asked: frozenset[str] = frozenset()  # which of the fields the options name


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the current folder tells of where its releases come from."""

    repositories: tuple[Repository, ...] = ()
    exchanges: "tuple[Exchange, ...]" = ()  # the jobs that show an identity to an index
    tags: Mapping[str, str] = field(default_factory=dict)  # name -> commit
    silences: tuple[str, ...] = ()  # what could not be read, and why


def read_surroundings(root: Path | None) -> Surroundings:
    """Read remotes, URLs, tags and publishing jobs; of a folder that is not the project's, none."""
    if root is None:
        return Surroundings()
    silences: list[str] = []
    state = _read_refs(root, silences)
    remotes = state.remotes.values() if state else ()
    repositories = [found for address in remotes if (found := repository_of(address))]
    # Who works in a clone of a fork has the repository that publishes in the metadata alone.
    return Surroundings(
        tuple(dict.fromkeys([*repositories, *_named(root)])),
        tuple(_read_exchanges(root, silences)),
        state.tags if state else {},
        tuple(silences),
    )


def expected_identity(wanted: Wanted, here: Surroundings) -> Expected | None:
    """Return who should have signed; None where neither an option nor the folder says it."""
    commit = _commit(wanted.commit)
    asked = _asked(wanted)
    identities = tuple(dict.fromkeys(_identities(asked, here, wanted.index)))
    if not identities and commit is None:
        return None
    return Expected(identities, commit, frozenset({*asked, *(["commit"] if commit else [])}))


def _asked(wanted: Wanted) -> dict[str, str]:
    """Return what the options say, in the spelling of an index."""
    asked: dict[str, str] = {}
    if wanted.repository is not None:
        asked |= _repository(wanted.repository)
    if wanted.workflow is not None:
        asked["workflow"] = _workflow(wanted.workflow)
    if wanted.environment is not None:
        asked["environment"] = wanted.environment.strip()
    return asked


def _repository(text: str) -> dict[str, str]:
    """Return OWNER/NAME, and the kind where an address of a known server was given."""
    hosts = tuple(f"{host}/" for host in _KINDS.values())
    named = repository_of(f"https://{text}" if text.startswith(hosts) else text)
    slug = named.slug if named else text.strip().strip("/")
    if not _SLUG.fullmatch(slug):
        raise Misused("usage", "--repository is not OWNER/NAME", "As in --repository octo/demo.")
    kinds = [kind for kind, host in _KINDS.items() if named and named.host == host]
    return {"repository": slug, **({"kind": kinds[0]} if kinds else {})}


def _workflow(text: str) -> str:
    path = text.strip().replace("\\", "/").removeprefix("./")
    return path.removeprefix(_WORKFLOWS)


def _commit(text: str | None) -> str | None:
    if text is None:
        return None
    commit = text.strip().lower()
    if not _COMMIT.fullmatch(commit):
        hint = "Give at least seven of its hexadecimal digits: git rev-parse HEAD prints them."
        raise Misused("usage", "--commit is not the SHA of a commit", hint)
    return commit


def _identities(asked: Mapping[str, str], here: Surroundings, index: str) -> Iterator[Identity]:
    """Yield what the options say, completed with what the folder says of the same repository."""
    slug = asked.get("repository")
    own = [one for one in here.repositories if slug is None or one.slug.lower() == slug.lower()]
    of_folder = False
    for repository in own:
        kinds = [kind for kind, host in _KINDS.items() if repository.is_on(host)]
        for kind in kinds if asked.get("kind") is None else [asked["kind"]]:
            for run in _runs(_of_index(here.exchanges, index), kind):
                of_folder = True
                yield Identity(kind, **{"repository": repository.slug, **run, **_fields(asked)})
    if asked and not of_folder:
        yield Identity(asked.get("kind"), **_fields(asked))


def _fields(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if name != "kind"}


def _runs(exchanges: Sequence["Exchange"], kind: str) -> Iterator[dict[str, str]]:
    """Yield workflow and environment of the jobs that a server runs; nothing where none does."""
    here = [one for one in exchanges if one.forge == _FORGES[kind]]
    for one in here:
        environment = {"environment": one.environment} if one.environment else {}
        for workflow in (one.workflow, *_callers(one)):
            yield {"workflow": workflow, **environment}
    if not here:
        yield {}


def _callers(one: "Exchange") -> Iterator[str]:
    """Yield the files that call the job's own: the certificate names the one that was started."""
    for caller in one.job.callers:
        file = getattr(caller, "file", "")
        if file:
            yield file.rpartition("/")[2]


def _of_index(exchanges: Sequence["Exchange"], index: str) -> Sequence["Exchange"]:
    """Return the jobs that publish to this index, else all: it may be a copy of PyPI."""
    showing = [one for one in exchanges if one.shows_identity]
    return [one for one in showing if one.index == index.lower()] or showing


def _named(root: Path) -> Sequence[Repository]:
    """Return the repository that the project itself names first: that of its source."""
    from pypi_publish.preflight.publisher import named_by_project
    from pypi_publish.project.read import read_project

    try:
        return named_by_project(read_project(root))[:1]
    except Problem:
        return ()


def _read_refs(root: Path, silences: list[str]) -> "GitState | None":
    from pypi_publish.project.git import read_refs

    try:
        return read_refs(root)
    except Problem as problem:
        silences.append(problem.message)
        return None


def _read_exchanges(root: Path, silences: list[str]) -> Sequence["Exchange"]:
    from pypi_publish.preflight.facts import Facts
    from pypi_publish.preflight.publisher import exchanges
    from pypi_publish.workflow.pipelines import read_pipelines

    try:
        return list(exchanges(Facts(pipelines=read_pipelines(root))))
    except Problem as problem:
        silences.append(problem.message)
        return []
