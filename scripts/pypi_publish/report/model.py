"""What a script has to say, before anybody spells it: findings, or why there are none."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pypi_publish.check import Check
from pypi_publish.errors import PRECEDENCE, Exit, Problem
from pypi_publish.report.answer import Answer
from pypi_publish.verdict import SEVERITY, Place, Status, Verdict

Facts = TypeVar("Facts")  # what the checks of a script are given


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One record of the report. Its fields are the contract: add, never rename."""

    check: str
    ok: bool = field(init=False, default=True)  # a default, or pydantic's schema leaves it out
    status: Status
    title: str
    detail: str
    fix: str | None
    where: Place | None
    docs: str | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "ok", self.status is not Status.FAIL)


def finding(check: "Check[..., Any]", verdict: Verdict) -> Finding:
    """Join a question and its answer."""
    return Finding(**record_fields(check, verdict))


def judged(
    checks: "Iterable[Check[[Facts], Iterator[Verdict]]]", facts: Facts
) -> Iterator[tuple[Finding, bool]]:
    """Yield the findings of a family, and whether a server's silence is behind each."""
    for check in checks:
        verdicts = list(check(facts))
        if not verdicts:
            raise AssertionError(f"check {check.id!r} inspected nothing and did not say so")
        for verdict in verdicts:
            yield finding(check, verdict), verdict.unanswered


def record_fields(check: "Check[..., Any]", verdict: Verdict) -> dict[str, Any]:
    """Return the fields that every kind of finding shares."""
    remedy = verdict.fix or check.remedy
    return {
        "check": check.id,
        "status": verdict.status,
        "title": check.expects,
        "detail": verdict.because,
        "fix": remedy if verdict.status in (Status.FAIL, Status.WARN) else None,
        "where": verdict.place,
        "docs": check.docs,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The last line of the text output: the verdict, and what to do next."""

    verdict: str
    next: str | None = None


# Their `data` is one object, or null where there is no answer.
WITH_ONE_ANSWER = frozenset({"diagnose-publish"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one run."""

    script: str
    findings: Sequence[Finding] = ()
    answer: Answer | None = None  # of a script with one; its finding is for the other formats
    closing: Closing | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    incomplete: bool = False  # a server was asked and did not answer
    unrecognised: bool = False  # there is a failure, and it has no name
    strict: bool = False  # warnings count as findings
    lenient: bool = False  # findings do not count in how the process ends
    preview: str | None = None  # the unified diff of a --dry-run

    @property
    def worst_first(self) -> list[Finding]:
        """The findings by status; within one status they keep the order of their script."""
        return sorted(self.findings, key=lambda finding: SEVERITY[finding.status])

    @property
    def summary(self) -> dict[str, int]:
        """How many findings have which status."""
        counts = Counter(finding.status for finding in self.findings)
        return {status.value: counts[status] for status in Status}

    @property
    def judgement(self) -> Exit:
        """The foremost of all that applies."""
        applies = {Exit.CLEAN}
        if self.problem is not None:
            applies.add(self.problem.ends_with)
        bad = (Status.FAIL, Status.WARN) if self.strict else (Status.FAIL,)
        if any(finding.status in bad for finding in self.findings):
            applies.add(Exit.FINDINGS)
        if self.unrecognised:
            applies.add(Exit.UNRECOGNISED)
        if self.incomplete:
            applies.add(Exit.UNANSWERED)
        return next(code for code in PRECEDENCE if code in applies)

    @property
    def exit_code(self) -> Exit:
        """What the process ends with."""
        if self.lenient and self.judgement in (Exit.FINDINGS, Exit.UNRECOGNISED):
            return Exit.CLEAN
        return self.judgement
