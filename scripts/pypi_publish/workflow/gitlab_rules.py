"""The `if` of GitLab's rules as far as it can be decided before a pipeline runs.

https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions
"""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from pypi_publish.workflow.conditions import OPEN, Value

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<variable>\$\{?\w+\}?)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<pattern>/(?:\\.|[^/\\])*/[a-z]*)
    | (?P<null>null)
    | (?P<sign>&&|\|\||==|!=|=~|!~|[()!])
    """,
    re.VERBOSE,
)
_DEEPEST = 60
_LONGEST_PATTERN = 300
_LONGEST_TEXT = 40
_MOST_WAYS = 10**7
_PRESENT = {"CI": "true", "GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"}
_ABSENT = ("CI_MERGE_REQUEST_", "CI_EXTERNAL_PULL_REQUEST_", "CI_OPEN_MERGE_REQUESTS")


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that starts a pipeline."""

    said: str
    source: str  # CI_PIPELINE_SOURCE
    tag: str | None = None
    branch: str | None = None

    @property
    def merge_request(self) -> bool:
        return self.source == "merge_request_event"

    @property
    def ref(self) -> str | None:
        return self.tag or self.branch

    def variable(self, name: str) -> Value:
        """Return the value of a predefined variable; of others, only the pipeline knows."""
        values: dict[str, Value] = {
            **_PRESENT,
            "CI_COMMIT_TAG": self.tag,
            "CI_COMMIT_BRANCH": None if self.merge_request else self.branch,
            "CI_COMMIT_REF_NAME": self.ref,
            "CI_COMMIT_REF_SLUG": re.sub("[^a-z0-9]+", "-", (self.ref or "").lower()),
            "CI_PIPELINE_SOURCE": self.source,
        }
        if name in values:
            return values[name]
        return None if name.startswith(_ABSENT) and not self.merge_request else OPEN


def cases(tag: str) -> tuple[Case, ...]:
    """Return what may start a pipeline, the push of the release's tag first."""
    return (
        Case(f"a push of the tag {tag}", "push", tag=tag),
        Case(f"a start by hand for the tag {tag}", "web", tag=tag),
        Case("a push to the default branch", "push", branch="main"),
        Case("a start by hand", "web", branch="main"),
        Case("a schedule", "schedule", branch="main"),
        Case("a merge request", "merge_request_event", branch="topic"),
        Case("a push to another branch", "push", branch="topic"),
        Case("the API", "api", branch="main"),
        Case("a trigger", "trigger", branch="main"),
        Case("another pipeline", "parent_pipeline", branch="main"),
    )


def names_ref(word: str, case: Case) -> bool:
    """Return whether a word of `only:` stands for what started the pipeline."""
    word = word.partition("@")[0]
    pattern = re.fullmatch(r"/(.*)/([a-z]*)", word, re.DOTALL)
    if pattern:
        return not case.merge_request and _found(word, case.ref or "") is not False
    sources = {
        "tags": case.tag is not None,
        "branches": case.branch is not None and not case.merge_request,
        "merge_requests": case.merge_request,
        "pushes": case.source == "push",
        "schedules": case.source == "schedule",
        "triggers": case.source == "trigger",
        "api": case.source == "api",
        "web": case.source == "web",
        "pipelines": case.source in ("pipeline", "parent_pipeline"),
    }
    if word in sources:
        return sources[word]
    # A branch is named; which one is the default is not known here.
    default = case.branch == "main" and word in ("main", "master", "$CI_DEFAULT_BRANCH", "trunk")
    return not case.merge_request and (word == case.ref or default)


def holds(condition: str, variable: Callable[[str], Value]) -> bool | None:
    """Return whether a rule's `if` holds; None where only the pipeline can tell."""
    try:
        value = _Parser(condition, variable).whole()
    except _NotAnExpression:
        return None
    return None if value is OPEN else bool(value)


class _NotAnExpression(Exception):
    """The text cannot be read as a rule."""


class _Parser:
    def __init__(self, text: str, variable: Callable[[str], Value]) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._variable = variable
        self._depth = 0

    def whole(self) -> Value:
        value = self._either()
        if self._at != len(self._tokens):
            raise _NotAnExpression
        return value

    def _either(self) -> Value:
        value = self._both()
        while self._took("||"):
            right = self._both()
            known = True in (_truth(value), _truth(right))
            value = True if known else OPEN if OPEN in (value, right) else False
        return value

    def _both(self) -> Value:
        value = self._compared()
        while self._took("&&"):
            right = self._compared()
            known = False in (_truth(value), _truth(right))
            value = False if known else OPEN if OPEN in (value, right) else True
        return value

    def _compared(self) -> Value:
        left = self._operand()
        for sign in ("==", "!=", "=~", "!~"):
            if self._took(sign):
                return _compared(sign, left, self._operand())
        return left

    def _operand(self) -> Value:
        self._depth += 1
        if self._at >= len(self._tokens) or self._depth > _DEEPEST:
            raise _NotAnExpression
        kind, text = self._tokens[self._at]
        self._at += 1
        try:
            return self._read(kind, text)
        finally:
            self._depth -= 1

    def _read(self, kind: str, text: str) -> Value:
        if text == "(":
            value = self._either()
            if not self._took(")"):
                raise _NotAnExpression
            return value
        if text == "!":
            truth = _truth(self._operand())
            return OPEN if truth is None else not truth
        if kind == "variable":
            return self._variable(text.strip("${}"))
        if kind == "sign":
            raise _NotAnExpression
        return {"text": text[1:-1], "pattern": text, "null": None}[kind]

    def _took(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise _NotAnExpression
        if token.lastgroup != "space":
            found.append((token.lastgroup, token[0]))
        at = token.end()
    return found


def _truth(value: Value) -> bool | None:
    return None if value is OPEN else bool(value)


def _compared(sign: str, left: Value, right: Value) -> Value:
    if left is OPEN or right is OPEN:
        return OPEN
    if sign in ("==", "!="):
        return (left == right) == (sign == "==")
    if left is None:
        return sign == "!~"
    found = _found(str(right), str(left))
    return OPEN if found is None else found == (sign == "=~")


def _found(pattern: str, text: str) -> bool | None:
    """Return whether GitLab's pattern is found in a text; None where it cannot be read."""
    parts = re.fullmatch(r"/(.*)/([a-z]*)", pattern, re.DOTALL)
    text = text[:_LONGEST_TEXT]
    if parts is None or len(pattern) > _LONGEST_PATTERN or _may_take_long(parts[1], len(text)):
        return None
    try:
        flags = re.IGNORECASE if "i" in parts[2] else 0
        with warnings.catch_warnings():  # of Python, about what it may read differently one day
            warnings.simplefilter("ignore")
            return re.search(parts[1].replace("\\/", "/"), text, flags) is not None
    except (re.error, OverflowError, RecursionError):
        return None


def _may_take_long(pattern: str, length: int) -> bool:
    """Whether Python may try very many ways through a text, which GitLab's RE2 does not."""
    plain = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern, flags=re.DOTALL)
    repeated, optional = len(re.findall(r"[*+{]", plain)), plain.count("?")
    return _repeats_a_choice(plain) or length**repeated * 2**optional > _MOST_WAYS


def _repeats_a_choice(plain: str) -> bool:
    """Whether a group that is repeated can match one text in several ways, as `(a+)*` can."""
    begun: list[int] = []
    for at, sign in enumerate(plain):
        if sign == "(":
            begun.append(at + (3 if plain.startswith("?:", at + 1) else 1))
        elif sign == ")" and begun:
            inside = plain[begun.pop() : at]
            if plain[at + 1 : at + 2] in ("*", "+", "{") and set(inside) & set("*+?{|("):
                return True
    return False
