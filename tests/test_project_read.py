"""Source trees of every kind, hostile ones included, as frozen facts."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from pypi_publish.errors import Malformed, NothingToInspect
from pypi_publish.project.model import Project
from pypi_publish.project.read import read_project
from pypi_publish.verdict import Place

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample-kit"
version = "1.2.3"
readme = "README.md"
"""
FINE = {"pyproject.toml": PYPROJECT, "README.md": "# Sample\n", "LICENSE": "MIT\n"}


def tree(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def defects(project: Project) -> list[str]:
    return [defect.because for defect in project.defects]


def test_a_standard_project_is_read_as_its_backend_would_write_it(tmp_path: Path) -> None:
    extra = """\
description = "A sample"
requires-python = ">=3.10"
license = "MIT"
authors = [{ name = "Ada" }, { name = "B, C", email = "b@example.org" }]
keywords = ["a", "b"]
classifiers = ["Typing :: Typed"]
dependencies = ["attrs>=22"]
urls = { Home = "https://example.org" }

[project.optional-dependencies]
more = ["packaging; python_version < '3.12'"]

[project.scripts]
run = "sample_kit:main"
"""
    project = read_project(tree(tmp_path, {**FINE, "pyproject.toml": PYPROJECT + extra}))
    assert project.core == {
        "Name": ["sample-kit"],
        "Summary": ["A sample"],
        "Requires-Python": [">=3.10"],
        "Keywords": ["a,b"],
        "Classifier": ["Typing :: Typed"],
        "Project-URL": ["Home, https://example.org"],
        "Author": ["Ada"],
        "Author-email": ['"B, C" <b@example.org>'],
        "Requires-Dist": [
            "attrs>=22",
            'packaging; (python_version < "3.12") and extra == "more"',
        ],
        "Provides-Extra": ["more"],
        "License-Expression": ["MIT"],
        "Description": ["# Sample\n"],
        "Description-Content-Type": ["text/markdown"],
        "License-File": ["LICENSE"],
        "Version": ["1.2.3"],
    }
    place = project.where("Classifier", "Typing :: Typed")
    assert place is not None
    assert place.line == 14
    assert project.entry_points == {"console_scripts": {"run": "sample_kit:main"}}


def test_a_poetry_project_publishes_its_main_dependencies_alone(tmp_path: Path) -> None:
    text = """\
[tool.poetry]
name = "sample-kit"
version = "1.2.3"
description = ""
authors = ["Ada Lovelace <ada@example.org>"]

[tool.poetry.dependencies]
python = "^3.9"
attrs = "^22.1"
bare = "*"
exact = "1.0"
tilde = "~1.4"
old = "^0.0.3"
wild = "1.*"
several = ">=1,<2"
own = { git = "https://example.org/own.git" }
maybe = { version = "^1.0", optional = true }

[tool.poetry.extras]
more = ["maybe"]

[tool.poetry.group.dev.dependencies]
pytest = "*"
"""
    project = read_project(tree(tmp_path, {"pyproject.toml": text}))
    assert project.core["Requires-Python"] == [">=3.9,<4.0"]
    assert project.core["Requires-Dist"] == [
        "attrs>=22.1,<23.0",
        "bare",
        "exact==1.0",
        "tilde>=1.4,<1.5",
        "old>=0.0.3,<0.0.4",
        "wild==1.*",
        "several>=1,<2",
        "own @ git+https://example.org/own.git",
        'maybe<2.0,>=1.0; extra == "more"',
    ]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="nothing"),
        pytest.param(
            {"pyproject.toml": "[tool.ruff]\nline-length = 88\n"}, id="only-tool-settings"
        ),
        pytest.param({"setup.cfg": "[flake8]\nmax-line-length = 88\n"}, id="only-flake8-settings"),
    ],
)
def test_a_folder_that_defines_no_package_is_nothing_to_inspect(
    files: dict[str, str | bytes], tmp_path: Path
) -> None:
    with pytest.raises(NothingToInspect):
        read_project(tree(tmp_path, files))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param({"pyproject.toml": "[project\n"}, "pyproject.toml, line 1", id="toml-syntax"),
        pytest.param({"pyproject.toml": b"a = '\xff'"}, "not UTF-8 text: line 1", id="not-utf-8"),
        pytest.param({"setup.cfg": "[metadata\nname = a"}, "setup.cfg, line 1", id="setup-cfg"),
    ],
)
def test_a_definition_that_cannot_be_read_is_malformed(
    files: dict[str, str | bytes], says: str, tmp_path: Path
) -> None:
    with pytest.raises(Malformed, match=says):
        read_project(tree(tmp_path, files))


def test_a_readme_that_is_not_text_is_a_defect_with_its_line(tmp_path: Path) -> None:
    project = read_project(tree(tmp_path, {**FINE, "README.md": b"# a\n\xff\xfe"}))
    assert defects(project) == ["README.md is not UTF-8 text: line 2 has other bytes"]


def test_a_readme_outside_of_the_project_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    root = tree(tmp_path / "project", {"pyproject.toml": PYPROJECT})
    (root / "README.md").symlink_to("../secret.md")
    project = read_project(root)
    assert defects(project) == ["README.md leads out of the project's folder"]
    assert "Description" not in project.core


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_a_file_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    root = tree(tmp_path, {"pyproject.toml": PYPROJECT})
    os.mkfifo(root / "README.md")
    os.mkfifo(root / "CHANGELOG.md")
    os.mkfifo(root / "uv.lock")
    assert defects(read_project(root)) == ["README.md is not a regular file"]


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "uv.lock", "VERSION", "sample_kit/__init__.py", "LICENSE"]
)
def test_two_gibibytes_take_no_time_and_no_memory(name: str, tmp_path: Path) -> None:
    root = tree(tmp_path, FINE)
    (root / name).parent.mkdir(exist_ok=True)
    with (root / name).open("wb") as sparse:
        sparse.truncate(2 << 30)
    started = time.perf_counter()
    read_project(root)
    assert time.perf_counter() - started < 5


def test_a_definition_of_two_gibibytes_is_malformed(tmp_path: Path) -> None:
    with (tmp_path / "pyproject.toml").open("wb") as sparse:
        sparse.truncate(2 << 30)
    with pytest.raises(Malformed, match=r"pyproject\.toml has 2,147,483,648 bytes"):
        read_project(tmp_path)


def test_code_of_the_project_does_not_run(tmp_path: Path) -> None:
    trap = f"import pathlib\npathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
    setup = f"{trap}from setuptools import setup\nsetup(name='a', version='1.0')\n"
    project = read_project(tree(tmp_path, {"setup.py": setup, "a/__init__.py": trap}))
    assert project.version.text == "1.0"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("import setuptools\nsetuptools.setup(**options)\n", id="unpacked-options"),
        pytest.param("x = " + "(" * 5_000, id="nested-beyond-reason"),
        pytest.param("print 'python 2'\n", id="python-2"),
    ],
)
def test_a_setup_py_that_says_nothing_literally_leaves_the_name_to_the_build(
    script: str, tmp_path: Path
) -> None:
    project = read_project(tree(tmp_path, {"setup.py": script}))
    assert project.name is None
    assert "Name" in project.dynamic
    assert project.version.text is None
    assert not project.version.broken


@pytest.mark.parametrize(
    ("backend", "pattern", "fatal"),
    [
        pytest.param("hatchling.build", "LICENCE.txt", True, id="named-file"),
        pytest.param("hatchling.build", "AUTHORS*", False, id="lenient-backend-and-a-pattern"),
        pytest.param("flit_core.buildapi", "AUTHORS*", True, id="strict-backend"),
        pytest.param("setuptools.build_meta", "../LICENSE", True, id="out-of-the-tree"),
    ],
)
def test_a_licence_pattern_without_a_match_is_as_bad_as_the_backend_takes_it(
    backend: str, pattern: str, fatal: bool, tmp_path: Path
) -> None:
    text = PYPROJECT.replace("hatchling.build", backend) + f'license-files = ["{pattern}"]\n'
    project = read_project(tree(tmp_path / "a", {**FINE, "pyproject.toml": text}))
    assert [defect.fatal for defect in project.defects if defect.subject == "license-files"] == [
        fatal
    ]


def test_licence_patterns_match_at_every_depth(tmp_path: Path) -> None:
    text = PYPROJECT + 'license-files = ["LICEN[CS]E*", "vendored/**/LICENSE", "a/?.txt"]\n'
    files = {
        **FINE,
        "pyproject.toml": text,
        "vendored/x/y/LICENSE": "",
        "vendored/LICENSE": "",
        "a/b.txt": "",
        "a/bb.txt": "",
    }
    project = read_project(tree(tmp_path, files))
    assert project.core["License-File"] == [
        "LICENSE",
        "a/b.txt",
        "vendored/LICENSE",
        "vendored/x/y/LICENSE",
    ]


def test_values_of_wrong_types_are_left_to_the_check_of_the_shape(tmp_path: Path) -> None:
    text = """\
[build-system]
requires = "hatchling"
[project]
name = 1
version = 2
readme = 3
license = 4
authors = "me"
urls = []
dependencies = "a"
optional-dependencies = ["a"]
classifiers = {}
scripts = 5
entry-points = "x"
dynamic = "version"
license-files = "LICENSE"
[tool]
poetry = 6
hatch = 7
"""
    project = read_project(tree(tmp_path, {"pyproject.toml": text}))
    assert project.name is None


def test_pbr_has_keys_of_its_own(tmp_path: Path) -> None:
    cfg = "[metadata]\nname = sample-kit\nsummary = A kit\ndescription_file = README.rst\n"
    cfg += "python_requires = >=3.10\nclassifier =\n    Topic :: Utilities\n"
    files = {"setup.cfg": cfg, "README.rst": "Kit\n===\n"}
    call = "from setuptools import setup\nsetup(pbr=True)\n"
    project = read_project(tree(tmp_path, {**files, "setup.py": call}), {})
    assert project.core["Summary"] == ["A kit"]
    assert project.core["Requires-Python"] == [">=3.10"]
    assert project.core["Classifier"] == ["Topic :: Utilities"]
    assert project.readme
    assert project.readme.text == "README.rst"
    plain = read_project(tree(tmp_path, {**files, "setup.py": call.replace("pbr=True", "")}), {})
    assert "Summary" not in plain.core


@pytest.mark.parametrize(
    ("module", "bad"),
    [
        pytest.param('"""Kit."""\n', 0, id="doc"),
        pytest.param("x = 1\n", 1, id="none"),
        pytest.param("def f(:", 0, id="no-python"),
    ],
)
def test_flit_needs_a_docstring_for_the_summary(module: str, bad: int, tmp_path: Path) -> None:
    text = PYPROJECT.replace('version = "1.2.3"', 'version = "1.2.3"\ndynamic = ["description"]')
    text = text.replace("hatchling.build", "flit_core.buildapi")
    project = read_project(
        tree(tmp_path, {**FINE, "pyproject.toml": text, "sample_kit.py": module}), {}
    )
    assert len([each for each in project.defects if "docstring" in each.because]) == bad


LEFT_OPEN = {
    "requirements.txt": "# all\nattrs>=22  # why\n",
    "dev.txt": "demo @ https://example.org/demo.whl\n",
    "classifiers.txt": "Topic :: Utilities\n",
}


def test_setuptools_takes_lists_from_the_files_that_its_table_names(tmp_path: Path) -> None:
    text = PYPROJECT.replace("hatchling.build", "setuptools.build_meta")
    text += """dynamic = ["dependencies", "optional-dependencies", "classifiers"]
[tool.setuptools.dynamic]
dependencies = { file = ["requirements.txt"] }
optional-dependencies.dev = { file = ["dev.txt"] }
classifiers = { file = "classifiers.txt" }
"""
    project = read_project(tree(tmp_path, {**FINE, **LEFT_OPEN, "pyproject.toml": text}), {})
    assert project.core["Requires-Dist"] == [
        "attrs>=22",
        'demo @ https://example.org/demo.whl ; extra == "dev"',
    ]
    assert project.core["Classifier"] == ["Topic :: Utilities"]
    place = project.where("Requires-Dist", project.core["Requires-Dist"][1])
    assert place == Place("dev.txt", 1)
    assert not project.dynamic


def test_poetry_takes_from_its_own_table_what_the_standard_one_leaves_open(tmp_path: Path) -> None:
    text = PYPROJECT.replace("hatchling.build", "poetry.core.masonry.api")
    text += """dynamic = ["dependencies", "requires-python"]
[tool.poetry.dependencies]
python = ">=3.10"
demo = { git = "https://example.org/demo.git" }
"""
    project = read_project(tree(tmp_path, {**FINE, "pyproject.toml": text}), {})
    assert project.core["Requires-Dist"] == ["demo @ git+https://example.org/demo.git"]
    assert project.core["Requires-Python"] == [">=3.10"]
    static = text.replace('"dependencies", ', "")
    project = read_project(tree(tmp_path, {**FINE, "pyproject.toml": static}), {})
    assert "Requires-Dist" not in project.core
