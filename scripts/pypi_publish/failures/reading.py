"""Reads a whole log, from wherever it comes, into what was found in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from pypi_publish.failures.catalogue import Catalogue
from pypi_publish.failures.clean import Layout, Line, layout_of, lines_of
from pypi_publish.failures.interest import Words
from pypi_publish.failures.match import Found, Matcher
from pypi_publish.failures.signals import ALL
from pypi_publish.failures.stream import Seen, Source, Stretch, stretches, tail_of

_MOST_SIGNALS = 400


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log, or one file of a zip of logs."""

    source: Source
    name: str = ""


@dataclass(slots=True)
class Reading:
    """What a log holds."""

    found: Found = field(default_factory=Found)
    size: int = 0
    lines: int = 0
    blank: bool = True
    tail: tuple[Line, ...] = ()
    jobs: dict[str, None] = field(default_factory=dict)


def read_log(files: Iterable[LogFile], catalogue: Catalogue) -> Reading:
    """Read the files of a log in their order."""
    reading = Reading()
    for file in files:
        _read(file, *_knowing(catalogue), reading)
    return reading


@lru_cache(maxsize=1)
def _knowing(catalogue: Catalogue) -> tuple[Matcher, Words]:
    signs = (*catalogue.signs, *ALL)
    return Matcher(signs), Words(signs)


def _read(file: LogFile, matcher: Matcher, words: Words, reading: Reading) -> None:
    seen = Seen()
    layout: Layout | None = None
    for stretch in _all(file.source, words, seen):
        layout = layout or layout_of(seen.head, file.name)
        for hit in matcher.hits_in(stretch, layout):
            reading.found.add(hit, _MOST_SIGNALS if hit.name.startswith("~") else 60)
    layout = layout or layout_of(seen.head, file.name)
    reading.size += seen.size
    reading.lines += seen.lines
    reading.blank = reading.blank and seen.blank
    tail = lines_of(tail_of(seen), layout)
    reading.tail = (*reading.tail[-40:], *(line for line in tail if line.text.strip()))[-60:]


def _all(source: Source, words: Words, seen: Seen) -> Iterator[Stretch]:
    """Yield the telling stretches, and the last lines whatever they hold."""
    yield from stretches(source, words, seen)
    if seen.size:
        yield tail_of(seen)
