"""Which tags a release of this version is likely to have."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from pypi_publish.preflight.facts import Facts

# What stands before the version, and the version: v1.2.3, pkg-1.2.3, pkg/v1.2.3rc1.
_TAG = re.compile(
    r"(?P<prefix>(?:.*?[^0-9])??)"
    r"(?P<version>(?:\d+!)?\d+(?:\.\d+)*"
    r"(?:[-_.]?(?:alpha|beta|preview|post|rev|pre|dev|rc|a|b|c|r)[-_.]?\d*){0,3}"
    r"(?:\+[A-Za-z0-9.]+)?)"
)
_USUAL = (
    "v{0} {0} {name}-{0} {name}-v{0} {name}/v{0} {name}/{0} {name}@{0} {name}@v{0} "
    "release-{0} release-v{0} release/{0} rel-{0}"
).split()
_STAND_IN = "1.2.3"  # where no version is known


@dataclass(frozen=True, slots=True)
class ReleaseTags:
    """The tags that a release of this version may have."""

    own: tuple[str, ...]  # those that it has, then as other tags have it, the most frequent first
    usual: tuple[str, ...]  # as projects usually have it
    prerelease: bool

    @property
    def likely(self) -> tuple[str, ...]:
        return self.own or self.usual

    def with_patterns(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Return all of them, and those that a filter itself spells out: `nightly-*`."""
        if not patterns:
            return self.own or self.usual[:2]
        starts = (re.match(r"[^*?+\[\]!0-9\\]*", pattern) for pattern in patterns)
        version = self.usual[1]
        prefixes = [start[0] for start in starts if start and start[0]]
        spelled = [one + version for one in prefixes if not one.startswith("refs/")]
        return tuple(dict.fromkeys([*self.own, *self.usual, *(() if self.own else spelled)]))


def release_tags(facts: Facts) -> ReleaseTags:
    """Return which tags a release of this version may have."""
    from packaging.version import InvalidVersion, Version

    text = _release_version(facts) or _STAND_IN
    try:
        prerelease = Version(text).is_prerelease
    except InvalidVersion:
        prerelease = False
    name = facts.name or "release"
    usual = tuple(dict.fromkeys(form.format(text, name=name) for form in _USUAL))
    there = tags_there(facts)
    own = tuple(dict.fromkeys([*there, *(prefix + text for prefix in _prefixes(facts))]))
    return ReleaseTags(own, usual, prerelease)


def tags_there(facts: Facts) -> list[str]:
    """Return the tags that this version has already."""
    tags = facts.git.tags if facts.git is not None else {}
    version = _release_version(facts)
    return tags_of_version(tags, version, facts.name) if version is not None else []


def tag_version(tag: str) -> str | None:
    """Return the version in a tag, canonical, or None where a tag names none."""
    found = _split(tag)
    return found[1] if found else None


def tags_of_version(tags: Iterable[str], version: str, name: str | None) -> list[str]:
    """Return which tags name this version; those of another project of the repository do not."""
    return [tag for tag in tags if names_version(tag, version, name)]


def names_version(tag: str, version: str, name: str | None) -> bool:
    """Return whether a tag is that of a version of this project."""
    found = _split(tag)
    wanted = canonical(version)
    if found is None or wanted is None or found[1] != wanted:
        return False
    return not names_other(found[0], name)


def names_other(prefix: str, name: str | None) -> bool:
    """Return whether what stands before a version names another project than this."""
    words = re.sub(r"[^a-z0-9]+", "-", prefix.lower()).strip("-")
    words = re.sub(r"(?:^|-)(?:v|ver|version|release|releases|rel|tags?)$", "", words).strip("-")
    own = re.sub(r"[^a-z0-9]+", "-", (name or "").lower()).strip("-")
    return bool(words) and words not in (
        own,
        own.replace("-", ""),
        "release",
        "version",
        "python",
        "py",
    )


@cache
def canonical(version: str) -> str | None:
    """Return a version in the one spelling by which two are equal; None for what is none."""
    from packaging.utils import canonicalize_version
    from packaging.version import InvalidVersion, Version

    try:
        return canonicalize_version(Version(version))
    except InvalidVersion:
        return None


@cache
def _split(tag: str) -> tuple[str, str] | None:
    found = _TAG.fullmatch(tag[:200])
    version = canonical(found["version"]) if found else None
    return (found["prefix"], version) if found and version else None


def _release_version(facts: Facts) -> str | None:
    """Return the version that is to be released; what a build between tags has is not one."""
    from packaging.version import InvalidVersion, Version

    text = facts.version
    if text is None:
        return None
    try:
        version = Version(text)
    except InvalidVersion:
        return text
    derived = facts.project is not None and facts.project.version.from_tags
    return version.base_version if derived and (version.is_devrelease or version.local) else text


def _prefixes(facts: Facts) -> list[str]:
    """Return what stands before the version in this project's tags, the most frequent first."""
    tags = facts.git.tags if facts.git is not None else {}
    found = (_split(tag) for tag in tags)
    used = Counter(one[0] for one in found if one and not names_other(one[0], facts.name))
    return [prefix for prefix, _ in used.most_common()]
