"""How the release is built: apart from the upload, of the right history, with known tools."""

import re
from collections.abc import Iterator

from pypi_publish.check import check
from pypi_publish.pins.judge import judge, pins_of
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.release_tags import release_tags
from pypi_publish.preflight.release_ways import ways
from pypi_publish.preflight.workflow_trigger import github_jobs, nothing_to_judge
from pypi_publish.verdict import Place, Verdict, failed, passed, skipped, warned
from pypi_publish.workflow.github import GithubJob, GithubStep, GithubWorkflow
from pypi_publish.workflow.handover import (
    artifacts_of,
    builds,
    builds_while_publishing,
    checks_out,
    fetches_of,
)
from pypi_publish.workflow.pipelines import Pipelines
from pypi_publish.workflow.uploads import TESTPYPI

_GUIDE = "https://packaging.python.org/en/latest/guides/publishing-package-distribution-releases-using-github-actions-ci-cd-workflows/"
_ZIZMOR = "https://docs.zizmor.sh/audits/#"
_INJECTION = "https://docs.github.com/en/actions/concepts/security/script-injections"
_ALWAYS_CACHES = {"actions/cache", "actions/cache/restore", "swatinem/rust-cache"}
_CACHE_INPUTS = ("cache", "enable-cache", "sccache")
# From which major version on an action has no tag that moves with it.
_NO_MAJOR_TAGS = {"astral-sh/setup-uv": 8, "hynek/build-and-inspect-python-package": 3}
_SCRIPTS = "actions/github-script"
# Variables that tell a backend the version, so that it does not look for tags.
_TOLD_VERSION = re.compile(
    r"\w{0,60}_PRETEND_VERSION(?:_FOR_\w{1,60})?|PDM_BUILD_SCM_VERSION|PBR_VERSION|"
    r"(?:POETRY|UV)_DYNAMIC_VERSIONING_BYPASS"
)
_OFF = ("", "false", "never", "no")
# What strangers choose: names of branches, titles, bodies.
_STRANGERS = re.compile(
    r"\$\{\{[^}]{0,200}\bgithub\.(?:head_ref|ref_name|ref(?!_)|"
    r"event\.(?:[\w.*-]{1,80}\.)?(?:title|body|message|name|email|label|ref|head_ref|tag_name|"
    r"head_branch|display_title|page_name|inputs\.[\w-]{1,80}))\b[^}]{0,200}\}\}"
)


@check(
    "build-apart",
    expects="The package is built in another job than the one that may publish",
    remedy="Build in a job without `id-token: write`, pass the files on as an artifact.",
    docs=_GUIDE,
)
def build_apart(facts: Facts) -> Answers:
    """
    Whatever a build pulls in (the backend, its plugins, setup.py) runs beside the right to
    publish. The malicious wheels of Ultralytics (2024) carried valid provenance that way.
    """
    jobs = github_jobs(facts)
    if not jobs:
        yield nothing_to_judge(facts)
    for job, view in jobs:
        step = next((step for step in view.steps if builds(step)), None)
        building = next((item for item in job.uploads if builds_while_publishing(item)), None)
        if step is not None and any(fetches_of(view)):
            yield warned(f"{job.said} gets an artifact and builds again", step.place)
        elif step is not None:
            yield warned(f"{job.said} builds what it publishes", step.place)
        elif building is not None:
            yield warned(f"{job.said}: {building.tool} builds while it publishes", building.place)
        else:
            yield passed(f"{job.said} does not build", job.place)


@check(
    "release-cache",
    expects="No job that builds or publishes the release takes anything out of a cache",
    remedy="Switch the cache off in this workflow: remove the step or set the input to false.",
    docs=_ZIZMOR + "cache-poisoning",
)
def release_cache(facts: Facts) -> Answers:
    """
    A cache can be filled by other workflows of the repository, once also by a stranger's pull
    request; what lies in it goes into the release. It happened to Ultralytics and to TanStack.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    found = [
        warned(f"job {job.name}: {said}", step.place)
        for job in release_jobs(facts.pipelines)
        for step in job.steps
        if (said := _cached(step, facts.pipelines))
    ]
    yield from found or [passed("no cache in the jobs that build and publish")]


@check(
    "persisted-credentials",
    expects="A checkout for the release does not leave the repository's token behind",
    remedy="Add `with: persist-credentials: false` to actions/checkout.",
    docs=_ZIZMOR + "artipacked",
)
def persisted_credentials(facts: Facts) -> Answers:
    """The token stays in the checkout, for later steps to read and for artifacts to carry out."""
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    found = [
        warned(f"job {job.name} leaves its token in the checkout", step.place)
        for job in release_jobs(facts.pipelines)
        for step in job.steps
        if checks_out(step) and not _is(step, "persist-credentials", "false") and not _pushes(job)
    ]
    yield from found or [passed("no checkout of the release keeps its token")]


@check(
    "checkout-depth",
    expects="A version that comes from tags is built with the history that holds them",
    remedy="Add `with: fetch-depth: 0` to the checkout of the job that builds.",
    docs="https://github.com/actions/checkout#readme",
)
def checkout_depth(facts: Facts) -> Answers:
    """
    actions/checkout fetches one commit. On a tag push that commit has its tag; in any other run
    the backend finds none, and the build gives 0.1.dev1 or ends with an error.
    """
    project = facts.project
    if project is None or not project.version.from_tags:
        yield skipped("the version does not come from tags")
        return
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    looked = [
        (job, step)
        for job in release_jobs(facts.pipelines)
        if any(builds(step) for step in job.steps) or any(map(_is_inspect, job.steps))
        for step in job.steps
        if checks_out(step)
    ]
    for job, step in looked:
        yield _depth(job, step, by_tag_alone=_only_tags(facts))
    if not looked:
        yield skipped("no job of the release both checks out and builds")


@check(
    "workflow-pins",
    expects="Every action of the publishing workflow is pinned to a commit",
    remedy="Run `check-action-pins --fix`, which writes commit and version.",
    docs="https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions",
)
def workflow_pins(facts: Facts) -> Answers:
    """
    A tag can be moved: in March 2026 76 of 77 tags of one action were, and a PyPI token was taken
    from the jobs that ran it.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    repository = facts.pipelines.repository
    judged = judge(repository, pins_of(repository))
    records = [record for record in judged.records[: judged.references] if not record.ok]
    for record in records:
        assert record.file is not None  # noqa: S101 - a reference stands in a file
        place = Place(record.file, record.line, record.column)
        yield warned(f"{record.action}@{record.ref}: {record.detail}", place, record.fix)
    for view in facts.pipelines.release_workflows:
        yield from _unresolvable(view)
    if not records:
        yield passed(f"{judged.references} references of the publishing workflow are pinned")


@check(
    "publishing-tools",
    expects="The tools that run beside the right to publish have a stated version",
    remedy="State a version, as in `uvx twine==7.0.0`, or install from hashed requirements.",
    docs="https://docs.github.com/en/actions/reference/security/secure-use",
)
def publishing_tools(facts: Facts) -> Answers:
    """The newest release of a tool runs with the right to publish, an hour after it was made."""
    from pypi_publish.pins.tools import floating_tools

    jobs = github_jobs(facts)
    if not jobs:
        yield nothing_to_judge(facts)
    for job, view in jobs:
        found = [tool for step in view.steps for tool in floating_tools(step.step)]
        for tool in found:
            because = (
                f"{job.said}: `{tool.command}` takes whatever version of {tool.tool} is newest"
            )
            yield warned(because, Place(view.file, tool.line))
        if not found:
            yield passed(f"{job.said} states the versions of its tools", job.place)


@check(
    "template-injection",
    expects="No text that somebody else chose is pasted into a command of the release",
    remedy="Pass it through `env:` and use the variable in quotes.",
    docs=_INJECTION,
)
def template_injection(facts: Facts) -> Answers:
    """
    `${{ }}` is replaced before the shell reads the line, so a tag or a title named
    `$(curl ...)` runs with the rights of the job.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    found = []
    for job in release_jobs(facts.pipelines):
        for step in job.steps:
            code = step.run or (step.input("script") if step.action == _SCRIPTS else None)
            pasted = _STRANGERS.search(code.text) if code is not None else None
            if pasted is not None:
                text = " ".join(pasted[0].split())[:80]
                found.append(warned(f"job {job.name} pastes {text} into a command", step.place))
    yield from found or [passed("no foreign text in the commands of the release")]


def _unresolvable(workflow: GithubWorkflow) -> Iterator[Verdict]:
    """Yield references to a major version of an action that has no such tags any more."""
    for step in (step for job in workflow.jobs.values() for step in job.steps):
        without, major = _NO_MAJOR_TAGS.get(step.action), re.fullmatch(r"v(\d{1,3})", step.ref)
        if without is not None and major is not None and int(major[1]) >= without:
            because = (
                f"Unable to resolve action `{step.action}@{step.ref}`, unable to find version "
                f"`{step.ref}`: it has tags of whole versions only"
            )
            yield failed(because, step.place)


def release_jobs(pipelines: Pipelines) -> list[GithubJob]:
    """Return the publishing jobs, and those before them whose files are published."""
    found: dict[tuple[str, str], GithubJob] = {}
    for _, view in pipelines.on_github:
        found[view.file, view.name] = view
        for source in pipelines.sources(view):
            if any(artifacts_of([source])):
                found[source.file, source.name] = source
    return list(found.values())


def _cached(step: GithubStep, pipelines: Pipelines) -> str | None:
    """Say how a step uses a cache, if it does."""
    if step.action in _ALWAYS_CACHES:
        return f"{step.action} restores a cache"
    given = [step.input(name) for name in _CACHE_INPUTS]
    values = [value.text.strip().lower() for value in given if value is not None]
    if any(value not in (*_OFF, "auto") and "${{" not in value for value in values):
        return f"{step.action} uses a cache"
    version = pipelines.action_version(step)
    if step.action == "astral-sh/setup-uv" and not values and version is not None:
        # From v10 on it leaves the cache alone on tags and releases.
        return "astral-sh/setup-uv caches by default before v10" if 5 <= version[0] < 10 else None
    return None


def _is(step: GithubStep, name: str, text: str) -> bool:
    value = step.input(name)
    return value is not None and value.text.strip().lower() == text


def _pushes(job: GithubJob) -> bool:
    """Return whether a job pushes to its repository, for which it needs the token."""
    texts = [step.run.text for step in job.steps if step.run is not None]
    actions = [step.action for step in job.steps]
    return any("git push" in text or "semantic-release" in text for text in [*texts, *actions])


def _is_inspect(step: GithubStep) -> bool:
    return step.action.startswith("hynek/build-and-inspect")


def _depth(job: GithubJob, step: GithubStep, *, by_tag_alone: bool) -> Verdict:
    depth = step.input("fetch-depth")
    fetched = any(
        step.run is not None and re.search(r"git fetch\b[^\n]*--(?:tags|unshallow)", step.run.text)
        for step in job.steps
    )
    if depth is not None and depth.text.strip() == "0":
        return passed(f"job {job.name} fetches the whole history", step.place)
    if fetched:
        return passed(f"job {job.name} fetches the tags", step.place)
    variables = [*job.env, *(name for step in job.steps for name in step.env)]
    if any(map(_TOLD_VERSION.fullmatch, variables)):
        return passed(f"job {job.name} is told the version", step.place)
    because = f"job {job.name} builds from one commit, and the version comes from tags"
    if by_tag_alone:
        return warned(f"{because}; it is right only as long as the tag itself is built", step.place)
    return failed(f"{because}; a run that no tag starts builds another version", step.place)


def _only_tags(facts: Facts) -> bool:
    """Return whether nothing but a tag, or a release of one, leads to an upload to PyPI."""
    release = release_tags(facts)
    real = [(job, view) for job, view in github_jobs(facts) if job.index != TESTPYPI]
    return all(way.by_tag for job, view in real for way in ways(job, view, release)[0])
