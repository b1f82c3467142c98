"""What git knows that decides a version: the nearest tag, the distance, the state of the tree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pypi_publish.errors import PrerequisiteMissing
from pypi_publish.project.git_command import Git, Said, settings_of, without_filters

_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<distance>\d+)-g(?P<node>[0-9a-f]+)")


class NoHistory(Exception):
    """Version control says nothing here; the reason is for the person who reads the report."""


class NotARepository(NoHistory):
    """The folder is not under version control, or not in the way that was asked for."""


@dataclass(frozen=True, slots=True)
class Description:
    """Where HEAD stands between the tags."""

    tag: str | None  # the nearest one that was asked for; None: no commit below HEAD has one
    distance: int  # commits since that tag, or since the beginning
    node: str | None  # the whole hash of HEAD; None: there is no commit yet
    dirty: bool  # tracked files differ from HEAD
    shallow: bool  # the clone was cut off, so tags may be missing
    branch: str | None
    toplevel: Path
    has_tags: bool = True  # some tag exists, though maybe not one that was asked for

    @property
    def exact(self) -> bool:
        """HEAD carries the tag and the tree is as it was committed."""
        return self.tag is not None and self.distance == 0 and not self.dirty


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a folder belongs to."""

    git: Git
    toplevel: Path
    shallow: bool

    def describe(
        self,
        match: Sequence[str] = (),
        exclude: Sequence[str] = (),
        first_parent: bool = False,
    ) -> Description:
        """Return where HEAD stands below the nearest tag that a pattern matches."""
        node, branch, dirty = self._state()
        arguments = ["describe", "--tags", "--long", "--abbrev=40"]
        arguments += ["--first-parent"] if first_parent else []
        arguments += [f"--match={pattern}" for pattern in match]
        arguments += [f"--exclude={pattern}" for pattern in exclude]
        found = _DESCRIBED.fullmatch(self._ask(*arguments) or "") if node else None
        if found:
            tag, distance, has_tags = found["tag"], int(found["distance"]), True
        else:
            tag, distance = None, int(self._ask("rev-list", "--count", "HEAD") or 0) if node else 0
            has_tags = bool(self._ask("for-each-ref", "--count=1", "refs/tags"))
        return Description(
            tag, distance, node, dirty, self.shallow, branch, self.toplevel, has_tags
        )

    def _state(self) -> tuple[str | None, str | None, bool]:
        # Submodules are compared by their commit alone: looking inside would run a git of its own
        # there, with a configuration that nobody has disarmed.
        said = self._ask(
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=no",
            "--ignore-submodules=dirty",
        )
        if said is None:
            raise NoHistory("git status failed, so the state of the working tree is not known")
        node = branch = None
        dirty = False
        for line in said.splitlines():
            if line.startswith("# branch.oid "):
                node = line.removeprefix("# branch.oid ")
            elif line.startswith("# branch.head "):
                branch = line.removeprefix("# branch.head ")
            elif not line.startswith("#"):
                dirty = True
        return (
            None if node == "(initial)" else node,
            None if branch == "(detached)" else branch,
            dirty,
        )

    def _ask(self, *arguments: str) -> str | None:
        said = _asked(self.git, *arguments)
        return None if said.code else _text(said)


def repository(folder: Path) -> Repository:
    """Return the repository around a folder, or raise `NoHistory` with the reason."""
    git = Git(folder)
    said = _asked(git, "rev-parse", "--is-shallow-repository", "--show-toplevel")
    if said.code:
        raise _problem(said.complaint, folder)
    shallow, _, toplevel = _text(said).partition("\n")
    git = without_filters(git, settings_of(git))
    return Repository(git, Path(toplevel), shallow == "true")


def _asked(git: Git, *arguments: str) -> Said:
    try:
        return git.ask(*arguments)
    except PrerequisiteMissing as problem:
        raise NoHistory(problem.message) from problem


def _text(said: Said) -> str:
    return said.output.decode("utf-8", "replace").strip()


def _problem(said: str, folder: Path) -> NoHistory:
    if "dubious ownership" in said:
        return NoHistory(
            "git refuses to read a repository that belongs to another user"
            f" (git config --global --add safe.directory {folder.resolve()})"
        )
    if "not a git repository" in said:
        return NotARepository("the folder is not inside a git repository")
    first = next(iter(said.strip().splitlines()), "no reason given")
    return NoHistory(f"git cannot read the repository: {first[:200]}")
