"""Versions that a backend finds in a file, mostly with a regular expression."""

from typing import Any

from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Version
from pypi_publish.project.search import PatternProblem, searched
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import broken, found, untold
from pypi_publish.project.versions.constants import constant_in
from pypi_publish.verdict import Place

_HATCH = r'(?i)^(__version__|VERSION) *= *([\'"])v?(?P<version>.+?)\2'
_PDM = r'^(?:__version__|VERSION)\s*=\s*["\'](?P<version>.+?)["\']\s*(?:#.*)?$'
_SCIKIT = r'(?i)^(__version__|VERSION)(?: ?\: ?str)? *= *([\'"])v?(?P<value>.+?)\2'
_LIMIT = 1 << 18


def hatch_regex(source: Source) -> Version | None:
    """Hatchling: `path`, with its own pattern or the project's."""
    table = source.tool("hatch", "version")
    if not _hatchling_reads(source) or table.get("source", "regex") != "regex" or not table:
        return None
    pattern = table.get("pattern") or _HATCH
    here = source.place("tool", "hatch", "version")
    return in_file(source, table.get("path"), pattern, ("version",), "[tool.hatch.version]", here)


def hatch_code(source: Source) -> Version | None:
    """Hatchling: the `code` source imports a file; a literal there is what it would find."""
    table = source.tool("hatch", "version")
    if not _hatchling_reads(source) or table.get("source") != "code":
        return None
    said, here = "[tool.hatch.version] source = code", source.place("tool", "hatch", "version")
    path, expression = table.get("path"), table.get("expression") or "__version__"
    if not isinstance(path, str) or not isinstance(expression, str):
        return broken("option `path` must be specified", said, here)
    return constant_in(source, path, expression, said, here)


def hatch_env(source: Source) -> Version | None:
    """Hatchling: an environment variable."""
    table = source.tool("hatch", "version")
    if not _hatchling_reads(source) or table.get("source") != "env":
        return None
    variable, here = table.get("variable"), source.place("tool", "hatch", "version")
    said = f"environment variable {variable}"
    if isinstance(variable, str) and variable in source.environ:
        return found(source.environ[variable], said, here)
    return untold(f"environment variable `{variable}` is not set here", said, here)


def _hatchling_reads(source: Source) -> bool:
    return (source.backend or "").startswith("hatchling") and "version" in source.dynamic


def pdm_file(source: Source) -> Version | None:
    """pdm-backend: `source = "file"`, or a path alone."""
    table = source.tool("pdm", "version")
    if not (source.backend or "").startswith("pdm") or "path" not in table:
        return None
    if table.get("source", "file") != "file":
        return None
    here = source.place("tool", "pdm", "version")
    pattern = table.get("pattern")
    groups: tuple[str | int, ...] = (1,) if pattern else ("version",)
    return in_file(source, table["path"], pattern or _PDM, groups, "[tool.pdm.version]", here)


def scikit_build_regex(source: Source) -> Version | None:
    """scikit-build-core: the `regex` provider."""
    table = source.tool("scikit-build", "metadata", "version")
    if table.get("provider") != "scikit_build_core.metadata.regex":
        return None
    said = "[tool.scikit-build.metadata.version]"
    here = source.place("tool", "scikit-build", "metadata", "version")
    plain = table.get("result", "{value}") == "{value}" and not table.get("remove")
    read = in_file(
        source, table.get("input"), table.get("regex") or _SCIKIT, ("value",), said, here
    )
    if read.written is None or plain:
        return read
    return untold("the version is put together from several parts", said, here)


def in_file(
    source: Source,
    path: Any,
    pattern: Any,
    groups: tuple[str | int, ...],
    said: str,
    here: Place,
) -> Version:
    """Search a file as a backend does, and say where the version stands."""
    if not isinstance(path, str) or not isinstance(pattern, str):
        return broken("the path of the file that holds the version is missing", said, here)
    try:
        text = source.tree.text(path, _LIMIT)
    except Unreadable as error:
        return broken(str(error), said, here)
    try:
        match = searched(pattern, text, known=pattern in {_HATCH, _PDM, _SCIKIT})
    except PatternProblem as error:
        return untold(str(error), said, here)
    if match is None:
        return broken(f"unable to parse the version from the file: {path}", said, here)
    for group in groups:
        if group in match.groups:
            line = text.count("\n", 0, match.groups[group][1]) + 1
            return found(match.groups[group][0], f"{path} ({said})", Place(path, line))
    return broken(f"no group named `{groups[0]}` was defined in the pattern", said, here)
