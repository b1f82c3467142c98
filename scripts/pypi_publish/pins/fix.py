"""`--fix`: which references of a repository are rewritten, and the files that come of it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pypi_publish.errors import Malformed, PrerequisiteMissing
from pypi_publish.pins.judge import Judged
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.reference import Action
from pypi_publish.pins.rewrite import Left, Rewritten, Target, rewrite, target_of
from pypi_publish.report.deliver import write_whole
from pypi_publish.verdict import Status
from pypi_publish.workflow.nodes import Document

_MARK = b"\xef\xbb\xbf"
# The rules whose findings a rewritten reference answers, or that tell why it must not be.
_MENDED = {
    "behind",
    "impostor-commit",
    "invalid-uses",
    "missing-ref",
    "moved-tag",
    "ref-confusion",
    "ref-version-mismatch",
    "tag-object",
    "unlockable-action",
    "unpinned-uses",
    "version-comment",
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `--fix` makes of one file."""

    document: Document
    text: str
    done: Mapping[int, Target]  # by the position of the reference in the file
    left: Mapping[int, Left] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return _bytes(self.document, self.text)

    @property
    def changes(self) -> bool:
        return self.text != self.document.text

    @property
    def diff(self) -> str:
        """The change as a patch that `git apply` takes."""
        rows = difflib.unified_diff(
            self.document.text.splitlines(keepends=True),
            self.text.splitlines(keepends=True),
            f"a/{self.document.file.lstrip('/')}",
            f"b/{self.document.file.lstrip('/')}",
        )
        return "".join(
            row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows
        )


def fixed_files(
    documents: Sequence[Document],
    pins: Sequence[Pin],
    judged: Judged,
    *,
    update: bool,
    min_age: int,
) -> list[Fixed]:
    """Decide for every reference and rewrite the texts; nothing is written to disk."""
    chosen: dict[str, dict[int, Target | Left]] = {document.file: {} for document in documents}
    positions: dict[str, int] = {}
    for pin, record in zip(pins, judged.records, strict=False):  # other records follow the pins'
        position = positions.get(pin.file, 0)
        positions[pin.file] = position + 1
        wanting = record.status in (Status.FAIL, Status.WARN) and record.check in _MENDED
        if wanting or (update and record.status is not Status.SKIP and _is_commit(pin)):
            target = target_of(pin, record.check, update=update, min_age=min_age)
            if wanting or not isinstance(target, Left):
                chosen[pin.file][position] = target
    return [_fixed(document, chosen[document.file]) for document in documents]


def write(fixed: Fixed, path: Path) -> None:
    """Write a file, unless somebody else has changed it since it was read."""
    try:
        if path.read_bytes() != _bytes(fixed.document, fixed.document.text):
            raise Malformed("changed-meanwhile", f"{fixed.document.file}: changed", "Run it again.")
        write_whole(path, fixed.content)
    except OSError as error:
        reason = f"{fixed.document.file}: {error.strerror or error}"
        raise PrerequisiteMissing("cannot-write", reason, "Make the file writable.") from error


def _is_commit(pin: Pin) -> bool:
    return isinstance(pin.reference, Action) and pin.reference.is_commit


def _fixed(document: Document, chosen: Mapping[int, Target | Left]) -> Fixed:
    targets = {at: choice for at, choice in chosen.items() if isinstance(choice, Target)}
    left = {at: choice for at, choice in chosen.items() if isinstance(choice, Left)}
    result: Rewritten = rewrite(document, targets)
    return Fixed(document, result.text, result.done, {**left, **result.left})


def _bytes(document: Document, text: str) -> bytes:
    return (_MARK if document.byte_order_mark else b"") + text.encode("utf-8")
