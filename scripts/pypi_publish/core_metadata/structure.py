"""Rules about fields as such: repeated, newer than the file says, declared dynamic."""

import keyword
from collections.abc import Iterator

from pypi_publish.core_metadata.fields import BY_KEY, BY_NAME, Fields, first, precedes, written
from pypi_publish.core_metadata.refusal import Refusal, malformed

_NEVER_DYNAMIC = {"name", "version", "metadata-version"}
_LONGEST_SUMMARY = 512


def repeated(fields: Fields) -> Iterator[Refusal]:
    """Yield each field that stands several times and may stand once."""
    for name, values in fields.items():
        if len(values) > 1 and name in BY_NAME and not BY_NAME[name].repeats:
            yield malformed(name, f"it is there {len(values)} times")


def too_new(fields: Fields) -> Iterator[Refusal]:
    """Yield each field that the stated version of the format does not have yet."""
    stated = first(fields, "Metadata-Version")
    for name in fields:
        field = BY_NAME.get(name)
        # twine leaves License-File out here, because setuptools always wrote it
        if field is None or name == "License-File" or not precedes(stated, field.added):
            continue
        message = f"{field.key} introduced in metadata version {field.added}, not {stated}"
        yield Refusal(name, "", message, of_format=True)


def dynamic(fields: Fields) -> Iterator[Refusal]:
    """Yield what must not, or cannot, be declared dynamic."""
    for value in written(fields, "Dynamic"):
        key = value.lower()
        if key in _NEVER_DYNAMIC:
            yield Refusal("Dynamic", value, f"{key!r} is not allowed as a dynamic field")
        elif key not in BY_KEY:
            yield Refusal("Dynamic", value, f"{key!r} is not a valid dynamic field")
        elif key == "dynamic":
            yield Refusal("Dynamic", value, f"Dynamic field {key!r} is not a valid dynamic field.")


def summary(fields: Fields) -> Iterator[Refusal]:
    """Yield a summary of several lines, or one that is too long."""
    value = first(fields, "Summary")
    if "".join(value.splitlines()) != value:
        yield Refusal("Summary", value, "'summary' must be a single line")
    if len(value) > _LONGEST_SUMMARY:
        message = f"'summary' field must be {_LONGEST_SUMMARY} characters or less."
        yield Refusal("Summary", value, message)


def import_names(fields: Fields) -> Iterator[Refusal]:
    """Yield each import name that Python could not import."""
    for field in ("Import-Name", "Import-Namespace"):
        values = written(fields, field)
        if field == "Import-Name" and list(values) == [""]:
            continue  # says that there is nothing to import
        for value in values:
            message = _against_import(value, BY_NAME[field].key)
            if message:
                yield Refusal(field, value, message)


def _against_import(value: str, key: str) -> str | None:
    name, semicolon, private = value.partition(";")
    name = name.rstrip()
    for part in name.split("."):
        if not part.isidentifier():
            return f"{name!r} is invalid for {key!r}; {part!r} is not a valid identifier"
        if keyword.iskeyword(part):
            return f"{name!r} is invalid for {key!r}; {part!r} is a keyword"
    if semicolon and private.lstrip() != "private":
        return f"{value!r} is invalid for {key!r}; the only valid option is 'private'"
    return None
