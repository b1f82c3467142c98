"""maturin: the version of the crate, inherited from a workspace or not."""

from pathlib import PurePosixPath

from pypi_publish.errors import Malformed
from pypi_publish.project import toml
from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Version
from pypi_publish.project.source import Source
from pypi_publish.project.toml import Document
from pypi_publish.project.versions.answers import broken, found
from pypi_publish.verdict import Place

_DEPTH = 4  # how far above the crate its workspace is looked for


def maturin_crate(source: Source) -> Version | None:
    """Read the version of the crate that maturin builds."""
    if (source.backend or "") != "maturin" or "version" in source.project:
        return None
    path = source.tool("maturin").get("manifest-path", "Cargo.toml")
    said = f"{path} [package] version"
    try:
        return _version(source, str(path), said)
    except (Unreadable, Malformed) as error:
        return broken(str(error), said, source.place("build-system", "build-backend"))


def crate_version(source: Source, path: str) -> tuple[str, Place] | None:
    """Return the version of a crate and where it stands."""
    crate = _document(source, path)
    version = crate.table("package").get("version")
    if isinstance(version, str):
        return version, Place(path, crate.line("package", "version"))
    if crate.table("package", "version").get("workspace") is not True:
        return None
    for folder in [PurePosixPath(path).parent, *PurePosixPath(path).parent.parents][:_DEPTH]:
        candidate = str(folder / "Cargo.toml")
        workspace = _document(source, candidate) if source.tree.has(candidate) else Document()
        inherited = workspace.table("workspace", "package").get("version")
        if isinstance(inherited, str):
            return inherited, Place(candidate, workspace.line("workspace", "package", "version"))
    return None


def _version(source: Source, path: str, said: str) -> Version:
    stated = crate_version(source, path)
    if stated is None:
        return broken(f"{path} has no [package] version, nor a workspace that gives one", said)
    text, place = stated
    return found(text, f"{place.file} [package] version", place)


def _document(source: Source, path: str) -> Document:
    return toml.parsed(source.tree.text(path), path)
