"""verify-on-pypi as its users run it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artifact_maker import SdistMaker, WheelMaker
from conftest import SCRIPTS, Outcome, RunScript, clean_environment
from contract import validated
from index_server import serving
from planes_server import PlanesServer, Shown, sdist, serving_planes, wheel
from test_preflight import project

__all__ = ["project"]
SCRIPT = "verify-on-pypi"
PLANES = ["simple-json", "simple-html", "project-json", "version-json", "file-host"]


def verify(
    run_script: RunScript, server: PlanesServer, *arguments: object, **rest: Path
) -> Outcome:
    return run_script(SCRIPT, "--json", "--all", "--index", server.simple, *arguments, **rest)


def filled(server: PlanesServer) -> PlanesServer:
    server.add("sample-pkg", wheel(), sdist())
    return server


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    WheelMaker().write(tmp_path)
    SdistMaker().write(tmp_path)
    return tmp_path


def test_a_release_that_is_live(run_script: RunScript, dist: Path) -> None:
    with serving_planes() as server:
        outcome = verify(run_script, filled(server), "sample-pkg==1.0", "--dist", dist)
    document = validated(outcome.stdout)
    assert outcome.code == 0, outcome.stdout
    meta = document["meta"]
    assert (meta["schema"], meta["live"]) == ("pypi-publish/verify-on-pypi/v1", True)
    assert (meta["name"], meta["normalized_name"], meta["version"]) == (
        "sample-pkg",
        "sample-pkg",
        "1.0",
    )
    assert meta["index"] == server.simple
    assert list(meta["planes"]) == PLANES
    assert {record["check"] for record in document["data"]} >= {*PLANES, "files-complete", "yanked"}


def test_a_release_that_is_absent(run_script: RunScript) -> None:
    with serving_planes() as server:
        outcome = verify(run_script, filled(server), "sample-pkg==2.0")
    assert (outcome.code, validated(outcome.stdout)["meta"]["live"]) == (10, False)


@pytest.mark.slow
def test_an_index_that_does_not_answer(run_script: RunScript) -> None:
    with serving() as gone:
        address = gone.simple
    outcome = run_script(SCRIPT, "--json", "--index", address, "sample-pkg==1.0")
    document = validated(outcome.stdout)
    assert (outcome.code, document["meta"]["live"]) == (7, None)
    assert document["meta"]["planes"]["simple-json"] == "unanswered"


def test_the_text_says_the_verdict_and_the_next_step(run_script: RunScript) -> None:
    with serving_planes() as server:
        filled(server).absent = {"simple"}
        outcome = run_script(SCRIPT, "--index", server.simple, "sample-pkg==1.0")
    assert outcome.code == 10
    assert f"Not live: sample-pkg 1.0 on {server.simple}; 1 check fails." in outcome.stdout
    assert "Next: let --wait 1800 ask" in outcome.stdout
    assert outcome.stderr == ""


def test_without_a_name_the_project_of_the_folder_is_taken(
    run_script: RunScript, project: Path
) -> None:
    with serving_planes() as server:
        outcome = verify(run_script, filled(server), cwd=project)
    assert outcome.code == 0, outcome.stdout
    assert (outcome.meta["name"], outcome.meta["version"]) == ("sample-pkg", "1.0")
    assert "pyproject.toml" in outcome.meta["version_source"]


def test_in_a_folder_without_a_project_there_is_nothing_to_inspect(
    run_script: RunScript,
) -> None:
    with serving_planes() as server:
        outcome = verify(run_script, server)
        assert (outcome.code, server.requests) == (3, [])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["sample-pkg==1.*"], id="a-range-of-versions"),
        pytest.param(["a==1.0", "--index", "https://u:secret@h.org/simple/"], id="password"),
        pytest.param(["a==1.0", "--provenance", "maybe"], id="no-such-choice"),
        pytest.param(["a==1.0", "--wait", "-1"], id="before-now"),
    ],
)
def test_what_makes_no_sense_is_refused(run_script: RunScript, arguments: list[str]) -> None:
    outcome = run_script(SCRIPT, "--json", *arguments)
    assert outcome.code == 2
    assert validated(outcome.stdout)["meta"]["exit_code"] == 2
    assert "secret@" not in outcome.stdout


def test_offline_nothing_is_verified_and_no_connection_opened(
    run_script: RunScript,
) -> None:
    with serving_planes() as server:
        outcome = verify(run_script, server, "--offline", "sample-pkg==1.0")
        assert (outcome.code, validated(outcome.stdout)["error"]["code"]) == (2, "usage")
        assert server.requests == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize(
    ("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_a_signal_ends_the_waiting(elsewhere: Path, told: signal.Signals, code: int) -> None:
    with serving_planes() as server:
        filled(server).absent = {"simple"}
        command = [sys.executable, SCRIPTS / f"{SCRIPT}.py", "--wait", "600", "--index"]
        with subprocess.Popen(
            [*map(str, command), server.simple, "sample-pkg==1.0"],
            cwd=elsewhere,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            for _ in range(100):
                if server.requests:
                    break
                time.sleep(0.05)
            running.send_signal(told)
            try:
                out, err = running.communicate(timeout=10)
            finally:
                running.kill()
    assert (running.returncode, out, err) == (code, b"", b"")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_signal_leaves_nothing_of_an_installation(elsewhere: Path, tmp_path: Path) -> None:
    begun, folder = tmp_path / "begun", tmp_path / "folder"
    folder.mkdir()
    code = f"import os, time; open({str(begun)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    slow = WheelMaker(
        changes={"Requires-Dist": None}, extra={"sample_pkg/__init__.py": code.encode()}
    )
    with serving_planes() as server:
        server.add("sample-pkg", Shown(slow.file, "1.0", slow.data()))
        command = [sys.executable, SCRIPTS / f"{SCRIPT}.py", "--install", "--index"]
        with subprocess.Popen(
            [*map(str, command), server.simple, "sample-pkg==1.0"],
            cwd=elsewhere,
            env={**clean_environment(), "TMPDIR": str(folder)},
        ) as running:
            for _ in range(600):
                if begun.exists() and begun.read_text():
                    break
                time.sleep(0.05)
            running.terminate()
            try:
                running.wait(10)
            finally:
                running.kill()
    assert running.returncode == -signal.SIGTERM
    assert list(folder.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
def test_progress_is_shown_on_a_terminal_alone(elsewhere: Path) -> None:
    import pty

    with serving_planes() as server:
        filled(server).trouble["version"] = ["404", "none"]
        ours, theirs = pty.openpty()
        command = [sys.executable, SCRIPTS / f"{SCRIPT}.py", "--json", "--wait", "30", "--index"]
        ended = subprocess.run(
            [*map(str, command), server.simple, "sample-pkg==1.0"],
            cwd=elsewhere,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=30,
            check=False,
        )
        os.close(theirs)
        shown = os.read(ours, 4096).decode()
        os.close(ours)
    assert json.loads(ended.stdout)["meta"]["exit_code"] == ended.returncode == 0
    assert "of 30 s for version-json (stale); again in 1 s" in shown


def test_judging_metadata_is_left_to_preflight(dist: Path, elsewhere: Path) -> None:
    with serving_planes() as server:
        ended = subprocess.run(
            [sys.executable, "-X", "importtime", SCRIPTS / f"{SCRIPT}.py", "sample-pkg==1.0",
             "--index", filled(server).simple, "--dist", dist],
            cwd=elsewhere,
            env=clean_environment(),
            capture_output=True,
            check=False,
        )  # fmt: skip
    assert ended.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.decode().splitlines()}
    judges = {"email_validator", "readme_renderer", "rfc3986", "trove_classifiers"}
    assert "httpx" in loaded
    assert not loaded & judges


@pytest.mark.slow
def test_a_document_stays_short_and_keeps_the_worst(run_script: RunScript) -> None:
    with serving_planes() as server:
        files = []
        for number in range(200):
            more = wheel()
            more.filename = f"sample_pkg-1.0-{number}-py3-none-any.whl"
            more.metadata = None
            files.append(more)
        server.add("sample-pkg", sdist(), *files)
        outcome = run_script(
            SCRIPT, "--json", "--index", server.simple, "sample-pkg==1.0", "--expect", "*.tar.gz"
        )
    document = validated(outcome.stdout)
    assert (outcome.code, document["meta"]["truncated"]) == (10, True)
    assert len(outcome.stdout) <= 8_000
    assert document["data"][0]["status"] == "fail"
