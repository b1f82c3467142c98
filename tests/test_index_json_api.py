"""The JSON of a project and of a release, well made and otherwise."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pypi_publish.errors import Unanswered
from pypi_publish.index.json_api import Told, release_in_project_json, release_in_version_json

URL = "https://h.org/pypi/demo/json"
SHA = "ab" * 32
SDIST = {"filename": "demo-1.0.tar.gz", "url": "u", "digests": {"sha256": SHA}, "size": 3}
EGG = {"filename": "demo-1.0-py2.7.egg", "url": "u"}


def project(body: Any, version: str = "1.0") -> Told:
    return release_in_project_json(json.dumps(body).encode(), URL, "demo", version)


def release(body: Any, version: str = "1.0") -> Told:
    return release_in_version_json(json.dumps(body).encode(), URL, "demo", version)


@pytest.mark.parametrize(
    ("body", "version", "known"),
    [
        pytest.param({"releases": {"1.0": [SDIST]}}, "1.0", True, id="listed"),
        pytest.param({"releases": {"1.0": [SDIST]}}, "1.0.0", True, id="spelled-otherwise"),
        pytest.param({"releases": {"0.9": []}}, "1.0", False, id="another-one"),
        pytest.param({"releases": {"not a version": []}}, "1.0", False, id="no-version"),
        pytest.param({"info": {"version": "1.0"}, "urls": [SDIST]}, "1.0", True, id="the-newest"),
        pytest.param({"info": {"version": "0.9"}}, "1.0", False, id="newer-than-the-newest"),
        pytest.param({"info": {"version": "2.0"}}, "1.0", None, id="maybe-an-older-one"),
        pytest.param({"info": {"version": "0.9"}}, "1.0rc1", None, id="maybe-a-pre-release"),
    ],
)
def test_the_json_of_a_project_tells_of_a_release(
    body: Any, version: str, known: bool | None
) -> None:
    told = project({"info": {"name": "Demo"}, **body}, version)
    assert told.known is known
    assert bool(told.files) == bool(known)


def test_a_release_without_any_file_is_told_from_one_with_old_files() -> None:
    assert project({"releases": {"1.0": []}}).emptied
    eggs = project({"releases": {"1.0": [EGG]}})
    assert (eggs.known, eggs.files, eggs.emptied) == (True, (), False)


def test_files_that_are_barely_described_are_passed_over() -> None:
    assert project({"releases": {"1.0": [{"url": "http://h/x"}, SDIST]}}).files[0].sha256 == SHA


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"info": {"name": "other"}, "urls": []}, id="another-project"),
        pytest.param({"info": {"version": "2.0"}, "urls": []}, id="another-release"),
        pytest.param({"info": {"version": "1.0"}}, id="no-files"),
        pytest.param({}, id="empty"),
        pytest.param([], id="a-list"),
        pytest.param({"urls": [{"filename": 5, "url": ""}]}, id="a-number-for-a-name"),
    ],
)
def test_the_json_of_a_release_has_to_be_of_that_release(body: Any) -> None:
    with pytest.raises(Unanswered):
        release(body)


def test_the_software_of_pypi_counts_changes() -> None:
    assert release({"urls": [SDIST], "last_serial": 7}).warehouse
    assert not release({"urls": [SDIST]}).warehouse


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"releases":' + b"[" * 100_000, id="deep"),
        pytest.param(b'{"info": {"version": "' + b"9" * 5_000 + b'"}, "urls": []}', id="long"),
        pytest.param(b"\xff\xfe", id="no-text"),
        pytest.param(b'{"urls": [', id="cut-off"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_hostile_json_ends_in_a_clear_error(body: bytes) -> None:
    for read in (release_in_project_json, release_in_version_json):
        with suppress(Unanswered):
            read(body, URL, "demo", "1.0")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["info", "releases", "urls", "filename", "url", "version", "1.0"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(body=JSON)
@settings(deadline=None, max_examples=50)
def test_no_json_is_worse_than_an_answer_that_tells_nothing(body: Any) -> None:
    for read in (project, release):
        with suppress(Unanswered):
            read(body)
