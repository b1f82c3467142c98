"""Is the publish action, or the client, called in a way that works?"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.metadata_version import written_metadata_version
from pypi_publish.preflight.workflow_trigger import nothing_to_judge, publishing
from pypi_publish.verdict import Place, Verdict, failed, passed, skipped, unknown, warned
from pypi_publish.workflow.clients import newest_twine
from pypi_publish.workflow.github import GithubJob
from pypi_publish.workflow.pipelines import Pipelines, PublishingJob
from pypi_publish.workflow.publishing import PUBLISH_ACTION
from pypi_publish.workflow.uploads import PYPI, Upload

_ACTION = "https://github.com/pypa/gh-action-pypi-publish#readme"
_TWINE = "https://twine.readthedocs.io/en/stable/changelog.html"
_UPLOAD_API = "https://docs.pypi.org/api/upload/"
_INDEXES = {"pypi": "https://upload.pypi.org/legacy/", "testpypi": "https://test.pypi.org/legacy/"}
# https://github.com/pypa/gh-action-pypi-publish/tags: the commits of the newest releases.
_COMMITS = {
    "dc37677b2e1c63e2034f94d8a5b11f265b73ba33": (1, 14, 2),
    "ba38be9e461d3875417946c167d0b5f3d385a247": (1, 14, 1),
    "cef221092ed1bacb1cc03d23a2d87d1d172e277b": (1, 14, 0),
    "ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e": (1, 13, 0),
    "76f52bc884231f62b9a034ebfe128415bbaabdfc": (1, 12, 4),
    "67339c736fd9354cd4f8cb0b744f2b82a74b5c70": (1, 12, 3),
    "8a08d616893759ef8e1aa1f2785787c0b97e20d6": (1, 10, 0),
    "ec4db0b4ddc65acdf4bff5fa45ac92d78b56bdf0": (1, 9, 0),
    "81e9d935c883d0b210363ab89cf05f3894778450": (1, 8, 14),
    "b7f401de30cb6434a1e19f805ff006643653240e": (1, 8, 10),
}
_TAG_OBJECTS = {
    "a892a5a61159132606e93a2fa6f4358831b04d26": "dc37677b2e1c63e2034f94d8a5b11f265b73ba33",
    "6733eb7d741f0b11ec6a39b58540dab7590f9b7d": "cef221092ed1bacb1cc03d23a2d87d1d172e277b",
}
_MOVING = ("release/v1", "unstable/v1", "main")
_SUNSET = "master"  # a branch that stands still since 2023, before Trusted Publishing
# Its tags are like v1.2.3, and nothing moves but the branch release/v1.
_NO_SUCH_TAG = re.compile(r"v?\d+(?:\.\d+)?|\d+\.\d+\.\d+")
_INPUTS = {
    "user", "password", "repository-url", "packages-dir", "verify-metadata", "skip-existing",
    "verbose", "print-hash", "attestations",
}  # fmt: skip
# Names of the two indexes by which nothing can be uploaded (any more).
_THEIRS = re.compile(r"(?:^|\.)(?:pypi\.org|pypi\.io|pypi\.python\.org|testpypi\.python\.org)$")
_KNOWS_METADATA_2_5 = (1, 14, 2)
_ATTESTS = (1, 11)
_TRUSTS = (1, 8)  # Trusted Publishing came with 1.8.0
_TALKS = (1, 14)  # `verbose` is on from here on


@check(
    "publish-action-version",
    expects="The publish action is new enough for the metadata that will be built",
    remedy=f"Move it: `{PUBLISH_ACTION}@dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2`.",
    docs=_ACTION,
)
def publish_action_version(facts: Facts) -> Answers:
    """
    The action brings its own Twine. Up to 1.14.0 that is Twine 6, which does not know Metadata 2.5,
    the format of hatchling 1.32 and Flit 4: the upload ends before a byte is sent.
    """
    calls = _calls(facts)
    if not calls or facts.pipelines is None:
        yield _without_action(facts)
        return
    metadata = written_metadata_version(facts)
    for job, _, upload in calls:
        yield _of_version(job, upload, facts.pipelines, metadata)


@check(
    "publish-action-place",
    expects="The publish action runs once in a Linux job, outside of containers and other actions",
    remedy="Call it as the only upload of a job with `runs-on: ubuntu-latest` and no `container:`.",
    docs=_ACTION,
)
def publish_action_place(facts: Facts) -> Answers:
    """
    It runs a container of its own, named after the repository that calls it, and leaves its
    attestations beside the files, where a second call trips over them.
    """
    calls, pipelines = _calls(facts), facts.pipelines
    if not calls or pipelines is None:
        yield _without_action(facts)
        return
    for job, view in {job.place: (job, view) for job, view, _ in calls}.values():
        uploads = [upload for upload in job.uploads if upload.tool == PUBLISH_ACTION]
        wrong = list(_misplaced(job, view, uploads, pipelines))
        yield from wrong or [passed(f"{job.said} calls the action as it is meant", job.place)]


@check(
    "attestations-on",
    expects="What is published to PyPI carries attestations",
    remedy="Drop `attestations: false`.",
    docs="https://docs.pypi.org/attestations/",
)
def attestations_on(facts: Facts) -> Answers:
    """
    An attestation says from which repository and workflow a file came, so that a release that was
    uploaded by somebody else stands out. It costs nothing with Trusted Publishing.
    """
    calls = [call for call in _calls(facts) if call[2].on_public_index]
    if not calls:
        yield _without_action(facts)
    for job, _, upload in calls:
        setting = upload.step.input("attestations") if upload.step else None
        off = not upload.wants_attestations
        if setting is not None and off and upload.step is not None and upload.index == PYPI:
            place = upload.step.place_of(setting)
            yield warned(f"{job.said} publishes without attestations", place)
        elif setting is not None and not off and upload.credentials and upload.step is not None:
            because = f"{job.said} asks for attestations and publishes with a password"
            yield warned(f"{because}, which gives none", upload.step.place_of(setting))
        else:
            yield passed(f"{job.said} attests what it publishes", upload.place)


@check(
    "upload-says-why",
    expects="A refused upload says why in the log",
    remedy="Set `verbose: true`, or use the action from v1.14.0 on.",
    docs=_ACTION,
)
def upload_says_why(facts: Facts) -> Answers:
    """Without it the log says `400 Bad Request` and nothing else, whatever PyPI's reason was."""
    calls = _calls(facts)
    if not calls or facts.pipelines is None:
        yield _without_action(facts)
        return
    for job, _, upload in calls:
        setting = upload.step.input("verbose") if upload.step else None
        version = _version(upload, facts.pipelines)
        said = setting.text.strip().lower() if setting is not None else None
        quiet = said == "false" or (said is None and version is not None and version < _TALKS)
        if quiet and not (len(version or (1, 99)) < 2 and said is None):
            yield warned(f"{job.said} does not log why PyPI refuses a file", upload.place)
        else:
            yield passed(f"{job.said} logs the reason of a refusal", upload.place)


@check(
    "skip-existing",
    expects="A file that is already on PyPI is noticed",
    remedy="Drop `skip-existing`; PyPI accepts identical files again without it.",
    docs=_ACTION,
)
def skip_existing(facts: Facts) -> Answers:
    """
    A file of the same name with other bytes is passed over without a word: the run is green, and
    the release has a mix of two builds, or nothing of this one.
    """
    jobs = publishing(facts)
    if not jobs:
        yield nothing_to_judge(facts)
    for job in jobs:
        found = [upload for upload in job.uploads if upload.index == PYPI and upload.skips_existing]
        for upload in found:
            yield warned(f"{job.said} passes over files that exist", upload.place)
        if not found:
            yield passed(f"{job.said} does not pass over existing files on PyPI", job.place)


@check(
    "upload-address",
    expects="The address of the upload is one that takes uploads",
    remedy="Use `https://upload.pypi.org/legacy/` (the default) or `https://test.pypi.org/legacy/`.",
    docs=_UPLOAD_API,
)
def upload_address(facts: Facts) -> Answers:
    """
    Without the last slash the server redirects, and a redirected upload is an error; the address
    of the web page or of the Simple index takes no files.
    """
    jobs = publishing(facts)
    if not jobs:
        yield nothing_to_judge(facts)
    for job in jobs:
        wrong = [verdict for upload in job.uploads for verdict in _wrong_address(job, upload)]
        yield from wrong or [passed(f"{job.said} uploads to {job.index or 'an index'}", job.place)]


@check(
    "action-inputs",
    expects="The publish action is given inputs by their present names",
    remedy="Write them with dashes: `repository-url`, `packages-dir`, `skip-existing`.",
    docs=_ACTION,
)
def action_inputs(facts: Facts) -> Answers:
    """The names with underscores are deprecated; an unknown name is ignored with a warning only."""
    calls = _calls(facts)
    if not calls:
        yield _without_action(facts)
    for job, _, upload in calls:
        given = upload.step.inputs if upload.step is not None else {}
        wrong = [name for name in given if name not in _INPUTS]
        if wrong and upload.step is not None:
            place = upload.step.place_of(given[wrong[0]])
            yield warned(f"{job.said} uses {', '.join(wrong)}", place, _renamed(wrong))
        else:
            yield passed(f"{job.said} uses the present names", upload.place)


@check(
    "twine-version",
    expects="The Twine of a pipeline can publish with an identity, and knows the metadata",
    remedy="Require `twine>=6.1`; for Metadata 2.5 (hatchling 1.32, Flit 4) `twine>=7`.",
    docs=_TWINE,
)
def twine_version(facts: Facts) -> Answers:
    """
    Twine learned Trusted Publishing in 6.1; an older one asks for a password and, without a
    terminal, ends. Twine 7 is the first that knows Metadata 2.5.
    """
    jobs = [
        (job, upload)
        for job in publishing(facts)
        for upload in job.uploads
        if upload.tool == "twine" and upload.words
    ]
    if not jobs:
        yield skipped("no job uploads with Twine")
    metadata = written_metadata_version(facts)
    for job, upload in jobs:
        yield _of_twine(job, upload, metadata)


def _renamed(names: list[str]) -> str:
    new = [(name, name.replace("_", "-")) for name in names]
    known = ", ".join(f"{old} -> {name}" for old, name in new if name in _INPUTS)
    unknown = ", ".join(old for old, name in new if name not in _INPUTS)
    orders = [f"Rename: {known}."] if known else []
    orders += [f"Remove {unknown}: the action has no such input."] if unknown else []
    return " ".join(orders)


def _of_twine(job: PublishingJob, upload: Upload, metadata: str | None) -> Verdict:
    newest = newest_twine(job)
    if newest is None:
        return passed(f"{job.said} takes a Twine that is new enough", upload.place)
    if upload.asks_for_identity and newest < (6, 1):
        shown = ".".join(map(str, newest))
        because = f"{job.said} uses Twine {shown}, which has no Trusted Publishing"
        return failed(because, upload.place)
    if metadata == "2.5" and newest < (7,):
        message = "Invalid distribution metadata: '2.5' is not a valid metadata version"
        return failed(f"{job.said} would end with: InvalidDistribution: {message}", upload.place)
    return passed(f"{job.said} uses Twine {'.'.join(map(str, newest))}", upload.place)


def _of_version(
    job: PublishingJob, upload: Upload, pipelines: Pipelines, metadata: str | None
) -> Verdict:
    version = _version(upload, pipelines)
    ref = _ref(upload)
    if ref.lower() in _TAG_OBJECTS:
        because = f"{job.said} names a tag object, for which there is no image: manifest unknown"
        return failed(because, upload.place, f"Pin the commit {_TAG_OBJECTS[ref.lower()]}.")
    if version is None:
        return _of_branch(job, upload, ref)
    shown = ".".join(map(str, version))
    if _NO_SUCH_TAG.fullmatch(ref):
        because = f"{job.said}: Unable to resolve action `{PUBLISH_ACTION}@{ref}`, unable to find"
        return failed(f"{because} version `{ref}`", upload.place)
    if len(version) == 1:  # as the comment beside a commit may say
        return passed(f"{job.said} runs a v{shown}", upload.place)
    if metadata == "2.5" and version < _KNOWS_METADATA_2_5[: len(version)]:
        because = (
            f"{job.said} runs v{shown}, the backend writes Metadata 2.5: "
            "'2.5' is not a valid metadata version"
        )
        return failed(because, upload.place)
    if upload.asks_for_identity and version < _TRUSTS:
        return failed(f"{job.said} runs v{shown}, without Trusted Publishing", upload.place)
    if upload.asks_for_identity and version < _ATTESTS:
        return warned(f"{job.said} runs v{shown}, which makes no attestations", upload.place)
    return passed(f"{job.said} runs v{shown}", upload.place)


def _of_branch(job: PublishingJob, upload: Upload, ref: str) -> Verdict:
    if ref == _SUNSET and upload.asks_for_identity:
        because = f"{job.said} runs the branch {ref}, which knows no Trusted Publishing"
        return failed(because, upload.place)
    if ref == _SUNSET:
        return warned(f"{job.said} runs the branch {ref}, which gets no more fixes", upload.place)
    if ref in _MOVING:
        return passed(f"{job.said} runs whatever {ref} is now", upload.place)
    return unknown(f"{job.said}: which version {ref[:12]} is cannot be told", upload.place)


def _ref(upload: Upload) -> str:
    return upload.step.ref if upload.step is not None else ""


def _version(upload: Upload, pipelines: Pipelines) -> tuple[int, ...] | None:
    if upload.step is None:
        return None
    return _COMMITS.get(upload.step.ref.lower()) or pipelines.action_version(upload.step)


def _misplaced(
    job: PublishingJob, view: GithubJob, uploads: list[Upload], pipelines: Pipelines
) -> Iterator[Verdict]:
    always = [upload for upload in uploads if _may_attest(upload, pipelines)]
    if len(always) > 1:
        because = (
            f"{job.said} calls the action {len(always)} times; the second finds the attestations "
            "of the first: The following distributions already have publish attestations"
        )
        told = all(_version(item, pipelines) or _ref(item) in _MOVING for item in always)
        answer = failed if told else warned  # of a commit without a version, that is not known
        yield answer(because, always[1].place, "Give each index a job of its own.")
    for upload in uploads:
        if upload.via is not None:
            because = (
                f"{job.said} calls it from the action {upload.via}; it then looks for an image of "
                "this repository: manifest unknown"
            )
            yield failed(because, upload.place)
    others = [label for label in view.runners if _is_not_linux(label.text)]
    if others:
        place = Place(view.file, others[0].line, others[0].column)
        because = f"{job.said} runs on {others[0].text.strip()}"
        yield failed(f"{because}: Container action is only supported on Linux", place)
    if view.job.container is not None:
        yield warned(
            f"{job.said} runs in a container, which the action does not support", job.place
        )


def _is_not_linux(label: str) -> bool:
    return label.strip().lower().startswith(("windows", "macos"))


def _may_attest(upload: Upload, pipelines: Pipelines) -> bool:
    """Return whether a call leaves attestations behind whenever its job runs."""
    if upload.step is None or upload.step.condition is not None or not upload.asks_for_identity:
        return False
    if not upload.wants_attestations:
        return False
    version = _version(upload, pipelines)
    return version is None or len(version) == 1 or version >= _ATTESTS


def _wrong_address(job: PublishingJob, upload: Upload) -> Iterator[Verdict]:
    written = _written_address(upload)
    place = upload.index_place
    if written is None:
        return
    said = f"{job.said} uploads to {written}"
    if "://" not in written:
        yield failed(f"{said}, which is no address", place, f"Write {_INDEXES[PYPI]}.")
        return
    right = _INDEXES.get(str(upload.index)) or _meant(written)
    if right is None or written == right:
        return
    if written.rstrip("/") == right.rstrip("/"):
        yield failed(f"{said}, without the slash at its end", place, f"Write {right}.")
    else:
        yield failed(f"{said}, which takes no uploads", place, f"Write {right}.")


def _written_address(upload: Upload) -> str | None:
    """Return the address as written; None where there is none, or only the run knows it."""
    if upload.words:
        given = upload.option("--repository-url", "--publish-url", "--repository", "-r")
        given = given or upload.address
        return given if given is not None and "://" in given else None
    value = upload.step.input("repository-url", "repository_url") if upload.step else None
    given = value.text.strip() if value else None
    return given if given is not None and "$" not in given else None


def _meant(written: str) -> str | None:
    """Return the address of the index whose name an address only resembles."""
    try:
        host = urlsplit(written).hostname or ""
    except ValueError:
        return None
    if not _THEIRS.search(host):
        return None
    return _INDEXES["testpypi" if "test" in host else PYPI]


def _calls(facts: Facts) -> list[tuple[PublishingJob, GithubJob, Upload]]:
    jobs = facts.pipelines.on_github if facts.pipelines is not None else ()
    return [
        (job, view, upload)
        for job, view in jobs
        for upload in job.uploads
        if upload.tool == PUBLISH_ACTION
    ]


def _without_action(facts: Facts) -> Verdict:
    if facts.pipelines is None:
        return nothing_to_judge(facts)
    return skipped("no job uses the publish action")
