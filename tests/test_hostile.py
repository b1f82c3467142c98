"""100,000 broken inputs for every parser of foreign bytes: no traceback, no hang, no growth.

Each input follows from its number, so that a failure names what to look at:
`python tests/test_hostile.py workflow 4711` writes that input to standard output.
"""

import configparser
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

from artifact_maker import Entry, zip_of
from conftest import RunScript
from hostile import SECRET, Target, Watch
from hostile_samples import ANCHORS
from hostile_targets import BY_NAME
from pypi_publish.errors import Unanswered
from pypi_publish.ini import IniParser
from pypi_publish.report.deliver import _without_tokens
from pypi_publish.workflow import gitlab_rules

resource = pytest.importorskip("resource", reason="needs a POSIX system")

SHARDS = 4
GROWTH = 128 << 20  # bytes of memory, while the last nine tenths are read
ENDLESS = 1 << 16  # bytes of one word again and again


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """A folder that is all a reader may write to."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    watch = Watch(here)
    with watch.watching():
        yield watch
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("name", BY_NAME)
def test_broken_input_ends_in_a_clear_error_or_an_answer(
    name: str, shard: int, watch: Watch
) -> None:
    target = BY_NAME[name]
    numbers = range(shard, target.inputs, SHARDS)
    warm = len(numbers) // 10
    for number in numbers[:warm]:
        target.read_one(target.input(number), watch, number)
    before = _memory()
    for number in numbers[warm:]:
        target.read_one(target.input(number), watch, number)
    assert _memory() - before < GROWTH


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_a_word_that_is_repeated_without_end_is_read_in_time(name: str, watch: Watch) -> None:
    target = BY_NAME[name]
    for which, data in target.endless(ENDLESS):
        target.read_one(data, watch, which)


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_as_it_should_be_is_read(name: str, watch: Watch) -> None:
    assert BY_NAME[name].seeds
    for seed in BY_NAME[name].seeds[:1]:
        if BY_NAME[name].file:
            watch.place(BY_NAME[name].file, seed)
        with watch.reading():
            BY_NAME[name].read(seed)


# What was found and mended

FOUND = [
    pytest.param("zip", zip_of([Entry(b"")]), id="a-member-without-a-name"),
    pytest.param("setup-cfg", b"[a]\n" + b"b\n" * 50_000, id="many-wrong-lines-in-setup-cfg"),
    pytest.param("setup-cfg", b"[a]\nb" + b"\t" * 50_000, id="a-long-gap-in-setup-cfg"),
    pytest.param("setup-cfg", b"[a]\n b" + b"\r" * 50_000, id="carriage-returns-in-setup-cfg"),
    pytest.param("changelog", b"# a" + b"\t" * 50_000 + b"b", id="a-gap-in-a-heading"),
    pytest.param("changelog", b"## " + b"<" * 200_000, id="a-heading-of-brackets"),
    pytest.param("changelog", b"## 1" + b"a-" * 40 + b"!", id="dashes-between-stages"),
    pytest.param("changelog", b"## 1" + b"rc" * 40 + b"!", id="stages-without-an-end"),
    pytest.param("changelog", b"## " + b"sample-pkg " * 36 + b"!", id="a-name-said-often"),
    pytest.param("codemeta", b'{"version": "1"' + b"\n" * 100_000 + b"}", id="empty-lines-in-json"),
    pytest.param(
        "uv-lock", b'[[package]]\nname = "sample-pkg"\n' * 100_000, id="one-package-many-times"
    ),
    pytest.param("expressions", b"$CI_COMMIT_TAG =~ /[[a]/", id="a-warning-about-a-pattern"),
    pytest.param(
        "expressions", b'"' + b"a" * 40 + b'" =~ /(a|a)*b/', id="a-choice-that-is-repeated"
    ),
    pytest.param("expressions", b'"' + b"a" * 40 + b'" =~ /' + b".*" * 9 + b"b/", id="many-stars"),
    pytest.param("workflow", b"a: *" + SECRET + b"x", id="a-secret-in-the-place-of-an-alias"),
    pytest.param("policy", b'"*" = "' + SECRET + b'"', id="a-secret-in-the-place-of-a-policy"),
]


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_stays_mended(name: str, data: bytes, watch: Watch) -> None:
    BY_NAME[name].read_one(data, watch, "as found")
    assert watch.longest < 1.5


@pytest.mark.parametrize("end", [b"<a href='x", b"<a", b"</bod", b"<a href=x y"])
def test_a_page_that_ends_within_a_tag_is_no_page(end: bytes) -> None:
    with pytest.raises(Unanswered, match="cut off within a tag"):
        BY_NAME["simple-html"].read(ANCHORS + end)
    BY_NAME["simple-html"].read(ANCHORS + b" a < b ")


INI = st.lists(
    st.sampled_from(["[a]", "[b]", "x = 1", "y: 2", " more", "z", "", "# x", "x=3", "\t"])
)


@given(INI)
def test_an_ini_file_is_read_as_python_reads_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert _read_by(IniParser(), text) == _read_by(configparser.RawConfigParser(), text)


def _read_by(parser: configparser.RawConfigParser, text: str) -> object:
    try:
        parser.read_string(text)
    except configparser.Error as error:
        return type(error)
    return {name: dict(parser[name]) for name in parser.sections()}


@given(st.text(), st.text())
def test_a_token_is_taken_out_of_any_text(before: str, after: str) -> None:
    text = json.dumps([before + SECRET.decode() + after])
    assert SECRET.decode() not in _without_tokens(text)
    json.loads(_without_tokens(text))


@given(st.text(alphabet="av1.-+*?()[]{}|^$\\\\", max_size=30))
def test_what_is_decided_about_a_pattern_is_what_a_search_finds(pattern: str) -> None:
    decided = gitlab_rules.holds(f'"v1.1-a" =~ /{pattern}/', lambda _: None)
    if decided is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert decided == (re.search(pattern, "v1.1-a") is not None)


@pytest.mark.slow
@pytest.mark.parametrize("token", [SECRET.decode(), "ghp_" + "a1" * 18, "glpat-" + "a1" * 10])
@pytest.mark.parametrize("format_", ["text", "json", "sarif", "github"])
def test_a_token_is_not_shown_wherever_it_stands(
    token: str, format_: str, run_script: RunScript, tmp_path: Path
) -> None:
    step = f"      - uses: 'acme/{token}@v1'\n      - uses: \"a/b@\\n{token}\" # {token}\n"
    content = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{step}"
    (tmp_path / "ci.yml").write_text(content, encoding="ascii")
    output = ("--format", format_, "--all", "--output", tmp_path / "report")
    outcome = run_script("check-action-pins", *output, tmp_path / "ci.yml")
    assert "acme/***@" in outcome.stdout
    assert token not in outcome.stdout + outcome.stderr + (tmp_path / "report").read_text("utf-8")


# What watches has to notice, too


def _write_elsewhere(_: bytes) -> None:
    Path("../elsewhere").write_bytes(b"x")


def _take_long(_: bytes) -> None:
    while True:
        pass


def _fail_with_a_bug(data: bytes) -> None:
    raise IndexError(len(data))


@pytest.mark.parametrize(
    ("read", "told"),
    [
        pytest.param(_write_elsewhere, "it writes ", id="writes-elsewhere"),
        pytest.param(_take_long, "it takes more than ", id="takes-long"),
        pytest.param(_fail_with_a_bug, "IndexError(3)", id="a-bug"),
    ],
)
def test_a_reader_that_misbehaves_is_noticed(
    read: Callable[[bytes], object], told: str, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watch, "HANGS", 0.1)
    with pytest.raises(AssertionError) as noticed:
        Target("bad", read, (b"",)).read_one(b"abc", watch, 1)
    assert told in str(noticed.value)


def test_the_same_number_is_the_same_input() -> None:
    target = BY_NAME["workflow"]
    assert target.input(4711) == target.input(4711) != target.input(4712)
    some = [target.input(number) for number in range(2_000)]
    assert len(set(some)) > 1_900
    assert any(SECRET in data for data in some)


def _memory() -> int:
    """Return the most that this process has ever held, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else most * 1024)


if __name__ == "__main__":
    sys.stdout.buffer.write(BY_NAME[sys.argv[1]].input(int(sys.argv[2])))
