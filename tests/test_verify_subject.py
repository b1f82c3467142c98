"""Which release is meant, and whether the folder is where it is made."""

import os
from pathlib import Path

import pytest

from artifact_maker import SdistMaker, WheelMaker
from planes_server import sdist
from pypi_publish.errors import Malformed, Misused, NothingToInspect, Problem
from pypi_publish.release.model import Wanted
from pypi_publish.release.subject import Subject, find_subject, parse_requirement

PYPROJECT = '[project]\nname = "{name}"\nversion = "{version}"\n'
DYNAMIC = (
    '[build-system]\nrequires = ["hatchling", "hatch-vcs"]\nbuild-backend = "hatchling.build"\n'
    '[project]\nname = "sample-pkg"\ndynamic = ["version"]\n[tool.hatch.version]\nsource = "vcs"\n'
)


def subject(root: Path, text: str | None = None, dist: Path | None = None) -> Subject:
    name, version = parse_requirement(text)
    return find_subject(Wanted(root=root, name=name, version=version, dist=dist))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(name="Sample.Pkg", version="1.0"))
    return tmp_path


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    WheelMaker().write(folder)
    SdistMaker().write(folder)
    return folder


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        pytest.param(None, (None, None), id="nothing"),
        pytest.param("demo", ("demo", None), id="name"),
        pytest.param("Demo.Kit==1.0", ("Demo.Kit", "1.0"), id="name-and-version"),
        pytest.param(" demo == v1.0-1 ", ("demo", "1.0.post1"), id="another-spelling"),
        pytest.param("demo==1!2.0rc1", ("demo", "1!2.0rc1"), id="epoch-and-pre-release"),
    ],
)
def test_a_release_is_named_by_name_and_version(
    text: str | None, parsed: tuple[str | None, str | None]
) -> None:
    assert parse_requirement(text) == parsed


@pytest.mark.parametrize(
    "text",
    ["", "==1.0", "demo==", "demo==1.*", "demo>=1", "demo===1.0", "demo[x]==1.0", "dé==1", "a==١"],
)
def test_what_names_no_release_is_refused(text: str) -> None:
    with pytest.raises(Misused):
        parse_requirement(text)


def test_the_project_of_the_folder_is_meant_where_nothing_is_named(project: Path) -> None:
    found = subject(project)
    assert (found.name, found.version, found.root) == ("Sample.Pkg", "1.0", project)
    assert "pyproject.toml" in found.source


def test_its_version_is_meant_where_its_name_alone_is_named(project: Path) -> None:
    assert subject(project, "sample-pkg").version == "1.0"
    assert subject(project, "sample-pkg").root == project


def test_another_project_is_not_made_in_this_folder(project: Path) -> None:
    for text in ("other==1.0", "other"):
        assert subject(project, text).root is None
    assert subject(project, "other").version == ""
    assert subject(project, "sample_pkg==9").root == project


def test_a_folder_without_a_project_may_be_anybodys(tmp_path: Path) -> None:
    assert subject(tmp_path, "demo==1.0").root is None
    with pytest.raises(NothingToInspect):
        subject(tmp_path)


def test_a_broken_project_does_not_matter_where_the_release_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project")
    assert subject(tmp_path, "demo==1.0").version == "1.0"
    with pytest.raises(Problem):
        subject(tmp_path)


def test_a_built_file_knows_the_version_better(tmp_path: Path, dist: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(DYNAMIC)
    found = subject(tmp_path, dist=dist)
    assert (found.version, found.source) == ("1.0", "the built files")


def test_a_version_that_cannot_be_told_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(DYNAMIC)
    with pytest.raises(NothingToInspect, match="cannot be told"):
        subject(tmp_path)


def test_of_several_releases_that_of_the_project_is_meant(project: Path, dist: Path) -> None:
    (dist / "sample_pkg-0.9.tar.gz").write_bytes(sdist("0.9").content)
    found = subject(project, dist=dist)
    assert found.version == "1.0"
    assert {item.file for item in found.artifacts or ()} == {
        "sample_pkg-1.0-py3-none-any.whl",
        "sample_pkg-1.0.tar.gz",
    }


def test_built_files_alone_name_the_release(tmp_path: Path, dist: Path) -> None:
    found = subject(tmp_path, dist=dist)
    assert (found.name, found.version, found.root) == ("sample-pkg", "1.0", tmp_path)


@pytest.mark.parametrize("text", ["sample-pkg==2.0", "other==1.0", "other"])
def test_built_files_of_another_release_are_nothing_to_compare(dist: Path, text: str) -> None:
    with pytest.raises(NothingToInspect):
        subject(dist.parent, text, dist=dist)


def test_a_folder_with_other_things_alone_holds_no_build(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(NothingToInspect):
        subject(tmp_path, "demo==1.0", dist=tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_pipe_is_not_read(dist: Path) -> None:
    os.mkfifo(dist / "sample_pkg-1.0-1-py3-none-any.whl")
    with pytest.raises(Malformed, match="it is a pipe"):
        subject(dist.parent, "sample-pkg==1.0", dist=dist)


def test_a_built_file_that_cannot_be_read_is_no_file_that_is_missing(dist: Path) -> None:
    (dist / "sample_pkg-1.0-1-py3-none-any.whl").symlink_to("nowhere.whl")
    with pytest.raises(Malformed):
        subject(dist.parent, "sample-pkg==1.0", dist=dist)
