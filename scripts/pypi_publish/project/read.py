"""Read a source tree: names, metadata, version and mirrors, from whatever defines the project."""

from collections.abc import Mapping
from pathlib import Path

from pypi_publish.errors import NothingToInspect
from pypi_publish.project.compiled import compiled_code
from pypi_publish.project.declared import Declared
from pypi_publish.project.description import add_description
from pypi_publish.project.files import Unreadable
from pypi_publish.project.legacy import declared_by_old_flit, declared_by_setuptools
from pypi_publish.project.licences import add_licence_files
from pypi_publish.project.mirrors.changelog import read_changelog
from pypi_publish.project.mirrors.collect import version_mirrors
from pypi_publish.project.model import Defect, Project, Stated
from pypi_publish.project.poetry import declared_by_poetry
from pypi_publish.project.source import PYPROJECT, Source, open_source
from pypi_publish.project.standard import declared_by_standard
from pypi_publish.project.versions.effective import effective_version
from pypi_publish.project.versions.flit import flit_summary
from pypi_publish.verdict import Place


def read_project(root: Path, environ: Mapping[str, str] | None = None) -> Project:
    """Return what can be known of a project without running any code of it."""
    source = open_source(root, environ)
    found = _declared(source)
    _complete(source, found)
    add_description(source, found)
    add_licence_files(source, found)
    version = effective_version(source)
    if version.text is not None:
        found.add("Version", [version.text], version.place)
        found.dynamic.discard("version")
    name = found.name.text if found.name else ""
    return Project(
        root=root,
        name=found.name,
        version=version,
        backend=_backend(source),
        core=found.core,
        places={**_keys(source), **found.places},
        dynamic=frozenset(found.dynamic),
        mirrors=version_mirrors(source, name, version) if name else (),
        pyproject=source.pyproject.data,
        definition=found.definition,
        requires=source.requires,
        defects=tuple(found.defects),
        changelog=read_changelog(source, name),
        extras=found.extras,
        entry_points=found.entry_points,
        compiled=compiled_code(source),
        license_patterns=tuple(found.license_patterns or ()),
        readme=Stated(found.readmes[0], found.readme_place) if found.readmes else None,
    )


def _declared(source: Source) -> Declared:
    if source.project or "project" in source.pyproject.data:
        return declared_by_standard(source)
    if source.tool("poetry"):
        return declared_by_poetry(source)
    if source.tool("flit", "metadata"):
        return declared_by_old_flit(source)
    if source.setup_cfg.sections.get("metadata") or source.has_setup_py:
        return declared_by_setuptools(source)
    if source.build_system.get("build-backend"):
        return declared_by_standard(source)
    raise NothingToInspect(
        "no-project",
        f"the files in {source.tree.root} define no package: no [project] table, [tool.poetry],"
        " setup.cfg [metadata] or setup.py",
        "Pass the folder of a package, or add a [project] table to its pyproject.toml.",
    )


def _keys(source: Source) -> dict[str, Place]:
    """Return the places of the standard's own keys, as `[project] license`."""
    return {
        f"[{path[0]}] {path[1]}" if len(path) == 2 else f"[{path[0]}]": Place(PYPROJECT, line)
        for path, line in source.pyproject.lines.items()
        if path[0] in {"project", "build-system"} and len(path) <= 2
    }


def _backend(source: Source) -> str | None:
    declared = source.build_system.get("build-backend")
    return declared if isinstance(declared, str) else None


def _complete(source: Source, found: Declared) -> None:
    """Fill in what the backend takes from elsewhere, and drop it from what is dynamic."""
    if source.builds_with_setuptools and found.dynamic and source.project:
        _from_setuptools(source, found)
    flits = "description" in found.dynamic and (source.backend or "").startswith("flit")
    if flits and (summary := flit_summary(source)):
        found.add("Summary", [summary], None)
        found.dynamic.discard("description")
    if "name" not in source.project and found.name is None:
        _crate_name(source, found)


def _from_setuptools(source: Source, found: Declared) -> None:
    legacy = declared_by_setuptools(source)
    for key, header in (
        ("description", "Summary"),
        ("classifiers", "Classifier"),
        ("requires-python", "Requires-Python"),
        ("keywords", "Keywords"),
    ):
        if key in found.dynamic and header in legacy.core:
            found.add(header, legacy.core[header], legacy.places.get(header))
            found.dynamic.discard(key)
    if "dependencies" in found.dynamic:
        _dynamic_dependencies(source, found, legacy)
    if "readme" in found.dynamic and "Description-Content-Type" in legacy.core:
        found.content_type = legacy.core["Description-Content-Type"][0]
        found.readmes, found.readme_place = legacy.readmes, legacy.readme_place
        found.dynamic.discard("readme")


def _dynamic_dependencies(source: Source, found: Declared, legacy: Declared) -> None:
    files = source.tool("setuptools", "dynamic", "dependencies").get("file")
    named = [files] if isinstance(files, str) else files if isinstance(files, list) else []
    for name in named:
        try:
            lines = source.tree.text(str(name)).splitlines()
        except Unreadable as error:
            place = source.place("tool", "setuptools", "dynamic", "dependencies")
            found.defects.append(Defect("dependencies", str(error), place))
            continue
        for number, line in enumerate(lines, 1):
            text = line.partition(" #")[0].strip()
            if text and not text.startswith("#"):
                found.require(text, Place(str(name), number))
    for text in legacy.core.get("Requires-Dist", []) if not named else ():
        if "extra ==" not in text:
            found.require(text, legacy.where("Requires-Dist", text))
    if named or "Requires-Dist" in found.core:
        found.dynamic.discard("dependencies")


def _crate_name(source: Source, found: Declared) -> None:
    """maturin takes the name from the crate where [project] does not state one."""
    if source.backend != "maturin" or source.project:
        return
    from pypi_publish.errors import Malformed
    from pypi_publish.project import toml

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
