"""The text output of an answer: the cause, its evidence, and what to do, in this order."""

import textwrap
from collections.abc import Iterable, Iterator

from pypi_publish.report.answer import Answer, Evidence, Form, Uploads

_INDENT = "  "


def lines_of(answer: Answer, width: int) -> Iterator[str]:
    """Yield the lines below the headline; nothing in them is harmless yet."""
    yield from _wrapped(answer.summary, width)
    if answer.category != "success":
        yield f"{_INDENT}class {answer.class_}, confidence {answer.confidence}"
    yield from _section("Evidence", (_shown(item) for item in answer.evidence))
    if answer.uploads is not None:
        yield from _section("Files", _of_uploads(answer.uploads))
    if answer.claims:
        claims = (f"{name}: {value or 'MISSING'}" for name, value in answer.claims.items())
        yield from _section("Claims of the token", claims)
    if answer.publisher_form is not None:
        yield from _section("Publisher to register", _of_form(answer.publisher_form))
    yield from _section("What to do", _numbered(answer.fix, width))
    also = (f"line {item.line}: {item.title} ({item.class_})" for item in answer.also)
    yield from _section("Also seen", also)
    if answer.docs:
        yield from ("", f"See {answer.docs}")


def _section(title: str, rows: Iterable[str]) -> Iterator[str]:
    shown = list(rows)
    if shown:
        yield from ("", f"{title}:")
        yield from (_INDENT + row for row in shown)


def _shown(item: Evidence) -> str:
    place = f"{item.file}:" if item.file else ""
    text = item.text if len(item.text) <= 200 else item.text[:200] + " ..."
    return f"{place}{item.line}: {text}" if item.line is not None else text


def _of_uploads(uploads: Uploads) -> Iterator[str]:
    kinds = {
        "uploaded": uploads.uploaded,
        "refused": uploads.refused,
        "skipped": uploads.skipped,
        "not tried": uploads.not_tried,
    }
    for kind, names in kinds.items():
        yield from (f"{kind}: {name}" for name in names)


def _of_form(form: Form) -> Iterator[str]:
    yield from (f"{name}: {value or '(empty)'}" for name, value in form.fields.items())
    yield f"on {form.page}"


def _numbered(steps: Iterable[str], width: int) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        first, *rest = textwrap.wrap(
            step, max(width - 7, 40), break_long_words=False, break_on_hyphens=False
        ) or [""]
        yield f"{number}. {first}"
        yield from (f"   {row}" for row in rest)


def _wrapped(text: str, width: int) -> list[str]:
    rows = textwrap.wrap(text, max(width - 2, 40), break_long_words=False, break_on_hyphens=False)
    return [_INDENT + row for row in rows]
