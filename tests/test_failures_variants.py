"""Every example of the catalogue keeps its class however a runner or a person shows it."""

import io
from typing import Any

import pytest

from log_variants import BESIDE, SPOKEN_OF, VARIANTS
from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, entries, load
from pypi_publish.failures.rank import meant
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from refusals import message_of

pytestmark = pytest.mark.slow

# Any program may print these: among other output, with no upload in sight, they mean nothing.
OF_ANY_PROGRAM = {
    "net-max-retries", "net-requests-client-error", "net-write-timeout", "post-pip-hash",
    "post-pip-no-match", "post-pip-not-visible",
}  # fmt: skip
INNOCENT = ("success", "not-a-publish-failure")
AMONG_OTHER_OUTPUT = {
    *BESIDE,
    "after-a-build",
    "ended",
    "step",
    "wrapped",
    "gh-wrapped",
    "gh-after-a-build",
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def written() -> list[dict[str, Any]]:
    return list(entries())


def read(log: str, catalogue: Catalogue) -> Story:
    return Story(read_log([LogFile(io.BytesIO(log.encode()))], catalogue))


def seen_in(log: str, entry: dict[str, Any], catalogue: Catalogue) -> str:
    """Return the class of a log, or the entry's own where it only has to be seen."""
    story = read(log, catalogue)
    names = {hit.name for hit in meant(story, catalogue)}
    as_warning = "##[warning]" in entry["example"]
    if entry.get("fatal", True) and entry["category"] != "unknown" and not as_warning:
        return answer(story, catalogue).class_
    return str(entry["id"]) if entry["id"] in names else "not seen"


@pytest.mark.parametrize("variant", [*VARIANTS, *BESIDE])
def test_an_example_keeps_its_class_as(
    variant: str, catalogue: Catalogue, written: list[dict[str, Any]]
) -> None:
    shown = {**VARIANTS, **BESIDE}[variant]
    spared = OF_ANY_PROGRAM if variant in AMONG_OTHER_OUTPUT else set()
    found = {
        entry["id"]: seen_in(shown(entry["example"]), entry, catalogue)
        for entry in written
        if entry["id"] not in spared
    }
    assert not {name: other for name, other in found.items() if name != other}


@pytest.mark.parametrize("variant", [name for name in VARIANTS if not name.startswith("gh")])
def test_a_near_miss_is_none_as(
    variant: str, catalogue: Catalogue, written: list[dict[str, Any]]
) -> None:
    found = [
        entry["id"]
        for entry in written
        if entry["id"] not in {*OF_ANY_PROGRAM, "gh-exit-code"}  # some variants end with it
        and seen_in(VARIANTS[variant](entry["near_miss"]), entry, catalogue) == entry["id"]
    ]
    assert not found


@pytest.mark.parametrize("way", SPOKEN_OF)
def test_a_message_that_is_only_spoken_of_is_blamed_on_nobody_as(
    way: str, catalogue: Catalogue, written: list[dict[str, Any]]
) -> None:
    said = {entry["id"]: message_of(entry) for entry in written if entry["signs"]}
    logs = {name: SPOKEN_OF[way](message) for name, message in said.items()}
    found = {name: answer(read(log, catalogue), catalogue) for name, log in logs.items()}
    assert not {name: it.class_ for name, it in found.items() if it.category not in INNOCENT}
