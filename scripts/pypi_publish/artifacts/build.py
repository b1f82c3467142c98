"""Builds sdist and wheel for --build: isolated, in a fresh folder. Runs the project's code."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from pypi_publish.artifacts.secrets import redacted
from pypi_publish.errors import Malformed, NothingToInspect, PrerequisiteMissing

_TAIL = 4_000
_LINES = 25
_DEFAULT_SECONDS = 900.0


@contextmanager
def built(root: Path, *, timeout: float = _DEFAULT_SECONDS) -> Iterator[Path]:
    """Build the project and give the folder with the files; it is gone afterwards."""
    if not root.is_dir():
        raise NothingToInspect("no-project", f"there is no folder {root}", "Name the project.")
    with TemporaryDirectory(prefix="preflight-") as temporary:
        target = Path(temporary) / "dist"
        command = _command(root.resolve(), target)
        with (Path(temporary) / "output").open("w+b") as output:
            code = _run(command, Path(temporary), output, timeout)
            if code != 0:
                raise Malformed(
                    "build-failed",
                    f"the build of {root} {_ended(code, timeout)}: {_tail(output)}",
                    f"Make `{_shown(command)}` work, then run this again.",
                )
        yield target


def _command(root: Path, target: Path) -> list[str]:
    if uv := shutil.which("uv"):
        # Without --no-sources a build may take requirements from [tool.uv.sources], which users
        # of the sdist do not have.
        return [uv, "build", "--no-sources", "--no-progress", "--out-dir", str(target), str(root)]
    try:
        distribution("build")
    except PackageNotFoundError:
        raise PrerequisiteMissing(
            "no-builder",
            "neither uv nor the package `build` is installed",
            "Install uv (https://docs.astral.sh/uv/) or `python -m pip install build`.",
        ) from None
    # -P: a folder called `build` in the current one would be taken for the package.
    return [sys.executable, "-P", "-m", "build", "--outdir", str(target), str(root)]


def _run(command: list[str], folder: Path, output: BinaryIO, timeout: float) -> int | None:
    """Return how the build ended, None where it had to be stopped."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, "NO_COLOR": "1"},
        start_new_session=True,
    )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the build and all that it started, however it came to its end."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            process.kill()
    process.wait()


def _ended(code: int | None, timeout: float) -> str:
    return f"took longer than {timeout:.0f} s" if code is None else f"failed (exit {code})"


def _tail(output: BinaryIO) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _TAIL))
    lines = [line.rstrip() for line in redacted(output.read()).splitlines() if line.strip()]
    return "\n".join(lines[-_LINES:]) or "it printed nothing"


def _shown(command: list[str]) -> str:
    if "build" in command and "-m" in command:
        return "python -m build"
    return "uv build --no-sources"
