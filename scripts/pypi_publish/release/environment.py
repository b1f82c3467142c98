"""Throw-away environments: made by uv where there is one, else by venv and pip.

What runs in them sees neither the variables nor the home folder of the user: no other index, no
token and no configuration. Who reads the index that was asked about is told to the installer, and
so to the build of an sdist from there; never to what is imported.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from pypi_publish.errors import PrerequisiteMissing

_MAKE_TAKES = 120.0  # seconds
_INSTALL_TAKES = 600.0
_IMPORT_TAKES = 60.0
_MOST_SAID = 1 << 20
_LONGEST = 600  # signs of what a program says, shown to people
_WINDOWS = os.name == "nt"
# What a program needs to run and to reach the network, and nothing that names an index.
_KEPT = """
    PATH PATHEXT SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PROGRAMFILES PROGRAMDATA LANG LC_ALL LC_CTYPE
    TZ LD_LIBRARY_PATH DYLD_LIBRARY_PATH CC CXX SDKROOT MACOSX_DEPLOYMENT_TARGET
""".split()
_FOR_NETWORK = """
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy SSL_CERT_FILE
    SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT UV_NATIVE_TLS UV_SYSTEM_CERTS
""".split()
_SILENCE = re.compile(
    r"error sending request|tcp connect error|dns error|(?:operation|read|connection|connect) time(?:d )?out|connection (?:refused|reset)"
    r"|NewConnectionError|max retries exceeded|HTTP status server error|50[0234] server error"
    r"|temporary failure in name resolution",
    re.IGNORECASE,
)
_NO_HEAD = re.compile(r"HTTP status (?:client|server) error \((?:405|501)\b")
_DRAWN = re.compile("[\u2500-\u259f\u25b6\u00d7\u276f]+")  # frames, arrows and crosses
_LIST = """
import json, sys
from importlib.metadata import distribution
found = distribution(sys.argv[1])
told = {"version": found.version, "files": [str(file) for file in found.files or ()]}
with open(sys.argv[2], "w", encoding="utf-8") as stream:
    json.dump(told, stream)
"""
_IMPORT = """
import importlib, json, sys
def tell(*told):
    with open(sys.argv[2], "w", encoding="utf-8") as stream:
        json.dump(told, stream)
try:
    importlib.import_module(sys.argv[1])
except BaseException as error:
    tell(type(error).__name__, str(error), getattr(error, "name", None))
else:
    tell()
"""


class Refused(NamedTuple):
    """Why a file was not installed."""

    because: str
    unanswered: bool = False
    asks_too_much: bool = False  # uv asks for headers alone, which a simple server may not know


class Trouble(NamedTuple):
    """Why a module could not be imported."""

    because: str
    of_machine: bool = False  # of what this machine lacks, not of the project


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a program ended; None: it took too long."""

    code: int | None
    said: str


@dataclass(frozen=True, slots=True)
class Installer:
    """uv, or the pip of a new environment; and the index that dependencies come from."""

    index: str = field(repr=False)  # may hold a password
    uv: str | None = None

    @contextmanager
    def environment(self, folder: Path) -> Iterator["Environment"]:
        """Make an environment that is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as home:
            environment = Environment(self, Path(home))
            environment.make()
            yield environment


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder with a Python of its own, and a home folder for what runs in it."""

    installer: Installer
    home: Path

    @property
    def python(self) -> Path:
        return self.home / "env" / ("Scripts/python.exe" if _WINDOWS else "bin/python")

    def make(self) -> None:
        """Create it, or raise PrerequisiteMissing."""
        (self.home / "empty").mkdir()
        folder = str(self.home / "env")
        if self.installer.uv:
            command = [self.installer.uv, "venv", "--no-config", "--no-project", "--quiet"]
            command += ["--no-python-downloads", "--python", sys.executable, folder]
        else:
            command = [sys.executable, "-I", "-m", "venv", folder]
        ended = self._run(command, _MAKE_TAKES, _FOR_NETWORK)
        if ended.code != 0 or not self.python.exists():
            raise PrerequisiteMissing(
                "no-environment",
                f"no environment could be made to install into: {_shortened(ended.said)}",
                "Install uv, or a Python with venv and pip.",
            )

    def install(self, path: Path) -> Refused | None:
        """Install a file and its dependencies; return why not."""
        if self.installer.uv:
            command = [self.installer.uv, "pip", "install", "--no-config", "--no-sources"]
            command += ["--index-strategy", "first-index", "--keyring-provider", "disabled"]
            command += ["--quiet", "--color", "never", "--python", str(self.python)]
        else:
            command = [str(self.python), "-I", "-m", "pip", "install", "--no-input"]
            command += ["--no-cache-dir", "--no-color", "--disable-pip-version-check"]
        ended = self._run([*command, str(path)], _INSTALL_TAKES, _FOR_NETWORK)
        if ended.code == 0:
            return None
        if ended.code is None:
            return Refused(f"it took more than {_INSTALL_TAKES:.0f} s", unanswered=True)
        return Refused(
            _explained(self._without_secrets(ended.said)),
            unanswered=_SILENCE.search(ended.said) is not None,
            asks_too_much=self.installer.uv is not None and _NO_HEAD.search(ended.said) is not None,
        )

    def installed(self, name: str) -> tuple[str | None, Sequence[str]]:
        """Return the version of a project and its files, as the environment has them."""
        told = self._told(_LIST, name)
        if not isinstance(told, dict):
            return None, ()
        files = told.get("files")
        return str(told.get("version")), list(map(str, files)) if isinstance(files, list) else ()

    def importing(self, module: str) -> Trouble | None:
        """Import a module; return what went wrong."""
        told = self._told(_IMPORT, module)
        if not isinstance(told, list):
            return Trouble(str(told))
        return _trouble(*told) if len(told) == 3 else None

    def _told(self, program: str, subject: str) -> object:
        """Run a program that writes what it found into a file; return that, or how it ended."""
        answer = self.home / "told.json"
        answer.unlink(missing_ok=True)
        command = [str(self.python), "-I", "-B", "-c", program, subject, str(answer)]
        ended = self._run(command, _IMPORT_TAKES)
        if ended.code is None:
            return f"it took more than {_IMPORT_TAKES:.0f} s"
        try:
            with answer.open("rb") as stream:
                return json.loads(stream.read(_MOST_SAID))
        except (OSError, ValueError):
            return f"Python ended with code {ended.code}: {_shortened(ended.said) or 'no word'}"

    def _run(self, command: Sequence[str], seconds: float, also: Sequence[str] = ()) -> _Ended:
        environment = {name: os.environ[name] for name in (*_KEPT, *also) if name in os.environ}
        environment |= dict.fromkeys(
            ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(self.home)
        )
        environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.home))
        environment |= {"PYTHONUTF8": "1", "PIP_CONFIG_FILE": os.devnull}
        if also:
            environment |= dict.fromkeys(
                ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), self.installer.index
            )
            environment |= {"UV_CACHE_DIR": str(self.home / "cache"), "UV_HTTP_RETRIES": "2"}
        return _run(command, seconds, environment, self.home / "empty")

    def _without_secrets(self, text: str) -> str:
        return re.sub(r"(?<=://)[^/\s@]+@", "", text)


def find_installer(index: str) -> Installer:
    """Return uv, where it is installed or where it runs this script, else pip."""
    uv = os.environ.get("UV") or shutil.which("uv")
    return Installer(index, uv if uv and _knows_indexes(uv) else None)


def _knows_indexes(uv: str) -> bool:
    """Whether it obeys UV_DEFAULT_INDEX; an old one would take dependencies from PyPI instead."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        said = _run([uv, "--version"], _IMPORT_TAKES, environment, Path(tempfile.gettempdir())).said
    except PrerequisiteMissing:
        return False
    version = re.match(r"uv (\d{1,9})\.(\d{1,9})", said)
    return version is not None and (int(version[1]), int(version[2])) >= (0, 5)


def _run(
    command: Sequence[str], seconds: float, environment: Mapping[str, str], folder: Path
) -> _Ended:
    """Run a program within bounds of time and memory, and leave nothing of it behind."""
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=not _WINDOWS,
        )
    except OSError as error:
        raise PrerequisiteMissing(
            "no-environment", f"{command[0]} does not start: {error}", "Mend it."
        ) from error
    tail = bytearray()
    listener = Thread(target=_listen, args=(process, tail), daemon=True)
    listener.start()
    try:
        code: int | None = process.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        _stop(process)
        listener.join(5)
    return _Ended(code, bytes(tail).decode("utf-8", "replace"))


def _listen(process: "subprocess.Popen[bytes]", tail: bytearray) -> None:
    """Keep the end of what a program says, where the reason stands."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    with process.stdout as stream, suppress(OSError, ValueError):
        while piece := os.read(stream.fileno(), 1 << 16):
            tail += piece
            del tail[:-_MOST_SAID]


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a program, and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        if not _WINDOWS:
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()


def _trouble(kind: str, message: str, missing: str | None) -> Trouble:
    because = _shortened(f"{kind}: {message}")
    if kind == "ModuleNotFoundError" and missing in sys.stdlib_module_names:
        return Trouble(f"{because}, which this Python was built without", of_machine=True)
    if kind == "ModuleNotFoundError":
        return Trouble(f"{because}; no dependency of the project brings it")
    return Trouble(because, of_machine="cannot open shared object file" in message)


def _explained(said: str) -> str:
    """Return what an installer gives as its reason: pip marks it, uv draws a tree of it."""
    errors = re.findall(r"^ERROR: (.+)$", said, re.MULTILINE)
    text = " ".join(errors) if errors else _DRAWN.sub(" ", said)
    return _shortened(text) or "the installer gives no reason"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"... {flat[-_LONGEST:]}"
