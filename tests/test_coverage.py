"""Every row of the coverage table points at something that is there."""

import re
import tomllib
from functools import cache

import pytest
from ruamel.yaml import YAML

from conftest import ROOT, RunScript
from pages import read
from pypi_publish.check import checks_in
from pypi_publish.failures.catalogue import load
from pypi_publish.pins import census, file_rules, judge, live_rules
from pypi_publish.preflight.families import FAMILIES, checks_of

TABLE = tomllib.loads((ROOT / "tests" / "coverage.toml").read_text(encoding="utf-8"))
ROWS = {name: row for family in TABLE.values() for name, row in family.items()}
EXPECTED = {"A": 27, "B": 11, "C": 8, "D": 13, "E": 6, "F": 4, "G": 6, "H": 6, "I": 6}
POINTERS = sorted({pointer for row in ROWS.values() for pointer in row[1:]})
PAGES = [pointer for pointer in POINTERS if pointer.partition("#")[0].endswith(".md")]
OPTIONS = [pointer for pointer in POINTERS if " --" in pointer]
NAMES = [pointer for pointer in POINTERS if re.search(r" (check|class):", pointer)]
TEMPLATES = [pointer for pointer in POINTERS if pointer.startswith("assets/")]


def test_no_row_is_missing() -> None:
    wanted = {
        f"{letter}{number + 1}" for letter, count in EXPECTED.items() for number in range(count)
    }
    assert set(ROWS) == wanted


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_what_and_where(name: str) -> None:
    need, *pointers = ROWS[name]
    assert need
    assert pointers


def test_every_pointer_is_of_a_known_kind() -> None:
    assert sorted({*PAGES, *OPTIONS, *NAMES, *TEMPLATES}) == POINTERS


@pytest.mark.parametrize("pointer", PAGES)
def test_a_page_has_the_heading(pointer: str) -> None:
    path, _, anchor = pointer.partition("#")
    page = read(ROOT / path)
    assert not anchor or anchor in page.anchors


@pytest.mark.parametrize("pointer", OPTIONS)
def test_a_script_has_the_option(pointer: str, run_script: RunScript) -> None:
    path, option = pointer.split(" ")
    assert (ROOT / path).is_file()
    assert f"  {option} " in run_script(path.split("/")[1].removesuffix(".py"), "--help").stdout


@pytest.mark.parametrize("pointer", NAMES)
def test_a_check_or_a_class_exists(pointer: str) -> None:
    path, name = pointer.split(" ")
    kind, _, name = name.partition(":")
    assert (ROOT / path).is_file()
    assert name in (_classes() if kind == "class" else _checks())


@pytest.mark.parametrize("pointer", TEMPLATES)
def test_a_template_has_the_job(pointer: str) -> None:
    path, _, part = pointer.partition(" job:")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text
    if part:
        assert part in YAML(typ="safe").load(text)["jobs"]


@cache
def _checks() -> frozenset[str]:
    of_pins = (
        check for part in (census, file_rules, judge, live_rules) for check in checks_in(part)
    )
    of_preflight = (check for family in FAMILIES for check in checks_of(family))
    return frozenset(check.id for check in (*of_pins, *of_preflight))


@cache
def _classes() -> frozenset[str]:
    return frozenset(failure.id for failure in load().failures.values())
