"""Reads an sdist."""

from os.path import commonpath, commonprefix
from pathlib import Path

from pypi_publish.artifacts.contents import LARGEST_TEXT, Findings
from pypi_publish.artifacts.model import Sdist, Trouble
from pypi_publish.artifacts.tar_archive import read_tar
from pypi_publish.artifacts.zip_archive import is_zip, opened
from pypi_publish.core_metadata.parse import parse

_INVALID = "Invalid distribution file."
_BOTH = f"{_INVALID} File is both a zip and a tar file"
_NO_METADATA = "No PKG-INFO in archive or PKG-INFO missing 'Metadata-Version'"


def read_sdist(path: Path, size: int) -> Sdist:
    """Return what an sdist holds; whatever is wrong with it is among its flaws."""
    findings = Findings()
    if path.name.endswith(".zip"):
        names, pkg_info = _from_zip(path, findings)
    else:
        names, pkg_info = _from_tar(path, size, findings)
    top_level = commonprefix(names)  # noqa: RUF071 - as the index does
    data = pkg_info.get(_inside(top_level, "PKG-INFO"))
    if names:
        _layout(path, names, top_level, data, findings)
    metadata = parse(data) if data else None
    return Sdist(
        file=path.name,
        path=path,
        size=size,
        name=metadata.first("Name") if metadata else None,
        version=metadata.first("Version") if metadata else None,
        metadata=metadata,
        flaws=tuple(dict.fromkeys(findings.flaws)),
        members=tuple(findings.members),
        entries=frozenset(names),
        secrets=findings.secrets,
        top_level=top_level,
    )


def _inside(top_level: str, name: str) -> str:
    return f"{top_level}{name}" if top_level.endswith("/") else f"{top_level}/{name}"


def _from_tar(path: Path, size: int, findings: Findings) -> tuple[list[str], dict[str, bytes]]:
    with path.open("rb") as file:
        if is_zip(file, size):
            findings.flaw(Trouble.FORMAT, _BOTH)
    names, infos, kept = read_tar(path, findings, lambda name: name.endswith("PKG-INFO"))
    for name, info in infos.items():
        if name.count("/") == 1 and name.endswith("/PKG-INFO") and not info.isreg():
            findings.flaw(Trouble.LAYOUT, f"PKG-INFO is not a regular file: {path.name}", name)
            kept[name] = b""
        elif info.isreg() and info.size > LARGEST_TEXT and name.endswith("PKG-INFO"):
            findings.flaw(Trouble.UNREAD, f"{name} has {info.size} bytes", name)
            kept[name] = b""
    if not names and not findings.flaws:
        message = f"{_INVALID} Incorrect number of top-level directories in sdist"
        findings.flaw(Trouble.LAYOUT, message)
    return names, kept


def _from_zip(path: Path, findings: Findings) -> tuple[list[str], dict[str, bytes]]:
    with opened(path, findings) as archive:
        if archive is None:
            return [], {}
        archive.look()
        names = list(archive.infos)
        found = {name: archive.text(name) for name in names if name.endswith("PKG-INFO")}
    return names, {name: data for name, data in found.items() if data is not None}


def _layout(
    path: Path, names: list[str], top_level: str, data: bytes | None, findings: Findings
) -> None:
    tops = {name.removeprefix("./").partition("/")[0] for name in names}
    target = _inside(top_level, "PKG-INFO")
    if top_level in (".", "/", ""):
        message = f"{_INVALID} Incorrect number of top-level directories in sdist"
        findings.flaw(Trouble.LAYOUT, f"{message} ({_some(tops)})")
    elif data is None:
        findings.flaw(Trouble.LAYOUT, f"{_INVALID} PKG-INFO not found at {target}")
    elif len(tops) > 1:
        message = f"Too many top-level members in sdist archive: {path.name}"
        findings.flaw(Trouble.LAYOUT, f"{message} (twine stops with this; {_some(tops)})")
    elif not data and any(flaw.member == target for flaw in findings.flaws):
        pass  # it was not read, and that is said
    elif not _twine_finds(names) or b"Metadata-Version" not in data:
        message = f"{_NO_METADATA}: {path.name}"
        findings.flaw(Trouble.LAYOUT, f"{message} (twine stops with this)")


def _twine_finds(names: list[str]) -> bool:
    """Whether PKG-INFO is where twine looks, which leaves `.` out of the path of the top folder."""
    return f"{commonpath(names).rstrip('/')}/PKG-INFO" in names


def _some(names: set[str]) -> str:
    shown = sorted(names)[:5]
    return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")
