"""A machine on which nothing was ever installed: an empty home, no cache, few programs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import ROOT, Outcome

# How this machine reaches its package registry; all other settings are left behind.
_REGISTRY = (
    "PIP_", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "UV_INSECURE_HOST", "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "ALL_PROXY",
)  # fmt: skip
_PIP_SETTINGS = (".config/pip/pip.conf", ".pip/pip.conf")


@dataclass
class Machine:
    """An empty home and the programs that are installed."""

    home: Path
    programs: list[Path] = field(default_factory=list)

    def run(self, command: str | Sequence[object], cwd: Path, **environment: str) -> Outcome:
        """Run a program, or a line as a person types it."""
        typed = ("/bin/sh", "-c", command) if isinstance(command, str) else command
        path = os.pathsep.join(map(str, self.programs))
        program = shutil.which(str(typed[0]), path=path)
        assert program, f"{typed[0]} is not on {path}"
        ended = subprocess.run(
            [program, *map(str, typed[1:])],
            cwd=cwd,
            env={"HOME": str(self.home), "PATH": path, **_of_registry(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=False,
        )
        return Outcome(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def _of_registry() -> Mapping[str, str]:
    known = {name: text for name, text in os.environ.items() if name.upper().startswith(_REGISTRY)}
    kept = (Path.home() / name for name in _PIP_SETTINGS)
    settings = next((str(path) for path in kept if path.is_file()), None)
    return {**({"PIP_CONFIG_FILE": settings} if settings else {}), **known}


def with_uv_alone(folder: Path) -> Machine:
    """Return a machine with uv, and a Python without packages, which uv would else download."""
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    programs = folder / "programs"
    programs.mkdir()
    (programs / "uv").symlink_to(Path(uv).resolve())
    python = getattr(sys, "_base_executable", sys.executable)  # not that of this environment
    (programs / "python3").symlink_to(Path(python).resolve())
    return _machine(folder, programs)


def with_python_and_pip(folder: Path) -> Machine:
    """Return a machine with a Python that has pip and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    return _machine(folder, folder / "python" / "bin")


def _machine(folder: Path, programs: Path) -> Machine:
    (folder / "home").mkdir(parents=True)
    return Machine(folder / "home", [programs])


def release_into(folder: Path) -> Path:
    """Copy what belongs to the project, and that alone: what git tracks or would."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so what belongs to the project is not known")
    for name in os.fsdecode(listed.stdout).split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder
