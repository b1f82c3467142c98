"""GitLab pipelines: does the tag start the publishing job, and will PyPI know it?

https://docs.pypi.org/trusted-publishers/using-a-publisher/#gitlab-cicd
"""

import re

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.release_tags import release_tags
from pypi_publish.preflight.workflow_trigger import publishing
from pypi_publish.verdict import Place, Verdict, failed, passed, skipped, warned
from pypi_publish.workflow.gitlab import GitlabJob
from pypi_publish.workflow.gitlab_rules import Case, cases
from pypi_publish.workflow.handover import text_builds
from pypi_publish.workflow.pipelines import PublishingJob
from pypi_publish.workflow.uploads import PYPI, Upload

_USING = "https://docs.pypi.org/trusted-publishers/using-a-publisher/"
_RULES = "https://docs.gitlab.com/ci/jobs/job_rules/"
_TOKENS = "https://docs.gitlab.com/ci/secrets/id_token_authentication/"
_REGISTRY = "https://docs.gitlab.com/user/packages/pypi_repository/"
_VARIABLES = {"pypi": "PYPI_ID_TOKEN", "testpypi": "TESTPYPI_ID_TOKEN"}
_NOT_FOUND = "GitLab: Environment variable {} not found"
_BRINGS_FILES = re.compile(r"\b(?:curl|wget|make|tox|nox|just|unzip)\b|\./|\bpip3? download\b")
_GROUP = re.compile(r"/api/v4/groups/|/groups/[^/\s]+/(?:-/)?packages")


@check(
    "gitlab-id-token",
    expects="The publishing job gets an identity token under the name that clients look for",
    remedy="Add `id_tokens: {PYPI_ID_TOKEN: {aud: pypi}}` to the job (or TESTPYPI_ID_TOKEN).",
    docs=_USING,
)
def gitlab_id_token(facts: Facts) -> Answers:
    """
    Twine, uv and PDM look for one variable, named after the index's audience. Under another name,
    or for another audience, they find nothing, or PyPI refuses what they find.
    """
    jobs = _jobs(facts)
    if not jobs:
        yield _nothing(facts)
    for job, view in jobs:
        for upload in job.uploads:
            if job.logs_in_by_file(upload):
                yield skipped(f"{job.said} logs in by a file that it writes", upload.place)
            else:
                yield _identity(job, view, upload)


@check(
    "gitlab-rules",
    expects="The pipeline of a tag has the publishing job",
    remedy="Write `rules: [{if: $CI_COMMIT_TAG}]`, and protect the tags in the project's settings.",
    docs=_RULES,
)
def gitlab_rules(facts: Facts) -> Answers:
    """
    In the pipeline of a tag the ref name is the tag and there is no branch: a rule that asks for
    the tag and for `main` at once is never true, and the job never runs.
    """
    jobs = _jobs(facts)
    if not jobs:
        yield _nothing(facts)
        return
    tag = release_tags(facts).likely[0]
    for job, view in jobs:
        yield _ruled(job, view, tag)


@check(
    "gitlab-overriding-variables",
    expects="No variable stands in the way of the identity token",
    remedy="Remove the variable from the file and from the project's CI/CD settings.",
    docs=_USING,
)
def gitlab_overriding_variables(facts: Facts) -> Answers:
    """A client that is given a password does not ask for an identity; it uses the password."""
    jobs = [(job, view) for job, view in _jobs(facts) if view.id_tokens]
    if not jobs:
        yield skipped("no GitLab job asks for an identity token")
    for job, _ in jobs:
        found = [
            (upload, item)
            for upload in job.uploads
            for item in upload.credentials
            if upload.on_public_index and not job.exchanges_by_hand
        ]
        for upload, item in found:
            because = f"{job.said}: {item.name} overrides the identity token of {upload.tool}"
            yield failed(because, item.place)
        if not found:
            yield passed(f"{job.said} sets no password beside the identity token", job.place)


@check(
    "gitlab-upload-url",
    expects="An upload to GitLab's own registry goes to a project",
    remedy="Upload to `${CI_API_V4_URL}/projects/${CI_PROJECT_ID}/packages/pypi`.",
    docs=_REGISTRY,
)
def gitlab_upload_url(facts: Facts) -> Answers:
    """The registry of a group can only be read."""
    jobs = publishing(facts)
    texts = [(job, upload, _address(job, upload)) for job in jobs for upload in job.uploads]
    looked = [(job, upload, text) for job, upload, text in texts if "packages/pypi" in text]
    if not looked:
        yield skipped("no job uploads to a registry of GitLab")
    for job, upload, text in looked:
        if _GROUP.search(text):
            yield failed(f"{job.said} uploads to a group, which takes no packages", upload.place)
        elif "packages/pypi/simple" in text:
            yield failed(f"{job.said} uploads to the Simple index, which is read", upload.place)
        else:
            yield passed(f"{job.said} uploads to a project", upload.place)


@check(
    "gitlab-protection",
    expects="Only protected tags, or a protected environment, reach the publishing job",
    remedy="Give the job an `environment:`; protect it and the tags in the project's settings.",
    docs="https://docs.gitlab.com/ci/environments/protected_environments/",
)
def gitlab_protection(facts: Facts) -> Answers:
    """
    Whoever may push a branch may edit the rules of its pipeline, and every job of the pipeline can
    ask for the identity. What protects is a setting of the project; the file only names it.
    """
    jobs = [(job, view) for job, view in _jobs(facts) if view.id_tokens or job.uses_oidc]
    if not jobs:
        yield skipped("no GitLab job publishes with an identity")
    for job, view in jobs:
        asked = [condition.text for condition in view.said_conditions]
        if view.environment is not None:
            yield passed(f"{job.said} runs in an environment, which can be protected", job.place)
        elif any("CI_COMMIT_REF_PROTECTED" in text for text in asked):
            yield passed(f"{job.said} asks for a protected ref", job.place)
        else:
            yield skipped(f"{job.said}: publish-environment says what is missing", job.place)


def _jobs(facts: Facts) -> tuple[tuple[PublishingJob, GitlabJob], ...]:
    return facts.pipelines.on_gitlab if facts.pipelines is not None else ()


def _nothing(facts: Facts) -> Verdict:
    if facts.pipelines is None or facts.pipelines.gitlab is None:
        return skipped("the project has no pipeline on GitLab")
    return skipped("no job of the GitLab pipeline publishes")


def _identity(job: PublishingJob, view: GitlabJob, upload: Upload) -> Verdict:
    wanted = _VARIABLES.get(str(upload.index))
    if wanted is None:
        return skipped(f"{job.said} uploads to an index of its own", upload.place)
    audience = str(upload.index)
    if job.exchanges_by_hand:
        return passed(f"{job.said} exchanges its identity by a command", upload.place)
    named = view.id_tokens.get(wanted)
    if named is not None:
        if named[0] == (audience,):
            return passed(f"{job.said} has {wanted} for {audience}", Place(view.file, named[1]))
        shown = ", ".join(named[0]) or "none"
        because = f"{job.said}: {wanted} is for the audience {shown}, the index asks for {audience}"
        return failed(because, Place(view.file, named[1]))
    others = [name for name, (words, _) in view.id_tokens.items() if "sigstore" not in words]
    if upload.credentials and not others:
        return skipped(f"{job.said} publishes with a password", upload.place)
    if others:
        line = view.id_tokens[others[0]][1]
        because = f"{job.said} names its identity {others[0]}: {_NOT_FOUND.format(wanted)}"
        return failed(because, Place(view.file, line), f"Name it {wanted}, with `aud: {audience}`.")
    if not upload.asks_for_identity:
        return skipped(f"{job.said}: {upload.tool} asks for no identity", upload.place)
    # The password may be a variable of the project's settings, which no file shows.
    because = f"{job.said} has neither an identity nor a password that can be seen"
    return warned(f"{because}: {_NOT_FOUND.format(wanted)}", job.place)


def _ruled(job: PublishingJob, view: GitlabJob, tag: str) -> Verdict:
    answers = [(case, view.runs(case)) for case in cases(tag)]
    ways = [case for case, answer in answers if answer is not False]
    by_tag = [case for case in ways if case.tag]
    if by_tag:
        missing = _missing_before(job, view, by_tag[0])
        if missing is not None:
            return failed(f"{job.said} runs on {by_tag[0].said}: {missing}", job.place)
        return passed(f"{job.said} runs on {by_tag[0].said}", job.place)
    condition = next((item for item in view.said_conditions if "CI_COMMIT_TAG" in item.text), None)
    place = Place(view.file, condition.line) if condition is not None else job.place
    meant = condition is None or (bool(ways) and _excludes_tags(view, ways[0]))
    if ways and meant and _uploads_unasked(job, view, ways[0]):
        because = f"{job.said} uploads on {ways[0].said}, and no tag starts it"
        return warned(because, job.place)
    if ways and meant:
        return passed(f"{job.said} runs on {ways[0].said}, not on a tag", job.place)
    if condition is not None:
        shown = " ".join(condition.text.split())[:120]
        return failed(f"{job.said}: `{shown}` is never true in the pipeline of a tag", place)
    return failed(f"{job.said} is part of no pipeline", place)


def _missing_before(job: PublishingJob, view: GitlabJob, case: Case) -> str | None:
    """Say what the job needs and the pipeline of this case has not."""
    jobs = {one.name: one for one in view.pipeline.jobs}
    absent = (name for name in view.needs if name in jobs and jobs[name].runs(case) is False)
    name = next(absent, None)
    if name is not None:
        return (
            f"'{job.job}' job needs '{name}' job, but '{name}' does not exist in the pipeline. "
            "This might be because of the only, except, or rules keywords."
        )
    makers = [one for one in view.pipeline.jobs if one.name != view.name and one.keeps_files]
    scripts = (line.text for line in view.script)
    builds = any(text_builds(text) or _BRINGS_FILES.search(text) for text in scripts)
    if makers and not builds and all(one.runs(case) is False for one in makers):
        return f"{makers[0].name}, which makes the files, is not part of that pipeline"
    return None


def _uploads_unasked(job: PublishingJob, view: GitlabJob, case: Case) -> bool:
    """Return whether every push or merge request uploads to PyPI, a release or not."""
    if job.index != PYPI or view.waits_for_a_person:
        return False
    return case.source in ("push", "merge_request_event") and not any(
        upload.skips_existing or upload.via for upload in job.uploads
    )


def _excludes_tags(view: GitlabJob, case: Case) -> bool:
    """Return whether the job is meant for branches: its rules keep tags out on purpose."""
    return any(
        re.search(r"CI_COMMIT_TAG\}?\s*==\s*null|!\s*\$\{?CI_COMMIT_TAG", item.text)
        or _never(view, item.text)
        for item in view.said_conditions
    ) and bool(case.branch)


def _never(view: GitlabJob, condition: str) -> bool:
    rules = view.pipeline.rules(view.get("rules"))
    for rule in rules:
        said, when = rule.get("if"), rule.get("when")
        if getattr(said, "text", None) == condition:
            return getattr(when, "text", None) == "never" and "CI_COMMIT_TAG" in condition
    return False


def _address(job: PublishingJob, upload: Upload) -> str:
    """Return all that may hold the address of an upload: its words, and the variables."""
    named = ("TWINE_REPOSITORY_URL", "UV_PUBLISH_URL", "PDM_PUBLISH_REPO", "FLIT_INDEX_URL")
    variables = job.gitlab.variables if job.gitlab is not None else {}
    values = [variables[name].text for name in named if name in variables]
    return " ".join([*upload.words, str(upload.index), *values])
