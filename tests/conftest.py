"""Fixtures that every family of tests uses: the scripts, run the way their users run them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run: a failure is the change's, and can be seen again.
settings.register_profile(
    "same-each-time",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
settings.load_profile("same-each-time")
# A shell has what it starts in the background ignore Ctrl-C, and that is handed on to every script.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "scripts"


@dataclass(frozen=True)
class Outcome:
    """How a run of a script ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout, which keeps the contract."""
        from contract import validated

        return validated(self.stdout)

    @property
    def data(self) -> Any:
        return self.document["data"]

    @property
    def meta(self) -> Any:
        return self.document["meta"]


RunScript = Callable[..., Outcome]


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A current folder that has nothing to do with the skill or with the project."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture
def run_script(elsewhere: Path) -> RunScript:
    """Run a script as a subprocess, by default from a foreign folder."""

    def run(
        name: str,
        *arguments: object,
        cwd: Path | None = None,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        script: Path | None = None,
    ) -> Outcome:
        ended = subprocess.run(
            [sys.executable, script or SCRIPTS / f"{name}.py", *map(str, arguments)],
            cwd=cwd or elsewhere,
            input=stdin,
            capture_output=True,
            timeout=60,
            env={**clean_environment(), **(env or {})},
            check=False,
        )
        return Outcome(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return run


def clean_environment() -> dict[str, str]:
    """Return the environment without what would change a run from machine to machine."""
    changing = (
        "GITHUB_",
        "GH_",
        "PYPI_PUBLISH_",
        "NO_COLOR",
        "COLUMNS",
        "TERM",
        "PYTHONPATH",
        "CI",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(changing)}
    return {**kept, "COLUMNS": "80"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables that tests made, which a passing test cannot show by itself."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, table in report.user_properties:
            if name == "table":
                terminalreporter.write_line(f"\n{table}")
