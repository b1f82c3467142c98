"""What was to be there against what is there: by name, by what a name means, by digest."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from pypi_publish.core_metadata.names import normalized
from pypi_publish.core_metadata.versions import canonical
from pypi_publish.index.filename import version_in
from pypi_publish.index.model import File
from pypi_publish.release.model import Facts

if TYPE_CHECKING:
    from pypi_publish.artifacts.model import Artifact


@dataclass(frozen=True, slots=True)
class Comparison:
    """The files that were to be there, set against those that are."""

    pairs: "tuple[tuple[Artifact, File], ...]" = ()
    missing: "tuple[Artifact, ...]" = ()
    unmatched: tuple[str, ...] = ()  # patterns of --expect that no file is named by
    unexpected: tuple[File, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.unmatched


def compared(facts: Facts) -> Comparison | None:
    """Return the comparison; None where nothing was said of what is to be there."""
    patterns = [pattern.rpartition("/")[2] for pattern in facts.wanted.expect]  # as of dist/*.whl
    if facts.artifacts is None and not patterns:
        return None
    pairs = _paired(facts)
    found = {file.filename for _, file in pairs}
    matched = {item.file for item, _ in pairs}
    return Comparison(
        pairs=pairs,
        missing=tuple(item for item in facts.artifacts or () if item.file not in matched),
        unmatched=tuple(
            pattern
            for pattern in patterns
            if not any(_is_named(file, pattern, facts.name) for file in facts.files)
        ),
        unexpected=tuple(
            file
            for file in facts.files
            if file.filename not in found
            and not any(_is_named(file, pattern, facts.name) for pattern in patterns)
        ),
    )


def built(facts: Facts) -> "dict[str, Artifact]":
    """Return the built files by the names that they have on the index."""
    comparison = compared(facts)
    pairs = comparison.pairs if comparison is not None else ()
    return {file.filename: item for item, file in pairs}


def missing(facts: Facts) -> tuple[str, ...]:
    """Return what is to be there and no plane shows."""
    comparison = compared(facts)
    if comparison is None:
        return ()
    return (*(item.file for item in comparison.missing), *comparison.unmatched)


def is_hopeless(facts: Facts) -> bool:
    """Whether a file is there with other bytes or at no safe address: no waiting mends that."""
    comparison = compared(facts)
    if any(served.refused for served in facts.served.values()):
        return True
    return comparison is not None and any(
        file.sha256 is not None and file.sha256 != item.sha256 for item, file in comparison.pairs
    )


def _is_named(file: File, pattern: str, name: str) -> bool:
    named = fnmatchcase(file.filename, pattern)
    return named or meaning(file.filename, name) == meaning(pattern, name)


def _paired(facts: Facts) -> "tuple[tuple[Artifact, File], ...]":
    by_name = {file.filename: file for file in facts.files}
    by_meaning = {meaning(file.filename, facts.name): file for file in facts.files}
    pairs = []
    for item in facts.artifacts or ():
        file = by_name.get(item.file) or by_meaning.get(meaning(item.file, facts.name))
        if file is not None:
            pairs.append((item, file))
    return tuple(pairs)


@lru_cache(maxsize=4096)
def meaning(filename: str, name: str) -> tuple[str, ...]:
    """Return what a file name says: two spellings of one wheel or sdist say the same."""
    version = version_in(filename, name)
    if version is None:
        return (filename,)
    spelled = canonical(version) or version
    if not filename.lower().endswith(".whl"):
        suffix = ".zip" if filename.lower().endswith(".zip") else ".tar"
        return (normalized(name), _release(spelled), suffix)
    *build, python, abi, platform = filename[: -len(".whl")].lower().split("-")[2:]
    tags = (".".join(sorted(part.split("."))) for part in (python, abi, platform))
    return (normalized(name), _release(spelled), *build, *tags)


def _release(spelled: str) -> str:
    """Return a version without what makes no difference: 1.0 and 1.0.0 are one."""
    from packaging.utils import canonicalize_version

    return canonicalize_version(spelled)
