"""Versions that a backend gets by importing a module: a literal there is what it would find."""

from pathlib import PurePosixPath
from typing import Any

from pypi_publish.project import python_source
from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Version
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import broken, found, untold
from pypi_publish.verdict import Place

_HOPS = 3  # modules that hand a name on to each other


def constant_in(source: Source, path: str, name: str, said: str, here: Place) -> Version:
    """Look up a constant of a Python file, as a backend that imports the file would."""
    try:
        text = source.tree.text(path, python_source.LIMIT).removeprefix("\ufeff")
    except Unreadable as error:
        return broken(str(error), said, here)
    constant = python_source.constant(text, name) if name.isidentifier() else None
    if constant is None or constant.computed:
        return untold(f"{name} of {path} is computed when the build runs it", said, here)
    return found(spelled(constant.value), f"{name} in {path}", Place(path, constant.line))


def attribute_of(source: Source, path: str, name: str, said: str, here: Place) -> Version:
    """Look up an attribute of a module in its package, in the module that it is imported from."""
    for _ in range(_HOPS):
        direct = constant_in(source, path, name, said, here)
        parsed = python_source.module(source.tree.source(path, python_source.LIMIT) or "")
        if direct.because == "" or direct.broken or parsed is None or not name.isidentifier():
            return direct
        if not python_source.may_define(parsed, name):
            return broken(f"{path} has no {name}", said, here)
        origin = python_source.imported_from(parsed, name)
        if origin is None or (there := _module_file(source, path, *origin[:2])) is None:
            return direct
        path, name = there, origin[2]
    return direct


def _module_file(source: Source, path: str, level: int, module: str) -> str | None:
    """Return the file of a module that a file of the same package imports from."""
    folders = PurePosixPath(path).parents if module else ()
    beside = [folders[level - 1]] if 0 < level <= len(folders) else () if level else folders
    for folder in beside:
        stem = folder.joinpath(*module.split("."))
        for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
            if source.tree.has(str(candidate)):
                return str(candidate)
    return None


def spelled(value: Any) -> str:
    """Return a version that may be given as a tuple of numbers."""
    if isinstance(value, list | tuple):
        return ".".join(map(str, value))
    return str(value)
