"""Compiled code is noticed, and a workflow that would upload it as it was built."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines_sample import only, project_of, repository
from pypi_publish.preflight.facts import Facts
from pypi_publish.project.model import Stated
from pypi_publish.project.read import read_project

WORKFLOW = """on: {{push: {{tags: ["v*"]}}}}
jobs:
  build:
    runs-on: {runs_on}
    steps:
      - uses: actions/checkout@v7
      - {step}
      - uses: actions/upload-artifact@v7
  publish:
    needs: build
    runs-on: ubuntu-24.04
    permissions: {{id-token: write}}
    steps:
      - uses: actions/download-artifact@v8
      - uses: pypa/gh-action-pypi-publish@v1.14.2
"""


@pytest.mark.parametrize(
    ("step", "runs_on", "status"),
    [
        pytest.param("run: uv build", "ubuntu-24.04", "fail", id="as-it-is"),
        pytest.param("run: python -m build", "ubuntu-latest", "fail", id="build"),
        pytest.param("run: uv build --wheel --sdist", "ubuntu-24.04", "fail", id="both-by-name"),
        pytest.param("run: pip wheel . -w dist", "ubuntu-24.04", "fail", id="pip-wheel"),
        pytest.param("run: uv build", "[self-hosted, linux]", "warn", id="own-runner"),
        pytest.param("run: uv build", "${{ inputs.os }}", "warn", id="any-runner"),
        pytest.param("run: uv build --sdist", "ubuntu-24.04", "skip", id="sdist-alone"),
        pytest.param("run: uv build", "macos-15", "skip", id="macos"),
        pytest.param("run: uv build", "windows-2025", "skip", id="windows"),
        pytest.param("run: python -m cibuildwheel", "ubuntu-24.04", "pass", id="cibuildwheel"),
        pytest.param("uses: pypa/cibuildwheel@v4", "ubuntu-24.04", "pass", id="its-action"),
        pytest.param("uses: PyO3/maturin-action@v1", "ubuntu-24.04", "pass", id="maturin-action"),
        pytest.param("run: maturin build --release", "ubuntu-24.04", "pass", id="maturin"),
        pytest.param(
            "run: uv build && auditwheel repair dist/*.whl", "ubuntu-24.04", "pass", id="repaired"
        ),
    ],
)
def test_compiled_wheels_need_a_platform_that_pypi_knows(
    tmp_path: Path, step: str, runs_on: str, status: str
) -> None:
    text = WORKFLOW.format(step=step, runs_on=runs_on)
    pipelines = repository(tmp_path, {".github/workflows/publish.yml": text})
    pure = project_of(tmp_path)
    compiled = replace(pure, compiled=Stated("ext-modules"))
    (verdict,) = only(Facts(project=compiled, pipelines=pipelines), "workflow", "compiled-wheels")
    assert verdict.status == status
    (verdict,) = only(Facts(project=pure, pipelines=pipelines), "workflow", "compiled-wheels")
    assert verdict.status == "skip"


def test_a_container_is_not_judged(tmp_path: Path) -> None:
    text = WORKFLOW.format(step="run: uv build", runs_on="ubuntu-24.04").replace(
        "    steps:", "    container: quay.io/pypa/manylinux_2_28_x86_64\n    steps:", 1
    )
    pipelines = repository(tmp_path, {".github/workflows/publish.yml": text})
    project = replace(project_of(tmp_path), compiled=Stated("ext-modules"))
    (verdict,) = only(Facts(project=project, pipelines=pipelines), "workflow", "compiled-wheels")
    assert verdict.status == "skip"


PROJECT = '[project]\nname = "x"\nversion = "1"\n[build-system]\nrequires = []\n'


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(
            {"pyproject.toml": PROJECT + 'build-backend = "maturin"\n'},
            "the backend maturin",
            id="maturin",
        ),
        pytest.param(
            {
                "pyproject.toml": PROJECT + 'build-backend = "scikit_build_core.build"\n',
                "CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\n",
            },
            "the backend scikit-build",
            id="scikit-build-core",
        ),
        pytest.param(
            {
                "pyproject.toml": PROJECT
                + 'build-backend = "scikit_build_core.build"\n'
                + "[tool.scikit-build]\nwheel.platlib = false\n",
                "CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\n",
            },
            None,
            id="scikit-build-core-without-code",
        ),
        pytest.param(
            {
                "pyproject.toml": PROJECT + 'build-backend = "mesonpy"\n',
                "meson.build": "py.extension_module('x', 'x.c')\n",
            },
            "the backend meson-python",
            id="meson",
        ),
        pytest.param(
            {
                "pyproject.toml": PROJECT + 'build-backend = "mesonpy"\n',
                "meson.build": "py.install_sources('x.py')\n",
            },
            None,
            id="meson-without-code",
        ),
        pytest.param(
            {
                "pyproject.toml": PROJECT
                + 'build-backend = "setuptools.build_meta"\n'
                + '[[tool.setuptools.ext-modules]]\nname = "x"\nsources = ["x.c"]\n'
            },
            "[tool.setuptools] ext-modules",
            id="setuptools-table",
        ),
        pytest.param(
            {"setup.py": "from setuptools import *\nsetup(ext_modules=[Extension('x')])\n"},
            "setup(ext_modules=...)",
            id="setup-py",
        ),
        pytest.param(
            {"setup.py": "from setuptools import *\nsetup(ext_modules=[])\n"},
            None,
            id="setup-py-empty",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT + 'build-backend = "hatchling.build"\n'},
            None,
            id="hatchling",
        ),
    ],
)
def test_what_says_that_there_is_compiled_code(
    tmp_path: Path, files: dict[str, str], said: str | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    compiled = read_project(tmp_path).compiled
    assert (compiled.text if compiled else None) == said
