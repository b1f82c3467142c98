"""What actions.lock locks: which references of which workflows, at which commits."""

import pytest

from pypi_publish.pins.lockfile import Lock, key_of, read_lock
from pypi_publish.pins.reference import Action
from pypi_publish.workflow.reader import read_document

SHA = "11bd71901bbe5b1630ceea73d27597364c9af683"
FOLDER = ".github/workflows"


def a_lock(
    *, path: str = f"{FOLDER}/ci.yml", listed: str = "actions/cache@v4", commit: str = f"sha1-{SHA}"
) -> Lock:
    """Read a lockfile with one workflow and one dependency."""
    text = f"""\
workflows:
  {path}: [{listed}]
dependencies:
  {listed}:
    ref: refs/tags/v4
    commit: {commit}
    owner_id: 1
    repo_id: 2
    uses: []
"""
    return read_lock(read_document(f"{FOLDER}/actions.lock", text.encode()))


def an_action(name: str, ref: str) -> Action:
    owner, repository, *path = name.split("/")
    return Action(owner, repository, "/".join(path), ref)


@pytest.mark.parametrize(
    ("name", "ref", "locked"),
    [
        pytest.param("actions/cache", "v4", True, id="what-is-listed"),
        pytest.param("Actions/Cache", "v4", True, id="spelled-otherwise"),
        pytest.param("actions/cache/save", "v4", True, id="a-part-of-it"),
        pytest.param("actions/cache", "V4", False, id="a-ref-in-upper-case"),
        pytest.param("actions/cache", "v4.1.0", False, id="another-ref"),
        pytest.param("actions/cache", "v3", False, id="an-older-ref"),
        pytest.param("actions/checkout", "v4", False, id="another-action"),
        pytest.param("other/cache", "v4", False, id="another-owner"),
    ],
)
def test_a_listed_workflow_runs_the_locked_commit(name: str, ref: str, locked: bool) -> None:
    expected = SHA if locked else None
    assert a_lock().commit_for(f"{FOLDER}/ci.yml", an_action(name, ref)) == expected


def test_a_part_of_an_action_may_be_what_is_listed() -> None:
    lock = a_lock(listed="actions/cache/save@v4")
    assert lock.commit_for(f"{FOLDER}/ci.yml", an_action("actions/cache", "v4")) == SHA


@pytest.mark.parametrize(
    ("path", "file", "listed"),
    [
        pytest.param(f"{FOLDER}/ci.yml", f"{FOLDER}/ci.yml", True, id="by-its-path"),
        pytest.param(f"./{FOLDER}/ci.yml", f"{FOLDER}/ci.yml", True, id="by-its-path-from-here"),
        pytest.param("ci.yml", f"{FOLDER}/ci.yml", True, id="by-its-name"),
        pytest.param(f"{FOLDER}/ci.yml", f"{FOLDER}/other.yml", False, id="another-workflow"),
        pytest.param(f"{FOLDER}/ci.yml", f"{FOLDER}/ci.yaml", False, id="another-ending"),
        pytest.param(f"{FOLDER}/ci.yml", "action.yml", False, id="an-action"),
        pytest.param(f"{FOLDER}/ci.yml", "templates/ci.yml", False, id="a-file-of-that-name"),
        pytest.param("templates/ci.yml", f"{FOLDER}/ci.yml", False, id="a-path-elsewhere"),
    ],
)
def test_a_workflow_is_listed_by_its_path(path: str, file: str, listed: bool) -> None:
    lock = a_lock(path=path)
    assert lock.lists(file) is listed
    commit = lock.commit_for(file, an_action("actions/cache", "v4"))
    assert commit == (SHA if listed else None)


@pytest.mark.parametrize(
    ("commit", "expected"),
    [
        pytest.param(f"sha1-{SHA}", SHA, id="as-the-schema-says"),
        pytest.param(SHA, SHA, id="without-the-prefix"),
        pytest.param(f"sha1-{SHA.upper()}", SHA, id="upper-case"),
        pytest.param(f"sha1-{SHA[:39]}", None, id="one-digit-short"),
        pytest.param(f"sha256-{SHA}", None, id="another-hash"),
        pytest.param(f"sha1-{SHA[:39]}g", None, id="a-letter-that-is-no-digit"),
        pytest.param("''", None, id="empty"),
        pytest.param(f"[{SHA}]", None, id="a-list"),
    ],
)
def test_only_a_whole_commit_locks(commit: str, expected: str | None) -> None:
    lock = a_lock(commit=commit)
    assert lock.commit_for(f"{FOLDER}/ci.yml", an_action("actions/cache", "v4")) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("a: b", id="something-else"),
        pytest.param("- a", id="a-list"),
        pytest.param("workflows: [ci.yml]\ndependencies: [a/b@v1]", id="lists-in-place-of-maps"),
        pytest.param("workflows: {ci.yml: a/b@v1}", id="a-word-in-place-of-a-list"),
        pytest.param("workflows: {ci.yml: [{a/b@v1: x}]}", id="a-map-in-place-of-a-word"),
        pytest.param("workflows: {'': [a/b@v1]}", id="no-path"),
        pytest.param("workflows: {ci.yml: [a/b@v1]}", id="no-dependencies"),
        pytest.param(f"dependencies: {{a/b@v1: {{commit: {SHA}}}}}", id="no-workflows"),
        pytest.param(f"workflows: {{a.yml: [a/b@v1]}}\ndependencies: {{a/b@v1: {SHA}}}", id="word"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_schema_locks_nothing(text: str) -> None:
    lock = read_lock(read_document(f"{FOLDER}/actions.lock", text.encode()))
    assert lock.commit_for(f"{FOLDER}/ci.yml", an_action("a/b", "v1")) is None


def test_a_reference_that_no_workflow_lists_is_not_locked() -> None:
    text = f"workflows: {{ci.yml: []}}\ndependencies: {{a/b@v1: {{commit: {SHA}}}}}"
    lock = read_lock(read_document(f"{FOLDER}/actions.lock", text.encode()))
    assert lock.lists(f"{FOLDER}/ci.yml")
    assert lock.commit_for(f"{FOLDER}/ci.yml", an_action("a/b", "v1")) is None


def test_the_key_of_an_action_is_its_repository_at_its_ref() -> None:
    assert key_of(an_action("GitHub/CodeQL-action/init", "V3")) == "github/codeql-action@V3"
