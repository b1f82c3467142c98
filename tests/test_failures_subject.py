"""An answer names the project, the file and the index of its own log."""

import io

import pytest

from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from pypi_publish.failures.subject import Subject
from pypi_publish.report.answer import Answer


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def diagnosed(log: str, catalogue: Catalogue) -> Answer:
    return answer(Story(read_log([LogFile(io.BytesIO(log.encode()))], catalogue)), catalogue)


WHEEL = Subject(project="tidewheel", version="1.4.0", file="tidewheel-1.4.0-py3-none-any.whl")


@pytest.mark.parametrize(
    ("subject", "sentence", "expected"),
    [
        pytest.param(
            WHEEL,
            "Look at https://pypi.org/project/NAME/VERSION/#files.",
            "Look at https://pypi.org/project/tidewheel/1.4.0/#files.",
            id="project-and-version",
        ),
        pytest.param(
            WHEEL,
            "Run `unzip -l dist/NAME.whl`.",
            "Run `unzip -l dist/tidewheel-1.4.0-py3-none-any.whl`.",
            id="file",
        ),
        pytest.param(
            WHEEL,
            "Run `tar -tf dist/NAME.tar.gz`.",
            "Run `tar -tf dist/NAME.tar.gz`.",
            id="file-of-another-kind",
        ),
        pytest.param(
            WHEEL,
            "Set POETRY_HTTP_BASIC_NAME_USERNAME and `secrets.NAME`.",
            "Set POETRY_HTTP_BASIC_NAME_USERNAME and `secrets.NAME`.",
            id="other-names",
        ),
        pytest.param(
            Subject(on_testpypi=True),
            "Register it at https://pypi.org/manage/account/publishing/.",
            "Register it at https://test.pypi.org/manage/account/publishing/.",
            id="testpypi",
        ),
        pytest.param(
            Subject(on_testpypi=True),
            "A token of https://pypi.org/manage/account/ is none of https://test.pypi.org.",
            "A token of https://pypi.org/manage/account/ is none of https://test.pypi.org.",
            id="both-indexes-are-spoken-of",
        ),
        pytest.param(
            Subject(),
            "See https://pypi.org/project/NAME/.",
            "See https://pypi.org/project/NAME/.",
            id="nothing-known",
        ),
    ],
)
def test_a_sentence_gets_the_names_that_the_log_shows(
    subject: Subject, sentence: str, expected: str
) -> None:
    assert subject.named_in(sentence) == expected


def test_the_refused_file_names_the_project(catalogue: Catalogue) -> None:
    found = diagnosed(
        "Uploading distributions to https://test.pypi.org/legacy/\n"
        "Uploading tidewheel-1.4.0-py3-none-any.whl\n"
        "ERROR    HTTPError: 400 Bad Request from https://test.pypi.org/legacy/\n"
        "         File already exists ('tidewheel-1.4.0-py3-none-any.whl', with\n"
        "         blake2_256 hash 'ab'). See https://test.pypi.org/help/#file-name-reuse\n"
        "         for more information.\n",
        catalogue,
    )
    assert any("https://test.pypi.org/project/tidewheel/1.4.0/#files" in step for step in found.fix)


def test_the_message_names_the_project_better_than_the_file(catalogue: Catalogue) -> None:
    found = diagnosed(
        "Uploading distributions to https://upload.pypi.org/legacy/\n"
        "Uploading tide_wheel-1.4.0-py3-none-any.whl\n"
        "ERROR    HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/\n"
        "         The user 'ada' isn't allowed to upload to project 'tide-wheel'. See\n"
        "         https://pypi.org/help/#project-name for more information.\n",
        catalogue,
    )
    assert any("https://pypi.org/project/tide-wheel/" in step for step in found.fix)


def test_a_masked_name_is_not_put_into_an_address(catalogue: Catalogue) -> None:
    found = diagnosed(
        "Uploading distributions to https://upload.pypi.org/legacy/\n"
        "Uploading ***-1.4.0-py3-none-any.whl\n"
        "ERROR    HTTPError: 403 Forbidden from https://upload.pypi.org/legacy/\n"
        "         Invalid or non-existent authentication information.\n",
        catalogue,
    )
    assert found.class_ == "pypi-invalid-auth"
    assert not any("***" in step for step in found.fix)


def test_files_of_several_projects_name_none(catalogue: Catalogue) -> None:
    found = diagnosed(
        "error: Failed to obtain token for trusted publishing\n"
        "  Caused by: Failed to obtain OIDC token: is the `id-token: write` permission missing?\n"
        "tidewheel-1.4.0.tar.gz (3.1 KB)\nrookery-2.0.1.tar.gz (3.1 KB)\n",
        catalogue,
    )
    assert found.class_ == "uv-tp-permissions"
    assert not any("tidewheel" in step or "rookery" in step for step in found.fix)
