"""Versions as the index reads them, without loading `packaging` for those in canonical form."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

_N = r"(?:0|[1-9]\d{0,17})"
_CANONICAL = re.compile(
    rf"(?:[1-9]\d*!)?{_N}(?:\.{_N})*(?:(?:a|b|rc){_N})?(?:\.post{_N})?(?:\.dev{_N})?", re.ASCII
)


def canonical(text: str) -> str | None:
    """Return the normalised spelling of a version, or None for what is not one."""
    if _CANONICAL.fullmatch(text):
        return text
    parsed = parsed_version(text)
    return None if parsed is None else str(parsed)


def parsed_version(text: str) -> "Version | None":
    """Return the version, or None for what is not one."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except (InvalidVersion, ValueError):  # ValueError: a number of more digits than int() reads
        return None


def same_version(one: str, other: str) -> bool:
    """Whether two texts mean the same version: `1.0` and `1.0.0` do."""
    if one == other:
        return True
    first, second = parsed_version(one), parsed_version(other)
    return first is not None and first == second
