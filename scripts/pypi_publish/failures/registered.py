"""What the repository itself says of the job that publishes, to hold the claims against."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pypi_publish.errors import NothingToInspect, Problem

if TYPE_CHECKING:
    from pypi_publish.project.git import GitState
    from pypi_publish.project.git_command import Git
    from pypi_publish.project.repository import Repository
    from pypi_publish.workflow.pipelines import Pipelines, PublishingJob

_VERSION = re.compile(r"\d\.\d")


@dataclass(frozen=True, slots=True)
class Job:
    """A job that publishes with an identity."""

    forge: str
    workflow: str  # the file's name
    name: str
    environment: str | None
    names_environment: bool
    index: str | None
    callers: tuple[str, ...]  # files of workflows that call its workflow


@dataclass(frozen=True, slots=True)
class Registered:
    """One checkout."""

    project: str | None
    repositories: tuple["Repository", ...]  # of its remotes, `origin` first
    workflows: tuple[str, ...]  # the names of all files
    jobs: tuple[Job, ...]
    releases: tuple[str, ...] = ()  # tags that name a version
    unchanged: Mapping[str, int] = field(default_factory=dict)  # workflow -> days before HEAD


def read_registered(root: Path) -> Registered:
    """Read what a checkout says; parts that cannot be read are left out."""
    from pypi_publish.workflow.pipelines import Pipelines, read_pipelines

    if not root.is_dir():
        raise NothingToInspect(
            "not-found", f"{root}: no such folder", "Name the folder of the project with --root."
        )
    pipelines = read_pipelines(root) or Pipelines()
    state = _git(root)
    return Registered(
        project=_project(root),
        repositories=tuple(_repositories(state)) if state else (),
        workflows=tuple(workflow.file.rpartition("/")[2] for workflow in pipelines.workflows),
        jobs=tuple(_job(job) for job in pipelines.publishing_jobs),
        releases=tuple(filter(_VERSION.search, state.tags)) if state else (),
        unchanged=dict(_unchanged(state, pipelines)) if state and not state.shallow else {},
    )


def _job(job: "PublishingJob") -> Job:
    return Job(
        forge=job.forge,
        workflow=job.file.rpartition("/")[2] if job.forge == "github" else job.file,
        name=job.job,
        environment=job.environment,
        names_environment=job.names_environment,
        index=job.index,
        callers=tuple(caller.file.rpartition("/")[2] for caller in job.callers),
    )


def _project(root: Path) -> str | None:
    from pypi_publish.project.read import read_project

    try:
        return read_project(root).normalized_name
    except Problem:
        return None


def _unchanged(state: "GitState", pipelines: "Pipelines") -> Iterator[tuple[str, int]]:
    """Yield how many days each publishing workflow had been as it is at the last commit."""
    from pypi_publish.project.git_command import Git

    git = Git(state.top)
    now = _committed(git)
    for file in {job.file for job in pipelines.publishing_jobs}:
        written = _committed(git, "--", state.prefix + file)
        if now is not None and written is not None:
            yield file.rpartition("/")[2], (now - written) // 86_400


def _committed(git: "Git", *path: str) -> int | None:
    said = git.ask("log", "-1", "--format=%ct", *path).output.strip()
    return int(said) if said.isdigit() else None


def _repositories(state: "GitState") -> Iterator["Repository"]:
    from pypi_publish.project.repository import repository_of

    remotes = state.remotes
    for name in sorted(remotes, key=lambda name: (name != "origin", name)):
        repository = repository_of(remotes[name])
        if repository is not None:
            yield repository


def _git(root: Path) -> "GitState | None":
    from pypi_publish.project.git import read_git

    try:
        return read_git(root)
    except Problem:
        return None
