"""README.md shows what the commands really print."""

import json
import re
import shutil
from pathlib import Path

import pytest

from conftest import ROOT, RunScript

README = (ROOT / "README.md").read_text(encoding="utf-8")
SAMPLE = ROOT / "tests" / "data" / "sample-pins"
CONSOLE = re.findall(r"```console\n\$ (\S+)([^\n]*)\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A project, apart from the git repository around it."""
    return Path(shutil.copytree(SAMPLE, tmp_path / SAMPLE.name))


def test_it_shows_a_run() -> None:
    assert [script for script, _, _ in CONSOLE] == ["check-action-pins"]


@pytest.mark.parametrize(("script", "arguments", "shown"), CONSOLE)
def test_a_run_prints_what_is_shown(
    run_script: RunScript, sample: Path, script: str, arguments: str, shown: str
) -> None:
    assert run_script(script, *arguments.split(), cwd=sample).stdout == shown


def test_the_json_that_is_shown_is_of_that_run(run_script: RunScript, sample: Path) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    shown = json.loads(text)
    real = run_script("check-action-pins", "--json", cwd=sample).document
    assert {name: shown[name] for name in ("meta", "error")} == {
        name: real[name] for name in ("meta", "error")
    }
    assert [record for record in real["data"] if record["check"] == "tag-object"] == shown["data"]


def test_the_picture_is_there() -> None:
    assert "](.github/preflight.svg)" in README
    assert (ROOT / ".github" / "preflight.svg").is_file()
