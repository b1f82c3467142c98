"""What the token of a job may do: the `permissions:` of the job, else of the workflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pypi_publish.verdict import Place
from pypi_publish.workflow.nodes import Mapping as Table
from pypi_publish.workflow.nodes import Node, Scalar


@dataclass(frozen=True, slots=True)
class Permissions:
    """One `permissions:` block; what a block does not name is not allowed."""

    place: Place
    scopes: Mapping[str, str] = field(default_factory=dict)
    everything: str | None = None  # "write" of `write-all`, "read" of `read-all`
    places: Mapping[str, Place] = field(default_factory=dict)

    def allows(self, scope: str) -> str:
        """Return "write", "read" or "none"."""
        level = self.scopes.get(scope, self.everything or "none")
        # `read-all` says nothing of id-token, which can only be written.
        return "none" if scope == "id-token" and level == "read" else level

    @property
    def mints(self) -> bool:
        """Whether an identity token can be asked for."""
        return self.allows("id-token") == "write"

    def place_of(self, scope: str) -> Place:
        return self.places.get(scope, self.place)


def permissions_of(file: str, node: Node | None) -> Permissions | None:
    """Return the block of a job or a workflow; None where it has none."""
    if isinstance(node, Scalar):
        everything = {"write-all": "write", "read-all": "read"}.get(node.text.strip())
        place = Place(file, node.line, node.column)
        return Permissions(place, everything=everything) if node.text.strip() else None
    if not isinstance(node, Table):
        return None
    named = [(name, level) for name, level in node.items() if isinstance(level, Scalar)]
    return Permissions(
        Place(file, int(node.start.line) + 1),
        {name.text: level.text.strip() for name, level in named},
        places={name.text: Place(file, name.line, name.column) for name, _ in named},
    )
