"""What a check can answer: five statuses, and never one without its evidence."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """In the order of a report: worst first."""

    FAIL = "fail"
    WARN = "warn"
    UNKNOWN = "unknown"
    SKIP = "skip"
    PASS = "pass"  # noqa: S105 - no password


SEVERITY = {status: rank for rank, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file, counted from one."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one check about one thing."""

    status: Status
    because: str
    place: Place | None = None
    fix: str | None = None  # where a more exact order than the check's own remedy is known
    unanswered: bool = False  # unknown because a server kept silent: the run is incomplete

    def __post_init__(self) -> None:
        if not self.because:
            raise ValueError("a verdict needs the observation that it rests on")


def passed(because: str, place: Place | None = None) -> Verdict:
    """Looked, and it is as it should be."""
    return Verdict(Status.PASS, because, place)


def warned(because: str, place: Place | None = None, fix: str | None = None) -> Verdict:
    """Works, and is likely to hurt."""
    return Verdict(Status.WARN, because, place, fix)


def failed(because: str, place: Place | None = None, fix: str | None = None) -> Verdict:
    """Looked, and it is wrong."""
    return Verdict(Status.FAIL, because, place, fix)


def skipped(because: str, place: Place | None = None) -> Verdict:
    """Not asked: the question does not arise, or the user said to leave it out."""
    return Verdict(Status.SKIP, because, place)


def unknown(because: str, place: Place | None = None) -> Verdict:
    """Could not look, which is neither good news nor bad."""
    return Verdict(Status.UNKNOWN, because, place)


def unanswered(because: str, place: Place | None = None) -> Verdict:
    """Asked a server that did not answer: as `unknown`, and the run is incomplete."""
    return Verdict(Status.UNKNOWN, because, place, unanswered=True)
