"""A setup.cfg with lines, as setuptools understands it."""

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pypi_publish.errors import Malformed
from pypi_publish.ini import IniParser, without_gaps

_SECTION = re.compile(r"^\[(?P<name>[^\]]+)\]")
_KEY = re.compile(r"^(?P<key>[^\s#;\[:=][^:=]*?)\s*[:=]")


@dataclass(frozen=True, slots=True)
class SetupCfg:
    """Sections of options; option names with `-` and `_` are the same to setuptools."""

    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def get(self, section: str, key: str) -> str | None:
        return self.sections.get(section, {}).get(key)

    def line(self, section: str, key: str) -> int | None:
        return self.lines.get((section, key))

    def listed(self, section: str, key: str) -> list[str]:
        """Return an option that holds a list: one value a line, or several between commas."""
        value = self.get(section, key) or ""
        parts = value.splitlines() if "\n" in value else value.split(",")
        return [part.strip() for part in parts if part.strip() and not part.strip().startswith("#")]

    def mapping(self, section: str, key: str) -> dict[str, str]:
        """Return an option that holds `name = value` lines."""
        pairs = (line.partition("=") for line in self.listed(section, key))
        return {name.strip(): value.strip() for name, found, value in pairs if found}


def parsed(text: str) -> SetupCfg:
    """Parse the file, or raise `Malformed` with the line that is wrong."""
    parser = IniParser()
    try:
        parser.read_string(without_gaps(text.removeprefix("\ufeff")), "setup.cfg")
    except configparser.Error as error:
        number = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", [])), [1])[0]
        raise Malformed(
            "malformed-setup-cfg",
            f"setup.cfg, line {number}: {str(error).splitlines()[0]}",
            "Correct the syntax at that line; setuptools cannot read the file as it is.",
        ) from error
    sections = {
        name: {_plain(key): value for key, value in parser.items(name)}
        for name in parser.sections()
    }
    return SetupCfg(sections, _lines(text))


def _plain(key: str) -> str:
    return key.replace("-", "_")


def _lines(text: str) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _SECTION.match(line):
            section = match["name"]
        elif match := _KEY.match(without_gaps(line)):
            found.setdefault((section, _plain(match["key"])), number)
    return found
