"""verify-on-pypi against the servers that teams run, filled by real twine and real uv."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Outcome, RunScript, clean_environment
from contract import validated
from test_index_real_servers import PYPROJECT, WHO, devpi, dist, needs, pypiserver

__all__ = ["devpi", "dist", "pypiserver"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next release, really built by uv."""
    needs("hatchling")
    root = tmp_path_factory.mktemp("second")
    (root / "pyproject.toml").write_text(PYPROJECT.replace('"1.0"', '"2.0"'))
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build"], cwd=root, check=True, capture_output=True
    )
    (root / "dist" / ".gitignore").write_text("*")  # as `uv build` does
    return root / "dist"


def publish(dist: Path, url: str, username: str, password: str) -> None:
    """Upload with uv."""
    program = shutil.which("uv") or pytest.skip("uv is not installed")
    files = sorted(str(item) for item in dist.iterdir() if not item.name.startswith("."))
    subprocess.run(
        [program, "publish", "--no-config", "--publish-url", url, "--trusted-publishing", "never",
         *files],
        env={
            **clean_environment(),
            "UV_PUBLISH_USERNAME": username,
            "UV_PUBLISH_PASSWORD": password,
        },
        check=True,
        capture_output=True,
    )  # fmt: skip


def verify(run_script: RunScript, simple: str, *arguments: object, **told: str) -> Outcome:
    env = {"NETRC": "/nonexistent", **told}
    outcome = run_script(
        "verify-on-pypi", "--json", "--all", "--index", simple, *arguments, env=env
    )
    validated(outcome.stdout)
    assert "secret" not in outcome.stdout + outcome.stderr
    return outcome


def changed(dist: Path, folder: Path) -> Path:
    """Return a rebuild: the same names, other bytes."""
    for item in dist.iterdir():
        (folder / item.name).write_bytes(item.read_bytes() + b"\n")
    return folder


def failing(outcome: Outcome) -> set[str]:
    return {record["check"] for record in outcome.data if not record["ok"]}


def test_pypiserver_filled_by_twine(
    run_script: RunScript, pypiserver: str, dist: Path, tmp_path: Path
) -> None:
    outcome = verify(run_script, pypiserver, "My.Demo==1.0", "--dist", dist)
    assert outcome.code == 0, outcome.stdout
    assert outcome.meta["planes"]["version-json"] == "unsupported"
    assert outcome.meta["files"] == {"there": 2, "expected": 2, "missing": 0, "unexpected": 0}
    tampered = verify(run_script, pypiserver, "my-demo==1.0", "--dist", changed(dist, tmp_path))
    assert (tampered.code, failing(tampered)) == (10, {"files-unchanged"})


def test_pypiserver_does_not_have_what_was_never_uploaded(
    run_script: RunScript, pypiserver: str
) -> None:
    assert verify(run_script, pypiserver, "my-demo==9.0").code == 10
    assert verify(run_script, pypiserver, "unknown-name").code == 10


def test_pypiserver_filled_by_uv(run_script: RunScript, pypiserver: str, second: Path) -> None:
    publish(second, pypiserver.removesuffix("simple/"), "nobody", "nothing")
    outcome = verify(run_script, pypiserver, "my-demo", "--dist", second)
    assert outcome.code == 0, outcome.stdout
    assert outcome.meta["version"] == "2.0"


def test_devpi_filled_by_twine(
    run_script: RunScript, devpi: str, dist: Path, tmp_path: Path
) -> None:
    outcome = verify(run_script, devpi, "my-demo==1.0.0", "--dist", dist, **WHO)
    assert outcome.code == 0, outcome.stdout
    tampered = verify(run_script, devpi, "my-demo==1.0", "--dist", changed(dist, tmp_path), **WHO)
    assert (tampered.code, failing(tampered)) == (10, {"files-unchanged"})


def test_devpi_filled_by_uv(run_script: RunScript, devpi: str, second: Path) -> None:
    publish(second, devpi.replace("+simple/", ""), "root", "secret")
    outcome = verify(run_script, devpi, "my-demo", "--dist", second, **WHO)
    assert outcome.code == 0, outcome.stdout
    assert outcome.meta["version"] == "2.0"


def test_a_partial_upload_is_found(
    run_script: RunScript, pypiserver: str, tmp_path: Path, dist: Path
) -> None:
    for item in dist.iterdir():
        shutil.copy(item, tmp_path)
    third = tmp_path / "my_demo-1.0-1-py3-none-any.whl"
    shutil.copy(next(dist.glob("*.whl")), third)
    outcome = verify(run_script, pypiserver, "my-demo==1.0", "--dist", tmp_path)
    assert (outcome.code, failing(outcome)) == (10, {"files-complete"})
    [record] = [record for record in outcome.data if not record["ok"]]
    assert third.name in record["detail"]
    assert third.name in record["fix"]
