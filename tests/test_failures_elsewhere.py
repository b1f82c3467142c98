"""What failed is named where publishing did not, and a log that breaks off is no success."""
# ruff: noqa: E501 - lines of logs are as long as they are

import io

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Answer

STEP = "build\tIntegration\t2026-10-02T08:00:00.1000000Z "
RELEASE = "release\tPublish\t2026-10-02T08:00:00.1000000Z "
UPLOAD = "Uploading distributions to https://upload.pypi.org/legacy/\n"
ENDED = "##[error]Process completed with exit code 3.\n"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def diagnosed(log: str, catalogue: Catalogue) -> Answer:
    return answer(Story(read_log([LogFile(io.BytesIO(log.encode()))], catalogue)), catalogue)


def in_step(prefix: str, log: str) -> str:
    return "".join(f"{prefix}{line}\n" for line in log.splitlines())


@pytest.mark.parametrize(
    ("log", "named"),
    [
        pytest.param(
            in_step(STEP, f"##[group]Run ./ci/all.sh --fast\n##[endgroup]\nno\n{ENDED}"),
            "`./ci/all.sh --fast`", id="command-of-a-step",
        ),
        pytest.param(in_step(STEP, f"no\n{ENDED}"), "the step 'Integration'", id="step"),
        pytest.param("$ ruby test.rb\nboom\nERROR: Job failed: exit code 1\n", "`ruby test.rb`", id="shell"),
        pytest.param("building\n\nmake: *** [Makefile:12: docs] Error 2\n", "`make docs`", id="make"),
        pytest.param("error: Recipe `check` failed on line 3 with exit code 1\n", "`just check`", id="just"),
        pytest.param('building\n\nThe command "bundle exec rake" exited with 1.\n', "`bundle exec rake`", id="travis"),
        pytest.param(
            "##[error]The process '/usr/bin/swift' failed with exit code 1\n", "`swift`", id="action",
        ),
        pytest.param(
            "subprocess.CalledProcessError: Command '['doxygen', 'Doxyfile']' returned non-zero exit status 1.\n",
            "`doxygen`", id="subprocess",
        ),
        pytest.param(
            "> Task :lint FAILED\nExited with code exit status 1\n", "`gradle :lint`", id="gradle",
        ),
        pytest.param(
            "error: could not compile `tide` (lib) due to 1 previous error\n" + ENDED, "cargo",
            id="tool-that-is-known",
        ),
        pytest.param("it went wrong\n" + ENDED, "a command before publishing", id="nothing-known"),
    ],
)  # fmt: skip
def test_what_failed_is_named(log: str, named: str, catalogue: Catalogue) -> None:
    found = diagnosed(log, catalogue)
    assert found.class_ == "not-a-publish-failure"
    assert found.title == f"Not a publish failure: {named}"


def test_an_exit_code_is_explained(catalogue: Catalogue) -> None:
    log = in_step(STEP, "no\n##[error]Process completed with exit code 137.\n")
    assert "want of memory" in diagnosed(log, catalogue).summary


def test_what_fails_after_the_upload_leaves_the_version_alone(catalogue: Catalogue) -> None:
    log = in_step(RELEASE, UPLOAD + "View at:\nhttps://pypi.org/project/tide/1.0/\n")
    log += in_step(STEP, "##[group]Run announce\n##[error]SlackError: invalid_auth\n")
    found = diagnosed(log, catalogue)
    assert found.class_ == "not-a-publish-failure"
    assert "upload itself had worked" in found.summary
    assert "on the index" in found.fix[-1]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param(UPLOAD + "Uploading tide-1.0.tar.gz\n 40% ━━━━━━━\n", "log-ends-early", id="twine-bar"),
        pytest.param(UPLOAD + "Uploading tide-1.0.tar.gz\n", "log-ends-early", id="twine-no-address"),
        pytest.param(
            UPLOAD + "Uploading tide-1.0.tar.gz\nView at:\nhttps://pypi.org/project/tide/1.0/\n",
            "published", id="twine-done",
        ),
        pytest.param(
            "Uploading distributions to https://pypi.example.org/\nUploading tide-1.0.tar.gz\n",
            "no-failure", id="twine-elsewhere-prints-no-address",
        ),
        pytest.param(
            "Publishing 2 files to https://upload.pypi.org/legacy/\nUploading tide-1.0.tar.gz (1KiB)\n",
            "log-ends-early", id="uv-announced-more",
        ),
        pytest.param(
            "Publishing 1 file to https://upload.pypi.org/legacy/\nUploading tide-1.0.tar.gz (1KiB)\n",
            "no-failure", id="uv-done",
        ),
        pytest.param(
            "Publishing tide (1.0) to PyPI\n - Uploading tide-1.0.tar.gz 40%\n", "log-ends-early",
            id="poetry-bar",
        ),
        pytest.param(
            "Publishing tide (1.0) to PyPI\n - Uploading tide-1.0.tar.gz 0% - Uploading tide-1.0.tar.gz 100%\n",
            "no-failure", id="poetry-done",
        ),
        pytest.param(
            in_step(RELEASE, UPLOAD + "Uploading tide-1.0.tar.gz\n##[error]The operation was canceled.\n"),
            "run-cancelled", id="cancelled-in-the-upload",
        ),
        pytest.param(
            in_step(STEP, "##[error]The operation was canceled.\n"), "not-a-publish-failure",
            id="cancelled-before",
        ),
    ],
)  # fmt: skip
def test_an_upload_without_its_end_is_no_success(
    log: str, expected: str, catalogue: Catalogue
) -> None:
    found = diagnosed(log, catalogue)
    assert found.class_ == expected
    assert found.evidence or expected == "no-failure"
