"""The catalogue of failures proves itself: each example its own class, no near miss."""

import io
from collections.abc import Iterable
from typing import Any, get_args

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import COMPILED, Catalogue, compiled, entries, load
from pypi_publish.failures.rank import meant
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Category, Retry

ENTRIES = list(entries())
STAGES = sorted({entry["stage"] for entry in ENTRIES})


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def of_stage(stage: str) -> Iterable[dict[str, Any]]:
    return (entry for entry in ENTRIES if entry["stage"] == stage)


def story(log: str, catalogue: Catalogue) -> Story:
    return Story(read_log([LogFile(io.BytesIO(log.encode()))], catalogue))


def is_cause(entry: dict[str, Any]) -> bool:
    """Whether it can be the answer: a warning is only seen, a wrapper says nothing."""
    as_warning = "##[warning]" in entry["example"]
    return entry.get("fatal", True) and entry["category"] != "unknown" and not as_warning


@pytest.mark.parametrize("stage", STAGES)
def test_an_example_is_recognised_as_its_own_class(stage: str, catalogue: Catalogue) -> None:
    mistaken = {}
    for entry in of_stage(stage):
        read = story(entry["example"], catalogue)
        named = answer(read, catalogue).class_
        seen = {named} if is_cause(entry) else {hit.name for hit in meant(read, catalogue)}
        if entry["id"] not in seen:
            mistaken[entry["id"]] = named
    assert not mistaken


@pytest.mark.parametrize("stage", STAGES)
def test_a_near_miss_is_not_recognised(stage: str, catalogue: Catalogue) -> None:
    mistaken = []
    for entry in of_stage(stage):
        read = story(entry["near_miss"], catalogue)
        seen = {hit.name for hit in meant(read, catalogue)} | {answer(read, catalogue).class_}
        if entry["id"] in seen:
            mistaken.append(entry["id"])
    assert not mistaken


@pytest.mark.parametrize("stage", STAGES)
def test_an_entry_speaks_the_words_of_the_contract(stage: str) -> None:
    known = {other["id"] for other in ENTRIES}
    for entry in of_stage(stage):
        assert entry["category"] in get_args(Category), entry["id"]
        assert entry["retry"] in get_args(Retry), entry["id"]
        assert entry["fix"], entry["id"]
        assert entry["title"], entry["id"]
        assert set(entry.get("yields_to", ())) <= known, entry["id"]


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


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(
            "Response from https://nexus.example.org/repository/hosted/:\n"
            "         400 Repository does not allow\n         updating assets: hosted\n",
            id="expression-broken-at-80-columns",
        ),
        pytest.param(
            "ERROR    HTTPError: 400 Bad Request from https://nexus.example.org/repository/hosted/\n"
            "         hosted/packages/tidewheel/1.4.0/tidewheel-1.4.0-py3-none-any.whl\n"
            "         cannot be updated\n",
            id="expression-broken-before-its-last-words",
        ),
    ],
)
def test_an_expression_survives_a_broken_line(log: str, catalogue: Catalogue) -> None:
    assert answer(story(log, catalogue), catalogue).class_ == "private-index-file-exists"


def test_who_quotes_a_message_may_leave_out_its_full_stop(catalogue: Catalogue) -> None:
    wheel = "tide-1.0-cp38-cp38-linux_x86_64.whl"
    log = f"Binary wheel '{wheel}' has an unsupported platform tag 'linux_x86_64'"
    assert answer(story(log, catalogue), catalogue).class_ == "pypi-platform-tag-unsupported"
