"""Checks of the version: what a build gives here and now, and whether all places agree on it."""

from pypi_publish.check import check
from pypi_publish.preflight.declared import refused, without_project
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.project.model import Changelog, Mirror, Project, Version
from pypi_publish.project.vcs import Description
from pypi_publish.project.versions.answers import canonical
from pypi_publish.verdict import Verdict, failed, passed, skipped, unknown, warned

_SCHEME = "https://packaging.python.org/en/latest/specifications/version-specifiers/"
_SINGLE_SOURCE = "https://packaging.python.org/en/latest/discussions/single-source-version/"


@check(
    "version-known",
    expects="The version that a build will give is stated, or is computed from what is there",
    remedy="State the version, or configure the backend's source of it.",
    docs=_SINGLE_SOURCE,
)
def version_known(facts: Facts) -> Answers:
    """Setuptools and pdm-backend build 0.0.0 without a word when the plugin that should tell the
    version is not among the requirements of the build; such releases are on the index for good.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    version = project.version
    if version.fallback:
        yield failed(f"would be released as {version.text}: {version.source}", version.place)
    elif version.text is not None:
        yield passed(f"{version.text}, from {version.source}", version.place)
    elif version.broken:
        yield failed(f"{version.source}: {version.because}", version.place)
    elif facts.version is not None:
        yield passed(f"built as {facts.version}; {version.because}", version.place)
    else:
        yield unknown(f"{version.source}: {version.because}", version.place)


@check(
    "version-valid",
    expects="The version is a valid one",
    remedy="Use a version such as 1.2.0, 1.2.0rc1 or 1.2.0.post1.",
    docs=_SCHEME,
)
def version_valid(facts: Facts) -> Answers:
    """What does not parse as a Python version ends the build or refuses the upload; versions of
    other ecosystems often do not.
    """
    version = _told(facts)
    if version is None or facts.project is None or version.text is None:
        yield skipped("the version is not known")
        return
    bad = [
        refusal.message
        for refusal in refused(facts.project, "Version")
        if not refusal.message.startswith("The use of local versions")
    ]
    if not version.text.strip():
        bad = ["'version' is a required field"]  # nobody sends an empty one
    for message in bad:
        yield failed(message, version.place)
    if not bad:
        yield passed(version.text)


@check(
    "version-canonical",
    expects="The version is written in its canonical form",
    remedy="Write the canonical form, so that tag, files and index show the same text.",
    docs=f"{_SCHEME}#normalization",
)
def version_canonical(facts: Facts) -> Answers:
    """The names of the files have the canonical form, whatever is written. A workflow that compares
    texts, such as a tag with a file name, then fails, or finds no file.
    """
    version = _told(facts)
    if version is None or version.written is None or canonical(version.written) is None:
        yield skipped("there is no valid version that is written down")
        return
    form = canonical(version.written)
    if version.written == form or version.from_tags:
        yield passed(f"{form}")
    else:
        because = f"{version.written} is released as {form}"
        yield warned(because, version.place, f"Write {form}.")


@check(
    "version-public",
    expects="The version has no local part",
    remedy="Drop the part after +; versions of other builds belong on an index of their own.",
    docs=f"{_SCHEME}#local-version-identifiers",
)
def version_public(facts: Facts) -> Answers:
    """PyPI refuses every file of a version with `+`. It most often comes from a build that was
    not made at a clean tag: the part then names the commit or the day.
    """
    version = _told(facts)
    if version is None or version.text is None or facts.project is None:
        yield skipped("the version is not known")
        return
    fix = "Tag the commit and build from a clean, complete checkout." if version.from_tags else None
    bad = [
        refusal.message
        for refusal in refused(facts.project, "Version")
        if refusal.message.startswith("The use of local versions")
    ]
    for message in bad:
        yield failed(message, version.place, fix)
    if not bad:
        yield passed(f"{version.text} has none")


@check(
    "version-of-a-release",
    expects="The version is the one of a release, and not one between two of them",
    remedy="Commit everything, tag the commit, and build from a fresh checkout of the tag.",
    docs="https://setuptools-scm.readthedocs.io/en/latest/usage/",
)
def version_of_a_release(facts: Facts) -> Answers:
    """A version that is taken from tags is a development version everywhere but at a clean tag.
    Files that a build step changes, a lock or a generated one, are enough for that.
    """
    version = _told(facts)
    if version is None:
        yield skipped("the version is not known")
    elif (at := version.history) is None:
        yield _not_from_history(version)
    elif at.exact:
        yield passed(f"tag {at.tag} at HEAD, clean tree: {version.text or 'a release'}")
    elif at.tag is not None and at.distance == 0:
        yield failed(f"changes on top of the tag {at.tag}: {_would_build(version)}", version.place)
    else:
        yield warned(f"{_standing(at)}: {_would_build(version)}", version.place)


def _not_from_history(version: Version) -> Verdict:
    form = canonical(version.text) if version.text else None
    if form is None:
        return skipped("there is no valid version")
    if ".dev" in form:
        return warned(f"{form} is a development version", version.place)
    return passed(form)


def _standing(at: Description) -> str:
    changes = ", with changes" if at.dirty else ""
    if at.tag is None:
        return f"no tag among {at.distance} commits{changes}"
    return f"{at.distance} commits after the tag {at.tag}{changes}"


def _would_build(version: Version) -> str:
    if version.text is None:
        return version.because
    return f"a build gives {version.text} here and now"


@check(
    "version-tags",
    expects="The tags that the version comes from are here, and the backend's pattern takes them",
    remedy="Fetch history and tags: fetch-depth: 0 in CI, git fetch --unshallow --tags elsewhere.",
    docs="https://github.com/actions/checkout#fetch-all-history-for-all-tags-and-branches",
)
def version_tags(facts: Facts) -> Answers:
    """Checkouts in CI are shallow by default. Without tags the version is computed from nothing:
    the release is called 0.1.dev1, or the build ends with an error.
    """
    version = _told(facts)
    if version is None or not version.from_tags:
        yield skipped("the version does not come from tags")
        return
    at = version.history
    if at is None:
        yield unknown(version.because, version.place)
    elif at.tag is not None:
        yield passed(f"nearest tag {at.tag}")
    elif at.shallow:
        yield failed("the clone is shallow, and no tag is in what it has", version.place)
    elif at.has_tags:
        because = "there are tags, but none below HEAD that the backend's pattern takes"
        fix = "Name the tag as the backend expects it (v1.2.3), or adapt its pattern."
        yield failed(because, version.place, fix)
    else:
        yield warned("no tag yet: the first release needs one", version.place, "git tag v0.1.0")


@check(
    "version-mirrors",
    expects="Every place that repeats the version states the same one",
    remedy="Write the version in one place and let the others read it, or correct them all.",
    docs=_SINGLE_SOURCE,
)
def version_mirrors(facts: Facts) -> Answers:
    """A constant that was not raised makes the installed package report the wrong version in bug
    reports, caches and user agents. A lock that names the old one fails the next locked sync.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    if not project.mirrors:
        yield skipped("no other place states the version")
        return
    expected = _release_version(project)
    if expected is None:
        yield skipped("a build gives no release here and now, so there is nothing to compare with")
        return
    bad = [mirror for mirror in project.mirrors if not _agrees(mirror, expected)]
    for mirror in bad:
        because = f"{mirror.what} is {mirror.text}, expected {expected} ({project.version.source})"
        answer = failed if mirror.shipped else warned
        yield answer(because, mirror.place, f"Write {expected} there.")
    if not bad:
        yield passed(f"{len(project.mirrors)} places agree on {expected}")


def _agrees(mirror: Mirror, expected: str) -> bool:
    from packaging.version import Version as Parsed

    found, wanted = Parsed(mirror.text), Parsed(expected)
    if found == wanted:
        return True
    return mirror.abridged and not found.is_prerelease and _abridges(found.release, wanted.release)


def _abridges(short: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    return len(short) < 3 and whole[: len(short)] == short


def _release_version(project: Project) -> str | None:
    """Return the version that the places should have; None between two releases."""
    version = project.version
    if version.text is None or canonical(version.text) is None or version.fallback:
        return None
    return None if version.history is not None and not version.history.exact else version.text


@check(
    "changelog-entry",
    expects="The newest entry of the changelog is about this version",
    remedy="Head the entry of this release with its version.",
    docs="https://keepachangelog.com/",
)
def changelog_entry(facts: Facts) -> Answers:
    """A newer entry than the version means that the version was not raised. An older one leaves
    the readers of the release without a word of what changed.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    changelog, expected = project.changelog, _release_version(project)
    if changelog is None or expected is None:
        yield skipped("no changelog is found" if changelog is None else "there is no release yet")
    elif _is_still_open(changelog, expected):
        because = f"the entry of {expected} says that it is not released"
        yield warned(because, changelog.unreleased, "Write the day of the release there.")
    elif _is_about(changelog, expected):
        yield passed(f"{expected} has its entry", changelog.place)
    elif changelog.newest is None and changelog.unreleased is None:
        yield skipped(f"no heading of {changelog.place.file} names a version")
    else:
        yield _other_entry(changelog, expected)


def _is_still_open(changelog: Changelog, expected: str) -> bool:
    """The heading has the version and, where others have the day, that there is none yet."""
    here = changelog.unreleased is not None and changelog.unreleased == changelog.place
    return here and changelog.newest is not None and canonical(changelog.newest) == expected


def _is_about(changelog: Changelog, expected: str) -> bool:
    from packaging.version import Version as Parsed

    parsed = Parsed(expected)
    wanted = {parsed, Parsed(parsed.base_version)}
    return any(Parsed(text) in wanted for text in changelog.mentions)


def _other_entry(changelog: Changelog, expected: str) -> Verdict:
    from packaging.version import Version as Parsed

    newest = changelog.newest
    if newest is not None and Parsed(newest) > Parsed(expected):
        because = f"the newest entry is {newest}, expected {expected}: was the version not raised?"
        return failed(because, changelog.place)
    if changelog.unreleased is not None:
        because = f"the changes of {expected} stand under a heading for what is not released"
        return warned(because, changelog.unreleased, f"Head them with {expected}.")
    return warned(f"the newest entry is {newest}, expected {expected}", changelog.place)


def _told(facts: Facts) -> Version | None:
    """Return the version where something is known of it; a broken source has a check of its own."""
    if facts.project is None:
        return None
    version = facts.project.version
    silent = version.text is None and version.history is None and not version.from_tags
    return None if silent else version
