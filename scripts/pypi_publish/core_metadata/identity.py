"""Who the release is: metadata version, name and version."""

from collections.abc import Iterator

from pypi_publish.core_metadata import names
from pypi_publish.core_metadata.fields import METADATA_VERSIONS, Fields, sent, written
from pypi_publish.core_metadata.refusal import Refusal, invalid
from pypi_publish.core_metadata.versions import canonical, parsed_version

_SPECIFICATION = "https://packaging.python.org/specifications/core-metadata"
_NAME_FORM = (
    "Start and end with a letter or numeral containing only ASCII numeric and '.', '_' and '-'."
)


def metadata_version(fields: Fields) -> Iterator[Refusal]:
    """Yield a version of the metadata format that the index does not take."""
    for version in written(fields, "Metadata-Version")[:1]:
        if version not in METADATA_VERSIONS:
            message = f"{version!r} is not a valid metadata version"
            yield Refusal("Metadata-Version", version, message)


def required(fields: Fields) -> Iterator[Refusal]:
    """Yield each field that must be there and is not."""
    if not fields.get("Metadata-Version"):
        message = (
            "None is not a valid metadata version; twine stops with "
            "\"No METADATA in archive or METADATA missing 'Metadata-Version'\""
        )
        yield Refusal("Metadata-Version", "", message)
    if not any(sent(fields, "Name")):
        unnamed = any(written(fields, "Name"))  # what setuptools before 61 writes without setup.py
        reason = "the index drops the name UNKNOWN" if unnamed else "'name' is a required field"
        yield Refusal("Name", "", f"{_form_refusal('', 'This field is required.')} ({reason})")
    if not any(fields.get("Version", ())):
        yield Refusal("Version", "", "'version' is a required field")


def name(fields: Fields) -> Iterator[Refusal]:
    """Yield a name of the wrong form, or one that PyPI keeps for the standard library."""
    for value in filter(None, written(fields, "Name")[:1]):
        if not names.is_valid(value):
            clients = f"twine stops before: {value!r} is invalid for 'name'"
            yield Refusal("Name", value, f"{_form_refusal(value, _NAME_FORM)} ({clients})")
        elif names.is_standard_library(value):
            message = (
                f"The name {names.as_sent(value)!r} isn't allowed (conflict with Python Standard "
                "Library module name). "
                "See https://pypi.org/help/#project-name for more information."
            )
            yield Refusal("Name", value, message)


def _form_refusal(value: str, reason: str) -> str:
    shown = f"{value[:30]}...{value[-30:]}" if len(value) > 60 else value
    return (
        f"{shown!r} is an invalid value for Name. Error: {reason} "
        f"See {_SPECIFICATION} for more information."
    )


def version(fields: Fields) -> Iterator[Refusal]:
    """Yield a version that is none, or that has a local part."""
    for value in filter(None, written(fields, "Version")[:1]):
        normal = canonical(value)
        if normal is None:
            yield invalid("Version", value)
        elif "+" in normal:
            message = f"The use of local versions in '{parsed_version(value)}' is not allowed."
            yield Refusal("Version", value, message)
