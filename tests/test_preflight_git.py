"""The family `git`: what stands between this tree and a release that its tag describes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines_sample import complaints, only, project_of, verdicts
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import checks_of
from pypi_publish.project.exposed import Exposed
from pypi_publish.project.git import GitState, Listed

PACKAGE = ("src/example/__init__.py", "tests/__init__.py")
HEAD, OTHER = "a" * 40, "b" * 40
READY = GitState(
    top=Path("/project"),
    head=HEAD,
    branch="main",
    default_branch="main",
    tags={"v1.2.2": OTHER},
    upstream="origin/main",
    ahead=0,
    behind=0,
    unpushed=0,
    remotes={"origin": "https://github.com/o/r"},
    tracked_files=("pyproject.toml",),
)


def facts_of(changes: Mapping[str, Any], **project: Any) -> Facts:
    return Facts(project=project_of(Path("/project"), **project), git=replace(READY, **changes))


def listed(*names: str) -> Listed:
    return Listed(names, len(names))


def test_a_tree_that_is_ready_is_left_alone() -> None:
    assert complaints(facts_of({}), "git") == set()


def test_without_a_repository_every_check_says_so() -> None:
    found = list(verdicts(Facts(), "git"))
    assert {verdict.status for _, verdict in found} == {"skip"}
    assert len(found) == len(checks_of("git"))


def test_a_repository_that_could_not_be_read_is_unknown() -> None:
    found = list(verdicts(Facts(silences={"git": "git is not installed"}), "git"))
    assert {verdict.status for _, verdict in found} == {"unknown"}


@pytest.mark.parametrize(
    ("changes", "project", "expected"),
    [
        pytest.param({"changed": listed("a.py")}, {}, "clean-tree=warn", id="changed"),
        pytest.param(
            {"staged": listed("a.py")},
            {"from_tags": True},
            "clean-tree=fail",
            id="changed-and-version-from-git",
        ),
        pytest.param(
            {"untracked": listed("a.py")}, {}, "clean-tree=warn", id="untracked-and-packed"
        ),
        pytest.param(
            {"untracked": listed("a.py")},
            {"backend": "setuptools.build_meta"},
            "",
            id="untracked-and-not-packed",
        ),
        pytest.param(
            {"untracked": listed("src/example/new.py"), "tracked_files": PACKAGE},
            {"backend": "setuptools.build_meta"},
            "clean-tree=warn",
            id="forgotten-module",
        ),
        pytest.param(
            {"untracked": listed("src/example/_version.py"), "tracked_files": PACKAGE},
            {"backend": "setuptools.build_meta", "from_tags": True},
            "",
            id="module-that-the-build-writes",
        ),
        pytest.param(
            {"untracked": listed("tests/test_new.py", "try.py"), "tracked_files": PACKAGE},
            {"backend": "setuptools.build_meta"},
            "",
            id="untracked-beside-the-package",
        ),
        pytest.param({"tags": {"v1.2.3": HEAD}}, {}, "", id="tagged"),
        pytest.param({"tags": {"1.2.3": HEAD}}, {}, "", id="tagged-without-v"),
        pytest.param({"tags": {"example-1.2.3": HEAD}}, {}, "", id="tagged-with-the-name"),
        pytest.param({"tags": {"example/v1.2.3": HEAD}}, {}, "", id="tagged-with-name-and-slash"),
        pytest.param({"tags": {"v1.2.3.0": HEAD}}, {}, "", id="tagged-with-another-spelling"),
        pytest.param(
            {"tags": {"v1.2.3-rc.1": HEAD}}, {"version": "1.2.3rc1"}, "", id="pre-release"
        ),
        pytest.param({"tags": {"v1.2.2": HEAD}}, {}, "tag-at-head=fail", id="old-tag-at-head"),
        pytest.param(
            {"tags": {"v1.2.2": HEAD}, "changed": listed("x")},
            {},
            "tag-at-head=warn clean-tree=warn",
            id="old-tag-and-changes",
        ),
        pytest.param(
            {"tags": {"v1.2.3": HEAD}, "changed": listed("src/example/core.py")},
            {},
            "tag-at-head=warn clean-tree=warn",
            id="right-tag-without-the-changes",
        ),
        pytest.param(
            {"tags": {"v1.2.3": HEAD}, "staged": listed("pyproject.toml")},
            {},
            "tag-at-head=fail clean-tree=warn",
            id="right-tag-without-the-version",
        ),
        pytest.param(
            {
                "tags": {"v1.2.3": HEAD},
                "prefix": "packages/one/",
                "changed": listed("packages/one/pyproject.toml"),
            },
            {},
            "tag-at-head=fail clean-tree=warn",
            id="right-tag-without-the-version-in-a-folder",
        ),
        pytest.param({"tags": {"other-v1.2.2": HEAD}}, {}, "", id="tag-of-another-project"),
        pytest.param({"tags": {"nightly": HEAD}}, {}, "", id="tag-without-a-version"),
        pytest.param({"tags": {"v1.2.3": OTHER}}, {}, "tag-elsewhere=fail", id="released-before"),
        pytest.param({"tags": {"other-1.2.3": OTHER}}, {}, "", id="released-of-another-project"),
        pytest.param(
            {"tags": {"v1.2.3": HEAD, "1.2.3": OTHER}}, {}, "tag-elsewhere=fail", id="two-tags"
        ),
        pytest.param(
            {"remote_tags": {"v1.2.3": OTHER}}, {}, "tag-elsewhere=fail", id="on-the-remote"
        ),
        pytest.param(
            {"remote_tags": {"v1.2.3": HEAD, "v1.2.2": OTHER}}, {}, "", id="on-the-remote-and-here"
        ),
        pytest.param({"remote_silence": "down"}, {}, "tag-elsewhere=unknown", id="silent-remote"),
        pytest.param(
            {"remote_silence": "private", "remote_hidden": True},
            {},
            "tag-elsewhere=unknown",
            id="hidden-remote",
        ),
        pytest.param(
            {}, {"version": None}, "tag-at-head=unknown tag-elsewhere=unknown", id="no-version"
        ),
        pytest.param({"unpushed": 2, "ahead": 2}, {}, "pushed=warn", id="unpushed"),
        pytest.param({"behind": 1}, {}, "pushed=warn", id="behind"),
        pytest.param({"remotes": {}}, {}, "pushed=warn", id="no-remote"),
        pytest.param({"head": None, "tags": {}}, {}, "pushed=fail", id="no-commit"),
        pytest.param({"unpushed": None}, {}, "", id="nothing-known-of-the-remote"),
        pytest.param({"branch": "topic"}, {}, "release-branch=warn", id="topic-branch"),
        pytest.param({"branch": "release/1.2"}, {}, "", id="branch-kept-for-releases"),
        pytest.param({"branch": None}, {}, "release-branch=warn", id="detached"),
        pytest.param({"branch": None, "tags": {"v1.2.3": HEAD}}, {}, "", id="detached-at-the-tag"),
        pytest.param({"shallow": True}, {}, "", id="shallow"),
        pytest.param(
            {"shallow": True},
            {"from_tags": True},
            "whole-history=fail",
            id="shallow-and-version-from-git",
        ),
        pytest.param({"unguarded": ("dist/",)}, {}, "gitignore-guards=warn", id="no-guard"),
        pytest.param(
            {"tracked_files": ("dist/example-1.0.tar.gz",)},
            {},
            "gitignore-guards=warn",
            id="built-files-tracked",
        ),
        pytest.param({"tracked_files": ("dist/app.js",)}, {}, "", id="dist-of-something-else"),
    ],
)
def test_what_the_state_of_the_tree_means(
    changes: Mapping[str, Any], project: Mapping[str, Any], expected: str
) -> None:
    assert complaints(facts_of(changes, **project), "git") == set(expected.split())


def exposed(**changes: Any) -> Exposed:
    base = Exposed("a.py", 3, "a GitHub token", tracked=True, certain=True, for_tests=False)
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("item", "backend", "status"),
    [
        pytest.param(exposed(), "hatchling.build", "fail", id="tracked"),
        pytest.param(exposed(tracked=False), "hatchling.build", "fail", id="to-be-packed"),
        pytest.param(exposed(tracked=False), "flit_core.buildapi", "warn", id="not-packed"),
        pytest.param(exposed(for_tests=True), "hatchling.build", "warn", id="sample"),
        pytest.param(exposed(certain=False), "hatchling.build", "warn", id="only-its-name"),
    ],
)
def test_a_secret_is_as_bad_as_its_place(item: Exposed, backend: str, status: str) -> None:
    (verdict,) = only(facts_of({"exposed": (item,)}, backend=backend), "git", "no-secrets")
    assert verdict.status == status
    assert verdict.place is not None
    assert (verdict.place.file, verdict.place.line) == ("a.py", 3)


def test_the_silence_of_a_remote_makes_the_run_incomplete() -> None:
    *_, verdict = only(facts_of({"remote_silence": "down"}), "git", "tag-elsewhere")
    assert verdict.unanswered
    *_, hidden = only(
        facts_of({"remote_silence": "private", "remote_hidden": True}), "git", "tag-elsewhere"
    )
    assert not hidden.unanswered
