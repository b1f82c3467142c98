"""VERSION files, citation files and the configuration of the documentation."""

import json
import re
from collections.abc import Iterator

from pypi_publish.project import python_source
from pypi_publish.project.mirrors.python import released_packages
from pypi_publish.project.model import Mirror
from pypi_publish.project.source import Source
from pypi_publish.verdict import Place

_VERSION_FILES = ("VERSION", "VERSION.txt", "version.txt", "version", ".version")
_CITED = re.compile(r"""^version:[ \t]*["']?(?P<version>[^"'\s#]+)""", re.MULTILINE)
_DOCS = tuple(f"{folder}/conf.py" for folder in ("docs", "doc", "docs/source", "doc/source"))
_LIMIT = 1 << 18


def version_files(source: Source, name: str) -> Iterator[Mirror]:
    """Yield files that hold the version and nothing else."""
    for folder in ("", *(path for path in released_packages(source, name) if "." not in path)):
        prefix = f"{folder}/" if folder else ""
        present = {entry for entry, is_folder in source.tree.names(folder) if not is_folder}
        for file in _VERSION_FILES:
            text = source.tree.source(f"{prefix}{file}", _LIMIT) if file in present else None
            lines = text.split() if text else []
            if len(lines) == 1:
                yield Mirror(lines[0], Place(f"{prefix}{file}", 1), f"{file} file")


def citation(source: Source, _: str) -> Iterator[Mirror]:
    """Yield the version of CITATION.cff; what is indented belongs to another work."""
    text = source.tree.source("CITATION.cff", _LIMIT)
    if text and (match := _CITED.search(text)):
        line = text.count("\n", 0, match.start()) + 1
        yield Mirror(match["version"], Place("CITATION.cff", line), "version in CITATION.cff")


def json_descriptions(source: Source, _: str) -> Iterator[Mirror]:
    """Yield the versions of codemeta.json and .zenodo.json."""
    for file, keys in (
        ("codemeta.json", ("version", "softwareVersion")),
        (".zenodo.json", ("version",)),
    ):
        text = source.tree.source(file, _LIMIT)
        data = parsed_json(text) if text else None
        for key in keys:
            if isinstance(data, dict) and isinstance(value := data.get(key), str):
                yield Mirror(value, Place(file, line_of_key(text or "", key)), f"{key} in {file}")


def docs_configuration(source: Source, _: str) -> Iterator[Mirror]:
    """Yield `release` and `version` of Sphinx; its `version` is often the short X.Y."""
    for file in _DOCS:
        text = source.tree.source(file, _LIMIT)
        parsed = python_source.module(text) if text else None
        for name in ("release", "version"):
            assigned = python_source.constants(parsed, name) if parsed else []
            if len(assigned) == 1 and isinstance(assigned[0].value, str):
                place = Place(file, assigned[0].line)
                yield Mirror(assigned[0].value, place, name, abridged=name == "version")


def parsed_json(text: str) -> object:
    """Return the data of a JSON text, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def line_of_key(text: str, key: str) -> int | None:
    """Return the line of a key at the lowest indentation it has in a JSON text."""
    matches = list(
        re.finditer(
            rf'^(?P<indent>[ \t]*)(?:[{{,][ \t]*)?"{re.escape(key)}"\s*:', text, re.MULTILINE
        )
    )
    if not matches:
        return None
    first = min(matches, key=lambda match: len(match["indent"]))
    return text.count("\n", 0, first.end()) + 1
