"""Where a run ends: what is printed where, what is written, and the exit code."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from pytest_snapshot.plugin import Snapshot

from conftest import SCRIPTS, Outcome, RunScript, clean_environment
from contract import validated
from pypi_publish.report.deliver import _in_colour, write_whole
from pypi_publish.report.document import LIMIT
from pypi_publish.version import VERSION

NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
PINS = "check-action-pins"
UNPINNED = "      - uses: actions/checkout@v4\n"
PINNED = "      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2\n"
WORKFLOW = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")
with_dev_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def a_project(folder: Path, steps: str) -> Path:
    workflow = folder / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(WORKFLOW + steps, encoding="utf-8")
    return folder


@pytest.fixture
def unpinned(tmp_path: Path) -> Path:
    """A project with one finding and one reference that is as it should be."""
    return a_project(tmp_path / "project", UNPINNED + PINNED)


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """A project without findings."""
    return a_project(tmp_path / "project", PINNED)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A project with more findings than fit into a report."""
    return a_project(tmp_path / "project", UNPINNED * 50)


RunHere = Callable[..., Outcome]


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunHere:
    """Run a command in this process: quicker, where the process itself is not in question."""

    def run(name: str, *arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        code = import_module(f"pypi_publish.cli.{name.replace('-', '_')}").main()
        return Outcome(code, *capsys.readouterr())

    return run


# Formats and exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param([], 10, id="text"),
        # The step that uploads the log comes next and has to run.
        pytest.param(["--format", "sarif"], 0, id="sarif-ends-well"),
        pytest.param(["--exit-zero"], 0, id="exit-zero"),
    ],
)
def test_findings_end_a_run_with_ten_unless_asked_otherwise(
    run_script: RunScript, unpinned: Path, arguments: list[str], code: int
) -> None:
    outcome = run_script(PINS, *arguments, unpinned)
    assert outcome.code == code
    assert "is a tag or a branch" in outcome.stdout
    assert outcome.stderr == ""


@pytest.mark.parametrize("arguments", [["--json"], ["--format=json", "--quiet"]])
def test_stdout_is_one_valid_document(
    run_script: RunScript, unpinned: Path, arguments: list[str]
) -> None:
    outcome = run_script(PINS, *arguments, unpinned)
    document = validated(outcome.stdout)
    assert [(record["ok"], record["status"]) for record in document["data"]] == [
        (False, "fail"),
        (True, "pass"),
    ]
    assert document["error"] is None
    assert document["meta"]["exit_code"] == outcome.code == 10
    assert outcome.stderr == ""


def test_exit_zero_changes_what_the_process_ends_with_and_not_what_was_found(
    run_here: RunHere, unpinned: Path
) -> None:
    outcome = run_here(PINS, "--json", "--exit-zero", unpinned)
    assert (outcome.code, outcome.meta["ok"], outcome.meta["exit_code"]) == (0, False, 0)


@pytest.mark.parametrize("arguments", [["--exit-zero"], ["--format=sarif"]])
def test_a_run_without_an_answer_is_not_excused(
    run_here: RunHere, tmp_path: Path, arguments: list[str]
) -> None:
    assert run_here(PINS, *arguments, tmp_path).code == 3


def test_nothing_to_inspect_is_an_error_with_an_empty_answer(
    run_script: RunScript, tmp_path: Path
) -> None:
    outcome = run_script(PINS, "--json", tmp_path)
    document = validated(outcome.stdout)
    assert outcome.code == document["meta"]["exit_code"] == 3
    assert document["data"] == []
    assert document["meta"]["ok"] is False
    assert document["error"]["code"] == "nothing-to-inspect"
    assert document["error"]["retryable"] is False
    assert outcome.stderr == ""


def test_an_error_is_for_eyes_on_stderr_and_stdout_stays_empty(
    run_script: RunScript, tmp_path: Path
) -> None:
    outcome = run_script(PINS, tmp_path)
    assert outcome.code == 3
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("error: no workflow and no action")


def test_quiet_leaves_the_findings(run_here: RunHere, unpinned: Path) -> None:
    loud, quiet = run_here(PINS, unpinned), run_here(PINS, "--quiet", unpinned)
    assert loud.stdout.startswith(quiet.stdout)
    assert loud.stdout.removeprefix(quiet.stdout).lstrip().startswith("Not pinned")


def test_quiet_good_news_is_silence(run_script: RunScript, pinned: Path) -> None:
    assert run_script(PINS, "--quiet", pinned) == Outcome(0, "", "")


def test_github_gets_one_annotation_for_each_finding(run_script: RunScript, unpinned: Path) -> None:
    lines = run_script(PINS, "--format", "github", cwd=unpinned).stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::error file=.github/workflows/ci.yml,line=6,col=15,title=")


def test_a_report_stays_short_and_all_of_it_can_be_had(run_here: RunHere, large: Path) -> None:
    short, whole = run_here(PINS, "--json", large), run_here(PINS, "--json", "--all", large)
    assert len(short.stdout) <= LIMIT < len(whole.stdout)
    assert len(short.data) < len(whole.data) == 50
    assert (short.meta["truncated"], whole.meta["truncated"]) == (True, False)
    assert short.meta["total"] == whole.meta["total"] == 50


# The file that --output names


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--quiet"]])
def test_the_output_file_has_the_whole_document(
    run_here: RunHere, large: Path, tmp_path: Path, arguments: list[str]
) -> None:
    file = tmp_path / "report.json"
    outcome = run_here(PINS, *arguments, "--output", file, large)
    assert outcome.code == 10
    assert len(validated(file.read_text("utf-8"))["data"]) == 50
    assert len(outcome.stdout) < LIMIT + 500
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["report.json"]


@pytest.mark.parametrize("format_", ["sarif", "github"])
def test_the_output_file_is_in_the_format_that_was_asked_for(
    run_here: RunHere, unpinned: Path, tmp_path: Path, format_: str
) -> None:
    file = tmp_path / "report"
    outcome = run_here(PINS, "--format", format_, "--output", file, unpinned)
    assert file.read_text("utf-8") == outcome.stdout


def test_the_output_file_tells_of_an_error_too(run_here: RunHere, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert run_here(PINS, "--output", file, tmp_path / "missing").code == 3
    assert validated(file.read_text("utf-8"))["error"]["code"] == "not-found"


@on_posix
def test_the_output_file_can_be_the_standard_output(run_script: RunScript, unpinned: Path) -> None:
    outcome = run_script(PINS, "--output", "/dev/stdout", unpinned)
    assert outcome.code == 10
    assert outcome.stdout.startswith('{"data": [')
    assert "Not pinned" in outcome.stdout


def test_a_file_that_is_there_keeps_its_mode_and_its_links(tmp_path: Path) -> None:
    file, link = tmp_path / "report.json", tmp_path / "latest.json"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to(file)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@on_posix
def test_a_new_file_has_the_mode_that_the_user_gives_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "report.json", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o640


def test_a_file_is_never_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(self: Path, target: Path) -> None:
        raise OSError("the power went out")

    (tmp_path / "report.json").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", torn)
    with pytest.raises(OSError, match="power"):
        write_whole(tmp_path / "report.json", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"report.json": b"old"}


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("missing/report.json", id="no-such-folder"),
        pytest.param("project", id="a-folder"),
        pytest.param("project/.github/workflows/ci.yml/report.json", id="below-a-file"),
        pytest.param("/dev/full", id="a-full-disk", marks=with_dev_full),
    ],
)
def test_a_file_that_cannot_be_written_is_a_missing_prerequisite(
    run_here: RunHere, unpinned: Path, tmp_path: Path, file: str
) -> None:
    outcome = run_here(PINS, "--json", "--output", tmp_path / file, unpinned)
    document = validated(outcome.stdout)
    assert outcome.code == document["meta"]["exit_code"] == 5
    assert document["error"]["code"] == "cannot-write"
    assert str(tmp_path / file) in document["error"]["message"]
    assert len(document["data"]) == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_missing_prerequisite(
    run_here: RunHere, unpinned: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o555)
    outcome = run_here(PINS, "--json", "--output", tmp_path / "report.json", unpinned)
    assert (outcome.code, outcome.document["error"]["code"]) == (5, "cannot-write")


# A reader that goes away, a disk that is full


def run_into(stdout: int, *arguments: object) -> Outcome:
    ended = subprocess.run(
        [sys.executable, SCRIPTS / f"{PINS}.py", *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=clean_environment() | {"PYTHONUNBUFFERED": ""},
        timeout=60,
        check=False,
    )
    return Outcome(ended.returncode, "", ended.stderr.decode())


@pytest.fixture
def gone() -> Iterator[int]:
    """The writing end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param([], 10, id="text"),
        pytest.param(["--json", "--all"], 10, id="json"),
        pytest.param(["--json", "--no-such-option"], 2, id="usage"),
        pytest.param(["--help"], 0, id="help"),
        pytest.param(["--version"], 0, id="version"),
    ],
)
def test_a_reader_that_has_seen_enough_is_no_crash(
    gone: int, large: Path, arguments: list[str], code: int
) -> None:
    assert run_into(gone, *arguments, large) == Outcome(code, "", "")


@with_dev_full
def test_a_full_disk_is_told_and_is_no_finding(unpinned: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        outcome = run_into(full.fileno(), "--json", unpinned)
    assert outcome.code == 5
    assert outcome.stderr.splitlines() == [
        "error: cannot write to standard output: No space left on device"
    ]


@on_posix
def test_a_run_whose_streams_are_closed_still_answers_by_its_exit_code(unpinned: Path) -> None:
    shell = ("sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', sys.executable, SCRIPTS / f"{PINS}.py")
    for path, code in ((unpinned, 10), ("-", 3)):
        ended = subprocess.run([*shell, path], env=clean_environment(), timeout=60, check=False)
        assert ended.returncode == code


# Names and consoles that are not UTF-8


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
@pytest.mark.parametrize("format_", ["text", "json", "sarif", "github"])
def test_a_file_name_that_is_no_utf_8_can_be_reported(
    run_here: RunHere, tmp_path: Path, format_: str
) -> None:
    named = a_project(tmp_path / os.fsdecode(b"k\xe4se"), UNPINNED)
    outcome = run_here(PINS, "--format", format_, "--output", tmp_path / "report", named)
    assert (outcome.code, outcome.stderr) == (0 if format_ == "sarif" else 10, "")
    assert (tmp_path / "report").stat().st_size


def test_a_console_that_cannot_show_a_name_shows_it_escaped(
    run_script: RunScript, unpinned: Path
) -> None:
    folder = unpinned / ".github" / "workflows"
    folder.joinpath("ci.yml").rename(folder / "\N{SNOWMAN}.yml")
    outcome = run_script(PINS, cwd=unpinned, env={"PYTHONIOENCODING": "cp1252"})
    assert outcome.code == 10
    assert outcome.stdout.startswith(".github/workflows/\\u2603.yml\n")


# Colours


class Terminal(StringIO):
    """A stream that says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        pytest.param(Terminal(), {"TERM": "xterm"}, True, id="a-terminal"),
        pytest.param(Terminal(), {"NO_COLOR": ""}, True, id="empty-is-unset"),
        pytest.param(Terminal(), {"NO_COLOR": "1"}, False, id="no-color"),
        pytest.param(Terminal(), {"TERM": "dumb"}, False, id="a-dumb-terminal"),
        pytest.param(StringIO(), {"TERM": "xterm"}, False, id="no-terminal"),
    ],
)
def test_colours_are_for_terminals_whose_users_will_have_them(
    stream: StringIO, environment: dict[str, str], coloured: bool
) -> None:
    assert _in_colour(stream, environment) is coloured


@on_posix
def test_a_real_terminal_gets_colours(unpinned: Path) -> None:
    screen, terminal = os.openpty()
    subprocess.run(
        [sys.executable, SCRIPTS / f"{PINS}.py", "--quiet", unpinned],
        stdout=terminal,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    assert b"\x1b[31;1mfail" in os.read(screen, 4_096)
    os.close(terminal)
    os.close(screen)


# Every script: usage, version, help


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spelled", [["--json"], ["--format", "json"], ["--format=json"]])
def test_a_wrong_option_is_a_document_where_json_is_wanted(
    run_here: RunHere, name: str, spelled: list[str]
) -> None:
    outcome = run_here(name, *spelled, "--no-such-option")
    document = validated(outcome.stdout)
    assert outcome.code == document["meta"]["exit_code"] == 2
    assert document["meta"]["schema"] == f"pypi-publish/{name}/v1"
    assert document["error"]["code"] == "usage"
    assert "--no-such-option" in document["error"]["message"]
    assert document["error"]["hint"] == f"Run `{name} --help`."
    assert outcome.stderr == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_option_is_told_to_eyes_otherwise(run_script: RunScript, name: str) -> None:
    told = f"error: No such option: --no-such-option\nRun `{name} --help`.\n"
    assert run_script(name, "--no-such-option") == Outcome(2, "", told)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(["--format", "xml"], id="no-format"),
        pytest.param(["--timeout", "soon"], id="no-number"),
        pytest.param(["--timeout", "0"], id="too-small"),
        pytest.param(["--timeout", "nan"], id="not-a-number-at-all"),
        pytest.param(["--output"], id="no-value"),
    ],
)
def test_a_wrong_value_is_a_usage_error(run_here: RunHere, name: str, wrong: list[str]) -> None:
    outcome = run_here(name, "--json", *wrong)
    assert outcome.code == validated(outcome.stdout)["meta"]["exit_code"] == 2


@pytest.mark.parametrize("name", NAMES)
def test_the_version_is_told(run_script: RunScript, name: str) -> None:
    assert run_script(name, "--version") == Outcome(0, f"{name} {VERSION}\n", "")


@pytest.mark.parametrize("name", NAMES)
def test_the_help_is_one_screen(run_script: RunScript, name: str, snapshot: Snapshot) -> None:
    outcome = run_script(name, "--help")
    assert (outcome.code, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) <= 96
    assert "Exit codes:" in outcome.stdout
    assert outcome.stdout.partition("Examples:")[2].count(f"\n    {name} ") >= 2
    assert run_script(name, "-h") == outcome
    snapshot.assert_match(outcome.stdout, "help.txt")


@pytest.mark.parametrize("name", NAMES)
def test_every_script_has_the_common_options(run_here: RunHere, name: str) -> None:
    common = "json format all output quiet offline timeout exit-zero version help".split()
    shown = run_here(name, "--help").stdout
    assert [option for option in common if f"--{option}" not in shown] == []
