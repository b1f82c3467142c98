"""The family `workflow`: each defect is found, and what is only near to it is left alone."""

import json
import re
from pathlib import Path

import pytest

from pipelines_sample import PIPELINES, complaints, only, project_of, repository, sample, verdicts
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import checks_of
from pypi_publish.project.git import GitState

GOOD = sorted((PIPELINES / "good").iterdir())
BAD = sorted((PIPELINES / "bad").iterdir())
BASE = (PIPELINES / "good" / "base.yml").read_text(encoding="utf-8")
ACTION = "pypa/gh-action-pypi-publish@dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2\n"


def facts_of(root: Path, text: str, **project: object) -> Facts:
    pipelines = repository(root, {".github/workflows/publish.yml": text})
    return Facts(project=project_of(root, **project), pipelines=pipelines)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name.partition(".")[0])
def test_a_good_pipeline_is_left_alone(path: Path, tmp_path: Path) -> None:
    facts = Facts(project=project_of(tmp_path), pipelines=sample(tmp_path, path))
    assert complaints(facts, "workflow") == set()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name.removesuffix(".yml"))
def test_a_defect_is_found_and_nothing_else(path: Path, tmp_path: Path) -> None:
    expected = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# expects: ")
    project = project_of(tmp_path, from_tags=True)
    facts = Facts(project=project, pipelines=sample(tmp_path, path))
    assert complaints(facts, "workflow") == set(expected.split())


def test_every_check_is_shown_by_a_defect() -> None:
    heads = [path.read_text(encoding="utf-8").partition("\n")[0] for path in BAD]
    shown = {found for head in heads for found in re.findall(r"([a-z-]+)=", head)}
    # Without a publishing job there is nothing to find fault with, and protection is a setting.
    assert {check.id for check in checks_of("workflow")} - shown == {
        "publishing-job",
        "gitlab-protection",
        "compiled-wheels",  # the project has to have compiled code: test_preflight_compiled.py
        "template-folder",  # git has to say where the project is: test_preflight_template.py
    }


def test_without_a_pipeline_every_check_says_so() -> None:
    found = list(verdicts(Facts(), "workflow"))
    assert {verdict.status for _, verdict in found} == {"skip"}
    assert {name for name, _ in found} == {check.id for check in checks_of("workflow")}


def test_a_pipeline_that_could_not_be_read_is_unknown() -> None:
    facts = Facts(silences={"workflow": "the folder cannot be read"})
    (verdict,) = only(facts, "workflow", "publishing-job")
    assert (verdict.status, verdict.because) == ("unknown", "the folder cannot be read")


def test_what_was_looked_at_is_named_where_nothing_publishes(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "on: push\njobs: {test: {steps: [{run: pytest}]}}\n")
    (verdict,) = only(facts, "workflow", "publishing-job")
    assert verdict.status == "skip"
    assert ".github/workflows/publish.yml" in verdict.because


@pytest.mark.parametrize(
    ("tags", "version", "status"),
    [
        pytest.param("['v*']", "1.2.3", "pass", id="any-v"),
        pytest.param("['v[0-9]+.[0-9]+.[0-9]+']", "1.2.3", "pass", id="three-numbers"),
        pytest.param("['v[0-9]+.[0-9]+.[0-9]+']", "1.2.3rc1", "fail", id="pre-release-not-taken"),
        pytest.param("['[0-9]+.*']", "1.2.3", "pass", id="no-prefix"),
        pytest.param("['v1.*']", "2.0.0", "fail", id="another-major"),
        pytest.param("['v*', '!v*rc*']", "2.0.0rc1", "fail", id="excluded"),
        pytest.param("['v*', '!v*rc*']", "2.0.0", "pass", id="not-excluded"),
        pytest.param("['!v*', 'v*']", "2.0.0", "pass", id="taken-back-in"),
        pytest.param("['example-v*']", "2.0.0", "pass", id="name-before-it"),
        pytest.param("['example/*']", "2.0.0", "pass", id="name-and-slash"),
        pytest.param("['nightly-*']", "2.0.0", "pass", id="a-style-of-its-own"),
        pytest.param("v*", "2.0.0", "pass", id="a-single-word"),
        pytest.param("['**']", "2.0.0", "pass", id="everything"),
        pytest.param("['v?[0-9]*']", "2.0.0", "pass", id="optional-v"),
    ],
)
def test_the_tag_filter_is_matched_as_github_does(
    tags: str, version: str, status: str, tmp_path: Path
) -> None:
    facts = facts_of(tmp_path, BASE.replace('["v*"]', tags), version=version)
    (verdict,) = only(facts, "workflow", "release-trigger")
    assert verdict.status == status


@pytest.mark.parametrize(
    ("used", "status"),
    [
        pytest.param("v1.2.2", "pass", id="the-same-style"),
        pytest.param("1.2.2", "warn", id="another-style"),
        pytest.param("other-1.2.2", "pass", id="another-project"),
        pytest.param("snapshot", "pass", id="no-version"),
    ],
)
def test_the_tags_that_are_there_say_what_the_next_one_looks_like(
    used: str, status: str, tmp_path: Path
) -> None:
    pipelines = repository(tmp_path, {".github/workflows/publish.yml": BASE})
    git = GitState(top=tmp_path, tags={used: "0" * 40})
    facts = Facts(project=project_of(tmp_path), pipelines=pipelines, git=git)
    (verdict,) = only(facts, "workflow", "release-trigger")
    assert verdict.status == status


@pytest.mark.parametrize(
    ("on", "condition", "version", "status"),
    [
        pytest.param("push", "github.ref_type == 'tag'", "1.0", "pass", id="ref-type"),
        pytest.param("push", "contains(github.ref, 'TAGS/V')", "1.0", "pass", id="case"),
        pytest.param("push", "github.ref == 'refs/heads/main'", "1.0", "warn", id="by-branch"),
        pytest.param("release", "github.event_name == 'push'", "1.0", "fail", id="other-event"),
        pytest.param(
            "{release: {types: [published]}}",
            "github.event.action == 'published' && !github.event.release.prerelease",
            "1.0",
            "pass",
            id="final-release",
        ),
        pytest.param(
            "{release: {types: [published]}}",
            "${{ !github.event.release.prerelease }}",
            "1.0rc1",
            "fail",
            id="pre-release",
        ),
        pytest.param("{release: {types: [released]}}", "", "1.0rc1", "fail", id="released-only"),
        pytest.param("{release: {types: [edited]}}", "", "1.0", "fail", id="edited-only"),
        pytest.param("pull_request", "", "1.0", "pass", id="judged-elsewhere"),
        pytest.param("workflow_dispatch", "inputs.publish", "1.0", "pass", id="by-hand"),
        pytest.param("{push: {tags: ['v*']}}", "inputs.publish", "1.0", "fail", id="no-inputs"),
        pytest.param(
            "{push: {tags: ['v*']}, workflow_dispatch: }",
            "inputs.publish || github.event_name == 'push'",
            "1.0",
            "pass",
            id="either",
        ),
        pytest.param(
            "push", "github.repository == 'a/b' && always_unknown(1)", "1.0", "pass", id="open"
        ),
    ],
)
def test_a_condition_is_followed_as_far_as_it_can_be(
    on: str, condition: str, version: str, status: str, tmp_path: Path
) -> None:
    text = BASE.replace('on:\n  push:\n    tags: ["v*"]\n', f"on: {on}\n")
    if condition:
        guard = f"    environment: pypi\n    if: {json.dumps(condition)}\n"
        text = text.replace("    environment: pypi\n", guard)
    facts = facts_of(tmp_path, text, version=version)
    (verdict,) = only(facts, "workflow", "release-trigger")
    assert verdict.status == status, verdict.because


@pytest.mark.parametrize(
    ("requires", "version", "status"),
    [
        pytest.param("hatchling", "v1.14.0", "fail", id="newest-hatchling"),
        pytest.param("hatchling>=1.27,<1.32", "v1.14.0", "pass", id="hatchling-capped"),
        pytest.param("flit_core>=3.11,<4", "v1.13.0", "pass", id="flit-three"),
        pytest.param("flit_core>=4", "v1.13.0", "fail", id="flit-four"),
        pytest.param("setuptools", "v1.13.0", "pass", id="setuptools"),
        pytest.param("hatchling", "v1.14.2", "pass", id="new-enough"),
        pytest.param("setuptools", "v1.10.0", "warn", id="before-attestations"),
        pytest.param("setuptools", "v1.5.1", "fail", id="before-trusted-publishing"),
    ],
)
def test_the_action_has_to_know_the_metadata_that_is_built(
    requires: str, version: str, status: str, tmp_path: Path
) -> None:
    text = BASE.replace(ACTION, f"pypa/gh-action-pypi-publish@{version}\n")
    facts = facts_of(tmp_path, text, requires=[requires])
    (verdict,) = only(facts, "workflow", "publish-action-version")
    assert verdict.status == status


CALLER = """
on: {push: {tags: ['v*']}}
jobs:
  release:
    permissions: {id-token: write, contents: read}
    uses: ./.github/workflows/publish.yml
"""


def test_a_called_workflow_is_started_by_its_caller(tmp_path: Path) -> None:
    called = BASE.replace('push:\n    tags: ["v*"]', "workflow_call:")
    files = {".github/workflows/publish.yml": called, ".github/workflows/release.yml": CALLER}
    facts = Facts(project=project_of(tmp_path), pipelines=repository(tmp_path, files))
    (trigger,) = only(facts, "workflow", "release-trigger")
    (reusable,) = only(facts, "workflow", "reusable-publishing")
    assert trigger.status == "pass"
    assert reusable.status == "fail"
    assert "Build Config URI" in reusable.because


def test_a_called_workflow_that_only_builds_is_fine(tmp_path: Path) -> None:
    build, publish = BASE.split("  publish:\n")
    inner = build.replace('push:\n    tags: ["v*"]', "workflow_call:")
    outer = f"{build.split('  build:')[0]}  build:\n    uses: ./.github/workflows/build.yml\n"
    outer += "  publish:\n" + publish
    files = {".github/workflows/build.yml": inner, ".github/workflows/publish.yml": outer}
    facts = Facts(project=project_of(tmp_path), pipelines=repository(tmp_path, files))
    assert complaints(facts, "workflow") == set()


def test_a_composite_action_that_publishes_is_found_and_refused(tmp_path: Path) -> None:
    action = f"runs:\n  using: composite\n  steps:\n    - uses: {ACTION}"
    text = BASE.replace(ACTION, "./.github/actions/upload\n")
    files = {".github/actions/upload/action.yml": action, ".github/workflows/publish.yml": text}
    facts = Facts(project=project_of(tmp_path), pipelines=repository(tmp_path, files))
    (verdict,) = only(facts, "workflow", "publish-action-place")
    assert verdict.status == "fail"
    assert verdict.place is not None
    assert verdict.place.file == ".github/actions/upload/action.yml"


def test_a_place_names_the_line(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, BASE.replace(ACTION, ACTION + "        continue-on-error: true\n"))
    (verdict,) = only(facts, "workflow", "silent-skip")
    assert verdict.place is not None
    assert BASE.splitlines()[(verdict.place.line or 0) - 1].strip() == f"- uses: {ACTION}".strip()


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        pytest.param("- run: twine upload dist/* || true", "warn", id="or-true"),
        pytest.param(
            "- run: test -d dist || true\n      - run: twine upload dist/*", "pass", id="of-another"
        ),
        pytest.param(
            "- run: |\n          twine upload dist/* \\\n            || echo no",
            "warn",
            id="continued",
        ),
    ],
)
def test_a_swallowed_failure_is_that_of_the_upload(steps: str, status: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, BASE.replace(f"- uses: {ACTION}", steps + "\n"))
    assert {verdict.status for verdict in only(facts, "workflow", "silent-skip")} == {status}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        pytest.param("always() && needs.build.result == 'success'", "pass", id="asks-the-result"),
        pytest.param("success()", "pass", id="success"),
        pytest.param("${{ !cancelled() }}", "fail", id="not-cancelled"),
        pytest.param("always()", "fail", id="always"),
    ],
)
def test_publishing_after_failed_jobs_is_refused(
    condition: str, status: str, tmp_path: Path
) -> None:
    guard = f"    environment: pypi\n    if: {condition}\n"
    facts = facts_of(tmp_path, BASE.replace("    environment: pypi\n", guard))
    (verdict,) = only(facts, "workflow", "silent-skip")
    assert verdict.status == status


FETCHED = "          name: dist\n          path: dist/\n      - uses: pypa"


@pytest.mark.parametrize(
    "fetched",
    [
        pytest.param(
            "          path: .\n      - run: mv dist/* x\n      - uses: pypa",
            id="moved-by-a-command",
        ),
        pytest.param(
            "          pattern: di*\n          merge-multiple: true\n          path: dist\n"
            "      - uses: pypa",
            id="merged",
        ),
        pytest.param(
            "          path: .\n      - uses: pypa",
            id="in-the-folder-that-the-artifact-is-named-after",
        ),
        pytest.param(
            "          run-id: 12\n          name: x\n          path: dist/\n      - uses: pypa",
            id="of-another-run",
        ),
        pytest.param(
            "          name: ${{ inputs.name }}\n          path: dist/\n      - uses: pypa",
            id="name-that-only-the-run-knows",
        ),
    ],
)
def test_files_that_arrive_are_not_complained_of(fetched: str, tmp_path: Path) -> None:
    assert FETCHED in BASE
    facts = facts_of(tmp_path, BASE.replace(FETCHED, fetched))
    assert "artifact-handover=fail" not in complaints(facts, "workflow")
