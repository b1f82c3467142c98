"""The run as a whole: does it end, does it wait for the wrong thing, does it look at the result?"""

import re

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.workflow_trigger import github_jobs, nothing_to_judge
from pypi_publish.verdict import Place, passed, warned
from pypi_publish.workflow.uploads import TESTPYPI

_VERIFIES = re.compile(
    r"verify-on-pypi|pypi\.org/(?:pypi|simple|project|integrity)|pypi-attestations|"
    r"pip3?\s+(?:install|download|index)\b[^\n]{0,300}==|uv\s+pip\s+install\b[^\n]{0,300}==|"
    r"gh attestation verify"
)
# A group of its own for every tag: only the same tag again would cancel it.
_ONE_TAG = re.compile(r"github\.(?:ref|ref_name|sha|run_id)\b")
_WAITS = re.compile(r"\b(?:while|until)\b|\bsleep\b")


@check(
    "verified-afterwards",
    expects="The workflow looks whether the release can be had from the index",
    remedy="Add a job after the upload that compares the files on the index with the build.",
    docs="https://docs.pypi.org/api/",
)
def verified_afterwards(facts: Facts) -> Answers:
    """
    A green upload step says that files were sent. Stale index pages, a skipped upload or a missing
    wheel show only to those who install.
    """
    jobs = [(job, view) for job, view in github_jobs(facts) if job.index != TESTPYPI]
    if not jobs or facts.pipelines is None:
        yield nothing_to_judge(facts)
        return
    for found, view in {view.file: (job, view) for job, view in jobs}.values():
        workflow = view.workflow
        callers = [caller.workflow for caller in found.callers]
        every = [job for one in (workflow, *callers) for job in one.jobs.values()]
        texts = [
            (step.run.text if step.run is not None else step.action, step.place)
            for job in every
            for step in job.steps
        ]
        # Of a workflow that is called, its name tells; it may be in another repository.
        texts += [(job.uses.text, job.place) for job in every if job.uses]
        place = next((place for text, place in texts if _VERIFIES.search(text)), None)
        if place is not None:
            yield passed("a step looks at the index", place)
        else:
            yield warned("no step looks at the index after the upload", Place(workflow.file))


@check(
    "no-cancelled-upload",
    expects="A run that uploads is not cancelled by the next one",
    remedy="Set `cancel-in-progress: false` in the publishing workflow.",
    docs="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency",
)
def no_cancelled_upload(facts: Facts) -> Answers:
    """Files are sent one by one; a run that is stopped in between leaves half a release."""
    jobs = github_jobs(facts)
    if not jobs:
        yield nothing_to_judge(facts)
    for job, view in jobs:
        setting, group = view.cancels, view.concurrency_group
        if setting is not None and not _ONE_TAG.search(group):
            place = Place(view.file, setting.line, setting.column)
            yield warned(f"{job.said} is cancelled when another run of its group begins", place)
        else:
            yield passed(f"{job.said} is not cancelled by another run", job.place)


@check(
    "bounded-wait",
    expects="A publishing job that waits for something has a time limit",
    remedy="Add `timeout-minutes: 15` to the job.",
    docs="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes",
)
def bounded_wait(facts: Facts) -> Answers:
    """GitHub's own limit is six hours; so long a loop holds the release and the environment."""
    jobs = github_jobs(facts)
    if not jobs:
        yield nothing_to_judge(facts)
    for job, view in jobs:
        runs = [step for step in view.steps if step.run and _WAITS.search(step.run.text)]
        if view.timeout is not None:
            yield passed(f"{job.said} ends after {view.timeout.text} minutes at most", job.place)
        elif runs:
            yield warned(f"{job.said} waits in a loop and has no time limit", runs[0].place)
        else:
            yield passed(f"{job.said} does not wait for anything", job.place)


@check(
    "testpypi-in-the-way",
    expects="A failing upload to TestPyPI does not stop the release",
    remedy="Take the TestPyPI job out of `needs` of the job that publishes to PyPI.",
    docs="https://packaging.python.org/en/latest/guides/using-testpypi/",
)
def testpypi_in_the_way(facts: Facts) -> Answers:
    """
    TestPyPI is another server with its own accounts, names and outages; a file that was sent there
    once before is refused there, and the release waits for nothing.
    """
    jobs = [(job, view) for job, view in github_jobs(facts) if job.index != TESTPYPI]
    if not jobs:
        yield nothing_to_judge(facts)
    tests = {(job.file, job.job) for job, _ in github_jobs(facts) if job.index == TESTPYPI}
    for job, view in jobs:
        needed = [item for item in view.workflow.needed(view) if (item.file, item.name) in tests]
        if needed:
            yield warned(f"{job.said} needs {needed[0].name}, which uploads to TestPyPI", job.place)
        else:
            yield passed(f"{job.said} does not wait for TestPyPI", job.place)
