"""The families of checks, in the order of the report, and the modules that hold them."""

from importlib import import_module

from pypi_publish.check import Check, checks_in
from pypi_publish.release.model import Answers, Facts

# Every function with the @check decorator in one of these modules belongs to the family.
FAMILIES = {
    "planes": "plane_checks",
    "files": "file_checks",
    "state": "state_checks",
    "metadata": "metadata_checks",
    "provenance": "provenance_checks",
    "install": "install_checks",
}

FamilyCheck = Check[[Facts], Answers]


def checks_of(family: str) -> tuple[FamilyCheck, ...]:
    """Return the checks of a family; its module is loaded when it is asked for."""
    return checks_in(import_module(f"pypi_publish.release.{FAMILIES[family]}"))
