"""Networks, disks, pipes and people that fail: each ends in a documented way, and soon."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import SCRIPTS, Outcome, clean_environment
from contract import validated
from pin_projects import World, check, file, workflow, world_below
from planes_server import PlanesServer
from pypi_publish.check import checks_in
from pypi_publish.preflight import index
from scripts_at_work import Work, index_of_work, work_in

NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
pytestmark = pytest.mark.slow
on_posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")
PLANES = ("simple", "html", "project", "version", "integrity", "file", "metadata")
SOON = 25.0  # seconds, for a run whose requests may take one each


@pytest.fixture
def server() -> Iterator[PlanesServer]:
    with index_of_work() as running:
        yield running


@pytest.fixture
def works(tmp_path: Path, server: PlanesServer) -> Mapping[str, Work]:
    """Real work for each script, in `tmp_path`."""
    return {work.script: work for work in work_in(tmp_path, server)}


def run(
    work: Work,
    folder: Path,
    *options: object,
    before: Sequence[object] = (),
    stdout: int = subprocess.PIPE,
) -> Outcome:
    command = [*before, sys.executable, SCRIPTS / f"{work.script}.py", *options, *work.arguments]
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    return Outcome(ended.returncode, (ended.stdout or b"").decode(), ended.stderr.decode())


# An index that answers badly on all of its planes

ANSWERS = {
    "not-found": "404",
    "gone": "410",
    "forbidden": "403",
    "not-let-in": "401",
    "too-many-requests": "429:3600",
    "an-error": "500",
    "a-bad-gateway": "502",
    "unavailable-for-an-hour": "503:3600",
    "teapot": "418",
    "cut-json": "truncated",
    "an-image": "image",
    "a-page-to-sign-in": "sign-in",
    "an-empty-object": "json:{}",
    "a-list": "json:[]",
    "null": "json:null",
    "nothing": "json: ",
    "a-bomb": "json:" + "[" * 100_000,
    "a-number-without-end": 'json:{"meta": {"api-version": "1.0"}, "files": ' + "9" * 10_000 + "}",
    "another-version": 'json:{"meta": {"api-version": "9.0"}, "files": []}',
    "a-page-of-something-else": "html:<html><body><script>app()</script></body></html>",
    "half-a-tag": "html:<a href='" + "x" * 100_000,
    "silence": "slow",
    "half-an-answer": "cut",
    "gigabytes": "giant",
    "somewhere-else": "away:http://127.0.0.1:9",
    "nowhere": "away:ftp://127.0.0.1",
}
ABSENT = {"not-found", "gone"}
OF_THE_INDEX = {check.id for check in checks_in(index)}


@pytest.mark.parametrize("name", ["preflight", "verify-on-pypi"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_an_index_answers_is_no_crash_and_no_good_news(
    name: str, answer: str, works: Mapping[str, Work], server: PlanesServer, tmp_path: Path
) -> None:
    server.trouble = {plane: [ANSWERS[answer]] for plane in PLANES}
    begun = time.monotonic()
    outcome = run(works[name], tmp_path, "--json", "--all", "--timeout", 1)
    assert time.monotonic() - begun < SOON
    document = validated(outcome.stdout)
    assert outcome.stderr == ""
    assert outcome.code == document["meta"]["exit_code"]
    assert not document["meta"]["ok"]
    if name == "preflight":
        told = {record["status"] for record in document["data"] if record["check"] in OF_THE_INDEX}
        assert answer in ABSENT or told == {"unknown"}
    else:
        assert outcome.code == (10 if answer in ABSENT else 7)
        assert not document["meta"]["live"]


@pytest.mark.parametrize("name", ["preflight", "verify-on-pypi"])
def test_an_index_where_nobody_listens_is_no_crash(
    name: str, works: Mapping[str, Work], tmp_path: Path
) -> None:
    nobody = ("--index", "http://127.0.0.1:9/simple/")
    outcome = run(works[name], tmp_path, "--json", "--timeout", 1, *nobody)
    assert outcome.stderr == ""
    assert validated(outcome.stdout)["meta"]["exit_code"] == outcome.code


# Git servers that answer badly, while files are to be mended

TROUBLES = ("404", "401", "500", "429 after 3600", "hang", "cut", "hang up", "html", "junk")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_below(tmp_path / "served") as made:
        made.shas["v1.0.0"] = made.repository("acme/app").release("v1.0.0")
        yield made


def test_no_bad_answer_makes_fix_write(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    file(folder).parent.mkdir(parents=True)
    for number, trouble in enumerate(TROUBLES):
        world.repository(f"acme/bad-{number}").release("v1.0.0")
        world.server.trouble[f"acme/bad-{number}"] = [trouble]
        path = file(folder).with_name(f"bad-{number}.yml")
        path.write_bytes(workflow(f"acme/bad-{number}@v1.0.0"))
    file(folder).write_bytes(workflow("acme/app@v1.0.0"))
    begun = time.monotonic()
    outcome = check("--fix", "--json", "--all", "--timeout", 1, cwd=folder, env=world.env)
    assert time.monotonic() - begun < SOON
    assert (outcome.code, outcome.stderr) == (10, "")
    assert file(folder).read_bytes() == workflow(world.spelled("acme/app@<v1.0.0> # v1.0.0"))
    for number, _ in enumerate(TROUBLES):
        path = file(folder).with_name(f"bad-{number}.yml")
        assert path.read_bytes() == workflow(f"acme/bad-{number}@v1.0.0")


# Disks that are full, pipes that close

LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
os.execv(sys.argv[1], sys.argv[1:])
"""


@on_posix
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("old", [None, b"old"], ids=["new", "there-already"])
def test_a_disk_that_is_full_leaves_the_report_as_it_was(
    name: str, old: bytes | None, works: Mapping[str, Work], tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    if old is not None:
        (reports / "report.json").write_bytes(old)
    output = ("--output", reports / "report.json")
    full = (sys.executable, "-c", LIMITED)
    outcome = run(works[name], tmp_path, "--json", *output, before=full)
    document = validated(outcome.stdout)
    assert (outcome.code, outcome.stderr) == (5, "")
    assert document["error"]["code"] == "cannot-write"
    assert document["data"]
    there = {path.name: path.read_bytes() for path in reports.iterdir()}
    assert there == ({} if old is None else {"report.json": old})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("name", NAMES)
def test_standard_output_on_a_full_disk_is_told(
    name: str, works: Mapping[str, Work], tmp_path: Path
) -> None:
    with Path("/dev/full").open("wb") as full:
        outcome = run(works[name], tmp_path, "--json", stdout=full.fileno())
    assert outcome.code == 5
    assert outcome.stderr.startswith("error: cannot write to standard output: ")
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", [(), ("--json", "--all")], ids=["text", "json"])
def test_a_reader_that_has_gone_changes_no_exit_code(
    name: str, options: tuple[str, ...], works: Mapping[str, Work], tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        outcome = run(works[name], tmp_path, *options, stdout=writer)
    finally:
        os.close(writer)
    assert outcome == Outcome(works[name].code, "", "")


# People who press Ctrl-C


@contextmanager
def started(
    command: Sequence[object], cwd: Path, **env: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A run that goes on beside the test."""
    with subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**clean_environment(), **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupted(process: "subprocess.Popen[bytes]") -> bytes:
    """Press Ctrl-C; return what the run still says."""
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Traceback" not in stderr
    return stdout


def until(seen: Callable[[], object]) -> None:
    """Wait until something is there."""
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)


@on_posix
@pytest.mark.parametrize("name", ["preflight", "verify-on-pypi"])
def test_ctrl_c_while_an_index_keeps_silent(
    name: str, works: Mapping[str, Work], server: PlanesServer, tmp_path: Path
) -> None:
    server.trouble = {plane: ["slow"] for plane in PLANES}
    script = SCRIPTS / f"{name}.py"
    with started([script, "--json", *works[name].arguments], tmp_path) as process:
        until(lambda: server.requests)
        assert interrupted(process) == b""


@on_posix
@pytest.mark.parametrize("pauses", [1, 4])
def test_ctrl_c_while_it_waits_for_a_release(
    pauses: int, works: Mapping[str, Work], server: PlanesServer, tmp_path: Path
) -> None:
    server.trouble = {plane: ["404"] for plane in PLANES}
    output = tmp_path / "report.json"
    work = works["verify-on-pypi"]
    command = [SCRIPTS / "verify-on-pypi.py", "--wait", 600, "--output", output, *work.arguments]
    with started(command, tmp_path) as process:
        until(lambda: len(server.requests) >= pauses)
        assert interrupted(process) == b""
    assert not output.exists()


@on_posix
def test_ctrl_c_while_a_log_is_read(tmp_path: Path) -> None:
    with started([SCRIPTS / "diagnose-publish.py", "-"], tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(b"Uploading\n" * 20_000)
        process.stdin.flush()
        time.sleep(0.5)
        assert interrupted(process) == b""


MANY = 60


def many_workflows(folder: Path) -> list[Path]:
    file(folder).parent.mkdir(parents=True)
    paths = [file(folder).with_name(f"{number}.yml") for number in range(MANY)]
    for path in paths:
        path.write_bytes(workflow(*["acme/app@v1.0.0"] * 20))
    return paths


@on_posix
@pytest.mark.parametrize("later", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_ctrl_c_while_files_are_written_leaves_each_of_them_whole(
    later: float, world: World, tmp_path: Path
) -> None:
    paths = many_workflows(tmp_path / "project")
    before = workflow(*["acme/app@v1.0.0"] * 20)
    after = workflow(*[world.spelled("acme/app@<v1.0.0> # v1.0.0")] * 20)
    script = SCRIPTS / "check-action-pins.py"
    with started([script, "--fix", "--json"], tmp_path / "project", **world.env) as process:
        until(lambda: paths[0].read_bytes() != before or process.poll() is not None)
        time.sleep(later)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode in (0, 130)
    assert b"Traceback" not in stderr
    assert {path.read_bytes() for path in paths} <= {before, after}
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)


def test_two_that_mend_the_same_files_at_once(world: World, tmp_path: Path) -> None:
    paths = many_workflows(tmp_path / "project")
    after = workflow(*[world.spelled("acme/app@<v1.0.0> # v1.0.0")] * 20)
    script = SCRIPTS / "check-action-pins.py"
    world.server.gate.clear()
    command = [script, "--fix", "--json"]
    with (
        started(command, tmp_path / "project", **world.env) as one,
        started(command, tmp_path / "project", **world.env) as other,
    ):
        until(lambda: world.server.requests.total() >= 2)
        world.server.gate.set()
        for process in (one, other):
            stdout, stderr = process.communicate(timeout=60)
            assert validated(stdout.decode())["meta"]["exit_code"] == process.returncode
            assert (process.returncode, stderr) == (0, b"")
    assert {path.read_bytes() for path in paths} == {after}
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)
