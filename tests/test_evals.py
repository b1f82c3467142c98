"""The evals hold: every check tells a good answer from a bad one, and every fixture is true."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import RunScript
from evals import grade
from pypi_publish.artifacts.secrets import kind_of_secret

EVALS = Path(__file__).parent / "evals"
FILES, ANSWERS = EVALS / "files", EVALS / "answers"
CASES = grade.cases()
QUERIES: list[dict[str, Any]] = json.loads((EVALS / "trigger_queries.json").read_text("utf-8"))


def checks(*, run: bool) -> list[Any]:
    return [
        pytest.param(case, check, id=f"{case['id']}-{number}")
        for case in CASES.values()
        for number, check in enumerate(case["checks"], 1)
        if ("run" in check) == run
    ]


def laid_out(case: Mapping[str, Any], kind: str, folder: Path) -> tuple[str, Path]:
    """Return the good or the bad answer, and the tree that goes with it."""
    tree = folder / kind
    grade.prepare({"id": case["id"]}, tree)
    changed = ANSWERS / case["id"] / kind
    if changed.is_dir():
        grade.prepare({"id": f"../answers/{case['id']}/{kind}"}, tree)
    return (ANSWERS / case["id"] / f"{kind}.md").read_text("utf-8"), tree


def outcomes(case: Mapping[str, Any], check: Mapping[str, Any], folder: Path) -> list[str]:
    results = [grade.judged(check, *laid_out(case, kind, folder)) for kind in ("good", "bad")]
    return [result.outcome for result in results]


# --- evals.json


def test_the_form_is_the_one_that_runners_of_evals_read() -> None:
    document = json.loads((EVALS / "evals.json").read_text("utf-8"))
    assert document.keys() == {"skill_name", "evals"}
    assert document["skill_name"] == "pypi-publish"
    for case in document["evals"]:
        needed = {"id", "prompt", "expected_output", "files", "assertions", "checks"}
        assert needed <= case.keys() <= needed | {"git"}
        assert all(isinstance(assertion, str) for assertion in case["assertions"])


def test_there_are_enough_cases_and_each_has_its_own_id() -> None:
    ids = [case["id"] for case in json.loads((EVALS / "evals.json").read_text("utf-8"))["evals"]]
    assert len(ids) == len(set(ids)) >= 14


def test_every_file_that_a_case_names_is_there_and_none_is_left_over() -> None:
    named = Counter(file for case in CASES.values() for file in case["files"])
    there = {path.relative_to(EVALS).as_posix() for path in FILES.rglob("*") if path.is_file()}
    assert set(named) == there
    assert set(named.values()) == {1}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_checks_belong_to_an_assertion_and_their_patterns_compile(case: Mapping[str, Any]) -> None:
    for check in case["checks"]:
        assert check["of"] in range(1, len(case["assertions"]) + 1)
        kinds = check.keys() - {"of", "in"}
        assert kinds <= {"has", "lacks"} or kinds in ({"says"}, {"run"})
        patterns = [pattern for kind in kinds - {"run"} for pattern in check[kind]]
        assert patterns or "run" in check
        for pattern in patterns:
            re.compile(pattern)


def test_no_file_of_the_evals_looks_as_if_it_held_a_secret() -> None:
    files = [path for path in EVALS.rglob("*") if path.is_file()]
    assert not [path for path in files if kind_of_secret(path.read_bytes())]
    for token in re.findall(rb"pypi-A[\w-]{16,}", b"".join(path.read_bytes() for path in files)):
        assert b"EXAMPLE" in token


def test_no_fixture_is_in_the_way_of_our_own_tests() -> None:
    assert not [*FILES.rglob("test_*.py"), *FILES.rglob("conftest.py"), *FILES.rglob(".git")]


# --- grade.py


@pytest.mark.parametrize(("case", "check"), checks(run=False))
def test_a_check_passes_the_good_answer_and_not_the_bad_one(
    case: Mapping[str, Any], check: Mapping[str, Any], tmp_path: Path
) -> None:
    unmet = "needs-a-reader" if "says" in check else "fail"
    assert outcomes(case, check, tmp_path) == ["pass", unmet]


@pytest.mark.slow
@pytest.mark.parametrize(("case", "check"), checks(run=True))
def test_a_script_passes_the_good_tree_and_fails_the_bad_one(
    case: Mapping[str, Any], check: Mapping[str, Any], tmp_path: Path
) -> None:
    assert outcomes(case, check, tmp_path) == ["pass", "fail"]


def graded(case: str, answer: Path, tree: Path) -> tuple[int, Any]:
    ended = subprocess.run(
        [sys.executable, EVALS / "grade.py", case, "--answer", answer, "--tree", tree],
        capture_output=True,
        check=False,
    )
    return ended.returncode, json.loads(ended.stdout)


@pytest.mark.parametrize(("kind", "code"), [("good", 0), ("bad", 10)])
def test_the_command_prints_one_document_and_says_by_its_exit_code_whether_something_fails(
    kind: str, code: int, tmp_path: Path
) -> None:
    _, tree = laid_out(CASES["verify-live"], kind, tmp_path)
    ended, document = graded("verify-live", ANSWERS / "verify-live" / f"{kind}.md", tree)
    assert ended == code
    assert bool(document["summary"]["fail"]) == (code == 10)
    texts = [one["assertion"] for one in document["assertions"]]
    assert texts == CASES["verify-live"]["assertions"]


def test_an_assertion_without_a_check_needs_a_reader() -> None:
    assert grade.verdict("It reads well.", []).verdict == "needs-a-reader"


def test_what_may_be_said_in_other_words_is_left_to_a_reader() -> None:
    result = grade.searched({"in": "answer", "says": ["still free"]}, "You can use 1.0 again.")
    assert result.outcome == "needs-a-reader"


def test_a_script_that_could_not_judge_leaves_the_assertion_to_a_reader(tmp_path: Path) -> None:
    result = grade.ran(["preflight", "--no-such-option"], tmp_path)
    assert grade.verdict("It is ready.", [result]).verdict == "needs-a-reader"


def test_evidence_quotes_what_was_found_but_never_a_token() -> None:
    check = {"in": "answer", "lacks": ["pypi-AEXAMPLE"]}
    answer = "Move pypi-AEXAMPLE-NOT-A-TOKEN-0000000000000000 into a secret."
    assert grade.searched(check, answer).evidence.endswith('"Move *** into a secret."')


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param("```sh\ngit push --tags\n```", "fail", id="told-to-type-it"),
        pytest.param("Never `git push --tags`.", "pass", id="warned-of-it"),
        pytest.param("```sh\n# not git push --tags\ngit push v1\n```", "pass", id="in-a-comment"),
    ],
)
def test_advice_is_what_stands_in_code_blocks(answer: str, outcome: str) -> None:
    check = {"in": "commands", "lacks": ["git push.*--tags"]}
    assert grade.judged(check, answer, EVALS).outcome == outcome


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(("no-such-case", "answers/bare-400/good.md", "files"), id="case"),
        pytest.param(("bare-400", "no-such.md", "files"), id="answer"),
        pytest.param(("bare-400", "answers/bare-400/good.md", "no-such-folder"), id="tree"),
    ],
)
def test_what_is_not_there_ends_with_3(given: tuple[str, str, str]) -> None:
    case, answer, tree = given
    code, document = graded(case, EVALS / answer, EVALS / tree)
    assert code == 3
    assert document["error"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([], id="neither-answer-nor-folder"),
        pytest.param(["--answer", "answer.md"], id="no-tree"),
        pytest.param(["--prepare", EVALS], id="folder-in-use"),
    ],
)
def test_wrong_arguments_end_with_2(given: list[Any], tmp_path: Path) -> None:
    command = [sys.executable, EVALS / "grade.py", "bare-400", *given]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 2


def test_a_case_with_a_repository_is_laid_out_as_one(tmp_path: Path) -> None:
    tree = tmp_path / "with space"
    grade.prepare(CASES["version-mirrors"], tree)
    asked = [["remote", "get-url", "origin"], ["tag", "--points-at=HEAD"], ["status", "--short"]]
    said = [subprocess.check_output(["git", "-C", tree, *one], text=True).split() for one in asked]
    assert said[0] == [CASES["version-mirrors"]["git"]["remote"]]
    assert said[1] == CASES["version-mirrors"]["git"]["tags"]
    assert said[2] == []


# --- the fixtures are true


@pytest.mark.parametrize(
    ("log", "failure", "code"),
    [
        ("bare-400/upload.log", "bare-400", 10),
        ("burnt-filename/upload.log", "pypi-filename-reused", 10),
        ("codeartifact-trap/release.log", "private-index-bypassed", 10),
        ("failing-tests/run.log", "not-a-publish-failure", 10),
        ("gitlab-group-upload/job-run-by-hand.log", "private-index-wrong-address", 10),
        ("linux-wheel/publish.log", "pypi-platform-tag-unsupported", 10),
        ("metadata-2-5/publish.log", "meta-version-unsupported", 10),
        ("partial-upload/first-attempt.log", "twine-retry-5xx", 10),
        ("partial-upload/rerun-of-all-jobs.log", "pypi-file-exists", 10),
        ("publisher-environment/publish.log", "mint-publisher-not-found", 10),
        ("publisher-repository-case/publish.log", "mint-publisher-not-found", 10),
        ("publisher-reusable/publish.log", "action-reusable-workflow-warning", 10),
        ("unpinned-actions/publish.log", "gh-docker-manifest-unknown", 10),
        ("version-mirrors/publish.log", "tag-version-mismatch", 10),
        ("windows-upload/release.log", "twine-prompt-in-ci", 10),
    ],
)
@pytest.mark.slow
def test_diagnose_publish_names_what_the_case_is_about(
    run_script: RunScript, log: str, failure: str, code: int
) -> None:
    ended = run_script("diagnose-publish", "--offline", "--json", FILES / log)
    assert (ended.data["class"], ended.code) == (failure, code)


@pytest.mark.parametrize(
    ("case", "script", "findings"),
    [
        ("first-release", "preflight", {"classifiers"}),
        ("gitlab-group-upload", "preflight", {"gitlab-rules", "gitlab-upload-url"}),
        ("metadata-2-5", "preflight", {"publish-action-version"}),
        ("publisher-environment", "preflight", {"publish-environment"}),
        ("publisher-reusable", "preflight", {"reusable-publishing"}),
        ("token-migration", "preflight", {"stored-token", "build-apart", "skip-existing"}),
        ("version-mirrors", "preflight", {"version-mirrors"}),
        ("extras-self-reference", "preflight", {"extras-of-this-project"}),
        ("leaked-token", "preflight", {"stored-token", "build-apart"}),
        ("gitlab-trusted-publishing", "preflight", {"stored-token"}),
        ("unpinned-actions", "check-action-pins", {"unpinned-uses", "tag-object"}),
    ],
)
@pytest.mark.slow
def test_our_scripts_find_in_the_tree_what_the_case_is_about(
    run_script: RunScript, tmp_path: Path, case: str, script: str, findings: set[str]
) -> None:
    grade.prepare(CASES[case], tmp_path)
    ended = run_script(script, "--offline", "--json", "--all", tmp_path)
    assert findings <= {one["check"] for one in ended.data if one["status"] in {"fail", "warn"}}


def hashes(file: Path) -> dict[str, str]:
    lines = (line.split() for line in file.read_text("utf-8").splitlines())
    return {name: digest for digest, name in lines}


def test_the_half_release_has_two_of_the_four_files_of_the_first_run() -> None:
    built = hashes(FILES / "partial-upload" / "artifact-of-the-first-run.sha256")
    there = hashes(FILES / "partial-upload" / "on-pypi-now.sha256")
    assert there.items() < built.items()
    assert built.keys() - there.keys() == {
        "foamline-5.2.0-cp312-cp312-win_amd64.whl",
        "foamline-5.2.0.tar.gz",
    }


def test_the_release_that_looks_live_lacks_a_wheel_and_has_a_foreign_sdist() -> None:
    built = hashes(FILES / "verify-live" / "built.sha256")
    answer = json.loads((FILES / "verify-live" / "simple-api-answer.json").read_text("utf-8"))
    there = {file["filename"]: file["hashes"]["sha256"] for file in answer["files"]}
    assert built.keys() - there.keys() == {"tidewrack-1.4.0-cp312-cp312-win_amd64.whl"}
    differing = {name for name in built.keys() & there.keys() if built[name] != there[name]}
    assert differing == {"tidewrack-1.4.0.tar.gz"}


@pytest.mark.parametrize(
    ("case", "template", "place"),
    [
        ("first-release", "publish.yml", ".github/workflows/publish.yml"),
        ("token-migration", "publish.yml", ".github/workflows/release.yml"),
        ("linux-wheel", "publish-native.yml", ".github/workflows/release.yml"),
        ("gitlab-trusted-publishing", "gitlab-ci.yml", ".gitlab-ci.yml"),
        ("windows-upload", "release.ps1", "release.ps1"),
    ],
)
@pytest.mark.slow
def test_who_takes_our_template_fails_no_assertion(
    tmp_path: Path, case: str, template: str, place: str
) -> None:
    answer, tree = laid_out(CASES[case], "good", tmp_path)
    text = (EVALS.parent.parent / "assets" / template).read_text("utf-8")
    (tree / place).write_text(text.replace("ADAPT-PROJECT-NAME", "brackwater-tides"), "utf-8")
    verdicts = list(grade.grade(CASES[case], answer, tree))
    assert not [one for one in verdicts if one.verdict == "fail"]


# --- trigger_queries.json


def test_queries_are_many_distinct_and_half_of_them_near_misses() -> None:
    assert all(query.keys() == {"query", "should_trigger"} for query in QUERIES)
    texts = {query["query"].casefold().strip() for query in QUERIES}
    positives = sum(query["should_trigger"] for query in QUERIES)
    assert len(texts) == len(QUERIES) >= 44
    assert positives * 2 == len(QUERIES)


def test_several_positives_do_without_the_word_pypi() -> None:
    wanted = [query["query"] for query in QUERIES if query["should_trigger"]]
    assert sum("pypi" not in query.casefold() for query in wanted) >= 8


def test_both_kinds_are_asked_in_another_language_too() -> None:
    foreign = {q["should_trigger"] for q in QUERIES if re.search(r"[\u4e00-\u9fff]", q["query"])}
    assert foreign == {True, False}


def test_the_rule_that_splits_the_queries_gives_three_fifths_of_each_kind() -> None:
    for kind in (True, False):
        alike = [query for query in QUERIES if query["should_trigger"] is kind]
        training = [query for number, query in enumerate(alike) if number % 5 < 3]
        assert 0.55 <= len(training) / len(alike) <= 0.65
