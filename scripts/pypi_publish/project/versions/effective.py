"""Which version a build would give: the first reader that feels addressed answers.

A reader takes the project's definition and returns None where the scheme is not its own. Adding a
scheme is adding a reader here.
"""

from collections.abc import Callable
from dataclasses import replace

from pypi_publish.project.model import Version
from pypi_publish.project.source import Source
from pypi_publish.project.versions import (
    cargo,
    dunamai,
    flit,
    meson,
    others,
    patterns,
    scm,
    setuptools,
)
from pypi_publish.project.versions.answers import broken, found, untold
from pypi_publish.project.versions.sdist import sdist_version

Reader = Callable[[Source], Version | None]


def static(source: Source) -> Version | None:
    """[project] version."""
    version = source.project.get("version")
    if not isinstance(version, str):
        return None
    return found(version, "pyproject.toml [project] version", source.place("project", "version"))


def poetry(source: Source) -> Version | None:
    """[tool.poetry] version, where [project] leaves it open."""
    version = source.tool("poetry").get("version")
    if not isinstance(version, str) or not (source.backend or "poetry").startswith("poetry"):
        return None
    here = source.place("tool", "poetry", "version")
    return found(version, "pyproject.toml [tool.poetry] version", here)


READERS: tuple[Reader, ...] = (
    dunamai.poetry_dynamic_versioning,
    static,
    poetry,
    dunamai.uv_dynamic_versioning,
    others.versioningit,
    scm.hatch_vcs,
    scm.setuptools_scm,
    scm.scikit_build_scm,
    patterns.hatch_code,
    patterns.hatch_env,
    patterns.hatch_regex,
    patterns.scikit_build_regex,
    patterns.pdm_file,
    others.pdm_scm,
    others.hatch_nodejs,
    flit.flit_module,
    cargo.maturin_crate,
    meson.meson_project,
    setuptools.setuptools_dynamic,
    others.unknown_plugin,
    others.pdm_default,
    setuptools.setup_cfg,
    setuptools.setup_py,
    setuptools.setuptools_default,
)


# What ends the build where a dynamic version has no source: in the words of the backend, if it has.
_UNSTATED = {
    "hatchling": "Missing `tool.hatch.version` configuration",
    "poetry.core": "Either [project.version] or [tool.poetry.version] is required in package mode.",
    "uv_build": "missing field `version`: uv_build takes no dynamic version",
    "scikit_build_core": "no provider of [tool.scikit-build.metadata] tells the version",
}


def effective_version(source: Source) -> Version:
    """Return the version that a build would give here and now, or why that cannot be told."""
    version = _read(source)
    if version.text is None and not version.broken:
        return sdist_version(source) or version
    return version


def _read(source: Source) -> Version:
    for reader in READERS:
        if (version := reader(source)) is not None:
            return _as_written(version) if _keeps_spelling(source) else version
    here = source.place("project") if source.project else None
    tools = source.pyproject.table("tool")
    backend = source.backend or "the backend"
    if "version" in source.dynamic:
        for start, error in _UNSTATED.items():
            if backend.startswith(start) and "dynamic-metadata" not in tools:
                return broken(error, backend, here)
        because = f"version is dynamic, and how {backend} computes it is not known here"
        return untold(because, backend, here)
    if not source.project:  # setup.py, or a backend of the project's own, says it elsewhere
        return untold(f"no version is stated where {backend} could be read", backend, here)
    return broken("no version is stated, nor is it declared dynamic", backend, here)


def _keeps_spelling(source: Source) -> bool:
    """Hatchling puts the version into the metadata as it is written; others normalise it."""
    return (source.backend or "").startswith("hatchling")


def _as_written(version: Version) -> Version:
    return replace(version, text=version.written.strip()) if version.written else version
