"""Which jobs upload to a package index."""

from pypi_publish.workflow.model import Job
from pypi_publish.workflow.shell import commands, program

PUBLISH_ACTION = "pypa/gh-action-pypi-publish"
_ACTIONS = {
    PUBLISH_ACTION,
    "code-specialist/pypi-poetry-publish",
    "etils-actions/pypi-auto-publish",
    "jrubics/poetry-publish",
    "python-semantic-release/upload-to-gh-release",
}
_COMMANDS = {
    ("flit", "publish"),
    ("hatch", "publish"),
    ("maturin", "publish"),
    ("maturin", "upload"),
    ("pdm", "publish"),
    ("poetry", "publish"),
    ("semantic-release", "publish"),
    ("twine", "upload"),
    ("uv", "publish"),
}


def publishes(job: Job) -> bool:
    """Return whether a job uploads to an index, by an action or by a command."""
    return any(
        (step.uses is not None and _is_publish_action(step.uses.text))
        or (step.run is not None and _uploads(step.run.text))
        for step in job.steps
    )


def _is_publish_action(uses: str) -> bool:
    return uses.strip().partition("@")[0].lower() in _ACTIONS


def _uploads(run: str) -> bool:
    if "publish" not in run and "upload" not in run:
        return False
    return any(_is_upload(program(command.words)) for command in commands(run))


def _is_upload(words: tuple[str, ...]) -> bool:
    if not words:
        return False
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if words[0] == "setup.py" or words[1:2] == ("setup.py",):
        return "upload" in verbs
    return bool(verbs) and (words[0].rpartition("/")[2], verbs[0]) in _COMMANDS
