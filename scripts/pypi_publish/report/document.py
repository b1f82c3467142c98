"""The JSON document: how a report is spelled for machines, and how it is kept short.

The records are plain frozen dataclasses that are spelled here, without building pydantic models:
those cost 90 ms at every start (measured: `import typer, pydantic` 0.12 s, with two models
built 0.21 s), more than a whole run over one file. pydantic derives the exported schema from
the very same dataclasses (`render.py`), and every document in the tests is held against it.
"""

import json
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pypi_publish.errors import Exit, Problem
from pypi_publish.report.model import WITH_ONE_ANSWER, Finding, Report
from pypi_publish.verdict import Status
from pypi_publish.version import VERSION

# Claude Code shows about 10,000 characters of a command that exits non-zero.
LIMIT = 8_000
_SHORTEST = 100  # no finding takes less: the names of its fields are as long
_LONGEST_ERROR = 2_000


@dataclass(frozen=True, slots=True)
class Error:
    """Why there is no answer, or not a whole one."""

    code: str
    message: str
    hint: str
    retryable: bool


def spell(report: Report, *, whole: bool) -> str:
    """Return the one JSON document of a run; shortened to `LIMIT` unless `whole`."""
    if report.script in WITH_ONE_ANSWER:
        return _spell_answer(report, whole=whole)
    findings = report.worst_first
    if whole or len(findings) < LIMIT // _SHORTEST:
        full = _join(report, [_json(item) for item in findings], truncated=False)
        if whole or len(full) < LIMIT:
            return full
    room = LIMIT - len(_join(report, [], truncated=True)) - len("\n" * 3)
    kept = _fitting(findings, room)
    if len(kept) < len(findings):
        kept = _fitting([item for item in findings if item.status is not Status.PASS], room)
    return _join(report, kept, truncated=True)


def _spell_answer(report: Report, *, whole: bool) -> str:
    """Spell a document with one answer; to be short, long texts in it are cut."""
    full = _frame(report, _json(report.answer), truncated=False)
    if whole or len(full) < LIMIT:
        return full
    room = LIMIT - len(_frame(report, "", truncated=True))
    return _frame(report, _cut(report.answer, room), truncated=True)


def _fitting(findings: list[Finding], room: int) -> list[str]:
    """Spell findings from the first on, as many as there is room for and at least one."""
    kept: list[str] = []
    for item in findings:
        record = _json(item) if kept else _cut(item, room)
        room -= len(record) + len(",\n")
        if room < -len(",\n"):
            break
        kept.append(record)
    return kept


def _cut(value: object, room: int) -> str:
    """Spell a value in so much room: its long texts are cut, however long their escapes are."""
    record, longest = _json(value), room
    while len(record) > room and longest > 1:
        longest //= 2
        record = _json(value, longest)
    return record


def _join(report: Report, records: list[str], *, truncated: bool) -> str:
    """Put one record on each line: as short as JSON can be and still easy to read."""
    data = "[\n" + ",\n".join(records) + "\n]" if records else "[]"
    return _frame(report, data, truncated=truncated)


def _frame(report: Report, data: str, *, truncated: bool) -> str:
    meta = _json(meta_of(report, truncated=truncated))
    problem = error_of(report.problem)
    error = _cut(problem, _LONGEST_ERROR) if truncated else _json(problem)
    return f'{{"data": {data},\n"meta": {meta},\n"error": {error}}}'


def meta_of(report: Report, *, truncated: bool) -> dict[str, Any]:
    """Return what every script says about its own run, and what this one adds."""
    return {
        "schema": f"pypi-publish/{report.script}/v1",
        "version": VERSION,
        "ok": report.judgement is Exit.CLEAN,
        "exit_code": int(report.exit_code),
        "summary": report.summary,
        "total": len(report.findings),
        "truncated": truncated,
        **report.meta,
    }


def error_of(problem: Problem | None) -> Error | None:
    """Return the problem as the report spells it."""
    if problem is None:
        return None
    return Error(problem.code, problem.message, problem.hint, problem.retryable)


def _json(value: object, longest: int | None = None) -> str:
    # ASCII only: a Windows console in a legacy code page must not garble or refuse it.
    return json.dumps(_plain(value, longest))


def _plain(value: object, longest: int | None) -> Any:
    if isinstance(value, str):
        return value if longest is None or len(value) <= longest else value[:longest] + " ..."
    if is_dataclass(value):
        # A name that is a word of Python has a `_` behind it: `class_`.
        return {
            field.name.rstrip("_"): _plain(getattr(value, field.name), longest)
            for field in fields(value)
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item, longest) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, longest) for key, item in value.items()}
    return value
