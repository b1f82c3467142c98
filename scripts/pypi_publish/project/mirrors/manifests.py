"""Other manifests of the same release: crate, meson, npm package, conda recipe."""

import re
from collections.abc import Iterator

from pypi_publish.core_metadata.names import normalized
from pypi_publish.errors import Malformed
from pypi_publish.project.files import Unreadable
from pypi_publish.project.mirrors.documents import line_of_key, parsed_json
from pypi_publish.project.model import Mirror
from pypi_publish.project.source import Source
from pypi_publish.project.versions.cargo import crate_version
from pypi_publish.project.versions.constants import spelled
from pypi_publish.project.versions.meson import stated_in_meson
from pypi_publish.verdict import Place

_RECIPES = tuple(
    f"{folder}/{file}"
    for folder in ("recipe", "conda", "conda.recipe", "conda-recipe", ".conda", ".")
    for file in ("meta.yaml", "recipe.yaml")
)
_JINJA = r"\{%-?\s*set\s+{}\s*=\s*[\"'](?P<value>[^\"']+)[\"']"
_PACKAGE = re.compile(
    r"^(?:package|context):[ \t]*\n(?P<body>(?:[ \t]+.*\n|[ \t]*\n)+)", re.MULTILINE
)
_LIMIT = 1 << 18


def crate(source: Source, _: str) -> Iterator[Mirror]:
    """Yield the version of the crate that is built into the wheel."""
    if source.backend != "maturin" and "setuptools-rust" not in source.build_tools:
        return
    path = str(source.tool("maturin").get("manifest-path", "Cargo.toml"))
    try:
        stated = crate_version(source, path)
    except (Unreadable, Malformed):
        return
    if stated:
        yield Mirror(stated[0], stated[1], "version of the crate")


def meson(source: Source, _: str) -> Iterator[Mirror]:
    """Yield the version that meson gives to what it compiles."""
    if source.backend == "mesonpy" and "version" in source.project:
        stated = stated_in_meson(source)
        if stated.written is not None and stated.place is not None:
            yield Mirror(stated.written, stated.place, "version in meson.build")


def npm_package(source: Source, name: str) -> Iterator[Mirror]:
    """Yield the version of a package.json that has the project's own name."""
    text = source.tree.source("package.json", _LIMIT)
    data = parsed_json(text) if text else None
    if not isinstance(data, dict) or not isinstance(version := data.get("version"), str):
        return
    own = str(data.get("name", "")).rpartition("/")[2]
    if own and normalized(own) == normalized(name):
        line = line_of_key(text or "", "version")
        yield Mirror(version, Place("package.json", line), "version in package.json")


def conda_recipe(source: Source, name: str) -> Iterator[Mirror]:
    """Yield the version of a conda recipe of this project."""
    for file in _RECIPES:
        text = source.tree.source(file, _LIMIT)
        if text is None:
            continue
        own = _set_in(text, "name")
        if own and normalized(own[0]) != normalized(name):
            continue
        stated = _set_in(text, "version") or _in_package(text)
        if stated:
            place = Place(file.removeprefix("./"), text.count("\n", 0, stated[1]) + 1)
            yield Mirror(stated[0], place, "version in the conda recipe", shipped=False)


def _set_in(text: str, name: str) -> tuple[str, int] | None:
    match = re.search(_JINJA.replace("{}", name, 1), text)
    return (match["value"], match.start()) if match else None


def _in_package(text: str) -> tuple[str, int] | None:
    section = _PACKAGE.search(text)
    match = section and re.search(
        r"""^[ \t]+version:[ \t]*["']?(?P<value>[^"'\s#{}$]+)["']?[ \t]*(?:#.*)?$""",
        section["body"],
        re.MULTILINE,
    )
    return (match["value"], section.start("body") + match.start()) if match and section else None


def other_definitions(source: Source, _: str) -> Iterator[Mirror]:
    """Yield versions in tables and files that the backend does not read for it."""
    stated = source.tool("poetry").get("version")
    if isinstance(stated, str) and isinstance(source.project.get("version"), str):
        yield Mirror(stated, source.place("tool", "poetry", "version"), "[tool.poetry] version")
    if not source.project:
        return
    literal = source.setup_cfg.get("metadata", "version")
    if literal and ":" not in literal:
        yield Mirror(literal, source.cfg_place("metadata", "version"), "setup.cfg version")
    given = source.setup_py.arguments.get("version") if source.setup_py else None
    if given is not None and not given.computed and given.value is not None:
        yield Mirror(spelled(given.value), Place("setup.py", given.line), "setup.py version")
