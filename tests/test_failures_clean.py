"""What runners and terminals put around a line is taken off, and secrets are taken out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_publish.failures.clean import Layout, layout_of, lines_of
from pypi_publish.failures.redact import redacted
from pypi_publish.failures.stream import Stretch

OF_GH = b"publish\tUpload \xf0\x9f\x93\xa6\t2026-10-02T08:00:00.1000000Z "


def cleaned(line: bytes, layout: Layout | None = None) -> list[str]:
    return [item.text for item in lines_of(Stretch(1, line), layout or Layout())]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"hello there", id="bare"),
        pytest.param(b"\xef\xbb\xbfhello there", id="byte-order-mark"),
        pytest.param(b"hello there\r", id="carriage-return"),
        pytest.param(b"\x1b[31;1mhello\x1b[0m there\x1b[K", id="colours"),
        pytest.param(b"[36;1mhello there[0m", id="colours-without-their-escape"),
        pytest.param(b"\x1b]8;;https://example.org\x1b\\hello there\x1b]8;;\x1b\\", id="link"),
        pytest.param(b"2026-10-02T08:00:00.1234567Z hello there", id="github-raw"),
        pytest.param(b"2026-10-02T08:00:00.123456Z 01O hello there", id="gitlab-with-times"),
        pytest.param(b"##[error]hello there", id="error-mark"),
        pytest.param(b"::error file=a.py,line=3,title=No: way::hello there", id="command"),
        pytest.param(b"[   28s] hello there", id="obs"),
        pytest.param(b"#12 3.456 hello there", id="docker"),
        pytest.param(b"[12:01:02] hello there", id="clock"),
        pytest.param(b"\xe2\x94\x82 hello there \xe2\x94\x82", id="box"),
        pytest.param(b" 10%|#   | 1/9\r 90%|######## | 8/9\rhello there", id="progress-bar"),
        pytest.param(b"section_start:1760000000:step_script\r\x1b[0Khello there", id="section"),
    ],
)
def test_a_line_is_what_the_tool_wrote(line: bytes) -> None:
    assert cleaned(line)[-1].strip() == "hello there"


def test_prefixes_of_gh_are_taken_off_and_kept_as_job_and_step() -> None:
    head = OF_GH + b"##[error]one\npublish\tUpload \xf0\x9f\x93\xa6\ttwo\n"
    first, second, _ = lines_of(Stretch(5, head), layout_of(head))
    assert (first.number, first.text, first.mark) == (5, "one", "error")
    assert (second.number, second.text) == (6, "two")
    assert (second.job, second.step) == ("publish", "Upload \N{PACKAGE}")


def test_tabs_of_a_tool_are_no_prefix() -> None:
    assert cleaned(b"name\tversion\tsize", layout_of(b"name\tversion\tsize")) == [
        "name\tversion\tsize"
    ]


def test_encoded_line_breaks_become_lines_of_one_number() -> None:
    lines = lines_of(Stretch(3, b"##[error]one%0A%0Atwo%25"), Layout())
    assert [(line.number, line.text) for line in lines] == [(3, "one"), (3, ""), (3, "two%")]


def test_entities_of_a_page_are_decoded() -> None:
    assert cleaned(b"isn&#x27;t &gt; 3") == ["isn't > 3"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(rb'{"a": "1.\n\n2 \"b\""}', ['{"a": "1.', "", '2 "b""}'], id="json"),
        pytest.param(rb"it isn\u0027t", ["it isn't"], id="letters-of-json"),
        pytest.param(rb"'/' or '\\' in it", ["'/' or '\\' in it"], id="backslash-of-json"),
        pytest.param(rb"b'it isn\'t'", ["b'it isn't'"], id="bytes-of-python"),
        pytest.param(rb"C:\new\names\x", [r"C:\new\names\x"], id="path-on-windows"),
        pytest.param(rb"'/' or '\' in it", ["'/' or '\\' in it"], id="backslash-as-it-is"),
    ],
)
def test_what_a_quotation_escapes_is_undone(line: bytes, expected: list[str]) -> None:
    assert cleaned(line) == expected


@pytest.mark.parametrize("margin", ["> ", "    ", ">     ", "\t"])
def test_a_margin_of_all_lines_is_taken_off(margin: str) -> None:
    log = f"{margin}one\n{margin}  two\n{margin.rstrip()}\n{margin}three".encode()
    assert cleaned(log, layout_of(log)) == ["one", "  two", "", "three"]


def test_the_marks_of_some_lines_are_no_margin() -> None:
    log = b"    def test():\n>       assert x\nE       assert 1"
    assert cleaned(log, layout_of(log)) == log.decode().split("\n")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("token pypi-AgEIcHlwaS5vcmcCJDExMTExMTEx here", "pypi-AgEIcHlwaS5vcmc"),
        ("https://ada:hunter22@example.org/legacy/", "hunter22"),
        ("https://sometoken123@example.org/simple", "sometoken123"),
        ("Authorization: Basic X190b2tlbl9fOnB5cGk=", "X190b2tlbl9fOnB5cGk"),
        ("authorization: Bearer abcdefghijk", "abcdefghijk"),
        ("{'Authorization': 'token abcdef123456'}", "abcdef123456"),
        ("> Proxy-Authorization: Basic YWRhOnB3ZA==", "YWRhOnB3ZA"),
        ("TWINE_PASSWORD=swordfish99", "swordfish99"),
        ("  TWINE_PASSWORD: swordfish", "swordfish"),
        ("password = s3cr3t-thing", "s3cr3t-thing"),
        ("twine upload -u me -p swordfish dist/*", "swordfish"),
        ("--token abcdefgh", "abcdefgh"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "eyJzdWIiOiJ4In0"),
        ("ghs_" + "a" * 36, "a" * 36),
        ("glpat-" + "b1" * 10, "b1" * 10),
        ("Set-Cookie: session=abcdef; Path=/", "abcdef"),
    ],
)
def test_a_secret_is_taken_out(text: str, secret: str) -> None:
    assert secret not in redacted(text)
    assert "***" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "Invalid API Token: project-scoped token is not valid for project: 'tidewheel'",
        "permissions: id-token: write",
        "password: ${{ secrets.PYPI_API_TOKEN }}",
        "INFO     password: <hidden>",
        "Token request failed: the server refused the request for the following reasons:",
        "git@github.com:ada/tidewheel.git",
        "https://pypi.org/project/tidewheel/1.4.0/",
        "Missing credentials for https://upload.pypi.org/legacy/",
        "`invalid-token`: malformed or invalid token",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.binary(max_size=300))
def test_any_bytes_are_cleaned(data: bytes) -> None:
    for line in lines_of(Stretch(1, data), layout_of(data)):
        assert "\x1b" not in line.text
        assert "\n" not in line.text
