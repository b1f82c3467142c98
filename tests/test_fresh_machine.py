"""From nothing to an answer: what README says, on a machine that has only what it asks for."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from conftest import ROOT, SCRIPTS, Outcome, RunScript, clean_environment
from contract import validated
from fresh_machine import Machine, release_into, with_python_and_pip, with_uv_alone
from index_server import IndexServer, Served, serving
from journey import FILES, Journey, details, of_status

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell and symbolic links"),
]

README = (ROOT / "README.md").read_text("utf-8")
JUDGE, TEST = re.findall(r"^uv run .*$", README, re.MULTILINE)[:2]
NOWHERE = "http://127.0.0.1:9"
WORKFLOW = """\
on: {push: {tags: ["v*"]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
LOG = """\
Uploading tidal_tables-1.4.0-py3-none-any.whl
ERROR    HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/
         'Topic :: Tides' is not a valid classifier.
"""

Ask = Callable[..., Outcome]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it would be cloned: a repository with one commit."""
    folder = release_into(tmp_path_factory.mktemp("released") / "pypi-publish")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-q", "-m", "All"]):
        subprocess.run(["git", *who, *words], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def uv_alone(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return with_uv_alone(tmp_path_factory.mktemp("uv-alone"))


# Both commands of README


def commands_of_readme_work(machine: Machine, released: Path) -> None:
    fetched = machine.run(f"{JUDGE} --help", released)
    assert (fetched.code, fetched.stderr) == (0, ""), fetched
    # As written it asks PyPI, which tests do not: it is told that nobody answers.
    away = {"UV_OFFLINE": "1", "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "NO_PROXY": ""}
    judged = machine.run(JUDGE, released, **away)
    assert judged.code == 7, judged
    assert "Incomplete: pypi-publish " in judged.stdout
    offline = machine.run(f"{JUDGE} --offline", released)
    assert offline.code == 0, offline
    assert "\nReady: pypi-publish " in offline.stdout
    few = "-n 0 -q -p no:cacheprovider tests/test_versions.py"
    tested = machine.run(TEST, released, PYTEST_ADDOPTS=few, PYTHONDONTWRITEBYTECODE="1")
    assert tested.code == 0, tested
    assert re.search(r"^\d+ passed", tested.stdout, re.MULTILINE)


def test_with_uv_alone_both_commands_of_readme_work(released: Path, uv_alone: Machine) -> None:
    commands_of_readme_work(uv_alone, released)


def test_with_python_and_pip_alone_they_work_once_the_named_step_is_taken(
    released: Path, tmp_path: Path
) -> None:
    machine = with_python_and_pip(tmp_path)
    stopped = machine.run("python3 scripts/preflight.py --offline .", released)
    assert (stopped.code, stopped.stdout) == (5, "")
    assert "Install uv" in stopped.stderr
    assert machine.run("python3 -m pip install uv", released).code == 0
    started = machine.run("python3 scripts/preflight.py --offline .", released)
    assert (started.code, started.stderr) == (0, "")
    commands_of_readme_work(machine, released)


# Installed as a skill or as commands, the four scripts answer alike


@pytest.fixture(scope="module")
def index() -> Iterator[IndexServer]:
    with serving() as server:
        files = ("tidal_tables-1.4.0-py3-none-any.whl", "tidal_tables-1.4.0.tar.gz")
        server.add("tidal-tables", *(Served(name, "1.4.0", name.encode()) for name in files))
        yield server


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of a user, with a log of how its release ended."""
    base = tmp_path_factory.mktemp("user")
    more = {".github/workflows/release.yml": WORKFLOW, "publish.log": LOG}
    return Journey(base / "project", base / "home", {**FILES, **more}).root


def questions(index: IndexServer) -> Mapping[str, tuple[str, ...]]:
    return {
        "check-action-pins": (".",),
        "diagnose-publish": ("--root", ".", "publish.log"),
        "preflight": ("--offline", "."),
        "verify-on-pypi": ("--index", index.simple, "tidal-tables==1.4.0"),
    }


def answers(ask: Ask, index: IndexServer) -> dict[str, Outcome]:
    return {name: ask(name, "--json", *rest) for name, rest in questions(index).items()}


@pytest.fixture(scope="module")
def expected(theirs: Path, index: IndexServer) -> dict[str, Outcome]:
    """What the scripts of this repository say."""

    def ask(name: str, *arguments: str) -> Outcome:
        ended = subprocess.run(
            [sys.executable, SCRIPTS / f"{name}.py", *arguments],
            cwd=theirs,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    said = answers(ask, index)
    assert {name: outcome.code for name, outcome in said.items()} == {
        "check-action-pins": 10,
        "diagnose-publish": 10,
        "preflight": 10,
        "verify-on-pypi": 0,
    }
    return said


def copied(released: Path, skills: Path, machine: Machine) -> None:
    shutil.copytree(released, skills / "pypi-publish", ignore=shutil.ignore_patterns(".git"))


def cloned(released: Path, skills: Path, machine: Machine) -> None:
    [command] = re.findall(r"^git clone \. .*$", README, re.MULTILINE)
    ended = machine.run(command.replace("~/.claude/skills", str(skills)), released)
    assert ended.code == 0, ended


def linked(released: Path, skills: Path, machine: Machine) -> None:
    (skills / "pypi-publish").symlink_to(released)


def read_only(released: Path, skills: Path, machine: Machine) -> None:
    copied(released, skills, machine)
    for path in (skills / "pypi-publish").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)


@pytest.mark.parametrize("install", [copied, cloned, linked, read_only])
def test_a_skill_answers_the_same_however_it_was_installed(
    released: Path,
    theirs: Path,
    index: IndexServer,
    uv_alone: Machine,
    expected: dict[str, Outcome],
    tmp_path: Path,
    install: Callable[[Path, Path, Machine], None],
) -> None:
    skills = tmp_path / ".claude" / "skills"
    skills.mkdir(parents=True)
    with_git = Machine(uv_alone.home, [*uv_alone.programs, _folder_of("git")])
    install(released, skills, with_git)
    skill = skills / "pypi-publish"
    before = sorted(skill.rglob("*"))

    def ask(name: str, *arguments: str) -> Outcome:
        script = skill / "scripts" / f"{name}.py"
        launched = ("uv", "run", "--no-config", "--quiet", "--script", script)
        return with_git.run([*launched, *arguments], theirs)

    assert answers(ask, index) == expected
    assert sorted(skill.rglob("*")) == before  # nothing was written into it


@pytest.fixture(scope="module")
def dist(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir")
    built = subprocess.run([*build, folder, released], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def as_a_wheel(released: Path, dist: Path, machine: Machine) -> Path:
    [wheel] = dist.glob("*.whl")
    environment = machine.home / "environment"
    assert machine.run(("uv", "venv", "--no-config", environment), dist).code == 0
    into = ("uv", "pip", "install", "--no-config", "--python", environment, wheel)
    assert machine.run(into, dist).code == 0
    return environment / "bin"


def as_a_tool(released: Path, dist: Path, machine: Machine) -> Path:
    [command] = re.findall(r"^uv tool install .*$", README, re.MULTILINE)
    assert machine.run(command, released).code == 0
    return machine.home / ".local" / "bin"


def as_pip_is_told(released: Path, dist: Path, machine: Machine) -> Path:
    pip_alone = with_python_and_pip(machine.home / "pip-alone")
    stopped = pip_alone.run("python3 scripts/preflight.py --json --offline .", released)
    assert stopped.code == 5
    hint = validated(stopped.stdout)["error"]["hint"]
    [command] = re.findall(r'python -m pip install "[^"]+"', hint)
    assert pip_alone.run(command, dist).code == 0
    return pip_alone.programs[0]


@pytest.mark.parametrize("install", [as_a_wheel, as_a_tool, as_pip_is_told])
def test_console_commands_answer_as_the_scripts_do(
    released: Path,
    dist: Path,
    theirs: Path,
    index: IndexServer,
    uv_alone: Machine,
    expected: dict[str, Outcome],
    install: Callable[[Path, Path, Machine], Path],
) -> None:
    programs = install(released, dist, uv_alone)
    installed = Machine(uv_alone.home, [programs, _folder_of("git")])

    def ask(name: str, *arguments: str) -> Outcome:
        return installed.run((name, *arguments), theirs)

    assert answers(ask, index) == expected


# What the project says of itself


def test_its_own_files_pass_its_own_preflight(
    run_script: RunScript, released: Path, dist: Path
) -> None:
    alone = run_script("preflight", "--json", "--offline", "--strict", "--dist", dist)
    assert (alone.code, of_status(alone, "warn")) == (0, set()), alone.stdout
    judged = run_script("preflight", "--json", "--all", "--offline", "--dist", dist, released)
    assert (judged.code, judged.meta["ready"]) == (0, True), judged.stdout
    assert details(judged, "sdist-complete", "pass")
    assert details(judged, "built-as-declared", "pass")


def test_it_is_ready_by_its_own_preflight(run_script: RunScript, released: Path) -> None:
    judged = run_script("preflight", "--json", "--all", "--offline", ".", cwd=released)
    assert (judged.code, judged.meta["ready"]) == (0, True), judged.stdout
    # The copy has no remote, and until the day of the release the changelog names none.
    assert of_status(judged, "warn") <= {"pushed", "changelog-entry"}


def _folder_of(program: str) -> Path:
    found = shutil.which(program)
    assert found
    return Path(found).parent
