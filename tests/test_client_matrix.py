"""Real clients make real logs: each refusal that an index knows, as each client writes it down."""

import html
import io
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from conftest import clean_environment
from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from refusals import Refusal, refusals, refusing

pytestmark = pytest.mark.slow

WHEEL = "dist/tidewheel-1.4.0-py3-none-any.whl"
PYPROJECT = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"

[project]
name = "tidewheel"
version = "1.4.0"
description = "Tides"
requires-python = ">=3"
"""
ALL = tuple(refusals())
UPLOADS = tuple(refusal for refusal in ALL if not refusal.mints)
MINTS = tuple(refusal for refusal in ALL if refusal.mints)
# One of each status: every client meets these in every mode.
CHOSEN = tuple({item.status: item for item in reversed(UPLOADS)}.values())


@dataclass(frozen=True)
class Mode:
    """How a client is run, and how the server words its status line."""

    name: str
    options: tuple[str, ...] = ()
    columns: int = 80
    shows_reason: bool = True


@dataclass(frozen=True)
class Client:
    """One client and the command line that uploads with it."""

    name: str
    command: Callable[[str, Mode], Sequence[str]]
    modes: tuple[Mode, ...]
    meets: str = "its share"  # of the refusals: "all" in every mode, or "one of each"


def modes(*verbose: str, wide: bool = False) -> tuple[Mode, ...]:
    """Return every combination of how a client can be run."""
    widths = (80, 200) if wide else (80,)
    talking = [("plain", ()), *([("verbose", verbose)] if verbose else [])]
    return tuple(
        Mode(f"{name}{width if wide else ''}{'' if shown else ' phrase'}", options, width, shown)
        for name, options in talking
        for width in widths
        for shown in (True, False)
    )


def _twine(url: str, mode: Mode) -> Sequence[str]:
    credentials = ("-u", "__token__", "-p", "pypi-AgEI")
    return [
        "upload",
        "--non-interactive",
        *mode.options,
        *credentials,
        "--repository-url",
        url,
        WHEEL,
    ]


def _uv(url: str, mode: Mode) -> Sequence[str]:
    credentials = ("-u", "__token__", "-p", "pypi-AgEI", "--trusted-publishing", "never")
    return [*mode.options, "publish", "--publish-url", url, *credentials, WHEEL]


def _flit(_: str, mode: Mode) -> Sequence[str]:
    return [*mode.options, "publish", "--no-use-vcs", "--format", "wheel"]


def _hatch(url: str, mode: Mode) -> Sequence[str]:
    return [*mode.options, "publish", "-n", "-r", url, "-u", "__token__", "-a", "pypi-AgEI", WHEEL]


def _poetry(_: str, mode: Mode) -> Sequence[str]:
    return ["publish", *mode.options, "-n", "-r", "here", "-u", "__token__", "-p", "pypi-AgEI"]


def _pdm(url: str, mode: Mode) -> Sequence[str]:
    return ["publish", *mode.options, "--no-build", "-r", url, "-u", "__token__", "-P", "pypi-AgEI"]


def _maturin(url: str, mode: Mode) -> Sequence[str]:
    return ["upload", *mode.options, "--repository-url", url, "-u", "__token__", "-p", "x", WHEEL]


CLIENTS = (
    Client("twine", _twine, modes("--verbose", wide=True)),
    # uv and maturin read the body, never the status line.
    Client("uv", _uv, (Mode("plain"), Mode("verbose", ("-v",)), Mode("wide", (), 200)), "all"),
    Client("flit", _flit, modes("--debug")),
    Client("hatch", _hatch, modes("-v")),
    Client("poetry", _poetry, modes("-vvv")),
    Client("pdm", _pdm, modes(), "one of each"),
    Client("maturin", _maturin, (Mode("plain"),), "all"),
)


@dataclass(frozen=True)
class Case:
    """One client meets one refusal."""

    refusal: Refusal
    mode: Mode


def cases(client: Client) -> Iterator[Case]:
    """Yield what a client is run for: a slow one meets most refusals in one mode each."""
    sharing = [other for other in CLIENTS if other.meets == "its share"]
    for number, refusal in enumerate(UPLOADS):
        if client.meets == "all" or refusal in CHOSEN:
            yield from (Case(refusal, mode) for mode in client.modes)
        elif client is sharing[number % len(sharing)]:
            yield Case(refusal, client.modes[number // len(sharing) % len(client.modes)])


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a wheel, which all clients know how to upload."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (folder / "tidewheel.py").write_text('"""Tides."""\n', "utf-8")
    build = [sys.executable, "-m", "flit", "build", "--no-use-vcs", "--format", "wheel"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


def environment(url: str, home: Path, mode: Mode) -> dict[str, str]:
    """Return what keeps a client off this machine's settings and at the address."""
    theirs = ("TWINE_", "UV_", "FLIT_", "HATCH_", "POETRY_", "PDM_", "MATURIN_", "XDG_", "PIP_")
    kept = {
        name: value for name, value in clean_environment().items() if not name.startswith(theirs)
    }
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "COLUMNS": str(mode.columns),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONUTF8": "1",
        "FLIT_INDEX_URL": url,
        "FLIT_USERNAME": "__token__",
        "FLIT_PASSWORD": "pypi-AgEI",
        "POETRY_REPOSITORIES_HERE_URL": url,
        "PDM_CHECK_UPDATE": "0",
        "PDM_PYTHON": sys.executable,
        "PDM_USE_VENV": "0",
        "UV_HTTP_RETRIES": "0",
        "UV_NO_CONFIG": "1",
    }


def run(client: Client, arguments: Sequence[str], cwd: Path, env: dict[str, str]) -> str:
    """Return all that a client printed."""
    ended = subprocess.run(
        [sys.executable, "-m", client.name, *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    assert ended.returncode, f"{client.name} was not refused:\n{ended.stdout.decode()}"
    return ended.stdout.decode("utf-8", "replace")


def log_of(client: Client, case: Case, project: Path, home: Path) -> str:
    with refusing(case.refusal, shows_reason=case.mode.shows_reason) as server:
        url = server.url + "/legacy/"
        arguments = client.command(url, case.mode)
        return run(client, arguments, project, environment(url, home, case.mode))


def diagnosed(log: str, catalogue: Catalogue) -> str:
    return answer(Story(read_log([LogFile(io.BytesIO(log.encode()))], catalogue)), catalogue).class_


def shows(log: str, refusal: Refusal) -> bool:
    """Whether a log holds the reason, however it was broken into lines."""
    return _squeezed(refusal.reason) in _squeezed(html.unescape(log))


def _squeezed(text: str) -> str:
    without = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\\n|\\", "", text)
    return re.sub(r"[\s│]+", "", without)


def verdict(case: Case, log: str, catalogue: Catalogue) -> str:
    """Say in a word what became of a log: what is not "named" or "bare" is a mistake."""
    found = diagnosed(log, catalogue)
    if found == case.refusal.failure:
        return "named"
    honest = found in catalogue.failures and catalogue[found].emitter == "diagnosis"
    return "bare" if honest and not shows(log, case.refusal) else found


def table(title: str, cells: Mapping[Case, str]) -> str:
    """Return the verdicts, a refusal a line and a mode a column."""
    columns = list(dict.fromkeys(case.mode.name for case in cells))
    verdicts = {(case.refusal, case.mode.name): cell for case, cell in cells.items()}
    lines = [f"{title:<44}" + "".join(f"{column:<18}" for column in columns)]
    for refusal in dict.fromkeys(case.refusal for case in cells):
        shown = (verdicts.get((refusal, column), "-") for column in columns)
        row = f"{refusal.status} {refusal.failure}"
        lines.append(f"{row:<44}" + "".join(f"{cell:<18}" for cell in shown).rstrip())
    return "\n".join(lines)


def judged(found: Callable[[Case], str], wanted: Iterable[Case]) -> dict[Case, str]:
    """Run the cases two at a time."""
    with ThreadPoolExecutor(2) as pool:
        futures = {case: pool.submit(found, case) for case in wanted}
    return {case: future.result() for case, future in futures.items()}


def mistaken(cells: Mapping[Case, str]) -> dict[str, str]:
    return {
        f"{case.refusal.failure}, {case.mode.name}": cell
        for case, cell in cells.items()
        if cell not in ("named", "bare")
    }


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_every_refusal_is_named_from_the_log_of_a_real_client(
    client: Client,
    project: Path,
    tmp_path: Path,
    catalogue: Catalogue,
    record_property: Callable[[str, object], None],
) -> None:
    def found(case: Case) -> str:
        return verdict(case, log_of(client, case, project, tmp_path), catalogue)

    cells = judged(found, cases(client))
    record_property("table", table(client.name, cells))
    assert not mistaken(cells)


def test_every_token_refusal_is_named_from_the_log_of_uv(
    project: Path,
    tmp_path: Path,
    catalogue: Catalogue,
    record_property: Callable[[str, object], None],
) -> None:
    authority = trustme.CA()
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(certificate)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    def found(case: Case) -> str:
        with refusing(case.refusal, certificate=certificate) as server:
            url = server.url + "/legacy/"
            arguments = [*case.mode.options, "publish", "--publish-url", url, WHEEL]
            on_github = {
                "GITHUB_ACTIONS": "true",
                "ACTIONS_ID_TOKEN_REQUEST_URL": server.url + "/token?for=it",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "token",
                "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            }
            env = environment(url, tmp_path, case.mode) | on_github
            log = run(uv, [*arguments, "--trusted-publishing", "always"], project, env)
        return verdict(case, log, catalogue)

    uv = next(client for client in CLIENTS if client.name == "uv")
    kinds = (Mode("plain"), Mode("verbose", ("--verbose",)), Mode("wide", columns=200))
    cells = judged(found, (Case(refusal, mode) for refusal in MINTS for mode in kinds))
    record_property("table", table("uv, trusted publishing", cells))
    assert not mistaken(cells)
