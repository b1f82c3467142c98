"""What to register on the index so that it trusts the workflow, and the rules that bite."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from pypi_publish.check import check
from pypi_publish.core_metadata.names import normalized
from pypi_publish.index import refusals
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.project.model import Project
from pypi_publish.project.repository import GITHUB, GITLAB, Repository, repository_of
from pypi_publish.verdict import Place, Verdict, failed, passed, skipped, unknown, warned
from pypi_publish.workflow.gitlab import GITLAB_FILE

_DOCS = "https://docs.pypi.org/trusted-publishers/"
_SITES = {"pypi": "https://pypi.org", "testpypi": "https://test.pypi.org"}
_HOSTS = {"pypi.org": "pypi", "upload.pypi.org": "pypi", "test.pypi.org": "testpypi"}
_NO_REPOSITORY = "no git remote and no URL of the project names a repository"
_SERVERS = {"github": GITHUB, "gitlab": GITLAB}
_FIELDS = {  # as the forms name them: owner, repository, workflow, environment
    "github": ("owner", "repository", "workflow_filename", "environment"),
    "gitlab": ("namespace", "project", "workflow_filepath", "environment"),
}


class Upload(Protocol):
    """What is looked at of a step that uploads."""

    @property
    def index(self) -> str | None: ...
    @property
    def asks_for_identity(self) -> bool: ...


class PublishingJob(Protocol):
    """What is looked at of a job that uploads."""

    @property
    def file(self) -> str: ...
    @property
    def forge(self) -> str: ...
    @property
    def environment(self) -> str | None: ...
    @property
    def names_environment(self) -> bool: ...
    @property
    def uploads(self) -> Sequence[Upload]: ...
    @property
    def callers(self) -> Sequence[object]: ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """A job that shows its identity to one of the two indexes, or could."""

    job: PublishingJob
    index: str
    shows_identity: bool

    @property
    def forge(self) -> str:
        return self.job.forge

    @property
    def place(self) -> Place:
        return Place(self.job.file)

    @property
    def workflow(self) -> str:
        """The file as the form wants it; of GitLab's it is the pipeline's own, not an include."""
        return self.job.file.rpartition("/")[2] if self.forge == "github" else GITLAB_FILE

    @property
    def environment(self) -> str | None:
        """The name to register; None where there is none, or where only the run knows it."""
        name = (self.job.environment or "").strip()
        return (name.lower() if self.forge == "github" else name) or None

    @property
    def form(self) -> tuple[str, ...]:
        """What tells two registrations apart."""
        return self.forge, self.index, self.workflow, self.environment or ""


@dataclass(frozen=True, slots=True)
class PublisherForm:
    """The form on the index, filled in; `meta.publisher` of the report."""

    index: str  # "pypi" or "testpypi"
    provider: str  # "github" or "gitlab"
    kind: str  # "pending" before the first release, "normal" after it, else "unknown"
    project: str
    owner: str  # on GitLab: the namespace with all its groups
    repository: str  # on GitLab: the project
    workflow: str  # the file's name; on GitLab: its path
    environment: str | None  # None: the job has none, and any would be accepted
    page: str  # to open; of a project that exists the form is filled in already
    fields: Mapping[str, str]  # by the name that the form gives them: what to type


@check(
    "publisher-registration",
    expects="The values of the trusted publisher can be told",
    remedy="Name the repository in a git remote, and the publishing job in a workflow.",
    docs=_DOCS + "adding-a-publisher/",
)
def publisher_registration(facts: Facts) -> Answers:
    """The index compares each value of the form with the identity of the job, and answers
    `invalid-publisher` without saying which of them differs.
    """
    judged = _judged(facts)
    if isinstance(judged, Verdict):
        yield judged
        return
    for one in judged:
        form = _form(facts, one)
        yield form if isinstance(form, Verdict) else passed(_told(form), one.place)


@check(
    "publisher-repository",
    expects="The repository is one whose identity the index accepts, spelled in one way",
    remedy="Register the repository as its server spells it, capitals included.",
    docs=_DOCS + "troubleshooting/",
)
def publisher_repository(facts: Facts) -> Answers:
    """PyPI trusts the identities of github.com and gitlab.com. The name of the repository is
    compared letter by letter with the one that was typed, so a renamed repository, a fork or
    another capital ends in `invalid-publisher`.
    """
    judged = _judged(facts)
    if isinstance(judged, Verdict):
        yield judged
        return
    for forge in sorted({one.forge for one in judged}):
        repository = _repository(facts, forge)
        if repository is None:
            yield unknown(_NO_REPOSITORY)
        else:
            yield _of_server(repository, forge)
            yield from _of_disagreement(facts, repository)


@check(
    "publisher-environment",
    expects="The publisher names the environment of the job, so that it accepts no other",
    remedy="Give the publishing job an environment with a lower-case name, and register it.",
    docs=_DOCS + "security-model/",
)
def publisher_environment(facts: Facts) -> Answers:
    """A publisher without an environment accepts every job of the workflow file, reviewed or
    not. GitHub's names are compared in lower case; GitLab's exactly as they are written.
    """
    judged = _judged(facts)
    if isinstance(judged, Verdict):
        yield judged
        return
    yield from dict.fromkeys(map(_of_environment, judged))


@check(
    "publisher-workflow",
    expects="The workflow file is one that can be registered",
    remedy="Publish from a file directly in .github/workflows that ends in .yml or .yaml.",
    docs=_DOCS + "troubleshooting/",
)
def publisher_workflow(facts: Facts) -> Answers:
    """The publisher names the file that holds the publishing job, letter by letter. What runs as
    a reusable workflow of another repository never matches.
    """
    judged = _judged(facts)
    if isinstance(judged, Verdict):
        yield judged
        return
    yield from dict.fromkeys(map(_of_workflow, judged))


@check(
    "pending-publisher",
    expects="A first release finds its pending publisher",
    remedy="Register the pending publisher right before the first release.",
    docs=_DOCS + "creating-a-project-through-oidc/",
)
def pending_publisher(facts: Facts) -> Answers:
    """A pending publisher does not reserve the name, is deleted after 30 days, and there are three
    for a user at most. Two new projects cannot share repository, workflow and environment.
    """
    judged = _judged(facts)
    if isinstance(judged, Verdict):
        yield judged
        return
    forms = [form for one in judged if isinstance(form := _form(facts, one), PublisherForm)]
    pending = sorted({form.index for form in forms if form.kind == "pending"})
    if pending:
        yield _of_first_release(facts, pending)
    elif any(form.kind == "normal" for form in forms):
        yield skipped("the project is registered: it needs a normal publisher")
    elif facts.index is None and "index" not in facts.silences:
        yield skipped("the index was not asked")
    elif facts.index is not None and facts.index.index not in _SITES:
        yield skipped(f"{facts.index.index} was asked, which has no publishers that are known of")
    else:
        yield unknown("whether the project is registered already is not known")


def publisher_form(facts: Facts) -> PublisherForm | None:
    """Return the form for the index that the release is meant for, or None."""
    wanted = facts.index.index if facts.index is not None else "pypi"
    found = sorted(exchanges(facts), key=lambda one: (not one.shows_identity, one.index != wanted))
    forms = (_form(facts, one) for one in found)
    return next((form for form in forms if isinstance(form, PublisherForm)), None)


def exchanges(facts: Facts) -> Iterable[Exchange]:
    """Return every registration that the jobs need, once."""
    jobs: Sequence[PublishingJob] = facts.pipelines.publishing_jobs if facts.pipelines else ()
    once: dict[tuple[str, ...], Exchange] = {}
    for job in jobs:
        for upload in job.uploads:
            index = _index_of(upload)
            if index is not None and job.forge in _FIELDS:
                one = Exchange(job, index, upload.asks_for_identity)
                if one.shows_identity or one.form not in once:
                    once[one.form] = one
    return once.values()


def _judged(facts: Facts) -> Sequence[Exchange] | Verdict:
    """Return the jobs that show an identity, or why there are none."""
    if "workflow" in facts.silences:
        return unknown(facts.silences["workflow"])
    if facts.pipelines is None or not facts.pipelines.publishing_jobs:
        return skipped("no job of a workflow publishes")
    found = list(exchanges(facts))
    if not found:
        return skipped("no job publishes to PyPI or TestPyPI, which alone have publishers")
    showing = [one for one in found if one.shows_identity]
    return showing or skipped("the upload uses a token, not Trusted Publishing")


def _index_of(upload: Upload) -> str | None:
    """Return which of the two indexes an upload goes to; None for all others."""
    if upload.index is None or upload.index in _SITES:
        return upload.index
    try:
        return _HOSTS.get(urlsplit(upload.index).hostname or "")
    except ValueError:
        return None


def _form(facts: Facts, one: Exchange) -> PublisherForm | Verdict:
    """Return the form for a job, or what is missing."""
    repository = _repository(facts, one.forge)
    if facts.name is None:
        return unknown("the name of the project cannot be told")
    if repository is None:
        return unknown(_NO_REPOSITORY)
    if not repository.is_on(_SERVERS[one.forge]):
        return unknown(f"{repository.slug} on {repository.host} does not run {one.job.file}")
    kind = _kind(facts, one.index)
    values = (repository.owner, repository.name, one.workflow, one.environment or "")
    fields = dict(zip(_FIELDS[one.forge], values, strict=True))
    prefix = {"project_name": facts.name} if kind != "normal" else {}
    return PublisherForm(
        index=one.index,
        provider=one.forge,
        kind=kind,
        project=facts.name,
        owner=repository.owner,
        repository=repository.name,
        workflow=one.workflow,
        environment=one.environment,
        page=_page(one.index, kind, normalized(facts.name), {"provider": one.forge, **fields}),
        fields={**prefix, **fields},
    )


def _kind(facts: Facts, index: str) -> str:
    if facts.index is None or facts.index.index != index or facts.index.registered is None:
        return "unknown"
    return "normal" if facts.index.registered else "pending"


def _page(index: str, kind: str, project: str, query: Mapping[str, str]) -> str:
    """Return the page; only that of an existing project fills its form from the address."""
    if kind != "normal":
        return f"{_SITES[index]}/manage/account/publishing/"
    given = urlencode({name: value for name, value in query.items() if value})
    return f"{_SITES[index]}/manage/project/{project}/settings/publishing/?{given}"


def _told(form: PublisherForm) -> str:
    values = ", ".join(f"{name} {value or '(none)'}" for name, value in form.fields.items())
    need = {"pending": "a pending publisher", "normal": "a normal publisher"}.get(form.kind)
    doubt = "a normal publisher, or a pending one before the first release"
    return f"{form.index} needs {need or doubt}: {values}; register it on {form.page}"


def _repository(facts: Facts, forge: str) -> Repository | None:
    """Return the repository that releases: the one that the project names, else `origin`.

    A project may have a mirror on another server than the one that runs the workflow.
    """
    named, remotes = named_by_project(facts.project), remotes_of(facts)
    here = {name: one for name, one in remotes.items() if one.is_on(_SERVERS[forge])}
    remotes = here or remotes
    for one in named:
        for remote in remotes.values():
            if remote.is_same_as(one):
                return remote
    return remotes.get("origin") or next(iter([*remotes.values(), *named]), None)


def remotes_of(facts: Facts) -> dict[str, Repository]:
    """Return the repositories that the git remotes name."""
    told = facts.git.remotes if facts.git is not None else {}
    read = {name: repository_of(address) for name, address in told.items()}
    return {name: repository for name, repository in read.items() if repository is not None}


def named_by_project(project: Project | None) -> list[Repository]:
    """Return the repositories among the URLs of the metadata, those called source first."""
    if project is None:
        return []
    pairs = [entry.partition(",")[::2] for entry in project.core.get("Project-URL", ())]
    pairs += [("home", url) for url in project.core.get("Home-page", ())]
    pairs.sort(key=lambda pair: not re.search(r"source|repo|code|git", pair[0].lower()))
    read = [repository_of(url) for _, url in pairs]
    return [one for one in read if one is not None and one.host in (GITHUB, GITLAB)]


def _of_server(repository: Repository, forge: str) -> Verdict:
    server = _SERVERS.get(forge, forge)
    if repository.is_on(server):
        return passed(f"{repository.slug} on {server}")
    if forge == "gitlab" and repository.host not in (GITHUB, "bitbucket.org"):
        return warned(
            f"{repository.host} is a GitLab of its own, which PyPI trusts for organisations that"
            f" were onboarded; for all others: {refusals.UNKNOWN_ISSUER}",
            fix="Publish from gitlab.com, use an API token, or ask PyPI to onboard the instance.",
        )
    if forge == "github" and repository.host not in (GITLAB, "bitbucket.org"):
        return failed(
            f"{repository.host} is not github.com: {refusals.UNKNOWN_ISSUER}",
            fix="Publish from github.com, or with an API token.",
        )
    return warned(f"{repository.slug} is on {repository.host}, the workflow runs on {server}")


def _of_disagreement(facts: Facts, chosen: Repository) -> Iterable[Verdict]:
    """Yield where the URLs of the project and the remotes tell of different repositories."""
    named = [one for one in named_by_project(facts.project) if one.is_on(chosen.host)]
    if not named or chosen in named:
        return
    same = [one for one in named if one.is_same_as(chosen)]
    if any(one.slug == chosen.slug for one in same):
        return
    other = (same or named)[0]
    if same:
        yield warned(f"the remote says {chosen.slug}, the project's URL {other.slug}")
    elif len({one.slug.lower() for one in named}) == 1 and remotes_of(facts):
        yield warned(
            f"the remote is {chosen.slug}, the project's URL is {other.slug}",
            fix="Register the one whose workflow runs; correct the URL if it was renamed.",
        )


def _of_environment(one: Exchange) -> Verdict:
    name = (one.job.environment or "").strip()
    if not one.job.names_environment:
        return skipped("the job has none: left empty, the field accepts any", one.place)
    if not name:
        return unknown("the environment is told at run time", one.place)
    if one.forge == "gitlab":
        return passed(f"register it with environment {name}, exactly so", one.place)
    lower = "" if name == one.environment else f", which the index has for {name}"
    return passed(f"register it with environment {one.environment}{lower}", one.place)


def _of_workflow(one: Exchange) -> Verdict:
    file = one.job.file
    if one.forge == "gitlab":
        return passed(f"register it as {one.workflow}, the file of the whole pipeline", one.place)
    if one.job.callers:
        return skipped(f"{file} is called by another workflow; that has a check of its own")
    if not file.endswith((".yml", ".yaml")):
        return failed(f"{file} does not end in .yml or .yaml", one.place)
    if not re.fullmatch(r"\.github/workflows/[^/]+", file):
        return failed(f"{file} is not in .github/workflows: no event starts it", one.place)
    return passed(f"register it as {one.workflow}, exactly so", one.place)


def _of_first_release(facts: Facts, indexes: Sequence[str]) -> Verdict:
    return passed(
        f"{facts.name} needs a pending publisher on {' and '.join(indexes)}: it lasts 30 days, a"
        " user has three at most, and it does not reserve the name; one (repository, workflow,"
        " environment) serves one new project. The first exchange creates the project, even where"
        " the upload then fails"
    )
