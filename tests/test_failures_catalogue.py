"""The catalogue of failures proves itself: each example its own class, no near miss."""

import io
from typing import Any, get_args

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import COMPILED, Catalogue, compiled, entries, load
from pypi_publish.failures.rank import meant
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Category, Retry

ENTRIES = list(entries())
EACH = [pytest.param(entry, id=entry["id"]) for entry in ENTRIES]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def story(log: str, catalogue: Catalogue) -> Story:
    return Story(read_log([LogFile(io.BytesIO(log.encode()))], catalogue))


def is_cause(entry: dict[str, Any]) -> bool:
    """Whether it can be the answer: a warning is only seen, a wrapper says nothing."""
    as_warning = "##[warning]" in entry["example"]
    return entry.get("fatal", True) and entry["category"] != "unknown" and not as_warning


@pytest.mark.parametrize("entry", EACH)
def test_an_example_is_recognised_as_its_own_class(
    entry: dict[str, Any], catalogue: Catalogue
) -> None:
    read = story(entry["example"], catalogue)
    if is_cause(entry):
        assert answer(read, catalogue).class_ == entry["id"]
    else:
        assert entry["id"] in {hit.name for hit in meant(read, catalogue)}


@pytest.mark.parametrize("entry", EACH)
def test_a_near_miss_is_not_recognised(entry: dict[str, Any], catalogue: Catalogue) -> None:
    read = story(entry["near_miss"], catalogue)
    assert entry["id"] not in {hit.name for hit in meant(read, catalogue)}
    assert answer(read, catalogue).class_ != entry["id"]


@pytest.mark.parametrize("entry", EACH)
def test_an_entry_speaks_the_words_of_the_contract(entry: dict[str, Any]) -> None:
    assert entry["category"] in get_args(Category)
    assert entry["retry"] in get_args(Retry)
    assert entry["fix"]
    assert entry["title"]
    known = {other["id"] for other in ENTRIES}
    assert set(entry.get("yields_to", ())) <= known


def test_every_id_is_there_once() -> None:
    names = [entry["id"] for entry in ENTRIES]
    assert len(names) == len(set(names))
    assert len(names) >= 545


def test_what_the_scripts_read_is_what_the_entries_say() -> None:
    assert COMPILED.read_text(encoding="utf-8") == compiled()


def test_no_two_entries_give_way_to_each_other(catalogue: Catalogue) -> None:
    pairs = {
        (name, other) for name, failure in catalogue.failures.items() for other in failure.yields_to
    }
    assert not [pair for pair in pairs if pair[::-1] in pairs]
