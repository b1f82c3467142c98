"""Decides which of the failures in a log is the cause, and which are its consequences."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pypi_publish.failures.catalogue import Catalogue, FailureClass
from pypi_publish.failures.match import Hit, order_of
from pypi_publish.failures.story import Story, is_private

_SERVER = {"warehouse", "pypi-attestations", "readme_renderer", "index"}
# Words that any program may print: they count where an upload is under way.
_ANYBODY = {"requests", "urllib3", "python", "pip"}
_STRONG = 20  # letters of fixed text that nobody prints by chance
_PREVENT = {"artifact-missing", "credentials", "network", "oidc-permission", "oidc-other"}
_AGAIN = {"rerun-same-version", "wait"}
_RETRYING = re.compile(r"Retry \d+ of \d+|\bReceived \"5\d\d")
_ADDRESS = re.compile(r"for url:?\s+'?(https?://[^\s']+)")
_INDEX = re.compile(
    r"/legacy|pypi|pkg\.dev|pkgs\.|jfrog|artifactory|nexus|codeartifact|/packages/"
    r"|devpi|fury|cloudsmith|anaconda"
)

# Wrappers that say less than anything else in the log.
_SAY_NOTHING = {
    "gh-exit-code",
    "action-tp-exchange-failure",
    "mint-claims-only",
    "twine-http-error",
    "twine-opaque-status",
}
# Printed by runs that work, and no explanation of one that does not.
_ADVICE = {
    "action-tp-nudge", "action-magic-link", "action-attestations-ignored-password", "gh-exit-code",
    "action-attestations-ignored-index", "action-input-deprecated", "gh-node20-deprecated",
    "twine-generic-warning", "twine-attest-wrong-index", "twine-signature-ignored", "maturin-deprecated",
    "twine-skipping", "poetry-skipping", "hatch-already-exists", "setuptools-not-dynamic", "scm-shallow",
    "action-reusable-workflow-warning", "uv-keyring-empty", "twine-keyring-username",
    "twine-tp-unsupported", "uv-not-a-dist-name", "pip-index-credentials",
}  # fmt: skip


class Kind(StrEnum):
    """What a log turned out to be."""

    NAMED = "named"
    REFUSED = "refused"  # a status without a reason
    SUCCESS = "success"
    OTHER = "other"
    UNFINISHED = "unfinished"  # the log breaks off in an upload, or the run was cancelled in it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ranking:
    """The cause, and what else was seen."""

    kind: Kind
    cause: Hit | None = None
    also: tuple[Hit, ...] = ()


def rank(story: Story, catalogue: Catalogue) -> Ranking:
    """Choose the cause."""
    hits = meant(story, catalogue)
    left = [hit for hit in hits if not _yields(hit, hits, catalogue)]
    left = [hit for hit in left if _can_be_of_the_upload(hit, story, catalogue)]
    real = _lasting([hit for hit in left if _is_cause(hit, hits, catalogue)], story)
    real = [hit for hit in real if hit.name not in _SAY_NOTHING] or real
    real.sort(key=lambda hit: (_tier(catalogue[hit.name]), order_of(hit)))
    others = tuple(sorted({hit.name: hit for hit in reversed(left)}.values(), key=order_of))
    if real and _came_right(real, story, catalogue):
        return Ranking(Kind.SUCCESS, None, others)
    if real:
        cause = _innermost(real, catalogue)
        return Ranking(Kind.NAMED, cause, _without(cause, others))
    return _without_cause(story, catalogue, left, others)


def _without_cause(
    story: Story, catalogue: Catalogue, left: list[Hit], others: tuple[Hit, ...]
) -> Ranking:
    """Tell what a log is that names no cause."""
    wrappers = [hit for hit in left if catalogue[hit.name].wrapper and catalogue[hit.name].fatal]
    came_right = _came_right(wrappers, story, catalogue)
    if _was_refused(story) and not came_right:
        return Ranking(Kind.REFUSED, wrappers[0] if wrappers else None, others)
    explaining = [hit for hit in left if _explains(hit, catalogue)]
    if story.unfinished and (story.cancelled or not (story.failed or wrappers)):
        trouble = [hit for hit in explaining if catalogue[hit.name].category == "network"]
        if trouble and not story.cancelled:
            return Ranking(Kind.NAMED, trouble[0], _without(trouble[0], others))
        return Ranking(Kind.UNFINISHED, story.unfinished, others)
    asked_about = [hit for hit in explaining if _is_asked_about(hit, story, catalogue)]
    if came_right or not (story.failed or wrappers or asked_about):
        alone = story.is_a_quotation and not (story.published or story.ended_well)
        return Ranking(Kind.UNKNOWN if alone else Kind.SUCCESS, None, others)
    named = [hit for hit in wrappers if hit.name not in _SAY_NOTHING] or asked_about
    if not named:
        named = [
            hit for hit in explaining if story.publishes or story.speaks_of_publishing(hit.line)
        ]
    if named:
        return Ranking(Kind.NAMED, named[0], _without(named[0], others))
    return Ranking(_unnamed(story), None, others)


def meant(story: Story, catalogue: Catalogue) -> list[Hit]:
    """Return the messages that a tool of this log really gave, in their order."""
    names = [name for name in story.reading.found.hits if not name.startswith("~")]
    hits = story.reading.found.of(*names)
    return [hit for hit in hits if _is_meant(hit, catalogue[hit.name], story)]


def _is_meant(hit: Hit, failure: FailureClass, story: Story) -> bool:
    overcome = failure.overcome_by_upload and story.uploads_after(hit)
    astray = failure.at_pypi and is_private(story.index or "unknown")
    if hit.quoted or overcome or astray or "Retrying (Retry(" in hit.text:
        return False
    in_place = _in_place(hit, story)
    if failure.emitter in _SERVER or failure.id.startswith("meta-"):
        strong = hit.weight >= _STRONG or failure.stage.startswith("oidc")
        return hit.framed or (hit.leads and strong)
    if failure.stage == "post-upload" and failure.emitter == "pip":
        of_another = re.search(r"\(from (?!versions)", hit.text)
        return not of_another and (bool(story.published) or story.is_short)
    if failure.stage == "build" and hit.weight >= _STRONG and in_place:
        return True
    if failure.emitter in _ANYBODY:
        asked = _ADDRESS.search(hit.text)
        return _follows_upload(hit, story) and not (asked and story.is_elsewhere(asked[1]))
    if hit.weight < _STRONG:
        return in_place and (hit.leads or hit.framed)
    if (
        failure.emitter in ("download-artifact", "upload-artifact")
        or failure.stage == "post-upload"
    ):
        return in_place
    return True


def _in_place(hit: Hit, story: Story) -> bool:
    """Whether it can be about a publish: the log shows one, or shows nothing else."""
    if story.publishes or story.speaks_of_publishing(hit.line):
        return True
    return not (hit.line.job or hit.line.step or story.others)


def _follows_upload(hit: Hit, story: Story) -> bool:
    """Whether an upload was begun before, in the same step where steps are known."""
    if story.speaks_of_publishing(hit.line) or hit.hosted:
        return True
    if story.is_a_quotation and not story.others:
        return True
    before = [place for place in story.publishing if order_of(place) <= order_of(hit)]
    if not before:
        return False
    near = before[-1].line
    return not hit.line.step or (near.job, near.step) == (hit.line.job, hit.line.step)


def _yields(hit: Hit, hits: list[Hit], catalogue: Catalogue) -> bool:
    """Whether another failure of this log explains a hit better, directly or through a third."""
    present = {other.name for other in hits}
    waiting, known = list(catalogue[hit.name].yields_to), set[str]()
    while waiting:
        name = waiting.pop()
        if name in known or name not in catalogue.failures:
            continue
        known.add(name)
        if name in present and name != hit.name:
            return True
        waiting += catalogue[name].yields_to
    return False


def _is_cause(hit: Hit, hits: list[Hit], catalogue: Catalogue) -> bool:
    failure = catalogue[hit.name]
    if failure.wrapper:
        return False
    if failure.fatal and hit.line.mark != "warning":
        return True
    # A warning is the cause where a failure of this log gives way to it.
    return any(
        hit.name in catalogue[other.name].yields_to and catalogue[other.name].fatal
        for other in hits
    )


def _can_be_of_the_upload(hit: Hit, story: Story, catalogue: Catalogue) -> bool:
    failure = catalogue[hit.name]
    after_it = failure.stage == "post-upload" or failure.category == "not-a-publish-failure"
    return after_it or not story.is_after_the_upload(hit)


def _lasting(causes: list[Hit], story: Story) -> list[Hit]:
    """Leave out what a client only told before it tried again."""
    lasting = [hit for hit in causes if not _RETRYING.search(hit.text)]
    refused = any(item.is_final for item in story.refusals)
    return lasting if lasting or refused else causes


def _innermost(causes: list[Hit], catalogue: Catalogue) -> Hit:
    """Follow a chain of `Caused by:` to its end."""
    cause = causes[0]
    for hit in causes[1:]:
        near = 0 < hit.number - cause.number <= 4 and hit.line.file == cause.line.file
        same = _tier(catalogue[hit.name]) == _tier(catalogue[cause.name])
        if near and same and re.match(r"\W*[Cc]aused? ?(?:by)?:", hit.line.text):
            cause = hit
    return cause


def _explains(hit: Hit, catalogue: Catalogue) -> bool:
    return hit.name not in _ADVICE and not catalogue[hit.name].wrapper


def _without(cause: Hit, others: tuple[Hit, ...]) -> tuple[Hit, ...]:
    return tuple(hit for hit in others if hit.name != cause.name)


def _is_asked_about(hit: Hit, story: Story, catalogue: Catalogue) -> bool:
    """Whether a warning stands by itself that no upload can follow."""
    alone = story.is_short and not story.publishes
    return alone and catalogue[hit.name].category in _PREVENT


def _tier(failure: FailureClass) -> int:
    """The index knows best, then the client; what only a transport says comes after both."""
    if failure.emitter in _SERVER or failure.id.startswith("meta-"):
        return 0
    if failure.stage == "post-upload":
        return 3
    return 2 if failure.emitter in _ANYBODY else 1


def _came_right(causes: list[Hit], story: Story, catalogue: Catalogue) -> bool:
    """Whether what had failed was tried again and worked."""
    if any(catalogue[hit.name].at_pypi for hit in causes):
        return False
    failing = causes or [hit for hit in story.errors if hit.line.mark == "error"]
    places = [order_of(hit) for hit in failing]
    if not causes:
        places += [refusal.place for refusal in story.refusals]
    last = max(places, default=("", 0))
    if any(order_of(hit) >= last for hit in story.ended_badly):
        return False
    if story.ended_well and max(map(order_of, story.ended_well)) >= last:
        return True
    passing = all(
        catalogue[hit.name].retry in _AGAIN or catalogue[hit.name].wrapper for hit in causes
    )
    return passing and any(order_of(hit) > last for hit in story.published)


def _was_refused(story: Story) -> bool:
    return any(
        story.publishes
        or _INDEX.search(item.url)
        or "Upload failed" in item.line.text
        or (story.is_a_quotation and not story.others)
        for item in story.refusals
    )


def _unnamed(story: Story) -> Kind:
    """Tell a failed publish that nobody can name from the failure of something else."""
    failing = [*story.ended_badly, *story.errors]
    steps = {(hit.line.job, hit.line.step) for hit in failing if hit.line.step}
    if story.published and all(order_of(hit) > order_of(story.published[-1]) for hit in failing):
        return Kind.OTHER  # what came after the upload
    if story.others and not any(
        order_of(place) > order_of(story.others[0][1]) for place in story.publishing
    ):
        return Kind.OTHER
    told = [hit for hit in story.errors if "rocess completed with exit code" not in hit.line.text]
    if not (steps or told) and story.is_a_quotation:
        return Kind.UNKNOWN
    if not story.publishes:
        return (
            Kind.UNKNOWN
            if any(story.speaks_of_publishing(hit.line) for hit in failing)
            else Kind.OTHER
        )
    of_publishing = {(hit.line.job, hit.line.step) for hit in story.publishing if hit.line.step}
    if steps and of_publishing and not steps & of_publishing:
        return Kind.OTHER
    return Kind.UNKNOWN
