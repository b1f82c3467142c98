"""The files that define a project, opened once: what every reader of them is given."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pypi_publish.core_metadata.names import normalized
from pypi_publish.errors import Malformed, NothingToInspect
from pypi_publish.project import python_source, setup_cfg, toml
from pypi_publish.project.files import Absent, Tree, Unreadable
from pypi_publish.project.python_source import SetupCall
from pypi_publish.project.setup_cfg import SetupCfg
from pypi_publish.project.toml import Document
from pypi_publish.verdict import Place

PYPROJECT = "pyproject.toml"
_LIMIT = 1 << 20


@dataclass(frozen=True)
class Source:
    """A project's definition, as it is written."""

    tree: Tree
    pyproject: Document = field(default_factory=Document)
    has_pyproject: bool = False
    setup_cfg: SetupCfg = field(default_factory=SetupCfg)
    setup_py: SetupCall | None = None
    has_setup_py: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @cached_property
    def project(self) -> Mapping[str, Any]:
        """The [project] table."""
        return self.pyproject.table("project")

    @cached_property
    def build_system(self) -> Mapping[str, Any]:
        return self.pyproject.table("build-system")

    @cached_property
    def backend(self) -> str | None:
        """What builds the project: as declared, else what the standard says takes its place."""
        declared = self.build_system.get("build-backend")
        if isinstance(declared, str):
            return declared.partition(":")[0]
        return None

    @cached_property
    def builds_with_setuptools(self) -> bool:
        """Setuptools builds what declares no other backend."""
        return self.backend is None or self.backend.split(".")[0] == "setuptools"

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """The requirements of the build, as they are written."""
        listed = self.build_system.get("requires")
        return (
            tuple(item for item in listed if isinstance(item, str))
            if isinstance(listed, list)
            else ()
        )

    @cached_property
    def build_tools(self) -> Mapping[str, frozenset[str]]:
        """The projects that the build needs, by normalised name, each with its extras."""
        from packaging.requirements import InvalidRequirement, Requirement

        tools: dict[str, frozenset[str]] = {}
        for text in self.requires:
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue
            tools[normalized(requirement.name)] = frozenset(requirement.extras)
        return tools

    @cached_property
    def dynamic(self) -> tuple[str, ...]:
        listed = self.project.get("dynamic")
        return (
            tuple(item for item in listed if isinstance(item, str))
            if isinstance(listed, list)
            else ()
        )

    def tool(self, *path: str) -> Mapping[str, Any]:
        """Return a table below [tool]."""
        return self.pyproject.table("tool", *path)

    def place(self, *path: str | int) -> Place:
        """Return where a key of pyproject.toml stands."""
        return Place(PYPROJECT, self.pyproject.line(*path))

    def cfg_place(self, section: str, key: str) -> Place:
        return Place("setup.cfg", self.setup_cfg.line(section, key))


def open_source(root: Path, environ: Mapping[str, str] | None = None) -> Source:
    """Open the files that define a project; there must be one of them at least."""
    if not root.is_dir():
        raise NothingToInspect(
            "no-such-folder",
            f"{root} is not a folder",
            "Pass the folder that holds pyproject.toml.",
        )
    tree = Tree(root)
    pyproject, cfg, script = (_read(tree, name) for name in (PYPROJECT, "setup.cfg", "setup.py"))
    if pyproject is None and cfg is None and script is None:
        raise NothingToInspect(
            "no-project",
            f"no pyproject.toml, setup.cfg or setup.py in {root}",
            "Pass the folder that holds pyproject.toml.",
        )
    return Source(
        tree,
        toml.parsed(pyproject, PYPROJECT) if pyproject is not None else Document(),
        pyproject is not None,
        setup_cfg.parsed(cfg) if cfg is not None else SetupCfg(),
        python_source.setup_call(script) if script is not None else None,
        script is not None,
        dict(os.environ) if environ is None else environ,
    )


def _read(tree: Tree, name: str) -> str | None:
    try:
        return tree.text(name, _LIMIT)
    except Absent:
        if (tree.root / name).is_symlink():
            raise _unreadable(name, "is a link to nothing") from None
        return None
    except Unreadable as error:
        raise _unreadable(name, str(error).removeprefix(name).strip()) from error


def _unreadable(name: str, because: str) -> Malformed:
    return Malformed(
        "unreadable-file",
        f"{name} {because}",
        "Make it a regular UTF-8 text file inside the project's folder.",
    )
