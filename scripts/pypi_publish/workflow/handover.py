"""How built files get from the job that builds them to the job that uploads them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePosixPath

from pypi_publish.verdict import Place
from pypi_publish.workflow.github import GithubJob, GithubStep
from pypi_publish.workflow.shell import commands, program
from pypi_publish.workflow.uploads import Upload

UPLOAD = "actions/upload-artifact"
_MERGE = "actions/upload-artifact/merge"
DOWNLOAD = "actions/download-artifact"
_INSPECT = "hynek/build-and-inspect-python-package"
_CHECKOUT = "actions/checkout"
_BUILDERS = {_INSPECT, "pypa/cibuildwheel", "casperdcl/deploy-pypi"}
_MATURIN = {"pyo3/maturin-action", "messense/maturin-action"}
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_BUILD_COMMANDS = {
    ("uv", "build"), ("poetry", "build"), ("flit", "build"), ("hatch", "build"), ("pdm", "build"),
    ("maturin", "build"), ("maturin", "sdist"),
}  # fmt: skip
_BUILDS_WHILE_PUBLISHING = {"flit", "setup.py"}  # and `poetry publish --build`, `pdm publish`
_MOVES = re.compile(r"\b(?:mv|cp|rsync|unzip|find|ln|tar|move|copy|Move-Item|Copy-Item)\b")


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact that a job uploads; an expression in its name stands for anything."""

    name: str
    job: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """A step that downloads artifacts of the same run."""

    place: Place
    name: str | None
    pattern: str | None
    path: str
    merges: bool

    def takes(self, artifact: str) -> bool:
        """Return whether an artifact of this name is fetched."""
        if self.name is not None:
            return alike(self.name, artifact)
        return self.pattern is None or alike(self.pattern, artifact)

    def folder(self, artifact: str) -> str:
        """Return where the files of an artifact come to lie."""
        flat = self.merges or self.name is not None
        return tidy(self.path if flat else f"{self.path}/{artifact}")


def artifacts_of(jobs: Iterable[GithubJob]) -> Iterator[Artifact]:
    """Yield what some jobs upload."""
    for job in jobs:
        for step in job.steps:
            if step.action in (UPLOAD, _MERGE):
                named = step.input("name")
                default = "artifact" if step.action == UPLOAD else "merged-artifacts"
                yield Artifact(named.text.strip() if named else default, job.name)
            elif step.action == _INSPECT:
                suffix = step.input("upload-name-suffix")
                yield Artifact("Packages" + (suffix.text if suffix else ""), job.name)


def fetches_of(job: GithubJob) -> Iterator[Fetch]:
    """Yield the downloads of a job that are from its own run."""
    for step in job.steps:
        elsewhere = step.input("run-id", "repository", "github-token")
        if step.action == DOWNLOAD and elsewhere is None:
            name, pattern, path = (step.input(key) for key in ("name", "pattern", "path"))
            merges, ids = step.input("merge-multiple"), step.input("artifact-ids")
            one_by_id = ids is not None and "," not in ids.text
            yield Fetch(
                step.place,
                name.text.strip() if name else None,
                pattern.text.strip() if pattern else None,
                path.text.strip() if path else ".",
                one_by_id or (merges is not None and merges.text.strip() == "true"),
            )


def builds(step: GithubStep) -> bool:
    """Return whether a step builds a package."""
    if step.action in _BUILDERS:
        return True
    if step.action in _MATURIN:
        command = step.input("command")
        return command is None or command.text.strip() not in ("upload", "publish")
    return step.run is not None and _text_builds(step.run.text)


@lru_cache(maxsize=256)
def _text_builds(text: str) -> bool:
    said = any(word in text for word in ("build", "sdist", "wheel"))
    return said and any(_builds(command.words) for command in commands(text))


def _builds(words: tuple[str, ...]) -> bool:
    words = program(words)
    if words[:1] in (("build",), ("pyproject-build",), ("cibuildwheel",)):
        return True
    if "setup.py" in words[:2]:
        return bool({"sdist", "bdist_wheel", "bdist"} & set(words))
    if words[:1] == ("pip",) and words[1:2] == ("wheel",):
        return True
    verbs = [word for word in words[1:] if not word.startswith("-")]
    return bool(verbs) and (words[0].rpartition("/")[2], verbs[0]) in _BUILD_COMMANDS


def builds_while_publishing(upload: Upload) -> bool:
    """Return whether the upload command itself builds what it sends."""
    if upload.tool in _BUILDS_WHILE_PUBLISHING:
        return bool(upload.words)
    if upload.tool == "poetry":
        return upload.has("--build")
    if upload.tool == "maturin":
        return "publish" in upload.words
    return upload.tool == "pdm" and not upload.has("--no-build")


def checks_out(step: GithubStep) -> bool:
    """Return whether a step puts the source of the project there."""
    return step.action == _CHECKOUT


def moves_files(job: GithubJob) -> bool:
    """Return whether a command of the job may put files somewhere else."""
    return any(step.run is not None and _MOVES.search(step.run.text) for step in job.steps)


def upload_folder(upload: Upload) -> str | None:
    """Return the folder whose files are sent; None where that cannot be told."""
    if not upload.words:
        given = upload.step.input("packages-dir", "packages_dir") if upload.step else None
        text = given.text.strip() if given else "dist"
        return None if "$" in text else tidy(text)
    if upload.via is not None or upload.tool not in ("twine", "uv"):
        return None
    paths = [word for word in upload.words[2:] if "*" in word or word.startswith("dist")]
    if not paths:
        return "dist" if upload.tool == "uv" and len(upload.words) == 2 else None
    if "$" in paths[0] or "**" in paths[0] or "*" in paths[0].rpartition("/")[0]:
        return None
    return tidy(paths[0].rpartition("/")[0] if "*" in paths[0] else paths[0])


def tidy(path: str) -> str:
    """Spell a path of a workflow one way."""
    inside = path.replace("${{ github.workspace }}", ".").replace("${{github.workspace}}", ".")
    return PurePosixPath(inside.strip().replace("\\", "/")).as_posix()


def alike(one: str, two: str) -> bool:
    """Return whether two names can be the same; each may hold expressions and wildcards."""
    first, second = _EXPRESSION.sub("*", one), _EXPRESSION.sub("*", two)
    if first == second or fnmatchcase(second, first) or fnmatchcase(first, second):
        return True
    return "*" in first and "*" in second and _may_overlap(first, second)


def _may_overlap(one: str, two: str) -> bool:
    start = min(len(one.partition("*")[0]), len(two.partition("*")[0]))
    ends = min(len(one.rpartition("*")[2]), len(two.rpartition("*")[2]))
    return one[:start] == two[:start] and (not ends or one[-ends:] == two[-ends:])
