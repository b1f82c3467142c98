"""The templates that are no workflows: configuration of clients, a release from Windows."""

import ast
import configparser
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from artifact_maker import SdistMaker, WheelMaker
from conftest import clean_environment
from index_server import Served, serving
from template_runner import ASSETS, text_of
from template_sample import (
    here_strings,
)


def test_the_pypirc_names_targets_and_holds_no_password() -> None:
    read = configparser.RawConfigParser()
    read.read(ASSETS / "pypirc.ini", encoding="utf-8")
    listed = read["distutils"]["index-servers"].split()
    assert listed == read.sections()[1:]
    assert not any("password" in read[section] for section in listed)
    assert read["internal"]["repository"].endswith("/")


@pytest.mark.slow
def test_twine_reads_the_pypirc() -> None:
    utils = pytest.importorskip("twine.utils")
    found = utils.get_config(str(ASSETS / "pypirc.ini"))
    assert found["pypi"]["repository"] == "https://upload.pypi.org/legacy/"


def test_pip_is_given_one_index_and_no_password() -> None:
    read = configparser.RawConfigParser()
    read.read(ASSETS / "pip.conf", encoding="utf-8")
    options = dict(read["global"])
    assert set(options) == {"index-url", "keyring-provider"}
    assert re.fullmatch(r"https://[a-z]+@[^:@]+/simple/", options["index-url"])


def test_uv_takes_from_other_indexes_only_what_is_named() -> None:
    tables = tomllib.loads(text_of("uv-indexes.toml"))["tool"]["uv"]
    assert all(index["explicit"] for index in tables["index"])
    assert all("@" not in index["url"] for index in tables["index"])
    names = {index["name"] for index in tables["index"]}
    assert {source["index"] for source in tables["sources"].values()} <= names


@pytest.mark.slow
def test_uv_accepts_the_indexes(tmp_path: Path) -> None:
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n'
    text = project + text_of("uv-indexes.toml")
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "uv", "lock", "--offline", "--dry-run", "--project", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "warning" not in ended.stderr.lower(), ended.stderr
    assert ended.returncode == 0, ended.stderr


SCRIPT = "release.ps1"


def test_the_powershell_script_is_plain_text_without_questions() -> None:
    text = (ASSETS / SCRIPT).read_bytes().decode("ascii")  # Windows PowerShell reads no UTF-8
    code = text.partition("#>")[2]
    assert not re.search(
        r"Read-Host|-Confirm\b|-WhatIf\b|Mandatory|Invoke-Expression|\bcurl\b|&&|\?\?|\?\.", code
    )
    assert "TWINE_PASSWORD = " not in code
    assert code.count("'--non-interactive'") == 1
    upload, switch = code.index("'upload', '--non-interactive'"), code.index("if (-not $Upload) {")
    assert switch < upload


def test_the_python_inside_of_the_powershell_script_is_sound() -> None:
    found = here_strings()
    assert set(found) == {
        "Tools", "BuildConstraints", "ImportEverything", "CheckFiles", "CompareWithIndex",
    }  # fmt: skip
    for name in ("ImportEverything", "CheckFiles", "CompareWithIndex"):
        ast.parse(found[name])


RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    def run(code: str, *arguments: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=tmp_path,
            env={**clean_environment(), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.slow
def test_the_python_inside_of_the_powershell_script_works(
    tmp_path: Path, run_python: RunPython
) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    WheelMaker().write(dist)
    SdistMaker().write(dist)
    checked = run_python(here_strings()["CheckFiles"], dist, tmp_path / "release.json")
    assert checked.returncode == 0, checked.stdout
    told = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))
    assert (told["name"], told["version"], len(told["files"])) == ("sample-pkg", "1.0", 2)
    with serving() as index:
        index.add("sample-pkg", *(Served(f.name, "1.0", f.read_bytes()) for f in dist.iterdir()))
        where = {"SIMPLE": index.simple, "PAGES": f"{index.url}/pypi/", "WAIT": "1"}
        what = {"PROJECT": "sample-pkg", "VERSION": "1.0", "FILES": json.dumps(told["files"])}
        compared = run_python(here_strings()["CompareWithIndex"], **where, **what)
    assert "sample-pkg 1.0 is live" in compared.stdout
    WheelMaker(file="other-1.0-py3-none-any.whl").write(dist)
    refused = run_python(here_strings()["CheckFiles"], dist, tmp_path / "release.json")
    assert (refused.returncode, "Nothing was uploaded." in refused.stdout) == (1, True)


@pytest.mark.slow
@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_powershell_script_lets_another_index_have_what_pypi_refuses(
    tmp_path: Path, run_python: RunPython, *, elsewhere: bool
) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    WheelMaker(changes={"Classifier": ["Private :: Do Not Upload"]}).write(dist)
    SdistMaker().write(dist)
    rules = [Path("--elsewhere")] if elsewhere else []
    checked = run_python(here_strings()["CheckFiles"], dist, tmp_path / "release.json", *rules)
    assert (checked.returncode == 0) == elsewhere
    assert ("not to be published" in checked.stdout) != elsewhere


@pytest.mark.slow
def test_powershell_parses_the_script(tmp_path: Path) -> None:
    program = shutil.which("pwsh") or shutil.which("powershell")
    if program is None:
        pytest.skip("PowerShell is not here")
    command = (
        "$errors = $null; $null = [Management.Automation.Language.Parser]::ParseFile("
        f"'{ASSETS / SCRIPT}', [ref]$null, [ref]$errors); $errors; exit $errors.Count"
    )
    words = [program, "-NoProfile", "-NonInteractive", "-Command", command]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.slow
def test_a_grammar_of_powershell_accepts_the_script(tmp_path: Path) -> None:
    wanted = ["tree-sitter==0.26.1", "tree-sitter-powershell==0.26.4"]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--no-config", "--quiet"]
    ended = subprocess.run([*uv, "--target", tmp_path, *wanted], check=False)
    if ended.returncode:
        pytest.skip("the grammar cannot be installed")
    code = (
        "import sys, tree_sitter as t, tree_sitter_powershell as p\n"
        "parser = t.Parser(t.Language(p.language()))\n"
        "sys.exit(parser.parse(open(sys.argv[1], 'rb').read()).root_node.has_error)\n"
    )
    broken = tmp_path / "broken.ps1"
    broken.write_text("if ($x { }", encoding="utf-8")
    for script, code_wanted in ((ASSETS / SCRIPT, 0), (broken, 1)):
        parse = subprocess.run(
            [sys.executable, "-c", code, script], env={"PYTHONPATH": str(tmp_path)}, check=False
        )
        assert parse.returncode == code_wanted
