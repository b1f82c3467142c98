"""The [project] table as the core metadata that a backend writes from it."""

from collections.abc import Mapping
from typing import Any

from pypi_publish.project.declared import Declared, mailbox, string_pairs, strings
from pypi_publish.project.model import Stated
from pypi_publish.project.source import Source


def declared_by_standard(source: Source) -> Declared:
    """Read [project]; values of a wrong type are left to the check of the table's shape."""
    found = Declared("pyproject.toml [project]", dynamic=set(source.dynamic))
    table = source.project
    name = table.get("name")
    if isinstance(name, str):
        found.name = Stated(name, source.place("project", "name"))
        found.add("Name", [name], found.name.place)
    for key, header in (("description", "Summary"), ("requires-python", "Requires-Python")):
        if isinstance(value := table.get(key), str):
            found.add(header, [value], source.place("project", key))
    if keywords := strings(table.get("keywords")):
        found.add("Keywords", [",".join(keywords)], source.place("project", "keywords"))
    for number, value in _numbered(table, "classifiers"):
        found.add("Classifier", [value], source.place("project", "classifiers", number))
    for label, url in string_pairs(table.get("urls")).items():
        found.add("Project-URL", [f"{label}, {url}"], source.place("project", "urls", label))
    _people(source, found)
    _requirements(source, found)
    _licence(source, found)
    _readme(source, found)
    _entry_points(source, found)
    return found


def _numbered(table: Mapping[str, Any], key: str) -> list[tuple[int, str]]:
    values = table.get(key)
    listed = values if isinstance(values, list) else []
    return [(number, value) for number, value in enumerate(listed) if isinstance(value, str)]


def _people(source: Source, found: Declared) -> None:
    for key, header in (("authors", "Author"), ("maintainers", "Maintainer")):
        people = source.project.get(key)
        named, mailed = [], []
        for person in people if isinstance(people, list) else []:
            parts = string_pairs(person)
            if "email" in parts:
                mailed.append(mailbox(parts.get("name"), parts["email"]))
            elif "name" in parts:
                named.append(parts["name"])
        place = source.place("project", key)
        if named:
            found.add(header, [", ".join(named)], place)
        if mailed:
            found.add(f"{header}-email", [", ".join(mailed)], place)


def _requirements(source: Source, found: Declared) -> None:
    for number, text in _numbered(source.project, "dependencies"):
        found.require(text, source.place("project", "dependencies", number))
    extras = source.project.get("optional-dependencies")
    for extra, listed in extras.items() if isinstance(extras, Mapping) else ():
        here = ("project", "optional-dependencies", extra)
        found.add("Provides-Extra", [extra], source.place(*here))
        found.extras[extra] = tuple(strings(listed))
        for number, text in enumerate(strings(listed)):
            found.require(text, source.place(*here, number), extra)


def _licence(source: Source, found: Declared) -> None:
    licence, place = source.project.get("license"), source.place("project", "license")
    if isinstance(licence, str):
        found.add("License-Expression", [licence], place)
    elif isinstance(licence, Mapping):
        text = licence.get("text")
        if isinstance(text, str):
            found.add("License", [text], place)
    patterns = source.project.get("license-files")
    if isinstance(patterns, list):
        found.license_patterns = strings(patterns)
    if "license-files" in source.project:
        found.places["License-File"] = source.place("project", "license-files")


def _readme(source: Source, found: Declared) -> None:
    readme, place = source.project.get("readme"), source.place("project", "readme")
    found.readme_place = place if "readme" in source.project else None
    if isinstance(readme, str):
        found.readmes = [readme]
    elif isinstance(readme, Mapping):
        parts = string_pairs(readme)
        found.content_type = parts.get("content-type")
        if "file" in parts:
            found.readmes = [parts["file"]]
        elif "text" in parts:
            found.add("Description", [parts["text"]], place)


def _entry_points(source: Source, found: Declared) -> None:
    for key, group in (("scripts", "console_scripts"), ("gui-scripts", "gui_scripts")):
        if pairs := string_pairs(source.project.get(key)):
            found.entry_points[group] = pairs
            for name in pairs:
                found.places[f"entry-point {group}: {name}"] = source.place("project", key, name)
    groups = source.project.get("entry-points")
    for group, table in groups.items() if isinstance(groups, Mapping) else ():
        for name in string_pairs(table):
            place = source.place("project", "entry-points", group, name)
            found.places[f"entry-point {group}: {name}"] = place
        found.entry_points.setdefault(group, {}).update(string_pairs(table))
