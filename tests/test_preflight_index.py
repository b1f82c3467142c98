"""Checks of preflight that rest on what the index holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from index_server import Served, serving
from pypi_publish.artifacts.model import OtherFile
from pypi_publish.check import checks_in
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.client import ask_index
from pypi_publish.index.model import File, IndexAnswers, LookAlikes, Marker, Page
from pypi_publish.preflight import index
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import FamilyCheck
from pypi_publish.verdict import Status, Verdict

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RECENT, OLD = NOW - timedelta(days=3), NOW - timedelta(days=15)
WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


@dataclass(frozen=True)
class Built:
    """A file that would be uploaded."""

    path: Path
    sha256: str
    version: str | None = "1.0"
    size: int = 10
    blake2_256: str = "b2"


def built(
    name: str = WHEEL, digest: str = "a", version: str | None = "1.0", size: int = 10
) -> Built:
    return Built(Path("dist") / name, digest * 64, version, size)


def there(
    name: str = WHEEL,
    digest: str | None = "a",
    version: str | None = "1.0",
    uploaded: datetime | None = RECENT,
    **rest: Any,
) -> File:
    sha256 = digest * 64 if digest else None
    return File(name, version, "https://h/x", sha256=sha256, upload_time=uploaded, **rest)


def answers(*files: File, version: str | None = "1.0", **changes: Any) -> IndexAnswers:
    marker = changes.pop("marker", Marker.ACTIVE)
    page = Page(files, marker=marker, marker_reason=changes.pop("marker_reason", None))
    told = IndexAnswers(
        "pypi", "https://pypi.org", "demo", version, registered=True, page=page, asked_at=NOW
    )
    return replace(told, **changes)


PRIVATE: Mapping[str, Any] = {"index": "https://h/simple/", "site": "https://h"}


def facts(told: IndexAnswers | None, *files: Built) -> Facts:
    return Facts(index=told, artifacts=cast("Any", files) or None)


def judged(check: FamilyCheck, told: IndexAnswers | None, *files: Built) -> list[Verdict]:
    return list(check(facts(told, *files)))


def one(check: FamilyCheck, told: IndexAnswers | None, *files: Built) -> Verdict:
    [verdict] = judged(check, told, *files)
    return verdict


EVERY = [pytest.param(check, id=check.id) for check in checks_in(index)]


@pytest.mark.parametrize("check", EVERY)
def test_an_index_that_was_not_asked_is_skipped(check: FamilyCheck) -> None:
    assert one(check, None).status is Status.SKIP


@pytest.mark.parametrize("check", EVERY)
def test_an_index_that_kept_silent_is_unanswered(check: FamilyCheck) -> None:
    [verdict] = check(Facts(silences={"index": "pypi.org: HTTP 502"}))
    assert verdict.unanswered
    assert verdict.because == "pypi.org: HTTP 502"


@pytest.mark.parametrize("check", EVERY)
@pytest.mark.parametrize(
    "told",
    [
        pytest.param(answers(), id="registered-without-files"),
        pytest.param(answers(registered=False), id="not-registered"),
        pytest.param(answers(registered=None, because="no name"), id="no-name"),
        pytest.param(answers(there(), version=None), id="no-version"),
        pytest.param(answers(there(version="x.y"), version="x.y"), id="no-valid-version"),
        pytest.param(answers(there(uploaded=None, digest=None), **PRIVATE), id="says-little"),
    ],
)
def test_every_check_says_something_in_every_state(check: FamilyCheck, told: IndexAnswers) -> None:
    assert judged(check, told)
    assert judged(check, told, built(), built("notes.txt", version=None))


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        pytest.param(answers(), Status.PASS, "active", id="active"),
        pytest.param(
            answers(marker=Marker.ARCHIVED, marker_reason="moved"),
            Status.FAIL,
            "(moved): The given token isn't allowed to upload to project 'demo'.",
            id="archived",
        ),
        pytest.param(answers(marker=Marker.QUARANTINED), Status.FAIL, "isn't allowed", id="held"),
        pytest.param(answers(marker=Marker.DEPRECATED), Status.PASS, "deprecated", id="deprecated"),
        pytest.param(
            answers(marker=Marker.ARCHIVED, **PRIVATE), Status.FAIL, "no uploads", id="private"
        ),
        pytest.param(answers(registered=False), Status.SKIP, "no project", id="not-registered"),
    ],
)
def test_the_status_of_the_project(told: IndexAnswers, status: Status, said: str) -> None:
    verdict = one(index.project_status, told)
    assert verdict.status is status
    assert said in verdict.because


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        pytest.param(answers(there(version="0.9")), Status.PASS, "no file", id="other-version"),
        pytest.param(answers(registered=False), Status.PASS, "no version", id="first-release"),
        pytest.param(answers(there()), Status.FAIL, "File already exists", id="taken"),
        pytest.param(answers(there(), version="1.0.0"), Status.FAIL, WHEEL, id="equal-version"),
        pytest.param(answers(there(), version="1.0.1"), Status.PASS, "no file", id="next-version"),
        pytest.param(answers(there(), version="1.0.post1"), Status.PASS, "", id="post-release"),
        pytest.param(
            answers(release_without_files=True),
            Status.WARN,
            "This filename was previously used by a file that has since been deleted. Use a"
            " different version. See https://pypi.org/help/#file-name-reuse",
            id="files-were-deleted",
        ),
        pytest.param(answers(there(), version=None), Status.UNKNOWN, "cannot be told", id="none"),
    ],
)
def test_the_version_is_free(told: IndexAnswers, status: Status, said: str) -> None:
    verdict = one(index.version_free, told)
    assert verdict.status is status
    assert said in verdict.because


def test_a_version_that_is_listed_without_files_is_taken() -> None:
    told = answers(page=Page(listed_versions=("1.0",)))
    assert one(index.version_free, told).status is Status.FAIL


def test_a_version_that_is_there_is_compared_file_by_file_once_it_is_built() -> None:
    assert one(index.version_free, answers(there()), built()).status is Status.SKIP


@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        pytest.param(there(), Status.PASS, "same bytes", id="identical"),
        pytest.param(
            there(digest="c"),
            Status.FAIL,
            f"File already exists ('{WHEEL}', with blake2_256 hash 'b2')."
            " See https://pypi.org/help/#file-name-reuse for more information.",
            id="other-bytes",
        ),
        pytest.param(
            there("demo-0.9-py3-none-any.whl", version="0.9"),
            Status.FAIL,
            "its bytes are there as demo-0.9-py3-none-any.whl",
            id="same-bytes-under-another-name",
        ),
        pytest.param(there(digest=None), Status.UNKNOWN, "sha256", id="no-digest-there"),
        pytest.param(there(digest=None, size=11), Status.FAIL, "11 bytes", id="another-size"),
        pytest.param(there(digest=None, size=10), Status.UNKNOWN, "", id="the-same-size"),
        pytest.param(there(SDIST, "c"), Status.PASS, "none of the 1 file", id="another-file"),
    ],
)
def test_files_that_are_there_are_compared_by_their_bytes(
    file: File, status: Status, said: str
) -> None:
    verdict = one(index.files_unchanged, answers(file), built())
    assert verdict.status is status
    assert said in verdict.because


def test_each_file_is_compared_for_itself() -> None:
    told = answers(there(), there(SDIST, "c"))
    verdicts = judged(index.files_unchanged, told, built(), built(SDIST, "d"))
    assert [verdict.status for verdict in verdicts] == [Status.PASS, Status.FAIL]


def test_a_private_index_is_not_quoted_with_the_words_of_pypi() -> None:
    verdict = one(index.files_unchanged, answers(there(digest="c"), **PRIVATE), built())
    assert verdict.status is Status.FAIL
    assert "blake2" not in verdict.because


@pytest.mark.parametrize(
    ("present", "new", "status"),
    [
        pytest.param("Demo-1.0.tar.gz", SDIST, Status.FAIL, id="another-spelling"),
        pytest.param("demo-1.0.zip", SDIST, Status.FAIL, id="zip"),
        pytest.param(SDIST, SDIST, Status.PASS, id="the-same-name"),
        pytest.param(WHEEL, SDIST, Status.PASS, id="wheel-alone"),
        pytest.param(SDIST, WHEEL, Status.PASS, id="no-sdist-built"),
    ],
)
def test_a_release_holds_one_sdist(present: str, new: str, status: Status) -> None:
    verdict = one(index.sdist_already_there, answers(there(present)), built(new))
    assert verdict.status is status
    if status is Status.FAIL:
        assert "Only one sdist may be uploaded per release." in verdict.because


@pytest.mark.parametrize(
    ("uploaded", "files", "status", "said"),
    [
        pytest.param(RECENT, (built(SDIST),), Status.PASS, "11 days left", id="open"),
        pytest.param(RECENT, (), Status.PASS, "until 2026-12-01 12:00 UTC", id="open-unbuilt"),
        pytest.param(OLD, (built(SDIST),), Status.FAIL, "older than 14 days", id="closed"),
        pytest.param(OLD, (built(),), Status.PASS, "no file is new", id="closed-nothing-new"),
        pytest.param(OLD, (), Status.WARN, "older than 14 days", id="closed-unbuilt"),
        pytest.param(
            NOW - timedelta(days=14), (built(SDIST),), Status.PASS, "less than a day", id="last-day"
        ),
        pytest.param(
            NOW - timedelta(days=14, seconds=1), (built(SDIST),), Status.FAIL, "", id="just-closed"
        ),
        pytest.param(
            NOW - timedelta(days=12, hours=5), (built(SDIST),), Status.PASS, "1 day left", id="one"
        ),
        pytest.param(None, (built(SDIST),), Status.UNKNOWN, "not say", id="no-time"),
    ],
)
def test_a_release_takes_new_files_for_14_days(
    uploaded: datetime | None, files: tuple[Built, ...], status: Status, said: str
) -> None:
    verdict = one(index.release_open, answers(there(uploaded=uploaded)), *files)
    assert verdict.status is status
    assert said in verdict.because


def test_the_days_are_counted_from_the_first_file() -> None:
    told = answers(there(uploaded=OLD), there("demo-1.0-cp313-none-any.whl", uploaded=RECENT))
    assert one(index.release_open, told, built(SDIST)).status is Status.FAIL


@pytest.mark.parametrize(
    ("uploaded", "status"),
    [
        pytest.param(None, Status.SKIP, id="not-told"),
        pytest.param(OLD, Status.WARN, id="told"),
        pytest.param(RECENT, Status.PASS, id="young"),
    ],
)
def test_the_14_days_are_no_refusal_of_another_index(
    uploaded: datetime | None, status: Status
) -> None:
    told = answers(there(uploaded=uploaded), **PRIVATE)
    assert one(index.release_open, told, built(SDIST)).status is status


@pytest.mark.parametrize(
    ("files", "status", "said", "fix"),
    [
        pytest.param(
            (there(),), Status.WARN, f"1 file there, 1 missing: {SDIST}", "2026-12-01", id="open"
        ),
        pytest.param((there(uploaded=OLD),), Status.WARN, "", "new version", id="closed"),
        pytest.param((there(digest="c"),), Status.WARN, "", "new version", id="rebuilt"),
        pytest.param((there(), there(SDIST, "b")), Status.PASS, "all 2 files", "", id="whole"),
        pytest.param((), Status.SKIP, "no file", "", id="nothing-there"),
    ],
)
def test_a_release_that_broke_off_is_told_with_the_next_safe_step(
    files: tuple[File, ...], status: Status, said: str, fix: str
) -> None:
    verdict = one(index.partial_release, answers(*files), built(), built(SDIST, "b"))
    assert verdict.status is status
    assert said in verdict.because
    assert fix in (verdict.fix or "")


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        pytest.param((there(),), Status.WARN, "without an sdist", id="no-sdist"),
        pytest.param((there(SDIST),), Status.WARN, "without a wheel", id="no-wheel"),
        pytest.param((there(), there(SDIST)), Status.PASS, "", id="both"),
    ],
)
def test_without_built_files_both_kinds_are_looked_for(
    files: tuple[File, ...], status: Status, said: str
) -> None:
    verdict = one(index.partial_release, answers(*files))
    assert verdict.status is status
    assert said in verdict.because


def version_of(number: str, **rest: Any) -> File:
    return there(f"demo-{number}.tar.gz", version=number, **rest)


@pytest.mark.parametrize(
    ("present", "new", "status"),
    [
        pytest.param(["1.0"], "1.1", Status.PASS, id="next"),
        pytest.param(["1.9"], "1.10", Status.PASS, id="not-compared-as-text"),
        pytest.param(["2.0"], "1.1", Status.WARN, id="lower"),
        pytest.param(["1.0"], "1.0rc1", Status.WARN, id="candidate-after-its-release"),
        pytest.param(["1.0"], "1.0.dev1", Status.WARN, id="development-after-its-release"),
        pytest.param(["1.0a1"], "1.0.dev5", Status.WARN, id="dev-is-before-alpha"),
        pytest.param(["2.0b1"], "2.0rc1", Status.PASS, id="candidate-after-beta"),
        pytest.param(["1.0", "2.0rc1"], "1.1", Status.PASS, id="release-beside-a-candidate"),
        pytest.param(["1.0"], "1.0.post1", Status.PASS, id="post-release"),
        pytest.param(["1!1.0"], "2.0", Status.WARN, id="epoch"),
        pytest.param([], "1.0", Status.SKIP, id="first"),
        pytest.param(["1.0"], "1.0.0", Status.SKIP, id="the-same-is-no-rival"),
        pytest.param(["junk", "1.0"], "1.1", Status.PASS, id="an-old-version-that-is-none"),
    ],
)
def test_the_version_follows_those_that_are_there(
    present: list[str], new: str, status: Status
) -> None:
    told = answers(*map(version_of, present), version=new)
    assert one(index.version_order, told).status is status


def test_a_yanked_version_is_no_rival() -> None:
    told = answers(version_of("2.0", yanked=""), version_of("1.0"), version="1.1")
    assert one(index.version_order, told).status is Status.PASS


@pytest.mark.parametrize(
    ("present", "new", "status"),
    [
        pytest.param("1.0", "1.0.0", Status.FAIL, id="zero-more"),
        pytest.param("1.0", "v1.0", Status.PASS, id="prefix-is-dropped-by-every-build"),
        pytest.param("1.0.0", "1.0", Status.FAIL, id="zero-less"),
        pytest.param("1.0", "1.0", Status.PASS, id="the-same"),
        pytest.param("1.0", "1.1", Status.SKIP, id="another-version"),
    ],
)
def test_one_version_is_spelled_in_one_way(present: str, new: str, status: Status) -> None:
    assert one(index.version_spelling, answers(version_of(present), version=new)).status is status


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        pytest.param((there(yanked="oops"),), Status.WARN, "1.0 is yanked", id="this-one"),
        pytest.param((version_of("0.9", yanked="bad"),), Status.WARN, ": bad", id="the-last-one"),
        pytest.param(
            (version_of("0.9"), version_of("0.8", yanked="")), Status.PASS, "0.8", id="an-older-one"
        ),
        pytest.param((version_of("0.9"),), Status.PASS, "no release", id="none"),
        pytest.param((), Status.SKIP, "", id="no-release"),
    ],
)
def test_yanked_releases_are_mentioned(files: tuple[File, ...], status: Status, said: str) -> None:
    verdict = one(index.yanked_releases, answers(*files))
    assert verdict.status is status
    assert said in verdict.because


@pytest.mark.parametrize(
    ("name", "probed", "status", "said"),
    [
        pytest.param("demo", LookAlikes(("de-mo",)), Status.PASS, "nor one of 1", id="none-found"),
        pytest.param(
            "demo",
            LookAlikes(("de-mo",), ("de-mo",)),
            Status.FAIL,
            "de-mo is registered: The name 'demo' is too similar to an existing project. See"
            " https://pypi.org/help/#project-name for more information.",
            id="too-similar",
        ),
        pytest.param("demo", LookAlikes(silence="HTTP 502"), Status.UNKNOWN, "502", id="silence"),
        pytest.param(
            "Asyncio",
            LookAlikes(),
            Status.FAIL,
            "The name 'Asyncio' isn't allowed (conflict with Python Standard Library module name).",
            id="standard-library",
        ),
    ],
)
def test_a_new_name_is_judged_as_far_as_the_index_tells(
    name: str, probed: LookAlikes, status: Status, said: str
) -> None:
    told = answers(registered=False, look_alikes=probed, name=name)
    verdict = one(index.new_project_name, told)
    assert verdict.status is status
    assert said in verdict.because


def test_a_name_that_is_not_found_is_not_called_free() -> None:
    told = answers(registered=False, look_alikes=LookAlikes(("de-mo",)))
    assert "is told only when it is registered" in one(index.new_project_name, told).because


def test_a_registered_project_may_have_any_name() -> None:
    assert one(index.new_project_name, answers(name="dataclasses")).status is Status.PASS


def test_the_names_of_another_index_are_its_own_affair() -> None:
    told = answers(registered=False, **PRIVATE)
    assert one(index.new_project_name, told).status is Status.SKIP


def test_an_index_that_sends_the_question_on_does_not_have_the_project() -> None:
    told = answers(registered=False, forwarded_to="pypi.org", **PRIVATE)
    verdict = one(index.version_free, told)
    assert verdict.status is Status.PASS
    assert "pypi.org" in verdict.because


@pytest.mark.parametrize(
    ("present", "new", "status"),
    [
        pytest.param(5 << 30, 10, Status.PASS, id="half"),
        pytest.param((10 << 30) - 5, 10, Status.WARN, id="over-it-with-the-new-files"),
        pytest.param(None, 10, Status.PASS, id="sizes-are-not-told"),
    ],
)
def test_the_project_stays_within_its_size(present: int | None, new: int, status: Status) -> None:
    told = answers(version_of("0.9", size=present))
    assert one(index.project_size, told, built(size=new)).status is status


def test_files_that_are_really_built_are_compared_with_what_a_server_tells(tmp_path: Path) -> None:
    paths = [tmp_path / SDIST, tmp_path / WHEEL, tmp_path / "demo-0.9.tar.gz"]
    for path in paths:
        path.write_bytes(path.name.encode())
    files = tuple(OtherFile(path.name, path, path.stat().st_size) for path in paths)
    with serving() as server:
        server.add("demo", Served(SDIST, "1.0", SDIST.encode()), Served(WHEEL, "1.0", b"other"))
        address = IndexAddress("pypi", server.simple)
        told = ask_index(address, "demo", "1.0", timeout=5, environment={})
    known = Facts(index=told, artifacts=files)
    same, other = index.files_unchanged(known)
    assert (same.status, other.status) == (Status.PASS, Status.FAIL)
    [whole] = index.partial_release(known)
    assert whole.status is Status.PASS
