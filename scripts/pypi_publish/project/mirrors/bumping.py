"""What the tools that raise the version take for the present one, and where they write it."""

import re
from collections.abc import Iterator

from pypi_publish.errors import Malformed
from pypi_publish.project import toml
from pypi_publish.project.declared import strings
from pypi_publish.project.mirrors.documents import line_of_key, parsed_json
from pypi_publish.project.model import Mirror
from pypi_publish.project.source import PYPROJECT, Source
from pypi_publish.project.toml import Document
from pypi_publish.verdict import Place

_LIMIT = 1 << 18
_MOST_FILES = 50
_COMMITIZEN = (("tool", "commitizen", "version"),)
_BUMPVERSION = (("tool", "bumpversion", "current_version"),)
_TABLES: dict[str, tuple[tuple[str, ...], ...]] = {
    PYPROJECT: (
        *_BUMPVERSION,
        ("tool", "bumpver", "current_version"),
        *_COMMITIZEN,
        ("tool", "tbump", "version", "current"),
    ),
    ".bumpversion.toml": _BUMPVERSION,
    ".cz.toml": _COMMITIZEN,
    "cz.toml": _COMMITIZEN,
    "bumpver.toml": (("bumpver", "current_version"),),
    "tbump.toml": (("version", "current"),),
}
_INI = ((".bumpversion.cfg", "bumpversion"), ("setup.cfg", "bumpversion"), ("setup.cfg", "bumpver"))


def bump_tools(source: Source, _: str) -> Iterator[Mirror]:
    """Yield what bumpversion, bumpver, commitizen and tbump take for the present version."""
    for file, paths in _TABLES.items():
        document = source.pyproject if file == PYPROJECT else _document(source, file)
        for path in paths:
            value = document.table(*path[:-1]).get(path[-1])
            if isinstance(value, str):
                what = f"[{'.'.join(path[:-1])}] {path[-1]}"
                yield _own(value, Place(file, document.line(*path)), what)
    for file, section in _INI:
        text = source.tree.source(file, _LIMIT) or ""
        pattern = rf"^\[{section}\][^\[]*?^current_version\s*=\s*[\"']?([^\s\"']+)"
        if match := re.search(pattern, text, re.MULTILINE):
            place = Place(file, text.count("\n", 0, match.start(1)) + 1)
            yield _own(match[1], place, f"[{section}] current_version")


def release_please(source: Source, _: str) -> Iterator[Mirror]:
    """Yield the last version that release-please knows of the package at the top."""
    file = ".release-please-manifest.json"
    text = source.tree.source(file, _LIMIT) or ""
    data = parsed_json(text)
    if isinstance(data, dict) and isinstance(value := data.get("."), str):
        yield _own(value, Place(file, line_of_key(text, ".")), "release-please's manifest")


def _document(source: Source, file: str) -> Document:
    try:
        return toml.parsed(source.tree.source(file, _LIMIT) or "", file)
    except Malformed:
        return Document()


def _own(text: str, place: Place, what: str) -> Mirror:
    return Mirror(text, place, what, shipped=False)


def semantic_release(source: Source, _: str) -> Iterator[Mirror]:
    """Yield the variables that python-semantic-release writes, `file:name` each."""
    listed = strings(source.tool("semantic_release").get("version_variables"))
    for entry in listed[:_MOST_FILES]:
        file, _, name = entry.partition(":")
        text = source.tree.source(file, _LIMIT) or ""
        name = name.partition(":")[0]
        pattern = rf"""^[ \t]*["']?{re.escape(name)}["']?\s*[:=]+\s*["']?v?(\d[^"'\s,]*)"""
        match = re.search(pattern, text, re.MULTILINE) if name else None
        if match:
            yield Mirror(match[1], Place(file, text.count("\n", 0, match.start(1)) + 1), entry)
