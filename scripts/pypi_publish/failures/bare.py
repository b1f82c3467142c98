"""A refusal without its reason: what the rest of the log makes likely, said with its doubt."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pypi_publish.failures.match import Hit
from pypi_publish.failures.story import Refusal, Story, is_private
from pypi_publish.report.answer import Category, Confidence, Retry

_ASK = {
    "gh-action-pypi-publish": "Set `verbose: true` on the publish step and run it again: the reason is then in the response, between `<title>` and `</title>`.",
    "twine": "Upload again with `twine upload --verbose` (`verbose: true` in the publish action): the reason is between `<title>` and `</title>` of the response.",
    "hatch": "hatch does not print the reason: upload the same files with `twine upload --verbose dist/*` (the counterpart of `verbose: true` in the publish action) and read the text between `<title>` and `</title>`.",
    "flit": "flit shows only the status line: upload the same files with `twine upload --verbose dist/*` (the counterpart of `verbose: true` in the publish action) and read the text between `<title>` and `</title>`.",
    "pdm": "Run `pdm publish -vv`, or upload the same files with `twine upload --verbose dist/*` (the counterpart of `verbose: true` in the publish action), and read the text between `<title>` and `</title>`.",
    "poetry": "Run `poetry publish -vvv`, or upload the same files with `twine upload --verbose dist/*` (the counterpart of `verbose: true` in the publish action), and read the text between `<title>` and `</title>`.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a bare status most likely means."""

    name: str
    category: Category
    title: str
    summary: str
    fix: tuple[str, ...]
    retry: Retry
    confidence: Confidence


def guess(story: Story) -> tuple[Guess, Refusal]:
    """Explain the last refusal of a log."""
    refusal = _foremost(story)
    ask = _ASK.get(next(iter(story.clients), "twine"), _ASK["twine"])
    by_status: dict[int, Callable[[Story, Refusal, str], Guess]] = {
        400: _bad_request,
        401: _unauthorized,
        403: _forbidden,
        404: _no_such_address,
        405: _no_such_address,
        409: _conflict,
        413: _too_large,
        422: _unprocessable,
        429: _too_many,
    }
    explain = by_status.get(refusal.status, _broken if refusal.status >= 500 else _bad_request)
    return explain(story, refusal, ask), refusal


def _foremost(story: Story) -> Refusal:
    """A request that is refused for good says more than one that is repeated."""
    final = [item for item in story.refusals if item.status < 500 and item.status != 429]
    return (final or story.refusals)[0]


def _where(story: Story, refusal: Refusal) -> str:
    index = story.index
    return {"pypi": "PyPI", "testpypi": "TestPyPI", None: "The index"}.get(index, f"{index}")


def _bad_request(story: Story, refusal: Refusal, ask: str) -> Guess:
    files = " ".join(story.files)
    local = re.search(r"-\d[\w.]*\+[\w.]+", files)
    if local:
        return Guess(
            name="bare-400-local-version",
            category="metadata",
            title="The version has a local part, which the index refuses",
            summary=f"{_where(story, refusal)} answered {refusal.status} without a reason; a file name carries a local"
            f" version ({local[0][1:]}), and local versions are never accepted.",
            fix=(
                ask,
                "Build from a clean checkout of the tag with its whole history (`fetch-depth: 0`), so that the version has no `+` part.",
                "Upload the new files; nothing was used up by the refusal.",
            ),
            retry="fix-config-then-rerun",
            confidence="medium",
        )
    plain_linux = re.search(r"\S+-linux_(?:x86_64|aarch64|i686|ppc64le|s390x)\.whl", files)
    if plain_linux:
        return Guess(
            name="bare-400-platform-tag",
            category="filename",
            title="The wheel has a plain linux platform tag, which the index refuses",
            summary=f"{_where(story, refusal)} answered {refusal.status} without a reason; {plain_linux[0]} has a platform tag that it does not accept.",
            fix=(
                ask,
                "Repair the wheel with auditwheel, or build it with cibuildwheel, so that it gets a manylinux or musllinux tag.",
            ),
            retry="fix-config-then-rerun",
            confidence="medium",
        )
    if is_private(story.index):
        return Guess(
            name="bare-400-private-index",
            category="private-index",
            title="The index refused the upload without a reason",
            summary=f"{_where(story, refusal)} answered {refusal.status}. Private indexes do so for a file that exists already, a repository that takes no uploads, or metadata that they cannot read.",
            fix=(
                ask,
                "Look for the file on that index: if it is there, cut a new version or allow redeployment in the index's settings.",
                "Check that the address is the index's upload address, not its simple or group address.",
            ),
            retry="fix-config-then-rerun",
            confidence="low",
        )
    if story.skipped:
        return Guess(
            name="bare-400-file-exists",
            category="version-exists",
            title="Most likely the file is there already with other contents",
            summary=f"{_where(story, refusal)} answered {refusal.status} without a reason, and skipped other files of this release because they exist.",
            fix=(
                ask,
                "Compare the hash of the local file with the one on the index. If they differ, cut a new version.",
            ),
            retry="bump-version",
            confidence="medium",
        )
    return Guess(
        name="bare-400",
        category="metadata",
        title="The index refused the file and the log does not show why",
        summary=f"{_where(story, refusal)} answered {refusal.status} without a reason. That status covers metadata it does not accept, a file that exists already with other contents, and file names against its rules; the log cannot tell which.",
        fix=(
            ask,
            "Meanwhile run `twine check --strict dist/*` with the newest twine, and compare the file's version with the releases on the index.",
            "If the metadata version is newer than the index knows, build with an older release of the build backend.",
            "Nothing was used up: after the cure the same version can be uploaded.",
        ),
        retry="fix-config-then-rerun",
        confidence="low",
    )


def _unauthorized(story: Story, refusal: Refusal, ask: str) -> Guess:
    if not is_private(story.index) and story.index is not None:
        return _forbidden(story, refusal, ask)
    return Guess(
        name="private-index-unauthorized",
        category="private-index",
        title="The index wants other credentials than the ones that were sent",
        summary=f"{_where(story, refusal)} answered 401: no credentials reached it, or it does not know them. PyPI itself answers 403, so this is another index or a proxy in front of one.",
        fix=(
            "Check which user name and password reach the step, and that the secret is not empty.",
            "Use the kind of credential that this index takes (a short-lived access token for cloud registries, with the user name that its manual names).",
            "Where the client takes credentials from environment variables, spell the repository's name in them as it asks: poetry turns `-` and `.` into `_` and wants capitals (POETRY_HTTP_BASIC_NAME_USERNAME).",
            "Run the job again: no file name was used up.",
        ),
        retry="fix-config-then-rerun",
        confidence="medium",
    )


def _forbidden(story: Story, refusal: Refusal, ask: str) -> Guess:
    private = is_private(story.index)
    return Guess(
        name="private-index-forbidden" if private else "bare-403",
        category="private-index" if private else "credentials",
        title="The index did not accept the credentials for this project",
        summary=f"{_where(story, refusal)} answered {refusal.status} without a reason. It means that the token is empty, wrong, of another index, or not allowed for this project.",
        fix=(
            ask,
            "Check that the secret reaches the step and that the user name is `__token__`.",
            "Check that the token was made on the index that is uploaded to, and that its scope covers this project.",
            "Check that its owner may upload to the project, and that the project's name is not somebody else's.",
        ),
        retry="fix-config-then-rerun",
        confidence="medium",
    )


def _no_such_address(story: Story, refusal: Refusal, ask: str) -> Guess:
    private = is_private(story.index)
    return Guess(
        name="wrong-upload-address",
        category="private-index" if private else "client-config",
        title="The address does not take uploads",
        summary=f"{_where(story, refusal)} answered {refusal.status}: the repository URL is not an upload address.",
        fix=(
            "Use https://upload.pypi.org/legacy/ for PyPI, https://test.pypi.org/legacy/ for TestPyPI; the slash at the end belongs to it.",
            "For a private index take the upload address from its manual, not the simple index that pip reads.",
        ),
        retry="fix-config-then-rerun",
        confidence="medium",
    )


def _conflict(story: Story, refusal: Refusal, ask: str) -> Guess:
    return Guess(
        name="conflict-file-exists",
        category="version-exists",
        title="The index has a file of this name already",
        summary=f"{_where(story, refusal)} answered 409 Conflict, which indexes use for a file that exists.",
        fix=(
            "Compare the file on the index with the local one. If they are the same, nothing is left to do.",
            "If they differ, cut a new version and publish that.",
        ),
        retry="bump-version",
        confidence="medium",
    )


def _too_large(story: Story, refusal: Refusal, ask: str) -> Guess:
    return Guess(
        name="bare-413",
        category="size-limit",
        title="The file is larger than the index or a proxy in front of it takes",
        summary=f"{_where(story, refusal)} answered 413: the request was cut off because of its size.",
        fix=(
            "Make the file smaller: leave out tests, data and debug symbols.",
            "On PyPI ask for a higher limit in the project's settings; on another index raise the limit of its proxy.",
        ),
        retry="fix-config-then-rerun",
        confidence="high",
    )


def _unprocessable(story: Story, refusal: Refusal, ask: str) -> Guess:
    return Guess(
        name="bare-422",
        category="oidc-other",
        title="The index refused the identity token and the log does not show why",
        summary=f"{_where(story, refusal)} answered 422, its answer to every refused exchange of an identity token.",
        fix=(
            "Set `verbose: true` (or run the client with `-v`) and read the code in the response.",
            "Compare repository, workflow file and environment of the run with the publisher on the index.",
        ),
        retry="fix-config-then-rerun",
        confidence="low",
    )


def _too_many(story: Story, refusal: Refusal, ask: str) -> Guess:
    return Guess(
        name="bare-429",
        category="rate-limit",
        title="The index asks to slow down",
        summary=f"{_where(story, refusal)} answered 429 Too Many Requests. On an upload to PyPI this is its limit on new projects: 20 an hour for a user, 40 for an address, which shared runners use up together.",
        fix=(
            "Wait an hour, then run the job again with the same files.",
            "Create several new projects one after the other, not in one go.",
        ),
        retry="wait",
        confidence="medium",
    )


def _broken(story: Story, refusal: Refusal, ask: str) -> Guess:
    return Guess(
        name="index-server-error",
        category="network",
        title="The index had a fault of its own",
        summary=f"{_where(story, refusal)} answered {refusal.status}; the file may have been stored all the same.",
        fix=(
            "Look at https://status.python.org/ if it is PyPI.",
            "Run the job again with the same files: those that are there already and are the same are accepted or skipped.",
        ),
        retry="rerun-same-version",
        confidence="high",
    )


def is_bare(hit: Hit | None) -> bool:
    return hit is None or hit.name == "twine-opaque-status"
