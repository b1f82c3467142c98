"""Names of projects: which are valid, how two are compared, which belong to the standard library.

`packaging.utils` says the same of normalisation; importing it costs 20 ms, a tenth of a whole run.
"""

import re
from functools import cache
from pathlib import Path

_VALID = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
_SEPARATORS = re.compile(r"[-_.]+")


def is_valid(name: str) -> bool:
    """Whether a name has the form that core metadata asks for."""
    return _VALID.fullmatch(name) is not None


def normalized(name: str) -> str:
    """Return the name as indexes compare it: `Foo._Bar` is `foo-bar`."""
    return _SEPARATORS.sub("-", name).lower()


def escaped(name: str) -> str:
    """Return the normalised name as file names spell it: `foo_bar`."""
    return normalized(name).replace("-", "_")


def as_sent(name: str) -> str:
    """Return the name that twine puts into the upload form."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name)


def is_standard_library(name: str) -> bool:
    """Whether PyPI refuses a new project of this name for a module of any Python's library."""
    return normalized(name) in _standard_library()


@cache
def _standard_library() -> frozenset[str]:
    listed = Path(__file__).with_name("stdlib_names.txt").read_text(encoding="ascii")
    return frozenset(listed.split())
