"""How a script starts: on any Python, with or without its dependencies, from anywhere."""

import ast
import compileall
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from conftest import ROOT, SCRIPTS, Outcome, RunScript, clean_environment
from contract import validated
from pypi_publish import start

NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
PINS = "check-action-pins"
PYPROJECT: Any = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")


def run(command: list[object], cwd: Path, **environment: object) -> Outcome:
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        capture_output=True,
        timeout=300,
        env=clean_environment() | {name: str(value) for name, value in environment.items()},
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    """An empty folder; as PATH, it holds no uv."""
    (tmp_path / "nothing").mkdir()
    return tmp_path / "nothing"


# Pythons that are too old

READ_BY_EVERY_PYTHON = [
    *(SCRIPTS / f"{name}.py" for name in NAMES),
    SCRIPTS / "pypi_publish" / "__init__.py",
    SCRIPTS / "pypi_publish" / "start.py",
    SCRIPTS / "pypi_publish" / "version.py",
]


def too_new(source: str) -> list[str]:
    """Return what Python 2.7 or 3.4 would stumble over."""
    try:
        tree = ast.parse(source, feature_version=(3, 4))
    except SyntaxError as error:
        return [str(error)]
    return [ast.unparse(node) for node in ast.walk(tree) if _is_unknown_to_python_2(node)]


def _is_unknown_to_python_2(node: ast.AST) -> bool:
    match node:
        # The parser of Python 3.13 lets f-strings pass, whatever version it is asked for.
        case ast.Nonlocal() | ast.Starred() | ast.YieldFrom() | ast.JoinedStr():
            return True
        case ast.FunctionDef(returns=ast.expr()) | ast.arg(annotation=ast.expr()):
            return True
        case ast.arguments(kwonlyargs=[_, *_]) | ast.Raise(cause=ast.expr()):
            return True
        case ast.Dict(keys=keys):
            return None in keys
        case ast.Call(func=ast.Name("print"), args=[_, _, *_]):
            return True
    return False


@pytest.mark.parametrize("file", READ_BY_EVERY_PYTHON, ids=lambda file: file.name)
def test_what_every_python_reads_has_no_new_syntax(file: Path) -> None:
    source = file.read_text("ascii")  # Python 2.7 takes nothing else without a declaration
    assert too_new(source) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("f'{1}'", id="f-string"),
        pytest.param("a: int = 1", id="annotated-variable"),
        pytest.param("a = 1_000", id="grouped-digits"),
        pytest.param("(a := 1)", id="walrus"),
        pytest.param("def f(a: int): pass", id="annotated-argument"),
        pytest.param("def f() -> int: pass", id="annotated-answer"),
        pytest.param("def f(*, a): pass", id="keyword-only"),
        pytest.param("raise a from b", id="raise-from"),
        pytest.param("{**a}", id="unpacked-dictionary"),
        pytest.param("f(*a, *b)", id="unpacked-list"),
        pytest.param("print(1, 2)", id="a-tuple-for-python-2"),
    ],
)
def test_new_syntax_is_noticed(source: str) -> None:
    assert too_new(source)


def older_python(version: str) -> Path:
    """Return an interpreter of this version, or skip the test where there is none."""
    known = Path.home().joinpath(".pyenv", "versions").glob(f"{version}.*/bin/python")
    on_path = shutil.which(f"python{version}")
    for python in [*([on_path] if on_path else ()), *map(str, known)]:
        told = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            check=False,
        )
        if told.stdout.decode().strip() == version:
            return Path(python)
    pytest.skip(f"no Python {version} on this machine")


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7", "3.8", "3.9", "3.10"])
def test_an_old_python_is_told_which_one_is_needed(version: str, nothing: Path) -> None:
    python = older_python(version)
    for name in NAMES:
        outcome = run([python, SCRIPTS / f"{name}.py", "--json"], nothing, PATH=nothing)
        error = validated(outcome.stdout)["error"]
        assert (outcome.code, outcome.stderr) == (5, "")
        assert error["code"] == "missing-dependency"
        assert f"{name} cannot start without Python 3.11 or newer" in error["message"]
        assert f"(this is Python {version}, " in error["message"]


# Dependencies that are missing


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has none of our dependencies."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spelled", [["--json"], ["--format", "json"], ["--format=json"]])
def test_without_dependencies_and_without_uv_the_answer_is_how_to_get_them(
    bare_python: Path, nothing: Path, name: str, spelled: list[str]
) -> None:
    script = SCRIPTS / f"{name}.py"
    outcome = run([bare_python, script, *spelled], nothing, PATH=nothing)
    document = validated(outcome.stdout)
    assert (outcome.code, outcome.stderr) == (5, "")
    assert (document["meta"]["ok"], document["meta"]["exit_code"]) == (False, 5)
    assert document["meta"]["schema"] == f"pypi-publish/{name}/v1"
    assert document["error"]["code"] == "missing-dependency"
    assert document["error"]["message"].startswith(
        f"{name} cannot start without {', '.join(start.NEEDS[name])} (this is Python "
    )
    assert f'uv run --no-config --quiet --script "{script}"' in document["error"]["hint"]


@pytest.mark.parametrize("name", NAMES)
def test_without_dependencies_the_answer_for_eyes_is_on_stderr(
    bare_python: Path, nothing: Path, name: str
) -> None:
    outcome = run([bare_python, SCRIPTS / f"{name}.py"], nothing, PATH=nothing)
    assert (outcome.code, outcome.stdout) == (5, "")
    assert outcome.stderr.startswith(f"error: {name} cannot start without ")
    assert "Install uv (https://docs.astral.sh/uv/)" in outcome.stderr


FAKE_UV = """\
#!/bin/sh
printf 'called\\n' >> "$RECORD"
printf '%s\\n' "$PYPI_PUBLISH_UNDER_UV" "$UV_CACHE_DIR" "$@" >> "$RECORD"
echo ran by uv
exit 11
"""


class FakeUv:
    """A program called uv that writes down how it was called, and ends with 11."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        self.program = self.folder / "uv"
        self.program.write_text(FAKE_UV, encoding="ascii")
        self.program.chmod(0o755)
        self.record = folder / "record"
        self.caches = folder / "caches"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.environment = {
            "PATH": self.folder,
            "RECORD": self.record,
            "XDG_CACHE_HOME": self.caches,
            "TMPDIR": self.temporary,
        }

    @property
    def calls(self) -> list[list[str]]:
        """The marker, the cache and the arguments of each call."""
        told = self.record.read_text("utf-8") if self.record.exists() else ""
        return [call.splitlines() for call in told.split("called\n")[1:]]


@pytest.fixture
def fake_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    return FakeUv(tmp_path)


@on_posix
@pytest.mark.parametrize("name", NAMES)
def test_without_dependencies_a_script_runs_once_more_through_uv(
    bare_python: Path, fake_uv: FakeUv, nothing: Path, name: str
) -> None:
    script = SCRIPTS / f"{name}.py"
    command: list[object] = [bare_python, script, "--json", "a b", "--", "-", "*"]
    outcome = run(command, nothing, **fake_uv.environment)
    assert outcome == Outcome(11, "ran by uv\n", "")
    [(marker, cache, *arguments)] = fake_uv.calls
    assert marker == "1"
    assert cache == ""
    assert arguments == [
        *("run", "--no-config", "--quiet", "--script", str(script)),
        *("--json", "a b", "--", "-", "*"),
    ]


@on_posix
def test_the_run_through_uv_is_not_repeated(
    bare_python: Path, fake_uv: FakeUv, nothing: Path
) -> None:
    command: list[object] = [bare_python, SCRIPTS / f"{PINS}.py", "--json"]
    outcome = run(command, nothing, **fake_uv.environment, PYPI_PUBLISH_UNDER_UV=1)
    assert outcome.code == 5
    assert validated(outcome.stdout)["error"]["code"] == "missing-dependency"
    assert fake_uv.calls == []


@on_posix
@pytest.mark.parametrize("path", ["", ".", "bin", ":bin:", "./bin"])
def test_a_uv_of_the_current_folder_is_not_run(
    bare_python: Path, fake_uv: FakeUv, path: str
) -> None:
    shutil.copy(fake_uv.program, fake_uv.folder.parent / "uv")
    command: list[object] = [bare_python, SCRIPTS / f"{PINS}.py"]
    outcome = run(command, fake_uv.folder.parent, **fake_uv.environment | {"PATH": path})
    assert (outcome.code, fake_uv.calls) == (5, [])


@on_posix
def test_a_cache_that_cannot_be_made_is_replaced_by_a_private_folder(
    bare_python: Path, fake_uv: FakeUv, nothing: Path
) -> None:
    fake_uv.caches.write_text("a file: not even root can make a folder in it", encoding="ascii")
    for _ in range(2):  # the second run finds the folder of the first
        run([bare_python, SCRIPTS / f"{PINS}.py"], nothing, **fake_uv.environment)
    private = fake_uv.temporary / f"uv-cache-{os.getuid()}"
    assert [call[1] for call in fake_uv.calls] == [str(private)] * 2
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_may_not_be_written_is_replaced_by_a_private_folder(
    bare_python: Path, fake_uv: FakeUv, nothing: Path
) -> None:
    fake_uv.caches.mkdir(mode=0o555)
    run([bare_python, SCRIPTS / f"{PINS}.py"], nothing, **fake_uv.environment)
    assert fake_uv.calls[0][1] == str(fake_uv.temporary / f"uv-cache-{os.getuid()}")


@on_posix
@pytest.mark.parametrize("planted", ["link", "dangling-link", "file"])
def test_a_private_folder_that_somebody_else_prepared_is_not_used(
    bare_python: Path, fake_uv: FakeUv, nothing: Path, planted: str
) -> None:
    fake_uv.caches.touch()
    expected = fake_uv.temporary / f"uv-cache-{os.getuid()}"
    if planted == "file":
        expected.touch()
    else:
        expected.symlink_to(nothing if planted == "link" else nothing / "missing")
    run([bare_python, SCRIPTS / f"{PINS}.py"], nothing, **fake_uv.environment)
    cache = Path(fake_uv.calls[0][1])
    assert cache != expected
    assert cache.parent == fake_uv.temporary
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@on_posix
def test_a_cache_that_the_user_named_is_kept(
    bare_python: Path, fake_uv: FakeUv, nothing: Path
) -> None:
    fake_uv.caches.touch()
    environment = fake_uv.environment | {"UV_CACHE_DIR": "/named"}
    run([bare_python, SCRIPTS / f"{PINS}.py"], nothing, **environment)
    assert fake_uv.calls[0][1] == "/named"


# Dependencies that are too old


def stub_libraries(folder: Path, typer: str, version: str) -> Path:
    """Make libraries that are found and claim a version; importing typer does what is given."""
    for library in start.OLDEST:
        module = folder.joinpath(*library.split(".")) / "__init__.py"
        module.parent.mkdir(parents=True)
        module.write_text(typer if library == "typer" else "", encoding="ascii")
        claimed = version if library == "typer" else "999"
        metadata = folder / f"{library}-{claimed}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Name: {library}\nVersion: {claimed}\n", encoding="ascii")
    return folder


@pytest.mark.parametrize("typer", ["", "import no_such_module", "None + 1"])
def test_a_library_that_is_too_old_is_named(
    bare_python: Path, nothing: Path, tmp_path: Path, typer: str
) -> None:
    libraries = stub_libraries(tmp_path / "libraries", typer, "0.9")
    script = SCRIPTS / f"{PINS}.py"
    outcome = run([bare_python, script, "--json"], nothing, PATH=nothing, PYTHONPATH=libraries)
    assert outcome.code == 5
    message = validated(outcome.stdout)["error"]["message"]
    assert "cannot start without typer 0.24 or newer (here: 0.9)" in message


def test_a_bug_is_a_traceback_and_not_called_an_old_library(
    bare_python: Path, nothing: Path, tmp_path: Path
) -> None:
    libraries = stub_libraries(tmp_path / "libraries", "None + 1", "999")
    script = SCRIPTS / f"{PINS}.py"
    outcome = run([bare_python, script, "--json"], nothing, PATH=nothing, PYTHONPATH=libraries)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert "Traceback" in outcome.stderr


# The bounds of the dependencies

SHORT_NAMES = {
    "pydantic_core": "pydantic",
    "_ruamel_yaml": "ruamel.yaml.clib",
    "ruamel": "ruamel.yaml",
}
HEADER = re.compile(r"^# /// script\n((?:#.*\n)+?)# ///$", re.MULTILINE)


def header(name: str) -> Any:
    """Return the inline metadata of a script, read as its specification says."""
    [block] = HEADER.findall((SCRIPTS / f"{name}.py").read_text("utf-8"))
    return tomllib.loads("".join(line[2:] for line in block.splitlines(keepends=True)))


# The user's own choice, never brought by us: the keyring, and the extra `attest`.
USED_WHERE_INSTALLED = {"keyring", "pypi-attestations", "sigstore"}
# Judging metadata is what preflight does; its rules stand beside what others read.
NOT_USED = {"verify-on-pypi": {"pypi_publish.core_metadata.rules"}}


def imported(name: str) -> set[str]:
    """Return the libraries that a command imports somewhere, at once or when it needs them."""
    libraries: set[str] = set()
    waiting, seen = [f"pypi_publish.cli.{name.replace('-', '_')}"], set[str]()
    while waiting:
        module = waiting.pop()
        file = SCRIPTS.joinpath(*module.split(".")).with_suffix(".py")
        if module in seen or module in NOT_USED.get(name, ()) or not file.is_file():
            continue
        seen.add(module)
        for target in _imports(ast.parse(file.read_text("utf-8"))):
            top = target.partition(".")[0]
            if top == "pypi_publish":
                waiting.append(target)
            elif top not in sys.stdlib_module_names:
                libraries.add(SHORT_NAMES.get(top, top.replace("_", "-")))
    return libraries


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_script_can_be_started_and_is_a_console_command() -> None:
    assert sorted(start.NEEDS) == NAMES
    commands = {name: f"pypi_publish.start:{name.replace('-', '_')}" for name in NAMES}
    assert PYPROJECT["project"]["scripts"] == commands


@pytest.mark.parametrize("name", NAMES)
def test_a_header_repeats_the_bounds_of_the_project(name: str) -> None:
    assert header(name)["requires-python"] == PYPROJECT["project"]["requires-python"]
    assert set(header(name)["dependencies"]) <= set(PYPROJECT["project"]["dependencies"])


@pytest.mark.parametrize("name", NAMES)
def test_a_header_names_exactly_what_its_script_imports(name: str) -> None:
    named = {Requirement(dependency).name for dependency in header(name)["dependencies"]}
    assert named == imported(name) - USED_WHERE_INSTALLED
    # Without the C parser everything works, more slowly: the one that may be missing.
    assert sorted(named - {"ruamel.yaml.clib"}) == sorted(start.NEEDS[name])


def test_the_guard_knows_the_lower_bounds() -> None:
    lowest = {
        requirement.name: spec.version
        for requirement in map(Requirement, PYPROJECT["project"]["dependencies"])
        for spec in requirement.specifier
        if spec.operator == ">="
    }
    assert lowest.pop("ruamel.yaml.clib")
    assert lowest == start.OLDEST
    oldest = ".".join(map(str, start.OLDEST_PYTHON))
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"


@pytest.mark.parametrize("dependency", PYPROJECT["project"]["dependencies"])
def test_every_dependency_has_a_bound_on_both_sides(dependency: str) -> None:
    assert sorted(spec.operator for spec in Requirement(dependency).specifier) == ["<", ">="]


# The current folder is somebody else's


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A project with one finding, and with files that must not be taken for libraries."""
    folder = tmp_path / "their project"
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW, encoding="ascii")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "theirs"\nversion = "1"\nrequires-python = "==2.7"\n'
        '[tool.uv]\nindex-url = "http://127.0.0.1:9/"\nrequired-version = "==0.0.1"\n',
        encoding="ascii",
    )
    modules = "packaging.py typer.py httpx.py pydantic.py ruamel/__init__.py json.py"
    for name in [*modules.split(), "pypi_publish/__init__.py", "pypi_publish/start.py"]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("raise SystemExit(99)\n", encoding="ascii")
    return folder


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="plain"),
        pytest.param({"PYTHONPATH": "."}, id="pythonpath"),
        pytest.param({"PYTHONSAFEPATH": "1"}, id="safe-path"),
        pytest.param({"PYTHONPATH": ".", "PYTHONSAFEPATH": "1"}, id="pythonpath-and-safe-path"),
    ],
)
def test_files_of_the_current_folder_are_not_taken_for_libraries(
    run_script: RunScript, hostile: Path, environment: dict[str, str]
) -> None:
    outcome = run_script(PINS, "--json", cwd=hostile, env=environment)
    assert (outcome.code, outcome.stderr) == (10, "")
    assert [record["action"] for record in outcome.data] == ["actions/checkout"]


@pytest.mark.parametrize("name", NAMES)
def test_every_script_starts_among_hostile_files(
    run_script: RunScript, hostile: Path, name: str
) -> None:
    assert run_script(name, "--help", cwd=hostile, env={"PYTHONPATH": "."}).code == 0


@on_posix
def test_a_current_folder_that_is_gone_is_no_crash(nothing: Path) -> None:
    go = 'cd "$0" && rmdir "$0" && exec "$@"'
    command: list[object] = ["sh", "-c", go, nothing, sys.executable, SCRIPTS / f"{PINS}.py"]
    assert run([*command, "--help"], nothing.parent).code == 0


# The skill folder is somewhere else


@pytest.fixture
def skill(tmp_path: Path) -> Path:
    """The skill, as an installer would copy it; only what is needed to run."""
    folder = tmp_path / "Fähigkeiten & Skills" / "pypi-publish"
    shutil.copytree(SCRIPTS, folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_copy_runs_from_a_path_with_spaces_and_umlauts(
    run_script: RunScript, skill: Path, hostile: Path
) -> None:
    script = skill / "scripts" / f"{PINS}.py"
    assert run_script(PINS, "--json", cwd=hostile, script=script).code == 10
    for name in NAMES:
        shown = run_script(name, "--help", script=skill / "scripts" / f"{name}.py")
        assert shown == run_script(name, "--help")


def test_a_read_only_copy_runs_and_stays_as_it_is(
    run_script: RunScript, skill: Path, hostile: Path
) -> None:
    before = files_below(skill)
    for path in [skill, *skill.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    for name in NAMES:
        arguments = ["--json"] if name == PINS else ["--help"]
        script = skill / "scripts" / f"{name}.py"
        writing = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": ""}
        outcome = run_script(name, *arguments, cwd=hostile, script=script, env=writing)
        assert outcome.code == (10 if name == PINS else 0)
    assert files_below(skill) == before  # root could have written
    for path in [skill, *skill.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)


@on_posix
def test_a_linked_folder_and_a_linked_script_run(
    run_script: RunScript, skill: Path, tmp_path: Path
) -> None:
    (tmp_path / "linked").symlink_to(skill)
    (tmp_path / "linked.py").symlink_to(skill / "scripts" / f"{PINS}.py")
    for script in (tmp_path / "linked" / "scripts" / f"{PINS}.py", tmp_path / "linked.py"):
        assert run_script(PINS, "--help", script=script).code == 0


# What was compiled is kept, and never beside the skill's modules


IMPORTS = """
import sys
sys.dont_write_bytecode = True  # as the entry scripts do
sys.path[:0] = sys.argv[1:]
from pypi_publish import start
start._keep_bytecode_elsewhere()
import a_library, pypi_publish.check
"""
AS_USUAL = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": ""}
UNWANTED = {**AS_USUAL, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "libraries"
    folder.mkdir()
    (folder / "a_library.py").write_text("VALUE = 1\n", encoding="utf-8")
    return folder


def compiled_below(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in folder.rglob("*.pyc")}


def import_both(skill: Path, library: Path, caches: Path, env: dict[str, str]) -> None:
    command = [sys.executable, "-c", IMPORTS, skill / "scripts", library]
    told = run(command, library, **env, XDG_CACHE_HOME=caches, LOCALAPPDATA=caches)
    assert (told.code, told.stderr) == (0, "")


@pytest.mark.parametrize(
    ("env", "beside", "in_cache"),
    [
        pytest.param(AS_USUAL, {"a_library"}, {"check"}, id="as Python does it"),
        pytest.param(UNWANTED, set(), {"check", "a_library"}, id="PYTHONDONTWRITEBYTECODE is set"),
    ],
)
def test_libraries_are_compiled_once_and_the_skill_folder_stays_as_it_is(
    skill: Path,
    library: Path,
    tmp_path: Path,
    env: dict[str, str],
    beside: set[str],
    in_cache: set[str],
) -> None:
    before = files_below(skill)
    import_both(skill, library, tmp_path / "caches", env)
    assert compiled_below(library) == beside
    assert compiled_below(tmp_path / "caches") >= in_cache
    assert ("a_library" in compiled_below(tmp_path / "caches")) == ("a_library" in in_cache)
    assert files_below(skill) == before


def test_a_library_that_is_compiled_already_is_not_compiled_again(
    skill: Path, library: Path, tmp_path: Path
) -> None:
    compileall.compile_dir(library, quiet=1)
    import_both(skill, library, tmp_path / "caches", UNWANTED)
    assert "a_library" not in compiled_below(tmp_path / "caches")


def test_without_a_cache_folder_nothing_is_kept(skill: Path, library: Path, tmp_path: Path) -> None:
    (tmp_path / "caches").write_text("a file", encoding="utf-8")
    before = files_below(tmp_path)
    import_both(skill, library, tmp_path / "caches", UNWANTED)
    assert files_below(tmp_path) == before


# --help is fast


@pytest.mark.parametrize("name", NAMES)
def test_help_loads_no_models_no_http_and_no_yaml(name: str, nothing: Path) -> None:
    outcome = run([sys.executable, "-X", "importtime", SCRIPTS / f"{name}.py", "--help"], nothing)
    loaded = {line.rpartition("|")[2].strip() for line in outcome.stderr.splitlines()}
    assert "typer" in loaded
    slow = ("httpx", "packaging", "pydantic", "readme_renderer", "rich", "ruamel.yaml")
    assert [module for module in loaded if module.startswith(slow)] == []


# With the package registry


@pytest.fixture
def uv() -> str:
    return shutil.which("uv") or pytest.skip("uv is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_uv_brings_what_a_script_needs_whatever_the_current_folder_says(
    uv: str, hostile: Path, name: str
) -> None:
    command: list[object] = [uv, "run", "--no-config", "--quiet", "--script"]
    told = run([*command, SCRIPTS / f"{name}.py", "--help"], hostile, PYTHONPATH=".")
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout.startswith(f"Usage: {name} ")


@pytest.mark.slow
def test_a_bare_python_gets_its_answer_through_uv(
    uv: str, bare_python: Path, hostile: Path, run_script: RunScript
) -> None:
    script = SCRIPTS / f"{PINS}.py"
    outcome = run([bare_python, script, "--json"], hostile, PATH=Path(uv).parent)
    assert outcome == run_script(PINS, "--json", cwd=hostile)


@pytest.mark.slow
def test_an_installed_command_is_the_same_as_its_script(
    tmp_path: Path, hostile: Path, run_script: RunScript
) -> None:
    project = tmp_path / "project"
    shutil.copytree(SCRIPTS, project / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project)
    build: list[object] = [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path]
    assert (built := run([*build, project], tmp_path)).code == 0, built.stderr
    [wheel] = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    installed = run([programs / "python", "-m", "pip", "install", wheel], tmp_path)
    assert installed.code == 0, installed.stderr
    for name in NAMES:
        for arguments in (["--help"], ["--version"], ["--json", "--no-such-option"]):
            assert run([programs / name, *arguments], hostile) == run_script(name, *arguments)
    found = run([programs / PINS, "--json"], hostile)
    assert found == run_script(PINS, "--json", cwd=hostile)
