"""The two forms of a Simple page, well made and otherwise."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pypi_publish.errors import Problem, Unanswered
from pypi_publish.index.filename import version_in
from pypi_publish.index.model import File, Marker, Page
from pypi_publish.index.simple import read_page

URL = "https://h.org/simple/demo/"
JSON = "application/vnd.pypi.simple.v1+json"
SHA = "ab" * 32


def page(text: str | bytes, kind: str = "text/html", name: str = "demo") -> Page:
    return read_page(text.encode() if isinstance(text, str) else text, kind, URL, name)


def from_json(**changes: Any) -> Page:
    told = {"meta": {"api-version": "1.4"}, "name": "demo", "files": [], **changes}
    return page(json.dumps(told), JSON)


def file_from_json(**changes: Any) -> File:
    told = {"filename": "demo-1.0.tar.gz", "url": "x/demo-1.0.tar.gz", "hashes": {}, **changes}
    return from_json(files=[told]).files[0]


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        pytest.param("demo-1.0-py3-none-any.whl", "1.0", id="wheel"),
        pytest.param("demo-1.0-1-py3-none-any.whl", "1.0", id="wheel-with-build-tag"),
        pytest.param("demo-1.0.tar.gz", "1.0", id="sdist"),
        pytest.param("Demo-1.0.zip", "1.0", id="old-sdist"),
        pytest.param("demo-1.0-1.tar.gz", "1.0-1", id="implicit-post-release"),
        pytest.param("demo-1.0.tar.bz2", "1.0", id="bz2"),
        pytest.param("demo-extra-1.0.tar.gz", "extra-1.0", id="another-project-is-no-version"),
        pytest.param("other-1.0.tar.gz", None, id="another-project"),
        pytest.param("demo-1.0.exe", None, id="retired-kind"),
        pytest.param("demo.whl", None, id="no-wheel-name"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_version_is_read_from_the_name_of_a_file(filename: str, version: str | None) -> None:
    assert version_in(filename, "demo") == version


def test_a_name_with_separators_is_told_from_its_version() -> None:
    for filename in ("My.Demo-1.0.tar.gz", "my_demo-1.0.tar.gz", "my-demo-1.0.tar.gz"):
        assert version_in(filename, "my-demo") == "1.0"


def test_the_json_form_is_read_whole() -> None:
    file = file_from_json(
        hashes={"sha256": SHA.upper()},
        size=5,
        yanked="broken",
        provenance="https://h.org/p",
        **{
            "upload-time": "2026-11-01T10:00:00.5Z",
            "requires-python": ">=3.9",
            "core-metadata": {"sha256": SHA},
            "gpg-sig": True,
            "unknown": [1],
        },
    )
    assert file == File(
        filename="demo-1.0.tar.gz",
        version="1.0",
        url="https://h.org/simple/demo/x/demo-1.0.tar.gz",
        sha256=SHA,
        size=5,
        yanked="broken",
        upload_time=datetime(2026, 11, 1, 10, 0, 0, 500_000, UTC),
        requires_python=">=3.9",
        core_metadata=SHA,
        provenance="https://h.org/p",
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        pytest.param({}, "yanked", None, id="not-yanked"),
        pytest.param({"yanked": True}, "yanked", "", id="yanked-without-reason"),
        pytest.param({"dist-info-metadata": True}, "core_metadata", True, id="older-key"),
        pytest.param({"core-metadata": False}, "core_metadata", False, id="no-metadata"),
        pytest.param({"hashes": {"md5": "x"}}, "sha256", None, id="another-hash"),
        pytest.param({"hashes": {"sha256": "x" * 64}}, "sha256", None, id="no-hash-at-all"),
        pytest.param({"hashes": None}, "sha256", None, id="null-hashes"),
        pytest.param({"size": None}, "size", None, id="null-size"),
    ],
)
def test_what_an_index_leaves_out_is_not_made_up(
    changes: dict[str, Any], field: str, expected: object
) -> None:
    assert getattr(file_from_json(**changes), field) == expected


@pytest.mark.parametrize(
    ("status", "marker"),
    [
        pytest.param({"status": "archived", "reason": "moved"}, Marker.ARCHIVED, id="archived"),
        pytest.param({"status": "quarantined"}, Marker.QUARANTINED, id="quarantined"),
        pytest.param({"status": "of-tomorrow"}, Marker.ACTIVE, id="unknown-marker"),
        pytest.param(None, Marker.ACTIVE, id="null"),
    ],
)
def test_the_status_of_the_project_is_read(status: dict[str, str] | None, marker: Marker) -> None:
    assert from_json(**{"project-status": status}).marker is marker


@pytest.mark.parametrize(
    "told",
    [
        pytest.param("[]", id="a-list"),
        pytest.param("{", id="truncated"),
        pytest.param("", id="empty"),
        pytest.param("[" * 100_000, id="nested-without-end"),
        pytest.param('{"meta": {}, "files": {}}', id="files-are-a-table"),
        pytest.param('{"meta": {}, "files": [{"filename": 1, "url": "x"}]}', id="wrong-type"),
        pytest.param('{"meta": {}, "files": [{"filename": "a"}]}', id="no-address"),
        pytest.param('{"meta": {"api-version": "2.0"}, "files": []}', id="another-major-version"),
        pytest.param('{"meta": {}, "name": "other", "files": []}', id="another-project"),
        pytest.param('{"meta": {}}', id="no-files"),
        pytest.param(b"\xff\xfe{}", id="not-utf-8"),
    ],
)
def test_json_that_is_no_simple_page_is_no_answer(told: str | bytes) -> None:
    with pytest.raises(Unanswered) as raised:
        page(told, JSON)
    assert len(raised.value.message) < 400


def test_the_html_form_is_read_with_its_attributes() -> None:
    [file] = page(
        f'<html><head><base href="/files/"></head><body><a'
        f' href="a%2Bb/demo-1.0.tar.gz#sha256={SHA}"'
        f' data-requires-python="&gt;=3.9" data-yanked="bad &amp; worse"'
        f' data-core-metadata="sha256={SHA}">demo</a></body></html>'
    ).files
    assert file == File(
        filename="demo-1.0.tar.gz",
        version="1.0",
        url="https://h.org/files/a%2Bb/demo-1.0.tar.gz",
        sha256=SHA,
        yanked="bad & worse",
        requires_python=">=3.9",
        core_metadata=SHA,
    )


@pytest.mark.parametrize(
    ("attributes", "field", "expected"),
    [
        pytest.param("data-yanked", "yanked", "", id="yanked-without-value"),
        pytest.param("", "yanked", None, id="not-yanked"),
        pytest.param('data-dist-info-metadata="true"', "core_metadata", True, id="older-name"),
        pytest.param('data-core-metadata="false"', "core_metadata", False, id="denied"),
    ],
)
def test_attributes_of_an_anchor_are_read_as_the_standard_says(
    attributes: str, field: str, expected: object
) -> None:
    [file] = page(f"<a href='demo-1.0.tar.gz' {attributes}>x</a>").files
    assert getattr(file, field) == expected


def test_links_that_are_not_of_the_project_are_left_alone() -> None:
    told = page("<title>Links for demo</title><a href='../'>up</a><a href='other-1.0.zip'>x</a>")
    assert told.files == ()


def test_the_status_is_read_from_html_too() -> None:
    told = page(
        '<meta name="pypi:repository-version" content="1.4">'
        '<meta name="pypi:project-status" content="archived">'
        '<meta name="pypi:project-status-reason" content="moved">'
    )
    assert (told.marker, told.marker_reason) == (Marker.ARCHIVED, "moved")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<title>Links for demo</title><h1>Links for demo</h1>", id="titled"),
        pytest.param("<!DOCTYPE html><html><body></body></html>", id="bare"),
    ],
)
def test_an_empty_page_is_a_project_without_files(text: str) -> None:
    assert page(text).files == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('<form><input type="password"></form>', id="sign-in"),
        pytest.param('<script src="app.js"></script><div id="app"></div>', id="application"),
        pytest.param("<h1>Welcome</h1><a href='/browse'>browse</a>", id="welcome-page"),
        pytest.param('<meta name="pypi:repository-version" content="2.0">', id="another-major"),
        pytest.param("<a " + "x" * 600_000, id="tag-without-end"),
        pytest.param("<" * 500_001, id="tags-without-number"),
        pytest.param("<![<![", id="marked-section-without-name"),
    ],
)
def test_html_that_is_no_simple_page_is_no_answer(text: str) -> None:
    with pytest.raises(Unanswered):
        page(text)


@pytest.mark.parametrize("kind", ["image/png", "", "application/vnd.pypi.simple.v2+json", "text/"])
def test_another_content_type_is_no_answer(kind: str) -> None:
    with pytest.raises(Unanswered):
        page("{}", kind)


def test_json_that_installers_pass_over_is_read_and_marked() -> None:
    told = '{"meta": {"api-version": "1.0"}, "name": "demo", "files": []}'
    assert page(told, "application/json").passed_over
    assert not page(told, f"{JSON}; charset=utf-8").passed_over


@pytest.mark.parametrize(
    ("fragment", "sha256", "digest"),
    [
        pytest.param(f"sha256={SHA}", SHA, None, id="sha256"),
        pytest.param(f"md5={'A' * 32}", None, f"md5={'a' * 32}", id="md5"),
        pytest.param(f"sha512={'b' * 128}", None, f"sha512={'b' * 128}", id="sha512"),
        pytest.param(f"sha1={'b' * 40}&md5={'a' * 32}", None, f"sha1={'b' * 40}", id="stronger"),
        pytest.param("md5=abc", None, None, id="too-short"),
        pytest.param("egg=demo", None, None, id="none"),
    ],
)
def test_another_digest_stands_for_a_sha256(
    fragment: str, sha256: str | None, digest: str | None
) -> None:
    [file] = page(f'<a href="/demo-1.0.tar.gz#{fragment}">x</a>').files
    assert (file.sha256, file.digest) == (sha256, digest)


def test_a_name_with_two_digests_is_disputed() -> None:
    one, other = (f'<a href="/demo-1.0.tar.gz#sha256={sign * 64}">x</a>' for sign in "ab")
    assert page(one + other).disputed == ("demo-1.0.tar.gz",)
    md5 = f'<a href="/demo-1.0.tar.gz#md5={"c" * 32}">x</a>'
    assert page(one + one + md5 + '<a href="/demo-1.0.tar.gz">x</a>').disputed == ()
    files = [
        {"filename": "demo-1.0.tar.gz", "url": "x", "hashes": {"sha256": sign * 64}}
        for sign in "ab"
    ]
    assert from_json(files=files).disputed == ("demo-1.0.tar.gz",)


def test_an_unknown_charset_does_no_harm() -> None:
    assert page("<a href=demo-1.0.tar.gz>", "text/html; charset=klingon").files


_JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["filename", "url", "hashes", "size", "yanked", "upload-time", "core-metadata"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "meta": st.just({"api-version": "1.1"}) | _JSON_VALUES,
            "name": st.just("demo") | _JSON_VALUES,
            "files": st.lists(_JSON_VALUES, max_size=3),
            "versions": _JSON_VALUES,
            "project-status": _JSON_VALUES,
        },
    )
)
def test_any_json_is_a_page_or_a_problem(told: dict[str, Any]) -> None:
    with suppress(Problem):
        page(json.dumps(told), JSON)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(
            ["<a href=", "'demo-1.0.tar.gz#sha256=", "</a>", "<base href='", "<!--", "<![CDATA[",
             "<![", "<!", "<?", "<script>", "http://[", "&#x110000;", "\x00", "\x1b",
             ">", "'", "%ff", "<meta name="]
        )
        | st.text(max_size=8),
        max_size=12,
    ).map("".join),
    st.text(max_size=20),
)  # fmt: skip
def test_any_html_is_a_page_or_a_problem(text: str, parameters: str) -> None:
    with suppress(Problem):
        page(text.encode("utf-8", "replace"), f"text/html;{parameters}")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([JSON, "text/html"]) | st.text(max_size=12))
def test_any_bytes_are_a_page_or_a_problem(body: bytes, kind: str) -> None:
    with suppress(Problem):
        read_page(body, kind, URL, "demo")
