"""What `--fix` writes: decided for each reference, then done to the text and checked."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pypi_publish.errors import Malformed
from pypi_publish.pins.comment import stated_version
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.policy import Strictness
from pypi_publish.pins.reference import Action, parse
from pypi_publish.pins.remote import Remote
from pypi_publish.pins.versions import Version, fullest, releases, version_of
from pypi_publish.workflow.model import Use, Workflow
from pypi_publish.workflow.nodes import Document, Scalar, read_document

_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
# What a person has to look at before anything is written over it.
_FOR_A_PERSON = {
    "impostor-commit": "the pinned commit is on no branch: find out what it is first",
    "moved-tag": "the tag was moved: find out why first",
    "ref-confusion": "the name is both a tag and a branch: choose the commit yourself",
    "invalid-uses": "the reference names nothing",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The commit and the version that a reference is to state."""

    commit: str
    version: str


@dataclass(frozen=True, slots=True)
class Left:
    """Why a reference stays as it is."""

    because: str


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


def target_of(pin: Pin, rule: str, *, update: bool, min_age: int) -> Target | Left:
    """Decide what a reference is to state; `rule` is the one that found it wanting."""
    if rule in _FOR_A_PERSON:
        return Left(_FOR_A_PERSON[rule])
    if not isinstance(pin.reference, Action) or pin.strictness is not Strictness.HASH_PIN:
        return Left("only actions are rewritten")
    if pin.remote is None or pin.refs is None:
        return Left(f"not looked up: {pin.remote.silence if pin.remote else 'not asked'}")
    current = pin.refs.resolve(pin.reference)
    version = fullest(pin.refs.tags_at(current)) if current else None
    if update:
        newest = _newest(pin, pin.remote, version, min_age)
        if newest and (version is None or newest.rank > version.rank):
            return Target(pin.refs.tags[newest.tag], newest.tag)
    if current is None:
        return Left(f"{pin.reference.ref} is not there; --update takes the newest release")
    if version is None:
        return Left("no release is at that commit; --update takes the newest release")
    if current != pin.commit and not _old_enough(pin.remote, version.tag, min_age):
        return Left(f"{version.tag} is younger than {min_age} days")
    return Target(current, version.tag)


def rewrite(document: Document, targets: Mapping[int, Target]) -> Rewritten:
    """Write the targets into a file, by the position of the reference in it.

    Nothing else in the file changes by a character.
    """
    values = [use.value for use in Workflow(document).uses()]
    lines = Counter(_line_of_comment(value) for value in values)
    edits: list[_Edit] = []
    left: dict[int, Left] = {}
    for position, target in targets.items():
        value = values[position]
        found = _edits(document, value, target, alone=lines[_line_of_comment(value)] == 1)
        if isinstance(found, Left):
            left[position] = found
        else:
            edits += found
    done = {position: target for position, target in targets.items() if position not in left}
    text = _applied(document.text, edits)
    if _reads_back(document, text, done):
        return Rewritten(text, done, left)
    unsafe = Left("written in a way that cannot be changed safely: change it by hand")
    return Rewritten(document.text, {}, {**left, **dict.fromkeys(done, unsafe)})


def _newest(pin: Pin, remote: Remote, current: Version | None, min_age: int) -> Version | None:
    assert remote.refs is not None  # noqa: S101 - asked by the caller
    ref = pin.reference.ref if isinstance(pin.reference, Action) else ""
    like = current or pin.version or version_of(ref)
    old = (
        version
        for version in releases(remote.refs.tags, like)
        if _old_enough(remote, version.tag, min_age)
    )
    return next(old, None)


def _old_enough(remote: Remote, tag: str, min_age: int) -> bool:
    return min_age == 0 or remote.ages.get(tag, 0.0) >= min_age


def _edits(document: Document, value: Scalar, target: Target, *, alone: bool) -> list[_Edit] | Left:
    raw = document.text[value.start.index : value.end.index]
    written = value.text.strip()
    at = raw.find(written)
    if at < 0:
        return Left("written over several lines or with escapes: change it by hand")
    if not alone:
        return Left("another reference stands on the same line: give each its own")
    begin = value.start.index + at + written.index("@") + 1
    end = value.start.index + at + len(written)
    changed = document.text[begin:end].lower() != target.commit
    in_value = [_Edit(begin, end, target.commit)] if changed else []
    return [*in_value, *_edits_of_comment(document, value, target)]


def _edits_of_comment(document: Document, value: Scalar, target: Target) -> list[_Edit]:
    comment = document.comment_beside(value)
    if comment is None:
        at = _end_of_content(document.text, value)
        return [_Edit(at, at, f" # {target.version}")]
    stated = stated_version(comment.text)
    if stated is None:  # what it says about other things stays
        return [_Edit(comment.start, comment.start, f"# {target.version} ")]
    if stated.version == target.version:
        return []
    begin, end = comment.start + stated.start, comment.start + stated.end
    return [_Edit(begin, end, target.version)]


def _end_of_content(text: str, value: Scalar) -> int:
    """Return where on its line a comment can be appended: after closing brackets, too."""
    begin: int = value.start.index if value.block else value.end.index
    line_end = _LINE_END.search(text, begin)
    assert line_end is not None  # noqa: S101 - the end of the text is one
    return begin + len(text[begin : line_end.start()].rstrip())


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
    if len(before) != len(after):
        return False
    targeted = {id(before[position].value) for position in done}
    others = [(old.text, id(old) in targeted) for old in document.scalars]
    if len(others) != len(changed.scalars):
        return False
    untouched = all(
        expected or old == new.text
        for (old, expected), new in zip(others, changed.scalars, strict=True)
    )
    return untouched and all(
        _states(changed, after[position], target) for position, target in done.items()
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
