"""Installs the files of a release in throw-away environments, and imports what they bring.

No index can supply the project: its file is downloaded from where the index says, compared with
the digest that the index gives, and installed from there. Dependencies come from one index alone.
"""

import platform
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from pypi_publish.errors import PrerequisiteMissing
from pypi_publish.index.model import File, parsed
from pypi_publish.release.download import download
from pypi_publish.release.environment import Environment, Installer, Refused, find_installer
from pypi_publish.release.model import Facts
from pypi_publish.release.modules import main_modules, modules_of

if TYPE_CHECKING:
    from packaging.tags import Tag

    from pypi_publish.index.client import IndexClient

_MOST_WHEELS = 3  # of those that fit; installers take the first
_PYPI = "https://pypi.org/simple/"


class Outcome(StrEnum):
    """What came of trying one file."""

    WORKS = "works"
    NOT_INSTALLED = "not-installed"  # the installer refused
    NOT_BUILT = "not-built"  # an sdist, on a machine that the wheels are not for
    NOT_IMPORTED = "not-imported"
    PARTLY_IMPORTED = "partly-imported"  # what a user imports works, something beside it does not
    DIFFERENT = "different"  # other bytes than those that the index promised
    UNANSWERED = "unanswered"
    UNCERTAIN = "uncertain"  # something of this machine stood in the way
    NOT_NEEDED = "not-needed"  # it does not fit here, or a better one does


@dataclass(frozen=True, slots=True)
class Tried:
    """One file that was installed, or why not."""

    filename: str
    outcome: Outcome
    because: str = ""
    modules: tuple[str, ...] = ()  # that were imported


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of trying the files of a release."""

    files: tuple[Tried, ...] = ()
    because: str = ""  # why no file could be tried at all


def install_release(client: "IndexClient", facts: Facts) -> Installed:
    """Try every wheel that fits this machine, or the sdist where none does."""
    if not facts.files:
        return Installed((), "the index shows no file of the release")
    chosen, others = _chosen(facts.files)
    if not chosen:
        return Installed(tuple(others), "no file of the release fits this machine")
    try:
        installer = find_installer(_index_of_dependencies(client))
        with tempfile.TemporaryDirectory(
            prefix="pypi-publish-", ignore_cleanup_errors=True
        ) as folder:
            tried = [_tried(client, facts, file, installer, Path(folder)) for file in chosen]
    except PrerequisiteMissing as missing:
        return Installed((), f"{missing.message}. {missing.hint}")
    return Installed((*tried, *others))


def _chosen(files: Sequence[File]) -> tuple[list[File], list[Tried]]:
    """Return the files to try, and why not the others."""
    unfit = {file.filename: why for file in files if (why := _unfit(file))}
    fitting = [file for file in files if file.filename not in unfit]
    wheels = sorted((file for file in fitting if file.is_wheel), key=lambda file: _rank(file) or 0)
    chosen = wheels[:_MOST_WHEELS] or [file for file in fitting if file.is_sdist][:1]
    names = {file.filename for file in chosen}
    better = "installers take a wheel that fits better"
    return chosen, [
        Tried(file.filename, Outcome.NOT_NEEDED, unfit.get(file.filename, better))
        for file in files
        if file.filename not in names
    ]


def _unfit(file: File) -> str | None:
    """Return why a file does not fit this machine."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    python = platform.python_version().rstrip("+")
    try:
        needed = SpecifierSet(file.requires_python or "")
    except InvalidSpecifier:
        needed = SpecifierSet()
    if not needed.contains(python, prereleases=True):
        return f"it needs Python {file.requires_python}, this is {python}"
    if file.is_wheel and _rank(file) is None:
        return "its tags do not fit this machine"
    return None


def _rank(file: File) -> int | None:
    """Return how well a wheel fits, the least best; None where it does not."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        tags = parse_wheel_filename(file.filename)[3]
    except InvalidWheelFilename:
        return None
    return min((rank for tag in tags if (rank := _ranks().get(tag)) is not None), default=None)


@cache
def _ranks() -> "dict[Tag, int]":
    from packaging.tags import sys_tags

    return {tag: rank for rank, tag in enumerate(sys_tags())}


def _index_of_dependencies(client: "IndexClient") -> str:
    """Return where dependencies come from: TestPyPI has none that are to be relied on."""
    if client.address.is_pypi:
        return _PYPI
    credentials = client.credentials
    if credentials is None:
        return client.address.simple
    parts = urlsplit(client.address.simple)
    who = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{who}@{parts.netloc}"))


def _tried(
    client: "IndexClient", facts: Facts, file: File, installer: Installer, folder: Path
) -> Tried:
    came = download(client, file, folder)
    if came.path is None:
        outcome = Outcome.UNANSWERED if came.unanswered else Outcome.NOT_INSTALLED
        return Tried(file.filename, outcome, came.because)
    promised = file.sha256 or _built(facts).get(file.filename)
    if promised is not None and came.sha256 != promised:
        because = f"the file host gives sha256 {came.sha256}, promised is {promised}"
        return Tried(file.filename, Outcome.DIFFERENT, because)
    tried = _tried_by_any(installer, facts, came.path, folder)
    return tried if isinstance(tried, Tried) else _refused(facts, file, tried)


def _refused(facts: Facts, file: File, refused: Refused) -> Tried:
    if refused.unanswered:
        return Tried(file.filename, Outcome.UNANSWERED, refused.because)
    if file.is_sdist and any(other.is_wheel for other in facts.files):
        because = f"no wheel fits this machine, and here it does not build: {refused.because}"
        return Tried(file.filename, Outcome.NOT_BUILT, because)
    return Tried(file.filename, Outcome.NOT_INSTALLED, refused.because)


def _tried_by_any(installer: Installer, facts: Facts, path: Path, folder: Path) -> Tried | Refused:
    """Try with uv where there is one, and with pip where uv cannot."""
    try:
        tried = _tried_by(installer, facts, path, folder)
    except PrerequisiteMissing:
        if installer.uv is None:
            raise
    else:
        if isinstance(tried, Tried) or not tried.asks_too_much:
            return tried
    return _tried_by(replace(installer, uv=None), facts, path, folder)


def _tried_by(installer: Installer, facts: Facts, path: Path, folder: Path) -> Tried | Refused:
    with installer.environment(folder) as environment:
        return environment.install(path) or _used(facts, path.name, environment)


def _built(facts: Facts) -> dict[str, str]:
    return {item.path.name: item.sha256 for item in facts.artifacts or ()}


def _used(facts: Facts, filename: str, environment: Environment) -> Tried:
    version, files = environment.installed(facts.normalized_name)
    if parsed(version) != parsed(facts.version):
        because = f"what was installed says that it is version {version or 'unknown'}"
        return Tried(filename, Outcome.NOT_INSTALLED, because)
    modules = modules_of(files)
    main = main_modules(modules, facts.normalized_name)
    return _imported(Tried(filename, Outcome.WORKS, modules=modules), main, environment)


def _imported(works: Tried, main: Collection[str], environment: Environment) -> Tried:
    """Return what came of importing the modules, those first that a user imports."""
    for module in sorted(works.modules, key=lambda name: name not in main):
        trouble = environment.importing(module)
        if trouble is None:
            continue
        outcome = Outcome.NOT_IMPORTED if module in main else Outcome.PARTLY_IMPORTED
        outcome = Outcome.UNCERTAIN if trouble.of_machine else outcome
        return replace(works, outcome=outcome, because=f"import {module}: {trouble.because}")
    return works
