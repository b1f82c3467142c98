"""The rules about what the references of a repository say together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pypi_publish.check import check
from pypi_publish.pins.pin import HARDENING, Pin
from pypi_publish.pins.reference import Action
from pypi_publish.pins.versions import version_of
from pypi_publish.verdict import Verdict, warned


@dataclass(frozen=True, slots=True)
class Census:
    """What a repository's references say together."""

    versions: Mapping[str, frozenset[str]]  # commit -> stated
    commits: Mapping[str, frozenset[str]]  # slug -> commits


def census_of(pins: Iterable[Pin]) -> Census:
    """Count which versions are stated for a commit, and at which commits a repository is."""
    versions: dict[str, set[str]] = defaultdict(set)
    commits: dict[str, set[str]] = defaultdict(set)
    for pin in pins:
        if pin.commit and isinstance(pin.reference, Action):
            commits[pin.reference.slug.lower()].add(pin.commit)
            if pin.stated:
                versions[pin.commit].add(pin.stated.version)
    return Census(
        {commit: frozenset(stated) for commit, stated in versions.items()},
        {slug: frozenset(found) for slug, found in commits.items()},
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
    stated = census.versions.get(pin.commit, frozenset())
    others = sorted(
        tag for tag in stated if own and (other := version_of(tag)) and not own.agrees_with(other)
    )
    if not others:
        return None
    return warned(f"here {pin.stated.version}, elsewhere in this repository {', '.join(others)}")


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
    others = sorted(census.commits.get(pin.slug.lower(), frozenset()) - {pin.commit})
    if not others:
        return None
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    shown = ", ".join(sha[:12] for sha in others[:3])
    return warned(f"elsewhere in this repository at {shown}{more}")
