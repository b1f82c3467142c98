"""YAML as GitHub reads it, and where each value stands: the one reader of workflow files.

Values come as nodes that know their place. Nothing is resolved by YAML 1.1 rules, so `on` stays
a word. Events are read from libyaml where ruamel.yaml's C extension is there (700 files: 0.6 s
instead of 6 s), and from its pure parser where it is not or where libyaml, which knows less of
YAML 1.2, refuses the text.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import Any

from pypi_publish.errors import Malformed
from pypi_publish.workflow.nodes import (
    BREAK,
    Document,
    Mapping,
    Mark,
    Node,
    Scalar,
    Sequence,
    merges,
)

# GitHub itself refuses larger workflow files; so does the bound on time and memory.
LARGEST = 1 << 20
# Deeper than any workflow. libyaml alone needs 38 s for 100,000 brackets (measured).
DEEPEST = 100
# GitHub refuses a file with more values, each counted as often as an alias repeats it.
MOST_VALUES = 50_000
_LONG_TEXT = 80  # characters of a repeated text that count as one more value
# Of a longer text libyaml has the last word: the pure parser would need seconds for it.
_LONGEST_TO_READ_TWICE = 1 << 18

# YAML 1.2.2, production 1 (c-printable), without the byte order mark, which is not text.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_PLAIN = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
# Line breaks for GitHub's reader and for libyaml, text for YAML 1.2 and for every editor.
_ONCE_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")
_SPARE = range(0xF0000, 0xFFFFE)  # private use

_IN_NAMES = ("?", ":", "%", "@", "`")
_TAG = re.compile(r"(?:!<([^\s<>]+)>|!(?:[\w-]*!)?[^\s,\[\]{}!]*)(?=[\s,\]}]|\Z)", re.ASCII)
_YAML_TAG = "tag:yaml.org,2002:"  # what !! stands for
_NOT_IN_TAGS = frozenset(",[]{}")
_PROPERTIES = re.compile(
    r"(?:(?:!<[^>\r\n]*>|[&!][^\s,\[\]{}]*)(?:[ \t\r\n]|(?<=[ \t\r\n])#[^\r\n]*)*)+"
)
_MAKE_SCALAR: Any = tuple.__new__  # what `Scalar(...)` does, without a call in between


def read_document(file: str, content: bytes, *, pure: bool = False) -> Document:
    """Read one YAML file; `pure` asks for the parser that is written in Python."""
    text, byte_order_mark = _decoded(file, content)
    parsers = (_pure_parser,) if pure else (_fast_parser, _pure_parser)
    tree = _built(file, text, parsers)
    if tree.has_stand_ins:
        _refuse_unseen_lines(file, text, tree, parsers)
    return Document(file, text, tree.root, tree.scalars, byte_order_mark)


NextEvent = Callable[[], Any]
Parser = Callable[[str], NextEvent]


def _built(file: str, text: str, parsers: tuple[Parser, ...]) -> "_Tree":
    """Read a text with the first of the parsers that does not refuse it."""
    first, *others = parsers if len(text) <= _LONGEST_TO_READ_TWICE else parsers[:1]
    try:
        return _tree(file, text, first)
    except _errors() as error:
        if others:
            return _built(file, text, tuple(others))
        raise _malformed(file, error) from error


def _tree(file: str, text: str, parser: Parser) -> "_Tree":
    stand_ins = _stand_ins(text)
    next_event = parser(text.translate(stand_ins) if stand_ins else text)
    real = {spare: chr(real) for real, spare in stand_ins.items()}
    tree = _Tree(file, text, real, next_event, is_pure=parser is _pure_parser)
    tree.build()
    return tree


def _stand_ins(text: str) -> dict[int, int]:
    """Return a character that is text to every parser for each that is a line break to some."""
    if text.isascii():
        return {}
    found = sorted(map(ord, set(_ONCE_LINE_BREAKS.findall(text))))
    return dict(zip(found, (code for code in _SPARE if chr(code) not in text), strict=False))


def _refuse_unseen_lines(file: str, text: str, tree: "_Tree", parsers: tuple[Parser, ...]) -> None:
    """Refuse a text in which GitHub, ending lines elsewhere, finds values that nobody sees.

    `# note<U+2028>      - uses: evil/action@v1` is a comment in every editor and in every diff.
    """
    try:
        at_github = _built(file, _ONCE_LINE_BREAKS.sub("\n", text), parsers)
    except Malformed:
        return  # GitHub does not run it
    if _words(at_github.scalars) != _words(tree.scalars):
        found = _ONCE_LINE_BREAKS.search(text)
        assert found is not None  # noqa: S101 - asked by the caller
        reason = f"U+{ord(found[0]):04X} ends the line for GitHub, and not for an editor"
        raise _malformed_at(file, text, found.start(), reason)


def _words(scalars: list[Scalar]) -> list[list[str]]:
    return [scalar.text.split() for scalar in scalars]


def _decoded(file: str, content: bytes) -> tuple[str, bool]:
    if len(content) > LARGEST:
        raise Malformed(
            "too-large",
            f"{file}: larger than {LARGEST >> 20} MiB",
            "GitHub does not run a workflow of that size either; name the file that it does run.",
        )
    body = content.removeprefix(BOM_UTF8)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start].decode()
        problem = _malformed_at(file, before, len(before), "not UTF-8 text")
        problem.code, problem.hint = "not-utf-8", "Save the file as UTF-8."
        raise problem from error
    strange = _NOT_TEXT.search(text) if content.translate(None, _PLAIN) else None
    if strange is not None:
        reason = f"U+{ord(strange[0]):04X} is not allowed in YAML"
        raise _malformed_at(file, text, strange.start(), reason)
    return text, len(body) < len(content)


def _errors() -> tuple[type[Exception], ...]:
    from ruamel.yaml.error import YAMLError

    # The pure parser meets some malformed texts with errors of its own language.
    return (YAMLError, ValueError, IndexError, AttributeError, AssertionError, RecursionError)


def _fast_parser(source: str) -> NextEvent:
    try:
        from _ruamel_yaml import CParser
    except ImportError:
        return _pure_parser(source)
    return CParser(source.encode()).get_event  # type: ignore[no-any-return]


def _pure_parser(source: str) -> NextEvent:
    from ruamel.yaml import YAML

    from pypi_publish.workflow.scanner import SpecScanner

    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = SpecScanner
    events = yaml.parse(source)
    return lambda: next(events, None)


class _Misread(ValueError):
    """A parser took a text for something else than it is."""

    def __init__(self, event: Any) -> None:
        super().__init__()
        self.problem = "found an anchor, an alias or a tag that is none"
        self.problem_mark = event.start_mark


class _Tree:
    """Builds nodes from events. An alias is its anchor's node, so an alias bomb stays small.

    The most called lines of a run: 700 workflows are 330,000 events.
    """

    def __init__(
        self,
        file: str,
        text: str,
        stand_ins: dict[int, str],
        next_event: NextEvent,
        *,
        is_pure: bool,
    ) -> None:
        self.file = file
        self.root: Node | None = None
        self.scalars: list[Scalar] = []
        self._next = next_event
        self._text = text
        self._stand_ins = stand_ins
        self._is_pure = is_pure
        self._anchors: dict[str, tuple[Node, int]] = {}  # the size is 0 until the node is whole
        self._size = 0  # how many values there are, repeated ones counted as often as that
        self._depth = 0
        self._repeated = 0
        self._builds: dict[str, Callable[[Any, Any], Node]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._mapping,
            "SequenceStartEvent": self._sequence,
            "AliasEvent": self._alias,
        }

    @property
    def has_stand_ins(self) -> bool:
        return bool(self._stand_ins)

    def build(self) -> None:
        """Read all events; those that are neither a value nor a document carry nothing."""
        documents = 0
        for event in iter(self._next, None):
            kind = event.__class__.__name__
            if kind in self._builds:
                self.root = self._builds[kind](event, Mark(0, 0, 0))
            elif kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    reason = "more than one YAML document, of which GitHub reads one"
                    raise self._refused(event, reason)

    def _scalar(self, event: Any, near: Any) -> Scalar:
        """Return a value; `near` is its place where it is not written."""
        text, start, end = event.value, event.start_mark, event.end_mark
        if self._stand_ins:
            text = text.translate(self._stand_ins)
        if event.anchor or event.ctag is not None:  # `tag` would spell it out each time
            self._refuse_misread_properties(event)
            start = self._behind_properties(event, end.index)
        elif not text and not event.style:
            start = end = near
        node: Scalar = _MAKE_SCALAR(Scalar, (text, event.style, start, end))
        self.scalars.append(node)
        self._size += 1 + len(text) // _LONG_TEXT
        if event.anchor:
            self._anchors[event.anchor] = node, 1 + len(text) // _LONG_TEXT
        if len(self.scalars) > MOST_VALUES:
            raise self._refused(event, f"more than {MOST_VALUES:,} values")
        return node

    def _mapping(self, event: Any, _: Any) -> Mapping:
        node = Mapping(self._start(event), [], {})
        before = self._begin(node, event)
        builds, pairs, named = self._builds, node.pairs, node.named
        for following in iter(self._next, None):
            kind = following.__class__.__name__
            if kind == "MappingEndEvent":
                break
            key = builds[kind](following, node.start)
            after_key = self._next()
            near = key.end if isinstance(key, Scalar) else node.start
            value = builds[after_key.__class__.__name__](after_key, near)
            pairs.append((key, value))
            if isinstance(key, Scalar):
                named[key.text] = value
        self._refuse_duplicate_keys(node)
        self._end(node, event, before)
        return node

    def _sequence(self, event: Any, _: Any) -> Sequence:
        node = Sequence(self._start(event), [])
        before = self._begin(node, event)
        for following in iter(self._next, None):
            kind = following.__class__.__name__
            if kind == "SequenceEndEvent":
                break
            node.items.append(self._builds[kind](following, node.start))
        self._end(node, event, before)
        return node

    def _start(self, event: Any) -> Any:
        """Return where a list or a mapping begins: behind its anchor and its tag."""
        if event.anchor is None and event.ctag is None:
            return event.start_mark
        self._refuse_misread_properties(event)
        return self._behind_properties(event, len(self._text))

    def _begin(self, node: Sequence | Mapping, event: Any) -> int:
        """Open a list or a mapping, and return how many values were there before it."""
        if event.anchor:
            self._anchors[event.anchor] = node, 0
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refused(event, f"nested deeper than {DEEPEST} levels")
        self._size += 1
        return self._size - 1

    def _end(self, node: Sequence | Mapping, event: Any, before: int) -> None:
        self._depth -= 1
        if event.anchor and self._anchors[event.anchor][0] is node:
            self._anchors[event.anchor] = node, self._size - before

    def _alias(self, event: Any, _: Any) -> Node:
        self._refuse_misread_anchor(event)
        if event.anchor not in self._anchors:
            raise self._refused(event, f"alias *{event.anchor} without an anchor before it")
        node, size = self._anchors[event.anchor]
        if not size:
            raise self._refused(event, f"alias *{event.anchor} inside of what it stands for")
        self._size += size
        self._repeated += size
        if self._repeated > MOST_VALUES:
            raise self._refused(event, f"aliases repeat more than {MOST_VALUES:,} values")
        return node

    def _refuse_duplicate_keys(self, mapping: Mapping) -> None:
        """Refuse what YAML forbids and GitHub rejects; other readers hide one of the two."""
        if len(mapping.named) == len(mapping.pairs):
            return
        names = [name for name, _ in mapping.pairs if isinstance(name, Scalar)]
        seen: dict[str, Scalar] = {}
        for name in names:
            if name.text in seen and not merges(name):
                reason = f"{name.text!r} is already defined on line {seen[name.text].line}"
                raise MalformedAt(self.file, name.line, name.column, reason)
            seen[name.text] = name

    def _refuse_misread_properties(self, event: Any) -> None:
        self._refuse_misread_anchor(event)
        if event.ctag is not None and not self._is_pure:
            tag = _TAG.match(self._text, self._text.find("!", event.start_mark.index))
            read = str(event.tag).removeprefix(_YAML_TAG)
            if tag is None or (not tag[1] and not _NOT_IN_TAGS.isdisjoint(read)):
                raise _Misread(event)

    def _refuse_misread_anchor(self, event: Any) -> None:
        """Refuse what libyaml reads as YAML 1.1: `&a:` is, since 1.2, an anchor named `a:`."""
        if event.anchor:
            begin = self._text.find(event.anchor, event.start_mark.index)
            if self._text.startswith(_IN_NAMES, begin + len(event.anchor)):
                raise _Misread(event)

    def _behind_properties(self, event: Any, end: int) -> Any:
        """Return where a value begins that has an anchor or a tag."""
        start = event.start_mark
        found = _PROPERTIES.match(self._text, start.index, end)
        if found is None or found.end() == event.end_mark.index:
            return event.end_mark
        passed = BREAK.split(found[0])
        column = len(passed[-1]) + (start.column if len(passed) == 1 else 0)
        return Mark(found.end(), start.line + len(passed) - 1, column)

    def _refused(self, event: Any, reason: str) -> "MalformedAt":
        mark = event.start_mark
        return MalformedAt(self.file, mark.line + 1, mark.column + 1, reason)


def _malformed_at(file: str, text: str, offset: int, reason: str) -> "MalformedAt":
    before = BREAK.split(text[:offset])
    return MalformedAt(file, len(before), len(before[-1]) + 1, reason)


def _malformed(file: str, error: Exception) -> "MalformedAt":
    begun = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or begun
    reason = str(getattr(error, "problem", None) or "not YAML")
    if mark is None:
        return MalformedAt(file, 1, 1, reason)
    if begun is not None and begun.line != mark.line:
        reason += f" (of what begins on line {begun.line + 1})"
    return MalformedAt(file, mark.line + 1, mark.column + 1, reason)


class MalformedAt(Malformed):
    """A file that is not YAML, and the place where it stops being so."""

    def __init__(self, file: str, line: int, column: int, reason: str) -> None:
        super().__init__(
            "malformed-yaml", f"{file}:{line}:{column}: {reason}", "Mend the YAML at that place."
        )
        self.line = line
        self.column = column
        self.reason = reason
