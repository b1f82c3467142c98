"""What [project] leaves open and a backend takes from elsewhere, without running any code."""

from collections.abc import Iterator

from pypi_publish.errors import Malformed
from pypi_publish.project import toml
from pypi_publish.project.declared import Declared, strings
from pypi_publish.project.files import Unreadable
from pypi_publish.project.legacy import declared_by_setuptools
from pypi_publish.project.model import Defect, Stated
from pypi_publish.project.poetry import declared_by_poetry
from pypi_publish.project.source import Source
from pypi_publish.project.versions.flit import flit_summary, version_files
from pypi_publish.verdict import Place


def complete(source: Source, found: Declared) -> None:
    """Fill in what the backend takes from elsewhere, and drop it from what is dynamic."""
    if source.builds_with_setuptools and found.dynamic and source.project:
        _from_setuptools(source, found)
    if found.dynamic and source.project and (source.backend or "").startswith("poetry"):
        _from_poetry(source, found)
    _from_flit(source, found)
    if "name" not in source.project and found.name is None:
        _crate_name(source, found)


def _from_flit(source: Source, found: Declared) -> None:
    old = bool(source.tool("flit", "metadata")) and not source.project
    files = version_files(source) if (source.backend or "").startswith("flit") else []
    if not files or not (old or "description" in found.dynamic):
        return
    summary = flit_summary(source, files[-1])
    if summary:
        found.add("Summary", [summary], Place(files[-1], 1))
        found.dynamic.discard("description")
    elif summary is not None:
        because = f"Flit cannot package module without docstring: {files[-1]} has none"
        found.defects.append(Defect("pyproject", because, Place(files[-1], 1)))


def _from_setuptools(source: Source, found: Declared) -> None:
    legacy = declared_by_setuptools(source)
    _take_over(found, legacy)
    _dynamic_lists(source, found)
    if "dependencies" in found.dynamic and "Requires-Dist" in legacy.core:
        _take_requirements(found, legacy)
    if "readme" in found.dynamic and "Description-Content-Type" in legacy.core:
        found.content_type = legacy.core["Description-Content-Type"][0]
        found.readmes, found.readme_place = legacy.readmes, legacy.readme_place
        found.dynamic.discard("readme")


def _from_poetry(source: Source, found: Declared) -> None:
    """Poetry takes what [project] leaves open from its own table."""
    legacy = declared_by_poetry(source)
    _take_over(found, legacy)
    if "dependencies" in found.dynamic:
        _take_requirements(found, legacy)
    if "readme" in found.dynamic and legacy.readmes:
        found.readmes, found.readme_place = legacy.readmes, legacy.readme_place
        found.dynamic.discard("readme")


def _take_over(found: Declared, legacy: Declared) -> None:
    for key, header in (
        ("description", "Summary"),
        ("classifiers", "Classifier"),
        ("requires-python", "Requires-Python"),
        ("keywords", "Keywords"),
    ):
        if key in found.dynamic and header in legacy.core:
            for value in legacy.core[header]:
                found.add(header, [value], legacy.where(header, value))
            found.dynamic.discard(key)


def _take_requirements(found: Declared, legacy: Declared) -> None:
    for text in legacy.core.get("Requires-Dist", ()):
        if "extra ==" not in text:
            found.require(text, legacy.where("Requires-Dist", text))
    found.dynamic.discard("dependencies")


def _dynamic_lists(source: Source, found: Declared) -> None:
    """Take classifiers and requirements from the files that [tool.setuptools.dynamic] names."""
    table, here = source.tool("setuptools", "dynamic"), ("tool", "setuptools", "dynamic")
    for key in sorted({"classifiers", "dependencies"} & found.dynamic & table.keys()):
        for text, place in _lines_of(source, found, key, *here, key):
            if key == "classifiers":
                found.add("Classifier", [text], place)
            else:
                found.require(text, place)
        found.dynamic.discard(key)
    extras = source.tool(*here[1:], "optional-dependencies")
    for extra in extras if "optional-dependencies" in found.dynamic else ():
        lines = list(
            _lines_of(source, found, "dependencies", *here, "optional-dependencies", extra)
        )
        found.add("Provides-Extra", [extra], None)
        found.extras[extra] = tuple(text for text, _ in lines)
        for text, place in lines:
            found.require(text, place, extra)
    if extras:
        found.dynamic.discard("optional-dependencies")


def _lines_of(
    source: Source, found: Declared, subject: str, *path: str
) -> Iterator[tuple[str, Place]]:
    files = source.pyproject.table(*path).get("file")
    for name in [files] if isinstance(files, str) else strings(files):
        try:
            lines = source.tree.text(name).splitlines()
        except Unreadable as error:
            found.defects.append(Defect(subject, str(error), source.place(*path)))
            continue
        for number, line in enumerate(lines, 1):
            text = line.partition(" #")[0].strip()
            if text and not text.startswith("#"):
                yield text, Place(name, number)


def _crate_name(source: Source, found: Declared) -> None:
    """maturin takes the name from the crate where [project] does not state one."""
    if source.backend != "maturin" or source.project:
        return
    path = str(source.tool("maturin").get("manifest-path", "Cargo.toml"))
    try:
        crate = toml.parsed(source.tree.text(path), path)
    except (Unreadable, Malformed):
        return
    name = crate.table("package").get("name")
    if isinstance(name, str):
        found.name = Stated(name, Place(path, crate.line("package", "name")))
        found.add("Name", [name], found.name.place)
        found.definition = path
