"""The rules that a file alone decides, worst first. A rule that does not apply answers None."""

from pypi_publish.check import check
from pypi_publish.pins.pin import HARDENING, PUBLISH_IMAGE, ZIZMOR, Pin
from pypi_publish.pins.policy import Strictness
from pypi_publish.pins.reference import Action, Image, Invalid, Local, Unnamed
from pypi_publish.pins.remote import Refs
from pypi_publish.verdict import Verdict, failed, passed
from pypi_publish.workflow.publishing import PUBLISH_ACTION

_SYNTAX = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsuses"
_PIN = "Write `{name}@<commit SHA> # <version>`; `check-action-pins --fix` looks both up."

# The container image of the publish action is published for each commit and each release, not
# for the objects of annotated tags, so a run that is pinned to one ends in `manifest unknown`.
_TAG_OBJECTS = {
    "a892a5a61159132606e93a2fa6f4358831b04d26": "dc37677b2e1c63e2034f94d8a5b11f265b73ba33",
    "6733eb7d741f0b11ec6a39b58540dab7590f9b7d": "cef221092ed1bacb1cc03d23a2d87d1d172e277b",
}
_TAG_OBJECT_STARTS = {"7f25271a4": "76f52bc884231f62b9a034ebfe128415bbaabdfc"}


@check(
    "invalid-uses",
    expects="Every reference is one that GitHub can run",
    remedy="Write `owner/repository@<commit SHA> # <version>`.",
    docs=_SYNTAX,
)
def invalid_uses(pin: Pin) -> Verdict | None:
    """A reference that GitHub refuses stops the whole workflow before its first step."""
    if isinstance(pin.reference, Invalid):
        return failed(f"{pin.reference.text!r}: {pin.reference.reason}")
    return None


@check(
    "tag-object",
    expects="The pinned SHA is a commit, not the object of an annotated tag",
    remedy="Pin the commit that the tag points to.",
    docs=PUBLISH_IMAGE,
)
def tag_object(pin: Pin) -> Verdict | None:
    """GitHub resolves the SHA of a tag object, other parts of the chain do not.

    The image of pypa/gh-action-pypi-publish is named after the ref: with a tag object the
    release fails with `manifest unknown`.
    """
    if pin.commit is None or not isinstance(pin.reference, Action):
        return None
    tag = pin.refs.tag_objects.get(pin.commit) if pin.refs else None
    commit = pin.refs.tags[tag] if pin.refs and tag else _known_commit(pin.reference, pin.commit)
    if commit is None:
        return None
    named = f"tag {tag}" if tag else "an annotated tag"
    version = tag or (pin.stated.version if pin.stated else None)
    fix = f"{pin.reference.name}@{commit}" + (f" # {version}" if version else "")
    return failed(f"{pin.commit} is the object of {named}, whose commit is {commit}", fix=fix)


@check(
    "unpinned-uses",
    expects="Every action and reusable workflow is pinned to a full commit SHA",
    remedy=_PIN.format(name="owner/repository"),
    docs=HARDENING,
)
def unpinned_uses(pin: Pin) -> Verdict | None:
    """A tag or a branch is whatever its owner, or whoever took the owner's account, last made it.

    In 2025 and 2026 the tags of tj-actions/changed-files and trivy-action were moved to code
    that read the secrets of every workflow that named them.
    """
    reference = pin.reference
    if isinstance(reference, Local):
        return passed(f"{reference.path}: of the same repository, at the running commit")
    if isinstance(reference, Unnamed):
        return failed(f"{reference.text}: an expression, which GitHub refuses here")
    if not isinstance(reference, Action):
        return None
    if pin.strictness is Strictness.ANY:
        return passed("the project's policy for it is `any`")
    if reference.is_commit:
        return passed(f"pinned to commit {pin.commit}")
    if pin.strictness is Strictness.REF_PIN:
        return passed(f"at {reference.ref}; the project's policy for it is `ref-pin`")
    if pin.locked:
        return passed(f"locked to commit {pin.locked} by actions.lock")
    return failed(_why_unpinned(pin, reference), fix=_pinned_form(pin, reference))


@check(
    "unpinned-images",
    expects="Every container image is pinned to a digest",
    remedy="Append the digest: `name:tag@sha256:...` (docker buildx imagetools inspect name:tag).",
    docs=ZIZMOR + "unpinned-images",
)
def unpinned_images(pin: Pin) -> Verdict | None:
    """The tag of an image is moved with every push; only a digest names what will run."""
    if not isinstance(pin.reference, Image):
        return None
    if pin.reference.has_digest:
        return passed("pinned to its digest")
    if pin.strictness is not Strictness.HASH_PIN:
        return passed(f"the project's policy for it is `{pin.strictness}`")
    if "${{" in pin.reference.name:
        return failed(f"{pin.reference.name}: an expression; what it stands for is not known here")
    return failed(f"{pin.reference.name}: no digest")


@check(
    "unlockable-action",
    expects="actions.lock does not name the publish action",
    remedy="Pin it to a commit SHA in the workflow, and take it out of actions.lock.",
    docs=PUBLISH_IMAGE,
)
def unlockable_action(pin: Pin) -> Verdict | None:
    """The publish action writes a Docker action at run time, which the lock cannot hold."""
    if pin.locked and pin.slug.lower() == PUBLISH_ACTION:
        return failed(f"{PUBLISH_ACTION} cannot be run from actions.lock")
    return None


@check(
    "version-comment",
    expects="Beside every commit SHA stands the version that it is",
    remedy="Append the version: `@<commit SHA> # v1.2.3`; `check-action-pins --fix` looks it up.",
    docs=HARDENING,
)
def version_comment(pin: Pin) -> Verdict | None:
    """Without it nobody sees what is run, and update bots do not know what to update from."""
    if not isinstance(pin.reference, Action) or pin.strictness is Strictness.ANY:
        return None
    if not pin.reference.is_commit or pin.stated:
        return None
    true = pin.true_version
    fix = f"{pin.reference.name}@{pin.reference.ref} # {true.tag}" if true else None
    said = f"the comment {pin.comment.text!r} states no version" if pin.comment else "no comment"
    return failed(said, fix=fix)


def _known_commit(action: Action, sha: str) -> str | None:
    if action.slug.lower() != PUBLISH_ACTION:
        return None
    starts = (commit for start, commit in _TAG_OBJECT_STARTS.items() if sha.startswith(start))
    return _TAG_OBJECTS.get(sha) or next(starts, None)


def _why_unpinned(pin: Pin, action: Action) -> str:
    if pin.lock_lists_file:
        return f"`{action.ref}` of {action.name} is not in actions.lock, which lists this file"
    if "${{" in action.ref:
        return f"`{action.ref}` is an expression; GitHub refuses it here"
    if " #" in action.ref:
        return f"`{action.ref}`: in quotes and in a block, # belongs to the ref"
    if "#" in action.ref:
        return f"`{action.ref}`: without a space before it, # belongs to the ref"
    if action.looks_like_short_commit:
        return f"`{action.ref}` is a short SHA, which GitHub resolves as a tag or a branch"
    commit = pin.refs.commit_of(action.ref) if pin.refs else None
    kind = _kind_of_ref(pin.refs, action.ref)
    return f"`{action.ref}` is {kind}, not a commit" + (f"; now {commit}" if commit else "")


def _kind_of_ref(refs: Refs | None, ref: str) -> str:
    if refs and ref in refs.branches and ref not in refs.tags:
        return "a branch"
    if refs and ref in refs.tags:
        return "a tag"
    return "a tag or a branch"


def _pinned_form(pin: Pin, action: Action) -> str:
    if pin.runs is None:
        return _PIN.format(name=action.name)
    version = f" # {pin.true_version.tag}" if pin.true_version else ""
    return f"{action.name}@{pin.runs}{version}"
