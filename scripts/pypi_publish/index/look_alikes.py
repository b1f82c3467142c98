"""Names that PyPI takes for the same: which of them to ask for before a first release."""

import re
from collections.abc import Iterator
from itertools import islice

from pypi_publish.core_metadata.names import is_valid, normalized

_MOST = 12  # requests for one name
_WORDS = tuple("python django flask pytest sphinx types async py lib cli api sdk".split())
_TWINS = ("1il", "0o")
_AS_ONE = str.maketrans("lio", "110")


def ultranormalized(name: str) -> str:
    """Return the form in which PyPI compares a new name with all that exist."""
    return re.sub(r"[._-]", "", name).lower().translate(_AS_ONE)


def look_alikes(name: str) -> tuple[str, ...]:
    """Return the likeliest other names that PyPI takes for this one; far from all there are."""
    own = normalized(name)
    seen = {own}
    found: list[str] = []
    for candidate in _candidates(name, own):
        normal = normalized(candidate)
        if normal not in seen and is_valid(normal):
            seen.add(normal)
            found.append(normal)
    return tuple(islice(found, _MOST))


def _candidates(name: str, own: str) -> Iterator[str]:
    words = own.split("-")
    yield "".join(words)
    yield re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    for start in range(1, len(words)):
        yield "-".join([*words[: start - 1], words[start - 1] + words[start], *words[start + 1 :]])
    for word in _WORDS:
        if own.startswith(word) and not own.startswith(word + "-"):
            yield f"{word}-{own.removeprefix(word)}"
        if own.endswith(word) and not own.endswith("-" + word):
            yield f"{own.removesuffix(word)}-{word}"
    yield from _with_twins(own)
    yield from (f"{own[:at]}-{own[at:]}" for at in range(2, len(own) - 1))


def _with_twins(own: str) -> Iterator[str]:
    """Yield the name with look-alike letters exchanged: everywhere, then one by one."""
    for twins in _TWINS:
        letters = twins
        pairs = [(old, new) for old in letters for new in letters if old != new and old in own]
        yield from (own.replace(old, new) for old, new in pairs)
    for at, letter in enumerate(own):
        for twins in _TWINS:
            others = [new for new in twins if new != letter]
            if letter in twins:
                yield from (own[:at] + new + own[at + 1 :] for new in others)
