"""The claims of a refused token, held against the repository: which side is to change."""
# ruff: noqa: E501 - lines of logs are as long as they are

import io
import os
import subprocess
from pathlib import Path

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.registered import Registered, read_registered
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Answer

REFUSAL = """\
##[error]Trusted publishing exchange failure:
Token request failed: the server refused the request for the following reasons:

* `invalid-publisher`: valid token, but no corresponding publisher (Publisher with matching claims was not found)

"""
CLAIMS = {
    "sub": "repo:ada/tidewheel:environment:pypi",
    "repository": "ada/tidewheel",
    "repository_owner": "ada",
    "repository_owner_id": "58211",
    "workflow_ref": "ada/tidewheel/.github/workflows/publish.yml@refs/tags/v1.4.0",
    "job_workflow_ref": "ada/tidewheel/.github/workflows/publish.yml@refs/tags/v1.4.0",
    "ref": "refs/tags/v1.4.0",
    "environment": "pypi",
    "event_name": "push",
}
WORKFLOW = """\
on: {push: {tags: ["v*"]}}
jobs:
  upload:
    runs-on: ubuntu-latest
    environment: pypi
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def spelled(**changed: str | None) -> str:
    claims = {**CLAIMS, **changed}
    return "".join(f"* `{name}`: `{value or 'MISSING'}`\n" for name, value in claims.items())


def diagnosed(catalogue: Catalogue, log: str, registered: Registered | None = None) -> Answer:
    story = Story(read_log([LogFile(io.BytesIO(log.encode()))], catalogue))
    return answer(story, catalogue, registered)


def checkout(
    folder: Path, remote: str = "git@github.com:ada/tidewheel.git", **files: str
) -> Registered:
    (folder / "pyproject.toml").write_text('[project]\nname = "Tide.Wheel"\nversion = "1"\n')
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for name, text in (files or {"publish": WORKFLOW}).items():
        (workflows / f"{name}.yml").write_text(text, "utf-8")
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "-C", folder, "remote", "add", "origin", remote], check=True)
    return read_registered(folder)


def test_the_claims_become_the_form_to_register(catalogue: Catalogue) -> None:
    found = diagnosed(catalogue, REFUSAL + spelled())
    assert found.claims == CLAIMS
    assert found.publisher_form is not None
    assert found.publisher_form.fields == {
        "owner": "ada",
        "repository": "tidewheel",
        "workflow_filename": "publish.yml",
        "environment": "pypi",
    }


def test_a_checkout_brings_the_page_of_the_project(catalogue: Catalogue, tmp_path: Path) -> None:
    found = diagnosed(catalogue, REFUSAL + spelled(), checkout(tmp_path))
    assert found.publisher_form is not None
    assert found.publisher_form.page == (
        "https://pypi.org/manage/project/tide-wheel/settings/publishing/?provider=github"
        "&owner=ada&repository=tidewheel&workflow_filename=publish.yml&environment=pypi"
    )


def test_without_claims_the_checkout_alone_fills_the_form(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    found = diagnosed(catalogue, REFUSAL, checkout(tmp_path))
    assert found.publisher_form is not None
    assert found.publisher_form.source == "repository"
    assert found.publisher_form.fields["workflow_filename"] == "publish.yml"


@pytest.mark.parametrize(
    ("changed", "files", "remote", "said"),
    [
        pytest.param(
            {"environment": None, "sub": "repo:ada/tidewheel:ref:refs/tags/v1.4.0"},
            {"publish": WORKFLOW.replace("    environment: pypi\n", "")},
            "https://github.com/ada/tidewheel",
            "has no environment",
            id="no-environment-in-the-job",
        ),
        pytest.param(
            {"environment": "release"}, {}, "https://github.com/ada/tidewheel",
            "carries environment release, job upload of publish.yml has pypi",
            id="another-environment",
        ),
        pytest.param(
            {"environment": None, "sub": "repo:ada/tidewheel:ref:refs/tags/v1.4.0"}, {},
            "https://github.com/ada/tidewheel", "the run is older",
            id="environment-was-added-later",
        ),
        pytest.param(
            {}, {"release": WORKFLOW}, "https://github.com/ada/tidewheel",
            "publish.yml, which this checkout does not have; here the publishing job is in release.yml",
            id="workflow-renamed",
        ),
        pytest.param(
            {}, {}, "https://github.com/ada/TideWheel", "the same but for capitals",
            id="repository-of-other-case",
        ),
        pytest.param(
            {}, {}, "https://github.com/grace/tidewheel", "belongs to a fork, or the repository moved",
            id="fork-or-moved",
        ),
        pytest.param(
            {}, {}, "https://github.com/ada/waterwheel", "the repository was renamed",
            id="repository-renamed",
        ),
    ],
)  # fmt: skip
def test_what_differs_is_named(
    changed: dict[str, str | None],
    files: dict[str, str],
    remote: str,
    said: str,
    catalogue: Catalogue,
    tmp_path: Path,
) -> None:
    registered = checkout(tmp_path, remote, **files)
    found = diagnosed(catalogue, REFUSAL + spelled(**changed), registered)
    assert said in found.summary


def test_a_checkout_without_workflows_is_no_reason_to_think_of_a_renamed_one(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    checkout(tmp_path)
    (tmp_path / ".github" / "workflows" / "publish.yml").unlink()
    found = diagnosed(catalogue, REFUSAL + spelled(), read_registered(tmp_path))
    assert not any("renamed, register" in step for step in found.fix)


def test_a_publisher_without_environment_is_not_what_is_advised(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    refusal = REFUSAL + spelled(environment=None, sub="repo:ada/tidewheel:ref:refs/tags/v1.4.0")
    without = checkout(tmp_path, publish=WORKFLOW.replace("    environment: pypi\n", ""))
    steps = diagnosed(catalogue, refusal, without).fix
    assert any("empty, or that which the job is given first" in step for step in steps)


def test_what_agrees_is_not_called_different(catalogue: Catalogue, tmp_path: Path) -> None:
    found = diagnosed(catalogue, REFUSAL + spelled(), checkout(tmp_path))
    for word in ("renamed,", "capitals", "has no environment", "older", "fork"):
        assert word not in found.summary.replace("renamed repository", "")


def committed(folder: Path, date: str, *tags: str) -> None:
    """Commit what is there as if on that day."""
    git = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    days = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    env = {**os.environ, **days}
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "--no-gpg-sign", "-m", date], check=True, env=env)
    for tag in tags:
        subprocess.run([*git, "tag", tag], check=True)


@pytest.mark.parametrize(
    ("days", "said", "unsaid", "kind"),
    [
        pytest.param(
            [("2026-06-01T12:00:00Z", ()), ("2026-09-01T12:00:00Z", ("v1.4.0",))],
            ["was last changed, 92 days before, has expired"], "has none", "pending",
            id="first-release-long-after-the-workflow",
        ),
        pytest.param(
            [("2026-08-20T12:00:00Z", ()), ("2026-09-01T12:00:00Z", ("v1.4.0",))],
            ["a pending publisher has to match", "has none"], "last changed", "pending",
            id="first-release-soon-after-the-workflow",
        ),
        pytest.param(
            [("2026-06-01T12:00:00Z", ("v1.3.0",)), ("2026-09-01T12:00:00Z", ("v1.4.0",))],
            ["is the publisher on PyPI"], "pending publisher has to match", "unknown",
            id="not-the-first-release",
        ),
    ],
)  # fmt: skip
def test_a_first_release_needs_a_pending_publisher_of_the_last_thirty_days(
    days: list[tuple[str, tuple[str, ...]]],
    said: list[str],
    unsaid: str,
    kind: str,
    catalogue: Catalogue,
    tmp_path: Path,
) -> None:
    checkout(tmp_path)
    for number, (date, tags) in enumerate(days):
        (tmp_path / "module.py").write_text(f"number = {number}\n")
        committed(tmp_path, date, *tags)
    found = diagnosed(catalogue, REFUSAL + spelled(), read_registered(tmp_path))
    assert all(words in found.summary for words in said)
    assert unsaid not in found.summary
    assert found.publisher_form is not None
    assert found.publisher_form.kind == kind
    assert ("/manage/account/" in found.publisher_form.page) == (kind == "pending")


@pytest.mark.parametrize(
    "called",
    [
        "ada/tidewheel/.github/workflows/_upload.yml@refs/tags/v1.4.0",
        "ada/shared/.github/workflows/publish.yml@refs/heads/main",
    ],
    ids=["of-this-repository", "of-another-repository"],
)
def test_a_reusable_workflow_is_restructured_never_registered(
    called: str, catalogue: Catalogue
) -> None:
    found = diagnosed(catalogue, REFUSAL + spelled(job_workflow_ref=called))
    assert "reusable workflow" in found.summary
    assert "Move the publishing job" in found.fix[0]
    assert found.publisher_form is None


def test_pull_request_target_is_named(catalogue: Catalogue) -> None:
    found = diagnosed(catalogue, REFUSAL + spelled(event_name="pull_request_target"))
    assert "pull_request_target" in found.summary


def test_publishers_of_the_two_indexes_are_told_apart(catalogue: Catalogue) -> None:
    log = "Uploading distributions to https://test.pypi.org/legacy/\n" + REFUSAL + spelled()
    found = diagnosed(catalogue, log)
    assert found.publisher_form is not None
    assert found.publisher_form.page == "https://test.pypi.org/manage/account/publishing/"
    assert any("publishers of PyPI do not count there" in step for step in found.fix)


def test_the_claims_of_uv_are_read(catalogue: Catalogue) -> None:
    log = """\
error: Failed to obtain token for trusted publishing
  Caused by: Server returned error code 422 Unprocessable Entity, is trusted publishing correctly configured?
Response: {"errors":[{"code":"invalid-publisher","description":"valid token, but no corresponding publisher (Publisher with matching claims was not found)"}],"message":"Token request failed"}

Token claims, which must match the publisher configuration: OidcTokenClaims {
    sub: "repo:ada/tidewheel:environment:release",
    repository: "ada/tidewheel",
    repository_owner: "ada",
    job_workflow_ref: "ada/tidewheel/.github/workflows/publish.yml@refs/tags/v1.4.0",
    environment: Some("release"),
}
"""
    found = diagnosed(catalogue, log)
    assert found.class_ == "mint-publisher-not-found"
    assert found.publisher_form is not None
    assert found.publisher_form.fields["environment"] == "release"


def test_the_claims_of_gitlab_are_read(catalogue: Catalogue) -> None:
    log = """\
TrustedPublishingFailure: The token request failed; the index server gave the following reasons:

* `invalid-publisher`: valid token, but no corresponding publisher (Publisher with matching claims was not found)

* `sub`: `project_path:group/sub/tidewheel:ref_type:tag:ref:v1.4.0`
* `project_path`: `group/sub/tidewheel`
* `namespace_path`: `group/sub`
* `ci_config_ref_uri`: `gitlab.com/group/sub/tidewheel//.gitlab-ci.yml@refs/tags/v1.4.0`
* `ref_path`: `refs/tags/v1.4.0`
"""
    found = diagnosed(catalogue, log)
    assert found.publisher_form is not None
    assert found.publisher_form.fields == {
        "namespace": "group/sub",
        "project": "tidewheel",
        "workflow_filepath": ".gitlab-ci.yml",
        "environment": "",
    }
