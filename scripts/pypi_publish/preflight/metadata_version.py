"""Which version of the metadata format the build backend will write."""

from pypi_publish.preflight.facts import Facts

# The first releases of the backends that write Metadata 2.5. A requirement that allows one of
# them, and is not pinned below, will get the newest.
_WRITE_2_5 = {"hatchling": "1.32.0", "flit-core": "4.0.0"}


def written_metadata_version(facts: Facts) -> str | None:
    """Return the version that the built files have; "2.5" where a build would write that."""
    for item in facts.artifacts or ():
        if item.metadata is not None and (found := item.metadata.first("Metadata-Version")):
            return found
    return "2.5" if any(map(_writes_2_5, _required(facts))) else None


def _required(facts: Facts) -> list[str]:
    system = facts.project.pyproject.get("build-system") if facts.project is not None else None
    required = system.get("requires") if isinstance(system, dict) else None
    return [str(text) for text in required] if isinstance(required, list) else []


def _writes_2_5(requirement: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        required = Requirement(requirement)
    except InvalidRequirement:
        return False
    first = _WRITE_2_5.get(str(canonicalize_name(required.name)))
    return first is not None and required.specifier.contains(first)
