"""Versions that are read without a build: what each backend would find, and what only it can."""

# ruff: noqa: E501 - a row of a table is a line, or it cannot be compared with its neighbours

from pathlib import Path

import pytest

from pypi_publish.project.model import Version
from pypi_publish.project.read import read_project

INIT = "src/sample_kit/__init__.py"
ATTRIBUTE = '[tool.setuptools.dynamic]\nversion = { attr = "sample_kit.__version__" }\n'
BACKENDS = {
    "setuptools": "setuptools.build_meta",
    "flit_core": "flit_core.buildapi",
    "hatchling": "hatchling.build",
    "poetry-core": "poetry.core.masonry.api",
    "uv_build": "uv_build",
    "scikit-build-core": "scikit_build_core.build",
    "meson-python": "mesonpy",
}


def read(folder: Path, files: dict[str, str]) -> Version:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_project(folder, {}).version


def dynamic(tool: str, settings: str = "", *others: str) -> str:
    requires = ", ".join(f'"{name}"' for name in (tool, *others))
    return (
        f'[build-system]\nrequires = [{requires}]\nbuild-backend = "{BACKENDS[tool]}"\n'
        f'[project]\nname = "sample-kit"\ndynamic = ["version"]\n{settings}'
    )


def answer(version: Version) -> str:
    return version.text or ("broken" if version.broken else "untold")


@pytest.mark.parametrize(
    ("init", "beside", "expected"),
    [
        pytest.param('__version__ = "1.2.3"\n', "", "1.2.3", id="literal"),
        pytest.param("from ._v import __version__\n", '__version__ = "1.2.3"\n', "1.2.3", id="relative-import"),
        pytest.param("from sample_kit._v import number as __version__\n", "number = (1, 2)\n", "1.2", id="absolute-import"),
        pytest.param("from ._v import __version__\n", "__version__ = f()\n", "untold", id="computed-elsewhere"),
        pytest.param("from ._w import __version__\n", "", "untold", id="module-that-is-not-there"),
        pytest.param('try:\n    from ._v import __version__\nexcept ImportError:\n    __version__ = "0"\n', '__version__ = "1"\n', "untold", id="one-of-two"),
        pytest.param("import os\n", "", "broken", id="no-such-name"),
        pytest.param("from ._v import *\n", "", "untold", id="everything-imported"),
        pytest.param("def __getattr__(name): ...\n", "", "untold", id="computed-names"),
        pytest.param('globals()["__version__"] = "1.0"\n', "", "untold", id="namespace-written-to"),
        pytest.param("def f(:\n", "", "untold", id="no-python"),
    ],
)  # fmt: skip
def test_an_attribute_is_followed_to_where_it_is_written(
    init: str, beside: str, expected: str, tmp_path: Path
) -> None:
    files = {INIT: f'"""Doc."""\n{init}', "src/sample_kit/_v.py": beside}
    flit = read(tmp_path, {"pyproject.toml": dynamic("flit_core"), **files})
    assert answer(flit) == expected
    setuptools = read(tmp_path, {"pyproject.toml": dynamic("setuptools", ATTRIBUTE), **files})
    assert answer(setuptools) == expected


def test_modules_that_import_from_each_other_have_an_end(tmp_path: Path) -> None:
    files = {
        INIT: '"""Doc."""\nfrom .a import __version__\n',
        "src/sample_kit/a.py": "from . import __version__\nfrom .a import __version__\n",
        "pyproject.toml": dynamic("flit_core"),
    }
    assert answer(read(tmp_path, files)) == "untold"


@pytest.mark.parametrize(
    ("tool", "settings", "expected"),
    [
        pytest.param("hatchling", "", "broken", id="hatchling"),
        pytest.param("poetry-core", "", "broken", id="poetry"),
        pytest.param("poetry-core", '[tool.poetry]\nversion = "1.2.3"\n', "1.2.3", id="poetry-has-its-own"),
        pytest.param("uv_build", "", "broken", id="uv"),
        pytest.param("scikit-build-core", "", "broken", id="scikit-build"),
        pytest.param("scikit-build-core", '[[tool.dynamic-metadata]]\nprovider = "x"\n', "untold", id="scikit-build-with-a-provider"),
    ],
)  # fmt: skip
def test_a_dynamic_version_without_a_source_ends_the_build(
    tool: str, settings: str, expected: str, tmp_path: Path
) -> None:
    assert answer(read(tmp_path, {"pyproject.toml": dynamic(tool, settings)})) == expected


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        pytest.param("project('x', 'c', version: '1.2.3')\n", "1.2.3", id="literal"),
        pytest.param("# project(version: '9')\nproject('x',\n  'c',\n  version : '1.2.3',  # now\n  meson_version: '>=1.1',\n)\n", "1.2.3", id="over-lines"),
        pytest.param("project('x', meson_version: '>=1.1')\nfoo(version: '9')\n", "broken", id="none"),
        pytest.param("project('x', version: files('VERSION'))\n", "1.2.3", id="file"),
        pytest.param("project('x', version: run_command('v.py').stdout())\n", "untold", id="computed"),
        pytest.param("project('(', version: '1.2.3')\n", "1.2.3", id="bracket-in-a-string"),
        pytest.param("subdir('x')\n", "untold", id="no-call"),
    ],
)  # fmt: skip
def test_meson_says_the_version_in_its_project_call(
    build: str, expected: str, tmp_path: Path
) -> None:
    pyproject = dynamic("meson-python")
    files = {"pyproject.toml": pyproject, "meson.build": build, "VERSION": "1.2.3\n"}
    assert answer(read(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param('name="x"', "0.0.0", id="nothing-says-it"),
        pytest.param('name="x", pbr=True', "untold", id="keyword-of-a-plugin"),
        pytest.param('name="x", setup_requires=["vcversioner"]', "untold", id="plugin-that-is-fetched"),
        pytest.param('name="x", version="1.2.3", cffi_modules=[]', "1.2.3", id="plugin-beside-a-version"),
    ],
)  # fmt: skip
def test_a_setup_py_with_a_plugin_is_not_taken_for_0_0_0(
    call: str, expected: str, tmp_path: Path
) -> None:
    text = f"from setuptools import setup\nsetup({call})\n"
    assert answer(read(tmp_path, {"setup.py": text})) == expected


@pytest.mark.parametrize(
    ("plugin", "expected"),
    [
        pytest.param("setuptools-git-versioning", "untold", id="its-name-says-so"),
        pytest.param("numpy", "0.0.0", id="anything-else"),
        pytest.param("versioningit", "0.0.0", id="plugin-that-needs-its-table"),
    ],
)
def test_a_plugin_for_versions_is_known_by_its_name(
    plugin: str, expected: str, tmp_path: Path
) -> None:
    files = {"pyproject.toml": dynamic("setuptools", "", plugin)}
    assert answer(read(tmp_path, files)) == expected


def test_an_unpacked_sdist_has_the_version_that_its_build_computed(tmp_path: Path) -> None:
    files = {
        "setup.py": 'from setuptools import setup\nsetup(name="x", version=compute())\n',
        "PKG-INFO": "Metadata-Version: 2.4\nName: x\nVersion: 1.2.3\n\nVersion: 9\n",
    }
    assert answer(read(tmp_path, files)) == "1.2.3"
    files["setup.py"] = files["setup.py"].replace("compute()", '"1.2.4"')
    assert answer(read(tmp_path, files)) == "1.2.4"
