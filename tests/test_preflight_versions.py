"""The checks of the version, over facts that are made up, each with a near miss."""

from dataclasses import replace
from pathlib import Path

import pytest

from pypi_publish.preflight import versions
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import FamilyCheck
from pypi_publish.project.model import Changelog, Mirror, Project, Stated, Version
from pypi_publish.project.vcs import Description
from pypi_publish.verdict import Place, Status, Verdict

SOURCE = "pyproject.toml [project] version"
CLEAN = Description(
    "v1.2.3", 0, "a" * 40, dirty=False, shallow=False, branch="main", toplevel=Path()
)


def project(version: Version, *mirrors: Mirror, changelog: Changelog | None = None) -> Project:
    core = {"Version": [version.text]} if version.text is not None else {}
    return Project(
        Path(),
        Stated("sample-kit"),
        version,
        "hatchling.build",
        core,
        mirrors=mirrors,
        changelog=changelog,
    )


def stated(text: str, **more: object) -> Version:
    return replace(Version(text, SOURCE, Place("pyproject.toml", 3), written=text), **more)  # type: ignore[arg-type]


def tagged(text: str | None, **more: object) -> Version:
    at = replace(CLEAN, **more)  # type: ignore[arg-type]
    return Version(text, "hatch-vcs", from_tags=True, written=text, history=at, because="no tag")


def answers(check: FamilyCheck, given: Project) -> list[Verdict]:
    return list(check(Facts(project=given)))


def statuses(check: FamilyCheck, given: Project) -> list[str]:
    return [str(verdict.status) for verdict in answers(check, given)]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        pytest.param(stated("1.2.3"), "pass", id="stated"),
        pytest.param(stated("0.0.0", fallback=True), "fail", id="made-up-by-the-backend"),
        pytest.param(stated("0.0.0"), "pass", id="stated-as-0.0.0"),
        pytest.param(Version(None, SOURCE, because="no file", broken=True), "fail", id="broken"),
        pytest.param(Version(None, SOURCE, because="computed"), "unknown", id="computed"),
        pytest.param(tagged("1.2.3"), "pass", id="tagged"),
    ],
)
def test_a_version_is_known_when_it_is_stated_or_can_be_computed(
    version: Version, status: str
) -> None:
    assert statuses(versions.version_known, project(version)) == [status]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("1.2.3", "pass", id="release"),
        pytest.param("1!2.0.post1", "pass", id="epoch-and-post-release"),
        pytest.param("1.2.3+local", "pass", id="local-part-has-a-check-of-its-own"),
        pytest.param("1.2-final", "fail", id="other-word"),
        pytest.param("", "fail", id="empty"),
        pytest.param("2024-01-02-x", "fail", id="date"),
    ],
)
def test_a_version_must_be_one_of_python(text: str, status: str) -> None:
    assert statuses(versions.version_valid, project(stated(text))) == [status]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        pytest.param("1.0.0rc1", None, id="canonical"),
        pytest.param("1.0.0-rc1", "1.0.0-rc1 is released as 1.0.0rc1", id="semantic"),
        pytest.param("v1.0", "v1.0 is released as 1.0", id="v"),
        pytest.param("2024.01.02", "2024.01.02 is released as 2024.1.2", id="leading-zeros"),
        pytest.param("1.0.0.dev1", None, id="dev"),
    ],
)
def test_another_spelling_is_named_with_its_canonical_form(written: str, says: str | None) -> None:
    (verdict,) = answers(versions.version_canonical, project(stated(written)))
    assert verdict.status is (Status.WARN if says else Status.PASS)
    assert says is None or verdict.because == says


def test_a_local_part_is_refused_in_the_words_of_the_server() -> None:
    (verdict,) = answers(versions.version_public, project(stated("1.2.3+cu118")))
    assert verdict.status is Status.FAIL
    assert verdict.because == "The use of local versions in '1.2.3+cu118' is not allowed."


@pytest.mark.parametrize("text", ["1.2.3", "1.2.3.dev1", "1.2.3.post1"])
def test_a_public_version_is_fine(text: str) -> None:
    assert statuses(versions.version_public, project(stated(text))) == ["pass"]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        pytest.param(tagged("1.2.3"), "pass", id="at-a-clean-tag"),
        pytest.param(tagged("1.2.4.dev0", dirty=True), "fail", id="changes-on-top-of-the-tag"),
        pytest.param(tagged("1.2.4.dev2", distance=2), "warn", id="commits-after-the-tag"),
        pytest.param(tagged("0.1.dev2", tag=None, distance=2), "warn", id="no-tag"),
        pytest.param(stated("1.2.4.dev0"), "warn", id="stated-development-version"),
        pytest.param(stated("1.2.4rc1"), "pass", id="stated-pre-release"),
    ],
)
def test_a_version_between_two_releases_is_named(version: Version, status: str) -> None:
    assert statuses(versions.version_of_a_release, project(version)) == [status]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        pytest.param(tagged("1.2.3"), "pass", id="tag"),
        pytest.param(
            tagged("0.1.dev1", tag=None, shallow=True), "fail", id="shallow-without-a-tag"
        ),
        pytest.param(tagged("1.2.3", shallow=True), "pass", id="shallow-at-the-tag"),
        pytest.param(tagged("0.1.dev1", tag=None), "fail", id="no-tag-of-that-pattern"),
        pytest.param(tagged("0.1.dev1", tag=None, has_tags=False), "warn", id="first-release"),
        pytest.param(stated("1.2.3"), "skip", id="stated"),
        pytest.param(
            Version(None, "hatch-vcs", from_tags=True, because="no git"), "unknown", id="no-git"
        ),
    ],
)
def test_missing_tags_are_told_apart(version: Version, status: str) -> None:
    assert statuses(versions.version_tags, project(version)) == [status]


def mirror(text: str, **more: bool) -> Mirror:
    return Mirror(text, Place("sample_kit/__init__.py", 3), "__version__", **more)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        pytest.param(mirror("1.2.3"), "pass", id="same"),
        pytest.param(mirror("v1.2.3"), "pass", id="other-spelling"),
        pytest.param(mirror("1.2.3.0"), "pass", id="equal-as-versions"),
        pytest.param(mirror("1.2.2"), "fail", id="older"),
        pytest.param(mirror("1.2.2", shipped=False), "warn", id="of-the-maintainers-alone"),
        pytest.param(mirror("1.2", abridged=True), "pass", id="short-form-where-that-is-usual"),
        pytest.param(mirror("1.1", abridged=True), "fail", id="wrong-short-form"),
        pytest.param(mirror("1.2"), "fail", id="short-form-elsewhere"),
    ],
)
def test_a_mirror_agrees_or_is_named(found: Mirror, status: str) -> None:
    assert statuses(versions.version_mirrors, project(stated("1.2.3"), found)) == [status]


def test_every_disagreement_is_a_verdict_with_place_found_and_expected() -> None:
    given = project(stated("1.2.3"), mirror("1.2.2"), mirror("1.2.3"), mirror("1.0"))
    first, second = answers(versions.version_mirrors, given)
    assert first.because == f"__version__ is 1.2.2, expected 1.2.3 ({SOURCE})"
    assert first.place == Place("sample_kit/__init__.py", 3)
    assert second.because.startswith("__version__ is 1.0,")


def test_between_two_releases_nothing_is_compared() -> None:
    given = project(tagged("1.2.4.dev1", distance=1), mirror("1.2.3"))
    assert statuses(versions.version_mirrors, given) == ["skip"]


def changelog(newest: str | None, unreleased: int | None = None, *more: str) -> Changelog:
    place = Place("CHANGELOG.md", 5)
    above = Place("CHANGELOG.md", unreleased) if unreleased else None
    return Changelog(place, newest, above, frozenset(filter(None, (newest, *more))))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param(changelog("1.2.3"), "pass", id="newest"),
        pytest.param(changelog("1.2.3", 3), "pass", id="newest-below-unreleased"),
        pytest.param(changelog("1.2.3", 5), "warn", id="newest-and-not-released"),
        pytest.param(changelog("1.3.0", 5, "1.2.3"), "pass", id="maintenance-beside-what-comes"),
        pytest.param(changelog("1.3.0", None, "1.2.3"), "pass", id="maintenance-release"),
        pytest.param(changelog("1.2.4"), "fail", id="newer-than-the-version"),
        pytest.param(changelog("1.2.2"), "warn", id="older"),
        pytest.param(changelog("1.2.2", 3), "warn", id="only-unreleased"),
        pytest.param(changelog(None), "skip", id="no-versions"),
        pytest.param(None, "skip", id="none"),
    ],
)
def test_the_changelog_has_an_entry_for_the_version(given: Changelog | None, status: str) -> None:
    told = project(stated("1.2.3"), changelog=given)
    assert statuses(versions.changelog_entry, told) == [status]


def test_a_pre_release_may_share_the_entry_of_its_release() -> None:
    told = project(stated("1.3.0rc1"), changelog=changelog("1.3.0"))
    assert statuses(versions.changelog_entry, told) == ["pass"]
