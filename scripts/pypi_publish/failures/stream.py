"""Reads a log of any size in one pass and hands on only the stretches worth a closer look.

A log is mostly progress and compiler output. Blocks of it are looked at as a whole first: which of
the words that the messages are known by stand in it at all. Python then reads line by line only
around those words. Measured: 20 MiB in 0.2 s, where a regular expression a line takes 4 s.
"""

import codecs
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from pypi_publish.errors import Malformed

_BLOCK = 1 << 16
_CONTEXT = 4096  # bytes kept before what is new, for what a message's lines need around them
_LINES_BEFORE, _LINES_AFTER = 8, 14
_MOST_BEFORE, _MOST_AFTER = 4096, 8192  # in bytes: lines may be endless
_MANY = 48  # of one word in a block: its first and its last ones will do
_SPACED = bytes(byte if bytes([byte]).isalnum() else 32 for byte in range(256))
# Before these the word itself says too little.
_MARKS = (b"##[error]", b"::error", b"error: ", b"ERROR", b"Error: ", b"ERR!")
_MOST_MARKED = 4_000
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1b\x08\x07\x0f\x0e")
_JUNK = bytes(byte for byte in range(32) if byte not in _TEXT_CONTROLS) + b"\x7f"


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some lines that follow each other."""

    number: int  # of the first one
    data: bytes


@dataclass(slots=True)
class Seen:
    """What is known of the whole once it was read."""

    size: int = 0
    blank: bool = True
    lines: int = 0
    head: bytes = b""
    tail: bytes = b""
    tail_number: int = 1


def stretches(source: Source, keys: Collection[bytes], seen: Seen) -> Iterator[Stretch]:
    """Yield the stretches of a log that hold one of the words, and always its head and its tail."""
    wanted = frozenset(keys)
    marked = 0
    buffer, first, judged = b"", 1, 0
    for chunk in _blocks(source, seen):
        buffer += chunk
        end = _horizon(buffer) if chunk else len(buffer)
        if end <= judged and chunk:
            continue
        found = _places(buffer, judged, end, wanted)
        if marked < _MOST_MARKED:
            marks = _marked(buffer, judged, end)
            marked += len(marks)
            found += marks
        yield from _around(buffer, first, sorted(found))
        kept = max(0, end - _CONTEXT)
        kept = buffer.rfind(b"\n", 0, kept) + 1 or kept
        first += buffer.count(b"\n", 0, kept)
        buffer, judged = buffer[kept:], end - kept
    seen.lines = first + buffer.count(b"\n")


def _blocks(source: Source, seen: Seen) -> Iterator[bytes]:
    """Yield the log as UTF-8 in blocks, and at its end an empty one."""
    begun = source.read(_BLOCK)
    encoding = _encoding(begun)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    chunk = begun
    while chunk:
        seen.size += len(chunk)
        text = decoder.decode(chunk).encode() if decoder else chunk
        if seen.blank and text.strip(b" \t\r\n\x00\xef\xbb\xbf"):
            seen.blank = False
        if not seen.head:
            _refuse_junk(text)
            seen.head = text
        seen.tail = (seen.tail + text)[-_BLOCK // 4 :]
        yield text
        chunk = source.read(_BLOCK)
    yield b""


def _encoding(begun: bytes) -> str | None:
    """Name the encoding of two bytes a character, which Windows PowerShell writes with `>`."""
    if begun.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = begun[:4096]
    if len(sample) > 8 and sample.count(0) > len(sample) // 4:
        odd, even = sample[1::2].count(0), sample[::2].count(0)
        if odd > len(sample) // 4 and even < len(sample) // 20:
            return "utf-16-le"
        if even > len(sample) // 4 and odd < len(sample) // 20:
            return "utf-16-be"
    return None


def _refuse_junk(text: bytes) -> None:
    junk = len(text) - len(text.translate(None, _JUNK))
    undecodable = text[:_BLOCK].decode("utf-8", "replace").count("\ufffd")
    if junk * 50 > len(text) or (junk and undecodable * 10 > len(text)):
        raise Malformed(
            "not-text",
            "this is binary data, not a log",
            "Give the text of the log, or the zip of logs as GitHub serves it.",
        )


def _horizon(buffer: bytes) -> int:
    """Return where the lines begin that have to wait for the lines after them."""
    end = len(buffer)
    for _ in range(_LINES_AFTER):
        found = buffer.rfind(b"\n", max(0, len(buffer) - _MOST_AFTER), max(0, end - 1))
        if found < 0:
            return max(0, len(buffer) - _MOST_AFTER)
        end = found + 1
    return end


def _places(buffer: bytes, begin: int, end: int, wanted: frozenset[bytes]) -> list[int]:
    words = wanted.intersection(buffer[max(0, begin - 64) : end].translate(_SPACED).split())
    return [place for word in words for place in _of_word(buffer, word, begin, end)]


def _of_word(buffer: bytes, word: bytes, begin: int, end: int) -> list[int]:
    places = []
    place = buffer.find(word, max(0, begin - 64), end)
    while place >= 0:
        places.append(place)
        place = buffer.find(word, place + len(word), end)
    return places if len(places) <= _MANY else places[: _MANY // 2] + places[-_MANY // 2 :]


def _marked(buffer: bytes, begin: int, end: int) -> list[int]:
    return [place for mark in _MARKS for place in _of_word(buffer, mark, begin, end)]


def _around(buffer: bytes, first: int, places: list[int]) -> Iterator[Stretch]:
    """Yield what surrounds the places; what touches becomes one stretch."""
    counted, number = 0, first
    spans: list[list[int]] = []
    for place in places:
        if spans and place < spans[-1][2]:
            continue  # its surroundings are those of the place before
        begin, end, line_end = _surroundings(buffer, place)
        if spans and begin <= spans[-1][1]:
            spans[-1][1:] = [end, line_end]
        else:
            spans.append([begin, end, line_end])
    for begin, end, _ in spans:
        number += buffer.count(b"\n", counted, begin)
        counted = begin
        yield Stretch(number, buffer[begin:end])


def _surroundings(buffer: bytes, place: int) -> tuple[int, int, int]:
    lowest, highest = max(0, place - _MOST_BEFORE), min(len(buffer), place + _MOST_AFTER)
    begin = place
    for _ in range(_LINES_BEFORE + 1):
        begin = buffer.rfind(b"\n", lowest, begin)
        if begin < 0:
            break
    begin = begin + 1 if begin >= 0 else lowest
    end = line_end = _line_end(buffer, place, highest)
    for _ in range(_LINES_AFTER):
        if end >= highest:
            break
        end = _line_end(buffer, end + 1, highest)
    return begin, end, line_end


def _line_end(buffer: bytes, place: int, highest: int) -> int:
    found = buffer.find(b"\n", place, highest)
    return highest if found < 0 else found


def tail_of(seen: Seen) -> Stretch:
    """Return the last lines of a log that was read."""
    tail = seen.tail
    tail = tail[tail.find(b"\n") + 1 :] if len(tail) < seen.size and b"\n" in tail else tail
    lines = re.split(rb"\n", tail.rstrip(b"\r\n"))[-40:]
    last = seen.lines - (len(tail) - len(tail.rstrip(b"\n")))
    return Stretch(max(1, last - len(lines) + 1), b"\n".join(lines))
