"""Writes references into the text of a workflow, and reads it again to see that it says so."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pypi_publish.errors import Malformed
from pypi_publish.pins.comment import stated_version
from pypi_publish.pins.reference import Action, parse
from pypi_publish.pins.target import Left, Target
from pypi_publish.workflow.model import Use, Workflow
from pypi_publish.workflow.nodes import Document, Scalar
from pypi_publish.workflow.reader import read_document

_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
_BY_HAND = "change it by hand"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new text of a file, and what became of each reference that was to be changed."""

    text: str
    done: Mapping[int, Target]  # by the position of the reference in the file
    left: Mapping[int, Left]


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def rewrite(document: Document, targets: Mapping[int, Target]) -> Rewritten:
    """Write the targets into a file, by the position of the reference in it.

    Nothing else in the file changes by a character. What states its target already is not done.
    """
    writer = _Writer(document)
    edits: dict[int, list[_Edit]] = {}
    left: dict[int, Left] = {}
    for position, target in targets.items():
        found = writer.edits(position, target)
        if isinstance(found, Left):
            left[position] = found
        elif found:
            edits[position] = found
    done = {position: targets[position] for position in edits}
    text = _applied(document.text, [edit for some in edits.values() for edit in some])
    if _reads_back(document, text, done):
        return Rewritten(text, done, left)
    unsafe = Left(f"the file would not be read as before: {_BY_HAND}")
    return Rewritten(document.text, {}, {**left, **dict.fromkeys(done, unsafe)})


class _Writer:
    """Finds out where in a text the parts of its references stand."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        self._values = [use.value for use in Workflow(document).uses()]
        self._on_line = Counter(_line_of_comment(value) for value in self._values)
        written = (scalar for scalar in document.scalars if scalar.start.index < scalar.end.index)
        self._scalars = sorted(written, key=_start)

    def edits(self, position: int, target: Target) -> list[_Edit] | Left:
        """Return what is to be changed for a reference to state its target."""
        value = self._values[position]
        written = value.text.strip()
        at = self._text.rfind(written, value.start.index, value.end.index)
        if at < 0:
            return Left(f"written over several lines or with escapes: {_BY_HAND}")
        if self._on_line[_line_of_comment(value)] > 1:
            return Left("another reference stands on the same line: give each its own")
        begin, end = at + written.index("@") + 1, at + len(written)
        changed = self._text[begin:end].lower() != target.commit
        of_comment = self._edits_of_comment(value, target)
        if isinstance(of_comment, Left):
            return of_comment
        return [*([_Edit(begin, end, target.commit)] if changed else []), *of_comment]

    def _edits_of_comment(self, value: Scalar, target: Target) -> list[_Edit] | Left:
        comment = self._document.comment_beside(value)
        if comment is None:
            at = self._end_of_content(value)
            if self._is_inside_another(value, at):
                return Left(f"its line ends within another value: {_BY_HAND}")
            return [_Edit(at, at, f" # {target.version}")]
        stated = stated_version(comment.text)
        if stated is None:  # what it says about other things stays
            return [_Edit(comment.start, comment.start, f"# {target.version} ")]
        if stated.version == target.version:
            return []
        begin, end = comment.start + stated.start, comment.start + stated.end
        return [_Edit(begin, end, target.version)]

    def _end_of_content(self, value: Scalar) -> int:
        """Return where on its line a comment can be appended: after closing brackets, too."""
        begin: int = value.start.index if value.block else value.end.index
        line_end = _LINE_END.search(self._text, begin)
        assert line_end is not None  # noqa: S101 - the end of the text is one
        return begin + len(self._text[begin : line_end.start()].rstrip(" \t"))

    def _is_inside_another(self, value: Scalar, offset: int) -> bool:
        before = bisect_left(self._scalars, offset, key=_start)
        last = self._scalars[before - 1] if before else value
        return last is not value and offset < last.end.index


def _start(scalar: Scalar) -> int:
    return int(scalar.start.index)


def _line_of_comment(value: Scalar) -> int:
    return value.line if value.block else int(value.end.line) + 1


def _applied(text: str, edits: Iterable[_Edit]) -> str:
    pieces = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*pieces, text[done:]])


def _reads_back(document: Document, text: str, done: Mapping[int, Target]) -> bool:
    """Read the new text and compare: the targets are stated, all other values are as before."""
    try:
        changed = read_document(document.file, text.encode())
    except Malformed:
        return False
    before, after = list(Workflow(document).uses()), list(Workflow(changed).uses())
    targeted = {id(before[position].value) for position in done}
    others = [None if id(old) in targeted else old.text for old in document.scalars]
    return (
        len(before) == len(after)
        and len(others) == len(changed.scalars)
        and all(old in (None, new.text) for old, new in zip(others, changed.scalars, strict=True))
        and all(_states(changed, after[position], target) for position, target in done.items())
    )


def _states(document: Document, use: Use, target: Target) -> bool:
    reference = parse(use.value.text, use.used_as)
    comment = document.comment_beside(use.value)
    stated = stated_version(comment.text) if comment else None
    return (
        isinstance(reference, Action)
        and reference.ref.lower() == target.commit
        and stated is not None
        and stated.version == target.version
    )
