"""The `if:` of GitHub as far as it can be decided before a run: yes, no, or it depends.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final


class _Open(Enum):
    """A value that only a run knows."""

    OPEN = "open"


OPEN: Final = _Open.OPEN
Value = str | float | bool | _Open | None
Known = Callable[[str], Value]  # a name such as `github.ref`, in lower case -> its value

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<text>'(?:[^']|'')*')
    | (?P<number>[+-]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?))
    | (?P<name>[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\*)|\[[^\]]*\])*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[<>!(),])
    """,
    re.VERBOSE,
)
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}
_INDEX = re.compile(r"\[\s*'([\w-]+)'\s*\]")
_WRAPPED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_ASKS_STATUS = re.compile(r"\b(always|failure|cancelled|success)\s*\(")
_DEEPEST = 60


def holds(condition: str, known: Known) -> bool | None:
    """Return whether a condition holds; None where only a run can tell."""
    if is_always_true(condition):
        return True
    try:
        value = _Parser(_bare(condition), known).whole()
    except _NotAnExpression:
        return None
    return None if value is OPEN else truthy(value)


def is_always_true(condition: str) -> bool:
    """Return whether text around `${{ }}` makes a non-empty string of it, which always holds."""
    wrapped = _WRAPPED.search(condition)
    return wrapped is not None and _WRAPPED.fullmatch(condition.strip(" \t")) is None


def asks_status(condition: str) -> bool:
    """Return whether a condition decides by itself what happens after a failed or skipped job."""
    return _ASKS_STATUS.search(condition) is not None


def runs_after_failure(condition: str) -> bool:
    """Return whether a job runs although one that it needs has failed."""
    if re.search(r"\.result\b|\bsuccess\s*\(|!\s*failure\s*\(", condition):
        return False  # it looks at the outcome itself
    return re.search(r"\balways\s*\(|!\s*cancelled\s*\(|\bfailure\s*\(", condition) is not None


def truthy(value: Value) -> bool:
    """Return what GitHub makes of a value where a truth is asked for."""
    return value not in (None, False, "", 0)


def _bare(condition: str) -> str:
    wrapped = _WRAPPED.fullmatch(condition.strip())
    return wrapped[1] if wrapped else condition


class _NotAnExpression(Exception):
    """The text cannot be read as an expression."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _Parser:
    """Reads and evaluates in one go; what is not known stays open."""

    def __init__(self, text: str, known: Known) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._known = known
        self._depth = 0

    def whole(self) -> Value:
        value = self._either()
        if self._at != len(self._tokens):
            raise _NotAnExpression
        return value

    def _either(self) -> Value:
        value = self._both()
        while self._took("||"):
            value = _or(value, self._both())
        return value

    def _both(self) -> Value:
        value = self._compared()
        while self._took("&&"):
            value = _and(value, self._compared())
        return value

    def _compared(self) -> Value:
        value = self._single()
        for sign in ("==", "!=", "<=", ">=", "<", ">"):
            if self._took(sign):
                return compare(sign, value, self._single())
        return value

    def _single(self) -> Value:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NotAnExpression
        try:
            return self._negated() if self._took("!") else self._operand()
        finally:
            self._depth -= 1

    def _negated(self) -> Value:
        value = self._single()
        return OPEN if value is OPEN else not truthy(value)

    def _operand(self) -> Value:
        if self._took("("):
            value = self._either()
            self._expect(")")
            return value
        token = self._next()
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "number":
            return float(int(token.text, 16) if "x" in token.text else float(token.text))
        if token.kind != "name":
            raise _NotAnExpression
        if self._took("("):
            return _called(token.text.lower(), self._arguments())
        return self._named(token.text)

    def _arguments(self) -> list[Value]:
        values: list[Value] = []
        while not self._took(")"):
            values.append(self._either())
            if not self._took(","):
                self._expect(")")
                break
        return values

    def _named(self, name: str) -> Value:
        dotted = _INDEX.sub(r".\1", name).lower()
        if dotted in _WORDS:
            return _WORDS[dotted]
        return OPEN if "[" in dotted or "*" in dotted else self._known(dotted)

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise _NotAnExpression
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == _Token("sign", sign):
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            raise _NotAnExpression


def _tokens(text: str) -> "Sequence[_Token]":
    found, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise _NotAnExpression
        if token.lastgroup != "space":
            found.append(_Token(token.lastgroup, token[0]))
        at = token.end()
    return found


def _or(left: Value, right: Value) -> Value:
    if left is OPEN:
        return True if right is not OPEN and truthy(right) else OPEN
    return left if truthy(left) else right


def _and(left: Value, right: Value) -> Value:
    if left is OPEN:
        return False if right is not OPEN and not truthy(right) else OPEN
    return right if truthy(left) else left


def compare(sign: str, left: Value, right: Value) -> Value:
    """Compare as GitHub does: texts without regard to case, everything else as numbers."""
    if left is OPEN or right is OPEN:
        return OPEN
    if isinstance(left, str) and isinstance(right, str):
        one: str | float | None = left.casefold()
        two: str | float | None = right.casefold()
    else:
        one, two = _number(left), _number(right)
    if one is None or two is None:  # not a number: equal to nothing
        return sign == "!="
    return _ordered(sign, one, two)


def _ordered(sign: str, one: str | float, two: str | float) -> bool:
    rank = (one > two) - (one < two)  # type: ignore[operator]
    return {
        "==": rank == 0,
        "!=": rank != 0,
        "<": rank < 0,
        ">": rank > 0,
        "<=": rank <= 0,
        ">=": rank >= 0,
    }[sign]


def _number(value: str | float | bool | None) -> float | None:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except ValueError:
        return None


def _called(name: str, values: list[Value]) -> Value:
    if name in ("always", "success"):
        return True  # asked of a run in which nothing failed
    if name in ("failure", "cancelled"):
        return False
    tests: dict[str, Callable[[str, str], bool]] = {
        "startswith": str.startswith,
        "endswith": str.endswith,
        "contains": str.__contains__,
    }
    if name not in tests or len(values) != 2:
        return OPEN
    text, part = values
    if text is OPEN or part is OPEN:
        return OPEN
    return tests[name](_text(text).casefold(), _text(part).casefold())


def _text(value: str | float | bool | None) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
