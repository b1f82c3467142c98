"""Is there a job that publishes, and does a tag of this version start it?"""

import re
from collections.abc import Iterator

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.release_ways import reached, runs
from pypi_publish.verdict import Place, Verdict, failed, passed, skipped, unknown, warned
from pypi_publish.workflow.conditions import is_always_true, runs_after_failure
from pypi_publish.workflow.github import GithubJob, GithubWorkflow
from pypi_publish.workflow.pipelines import Pipelines, PublishingJob
from pypi_publish.workflow.triggers import branches_named, scenarios
from pypi_publish.workflow.uploads import TESTPYPI

_EVENTS = "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows"
_SYNTAX = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"
_EXPRESSIONS = "https://docs.github.com/en/actions/reference/workflows-and-actions/expressions"
_TROUBLE = "https://docs.pypi.org/trusted-publishers/troubleshooting/"
_KEEPS_FORKS_OUT = re.compile(r"workflow_run\.(?:event\s*==\s*'push'|head_repository)")
REFUSED_TARGET = (
    "`invalid-publisher`: valid token, but no corresponding publisher "
    "(Publishing from a workflow invoked via 'pull_request_target' is not supported.)"
)


@check(
    "workflow-readable",
    expects="Every workflow of the repository can be read",
    remedy="Mend the file at the place that is named; the forge cannot run it either.",
    docs=_SYNTAX,
)
def workflow_readable(facts: Facts) -> Answers:
    """A workflow that is not YAML does not start, and it says so only in the Actions tab."""
    if facts.pipelines is None:
        yield nothing_to_judge(facts)
        return
    for file, problem in facts.pipelines.unreadable:
        line = getattr(problem, "line", None)
        yield failed(problem.message, Place(file, line), problem.hint)
    if not facts.pipelines.unreadable:
        yield passed(f"{len(facts.pipelines.looked_at)} files read")


@check(
    "publishing-job",
    expects="A job of the repository's pipelines publishes the package",
    remedy="Copy assets/publish.yml of this skill to .github/workflows/publish.yml and adapt it.",
    docs="https://packaging.python.org/en/latest/guides/publishing-package-distribution-releases-using-github-actions-ci-cd-workflows/",
)
def publishing_job(facts: Facts) -> Answers:
    """
    A release from a developer's machine needs a standing token there and leaves no record of what
    was built from which commit. The package `mistralai` was taken over that way in May 2026.
    """
    pipelines = facts.pipelines
    if pipelines is None:
        yield nothing_to_judge(facts)
    elif pipelines.publishing_jobs:
        for job in pipelines.publishing_jobs:
            tools = ", ".join(sorted({upload.tool for upload in job.uploads}))
            yield passed(f"{job.said} uploads to {job.index or 'an index'} with {tools}", job.place)
    else:
        looked = ", ".join(pipelines.looked_at[:6]) or "no file"
        more = len(pipelines.looked_at) - 6
        tail = f" and {more} more" if more > 0 else ""
        yield skipped(f"no job publishes; looked at {looked}{tail}")


@check(
    "release-trigger",
    expects="The tag of this version, or its GitHub release, starts the job that publishes",
    remedy="Let the workflow start on the project's tags: `on: push: tags: ['v*']`.",
    docs=_EVENTS,
)
def release_trigger(facts: Facts) -> Answers:
    """
    A tag that no filter lets through starts nothing and fails nothing: the release simply does
    not happen, and nobody is told.
    """
    pipelines = facts.pipelines
    if pipelines is None or not pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    answers = [(job, reached(job, view, facts)) for job, view in pipelines.on_github]
    real = [verdict for job, verdict in answers if job.index != TESTPYPI]
    released = any(verdict.status == "pass" for verdict in real)
    for job, verdict in answers:
        if verdict.status == "fail" and (released or job.index == TESTPYPI):
            yield skipped(f"{verdict.because}; it is not the job that releases", verdict.place)
        else:
            yield verdict


@check(
    "forbidden-trigger",
    expects="No event that PyPI refuses, or that strangers can cause, starts a publishing job",
    remedy="Publish on a tag push, on a published release or by hand (workflow_dispatch).",
    docs=_TROUBLE,
)
def forbidden_trigger(facts: Facts) -> Answers:
    """
    `pull_request_target` runs with the repository's own rights on behalf of a stranger; it was the
    way into Ultralytics (2024) and TanStack (2026). PyPI refuses such tokens since March 2026.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    for job, view in facts.pipelines.on_github:
        wrong = list(_forbidden(job, view))
        yield from wrong or [passed(f"{job.said}: {_events(view, job)}", job.place)]


@check(
    "release-types",
    expects="A workflow that starts on releases starts once for each",
    remedy="Write `on: release: types: [published]`.",
    docs=_EVENTS + "#release",
)
def release_types(facts: Facts) -> Answers:
    """
    Without `types` one release starts the workflow for each of its activities; and `created` does
    not happen for a release that was a draft first.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    found = list(_release_types(facts.pipelines))
    yield from found or [skipped("no publishing workflow starts on releases")]


@check(
    "condition-means-something",
    expects="Conditions of the publishing jobs are evaluated, not taken as text",
    remedy="Wrap the whole condition in one `${{ }}`, or write none at all.",
    docs=_EXPRESSIONS,
)
def condition_means_something(facts: Facts) -> Answers:
    """
    Text beside `${{ }}`, be it a line break of a block, makes a string of the condition. A string
    that is not empty is true, so the guard is never closed.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    found = False
    for job, view in facts.pipelines.on_github:
        for condition in [view.condition, *(step.condition for step in view.steps)]:
            if condition is not None and is_always_true(condition.text):
                found = True
                place = Place(view.file, condition.line, condition.column)
                yield warned(f"{job.said}: this `if:` always holds, whatever stands in it", place)
    if not found:
        yield passed("no condition of a publishing job is only text")


@check(
    "silent-skip",
    expects="A release that is not uploaded, or that should not be, ends in a red run",
    remedy="Drop `continue-on-error`, `|| true` and `always()` where the upload happens.",
    docs=_SYNTAX + "#jobsjob_idstepscontinue-on-error",
)
def silent_skip(facts: Facts) -> Answers:
    """
    An upload whose failure is swallowed leaves a tag and a green run without a release; one that
    goes on after failed tests ships what the tests were there to stop.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    for job, view in facts.pipelines.on_github:
        found = list(_swallowed(job, view))
        yield from found or [passed(f"{job.said}: nothing hides a failed upload", job.place)]


def nothing_to_judge(facts: Facts) -> Verdict:
    """Return why a check of this family has nothing to look at."""
    if facts.pipelines is None:
        silence = facts.silences.get("workflow")
        return unknown(silence) if silence else skipped("the project has no pipelines")
    return skipped("no job on GitHub publishes")


def github_jobs(facts: Facts) -> tuple[tuple[PublishingJob, GithubJob], ...]:
    """Return the jobs that publish on GitHub."""
    return facts.pipelines.on_github if facts.pipelines is not None else ()


def publishing(facts: Facts) -> tuple[PublishingJob, ...]:
    """Return the jobs that publish, on either forge."""
    return facts.pipelines.publishing_jobs if facts.pipelines is not None else ()


def _forbidden(job: PublishingJob, view: GithubJob) -> Iterator[Verdict]:
    started: list[tuple[GithubWorkflow, GithubJob | None]] = [(view.workflow, None)]
    started += [(caller.workflow, caller) for caller in job.callers]
    for workflow, caller in started:
        for trigger in workflow.triggers:
            place = Place(workflow.file, trigger.line)
            branches = branches_named(workflow.document.text)
            ways_in = scenarios(trigger, ("v1.0",), prerelease=False, branches=branches)
            if all(runs(job, view, workflow, caller, way) is False for way in ways_in):
                continue
            if trigger.event == "pull_request_target":
                yield failed(
                    f"{job.said} can start on pull_request_target: {REFUSED_TARGET}", place
                )
            elif trigger.event in ("pull_request", "issue_comment", "issues"):
                because = f"{job.said} can start on {trigger.event}, which strangers cause"
                yield warned(because, place)
            elif trigger.event == "workflow_run":
                because = f"{job.said} can start on workflow_run: it runs on the default branch"
                guard = view.condition.text if view.condition is not None else ""
                forks = "" if _KEEPS_FORKS_OUT.search(guard) else ", and also after runs of forks"
                yield warned(f"{because}, not on the tag{forks}", place)


def _events(view: GithubJob, job: PublishingJob) -> str:
    own = [trigger.event for trigger in view.workflow.triggers]
    called = [trigger.event for caller in job.callers for trigger in caller.workflow.triggers]
    return "starts on " + (", ".join(dict.fromkeys([*own, *called])) or "nothing")


def _release_types(pipelines: Pipelines) -> Iterator[Verdict]:
    for workflow in pipelines.release_workflows:
        for trigger in workflow.triggers:
            if trigger.event != "release":
                continue
            place = Place(workflow.file, trigger.line)
            types = trigger.filters.get("types")
            if types is None:
                yield warned("one release starts this several times: it has no `types`", place)
            elif len({"published", "created", "released", "prereleased"} & set(types)) > 1:
                yield warned(f"one release starts this more than once: {', '.join(types)}", place)
            elif "created" in types:
                yield warned("`created` does not happen for a release that was a draft", place)
            else:
                yield passed(f"starts on a release that is {', '.join(types)}", place)


def _swallowed(job: PublishingJob, view: GithubJob) -> Iterator[Verdict]:
    for upload in job.uploads:
        if upload.index == TESTPYPI:
            continue
        if upload.step is not None and upload.step.may_fail_unseen:
            because = f"{job.said}: `continue-on-error` hides a failed upload"
            yield warned(because, upload.place)
        if upload.ignores_failure:
            yield warned(f"{job.said}: what follows `||` hides a failed upload", upload.place)
    if view.may_fail_unseen and job.index != TESTPYPI:
        yield warned(f"{job.said}: `continue-on-error` hides a failed job", job.place)
    condition = view.condition
    if condition is not None and view.needs and runs_after_failure(condition.text):
        place = Place(view.file, condition.line, condition.column)
        needed = ", ".join(view.needs)
        shown = condition.text.strip()[:80]
        because = f"{job.said} publishes also after {needed} failed: `if: {shown}`"
        yield failed(because, place, "Write `if: success()` or name the results that it needs.")
