"""Whole logs: those that fail get their class, those that are innocent are not blamed."""

from pathlib import Path

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Answer

LOGS = Path(__file__).parent / "data" / "logs"
FAILING = sorted((LOGS / "failing").glob("*.log"))
INNOCENT = sorted((LOGS / "innocent").glob("*.log"))
UNPREFIXED = [path for path in (*FAILING, *INNOCENT) if b"\t" not in path.read_bytes()]
EXPECTED = {"success": "success", "other": "not-a-publish-failure"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def diagnosed(path: Path, catalogue: Catalogue) -> Answer:
    with path.open("rb") as file:
        return answer(Story(read_log([LogFile(file)], catalogue)), catalogue)


@pytest.mark.parametrize("path", FAILING, ids=lambda path: path.stem)
def test_a_failing_log_gets_the_class_that_its_file_is_named_after(
    path: Path, catalogue: Catalogue
) -> None:
    found = diagnosed(path, catalogue)
    assert found.class_ == path.name.partition(".")[0]
    assert found.evidence
    assert found.fix


@pytest.mark.parametrize("path", INNOCENT, ids=lambda path: path.stem)
def test_an_innocent_log_is_not_blamed_on_publishing(path: Path, catalogue: Catalogue) -> None:
    assert diagnosed(path, catalogue).category == EXPECTED[path.name.partition(".")[0]]


def test_there_are_enough_innocent_logs() -> None:
    assert len(INNOCENT) >= 40


@pytest.mark.parametrize("path", UNPREFIXED, ids=lambda path: path.stem)
def test_a_log_with_gh_prefixes_means_the_same(
    path: Path, catalogue: Catalogue, tmp_path: Path
) -> None:
    """The step is called as nothing in particular, so that only the log itself counts."""
    text = path.read_text(encoding="utf-8")
    prefixed = tmp_path / path.name
    step = "job\tPublish\t2026-10-02T08:00:00.1000000Z "
    prefixed.write_text("".join(step + line + "\n" for line in text.splitlines()), "utf-8")
    assert diagnosed(prefixed, catalogue).class_ == diagnosed(path, catalogue).class_


def test_a_partial_upload_names_the_files_that_are_up(catalogue: Catalogue) -> None:
    found = diagnosed(LOGS / "failing" / "pypi-file-exists.partial-upload.log", catalogue)
    assert found.uploads is not None
    assert found.uploads.uploaded == ("tidewheel-1.4.0-cp311-cp311-manylinux_2_28_x86_64.whl",)
    assert found.uploads.refused == ("tidewheel-1.4.0-cp312-cp312-manylinux_2_28_x86_64.whl",)
    assert "14 days" in found.summary


def test_a_bare_refusal_begins_with_how_to_get_the_reason(catalogue: Catalogue) -> None:
    found = diagnosed(LOGS / "failing" / "bare-400.plain.log", catalogue)
    assert "verbose: true" in found.fix[0]
    assert found.confidence == "low"
