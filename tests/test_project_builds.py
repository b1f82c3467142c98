"""Names and versions read without a build, against those that the real backends write."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pypi_publish.project.read import read_project

SAMPLES = Path(__file__).parent / "data" / "projects"
NAMES = sorted(folder.name for folder in SAMPLES.iterdir())
ENVIRONMENT = {"SAMPLE_KIT_VERSION": "2.4.0", "SOURCE_DATE_EPOCH": "1750000000"}
FROM_TAGS = (
    "hatch-vcs",
    "hatch-versioningit",
    "pdm-scm",
    "poetry-dynamic",
    "scikit-build-core-scm",
    "setuptools-scm",
    "uv-dynamic-versioning",
)


@pytest.fixture
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A sample project in a repository of its own, tagged v1.2.3."""
    return committed(SAMPLES / request.param, tmp_path / "a project")


def committed(origin: Path, folder: Path) -> Path:
    """Copy a project into a new repository and tag its first commit."""
    for path in sorted(origin.rglob("*")):
        if path.is_file():
            target = folder / path.relative_to(origin)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "First")
    git(folder, "tag", "v1.2.3")
    return folder


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    ended = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def built_metadata(folder: Path, out: Path) -> dict[str, str]:
    """Build an sdist for real and return the single-valued fields of its PKG-INFO."""
    command = [sys.executable, "-m", "build", "--sdist", "--installer", "uv", "--outdir", str(out)]
    environment = {**os.environ, **ENVIRONMENT}
    ended = subprocess.run(
        [*command, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (archive,) = out.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        top = next(name for name in opened.getnames() if re.fullmatch(r"[^/]+/PKG-INFO", name))
        member = opened.extractfile(top)
        assert member is not None
        head = member.read().decode().partition("\n\n")[0]
    return dict(re.findall(r"^([\w-]+): (.*)$", head, re.MULTILINE))


@pytest.mark.slow
@pytest.mark.parametrize(
    "sample", sorted(sample.name for sample in SAMPLES.iterdir()), indirect=True
)
def test_name_and_version_are_those_of_the_built_metadata(sample: Path, tmp_path: Path) -> None:
    project = read_project(sample, ENVIRONMENT)
    built = built_metadata(sample, tmp_path / "dist")
    assert project.version.text == built["Version"]
    assert project.core["Name"] == [built["Name"]]


@pytest.mark.slow
@pytest.mark.parametrize("sample", FROM_TAGS, indirect=True)
@pytest.mark.parametrize("tree", ["ahead", "ahead-and-dirty", "dirty", "untagged"])
def test_a_version_off_the_tag_is_the_one_that_a_build_gives(
    sample: Path, tree: str, tmp_path: Path
) -> None:
    if "ahead" in tree:
        commit(sample, "Second")
    if "dirty" in tree:
        (sample / "README.md").write_text("changed\n")
    if tree == "untagged":
        git(sample, "tag", "--delete", "v1.2.3")
    project = read_project(sample, ENVIRONMENT)
    if project.version.broken:
        with pytest.raises(AssertionError):
            built_metadata(sample, tmp_path / "dist")
    else:
        assert project.version.text == built_metadata(sample, tmp_path / "dist")["Version"]
