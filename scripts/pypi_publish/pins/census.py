"""The rules about what the references of a repository say together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pypi_publish.check import check
from pypi_publish.pins.pin import HARDENING, Pin
from pypi_publish.pins.reference import Action
from pypi_publish.pins.versions import Version, version_of
from pypi_publish.verdict import Verdict, warned

_MOST_NAMED = 3
_MOST_COMPARED = 20  # versions of one commit: a hostile file may state thousands


@dataclass(frozen=True, slots=True)
class Census:
    """What a repository's references say together."""

    versions: Mapping[str, tuple[Version, ...]]  # commit -> stated
    commits: Mapping[str, tuple[str, ...]]  # slug -> commits


def census_of(pins: Iterable[Pin]) -> Census:
    """Count which versions are stated for a commit, and at which commits a repository is."""
    versions: dict[str, set[Version]] = defaultdict(set)
    commits: dict[str, set[str]] = defaultdict(set)
    for pin in pins:
        if pin.commit and isinstance(pin.reference, Action):
            commits[pin.reference.slug.lower()].add(pin.commit)
            stated = version_of(pin.stated.version) if pin.stated else None
            if stated:
                versions[pin.commit].add(stated)
    return Census(
        {commit: _compared(stated) for commit, stated in versions.items()},
        {slug: tuple(sorted(found)) for slug, found in commits.items()},
    )


@check(
    "contradicting-versions",
    expects="One commit has one version in all comments",
    remedy="Find out which version it is (`check-action-pins --live`) and correct the others.",
    docs=HARDENING,
)
def contradicting_versions(pin: Pin, census: Census) -> Verdict | None:
    """One of the comments is wrong, and a reviewer cannot tell which."""
    if pin.commit is None or not pin.stated:
        return None
    own = version_of(pin.stated.version)
    stated = census.versions.get(pin.commit, ())
    others = [other.tag for other in stated if own and not own.agrees_with(other)]
    if not others:
        return None
    return warned(f"here {pin.stated.version}, elsewhere in this repository {_named(others)}")


@check(
    "several-commits",
    expects="One action is at one commit throughout the repository",
    remedy="Move all of them to the newest: `check-action-pins --fix --update`.",
    docs=HARDENING,
)
def several_commits(pin: Pin, census: Census) -> Verdict | None:
    """What is updated in one workflow and forgotten in another behaves differently there."""
    if pin.commit is None or not isinstance(pin.reference, Action):
        return None
    commits = census.commits.get(pin.slug.lower(), ())
    first = commits[: _MOST_NAMED + 1]
    others = [commit[:12] for commit in first if commit != pin.commit]
    if not others:
        return None
    return warned(f"elsewhere in this repository at {_named(others, len(commits) - 1)}")


def _compared(versions: Iterable[Version]) -> tuple[Version, ...]:
    return tuple(sorted(versions, key=lambda version: version.tag)[:_MOST_COMPARED])


def _named(others: Collection[str], total: int | None = None) -> str:
    """Name the first of some others, and say how many more there are."""
    shown = list(others)[:_MOST_NAMED]
    more = (total or len(others)) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
