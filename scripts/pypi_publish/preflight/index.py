"""What the index holds already, and what it therefore will not take."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pypi_publish.check import check
from pypi_publish.core_metadata.names import is_standard_library
from pypi_publish.index import refusals
from pypi_publish.index.model import File, IndexAnswers, Marker, parsed
from pypi_publish.index.release import (
    RELEASE_OPEN,
    BuiltFile,
    absent,
    is_open,
    is_sdist,
    live_versions,
    next_step,
    of_release,
)
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.verdict import Verdict, failed, passed, skipped, unanswered, unknown, warned

_HELP = "https://pypi.org/help/"
_REUSE = _HELP + "#file-name-reuse"
_LARGEST_PROJECT = 10 << 30


@check(
    "project-status",
    expects="The project takes new releases",
    remedy="Unarchive the project in its settings, or have the quarantine lifted, then release.",
    docs="https://packaging.python.org/en/latest/specifications/project-status-markers/",
)
def project_status(facts: Facts) -> Answers:
    """An archived project refuses every upload, and nothing in the refusal says `archived`: it
    reads as if the token were wrong. A quarantined one refuses its trusted publishers.
    """
    there = _there(facts)
    if isinstance(there, Verdict):
        yield there
    elif not there.registered:
        yield skipped(_not_registered(there))
    elif there.page.marker is Marker.ACTIVE:
        yield passed(f"{there.name} is active on {there.index}")
    else:
        yield _of_marker(there)


@check(
    "new-project-name",
    expects="A name that is new to the index is not one that it would refuse",
    remedy="Choose a name that differs in more than separators and look-alike letters.",
    docs=_HELP + "#project-name",
)
def new_project_name(facts: Facts) -> Answers:
    """PyPI compares a new name with all others without their separators and takes l, i and 1 for
    one letter, o and 0 for another. The refusal does not say which project it collides with. That
    a name is not found does not prove it free: it may be prohibited, or reserved.
    """
    there = _there(facts)
    if isinstance(there, Verdict):
        yield there
    elif there.registered:
        yield passed(f"{there.name} is registered on {there.index}")
    elif not there.is_pypi:
        yield skipped(f"{_not_registered(there)}; its rules for names are not known")
    else:
        yield _of_new_name(there)


@check(
    "version-free",
    expects="The index has no files of this version",
    remedy="Give the release a new version; on an index no version can be used twice.",
    docs=_REUSE,
)
def version_free(facts: Facts) -> Answers:
    """A file name is used once and for ever. A build is seldom the same twice, byte for byte, so
    a second run for a version that is there ends in `File already exists`.
    """
    there = _there(facts)
    if isinstance(there, Verdict):
        yield there
    elif parsed(there.version) is None:
        yield unknown("which version would be released cannot be told")
    elif not there.registered:
        yield passed(f"{_not_registered(there)}, so no version of it is taken")
    elif there.release_without_files:
        yield warned(
            f"{there.version} is there without files; of deleted ones"
            f" holds: {refusals.deleted(there.site)}"
        )
    elif there.is_there:
        yield _of_taken(there, facts.artifacts)
    else:
        yield passed(f"{there.index} has no file of {there.name} {there.version}")


@check(
    "version-spelling",
    expects="The index has this version in no other spelling",
    remedy="Keep to the spelling that is there, or give the release a new version.",
    docs="https://packaging.python.org/en/latest/specifications/version-specifiers/#version-comparison",
)
def version_spelling(facts: Facts) -> Answers:
    """1.0 and 1.0.0 are one version. The files of the second spelling are put beside those of the
    first, in the same release, and its second sdist is refused.
    """
    there = _release_there(facts)
    if isinstance(there, Verdict):
        yield there
        return
    spellings = {file.version for file in there.of_this_version if file.version}
    own = str(parsed(there.version))
    others = sorted(spelling for spelling in spellings if str(parsed(spelling)) != own)
    if others:
        yield failed(f"{there.version} is there as {', '.join(others)}, which is the same version")
    else:
        yield passed(f"it is there as {there.version}")


@check(
    "files-unchanged",
    expects="Files that are there already have the very same bytes as those built",
    remedy="Give the release a new version, or upload the files of the first run, not a rebuild.",
    docs=_REUSE,
)
def files_unchanged(facts: Facts) -> Answers:
    """The same file again is no error: the index answers 200 and does nothing. Other bytes under
    its name are refused, and so are its bytes under another name.
    """
    there = _there(facts)
    if isinstance(there, Verdict):
        yield there
    elif facts.artifacts is None:
        yield skipped("nothing is built; --build or --dist compares the files")
    elif not there.registered:
        yield skipped(_not_registered(there))
    else:
        verdicts = [verdict for item in facts.artifacts for verdict in _compared(item, there)]
        yield from verdicts or [passed(f"none of the {_files(len(facts.artifacts))} is there")]


@check(
    "sdist-already-there",
    expects="The release has no sdist of another name",
    remedy="Give the release a new version; the name of its sdist cannot be changed.",
    docs="https://docs.pypi.org/api/upload/",
)
def sdist_already_there(facts: Facts) -> Answers:
    """A release holds one sdist. One of an older backend, `My.Project-1.0.tar.gz` or a zip, keeps
    the one that is built today out, and no option of a client skips this refusal.
    """
    there = _release_there(facts)
    if isinstance(there, Verdict):
        yield there
        return
    if facts.artifacts is None:
        yield skipped("nothing is built; --build or --dist compares the names")
        return
    present = {file.filename for file in there.of_this_version if file.is_sdist}
    built = {item.path.name for item in of_release(facts.artifacts, there) if is_sdist(item)}
    if present and built - present:
        yield failed(
            f"{', '.join(sorted(present))} is there, {', '.join(sorted(built - present))} would be"
            f" refused: {refusals.ONE_SDIST}"
        )
    else:
        yield passed("no sdist of another name is there")


@check(
    "release-open",
    expects="The release is young enough for new files",
    remedy="Make a new version (a post-release is enough) and upload all its files in one run.",
    docs="https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",
)
def release_open(facts: Facts) -> Answers:
    """Since July 2026 a release takes new files for 14 days after it was made, so that nobody who
    gets hold of an account can add a file to what everybody trusts. Wheels for a new Python need
    a new version.
    """
    there = _release_there(facts)
    if isinstance(there, Verdict):
        yield there
    elif there.release_created is None and there.is_pypi:
        yield unknown("the index does not say when the release was made")
    elif there.release_created is None:
        yield skipped("the 14 days are a rule of PyPI, and when it was made is not told")
    else:
        new = absent(facts.artifacts, there)
        yield _of_age(there, there.release_created, None if facts.artifacts is None else len(new))


@check(
    "partial-release",
    expects="The release is there whole or not at all",
    remedy="Upload the missing files: the very files of the first run, not a rebuild.",
    docs="https://docs.pypi.org/api/upload/",
)
def partial_release(facts: Facts) -> Answers:
    """An upload of several files is not one step: when it breaks off, the release is live without
    the rest. twine stops at the first refused file, and so releases are left without an sdist.
    """
    there = _release_there(facts)
    if isinstance(there, Verdict):
        yield there
    elif facts.artifacts is None:
        yield _of_kinds(there)
    else:
        yield _of_parts(there, facts.artifacts)


@check(
    "version-order",
    expects="The version is newer than all that it follows",
    remedy="Raise the version, unless this is meant as a fix for an older series.",
    docs="https://packaging.python.org/en/latest/specifications/version-specifiers/#summary-of-permitted-suffixes-and-relative-ordering",
)
def version_order(facts: Facts) -> Answers:
    """Installers take the highest version, not the last one uploaded: a lower one reaches nobody
    who does not ask for it. 1.0.dev5 is before 1.0a1, and 1.0rc1 is before 1.0.
    """
    there = _there(facts)
    if isinstance(there, Verdict):
        yield there
        return
    version = parsed(there.version)
    if version is None:
        yield unknown("which version would be released cannot be told")
        return
    others = [known for known in live_versions(there) if known != version]
    rivals = [known for known in others if not known.is_prerelease]
    if version.is_prerelease:
        rivals += [known for known in others if known.release == version.release]
    newest = max(rivals, default=None)
    if newest is None:
        yield skipped(f"{there.index} has no version to compare it with")
    elif version < newest:
        yield warned(f"{version} is before {newest}, which installers keep choosing")
    else:
        yield passed(f"{version} follows {newest}")


@check(
    "yanked-releases",
    expects="Neither this release nor the one before it is yanked",
    remedy="Release under a new version; unyank in the project's settings what is still wanted.",
    docs="https://docs.pypi.org/project-management/yanking/",
)
def yanked_releases(facts: Facts) -> Answers:
    """Installers pass over a yanked release unless they are told its exact version. Files added to
    one are yanked with it, and what made the last release be yanked may be in this one.
    """
    there = _there(facts)
    if isinstance(there, Verdict):
        yield there
    elif not there.registered or not there.releases:
        yield skipped(f"{there.index} has no release of {there.name}")
    else:
        yield _of_yanked(there)


@check(
    "project-size",
    expects="The project stays within its total size",
    remedy="Delete old pre-releases, or ask PyPI for a higher limit before the release.",
    docs="https://docs.pypi.org/project-management/storage-limits/",
)
def project_size(facts: Facts) -> Answers:
    """All files of a project together may have 10 GiB unless PyPI granted more. A release that
    goes over it breaks off in the middle.
    """
    there = _there(facts)
    if isinstance(there, Verdict):
        yield there
    elif not there.is_pypi:
        yield skipped("the limit is a rule of PyPI")
    else:
        present = sum(file.size or 0 for file in there.files)
        new = sum(item.size for item in absent(facts.artifacts, there, every=True))
        yield _of_size(there, present, new)


def _there(facts: Facts) -> IndexAnswers | Verdict:
    """Return what the index says, or why it is not heard."""
    if "index" in facts.silences:
        return unanswered(facts.silences["index"])
    if facts.index is None:
        return skipped("the index was not asked")
    if facts.index.registered is None:
        return skipped(facts.index.because or "the index was not asked")
    return facts.index


def _release_there(facts: Facts) -> IndexAnswers | Verdict:
    """As `_there`, for questions that arise only where the release is there already."""
    there = _there(facts)
    if isinstance(there, Verdict) or there.of_this_version:
        return there
    return skipped(f"{there.index} has no file of {there.name} {there.version or ''}".rstrip())


def _not_registered(there: IndexAnswers) -> str:
    forwarded = f" (it sends the question on to {there.forwarded_to})" if there.forwarded_to else ""
    return f"{there.index} has no project {there.name}{forwarded}"


def _of_marker(there: IndexAnswers) -> Verdict:
    reason = f" ({there.page.marker_reason})" if there.page.marker_reason else ""
    said = f"{there.name} is {there.page.marker} on {there.index}{reason}"
    if there.page.marker is Marker.DEPRECATED:
        return passed(f"{said}, which keeps no release out")
    refusal = refusals.not_allowed(there.site, there.name) if there.is_pypi else "takes no uploads"
    if there.page.marker is Marker.QUARANTINED:
        return failed(f"{said}: {refusal}", fix="Ask those who run the index to end it.")
    return failed(f"{said}: {refusal}", fix="Unarchive the project in its settings on the index.")


def _of_new_name(there: IndexAnswers) -> Verdict:
    if is_standard_library(there.name):
        return failed(refusals.of_standard_library(there.site, there.name))
    probed = there.look_alikes
    if probed is None:
        return unknown("names that look like it were not asked for")
    if probed.registered:
        refusal = refusals.too_similar(there.site, there.name)
        return failed(f"{_listed(probed.registered)} is registered: {refusal}")
    if probed.silence:
        return unanswered(f"not all names that look like it could be asked for: {probed.silence}")
    return passed(
        f"{_not_registered(there)}, nor one of {len(probed.asked)} names that look most like it;"
        " whether the name is free is told only when it is registered"
    )


def _of_taken(there: IndexAnswers, artifacts: Sequence[BuiltFile] | None) -> Verdict:
    count = _files(len(there.of_this_version))
    if artifacts is not None:
        return skipped(f"{there.version} is there with {count}; each is compared for itself")
    names = _listed(file.filename for file in there.of_this_version) or "in retired formats"
    return failed(f"{there.version} is on {there.index} with {count}: {names}. File already exists")


def _compared(item: BuiltFile, there: IndexAnswers) -> Iterable[Verdict]:
    """Yield what holds of a built file whose name or whose bytes are there."""
    for file in there.files:
        if file.filename == item.path.name:
            yield _of_same_name(item, file, there)
        elif file.sha256 == item.sha256:
            yield failed(f"its bytes are there as {file.filename}: {_exists(item, there)}")


def _of_same_name(item: BuiltFile, file: File, there: IndexAnswers) -> Verdict:
    if file.sha256 == item.sha256:
        return passed(f"{item.path.name} is there with the same bytes: uploading it again is safe")
    if file.sha256 is not None:
        other = f"there sha256 {file.sha256[:12]}…, here {item.sha256[:12]}…"
    elif file.size is not None and file.size != item.size:
        other = f"there {file.size} bytes, here {item.size}"
    else:
        return unknown(f"{item.path.name} is there; {there.index} does not tell its sha256")
    return failed(f"{item.path.name} is there with other bytes ({other}): {_exists(item, there)}")


def _exists(item: BuiltFile, there: IndexAnswers) -> str:
    if not there.is_pypi:
        return "File already exists"
    return refusals.file_exists(there.site, item.path.name, getattr(item, "blake2_256", None))


def _of_age(there: IndexAnswers, created: datetime, new: int | None) -> Verdict:
    age = there.asked_at - created
    made = f"{there.version} was made on {created:%Y-%m-%d}"
    if age <= RELEASE_OPEN:
        until = created + RELEASE_OPEN
        left = (until - there.asked_at).days
        days = "less than a day" if left == 0 else "1 day" if left == 1 else f"{left} days"
        return passed(f"{made}: new files are taken until {until:%Y-%m-%d %H:%M} UTC, {days} left")
    if new == 0:
        return passed(f"{made} and is closed, but no file is new to it")
    if not there.is_pypi:
        return warned(f"{made}, {age.days} days ago; where PyPI's rule holds: {refusals.CLOSED}")
    if new is None:
        return warned(f"{made}, {age.days} days ago: {refusals.CLOSED}")
    return failed(
        f"{made}, {age.days} days ago, and {_files(new)} would be new to it: {refusals.CLOSED}"
    )


def _of_kinds(there: IndexAnswers) -> Verdict:
    """Without built files only this much can be told: whether both kinds are there."""
    kinds = {file.is_sdist for file in there.of_this_version}
    if kinds == {True, False}:
        return passed(f"{there.version} has a wheel and an sdist there; --dist compares the files")
    missing = "a wheel" if True in kinds else "an sdist"
    said = f"{there.version} is there without {missing}"
    return warned(said, fix=None if is_open(there) else next_step(there, ()))


def _of_parts(there: IndexAnswers, artifacts: Sequence[BuiltFile]) -> Verdict:
    missing = absent(artifacts, there)
    if not missing:
        return passed(f"all {_files(len(artifacts))} of the release are there")
    names = _listed(item.path.name for item in missing)
    said = f"{_files(len(there.of_this_version))} there, {len(missing)} missing: {names}"
    return warned(said, fix=next_step(there, artifacts))


def _of_yanked(there: IndexAnswers) -> Verdict:
    version = parsed(there.version)
    if any(file.yanked is not None for file in there.of_this_version):
        return warned(f"{there.version} is yanked on {there.index}{_reason(there.of_this_version)}")
    earlier = [known for known in there.releases if version is None or known < version]
    before = max(earlier, default=None)
    files = there.releases[before] if before is not None else ()
    if files and all(file.yanked is not None for file in files):
        return warned(
            f"{before}, the release before it, is yanked{_reason(files)}",
            fix="See that what it was yanked for is mended in this one.",
        )
    yanked = sorted(set(there.releases) - set(live_versions(there)))
    return passed(f"yanked: {_listed(map(str, yanked))}" if yanked else "no release is yanked")


def _reason(files: Iterable[File]) -> str:
    reason = next((file.yanked for file in files if file.yanked), "")
    return f": {reason[:200]}" if reason else ""


def _of_size(there: IndexAnswers, present: int, new: int) -> Verdict:
    total = present + new
    if total <= _LARGEST_PROJECT:
        return passed(f"{total / (1 << 30):.2f} of 10 GiB")
    return warned(
        f"{total / (1 << 30):.1f} GiB with this release, and unless more was granted:"
        f" {refusals.project_too_large(there.name)}"
    )


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    rest = f" and {len(ordered) - 5} more" if len(ordered) > 5 else ""
    return ", ".join(ordered[:5]) + rest


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
