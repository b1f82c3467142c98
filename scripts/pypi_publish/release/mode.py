"""What is to be made of provenance: a choice of the command line, in a module of its own.

The command line is declared without loading anything of the index.
"""

from enum import StrEnum


class Mode(StrEnum):
    """What is to be made of provenance."""

    REPORT = "report"
    REQUIRE = "require"
    OFF = "off"
