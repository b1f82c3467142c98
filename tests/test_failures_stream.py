"""A log of any size is read in one pass, and where its blocks end makes no difference."""

import io
import tracemalloc
from pathlib import Path

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Answer

BLOCK = 1 << 16
REFUSAL = (
    Path(__file__).parent / "data/logs/failing/pypi-file-exists.rich-80-columns-gh.log"
).read_bytes()
NOISE = b"build\tBuild\t2026-10-02T08:00:00.1000000Z copying src/tidewheel/module.py -> build/lib\n"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def diagnosed(log: bytes, catalogue: Catalogue) -> Answer:
    return answer(Story(read_log([LogFile(io.BytesIO(log))], catalogue)), catalogue)


@pytest.mark.parametrize("into", range(0, len(REFUSAL), 97))
def test_a_refusal_across_two_blocks_is_found(into: int, catalogue: Catalogue) -> None:
    before = NOISE * ((BLOCK - into) // len(NOISE))
    before += b"x" * (BLOCK - into - len(before) - 1) + b"\n"
    after = NOISE * 2_000
    found = diagnosed(before + REFUSAL + after, catalogue)
    assert found.class_ == "pypi-file-exists"
    assert found.evidence[0].line == before.count(b"\n") + 2
    assert (
        "1c9ad2dc58a4bdfc958e152574ddd20d26e01381e20330b9884da7ae2492e77aa"
        in found.evidence[0].text
    )


def test_what_repeats_without_end_is_kept_in_part(catalogue: Catalogue) -> None:
    story = Story(read_log([LogFile(io.BytesIO(REFUSAL * 1_000))], catalogue))
    assert answer(story, catalogue).class_ == "pypi-file-exists"
    assert all(len(hits) <= 400 for hits in story.reading.found.hits.values())


def test_memory_does_not_grow_with_the_log(catalogue: Catalogue) -> None:
    def peak(times: int) -> int:
        class Log:
            left = times

            def read(self, size: int, /) -> bytes:
                self.left -= 1
                return (NOISE * (size // len(NOISE)))[:size] if self.left >= 0 else b""

        tracemalloc.start()
        read_log([LogFile(Log())], catalogue)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(2)  # what is kept from the first time on
    assert peak(64) < 2 * peak(8)
