"""Runs that are stuck rather than failed: what the states of their jobs and steps tell."""

import re
from collections.abc import Iterator
from typing import Any

from pypi_publish.report.answer import Answer, Evidence

_PUBLISHES = re.compile(r"publish|pypi|upload|twine|release", re.IGNORECASE)
_UPLOADS = re.compile(r"publish|pypi|upload (?!artifact)|twine|gh-action-pypi", re.IGNORECASE)
_DOCS = "https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/"


def stuck(view: Any) -> Answer | None:
    """Explain a run that waits or left the upload out; None for one that failed or worked."""
    if not isinstance(view, dict):
        return None
    jobs = [job for job in view.get("jobs") or () if isinstance(job, dict)]
    status, conclusion = view.get("status"), view.get("conclusion")
    if status == "waiting" or any(job.get("status") == "waiting" for job in jobs):
        return _waiting(jobs)
    if status in ("queued", "requested", "pending", "in_progress"):
        return _unfinished(status, jobs)
    if conclusion in ("cancelled", "timed_out", "stale") and not _failed(jobs):
        return _ended_early(conclusion, jobs)
    if conclusion in ("success", "skipped", "neutral"):
        return _left_out(jobs)
    return None


def _failed(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [job for job in jobs if job.get("conclusion") == "failure"]


def _names(jobs: list[dict[str, Any]]) -> str:
    return ", ".join(repr(str(job.get("name"))) for job in jobs) or "a job"


def _seen(job: dict[str, Any], step: dict[str, Any] | None = None) -> Evidence:
    of_step = (
        f", step {step.get('name')!r}: {step.get('conclusion') or step.get('status')}"
        if step
        else ""
    )
    state = job.get("conclusion") or job.get("status")
    return Evidence(line=None, text=f"job {job.get('name')!r}: {state}{of_step}")


def _waiting(jobs: list[dict[str, Any]]) -> Answer:
    waiting = [job for job in jobs if job.get("status") == "waiting"]
    return Answer(
        class_="waiting-for-approval",
        category="environment-gate",
        title="The run waits for somebody to approve the deployment",
        summary=(
            f"{_names(waiting)} has not begun: the environment asks for a review, or for "
            f"a time to pass, before it runs. Nothing failed."
        ),
        fix=(
            (
                "Have one of the environment's reviewers open the run's page, choose "
                "`Review deployments` and approve it."
            ),
            "If nobody can: correct the required reviewers under Settings, Environments.",
        ),
        retry="wait",
        confidence="high",
        evidence=tuple(_seen(job) for job in waiting),
        docs=_DOCS + "review-deployments",
    )


def _unfinished(status: str, jobs: list[dict[str, Any]]) -> Answer:
    open_jobs = [job for job in jobs if job.get("status") != "completed"]
    return Answer(
        class_="run-not-finished",
        category="unknown",
        title="The run has not ended yet",
        summary=f"The run is {status.replace('_', ' ')}; {_names(open_jobs)} is still open.",
        fix=(
            (
                "Wait until the run has ended and diagnose it then. A job that stays "
                "queued finds no runner with its labels."
            ),
        ),
        retry="wait",
        confidence="high",
        evidence=tuple(_seen(job) for job in open_jobs),
    )


def _ended_early(conclusion: str, jobs: list[dict[str, Any]]) -> Answer:
    ended = [job for job in jobs if job.get("conclusion") == conclusion]
    return Answer(
        class_="run-" + conclusion.replace("_", "-"),
        category="not-a-publish-failure",
        title="The run was ended before it was done",
        summary=(
            f"{_names(ended)} was ended ({conclusion.replace('_', ' ')}): by hand, by a "
            f"newer run of its concurrency group, or by a time limit."
        ),
        fix=(
            "Give the publishing job a concurrency group without `cancel-in-progress: true`.",
            "Look on the index which files arrived, then run the job again.",
        ),
        retry="rerun-same-version",
        confidence="high",
        evidence=tuple(_seen(job) for job in ended),
    )


def _left_out(jobs: list[dict[str, Any]]) -> Answer | None:
    skipped = list(_skipped(jobs))
    ran = any(
        step.get("conclusion") == "success" and _UPLOADS.search(str(step.get("name")))
        for job in jobs
        for step in job.get("steps") or ()
    )
    if not skipped or ran:
        return None
    return Answer(
        class_="upload-skipped",
        category="client-config",
        title="The upload was skipped by its condition",
        summary=(
            "The run is green, and nothing was uploaded: the condition of the publishing "
            "job or step was not met, or a job that it needs was skipped."
        ),
        fix=(
            (
                "Compare the `if:` of that job and step with the event and the ref of "
                "this run (a tag condition is never met by a push to a branch)."
            ),
            "Then start a run that meets it: push the release tag, or publish the release.",
        ),
        retry="fix-config-then-rerun",
        confidence="high",
        evidence=tuple(skipped),
        docs="https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-jobs-with-conditions",
    )


def _skipped(jobs: list[dict[str, Any]]) -> Iterator[Evidence]:
    for job in jobs:
        if job.get("conclusion") == "skipped" and _PUBLISHES.search(str(job.get("name"))):
            yield _seen(job)
        for step in job.get("steps") or ():
            if step.get("conclusion") == "skipped" and _UPLOADS.search(str(step.get("name"))):
                yield _seen(job, step)
