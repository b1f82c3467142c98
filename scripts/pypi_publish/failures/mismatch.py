"""Why no publisher matches a token: every claim held against the repository, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pypi_publish.failures.catalogue import FailureClass
from pypi_publish.failures.claims import Claims, form_of, page_of
from pypi_publish.failures.match import Hit
from pypi_publish.failures.registered import Job, Registered
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Form

_NAMES = {"pypi": "PyPI", "testpypi": "TestPyPI"}
_PENDING_DAYS = 30  # a pending publisher expires after that
_AGAIN = (
    "Then start again. After a change on the index, run the failed job again; after a change of the "
    "workflow, start a new run, as a rerun keeps the old file. No file was uploaded, so the version "
    "is free."
)
_REUSABLE = "action-reusable-workflow-warning"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What differs, as far as it can be told."""

    summary: str
    fix: tuple[str, ...]
    form: Form | None
    evidence: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    failure: FailureClass
    story: Story
    claims: Claims | None
    registered: Registered | None

    @property
    def index(self) -> str:
        return self.story.index if self.story.index in _NAMES else "pypi"

    @property
    def job(self) -> Job | None:
        """The job of the repository that asked for this token."""
        jobs = [
            job
            for job in (self.registered.jobs if self.registered else ())
            if job.index in (None, self.index)
        ]
        workflow = self.claims.workflow if self.claims else None
        named = [job for job in jobs if job.workflow == workflow]
        return next(iter(named or (jobs if workflow is None else [])), None)

    @property
    def is_reusable(self) -> bool:
        warned = bool(self.story.reading.found.hits.get(_REUSABLE))
        return warned or (self.claims is not None and self.claims.is_reusable)


def explained(
    failure: FailureClass, story: Story, claims: Claims | None, registered: Registered | None
) -> Mismatch:
    """Tell what is known of a publisher that does not match."""
    case = _Case(failure, story, claims, registered)
    differences = list(_differences(case))
    form = _form(case)
    fix = [step for _, step in differences]
    fix += [_AGAIN] if case.is_reusable else list(_registering(case, form))
    if not case.is_reusable and not form:
        fix += failure.fix
    told = " ".join(difference for difference, _ in differences)
    summary = f"{failure.cause} {told}".strip()
    evidence = claims.hits if claims else ()
    wanted = {
        "repository",
        "job_workflow_ref",
        "workflow_ref",
        "environment",
        "project_path",
        "sub",
    }
    shown = tuple(hit for hit in evidence if hit.varying[0] in wanted)
    return Mismatch(summary, tuple(dict.fromkeys(fix)), form, shown)


def _differences(case: _Case) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and what to do about it, the surest first."""
    if case.is_reusable:
        yield _of_reusable(case)
    if case.claims is None:
        return
    yield from _of_event(case.claims)
    if case.registered is not None:
        compared = [
            *_of_repository(case.claims, case.registered),
            *_of_workflow(case.claims, case.registered),
            *_of_environment(case),
        ]
        yield from compared or _of_index(case, case.claims, case.registered)
    elif (
        not case.claims.environment and case.claims.tells_environment and not case.claims.is_gitlab
    ):
        yield (
            "The job has no environment, so a publisher that names one cannot match.",
            (
                "If the publisher on the index names an environment, add `environment: "
                "NAME` to the publishing job. Clearing the field there would let every job of the workflow publish."
            ),
        )


def _of_reusable(case: _Case) -> tuple[str, str]:
    called = case.claims.called if case.claims else None
    calling = case.claims.calling if case.claims else None
    file = called["file"] if called else "the called workflow"
    top = calling["file"] if calling else "the workflow that the event starts"
    where = f" of {called['slug']}" if called and case.claims and case.claims.is_foreign else ""
    return (
        (
            f"The publishing job stands in a reusable workflow ({file}{where}), which trusted publishing does not support: "
            "the index looks for the called file in the calling repository."
        ),
        (
            f"Move the publishing job out of {file} into the top-level workflow {top} of "
            f"this repository; building and testing may stay in reusable workflows. Then "
            f"register {top}. Registering the caller without moving the job does not "
            f"help."
        ),
    )


def _of_event(claims: Claims) -> Iterator[tuple[str, str]]:
    event, ref = claims["event_name"] or "", claims["ref"] or ""
    if event == "pull_request_target":
        yield (
            "The run was started by pull_request_target, from which the index accepts no upload.",
            "Publish from a tag, a release or workflow_dispatch instead of pull_request_target.",
        )
    elif (
        event == "pull_request"
        or ref.startswith("refs/pull/")
        or ":pull_request" in (claims["sub"] or "")
    ):
        yield (
            "The run belongs to a pull request.",
            (
                "Publish from a tag, a release or workflow_dispatch of the repository "
                "itself, not from a pull request."
            ),
        )


def _of_repository(claims: Claims, registered: Registered) -> Iterator[tuple[str, str]]:
    told = claims.repository or claims["project_path"]
    if not told or not registered.repositories:
        return
    slugs = [repository.slug for repository in registered.repositories]
    if told in slugs:
        return
    alike = [slug for slug in slugs if slug.lower() == told.lower()]
    if alike:
        yield (
            (
                f"The token says repository {told}, the remote {alike[0]}: the same but "
                f"for capitals, and the index compares the repository's name letter for "
                f"letter."
            ),
            (
                f"Register the repository as {told}, and correct the remote: git remote "
                f"set-url origin to {told}."
            ),
        )
    elif told.rpartition("/")[2].lower() == slugs[0].rpartition("/")[2].lower():
        yield (
            (
                f"The token says repository {told}, the remote {slugs[0]}: the run "
                f"belongs to a fork, or the repository moved to another owner."
            ),
            (
                f"If it moved, register owner {told.partition('/')[0]} on the index; if "
                f"{told} is a fork, publish from {slugs[0]}."
            ),
        )
    else:
        yield (
            (
                f"The token says repository {told}, the remote {slugs[0]}: the repository "
                f"was renamed, or this is another checkout."
            ),
            (
                f"If it was renamed, register {told} on the index; else give the right "
                f"checkout with --root."
            ),
        )


def _of_workflow(claims: Claims, registered: Registered) -> Iterator[tuple[str, str]]:
    told = claims.workflow
    if not told or claims.is_foreign or not registered.workflows or told in registered.workflows:
        return
    alike = [name for name in registered.workflows if name.lower() == told.lower()]
    publishing = [job.workflow for job in registered.jobs] or alike
    now = f"; here the publishing job is in {publishing[0]}" if publishing else ""
    yield (
        f"The token names the workflow file {told}, which this checkout does not have{now}.",
        (
            f"If the file was renamed, register "
            f"{publishing[0] if publishing else 'the new name'} on the index and start a "
            f"new run; a rerun of the old one still says {told}."
        ),
    )


def _of_environment(case: _Case) -> Iterator[tuple[str, str]]:
    job, claims = case.job, case.claims
    if job is None or claims is None or not claims.tells_environment:
        return
    told = claims.environment
    if not told and job.names_environment:
        yield (
            (
                f"The token carries no environment, while job {job.name} of "
                f"{job.workflow} has {job.environment or 'one'} now: the run is older "
                f"than that line."
            ),
            "Start a new run instead of a rerun, which keeps the old workflow file.",
        )
    elif told and job.environment and told.lower() != job.environment.lower():
        yield (
            (
                f"The token carries environment {told}, job {job.name} of {job.workflow} "
                f"has {job.environment} now."
            ),
            (
                f"Register environment {job.environment} and start a new run, or change "
                f"the job back to {told}."
            ),
        )
    elif not told:
        yield (
            (
                f"Job {job.name} of {job.workflow} has no environment, so a publisher "
                f"that names one cannot match."
            ),
            (
                f"If the publisher on the index names an environment, add `environment: "
                f"NAME` to job {job.name} of {job.workflow}. Clearing the field there "
                f"would let every job of the workflow publish."
            ),
        )


def _of_index(case: _Case, claims: Claims, registered: Registered) -> Iterator[tuple[str, str]]:
    """Yield what is wrong on the index where the repository and the token agree."""
    if case.is_reusable or case.job is None or not registered.repositories:
        return
    name, agrees = _NAMES[case.index], "Every claim agrees with this checkout"
    if _earlier_releases(claims, registered):
        yield (
            f"{agrees}: what is missing or different is the publisher on {name}.",
            f"Change nothing in the repository; add or correct the publisher on {name}.",
        )
        return
    again = f"Register the pending publisher on {page_of(case.index, None, case.job.forge, {})}."
    told = f"{agrees} and no earlier release is tagged, so a pending publisher has to match:"
    days = registered.unchanged.get(case.job.workflow, 0)
    if days > _PENDING_DAYS:
        told += (
            f" one that was registered when {case.job.workflow} was last changed, {days} days"
            f" before, has expired, as they last {_PENDING_DAYS} days."
        )
    else:
        told += f" {name} has none, or it has expired, as they last {_PENDING_DAYS} days."
    yield told, again


# With the field cleared on the index, every job of the workflow could publish.
_NONE = {"environment": "empty, or that which the job is given first"}


def _registering(case: _Case, form: Form | None) -> Iterator[str]:
    name = _NAMES[case.index]
    if form is None:
        return
    values = ", ".join(
        f"{field} `{value}`" if value else f"{field} {_NONE.get(field, 'empty')}"
        for field, value in form.fields.items()
    )
    yield (
        f"Open {form.page} and compare the publisher there with: {values}. Change what "
        f"differs, letter for letter; without any, add this one."
    )
    if case.index == "testpypi":
        yield (
            "It has to be on TestPyPI (https://test.pypi.org): publishers of PyPI do not "
            "count there."
        )
    else:
        yield (
            f"It has to be on {name}, the index that the job uploads to: publishers of "
            f"TestPyPI do not count there."
        )
    yield (
        "For a project that has no release yet it has to be a pending publisher; one "
        "lasts 30 days, so register it again if it is older."
    )
    yield _AGAIN


def _form(case: _Case) -> Form | None:
    kind = _kind(case)
    # A project without a release has no page yet.
    project = case.registered.project if case.registered and kind != "pending" else None
    form = form_of(case.claims, case.index, project) if case.claims else None
    job = case.job
    if form is not None:
        return replace(form, kind=kind, source="both" if job else form.source)
    if (
        case.is_reusable
        or job is None
        or case.registered is None
        or not case.registered.repositories
    ):
        return None
    repository = case.registered.repositories[0]
    names = ("owner", "repository", "workflow_filename", "environment")
    if job.forge == "gitlab":
        names = ("namespace", "project", "workflow_filepath", "environment")
    values = (repository.owner, repository.name, job.workflow, job.environment or "")
    fields = dict(zip(names, values, strict=True))
    page = page_of(case.index, project, job.forge, fields)
    return Form(
        index=case.index,
        provider=job.forge,
        kind=kind,
        fields=fields,
        page=page,
        source="repository",
    )


def _kind(case: _Case) -> str:
    """Tell by the tags of the checkout whether the project can have a release.

    An earlier tag proves none: its own publish may have failed.
    """
    if case.registered is None or case.claims is None or not case.registered.releases:
        return "unknown"
    return "unknown" if _earlier_releases(case.claims, case.registered) else "pending"


def _earlier_releases(claims: Claims, registered: Registered) -> list[str]:
    tag = (claims["ref"] or "").removeprefix("refs/tags/")
    return [release for release in registered.releases if release != tag]
