"""Whether the wheels of a project hold compiled code, so that they are of one platform each."""

from collections.abc import Iterator

from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Stated
from pypi_publish.project.source import PYPROJECT, Source
from pypi_publish.verdict import Place

# Backends that are there to compile; for the others it takes a declaration.
_COMPILERS = {"maturin": "maturin", "mesonpy": "meson-python", "scikit_build_core": "scikit-build"}
_TABLES = (
    ("setuptools", "ext-modules"),
    ("setuptools-rust", "ext-modules"),
    ("setuptools-rust", "bins"),
    ("hatch", "build", "hooks", "mypyc"),
    ("hatch", "build", "targets", "wheel", "hooks", "mypyc"),
    ("hatch", "build", "hooks", "cython"),
    ("hatch", "build", "targets", "wheel", "hooks", "cython"),
)
_ARGUMENTS = ("ext_modules", "rust_extensions", "cffi_modules")


def compiled_code(source: Source) -> Stated | None:
    """Return what says that there is compiled code, and where; None where nothing does."""
    return next((said for said in _said(source) if said is not None), None)


def _said(source: Source) -> Iterator[Stated | None]:
    yield _by_backend(source)
    for *path, key in _TABLES:
        if source.tool(*path).get(key):
            text = f"[tool.{'.'.join(path)}] {key}"
            yield Stated(text, source.place("tool", *path, key))
    arguments = source.setup_py.arguments if source.setup_py else {}
    for name in _ARGUMENTS if source.builds_with_setuptools else ():
        given = arguments.get(name)
        if given is not None and (given.computed or given.value):
            yield Stated(f"setup({name}=...)", Place("setup.py", given.line))


def _by_backend(source: Source) -> Stated | None:
    backend = (source.backend or "").partition(".")[0]
    if backend not in _COMPILERS or _is_pure(source, backend):
        return None
    return Stated(
        f"the backend {_COMPILERS[backend]}",
        Place(PYPROJECT, source.pyproject.line("build-system")),
    )


def _is_pure(source: Source, backend: str) -> bool:
    """Whether the project tells a compiling backend that its wheel is for every platform."""
    if backend == "scikit_build_core":
        wheel = source.tool("scikit-build", "wheel")
        return wheel.get("platlib") is False or "cmake" not in _text(source, "CMakeLists.txt")
    if backend == "mesonpy":
        text = _text(source, "meson.build")
        return "extension_module" not in text or "pure: true" in text
    return False


def _text(source: Source, name: str) -> str:
    try:
        return source.tree.text(name).lower()
    except Unreadable:
        return ""
