"""preflight as its users run it."""

import os
from pathlib import Path

import pytest

from artifact_maker import SdistMaker, WheelMaker
from conftest import Outcome, RunScript
from contract import validated
from index_server import IndexServer, Served, serving

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "sample-pkg"
version = "1.0"
description = "A sample"
readme = "README.md"
requires-python = ">=3.11"
license = "MIT"
license-files = ["LICENSE"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project without version control and without workflows."""
    root = tmp_path / "a project with späces"
    (root / "src" / "sample_pkg").mkdir(parents=True)
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (root / "README.md").write_text("# Sample\n", encoding="utf-8")
    (root / "LICENSE").write_text("MIT License\n", encoding="utf-8")
    (root / "src" / "sample_pkg" / "__init__.py").write_text('"""Sample."""\n', encoding="utf-8")
    return root


def by_check(outcome: Outcome) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for record in outcome.data:
        found.setdefault(record["check"], []).append(record["status"])
    return found


def test_a_good_project_is_ready(run_script: RunScript, project: Path) -> None:
    outcome = run_script("preflight", "--offline", "--json", "--all", project)
    document = validated(outcome.stdout)
    assert outcome.code == 0
    meta = document["meta"]
    assert (meta["name"], meta["normalized_name"], meta["version"]) == (
        "sample-pkg",
        "sample-pkg",
        "1.0",
    )
    assert meta["ready"] is True
    assert meta["backend"] == "hatchling.build"
    assert "pyproject.toml" in meta["version_source"]
    assert "fail" not in {record["status"] for record in document["data"]}


def test_nothing_is_written_into_the_project(run_script: RunScript, project: Path) -> None:
    before = sorted(project.rglob("*"))
    run_script("preflight", "--offline", project, cwd=project)
    assert sorted(project.rglob("*")) == before


def test_a_folder_without_a_project_is_nothing_to_inspect(
    run_script: RunScript, tmp_path: Path
) -> None:
    outcome = run_script("preflight", "--json", "--offline", tmp_path)
    assert outcome.code == 3
    assert validated(outcome.stdout)["error"]["hint"]


def test_malformed_toml_is_named_with_its_line(run_script: RunScript, project: Path) -> None:
    text = PYPROJECT + "keywords = [\n"
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    outcome = run_script("preflight", "--json", "--offline", project)
    assert outcome.code == 4
    error = validated(outcome.stdout)["error"]
    assert f"line {text.count(chr(10)) + 1}" in error["message"]


@pytest.mark.parametrize(
    ("changed", "to", "check"),
    [
        pytest.param('version = "1.0"', 'version = "1.0+local"', "version-public", id="local"),
        pytest.param('name = "sample-pkg"', 'name = "json"', "project-name", id="stdlib-name"),
        pytest.param("README.md", "MISSING.md", "readme", id="no-readme"),
        pytest.param('"MIT"', '"Not A Licence"', "license-expression", id="licence"),
        pytest.param('">=3.11"', '"3.11+"', "requires-python", id="requires-python"),
    ],
)
def test_what_pypi_refuses_is_not_ready(
    run_script: RunScript, project: Path, changed: str, to: str, check: str
) -> None:
    text = PYPROJECT.replace(changed, to)
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    outcome = run_script("preflight", "--json", "--offline", project)
    assert outcome.code == 10
    assert outcome.meta["ready"] is False
    assert "fail" in by_check(outcome)[check]


def test_a_binary_readme_is_a_finding(run_script: RunScript, project: Path) -> None:
    (project / "README.md").write_bytes(bytes(range(256)))
    outcome = run_script("preflight", "--json", "--offline", project)
    assert outcome.code == 10
    assert any(record["check"].startswith("readme") for record in outcome.data)


def test_a_readme_linked_from_outside_is_not_read(
    run_script: RunScript, project: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("# do not read me\n", encoding="utf-8")
    (project / "README.md").unlink()
    (project / "README.md").symlink_to(secret)
    outcome = run_script("preflight", "--json", "--all", "--offline", project)
    assert outcome.code in (0, 10)
    assert "do not read me" not in outcome.stdout
    assert by_check(outcome)["readme"] != ["pass"]


def test_a_readme_of_two_gigabytes_ends_at_once(run_script: RunScript, project: Path) -> None:
    with (project / "README.md").open("wb") as file:
        file.truncate(2 << 30)
    outcome = run_script("preflight", "--json", "--offline", project)
    assert outcome.code == 10


class TestBuiltFiles:
    def test_good_ones_are_ready_without_a_project(
        self, run_script: RunScript, tmp_path: Path
    ) -> None:
        WheelMaker().write(tmp_path)
        SdistMaker().write(tmp_path)
        outcome = run_script("preflight", "--offline", "--json", "--dist", tmp_path)
        assert outcome.code == 0, outcome.stdout
        assert (outcome.meta["name"], outcome.meta["version"]) == ("sample-pkg", "1.0")

    def test_a_refused_one_quotes_the_server(self, run_script: RunScript, tmp_path: Path) -> None:
        WheelMaker(changes={"Classifier": ["Private :: Do Not Upload"]}).write(tmp_path)
        outcome = run_script("preflight", "--offline", "--json", "--dist", tmp_path)
        assert outcome.code == 10
        (record,) = [item for item in outcome.data if not item["ok"]]
        assert "is not a valid classifier" in record["detail"]

    @pytest.mark.parametrize(
        ("maker", "check"),
        [
            (WheelMaker(changes={"Classifier": ["Private :: Do Not Upload"]}), "built-classifiers"),
            (
                WheelMaker(
                    file="sample_pkg-1.0+ours-py3-none-any.whl",
                    dist_info="sample_pkg-1.0+ours.dist-info",
                    changes={"Version": "1.0+ours"},
                ),
                "built-version",
            ),
            (WheelMaker(file="sample_pkg-1.0-cp312-cp312-linux_x86_64.whl"), "platform-tags"),
        ],
        ids=["private", "local-version", "plain-linux"],
    )
    def test_what_only_pypi_refuses_is_no_failure_for_another_index(
        self, run_script: RunScript, tmp_path: Path, maker: WheelMaker, check: str
    ) -> None:
        maker.write(tmp_path)
        run = ("preflight", "--offline", "--json", "--all", "--dist", tmp_path)
        assert by_check(run_script(*run))[check] == ["fail"]
        there = run_script(*run, "--index", "https://packages.example.org/simple/")
        assert (there.code, by_check(there)[check]) == (0, ["skip"])
        rehearsal = run_script(*run, "--index", "http://127.0.0.1:9/simple/")
        assert by_check(rehearsal)[check] == ["fail"]

    def test_what_is_wrong_everywhere_is_a_failure_for_another_index(
        self, run_script: RunScript, tmp_path: Path
    ) -> None:
        WheelMaker(changes={"Classifier": ["Private :: No", "Pryvate"]}).write(tmp_path)
        index = "https://packages.example.org/simple/"
        run = run_script("preflight", "--offline", "--json", "--dist", tmp_path, "--index", index)
        (record,) = [item for item in run.data if not item["ok"]]
        assert "Pryvate" in record["detail"]

    def test_an_empty_folder_is_nothing_to_inspect(
        self, run_script: RunScript, tmp_path: Path
    ) -> None:
        outcome = run_script("preflight", "--offline", "--json", "--dist", tmp_path)
        assert outcome.code == 3

    def test_build_and_dist_exclude_each_other(
        self, run_script: RunScript, project: Path, tmp_path: Path
    ) -> None:
        outcome = run_script("preflight", "--build", "--dist", tmp_path, "--json", project)
        assert (outcome.code, validated(outcome.stdout)["error"]["code"]) == (2, "usage")

    @pytest.mark.slow
    def test_a_real_build_is_judged_and_leaves_nothing_behind(
        self, run_script: RunScript, project: Path
    ) -> None:
        before = sorted(project.rglob("*"))
        outcome = run_script("preflight", "--build", "--offline", "--json", "--all", project)
        assert outcome.code == 0, outcome.stdout
        assert by_check(outcome)["platform-tags"] == ["pass"]
        assert sorted(project.rglob("*")) == before


class TestIndex:
    @staticmethod
    def ask(run_script: RunScript, project: Path, index: IndexServer) -> Outcome:
        return run_script("preflight", "--json", "--all", "--index", index.simple, project)

    def test_a_free_version_is_ready(self, run_script: RunScript, project: Path) -> None:
        with serving() as index:
            index.add("sample-pkg", Served("sample_pkg-0.9.tar.gz", "0.9"))
            outcome = self.ask(run_script, project, index)
        assert outcome.code == 0, outcome.stdout
        assert by_check(outcome)["version-free"] == ["pass"]

    @pytest.mark.slow
    def test_a_silent_index_is_incomplete_and_never_ready(
        self, run_script: RunScript, project: Path
    ) -> None:
        with serving() as index:
            address = index.simple
        outcome = run_script("preflight", "--json", "--all", "--index", address, project)
        assert outcome.code == 7
        assert outcome.meta["ready"] is False
        assert by_check(outcome)["version-free"] == ["unknown"]

    @pytest.mark.slow
    def test_a_failure_counts_before_a_silent_index(
        self, run_script: RunScript, project: Path
    ) -> None:
        (project / "README.md").unlink()
        with serving() as index:
            address = index.simple
        assert run_script("preflight", "--json", "--index", address, project).code == 10

    def test_offline_opens_no_connection(self, run_script: RunScript, project: Path) -> None:
        with serving() as index:
            arguments = ("--json", "--offline", "--all", "--index", index.simple, project)
            outcome = run_script("preflight", *arguments)
            assert index.requests == []
        assert by_check(outcome)["version-free"] == ["skip"]

    def test_an_index_without_tls_is_refused(self, run_script: RunScript, project: Path) -> None:
        outcome = run_script("preflight", "--json", "--index", "http://example.org/simple", project)
        assert outcome.code == 2


class TestChoice:
    def test_only_runs_the_named_checks(self, run_script: RunScript, project: Path) -> None:
        outcome = run_script(
            "preflight",
            "--json",
            "--all",
            "--offline",
            "--only",
            "readme",
            "--only",
            "versions",
            project,
        )
        assert "readme" in by_check(outcome)
        assert "version-known" in by_check(outcome)
        assert "classifiers" not in by_check(outcome)

    def test_skip_leaves_a_failing_check_out(self, run_script: RunScript, project: Path) -> None:
        (project / "README.md").unlink()
        arguments = ("--json", "--offline", "--skip", "metadata", project)
        assert run_script("preflight", *arguments).code == 0

    def test_an_unknown_name_is_misuse(self, run_script: RunScript, project: Path) -> None:
        outcome = run_script("preflight", "--json", "--offline", "--only", "nonsense", project)
        assert (outcome.code, validated(outcome.stdout)["error"]["code"]) == (2, "usage")

    def test_strict_counts_warnings(self, run_script: RunScript, project: Path) -> None:
        text = PYPROJECT.replace('">=3.11"', '">=3.11,<4"')
        (project / "pyproject.toml").write_text(text, encoding="utf-8")
        chosen = ("--json", "--offline", "--only", "requires-python-upper-bound", project)
        assert run_script("preflight", *chosen).code == 0
        strict = run_script("preflight", "--strict", *chosen)
        assert (strict.code, strict.meta["ready"]) == (10, False)

    def test_all_checks_are_listed_without_a_project(
        self, run_script: RunScript, elsewhere: Path
    ) -> None:
        outcome = run_script("preflight", "--list-checks", "--json", cwd=elsewhere)
        names = [record["check"] for record in outcome.data]
        assert outcome.code == 0
        assert len(names) == len(set(names)) > 100


def test_the_registration_form_is_filled_in(run_script: RunScript, project: Path) -> None:
    workflows = project / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "release.yml").write_text(
        "on: {push: {tags: ['v*']}}\npermissions: {}\njobs:\n  publish:\n"
        "    runs-on: ubuntu-latest\n    environment: pypi\n"
        "    permissions: {id-token: write}\n    steps:\n"
        "      - uses: pypa/gh-action-pypi-publish@"
        "dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2\n",
        encoding="utf-8",
    )
    git = ("git", "-c", "init.defaultBranch=main")
    for arguments in (
        (*git, "init", "--quiet"),
        (*git, "remote", "add", "origin", "git@github.com:octo/sample.git"),
    ):
        assert os.spawnvp(os.P_WAIT, "git", ["git", "-C", str(project), *arguments[1:]]) == 0
    outcome = run_script("preflight", "--offline", "--json", project)
    form = outcome.meta["publisher"]
    assert (form["owner"], form["repository"]) == ("octo", "sample")
    assert (form["workflow"], form["environment"]) == ("release.yml", "pypi")
