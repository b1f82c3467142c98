"""Licence files: which ones the backend will take along, and which patterns match nothing."""

from pypi_publish.project.declared import Declared
from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Defect
from pypi_publish.project.source import Source

_DEFAULT = ("LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*")
# These take a pattern that matches nothing in silence, or with a warning; others end the build.
_LENIENT = ("hatchling", "setuptools")


def add_licence_files(source: Source, found: Declared) -> None:
    """Add License-File for every file that is matched, and a defect for what is not."""
    place = found.places.get("License-File")
    files: list[str] = []
    if found.license_patterns is None:
        files = [name for pattern in _DEFAULT for name in source.tree.glob(pattern)]
    for pattern in found.license_patterns or ():
        matched = [] if _is_outside(pattern) else source.tree.glob(pattern)
        files += matched
        if not matched:
            found.defects.append(_unmatched(source, pattern, found))
    found.add("License-File", sorted(set(files)), place)
    _licence_table(source, found)


def _is_outside(pattern: str) -> bool:
    return pattern.startswith("/") or ".." in pattern.split("/")


def _unmatched(source: Source, pattern: str, found: Declared) -> Defect:
    backend = (source.backend or "setuptools").split(".")[0]
    lenient = backend in _LENIENT and bool(set(pattern) & set("*?["))
    reason = "leads out of the project's folder" if _is_outside(pattern) else "matches no file"
    return Defect(
        "license-files",
        f"license-files pattern {pattern!r} {reason}",
        found.places.get("License-File"),
        fatal=not lenient,
    )


def _licence_table(source: Source, found: Declared) -> None:
    """`license = {file = "..."}` puts the text of the file into the License field."""
    table = source.pyproject.table("project", "license")
    name = table.get("file")
    if not isinstance(name, str):
        return
    place = source.place("project", "license")
    try:
        found.add("License", [source.tree.text(name)], place)
    except Unreadable as error:
        found.defects.append(Defect("license-files", str(error), place))
