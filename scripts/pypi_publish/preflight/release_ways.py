"""What makes a publishing job run: whether the tag of the release reaches it, and what else does."""

import re
from collections.abc import Iterator
from dataclasses import replace

from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.publisher import named_by_project, remotes_of
from pypi_publish.preflight.release_tags import ReleaseTags, release_tags, tags_there
from pypi_publish.verdict import Place, Verdict, failed, passed, warned
from pypi_publish.workflow.github import GithubJob, GithubWorkflow, decided
from pypi_publish.workflow.pipelines import PublishingJob
from pypi_publish.workflow.release_makers import Maker
from pypi_publish.workflow.triggers import TAGS, Scenario, Trigger, branches_named, scenarios
from pypi_publish.workflow.uploads import TESTPYPI

_REPOSITORY = re.compile(r"\bgithub\.repository(?:_owner)?\s*==\s*'([^']{1,140})'")
_DECIDES = re.compile(r"\bif\b|\[ |\|\||\btest\b").search  # of a shell text


def ways(
    job: PublishingJob, view: GithubJob, release: ReleaseTags
) -> tuple[list[Scenario], list[Scenario]]:
    """Return what makes a job run, and what starts its workflow without that."""
    open_ways: list[Scenario] = []
    closed: list[Scenario] = []
    for workflow, caller, scenario in _starts(job, view, release):
        answer = runs(job, view, workflow, caller, scenario)
        (closed if answer is False else open_ways).append(scenario)
    return open_ways, closed


def _starts(
    job: PublishingJob, view: GithubJob, release: ReleaseTags
) -> Iterator[tuple[GithubWorkflow, GithubJob | None, Scenario]]:
    """Yield every way in which a run that has this job can begin."""
    for trigger in view.workflow.triggers:
        for scenario in _scenarios(view.workflow, trigger, release):
            yield view.workflow, None, scenario
    for caller in job.callers:
        for trigger in caller.workflow.triggers:
            for scenario in _scenarios(caller.workflow, trigger, release):
                yield caller.workflow, caller, replace(scenario, called=True)


def _scenarios(
    workflow: GithubWorkflow, trigger: Trigger, release: ReleaseTags
) -> Iterator[Scenario]:
    tags = release.with_patterns(trigger.filters.get("tags", ()))
    branches = branches_named(workflow.document.text)
    return scenarios(trigger, tags, prerelease=release.prerelease, branches=branches)


def runs(
    job: PublishingJob,
    view: GithubJob,
    workflow: GithubWorkflow,
    caller: GithubJob | None,
    scenario: Scenario,
) -> bool | None:
    """Return whether the job uploads when this happens; None: only the run can tell."""
    before = workflow.runs(caller, scenario) if caller else True
    own = view.workflow.runs(view, scenario)
    steps = [decided(upload.step.condition, scenario) for upload in job.uploads if upload.step]
    if steps and all(answer is False for answer in steps):
        own = False
    elif steps and own and True not in steps:
        own = None
    return False if False in (before, own) else None if None in (before, own) else True


def reached(job: PublishingJob, view: GithubJob, facts: Facts) -> Verdict:
    """Judge whether the tag of this version, or its release, makes the job run."""
    release = release_tags(facts)
    open_ways, closed = ways(job, view, release)
    if any(scenario.by_tag for scenario in open_ways):
        return _by_tag(job, view, facts, open_ways)
    if open_ways:
        return _not_by_tag(job, view, release, open_ways, closed)
    return _never(job, view, release.likely, closed)


def _by_tag(
    job: PublishingJob, view: GithubJob, facts: Facts, open_ways: list[Scenario]
) -> Verdict:
    release = release_tags(facts)
    found = [scenario for scenario in open_ways if scenario.by_tag]
    refs = {scenario.ref for scenario in found}
    there = tags_there(facts)
    if there and not refs & {TAGS + tag for tag in there}:
        because = f"{job.said} runs on {found[0].said}, and not on {there[0]}, which is there"
        return failed(because, job.place, f"Let the tag filter accept {there[0]}.")
    if release.own and not refs & {TAGS + tag for tag in release.own}:
        own = release.own[0]
        because = f"{job.said} runs on {found[0].said}; the project's tags are like {own}"
        return warned(because, job.place, f"Let the tag filter accept {own}.")
    elsewhere = _only_elsewhere(job, view, facts)
    if elsewhere is not None:
        return elsewhere
    maker = _mute_maker(job, open_ways, facts)
    if maker is not None:
        because = (
            f"{job.said} runs on {found[0].said}, but {maker.file} makes that with GITHUB_TOKEN, "
            "and what this token does starts no workflow"
        )
        fix = "Give that step the token of a GitHub App, or publish in the workflow that it is in."
        return warned(because, maker.place, fix)
    return passed(f"{job.said} runs on {found[0].said}", job.place)


def _only_elsewhere(job: PublishingJob, view: GithubJob, facts: Facts) -> Verdict | None:
    """Return a warning where a condition asks for another repository than all that are known."""
    known = [*remotes_of(facts).values(), *named_by_project(facts.project)]
    slugs = {one.slug.lower() for one in known} | {one.owner.lower() for one in known}
    conditions = [one.condition for one in (view, *view.workflow.needed(view))]
    conditions += [upload.step.condition for upload in job.uploads if upload.step is not None]
    for condition in conditions:
        asked = _REPOSITORY.search(condition.text) if condition is not None else None
        if condition is None or asked is None or "||" in condition.text or not known:
            continue
        if asked[1].lower() not in slugs:
            place = Place(view.file, condition.line, condition.column)
            because = f"{job.said} runs in {asked[1]} only, and this is {known[0].slug}"
            return warned(because, place, "Correct the condition if the repository was renamed.")
    return None


def _mute_maker(job: PublishingJob, open_ways: list[Scenario], facts: Facts) -> Maker | None:
    """Return the step that makes the tag or release in such a way that it starts nothing."""
    events = {scenario.event for scenario in open_ways if scenario.by_tag}
    followed = any(scenario.event == "workflow_run" for scenario in open_ways)
    if facts.pipelines is None or job.callers or followed:
        return None
    makers = (maker for maker in facts.pipelines.release_makers if maker.file != job.file)
    return next((maker for maker in makers if events <= maker.makes), None)


def _not_by_tag(
    job: PublishingJob,
    view: GithubJob,
    release: ReleaseTags,
    found: list[Scenario],
    closed: list[Scenario],
) -> Verdict:
    filtered = _filtered_out(job, view, release.likely)
    if filtered is not None:
        return filtered
    meant = any("tags" in trigger.filters for trigger in view.workflow.triggers)
    blocked = [scenario for scenario in closed if scenario.by_tag]
    if blocked and meant and job.index != TESTPYPI:
        because = f"{job.said} does not run on {blocked[0].said}: {_blocking(view, blocked[0])}"
        return warned(because, job.place)
    said = " or ".join(dict.fromkeys(scenario.said for scenario in found))
    if job.index != TESTPYPI and _uploads_every_push(job, view, release):
        because = f"{job.said} uploads on every push to a branch, and no tag starts it"
        return warned(because, job.place)
    return passed(f"{job.said} runs on {said}, not on a tag", job.place)


def _uploads_every_push(job: PublishingJob, view: GithubJob, release: ReleaseTags) -> bool:
    """Return whether nothing decides which push to a branch is a release."""
    texts = [upload.step.run.text for upload in job.uploads if upload.step and upload.step.run]
    guarded = any(upload.skips_existing or upload.via for upload in job.uploads)
    if guarded or any(map(_DECIDES, texts)):
        return False
    return any(
        scenario.event == "push" and runs(job, view, workflow, caller, scenario)
        for workflow, caller, scenario in _starts(job, view, release)
        if not scenario.by_tag
    )


def _filtered_out(job: PublishingJob, view: GithubJob, tags: tuple[str, ...]) -> Verdict | None:
    """Return the failure of a filter for tags that takes none of the likely ones."""
    for trigger in view.workflow.triggers:
        patterns = [*trigger.filters.get("tags", ()), *trigger.filters.get("tags-ignore", ())]
        if trigger.event == "push" and patterns and not any(map(trigger.takes_tag, tags)):
            return failed(
                f"{job.said}: the tag filter {', '.join(patterns)} lets none of "
                f"{', '.join(tags[:3])} through",
                Place(view.file, trigger.line),
                f"Let the filter accept {tags[0]}: `tags: ['v*']` takes all that begin with v.",
            )
    return None


def _never(
    job: PublishingJob, view: GithubJob, tags: tuple[str, ...], closed: list[Scenario]
) -> Verdict:
    filtered = _filtered_out(job, view, tags)
    if filtered is not None:
        return filtered
    events = ", ".join(trigger.event for trigger in view.workflow.triggers) or "nothing"
    if not closed:
        if view.workflow.is_only_called:
            return failed(f"{job.said} is in a workflow that nothing here calls", job.place)
        return failed(f"{job.said} starts on {events}, and no release of {tags[0]} does", job.place)
    return failed(
        f"{job.said} starts on {events}, and then never runs: {_blocking(view, closed[0])}",
        job.place,
    )


def _blocking(view: GithubJob, scenario: Scenario) -> str:
    """Say which condition keeps a job from running."""
    if decided(view.condition, scenario) is False and view.condition is not None:
        return (
            f"`if: {' '.join(view.condition.text.split())[:120]}` does not hold on {scenario.said}"
        )
    for needed in view.workflow.needed(view):
        if decided(needed.condition, scenario) is False:
            return f"it needs {needed.name}, which is skipped on {scenario.said}"
    return f"the condition of its upload does not hold on {scenario.said}"
