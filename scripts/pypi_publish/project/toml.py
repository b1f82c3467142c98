"""TOML with lines: the standard reader for the values, and a locator for where each key stands."""

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pypi_publish.errors import Malformed

KeyPath = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<skip>[ \t\r]+|\#[^\n]*)
    | (?P<newline>\n)
    | (?P<string>"{3}(?:[^"\\]|\\[\s\S]|"(?!""))*"{3,5}
                |'{3}(?:[^']|'(?!''))*'{3,5}
                |"(?:[^"\\\n]|\\.)*"
                |'[^'\n]*')
    | (?P<mark>[\[\]{}=,.])
    | (?P<bare>[^\s\#"'\[\]{}=,.]+)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file and the line of each of its keys and array elements."""

    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def line(self, *path: str | int) -> int | None:
        """Return the line of a key, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if (found := self.lines.get(path[:length])) is not None:
                return found
        return None

    def table(self, *path: str) -> Mapping[str, Any]:
        """Return a table; an empty one where it is missing or something else stands there."""
        found: Any = self.data
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def parsed(text: str, name: str) -> Document:
    """Parse TOML, or raise `Malformed` with the line that is wrong."""
    import tomllib

    if text.startswith("\ufeff"):
        raise Malformed(
            "byte-order-mark",
            f"{name}, line 1: starts with a byte order mark, which build frontends refuse",
            "Save the file as UTF-8 without a byte order mark.",
        )
    try:
        data = tomllib.loads(text)
        lines: dict[KeyPath, int] = {}
        for path, line in _Locator(text).document():
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], line)
        return Document(data, lines)
    except tomllib.TOMLDecodeError as error:
        raise _malformed(name, str(error), text) from error
    except (RecursionError, ValueError) as error:  # nested too deeply, a number of 5,000 digits
        raise _malformed(name, str(error) or type(error).__name__, text) from error


def _malformed(name: str, reason: str, text: str) -> Malformed:
    found = re.search(r"\(at line (\d+), column (\d+)\)", reason)
    line = found[1] if found else str(text.count("\n") + 1)
    reason = re.sub(r" \(at .*\)$", "", reason)
    return Malformed(
        "malformed-toml",
        f"{name}, line {line}: {reason}",
        "Correct the TOML syntax at that line; no build frontend can read the file as it is.",
    )


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _Locator:
    """Walks text that the standard reader has accepted, so nothing is validated here."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._tokens = [
            _Token(str(match.lastgroup), match[0], match.start())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "skip"
        ]
        self._at = 0
        self._counts: dict[KeyPath, int] = {}

    def document(self) -> Iterator[tuple[KeyPath, int]]:
        table: KeyPath = ()
        while self._skip_lines():
            if self._next_is("["):
                table = self._header()
                yield table, self._line(-1)
            else:
                yield from self._pair(table)

    def _header(self) -> KeyPath:
        self._take()
        is_array = self._next_is("[")
        if is_array:
            self._take()
        path = self._placed(self._key(until="]"))
        if is_array:
            self._take()
            number = self._counts[path] = self._counts.get(path, -1) + 1
            path = (*path, number)
        return path

    def _placed(self, key: KeyPath) -> KeyPath:
        """Put the number of the element in progress behind each array of tables on the way."""
        path: KeyPath = ()
        for position, part in enumerate(key):
            path = (*path, part)
            if position < len(key) - 1 and path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _key(self, until: str) -> KeyPath:
        parts: list[str] = []
        while self._at < len(self._tokens):
            token = self._take()
            if token.kind == "mark" and token.text == until:
                break
            if token.kind == "string":
                parts.append(_unquoted(token.text))
            elif token.kind == "bare":
                parts.append(token.text)
        return tuple(parts)

    def _pair(self, table: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        line = self._line()
        path = table
        for part in self._key(until="="):
            path = (*path, part)
            yield path, line
        yield from self._value(path)

    def _value(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        if self._next_is("["):
            yield from self._array(path)
        elif self._next_is("{"):
            yield from self._inline_table(path)
        else:
            while self._at < len(self._tokens) and not self._at_end_of_value():
                self._take()

    def _array(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        self._take()
        number = 0
        while self._skip_lines() and not self._next_is("]"):
            if self._next_is(","):
                self._take()
                continue
            yield (*path, number), self._line()
            yield from self._value((*path, number))
            number += 1
        self._take()

    def _inline_table(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        self._take()
        while self._skip_lines() and not self._next_is("}"):
            if self._next_is(","):
                self._take()
            else:
                yield from self._pair(path)
        self._take()

    def _skip_lines(self) -> bool:
        while self._at < len(self._tokens) and self._tokens[self._at].kind == "newline":
            self._at += 1
        return self._at < len(self._tokens)

    def _at_end_of_value(self) -> bool:
        token = self._tokens[self._at]
        return token.kind == "newline" or (token.kind == "mark" and token.text in ",]}")

    def _next_is(self, mark: str) -> bool:
        if self._at >= len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token.kind == "mark" and token.text == mark

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _line(self, offset: int = 0) -> int:
        return bisect(self._starts, self._tokens[self._at + offset].start)


def _unquoted(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1]
    if "\\" not in text:
        return text[1:-1]
    import tomllib

    key = next(iter(tomllib.loads(f"{text} = 0")))
    return str(key)
