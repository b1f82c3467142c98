"""Where a backend that is told nothing finds the code of the wheel; one that finds none fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pypi_publish.core_metadata.names import normalized
from pypi_publish.project.mirrors.python import packages_in
from pypi_publish.project.source import Source
from pypi_publish.project.versions.flit import module_name

_HATCH_SELECTION = {
    "include", "packages", "only-include", "force-include", "bypass-selection", "artifacts", "hooks"
}  # fmt: skip
_SETUPTOOLS_SELECTION = {"packages", "py-modules", "package-dir", "ext-modules"}
_SETUP_SELECTION = {"packages", "py_modules", "package_dir", "ext_modules", "distclass"}
# Folders that setuptools takes for no package of a flat layout.
_NO_PACKAGES = tuple(
    "ci bin debian doc docs documentation manpages news newsfragments changelog test tests"
    " unit_test unit_tests example examples scripts tools util utils python build dist venv env"
    " requirements tasks fabfile site_scons benchmark benchmarks exercise exercises htmlcov"
    " [._]*".split()
)
_NO_MODULES = frozenset(
    "setup conftest test tests example examples build toxfile noxfile pavement dodo tasks fabfile"
    " conanfile manage benchmark benchmarks exercise exercises".split()
)


@dataclass(frozen=True, slots=True)
class Code:
    """What the backend finds: a path, or the error that ends the build."""

    path: str | None
    because: str = ""


def code_of(source: Source, name: str) -> Code | None:
    """Return where the code is found; None where that is configured, or cannot be told."""
    rule = next(
        (rule for start, rule in _RULES.items() if _backend(source).startswith(start)), None
    )
    return rule(source, name) if rule and name else None


def _backend(source: Source) -> str:
    return "setuptools" if source.builds_with_setuptools else source.backend or ""


def _hatchling(source: Source, name: str) -> Code | None:
    build = source.tool("hatch", "build")
    wheel = source.tool("hatch", "build", "targets", "wheel")
    if {*build, *wheel} & _HATCH_SELECTION or source.tree.has("hatch.toml"):
        return None
    wanted = [name.replace("-", "_").replace(" ", "_"), normalized(name).replace("-", "_")]
    for module in wanted:
        for path in (f"{module}/__init__.py", f"src/{module}/__init__.py", f"{module}.py"):
            if source.tree.has(path):
                return Code(path)
        within = [folder for folder, is_folder in source.tree.names() if is_folder]
        spaces = [top for top in within if source.tree.has(f"{top}/{module}/__init__.py")]
        if len(spaces) == 1:
            return Code(f"{spaces[0]}/{module}/__init__.py")
    because = "Unable to determine which files to ship inside the wheel: "
    return _missing(source, because + f"no folder is named {' or '.join(dict.fromkeys(wanted))}")


def _flit(source: Source, _: str) -> Code | None:
    module = module_name(source)
    return _named(source, module.replace(".", "/"), f"No file/folder found for module {module}")


def _poetry(source: Source, name: str) -> Code | None:
    table = source.tool("poetry")
    if table.get("packages") or table.get("package-mode") is False:
        return None
    module = normalized(name).replace("-", "_")
    return _named(source, module, f"No file/folder found for package {name}")


def _named(source: Source, stem: str, because: str) -> Code | None:
    for path in (stem, f"src/{stem}"):
        if source.tree.names(path) or source.tree.has(f"{path}.py"):
            return Code(path)
    return _missing(source, because)


def _uv(source: Source, name: str) -> Code | None:
    settings = source.tool("uv", "build-backend")
    if {"module-name", "namespace"} & settings.keys() or name.endswith("-stubs"):
        return None
    root = str(settings.get("module-root", "src")).strip("/")
    module = normalized(name).replace("-", "_")
    expected = f"{root}/{module}/__init__.py".lstrip("/")
    for folder, _ in source.tree.names(root):
        if folder.lower() == module and source.tree.has(f"{root}/{folder}/__init__.py".lstrip("/")):
            return Code(expected)
    return _missing(source, f"Expected a Python module at: {expected}")


def _missing(source: Source, because: str) -> Code | None:
    """Without any code in the tree there is nothing that the backend could have missed."""
    others = [*packages_in(source, ""), *packages_in(source, "src")]
    return Code(None, f"{because}; there is {', '.join(others[:3])}") if others else None


def _setuptools(source: Source, _: str) -> Code | None:
    if _selected_for_setuptools(source) or source.tree.names("src"):
        return None
    for kind, found in (("packages", _flat_packages(source)), ("modules", _flat_modules(source))):
        names = sorted(found)
        if len(names) > 1:
            because = f"Multiple top-level {kind} discovered in a flat-layout: {names[:6]}"
            return Code(None, because)
        if names:
            return Code(names[0])
    return None


def _selected_for_setuptools(source: Source) -> bool:
    options = source.setup_cfg.sections.get("options", {})
    call = source.setup_py
    unread = source.has_setup_py and (call is None or not call.complete or call.extended)
    return bool(
        unread
        or source.tool("setuptools").keys() & _SETUPTOOLS_SELECTION
        or options.keys() & _SETUP_SELECTION
        or (call and call.arguments.keys() & _SETUP_SELECTION)
    )


def _flat_packages(source: Source) -> Iterator[str]:
    ignored = {line.strip().strip("/") for line in _gitignore(source)}
    for name, is_folder in source.tree.names():
        reserved = any(fnmatchcase(name, pattern) for pattern in _NO_PACKAGES)
        usable = is_folder and name.isidentifier() and not reserved and name not in ignored
        if usable and any(not inner for _, inner in source.tree.names(name)):
            yield name


def _flat_modules(source: Source) -> Iterator[str]:
    for name, is_folder in source.tree.names():
        stem = name.removesuffix(".py")
        hidden = name.startswith((".", "_")) or stem.lower() == "sconstruct"
        usable = not is_folder and stem != name and stem.isidentifier() and not hidden
        if usable and stem not in _NO_MODULES:
            yield stem


def _gitignore(source: Source) -> list[str]:
    return (source.tree.head(".gitignore", 1 << 16) or "").splitlines()


_RULES: dict[str, Callable[[Source, str], Code | None]] = {
    "hatchling": _hatchling,
    "flit": _flit,
    "poetry.core": _poetry,
    "uv_build": _uv,
    "setuptools": _setuptools,
}
