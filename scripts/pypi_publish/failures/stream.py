"""Reads a log of any size in one pass and hands on only the stretches worth a closer look.

A log is mostly progress and compiler output. Blocks of it are looked at as a whole first: which of
the words that the messages are known by stand in it at all. Python then reads line by line only
around those words. Measured: 20 MiB in 0.2 s, where a regular expression a line takes 4 s.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pypi_publish.errors import Malformed

_BLOCK = 1 << 16
_CONTEXT = 4096  # bytes kept before what is new, for what a message's lines need around them
_LINES_AFTER = 14
_WIDE = (8, _LINES_AFTER)  # lines before and after a message, for what is around it tells
_NARROW = (1, 1)
_MOST_BEFORE, _MOST_AFTER = 4096, 8192  # in bytes: lines may be endless
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1b\x08\x07\x0f\x0e")
_JUNK = bytes(byte for byte in range(32) if byte not in _TEXT_CONTROLS) + b"\x7f"


class Interest(Protocol):
    """What decides where a closer look is worth it."""

    def places(self, buffer: bytes, begin: int, end: int) -> list[tuple[int, bool]]: ...


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


def stretches(source: Source, interest: Interest, seen: Seen) -> Iterator[Stretch]:
    """Yield the stretches of a log that are worth a closer look."""
    buffer, first, judged = b"", 1, 0
    for chunk in _blocks(source, seen):
        buffer += chunk
        end = _horizon(buffer) if chunk else len(buffer)
        if end <= judged and chunk:
            continue
        yield from _around(buffer, first, sorted(interest.places(buffer, judged, end)))
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


def _around(buffer: bytes, first: int, places: list[tuple[int, bool]]) -> Iterator[Stretch]:
    """Yield what surrounds the places; what touches becomes one stretch."""
    spans: list[list[int]] = []
    for place, wide in places:
        begin, end = _surroundings(buffer, place, *(_WIDE if wide else _NARROW))
        if spans and begin <= spans[-1][1]:
            spans[-1][1] = max(end, spans[-1][1])
        else:
            spans.append([begin, end])
    counted, number = 0, first
    for begin, end in spans:
        number += buffer.count(b"\n", counted, begin)
        counted = begin
        yield Stretch(number, buffer[begin:end])


def _surroundings(buffer: bytes, place: int, before: int, after: int) -> tuple[int, int]:
    lowest, highest = max(0, place - _MOST_BEFORE), min(len(buffer), place + _MOST_AFTER)
    begin = place
    for _ in range(before + 1):
        begin = buffer.rfind(b"\n", lowest, begin)
        if begin < 0:
            break
    begin = begin + 1 if begin >= 0 else lowest
    end = _line_end(buffer, place, highest)
    for _ in range(after):
        if end >= highest:
            break
        end = _line_end(buffer, end + 1, highest)
    return begin, end


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
