"""What a report says, and how each format spells it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator
from pytest_snapshot.plugin import Snapshot

from conftest import ROOT
from contract import is_valid, validated
from pypi_publish import render
from pypi_publish.errors import (
    PRECEDENCE,
    Exit,
    Malformed,
    Misused,
    NothingToInspect,
    PrerequisiteMissing,
    Problem,
    Unanswered,
)
from pypi_publish.pins.judge import PinRecord
from pypi_publish.report import annotations, document, sarif, text
from pypi_publish.report.model import Closing, Finding, Report
from pypi_publish.report.text import Style
from pypi_publish.verdict import Place, Status, Verdict
from pypi_publish.version import VERSION

SARIF_SCHEMA = json.loads((ROOT / "tests" / "data" / "sarif-2.1.0.json").read_text("utf-8"))
FILE = ".github/workflows/publish.yml"


def finding(status: Status = Status.FAIL, **fields: Any) -> Finding:
    said: dict[str, Any] = {
        "check": "some-check",
        "title": "All is well",
        "detail": "it is not",
        "fix": "Mend it." if status in (Status.FAIL, Status.WARN) else None,
        "where": Place(FILE, 3, 9),
        "docs": "https://example.org/why",
    }
    return Finding(status=status, **said | fields)


def report(*findings: Finding, **fields: Any) -> Report:
    return Report(script="check-action-pins", findings=findings, **fields)


def problem(kind: type[Problem] = Malformed, message: str = "it is torn") -> Problem:
    return kind("torn", message, "Mend it.")


SAMPLE = report(
    finding(Status.PASS, check="trusted-publisher", detail="as registered", where=None),
    finding(
        Status.WARN,
        check="floating-tool",
        detail="`pip install twine` takes whatever version of twine is newest",
        fix="State a version, as in `twine==7.0.0`.",
        where=Place("docs/käse, brot.yml", 12),
    ),
    finding(
        check="unpinned-uses",
        detail="`v4` is a tag or a branch, not a commit; its owner can move it, and so can whoever "
        "takes over the account of its owner",
        fix="Write `actions/checkout@<commit SHA> # <version>`.",
    ),
    finding(
        Status.WARN,
        check="several-commits",
        detail="elsewhere at\n8f4b7f84864484a7bf31766abe9204da3cbe65b3",
        fix=None,
        where=Place(FILE, 21, 15),
        docs=None,
    ),
    finding(Status.UNKNOWN, check="moved-tag", detail="github.com: timed out", fix=None),
    finding(Status.SKIP, check="signed-tag", detail="there is no tag yet", where=None),
    closing=Closing(verdict="Not ready: 1 finding among 6 checks.", next="mend it."),
    meta={"files": 2},
)


def without_version(spelled: str) -> str:
    return spelled.replace(f'"{VERSION}"', '"VERSION"')


# What a run ends with


def test_exit_codes_take_precedence_in_the_documented_order() -> None:
    assert [int(code) for code in PRECEDENCE] == [1, 2, 5, 3, 4, 10, 11, 7, 0]
    assert set(PRECEDENCE) == set(Exit)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(report(), 0, id="nothing-at-all"),
        pytest.param(report(finding(Status.PASS)), 0, id="all-pass"),
        pytest.param(report(finding(Status.WARN)), 0, id="a-warning-is-no-failure"),
        pytest.param(report(finding(Status.UNKNOWN)), 0, id="not-known-and-nobody-was-asked"),
        pytest.param(report(finding(Status.SKIP)), 0, id="skipped"),
        pytest.param(report(finding()), 10, id="a-failure"),
        pytest.param(report(finding(Status.PASS), incomplete=True), 7, id="incomplete"),
        pytest.param(report(finding(), incomplete=True), 10, id="a-failure-before-incomplete"),
        pytest.param(report(problem=problem(Misused)), 2, id="misused"),
        pytest.param(report(problem=problem(NothingToInspect)), 3, id="nothing-to-inspect"),
        pytest.param(report(finding(), problem=problem()), 4, id="malformed-before-a-failure"),
        pytest.param(
            report(finding(), problem=problem(PrerequisiteMissing)),
            5,
            id="missing-before-a-failure",
        ),
        pytest.param(
            report(finding(), problem=problem(Unanswered)), 10, id="a-failure-before-unanswered"
        ),
        pytest.param(report(problem=problem(Unanswered)), 7, id="unanswered"),
        pytest.param(
            report(problem=problem(NothingToInspect), incomplete=True),
            3,
            id="nothing-to-inspect-before-incomplete",
        ),
    ],
)
def test_a_run_ends_with_the_foremost_code_that_applies(given: Report, expected: int) -> None:
    assert given.exit_code == expected
    meta = validated(document.spell(given, whole=False))["meta"]
    assert (meta["exit_code"], meta["ok"]) == (expected, expected == 0)


def test_findings_come_worst_first_and_otherwise_in_the_order_of_their_script() -> None:
    mixed = [finding(status, check=f"{status}-{nth}") for nth in (1, 2) for status in Status][::-1]
    assert [item.check for item in report(*mixed).worst_first] == [
        f"{status}-{nth}" for status in Status for nth in (2, 1)
    ]


def test_the_summary_counts_every_status_also_those_that_do_not_occur() -> None:
    summary = report(finding(), finding(), finding(Status.SKIP)).summary
    assert summary == {"fail": 2, "warn": 0, "unknown": 0, "skip": 1, "pass": 0}


@pytest.mark.parametrize("status", Status)
def test_only_a_failure_is_not_ok(status: Status) -> None:
    assert finding(status).ok is (status is not Status.FAIL)


def test_a_verdict_without_an_observation_is_refused() -> None:
    with pytest.raises(ValueError, match="observation"):
        Verdict(Status.PASS, "")


# The JSON document

_TEXTS = st.one_of(
    st.text(max_size=40),
    st.builds(lambda letter, times: letter * times, st.characters(), st.integers(0, 20_000)),
)
_PLACES = st.builds(Place, _TEXTS, st.none() | st.integers(1, 9_999), st.none())
_FINDINGS = st.builds(
    Finding,
    check=st.just("some-check"),
    status=st.sampled_from(Status),
    title=st.just("All is well"),
    detail=_TEXTS,
    fix=st.none() | _TEXTS,
    where=st.none() | _PLACES,
    docs=st.none() | st.just("https://example.org/why"),
)
_REPORTS = st.builds(
    Report,
    script=st.just("check-action-pins"),
    findings=st.lists(_FINDINGS, max_size=6) | st.lists(_FINDINGS, min_size=20, max_size=80),
    problem=st.none() | st.builds(Malformed, st.just("torn"), _TEXTS, _TEXTS),
    incomplete=st.booleans(),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, database=None)
@given(_REPORTS)
def test_the_document_is_valid_and_short_whatever_there_is_to_report(given: Report) -> None:
    short = validated(spelled := document.spell(given, whole=False))
    whole = validated(document.spell(given, whole=True))
    assert len(spelled) < document.LIMIT
    assert short["meta"]["total"] == len(given.findings)
    assert short["meta"]["summary"] == given.summary
    assert whole["meta"]["truncated"] is False
    left_out = (short["data"], short["error"]) != (whole["data"], whole["error"])
    assert short["meta"]["truncated"] is left_out


MANY = [finding(detail=f"number {nth}") for nth in range(1_000)]
ENORMOUS = "x" * 1_000_000


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param(report(*MANY), range(25, 40), id="many-findings"),
        pytest.param(report(finding(detail=ENORMOUS)), [1], id="one-enormous-finding"),
        pytest.param(
            report(finding(detail=ENORMOUS, fix=ENORMOUS, where=Place(ENORMOUS))),
            [1],
            id="a-finding-that-is-enormous-all-over",
        ),
        pytest.param(report(finding(detail="\U0001f980" * 9_999)), [1], id="escaped-twelvefold"),
        pytest.param(report(finding(detail="\x1b" * 9_999)), [1], id="escaped-sixfold"),
        pytest.param(
            report(finding(), problem=problem(message=ENORMOUS)), [1], id="an-enormous-error"
        ),
        pytest.param(
            report(finding(), problem=problem(message="\U0001f980" * 9_999)),
            [1],
            id="an-error-that-is-escaped",
        ),
        pytest.param(
            report(finding(detail=ENORMOUS), *MANY, problem=problem(message=ENORMOUS)),
            range(10, 20),
            id="all-of-it",
        ),
    ],
)
def test_what_does_not_fit_is_left_out_and_said_to_be(given: Report, shown: range) -> None:
    spelled = document.spell(given, whole=False)
    short = validated(spelled)
    assert document.LIMIT // 2 < len(spelled) < document.LIMIT or short["error"]
    assert len(short["data"]) in shown
    assert short["meta"]["truncated"] is True
    assert short["meta"]["total"] == len(given.findings)


def test_an_enormous_finding_keeps_what_a_program_goes_by() -> None:
    given = report(finding(check="tag-object", detail=ENORMOUS), problem=problem(message=ENORMOUS))
    short = json.loads(document.spell(given, whole=False))
    record = short["data"][0]
    assert (record["check"], record["status"], record["ok"]) == ("tag-object", "fail", False)
    assert record["where"] == {"file": FILE, "line": 3, "column": 9}
    assert record["detail"].endswith("x ...")
    assert short["error"]["code"] == "torn"


def test_passing_records_go_first_when_not_all_fit() -> None:
    passing = [finding(Status.PASS, detail=f"good {nth}") for nth in range(40)]
    bad = [finding(Status.SKIP), finding(Status.UNKNOWN), finding(Status.WARN), finding()]
    short = json.loads(document.spell(report(*passing, *bad), whole=False))
    assert [record["status"] for record in short["data"]] == ["fail", "warn", "unknown", "skip"]
    assert short["meta"]["truncated"] is True
    assert short["meta"]["summary"]["pass"] == 40


def test_then_the_tail_goes_and_the_worst_stay() -> None:
    warnings = [finding(Status.WARN) for _ in range(100)]
    short = json.loads(document.spell(report(*warnings, finding()), whole=False))
    statuses = [record["status"] for record in short["data"]]
    assert statuses[0] == "fail"
    assert set(statuses[1:]) == {"warn"}
    assert len(statuses) < 100


def test_the_whole_document_has_everything() -> None:
    given = report(*MANY, finding(detail=ENORMOUS), problem=problem(message=ENORMOUS))
    whole = validated(document.spell(given, whole=True))
    assert len(whole["data"]) == whole["meta"]["total"] == 1_001
    assert whole["data"][-1]["detail"] == ENORMOUS
    assert whole["error"]["message"] == ENORMOUS
    assert whole["meta"]["truncated"] is False


def test_the_document_is_ascii_and_means_what_was_said() -> None:
    said = "Käse \u202e \U0001f980 \x1b[2J \udcff"
    [record] = validated(document.spell(report(finding(detail=said)), whole=False))["data"]
    assert record["detail"] == said


def test_the_json_document_of_a_run(snapshot: Snapshot) -> None:
    spelled = document.spell(SAMPLE, whole=False)
    validated(spelled)
    snapshot.assert_match(without_version(spelled) + "\n", "report.json")


def test_a_record_of_a_script_has_its_own_fields_beside_the_shared() -> None:
    pin = PinRecord(
        check="unpinned-uses",
        status=Status.FAIL,
        title="All is well",
        detail="`v4` is a tag",
        fix=None,
        where=Place(FILE, 3),
        docs=None,
        file=FILE,
        line=3,
        column=None,
        action="actions/checkout",
        ref="v4",
        comment=None,
    )
    [record] = validated(document.spell(report(pin), whole=False))["data"]
    assert (record["ok"], record["action"], record["ref"]) == (False, "actions/checkout", "v4")


# The schema and the rendered pages


@pytest.mark.parametrize("name", render.RENDERED)
def test_each_rendered_file_is_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == render.RENDERED[name]()


def test_the_renderer_names_what_is_stale_and_writes_it_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = list(render.RENDERED)
    assert render.main([], tmp_path) == 0
    assert render.main(["--check"], tmp_path) == 0
    (tmp_path / names[0]).write_text("by hand", encoding="utf-8")
    assert render.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        *(f"written: {name}" for name in names),
        f"stale: {names[0]}",
    ]


def test_the_exported_schema_is_a_schema() -> None:
    schema = json.loads(render.schema())
    assert schema["$schema"].endswith("2020-12/schema")
    Draft202012Validator.check_schema(schema)


def _in_record(given: Any) -> Any:
    return given["data"][0]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda given: given, id="document"),
        pytest.param(_in_record, id="finding"),
        pytest.param(lambda given: given["data"][0]["where"], id="place"),
        pytest.param(lambda given: given["meta"]["summary"], id="summary"),
        pytest.param(lambda given: given["error"], id="error"),
    ],
)
def test_the_schema_wants_every_field_and_no_other(part: Callable[[Any], Any]) -> None:
    spelled = document.spell(replace(SAMPLE, problem=problem()), whole=False)
    assert is_valid(json.loads(spelled))
    for field in part(json.loads(spelled)):
        lacking = json.loads(spelled)
        del part(lacking)[field]
        assert not is_valid(lacking), f"{field} may be left out"
    more = json.loads(spelled)
    part(more)["invented"] = 0
    assert not is_valid(more)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        pytest.param(_in_record, "status", "bad", id="no-status"),
        pytest.param(_in_record, "ok", "false", id="no-boolean"),
        pytest.param(_in_record, "where", FILE, id="no-place"),
        pytest.param(lambda given: given["meta"], "exit_code", 6, id="no-exit-code"),
        pytest.param(lambda given: given["meta"], "total", -1, id="no-count"),
        pytest.param(lambda given: given["meta"], "schema", "pypi-publish/v2", id="no-v1"),
    ],
)
def test_the_schema_refuses_what_no_script_says(
    part: Callable[[Any], Any], field: str, value: object
) -> None:
    given = json.loads(document.spell(SAMPLE, whole=False))
    part(given)[field] = value
    assert not is_valid(given)


def test_a_script_may_add_to_meta() -> None:
    meta = validated(document.spell(SAMPLE, whole=False))["meta"]
    assert meta["files"] == 2


# The text


@pytest.mark.parametrize(
    ("name", "style"),
    [
        pytest.param("report.txt", Style(), id="by-default"),
        pytest.param("all.txt", Style(everything=True), id="all"),
        pytest.param("quiet.txt", Style(quiet=True), id="quiet"),
        pytest.param("narrow.txt", Style(width=50), id="narrow"),
    ],
)
def test_the_text_of_a_run(name: str, style: Style, snapshot: Snapshot) -> None:
    snapshot.assert_match(text.render(SAMPLE, style), name)


def test_the_file_with_the_worst_finding_comes_first() -> None:
    given = report(
        finding(Status.WARN, where=Place("a.yml", 1)),
        finding(Status.WARN, where=Place("b.yml", 1)),
        finding(where=Place("b.yml", 2)),
        finding(Status.WARN, where=Place("a.yml", 3)),
    )
    rows = text.render(given, Style()).splitlines()
    heads = [row.split()[:2] for row in rows if row and not row.startswith("    ")]
    assert heads == [
        ["b.yml"],
        ["fail", "2"],
        ["warn", "1"],
        ["a.yml"],
        ["warn", "1"],
        ["warn", "3"],
    ]


def test_the_fix_stands_below_what_it_mends() -> None:
    rows = text.render(report(finding(detail="torn", fix="Sew it.")), Style()).splitlines()
    assert [row.strip() for row in rows[2:4]] == ["torn", "fix: Sew it."]


def test_good_news_is_a_closing_line_alone() -> None:
    given = report(finding(Status.PASS), closing=Closing(verdict="Pinned: 1 reference."))
    assert text.render(given, Style()) == "Pinned: 1 reference.\n"
    assert text.render(given, Style(quiet=True)) == ""


def test_a_long_text_says_how_much_it_leaves_out() -> None:
    given = report(*MANY, closing=Closing(verdict="Not ready."))
    rendered = text.render(given, Style())
    left_out = re.search(r"\n\.\.\. and (\d+) more \(--all shows them\)\n\nNot ready\.\n", rendered)
    assert left_out is not None
    assert rendered.count("some-check") + int(left_out[1]) == 1_000
    assert len(rendered) < text.LIMIT + 200
    assert text.render(given, Style(everything=True)).count("some-check") == 1_000


def test_an_enormous_finding_is_cut_unless_all_is_asked_for() -> None:
    given = report(finding(detail=ENORMOUS, fix=ENORMOUS))
    assert len(text.render(given, Style())) < text.LIMIT
    assert ENORMOUS in text.render(given, Style(everything=True))


def test_colours_are_there_only_where_they_are_asked_for() -> None:
    coloured = text.render(SAMPLE, Style(colour=True))
    assert "\x1b[31;1mfail   \x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]+m", "", coloured) == text.render(SAMPLE, Style())
    assert "\x1b" not in text.render(SAMPLE, Style())


FOREIGN = [
    pytest.param("\x1b[2J\x1b]0;title\x07", id="escape-sequences"),
    pytest.param("\x9b2J", id="the-one-byte-escape"),
    pytest.param("fail\rpass", id="carriage-return"),
    pytest.param("wrong\x08\x08\x08\x08\x08right", id="backspaces"),
    pytest.param("owner/\u202enoitca\u202c", id="reversed-text"),
    pytest.param("\u2066owner\u2069\u200f\u061c", id="marks-of-direction"),
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_terminal_is_shown_foreign_text_and_never_obeys_it(foreign: str) -> None:
    given = report(
        finding(detail=foreign, fix=foreign, where=Place(foreign, 1)),
        closing=Closing(verdict=foreign, next=foreign),
    )
    told = problem(message=foreign)
    for spelled in (
        text.render(given, Style()),
        text.render_problem(told, Style()),
        annotations.render(replace(given, problem=told)),
    ):
        assert [letter for letter in spelled if not letter.isprintable() and letter != "\n"] == []
        assert spelled.isascii()


def test_a_file_name_cannot_add_lines_of_its_own() -> None:
    given = report(finding(where=Place("a.yml\n  pass     1 trusted-publisher", 1)))
    assert text.render(given, Style()).splitlines()[0].startswith("a.yml\\n")


def test_a_problem_is_told_with_what_to_try_next() -> None:
    assert text.render_problem(problem(), Style()) == "error: it is torn\nMend it.\n"


# Annotations on GitHub


def test_the_annotations_of_a_run(snapshot: Snapshot) -> None:
    given = replace(SAMPLE, problem=problem())
    snapshot.assert_match(annotations.render(given), "annotations.txt")


@pytest.mark.parametrize(
    ("said", "as_text", "as_property"),
    [
        pytest.param("50%", "50%25", "50%25", id="percent"),
        pytest.param("%0A", "%250A", "%250A", id="what-looks-escaped"),
        pytest.param("a\nb", "a%0Ab", "a%0Ab", id="newline"),
        pytest.param("a\r\nb", "a%0Ab", "a%0Ab", id="windows-newline"),
        pytest.param("a,b", "a,b", "a%2Cb", id="comma"),
        pytest.param("a::b", "a::b", "a%3A%3Ab", id="colons"),
        pytest.param(
            "x\n::add-mask::y", "x%0A::add-mask::y", "x%0A%3A%3Aadd-mask%3A%3Ay", id="command"
        ),
    ],
)
def test_an_annotation_says_what_was_said_and_commands_nothing(
    said: str, as_text: str, as_property: str
) -> None:
    given = report(finding(detail=said, fix=None, where=Place(said)))
    assert annotations.render(given) == (
        f"::error file={as_property},title=some-check::{as_text}\n"
    )


# SARIF


def sarif_of(given: Report) -> Any:
    log = json.loads(spelled := sarif.render(given))
    assert spelled.isascii()
    Draft4Validator(SARIF_SCHEMA).validate(log)
    [run] = log["runs"]
    return run


def fingerprints(given: Report) -> list[str]:
    return [result["partialFingerprints"]["finding/v1"] for result in sarif_of(given)["results"]]


def test_the_sarif_log_of_a_run(snapshot: Snapshot) -> None:
    sarif_of(SAMPLE)
    snapshot.assert_match(without_version(sarif.render(SAMPLE)) + "\n", "report.sarif")


def test_sarif_has_what_is_not_good_worst_first_and_a_rule_for_each() -> None:
    run = sarif_of(SAMPLE)
    assert [result["level"] for result in run["results"]] == ["error", "warning", "warning", "note"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {result["ruleId"] for result in run["results"]} == set(rules)
    assert len(rules) == len(set(rules))


def test_a_clean_run_is_a_valid_log_without_results() -> None:
    run = sarif_of(report(finding(Status.PASS)))
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


def test_sarif_says_when_the_run_did_not_succeed() -> None:
    [invocation] = sarif_of(report(problem=problem()))["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 4)
    [told] = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "it is torn Mend it."


def test_fingerprints_stay_when_lines_move() -> None:
    moved = [replace(item, where=Place(FILE, 999)) for item in SAMPLE.findings]
    placed = [replace(item, where=Place(FILE, 1)) for item in SAMPLE.findings]
    assert fingerprints(report(*moved)) == fingerprints(report(*placed))


def test_fingerprints_tell_all_results_apart_also_those_that_say_the_same() -> None:
    same = [finding(where=Place(FILE, line)) for line in (1, 2, 3)]
    others = [finding(where=None), finding(check="other"), finding(detail="else")]
    distinct = fingerprints(report(*same, *others))
    assert len(set(distinct)) == len(distinct) == 6


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        pytest.param(FILE, FILE, id="plain"),
        pytest.param("../a b/käse.yml", "../a%20b/k%C3%A4se.yml", id="space-and-non-ascii"),
        pytest.param("100%.yml", "100%25.yml", id="percent"),
        pytest.param("https:x.yml", "https%3Ax.yml", id="not-a-scheme"),
        pytest.param("a#b?c.yml", "a%23b%3Fc.yml", id="not-a-query"),
        pytest.param("<stdin>", "%3Cstdin%3E", id="standard-input"),
        pytest.param("\udcff.yml", "%FF.yml", id="not-utf-8"),
        pytest.param(
            Path("/a b/ci.yml").absolute().as_posix(),
            Path("/a b/ci.yml").absolute().as_uri(),
            id="absolute",
        ),
    ],
)
def test_a_file_is_named_by_a_percent_encoded_address(file: str, uri: str) -> None:
    [result] = sarif_of(report(finding(where=Place(file, 1))))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_every_result_has_a_place_because_github_refuses_a_log_with_one_that_has_none() -> None:
    given = report(finding(where=None), finding(where=Place(FILE)), finding())
    places = [result["locations"][0]["physicalLocation"] for result in sarif_of(given)["results"]]
    assert [(place["artifactLocation"]["uri"], place["region"]) for place in places] == [
        ("pyproject.toml", {"startLine": 1}),
        (FILE, {"startLine": 1}),
        (FILE, {"startLine": 3, "startColumn": 9}),
    ]


def test_sarif_holds_no_more_results_than_github_takes() -> None:
    warnings = [finding(Status.WARN, detail=str(nth)) for nth in range(6_000)]
    results = json.loads(sarif.render(report(*warnings, finding())))["runs"][0]["results"]
    assert len(results) == 5_000
    assert results[0]["level"] == "error"
