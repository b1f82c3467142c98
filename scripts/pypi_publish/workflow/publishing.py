"""Which jobs upload to a package index."""

from functools import lru_cache

from pypi_publish.workflow.model import Job, Step
from pypi_publish.workflow.shell import commands, options_and_rest, program

PUBLISH_ACTION = "pypa/gh-action-pypi-publish"
# Actions that upload: with which tool, and which inputs or variables carry a password or token.
ACTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    PUBLISH_ACTION: (PUBLISH_ACTION, ("password",)),
    "casperdcl/deploy-pypi": ("twine", ("password",)),
    "code-specialist/pypi-poetry-publish": ("poetry", ("publish_registry_password",)),
    "etils-actions/pypi-auto-publish": ("flit", ("pypi-token",)),
    "jrubics/poetry-publish": ("poetry", ("pypi_token",)),
    "jupyter-server/jupyter_releaser/.github/actions/finalize-release": ("twine", ("PYPI_TOKEN",)),
}
MATURIN_ACTIONS = {"messense/maturin-action", "pyo3/maturin-action"}
_COMMANDS = {
    ("flit", "publish"),
    ("hatch", "publish"),
    ("maturin", "publish"),
    ("maturin", "upload"),
    ("pdm", "publish"),
    ("poetry", "publish"),
    ("rye", "publish"),
    ("semantic-release", "publish"),
    ("twine", "upload"),
    ("uv", "publish"),
}
_ONLY_TRIES = "--dry-run"


def publishes(job: Job) -> bool:
    """Return whether a job uploads to an index, by an action or by a command."""
    return any(_publishes(step) for step in job.steps)


def is_upload_command(words: tuple[str, ...]) -> bool:
    """Return whether the words of a program, as `shell.program` gives them, upload."""
    if not words:
        return False
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if words[0] == "setup.py" or words[1:2] == ("setup.py",):
        return "upload" in verbs
    verb = options_and_rest(words[1:])[1][:1]
    return (words[0].rpartition("/")[2], *verb) in _COMMANDS


def _publishes(step: Step) -> bool:
    if step.uses is not None:
        action = step.uses.text.strip().partition("@")[0].lower()
        if action in MATURIN_ACTIONS:
            return (step.input("command") or "").strip() in ("publish", "upload")
        return action in ACTIONS
    return step.run is not None and _uploads(step.run.text)


@lru_cache(maxsize=1_000)  # an alias repeats a step as often as it likes
def _uploads(run: str) -> bool:
    if "publish" not in run and "upload" not in run:
        return False
    programs = (program(command.words) for command in commands(run))
    return any(is_upload_command(words) and _ONLY_TRIES not in words for words in programs)
