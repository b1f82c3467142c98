"""Versions out of tags: what git says, how each tool counts on it, and what git must not run."""

# ruff: noqa: E501 - a row of a table is a line, or it cannot be compared with its neighbours

import os
from pathlib import Path

import pytest

from pypi_publish.project.model import Version
from pypi_publish.project.read import read_project
from pypi_publish.project.vcs import NoHistory, NotARepository, repository
from test_project_builds import SAMPLES, commit, committed, git

SCM = """\
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "sample-kit"
dynamic = ["version"]
[tool.setuptools_scm]
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository whose first commit is tagged v1.2.3."""
    return committed(SAMPLES / "setuptools-scm", tmp_path / "a project")


def version(
    folder: Path, settings: str = "", environ: dict[str, str] | None = None, tag: str = ""
) -> Version:
    (folder / "pyproject.toml").write_text(SCM + settings)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--amend", "--no-edit", "--allow-empty")
    if tag:
        git(folder, "tag", "--force", tag)
    return read_project(folder, environ or {}).version


def ahead(folder: Path, tag: str = "v1.2.3", branch: str = "main") -> None:
    """Put HEAD one commit after a tag."""
    git(folder, "tag", "--force", tag)
    git(folder, "checkout", "--quiet", "-B", branch)
    commit(folder, "Second")


@pytest.mark.parametrize(
    ("settings", "tag", "expected"),
    [
        pytest.param("", "v1.2.3", "1.2.4.dev1", id="guess-next-dev"),
        pytest.param("", "v1.2.3rc1", "1.2.3rc2.dev1", id="after-a-pre-release"),
        pytest.param("", "v1.3.dev0", "1.3.dev1", id="after-a-dev0-tag"),
        pytest.param("", "sample-kit-v1.2.3", "1.2.4.dev1", id="prefix-before-a-dash"),
        pytest.param('version_scheme = "no-guess-dev"', "v1.2.3", "1.2.3.post1.dev1", id="no-guess-dev"),
        pytest.param('version_scheme = "post-release"', "v1.2.3", "1.2.3.post1", id="post-release"),
        pytest.param('version_scheme = "only-version"', "v1.2.3", "1.2.3", id="only-version"),
        pytest.param('version_scheme = "python-simplified-semver"', "v1.2.3", "1.2.4.dev1", id="semver"),
        pytest.param('version_scheme = "release-branch-semver"', "v1.2.3", "1.3.0.dev1", id="branch-semver"),
        pytest.param("tag_regex = '^rel/(?P<version>.+)$'", "rel/2.0", "2.1.dev1", id="tag-regex"),
        pytest.param('tag.prefix = "kit/"', "kit/2.0", "2.1.dev1", id="tag-prefix"),
    ],
)  # fmt: skip
def test_the_schemes_of_setuptools_scm_are_followed(
    settings: str, tag: str, expected: str, repo: Path
) -> None:
    git(repo, "tag", "--delete", "v1.2.3")
    ahead(repo, tag)
    found = version(repo, f'local_scheme = "no-local-version"\n{settings}\n')
    assert found.text == expected
    assert found.from_tags


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param(
            'version_scheme = "ours:scheme"', "is code that the build runs", id="own-code"
        ),
        pytest.param('version_scheme = "calver-by-date"', "", id="calendar-at-a-tag"),
        pytest.param("tag_regex = '(a+)+$'", "does not match tag_regex", id="no-match"),
        pytest.param("tag_regex = '('", "no regular expression", id="broken-pattern"),
        pytest.param('git_describe_command = "sh -c x"', "describe command", id="other-command"),
        pytest.param('local_scheme = "no-local-version-strict"', "", id="strict-and-clean"),
        pytest.param("root = 1", "root is not the path", id="root-of-a-wrong-type"),
        pytest.param('root = "nowhere"', "", id="root-that-is-not-there"),
    ],
)
def test_settings_that_only_a_build_can_follow_are_named(
    settings: str, says: str, repo: Path
) -> None:
    found = version(repo, f"{settings}\n", tag="v1.2.3")
    assert says in found.because


@pytest.mark.slow
def test_a_search_that_never_ends_is_given_up(repo: Path) -> None:
    git(repo, "tag", "--delete", "v1.2.3")
    settings = "tag_regex = '^v(?P<version>(a|aa|1|-)+)$'\n"
    found = version(repo, settings, tag=f"v1-{'a' * 60}b")
    assert "searched for more than" in found.because
    assert found.text is None


@pytest.mark.parametrize(
    "variable",
    ["SETUPTOOLS_SCM_PRETEND_VERSION", "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_SAMPLE_KIT"],
)
def test_a_pretended_version_prevails(variable: str, repo: Path) -> None:
    assert version(repo, environ={variable: "9.9"}).text == "9.9"


def test_a_shallow_clone_without_its_tag_says_so(repo: Path, tmp_path: Path) -> None:
    commit(repo, "Second")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-tags", f"file://{repo}", str(clone))
    at = read_project(clone, {}).version.history
    assert at is not None
    assert (at.shallow, at.tag, at.has_tags) == (True, None, False)


def test_a_package_below_the_top_needs_its_root(repo: Path) -> None:
    inner = repo / "packages" / "kit"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text(SCM)
    assert read_project(inner, {}).version.broken
    (inner / "pyproject.toml").write_text(SCM + 'root = "../.."\n')
    assert read_project(inner, {}).version.text == "1.2.3"


def test_outside_of_a_repository_the_build_would_fail(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SCM)
    found = read_project(tmp_path, {}).version
    assert found.broken
    assert "unable to detect version" in found.because
    with pytest.raises(NotARepository):
        repository(tmp_path)


def test_an_unpacked_sdist_and_a_fallback_state_the_version(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SCM + 'fallback_version = "1.0"\n')
    assert read_project(tmp_path, {}).version.text == "1.0"
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: a\nVersion: 2.0\n\ntext\n")
    assert read_project(tmp_path, {}).version.text == "2.0"


def test_without_git_nothing_is_known(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = read_project(repo, {}).version
    assert (found.text, found.broken) == (None, False)
    assert "git is not installed" in found.because


def test_another_repository_in_the_environment_is_not_asked(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert read_project(repo, {}).version.text == "1.2.3"


@pytest.mark.skipif(os.name == "nt", reason="the traps are shell scripts")
def test_programs_of_the_repositorys_own_configuration_do_not_run(
    repo: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{ran}'\ncat\n")
    trap.chmod(0o755)
    (repo / ".gitattributes").write_text("* filter=trap diff=trap\n")
    commit(repo, "Attributes")
    for key in (
        "core.fsmonitor",
        "filter.trap.clean",
        "filter.a=b.clean",
        "filter.trap.process",
        "diff.external",
        "core.sshCommand",
        "core.pager",
    ):
        git(repo, "config", key, str(trap))
    git(repo, "config", "filter.trap.required", "true")
    (repo / "README.md").write_text("changed\n")
    found = read_project(repo, {}).version
    assert found.history is not None
    assert found.history.dirty
    assert not ran.exists()


def test_a_repository_without_commits_has_no_tag(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    at = repository(tmp_path).describe(match=["*"])
    assert (at.node, at.tag, at.distance) == (None, None, 0)


def test_a_broken_repository_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(NoHistory):
        repository(tmp_path)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param("", "1.2.3.post1.dev0", id="default"),
        pytest.param("bump = true", "1.2.4.dev1", id="bump"),
        pytest.param('format = "{base}.dev{distance}"', "1.2.3.dev1", id="format"),
        pytest.param('pattern = "default-unprefixed"', "1.2.3.post1.dev0", id="unprefixed"),
        pytest.param('format = "{base:>100000000}"', None, id="format-with-a-width"),
        pytest.param('format-jinja = "{{ base }}"', None, id="template"),
    ],
)
def test_the_rules_of_dunamai_are_followed(
    settings: str, expected: str | None, tmp_path: Path
) -> None:
    folder = committed(SAMPLES / "poetry-dynamic", tmp_path / "a project")
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(f"{text}metadata = false\n{settings}\n")
    git(folder, "tag", "not-a-version")
    commit(folder, "Second")
    git(folder, "tag", "nightly")
    assert read_project(folder, {}).version.text == expected


def test_dynamic_versioning_that_the_backend_does_not_apply_is_a_placeholder(
    tmp_path: Path,
) -> None:
    folder = committed(SAMPLES / "poetry-dynamic", tmp_path / "a project")
    text = (folder / "pyproject.toml").read_text()
    backend = text.replace("poetry_dynamic_versioning.backend", "poetry.core.masonry.api")
    (folder / "pyproject.toml").write_text(backend)
    found = read_project(folder, {}).version
    assert (found.text, found.fallback) == ("0.0.0", True)
