"""The text output: what a person reads. Grouped by file, worst first, the fix under the finding."""

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from pypi_publish.errors import Exit, Problem
from pypi_publish.report.answer import Answer
from pypi_publish.report.answer_text import lines_of
from pypi_publish.report.model import Finding, Report
from pypi_publish.verdict import Status

LIMIT = 8_000
_COLOURS = {
    Status.FAIL: "31;1",
    Status.WARN: "33",
    Status.UNKNOWN: "35",
    Status.SKIP: "2",
    Status.PASS: "32",
}
_INDENT = " " * 11
# What a terminal would obey instead of show: C0 and C1 controls, and the marks that turn
# the direction of text (an action name could be made to read as another).
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST = 2_000  # of what one finding quotes


@dataclass(frozen=True, slots=True)
class Style:
    """How the text is to look on this stream."""

    colour: bool = False
    width: int = 100
    everything: bool = False  # also the passing records, and no limit
    quiet: bool = False  # findings only: no closing line


def render(report: Report, style: Style) -> str:
    """Return the whole text of a report."""
    if report.answer is not None:
        return _answered(report, report.answer, style)
    findings = report.worst_first
    shown = [item for item in findings if style.everything or _is_notable(item)]
    blocks = list(_fitting(shown, style))
    lines = list(_grouped(shown[: len(blocks)], blocks, style))
    if len(blocks) < len(shown):
        lines += [f"... and {len(shown) - len(blocks)} more (--all shows them)", ""]
    if not style.quiet:
        lines += _closing(report, style)
    return "\n".join(lines).rstrip("\n") + "\n" if lines else ""


def _answered(report: Report, answer: Answer, style: Style) -> str:
    """Spell the one answer that a script has, the verdict as its headline."""
    verdict, *following = _closing(report, style)
    lines = [harmless(line) for line in lines_of(answer, style.width)]
    return "\n".join([verdict, *lines, *(["", *following] if not style.quiet else [])]) + "\n"


def render_problem(problem: Problem, style: Style) -> str:
    """Return the text of a run that ended without a whole answer."""
    head = _painted("error:", "31;1", style)
    return f"{head} {harmless(problem.message)}\n{harmless(problem.hint)}\n"


def harmless(text: str) -> str:
    """Return foreign text with everything replaced that a terminal would obey."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _is_notable(finding: Finding) -> bool:
    return finding.status not in (Status.PASS, Status.SKIP)


def _fitting(shown: list[Finding], style: Style) -> Iterator[list[str]]:
    room = LIMIT
    for item in shown:
        block = _block(item, style)
        yield block
        room -= sum(len(line) + 1 for line in block)
        if room < 0 and not style.everything:
            return


def _grouped(shown: list[Finding], blocks: list[list[str]], style: Style) -> Iterator[str]:
    """Put the findings of one file together; the file with the worst finding comes first."""
    order: dict[str, int] = {}
    for item in shown:
        order.setdefault(_group(item), len(order))
    pairs = sorted(zip(shown, blocks, strict=True), key=lambda pair: order[_group(pair[0])])
    for group, members in groupby(pairs, key=lambda pair: _group(pair[0])):
        yield _painted(harmless(group).replace("\n", "\\n"), "1", style)
        for _, block in members:
            yield from block
        yield ""


def _group(finding: Finding) -> str:
    return finding.where.file if finding.where else "project"


def _block(finding: Finding, style: Style) -> list[str]:
    status = _painted(f"{finding.status:<7}", _COLOURS[finding.status], style)
    rows = [f"  {status}  {harmless(_headline(finding))}", *_wrapped(finding.detail, style)]
    if finding.fix:
        rows += _wrapped(f"fix: {finding.fix}", style)
    return rows


def _headline(finding: Finding) -> str:
    if finding.where is None or finding.where.line is None:
        return finding.check
    column = f":{finding.where.column}" if finding.where.column else ""
    return f"{finding.where.line}{column}".ljust(7) + " " + finding.check


def _wrapped(text: str, style: Style) -> list[str]:
    if len(text) > _LONGEST and not style.everything:
        text = text[:_LONGEST] + " ..."
    rows: Iterable[str] = (
        row
        for paragraph in harmless(text).split("\n")
        for row in textwrap.wrap(
            paragraph,
            max(style.width - len(_INDENT), 40),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    return [_INDENT + row for row in rows]


def _closing(report: Report, style: Style) -> list[str]:
    if report.closing is None:
        return []
    colour = "32;1" if report.judgement is Exit.CLEAN else "31;1"
    lines = [_painted(harmless(report.closing.verdict), colour, style)]
    if report.closing.next:
        lines.append(f"Next: {harmless(report.closing.next)}")
    return lines


def _painted(text: str, code: str, style: Style) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if style.colour else text
