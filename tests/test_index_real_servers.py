"""The client of indexes against the servers that teams run, filled by real twine."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from conftest import clean_environment
from index_server import serving
from pypi_publish.index.address import address_of
from pypi_publish.index.client import ask_index
from pypi_publish.index.model import IndexAnswers
from pypi_publish.preflight import index
from pypi_publish.preflight.facts import Facts
from pypi_publish.verdict import Status

pytestmark = pytest.mark.slow

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "My.Demo"
version = "1.0"
requires-python = ">=3.9"
[tool.hatch.build.targets.wheel]
bypass-selection = true
"""


def needs(module: str) -> None:
    """Skip where a peer is not installed; importing it here may change this process."""
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel and an sdist, really built."""
    needs("hatchling")
    root = tmp_path_factory.mktemp("project")
    (root / "pyproject.toml").write_text(PYPROJECT)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build"], cwd=root, check=True, capture_output=True
    )
    return root / "dist"


@contextmanager
def running(*command: object, url: str) -> Iterator[None]:
    """Run a server until the block ends; it is up when it answers."""
    with subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    ) as server:
        try:
            for _ in range(300):
                try:
                    httpx.get(url, timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield
        finally:
            server.terminate()


def free_port() -> int:
    with serving() as server:
        return int(server.server_port)


def upload(dist: Path, url: str, username: str, password: str) -> None:
    needs("twine")
    subprocess.run(
        [sys.executable, "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar",
         "--repository-url", url, *sorted(map(str, dist.iterdir()))],
        env={**clean_environment(), "TWINE_USERNAME": username, "TWINE_PASSWORD": password},
        check=True,
        capture_output=True,
    )  # fmt: skip


def asked(
    simple: str, name: str = "my-demo", version: str = "1.0", **environment: str
) -> IndexAnswers:
    told = {"NETRC": "/nonexistent", **environment}
    return ask_index(address_of(simple), name, version, timeout=10, environment=told)


def holds_both(answers: IndexAnswers, dist: Path) -> None:
    built = {item.name: sha256(item.read_bytes()).hexdigest() for item in dist.iterdir()}
    assert {file.filename: file.sha256 for file in answers.of_this_version} == built
    assert not answers.is_pypi
    facts = Facts(index=answers)
    [taken] = index.version_free(facts)
    assert taken.status is Status.FAIL
    for check in (index.release_open, index.project_size):
        [verdict] = check(facts)
        assert verdict.status is Status.SKIP


@pytest.fixture(scope="module")
def pypiserver(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    needs("pypiserver")
    packages = tmp_path_factory.mktemp("packages")
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with running(
        "-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", port, "-P", ".", "-a", ".",
        "--fallback-url", f"http://localhost:{port}/other/", packages, url=url,
    ):  # fmt: skip
        upload(dist, url, "nobody", "nothing")
        yield f"{url}simple/"


def test_pypiserver_tells_what_it_holds(pypiserver: str, dist: Path) -> None:
    holds_both(asked(pypiserver), dist)
    assert asked(pypiserver, version="2.0").of_this_version == ()


def test_what_pypiserver_sends_on_is_not_there(pypiserver: str) -> None:
    answers = asked(pypiserver, "unknown-name")
    assert answers.registered is False
    assert answers.forwarded_to == "localhost"


@pytest.fixture(scope="module")
def devpi(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[str]:
    needs("devpi_server")
    folder = tmp_path_factory.mktemp("devpi") / "server"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    subprocess.run(
        [sys.executable, "-c", "from devpi_server.init import init; init()", "--serverdir", folder,
         "--no-root-pypi", "--root-passwd", "secret"],
        check=True, capture_output=True,
    )  # fmt: skip
    # Its key derivation takes half a minute as it comes.
    quick = ("--argon2-memory-cost", 8, "--argon2-parallelism", 1, "--argon2-time-cost", 1)
    with running(
        "-m", "devpi_server", "--serverdir", folder, "--port", port, *quick, url=url
    ):  # fmt: skip
        login = httpx.post(f"{url}/+login", json={"user": "root", "password": "secret"}, timeout=30)
        token = login.json()["result"]["password"]
        made = httpx.put(
            f"{url}/root/dev",
            json={"type": "stage", "bases": []},
            auth=("root", token),
            headers={"Accept": "application/json"},
            timeout=30,
        )
        assert made.status_code == 200, made.text
        upload(dist, f"{url}/root/dev/", "root", "secret")
        yield f"{url}/root/dev/+simple/"


WHO = {"PYPI_PUBLISH_INDEX_USERNAME": "root", "PYPI_PUBLISH_INDEX_PASSWORD": "secret"}


def test_devpi_tells_what_it_holds(devpi: str, dist: Path) -> None:
    holds_both(asked(devpi, **WHO), dist)


def test_devpi_does_not_know_what_was_never_uploaded(devpi: str) -> None:
    assert asked(devpi, "unknown-name", **WHO).registered is False
