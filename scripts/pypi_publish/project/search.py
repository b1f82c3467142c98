"""Regular expressions that the project brings: searched so that none of them can hang the run."""

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

_SECONDS = 5
_UNBOUNDED = re.compile(r"[+*]|\{\d*,\d*\}")
_REPEATED_GROUP = re.compile(r"\)[+*{]")  # `(a|aa)+` alone can take for ever
# Isolated, without site: starts in about ten milliseconds, and can be ended, unlike a search here.
_CHILD = """
import json, re, sys
pattern, text = json.load(sys.stdin)
found = re.search(pattern, text, re.MULTILINE)
json.dump(found and [[key, found[key], found.start(key)] for key in
    [*range(found.re.groups + 1), *found.re.groupindex] if found[key] is not None], sys.stdout)
"""


class PatternProblem(Exception):
    """The pattern cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """The groups of a match that took part in it, each with its start."""

    groups: Mapping[str | int, tuple[str, int]]


def searched(pattern: str, text: str, *, known: bool = False) -> Found | None:
    """Search as `re.search(pattern, text, re.MULTILINE)` does; `known` patterns are no danger."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(pattern, re.MULTILINE)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternProblem(f"the pattern is no regular expression: {error}") from error
    if not known and (len(_UNBOUNDED.findall(pattern)) > 1 or _REPEATED_GROUP.search(pattern)):
        return _searched_apart(pattern, text)
    match = compiled.search(text)
    if match is None:
        return None
    keys: list[str | int] = [*range(compiled.groups + 1), *compiled.groupindex]
    return Found({key: (match[key], match.start(key)) for key in keys if match[key] is not None})


def _searched_apart(pattern: str, text: str) -> Found | None:
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CHILD],
            input=json.dumps([pattern, text]),
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise PatternProblem(f"the pattern searched for more than {_SECONDS} seconds") from error
    except (subprocess.CalledProcessError, OSError) as error:
        raise PatternProblem("the pattern could not be searched for") from error
    groups = json.loads(ended.stdout)
    return None if groups is None else Found({key: (said, at) for key, said, at in groups})
