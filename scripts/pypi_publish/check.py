"""A check: its question, its reason, its remedy and its answer, in one place."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from types import ModuleType
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
Answer = TypeVar("Answer")  # a verdict, None where it does not apply, or several verdicts


@dataclass(frozen=True, slots=True)
class Check(Generic[P, Answer]):
    """A question that a script asks; calling it gives the answer."""

    id: str
    expects: str
    remedy: str
    why: str
    docs: str
    decide: Callable[P, Answer]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Answer:
        return self.decide(*args, **kwargs)


def check(
    id: str,  # noqa: A002 - the word that the report uses
    *,
    expects: str,
    remedy: str,
    docs: str,
) -> Callable[[Callable[P, Answer]], Check[P, Answer]]:
    """Make a check of a function; its docstring says why the question matters."""

    def made(decide: Callable[P, Answer]) -> Check[P, Answer]:
        why = cleandoc(decide.__doc__ or "")
        if not why and sys.flags.optimize < 2:  # `-OO` takes docstrings away
            raise ValueError(f"check {id!r} does not say why it matters")
        return Check(id, expects, remedy, why, docs, decide)

    return made


def checks_in(module: ModuleType) -> "tuple[Check[..., Any], ...]":
    """Return every check that a module defines, in reading order; none that it imports."""
    found = (value for value in vars(module).values() if isinstance(value, Check))
    return tuple(check for check in found if check.decide.__module__ == module.__name__)
