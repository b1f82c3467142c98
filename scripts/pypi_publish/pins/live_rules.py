"""The rules that need the servers' answers, worst first. None of them asks: `--live` has.

What was learned comes with the reference as `pin.remote`; a rule that does not apply, or that
has nothing to go by, answers None.
"""

from pypi_publish.check import check
from pypi_publish.pins.pin import HARDENING, ZIZMOR, Pin
from pypi_publish.pins.reference import Action
from pypi_publish.pins.remote import Refs
from pypi_publish.pins.versions import Version, fullest, releases, version_of
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
        return unanswered(f"whether a branch holds {pin.commit}: {pin.remote.unplaced_because}")
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
    refs, version = pin.refs, pin.version
    if refs is None or pin.commit is None or version is None or _moves(refs, version):
        return None
    tag = _tag_of(refs, version)
    if tag is None or refs.tags[tag] == pin.commit or _other_releases(refs, pin.commit, version):
        return None
    if pin.commit in refs.tag_objects:
        return None
    return failed(f"tag {tag} of {pin.slug} now points to {refs.tags[tag]}, not to {pin.commit}")


@check(
    "known-vulnerable-actions",
    expects="No published advisory names the pinned version",
    remedy="Move to a version that the advisory calls patched.",
    docs=_ADVISORIES,
)
def known_vulnerable_actions(pin: Pin) -> Verdict | None:
    """An advisory says that this very version leaks or runs what it should not."""
    if pin.remote is None or pin.remote.advisories is None or pin.version is None:
        return None
    ids = pin.remote.advisories.get(pin.version.tag, ())
    return failed(f"{pin.slug} {pin.version.tag}: {', '.join(ids)}") if ids else None


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
    if pin.refs.resolve(pin.reference):
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
    if pin.refs is None or not isinstance(pin.reference, Action):
        return None
    name = pin.version.tag if pin.commit and pin.version else pin.reference.ref
    if not (name in pin.refs.tags and name in pin.refs.branches):
        return None
    both = f"{pin.slug} has both a tag and a branch {name}"
    return warned(both) if pin.commit else failed(both)


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
    tag = _tag_of(pin.refs, version)
    others = _other_releases(pin.refs, commit, version)
    if tag and pin.refs.tags[tag] == commit:
        return passed(f"{tag} is commit {commit}{_newest_note(pin)}")
    true = fullest(pin.refs.tags_at(commit))
    if others and true:
        return failed(
            f"the comment says {version.tag}, the commit is {true.tag}",
            fix=f"{pin.reference.name}@{pin.reference.ref} # {true.tag}",
        )
    if true and true.agrees_with(version):
        return passed(f"{true.tag} is commit {commit}{_newest_note(pin)}")
    if tag is None:
        return failed(f"{pin.slug} has no tag {version.tag}, and none at {commit}")
    return None


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
    refs, version = pin.refs, pin.version
    if refs is None or pin.commit is None or version is None or not _moves(refs, version):
        return None
    tag = _tag_of(refs, version)
    if tag is None or refs.tags[tag] == pin.commit or _other_releases(refs, pin.commit, version):
        return None
    if pin.commit in refs.tag_objects:
        return None
    true = fullest(refs.tags_at(pin.commit))
    fix = f"{pin.name}@{pin.commit} # {true.tag}" if true else None
    return warned(f"{tag} has moved on to {refs.tags[tag]}", fix=fix)


@check(
    "advisories-asked",
    expects="Advisories and archived repositories are looked up",
    remedy="Set GITHUB_TOKEN or GH_TOKEN.",
    docs=_ADVISORIES,
)
def advisories_asked(*, token: bool, because: str | None) -> Verdict:
    """Both are known to the GitHub API alone, which without a token answers 60 times an hour."""
    if not token:
        return unknown("advisories and archived repositories: not asked, no GITHUB_TOKEN is set")
    return unanswered(because) if because else passed("asked of the GitHub API")


def _tag_of(refs: Refs, version: Version) -> str | None:
    """Return the tag that a stated version means; `4.2.2` and `v4.2.2` mean the same."""
    if version.tag in refs.tags:
        return version.tag
    same = (
        tag
        for tag in refs.tags
        if (other := version_of(tag))
        and (other.numbers, other.suffix) == (version.numbers, version.suffix)
        and other.prefix.lower() == version.prefix.lower()
    )
    return next(same, None)


def _moves(refs: Refs, version: Version) -> bool:
    """Return whether a version names the newest of several releases, as v4 and v4.2 do."""
    if len(version.numbers) != 2:
        return not version.is_exact
    # A project that releases v4.2 and never v4.2.0 means one release by it.
    others = (other for tag in refs.tags if (other := version_of(tag)))
    return any(other.is_exact and other.agrees_with(version) for other in others)


def _other_releases(refs: Refs, commit: str, version: Version) -> list[str]:
    """Return the tags at a commit that cannot be the stated version."""
    named = ((tag, version_of(tag)) for tag in refs.tags_at(commit))
    return [tag for tag, other in named if other and not other.agrees_with(version)]


def _newest_note(pin: Pin) -> str:
    if pin.refs is None:
        return ""
    named = version_of(pin.reference.ref) if isinstance(pin.reference, Action) else None
    like = pin.version or named
    newest = next(iter(releases(pin.refs.tags, like)), None)
    if newest is None or (like and newest.rank[0] <= like.numbers):
        return ""
    return f"; newest release: {newest.tag}"
