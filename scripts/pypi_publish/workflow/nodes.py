"""YAML as values that know their place: what the reader of workflow files gives to everybody else."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

BREAK = re.compile(r"\r\n|\r|\n")
_MERGE = "<<"
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_COMMENT_ALONE = re.compile(r"[ \t]*(#[^\r\n]*)?(?=[\r\n]|\Z)")
# Outside of values, a # begins a comment unless it is part of a tag, an anchor or a directive.
_COMMENT = re.compile(r"#[^\r\n]*|!<[^>\r\n]*>|[&*!][^\s,\[\]{}]*|%(?:\S|[ \t](?!#))*")
_BLOCK_HEADER = re.compile(r"[|>][0-9+-]*")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text, counted from zero."""

    index: int
    line: int
    column: int


class Scalar(NamedTuple):
    """One value: its text, whether it is quoted, and where it stands.

    A tuple, because a file has thousands: making frozen dataclasses took a third of the reading.
    """

    text: str
    style: str | None  # None or "" when plain, else one of ' " | >
    start: Any  # of the value itself: behind its anchor and its tag
    end: Any

    @property
    def line(self) -> int:
        return int(self.start.line) + 1

    @property
    def column(self) -> int:
        return int(self.start.column) + 1

    @property
    def plain(self) -> bool:
        return not self.style

    @property
    def block(self) -> bool:
        return self.style in ("|", ">")


class Sequence(NamedTuple):
    """A list of nodes."""

    start: Any
    items: "list[Node]"


class Mapping(NamedTuple):
    """Pairs of nodes, in the order of the file."""

    start: Any
    pairs: "list[tuple[Node, Node]]"
    named: "dict[str, Node]"  # the values of those keys that are words

    def get(self, key: str) -> "Node | None":
        """Return the value of a key; its own before one that `<<` brings in."""
        if key in self.named or _MERGE not in self.named:
            return self.named.get(key)
        found = (source.get(key) for source in self._merged())
        return next((value for value in found if value is not None), None)

    def items(self) -> "Iterator[tuple[Scalar, Node]]":
        """Yield the pairs whose key is a word, as all of GitHub's are; then those of `<<`."""
        seen = set()
        for name, value in self.pairs:
            if isinstance(name, Scalar) and not merges(name):
                seen.add(name.text)
                yield name, value
        for source in self._merged():
            for name, value in source.items():
                if name.text not in seen:
                    seen.add(name.text)
                    yield name, value

    def _merged(self) -> "Iterator[Mapping]":
        for name, value in self.pairs:
            if isinstance(name, Scalar) and merges(name):
                sources = value.items if isinstance(value, Sequence) else [value]
                yield from (source for source in sources if isinstance(source, Mapping))


Node = Scalar | Sequence | Mapping


class Comment(NamedTuple):
    """A comment, from its `#` to the end of its line."""

    text: str
    line: int
    start: int  # offset in the text of the file


@dataclass(frozen=True)
class Document:
    """One YAML file: its name, its text and its values."""

    file: str
    text: str
    root: Node | None
    scalars: list[Scalar] = field(repr=False)
    byte_order_mark: bool = False

    def comment_beside(self, scalar: Scalar) -> Comment | None:
        """Return the comment on the line where a value ends (a block's: on its first line)."""
        end, line = scalar.end.index, int(scalar.end.line) + 1
        if scalar.block:
            end, line = self._end_of_header(scalar), scalar.line
        alone = _COMMENT_ALONE.match(self.text, end)
        if alone is None:  # something else follows on this line
            return self._comments_by_line.get(line)
        return Comment(alone[1], line, alone.start(1)) if alone[1] else None

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """Every comment: what looks like one and is not inside a value."""
        return tuple(
            Comment(found[0], self.line_of(found.start()), found.start())
            for begin, end in self._between_values()
            for found in _COMMENT.finditer(self.text, begin, end)
            if found[0].startswith("#")
        )

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text; str.splitlines knows breaks that YAML and editors do not."""
        return tuple(BREAK.split(self.text))

    def line_meant(self, comment: Comment) -> int:
        """Return the line that a comment is about: its own, or the next that is no comment."""
        return self._lines_meant[comment.line - 1]

    def line_of(self, offset: int) -> int:
        """Return the line of an offset, counted from one."""
        return bisect_right(self._ends_of_lines, offset) + 1

    @cached_property
    def _lines_meant(self) -> list[int]:
        meant = []
        below = len(self.lines) + 1
        for number in range(len(self.lines), 0, -1):
            if not self.lines[number - 1].lstrip(" \t").startswith("#"):
                below = number
            meant.append(below)
        return meant[::-1]

    @cached_property
    def _ends_of_lines(self) -> list[int]:
        return [found.end() for found in BREAK.finditer(self.text)]

    @cached_property
    def _comments_by_line(self) -> dict[int, Comment]:
        return {comment.line: comment for comment in self.comments}

    def _between_values(self) -> Iterator[tuple[int, int]]:
        done = 0
        for scalar in self.scalars:
            yield done, scalar.start.index
            if scalar.block:  # a comment may follow its header
                header = self._end_of_header(scalar)
                yield header, _end_of(_REST_OF_LINE, self.text, header)
            done = scalar.end.index
        yield done, len(self.text)

    def _end_of_header(self, scalar: Scalar) -> int:
        return _end_of(_BLOCK_HEADER, self.text, scalar.start.index)


def merges(name: Scalar) -> bool:
    """Whether a key is the `<<` that brings in the pairs of another mapping."""
    return name.text == _MERGE and name.plain


def _end_of(pattern: re.Pattern[str], text: str, begin: int) -> int:
    found = pattern.match(text, begin)
    return found.end() if found else begin
