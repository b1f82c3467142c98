"""Judgement: from the text of the files, and what servers said, to a record for each reference."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from pypi_publish.pins.tools import FloatingTool, floating_beside_publishing
from pypi_publish.report.model import Finding, record_fields
from pypi_publish.verdict import SEVERITY, Place, Status, Verdict, failed, skipped, warned
from pypi_publish.workflow.model import Use, UsedAs, Workflow
from pypi_publish.workflow.nodes import Comment, Document
from pypi_publish.workflow.reader import MalformedAt

_ABOUT_THE_RUN = {live_rules.advisories_asked.id}
LIVE_RULES = tuple(rule for rule in checks_in(live_rules) if rule.id not in _ABOUT_THE_RUN)
FILE_RULES = checks_in(file_rules)
RULES = (*LIVE_RULES, *FILE_RULES)
CENSUS_RULES = checks_in(census)
_OF_THE_API = frozenset({live_rules.archived_uses.id, live_rules.known_vulnerable_actions.id})
_BAD = (Status.FAIL, Status.WARN)
_Answer = tuple[Check[..., Any], Verdict]
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
    root: Path = Path()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came out for one reference."""

    record: PinRecord
    wrong: frozenset[str] = frozenset()  # the rules that it breaks
    ignored: frozenset[str] = frozenset()  # the rules that it would break
    silent: bool = False  # a server that was asked about it has not answered


@dataclass(frozen=True, slots=True)
class Judged:
    """What came out for one repository."""

    pins: Sequence[Judgement]  # in the order of the references
    around: Sequence[PinRecord] = ()  # about what is no reference

    @property
    def records(self) -> list[PinRecord]:
        return [*(judgement.record for judgement in self.pins), *self.around]

    @property
    def references(self) -> int:
        """How many of the records are about references: they come first."""
        return len(self.pins)


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
    "unwritten-file",
    expects="Every file that `--fix` changes can be written",
    remedy="Make the file writable, and run it again.",
    docs=_USE,
)
def unwritten_file(problem: Problem) -> Verdict:
    """It is as it was, so its references are as they were."""
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
    # A repository names few actions many times, and the rules see nothing of the place.
    distinct = {_said(pin): pin for pin in pins}
    known = {said: _asked(pin, counted) for said, pin in distinct.items()}
    plain = {said: _judgement_of(found, found) for said, found in known.items()}
    judgements = [
        _judged(pin, known[said], ignores) if ignores.any_at(pin) else plain[said](pin)
        for pin in pins
        for said in (_said(pin),)
    ]
    around = [
        *_of_tools(repository.documents, ignores),
        *ignores.findings(_unasked(pins)),
        *(_of_file(unreadable_file, *problem) for problem in repository.unreadable),
    ]
    return Judged(judgements, around)


def of_unwritten(file: str, problem: Problem) -> PinRecord:
    """Return the record of a file that `--fix` could not write."""
    return _of_file(unwritten_file, file, problem)


def record(
    rule: "Check[..., Any]",
    verdict: Verdict,
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
    subject: Pin | str | None = None,
) -> PinRecord:
    """Return the record of one verdict at one place, or about no file at all."""
    place = Place(file, line, column) if file else None
    action, ref = _names(subject) if isinstance(subject, Pin) else (subject, None)
    comment = subject.comment if isinstance(subject, Pin) else None
    return PinRecord(
        **{**record_fields(rule, verdict), "where": place},
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


def _said(pin: Pin) -> object:
    """Return all that tells one reference from another, but for where it stands."""
    comment = pin.comment.text if pin.comment else None
    return pin.text, pin.use.used_as, comment, pin.locked, pin.lock_lists_file


def _asked(pin: Pin, counted: Census) -> list[_Answer]:
    """Ask every rule about a reference."""
    asked = [(rule, rule(pin)) for rule in (RULES if pin.remote else FILE_RULES)]
    asked += [(rule, rule(pin, counted)) for rule in CENSUS_RULES]
    return [(rule, verdict) for rule, verdict in asked if verdict is not None]


def _judged(pin: Pin, found: list[_Answer], ignores: "_Ignores") -> Judgement:
    """Judge a reference beside which something is to be ignored."""
    line = pin.use.value.line
    kept = [(rule, ignores.applied(rule.id, verdict, pin.file, line)) for rule, verdict in found]
    return _judgement_of(found, kept)(pin)


def _judgement_of(found: list[_Answer], kept: list[_Answer]) -> Callable[[Pin], Judgement]:
    """Return what makes the judgement of a reference from what was found and what was kept."""
    rule, told = _told(kept)
    wrong = frozenset(rule.id for rule, verdict in kept if verdict.status in _BAD)
    broken = frozenset(rule.id for rule, verdict in found if verdict.status in _BAD)
    silent = any(verdict.unanswered for _, verdict in found)

    def of(pin: Pin) -> Judgement:
        value = pin.use.value
        told_here = record(rule, told, pin.file, value.line, value.column, pin)
        return Judgement(told_here, wrong, broken - wrong, silent)

    return of


def _told(verdicts: list[_Answer]) -> _Answer:
    """Return the worst verdict, and with it what else is to be said."""
    ordered = sorted(verdicts, key=lambda answer: SEVERITY[answer[1].status])
    rule, worst = ordered[0]
    also = [f"{other.id}: {verdict.because}" for other, verdict in ordered[1:] if _counts(verdict)]
    return rule, replace(worst, because="; also ".join([worst.because, *also]))


def _unasked(pins: Sequence[Pin]) -> frozenset[str]:
    """Return the rules that could find nothing, because not all servers were asked or answered."""
    judged = [pin for pin in pins if pin.strictness is not Strictness.ANY]
    remotes = [pin.remote for pin in judged if isinstance(pin.reference, Action)]
    if all(remote and remote.refs and not remote.unplaced for remote in remotes):
        known = all(remote and remote.archived is not None for remote in remotes)
        return frozenset() if known else _OF_THE_API
    return frozenset(rule.id for rule in LIVE_RULES)


def _counts(verdict: Verdict) -> bool:
    return verdict.status in (*_BAD, Status.UNKNOWN)


def _names(pin: Pin) -> tuple[str, str | None]:
    return pin.name, pin.reference.ref if isinstance(pin.reference, Action) else None


def _of_tools(documents: Iterable[Document], ignores: "_Ignores") -> Iterator[PinRecord]:
    for document in documents:
        file = document.file
        for found in floating_beside_publishing(Workflow(document)):
            verdict = ignores.applied(floating_tool.id, floating_tool(found), file, found.line)
            yield record(floating_tool, verdict, file, found.line, None, found.tool)


def _of_file(rule: "Check[[Problem], Verdict]", file: str, problem: Problem) -> PinRecord:
    line, column = None, None
    if isinstance(problem, MalformedAt):
        line, column = problem.line, problem.column
    return record(rule, rule(problem), file, line, column)


class _Ignores:
    """The orders to ignore, by the line that they are about, and how often each was used."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._orders: dict[tuple[str, int], list[tuple[Comment, Ignore]]] = defaultdict(list)
        self._used: Counter[tuple[str, int, str]] = Counter()
        for document in documents:
            if "ignore[" in document.text:
                self._read(document)

    def _read(self, document: Document) -> None:
        for comment in document.comments:
            for order in ignores_in(comment.text):
                line = document.line_meant(comment)
                self._orders[document.file, line].append((comment, order))

    def any_at(self, pin: Pin) -> bool:
        return bool(self._orders) and (pin.file, pin.use.value.line) in self._orders

    def applied(self, rule: str, verdict: Verdict, file: str, line: int) -> Verdict:
        """Return the verdict, or that it is left out and why."""
        if verdict.status not in _BAD:
            return verdict
        for comment, order in self._orders.get((file, line), ()):
            if rule in order.rules or (order.tool != _OUR_TOOL and not order.rules):
                self._used[file, comment.start, rule] += 1
                if order.reason or order.tool != _OUR_TOOL:
                    because = order.reason or f"left out by {order.tool}"
                    return skipped(f"{verdict.because}; ignored: {because}")
        return verdict

    def findings(self, unasked: frozenset[str]) -> Iterator[PinRecord]:
        """Yield our own orders that match nothing, or that give no reason."""
        for (file, _), orders in self._orders.items():
            for comment, order in orders:
                for rule in order.rules if order.tool == _OUR_TOOL else ():
                    if self._used[file, comment.start, rule]:
                        if not order.reason:
                            verdict = ignore_without_reason(rule)
                            yield record(ignore_without_reason, verdict, file, comment.line, None)
                    elif rule not in unasked:
                        verdict = unused_ignore(rule)
                        yield record(unused_ignore, verdict, file, comment.line, None)
