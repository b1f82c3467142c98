"""Compiled code: does the workflow make wheels of it that PyPI takes?"""

from collections.abc import Iterator

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.workflow_build import release_jobs
from pypi_publish.preflight.workflow_trigger import nothing_to_judge
from pypi_publish.verdict import Verdict, failed, passed, skipped, warned
from pypi_publish.workflow.github import GithubJob, GithubStep
from pypi_publish.workflow.handover import builds
from pypi_publish.workflow.shell import commands, program

# Each makes wheels that say which systems they run on, or mends those that do not.
_REPAIRS = ("cibuildwheel", "auditwheel", "repairwheel", "manylinux", "musllinux", "maturin build")
_ONLY_SDIST = {"--sdist", "-s", "sdist"}


@check(
    "compiled-wheels",
    expects="Wheels with compiled code are built for systems that PyPI knows",
    remedy="Build them with cibuildwheel (assets/publish-native.yml), or repair them with "
    "auditwheel, and upload those.",
    docs="https://packaging.python.org/en/latest/guides/packaging-binary-extensions/",
)
def compiled_wheels(facts: Facts) -> Answers:
    """
    A wheel that was built on a Linux machine as it is has the tag `linux_x86_64`, which says
    nothing of what else it needs. PyPI refuses it; the sdist beside it may be up already.
    """
    compiled = facts.project.compiled if facts.project is not None else None
    if compiled is None:
        yield skipped("nothing says that there is compiled code")
        return
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    jobs = release_jobs(facts.pipelines)
    if any(_repairs(job) for job in jobs):
        yield passed("the wheels are built or repaired for known systems")
        return
    found = [verdict for job in jobs for verdict in _unrepaired(job, compiled.text)]
    yield from found or [skipped("no job of the release builds a wheel by a known command")]


def _unrepaired(job: GithubJob, compiled: str) -> Iterator[Verdict]:
    step = next((step for step in job.steps if _makes_wheel(step)), None)
    runners = [runner.text.lower() for runner in job.runners]
    if step is None or job.job.container is not None or not runners:
        return
    because = f"job {job.name} builds a wheel with compiled code ({compiled}) as it is"
    if any(runner.startswith("ubuntu") for runner in runners):
        yield failed(
            f"{because}: Binary wheel '...-linux_x86_64.whl' has an unsupported platform tag"
            " 'linux_x86_64'.",
            step.place,
        )
    elif any("linux" in runner or "${{" in runner for runner in runners):
        yield warned(f"{because}; PyPI refuses it where that is on Linux", step.place)


def _repairs(job: GithubJob) -> bool:
    """Whether a step knows of platform tags, or may: an action is not looked into."""
    for step in job.steps:
        if step.action and builds(step):
            return True
        if step.run is not None and any(word in step.run.text for word in _REPAIRS):
            return True
    return False


def _makes_wheel(step: GithubStep) -> bool:
    if step.run is None or not builds(step):
        return False
    built = [program(command.words) for command in commands(step.run.text)]
    said = {word for words in built if "build" in words[:2] for word in words}
    return not said & _ONLY_SDIST or "--wheel" in said
