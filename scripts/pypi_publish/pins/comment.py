"""What the comment beside a pin says: which version it is, and which findings to leave out."""

import re
from dataclasses import dataclass

# A version as tags spell it: v4, 4.2.2, four parts, a pre-release, a build.
_NUMBER = r"\d+(?:\.\d+)*(?:[-.+]?[A-Za-z][0-9A-Za-z.+-]*)?"
# A tag of a repository with several products: codeql-bundle-v2.19.0, predicate@1.1.4, cli/v2.3.
_PREFIX = r"(?P<prefix>[A-Za-z][\w.]*(?:[-/@][A-Za-z][\w.]*)*[-/@])?"
_VERSION = rf"(?P<version>{_PREFIX}(?P<v>[vV])?(?P<number>{_NUMBER}))"

# What people and tools write before the version.
_LEAD = r"""
    (?:renovate\s*:\s*)?
    (?:(?:tag|version|pin(?:ned)?|release|ref|frozen|at)\b\s*(?:[=:@]|to\b|at\b)?\s*(?:@\s*)?)?
    (?:refs/tags/|tags/)?
    (?:(?:ratchet:)?[\w.-]+/[\w./-]+(?:\s*@\s*|\s+(?=[vV]?\d)))?
    @?
"""
_STATED = re.compile(rf"\s*{_LEAD}{_VERSION}(?P<rest>\s*\Z|[\s,;:()\[\]\"'`|].*)", re.VERBOSE)
_IGNORE = re.compile(r"(?P<tool>check-action-pins|zizmor)\s*:\s*ignore\[(?P<rules>[^\]]*)\]")
# Where a remark of a comment begins; the # of `see #123` begins none.
_REMARK = re.compile(r"\A#|(?<=\s)#(?=\s)|ignore\[[^\]]*\]")
# `release/v1` and `releases/4.2` are names of branches; a tag under such a prefix is not known.
_OF_BRANCHES = {"release/", "releases/", "branch/", "heads/", "stable/", "maint/", "support/"}


@dataclass(frozen=True, slots=True)
class Ignore:
    """An order to leave findings out, with the reason that was given."""

    tool: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Stated:
    """The version that a comment names, and where in the comment its name stands."""

    version: str
    start: int
    end: int


def stated_version(comment: str) -> Stated | None:
    """Return the version that a comment states for the pin beside it."""
    # Remarks follow one another (`# zizmor: ignore[artipacked] v4.2.2`, `# v4 # see docs`), so
    # each one may begin with the version. In the middle of a sentence it is about something else.
    starts = [found.end() for found in _REMARK.finditer(comment)]
    for start in starts:
        found = _STATED.match(comment, start)
        if found and _is_version(found):
            begin, end = found.span("version")
            return Stated(comment[begin:end], begin, end)
    return None


def ignores_in(comment: str) -> list[Ignore]:
    """Return the orders to ignore that a comment holds; a reason is what follows the bracket."""
    found = list(_IGNORE.finditer(comment))
    ends = [*(following.start() for following in found[1:]), len(comment)][: len(found)]
    return [
        Ignore(
            order["tool"],
            tuple(rule.strip() for rule in order["rules"].split(",") if rule.strip()),
            _reason(comment[order.end() : end]),
        )
        for order, end in zip(found, ends, strict=True)
    ]


def _reason(text: str) -> str:
    """Return why something is ignored; the version of the pin, alone, is no reason."""
    reason = text.strip(" \t#:;-")
    stated = stated_version(f"# {reason}")
    return "" if stated and stated.end - stated.start == len(reason) else reason


def _is_version(found: re.Match[str]) -> bool:
    prefix, number, rest = found["prefix"] or "", found["number"], found["rest"].strip()
    dots = number.count(".")
    if prefix in _OF_BRANCHES:
        return False
    if found["v"]:
        return not (prefix.endswith("/") and not dots)  # `foo/v1` moves as a branch does
    if prefix:
        return dots > 0  # issue-1234 and step-2 are not versions
    if dots >= 2:
        return True
    # `# 4` and `# 4.2` are versions; `# 1234` and `# 3.12 is what we need` are not.
    return (dots > 0 or len(number) <= 2) and not rest[:1].isalnum()
