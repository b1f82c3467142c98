"""Metadata as PyPI judges it: every refusal with its message, and the near miss that passes."""
# ruff: noqa: E501 - a row of a table is a line

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifact_maker import metadata
from pypi_publish.core_metadata import dependencies, names, versions
from pypi_publish.core_metadata.fields import BY_NAME
from pypi_publish.core_metadata.parse import parse
from pypi_publish.core_metadata.rules import refusals

Changes = dict[str, str | list[str] | None]


def messages(changes: Changes, body: str = "# Sample\n") -> list[str]:
    parsed = parse(metadata(changes, body))
    found = [*parsed.problems, *refusals(parsed.fields, whole=True)]
    return [refusal.message for refusal in found]


RST: Changes = {"Description-Content-Type": "text/x-rst"}
OLD: Changes = {"Metadata-Version": "2.1", "License-Expression": None, "License-File": None}

REFUSED = [
    ({"Metadata-Version": "2.0"}, "'2.0' is not a valid metadata version"),
    ({"Metadata-Version": "2.6"}, "'2.6' is not a valid metadata version"),
    ({"Metadata-Version": None}, "is not a valid metadata version"),
    ({"Name": "-sample"}, "'-sample' is an invalid value for Name. Error: Start and end with a letter"),
    ({"Name": "sample pkg"}, "'sample pkg' is invalid for 'name'"),
    ({"Name": None}, "'' is an invalid value for Name. Error: This field is required."),
    ({"Name": None}, "'name' is a required field"),
    ({"Name": "UNKNOWN"}, "'' is an invalid value for Name. Error: This field is required."),
    ({"Version": None}, "'version' is a required field"),
    ({"Name": "tomllib"}, "(conflict with Python Standard Library module name)"),
    ({"Name": "xml.dom"}, "(conflict with Python Standard Library module name)"),
    ({"Version": "1.0-final"}, "'1.0-final' is invalid for 'version'"),
    ({"Version": "1.0+local.1"}, "The use of local versions in '1.0+local.1' is not allowed."),
    ({"Version": "1.0-alpha+l"}, "The use of local versions in '1.0a0+l' is not allowed."),
    ({"Summary": "x" * 513}, "'summary' field must be 512 characters or less."),
    ({"Summary": "one\n  two"}, "'summary' must be a single line"),
    ({"Summary": "one\x85"}, "'summary' must be a single line"),
    ({"Summary": "one\x0ctwo"}, "'summary' must be a single line"),
    ({"Author-email": "jane at example.com"}, "is not a valid email address: "),
    ({"Author-email": "jane@localhost"}, "'jane@localhost' is not a valid email address: "),
    ({"Maintainer-email": "J <j@example.test>"}, "'j@example.test' is not a valid email address: "),
    ({"Author-email": "jane..roe@example.com"}, "is not a valid email address: "),
    ({"Classifier": ["Programming Language :: Pyton"]}, "'Programming Language :: Pyton' is not a valid classifier."),
    ({"Classifier": ["Private :: Do Not Upload"]}, "'Private :: Do Not Upload' is not a valid classifier."),
    ({"Classifier": ["Natural Language :: Ukranian"]}, "The classifier 'Natural Language :: Ukranian' has been deprecated, use one of ['Natural Language :: Ukrainian'] instead."),
    ({"Home-page": "www.example.com"}, "'www.example.com' is not a valid url."),
    ({"Download-URL": "ftp://example.com/x"}, "'ftp://example.com/x' is not a valid url."),
    ({"Project-URL": [", https://example.com"]}, "Must have a label"),
    ({"Project-URL": ["L" * 33 + ", https://example.com"]}, f"{'L' * 33!r} must be 32 characters or less."),
    ({"Project-URL": ["Docs,"]}, "Must have a URL"),
    ({"Project-URL": ["Docs"]}, "Must have a URL"),
    ({"Project-URL": ["UNKNOWN"]}, "Must have a URL"),
    ({"Project-URL": [""]}, "Must have a label"),
    ({"Project-URL": ["Docs, example.com"]}, "'example.com' is not a valid url"),
    ({"Project-URL": ["A, https://a.io", "A, https://b.io"]}, "'project_urls' has invalid data"),
    ({"Requires-Python": "3.11+"}, "'3.11+' is invalid for 'requires-python'"),
    ({"Requires-Dist": ["foo >= "]}, "'foo >= ' is invalid for 'requires-dist'"),
    ({"Requires-Dist": ["foo @ https://example.com/foo.whl"]}, "Can't have direct dependency: foo"),
    ({"Provides-Dist": ["foo bar"]}, "'foo bar' is invalid: "),
    ({"Obsoletes-Dist": ["foo @ git+https://a.io/b"]}, "Can't have direct dependency: 'foo @ git+https://a.io/b'"),
    ({"Provides-Extra": ["-cli"]}, "'-cli' is invalid for 'provides-extra'"),
    ({"Dynamic": ["Name"]}, "'name' is not allowed as a dynamic field"),
    ({"Dynamic": ["Colour"]}, "'colour' is not a valid dynamic field"),
    ({"Dynamic": ["Dynamic"]}, "Dynamic field 'dynamic' is not a valid dynamic field."),
    ({"License-Expression": "Apache 2.0"}, "'Apache 2.0' is invalid for 'license-expression'"),
    ({"License-Expression": "MIT AND"}, "Invalid license expression: 'MIT AND'"),
    ({"License-Expression": "BSD"}, "Unknown license: 'bsd'"),
    ({"License-Expression": "MIT WITH nothing"}, "Unknown license exception: 'nothing'"),
    ({"License-Expression": "LicenseRef-a_b"}, "Invalid licenseref: 'licenseref-a_b'"),
    ({"License": "MIT"}, "License is deprecated when License-Expression is present."),
    ({"License-File": ["../LICENSE"]}, "parent directory indicators are not allowed"),
    ({"License-File": ["LICEN*"]}, "paths must be resolved"),
    ({"License-File": ["/LICENSE"]}, "paths must be relative"),
    ({"License-File": ["doc\\LICENSE"]}, "paths must use '/' delimiter"),
    ({"Description-Content-Type": "text/html"}, "'description-content-type' must be one of "),
    ({"Description-Content-Type": "markdown"}, "'description-content-type'"),
    ({"Description-Content-Type": ""}, "'description-content-type' must be one of "),
    ({"Description-Content-Type": "text/markdown; charset=latin-1"}, "can only specify the UTF-8 charset, not 'latin-1'"),
    ({"Description-Content-Type": "text/markdown; charset=utf-8"}, "can only specify the UTF-8 charset, not 'utf-8'"),
    ({"Description-Content-Type": "text/markdown; variant=Pandoc"}, "valid Markdown variants for 'description-content-type' are "),
    ({"Metadata-Version": "2.5", "Import-Name": ["a-b"]}, "'a-b' is invalid for 'import-name'; 'a-b' is not a valid identifier"),
    ({"Metadata-Version": "2.5", "Import-Name": ["a.class"]}, "'a.class' is invalid for 'import-name'; 'class' is a keyword"),
    ({"Metadata-Version": "2.5", "Import-Namespace": ["a; public"]}, "the only valid option is 'private'"),
    ({"Metadata-Version": "2.3", "License-File": None}, "license-expression introduced in metadata version 2.4, not 2.3"),
    ({"Import-Name": ["a"]}, "import-name introduced in metadata version 2.5, not 2.4"),
    ({"Colour": "blue"}, "unrecognized field: 'colour'"),
    ({"Author": ["a", "b"]}, "'author' has invalid data"),
    ({"Name": ["a", "b"]}, "unrecognized or malformed field 'name'"),
]  # fmt: skip

ACCEPTED: list[tuple[Changes, str]] = [
    ({}, "as it is"),
    ({"Metadata-Version": "2.5"}, "newest format"),
    ({**OLD, "License-File": ["../x"]}, "licence files before their standard are left out"),
    (
        {
            **OLD,
            "Metadata-Version": "1.2",
            "Provides-Extra": None,
            "Description-Content-Type": None,
            "Requires-Dist": None,
        },
        "an old format",
    ),
    ({"Name": "Sample.Pkg_1"}, "unnormalised name"),
    ({"Name": "tomllib2"}, "nearly a library name"),
    ({"Version": "1!2.0.post1.dev3"}, "epoch"),
    ({"Version": "v1.0"}, "prefix"),
    ({"Summary": "x" * 512}, "longest summary"),
    ({"Name": "unknown"}, "placeholder in small letters"),
    ({"Summary": "UNKNOWN"}, "placeholder"),
    ({"Summary": "a\tb"}, "tab in the summary"),
    ({"Home-page": "UNKNOWN", "Author-email": "UNKNOWN"}, "placeholders of distutils"),
    ({"Home-page": ""}, "empty page"),
    ({"Home-page": "http://localhost"}, "host without a dot"),
    ({"Author-email": "Jörg <joerg@example.com>"}, "non-ascii name"),
    ({"Author-email": "a@example.com, b@localhost"}, "several addresses are not looked at"),
    ({"Author-email": '"Roe, Jane" <jane@example.com>'}, "quoted name"),
    ({"Author-email": "jörg@exämple.com"}, "non-ascii address"),
    ({"Project-URL": ["L" * 32 + ", https://example.com"]}, "longest label"),
    ({"Project-URL": ["A,https://a.io", "a, https://a.io"]}, "labels differ in case"),
    ({"Requires-Python": "~=3.11,!=3.12.0,<4"}, "specifiers"),
    ({"Requires-Dist": ["foo[bar] (>=1) ; python_version < '3'", "Foo.Bar==1.*"]}, "requirements"),
    ({"Provides-Dist": ["foo (>=1)"], "Obsoletes-Dist": ["bar"]}, "old fields"),
    ({"Dynamic": ["Requires-Dist", "home-page"]}, "dynamic fields"),
    ({"License-Expression": "mit OR (Apache-2.0 AND LicenseRef-x.y)"}, "expression"),
    ({"License-Expression": None, "License": "MIT"}, "old licence alone"),
    ({"License-File": ["licenses/MIT.txt"]}, "licence in a folder"),
    ({"Description-Content-Type": "text/markdown; charset=UTF-8; variant=GFM"}, "parameters"),
    ({"Description-Content-Type": "text/plain; variant=Pandoc"}, "variant of plain text"),
    ({"Metadata-Version": "2.5", "Import-Name": ["a.b; private"]}, "private import name"),
    ({"Metadata-Version": "2.5", "Import-Name": [""]}, "nothing to import"),
    ({"Keywords": "a,b", "Platform": ["any", "linux"]}, "keywords"),
]


@pytest.mark.parametrize(
    ("changes", "message"), [pytest.param(*row, id=f"{row[0]}"[:60]) for row in REFUSED]
)
def test_what_pypi_refuses_is_refused_with_its_message(changes: Changes, message: str) -> None:
    assert message in "\n".join(messages(changes))


@pytest.mark.parametrize("changes", [pytest.param(row, id=what) for row, what in ACCEPTED])
def test_what_pypi_takes_is_not_refused(changes: Changes) -> None:
    assert messages(changes) == []


@pytest.mark.parametrize("body", ["Title\n=====\n\n.. unknown::\n", "`broken <link`_\n", "*open\n"])
def test_restructured_text_that_does_not_render_is_refused(body: str) -> None:
    assert any(
        text.startswith(
            "The description failed to render for 'text/x-rst'. See https://pypi.org/help"
        )
        for text in messages(RST, body)
    )


@pytest.mark.parametrize("kind", [None, ""])
def test_a_readme_without_a_type_is_read_as_restructured_text(kind: str | None) -> None:
    said = messages({"Description-Content-Type": kind}, "# Hi\n\n.. unknown::\n")
    assert any("in the default format of reStructuredText" in text for text in said)


@pytest.mark.parametrize("kind", ["text/markdown", "text/plain"])
def test_only_restructured_text_can_fail_to_render(kind: str) -> None:
    assert messages({"Description-Content-Type": kind}, ".. unknown::\n") == []


def test_restructured_text_that_renders_is_taken() -> None:
    assert messages(RST, "Title\n=====\n\nA `link <https://example.com>`_.\n") == []


def test_the_failing_line_is_named() -> None:
    assert any(
        "line 4: error: Unknown directive" in text for text in messages(RST, "A\n=\n\n.. b::\n")
    )


@pytest.mark.parametrize(
    "data",
    [
        metadata().replace(b"\n", b"\r\n"),
        metadata({"Summary": "é" * 20}),
        metadata({"Summary": "folded\n        twice\n        over"}),
        metadata({"Author": "\xff"}),
        metadata().replace(b"Summary: A sample", b"Summary: \xff\xfe"),
        b"Metadata-Version: 2.1\nName: x\nno header\nVersion: 1\n",
        b"\xef\xbb\xbfMetadata-Version: 2.1\nName: x\n\nbody",
        b"\nName: x\n",
        b"",
        b"Name: x",
        b"Name: x\nDescription: head\n\nbody",
        b"Name:x\nName: \ty\n\n",
        b"Content-Type: multipart/mixed; boundary=a\nName: x\n\n--a\n\n--a--\n",
        b"From someone\nName: x\n\n",
        b"Name: x\n: of nobody\nVersion: 1\n\nbody",
        b"Name: x\nFrom someone\nVersion: 1\n\nbody",
    ],
)
def test_a_metadata_file_is_read_as_the_library_of_the_index_reads_it(data: bytes) -> None:
    from packaging.metadata import parse_email

    raw, unparsed = parse_email(data)
    fields = parse(data).fields
    for key, official in (("name", "Name"), ("summary", "Summary"), ("description", "Description")):
        if key in raw:
            assert fields[official] == [raw[key]]  # type: ignore[literal-required]
        elif key not in unparsed:
            assert official not in fields


@given(st.text("ab1.-_[](),;<>=!~ '\"", max_size=25).map(lambda tail: f"foo{tail}"))
@settings(max_examples=150, deadline=None)
def test_a_requirement_that_looks_plain_is_one(text: str) -> None:
    from packaging.requirements import Requirement

    if dependencies._PLAIN_REQUIREMENT.fullmatch(text):
        assert Requirement(text).url is None
    if dependencies._PLAIN_SPECIFIERS.fullmatch(text.removeprefix("foo")):
        assert Requirement(f"foo{text.removeprefix('foo')}").specifier


@given(st.from_regex(versions._CANONICAL, fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_a_version_that_looks_canonical_is(text: str) -> None:
    from packaging.version import Version

    assert str(Version(text)) == text


@given(st.from_regex(r"[a-z0-9@.<> _+-]{1,40}", fullmatch=True))
@settings(max_examples=150, deadline=None)
def test_an_address_that_looks_ordinary_is_valid(text: str) -> None:
    from email_validator import validate_email

    from pypi_publish.core_metadata.people import _is_ordinary, _only_address

    if _is_ordinary(text):
        validate_email(_only_address(text), check_deliverability=False)


@given(st.from_regex(r"https?://[a-z0-9.-]{1,20}[a-zA-Z0-9:/?#%@.~_-]{0,20}", fullmatch=True))
@settings(max_examples=150, deadline=None)
def test_an_address_of_a_page_that_looks_ordinary_is_valid(text: str) -> None:
    from rfc3986 import (  # type: ignore[import-untyped,unused-ignore]
        uri_reference,
        validators,
    )

    from pypi_publish.core_metadata.links import _ORDINARY

    if _ORDINARY.fullmatch(text):
        validators.Validator().allow_schemes("http", "https").check_validity_of(
            "scheme", "host", "port", "path", "query"
        ).validate(uri_reference(text).normalize())


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_metadata_file_makes_the_parser_fail(data: bytes) -> None:
    parsed = parse(data)
    found = list(refusals(parsed.fields, whole=True))
    assert all(refusal.message for refusal in found)
    assert found or {"Name", "Version"} <= parsed.fields.keys()


def test_the_names_of_the_standard_library_are_those_of_the_index() -> None:
    library = pytest.importorskip("stdlib_list")
    for version in library.short_versions:
        for module in library.stdlib_list(version):
            assert names.is_standard_library(module.strip("-_.")), module


def test_fields_of_a_source_tree_are_judged_without_those_that_only_a_build_knows() -> None:
    assert list(refusals({"Name": ["sample"], "Summary": ["short"]})) == []


def test_the_rules_load_no_heavy_library_for_an_ordinary_file() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pypi_publish.core_metadata.parse import parse;"
        "from pypi_publish.core_metadata.rules import refusals;"
        "m = parse(sys.stdin.buffer.read()); print(list(refusals(m.fields, whole=True)));"
        "heavy = {'packaging', 'email', 'docutils', 'readme_renderer', 'rfc3986', 'email_validator'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=metadata(), capture_output=True, check=True,
        env={
            "PYTHONPATH": next(path for path in sys.path if path.endswith("scripts")),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )  # fmt: skip
    assert run.stdout.decode().split("\n")[:2] == ["[]", "[]"]


@pytest.mark.parametrize("changes", [pytest.param(row, id=what) for row, what in ACCEPTED])
def test_what_is_taken_here_is_taken_by_the_library_of_the_index(changes: Changes) -> None:
    from packaging.metadata import Metadata, parse_email

    raw, unparsed = parse_email(metadata(changes))
    if raw["metadata_version"] < "2.4":
        raw.pop("license_files", None)  # as twine does
    assert not unparsed
    Metadata.from_raw(raw)


VALUES = st.sampled_from(
    ["", "UNKNOWN", "1.0", "a", "a-b", "a b", "MIT", "é", "https://a.io", "x, y", ">=3", "2.4"]
)


@given(
    fields=st.dictionaries(
        st.sampled_from(sorted(BY_NAME)), st.lists(VALUES, min_size=1, max_size=2), max_size=6
    )
)
@settings(max_examples=150, deadline=None)
def test_what_the_library_of_the_index_refuses_is_refused_here(
    fields: dict[str, list[str]],
) -> None:
    from packaging.errors import ExceptionGroup as Group
    from packaging.metadata import Metadata, parse_email

    changes: Changes = {"License-File": None, **fields}
    raw, unparsed = parse_email(metadata(changes, "# A\n"))
    if str(raw.get("metadata_version")) < "2.4":
        raw.pop("license_files", None)
    refused = bool(unparsed)
    try:
        Metadata.from_raw(raw)
    except Group:
        refused = True
    if refused:
        assert messages(changes, "# A\n")
