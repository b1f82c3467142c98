"""setup.cfg, literal setup.py and flit's old table: definitions older than the [project] table."""

from collections.abc import Mapping
from typing import Any

from pypi_publish.project.declared import Declared, string_pairs, strings
from pypi_publish.project.model import Stated
from pypi_publish.project.python_source import Constant
from pypi_publish.project.source import Source
from pypi_publish.verdict import Place

# Core metadata headers by the names that setup() and setup.cfg have for them.
_SINGLE = {
    "name": "Name",
    "description": "Summary",
    "url": "Home-page",
    "download_url": "Download-URL",
    "author": "Author",
    "author_email": "Author-email",
    "maintainer": "Maintainer",
    "maintainer_email": "Maintainer-email",
    "license": "License",
    "license_expression": "License-Expression",
    "python_requires": "Requires-Python",
    "long_description": "Description",
    "long_description_content_type": "Description-Content-Type",
}
# pbr has keys of its own in [metadata], some of them from before setuptools read that section.
_PBR = {
    "summary": "Summary",
    "home_page": "Home-page",
    "description_content_type": "Description-Content-Type",
    "python_requires": "Requires-Python",
    "requires_python": "Requires-Python",
}
_OPTIONS = ("python_requires", "install_requires")


def declared_by_setuptools(source: Source) -> Declared:
    """Read setup.cfg, and what setup.py says literally; setup.cfg prevails, as it does there."""
    both = source.setup_cfg.sections.get("metadata", {})
    found = Declared("setup.cfg" if both else "setup.py")
    _from_cfg(source, found)
    _from_script(source, found)
    name = next(iter(found.core.get("Name", [])), None)
    found.name = Stated(name, found.places.get("Name")) if name else None
    return found


def _from_cfg(source: Source, found: Declared) -> None:
    cfg = source.setup_cfg
    for key, header in _SINGLE.items():
        section = "options" if key in _OPTIONS else "metadata"
        value, place = cfg.get(section, key), source.cfg_place(section, key)
        if value is None:
            continue
        if value.startswith("file:") and header == "Description":
            found.readmes = [part.strip() for part in value.removeprefix("file:").split(",")]
            found.readme_place = place
        elif value.startswith(("file:", "attr:")):
            found.dynamic.add(header)
        else:
            found.add(header, [value.strip()], place)
    if not (cfg.get("metadata", "classifiers") or "").startswith("file:"):
        place = source.cfg_place("metadata", "classifiers")
        found.add("Classifier", cfg.listed("metadata", "classifiers"), place)
    for label, url in cfg.mapping("metadata", "project_urls").items():
        place = source.cfg_place("metadata", "project_urls")
        found.add("Project-URL", [f"{label}, {url}"], place)
    if "pbr" in source.build_tools or (source.setup_py and "pbr" in source.setup_py.arguments):
        _from_pbr(source, found)
    _cfg_requirements(source, found)
    if patterns := cfg.listed("metadata", "license_files") or cfg.listed(
        "metadata", "license_file"
    ):
        found.license_patterns = patterns
    for group in cfg.sections.get("options.entry_points", {}):
        found.entry_points[group] = cfg.mapping("options.entry_points", group)


def _from_pbr(source: Source, found: Declared) -> None:
    cfg = source.setup_cfg
    for key, header in _PBR.items():
        if header not in found.core and (value := cfg.get("metadata", key)):
            found.add(header, [value.strip()], source.cfg_place("metadata", key))
    place = source.cfg_place("metadata", "classifier")
    found.add("Classifier", cfg.listed("metadata", "classifier"), place)
    if not found.readmes and (files := cfg.listed("metadata", "description_file")):
        found.readmes, found.readme_place = files, source.cfg_place("metadata", "description_file")


def _cfg_requirements(source: Source, found: Declared) -> None:
    cfg = source.setup_cfg
    for text in cfg.listed("options", "install_requires"):
        found.require(text, source.cfg_place("options", "install_requires"))
    for extra in cfg.sections.get("options.extras_require", {}):
        place = source.cfg_place("options.extras_require", extra)
        found.add("Provides-Extra", [extra], place)
        found.extras[extra] = tuple(cfg.listed("options.extras_require", extra))
        for text in found.extras[extra]:
            found.require(text, place, extra)


def _from_script(source: Source, found: Declared) -> None:
    call = source.setup_py
    if call is None:
        if source.has_setup_py and "Name" not in found.core:
            found.dynamic.add("Name")
        return
    arguments: Mapping[str, Constant] = call.arguments
    for key, header in _SINGLE.items():
        if key not in arguments or header in found.core:
            continue
        given = arguments[key]
        if isinstance(given.value, str):
            found.add(header, [given.value], Place("setup.py", given.line))
        elif given.computed:
            found.dynamic.add(header)
    if not call.complete:
        found.dynamic.update(header for header in _SINGLE.values() if header not in found.core)
    _script_lists(arguments, found)


def _script_lists(arguments: Mapping[str, Constant], found: Declared) -> None:
    for text in _listed(arguments, "classifiers") if "Classifier" not in found.core else ():
        found.add("Classifier", [text], Place("setup.py", arguments["classifiers"].line))
    for text in _listed(arguments, "install_requires") if "Requires-Dist" not in found.core else ():
        found.require(text, Place("setup.py", arguments["install_requires"].line))
    urls = _value(arguments, "project_urls")
    for label, url in string_pairs(urls).items() if "Project-URL" not in found.core else ():
        found.add(
            "Project-URL", [f"{label}, {url}"], Place("setup.py", arguments["project_urls"].line)
        )
    extras = _value(arguments, "extras_require")
    for extra, listed in extras.items() if isinstance(extras, dict) else ():
        place = Place("setup.py", arguments["extras_require"].line)
        wanted = strings(list(listed) if isinstance(listed, tuple) else listed)
        found.add("Provides-Extra", [str(extra)], place)
        found.extras[str(extra)] = tuple(wanted)
        for text in wanted:
            found.require(text, place, str(extra))
    if found.license_patterns is None and (patterns := _listed(arguments, "license_files")):
        found.license_patterns = patterns


def _value(arguments: Mapping[str, Constant], key: str) -> Any:
    return arguments[key].value if key in arguments else None


def _listed(arguments: Mapping[str, Constant], key: str) -> list[str]:
    value = _value(arguments, key)
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    return strings(list(value)) if isinstance(value, list | tuple) else []


def declared_by_old_flit(source: Source) -> Declared:
    """Read [tool.flit.metadata], the table that flit had before [project]."""
    found = Declared("pyproject.toml [tool.flit.metadata]")
    table, here = source.tool("flit", "metadata"), ("tool", "flit", "metadata")
    name = table.get("dist-name", table.get("module"))
    if isinstance(name, str):
        key = "dist-name" if "dist-name" in table else "module"
        found.name = Stated(name, source.place(*here, key))
        found.add("Name", [name], found.name.place)
    _flit_fields(source, found)
    if isinstance(readme := table.get("description-file"), str):
        found.readmes, found.readme_place = [readme], source.place(*here, "description-file")
    if scripts := string_pairs(source.tool("flit", "scripts")):
        found.entry_points["console_scripts"] = scripts
    return found


def _flit_fields(source: Source, found: Declared) -> None:
    table, here = source.tool("flit", "metadata"), ("tool", "flit", "metadata")
    for key, header in (
        ("author", "Author"),
        ("author-email", "Author-email"),
        ("home-page", "Home-page"),
        ("license", "License"),
        ("requires-python", "Requires-Python"),
    ):
        if isinstance(value := table.get(key), str):
            found.add(header, [value], source.place(*here, key))
    for number, value in enumerate(strings(table.get("classifiers"))):
        found.add("Classifier", [value], source.place(*here, "classifiers", number))
    for number, text in enumerate(strings(table.get("requires"))):
        found.require(text, source.place(*here, "requires", number))
    for label, url in string_pairs(table.get("urls")).items():
        found.add("Project-URL", [f"{label}, {url}"], source.place(*here, "urls", label))
    for extra, listed in source.tool("flit", "metadata", "requires-extra").items():
        found.add("Provides-Extra", [extra], source.place(*here, "requires-extra", extra))
        found.extras[extra] = tuple(strings(listed))
        for text in found.extras[extra]:
            found.require(text, source.place(*here, "requires-extra", extra), extra)
