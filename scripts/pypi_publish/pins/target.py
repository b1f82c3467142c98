"""What `--fix` makes of a reference: the commit and version it is to state, or why it is left.

What is run stays what is run: a tag or a branch becomes the commit that it points to now. Only
`--update` moves, and only forward: to the newest release of the same product, of whatever major
version, never to a pre-release. What looks like an attack, what the project has made an exception
for and what actions.lock decides is left to a person.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pypi_publish.pins.comment import stated_version
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.policy import Strictness
from pypi_publish.pins.reference import Action
from pypi_publish.pins.versions import Version

# What a person has to look at before anything is written over it.
_FOR_A_PERSON = {
    "impostor-commit": "the pinned commit is on no branch: find out what it is first",
    "moved-tag": "the tag was moved: find out why first",
    "ref-confusion": "the name is both a tag and a branch: choose the commit yourself",
    "invalid-uses": "the reference names nothing",
    "unpinned-images": "digests of images are not looked up: append it yourself",
}
# The rules whose findings a rewritten reference answers, and those that forbid to rewrite it.
CONCERNED = frozenset(_FOR_A_PERSON) | {
    "behind",
    "missing-ref",
    "ref-version-mismatch",
    "tag-object",
    "unlockable-action",
    "unpinned-uses",
    "version-comment",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The commit and the version that a reference is to state."""

    commit: str
    version: str


@dataclass(frozen=True, slots=True)
class Left:
    """Why a reference stays as it is."""

    because: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants of the new references."""

    update: bool = False  # the newest release, also where nothing is wrong
    min_age: int = 0  # in days, of a release that is newly taken


def target_of(
    pin: Pin, wrong: AbstractSet[str], ignored: AbstractSet[str], wish: Wish
) -> Target | Left | None:
    """Decide about a reference that breaks the rules `wrong`; None where all is well with it."""
    is_wrong = bool(wrong & CONCERNED)
    reason = _reason_to_leave(pin, wrong, ignored)
    if reason is not None:
        return Left(reason) if is_wrong else None
    newer = _newer(pin, wish) if wish.update else None
    if newer is not None or not is_wrong:
        return newer
    return _pinned(pin, wish)


def _reason_to_leave(pin: Pin, wrong: AbstractSet[str], ignored: AbstractSet[str]) -> str | None:
    for rule, because in _FOR_A_PERSON.items():
        if rule in wrong:
            return because
    if ignored & CONCERNED:
        return "a finding about it is ignored: change it by hand"
    if not isinstance(pin.reference, Action):
        return "it names no action"
    if pin.strictness is not Strictness.HASH_PIN:
        return f"the project's policy for it is `{pin.strictness}`"
    if pin.locked and "unlockable-action" not in wrong:
        return "actions.lock says what is run: update the lock"
    if pin.remote is None or pin.refs is None:
        return f"not looked up: {pin.remote.silence if pin.remote else 'not asked'}"
    if pin.commit in pin.remote.unplaced:
        return f"not known whether a branch holds the commit: {pin.remote.no_history}"
    return None


def _newer(pin: Pin, wish: Wish) -> Target | Left | None:
    """Return the newest release that is old enough, if it is newer than what is run now."""
    assert pin.refs is not None  # noqa: S101 - or there would be a reason to leave it
    now = pin.true_version or pin.version
    for version in pin.refs.releases(pin.product):  # newest first
        if now is not None and not _rises(version, now):
            break
        young = _too_young(pin, version, wish)
        if young is None:
            return _stating(pin.refs.tags[version.tag], version)
        if pin.remote and pin.remote.ages is None:
            return Left(young)
    return None


def _pinned(pin: Pin, wish: Wish) -> Target | Left:
    """Return what the reference means now, in full."""
    assert isinstance(pin.reference, Action)  # noqa: S101 - or there would be a reason to leave it
    hint = "" if wish.update else "; --update takes the newest release"
    commit, version = pin.runs, pin.true_version
    if commit is None:
        return Left(f"{pin.reference.ref} is not there{hint}")
    if version is None:
        return Left(f"no release is at that commit{hint}")
    # What is pinned already is not newly taken, however young it is.
    young = None if pin.commit else _too_young(pin, version, wish)
    return _stating(commit, version) if young is None else Left(young)


def _stating(commit: str, version: Version) -> Target | Left:
    stated = stated_version(f"# {version.tag}")
    if stated is None or stated.version != version.tag:
        return Left(f"the tag {version.tag} would not be read as a version")
    return Target(commit, version.tag)


def _rises(newer: Version, now: Version) -> bool:
    """Return whether a release comes after what is run now.

    v4 names whatever is newest of 4, which may be newer than v4.2.2, so only v5 comes after it.
    """
    if len(now.numbers) == 1:
        return newer.numbers[:1] > now.numbers
    return _filled(newer) > _filled(now)


def _filled(version: Version) -> tuple[object, ...]:
    """Return the rank of a version, 4.2 being 4.2.0."""
    numbers, *rest = version.rank
    return (*numbers, *[0] * (8 - len(numbers))), *rest


def _too_young(pin: Pin, version: Version, wish: Wish) -> str | None:
    """Return why a release may not be taken yet."""
    if not wish.min_age or pin.remote is None:
        return None
    if pin.remote.ages is None:
        return f"the age of {version.tag} is not known: {pin.remote.no_history}"
    if pin.remote.ages.get(version.tag, 0.0) >= wish.min_age:
        return None
    return f"{version.tag} is younger than {wish.min_age} days"
