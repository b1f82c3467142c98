"""What a git server says of a repository: its tags, its branches, and where they point."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from pypi_publish.pins.reference import Action
from pypi_publish.pins.versions import Version, fullest, releases, version_of

_TAGS = "refs/tags/"
_BRANCHES = "refs/heads/"


@dataclass(frozen=True)
class Refs:
    """The tags and branches of one repository, each with the commit that it points to."""

    tags: Mapping[str, str]
    branches: Mapping[str, str]
    tag_objects: Mapping[str, str] = field(default_factory=dict)  # object SHA -> tag name

    @cached_property
    def _tags_by_commit(self) -> dict[str, list[str]]:
        named: dict[str, list[str]] = {}
        for tag, commit in self.tags.items():
            named.setdefault(commit, []).append(tag)
        return named

    @cached_property
    def _tips(self) -> frozenset[str]:
        return frozenset([*self.tags.values(), *self.branches.values()])

    def tags_at(self, commit: str) -> list[str]:
        """Return the tags that point to a commit."""
        return self._tags_by_commit.get(commit, [])

    def version_at(self, commit: str, like: Version | None) -> Version | None:
        """Return the version of a commit: of several, the one that can be `like`.

        Without `like`, or where its product is not released at this commit, the product whose
        tags have no prefix goes before the others.
        """
        tags = self.tags_at(commit)
        named = [version for tag in tags if (version := version_of(tag))]
        for prefix in (like.prefix.lower() if like else "", ""):
            same = [version for version in named if version.prefix.lower() == prefix]
            if same:
                return _agreeing(same, like)
        return _agreeing(named, like)

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """The tags that name a version."""
        return tuple(version for tag in self.tags if (version := version_of(tag)))

    def releases(self, like: Version | None) -> list[Version]:
        """Return the releases of the same product, newest first."""
        prefix = like.prefix if like else ""
        if prefix not in self._releases:
            self._releases[prefix] = releases(self.tags, like)
        return self._releases[prefix]

    @cached_property
    def _releases(self) -> dict[str, list[Version]]:
        return {}

    def is_tip(self, commit: str) -> bool:
        """Return whether a tag or a branch points to the commit."""
        return commit in self._tips

    def commit_of(self, ref: str) -> str | None:
        """Return the commit that GitHub would run for a ref: a tag's before a branch's."""
        if ref.startswith(_TAGS):
            return self.tags.get(ref.removeprefix(_TAGS))
        if ref.startswith(_BRANCHES):
            return self.branches.get(ref.removeprefix(_BRANCHES))
        return self.tags.get(ref) or self.branches.get(ref)

    def commit_starting(self, digits: str) -> str | None:
        """Return the one tagged commit, or tip of a branch, whose SHA starts like this."""
        found = [commit for commit in self._tips if commit.startswith(digits.lower())]
        return found[0] if len(found) == 1 else None

    def resolve(self, action: Action) -> str | None:
        """Return the commit that is meant: of a tag object its commit, of a short SHA the whole."""
        if action.is_commit:
            tag = self.tag_objects.get(action.ref.lower())
            return self.tags[tag] if tag else action.ref.lower()
        named = self.commit_of(action.ref)
        if named is None and action.looks_like_short_commit:
            return self.commit_starting(action.ref)
        if named is None and "#" in action.ref:  # `@<SHA>#v6`, a comment without its space
            return self.resolve(replace(action, ref=action.ref.partition("#")[0]))
        return named


@dataclass(frozen=True, slots=True)
class Remote:
    """The answer about one repository, or why there is none."""

    refs: Refs | None
    silence: str | None = None  # why `refs` is None
    stray: frozenset[str] = frozenset()  # commits on no branch and no tag
    unplaced: frozenset[str] = frozenset()  # commits that could not be looked for
    ages: Mapping[str, float] | None = None  # tag -> days since it was made; None: not known
    no_history: str = ""  # why `unplaced` and `ages` are not known
    archived: bool | None = None  # None: not asked
    advisories: Mapping[str, tuple[str, ...]] | None = None  # version -> ids; None: not asked


def refs_from(advertised: Iterable[tuple[str, str]]) -> Refs:
    """Sort what a server advertises; `^{}` marks the commit behind an annotated tag."""
    tags: dict[str, str] = {}
    branches: dict[str, str] = {}
    objects: dict[str, str] = {}
    for sha, name in advertised:
        if name.startswith(_BRANCHES):
            branches[name.removeprefix(_BRANCHES)] = sha
        elif name.startswith(_TAGS) and name.endswith("^{}"):
            tag = name.removeprefix(_TAGS).removesuffix("^{}")
            if tag in tags:
                objects[tags[tag]] = tag
            tags[tag] = sha
        elif name.startswith(_TAGS):
            tags[name.removeprefix(_TAGS)] = sha
    return Refs(tags, branches, objects)


def _agreeing(versions: list[Version], like: Version | None) -> Version | None:
    """Return the fullest; where v4.2.0 and v5.0.0 are one commit, for `v4` the former."""
    best = fullest(version.tag for version in versions)
    agreeing = fullest(version.tag for version in versions if like and version.agrees_with(like))
    if best and agreeing and len(agreeing.numbers) == len(best.numbers):
        return agreeing
    return best
