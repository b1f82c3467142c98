"""Whom a release is expected from: by the options, else by the folder."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from conftest import clean_environment
from pypi_publish.errors import Misused
from pypi_publish.preflight.publisher import Exchange
from pypi_publish.project.repository import repository_of
from pypi_publish.release.identity import (
    Expected,
    Identity,
    Surroundings,
    expected_identity,
    read_surroundings,
)
from pypi_publish.release.model import Wanted

WORKFLOW = """
on: { push: { tags: ["v*"] } }
jobs:
  publish:
    runs-on: ubuntu-latest
    environment: { name: PyPI }
    permissions: { id-token: write }
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
OURS = Identity("GitHub", "octo/demo", "release.yml", "pypi")


@dataclass(frozen=True)
class Job:
    """What is looked at of a publishing job."""

    file: str = ".github/workflows/release.yml"
    forge: str = "github"
    environment: str | None = "pypi"
    names_environment: bool = True
    callers: tuple[Any, ...] = ()
    uploads: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Caller:
    file: str


def here(
    *remotes: str, jobs: tuple[Job, ...] = (Job(),), index: str = "pypi", shows: bool = True
) -> Surroundings:
    exchanges = tuple(Exchange(cast("Any", job), index, shows) for job in jobs)
    found = [repository_of(address) for address in remotes]
    return Surroundings(tuple(one for one in found if one), exchanges)


GITHUB = "git@github.com:octo/demo.git"


@pytest.mark.parametrize(
    ("surroundings", "identities"),
    [
        pytest.param(here(GITHUB), (OURS,), id="remote-and-workflow"),
        pytest.param(here(GITHUB, jobs=()), (Identity("GitHub", "octo/demo"),), id="no-workflow"),
        pytest.param(
            here(GITHUB, shows=False), (Identity("GitHub", "octo/demo"),), id="a-job-with-a-token"
        ),
        pytest.param(here(), (), id="no-remote"),
        pytest.param(here("https://bitbucket.org/octo/demo"), (), id="a-server-without-publishers"),
        pytest.param(
            here("https://github.com/me/demo", "https://github.com/octo/demo"),
            (Identity("GitHub", "me/demo", "release.yml", "pypi"), OURS),
            id="a-fork-and-its-upstream",
        ),
        pytest.param(
            here(GITHUB, jobs=(Job(), Job(".github/workflows/other.yml", environment=None))),
            (OURS, Identity("GitHub", "octo/demo", "other.yml")),
            id="two-workflows",
        ),
        pytest.param(
            here(GITHUB, jobs=(Job(callers=(Caller(".github/workflows/ci.yml"),)),)),
            (OURS, Identity("GitHub", "octo/demo", "ci.yml", "pypi")),
            id="a-workflow-that-is-called",
        ),
        pytest.param(
            here(
                "https://gitlab.com/group/sub/demo.git",
                jobs=(Job("ci/release.yml", "gitlab", "Prod"),),
            ),
            (Identity("GitLab", "group/sub/demo", ".gitlab-ci.yml", "Prod"),),
            id="gitlab",
        ),
        pytest.param(
            here(GITHUB, jobs=(Job(".gitlab-ci.yml", "gitlab"),)),
            (Identity("GitHub", "octo/demo"),),
            id="a-pipeline-of-another-forge",
        ),
        pytest.param(
            here(GITHUB, index="testpypi"), (OURS,), id="a-job-for-another-index-is-all-there-is"
        ),
    ],
)
def test_the_folder_says_whom_to_expect(
    surroundings: Surroundings, identities: tuple[Identity, ...]
) -> None:
    expected = expected_identity(Wanted(), surroundings)
    assert (expected.identities if expected else ()) == identities
    assert expected is None or not expected.asked


def test_the_job_for_this_index_is_meant() -> None:
    both = Surroundings(
        here(GITHUB).repositories,
        (
            *here(GITHUB, jobs=(Job(environment="testpypi"),), index="testpypi").exchanges,
            *here(GITHUB).exchanges,
        ),
    )
    found = expected_identity(Wanted(index="testpypi"), both)
    assert found is not None
    assert [one.environment for one in found.identities] == ["testpypi"]


@pytest.mark.parametrize(
    ("wanted", "identity"),
    [
        pytest.param({"repository": "octo/demo"}, Identity(None, "octo/demo"), id="repository"),
        pytest.param(
            {"repository": "https://github.com/octo/demo.git"},
            Identity("GitHub", "octo/demo"),
            id="an-address",
        ),
        pytest.param(
            {"repository": "gitlab.com/group/sub/demo"},
            Identity("GitLab", "group/sub/demo"),
            id="an-address-without-a-scheme",
        ),
        pytest.param({"workflow": "a.yml"}, Identity(workflow="a.yml"), id="workflow"),
        pytest.param(
            {"workflow": "./.github/workflows/a.yml"}, Identity(workflow="a.yml"), id="its-path"
        ),
        pytest.param({"workflow": ".gitlab-ci.yml"}, Identity(workflow=".gitlab-ci.yml"), id="ci"),
        pytest.param({"environment": "pypi"}, Identity(environment="pypi"), id="environment"),
    ],
)
def test_options_say_whom_to_expect(wanted: dict[str, Any], identity: Identity) -> None:
    found = expected_identity(Wanted(**wanted), Surroundings())
    assert found is not None
    assert found.identities == (identity,)
    assert set(wanted) <= found.asked


def test_options_are_completed_by_a_folder_of_the_same_repository() -> None:
    found = expected_identity(Wanted(repository="Octo/Demo", environment="prod"), here(GITHUB))
    assert found is not None
    assert found.identities == (Identity("GitHub", "Octo/Demo", "release.yml", "prod"),)


def test_a_folder_of_another_repository_adds_nothing() -> None:
    found = expected_identity(Wanted(repository="evil/demo"), here(GITHUB))
    assert found is not None
    assert found.identities == (Identity(None, "evil/demo"),)


def test_a_commit_alone_is_an_expectation() -> None:
    found = expected_identity(Wanted(commit="ABCDEF0"), Surroundings())
    assert found == Expected((), "abcdef0", frozenset({"commit"}))


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"repository": "demo"}, id="no-owner"),
        pytest.param({"repository": ""}, id="nothing"),
        pytest.param({"repository": "a b/c"}, id="a-blank"),
        pytest.param({"commit": "main"}, id="a-branch"),
        pytest.param({"commit": "abc"}, id="too-short"),
        pytest.param({"commit": ""}, id="empty"),
    ],
)
def test_what_cannot_be_compared_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(Misused):
        expected_identity(Wanted(**wanted), Surroundings())


def git(folder: Path, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": "/dev/null"}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True,
        env={**clean_environment(), **who},
    )  # fmt: skip


def test_a_real_folder_is_read(tmp_path: Path) -> None:
    path = tmp_path / ".github" / "workflows" / "release.yml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKFLOW)
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "https://user:secret@github.com/octo/demo.git")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "tag", "-am", "one", "v1.0")
    found = read_surroundings(tmp_path)
    expected = expected_identity(Wanted(), found)
    assert expected is not None
    assert expected.identities == (OURS,)
    assert list(found.tags) == ["v1.0"]
    assert len(found.tags["v1.0"]) == 40
    assert "secret" not in repr(found)


def test_in_a_clone_of_a_fork_the_project_names_its_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "https://github.com/me/demo")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "1.0"\n'
        '[project.urls]\nSource = "https://github.com/octo/demo"\nDocs = "https://demo.example"\n'
    )
    found = read_surroundings(tmp_path)
    assert [one.slug for one in found.repositories] == ["me/demo", "octo/demo"]


def test_a_folder_without_git_says_nothing(tmp_path: Path) -> None:
    assert expected_identity(Wanted(), read_surroundings(tmp_path)) is None
    assert expected_identity(Wanted(), read_surroundings(None)) is None


def test_a_repository_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    assert read_surroundings(tmp_path).silences
