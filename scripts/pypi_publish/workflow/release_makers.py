"""Steps that make a tag or a release with the run's own token, which starts no other workflow.

https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/trigger-a-workflow
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pypi_publish.verdict import Place
from pypi_publish.workflow.github import GithubJob, GithubStep, GithubWorkflow
from pypi_publish.workflow.nodes import Scalar

# The input that takes a token; each of these uses the run's own where it is given none.
_RELEASES = {
    "softprops/action-gh-release": "token",
    "ncipollo/release-action": "token",
    "googleapis/release-please-action": "token",
    "google-github-actions/release-please-action": "token",
    "python-semantic-release/python-semantic-release": "github_token",
}
_TAGS = {"mathieudutour/github-tag-action": "github_token"}
_OWN_TOKEN = re.compile(r"\bgithub\.token\b|\bsecrets\.GITHUB_TOKEN\b", re.IGNORECASE)
_CREATES = re.compile(
    r"\bgh\s{1,9}release\s{1,9}(?:-R\s{1,9}\S{1,150}\s{1,9})?create\b(?![^\n]{0,500}--draft)"
)
_PUSHES_TAG = re.compile(
    r"\bgit\s+push\b[^\n]{0,200}(?:--tags|--follow-tags|refs/tags|\$\{?\w{0,40}(?:tag|version))",
    re.IGNORECASE,
)
_MAKES_TAG = re.compile(r"\bgit\s+tag\s+(?:-[afsm]\b|--annotate|--force|--sign|[\w\"'$])")
_NO_RELEASE = re.compile(r"\b(?:nightly|latest|edge|continuous|unstable|dev|docs)\b")  # a tag
_STARTS_ANOTHER = re.compile(
    r"\bgh\s+workflow\s+run\b|/dispatches\b|workflow-dispatch|repository-dispatch"
)


@dataclass(frozen=True, slots=True)
class Maker:
    """A step that makes a release, a tag, or both."""

    place: Place
    file: str
    makes: frozenset[str]  # of "release" and "push": the events that would have followed


def makers_of(workflow: GithubWorkflow) -> Iterator[Maker]:
    """Yield the steps of a workflow whose tag or release starts nothing."""
    events = {trigger.event for trigger in workflow.triggers} - {"release", "workflow_call"}
    if not events or _STARTS_ANOTHER.search(workflow.document.text):
        return  # what it makes was there before, or it starts the next workflow by itself
    has_tag = events == {"push"} and not any(t.takes_branches for t in workflow.triggers)
    for job in workflow.jobs.values():
        for step in job.steps:
            made = _made(step, job)
            if has_tag:
                made -= {"push"}
            if made:
                yield Maker(step.place, workflow.file, frozenset(made))


def _made(step: GithubStep, job: GithubJob) -> set[str]:
    env = {**job.env, **step.env}
    tag = step.input("tag_name", "tag") or step.run
    if tag is not None and _NO_RELEASE.search(tag.text):
        return set()
    if step.action in _RELEASES:
        draft = step.input("draft")
        made = set() if draft is not None and draft.text.strip() != "false" else {"release", "push"}
        return made if _is_own(step.input(_RELEASES[step.action]), default=True) else set()
    if step.action in _TAGS:
        return {"push"} if _is_own(step.input(_TAGS[step.action]), default=False) else set()
    text = step.run.text if step.run is not None else ""
    if _CREATES.search(text.replace("\\\n", " ")) and _is_own(_of_gh(env), default=False):
        return {"release", "push"}
    pushes = _PUSHES_TAG.search(text) or (_MAKES_TAG.search(text) and "git push" in text)
    return {"push"} if pushes and _pushes_with_own_token(job, text) else set()


def _of_gh(env: Mapping[str, Scalar]) -> Scalar | None:
    return env.get("GH_TOKEN") or env.get("GITHUB_TOKEN")


def _is_own(token: Scalar | None, *, default: bool) -> bool:
    return default if token is None else _OWN_TOKEN.search(token.text) is not None


def _pushes_with_own_token(job: GithubJob, text: str) -> bool:
    """Return whether git has the run's own token: the one that the checkout leaves behind."""
    checkouts = [step for step in job.steps if step.action == "actions/checkout"]
    given = [step.input("token", "ssh-key") for step in checkouts]
    own = all(token is None or _OWN_TOKEN.search(token.text) for token in given)
    return bool(checkouts) and own and "@github.com" not in text
