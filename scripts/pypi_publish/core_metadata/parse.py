"""METADATA and PKG-INFO as fields, read the way the upload clients read them.

Plain files, which is what build backends write, are split here. For anything unusual (line ends
of Windows, MIME headers, bytes that are not UTF-8) the parser of `packaging`, which twine and
the index use, decides; it loads Python's e-mail package and takes ten times as long.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pypi_publish.core_metadata.fields import BY_KEY
from pypi_publish.core_metadata.refusal import Refusal, malformed, unrecognized

_HEADER = re.compile(r"[!-9;-~]+:")
_MIME = ("content-", "mime-version")


@dataclass(frozen=True, slots=True)
class CoreMetadata:
    """What a metadata file says."""

    fields: Mapping[str, list[str]]  # by official name, in the order of the file
    problems: tuple[Refusal, ...] = ()  # of the file itself, whatever its values mean

    def first(self, name: str) -> str | None:
        """Return the value of a field, the first one where several stand."""
        values = self.fields.get(name)
        return values[0] if values else None


class _Unusual(Exception):
    """The file has something that the short way does not cover."""


def parse(data: bytes) -> CoreMetadata:
    """Return the fields of a metadata file; never fails, the problems say what is wrong."""
    try:
        headers, body = _split(data)
    except (_Unusual, UnicodeDecodeError):
        return _parsed_by_packaging(data)
    fields: dict[str, list[str]] = {}
    problems: dict[str, Refusal] = {}
    for name, value in headers:
        known = BY_KEY.get(name.lower())
        if known is None:
            problems[name.lower()] = unrecognized(name)
        else:
            fields.setdefault(known.name, []).append(value)
    if body:
        fields.setdefault("Description", []).append(body)
    return CoreMetadata(fields, tuple(problems.values()))


def _split(data: bytes) -> tuple[list[tuple[str, str]], str]:
    text = data.decode("utf-8")
    if "\r" in text or text.startswith(("From ", " ", "\t")):
        raise _Unusual
    if text.startswith("\n"):
        return [], text[1:]
    head, _, body = text.partition("\n\n")
    lines = head.split("\n")
    headers: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        if line.startswith((" ", "\t")):
            name, value = headers[-1]
            headers[-1] = (name, f"{value}\n{line}")
        elif _HEADER.match(line):
            headers.append(_header(line))
        elif line.startswith((":", "From ")):
            raise _Unusual  # the parser leaves such a line out and goes on
        elif line:
            # Without a blank line before it, the first line that is no header begins the body.
            return headers, "\n".join(lines[number:]) + text[len(head) :]
    return headers, body


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    if name.lower().startswith(_MIME):
        raise _Unusual
    return name, value.lstrip(" \t")


def _parsed_by_packaging(data: bytes) -> CoreMetadata:
    from packaging.metadata import parse_email

    raw, unparsed = parse_email(data)
    fields: dict[str, list[str]] = {}
    for key, field in BY_KEY.items():
        value = raw.get(_raw_key(key))
        if value is not None:
            fields[field.name] = list(_as_written(key, value))
    return CoreMetadata(fields, tuple(_unparsed(unparsed, fields)))


def _raw_key(key: str) -> str:
    plural = {
        "classifier": "classifiers",
        "import-name": "import_names",
        "import-namespace": "import_namespaces",
        "license-file": "license_files",
        "platform": "platforms",
        "project-url": "project_urls",
        "supported-platform": "supported_platforms",
    }
    return plural.get(key, key.replace("-", "_"))


def _as_written(key: str, value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (f"{label}, {url}" for label, url in value.items())
    elif isinstance(value, list):
        yield from [", ".join(value)] if key == "keywords" else value


def _unparsed(unparsed: Mapping[str, list[str]], fields: dict[str, list[str]]) -> Iterator[Refusal]:
    """Yield what is wrong; repeated fields go among the others, where a rule finds them."""
    for key, values in unparsed.items():
        field = BY_KEY.get(key)
        if field is None:
            yield unrecognized(key)
        elif len(values) > 1:
            fields[field.name] = [str(value) for value in values]
        else:
            yield malformed(field.name, "it is not UTF-8 text")
