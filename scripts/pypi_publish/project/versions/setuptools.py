"""Versions that setuptools reads: `attr`, `file`, setup.cfg and the literal of a setup.py."""

from pathlib import PurePosixPath

from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Version
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import backends_own, broken, found, untold
from pypi_publish.project.versions.constants import attribute_of, spelled
from pypi_publish.verdict import Place


def setuptools_dynamic(source: Source) -> Version | None:
    """[tool.setuptools.dynamic] version: an attribute of a module, or the text of a file."""
    if not source.builds_with_setuptools or "version" not in source.dynamic:
        return None
    table = source.tool("setuptools", "dynamic", "version")
    here = source.place("tool", "setuptools", "dynamic", "version")
    attribute, file = table.get("attr"), table.get("file")
    if isinstance(attribute, str):
        return _attribute(source, attribute, here)
    if isinstance(file, list) and len(file) == 1:
        file = file[0]
    return _file(source, file, here) if isinstance(file, str) else None


def setup_cfg(source: Source) -> Version | None:
    """[metadata] version of a setup.cfg, `attr:` and `file:` included."""
    value = source.setup_cfg.get("metadata", "version")
    if value is None or not _legacy_may_speak(source):
        return None
    here = source.cfg_place("metadata", "version")
    kind, _, rest = value.partition(":")
    if kind.strip() == "attr":
        return _attribute(source, rest.strip(), here)
    if kind.strip() == "file":
        return _file(source, rest.strip(), here)
    return found(value.strip(), "setup.cfg [metadata] version", here)


def setup_py(source: Source) -> Version | None:
    """The `version` argument of a setup.py's call, where it is literal."""
    if not source.has_setup_py or not _legacy_may_speak(source):
        return None
    call = source.setup_py
    given = call.arguments.get("version") if call else None
    if given is not None and not given.computed and given.value is not None:
        return found(spelled(given.value), "setup.py version", Place("setup.py", given.line))
    if given is None and call is not None and call.complete and not call.extended:
        return None
    line = given.line if given else None
    because = "setup.py computes the version when the build runs it"
    return untold(because, "setup.py", Place("setup.py", line))


def setuptools_default(source: Source) -> Version | None:
    """Setuptools builds version 0.0.0 when nothing tells it one, and says nothing."""
    if not source.builds_with_setuptools or not _legacy_may_speak(source):
        return None
    here = source.place("project", "dynamic") if source.dynamic else None
    return backends_own("0.0.0", "setuptools' own default, for nothing states a version", here)


def _legacy_may_speak(source: Source) -> bool:
    """setup.cfg and setup.py are asked where [project] is missing, or leaves the version open."""
    return source.builds_with_setuptools and (not source.project or "version" in source.dynamic)


def _attribute(source: Source, attribute: str, here: Place) -> Version:
    module, _, name = attribute.rpartition(".")
    said = f"attr: {attribute}"
    path = module_path(source, module)
    if path is None:
        return broken(f"no file found for the module {module or '__init__'!r}", said, here)
    return attribute_of(source, path, name, said, here)


def _file(source: Source, name: str, here: Place) -> Version:
    try:
        text = source.tree.text(name)
    except Unreadable as error:
        return broken(str(error), f"file: {name}", here)
    return found(text.strip(), name, Place(name, 1))


def module_path(source: Source, module: str) -> str | None:
    """Return the file of a module, wherever the layout puts the packages."""
    parts = module.split(".") if module else ["__init__"]
    for folder in _roots(source, parts):
        for name in (f"{folder}.py", f"{folder}/__init__.py"):
            if source.tree.has(name):
                return name
    return None


def _roots(source: Source, parts: list[str]) -> list[str]:
    """Return where the module may be: by the declared folders first, then by the usual ones."""
    declared = dict(source.tool("setuptools", "package-dir"))
    declared |= source.setup_cfg.mapping("options", "package_dir")
    candidates = []
    for length in range(len(parts), 0, -1):
        folder = declared.get(".".join(parts[:length]))
        if isinstance(folder, str):
            candidates.append(PurePosixPath(folder, *parts[length:]))
    where = source.tool("setuptools", "packages", "find").get("where")
    starts = [declared.get(""), *(where if isinstance(where, list) else ()), "src", ""]
    starts.append(source.setup_cfg.get("options.packages.find", "where"))
    candidates += [PurePosixPath(start, *parts) for start in starts if isinstance(start, str)]
    return [str(path) for path in candidates]
