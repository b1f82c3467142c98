"""The families of checks, in the order of the report, and the modules that hold them."""

from collections.abc import Collection, Iterable
from importlib import import_module

from pypi_publish.check import Check, checks_in
from pypi_publish.errors import Misused
from pypi_publish.preflight.facts import Answers, Facts

# Every function with the @check decorator in one of these modules belongs to the family.
FAMILIES = {
    "artifacts": ("built_archives", "built_names", "built_metadata", "built_contents"),
    "metadata": (
        "metadata",
        "metadata_dependencies",
        "metadata_licence",
        "metadata_readme",
        "packages",
    ),
    "versions": ("versions",),
    "git": ("git",),
    "index": ("index",),
    "workflow": (
        "workflow_trigger",
        "workflow_identity",
        "workflow_build",
        "workflow_handover",
        "workflow_compiled",
        "workflow_action",
        "workflow_run",
        "workflow_gitlab",
        "workflow_template",
    ),
    "publisher": ("publisher",),
}

FamilyCheck = Check[[Facts], Answers]


def checks_of(family: str) -> tuple[FamilyCheck, ...]:
    """Return the checks of a family; its modules are loaded when they are asked for."""
    modules = (import_module(f"pypi_publish.preflight.{name}") for name in FAMILIES[family])
    return tuple(check for module in modules for check in checks_in(module))


def chosen(
    families: Iterable[str], only: Collection[str], without: Collection[str]
) -> dict[str, list[FamilyCheck]]:
    """Return the checks to run, by family; both lists may name checks and whole families."""
    _refuse_unknown({*only, *without})
    kept = {
        family: [
            check
            for check in checks_of(family)
            if (not only or {family, check.id} & set(only))
            and not {family, check.id} & set(without)
        ]
        for family in families
    }
    return {family: checks for family, checks in kept.items() if checks}


def _refuse_unknown(names: set[str]) -> None:
    unknown = names - set(FAMILIES)
    if unknown:
        unknown -= {check.id for family in FAMILIES for check in checks_of(family)}
    for name in sorted(unknown):
        raise Misused("usage", f"no check is called {name!r}", "--list-checks names them all.")
