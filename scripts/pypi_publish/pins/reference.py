"""What a reference in a workflow means: an action, an image, something of the same repository."""

import re
from dataclasses import dataclass

from pypi_publish.workflow.model import UsedAs

_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_SHORT_COMMIT = re.compile(r"(?=.*\d)[0-9a-fA-F]{7,39}")
_DIGEST = re.compile(r"@sha256:[0-9a-fA-F]{64}\Z")
_OWNER_OR_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Local:
    """Part of the same repository, so it changes only when the repository does."""

    path: str


@dataclass(frozen=True, slots=True)
class Image:
    """A container image."""

    name: str
    has_digest: bool


@dataclass(frozen=True, slots=True)
class Action:
    """An action or a reusable workflow of a repository, at a ref."""

    owner: str
    repository: str
    path: str  # within the repository; empty for its root
    ref: str

    @property
    def slug(self) -> str:
        """Return `owner/repository`, which GitHub does not tell apart by case."""
        return f"{self.owner}/{self.repository}"

    @property
    def name(self) -> str:
        return f"{self.slug}/{self.path}" if self.path else self.slug

    @property
    def is_commit(self) -> bool:
        return _COMMIT.fullmatch(self.ref) is not None

    @property
    def looks_like_short_commit(self) -> bool:
        return _SHORT_COMMIT.fullmatch(self.ref) is not None


@dataclass(frozen=True, slots=True)
class Invalid:
    """Nothing that GitHub would run, and why."""

    text: str
    reason: str


Reference = Local | Image | Action | Invalid


def parse(text: str, used_as: UsedAs) -> Reference:
    """Read the value of `uses:`, or the name of an image."""
    text = text.strip()
    if used_as in (UsedAs.CONTAINER, UsedAs.SERVICE):
        return _image(text.removeprefix("docker://"))
    if text.startswith("docker://"):
        return _image(text.removeprefix("docker://"))
    if used_as is UsedAs.ACTION_IMAGE:
        return Local(text)
    if text.startswith("$/"):
        if "@" in text:
            return Invalid(text, "$/ is the running commit and takes no @ref")
        return Local(text)
    if text.startswith(("./", ".\\")):
        if used_as is UsedAs.JOB and "@" in text:
            return Invalid(text, "a workflow of the same repository takes no @ref")
        return Local(text)
    return _action(text)


def _image(name: str) -> Reference:
    if not name:
        return Invalid("docker://", "no image is named")
    return Image(name, _DIGEST.search(name) is not None)


def _action(text: str) -> Reference:
    # As the runner does: exactly one @, and at least an owner and a repository before it.
    name, *refs = text.split("@")
    if not refs or not refs[0]:
        return Invalid(text, "no @ref: GitHub refuses to run it")
    if len(refs) > 1:
        return Invalid(text, "more than one @: GitHub refuses to run it")
    parts = re.split(r"[/\\]", name)
    if len(parts) < 2 or not all(parts):
        return Invalid(text, "not of the form owner/repository@ref")
    if not all(_OWNER_OR_REPOSITORY.fullmatch(part) for part in parts[:2]):
        return Invalid(text, "not the name of a repository on GitHub")
    return Action(parts[0], parts[1], "/".join(parts[2:]), refs[0])
