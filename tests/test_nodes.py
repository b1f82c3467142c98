"""The one reader of workflow files: values, places, comments, and what a hostile file meets."""

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pypi_publish.errors import Malformed
from pypi_publish.workflow.nodes import Comment, Document, Mapping, Node, Scalar, Sequence
from pypi_publish.workflow.reader import LARGEST, MalformedAt, read_document

Read = Callable[[str | bytes], Document]


@pytest.fixture(params=[False, True], ids=["libyaml", "pure"])
def read(request: pytest.FixtureRequest) -> Read:
    """Read a text with one of the two parsers."""

    def reading(text: str | bytes) -> Document:
        content = text if isinstance(text, bytes) else text.encode()
        return read_document("ci.yml", content, pure=request.param)

    return reading


def plain(node: Node | None) -> Any:
    """Return what a node holds as Python's own lists, pairs and words."""
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {plain(name): plain(value) for name, value in node.pairs}
    return node.text if node else None


def the_value(document: Document, key: str = "uses") -> Scalar:
    """Return the value of the first key of that name."""
    for name, value in pairwise(document.scalars):
        if name.text == key:
            return value
    raise LookupError(key)


# --- values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    [
        "on", "off", "yes", "no", "y", "n", "true", "null", "~", "0o17", "017", "0x1F", "1_000",
        "1e3", ".5", "3.10", "12:30:45", "2024-01-15", "=", "<<x", "a#b", "a:b", "http://x/y",
        "-a", ":a", "?a", "a?b", "${{", "é", "日本", "😀",
    ],
)  # fmt: skip
def test_a_plain_word_stays_the_word_that_is_written(read: Read, word: str) -> None:
    document = read(f"{word}: {word}\n")
    assert plain(document.root) == {word: word}
    assert all(scalar.plain for scalar in document.scalars)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 'b'", {"a": "b"}, id="single-quotes"),
        pytest.param("a: 'it''s'", {"a": "it's"}, id="a-doubled-quote"),
        pytest.param('a: "b"', {"a": "b"}, id="double-quotes"),
        pytest.param('"on": x', {"on": "x"}, id="a-quoted-key"),
        pytest.param(r'a: "\x41\u0042\t\\\"\/"', {"a": 'AB\t\\"/'}, id="escapes"),
        pytest.param('a: "x\n\n  y\\\n  z"', {"a": "x\nyz"}, id="quotes-over-lines"),
        pytest.param("a: x\n  y\n\n  z", {"a": "x y\nz"}, id="plain-over-lines"),
        pytest.param("a: b c\td", {"a": "b c\td"}, id="a-tab-within-a-plain-value"),
        pytest.param("a:\tb", {"a": "b"}, id="a-tab-before-a-value"),
        pytest.param("a: b\t\nc: d", {"a": "b", "c": "d"}, id="a-tab-behind-a-value"),
        pytest.param("a: b\n\t\nc: d", {"a": "b", "c": "d"}, id="a-line-of-a-tab"),
        pytest.param("a: b\n  \t# c\nc: d", {"a": "b", "c": "d"}, id="a-tab-before-a-comment"),
        pytest.param("{a: b, c: [d, 'e', \"f\"]}", {"a": "b", "c": ["d", "e", "f"]}, id="flow"),
        pytest.param('{"a":b,"c":"d"}', {"a": "b", "c": "d"}, id="flow-as-json"),
        pytest.param("{a: http://x/y, b: c:d}", {"a": "http://x/y", "b": "c:d"}, id="flow-colons"),
        pytest.param("{a, b: }", {"a": "", "b": ""}, id="flow-without-values"),
        pytest.param("[a, [b], {c: d}, ]", ["a", ["b"], {"c": "d"}], id="flow-nested"),
        pytest.param("[a: b, c]", [{"a": "b"}, "c"], id="flow-pair"),
        pytest.param("{a: [\n  b,\n\tc\n]}", {"a": ["b", "c"]}, id="flow-over-lines"),
        pytest.param("[a?b, c?]", ["a?b", "c?"], id="flow-question-marks"),
        pytest.param("- a\n-\n- - b\n  - c", ["a", "", ["b", "c"]], id="lists"),
        pytest.param("a:\n- b\n- c", {"a": ["b", "c"]}, id="a-list-as-deep-as-its-key"),
        pytest.param("? a\n: b\n? c", {"a": "b", "c": ""}, id="explicit-keys"),
        pytest.param("a:\nb:\n", {"a": "", "b": ""}, id="no-values"),
        pytest.param("a: !!str 12", {"a": "12"}, id="a-tag"),
        pytest.param("a: !<tag:yaml.org,2002:str> b", {"a": "b"}, id="a-verbatim-tag"),
        pytest.param("a: !own {b: c}", {"a": {"b": "c"}}, id="a-tag-of-a-map"),
        pytest.param("%TAG ! tag:x,2000:\n---\na: !b c", {"a": "c"}, id="a-tag-directive"),
        pytest.param("%YAML 1.2\n---\na: b\n...\n", {"a": "b"}, id="a-yaml-directive"),
        pytest.param("%YAML 1.1\n---\na: on", {"a": "on"}, id="yaml-1.1-changes-nothing"),
        pytest.param("--- {a: b}", {"a": "b"}, id="a-map-beside-the-marker"),
        pytest.param("---\na: b\n", {"a": "b"}, id="a-document-marker"),
        pytest.param("a: &x b\nc: *x", {"a": "b", "c": "b"}, id="an-alias"),
        pytest.param("a: &x [b]\nc: *x", {"a": ["b"], "c": ["b"]}, id="an-alias-of-a-list"),
        pytest.param("a: &x b\nc: &x d\ne: *x", {"a": "b", "c": "d", "e": "d"}, id="again"),
        pytest.param("&x a: b\nc: *x", {"a": "b", "c": "a"}, id="an-anchor-at-a-key"),
        pytest.param("a: &x\nc: *x", {"a": "", "c": ""}, id="an-anchor-of-nothing"),
        pytest.param("a: &é-1 b\nc: *é-1", {"a": "b", "c": "b"}, id="an-anchor-of-any-letters"),
        pytest.param("a: &b: c", {"a": "c"}, id="a-colon-belongs-to-the-anchor"),
        pytest.param("a: &b#c d", {"a": "d"}, id="a-hash-belongs-to-the-anchor"),
        pytest.param("a: \N{LINE SEPARATOR}b", {"a": "\N{LINE SEPARATOR}b"}, id="ls-is-text"),
        pytest.param("a: b\x85c", {"a": "b\x85c"}, id="nel-is-text"),
        pytest.param('a: "b\u2029c"', {"a": "b\u2029c"}, id="ps-is-text"),
        pytest.param(r'a: "\N\_\L\P"', {"a": "\x85\xa0\u2028\u2029"}, id="as-escapes-too"),
        pytest.param("", None, id="an-empty-file"),
        pytest.param("# a\n# b", None, id="only-comments"),
        pytest.param("\n \n\t\n", None, id="only-white-space"),
        pytest.param("---\n", "", id="an-empty-document"),
    ],
)  # fmt: skip
def test_values_are_read_as_yaml_1_2_says(read: Read, text: str, expected: Any) -> None:
    assert plain(read(text).root) == expected


@pytest.mark.parametrize(
    ("header", "kept", "folded"),
    [
        pytest.param("", "x\n\n y\nz\n", "x\n\n y\nz\n", id="clip"),
        pytest.param("-", "x\n\n y\nz", "x\n\n y\nz", id="strip"),
        pytest.param("+", "x\n\n y\nz\n\n\n", "x\n\n y\nz\n\n\n", id="keep"),
        pytest.param("1", " x\n\n  y\n z\n", " x\n\n  y\n z\n", id="indented-by-one"),
        pytest.param("1-", " x\n\n  y\n z", " x\n\n  y\n z", id="indented-stripped"),
        pytest.param("-1", " x\n\n  y\n z", " x\n\n  y\n z", id="stripped-indented"),
        pytest.param("+1", " x\n\n  y\n z\n\n\n", " x\n\n  y\n z\n\n\n", id="kept-indented"),
        pytest.param("1+", " x\n\n  y\n z\n\n\n", " x\n\n  y\n z\n\n\n", id="indented-kept"),
        pytest.param(" # c", "x\n\n y\nz\n", "x\n\n y\nz\n", id="a-comment-behind"),
        pytest.param("\t# c", "x\n\n y\nz\n", "x\n\n y\nz\n", id="a-tab-and-a-comment-behind"),
        pytest.param("-  ", "x\n\n y\nz", "x\n\n y\nz", id="spaces-behind"),
    ],
)
def test_a_block_keeps_its_lines_by_its_header(
    read: Read, header: str, kept: str, folded: str
) -> None:
    body = "\n  x\n\n   y\n  z\n\n\n"
    document = read(f"a: |{header}{body}b: >{header}{body}c: end\n")
    assert plain(document.root) == {"a": kept, "b": folded, "c": "end"}
    assert [scalar.style or "" for scalar in document.scalars[1::2]] == ["|", ">", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(">\n  a\n  b\n\n  c\n", "a b\nc\n", id="lines-are-joined"),
        pytest.param(">\n  a\n   b\n  c\n", "a\n b\nc\n", id="deeper-lines-are-not"),
        pytest.param(">\n\n  a\n  b\n", "\na b\n", id="an-empty-line-first"),
        pytest.param("|\n \n   a\n", "\na\n", id="a-shorter-line-of-spaces-first"),
        pytest.param("|\n  a\n \n  b\n", "a\n\nb\n", id="a-shorter-line-of-spaces-within"),
        pytest.param("|\n  a\n    \n", "a\n  \n", id="a-longer-line-of-spaces-is-text"),
        pytest.param("|\n  # a\n  b\n", "# a\nb\n", id="what-looks-like-a-comment-is-text"),
        pytest.param("|\n  a", "a", id="the-file-ends-within"),
        pytest.param("|", "", id="nothing-follows"),
        pytest.param("|-\n  a\n\n", "a", id="stripped-at-the-end-of-the-file"),
        pytest.param("|\n  a\tb\n  \tc\n", "a\tb\n\tc\n", id="tabs-are-text"),
    ],
)
def test_the_lines_of_a_block(read: Read, text: str, expected: str) -> None:
    assert plain(read(f"run: {text}").root) == {"run": expected}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["bare", "byte-order-mark"])
def test_line_ends_and_a_byte_order_mark_change_nothing(
    read: Read, line_end: str, mark: bytes
) -> None:
    lines = [
        "a: b # one",
        "# two",
        "c: |",
        "  d",
        "  e",
        "f: 'g",
        "  h' # seven",
        "i: [j, # eight",
        "  k]",
    ]
    document = read(mark + line_end.join(lines).encode())
    assert plain(document.root) == {"a": "b", "c": "d\ne\n", "f": "g h", "i": ["j", "k"]}
    assert [scalar.line for scalar in document.scalars] == [1, 1, 3, 3, 6, 6, 8, 8, 9]
    found = [(comment.line, comment.text) for comment in document.comments]
    assert found == [(1, "# one"), (2, "# two"), (7, "# seven"), (8, "# eight")]
    assert document.byte_order_mark is bool(mark)
    assert document.lines == tuple(lines)


# --- aliases and merged keys ------------------------------------------------------------------


def test_an_alias_is_the_node_of_its_anchor(read: Read) -> None:
    root = read("a: &x {b: c}\nd: *x\n").root
    assert isinstance(root, Mapping)
    assert root.get("a") is root.get("d")


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("<<: {a: 1}\n", "a", "1", id="merged"),
        pytest.param("<<: {a: 1}\na: 2\n", "a", "2", id="its-own-goes-first"),
        pytest.param("<<: [{a: 1}, {a: 2, b: 3}]\n", "a", "1", id="the-first-of-several"),
        pytest.param("<<: [{a: 1}, {a: 2, b: 3}]\n", "b", "3", id="then-the-next"),
        pytest.param("<<: {<<: {a: 1}}\n", "a", "1", id="merged-twice-over"),
        pytest.param("<<: {a: 1}\n<<: {b: 2}\n", "b", "2", id="two-merges"),
        pytest.param("'<<': {a: 1}\n", "a", None, id="a-quoted-one-is-a-word"),
        pytest.param("<<: text\n", "a", None, id="a-merge-of-a-word"),
        pytest.param("b: {a: 1}\n", "a", None, id="not-what-lies-deeper"),
    ],
)
def test_a_key_is_found_also_where_it_is_merged(
    read: Read, text: str, key: str, expected: str | None
) -> None:
    root = read(text).root
    assert isinstance(root, Mapping)
    assert plain(root.get(key)) == expected
    assert (key in {name.text for name, _ in root.items()}) is (expected is not None)


def test_every_pair_is_there_once_the_own_before_the_merged(read: Read) -> None:
    root = read("x: &x {a: 1, b: 2}\nown: {<<: *x, b: 3, c: 4}\n").root
    assert isinstance(root, Mapping)
    own = root.get("own")
    assert isinstance(own, Mapping)
    assert [(name.text, plain(value)) for name, value in own.items()] == [
        ("b", "3"),
        ("c", "4"),
        ("a", "1"),
    ]


# --- places -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("uses: x", (1, 7), id="plain"),
        pytest.param("- uses:   x", (1, 11), id="behind-spaces"),
        pytest.param("uses: 'x'", (1, 7), id="at-the-quote"),
        pytest.param("uses:\n  x", (2, 3), id="on-the-next-line"),
        pytest.param("uses:\n\n  # c\n  x", (4, 3), id="behind-a-comment"),
        pytest.param("uses: &a x", (1, 10), id="behind-an-anchor"),
        pytest.param("uses: !!str x", (1, 13), id="behind-a-tag"),
        pytest.param("uses: &a !!str 'x'", (1, 16), id="behind-both"),
        pytest.param("uses: !!str &a x", (1, 16), id="behind-both-turned-round"),
        pytest.param("uses: &a # c\n  # d\n  x", (3, 3), id="behind-an-anchor-and-comments"),
        pytest.param("uses: >-\n  x", (1, 7), id="a-block-at-its-header"),
        pytest.param("uses: &a >-\n  x", (1, 10), id="a-block-behind-its-anchor"),
        pytest.param("é: [日本, {uses: x}]", (1, 16), id="in-characters-not-bytes"),
        pytest.param("😀: {uses: x}", (1, 11), id="a-pictogram-is-one-character"),
        pytest.param("{a: 'b', uses: x}", (1, 16), id="in-flow"),
        pytest.param("# \u2028\na: '\x85'\nuses: x", (3, 7), id="below-what-is-no-line-break"),
        pytest.param("uses: x\n  y", (1, 7), id="over-two-lines"),
        pytest.param("uses: # c\nb: c", (1, 5), id="not-written-where-its-key-ends"),
    ],
)
def test_a_value_knows_its_line_and_its_column(
    read: Read, text: str, place: tuple[int, int]
) -> None:
    value = the_value(read(text))
    assert (value.line, value.column) == place


def test_the_offsets_of_a_value_cut_it_out_of_the_text(read: Read) -> None:
    text = "é: &a x\nb: !t 'y' # c\nc: {d: \"z\"}\n"
    document = read(text)
    cut = [text[scalar.start.index : scalar.end.index] for scalar in document.scalars]
    assert cut == ["é", "x", "b", "'y'", "c", "d", '"z"']


# --- comments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        pytest.param("uses: x # c", "# c", id="plain"),
        pytest.param("uses: x #c", "#c", id="without-a-space-behind-the-hash"),
        pytest.param("uses: x\t#\tc\t", "#\tc\t", id="tabs"),
        pytest.param("uses: x", None, id="none"),
        pytest.param("uses: x ", None, id="none-but-a-space"),
        pytest.param("uses: x\n# c", None, id="on-the-next-line"),
        pytest.param("# c\nuses: x", None, id="on-the-line-before"),
        pytest.param("uses: x#c", None, id="without-a-space-before-the-hash"),
        pytest.param("uses: x#c # d", "# d", id="behind-a-hash-of-the-value"),
        pytest.param("uses: 'x # n' # c", "# c", id="single-quotes"),
        pytest.param('uses: "x # n" # c', "# c", id="double-quotes"),
        pytest.param("uses: 'x'# c", "# c", id="right-behind-a-quote"),
        pytest.param("uses: 'x\n  # n\n  y' # c", "# c", id="quotes-over-lines"),
        pytest.param("uses: x\n  y # c\n# d", "# c", id="plain-over-lines"),
        pytest.param("uses: &a x # c", "# c", id="behind-an-anchor"),
        pytest.param("uses: &a # n\n  x # c", "# c", id="not-the-one-behind-the-anchor"),
        pytest.param("uses: !!str x # c", "# c", id="behind-a-tag"),
        pytest.param("uses: >- # c\n  x # n\n", "# c", id="a-block-has-it-behind-its-header"),
        pytest.param("uses: &a !t |\n  x # n\n# d", None, id="a-block-without-one"),
        pytest.param("uses: !t # n\n  | # c\n  x # n\n", "# c", id="a-block-below-its-tag"),
        pytest.param("{uses: x} # c", "# c", id="behind-a-brace"),
        pytest.param("[{uses: x}]# c", "# c", id="right-behind-a-bracket"),
        pytest.param("{uses: x, # c\n b: y} # d", "# c", id="behind-a-comma"),
        pytest.param("{uses: x,# c\n b: y} # d", "# c", id="right-behind-a-comma"),
        pytest.param("{uses: x, b: '# n'} # c", "# c", id="behind-another-value"),
        pytest.param("{uses: x, b: y}", None, id="none-in-flow"),
        pytest.param("{b: &y#n z, uses: x} # c", "# c", id="the-hash-of-an-anchor-is-none"),
        pytest.param("{b: !<y#n> z, uses: x} # c", "# c", id="the-hash-of-a-tag-is-none"),
        pytest.param("uses: # c\nb: y", "# c", id="nothing-is-written"),
        pytest.param("uses: x # c # d", "# c # d", id="all-of-the-line"),
        pytest.param("uses: x # é😀", "# é😀", id="any-letters"),
        pytest.param("uses: x # c\u2028d", "# c\u2028d", id="up-to-what-is-a-line-break"),
        pytest.param("uses: x # c\rb: y", "# c", id="up-to-a-carriage-return"),
    ],
)  # fmt: skip
def test_the_comment_beside_a_value(read: Read, text: str, comment: str | None) -> None:
    document = read(text)
    beside = document.comment_beside(the_value(document))
    assert (beside.text if beside else None) == comment
    if beside:
        assert document.text.startswith(beside.text, beside.start)
        assert beside in document.comments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("# a\n  # b\n\t# c", [(1, "# a"), (2, "# b"), (3, "# c")], id="alone"),
        pytest.param("#\n#\n", [(1, "#"), (2, "#")], id="empty"),
        pytest.param("# a\r# b\r\n# c\n", [(1, "# a"), (2, "# b"), (3, "# c")], id="line-ends"),
        pytest.param("a: | # b\n  # n\n # c\nd: e", [(1, "# b"), (3, "# c")], id="around-a-block"),
        pytest.param("a: |\n  # n\n\n# c", [(4, "# c")], id="below-a-block"),
        pytest.param("a: '# n' # b\n", [(1, "# b")], id="quoted"),
        pytest.param("a: &x # b\n  - d # e\n", [(1, "# b"), (2, "# e")], id="anchor"),
        pytest.param("a: !t # b\n  'c' # d\n", [(1, "# b"), (2, "# d")], id="tag"),
        pytest.param("%TAG ! t:x#n # a\n--- # b\n", [(1, "# a"), (2, "# b")], id="markers"),
        pytest.param("a: b\n... # c\n", [(2, "# c")], id="behind-the-end"),
        pytest.param("a: # b\n  c: d # e\n", [(1, "# b"), (2, "# e")], id="behind-a-key"),
        pytest.param("- # a\n  b # c\n", [(1, "# a"), (2, "# c")], id="behind-a-dash"),
        pytest.param("a#b: c#d\n", [], id="within-words"),
        pytest.param("a: b # &x #y *z !t\n", [(1, "# &x #y *z !t")], id="signs-within"),
    ],
)  # fmt: skip
def test_every_comment_is_found_and_nothing_else(
    read: Read, text: str, expected: list[tuple[int, str]]
) -> None:
    document = read(text)
    assert [(comment.line, comment.text) for comment in document.comments] == expected
    assert all(isinstance(comment, Comment) for comment in document.comments)


def test_a_comment_on_its_own_line_is_about_the_next_line_that_is_none(read: Read) -> None:
    document = read("# a\n\t# b\nc: d # e\n# f\n\ng: h\n# i\n# j")
    meant = {comment.text: document.line_meant(comment) for comment in document.comments}
    assert meant == {"# a": 3, "# b": 3, "# e": 3, "# f": 5, "# i": 9, "# j": 9}


# --- what is no YAML --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        pytest.param("a: [b\nc: d\n", (2, 2), "of what begins on line 1", id="an-open-bracket"),
        pytest.param("a: {b\n", (2, 1), "expected ',' or '}'", id="an-open-brace"),
        pytest.param("a: b\nc: 'd\n\n", (4, 1), "begins on line 2", id="an-open-quote"),
        pytest.param("a: b\n c: d\n", (2, 3), "not allowed here", id="deeper-than-its-neighbour"),
        pytest.param("a:\n  b: c\n d: e\n", (3, 2), "expected <block end>", id="shallower"),
        pytest.param("a: b\n- c\n", (2, 1), "expected <block end>", id="a-list-in-a-map"),
        pytest.param("a: b: c\n", (1, 5), "not allowed here", id="two-colons"),
        pytest.param("a: - b\n", (1, 4), "not allowed here", id="a-dash-beside-a-key"),
        pytest.param("a:\n\tb: c\n", (2, 1), "cannot start any token", id="a-tab-indents"),
        pytest.param("a: @b\n", (1, 4), "cannot start any token", id="a-reserved-sign"),
        pytest.param("a: %b\n", (1, 4), "cannot start any token", id="a-percent-sign"),
        pytest.param('a: "b" c\n', (1, 8), "expected <block end>", id="text-behind-a-quote"),
        pytest.param('a: "\\q"\n', (1, 6), "unknown escape", id="an-unknown-escape"),
        pytest.param("a: b\n  # c\n  d\n", (3, 3), "expected <block end>", id="a-comment-within"),
        pytest.param("a: |0\n", (1, 4), "indicators", id="a-block-indented-by-nothing"),
        pytest.param("a: |x\n  b\n", (1, 4), "indicators", id="a-block-with-text-beside"),
        pytest.param("a: *b\n", (1, 4), "alias *b without an anchor", id="an-alias-of-nothing"),
        pytest.param("a: *b\nc: &b d\n", (1, 4), "without an anchor", id="an-alias-too-early"),
        pytest.param("a: &a [*a]\n", (1, 8), "inside of what it stands for", id="in-itself"),
        pytest.param("a: &a\n  <<: *a\n", (2, 7), "inside of what it stands for", id="merged"),
        pytest.param("a: b\nc: d\na: e\n", (3, 1), "'a' is already defined on line 1", id="twice"),
        pytest.param("{a: b, 'a': c}", (1, 8), "already defined", id="also-where-it-is-quoted"),
        pytest.param("a:\n  b: {c: 1, d: 2, c: 3}\n", (2, 19), "'c' is", id="deep-within"),
        pytest.param("a: b\n---\nc: d\n", (2, 1), "more than one YAML", id="two-documents"),
        pytest.param("a: b\n...\n---\n", (3, 1), "more than one YAML", id="and-an-empty-one"),
        pytest.param("a: b\0c\n", (1, 5), "U+0000", id="nul"),
        pytest.param("a:\n  é\x1b[2J\n", (2, 4), "U+001B", id="a-terminal-escape"),
        pytest.param("a: b\n\ufeffc: d\n", (2, 1), "U+FEFF", id="a-byte-order-mark-within"),
        pytest.param("a: \ufffe", (1, 4), "U+FFFE", id="no-character"),
        pytest.param("a: \x7f", (1, 4), "U+007F", id="delete"),
    ],
)  # fmt: skip
def test_a_malformed_file_says_where_it_stops_being_yaml(
    read: Read, text: str, place: tuple[int, int], reason: str
) -> None:
    with pytest.raises(MalformedAt) as caught:
        read(text)
    problem = caught.value
    assert (problem.line, problem.column) == place
    assert reason in problem.reason
    assert problem.message == f"ci.yml:{place[0]}:{place[1]}: {problem.reason}"
    assert problem.code == "malformed-yaml"


def test_a_merged_key_may_stand_there_twice(read: Read) -> None:
    assert read("<<: {a: 1}\n<<: {b: 2}\n").root


@pytest.mark.parametrize(
    ("content", "place"),
    [
        pytest.param(b"a: b\nc: \xff\n", (2, 4), id="a-byte-of-no-character"),
        pytest.param("a: é".encode("latin-1"), (1, 4), id="latin-1"),
        pytest.param("é: ß\r\nü: ".encode() + b"\xc3", (2, 4), id="half-a-character"),
        pytest.param("on: push".encode("utf-16"), (1, 1), id="utf-16-with-its-mark"),
        pytest.param(b"\xef\xbb\xbfa\n\x80", (2, 1), id="behind-a-byte-order-mark"),
    ],
)
def test_what_is_not_utf_8_is_said_to_be_so(
    read: Read, content: bytes, place: tuple[int, int]
) -> None:
    with pytest.raises(MalformedAt) as caught:
        read(content)
    assert caught.value.code == "not-utf-8"
    assert (caught.value.line, caught.value.column) == place


def test_utf_16_without_its_mark_is_malformed(read: Read) -> None:
    with pytest.raises(MalformedAt, match=r"ci\.yml:1:2: U\+0000"):
        read("on: push".encode("utf-16-le"))


def test_a_file_of_the_largest_size_is_read_and_a_larger_one_is_not(read: Read) -> None:
    largest = b"#" * LARGEST
    assert read(largest).root is None
    with pytest.raises(Malformed) as caught:
        read(largest + b"#")
    assert caught.value.code == "too-large"


# --- lines that only GitHub sees --------------------------------------------------------------


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"], ids=["ls", "ps", "nel"])
def test_values_behind_what_only_github_takes_for_a_line_break_are_refused(
    read: Read, sign: str
) -> None:
    text = f"steps:\n  - run: make # quick{sign}  - uses: evil/action@v1\n"
    with pytest.raises(MalformedAt) as caught:
        read(text)
    assert (caught.value.line, caught.value.column) == (2, 22)
    assert f"U+{ord(sign):04X}" in caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: b # c\u2028d: [", id="where-github-reads-nothing"),
        pytest.param("a: 'b\u2028 c'", id="where-it-reads-the-same-words"),
        pytest.param("a: |\n  b\u2028  c\n", id="where-it-reads-the-same-lines"),
        pytest.param("# b\u2028# c\na: d", id="where-it-reads-another-comment"),
    ],
)
def test_the_same_sign_elsewhere_is_text(read: Read, text: str) -> None:
    assert read(text).text == text


# --- bounds -----------------------------------------------------------------------------------


def _bomb(levels: int = 10) -> str:
    deeper = (f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, levels + 1))
    return "a0: &a0 {uses: a/b@v1}\n" + "".join(deeper)


def _bomb_of_steps() -> str:
    steps = f"s: &s {{uses: a/b@v1}}\nl: &l [{', '.join(['*s'] * 1_000)}]\njobs:\n"
    return steps + "".join(f"  j{number}: {{steps: *l}}\n" for number in range(1_000))


def _bomb_of_merges() -> str:
    levels = (f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 11))
    return "a0: &a0 {x: 1}\n" + "".join(levels) + "jobs: *a10\n"


HOSTILE = {
    "100,000-brackets": ("[" * 100_000, "nested deeper than 100 levels"),
    "100,000-braces": ("{" * 100_000, "nested deeper than 100 levels"),
    "100,000-dashes": ("- " * 100_000, "nested deeper than 100 levels"),
    "100,000-explicit-keys": ("? " * 100_000, "nested deeper than 100 levels"),
    "3,000-nested-maps": (
        "".join(" " * min(level, 300) + "a:\n" for level in range(3_000)),
        "nested deeper than 100 levels",
    ),
    "an-alias-bomb": (_bomb(), "aliases repeat more than 50,000 values"),
    "an-alias-bomb-of-steps": (_bomb_of_steps(), "aliases repeat more than 50,000 values"),
    "an-alias-bomb-of-merges": (_bomb_of_merges(), "aliases repeat more than 50,000 values"),
    "an-alias-bomb-of-text": (
        "a: &a '" + "x" * 100_000 + "'\nb: [" + "*a, " * 1_000 + "]",
        "aliases repeat more than 50,000 values",
    ),
    "a-million-values": ("[" + "a," * 500_000 + "]", "more than 50,000 values"),
    "a-million-values-and-an-error": ("[" + "a," * 400_000 + "}", "more than 50,000 values"),
    "exclamation-marks": ("!" * 1_000_000, "a tag that is none"),
    "a-key-100,000-times": ("a: b\n" * 100_000, "more than 50,000 values"),
}


@pytest.mark.parametrize(
    ("text", "reason"), [pytest.param(*case, id=name) for name, case in HOSTILE.items()]
)
def test_a_hostile_file_ends_in_a_clear_error_in_bounded_time(text: str, reason: str) -> None:
    begun = time.process_time()
    with pytest.raises(MalformedAt, match=reason):
        read_document("ci.yml", text.encode())
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("#\n" * 100_000, id="comments"),
        pytest.param("a: " + "!t" + " # c\n" * 50_000 + " b", id="comments-behind-a-tag"),
        pytest.param(" " * 1_000_000, id="spaces"),
        pytest.param("a:" + "\t" * 1_000_000 + "b", id="tabs"),
        pytest.param("\r" * 1_000_000, id="carriage-returns"),
        pytest.param("a: '" + "\u2028" * 300_000 + "'", id="line-separators"),
        pytest.param("a: |\n" + "  x # y\n" * 100_000, id="a-long-block"),
        pytest.param("a: " + "x " * 500_000, id="a-long-line"),
        pytest.param("a: b #" + "#" * 1_000_000, id="a-long-comment"),
        pytest.param("[" + "{uses: a/b@v1},\n" * 12_000 + "]", id="many-steps"),
    ],
)
def test_a_large_file_is_read_in_bounded_time(text: str) -> None:
    begun = time.process_time()
    document = read_document("ci.yml", text.encode())
    for scalar in document.scalars:
        document.comment_beside(scalar)
    assert len(document.comments) >= 0
    assert time.process_time() - begun < 4  # a tenth of that is usual


def test_a_long_text_that_libyaml_refuses_is_not_read_a_second_time() -> None:
    begun = time.process_time()
    with pytest.raises(MalformedAt):
        read_document("ci.yml", ("%a\n" * 300_000).encode())
    assert time.process_time() - begun < 2


def test_as_many_repetitions_as_workflows_have_are_read(read: Read) -> None:
    steps = ", ".join(["*s"] * 100)
    jobs = "".join(f"  j{number}: {{steps: [{steps}]}}\n" for number in range(30))
    root = read(f"s: &s {{uses: a/b@v1, with: {{a: 1, b: 2}}}}\njobs:\n{jobs}").root
    assert isinstance(root, Mapping)


def test_without_the_extension_the_pure_parser_reads_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "_ruamel_yaml", None)
    document = read_document("ci.yml", b"on:\tpush # c\n")
    assert plain(document.root) == {"on": "push"}
    assert [scalar.style for scalar in document.scalars] == [None, None]  # libyaml says ""


# --- both parsers -----------------------------------------------------------------------------

_FRAGMENTS = st.sampled_from(
    [
        "a", "b", "uses", ":", ": ", "- ", "-", "?", "? ", ",", ", ", "[", "]", "{", "}", "&x ",
        "*x", "&y", "*y ", "!!str ", "!t ", "'", '"', "''", "\\", "\\n", "|", "|\n", "|-\n",
        ">+\n", ">\n", "|2\n", " ", "  ", "    ", "\t", "\n", "\n", "\n  ", "\n    ", "\r",
        "\r\n", "# c", "#", " # v4\n", "é", "😀", "\u2028", "\x85", "---", "\n---\n", "...", "%",
        "<<", "a: b\n", "  - uses: a/b@v1 # v1\n", "k: ", "k:\n", "  k: ", "- - ", "@", "`", "~",
        "0", "\ufeff", "<<: *x\n", "x: &x\n", "'a b'", '"a\\tb"', "\n\n", "k: |\n  t\n",
        "k: [a, b]\n", "{k: v}", "\t# c\n", "k:\tv\n", "k: a\tb\n", "k: 'a\n  b' # c\n",
        "- uses: &a a/b@v1\n", "k: *a\n", "z: >-\n  a\n   b\n\n  c\n", "y: {a: [b, 'c']} # d\n",
    ]
)  # fmt: skip
_TEXTS = st.lists(_FRAGMENTS, min_size=1, max_size=12).map("".join)


def _shape(node: Node | None, seen: dict[int, int]) -> Any:
    """Return everything that is known of a node; of one that was there before, which it is."""
    if node is None or isinstance(node, Scalar):
        return node and (node.text, node.style or "", _mark(node.start), _mark(node.end))
    if id(node) in seen:
        return seen[id(node)]
    seen[id(node)] = len(seen)
    if isinstance(node, Sequence):
        return [_mark(node.start), *(_shape(item, seen) for item in node.items)]
    pairs = [(_shape(name, seen), _shape(value, seen)) for name, value in node.pairs]
    return (_mark(node.start), pairs)


def _mark(mark: Any) -> tuple[int, int, int]:
    return int(mark.index), int(mark.line), int(mark.column)


def _outcome(text: str, *, pure: bool) -> Any:
    try:
        document = read_document("ci.yml", text.encode(), pure=pure)
    except MalformedAt:
        return "malformed"  # of two mistakes, the parsers need not meet the same one first
    return _shape(document.root, {}), document.comments


def _both_parsers_agree(text: str) -> None:
    assume(text.count("...") < 2)  # the pure parser begins an empty document behind the second
    assert _outcome(text, pure=False) == _outcome(text, pure=True)


_QUIETLY = (HealthCheck.filter_too_much, HealthCheck.too_slow)


@given(_TEXTS)
@settings(max_examples=300, deadline=None, database=None, derandomize=True)
def test_both_parsers_read_the_same(text: str) -> None:
    _both_parsers_agree(text)


@pytest.mark.slow
@given(_TEXTS)
@settings(max_examples=20_000, deadline=None, database=None, suppress_health_check=_QUIETLY)
def test_both_parsers_read_the_same_of_many_texts(text: str) -> None:
    _both_parsers_agree(text)


@pytest.mark.slow
@given(st.text(st.sampled_from("ab:-?,[]{}&*!|>'\"%@#\\ \t\n\r0~<.é\u2028"), max_size=40))
@settings(max_examples=20_000, deadline=None, database=None, suppress_health_check=_QUIETLY)
def test_both_parsers_read_the_same_of_any_signs(text: str) -> None:
    _both_parsers_agree(text)
