"""Where each key of a TOML file stands, and what is said of one that cannot be read."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_publish.errors import Malformed
from pypi_publish.project.toml import parsed

SAMPLE = '''# a comment = 1
[project]
name = "x" # foo = 1
dependencies = [
  "a", # "zz"
  "b[x]>=1",
]
urls."Home page" = "http://x"
[[project.authors]]
name = """multi
line"""
email = 'a@b'
[[project.authors]]
name = "y"
[tool.x]
day = 1979-05-27 07:32:00
b = {c = [1, {e = 2}], f = "}"}
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param(("project",), 2, id="table"),
        pytest.param(("project", "name"), 3, id="key"),
        pytest.param(("project", "dependencies", 1), 6, id="element-of-an-array"),
        pytest.param(("project", "urls", "Home page"), 8, id="quoted-part-of-a-dotted-key"),
        pytest.param(("project", "authors", 0, "email"), 12, id="after-a-multi-line-string"),
        pytest.param(("project", "authors", 1, "name"), 14, id="second-table-of-an-array"),
        pytest.param(("tool", "x", "b", "f"), 17, id="inline-table"),
        pytest.param(("project", "nothing"), 2, id="missing-key-has-the-line-of-its-table"),
    ],
)
def test_every_key_has_the_line_where_it_is_written(path: tuple[str | int, ...], line: int) -> None:
    assert parsed(SAMPLE, "pyproject.toml").line(*path) == line


def paths(value: Any, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        inner = list(value.items())
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    return [path for key, part in inner for path in [(*above, key), *paths(part, (*above, key))]]


@pytest.mark.parametrize(
    "file", sorted(Path(__file__).parent.rglob("data/projects/*/*.toml")), ids=str
)
def test_no_key_of_a_real_file_is_without_a_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = parsed(text, file.name).lines
    assert [path for path in paths(tomllib.loads(text)) if path not in lines] == []


@given(st.text(alphabet="[]{}=\"'\n\\#.,ab1 ", max_size=60))
def test_any_text_is_either_located_or_malformed(text: str) -> None:
    try:
        document = parsed(text, "pyproject.toml")
    except Malformed:
        return
    assert all(path in document.lines for path in paths(dict(document.data)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("a = 1\nb = ]", "pyproject.toml, line 2", id="syntax"),
        pytest.param("a = 1\nb = [", "pyproject.toml, line 2", id="ends-too-early"),
        pytest.param("\ufeffa = 1", "line 1: starts with a byte order mark", id="byte-order-mark"),
        pytest.param("x=" + "[" * 100_000 + "]" * 100_000, "line 1: ", id="nested-beyond-reason"),
        pytest.param("x=" + "9" * 6_000, "line 1: ", id="number-of-six-thousand-digits"),
    ],
)
def test_what_cannot_be_read_names_its_line(text: str, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        parsed(text, "pyproject.toml")
