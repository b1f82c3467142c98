"""How built files get from the job that builds them to the job that uploads them."""

import itertools
import os.path
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePosixPath

from pypi_publish.verdict import Place
from pypi_publish.workflow.github import GithubJob, GithubStep
from pypi_publish.workflow.publishing import ACTIONS, MATURIN_ACTIONS
from pypi_publish.workflow.shell import commands, options_and_rest, program
from pypi_publish.workflow.uploads import Upload, option

UPLOAD = "actions/upload-artifact"
_MERGE = "actions/upload-artifact/merge"
DOWNLOAD = "actions/download-artifact"
_INSPECT = "hynek/build-and-inspect-python-package"
_CHECKOUT = "actions/checkout"
_BUILDERS = {_INSPECT, "pypa/cibuildwheel", "casperdcl/deploy-pypi"}
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_BUILD_COMMANDS = {
    ("uv", "build"), ("poetry", "build"), ("flit", "build"), ("hatch", "build"), ("pdm", "build"),
    ("maturin", "build"), ("maturin", "sdist"),
}  # fmt: skip
_DEFAULT_FOLDERS = {"build": "dist", "pyproject-build": "dist", "cibuildwheel": "wheelhouse"}
_FOLDER_OPTIONS = ("--outdir", "-o", "--out-dir", "--output-dir")
_WITH_VALUE = frozenset((*_FOLDER_OPTIONS, "--python", "-p", "-C", "--config-setting"))
_BUILDS_WHILE_PUBLISHING = {"flit", "setup.py"}  # and `poetry publish --build`, `pdm publish`
_MOVES = re.compile(r"\b(?:mv|cp|rsync|unzip|find|ln|tar|move|copy|Move-Item|Copy-Item)\b")
# Names of actions that fetch no built files: checkouts, tools, caches, guards, signatures.
_FETCHES_NOTHING = re.compile(
    r"^actions/(?:checkout|(?:down|up)load-artifact)$|"
    r"cibuildwheel$|setup|install|cache|harden|toolchain|qemu|attest|sigstore"
)
_WHOLE_REF = re.compile(r"\$\{\{\s*github\.ref\s*\}\}")
_NOT_IN_A_NAME = re.compile(r'["<>|*?:\\/\r\n]')
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact that a job uploads; an expression in its name stands for anything."""

    name: str
    job: str
    inside: tuple[str, ...] = (".",)  # the folders in it that may hold what was built


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

    def folders(self, artifact: Artifact) -> set[str]:
        """Return where the built files of an artifact may come to lie."""
        flat = self.merges or self.name is not None
        top = self.path if flat else f"{self.path}/{artifact.name}"
        return {tidy(f"{top}/{inside}") for inside in artifact.inside}


def artifacts_of(jobs: Iterable[GithubJob]) -> Iterator[Artifact]:
    """Yield what some jobs upload."""
    for job in jobs:
        for step in job.steps:
            if step.action in (UPLOAD, _MERGE):
                named = step.input("name")
                default = "artifact" if step.action == UPLOAD else "merged-artifacts"
                name = named.text.strip() if named else default
                yield Artifact(name, job.name, _folders_inside(uploaded_paths(step)))
            elif step.action == _INSPECT:
                suffix = step.input("upload-name-suffix")
                yield Artifact("Packages" + (suffix.text if suffix else ""), job.name)


def uploaded_paths(step: GithubStep) -> list[str]:
    """Return the paths that a step puts into an artifact, without those that it leaves out."""
    given = step.input("path")
    lines = (line.strip() for line in given.text.splitlines()) if given else ()
    return [tidy(line) for line in lines if line and not line.startswith("!")]


def _folders_inside(paths: list[str]) -> tuple[str, ...]:
    """Return the folders of an artifact that may hold what was built.

    Of several paths it keeps what is below the nearest folder that holds them all.
    https://github.com/actions/upload-artifact#upload-using-multiple-paths-and-exclusions
    """
    taken = [(_folder_taken(path), path) for path in paths]
    try:
        top = os.path.commonpath([folder for folder, _ in taken])
    except ValueError:  # none at all, or some are absolute
        return (".",)
    built = (folder for folder, path in taken if _may_be_built(path))
    found = (PurePosixPath(folder).relative_to(top).as_posix() for folder in built)
    return tuple(dict.fromkeys(found)) or (".",)


def _folder_taken(path: str) -> str:
    """Return the folder whose files a path of an artifact names."""
    plain = list(itertools.takewhile(lambda part: not _WILD.search(part), path.split("/")))
    whole = len(plain) == len(path.split("/"))
    if whole and ("." in plain[-1][1:] or "$" in plain[-1]):  # a file
        plain.pop()
    return "/".join(plain) or "."


def meet(folder: str, path: str) -> bool:
    """Return whether files of a folder can be among those that a path names."""
    one, two = folder.split("/"), _folder_taken(path).split("/")
    return "." in (one[0], two[0]) or all(a == b for a, b in zip(one, two, strict=False))


def _may_be_built(path: str) -> bool:
    name = path.rpartition("/")[2]
    return "." not in name[1:] or "$" in name or name.endswith((".whl", ".gz", ".zip", "*"))


def may_fetch(step: GithubStep) -> bool:
    """Return whether an action of another kind may bring files that are to be uploaded."""
    return (
        bool(step.action)
        and step.action not in ACTIONS
        and not _FETCHES_NOTHING.search(step.action)
    )


def refused_sign(step: GithubStep) -> str | None:
    """Return the first sign in the name of an artifact that no name may have."""
    named = step.input("name") if step.action == UPLOAD else None
    if named is None:
        return None
    text = _WHOLE_REF.sub("refs/tags/", named.text)
    found = _NOT_IN_A_NAME.search(_EXPRESSION.sub("", text))
    return found[0] if found else None


def fixed_names(job: GithubJob) -> Iterator[tuple[str, GithubStep]]:
    """Yield the artifact names that a job surely takes, each run of it the same."""
    for step in job.steps:
        named, overwrites = step.input("name"), step.input("overwrite")
        name = named.text.strip() if named else "artifact"
        may_overwrite = overwrites is not None and overwrites.text.strip() != "false"
        always = step.condition is None and (job.condition is None or job.job.is_repeated)
        if step.action == UPLOAD and always and not may_overwrite and "${{" not in name:
            yield name, step


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
    if step.action in MATURIN_ACTIONS:
        command = step.input("command")
        return command is None or command.text.strip() not in ("upload", "publish")
    return step.run is not None and text_builds(step.run.text)


@lru_cache(maxsize=256)
def text_builds(text: str) -> bool:
    """Return whether a command of a shell text builds a package."""
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


def folders_built_into(job: GithubJob) -> set[str] | None:
    """Return where the builds of a job put their files; None where that cannot be told."""
    if job.job.node.get("defaults") is not None or job.workflow.sets_defaults:
        return None
    found: set[str] = set()
    for step in job.steps:
        folders = set() if step.action and not builds(step) else _folders_of_step(step)
        if folders is None or step.node.get("working-directory") is not None or may_fetch(step):
            return None
        found |= folders
    return found


def _folders_of_step(step: GithubStep) -> set[str] | None:
    """Return where a step builds into; None where it may put files anywhere."""
    if step.action == "pypa/cibuildwheel":
        given = step.input("output-dir")
        return {tidy(given.text if given else "wheelhouse")}
    if step.run is None:
        return None
    found = set()
    for command in commands(step.run.text):
        words = program(command.words)
        if not _builds(command.words):
            if words[:1] not in (("pip",), ("echo",)):
                return None
            continue
        if words[0] not in _DEFAULT_FOLDERS and words[:2] != ("uv", "build"):
            return None
        named = option(words, _FOLDER_OPTIONS)
        rest = options_and_rest(words[1:], _WITH_VALUE)[1]
        if rest not in ((), (".",), ("build",)) or "$" in (named or ""):
            return None
        found.add(tidy(named or _DEFAULT_FOLDERS.get(words[0], "dist")))
    return found


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
