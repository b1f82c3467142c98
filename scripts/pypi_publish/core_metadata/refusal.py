"""Why an upload would be refused: the field, its value, and the sentence that comes back."""

from dataclasses import dataclass

from pypi_publish.core_metadata.fields import BY_NAME


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that PyPI, or the client before it, does not accept."""

    field: str  # the official name: "Requires-Dist"
    value: str
    message: str  # as the server words it


def invalid(field: str, value: str, cause: str = "") -> Refusal:
    """Return the refusal of a value that cannot be parsed; the cause is not in the answer."""
    message = f"{value!r} is invalid for {BY_NAME[field].key!r}"
    return Refusal(field, value, f"{message} ({cause})" if cause else message)
