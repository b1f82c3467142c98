"""Read a source tree: names, metadata, version and mirrors, from whatever defines the project."""

from collections.abc import Mapping
from pathlib import Path

from pypi_publish.errors import NothingToInspect
from pypi_publish.project.compiled import compiled_code
from pypi_publish.project.declared import Declared
from pypi_publish.project.description import add_description
from pypi_publish.project.discovery import code_of
from pypi_publish.project.dynamic import complete
from pypi_publish.project.legacy import declared_by_old_flit, declared_by_setuptools
from pypi_publish.project.licences import add_licence_files
from pypi_publish.project.mirrors.changelog import read_changelog
from pypi_publish.project.mirrors.collect import version_mirrors
from pypi_publish.project.model import Defect, Project, Stated
from pypi_publish.project.poetry import declared_by_poetry
from pypi_publish.project.source import PYPROJECT, Source, open_source
from pypi_publish.project.standard import declared_by_standard
from pypi_publish.project.versions.effective import effective_version
from pypi_publish.verdict import Place


def read_project(root: Path, environ: Mapping[str, str] | None = None) -> Project:
    """Return what can be known of a project without running any code of it."""
    source = open_source(root, environ)
    found = _declared(source)
    complete(source, found)
    add_description(source, found)
    add_licence_files(source, found)
    version = effective_version(source)
    if version.text is not None:
        found.add("Version", [version.text], version.place)
        found.dynamic.discard("version")
    name = found.name.text if found.name else ""
    code = code_of(source, name)
    if code and code.path is None:
        found.defects.append(Defect("code", code.because, None))
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
        code=code.path if code else None,
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
