"""Which release is meant: by its name, by the project of the folder, by what was built."""

import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pypi_publish.core_metadata.names import is_valid, normalized
from pypi_publish.core_metadata.versions import canonical, same_version
from pypi_publish.errors import Malformed, Misused, NothingToInspect, Problem
from pypi_publish.index.filename import version_in
from pypi_publish.release.model import Wanted
from pypi_publish.release.words import listed

if TYPE_CHECKING:
    from pypi_publish.artifacts.model import Artifact
    from pypi_publish.project.model import Project

_DISTRIBUTIONS = (".whl", ".tar.gz", ".zip")
_HINT = "Name the release: verify-on-pypi NAME==VERSION."


class Subject(NamedTuple):
    """The release that is meant."""

    name: str
    version: str  # empty: the one that installers choose
    source: str  # where the version comes from
    artifacts: "tuple[Artifact, ...] | None"
    root: Path | None  # the folder that it is made in; None: it may be anybody's


def parse_requirement(text: str | None) -> tuple[str | None, str | None]:
    """Return the name and the version of NAME[==VERSION]."""
    if text is None:
        return None, None
    name, pin, version = (part.strip() for part in text.partition("=="))
    if not is_valid(name):
        raise Misused("usage", f"{name!r} is no name of a project", _HINT)
    spelled = canonical(version) if version.isascii() else None
    if pin and spelled is None:
        raise Misused("usage", f"{version!r} is no version", _HINT)
    return name, spelled


def find_subject(wanted: Wanted) -> Subject:
    """Return the release that is meant, and the built files of it."""
    built = _built(wanted.dist)
    project = _project(wanted, built)
    root = wanted.root if _is_made_here(wanted, project, built) else None
    if project is not None and not _is_named(project, wanted.name):
        project = None
    name = wanted.name or _name(project, built)
    mine = [item for item in built or () if _is_of(item, name)]
    version, source = _version(wanted, project, name, mine)
    if built is None:
        return Subject(name, version, source, None, root)
    kept = tuple(item for item in mine if same_version(_spelled(item, name), version))
    if not kept:
        held = listed(item.file for item in built)
        raise NothingToInspect(
            "no-artifacts",
            f"{wanted.dist} holds no file of {f'{name} {version}'.strip()}, but {held}",
            "Name the folder that holds the files of this release.",
        )
    _read_whole(kept)
    return Subject(name, version, source, kept, root)


def _built(dist: Path | None) -> "list[Artifact] | None":
    """Return the wheels and sdists of a folder; other things in it are nobody's release."""
    if dist is None:
        return None
    from pypi_publish.artifacts.read import read_artifacts

    found = [item for item in read_artifacts(dist) if item.file.endswith(_DISTRIBUTIONS)]
    if not found:
        hint = "Name the folder that the build wrote to."
        raise NothingToInspect("no-artifacts", f"{dist} holds no wheel and no sdist", hint)
    return found


def _read_whole(artifacts: "Iterable[Artifact]") -> None:
    """Read each file to its end once, so that its digest can be compared."""
    for item in artifacts:
        try:
            endless = stat.S_ISFIFO(item.path.stat().st_mode)
            if not endless:
                item.sha256  # noqa: B018 - it keeps what it computes
        except OSError as error:
            raise _unreadable(item, error.strerror or type(error).__name__) from error
        if endless:
            raise _unreadable(item, "it is a pipe")


def _unreadable(item: "Artifact", reason: str) -> Malformed:
    hint = "See that it is a file, and that you may read it."
    return Malformed("unreadable", f"{item.path}: {reason}", hint)


def _project(wanted: Wanted, built: "Sequence[Artifact] | None") -> "Project | None":
    """Return the project of the folder; it has to be readable only where nothing else tells."""
    from pypi_publish.project.read import read_project

    try:
        return read_project(wanted.root)
    except Problem as problem:
        if wanted.name is not None or built is not None:
            return None
        if isinstance(problem, NothingToInspect):
            raise NothingToInspect(problem.code, problem.message, _HINT) from problem
        raise


def _is_named(project: "Project", name: str | None) -> bool:
    return name is None or project.normalized_name == normalized(name)


def _is_made_here(
    wanted: Wanted, project: "Project | None", built: "Sequence[Artifact] | None"
) -> bool:
    """Whether the release comes from this folder, so that its repository says who publishes."""
    return built is not None if project is None else _is_named(project, wanted.name)


def _name(project: "Project | None", built: "Sequence[Artifact] | None") -> str:
    if project is not None and project.name is not None:
        return project.name.text
    names = {normalized(item.name): item.name for item in built or () if item.name}
    if len(names) == 1:
        return next(iter(names.values()))
    if names:
        several = f"the built files are of several projects: {listed(names)}"
        raise Misused("usage", several, _HINT)
    raise NothingToInspect("no-name", "nothing says which project is meant", _HINT)


def _version(
    wanted: Wanted, project: "Project | None", name: str, mine: "Iterable[Artifact]"
) -> tuple[str, str]:
    """Return the version, and what says so; a built file knows it better than its source."""
    if wanted.version is not None:
        return wanted.version, "as named"
    own = project.version if project is not None else None
    spelled = {canonical(text) or text: text for text in (_spelled(i, name) for i in mine) if text}
    if len(spelled) == 1:
        return next(iter(spelled.values())), "the built files"
    stated = own.text if own is not None else None
    if stated is not None and own is not None:
        return stated, own.source
    if spelled:
        raise Misused("usage", f"the built files are of {listed(spelled)}", _HINT)
    if wanted.name is None:
        because = own.because if own is not None else "nothing states it"
        message = f"the version of {name} cannot be told: {because}"
        raise NothingToInspect("no-version", message, _HINT)
    return "", "newest on the index"


def _is_of(item: "Artifact", name: str) -> bool:
    if item.name is not None:
        return normalized(item.name) == normalized(name)
    return version_in(item.file, name) is not None


def _spelled(item: "Artifact", name: str) -> str:
    return item.version or version_in(item.file, name) or ""
