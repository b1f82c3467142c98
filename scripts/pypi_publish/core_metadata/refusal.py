"""Why an upload would be refused: the field, its value, and the sentence that comes back."""

from dataclasses import dataclass

from pypi_publish.core_metadata.fields import BY_KEY, BY_NAME


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that PyPI, or the client before it, does not accept."""

    field: str  # the official name: "Requires-Dist"
    value: str
    message: str  # as the server words it
    of_format: bool = False  # about the field as such, whatever stands in it


def invalid(field: str, value: str, cause: str = "") -> Refusal:
    """Return the refusal of a value that cannot be parsed; the cause is not in the answer."""
    message = f"{value!r} is invalid for {BY_NAME[field].key!r}"
    return Refusal(field, value, f"{message} ({cause})" if cause else message)


def malformed(name: str, reason: str, *, of_format: bool = True) -> Refusal:
    """Return the refusal of a field whose values cannot be sorted out."""
    field = BY_KEY[name.lower()]
    message = (
        f"{field.form_key!r} has invalid data: {reason}; twine stops before, with "
        f'"Invalid distribution metadata: unrecognized or malformed field {field.key!r}"'
    )
    return Refusal(field.name, "", message, of_format)


def unrecognized(name: str) -> Refusal:
    """Return the refusal of a field that no version of the format has."""
    key = name.lower()
    message = (
        f"unrecognized field: {key!r}; twine stops with "
        f'"Invalid distribution metadata: unrecognized or malformed field {key!r}"'
    )
    return Refusal(name, "", message, of_format=True)
