"""What people quote of a message, without the rest of its line, names the failure, too."""

import io
import re
import tomllib

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import SOURCES, load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story

QUOTED = tomllib.loads((SOURCES / "quoted.toml").read_text("utf-8"))["wording"]


@pytest.mark.parametrize("before", ["", "Error: ", "ERROR    "])
@pytest.mark.parametrize(
    ("name", "sign"),
    [pytest.param(item["of"], sign, id=item["of"]) for item in QUOTED for sign in item["signs"]],
)
def test_a_part_of_a_message_names_its_class(name: str, sign: str, before: str) -> None:
    said = before + re.sub(r"\{\w+\}", "sample", sign)
    log = LogFile(io.BytesIO(f"{said}\n".encode()))
    catalogue = load()
    assert answer(Story(read_log([log], catalogue)), catalogue).class_ == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("invalid-publisher", "mint-publisher-not-found"),
        ("`invalid-publisher`:", "mint-publisher-not-found"),
        ("manifest unknown", "gh-docker-manifest-unknown"),
        ("what is an invalid-publisher in a list of words", "unknown"),
        ("something else", "unknown"),
    ],
)
def test_a_word_alone_names_its_class_and_what_says_nothing_is_no_success(
    said: str, name: str
) -> None:
    catalogue = load()
    log = LogFile(io.BytesIO(f"{said}\n".encode()))
    assert answer(Story(read_log([log], catalogue)), catalogue).class_ == name
