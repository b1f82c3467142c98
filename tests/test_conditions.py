"""The conditions that agents work in: no verdict of any script depends on them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import SCRIPTS, Outcome, clean_environment
from scripts_at_work import Work, index_of_work, remade, verdicts, work_in

NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
on_posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")
NOWHERE = "/proc/nowhere" if Path("/proc").is_dir() else "/dev/null/nowhere"  # not even for root
HOSTILE = (
    "packaging typer httpx pydantic readme_renderer json re ruamel pypi_publish tomllib email"
).split()


@dataclass(frozen=True)
class Stage:
    """A folder with work in it, and what comes of that work when all is well."""

    folder: Path
    works: Mapping[str, Work]
    good: Mapping[str, Any]

    def run(
        self,
        name: str,
        *options: object,
        cwd: Path | None = None,
        environment: Mapping[str, str | None] | None = None,
        before: Sequence[str] = (),
        **rest: Any,
    ) -> Outcome:
        """Do a work; a variable that is None is taken out of the environment."""
        work = self.works[name]
        changed = {**clean_environment(), **(environment or {})}
        command = [*before, sys.executable, SCRIPTS / f"{name}.py", *options, *work.arguments]
        ended = subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.folder,
            env={key: value for key, value in changed.items() if value is not None},
            stdin=rest.pop("stdin", subprocess.DEVNULL),
            capture_output=True,
            timeout=120,
            check=False,
            **rest,
        )
        return Outcome(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def same(self, name: str, **how: Any) -> None:
        """Do a work under some condition: nothing may be different."""
        outcome = self.run(name, "--json", "--all", **how)
        assert outcome.stderr == ""
        assert outcome.code == self.works[name].code
        assert verdicts(outcome) == self.good[name]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("work")
    with index_of_work() as server:
        works = {work.script: work for work in work_in(folder, server)}
        assert sorted(works) == NAMES
        stage = Stage(folder, works, {})
        good = {name: stage.run(name, "--json", "--all") for name in works}
        assert {name: outcome.code for name, outcome in good.items()} == {
            name: work.code for name, work in works.items()
        }
        yield Stage(folder, works, {name: verdicts(outcome) for name, outcome in good.items()})


each_script = pytest.mark.parametrize("name", NAMES)


@pytest.mark.slow
@each_script
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"HOME": NOWHERE, "USERPROFILE": NOWHERE}, id="no-writable-home"),
        pytest.param({"HOME": None, "USERPROFILE": None}, id="no-home", marks=on_posix),
        pytest.param(
            {"XDG_CACHE_HOME": NOWHERE, "LOCALAPPDATA": NOWHERE, "UV_CACHE_DIR": NOWHERE},
            id="no-writable-cache",
        ),
        pytest.param({"TMPDIR": NOWHERE, "TEMP": NOWHERE}, id="no-temporary-folder-as-named"),
        pytest.param({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, id="locale-c"),
        pytest.param({"PYTHONIOENCODING": "ascii"}, id="ascii"),
        pytest.param({"COLUMNS": "20", "LINES": "3"}, id="narrow"),
        pytest.param({"COLUMNS": "none", "TERM": None}, id="no-width"),
        pytest.param({"PYTHONDEVMODE": "1"}, id="development-mode"),
        pytest.param({"PYTHONWARNINGS": "error"}, id="warnings-are-errors"),
        pytest.param({"PYTHONOPTIMIZE": "2"}, id="no-docstrings-and-no-assertions"),
        pytest.param({"TZ": "Pacific/Kiritimati"}, id="another-day"),
        pytest.param({"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_OUTPUT": "x"}, id="in-ci"),
    ],
)
def test_the_environment_changes_no_verdict(
    name: str, environment: Mapping[str, str | None], stage: Stage
) -> None:
    stage.same(name, environment=environment)


@pytest.mark.slow
@each_script
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="plain"),
        pytest.param({"PYTHONPATH": "."}, id="pythonpath"),
        pytest.param({"PYTHONPATH": ".", "PYTHONSAFEPATH": "1"}, id="pythonpath-and-safe-path"),
    ],
)
def test_modules_of_the_project_change_no_verdict(
    name: str, environment: Mapping[str, str], stage: Stage, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(stage.folder, tmp_path / "work"))
    for module in HOSTILE:
        (folder / f"{module}.py").write_text("raise SystemExit(99)\n", encoding="ascii")
    outcome = stage.run(name, "--json", "--all", cwd=folder, environment=environment)
    assert (outcome.code, outcome.stderr) == (stage.works[name].code, "")
    # What is beside a package is part of the project, so preflight may well speak of it.
    assert name == "preflight" or verdicts(outcome) == stage.good[name]


@pytest.mark.slow
@each_script
@pytest.mark.parametrize("mark", [pytest.param(False, id="crlf"), pytest.param(True, id="bom")])
def test_files_from_windows_are_read_alike(
    name: str, mark: bool, stage: Stage, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(stage.folder, tmp_path / "work"))
    names = stage.works[name].inputs
    remade(folder, [file for file in names if not (mark and file.endswith(".toml"))], mark=mark)
    remade(folder, [file for file in names if mark and file.endswith(".toml")], mark=False)
    outcome = stage.run(name, "--json", "--all", cwd=folder)
    assert (outcome.code, outcome.stderr) == (stage.works[name].code, "")
    assert verdicts(outcome) == stage.good[name]


@pytest.mark.slow
@each_script
@on_posix
def test_nobody_sits_at_a_terminal(name: str, stage: Stage) -> None:
    stage.same(name, start_new_session=True)  # no terminal to ask at, whatever may want to


@pytest.mark.slow
@each_script
@on_posix
@pytest.mark.parametrize("stream", ["<&-", "2>&-", "<&- 2>&-"])
def test_a_stream_that_is_closed_changes_no_verdict(name: str, stream: str, stage: Stage) -> None:
    stage.same(name, before=("sh", "-c", f'exec "$0" "$@" {stream}'))


@pytest.mark.slow
@each_script
@on_posix
def test_without_any_stream_the_exit_code_still_tells(name: str, stage: Stage) -> None:
    for options in ((), ("--json",), ("--format", "github")):
        nothing = ("sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-')
        assert stage.run(name, *options, before=nothing) == Outcome(stage.works[name].code, "", "")


@pytest.mark.slow
@each_script
@on_posix
@pytest.mark.parametrize("columns", [1, 20, 1_000])
def test_a_terminal_of_any_width_shows_all_findings(name: str, columns: int, stage: Stage) -> None:
    shown = on_a_terminal(stage, name, columns)
    assert b"Traceback" not in shown
    assert b"\x1b[" in shown
    letters = b"".join(shown.split())
    for check in {check for check, status in findings(stage.good[name]) if status == "fail"}:
        assert check.encode() in letters


def findings(good: Any) -> Sequence[tuple[str, str]]:
    found = good[0]
    return found if isinstance(found, list) else []


def on_a_terminal(stage: Stage, name: str, columns: int) -> bytes:
    """Return what a person sees, and what a script that asks that person would wait for."""
    import fcntl
    import struct
    import termios
    from threading import Thread

    screen, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 3, columns, 0, 0))
    work = stage.works[name]
    seen: list[bytes] = []

    def watch() -> None:
        try:
            while piece := os.read(screen, 65_536):
                seen.append(piece)
        except OSError:  # Linux tells so that the other side has closed it
            pass

    watching = Thread(target=watch, daemon=True)
    watching.start()
    environment = {**clean_environment(), "TERM": "xterm"}
    del environment["COLUMNS"]
    script = str(SCRIPTS / f"{name}.py")
    command = [sys.executable, script, *map(str, work.arguments)]
    ended = subprocess.run(
        command, cwd=stage.folder, env=environment, stdin=terminal, stdout=terminal,
        stderr=terminal, timeout=60, check=False,
    )  # fmt: skip
    os.close(terminal)
    watching.join(10)
    os.close(screen)
    assert ended.returncode == work.code
    return b"".join(seen)


@pytest.fixture(scope="session")
def no_network() -> tuple[str, ...]:
    """What to put before a command so that it has no network at all, not even loopback."""
    command = ("unshare", "--net", "--map-root-user")
    try:
        tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    except OSError:
        tried = None
    if tried is None or tried.returncode:
        pytest.skip("needs Linux, and the right to make a namespace")
    return command


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        pytest.param("check-action-pins", ["."], 10, id="check-action-pins"),
        pytest.param("check-action-pins", ["--live", "."], 10, id="check-action-pins-live"),
        pytest.param("check-action-pins", ["--fix", "--dry-run", "."], 10, id="fix"),
        pytest.param("diagnose-publish", ["publish.log"], 10, id="diagnose-publish"),
        pytest.param("preflight", ["--skip", "wheel-record", "."], 10, id="preflight"),
        pytest.param("preflight", ["--offline", "."], 10, id="preflight-offline"),
        pytest.param("verify-on-pypi", ["sample-pkg==1.0"], 7, id="verify-on-pypi"),
    ],
)
def test_without_a_network_what_needs_none_is_told(
    name: str, arguments: Sequence[str], code: int, no_network: tuple[str, ...], stage: Stage
) -> None:
    work = {name: Work(name, ("--timeout", 1, *arguments), code)}
    outcome = Stage(stage.folder, work, {}).run(name, "--json", "--all", before=no_network)
    verdicts(outcome)
    assert (outcome.code, outcome.stderr) == (code, "")


@pytest.mark.slow
def test_without_a_network_preflight_judges_everything_else_alike(
    no_network: tuple[str, ...], stage: Stage
) -> None:
    outcome = stage.run("preflight", "--json", "--all", before=no_network)
    told, good = (dict(findings(verdicts(outcome))), dict(findings(stage.good["preflight"])))
    silent = {check for check, status in told.items() if status == "unknown"}
    assert silent
    assert {check: told[check] for check in good.keys() - silent} == {
        check: good[check] for check in good.keys() - silent
    }
