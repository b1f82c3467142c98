"""What a reference in a workflow means: an action, an image, something of the same repository."""

import re
from dataclasses import dataclass
from functools import lru_cache

from pypi_publish.workflow.model import UsedAs

_DOCKER = "docker://"
_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_SHORT_COMMIT = re.compile(r"(?=[a-fA-F]*[0-9])[0-9a-fA-F]{7,39}")
_DIGEST = re.compile(r"[^@\s]@(?:sha256:[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128})\Z")
_OWNER_OR_REPOSITORY = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]+")
_DOCKERFILE = re.compile(r"(?:.*/)?(?:[Dd]ockerfile\..*|[^/]*[Dd]ockerfile)")


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
class Unnamed:
    """An expression in the place of a name: what would be run, the file does not say."""

    text: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """Nothing that GitHub would run, and why."""

    text: str
    reason: str


Reference = Local | Image | Action | Unnamed | Invalid


@lru_cache(4096)
def parse(text: str, used_as: UsedAs) -> Reference:
    """Read the value of `uses:`, or the name of an image."""
    text = text.strip()
    if used_as in (UsedAs.CONTAINER, UsedAs.SERVICE):
        return _image(text.removeprefix(_DOCKER))
    if used_as is UsedAs.ACTION_IMAGE:
        return _image_of_action(text)
    if used_as is UsedAs.STEP and text.startswith(_DOCKER):
        return _image(text.removeprefix(_DOCKER))
    if text.startswith("$/"):
        return _of_running_commit(text)
    if text.startswith("./") or (used_as is UsedAs.STEP and text.startswith(".\\")):
        if used_as is UsedAs.JOB and "@" in text:
            return Invalid(text, "a workflow of the same repository takes no @ref")
        return Local(text)
    return _action(text)


def _image(name: str) -> Reference:
    if not name.partition("@")[0]:
        return Invalid(_DOCKER + name, "no image is named")
    return Image(name, _DIGEST.search(name) is not None)


def _image_of_action(text: str) -> Reference:
    # As the runner does: here, and only here, it does not mind the case of docker://.
    if text[: len(_DOCKER)].lower() == _DOCKER:
        return _image(text[len(_DOCKER) :])
    if _DOCKERFILE.fullmatch(text):
        return Local(text)
    return Invalid(text, "neither a Dockerfile of the action nor docker://image")


def _of_running_commit(text: str) -> Reference:
    if "@" in text:
        return Invalid(text, "$/ is the running commit and takes no @ref")
    return Local(text)


def _action(text: str) -> Reference:
    # As the runner does: exactly one @, and at least an owner and a repository before it.
    name, *refs = text.split("@")
    if "${{" in (text if len(refs) != 1 else name):
        return Unnamed(text)
    if not refs or not refs[0]:
        return Invalid(text, "no @ref: GitHub refuses to run it")
    if len(refs) > 1:
        return Invalid(text, "more than one @: GitHub refuses to run it")
    parts = [part for part in re.split(r"[/\\]", name) if part]
    if len(parts) < 2:
        return Invalid(text, "not of the form owner/repository@ref")
    if not all(_OWNER_OR_REPOSITORY.fullmatch(part) for part in parts[:2]):
        return Invalid(text, "not the name of a repository on GitHub")
    return Action(parts[0], parts[1], "/".join(parts[2:]), refs[0])
