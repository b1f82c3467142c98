"""Writes the source tree and the built files that preflight and twine are timed on."""

import subprocess
import sys
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

from artifact_maker import SdistMaker, WheelMaker  # noqa: E402

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample-pkg"
version = "1.0"
readme = "README.md"
requires-python = ">=3.11"
"""


def write_tree(root: Path) -> Path:
    """Write a project of 2,000 modules under git."""
    for number in range(2_000):
        file = root / "src" / "sample_pkg" / f"part{number % 50}" / f"module{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'"""Module {number}."""\n\nVALUE = {number}\n' * 20, encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (root / "README.md").write_text("# Sample\n", encoding="utf-8")
    for arguments in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


def write_dist(folder: Path) -> Path:
    """Write 25 wheels and 25 sdists of twenty modules each."""
    folder.mkdir()
    random = Random(20_261_121)
    for number in range(25):
        stem = f"sample_pkg{number}"
        changes = {"Name": stem.replace("_", "-")}
        text = "".join(
            f"value_{random.random()} = {random.random()}\n" for _ in range(150)
        ).encode()
        modules = {f"{stem}/module{module}.py": text for module in range(20)}
        WheelMaker(
            f"{stem}-1.0-py3-none-any.whl", f"{stem}-1.0.dist-info", changes, extra=modules
        ).write(folder)
        packed = {f"{stem}-1.0/src/{name}": data for name, data in modules.items()}
        SdistMaker(f"{stem}-1.0.tar.gz", f"{stem}-1.0", changes, extra=packed).write(folder)
    return folder
