"""The rules that need the servers' answers, worst first. None of them asks: `--live` has.

What was learned comes with the reference as `pin.remote`; a rule that does not apply, or that
has nothing to go by, answers None.
"""

from pypi_publish.check import check
from pypi_publish.pins.pin import HARDENING, ZIZMOR, Pin
from pypi_publish.pins.reference import Action
from pypi_publish.pins.remote import Refs
from pypi_publish.pins.versions import Version
from pypi_publish.verdict import Verdict, failed, passed, unanswered, unknown, warned

_ADVISORIES = "https://docs.github.com/en/rest/security-advisories/global-advisories"


@check(
    "impostor-commit",
    expects="The pinned commit is on a branch or a tag of the repository it is taken from",
    remedy="Do not run it. Pin the commit of a release, after reading what this one contains.",
    docs=ZIZMOR + "impostor-commit",
)
def impostor_commit(pin: Pin) -> Verdict | None:
    """GitHub serves the commits of every fork under the parent's name.

    So `owner/action@<SHA>` can run code that nobody of `owner` has ever accepted.
    """
    if pin.remote is None or pin.commit is None or pin.refs is None:
        return None
    if pin.commit in pin.remote.stray:
        return failed(f"{pin.commit} is on no branch and no tag of {pin.slug}: a fork's commit?")
    if pin.commit in pin.remote.unplaced:
        return unanswered(f"whether a branch holds {pin.commit}: {pin.remote.no_history}")
    return None


@check(
    "moved-tag",
    expects="The tag of the pinned release still points to the pinned commit",
    remedy="Do not update to it yet: find out from the project why the tag was moved.",
    docs="https://github.com/advisories/GHSA-mrrh-fwg8-r2c3",
)
def moved_tag(pin: Pin) -> Verdict | None:
    """Moved tags are how tj-actions/changed-files and trivy-action were turned against their users.

    Who pins the commit is safe for now, and would not be after the next update.
    """
    elsewhere = _tag_elsewhere(pin)
    if pin.refs is None or elsewhere is None or _moves(pin.refs, elsewhere):
        return None
    now = pin.refs.tags[elsewhere.tag]
    return failed(f"tag {elsewhere.tag} of {pin.slug} now points to {now}, not to {pin.commit}")


@check(
    "known-vulnerable-actions",
    expects="No published advisory names the pinned version",
    remedy="Move to a version that the advisory calls patched.",
    docs=_ADVISORIES,
)
def known_vulnerable_actions(pin: Pin) -> Verdict | None:
    """An advisory says that this very version leaks or runs what it should not."""
    version = pin.true_version or pin.version
    if pin.remote is None or pin.remote.advisories is None or version is None:
        return None
    ids = pin.remote.advisories.get(version.tag)
    if ids is None:  # `--update` has just moved to it
        return unknown(f"advisories about {version.tag} were not asked for")
    return failed(f"{pin.slug} {version.tag}: {', '.join(ids)}") if ids else None


@check(
    "missing-ref",
    expects="The tag or branch that is named exists",
    remedy="Name a release of the action; `check-action-pins --fix --update` takes the newest.",
    docs=HARDENING,
)
def missing_ref(pin: Pin) -> Verdict | None:
    """GitHub stops the workflow. Several actions have no moving major tags any more."""
    if pin.refs is None or not isinstance(pin.reference, Action) or pin.commit is not None:
        return None
    ref = pin.reference.ref
    if pin.refs.resolve(pin.reference) or "${{" in ref:
        return None
    return failed(f"{pin.slug} has no tag and no branch {ref}{_newest_note(pin)}")


@check(
    "ref-confusion",
    expects="The name is a tag or a branch, not both",
    remedy="Pin the commit SHA: what the name means depends on who resolves it.",
    docs=ZIZMOR + "ref-confusion",
)
def ref_confusion(pin: Pin) -> Verdict | None:
    """A branch made with the name of a tag can take its place."""
    if pin.refs is None or not isinstance(pin.reference, Action) or pin.commit is not None:
        return None
    name = pin.reference.ref
    if name in pin.refs.tags and name in pin.refs.branches:
        return failed(f"{pin.slug} has both a tag and a branch {name}")
    return None


@check(
    "ref-version-mismatch",
    expects="The version in the comment is the version of the pinned commit",
    remedy="Correct the comment, or pin the commit of the version that you want.",
    docs=ZIZMOR + "ref-version-mismatch",
)
def ref_version_mismatch(pin: Pin) -> Verdict | None:
    """Reviewers and update bots read the comment; the runner reads the SHA."""
    if pin.remote is None or not isinstance(pin.reference, Action):
        return None
    if pin.refs is None:
        return unanswered(f"{pin.slug}: {pin.remote.silence}")
    version, commit = pin.version, pin.commit
    if version is None or commit is None or commit in pin.refs.tag_objects:
        return None
    true = pin.true_version
    tag = _tag_of(pin.refs, version, commit)
    if tag is None and true and _tells(true, version):
        tag = true.tag
    if tag:
        return passed(f"{tag} is commit {commit}{_newest_note(pin)}")
    if _tag_elsewhere(pin):  # for other rules
        return None
    if true:
        return failed(f"{_claimed(pin)} {version.tag}, the commit is {true.tag}", fix=_stating(pin))
    return failed(f"{pin.slug} has no tag {version.tag}, and none at {commit}")


@check(
    "archived-uses",
    expects="The repository is still maintained",
    remedy="Move to a maintained action, or run the tool itself.",
    docs=ZIZMOR + "archived-uses",
)
def archived_uses(pin: Pin) -> Verdict | None:
    """Nobody mends an archived action."""
    return warned(f"{pin.slug} is archived") if pin.remote and pin.remote.archived else None


@check(
    "behind",
    expects="The commit is the newest of the major version in its comment",
    remedy="State the full version in the comment: `check-action-pins --fix`.",
    docs=HARDENING,
)
def behind(pin: Pin) -> Verdict | None:
    """A major tag moves with every release, so a comment such as `# v4` soon says too little."""
    elsewhere = _tag_elsewhere(pin)
    if pin.refs is None or elsewhere is None or not _moves(pin.refs, elsewhere):
        return None
    moved = f"{elsewhere.tag} has moved on to {pin.refs.tags[elsewhere.tag]}"
    return warned(moved, fix="Update actions.lock." if pin.locked else _stating(pin))


@check(
    "advisories-asked",
    expects="Advisories and archived repositories are looked up",
    remedy="Set GITHUB_TOKEN or GH_TOKEN.",
    docs=_ADVISORIES,
)
def advisories_asked(*, unasked: str | None, silence: str | None) -> Verdict:
    """Both are known to the GitHub API alone, which without a token answers 60 times an hour."""
    if unasked:
        return unknown(f"advisories and archived repositories: not asked, {unasked}")
    return unanswered(silence) if silence else passed("asked of the GitHub API")


def _tag_of(refs: Refs, version: Version, commit: str | None = None) -> str | None:
    """Return the tag that a stated version means; `4.2.2` and `v4.2.2` mean the same."""
    spelled = version.tag in refs.tags
    same = (other.tag for other in refs.versions if _is_same(other, version))
    found = (version.tag,) if spelled else same
    return next((tag for tag in found if commit in (None, refs.tags[tag])), None)


def _is_same(other: Version, version: Version) -> bool:
    return (
        other.numbers == version.numbers
        and other.suffix == version.suffix
        and other.prefix.lower() == version.prefix.lower()
    )


def _tells(true: Version, version: Version) -> bool:
    """Return whether what a commit is tagged with says all that is claimed of it."""
    claimed = list(version.numbers)
    while claimed and not claimed[-1]:  # a tag v4.2 is all of v4.2.0
        claimed.pop()
    return true.agrees_with(version) and len(true.numbers) >= len(claimed)


def _tag_elsewhere(pin: Pin) -> Version | None:
    """Return the claimed version if its tag is elsewhere, and no tag tells another version."""
    refs, version, commit = pin.refs, pin.version, pin.commit
    if refs is None or version is None or commit is None or commit in refs.tag_objects:
        return None
    true = pin.true_version
    if _tag_of(refs, version, commit) or (true and not true.agrees_with(version)):
        return None
    tag = _tag_of(refs, version)
    return next((other for other in refs.versions if other.tag == tag), None)


def _moves(refs: Refs, version: Version) -> bool:
    """Return whether a version names the newest of several releases, as v4 and v4.2 do."""
    if len(version.numbers) != 2:
        return not version.is_exact
    # A project that releases v4.2 and never v4.2.0 means one release by it.
    return any(
        other.is_exact and other.prefix == version.prefix and other.agrees_with(version)
        for other in refs.versions
    )


def _claimed(pin: Pin) -> str:
    return "the comment says" if pin.stated and not pin.locked else "the ref says"


def _stating(pin: Pin) -> str | None:
    """Return the reference with the version that its commit is."""
    true = pin.true_version
    return f"{pin.name}@{pin.commit} # {true.tag}" if true else None


def _newest_note(pin: Pin) -> str:
    """Mention the newest release, where it is newer than the one in question."""
    now = pin.true_version or pin.version
    newest = next(iter(pin.refs.releases(pin.product)), None) if pin.refs else None
    if newest is None or (now and newest.rank <= now.rank):
        return ""
    return f"; newest release: {newest.tag}"
