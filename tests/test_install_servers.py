"""--install against a server that really listens, with uv and with pip."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from artifact_maker import SdistMaker, WheelMaker
from conftest import RunScript
from index_server import IndexServer, Served, serving
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.client import IndexClient
from pypi_publish.index.model import File, Page
from pypi_publish.release import environment, install
from pypi_publish.release.environment import Installer
from pypi_publish.release.install import Outcome, Tried, install_release
from pypi_publish.release.model import Facts, Plane, Shown, State, Wanted
from pypi_publish.web import Web


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with serving() as running:
        yield running


@pytest.fixture(params=["uv", "pip"])
def installer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pip":
        monkeypatch.setattr(install, "find_installer", Installer)
    return str(request.param)


def wheel(
    name: str = "demo",
    version: str = "1.0",
    code: str = "",
    requires: tuple[str, ...] = (),
    more: Mapping[str, bytes] | None = None,
) -> Served:
    info = f"{name}-{version}.dist-info"
    none = dict.fromkeys(("License-Expression", "License-File", "Provides-Extra"))
    changes = {**none, "Name": name, "Version": version, "Requires-Dist": list(requires)}
    made = WheelMaker(
        f"{name}-{version}-py3-none-any.whl",
        info,
        changes,
        extra={f"{name}.py": code.encode(), **(more or {})},
        without=("sample_pkg/__init__.py", f"{info}/licenses/LICENSE"),
    )
    return Served(made.file, version, made.data())


def sdist(built: Served, *, fails: bool = False) -> Served:
    """Return an sdist whose own backend gives out a wheel that is ready in it."""
    backend = (
        "import shutil\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        f"    {'raise SystemExit(7)' if fails else 'pass'}\n"
        f"    shutil.copy({built.filename!r}, folder)\n"
        f"    return {built.filename!r}\n"
    )
    top = "demo-1.0"
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    none = dict.fromkeys(("License-Expression", "License-File", "Provides-Extra", "Requires-Dist"))
    made = SdistMaker(
        f"{top}.tar.gz",
        top,
        {**none, "Name": "demo", "Metadata-Version": "2.1"},
        extra={
            f"{top}/pyproject.toml": project.encode(),
            f"{top}/backend.py": backend.encode(),
            f"{top}/{built.filename}": built.content,
        },
    )
    return Served(made.file, "1.0", made.data())


def tried(
    server: IndexServer, *, environ: Mapping[str, str] | None = None, page: Page | None = None
) -> list[Tried]:
    with Web(5.0) as web:
        client = IndexClient(
            IndexAddress(server.simple, server.simple), web, {"NETRC": "/none", **(environ or {})}
        )
        seen = page or client.page("demo")
        assert isinstance(seen, Page)
        files = tuple(file for file in seen.files if file.version == "1.0")
        shown = Shown(Plane.SIMPLE_JSON, State.PRESENT, files, page=seen)
        planes = {Plane.SIMPLE_JSON: shown}
        facts = Facts("demo", "1.0", client.address, Wanted(install=True), planes=planes)
        return list(install_release(client, facts).files)


@pytest.mark.slow
def test_a_good_wheel_works_and_leaves_nothing_behind(
    server: IndexServer, installer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server.add("demo", wheel(code="import other", requires=("other>=1",)))
    server.add("other", wheel("other", "1.2"))
    [one] = tried(server)
    assert (one.outcome, one.modules) == (Outcome.WORKS, ("demo",)), one
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_import_that_fails_is_told(server: IndexServer) -> None:
    server.add("demo", wheel(code="import not_there"))
    [one] = tried(server)
    assert one.outcome is Outcome.NOT_IMPORTED
    assert "import demo: ModuleNotFoundError: No module named 'not_there'" in one.because


@pytest.mark.slow
def test_a_dependency_that_is_nowhere_is_named(server: IndexServer, installer: str) -> None:
    server.add("demo", wheel(requires=("missing-thing>=2",)))
    [one] = tried(server)
    assert one.outcome is Outcome.NOT_INSTALLED
    assert "missing-thing" in one.because


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fails", "outcome"), [(False, Outcome.WORKS), (True, Outcome.NOT_INSTALLED)]
)
def test_where_there_is_no_wheel_the_sdist_is_built(
    server: IndexServer, installer: str, fails: bool, outcome: Outcome
) -> None:
    server.add("demo", sdist(wheel(), fails=fails))
    [one] = tried(server)
    assert one.outcome is outcome, one


@pytest.mark.slow
def test_an_sdist_that_does_not_build_beside_wheels_for_others_is_no_fault(
    server: IndexServer,
) -> None:
    other = wheel()
    other.filename = "demo-1.0-cp27-cp27m-win32.whl"
    server.add("demo", sdist(wheel(), fails=True), other)
    built, skipped = tried(server)
    assert (built.outcome, skipped.outcome) == (Outcome.NOT_BUILT, Outcome.NOT_NEEDED)


@pytest.mark.slow
def test_where_uv_makes_no_environment_pip_does(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = str(tmp_path / "no-such-uv")
    monkeypatch.setattr(install, "find_installer", lambda index: Installer(index, broken))
    server.add("demo", wheel())
    [one] = tried(server)
    assert one.outcome is Outcome.WORKS


@pytest.mark.slow
def test_a_server_that_knows_no_head_is_read_with_pip(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("index_server._Handler.do_HEAD")
    server.add("demo", wheel(requires=("other",)))
    server.add("other", wheel("other", "1.0"))
    [one] = tried(server)
    assert one.outcome is Outcome.WORKS, one


@pytest.mark.slow
def test_no_other_index_supplies_the_project(
    server: IndexServer, installer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the variables, nor a configuration, nor a higher version can put in another one."""
    server.add("demo", wheel(requires=("other",)), wheel(version="9.0", code="raise SystemExit"))
    server.add("other", wheel("other", "1.0", requires=("demo>=1",)))
    with serving() as evil:
        evil.add("demo", wheel(version="99.0", code="raise SystemExit(99)"))
        evil.add("other", wheel("other", "99.0", "raise SystemExit(99)"))
        for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX"):
            monkeypatch.setenv(name, evil.simple)
        (tmp_path / "uv.toml").write_text(f'[[index]]\nurl = "{evil.simple}"\ndefault = true\n')
        (tmp_path / "pip.conf").write_text(f"[global]\nextra-index-url = {evil.simple}\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
        monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "uv.toml"))
        monkeypatch.chdir(tmp_path)
        [one] = tried(server)
        assert one.outcome is Outcome.WORKS, one
        assert evil.requests == []


@pytest.mark.slow
def test_a_private_index_is_read_with_the_credentials_of_its_user(
    server: IndexServer, installer: str
) -> None:
    server.password = ("jane", "p@ss/word:1")
    server.add("demo", wheel(requires=("other",)))
    server.add("other", wheel("other", "1.0"))
    known = {
        "PYPI_PUBLISH_INDEX_USERNAME": "jane",
        "PYPI_PUBLISH_INDEX_PASSWORD": "p@ss/word:1",
    }
    [one] = tried(server, environ=known)
    assert one.outcome is Outcome.WORKS, one
    server.add("demo", wheel(requires=("nowhere",)))
    [one] = tried(server, environ=known)
    assert one.outcome is Outcome.NOT_INSTALLED
    assert "ss/word" not in one.because
    assert "ss%2Fword" not in one.because


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("import os; os._exit(0)", "ended with code 0", id="leaves-without-a-word"),
        pytest.param("raise SystemExit(3)", "SystemExit: 3", id="exits"),
        pytest.param("print('x' * 10_000_000); import no", "'no'", id="talks"),
        pytest.param("raise ValueError('y' * 1_000_000)", "yyy", id="a-long-message"),
    ],
)
def test_a_module_that_misbehaves_is_told(server: IndexServer, code: str, said: str) -> None:
    server.add("demo", wheel(code=code))
    [one] = tried(server)
    assert one.outcome is Outcome.NOT_IMPORTED
    assert said in one.because
    assert len(one.because) < 1_000


@pytest.mark.slow
def test_a_module_that_does_not_end_is_told(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_IMPORT_TAKES", 2.0)
    server.add("demo", wheel(code="import time; time.sleep(600)"))
    [one] = tried(server)
    assert one.outcome is Outcome.NOT_IMPORTED
    assert "more than 2 s" in one.because


@pytest.mark.slow
def test_a_plugin_for_others_beside_the_project_is_a_warning(server: IndexServer) -> None:
    server.add("demo", wheel(more={"_demo_plugin.py": b"import pytest_of_somebody"}))
    [one] = tried(server)
    assert (one.outcome, one.modules) == (Outcome.PARTLY_IMPORTED, ("_demo_plugin", "demo"))
    assert "_demo_plugin" in one.because


@pytest.mark.slow
def test_what_this_python_lacks_is_no_fault_of_the_project(server: IndexServer) -> None:
    lacks = "raise ModuleNotFoundError('No module named tkinter', name='tkinter')"
    server.add("demo", wheel(code=lacks))
    [one] = tried(server)
    assert one.outcome is Outcome.UNCERTAIN


def test_other_bytes_than_those_that_were_listed_are_not_installed(server: IndexServer) -> None:
    good = wheel()
    server.add("demo", good)
    with Web(5.0) as web:
        page = IndexClient(IndexAddress("x", server.simple), web, {}).page("demo")
    assert isinstance(page, Page)
    server.add("demo", wheel(code="import evil"))
    [one] = tried(server, page=page)
    assert one.outcome is Outcome.DIFFERENT
    assert good.sha256 in one.because


def test_a_file_host_that_is_silent_is_a_silence(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pypi_publish.web.sleep", lambda _: None)
    server.add("demo", wheel())
    server.trouble["file"] = ["502"]
    [one] = tried(server)
    assert one.outcome is Outcome.UNANSWERED


@pytest.mark.parametrize(
    "address", ["https://[", "http://127.0.0.1:99999/x.whl", "file:///etc/passwd", "", "x" * 9_999]
)
def test_an_address_that_is_none_is_not_asked(server: IndexServer, address: str) -> None:
    file = File("demo-1.0-py3-none-any.whl", "1.0", address)
    [one] = tried(server, page=Page((file,)))
    assert one.outcome in (Outcome.NOT_INSTALLED, Outcome.UNANSWERED)
    assert server.requests == []


@pytest.mark.parametrize("name", ["../demo-1.0-py3-none-any.whl", "a/demo-1.0-py3-none-any.whl"])
def test_a_name_that_is_a_path_is_not_written(server: IndexServer, name: str) -> None:
    page = Page((File(name, "1.0", f"{server.url}/files/x"),))
    assert all(one.outcome is not Outcome.WORKS for one in tried(server, page=page))
    assert server.requests == []


def test_a_file_that_is_gone_is_not_installed(server: IndexServer) -> None:
    server.add("demo", wheel())
    server.trouble["file"] = ["404"]
    [one] = tried(server)
    assert (one.outcome, one.because) == (Outcome.NOT_INSTALLED, "the file host answers HTTP 404")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "requires", "exit_code", "verdicts"),
    [
        pytest.param("", (), 0, ("pass", "pass"), id="good"),
        pytest.param("import no", (), 10, ("pass", "fail"), id="import-fails"),
        pytest.param("", ("nowhere",), 10, ("fail", "skip"), id="dependency-missing"),
    ],
)
def test_the_script_installs_and_imports(
    run_script: RunScript,
    server: IndexServer,
    code: str,
    requires: tuple[str, ...],
    exit_code: int,
    verdicts: tuple[str, str],
) -> None:
    built = wheel(code=code, requires=requires)
    server.add("demo", built, sdist(built))
    arguments = ["--json", "--all", "--install", "--index", server.simple, "demo==1.0"]
    outcome = run_script("verify-on-pypi", *arguments)
    assert outcome.code == exit_code, outcome.stdout
    found = {
        (one["check"], one["status"])
        for one in outcome.data
        if one["check"] in ("installs", "imports") and "tar.gz" not in one["detail"]
    }
    assert found == set(zip(("installs", "imports"), verdicts, strict=True))
