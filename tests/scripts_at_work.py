"""One real piece of work for each script, whose verdicts no circumstance may change."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from artifact_maker import SdistMaker, WheelMaker
from conftest import ROOT, Outcome
from contract import validated
from planes_server import PlanesServer, sdist, serving_planes, wheel

DATA = ROOT / "tests" / "data"
LOG = (
    b"Uploading sample_pkg-1.0-py3-none-any.whl\n"
    b"WARNING  Error during upload. Retry with the --verbose option for more details.\n"
    b"ERROR    HTTPError: 400 Bad Request from https://upload.pypi.org/legacy/\n"
    b"         File already exists ('sample_pkg-1.0-py3-none-any.whl', with blake2_256 hash 'a').\n"
    b"See D:\\a\\demo\\demo\\dist\\sample_pkg-1.0-py3-none-any.whl\n"
)
WORKFLOW = b"""on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
"""
PYPROJECT = b"""[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "sample-pkg"
version = "1.0"
description = "A sample"
readme = "README.md"
requires-python = ">=3.11,<4"
license = "MIT"
license-files = ["LICENSE"]
"""


@dataclass(frozen=True)
class Work:
    """A script, and what it is given in the folder that is current."""

    script: str
    arguments: Sequence[object]
    code: int
    inputs: Sequence[str] = ()  # text files, which may come from Windows
    environment: Mapping[str, str] = field(default_factory=dict)


def work_in(folder: Path, server: PlanesServer) -> tuple[Work, ...]:
    """Lay out a project, its built files and a log; return what each script has to do with them."""
    files = {
        "pyproject.toml": PYPROJECT,
        "README.md": b"# Sample\n\nText.\n",
        "LICENSE": b"MIT License\n",
        "CHANGELOG.md": b"# Changelog\n\n## 0.9\n\n- First\n",
        "src/sample_pkg/__init__.py": b'"""Sample."""\n\n__version__ = "0.9"\n',
        ".github/workflows/ci.yml": WORKFLOW,
        "publish.log": LOG,
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "dist").mkdir()
    WheelMaker().write(folder / "dist")
    SdistMaker().write(folder / "dist")
    index = ("--index", server.simple, "--timeout", 5)
    project = [name for name in files if not name.startswith((".", "publish"))]
    return (
        Work("check-action-pins", (".",), 10, (".github/workflows/ci.yml",)),
        Work("diagnose-publish", ("publish.log",), 10, ("publish.log",)),
        Work("preflight", ("--dist", "dist", *index), 10, project),
        Work("verify-on-pypi", ("sample-pkg==1.0", "--provenance", "off", *index), 10),
    )


@contextmanager
def index_of_work() -> Iterator[PlanesServer]:
    """Serve a release that is not complete: one of its planes has one file less."""
    with serving_planes() as server:
        server.add("sample-pkg", wheel(), sdist())
        server.views["html"] = lambda files: files[:1]
        yield server


def verdicts(outcome: Outcome) -> Any:
    """Return what a document says, without what stands where and when."""
    document = validated(outcome.stdout)
    data = document["data"]
    if isinstance(data, dict):
        return data, document["error"]
    return [(record["check"], record["status"]) for record in data], document["error"]


def remade(folder: Path, names: Sequence[str], *, mark: bool) -> None:
    """Save text files as Windows does, maybe with the byte order mark that its editors like."""
    for name in names:
        text = (folder / name).read_bytes().replace(b"\n", b"\r\n")
        (folder / name).write_bytes((b"\xef\xbb\xbf" if mark else b"") + text)
