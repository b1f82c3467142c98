"""The [tool.poetry] table as the core metadata that Poetry writes from it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pypi_publish.project.declared import Declared, string_pairs, strings
from pypi_publish.project.model import Stated
from pypi_publish.project.source import Source
from pypi_publish.verdict import Place

_PERSON = re.compile(r"(?P<name>[^<>]+?)\s*(?:<(?P<email>[^<>]*)>)?")
_CLAUSE = re.compile(r"(?P<sign>\^|~=|~|==|!=|<=|>=|<|>|=)?\s*(?P<version>[^\s,]+)")


def declared_by_poetry(source: Source) -> Declared:
    """Read [tool.poetry]; dependency groups are not published and not read."""
    found = Declared("pyproject.toml [tool.poetry]")
    table = source.tool("poetry")

    def place(*path: str | int) -> Place:
        return source.place("tool", "poetry", *path)

    name = table.get("name")
    if isinstance(name, str):
        found.name = Stated(name, place("name"))
        found.add("Name", [name], place("name"))
    for key, header in (
        ("description", "Summary"),
        ("license", "License"),
        ("homepage", "Home-page"),
    ):
        if isinstance(value := table.get(key), str) and value:
            found.add(header, [value], place(key))
    _lists(source, found)
    _people(table, found, place("authors"), place("maintainers"))
    readme = table.get("readme")
    found.readmes = [readme] if isinstance(readme, str) else strings(readme)
    found.readme_place = place("readme") if found.readmes else None
    _requirements(source, found)
    scripts = string_pairs(table.get("scripts"))
    if scripts:
        found.entry_points["console_scripts"] = scripts
    for group, pairs in source.tool("poetry", "plugins").items():
        found.entry_points[group] = string_pairs(pairs)
    return found


def _lists(source: Source, found: Declared) -> None:
    table = source.tool("poetry")

    def place(*path: str | int) -> Place:
        return source.place("tool", "poetry", *path)

    if keywords := strings(table.get("keywords")):
        found.add("Keywords", [",".join(keywords)], place("keywords"))
    for number, value in enumerate(strings(table.get("classifiers"))):
        found.add("Classifier", [value], place("classifiers", number))
    for key in ("repository", "documentation"):
        if isinstance(url := table.get(key), str):
            found.add("Project-URL", [f"{key.title()}, {url}"], place(key))
    for label, url in string_pairs(table.get("urls")).items():
        found.add("Project-URL", [f"{label}, {url}"], place("urls", label))


def _people(table: Mapping[str, Any], found: Declared, authors: Place, maintainers: Place) -> None:
    for key, header, place in (
        ("authors", "Author", authors),
        ("maintainers", "Maintainer", maintainers),
    ):
        first = next(iter(strings(table.get(key))), None)  # Poetry writes the first one alone
        person = _PERSON.fullmatch(first.strip()) if first else None
        if person:
            found.add(header, [person["name"]], place)
            if person["email"]:
                found.add(f"{header}-email", [person["email"]], place)


def _requirements(source: Source, found: Declared) -> None:
    extras = {name: strings(wanted) for name, wanted in source.tool("poetry", "extras").items()}
    for extra in extras:
        found.add("Provides-Extra", [extra], source.place("tool", "poetry", "extras", extra))
    for name, constraint in source.tool("poetry", "dependencies").items():
        place = source.place("tool", "poetry", "dependencies", name)
        if name == "python":
            if isinstance(constraint, str) and (specifier := specifier_of(constraint)):
                found.add("Requires-Python", [specifier], place)
            continue
        for text, optional in _written(name, constraint):
            wanting = [extra for extra, wanted in extras.items() if name in wanted]
            if not optional:
                found.require(text, place)
            for extra in wanting if optional else ():
                found.require(text, place, extra)


def _written(name: str, constraint: Any) -> Iterator[tuple[str, bool]]:
    """Yield each requirement that Poetry makes of one entry, and whether it is optional."""
    if isinstance(constraint, list):
        for item in constraint:
            yield from _written(name, item)
    elif isinstance(constraint, str):
        yield f"{name}{specifier_of(constraint)}", False
    elif isinstance(constraint, Mapping):
        extras = ",".join(strings(constraint.get("extras")))
        start = f"{name}[{extras}]" if extras else name
        marker = f"; {constraint['markers']}" if isinstance(constraint.get("markers"), str) else ""
        optional = constraint.get("optional") is True
        if address := _address(constraint):
            yield f"{start} @ {address}{marker and f' {marker}'}", optional
        else:
            yield f"{start}{specifier_of(str(constraint.get('version', '*')))}{marker}", optional


def _address(constraint: Mapping[str, Any]) -> str | None:
    for key, prefix in (("git", "git+"), ("url", ""), ("path", "file:///"), ("file", "file:///")):
        if isinstance(value := constraint.get(key), str):
            return f"{prefix}{value}"
    return None


def specifier_of(constraint: str) -> str:
    """Return Poetry's own notation (`^1.2`, `~1.2`, `1.*`) as a version specifier."""
    if "|" in constraint:  # a union, which a specifier cannot say
        return ""
    clauses = (_CLAUSE.fullmatch(part.strip()) for part in _split(constraint))
    parts = [_clause(clause["sign"] or "", clause["version"]) for clause in clauses if clause]
    return ",".join(part for part in parts if part)


def _split(constraint: str) -> list[str]:
    return [
        part
        for part in re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[<>=!~^\d])", constraint.strip())
        if part
    ]


def _clause(sign: str, version: str) -> str:
    if version == "*":
        return ""
    if sign in {"^", "~"}:
        release = [int(part) for part in re.findall(r"\d+", version.partition("-")[0])][:3]
        if not release:
            return ""
        first = next((at for at, part in enumerate(release) if part), len(release) - 1)
        kept = first if sign == "^" else min(1, len(release) - 1)
        upper = [*release[:kept], release[kept] + 1]
        return f">={version},<{'.'.join(map(str, [*upper, 0][: max(len(upper), 2)]))}"
    return f"{'==' if sign in {'', '='} else sign}{version}"
