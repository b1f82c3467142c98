"""Copied templates in preflight: a point left open is found, an adapted copy is left alone."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines_sample import complaints, only
from pypi_publish.preflight import workflow_template
from pypi_publish.preflight.facts import Facts
from pypi_publish.project.git import GitState
from pypi_publish.project.read import read_project
from pypi_publish.workflow.reader import read_document
from template_runner import text_of
from template_sample import (
    DATA,
    EVERY,
    OPEN_POINTS,
    SHARED,
    adapted,
    facts_of,
    project_named,
    sample_of,
)


@pytest.mark.parametrize("name", EVERY)
def test_an_adapted_template_leaves_nothing_to_complain_about(name: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, name, adapted(name, project_named(name)))
    assert complaints(facts, "workflow") == set()


def test_rehearsal_and_release_go_together_in_one_repository(tmp_path: Path) -> None:
    facts_of(tmp_path, "publish-testpypi.yml", adapted("publish-testpypi.yml"))
    facts = facts_of(tmp_path, "publish.yml", adapted("publish.yml"))
    assert complaints(facts, "workflow") == set()


def test_the_shared_workflows_may_be_of_the_same_repository(tmp_path: Path) -> None:
    for name in SHARED:
        facts_of(tmp_path, name, text_of(name))
    caller, count = re.subn(
        r"example/shared/(\S+)@1+ # v1.0.0", r"./\1", adapted("publish-fleet.yml")
    )
    assert count == 2
    facts = facts_of(tmp_path, "publish.yml", caller)
    assert complaints(facts, "workflow") == set()


@pytest.mark.parametrize("name", EVERY)
def test_each_point_that_is_left_open_is_reported(name: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, name, text_of(name))
    verdicts = only(facts, "workflow", "template-adapted")
    found = {verdict.because.split()[0] for verdict in verdicts if verdict.status == "fail"}
    # Of three placeholders in one value the first is named.
    assert found == OPEN_POINTS[name] - {"ADAPT-REPOSITORY", f"@{'0' * 40}"}


@pytest.mark.parametrize("name", EVERY)
def test_what_is_open_is_marked_and_known_to_preflight(name: str) -> None:
    text = text_of(name)
    placeholders = set(re.findall(r"\bADAPT-[A-Z-]+\b", text))
    placeholders |= {f"@{'0' * 40}"} if f"@{'0' * 40}" in text else set()
    assert placeholders == OPEN_POINTS[name]
    document = read_document(name, text.encode())
    marked = {document.line_meant(item) for item in document.comments if "ADAPT" in item.text}
    values = [value for value in document.scalars if workflow_template._open_point(value)]
    assert {value.line for value in values} <= marked


def test_a_commit_of_zeros_is_an_open_point(tmp_path: Path) -> None:
    text = text_of("publish-fleet.yml", project_name="sample-kit", owner="o", repository="r")
    verdicts = only(facts_of(tmp_path, "p.yml", text), "workflow", "template-adapted")
    assert [verdict.because.split()[0] for verdict in verdicts] == [f"@{'0' * 40}"] * 2


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        pytest.param("url: https://pypi.org/p/<package-name>", "warn", id="guide-left-as-it-was"),
        pytest.param("url: https://pypi.org/p/example", "pass", id="filled-in"),
        pytest.param("url: ${{ steps.x.outputs.url < 3 }}", "pass", id="less-than"),
    ],
)
def test_a_placeholder_of_the_packaging_guide_is_found(
    settings: str, status: str, tmp_path: Path
) -> None:
    text = (DATA / "pipelines" / "good" / "base.yml").read_text(encoding="utf-8")
    assert "environment: pypi\n" in text
    text = text.replace(
        "environment: pypi\n", f"environment:\n      name: pypi\n      {settings}\n"
    )
    (verdict,) = only(facts_of(tmp_path, "p.yml", text), "workflow", "template-adapted")
    assert verdict.status == status


@pytest.mark.parametrize(
    ("project", "status"),
    [
        pytest.param("sample-kit", "pass", id="same-name"),
        pytest.param("Sample_Kit", "pass", id="another-spelling"),
        pytest.param("sample-kits", "fail", id="another-project"),
    ],
)
@pytest.mark.parametrize("name", ["publish.yml", "publish-fleet.yml", "gitlab-ci.yml"])
def test_the_project_in_the_template_is_this_one(
    name: str, project: str, status: str, tmp_path: Path
) -> None:
    facts = facts_of(tmp_path, name, adapted(name, project))
    (verdict,) = only(facts, "workflow", "template-project")
    assert verdict.status == status


def test_a_repository_with_several_packages_has_a_workflow_for_this_one(tmp_path: Path) -> None:
    facts_of(tmp_path, "other.yml", adapted("publish.yml", "other"))
    facts = facts_of(tmp_path, "publish.yml", adapted("publish.yml"))
    (verdict,) = only(facts, "workflow", "template-project")
    assert verdict.status == "pass"


def test_a_variable_of_that_name_in_another_workflow_is_left_alone(tmp_path: Path) -> None:
    text = "on: push\nenv:\n  PROJECT: something else\njobs: {test: {steps: [{run: pytest}]}}\n"
    (verdict,) = only(facts_of(tmp_path, "ci.yml", text), "workflow", "template-project")
    assert verdict.status == "skip"


@pytest.mark.parametrize(
    ("requires_python", "status"),
    [
        pytest.param(">=3.11", "pass", id="older-too"),
        pytest.param(">=3.13.2", "pass", id="a-patch-of-it"),
        pytest.param(">=3.11,<3.14", "pass", id="capped-above-it"),
        pytest.param(">=3.14", "fail", id="newer-only"),
        pytest.param("<3.13", "fail", id="older-only"),
        pytest.param("==3.12.*", "fail", id="another-one"),
        pytest.param("as you like", "skip", id="no-specifier"),
    ],
)
@pytest.mark.parametrize("name", ["publish.yml", "gitlab-ci.yml"])
def test_the_python_of_the_template_is_one_that_the_project_allows(
    name: str, requires_python: str, status: str, tmp_path: Path
) -> None:
    facts = facts_of(tmp_path, name, adapted(name))
    pyproject = tmp_path / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace('">=3.11"', f'"{requires_python}"'), encoding="utf-8")
    facts = Facts(project=read_project(tmp_path), pipelines=facts.pipelines)
    (verdict,) = only(facts, "workflow", "template-python")
    assert verdict.status == status


@pytest.mark.parametrize(
    ("prefix", "folder", "status"),
    [
        pytest.param("", ".", "pass", id="the-repository-is-the-project"),
        pytest.param("packages/one/", "packages/one", "pass", id="one-of-several"),
        pytest.param("packages/one/", "./packages/one/", "pass", id="another-spelling"),
        pytest.param("packages/one/", ".", "fail", id="left-as-it-was"),
        pytest.param("", "src", "fail", id="below-the-project"),
        pytest.param("packages/one/", "${{ inputs.folder }}", "skip", id="only-the-run-knows"),
    ],
)
@pytest.mark.parametrize("name", ["publish.yml", "gitlab-ci.yml"])
def test_the_folder_of_the_template_is_that_of_the_project(
    name: str, prefix: str, folder: str, status: str, tmp_path: Path
) -> None:
    text = adapted(name).replace("SOURCE_DIR: .", f"SOURCE_DIR: {folder}")
    facts = replace(facts_of(tmp_path, name, text), git=GitState(top=tmp_path, prefix=prefix))
    (verdict,) = only(facts, "workflow", "template-folder")
    assert verdict.status == status


def test_the_python_of_another_workflow_is_left_alone(tmp_path: Path) -> None:
    text = "on: push\nenv:\n  PYTHON: '2.7'\njobs: {test: {steps: [{run: pytest}]}}\n"
    (verdict,) = only(facts_of(tmp_path, "ci.yml", text), "workflow", "template-python")
    assert verdict.status == "skip"


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        pytest.param('"hatchling"', None, id="any-version"),
        pytest.param('"hatchling>=1.27", "hatch-vcs"', None, id="two-that-are-listed"),
        pytest.param('"setuptools>=77.0.3"', None, id="another-backend"),
        pytest.param('"flit_core >=3.2,<5"', None, id="another-spelling"),
        pytest.param('"tomli; python_version < \'3.11\'", "hatchling"', None, id="elsewhere"),
        pytest.param('"maturin>=1"', "has no maturin", id="not-listed"),
        pytest.param('"hatchling<1.30"', "hatchling<1.30", id="another-version"),
        pytest.param('"uv_build>=0.9,<0.10"', "uv_build<0.10", id="capped"),
    ],
)
def test_build_constraints_have_what_the_build_requires(
    requires: str, said: str | None, tmp_path: Path
) -> None:
    shutil.copytree(sample_of("publish.yml"), tmp_path, dirs_exist_ok=True)
    pyproject = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    changed = re.sub(r"requires = \[.*\]", f"requires = [{requires}]", pyproject, count=1)
    facts = facts_of(tmp_path, "publish.yml", adapted("publish.yml"))
    (tmp_path / "pyproject.toml").write_text(changed, encoding="utf-8")
    facts = Facts(project=read_project(tmp_path), pipelines=facts.pipelines)
    (verdict,) = only(facts, "workflow", "build-constraints-fit")
    if said is None:
        assert verdict.status == "pass"
    else:
        assert verdict.status == "fail"
        assert said.split("<")[0] in verdict.because
        assert "uv pip compile" in str(verdict.fix)


def test_constraints_of_a_gitlab_pipeline_are_judged_likewise(tmp_path: Path) -> None:
    text = adapted("gitlab-ci.yml").replace("hatchling==", "not-hatchling==")
    facts = facts_of(tmp_path, "gitlab-ci.yml", text)
    (verdict,) = only(facts, "workflow", "build-constraints-fit")
    assert (verdict.status, "has no hatchling" in verdict.because) == ("fail", True)


def test_constraints_of_another_package_are_left_alone(tmp_path: Path) -> None:
    text = adapted("publish.yml", "other").replace("hatchling==", "not-hatchling==")
    facts = facts_of(tmp_path, "publish.yml", text)
    (verdict,) = only(facts, "workflow", "build-constraints-fit")
    assert verdict.status == "skip"
