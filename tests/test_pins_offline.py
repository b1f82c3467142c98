"""check-action-pins offline, as its users run it, on awkward repositories that are files here."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from pytest_snapshot.plugin import Snapshot

from conftest import SCRIPTS, Outcome, RunScript, clean_environment

DATA = Path(__file__).parent / "data" / "workflows"
SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
HEAD = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"

Record = dict[str, Any]
Lines = dict[str, list[int]]

# Of each repository: of each file below `.github`, what is said of which lines.
CASES: dict[str, dict[str, Lines]] = {
    "actions": {
        "action.yml": {
            "unpinned-uses pass": [4],
        },
        "bare/action.yml": {
            "invalid-uses fail": [4],
        },
        "composite/action.yml": {
            "unpinned-uses fail": [7],
            "unpinned-uses pass": [8, 11],
        },
        "deep/er/action.yaml": {
            "unpinned-images fail": [4],
        },
        "pinned/action.yml": {
            "unpinned-images pass": [4],
        },
    },
    "comments": {
        "ci.yml": {
            "version-comment fail": [23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34],
            "unpinned-uses pass": [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
        },
    },
    "contradictions": {
        "one.yml": {
            "contradicting-versions warn": [7],
            "several-commits warn": [9],
            "unpinned-uses pass": [8, 10],
        },
        "two.yml": {
            "contradicting-versions warn": [7],
            "several-commits warn": [9],
            "unpinned-uses pass": [8, 10],
        },
    },
    "duplicate-keys": {
        "ci.yml": {
            "unreadable-file fail": [8],
        },
    },
    "ignores": {
        "ci.yml": {
            "unpinned-uses fail": [8, 9, 13, 19, 24],
            "ignore-without-reason warn": [8],
            "unused-ignore warn": [9, 10, 20, 21],
            "unpinned-images skip": [25],
            "unpinned-uses skip": [7, 10, 11, 12, 15, 18, 27],
            "version-comment skip": [22],
            "unpinned-uses pass": [21],
        },
    },
    "images": {
        "ci.yml": {
            "invalid-uses fail": [14],
            "unpinned-images fail": [6, 8, 12, 23, 24, 36, 40, 42, 43, 50, 55, 57],
            "unpinned-images pass": [9, 13, 18, 37, 58],
        },
    },
    "locked": {
        "listed.yml": {
            "unlockable-action fail": [15],
            "unpinned-uses fail": [10, 11, 12, 13],
            "version-comment fail": [14],
            "unpinned-uses pass": [7, 8, 9, 16],
        },
        "unlisted.yml": {
            "unpinned-uses fail": [7],
        },
    },
    "malformed": {
        "bracket.yml": {
            "unreadable-file fail": [5],
        },
        "good.yml": {
            "unpinned-uses fail": [7],
            "unpinned-uses pass": [8],
        },
        "tab.yml": {
            "unreadable-file fail": [4],
        },
    },
    "not-judged": {
        "ci.yml": {
            "unpinned-uses pass": [25],
        },
    },
    "policy": {
        "ci.yml": {
            "invalid-uses fail": [15],
            "unpinned-images fail": [6],
            "unpinned-uses fail": [10, 13, 14],
            "unpinned-uses pass": [8, 9, 11, 12],
        },
    },
    "references": {
        "ci.yml": {
            "invalid-uses fail": [23, 24, 25, 26, 27, 31, 32, 33, 34, 35],
            "unpinned-uses fail": [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 36, 37],
            "unpinned-uses pass": [7, 8, 28, 29, 30],
        },
    },
    "reusable": {
        "ci.yml": {
            "invalid-uses fail": [13, 19],
            "unpinned-uses fail": [5, 17],
            "unpinned-uses pass": [7, 11, 15],
        },
    },
    "spellings": {
        "ci.yml": {
            "unpinned-images fail": [29],
            "unpinned-uses fail": [11, 13, 14, 17, 17, 32, 35, 47, 51, 55, 58, 62, 66, 70],
            "version-comment fail": [63],
            "unpinned-uses pass": [12, 15, 16, 21, 22, 24, 37, 53],
        },
    },
    "tag-objects": {
        "publish.yml": {
            "tag-object fail": [7, 8, 9],
            "several-commits warn": [10],
            "unpinned-uses pass": [11],
        },
    },
    "tools": {
        "publish.yml": {
            "floating-tool warn": [12, 13, 16, 17, 23],
            "unpinned-uses pass": [19],
        },
    },
}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repositories of `data/workflows`, away from the repository that this file is in."""
    return Path(shutil.copytree(DATA, tmp_path_factory.mktemp("offline") / "repositories"))


@pytest.fixture(scope="module")
def judged(repositories: Path) -> dict[str, list[Record]]:
    """What is said of each repository, all of them judged in one run."""
    arguments = ["--json", "--all", *sorted(CASES)]
    ended = subprocess.run(
        [sys.executable, SCRIPTS / "check-action-pins.py", *arguments],
        cwd=repositories,
        capture_output=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )
    assert ended.returncode == 4  # some are malformed on purpose
    found: dict[str, list[Record]] = defaultdict(list)
    for record in json.loads(ended.stdout)["data"]:
        found[record["file"].partition("/")[0]].append(record)
    return found


def lines_by_file(records: list[Record]) -> dict[str, Lines]:
    """Return what is said of which lines, as `CASES` has it."""
    found: dict[str, Lines] = defaultdict(dict)
    for record in records:
        inside = record["file"].partition("/")[2].removeprefix(".github/")
        file = inside.removeprefix("workflows/").removeprefix("actions/")
        found[file].setdefault(f"{record['check']} {record['status']}", []).append(record["line"])
    return {file: {said: sorted(at) for said, at in some.items()} for file, some in found.items()}


def check(run_script: RunScript, *arguments: object, **options: Any) -> Outcome:
    return run_script("check-action-pins", "--json", "--all", *arguments, **options)


def a_repository(folder: Path, **workflows: str | bytes) -> Path:
    """Write a repository with these workflows."""
    below = folder / ".github" / "workflows"
    below.mkdir(parents=True)
    for name, text in workflows.items():
        content = text if isinstance(text, bytes) else text.encode()
        (below / f"{name}.yml").write_bytes(content)
    return folder


def steps(*references: str) -> str:
    return HEAD + "".join(f"      - uses: {reference}\n" for reference in references)


# --- which line gets which verdict ------------------------------------------------------------


def test_every_repository_of_the_data_has_its_case() -> None:
    others = {"mixed", "no-references"}
    assert {path.name for path in DATA.iterdir()} == {*CASES, *others}


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_line_is_judged_right(judged: dict[str, list[Record]], name: str) -> None:
    assert lines_by_file(judged[name]) == CASES[name]


def test_a_record_says_what_is_used_where_and_with_which_comment(
    judged: dict[str, list[Record]],
) -> None:
    file = "comments/.github/workflows/ci.yml"
    record = next(record for record in judged["comments"] if record["line"] == 24)
    assert record["where"] == {"file": file, "line": 24, "column": 15}
    named = ("file", "line", "column", "action", "ref", "comment", "check", "status", "ok")
    assert [record[name] for name in named] == [
        file, 24, 15, "actions/checkout", SHA, "# see 1234", "version-comment", "fail", False,
    ]  # fmt: skip
    assert record["fix"]
    assert record["docs"].startswith("https://")


@pytest.mark.parametrize(
    ("case", "line", "action", "ref"),
    [
        pytest.param("references", 8, "actions/checkout", SHA.upper(), id="as-it-is-written"),
        pytest.param("references", 36, "actions/cache/save", "v4", id="a-part-of-an-action"),
        pytest.param("references", 37, "actions/cache", "v4", id="an-empty-part"),
        pytest.param("references", 23, "actions/checkout", None, id="no-ref"),
        pytest.param("references", 29, "./", None, id="the-same-repository"),
        pytest.param("images", 12, "docker://alpine:3.20", None, id="an-image"),
        pytest.param("spellings", 13, "actions/cache", "v4", id="an-escape"),
        pytest.param("spellings", 51, "actions/cache", "v4", id="a-block"),
    ],
)
def test_a_record_names_the_action_and_its_ref(
    judged: dict[str, list[Record]], case: str, line: int, action: str, ref: str | None
) -> None:
    record = next(record for record in judged[case] if record["line"] == line)
    assert (record["action"], record["ref"]) == (action, ref)


@pytest.mark.parametrize(
    ("line", "column"),
    [(11, 15), (17, 49), (22, 27), (24, 17), (29, 23), (32, 22), (35, 21), (37, 11), (51, 15)],
)
def test_a_column_is_counted_in_characters_up_to_the_value_itself(
    judged: dict[str, list[Record]], line: int, column: int
) -> None:
    columns = [record["column"] for record in judged["spellings"] if record["line"] == line]
    assert columns[0] == column


@pytest.mark.parametrize(
    ("case", "line", "words"),
    [
        ("references", 13, "short SHA"),
        ("references", 18, "expression"),
        ("references", 19, "expression"),
        ("references", 21, "without a space before it, # belongs to the ref"),
        ("references", 23, "no @ref"),
        ("references", 26, "more than one @"),
        ("references", 31, "takes no @ref"),
        ("spellings", 14, "in quotes and in a block, # belongs to the ref"),
        ("images", 55, "an expression"),
        ("locked", 10, "not in actions.lock, which lists this file"),
        ("locked", 7, f"locked to commit {SHA}"),
        ("tag-objects", 7, "dc37677b2e1c63e2034f94d8a5b11f265b73ba33"),
        ("tag-objects", 9, "76f52bc884231f62b9a034ebfe128415bbaabdfc"),
        ("contradictions", 7, "elsewhere in this repository v"),
        ("policy", 11, "`any`"),
        ("ignores", 7, "ignored: the owner is us"),
        ("duplicate-keys", 8, "already defined on line 7"),
        ("tools", 13, "`pip install build==1.3.0 twine>=6` takes whatever version of twine>=6"),
    ],
)
def test_a_verdict_says_what_was_seen(
    judged: dict[str, list[Record]], case: str, line: int, words: str
) -> None:
    details = [record["detail"] for record in judged[case] if record["line"] == line]
    assert any(words in detail for detail in details)


# --- how a run ends ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "code", "error"),
    [
        pytest.param("comments", 10, None, id="findings"),
        pytest.param("not-judged", 0, None, id="all-pinned"),
        pytest.param("contradictions", 0, None, id="only-warnings"),
        pytest.param("malformed", 4, "malformed-yaml", id="malformed"),
        pytest.param("duplicate-keys", 4, "malformed-yaml", id="all-malformed"),
        pytest.param("no-references", 3, "nothing-to-inspect", id="nothing-judged"),
    ],
)
def test_a_run_ends_with_the_foremost_that_applies(
    run_script: RunScript, repositories: Path, case: str, code: int, error: str | None
) -> None:
    outcome = check(run_script, repositories / case)
    assert outcome.code == outcome.meta["exit_code"] == code
    assert (outcome.document["error"] or {}).get("code") == error


def test_nothing_to_judge_in_one_of_two_folders_is_no_error(
    run_script: RunScript, repositories: Path
) -> None:
    outcome = check(run_script, repositories / "no-references", repositories / "not-judged")
    assert (outcome.code, outcome.meta["references"]) == (0, 1)


def test_without_a_path_the_current_folder_is_judged(
    run_script: RunScript, repositories: Path
) -> None:
    outcome = check(run_script, cwd=repositories / "reusable")
    assert {record["file"] for record in outcome.data} == {".github/workflows/ci.yml"}


def test_standard_input_is_one_of_the_paths(run_script: RunScript, repositories: Path) -> None:
    text = steps("actions/cache@v4").encode()
    outcome = check(run_script, "-", repositories / "not-judged", stdin=text)
    assert {(record["file"].rpartition("/")[2], record["line"]) for record in outcome.data} == {
        ("<stdin>", 6),
        ("ci.yml", 25),
    }


# --- texts that a file of the data cannot be ---------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["bare", "byte-order-mark"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_line_ends_and_a_byte_order_mark_change_no_verdict(
    run_script: RunScript, tmp_path: Path, line_end: str, mark: bytes
) -> None:
    text = steps(f"actions/checkout@{SHA} # v7.0.1", "actions/cache@v4", f"a/b@{SHA}")
    root = a_repository(tmp_path, ci=mark + text.replace("\n", line_end).encode())
    outcome = check(run_script, root)
    said = [(record["line"], record["check"], record["comment"]) for record in outcome.data]
    assert sorted(said) == [
        (6, "unpinned-uses", "# v7.0.1"),
        (7, "unpinned-uses", None),
        (8, "version-comment", None),
    ]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        pytest.param(b"on: push\n# \xe9t\xe9\n", 2, "not UTF-8", id="latin-1"),
        pytest.param("on: push".encode("utf-16"), 1, "not UTF-8", id="utf-16"),
        pytest.param(b"on: push\nname: a\0b\n", 2, "U+0000", id="nul"),
        pytest.param(b"a: b\n---\na: b\n", 2, "more than one YAML document", id="two-documents"),
        pytest.param(b"[" * 100_000, 1, "nested deeper", id="100,000-brackets"),
        pytest.param("a: b # c\u2028d: e\n".encode(), 1, "U+2028", id="an-unseen-line"),
        pytest.param(b"a: &a [*a]\n", 1, "inside of what it stands for", id="an-endless-alias"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_finding_and_hides_no_other(
    run_script: RunScript, tmp_path: Path, content: bytes, line: int, words: str
) -> None:
    root = a_repository(tmp_path, bad=content, good=steps("actions/cache@v4"))
    outcome = check(run_script, root)
    assert outcome.code == 4
    said = {Path(record["file"]).name: record for record in outcome.data}
    assert said["bad.yml"]["check"] == "unreadable-file"
    assert said["bad.yml"]["line"] == line
    assert words in said["bad.yml"]["detail"]
    assert (said["good.yml"]["check"], said["good.yml"]["line"]) == ("unpinned-uses", 6)


def test_a_file_of_nothing_is_no_finding(run_script: RunScript, tmp_path: Path) -> None:
    root = a_repository(tmp_path, empty="", comments="# a\n", good=steps("./a"), text="a word")
    outcome = check(run_script, root)
    assert (outcome.code, outcome.meta["files"], len(outcome.data)) == (0, 4, 1)


def test_a_malformed_lock_is_a_finding_and_locks_nothing(
    run_script: RunScript, tmp_path: Path
) -> None:
    root = a_repository(tmp_path, ci=steps("actions/cache@v4"))
    (root / ".github" / "workflows" / "actions.lock").write_text("workflows: [\n")
    outcome = check(run_script, root)
    assert outcome.code == 4
    assert sorted(record["check"] for record in outcome.data) == [
        "unpinned-uses",
        "unreadable-file",
    ]


@pytest.mark.skipif(os.name != "posix", reason="links and pipes are of POSIX")
def test_links_and_pipes_are_findings_and_hide_no_file(
    run_script: RunScript, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("password: hunter2\n")
    root = a_repository(tmp_path / "repository", good=steps("actions/cache@v4"))
    folder = root / ".github" / "workflows"
    (folder / "out.yml").symlink_to(tmp_path / "secret")
    (folder / "broken.yml").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.yml")
    outcome = check(run_script, root)
    assert outcome.code == 4
    assert "hunter2" not in outcome.stdout
    said = {Path(record["file"]).name: record["check"] for record in outcome.data}
    unreadable = dict.fromkeys(("out.yml", "broken.yml", "pipe.yml"), "unreadable-file")
    assert said == {"good.yml": "unpinned-uses", **unreadable}


@pytest.mark.parametrize("name", ["spaces in it", "日本語", "é😀", "-dash"])
def test_a_workflow_of_any_name_is_judged(run_script: RunScript, tmp_path: Path, name: str) -> None:
    root = a_repository(tmp_path / name, **{name: steps("actions/cache@v4")})
    outcome = check(run_script, cwd=root)
    assert [record["file"] for record in outcome.data] == [f".github/workflows/{name}.yml"]


def test_the_signs_of_a_terminal_are_not_obeyed(run_script: RunScript, tmp_path: Path) -> None:
    root = a_repository(tmp_path, ci=steps('"a/b@\\e[2J\\u202Ev1"'))
    outcome = run_script("check-action-pins", root)
    assert "\x1b" not in outcome.stdout + outcome.stderr
    assert "\u202e" not in outcome.stdout


@pytest.mark.slow
def test_thousands_of_contradictions_are_told_in_bounded_size(
    run_script: RunScript, tmp_path: Path
) -> None:
    many = (f"a/b@{number:040x} # v{number}.0.0" for number in range(2_000))
    same = (f"c/d@{SHA} # v{number}.0.0" for number in range(2_000))
    root = a_repository(tmp_path, many=steps(*many), same=steps(*same))
    outcome = check(run_script, root)
    assert (outcome.code, outcome.meta["summary"]["warn"]) == (0, 4_000)
    assert max(len(record["detail"]) for record in outcome.data) < 300


# --- for people -------------------------------------------------------------------------------


def test_the_text_of_a_mixed_repository(
    run_script: RunScript, repositories: Path, snapshot: Snapshot
) -> None:
    outcome = run_script("check-action-pins", cwd=repositories / "mixed")
    assert outcome.code == 4
    snapshot.assert_match(outcome.stdout, "report.txt")
    snapshot.assert_match(outcome.stderr, "problem.txt")
