"""The licence: its expression, its files, and the old field that must not stand beside it."""

from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath

from pypi_publish.core_metadata.fields import Fields, first, precedes, written
from pypi_publish.core_metadata.refusal import Refusal, invalid

# The most frequent ones, spelt as the list spells them: the list itself takes 10 ms to load.
_FREQUENT = {
    "MIT", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "ISC", "MPL-2.0", "GPL-3.0-only",
    "GPL-3.0-or-later", "LGPL-3.0-or-later", "AGPL-3.0-or-later", "Apache-2.0 OR MIT",
    "MIT OR Apache-2.0", "Unlicense", "PSF-2.0",
}  # fmt: skip


def expression(fields: Fields) -> Iterator[Refusal]:
    """Yield an expression that is not SPDX."""
    for value in written(fields, "License-Expression")[:1]:
        if value in _FREQUENT:
            continue
        from packaging.licenses import canonicalize_license_expression

        try:
            canonicalize_license_expression(value)
        except (ValueError, RecursionError, MemoryError) as error:
            yield invalid("License-Expression", value, str(error) or type(error).__name__)


def both(fields: Fields) -> Iterator[Refusal]:
    """Yield the old License field beside an expression."""
    if first(fields, "License") and first(fields, "License-Expression"):
        message = (
            "License is deprecated when License-Expression is present. "
            "Only License-Expression should be present."
        )
        yield Refusal("License", first(fields, "License"), message)


def files(fields: Fields) -> Iterator[Refusal]:
    """Yield each path of a licence file that is not a plain relative one."""
    # setuptools wrote the field long before it was in the standard; twine leaves it out there.
    if precedes(first(fields, "Metadata-Version"), "2.4"):
        return
    for path in written(fields, "License-File"):
        reason = _against(path)
        if reason:
            yield Refusal("License-File", path, f"{path!r} is invalid for 'license-file', {reason}")


def _against(path: str) -> str | None:
    if ".." in path:
        return "parent directory indicators are not allowed"
    if "*" in path:
        return "paths must be resolved"
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute():
        return "paths must be relative"
    if PureWindowsPath(path).as_posix() != path:
        return "paths must use '/' delimiter"
    return None
