"""diagnose-publish as its users run it: from a file, a pipe, a zip and a run of GitHub."""

import io
import json
import os
import stat
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import RunScript
from contract import validated
from pypi_publish.errors import Problem
from pypi_publish.failures.run import Wanted, run
from pypi_publish.report.answer import Answer
from pypi_publish.report.deliver import Options

SCRIPT = "diagnose-publish"
LOGS = Path(__file__).parent / "data" / "logs"
REFUSED = LOGS / "failing" / "pypi-file-exists.uv-new.log"
WORKED = LOGS / "innocent" / "success.twine-plain.log"
UNKNOWN = LOGS / "failing" / "unknown.unheard-of.log"
OTHER = LOGS / "innocent" / "other.pytest-failure.log"


@pytest.mark.parametrize(
    ("log", "code", "category"),
    [
        pytest.param(REFUSED, 10, "version-exists", id="named"),
        pytest.param(OTHER, 10, "not-a-publish-failure", id="something-else-failed"),
        pytest.param(WORKED, 0, "success", id="worked"),
        pytest.param(UNKNOWN, 11, "unknown", id="cannot-be-named"),
    ],
)
def test_the_exit_code_says_what_was_found(
    log: Path, code: int, category: str, run_script: RunScript
) -> None:
    ended = run_script(SCRIPT, "--json", log)
    assert ended.code == code, ended.stderr
    document = validated(ended.stdout)
    assert document["data"]["category"] == category
    assert document["meta"]["exit_code"] == code
    assert document["meta"]["total"] == 1


def test_findings_do_not_count_when_told_so(run_script: RunScript) -> None:
    assert run_script(SCRIPT, "--exit-zero", REFUSED).code == 0
    assert run_script(SCRIPT, "--exit-zero", UNKNOWN).code == 0


def test_the_fields_of_the_answer_are_the_contract(run_script: RunScript) -> None:
    data = run_script(SCRIPT, "--json", REFUSED).data
    assert list(data)[:8] == [
        "class", "category", "title", "summary", "fix", "retry", "confidence", "evidence",
    ]  # fmt: skip
    assert data["class"] == "pypi-file-exists"
    assert data["evidence"][0]["line"] == 4


def test_standard_input_is_read(run_script: RunScript) -> None:
    ended = run_script(SCRIPT, "--json", "-", stdin=REFUSED.read_bytes())
    assert ended.data["class"] == "pypi-file-exists"
    assert ended.meta["log"] == "<stdin>"


def test_the_text_shows_evidence_and_numbered_steps(run_script: RunScript) -> None:
    text = run_script(SCRIPT, REFUSED).stdout
    assert text.startswith("version-exists: ")
    assert "Evidence:\n  4: " in text
    assert "What to do:\n  1. " in text
    assert "Next: " in text


@pytest.mark.parametrize("spelling", ["sarif", "github"])
def test_other_formats_point_at_the_line(spelling: str, run_script: RunScript) -> None:
    text = run_script(SCRIPT, "--format", spelling, REFUSED).stdout
    assert "pypi-file-exists" in text
    if spelling == "sarif":
        (result,) = json.loads(text)["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 4
    else:
        assert ",line=4," in text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"]
)
def test_a_log_in_any_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    text = "# Käse\r\n" + REFUSED.read_text("utf-8").replace("\n", "\r\n")
    log = tmp_path / "publish.log"
    log.write_bytes(text.encode(encoding))
    assert diagnosed(log=str(log)).class_ == "pypi-file-exists"


def diagnosed(**wanted: Any) -> Answer:
    """Return what the script would answer, without starting it."""
    answer = run(Wanted(**wanted), Options(quiet=True)).answer
    assert answer is not None
    return answer


def refused(**wanted: Any) -> tuple[int, str]:
    """Return the exit code and the problem of a run that cannot answer."""
    with pytest.raises(Problem) as raised:
        run(Wanted(**wanted), Options(quiet=True))
    return raised.value.ends_with, raised.value.code


# ----- bad input


def problem_of(ended: Any) -> str:
    document = validated(ended.stdout)
    assert document["data"] is None
    return str(document["error"]["code"])


@pytest.mark.parametrize(
    ("content", "code", "problem"),
    [
        pytest.param(b"", 3, "empty-log", id="empty"),
        pytest.param(b" \r\n\n\xef\xbb\xbf", 3, "empty-log", id="blank"),
        pytest.param(os.urandom(4000), 4, "not-text", id="random-bytes"),
        pytest.param(b"\x7fELF\x02\x01\x01" + bytes(200), 4, "not-text", id="program"),
        pytest.param(b"PK\x03\x04\x14\x00", 4, "bad-zip", id="torn-zip"),
    ],
)
def test_what_is_no_log_is_a_clear_error(
    content: bytes, code: int, problem: str, tmp_path: Path
) -> None:
    log = tmp_path / "publish.log"
    log.write_bytes(content)
    assert refused(log=str(log)) == (code, problem)


def test_an_empty_pipe_is_a_clear_error(run_script: RunScript) -> None:
    ended = run_script(SCRIPT, "--json", "-")
    assert (ended.code, problem_of(ended)) == (3, "empty-log")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["nothing-here.log"], 3, id="no-such-file"),
        pytest.param([], 2, id="nothing-named"),
        pytest.param(["https://example.org/log.txt"], 2, id="not-a-run"),
        pytest.param(["--latest", "x.log"], 2, id="two-logs"),
        pytest.param(["--offline", "123456"], 2, id="offline"),
        pytest.param(["--root", "nowhere", "-"], 3, id="no-such-checkout"),
    ],
)
def test_a_wrong_command_line_is_reported(
    arguments: list[str], code: int, run_script: RunScript
) -> None:
    ended = run_script(SCRIPT, "--json", *arguments)
    assert ended.code == code
    assert problem_of(ended)


def test_a_line_of_ten_mebibytes_is_survived(run_script: RunScript) -> None:
    log = b"x=" + b"\xf0\x9f\x92\xa5ab" * (10 << 17) + b"\n" + REFUSED.read_bytes()
    ended = run_script(SCRIPT, "--json", "-", stdin=log)
    assert ended.data["class"] == "pypi-file-exists"
    assert ended.data["evidence"][0]["line"] == 5


def test_an_escape_without_end_is_survived(run_script: RunScript) -> None:
    log = REFUSED.read_bytes() + b"\x1b]0;title without end \x1b["
    ended = run_script(SCRIPT, "-", stdin=log)
    assert ended.code == 10
    assert "\x1b" not in ended.stdout


def zipped(files: Mapping[str, str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


OF_A_RUN = {
    "0_publish.txt": REFUSED.read_text("utf-8"),
    "publish/1_Set up job.txt": "2026-10-02T08:00:00.0000000Z Current runner version\n",
    "publish/12_Publish.txt": REFUSED.read_text("utf-8"),
    "publish/2_Checkout.txt": "2026-10-02T08:00:00.0000000Z Syncing repository\n",
}


def test_a_zip_of_logs_is_read(run_script: RunScript, tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped(OF_A_RUN))
    data = run_script(SCRIPT, "--json", "-", stdin=path.read_bytes()).data
    found = diagnosed(log=str(path))
    assert data["class"] == found.class_ == "pypi-file-exists"
    assert data["evidence"][0]["file"] == found.evidence[0].file == "publish/12_Publish.txt"


def test_an_unpacked_zip_is_read_as_a_folder(tmp_path: Path) -> None:
    for name, text in OF_A_RUN.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert diagnosed(log=str(tmp_path)).class_ == "pypi-file-exists"


def test_a_torn_zip_is_malformed(run_script: RunScript) -> None:
    whole = zipped(OF_A_RUN, zipfile.ZIP_STORED)
    ended = run_script(SCRIPT, "--json", "-", stdin=whole[: len(whole) // 2])
    assert (ended.code, problem_of(ended)) == (4, "bad-zip")


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.txt", "small")
        archive.infolist()[0].file_size = 2 << 30  # as its directory says
    assert refused(log=str(path)) == (4, "bad-zip")


def test_no_secret_of_the_log_is_printed(run_script: RunScript) -> None:
    secrets = {
        "token": "pypi-AgEIcHlwaS5vcmcCJDExMTExMTExLTExMTEtMTExMS0xMTEx",
        "identity": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOmFkYS90aWRld2hlZWwifQ.c2lnbmF0dXJl",
        "password": "hunter2-hunter2",
        "github": "ghp_" + "a1B2" * 9,
    }
    log = (
        f"$ twine upload -u __token__ -p {secrets['token']} dist/*\n"
        f"Authorization: Bearer {secrets['identity']}\n"
        f"Error uploading with token {secrets['github']}\n"
        f"ERROR    HTTPError: 403 Forbidden from https://ada:{secrets['password']}@pypi.example.org/legacy/\n"
        "         Forbidden\n"
    ).encode()
    for spelling in ("json", "text", "sarif", "github"):
        ended = run_script(SCRIPT, "--all", "--format", spelling, "-", stdin=log)
        assert ended.code in (0, 10)  # SARIF ends with 0
        for secret in secrets.values():
            assert secret not in ended.stdout + ended.stderr


# ----- runs of GitHub

FAKE_GH = """#!{python}
import json, sys
answers = json.load(open({answers!r}))
said = " ".join(sys.argv[1:])
for wanted, answer in answers:
    if wanted in said:
        sys.stdout.write(answer.get("out", ""))
        sys.stderr.write(answer.get("err", ""))
        sys.exit(answer.get("code", 0))
sys.exit("unexpected: " + said)
"""


class Gh:
    """A `gh` that answers from a list."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.env = {"PATH": str(folder)}

    def answers(self, *answers: tuple[str, dict[str, Any]]) -> None:
        told = self._folder / "answers.json"
        told.write_text(json.dumps(answers), "utf-8")
        program = self._folder / "gh"
        program.write_text(FAKE_GH.format(python=sys.executable, answers=str(told)), "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def gh(tmp_path_factory: pytest.TempPathFactory) -> Gh:
    if os.name == "nt":
        pytest.skip("a script is no program on Windows")
    return Gh(tmp_path_factory.mktemp("bin"))


def view(**fields: Any) -> dict[str, Any]:
    told = {"databaseId": 77, "status": "completed", "conclusion": "failure", "jobs": []}
    return {"out": json.dumps(told | fields)}


def job(name: str, conclusion: str, *steps: tuple[str, str], status: str = "completed") -> Any:
    listed = [{"name": step, "conclusion": ended, "status": "completed"} for step, ended in steps]
    return {"name": name, "status": status, "conclusion": conclusion, "steps": listed}


def test_the_failed_steps_of_a_run_are_read(gh: Gh, run_script: RunScript) -> None:
    gh.answers(("--json", view()), ("--log-failed", {"out": REFUSED.read_text("utf-8")}))
    ended = run_script(SCRIPT, "--json", "77001", "--repo", "ada/tidewheel", env=gh.env)
    assert ended.data["class"] == "pypi-file-exists"


def test_a_run_is_known_by_its_address(gh: Gh, monkeypatch: pytest.MonkeyPatch) -> None:
    gh.answers(("--json", view()), ("--log-failed", {"out": REFUSED.read_text("utf-8")}))
    monkeypatch.setenv("PATH", gh.env["PATH"])
    url = "https://github.com/ada/tidewheel/actions/runs/77001/attempts/2"
    assert diagnosed(log=url).class_ == "pypi-file-exists"


def test_an_empty_log_of_failed_steps_falls_back_to_the_whole(
    gh: Gh, monkeypatch: pytest.MonkeyPatch
) -> None:
    gh.answers(
        ("--json", view()),
        ("--log-failed", {"out": "\n"}),
        ("--log", {"out": REFUSED.read_text("utf-8")}),
    )
    monkeypatch.setenv("PATH", gh.env["PATH"])
    assert diagnosed(log="77001").class_ == "pypi-file-exists"


def test_a_run_without_logs_is_known_by_its_annotations(
    gh: Gh, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = 'Branch "main" is not allowed to deploy to pypi due to environment protection rules.'
    page = f"X main publish\nANNOTATIONS\nX {rule}\n"
    gh.answers(
        ("--json", view(jobs=[job("publish", "failure")])),
        ("--log-failed", {"code": 1, "err": "log not found: 5"}),
        ("--log", {"code": 1, "err": "log not found: 5"}),
        ("run view", {"out": page}),
    )
    monkeypatch.setenv("PATH", gh.env["PATH"])
    assert diagnosed(log="77001").category == "environment-gate"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            view(status="waiting", conclusion="", jobs=[job("publish", "", status="waiting")]),
            "waiting-for-approval",
            id="waits-for-approval",
        ),
        pytest.param(
            view(
                conclusion="success",
                jobs=[
                    job("release", "success", ("Build", "success"), ("Publish to PyPI", "skipped"))
                ],
            ),
            "upload-skipped",
            id="step-skipped",
        ),
        pytest.param(
            view(conclusion="success", jobs=[job("build", "success"), job("publish", "skipped")]),
            "upload-skipped",
            id="job-skipped",
        ),
        pytest.param(
            view(conclusion="cancelled", jobs=[job("publish", "cancelled")]),
            "run-cancelled",
            id="cancelled",
        ),
    ],
)
def test_a_run_that_is_stuck_is_known_by_its_jobs(
    told: dict[str, Any], expected: str, gh: Gh, monkeypatch: pytest.MonkeyPatch
) -> None:
    gh.answers(("--json", told))
    monkeypatch.setenv("PATH", gh.env["PATH"])
    found = diagnosed(log="77001")
    assert found.class_ == expected
    assert found.category not in ("success", "unknown")


def test_the_newest_failed_run_that_publishes_is_taken(gh: Gh, run_script: RunScript) -> None:
    runs = [
        {"databaseId": 3, "workflowName": "Tests", "createdAt": "2026-10-03"},
        {"databaseId": 2, "workflowName": "Publish", "createdAt": "2026-10-02"},
        {"databaseId": 1, "workflowName": "Publish", "createdAt": "2026-10-01"},
    ]
    gh.answers(
        ("run list", {"out": json.dumps(runs)}),
        ("run view 2 --json", view()),
        ("run view 2 --log-failed", {"out": REFUSED.read_text("utf-8")}),
    )
    ended = run_script(SCRIPT, "--json", "--latest", "--repo", "ada/tidewheel", env=gh.env)
    assert ended.data["class"] == "pypi-file-exists"
    assert ended.meta["log"] == "run 2"


@pytest.mark.parametrize(
    ("complaint", "code", "problem"),
    [
        ("To get started with GitHub CLI, please run:  gh auth login", 5, "gh-not-logged-in"),
        ("HTTP 403: Must have admin rights to Repository.", 5, "gh-not-allowed"),
        ("failed to get run: HTTP 404: Not Found", 3, "unknown-run"),
        ("failed to determine base repo: not a git repository", 3, "no-repository"),
        ("error connecting to api.github.com", 7, "github-unanswered"),
        ("HTTP 503: Service Unavailable", 7, "github-unanswered"),
        ("something new", 7, "gh-failed"),
    ],
)
def test_what_gh_complains_of_is_explained(
    complaint: str, code: int, problem: str, gh: Gh, monkeypatch: pytest.MonkeyPatch
) -> None:
    gh.answers(("", {"code": 1, "err": complaint}))
    monkeypatch.setenv("PATH", gh.env["PATH"])
    assert refused(log="77001") == (code, problem)


def test_without_gh_it_says_what_to_install(run_script: RunScript, tmp_path: Path) -> None:
    ended = run_script(SCRIPT, "--json", "77001", env={"PATH": str(tmp_path)})
    assert (ended.code, problem_of(ended)) == (5, "no-gh")


def test_gh_of_the_current_folder_is_not_run(run_script: RunScript, tmp_path: Path) -> None:
    fake = tmp_path / "gh"
    fake.write_text(f"#!{sys.executable}\nopen('ran', 'w')\n", "utf-8")
    fake.chmod(0o755)
    ended = run_script(SCRIPT, "--json", "77001", env={"PATH": ".:"}, cwd=tmp_path)
    assert problem_of(ended) == "no-gh"
    assert not (tmp_path / "ran").exists()
