"""Names what failed where publishing did not: the tool, the command, the step."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pypi_publish.failures.clean import Line
from pypi_publish.failures.match import Hit, order_of
from pypi_publish.failures.story import Story

_LONGEST = 100
# What programs that run other programs say of those.
_BLAMED = re.compile(
    r"The command \"(?P<travis>[^\"]+)\" (?:exited|failed)"
    r"|The process '(?:[^'\n]*[/\\])?(?P<action>[^'\n/\\]+)' failed"
    r"|CalledProcessError: Command '?\[?'?(?P<python>[^'\],]+)"
    r"|^make(?:\[\d+\])?: \*\*\* \[(?:[^\]:]*:(?:\d+: )?)?\s*(?P<make>[^\]:]+)\] Error"
    r"|\bCommand (?P<nox>\S+(?: \S+){0,5}?) failed with exit code"
    r"|^Script (?P<composer>\S+) handling"
    r"|[Rr]ecipe [`'](?P<just>[^`']+)[`'] failed"
    r"|Task (?P<gradle>:\S+) FAILED"
    r"|ERR_PNPM\S*\s+(?P<pnpm>\S+@\S+ \S+):"
    r"|^ERROR:\s+(?P<tox>\S+): commands failed"
)
_RUNNERS = {"make": "make ", "just": "just ", "gradle": "gradle ", "tox": "tox -e "}
# A command as a shell or a runner shows it before its output.
_SHOWN = re.compile(r"^(?:\$|\++|\[command\]|Run) ?(?P<command>(?<=[ \]])\S.*)")
_CODES = {
    126: "the program may not be executed",
    127: "a command was not found",
    134: "the program aborted",
    137: "the program was killed, most often for want of memory",
    139: "the program crashed",
    143: "the program was told to stop",
}
_ENDED = re.compile(r"(?:exit(?:ed with)?|returned)\D{0,30}?'?(?P<code>\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What failed."""

    what: str
    where: str  # in words, may be empty
    why: str  # what the exit code tells, may be empty
    place: Hit | None
    known: bool  # a failure that is recognised, not only an exit code


def elsewhere(story: Story) -> Elsewhere:
    """Name what failed as exactly as the log allows."""
    tool, place = story.others[0] if story.others else ("", _first_failing(story))
    line = place.line if place else None
    command = _blamed(story) or _command_before(story, place)
    named = tool or (f"`{command}`" if command else _step_named(line))
    return Elsewhere(
        what=named,
        where="".join(_where(line, command if tool else "")),
        why=_why(story),
        place=place,
        known=bool(tool),
    )


def _first_failing(story: Story) -> Hit | None:
    done = order_of(story.published[-1]) if story.published else ("", 0)
    hits = [*story.errors, *story.ended_badly]
    after = [hit for hit in hits if order_of(hit) > done]
    return next(iter(after or hits), None)


def _blamed(story: Story) -> str:
    lines = [hit.line for hit in (*story.ended_badly, *story.errors)]
    for line in (*lines, *story.reading.tail):
        found = _BLAMED.search(line.text)
        if found:
            kind = str(found.lastgroup)
            return (_RUNNERS.get(kind, "") + found[kind].strip())[:_LONGEST]
    return ""


def _command_before(story: Story, place: Hit | None) -> str:
    """Return the last command that was shown before a failure, in the same step."""
    if place is None:
        return ""
    steps = [hit.line for hit in story.steps]
    shown = [line for line in (*steps, *story.reading.tail) if _is_before(line, place.line)]
    found = [command for line in shown if (command := _SHOWN.match(line.text))]
    return found[-1]["command"].strip()[:_LONGEST] if found else ""


def _is_before(line: Line, failing: Line) -> bool:
    same = (line.file, line.job, line.step) == (failing.file, failing.job, failing.step)
    return same and line.number <= failing.number


def _step_named(line: Line | None) -> str:
    if line is None:
        return "something before publishing"
    if line.step and line.step != "UNKNOWN STEP":
        return f"the step {line.step!r}"
    return f"the job {line.job!r}" if line.job else "a command before publishing"


def _where(line: Line | None, command: str) -> Iterator[str]:
    if command:
        yield f", in `{command}`"
    if line and line.step:
        yield f" (job {line.job}, step {line.step})"


def _why(story: Story) -> str:
    codes = (_ENDED.search(hit.line.text) for hit in story.ended_badly)
    told = (_CODES.get(int(found["code"])) for found in codes if found)
    return next(filter(None, told), "")
