"""Why a run ended without an answer. Library code raises these, `report.deliver` catches once."""

from enum import IntEnum


class Exit(IntEnum):
    """How a run ended. Numbers are part of the contract: add, never renumber."""

    CLEAN = 0
    CRASHED = 1  # what Python itself ends with; never returned on purpose
    MISUSED = 2
    NOTHING_TO_INSPECT = 3
    MALFORMED = 4
    PREREQUISITE_MISSING = 5
    UNANSWERED = 7
    FINDINGS = 10
    UNRECOGNISED = 11


# What a run ends with when several apply, foremost first.
PRECEDENCE = (
    Exit.CRASHED,
    Exit.MISUSED,
    Exit.PREREQUISITE_MISSING,
    Exit.NOTHING_TO_INSPECT,
    Exit.MALFORMED,
    Exit.FINDINGS,
    Exit.UNRECOGNISED,
    Exit.UNANSWERED,
    Exit.CLEAN,
)


class Problem(Exception):
    """The root: says what happened, and what to try next."""

    ends_with = Exit.CRASHED
    retryable = False

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class Misused(Problem):
    """The command line asks for something that does not exist or contradicts itself."""

    ends_with = Exit.MISUSED


class NothingToInspect(Problem):
    """There is nothing to judge, and a check that judged nothing must not pass."""

    ends_with = Exit.NOTHING_TO_INSPECT


class Malformed(Problem):
    """The input is there and cannot be read as what it should be."""

    ends_with = Exit.MALFORMED


class PrerequisiteMissing(Problem):
    """Something of the user's machine is missing: a program, a library, a permission."""

    ends_with = Exit.PREREQUISITE_MISSING


class Unanswered(Problem):
    """A server did not answer, so nothing can be said about what it holds."""

    ends_with = Exit.UNANSWERED
    retryable = True
    again_in = 0.0  # seconds for which it asks to be left alone
