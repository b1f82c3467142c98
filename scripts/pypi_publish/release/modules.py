"""Which modules a project brings: what a user of it would import first."""

import re
from collections.abc import Iterable
from keyword import iskeyword
from pathlib import PurePosixPath

_MOST = 20
_DEEPEST = 3  # segments of a name; deeper than that lie examples and templates
_EXTENSIONS = (".so", ".pyd")
# They come along by accident and need what only developers have; preflight tells of them.
_STRAY = frozenset("benchmarks conftest doc docs example examples noxfile setup test tests".split())


def main_modules(modules: Iterable[str], project: str) -> tuple[str, ...]:
    """Return those that a user imports: named as the project, else all that are public.

    What comes beside them may be made for others: hypothesis brings a plugin that imports pytest.
    """
    every = tuple(modules)
    named = [name for name in every if _plain(name) == _plain(project)]
    public = [name for name in every if not name.rpartition(".")[2].startswith("_")]
    return tuple(named or public) or every


def modules_of(files: Iterable[str]) -> tuple[str, ...]:
    """Return the names to import: top-level modules, and packages within namespaces."""
    paths = [path for file in files if (path := _module_file(file)) is not None]
    packages = {path.parent.parts for path in paths if _stem(path) == "__init__"}
    found = dict.fromkeys(name for path in paths if (name := _name(path, packages)))
    own = [name for name in found if name.partition(".")[0] not in _STRAY]
    return tuple(sorted(own)[:_MOST])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "", name).lower()


def _module_file(file: str) -> PurePosixPath | None:
    path = PurePosixPath(file.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts
    if outside or not path.name.endswith((".py", *_EXTENSIONS)):
        return None
    return path if _stem(path) != "__main__" else None


def _stem(path: PurePosixPath) -> str:
    return path.name.partition(".")[0]


def _name(path: PurePosixPath, packages: set[tuple[str, ...]]) -> str | None:
    """Return the outermost package that holds a file, or its own name where none does."""
    folders = path.parent.parts
    for length in range(1, len(folders) + 1):
        if folders[:length] in packages:
            return _dotted(folders[:length])
    return _dotted((*folders, _stem(path)))


def _dotted(parts: tuple[str, ...]) -> str | None:
    valid = all(part.isidentifier() and not iskeyword(part) for part in parts)
    return ".".join(parts) if valid and len(parts) <= _DEEPEST else None
