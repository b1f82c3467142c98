"""What a Python file says by itself: constants of its top level. Nothing is ever imported."""

import ast
import warnings
from dataclasses import dataclass
from typing import Any

LIMIT = 1 << 19  # compiling half a megabyte of Python takes about as long as the rest of a run


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal value and its line; `value` is None where only running the code would tell."""

    value: Any
    line: int
    computed: bool = False


def module(text: str) -> ast.Module | None:
    """Parse a file; None where it is no Python, or nested or large beyond reason."""
    if len(text) > LIMIT:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def constant(text: str, name: str) -> Constant | None:
    """Return the first assignment to a name at the top level of a module."""
    if name not in text:  # parsing is the costly part
        return None
    parsed = module(text)
    return next(iter(constants(parsed, name)), None) if parsed else None


def constants(parsed: ast.Module, name: str) -> list[Constant]:
    """Return every assignment to a name at the top level, in order."""
    return [
        _literal(statement.value, statement.lineno)
        for statement in parsed.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None
        for target in _targets(statement)
        if isinstance(target, ast.Name) and target.id == name
    ]


def docstring(text: str) -> str | None:
    """Return the docstring of a module."""
    parsed = module(text)
    return ast.get_docstring(parsed) if parsed else None


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]


def _literal(value: ast.expr, line: int) -> Constant:
    try:
        return Constant(ast.literal_eval(value), line)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return Constant(None, line, computed=True)


@dataclass(frozen=True, slots=True)
class SetupCall:
    """The arguments of a setup.py's `setup(...)` that are literal, and those that are not."""

    arguments: dict[str, Constant]
    complete: bool  # no `**options` may bring more


def setup_call(text: str) -> SetupCall | None:
    """Find the call of `setup` in a setup.py; names bound to one literal each are looked up."""
    parsed = module(text)
    if parsed is None:
        return None
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and _called(node.func) == "setup":
            arguments = {
                word.arg: _argument(word.value, parsed) for word in node.keywords if word.arg
            }
            return SetupCall(arguments, all(word.arg for word in node.keywords))
    return None


def _called(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _argument(value: ast.expr, parsed: ast.Module) -> Constant:
    if isinstance(value, ast.Name):
        bound = constants(parsed, value.id)
        if len(bound) == 1 and not bound[0].computed:
            return bound[0]
    return _literal(value, value.lineno)
