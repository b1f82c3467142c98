"""YAML as GitHub reads it, and where each value stands: the one reader of workflow files.

Values come as nodes that know their place. Nothing is resolved by YAML 1.1 rules, so `on` stays
a word. Events are read from libyaml where ruamel.yaml's C extension is there (700 files: 0.6 s
instead of 6 s), and from its pure parser where it is not or where libyaml, which knows less of
YAML 1.2, refuses the text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from pypi_publish.errors import Malformed

# GitHub itself refuses larger workflow files; so does the bound on time and memory.
LARGEST = 1 << 20
# Deeper than any workflow. libyaml alone needs 38 s for 100,000 brackets (measured).
DEEPEST = 100

# Line breaks for a YAML 1.1 parser, text for YAML 1.2 and for every editor's line numbers.
_ONCE_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\r\n]*", re.MULTILINE)
_REST_OF_LINE = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\r\n]*)?(?=[\r\n]|\Z)")
_TO_END_OF_LINE = re.compile(r"[^\r\n]*")
_BREAK = re.compile(r"\r\n|\r|\n")
_NOT_A_BREAK = re.compile(r"[^\r\n]")
_BLOCK_HEADER = re.compile(r"(?:[&!][^\s]*[ \t]+)*[|>][0-9+-]*")


class Scalar(NamedTuple):
    """One value: its text, whether it is quoted, and where it stands.

    A tuple, because a file has thousands: making frozen dataclasses took a third of the reading.
    """

    text: str
    style: str | None  # None or "" when plain, else one of ' " | >
    start: Any
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


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list of nodes."""

    start: Any
    items: "list[Node]" = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Pairs of nodes, in the order of the file; a key may stand there twice."""

    start: Any
    pairs: "list[tuple[Node, Node]]" = field(default_factory=list)

    def get(self, key: str) -> "Node | None":
        """Return the value of a key; its own before one that `<<` brings in."""
        merged = None
        for name, value in self.pairs:
            if isinstance(name, Scalar):
                if name.text == key:
                    return value
                if name.text == "<<" and name.plain:
                    merged = value
        if merged is None:
            return None
        sources = merged.items if isinstance(merged, Sequence) else [merged]
        found = (source.get(key) for source in sources if isinstance(source, Mapping))
        return next((value for value in found if value is not None), None)

    def items(self) -> "Iterator[tuple[Scalar, Node]]":
        """Yield the pairs whose key is a plain word, as all of GitHub's are."""
        return ((name, value) for name, value in self.pairs if isinstance(name, Scalar))


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Comment:
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
        at, line = self._end_of_first_line(scalar) if scalar.block else self._end(scalar)
        rest = _REST_OF_LINE.match(self.text, at)
        if rest is None:  # something else follows on this line
            return next((comment for comment in self.comments if comment.line == line), None)
        begin = rest[0].find("#")
        return None if begin < 0 else Comment(rest[0][begin:], line, at + begin)

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """Every comment: what looks like one and is not inside a value."""
        pieces = []
        done = 0
        for scalar in self.scalars:
            begin, end = scalar.start.index, self._end(scalar)[0]
            if scalar.block:  # a comment may follow its header
                begin = _TO_END_OF_LINE.match(self.text, begin).end()  # type: ignore[union-attr]
            if begin < done:
                continue
            pieces += [self.text[done:begin], _NOT_A_BREAK.sub("x", self.text[begin:end])]
            done = end
        outside = "".join([*pieces, self.text[done:]])
        return tuple(
            Comment(found[0], self.line_of(found.start()), found.start())
            for found in _COMMENT.finditer(outside)
        )

    def line_of(self, offset: int) -> int:
        """Return the line of an offset, counted from one."""
        return len(_BREAK.findall(self.text, 0, offset)) + 1

    def _end(self, scalar: Scalar) -> tuple[int, int]:
        return scalar.end.index, int(scalar.end.line) + 1

    def _end_of_first_line(self, scalar: Scalar) -> tuple[int, int]:
        header = _BLOCK_HEADER.match(self.text, scalar.start.index)
        assert header is not None  # noqa: S101 - a block scalar begins with one
        return header.end(), scalar.line


def read_document(file: str, content: bytes, *, pure: bool = False) -> Document:
    """Read one YAML file; `pure` asks for the parser that is written in Python."""
    text, byte_order_mark = _decoded(file, content)
    errors = _errors()
    try:
        tree = _built(file, text, _pure_parser if pure else _fast_parser)
    except errors:
        try:
            tree = _built(file, text, _pure_parser)
        except errors as error:
            raise _malformed(file, error) from error
    return Document(file, text, tree.root, tree.scalars, byte_order_mark)


def _built(file: str, text: str, parser: Callable[[str], Callable[[], Any]]) -> "_Tree":
    tree = _Tree(file)
    next_event = parser(_ONCE_LINE_BREAKS.sub(" ", text))
    while (event := next_event()) is not None:
        take = tree.takes.get(event.__class__.__name__)
        if take is not None:  # an event that carries a value
            take(event)
    return tree


def _decoded(file: str, content: bytes) -> tuple[str, bool]:
    if len(content) > LARGEST:
        raise Malformed(
            "too-large",
            f"{file}: larger than {LARGEST >> 20} MiB",
            "GitHub does not run a workflow of that size either; name the file that it does run.",
        )
    byte_order_mark = content.startswith(b"\xef\xbb\xbf")
    try:
        return content.decode("utf-8-sig"), byte_order_mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Malformed(
            "not-utf-8", f"{file}:{line}: not UTF-8 text", "Save the file as UTF-8."
        ) from error


def _errors() -> tuple[type[Exception], ...]:
    from ruamel.yaml.error import YAMLError

    # The pure parser meets some malformed texts with errors of its own language.
    return (YAMLError, ValueError, IndexError, AttributeError, AssertionError, RecursionError)


def _fast_parser(source: str) -> Callable[[], Any]:
    try:
        from _ruamel_yaml import CParser
    except ImportError:
        return _pure_parser(source)
    return CParser(source.encode()).get_event  # type: ignore[no-any-return]


def _pure_parser(source: str) -> Callable[[], Any]:
    from ruamel.yaml import YAML

    events = YAML(typ="safe", pure=True).parse(source)
    return lambda: next(events, None)


class _Tree:
    """Builds nodes from events. An alias is its anchor's node, so an alias bomb stays small."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.scalars: list[Scalar] = []
        self._anchors: dict[str, Node] = {}
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Node | None] = []  # of each open mapping, the key without its value
        self._documents = 0
        self.takes: dict[str, Callable[[Any], None]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._mapping,
            "SequenceStartEvent": self._sequence,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._document,
        }

    def _scalar(self, event: Any) -> None:
        node = Scalar(event.value, event.style, event.start_mark, event.end_mark)
        self.scalars.append(node)
        self._put(node, event.anchor)

    def _mapping(self, event: Any) -> None:
        self._begin(Mapping(event.start_mark), event)

    def _sequence(self, event: Any) -> None:
        self._begin(Sequence(event.start_mark), event)

    def _begin(self, node: Sequence | Mapping, event: Any) -> None:
        self._put(node, event.anchor)
        self._open.append(node)
        self._keys.append(None)
        if len(self._open) > DEEPEST:
            raise self._refused(event, f"nested deeper than {DEEPEST} levels")

    def _close(self, _: Any) -> None:
        self._open.pop()
        self._keys.pop()

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise self._refused(event, f"alias *{event.anchor} without an anchor before it")
        self._put(self._anchors[event.anchor], None)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._refused(event, "more than one YAML document, of which GitHub reads one")

    def _put(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif self._keys[-1] is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((self._keys[-1], node))
            self._keys[-1] = None

    def _refused(self, event: Any, reason: str) -> "MalformedAt":
        mark = event.start_mark
        return MalformedAt(self.file, mark.line + 1, mark.column + 1, reason)


def _malformed(file: str, error: Exception) -> "MalformedAt":
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    if mark is None:
        return MalformedAt(file, 1, 1, str(reason))
    return MalformedAt(file, mark.line + 1, mark.column + 1, str(reason))


class MalformedAt(Malformed):
    """A file that is not YAML, and the place where it stops being so."""

    def __init__(self, file: str, line: int, column: int, reason: str) -> None:
        super().__init__(
            "malformed-yaml", f"{file}:{line}:{column}: {reason}", "Mend the YAML at that place."
        )
        self.line = line
        self.column = column
        self.reason = reason
