"""--install: what is tried, how it is kept apart from everything else, and what comes of it."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pypi_publish.check import Check
from pypi_publish.errors import PrerequisiteMissing
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.model import File
from pypi_publish.release import environment, install, install_checks
from pypi_publish.release.environment import Environment, Installer
from pypi_publish.release.install import Installed, Outcome, Tried
from pypi_publish.release.model import Answers, Facts, Wanted
from pypi_publish.release.modules import main_modules, modules_of
from pypi_publish.verdict import Status

INFO = "demo-1.0.dist-info/METADATA"


# Which modules a project brings


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        pytest.param(["demo/__init__.py", "demo/a/__init__.py", INFO], ["demo"], id="a-package"),
        pytest.param(["demo.py"], ["demo"], id="a-module"),
        pytest.param(["_demo.abi3.so", "demo.py"], ["_demo", "demo"], id="an-extension"),
        pytest.param(["demo.cp311-win_amd64.pyd"], ["demo"], id="an-extension-of-windows"),
        pytest.param(["ns/demo/__init__.py", "ns/demo/a.py"], ["ns.demo"], id="in-a-namespace"),
        pytest.param(["ns/demo.py"], ["ns.demo"], id="a-module-in-a-namespace"),
        pytest.param(["demo\\__init__.py"], ["demo"], id="backslashes"),
        pytest.param(["demo/__init__.cpython-311-x86_64-linux-gnu.so"], ["demo"], id="compiled"),
        pytest.param(["demo-stubs/__init__.pyi", "demo/py.typed"], [], id="stubs-alone"),
        pytest.param(["../../bin/demo", "../../etc/demo.py", INFO], [], id="scripts-alone"),
        pytest.param(["/abs/demo.py"], [], id="outside"),
        pytest.param(["demo/__init__.py", "tests/__init__.py"], ["demo"], id="stray-tests"),
        pytest.param(["demo/__init__.py", "class/__init__.py"], ["demo"], id="a-keyword"),
        pytest.param(["demo/__main__.py", "demo/__init__.py"], ["demo"], id="never-main"),
        pytest.param(["__main__.py"], [], id="main-alone"),
        pytest.param(["share/demo/templates/a/b.py"], [], id="deep-below-no-package"),
        pytest.param(["demo.pth", "demo-1.0.dist-info/RECORD"], [], id="no-code"),
        pytest.param([f"m{number:02}.py" for number in range(50)], None, id="many"),
    ],
)
def test_the_outermost_modules_are_imported(files: list[str], modules: list[str] | None) -> None:
    found = modules_of(files)
    assert list(found) == modules if modules is not None else len(found) == 20


@pytest.mark.parametrize(
    ("modules", "project", "main"),
    [
        pytest.param(["_demo_plugin", "demo"], "demo", ["demo"], id="named-as-the-project"),
        pytest.param(["demo_tool", "other"], "Demo.Tool", ["demo_tool"], id="another-spelling"),
        pytest.param(["ns.demo"], "ns-demo", ["ns.demo"], id="in-a-namespace"),
        pytest.param(["_c", "dateutil", "zone"], "python-dateutil", ["dateutil", "zone"], id="all"),
        pytest.param(["_c"], "demo", ["_c"], id="private-alone"),
        pytest.param([], "demo", [], id="none"),
    ],
)
def test_what_a_user_imports_is_told_from_what_comes_beside(
    modules: list[str], project: str, main: list[str]
) -> None:
    assert list(main_modules(modules, project)) == main


# Which files are tried

TAG = f"cp{sys.version_info[0]}{sys.version_info[1]}"


def of(filename: str, **rest: Any) -> File:
    return File(filename, "1.0", f"https://x.example/{filename}", **rest)


ANY, SDIST, WINDOWS = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.0-cp39-cp39-win32.whl"


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        pytest.param([of(SDIST), of(ANY)], [ANY], id="a-wheel-before-the-sdist"),
        pytest.param([of(SDIST)], [SDIST], id="an-sdist-alone"),
        pytest.param([of("demo-1.0-cp27-none-x.whl"), of(SDIST)], [SDIST], id="no-wheel-fits"),
        pytest.param([of("demo-1.0-cp27-none-x.whl")], [], id="nothing-fits"),
        pytest.param([of(ANY, requires_python="<3")], [], id="another-python"),
        pytest.param([of(ANY, requires_python=">=3.9")], [ANY], id="this-python"),
        pytest.param([of(ANY, requires_python="banana")], [ANY], id="no-specifier"),
        pytest.param(
            [of(ANY), of(f"demo-1.0-{TAG}-none-any.whl")],
            [f"demo-1.0-{TAG}-none-any.whl", ANY],
            id="the-best-first",
        ),
        pytest.param([of("demo-1.0-nonsense.whl"), of(ANY)], [ANY], id="no-name-of-a-wheel"),
    ],
)
def test_what_fits_this_machine_is_tried(files: list[File], chosen: list[str]) -> None:
    found, others = install._chosen(files)
    assert [file.filename for file in found] == chosen
    assert len(others) == len(files) - len(chosen)
    assert all(one.outcome is Outcome.NOT_NEEDED and one.because for one in others)


# How it is kept apart


@pytest.fixture
def apart(tmp_path: Path) -> Environment:
    (tmp_path / "empty").mkdir()
    return Environment(Installer("https://who:pass@index.example/simple/"), tmp_path)


def seen_by(made: Environment, also: tuple[str, ...] = ()) -> dict[str, str]:
    command = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
    found: dict[str, str] = json.loads(made._run(command, 30, also).said)
    return found


def test_nothing_that_names_an_index_or_a_secret_reaches_what_runs(
    apart: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = {
        "PIP_INDEX_URL": "https://evil.example/simple/",
        "PIP_EXTRA_INDEX_URL": "https://evil.example/simple/",
        "PIP_FIND_LINKS": "/evil",
        "PIP_CONSTRAINT": "/evil",
        "UV_INDEX": "https://evil.example/simple/",
        "UV_EXTRA_INDEX_URL": "https://evil.example/simple/",
        "UV_FIND_LINKS": "/evil",
        "UV_OVERRIDE": "/evil",
        "UV_EXCLUDE_NEWER": "2020-01-01",
        "UV_CONFIG_FILE": "/evil",
        "PYTHONPATH": "/evil",
        "PYTHONSTARTUP": "/evil",
        "VIRTUAL_ENV": "/evil",
        "TWINE_PASSWORD": "evil",
        "GITHUB_TOKEN": "evil",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "evil",
        "PYPI_PUBLISH_INDEX_PASSWORD": "evil",
    }
    for name, value in hidden.items():
        monkeypatch.setenv(name, value)
    for also in ((), environment._FOR_NETWORK):
        seen = seen_by(apart, tuple(also))
        assert "evil" not in json.dumps(seen)
        assert seen["HOME"] == str(apart.home)
        assert seen["PIP_CONFIG_FILE"] == os.devnull
    assert seen["UV_DEFAULT_INDEX"] == seen["PIP_INDEX_URL"] == apart.installer.index


def test_what_is_imported_knows_neither_index_nor_proxy(
    apart: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://who:pass@proxy.example")
    assert "pass" not in json.dumps(seen_by(apart))


def test_a_program_that_does_not_end_is_ended_with_what_it_started(apart: Environment) -> None:
    sleeps = "import time; time.sleep(60)"
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleeps!r}])"
    begun = time.monotonic()
    assert apart._run([sys.executable, "-c", starts], 0.5).code is None
    assert time.monotonic() - begun < 10


def test_of_a_program_that_never_stops_talking_the_end_is_kept(apart: Environment) -> None:
    talks = "import sys\nfor _ in range(3000): sys.stdout.write('x' * 1000)\nprint('the end')"
    ended = apart._run([sys.executable, "-c", talks], 30)
    assert ended.code == 0
    assert ended.said.strip().endswith("the end")
    assert len(ended.said) <= environment._MOST_SAID


def test_where_no_environment_can_be_made_the_reason_is_given(tmp_path: Path) -> None:
    broken = Installer("https://pypi.org/simple/", uv=str(tmp_path / "no-such-uv"))
    with pytest.raises(PrerequisiteMissing), broken.environment(tmp_path):
        pass


@pytest.mark.parametrize(
    ("says", "is_taken"),
    [
        pytest.param("echo uv 0.13.8", True, id="new"),
        pytest.param("echo uv 0.4.20", False, id="too-old-to-know-its-index"),
        pytest.param("echo hello", False, id="another-program"),
        pytest.param("exit 1", False, id="broken"),
    ],
)
def test_a_uv_that_would_not_obey_is_not_taken(
    says: str, is_taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt":
        pytest.skip("a script of the shell stands in for uv")
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\n{says}\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    assert environment.find_installer("https://pypi.org/simple/").uv == (
        str(uv) if is_taken else None
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param(
            "noise\nERROR: No matching distribution found for x\n", "No matching", id="pip"
        ),
        pytest.param("  × No solution\n  ╰─▶ Because x was not found", "Because x", id="uv"),
        pytest.param("", "no reason", id="silence"),
    ],
)
def test_an_installer_is_quoted_in_short(said: str, told: str) -> None:
    assert told in environment._explained(said)
    assert len(environment._explained(said * 1_000)) < 700


@pytest.mark.parametrize(
    ("said", "silent"),
    [
        pytest.param("Because x was not found in the package registry", False, id="absent"),
        pytest.param("HTTP status client error (404 Not Found)", False, id="404"),
        pytest.param("HTTP status server error (503 Service Unavailable)", True, id="503"),
        pytest.param("error sending request for url (https://x)", True, id="no-connection"),
        pytest.param("NewConnectionError('Failed to establish')", True, id="pip-no-connection"),
        pytest.param("error: command 'gcc' failed: timeout.h not found", False, id="a-build"),
    ],
)
def test_silence_of_an_index_is_told_from_its_refusal(said: str, silent: bool) -> None:
    assert (environment._SILENCE.search(said) is not None) == silent


# What is made of it


def judged(check: Check[[Facts], Answers], installed: Installed | None) -> list[Status]:
    address = IndexAddress("pypi", "https://pypi.org/simple/")
    facts = Facts("demo", "1.0", address, Wanted(), installed=installed)
    return [verdict.status for verdict in check(facts)]


PASS, FAIL, SKIP, UNKNOWN = Status.PASS, Status.FAIL, Status.SKIP, Status.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "installs", "imports"),
    [
        (Outcome.WORKS, PASS, PASS),
        (Outcome.NOT_IMPORTED, PASS, FAIL),
        (Outcome.PARTLY_IMPORTED, PASS, Status.WARN),
        (Outcome.UNCERTAIN, PASS, UNKNOWN),
        (Outcome.NOT_INSTALLED, FAIL, SKIP),
        (Outcome.DIFFERENT, FAIL, SKIP),
        (Outcome.NOT_BUILT, UNKNOWN, SKIP),
        (Outcome.UNANSWERED, UNKNOWN, SKIP),
        (Outcome.NOT_NEEDED, SKIP, SKIP),
    ],
)
def test_each_outcome_has_its_verdict(outcome: Outcome, installs: Status, imports: Status) -> None:
    told = Installed((Tried(ANY, outcome, "a reason", ("demo",)),))
    assert judged(install_checks.installs, told) == [installs]
    assert judged(install_checks.imports, told) == [imports]


def test_what_was_not_tried_is_not_judged() -> None:
    for check in (install_checks.installs, install_checks.imports):
        assert judged(check, None) == [SKIP]
    nothing = Installed((Tried(WINDOWS, Outcome.NOT_NEEDED, "x"),), "nothing fits")
    assert judged(install_checks.installs, nothing) == [UNKNOWN, SKIP]
    assert judged(install_checks.installs, Installed((), "no uv and no pip")) == [UNKNOWN]


def test_wheels_for_other_machines_are_told_together() -> None:
    others = [Tried(f"demo-1.0-cp{n}-none-x.whl", Outcome.NOT_NEEDED, "no") for n in range(90)]
    [told] = list(install_checks._not_needed(Installed(tuple(others))))
    assert told.status is SKIP
    assert "and 85 more" in told.because


def test_what_reads_a_private_index_is_not_shown() -> None:
    assert "secret" not in repr(Installer("https://who:secret@index.example/simple/"))


def test_a_project_without_modules_has_nothing_to_import() -> None:
    assert judged(install_checks.imports, Installed((Tried(ANY, Outcome.WORKS),))) == [SKIP]
