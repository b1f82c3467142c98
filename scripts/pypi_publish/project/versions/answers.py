"""The three answers of a reader of versions: found, broken, cannot be told without a build."""

from pypi_publish.project.model import Version
from pypi_publish.project.vcs import Description
from pypi_publish.verdict import Place


def found(text: str, source: str, place: Place | None = None) -> Version:
    """Return a version as the backend will write it: in its canonical form, if it has one."""
    return Version(canonical(text) or text, source, place, written=text)


def from_history(text: str, source: str, place: Place | None, history: Description) -> Version:
    """Return a version that was computed from tags."""
    return Version(
        canonical(text) or text, source, place, from_tags=True, written=text, history=history
    )


def broken(because: str, source: str, place: Place | None = None) -> Version:
    """Return the news that the build will end with an error here."""
    return Version(None, source, place, because=because, broken=True)


def untold(
    because: str,
    source: str,
    place: Place | None = None,
    *,
    from_tags: bool = False,
    history: Description | None = None,
) -> Version:
    """Return the news that only a build can tell."""
    return Version(None, source, place, from_tags, because, history=history)


def backends_own(text: str, source: str, place: Place | None = None) -> Version:
    """Return the version that a backend makes up where nothing states one."""
    return Version(text, source, place, written=text, fallback=True)


def canonical(text: str) -> str | None:
    """Return the canonical spelling of a version, None where it is not one."""
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(text))
    except InvalidVersion:
        return None
