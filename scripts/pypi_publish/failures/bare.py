"""A refusal without its reason: chooses what the rest of the log makes likely, with its doubt."""

import re
from dataclasses import dataclass

from pypi_publish.failures.story import Refusal, Story, is_private

_READ = "and read the reason between `<title>` and `</title>` of the response."
_TWINE = "`twine upload --verbose dist/*` (`verbose: true` in the publish action)"
_ASK = {
    "gh-action-pypi-publish": f"Set `verbose: true` on the publish step, run it again {_READ}",
    "twine": f"Upload again with {_TWINE} {_READ}",
    "poetry": f"Run `poetry publish -vvv`, or upload the same files with {_TWINE}, {_READ}",
    "pdm": f"Run `pdm publish -vv`, or upload the same files with {_TWINE}, {_READ}",
}
_OTHERWISE = f"This client does not show the reason: upload the same files with {_TWINE} {_READ}"
_NAMES = {"pypi": "PyPI", "testpypi": "TestPyPI", None: "The index"}
_LOCAL = re.compile(r"-(\d[\w.]*\+[\w.]+?)(?=-|\.tar|\.zip|\s|$)")
_PLAIN_LINUX = re.compile(r"\S+-linux_(?:x86_64|aarch64|i686|ppc64le|s390x)\.whl")
# By status: the entry of the catalogue for PyPI, and the one for other indexes.
_BY_STATUS = {
    401: ("bare-403", "private-index-unauthorized"),
    403: ("bare-403", "private-index-forbidden"),
    404: ("wrong-upload-address", "private-index-wrong-address"),
    405: ("wrong-upload-address", "private-index-wrong-address"),
    409: ("conflict-file-exists", "conflict-file-exists"),
    413: ("bare-413", "bare-413"),
    422: ("bare-422", "bare-422"),
    429: ("bare-429", "bare-429"),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """An entry of the catalogue, and what is filled into its sentences."""

    name: str
    refusal: Refusal
    index: str
    ask: str
    seen: str = ""

    def filled(self, text: str) -> str:
        for name in ("index", "ask", "seen"):
            text = text.replace(f"{{{name}}}", getattr(self, name))
        return text.replace("{status}", str(self.refusal.status))


def guess(story: Story) -> Guess:
    """Explain the foremost refusal of a log."""
    refusal = _foremost(story)
    name, seen = _bad_request(story), ""
    if refusal.status >= 500:
        name = "index-server-error"
    elif refusal.status in _BY_STATUS:
        # PyPI never answers 401, so an index that is not named is another one.
        known = story.index is not None or refusal.status != 401
        name = _BY_STATUS[refusal.status][is_private(story.index) or not known]
    elif name in _SEEN:
        seen = _first(_SEEN[name], " ".join(story.files))
    client = next(iter(story.clients), "twine")
    index = _NAMES.get(story.index, str(story.index))
    return Guess(name, refusal, index, _ASK.get(client, _OTHERWISE), seen)


def _foremost(story: Story) -> Refusal:
    """A request that is refused for good says more than one that is repeated."""
    return next((item for item in story.refusals if item.is_final), story.refusals[0])


def _bad_request(story: Story) -> str:
    files = " ".join(story.files)
    if _LOCAL.search(files) and not is_private(story.index):
        return "bare-400-local-version"
    if _PLAIN_LINUX.search(files) and not is_private(story.index):
        return "bare-400-platform-tag"
    if is_private(story.index):
        return "bare-400-private-index"
    return "bare-400-file-exists" if story.skipped else "bare-400"


def _first(pattern: re.Pattern[str], files: str) -> str:
    found = pattern.search(files)
    return found[found.re.groups] if found else ""


_SEEN = {
    "bare-400-local-version": _LOCAL,
    "bare-400-platform-tag": _PLAIN_LINUX,
}
