"""`--fix`: which references of a repository are rewritten, and the files that come of it."""

import difflib
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from pypi_publish.errors import Malformed, PrerequisiteMissing
from pypi_publish.pins.judge import Judged, Judgement, Repository
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.rewrite import rewrite
from pypi_publish.pins.target import Left, Target, Wish, target_of
from pypi_publish.report.deliver import write_whole
from pypi_publish.workflow.nodes import Document

_MARK = "\ufeff"
_PLAIN = re.compile(r'[^\x00-\x1f\x7f"\\\ud800-\udfff]*')
_UNSAFE = {*range(32), *b'"\\', *range(127, 256)}
_ESCAPE = "\\%03o"
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")  # as git counts them


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `--fix` makes of one file."""

    document: Document
    text: str
    done: Mapping[int, Target]  # by the position of the reference in the file
    left: Mapping[int, Left]
    was: Mapping[int, str]  # how the references that are done were written

    @property
    def content(self) -> bytes:
        return _whole(self.document, self.text).encode()

    def diff(self, repository: Repository) -> str:
        """Return the change as a patch that `git apply` and `patch -p1` take."""
        name = _name_in_patch(self.document.file, repository)
        rows = difflib.unified_diff(
            _LINE.findall(_whole(self.document, self.document.text)),
            _LINE.findall(_whole(self.document, self.text)),
            _quoted(f"a/{name}"),
            _quoted(f"b/{name}"),
        )
        return "".join(
            row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows
        )


class ChangedMeanwhile(Malformed):
    """Somebody else has written the file since it was read."""

    retryable = True


def fixed_files(
    repository: Repository, pins: Sequence[Pin], judged: Judged, wish: Wish
) -> list[Fixed]:
    """Decide about every reference and rewrite the texts; nothing is written to disk."""
    chosen: dict[str, list[tuple[Pin, Target | Left | None]]] = {}
    for pin, judgement in zip(pins, judged.pins, strict=True):
        choice = target_of(pin, judgement.wrong, judgement.ignored, wish)
        chosen.setdefault(pin.file, []).append((pin, choice))
    documents = {document.file: document for document in repository.documents}
    return [_fixed(documents[file], choices) for file, choices in chosen.items()]


def write(fixed: Fixed, path: Path) -> None:
    """Write a file, unless somebody else has changed it since it was read."""
    try:
        # Opened for writing, because what replaces it would not ask whether it may be written.
        with path.open("r+b") as file:
            found = file.read()
        if found == fixed.content:  # by another --fix, or through another link to it
            return
        if found != _whole(fixed.document, fixed.document.text).encode():
            reason = f"{fixed.document.file}: changed while it was looked up, not written"
            raise ChangedMeanwhile("changed-meanwhile", reason, "Run it again.")
        write_whole(path, fixed.content)
    except OSError as error:
        reason = f"{fixed.document.file}: not written: {error.strerror or error}"
        raise PrerequisiteMissing("cannot-write", reason, "Make the file writable.") from error


def noted(judged: Judged, pins: Sequence[Pin], fixed: Sequence[Fixed], *, written: bool) -> Judged:
    """Say in each record what `--fix` did, or why it did nothing."""
    of_file = {file.document.file: file for file in fixed}
    positions: Counter[str] = Counter()
    judgements = []
    for pin, judgement in zip(pins, judged.pins, strict=True):
        note = _note(of_file.get(pin.file), positions[pin.file], written=written)
        positions[pin.file] += 1
        judgements.append(_with_note(judgement, note))
    return replace(judged, pins=judgements)


def _note(file: Fixed | None, position: int, *, written: bool) -> str:
    if file is None:
        return ""
    if position in file.left:
        return f"; not rewritten: {file.left[position].because}"
    if position not in file.done:
        return ""
    if written:
        return f"; rewritten, it was {file.was[position]}"
    target = file.done[position]
    return f"; would be rewritten to {target.commit} # {target.version}"


def _with_note(judgement: Judgement, note: str) -> Judgement:
    if not note:
        return judgement
    record = replace(judgement.record, detail=judgement.record.detail + note)
    return replace(judgement, record=record)


def _fixed(document: Document, choices: Sequence[tuple[Pin, Target | Left | None]]) -> Fixed:
    targets = {at: choice for at, (_, choice) in enumerate(choices) if isinstance(choice, Target)}
    left = {at: choice for at, (_, choice) in enumerate(choices) if isinstance(choice, Left)}
    result = rewrite(document, targets)
    was = {at: _written_form(choices[at][0]) for at in result.done}
    return Fixed(document, result.text, result.done, {**left, **result.left}, was)


def _written_form(pin: Pin) -> str:
    return pin.text + (f" # {pin.stated.version}" if pin.stated else "")


def _whole(document: Document, text: str) -> str:
    return (_MARK if document.byte_order_mark else "") + text


def _name_in_patch(file: str, repository: Repository) -> str:
    """Name a file as a patch does: below the current folder, else below its repository."""
    shown = PurePath(file)
    path = repository.paths.get(file)
    if path is None or not (shown.is_absolute() or ".." in shown.parts):
        return shown.as_posix()
    try:
        return path.absolute().relative_to(repository.root.absolute()).as_posix()
    except ValueError:
        return shown.as_posix().lstrip("/")


def _quoted(name: str) -> str:
    """Quote a name as git does, or a line break in it would begin another line of the patch."""
    if _PLAIN.fullmatch(name):
        return f"{name}\t" if " " in name else name  # or patch takes the name to end at the blank
    spelled = (_ESCAPE % byte if byte in _UNSAFE else chr(byte) for byte in os.fsencode(name))
    return f'"{"".join(spelled)}"'
