"""Versions as tags spell them: `v4`, `4.2.2`, `codeql-bundle-v2.19.0`, `v2.0.0-rc.1`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_TAG = re.compile(
    r"(?P<prefix>(?:.*?[-/@_])??)[vV]?(?P<numbers>[0-9]{1,12}(?:\.[0-9]{1,12})*)"
    r"(?P<suffix>(?:[-.+]?[A-Za-z]|[-+]).*)?"
)
_LONGEST = 200
_PRE_RELEASE = re.compile(
    r"[-._]?(?:a|alpha|b|beta|c|rc|pre|prerelease|preview|dev|next|canary|nightly|snapshot)"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version: of which product, which numbers, which pre-release or variant."""

    tag: str
    prefix: str
    numbers: tuple[int, ...]
    suffix: str

    @property
    def is_exact(self) -> bool:
        """Three numbers name one release; fewer name whatever is newest of them."""
        return len(self.numbers) >= 3

    @property
    def is_pre_release(self) -> bool:
        return _PRE_RELEASE.match(self.suffix) is not None

    @property
    def rank(self) -> tuple[tuple[int, ...], bool, tuple[tuple[int, str], ...]]:
        """Order by number; a pre-release comes before its release."""
        pieces = re.findall(r"[0-9]+|[A-Za-z]+", self.suffix)
        words = tuple((int(word), "") if word.isdigit() else (-1, word) for word in pieces)
        return self.numbers, not self.is_pre_release, words

    def agrees_with(self, other: "Version") -> bool:
        """Whether both can name the same commit: `v4` and `v4.2.2` can, `v4` and `v5` cannot."""
        if self.prefix and other.prefix and self.prefix.lower() != other.prefix.lower():
            return False
        if self.suffix and other.suffix and self.suffix != other.suffix:
            return False
        shared = min(len(self.numbers), len(other.numbers))
        longer = max(self.numbers, other.numbers, key=len)
        alike = self.numbers[:shared] == other.numbers[:shared]
        # 1.2 and 1.2.0 are one release; so are 1.2.3 and 1.2.3, but not with and without -rc.1.
        whole = self.is_exact and other.is_exact
        return alike and not (whole and (self.suffix != other.suffix or any(longer[shared:])))


@cache
def version_of(tag: str) -> Version | None:
    """Read a tag as a version; None where it is a word such as `main` or `nightly`."""
    found = _TAG.fullmatch(tag) if len(tag) <= _LONGEST else None
    if found is None:
        return None
    numbers = tuple(int(number) for number in found["numbers"].split("."))
    return Version(tag, found["prefix"], numbers, found["suffix"] or "")


def fullest(tags: Iterable[str]) -> Version | None:
    """Return the version that says most among names of one commit: v4.2.2 before v4."""
    versions = [version for tag in tags if (version := version_of(tag))]
    finals = [version for version in versions if not version.suffix]
    return max(finals or versions, key=lambda item: (len(item.numbers), item.rank), default=None)


def releases(tags: Iterable[str], like: Version | None) -> list[Version]:
    """Return the releases of the same product, newest first; no pre-releases, no variants."""
    prefix = like.prefix if like else ""
    found = (version for tag in tags if (version := version_of(tag)))
    same = [version for version in found if version.prefix == prefix and not version.suffix]
    # Where exact releases exist, v4 is a name that moves between them.
    exact = [version for version in same if version.is_exact]
    return sorted(exact or same, key=lambda version: version.rank, reverse=True)
