"""The pipelines of a repository, and which of their jobs publish to a package index."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from pypi_publish.errors import Problem
from pypi_publish.pins.comment import stated_version
from pypi_publish.pins.judge import Repository
from pypi_publish.pins.lockfile import LOCKFILE
from pypi_publish.pins.policy import Policy, read_policy
from pypi_publish.pins.versions import version_of
from pypi_publish.verdict import Place
from pypi_publish.workflow.behind import Behind
from pypi_publish.workflow.find import Found, find, read
from pypi_publish.workflow.github import GithubJob, GithubStep, GithubWorkflow
from pypi_publish.workflow.gitlab import GITLAB_FILE, GitlabJob, GitlabPipeline, local_includes
from pypi_publish.workflow.model import Workflow
from pypi_publish.workflow.nodes import Document, Scalar
from pypi_publish.workflow.nodes import Mapping as Table
from pypi_publish.workflow.reader import read_document
from pypi_publish.workflow.release_makers import Maker, makers_of
from pypi_publish.workflow.uploads import PYPI, Surroundings, Upload, uploads_in, uploads_of_action

GITHUB = "github"
GITLAB = "gitlab"
_MOST_INCLUDES = 50
_MOST_STEPS = 2_000  # of all jobs together: an alias repeats a step without end
_EXCHANGE = re.compile(r"_/oidc/(?:\w+/)?mint-token")
_READ_PYPIRC = ("twine", "flit", "hatch", "setup.py")
_NAMES_PUBLISHING = ("pypi", "publish", "release", "upload")


@dataclass(frozen=True)
class PublishingJob:
    """A job that uploads to a package index."""

    forge: str
    uploads: tuple[Upload, ...]
    github: GithubJob | None = None
    gitlab: GitlabJob | None = None
    callers: tuple[GithubJob, ...] = ()  # jobs of other workflows here that call its workflow

    @property
    def _view(self) -> GithubJob | GitlabJob:
        view = self.github or self.gitlab
        assert view is not None  # noqa: S101 - one of the two forges
        return view

    @property
    def file(self) -> str:
        return self._view.file

    @property
    def job(self) -> str:
        return self._view.name

    @property
    def place(self) -> Place:
        return self._view.place

    @property
    def environment(self) -> str | None:
        """The environment; None where there is none, or where only the run knows it."""
        named = self._view.environment
        if named is None:
            return None
        text = named.text.strip()
        if self.github is not None and text.startswith("${{"):
            inner = text.removeprefix("${{").removesuffix("}}").strip()
            values = {v.text for v in self.github.job.matrix_values(inner.removeprefix("matrix."))}
            return values.pop() if inner.startswith("matrix.") and len(values) == 1 else None
        return None if "$" in text else text

    @property
    def names_environment(self) -> bool:
        return self._view.environment is not None

    @property
    def uses_oidc(self) -> bool:
        """Whether it publishes with an identity of the run rather than with a stored password."""
        return any(upload.asks_for_identity for upload in self.uploads)

    @cached_property
    def shell_texts(self) -> tuple[str, ...]:
        """The commands of the job as they are written in the pipeline."""
        if self.gitlab is not None:
            return tuple(line.text for line in self.gitlab.script)
        steps = self.github.steps if self.github is not None else ()
        return tuple(step.run.text for step in steps if step.run is not None)

    @cached_property
    def exchanges_by_hand(self) -> bool:
        """Whether a command of the job turns its identity into a token."""
        return any(_EXCHANGE.search(text) for text in self.shell_texts)

    def logs_in_by_file(self, upload: Upload) -> bool:
        """Whether a command of the job writes the file where the client looks for a password."""
        reads = upload.tool in _READ_PYPIRC and upload.on_public_index and not upload.credentials
        return reads and any(".pypirc" in text for text in self.shell_texts)

    @property
    def index(self) -> str | None:
        """ "pypi" where one of its uploads goes there, else where the first one goes."""
        indexes = [upload.index for upload in self.uploads]
        return PYPI if PYPI in indexes else indexes[0]

    @property
    def said(self) -> str:
        """The job as a person names it."""
        return f"job {self.job} of {PurePosixPath(self.file).name}"


@dataclass(frozen=True)
class Pipelines:
    """The pipelines of a repository."""

    workflows: tuple[GithubWorkflow, ...] = ()
    actions: tuple[Document, ...] = ()
    gitlab: GitlabPipeline | None = None
    publishing_jobs: tuple[PublishingJob, ...] = ()
    unreadable: tuple[tuple[str, Problem], ...] = ()
    lock: tuple[Document, ...] = ()
    policy: Policy = field(default_factory=Policy)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The files that were read, or should have been."""
        gitlab = self.gitlab.documents if self.gitlab else ()
        read_files = [document.file for document in (*self.actions, *gitlab)]
        files = [workflow.file for workflow in self.workflows]
        return (*files, *read_files, *(file for file, _ in self.unreadable))

    @cached_property
    def on_github(self) -> tuple[tuple[PublishingJob, GithubJob], ...]:
        return tuple((job, job.github) for job in self.publishing_jobs if job.github is not None)

    @cached_property
    def on_gitlab(self) -> tuple[tuple[PublishingJob, GitlabJob], ...]:
        return tuple((job, job.gitlab) for job in self.publishing_jobs if job.gitlab is not None)

    @cached_property
    def foreign_calls(self) -> tuple[GithubJob, ...]:
        """Jobs that call a workflow of another repository whose name promises a release."""
        return tuple(
            job
            for job in self._all_jobs
            if (uses := job.uses) is not None
            and not uses.text.startswith(("./", "$/"))
            and any(word in _file_of(uses).lower() for word in _NAMES_PUBLISHING)
        )

    @cached_property
    def release_workflows(self) -> tuple[GithubWorkflow, ...]:
        """The workflows that publish, with those that call them or that they call."""
        jobs = [job for _, job in self.on_github]
        files = {job.file for job in jobs} | {
            caller.file for found, _ in self.on_github for caller in found.callers
        }
        for workflow in self.workflows:
            if workflow.file in files:
                files |= set(_called_files(workflow))
        return tuple(workflow for workflow in self.workflows if workflow.file in files)

    @property
    def _all_jobs(self) -> Iterator[GithubJob]:
        return (job for workflow in self.workflows for job in workflow.jobs.values())

    @cached_property
    def _callers(self) -> dict[str, list[GithubJob]]:
        return _callers(self.workflows)

    @cached_property
    def release_makers(self) -> tuple[Maker, ...]:
        """The steps that make a tag or a release in such a way that it starts no workflow."""
        return tuple(maker for workflow in self.workflows for maker in makers_of(workflow))

    def sources(self, job: GithubJob) -> tuple[GithubJob, ...]:
        """Return the jobs before this one: in its workflow, in a called one, and in a calling."""
        found: list[GithubJob] = []
        jobs = [job, *self._callers.get(job.file, ())]
        for needed in (needed for one in jobs for needed in one.workflow.needed(one)):
            called = self.called(needed)
            found += called.jobs.values() if called else [needed]
        return tuple(found)

    def called(self, job: GithubJob) -> GithubWorkflow | None:
        """Return the workflow of this repository that a job calls."""
        path = _local(job.uses)
        return next((item for item in self.workflows if path and item.file == path), None)

    @cached_property
    def _documents(self) -> dict[str, Document]:
        found = [*(workflow.document for workflow in self.workflows), *self.actions]
        return {document.file: document for document in found}

    def action_version(self, step: GithubStep) -> tuple[int, ...] | None:
        """Return which version of its action a step runs, by its tag or by the comment beside."""
        uses, document = step.step.uses, self._documents.get(step.file)
        if uses is None or document is None:
            return None
        comment = document.comment_beside(uses)
        stated = stated_version(comment.text) if comment else None
        text = stated.version if stated and len(step.ref) == 40 else step.ref
        version = version_of(text) if len(text) < 40 else None
        return version.numbers if version else None

    @property
    def repository(self) -> Repository:
        """The files that take part in a release, as the judgement of pins takes them."""
        published = [workflow.document for workflow in self.release_workflows]
        files = {upload.via for job in self.publishing_jobs for upload in job.uploads}
        used = [document for document in self.actions if document.file in files]
        return Repository([*published, *used, *self.lock], (), self.policy)


def read_pipelines(root: Path) -> Pipelines | None:
    """Read the workflows of the repository that holds a project; None where there are none."""
    top = _top(root)
    reader = _Reader(top)
    documents = reader.github()
    gitlab = reader.gitlab()
    if not documents and gitlab is None and not reader.unreadable:
        return None
    workflows = tuple(GithubWorkflow(item) for item in documents if Workflow(item).is_workflow)
    actions = tuple(item for item in documents if Workflow(item).is_action)
    finder = _Finder(top, workflows, actions)
    return Pipelines(
        workflows=workflows,
        actions=actions,
        gitlab=gitlab,
        publishing_jobs=(*finder.of_github(), *finder.of_gitlab(gitlab)),
        lock=tuple(reader.lock()),
        policy=reader.policy(),
        unreadable=tuple(reader.unreadable),
    )


class _Reader:
    """Reads files, and remembers those that cannot be read."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self.unreadable: list[tuple[str, Problem]] = []

    def github(self) -> list[Document]:
        if not (self._top / ".github").is_dir() and not any(self._top.glob("action.y*ml")):
            return []
        found = find((str(self._top),))
        return list(self._documents(item.path for item in found if item.path))

    def gitlab(self) -> GitlabPipeline | None:
        waiting, seen = [GITLAB_FILE], list[Document]()
        files: set[str] = set()
        while waiting and len(files) < _MOST_INCLUDES:
            name = waiting.pop(0)
            if name in files or not self._is_here(name):
                continue
            files.add(name)
            for document in self._documents([self._top / name]):
                seen.insert(0, document)
                waiting += local_includes(document)
        return GitlabPipeline(tuple(seen)) if seen else None

    def _is_here(self, name: str) -> bool:
        try:
            path = (self._top / name).resolve()
            return path.is_file() and path.is_relative_to(self._top.resolve())
        except (OSError, RuntimeError, ValueError):
            return False

    def lock(self) -> Iterator[Document]:
        path = self._top / ".github" / "workflows" / LOCKFILE
        return self._documents([path] if path.is_file() else [])

    def policy(self) -> Policy:
        try:
            return read_policy(self._top)
        except Problem as problem:
            self.unreadable.append(("pyproject.toml", problem))
            return Policy()

    def _documents(self, paths: Iterable[Path]) -> Iterator[Document]:
        for path in paths:
            name = path.relative_to(self._top).as_posix()
            try:
                yield read_document(name, read(Found(path, name, self._top)))
            except Problem as problem:
                self.unreadable.append((name, problem))


class _Finder:
    """Finds the uploads of jobs, also behind composite actions and scripts."""

    def __init__(
        self, top: Path, workflows: Sequence[GithubWorkflow], actions: Sequence[Document]
    ) -> None:
        self._behind = Behind(top)
        self._workflows = workflows
        self._callers = _callers(workflows)
        self._actions = {PurePosixPath(item.file).parent.as_posix(): item for item in actions}
        self._left = _MOST_STEPS

    def of_github(self) -> Iterator[PublishingJob]:
        for workflow in self._workflows:
            callers = tuple(self._callers.get(workflow.file, ()))
            for job in workflow.jobs.values():
                uploads = tuple(self._uploads(job))
                if uploads:
                    yield PublishingJob(GITHUB, uploads, github=job, callers=callers)

    def of_gitlab(self, pipeline: GitlabPipeline | None) -> Iterator[PublishingJob]:
        for job in pipeline.jobs if pipeline else ():
            uploads = tuple(self._gitlab_uploads(job))
            if uploads:
                yield PublishingJob(GITLAB, uploads, gitlab=job)

    def _uploads(self, job: GithubJob) -> Iterator[Upload]:
        for step in job.steps:
            yield from self._of_step(step, job, None)

    def _of_step(self, step: GithubStep, job: GithubJob, via: str | None) -> Iterator[Upload]:
        self._left -= 1
        if self._left < 0:
            return
        env = {**job.env, **step.env}
        if step.run is not None:
            yield from self._of_text(step, step.run, env, via)
            return
        yield from (replace(upload, via=via) for upload in uploads_of_action(step, env))
        action = self._actions.get(_local(step.step.uses) or "")
        if action is not None and via is None:
            for inner in _steps_of_action(action):
                yield from self._of_step(inner, job, action.file)

    def _of_text(
        self, step: GithubStep, run: Scalar, env: dict[str, Scalar], via: str | None
    ) -> Iterator[Upload]:
        # A literal block keeps its lines; of the other styles only the first line is known.
        literal = run.style == "|"
        first = run.line + 1 if literal else run.line
        yield from uploads_in(
            run.text, Surroundings(step.file, env, step.file, step, via, first, literal)
        )
        for text in self._behind.texts(run.text):
            around = Surroundings(text.file, env, step.file, step, text.file, text.line)
            yield from uploads_in(text.text, around)

    def _gitlab_uploads(self, job: GitlabJob) -> Iterator[Upload]:
        env = dict(job.variables)
        for line in job.script:
            literal = line.style == "|"
            first = line.line + 1 if literal else line.line
            around = Surroundings(job.file, env, job.file, None, None, first, literal)
            yield from uploads_in(line.text, around)
            for text in self._behind.texts(line.text):
                yield from uploads_in(
                    text.text,
                    Surroundings(text.file, env, job.file, None, text.file, text.line),
                )


def _steps_of_action(document: Document) -> Iterator[GithubStep]:
    runs = document.root.get("runs") if isinstance(document.root, Table) else None
    steps = runs.get("steps") if isinstance(runs, Table) else None
    for step in getattr(steps, "items", ()) if not isinstance(steps, Table) else ():
        if isinstance(step, Table):
            yield GithubStep(document.file, step)


def _callers(workflows: Iterable[GithubWorkflow]) -> dict[str, list[GithubJob]]:
    """Return the jobs that call a workflow of this repository, by its file."""
    found: dict[str, list[GithubJob]] = {}
    for job in (job for workflow in workflows for job in workflow.jobs.values()):
        if path := _local(job.uses):
            found.setdefault(path, []).append(job)
    return found


def _called_files(workflow: GithubWorkflow) -> Iterator[str]:
    paths = (_local(job.uses) for job in workflow.jobs.values())
    return (path for path in paths if path)


def _local(uses: Scalar | None) -> str | None:
    """Return the path within the repository that a reference names; None for another one's."""
    if uses is None or not uses.text.strip().startswith(("./", "$/")):
        return None
    return PurePosixPath(uses.text.strip()[2:].partition("@")[0]).as_posix()


def _file_of(uses: Scalar) -> str:
    return uses.text.partition("@")[0].rpartition("/")[2]


def _top(root: Path) -> Path:
    """Return the folder whose pipelines the forge runs: the project's, or its repository's."""
    if (root / ".github" / "workflows").is_dir() or (root / GITLAB_FILE).is_file():
        return root
    absolute = root.absolute()
    return next((item for item in (absolute, *absolute.parents) if (item / ".git").exists()), root)
