"""What real build backends write is taken, with nothing to say against it. Builds for real."""
# ruff: noqa: E501 - a project's configuration is a line

import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from artifact_verdicts import of_status, refusals, verdicts
from pypi_publish.artifacts import build
from pypi_publish.artifacts.build import built
from pypi_publish.artifacts.model import Sdist, Wheel
from pypi_publish.artifacts.read import read_artifacts
from pypi_publish.errors import Malformed, NothingToInspect, PrerequisiteMissing
from pypi_publish.verdict import Status

PROJECT = """
[project]
name = "Sample.Pkg"
version = "1.0rc1"
description = "A sample with an ä"
readme = "README.rst"
requires-python = ">=3.9"
license = "MIT"
license-files = ["LICENSE"]
authors = [{ name = "Jörg Roe", email = "joerg@example.com" }]
classifiers = ["Programming Language :: Python :: 3"]
dependencies = ["packaging>=24; python_version >= '3.9'"]
[project.optional-dependencies]
cli = ["rich>=13"]
[project.urls]
Homepage = "https://example.com/sample"
[project.scripts]
sample = "sample_pkg:main"
"""
BACKENDS = {
    "setuptools": '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n[tool.setuptools]\npackages = ["sample_pkg"]\n',
    "hatchling": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
    "flit-core": '[build-system]\nrequires = ["flit_core>=3.12"]\nbuild-backend = "flit_core.buildapi"\n[tool.flit.module]\nname = "sample_pkg"\n',
    "poetry-core": '[build-system]\nrequires = ["poetry-core>=2.2"]\nbuild-backend = "poetry.core.masonry.api"\n[tool.poetry]\npackages = [{ include = "sample_pkg" }]\n',
    "pdm-backend": '[build-system]\nrequires = ["pdm-backend>=2.4"]\nbuild-backend = "pdm.backend"\n',
    "uv-build": '[build-system]\nrequires = ["uv_build>=0.9"]\nbuild-backend = "uv_build"\n[tool.uv.build-backend]\nmodule-name = "sample_pkg"\nmodule-root = ""\n',
    "maturin": '[build-system]\nrequires = ["maturin>=1.9"]\nbuild-backend = "maturin"\n[tool.maturin]\nbindings = "bin"\n',
}  # fmt: skip
CARGO = '[package]\nname = "sample-pkg"\nversion = "1.0.0-rc.1"\nedition = "2021"\n'


def project(folder: Path, backend: str, text: str = PROJECT) -> Path:
    """Write a project of a backend, into a folder with a space in its name."""
    root = folder / "a project"
    (root / "sample_pkg").mkdir(parents=True)
    (root / "sample_pkg" / "__init__.py").write_text('"""Sample."""\n\n\ndef main(): ...\n')
    (root / "README.rst").write_text("Sample\n======\n\nA `link <https://example.com>`_.\n")
    (root / "LICENSE").write_text("MIT License\n")
    (root / "pyproject.toml").write_text(BACKENDS[backend] + text, encoding="utf-8")
    return root


@pytest.mark.slow
@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "maturin"])
def test_what_a_backend_builds_is_taken(backend: str, tmp_path: Path) -> None:
    with built(project(tmp_path, backend)) as folder:
        files = read_artifacts(folder)
        assert {type(item) for item in files} == {Sdist, Wheel}
        assert refusals(folder) == of_status(folder, Status.UNKNOWN) == []
        said = [name for name, verdict in verdicts(folder) if verdict.status is Status.WARN]
        assert said == []
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cargo") is None, reason="maturin compiles with cargo")
def test_what_maturin_builds_is_taken(tmp_path: Path) -> None:
    root = project(tmp_path, "maturin", PROJECT.split("[project.scripts]", maxsplit=1)[0])
    (root / "Cargo.toml").write_text(CARGO)
    (root / "src").mkdir()
    (root / "src" / "main.rs").write_text("fn main() {}\n")
    with built(root) as folder:
        only_tags = [text for text in refusals(folder) if "platform tag" not in text]
        assert only_tags == []


@pytest.mark.slow
def test_a_build_that_fails_ends_with_its_last_lines(tmp_path: Path) -> None:
    root = project(tmp_path, "hatchling")
    (root / "README.rst").unlink()
    with pytest.raises(Malformed, match="README") as caught, built(root):
        pass
    assert caught.value.code == "build-failed"


@pytest.mark.slow
def test_a_build_without_uv_uses_the_package_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("build")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    with built(project(tmp_path, "hatchling")) as folder:
        assert len(read_artifacts(folder)) == 2


def test_without_uv_and_build_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(build, "distribution", missing)
    with pytest.raises(PrerequisiteMissing, match="neither uv nor"), built(tmp_path):
        pass


def test_a_build_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forever = [
        sys.executable,
        "-c",
        "import time; print('still at it', flush=True); time.sleep(60)",
    ]
    monkeypatch.setattr(build, "_command", lambda root, target: forever)
    stopped = pytest.raises(Malformed, match=r"took longer than 1 s.*still at it")
    with stopped, built(tmp_path, timeout=1):
        pass


def test_no_secret_of_the_build_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "print('https://me:hunter2@example.com/simple pypi-AgEIcHlwaS5vcmc' + 'Ab9_' * 30); 1/0"
    monkeypatch.setattr(build, "_command", lambda root, target: [sys.executable, "-c", text])
    with (
        pytest.raises(Malformed, match=r"\*\*\*@example\.com/simple \*\*\*") as caught,
        built(tmp_path),
    ):
        pass
    assert "hunter2" not in caught.value.message


def test_a_folder_that_is_not_there_is_nothing_to_build(tmp_path: Path) -> None:
    with pytest.raises(NothingToInspect), built(tmp_path / "gone"):
        pass


@pytest.mark.slow
def test_twine_agrees_on_the_good_files(tmp_path: Path) -> None:
    pytest.importorskip("twine")
    with built(project(tmp_path, "hatchling")) as folder:
        files = sorted(map(str, folder.glob("*.*z"))) + sorted(map(str, folder.glob("*.whl")))
        command = [sys.executable, "-m", "twine", "check", "--strict", *files]
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
