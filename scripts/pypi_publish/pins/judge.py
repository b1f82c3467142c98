"""Offline judgement: from the text of the files to one record for each reference."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from pypi_publish.check import Check, check, checks_in
from pypi_publish.errors import Problem
from pypi_publish.pins import census, file_rules, live_rules
from pypi_publish.pins.census import Census, census_of
from pypi_publish.pins.comment import Ignore, ignores_in, stated_version
from pypi_publish.pins.lockfile import LOCKFILE, Lock, read_lock
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.policy import Policy, Strictness
from pypi_publish.pins.reference import Action, parse
from pypi_publish.pins.tools import FloatingTool, floating_tools
from pypi_publish.report.model import Finding, record_fields
from pypi_publish.verdict import SEVERITY, Place, Status, Verdict, failed, skipped, warned
from pypi_publish.workflow.model import Use, UsedAs, Workflow
from pypi_publish.workflow.nodes import Comment, Document, MalformedAt
from pypi_publish.workflow.publishing import publishes

RULES = (*checks_in(live_rules)[:-1], *checks_in(file_rules))
CENSUS_RULES = checks_in(census)
_OUR_TOOL = "check-action-pins"
_USE = "https://docs.github.com/en/actions/reference/security/secure-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRecord(Finding):
    """A finding of check-action-pins; of what is not a reference, `action` may be None."""

    file: str | None
    line: int | None
    column: int | None
    action: str | None
    ref: str | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Repository:
    """The files of one repository that were read, and those that could not be."""

    documents: Sequence[Document]
    unreadable: Sequence[tuple[str, Problem]] = ()
    policy: Policy = field(default_factory=Policy)
    paths: Mapping[str, Path] = field(default_factory=dict)  # where each file really is


@dataclass(frozen=True, slots=True)
class Judged:
    """What came out: records, and whether all servers that were asked have answered."""

    records: Sequence[PinRecord]
    references: int  # the first records are theirs, in their order
    incomplete: bool = False


@check(
    "unreadable-file",
    expects="Every workflow can be read",
    remedy="Mend the file: GitHub cannot run it either.",
    docs="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax",
)
def unreadable_file(problem: Problem) -> Verdict:
    """What cannot be read has not been judged."""
    return failed(problem.message, fix=problem.hint)


@check(
    "floating-tool",
    expects="A job that publishes states the versions of its tools",
    remedy="State a version, as in `twine==7.0.0`, or install from hashed requirements.",
    docs=_USE,
)
def floating_tool(found: FloatingTool) -> Verdict:
    """The newest release of a tool runs beside the right to publish, an hour after it was made."""
    return warned(f"`{found.command}` takes whatever version of {found.tool} is newest")


@check(
    "ignore-without-reason",
    expects="Every ignored finding has a reason",
    remedy="Write why: `# check-action-pins: ignore[rule] reason`.",
    docs=_USE,
)
def ignore_without_reason(rule: str) -> Verdict:
    """An exception that nobody can judge is never removed; without a reason it does not count."""
    return warned(f"ignore[{rule}] gives no reason, so the finding stays")


@check(
    "unused-ignore",
    expects="Every ignore comment still leaves something out",
    remedy="Remove the comment.",
    docs=_USE,
)
def unused_ignore(rule: str) -> Verdict:
    """What it was for is gone, and it would hide the next finding."""
    return warned(f"ignore[{rule}] matches no finding")


def pins_of(repository: Repository) -> list[Pin]:
    """Return every reference of a repository with what its files say of it."""
    lock = _lock(repository.documents)
    return [
        _pin(document, use, repository.policy, lock)
        for document in repository.documents
        if not _is_lockfile(document)
        for use in Workflow(document).uses()
    ]


def judge(repository: Repository, pins: Sequence[Pin]) -> Judged:
    """Judge every reference of a repository, and what stands around the references."""
    ignores = _Ignores(repository.documents)
    counted = census_of(pins)
    records: list[PinRecord] = []
    incomplete = False
    for pin in pins:
        record, silent = _judged(pin, counted, ignores)
        records.append(record)
        incomplete = incomplete or silent
    records += _of_tools(repository.documents, ignores)
    records += ignores.findings()
    records += [_of_unreadable(file, problem) for file, problem in repository.unreadable]
    return Judged(records, len(pins), incomplete)


def record(
    rule: "Check[..., Any]",
    verdict: Verdict,
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
    subject: Pin | str | None = None,
) -> PinRecord:
    """Return the record of one verdict at one place, or about no file at all."""
    placed = replace(verdict, place=Place(file, line, column) if file else None)
    action, ref = _names(subject) if isinstance(subject, Pin) else (subject, None)
    comment = subject.comment if isinstance(subject, Pin) else None
    return PinRecord(
        **record_fields(rule, placed),
        file=file,
        line=line,
        column=column,
        action=action,
        ref=ref,
        comment=comment.text if comment else None,
    )


def _pin(document: Document, use: Use, policy: Policy, lock: Lock | None) -> Pin:
    reference = parse(use.value.text, use.used_as)
    comment = document.comment_beside(use.value)
    pin = Pin(
        file=document.file,
        use=use,
        reference=reference,
        comment=comment,
        stated=stated_version(comment.text) if comment else None,
        strictness=_strictness(reference, use, policy),
    )
    if lock is None or not isinstance(reference, Action) or reference.is_commit:
        return pin
    return replace(
        pin,
        locked=lock.commit_for(document.file, reference),
        lock_lists_file=lock.lists(document.file),
    )


def _strictness(reference: object, use: Use, policy: Policy) -> Strictness:
    if isinstance(reference, Action):
        return policy.strictness(reference.slug)
    image = use.used_as is not UsedAs.STEP or use.value.text.strip().startswith("docker://")
    return policy.strictness("docker:") if image else Strictness.HASH_PIN


def _is_lockfile(document: Document) -> bool:
    return PurePath(document.file).name == LOCKFILE


def _lock(documents: Iterable[Document]) -> Lock | None:
    return next((read_lock(document) for document in documents if _is_lockfile(document)), None)


def _judged(pin: Pin, counted: Census, ignores: "_Ignores") -> tuple[PinRecord, bool]:
    """Return the record of a reference: its worst verdict, and what else is to be said of it."""
    asked = [(rule, rule(pin)) for rule in RULES]
    asked += [(rule, rule(pin, counted)) for rule in CENSUS_RULES]
    answers = [(rule, verdict) for rule, verdict in asked if verdict is not None]
    silent = any(verdict.unanswered for _, verdict in answers)
    kept = [
        (rule, ignores.applied(rule.id, verdict, pin.file, pin.use.value.line))
        for rule, verdict in answers
    ]
    ordered = sorted(kept, key=lambda answer: SEVERITY[answer[1].status])
    rule, worst = ordered[0]
    also = [f"{other.id}: {verdict.because}" for other, verdict in ordered[1:] if _counts(verdict)]
    detail = "; also ".join([worst.because, *also])
    value = pin.use.value
    found = replace(worst, because=detail)
    return record(rule, found, pin.file, value.line, value.column, pin), silent


def _counts(verdict: Verdict) -> bool:
    return verdict.status in (Status.FAIL, Status.WARN, Status.UNKNOWN)


def _names(pin: Pin) -> tuple[str, str | None]:
    if isinstance(pin.reference, Action):
        return pin.reference.name, pin.reference.ref
    return pin.use.value.text.strip(), None


def _of_tools(documents: Iterable[Document], ignores: "_Ignores") -> Iterator[PinRecord]:
    for document in documents:
        for job in Workflow(document).jobs:
            if publishes(job):
                for step in job.steps:
                    for found in floating_tools(step):
                        verdict = floating_tool(found)
                        file = document.file
                        verdict = ignores.applied(floating_tool.id, verdict, file, found.line)
                        yield record(floating_tool, verdict, file, found.line, None, found.tool)


def _of_unreadable(file: str, problem: Problem) -> PinRecord:
    line, column = None, None
    if isinstance(problem, MalformedAt):
        line, column = problem.line, problem.column
    return record(unreadable_file, unreadable_file(problem), file, line, column)


class _Ignores:
    """The orders to ignore, by the line that they are about, and how often each was used."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._orders: dict[tuple[str, int], list[tuple[Comment, Ignore]]] = defaultdict(list)
        self._used: Counter[tuple[str, int, str]] = Counter()
        for document in documents:
            if "ignore[" in document.text:
                self._read(document)

    def _read(self, document: Document) -> None:
        lines = document.text.splitlines()
        for comment in document.comments:
            for order in ignores_in(comment.text):
                line = comment.line
                while line <= len(lines) and lines[line - 1].lstrip().startswith("#"):
                    line += 1  # a comment on a line of its own is about what follows it
                self._orders[document.file, line].append((comment, order))

    def applied(self, rule: str, verdict: Verdict, file: str, line: int) -> Verdict:
        """Return the verdict, or that it is left out and why."""
        if verdict.status not in (Status.FAIL, Status.WARN):
            return verdict
        for comment, order in self._orders.get((file, line), ()):
            if rule in order.rules or (order.tool != _OUR_TOOL and not order.rules):
                self._used[file, comment.start, rule] += 1
                if order.reason or order.tool != _OUR_TOOL:
                    because = order.reason or f"left out by {order.tool}"
                    return skipped(f"{verdict.because}; ignored: {because}")
        return verdict

    def findings(self) -> Iterator[PinRecord]:
        """Yield our own orders that match nothing, or that give no reason."""
        for (file, _), orders in self._orders.items():
            for comment, order in orders:
                for rule in order.rules if order.tool == _OUR_TOOL else ():
                    if not self._used[file, comment.start, rule]:
                        verdict = unused_ignore(rule)
                        yield record(unused_ignore, verdict, file, comment.line, None)
                    elif not order.reason:
                        verdict = ignore_without_reason(rule)
                        yield record(ignore_without_reason, verdict, file, comment.line, None)
