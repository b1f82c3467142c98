"""flit: `__version__` of the module itself, and its docstring for the summary."""

import ast

from pypi_publish.project import python_source
from pypi_publish.project.model import Version
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import broken, found
from pypi_publish.project.versions.constants import attribute_of
from pypi_publish.verdict import Place

# Later files take precedence over earlier ones.
_FILES = ("__version__.py", "_version.py", "version.py", "__init__.py")


def flit_module(source: Source) -> Version | None:
    """Find `__version__` where flit looks for it."""
    old = bool(source.tool("flit", "metadata"))
    if not _is_flit(source) or not (old or "version" in source.dynamic):
        return None
    module, said = module_name(source), "__version__ of the module (flit)"
    files = version_files(source)
    if not files:
        return broken(f"No file/folder found for module {module}", said)
    for path in reversed(files):
        parsed = python_source.module(source.tree.source(path) or "")
        literals = [
            constant
            for constant in (python_source.constants(parsed, "__version__") if parsed else [])
            if isinstance(constant.value, str)
        ]
        if literals:
            place = Place(path, literals[0].line)
            return found(literals[0].value, f"__version__ in {path}", place)
    return attribute_of(source, files[-1], "__version__", said, Place(files[-1]))


def flit_summary(source: Source, path: str) -> str | None:
    """Return the first line of the module's docstring, which is what flit takes.

    It is empty where there is none, and None where the module is not read.
    """
    parsed = python_source.module(source.tree.source(path) or "")
    said = (ast.get_docstring(parsed) or "").strip() if parsed else None
    return said.splitlines()[0] if said else said


def _is_flit(source: Source) -> bool:
    return (source.backend or "").startswith("flit")


def module_name(source: Source) -> str:
    """Return the name that is imported: as configured, else made of the project's name."""
    configured = source.tool("flit", "module").get("name") or source.tool("flit", "metadata").get(
        "module"
    )
    name = configured or source.project.get("name")
    return name.replace("-", "_") if isinstance(name, str) else ""


def version_files(source: Source) -> list[str]:
    """Return the files of the module that may hold the version, least important first."""
    path = module_name(source).replace(".", "/")
    for start in ("", "src/"):
        folder = f"{start}{path}"
        if source.tree.has(f"{folder}/__init__.py"):
            return [f"{folder}/{name}" for name in _FILES if source.tree.has(f"{folder}/{name}")]
        if source.tree.has(f"{folder}.py"):
            return [f"{folder}.py"]
    return []
