"""Which folder a backend takes for the package, and where the build ends because it finds none."""

# ruff: noqa: E501 - a row of a table is a line, or it cannot be compared with its neighbours

from pathlib import Path

import pytest

from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.packages import package_found
from pypi_publish.project.read import read_project

BACKENDS = {
    "hatchling": "hatchling.build",
    "flit": "flit_core.buildapi",
    "poetry": "poetry.core.masonry.api",
    "uv": "uv_build",
    "setuptools": "setuptools.build_meta",
    "pdm": "pdm.backend",
}


def case(backend: str, files: str, status: str, settings: str = "", *, id: str) -> object:  # noqa: A002
    return pytest.param(backend, files.split(), settings, status, id=f"{backend}-{id}")


@pytest.mark.parametrize(
    ("backend", "files", "settings", "status"),
    [
        case("hatchling", "src/sample_kit/__init__.py", "pass", id="src"),
        case("hatchling", "sample_kit.py", "pass", id="module"),
        case("hatchling", "space/sample_kit/__init__.py", "pass", id="namespace"),
        case("hatchling", "src/samplekit/__init__.py", "fail", id="other-name"),
        case("hatchling", "src/samplekit/__init__.py", "skip", '[tool.hatch.build.targets.wheel]\npackages = ["src/samplekit"]\n', id="configured"),
        case("hatchling", "src/samplekit/__init__.py", "fail", '[tool.hatch.build.targets.sdist]\ninclude = ["src"]\n', id="sdist-configured"),
        case("hatchling", "src/samplekit/__init__.py hatch.toml", "skip", id="file-of-its-own"),
        case("hatchling", "README.md tests/__init__.py", "skip", id="no-code"),
        case("flit", "sample_kit/__init__.py", "pass", id="flat"),
        case("flit", "samplekit/__init__.py", "fail", id="other-name"),
        case("flit", "samplekit/__init__.py", "pass", '[tool.flit.module]\nname = "samplekit"\n', id="configured"),
        case("poetry", "src/sample_kit/core.py", "pass", id="without-init"),
        case("poetry", "samplekit/__init__.py", "fail", id="other-name"),
        case("poetry", "samplekit/__init__.py", "skip", '[tool.poetry]\npackages = [{ include = "samplekit" }]\n', id="configured"),
        case("poetry", "samplekit/__init__.py", "skip", "[tool.poetry]\npackage-mode = false\n", id="no-package"),
        case("uv", "src/sample_kit/__init__.py", "pass", id="src"),
        case("uv", "sample_kit/__init__.py", "fail", id="flat"),
        case("uv", "sample_kit/__init__.py", "pass", '[tool.uv.build-backend]\nmodule-root = ""\n', id="flat-configured"),
        case("uv", "src/other/__init__.py", "skip", '[tool.uv.build-backend]\nmodule-name = "other"\n', id="name-configured"),
        case("setuptools", "sample_kit/__init__.py tests/__init__.py docs/x", "pass", id="flat"),
        case("setuptools", "sample_kit/__init__.py assets/logo.svg", "fail", id="two-folders"),
        case("setuptools", "sample_kit/__init__.py assets/logo.svg", "skip", "[tool.setuptools.packages.find]\n", id="configured"),
        case("setuptools", "src/sample_kit/__init__.py assets/logo.svg", "skip", id="src"),
        case("setuptools", "one.py two.py", "fail", id="two-modules"),
        case("setuptools", "one.py conftest.py setup.py", "skip", id="unreadable-setup-py"),
        case("pdm", "src/other/__init__.py", "skip", id="packs-what-there-is"),
    ],
)  # fmt: skip
def test_code_is_looked_for_as_the_backend_does(
    backend: str, files: list[str], settings: str, status: str, tmp_path: Path
) -> None:
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""Doc."""\n', encoding="utf-8")
    head = f'[build-system]\nrequires = ["x"]\nbuild-backend = "{BACKENDS[backend]}"\n'
    project = '[project]\nname = "sample-kit"\nversion = "1.0"\n'
    (tmp_path / "pyproject.toml").write_text(f"{head}{project}{settings}", encoding="utf-8")
    (verdict,) = package_found(Facts(project=read_project(tmp_path, {})))
    assert verdict.status == status, verdict.because


def test_what_git_ignores_is_no_package_of_setuptools(tmp_path: Path) -> None:
    for name in ("sample_kit/__init__.py", "logs/today"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = sample-kit\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("/logs/\n", encoding="utf-8")
    (verdict,) = package_found(Facts(project=read_project(tmp_path, {})))
    assert verdict.status == "pass", verdict.because
