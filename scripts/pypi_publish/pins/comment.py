"""What the comment beside a pin says: which version it is, and which findings to leave out."""

import re
from dataclasses import dataclass
from functools import lru_cache

# A version as tags spell it: v4, 4.2.2, four parts, a pre-release, a build.
_SUFFIX = r"(?:[-.+]?[A-Za-z]|[-+][0-9])(?:[0-9A-Za-z.+-]*[0-9A-Za-z])?"
# A tag of a repository with several products: codeql-bundle-v2.19.0, predicate@1.1.4, cli/v2.3.
_PREFIX = r"(?![vV]?[0-9])[A-Za-z][\w.]*(?:[-/@][A-Za-z][\w.]*)*[-/@_]"
_VERSION = rf"""
    (?P<version>
        (?P<prefix>{_PREFIX})?
        (?P<v>[vV])?
        (?P<numbers>[0-9]{{1,12}}(?:\.[0-9]{{1,12}})*)
        (?P<suffix>{_SUFFIX})?
    )
    (?=[.,;:!?)\]}}"'`]*(?:[\s(]|\Z))
"""
# What people and tools write before the version.
_LEAD = r"""
    [\s(\["'`=:@]*
    (?:renovate\s*:\s*)?
    (?:(?:tag|version|ver|pin(?:ned)?|release|ref|frozen|at)\b\s*(?:[=:@]|to\b|at\b)?\s*(?:@\s*)?)?
    (?:refs/tags/|tags/)?
    (?:(?:ratchet:)?[\w.-]+/[\w./-]+(?:\s*@\s*|\s+(?=[vV]?[0-9]+\.[0-9]+\.|[vV][0-9])))?
    ["'`@]*
"""
_STATED = re.compile(_LEAD + _VERSION, re.VERBOSE | re.ASCII)
_LONGEST = 300  # of a statement; a comment can be as long as a file
_FURTHEST = 2_000  # into a comment
_IGNORE = re.compile(
    r"(?<![\w-])(?P<tool>check-action-pins|zizmor)\s*:\s*ignore\[(?P<rules>[^\[\]]*)\]"
)
# Where a remark of a comment begins; the # of `see #123` begins none.
_REMARK = re.compile(r"\A#+|(?<=\s)#+(?=\s)|ignore\[[^\]]*\][\s,;:.-]*")
# `release/v1` and `releases/4.2` are names of branches; with three numbers it is one release.
_OF_BRANCHES = re.compile(
    r"(?:.*/)?(?:releases?|branch|branches|heads|stable|maint|maintenance|support|origin)/",
    re.IGNORECASE,
)
_OF_RELEASES = re.compile(r"(?:.*@|(?:v|ver|version|rel|release)[-_])", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.(?:19|20)[0-9]{2}")
_STANDS_ALONE = re.compile(r"\W*\Z|\s*[#(,;|/.\u2013\u2014-]")


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


@lru_cache(4096)
def stated_version(comment: str) -> Stated | None:
    """Return the version that a comment states for the pin beside it."""
    # Remarks follow one another (`# zizmor: ignore[artipacked] v4.2.2`, `# v4 # see docs`), so
    # each one may begin with the version. In the middle of a sentence it is about something else.
    for remark in _REMARK.finditer(comment, 0, _FURTHEST):
        found = _statement(comment, remark.end())
        if found is not None and (remark.start() == 0 or not found["version"].isdigit()):
            return Stated(found["version"], *found.span("version"))
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
    reason = text.strip(" \t#:;,-\u2013\u2014")
    version = _statement(reason, 0)
    return "" if version and not re.search(r"\w", reason[version.end() :]) else reason


def _statement(comment: str, start: int) -> re.Match[str] | None:
    found = _STATED.match(comment, start, start + _LONGEST)
    return found if found and _is_version(found) else None


def _is_version(found: re.Match[str]) -> bool:
    prefix, numbers, suffix = found["prefix"] or "", found["numbers"], found["suffix"] or ""
    dots = numbers.count(".")
    if suffix.lower() == ".x" or ("." in prefix and "/" in prefix):  # a branch; an address
        return False
    if _OF_BRANCHES.fullmatch(prefix):
        return dots >= 2
    if found["v"]:
        return not (prefix.endswith("/") and not dots)  # `foo/v1` moves as a branch does
    if prefix:  # issue-1234, step-2 and ubuntu-24.04 are not versions
        return dots >= 2 or (dots > 0 and _OF_RELEASES.fullmatch(prefix) is not None)
    if dots >= 2:
        return _DATE.fullmatch(numbers) is None
    # `# 4` and `# 4.2` are versions; `# 1234` and `# 3.12 is what we need` are not.
    short = not suffix.isalpha() if dots else len(numbers) <= 2 and not suffix
    return short and _STANDS_ALONE.match(found.string, found.end()) is not None
