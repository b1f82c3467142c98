"""Finds the messages of the catalogue in the stretches of a log."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pypi_publish.failures.catalogue import Sign
from pypi_publish.failures.clean import Layout, Line, lines_of
from pypi_publish.failures.stream import Stretch
from pypi_publish.failures.template import Template

_WORD = re.compile(r"[A-Za-z]+")
_MOST = 60  # of one failure: its first ones and its last one
_MOST_HERE = 12  # of one message in one stretch
_NEAR = 12  # lines
_NEAR_TEST = 8

# What a client or an index puts around a reason when it really refuses something.
_REFUSAL = re.compile(
    r"HTTPError|HTTP Error|Client [Ee]rror|Server [Ee]rror|status(?: code)?:? [45]\d\d"
    r"|\b[45]\d\d (?:Bad|Forb|Conf|Unpro|Too|Unau|Client|Req|Pay|Invalid|Gone|Perm|Internal|Method)"
    r"|Response from|Content received from|<title>|<h1>|Server says|Server response \([45]|Upload failed|Failed to publish"
    r"|Failed to upload|Error uploading|InvalidDistribution|InvalidMetadata|Token request failed|\"errors\"\s*:"
    r"|\"code\"\s*:|error code|Permission denied \(status|ERROR\s|error: |Error: |HTTP/[12][.\d]* [45]"
    r"|exchange failure|workflow is not valid|Invalid workflow file|POST /|\[PublishError\]|FAILED|: HTTP [45]|Caused by:"
)
_TESTING = re.compile(
    r"^(?:E|>) {3,}|^_{5,} .+ _{5,}$|^-+ Captured (?:stdout|stderr|log)|^={5,} FAILURES ={5,}"
    r"|\bassert(?:Equal|In|Raises|Logs)?\b[ (]|AssertionError|pytest\.raises|^\s+\+  where "
    r"|^\s*def test_|\.py::test|^(?:FAILED|PASSED|ERROR) [\w/.-]+::|^test_\w+ \(|^diff --git |^@@ -\d"
)
_SESSION_ENDED = re.compile(
    r"^=+ (?:\d+ \w+,? ?)+ in [\d.]+s.*=+$|^\d+ passed\b|^Ran \d+ tests? in |^OK(?: \(.*\))?$"
)
_CODE = re.compile(
    r"^\s*(?:[+-]\s*)?(?:raise |return |print\(|echo |msg\b|message\b\s*=|match=|if |elif |in str\("
    r"|logger?\.|log\(|console\.|//|/\*|#(?![#\[])\s)|^\s*(?:\S )?\d+ ?[│|]|^[\w./-]+\.(?:py|md|rst|txt|ya?ml|toml|json|js|ts):\d+"
    r"[:-]|^(?:diff --git|@@ )|^[+-]\s*[\"'`-]"
)
_UPLOAD_HOST = re.compile(
    r"upload\.pypi\.org|test\.pypi\.org|/legacy/|/_/oidc/|ghcr\.io/(?:v2|pypa)"
)
# What a change is called, in the list of commits or in the notes of a release.
_CHANGE = re.compile(
    r"^\W*(?:(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40} (?:\([^)]*\) )?\S"
    r"|(?:feat|fix|chore|refactor|perf|style)(?:\([^)]*\))?!?: |(?:docs|test|ci|build)\([^)]*\)!?: "
    r"|[-*+] (?i:(?:add|avoid|bump|chang|clarif|correct|document|drop|explain|fix|handl|improv"
    r"|mention|print|rais|remov|renam|reword|show|support|updat)[a-z]*|better|logs?|news?|use[ds]?)\b)"
)
# Quotes that belong to JSON or to the text of an exception.
_GIVEN = re.compile(
    r"[\w\"]\s*[:=]\s*\"$|\[\"$|(?:Error|Exception|Timeout)\w*(?:: ?)?\((?:-?\d+, )?b?[\"']$|\n\([\"']$"
)
# A quotation in a sentence that was opened earlier in the line and is still open.
_IN_QUOTES = re.compile(
    r"\b(?:[Ff]ix(?:e[sd])?|[Ss]ees?|[Ee]xplain\w*|[Hh]andl\w*|[Tt]reat\w*|[Ww]hen|[Aa]bout|called|like"
    r"|the|an?|commit|subject|[Aa]void\w*|[Rr]evert|[Dd]ocument\w*|titled?|mentions?|expect(?:ed|s)?)\s+"
    r"(?:\"[^\"]*|`[^`]*|\u201c[^\u201d]*|'[^']*)$"
)
_CLOSING = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "«": "»"}


@dataclass(frozen=True, slots=True)
class Hit:
    """One message found, and what tells whether it is meant."""

    name: str  # of the failure or of the signal
    weight: int
    line: Line
    last: int  # the number of its last line
    text: str
    varying: tuple[str, ...]
    framed: bool = True  # a refusal is spoken of around it
    hosted: bool = False  # an address for uploads stands beside it
    in_quotes: bool = False
    in_test: bool = False  # the output of a test stands around it
    leads: bool = False  # nothing but a label stands before it
    literal: tuple[tuple[int, int], ...] = ()

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def quoted(self) -> bool:
        """Whether it is spoken of, not said."""
        return self.in_quotes or self.in_test


@dataclass(slots=True)
class Found:
    """All that was found in a log; of what repeats without end only a part."""

    hits: dict[str, list[Hit]] = field(default_factory=dict)
    _known: set[tuple[str, str, int, str]] = field(default_factory=set)

    def add(self, hit: Hit, most: int = _MOST) -> None:
        """Remember a hit once, as it was seen with more around it."""
        place = _identity(hit)
        kept = self.hits.setdefault(hit.name, [])
        if place in self._known:
            kept[:] = [_both(other, hit) if _identity(other) == place else other for other in kept]
            return
        if len(kept) >= most:
            self._known.discard(_identity(kept[-1]))
            kept.pop()
        self._known.add(place)
        kept.append(hit)

    def of(self, *names: str) -> list[Hit]:
        """Return the hits of these names in their order in the log."""
        return sorted((hit for name in names for hit in self.hits.get(name, ())), key=order_of)


def _both(one: Hit, other: Hit) -> Hit:
    """Return what two looks at the same line tell together."""
    return replace(
        one,
        framed=one.framed or other.framed,
        hosted=one.hosted or other.hosted,
        in_quotes=one.in_quotes and other.in_quotes,
        in_test=one.in_test or other.in_test,
        leads=one.leads or other.leads,
    )


def _identity(hit: Hit) -> tuple[str, str, int, str]:
    """Tell a hit from others; one line of an annotation may hold many."""
    return hit.name, hit.line.file, hit.number, hit.line.text


def order_of(hit: Hit) -> tuple[str, int]:
    return hit.line.file, hit.number


class Matcher:
    """Knows all messages by the words that they are looked for."""

    def __init__(self, signs: Iterable[Sign]) -> None:
        self._by_key: dict[str, list[Sign]] = {}
        for sign in signs:
            for key in sign.keys:
                self._by_key.setdefault(key, []).append(sign)
        self._marked = [sign for key in ("Error", "fatal") for sign in self._by_key.get(key, ())]

    def hits_in(self, stretch: Stretch, layout: Layout) -> list[Hit]:
        """Return what is found in a stretch, the more exact of two that overlap."""
        region = _Region(lines_of(stretch, layout))
        words = frozenset(_WORD.findall(region.text))
        candidates = {
            (sign.failure, sign.text): sign
            for word in words
            for sign in self._by_key.get(word, ())
            if words.issuperset(_template(sign).words)
        }
        candidates |= {(sign.failure, sign.text): sign for sign in self._marked}
        hits = [hit for _, sign in sorted(candidates.items()) for hit in region.hits(sign)]
        hits += region.marked()
        return [*_most_exact(hits), *(hit for hit in hits if hit.name.startswith("~"))]


@lru_cache(maxsize=4096)
def _template(sign: Sign) -> Template:
    return Template(sign.text, sign.is_regex)


@lru_cache(maxsize=4096)
def _pattern(sign: Sign) -> re.Pattern[str]:
    return _template(sign).pattern()


class _Region:
    """The cleaned lines of a stretch as one text."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.text = "\n".join(line.text for line in lines)
        self.starts: list[int] = []
        place = 0
        for line in lines:
            self.starts.append(place)
            place += len(line.text) + 1
        self._refusing = [
            line.mark == "error" or bool(_REFUSAL.search(line.text)) for line in lines
        ]
        self._in_test = list(_in_tests(lines))

    def hits(self, sign: Sign) -> Iterator[Hit]:
        weight = _template(sign).weight
        for count, match in enumerate(_pattern(sign).finditer(self.text)):
            if count > _MOST_HERE:
                return
            yield self._hit(sign, match, weight)

    def marked(self) -> Iterator[Hit]:
        """Yield the lines that a runner shows as errors."""
        for line in self.lines:
            if line.mark == "error":
                yield Hit("~error", 0, line, line.number, line.text, ())

    def _hit(self, sign: Sign, match: re.Match[str], weight: int) -> Hit:
        index = bisect_right(self.starts, match.start()) - 1
        last = bisect_right(self.starts, max(match.start(), match.end() - 1)) - 1
        line = self.lines[index]
        before = line.text[: match.start() - self.starts[index]]
        near = [part.text for part in self.lines[max(0, index - 4) : last + 4]]
        return Hit(
            name=sign.failure,
            weight=weight,
            line=line,
            last=self.lines[last].number,
            text=" ".join(part.text.strip() for part in self.lines[index : last + 1]),
            varying=tuple(group or "" for group in match.groups()),
            framed=any(self._refusing[max(0, index - _NEAR) : last + _NEAR]),
            hosted=bool(_UPLOAD_HOST.search(" ".join(near))),
            in_quotes=self._is_in_quotes(match, index, before),
            in_test=self._in_test[index],
            leads=_is_label(before)
            or (_template(sign).begins_with_what_varies and " " not in before.strip()),
            literal=tuple(_literal_spans(match)),
        )

    def _is_in_quotes(self, match: re.Match[str], index: int, before: str) -> bool:
        line = self.lines[index]
        if line.mark in ("group", "debug") or _CODE.search(line.text) or _CHANGE.match(line.text):
            return True
        # What opens the quotation may stand at the end of the line before.
        if _GIVEN.search(self.text[max(0, match.start() - 80) : match.start()]):
            return False
        if _IN_QUOTES.search(before):
            return True
        opening = before[-1:]
        closing = self.text[match.end() : match.end() + 2].lstrip(".")[:1]
        return opening in _CLOSING and _CLOSING[opening] == closing


def _in_tests(lines: Sequence[Line]) -> Iterator[bool]:
    """Yield for each line whether the output of a test stands near it, in the same session."""
    testing = [bool(_TESTING.search(line.text)) for line in lines]
    sessions, session, before = [], 0, None
    for line in lines:
        place = (line.file, line.job, line.step)
        begins = "test session starts" in line.text or line.text.startswith("Run ")
        session += begins or (before is not None and place != before)
        sessions.append(session)
        session += bool(_SESSION_ENDED.search(line.text))
        before = place
    for index, own in enumerate(sessions):
        near = range(max(0, index - _NEAR_TEST), min(len(lines), index + _NEAR_TEST))
        yield any(testing[other] and sessions[other] == own for other in near)


_LABEL = re.compile(
    r"^[\s*•\u00d7✗✘❌⛔💥⚠️!|`\"'{\[]*(?:<\w+>)?\s*(?:(?:Caused by|[A-Za-z_][\w.]*)[\"']?:\s+[\"']?|[A-Za-z_.]*(?:[Ee]rror|ERROR|WARN(?:ING)?|[Ww]arning|INFO|Exception"
    r"|fatal|Distribution|Configuration|Failure|Detected|Interactive|says|by|[Rr]eason)\b:?\s*)*"
    r"(?:HTTP(?:/\d\.\d)?\s+)?(?:[45]\d\d\s+)?(?:(?:Client|Server) [Ee]rror:\s*|Bad Request:?\s*|Forbidden:?\s*)?$"
)


def _is_label(before: str) -> bool:
    return len(before) < 120 and bool(_LABEL.match(before))


def _literal_spans(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield where a match is the fixed text of its message, not what varies in it."""
    place = match.start()
    for group in range(1, (match.re.groups or 0) + 1):
        begin, end = match.span(group)
        if begin < 0:
            continue
        if begin > place:
            yield place, begin
        place = max(place, end)
    if match.end() > place:
        yield place, match.end()


def _most_exact(hits: Sequence[Hit]) -> list[Hit]:
    """Of messages whose fixed texts overlap, keep those with the most of it."""
    named = sorted(
        (hit for hit in hits if not hit.name.startswith("~")), key=lambda hit: -hit.weight
    )
    taken: list[tuple[int, int, int]] = []
    kept = []
    for hit in named:
        rivals = (
            weight
            for begin, end in hit.literal
            for other_begin, other_end, weight in taken
            if begin < other_end and other_begin < end
        )
        if any(weight > hit.weight for weight in rivals):
            continue
        taken += [(begin, end, hit.weight) for begin, end in hit.literal]
        kept.append(hit)
    return kept


def first_of(hits: Mapping[str, Sequence[Hit]]) -> Hit | None:
    """Return the foremost hit of several names."""
    return min((hit for group in hits.values() for hit in group), key=order_of, default=None)
