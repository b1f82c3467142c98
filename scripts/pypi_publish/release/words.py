"""How counts and lists of files are said."""

from collections.abc import Iterable, Sized

_MOST = 5


def listed(names: Iterable[str]) -> str:
    """Return the first names, and how many more there are."""
    ordered = sorted(names)
    rest = f" and {len(ordered) - _MOST} more" if len(ordered) > _MOST else ""
    return ", ".join(ordered[:_MOST]) + rest


def files_of(what: Sized) -> str:
    """Return how many files these are."""
    return "1 file" if len(what) == 1 else f"{len(what)} files"


def short(sha256: str) -> str:
    """Return enough of a digest to tell it from another."""
    return f"sha256 {sha256[:12]}…"
