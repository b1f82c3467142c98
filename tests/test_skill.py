"""The skill folder keeps the format, and SKILL.md names what is there and nothing else."""

import re
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from conftest import ROOT, RunScript
from pypi_publish.check import checks_in
from pypi_publish.errors import Exit
from pypi_publish.pins import census, file_rules, judge, live_rules
from pypi_publish.version import VERSION

TEXT = (ROOT / "SKILL.md").read_text(encoding="utf-8")
HEAD, BODY = TEXT.removeprefix("---\n").split("\n---\n", 1)
FIELDS = YAML(typ="safe").load(HEAD)
SCRIPTS = sorted(path.name for path in (ROOT / "scripts").glob("*.py"))
COMMANDS = re.findall(r'[^`|\n]*"SKILL_DIR/scripts/[^`|\n]*', BODY)
SHIPPED = [
    f"{folder}/{path.relative_to(ROOT / folder).as_posix()}"
    for folder in ("references", "assets")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file()
]


def test_the_frontmatter_has_the_known_fields_only() -> None:
    assert TEXT.startswith("---\nname: pypi-publish\n")
    assert list(FIELDS) == ["name", "description", "license", "compatibility", "metadata"]
    assert FIELDS["metadata"] == {"version": VERSION}
    assert "---" not in HEAD


def test_the_description_can_be_loaded_by_every_harness() -> None:
    description = FIELDS["description"]
    assert 200 < len(description) <= 1024
    assert not set("<>\n") & set(description)
    assert "Use when" in description
    assert "Not for" in description
    assert not re.search(r"\b(I|you|we)\b", description)
    assert len(FIELDS["compatibility"]) <= 500


def test_it_is_short_enough_to_be_kept_whole() -> None:
    assert len(TEXT.splitlines()) < 200
    assert len(TEXT) / 3.5 < 5_000  # tokens; measured on texts like this one: 3.9 letters each


@pytest.mark.parametrize("name", SHIPPED)
def test_every_file_is_named_with_its_condition(name: str) -> None:
    rows = [row for row in BODY.splitlines() if row.startswith(f"| `{name}` |")]
    assert len(rows) == 1, f"SKILL.md has {len(rows)} rows for {name}"
    assert len(rows[0].split("|")[2].split()) >= 3


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_has_its_row(name: str) -> None:
    assert f"\n| `{name}` |" in BODY
    assert any(f"/scripts/{name}" in command for command in COMMANDS)


def test_what_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:references|assets)/[^`]+)`", BODY))
    assert named <= set(SHIPPED)
    assert set(re.findall(r"`([a-z-]+\.py)`", BODY)) == set(SCRIPTS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_from_any_folder(command: str) -> None:
    launchers = "uv run --no-config --quiet --script ", "pipx run ", "python -m pip install "
    assert command.strip().startswith(launchers)


@pytest.mark.parametrize("command", [item for item in COMMANDS if "uv run" in item])
def test_a_command_names_options_that_exist(command: str, run_script: RunScript) -> None:
    script = re.findall(r"scripts/([a-z-]+)\.py", command)[0]
    known = run_script(script, "--help").stdout
    given = re.findall(r"(?<=\s)--[a-z-]+", command.partition(".py")[2])
    assert given
    assert [option for option in given if f"{option} " not in known] == []


def test_every_exit_code_is_explained_once() -> None:
    assert sorted(map(int, re.findall(r"^\| (\d+) \|", BODY, re.MULTILINE))) == sorted(Exit)


def test_the_checks_that_the_page_of_pins_names_exist() -> None:
    page = (ROOT / "references" / "action-pins.md").read_text(encoding="utf-8")
    table = page.partition("## Mend")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| `[^|]*", table, re.MULTILINE)
    named = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", "".join(cells))
    modules = file_rules, census, judge, live_rules
    known = {check.id for module in modules for check in checks_in(module)}
    assert named
    assert [name for name in named if name not in known] == []


def test_nothing_that_is_needed_is_dropped_by_an_installer() -> None:
    private = [path for path in (ROOT / "scripts").rglob("_*.py") if path.stat().st_size]
    assert private == []
    assert all(path.name == path.name.lower() for path in _shipped())


def test_no_reference_sends_the_reader_on_to_another() -> None:
    for page in (ROOT / "references").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        links = re.findall(r"\]\(([^)#]+\.md)", text) + re.findall(r"references/[a-z-]+\.md", text)
        assert links == [], page.name


def test_no_harness_is_assumed() -> None:
    assert "!`" not in BODY
    assert not re.search(r"\b(Read|Bash|Write|Edit|Grep) tool\b", BODY)


def test_the_version_is_that_of_the_package() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["dynamic"] == ["version"]


def _shipped() -> list[Path]:
    folders = ("references", "assets", "scripts")
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]
