"""What a definition file says of a project, whatever its format: filled by one reader each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pypi_publish.project.model import Defect, Stated
from pypi_publish.verdict import Place


@dataclass(slots=True)
class Declared:
    """Core metadata fields in the making, under the names of the standard's headers."""

    definition: str
    name: Stated | None = None
    core: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    dynamic: set[str] = field(default_factory=set)
    extras: dict[str, tuple[str, ...]] = field(default_factory=dict)
    entry_points: dict[str, dict[str, str]] = field(default_factory=dict)
    license_patterns: list[str] | None = None  # None: the backend's own patterns hold
    readmes: list[str] = field(default_factory=list)  # files that make up the description
    content_type: str | None = None
    readme_place: Place | None = None
    defects: list[Defect] = field(default_factory=list)

    def add(self, header: str, values: Iterable[str], place: Place | None) -> None:
        """Add values of a field that stand at one place."""
        for value in values:
            self.core.setdefault(header, []).append(value)
            if place is not None:
                self.places.setdefault(header, place)
                self.places.setdefault(f"{header}: {value}", place)

    def where(self, header: str, value: str) -> Place | None:
        """Return where a value of a field stands."""
        return self.places.get(f"{header}: {value}") or self.places.get(header)

    def require(self, text: str, place: Place | None, extra: str | None = None) -> None:
        """Add a requirement; one of an extra gets the marker that makes it so."""
        requirement = with_extra(text, extra) if extra is not None else text
        self.add("Requires-Dist", [requirement], place)


def with_extra(text: str, extra: str) -> str:
    """Return a requirement with the marker of its extra."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return text  # to be refused as it was written
    marker = f"({requirement.marker}) and " if requirement.marker else ""
    requirement.marker = None
    separator = " ; " if requirement.url else "; "
    return f'{requirement}{separator}{marker}extra == "{extra}"'


def strings(value: Any) -> list[str]:
    """Return the strings of a list; what else stands there is for the check of the shape."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def string_pairs(value: Any) -> dict[str, str]:
    """Return the string values of a table."""
    if not isinstance(value, Mapping):
        return {}
    return {key: item for key, item in value.items() if isinstance(item, str)}


def mailbox(name: str | None, email: str) -> str:
    """Spell a person as the header does, quoted where the name needs it."""
    if not name:
        return email
    if set(name) & set('()<>@,:;".[]\\'):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{email}>"
