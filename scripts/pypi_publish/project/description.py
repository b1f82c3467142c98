"""The long description: which files make it up, what they hold, what its content type will be."""

from pathlib import PurePosixPath

from pypi_publish.project.declared import Declared, strings
from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Defect
from pypi_publish.project.source import Source

_TYPES = {".md": "text/markdown", ".rst": "text/x-rst", ".txt": "text/plain"}
_POETRY_TYPES = {".md": "text/markdown", ".markdown": "text/markdown", ".rst": "text/x-rst"}
# Those that end the build when a name tells them no type; others leave the type out.
_STRICT = ("hatchling", "setuptools", "pdm", "uv_build", "scikit_build_core", "mesonpy")


def add_description(source: Source, found: Declared) -> None:
    """Add Description and Description-Content-Type, or the defects that stand in the way."""
    _setuptools_readme(source, found)
    if found.content_type is not None:
        found.add("Description-Content-Type", [found.content_type], found.readme_place)
    texts = [_text(source, name, found) for name in found.readmes]
    if not texts or any(text is None for text in texts):
        return
    found.add("Description", ["\n".join(text for text in texts if text)], found.readme_place)
    if found.content_type is None and not found.definition.startswith("setup."):
        _guess_type(source, found)


def _setuptools_readme(source: Source, found: Declared) -> None:
    """Setuptools reads a dynamic readme from files that its own table names."""
    table = source.tool("setuptools", "dynamic", "readme")
    if "readme" not in found.dynamic or not table or not source.builds_with_setuptools:
        return
    files = table.get("file")
    found.readmes = [files] if isinstance(files, str) else strings(files)
    kind = table.get("content-type")
    found.content_type = kind if isinstance(kind, str) else "text/x-rst"
    found.readme_place = source.place("tool", "setuptools", "dynamic", "readme")
    found.dynamic.discard("readme")


def _text(source: Source, name: str, found: Declared) -> str | None:
    try:
        return source.tree.text(name)
    except Unreadable as error:
        found.defects.append(Defect("readme", str(error), found.readme_place))
        return None


def _guess_type(source: Source, found: Declared) -> None:
    name = found.readmes[0]
    suffix = PurePosixPath(name).suffix.lower()
    poetry = found.definition.endswith("[tool.poetry]")
    kind = _POETRY_TYPES.get(suffix, "text/plain") if poetry else _TYPES.get(suffix)
    if kind is not None:
        found.content_type = kind
        found.add("Description-Content-Type", [kind], found.readme_place)
        return
    backend = (source.backend or "setuptools").split(".")[0]
    bare_allowed = backend == "setuptools" and not suffix  # writes no type, so it is taken for rst
    because = f"the name of {name} tells no content type"
    found.defects.append(
        Defect(
            "readme-type",
            because if bare_allowed else f"{because}; known are .md, .rst and .txt",
            found.readme_place,
            fatal=backend in _STRICT and not bare_allowed,
        )
    )
