"""Rewriting any workflow: what is done is exactly what was wanted, the rest comes with a reason."""

from dataclasses import dataclass

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from pypi_publish.errors import Malformed
from pypi_publish.pins.judge import Repository, pins_of
from pypi_publish.pins.reference import Action
from pypi_publish.pins.rewrite import Rewritten, rewrite
from pypi_publish.pins.target import Target
from pypi_publish.workflow.reader import read_document

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HEAD = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
# Each with places for a reference and for the comment beside it.
MENDABLE = (
    "      - uses: {ref}{comment}\n",
    "      - name: 'one # v9'\n        uses: '{ref}'{comment}\n",
    '      - {{ uses: "{ref}", with: {{ a: "x # y" }} }}{comment}\n',
    "      - {{ uses: {ref},{comment}\n          name: b }}\n",
    "      - uses: &{anchor} {ref}{comment}\n      - uses: *{anchor} # v8\n",
    "      - uses: >-{comment}\n          {ref}\n",
    "      - uses: |{comment}\n\n          {ref}\n\n",
    "      - uses:\n          {ref}{comment}\n",
    "      - uses: !!str\n          {ref}{comment}\n",
    "      -\tuses:\t{ref}{comment}\n",
)
UNMENDABLE = (
    '      - uses: "{escaped}"{comment}\n',
    '      - {{ uses: {ref}, name: "a\n          b" }}\n',
    "      - {{ uses: {ref}, name: a\n          b }}\n",
    "      - &{anchor} {{ uses: {ref}, with: {{ a: >-\n          b }} }}\n",
)
OTHERS = (
    "      - run: |\n          uses: acme/app@v1 # v1\n          # v1\n",
    "      - run: echo '# v1' # v1\n",
    "      # uses: acme/app@v1 # v1\n",
    "\n",
    "      - run: größe\u2028\u0085 # \u2029\n",
    "      - with: { uses: acme/app@v1 }\n",
)
# What stands beside a reference before, and after 'v1.2.3' was written.
COMMENTS = (
    ("", " # {version}"),
    (" # v1", " # {version}"),
    ("\t#v0.9.9  ", "\t#{version}  "),
    (" # see #12", " # {version} # see #12"),
    (" #", " # {version} #"),
    (" # tag=v1.0.0 # why", " # tag={version} # why"),
    (" # zizmor: ignore[artipacked]", " # {version} # zizmor: ignore[artipacked]"),
    (" # zizmor: ignore[x] v1.0.0", " # zizmor: ignore[x] {version}"),
    (" # ünïcode \u202e", " # {version} # ünïcode \u202e"),
)
REFS = ("v1", "main", "refs/tags/v1.0.0", "f" * 40, COMMIT, COMMIT.upper(), "v1#v2")


@dataclass(frozen=True)
class Piece:
    """A part of a workflow, before and after; `done` where it holds what is rewritten."""

    before: str
    after: str
    kind: str


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    kind = draw(st.sampled_from(("mendable", "mendable", "unmendable", "other")))
    if kind == "other":
        text = draw(st.sampled_from(OTHERS))
        return Piece(text, text, kind)
    template = draw(st.sampled_from(MENDABLE if kind == "mendable" else UNMENDABLE))
    name, ref = draw(st.sampled_from(("acme/app", "Acme/app/sub"))), draw(st.sampled_from(REFS))
    comment, changed = draw(st.sampled_from(COMMENTS))
    anchor = draw(st.sampled_from(("a", "acme/app@v1", "é")))
    before = template.format(
        ref=f"{name}@{ref}",
        escaped=f"{name}\\x40{ref}",
        comment=comment,
        anchor=anchor,
    )
    if kind == "unmendable":
        return Piece(before, before, kind)
    target = ref if ref.lower() == COMMIT else COMMIT
    after = template.format(
        ref=f"{name}@{target}", comment=changed.format(version="v1.2.3"), anchor=anchor
    )
    return Piece(before, after, kind)


@given(
    st.lists(pieces(), min_size=1, max_size=6),
    st.sampled_from(("\n", "\r\n", "\r")),
    st.booleans(),
    st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_what_is_rewritten_is_what_was_wanted_to_the_character(
    parts: list[Piece], line_end: str, mark: bool, unended: bool
) -> None:
    before = HEAD + "".join(piece.before for piece in parts)
    after = HEAD + "".join(piece.after for piece in parts)
    if unended:
        before, after = before.removesuffix("\n"), after.removesuffix("\n")
    content = before.replace("\n", line_end).encode()
    try:
        document = read_document("x.yml", (b"\xef\xbb\xbf" if mark else b"") + content)
    except Malformed:  # not every piece fits behind every other one
        reject()
    positions = [piece.kind for piece in parts for _ in range(piece.kind != "other")]
    targets = {at: Target(COMMIT, "v1.2.3") for at in range(len(positions))}
    result = rewrite(document, targets)
    assert result.text == after.replace("\n", line_end)
    assert sorted(result.left) == [at for at, kind in enumerate(positions) if kind == "unmendable"]
    assert all(left.because for left in result.left.values())


WORDS = st.sampled_from(
    [
        "uses:",
        "- ",
        "acme/app@v1",
        "acme/app@main",
        "with:",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
        "# v1",
        "#",
        "&a ",
        "*a",
        "|",
        ">-",
        "\n",
        "\n  ",
        "\n      ",
        "\n    ",
        ": ",
        " ",
        "\t",
        "é",
        "\\",
        "? ",
        "!!str ",
        "\r\n      ",
    ]
)


@given(st.lists(WORDS, max_size=12).map("".join), st.lists(WORDS, max_size=8).map("".join))
@settings(deadline=None, max_examples=200)
def test_whatever_is_around_it_a_reference_is_stated_or_left_with_a_reason(
    before: str, behind: str
) -> None:
    text = f"{HEAD}      - uses: {before}acme/app@v1{behind}\n"
    try:
        document = read_document("x.yml", text.encode())
    except Malformed:
        reject()
    pins = pins_of(Repository([document]))
    actions = [at for at, pin in enumerate(pins) if isinstance(pin.reference, Action)]
    targets = dict.fromkeys(actions, Target(COMMIT, "v1.2.3"))
    result = rewrite(document, targets)
    assert set(result.done) | set(result.left) == set(targets)
    assert all(left.because for left in result.left.values())
    again = read_document("x.yml", result.text.encode())
    now = pins_of(Repository([again]))
    assert len(now) == len(pins)
    for at, (old, new) in enumerate(zip(pins, now, strict=True)):
        if at in result.done:
            assert new.text == f"{old.text.partition('@')[0]}@{COMMIT}"
            assert new.stated is not None
            assert new.stated.version == "v1.2.3"
        else:
            assert new.text == old.text
    assert _lines(result, text) <= len(result.done) * 2


def _lines(result: Rewritten, text: str) -> int:
    """How many lines are others than before."""
    now, before = result.text.split("\n"), text.split("\n")
    assert len(now) == len(before)
    return sum(one != other for one, other in zip(now, before, strict=True))
