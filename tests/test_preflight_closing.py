"""What preflight says last: the verdict, who gave no answer, and the next step."""

import subprocess
from pathlib import Path

import pytest

from artifact_maker import SdistMaker, WheelMaker
from conftest import RunScript
from git_server import serving as git_servers
from index_server import serving
from test_preflight import project

__all__ = ["project"]
NOWHERE = "http://127.0.0.1:9/sample.git"


def with_remote(project: Path, address: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    commit = ("commit", "--quiet", "--allow-empty", "--message", "Begin")
    for words in (("init", "--quiet"), ("remote", "add", "origin", address), (*who, *commit)):
        subprocess.run(["git", *words], cwd=project, check=True)


def with_workflow(project: Path) -> None:
    folder = project / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "ci.yml").write_text("on: push\njobs: {}\n", "utf-8")


def test_a_project_without_a_workflow_is_shown_one(run_script: RunScript, project: Path) -> None:
    said = run_script("preflight", "--offline", project).stdout
    assert "Ready: sample-pkg 1.0." in said
    assert "No workflow publishes it yet: assets/publish.yml" in " ".join(said.split())
    with_workflow(project)
    assert "assets/publish.yml" not in run_script("preflight", "--offline", project).stdout


def test_with_built_files_no_step_is_left(
    run_script: RunScript, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "dist").mkdir()
    for maker in (WheelMaker(), SdistMaker()):
        maker.write(tmp_path / "dist")
    said = run_script("preflight", "--offline", "--dist", tmp_path / "dist", project).stdout
    assert said.rstrip().endswith("Ready: sample-pkg 1.0.")


@pytest.mark.slow
def test_it_names_the_server_that_gave_no_answer(run_script: RunScript, project: Path) -> None:
    with_remote(project, NOWHERE)
    with serving() as server:
        silent = run_script("preflight", "--index", server.simple, project)
        server.password = ("ada", "secret")
        closed = run_script("preflight", "--index", server.simple, "--skip", "git", project)
    assert (silent.code, closed.code) == (7, 7)
    assert "the server of the repository gave no usable answer." in silent.stdout
    assert "Incomplete: sample-pkg 1.0, the index gave no usable answer." in closed.stdout
    assert "Set PYPI_PUBLISH_INDEX_USERNAME" in closed.stdout


@pytest.mark.parametrize(("only", "asked"), [("metadata", False), ("git", True)])
def test_the_server_of_the_repository_is_asked_only_for_checks_of_git(
    run_script: RunScript, project: Path, tmp_path: Path, only: str, asked: bool
) -> None:
    (tmp_path / "forge").mkdir()
    with git_servers(tmp_path / "forge") as server:
        with_remote(project, f"{server.url}/octo/sample.git")
        run_script("preflight", "--only", only, project)
        assert bool(server.requests) is asked
