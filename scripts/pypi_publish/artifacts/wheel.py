"""Reads a wheel."""

from pathlib import Path

from pypi_publish.artifacts.contents import Findings
from pypi_publish.artifacts.model import Trouble, Wheel
from pypi_publish.artifacts.tar_archive import looks_like_tar
from pypi_publish.artifacts.zip_archive import ZipArchive, opened
from pypi_publish.core_metadata.names import escaped
from pypi_publish.core_metadata.parse import CoreMetadata, parse

_BOTH = "Invalid distribution file. File is both a zip and a tar file"

_NO_METADATA = (
    "No METADATA in archive or METADATA missing 'Metadata-Version' (twine stops with this)"
)


def read_wheel(path: Path, size: int) -> Wheel:
    """Return what a wheel holds; whatever is wrong with it is among its flaws."""
    findings = Findings()
    dist_info = _dist_info(path.name, findings)
    texts: dict[str, bytes | None] = {}
    entries: frozenset[str] = frozenset()
    with opened(path, findings) as archive:
        if archive is not None:
            archive.look()
            entries = frozenset(archive.infos)
            for part in ("METADATA", "WHEEL", "RECORD", "entry_points.txt"):
                texts[part] = archive.text(f"{dist_info}/{part}")
            _layout(path.name, dist_info, archive, texts, findings)
            _also_a_tar(path, findings)
            texts["METADATA"] = texts["METADATA"] or _metadata_elsewhere(archive)
    metadata = _metadata(texts.get("METADATA"), findings)
    return Wheel(
        file=path.name,
        path=path,
        size=size,
        name=metadata.first("Name") if metadata else None,
        version=metadata.first("Version") if metadata else None,
        metadata=metadata,
        flaws=tuple(dict.fromkeys(findings.flaws)),
        members=tuple(findings.members),
        entries=entries,
        secrets=findings.secrets,
        dist_info=dist_info,
        wheel_file=_decoded(texts.get("WHEEL")),
        record=_decoded(texts.get("RECORD")),
        entry_points=texts.get("entry_points.txt"),
    )


def _also_a_tar(path: Path, findings: Findings) -> None:
    """Note a zip file that begins like a tar archive."""
    with path.open("rb") as file:
        if looks_like_tar(file.read(512)):
            findings.flaw(Trouble.FORMAT, _BOTH)


def _dist_info(file: str, findings: Findings) -> str:
    project, _, rest = file.partition("-")
    version, dash, _ = rest.partition("-")
    if not dash:
        message = "Invalid distribution file. Unable to parse name and version from wheel filename"
        findings.flaw(Trouble.FILENAME, message)
    return f"{project}-{version}.dist-info"


def _layout(
    file: str,
    dist_info: str,
    archive: ZipArchive,
    texts: dict[str, bytes | None],
    findings: Findings,
) -> None:
    if texts["WHEEL"] is None:
        message = f"Invalid distribution file. WHEEL not found at {dist_info}/WHEEL"
        findings.flaw(Trouble.LAYOUT, message)
    for part in ("RECORD", "METADATA"):
        if texts[part] is None:
            message = (
                f"Wheel '{file}' does not contain the required {part} file: {dist_info}/{part}"
            )
            findings.flaw(Trouble.LAYOUT, message)
    if texts["RECORD"] and _decoded(texts["RECORD"]) is None:
        message = f"Wheel '{file}' does not contain the required RECORD file: {dist_info}/RECORD"
        findings.flaw(Trouble.LAYOUT, f"{message} (it is not UTF-8)")
    _one_dist_info(dist_info, archive, findings)


def _one_dist_info(dist_info: str, archive: ZipArchive, findings: Findings) -> None:
    tops = {name.partition("/")[0] for name in archive.infos}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    project = escaped(dist_info.partition("-")[0])
    if len(folders) > 1:
        message = f"Multiple .dist-info directories found: {', '.join(folders)}"
        findings.flaw(Trouble.LAYOUT, f"{message} (uv and pip refuse this)")
    elif folders and escaped(folders[0].partition("-")[0]) != project:
        message = (
            f"The .dist-info directory {folders[0]} does not start with "
            f"the normalized package name: {project}"
        )
        findings.flaw(Trouble.LAYOUT, f"{message} (uv and pip refuse this)")


def _metadata_elsewhere(archive: ZipArchive) -> bytes | None:
    """Return the metadata of a wheel whose folder has another name: twine sends that."""
    found = [name for name in archive.infos if name.endswith(".dist-info/METADATA")]
    return archive.text(found[0]) if len(found) == 1 else None


def _metadata(data: bytes | None, findings: Findings) -> CoreMetadata | None:
    if data is None:
        return None
    unread = any(flaw.member.endswith(".dist-info/METADATA") for flaw in findings.flaws)
    if b"Metadata-Version" not in data and not unread:
        findings.flaw(Trouble.LAYOUT, _NO_METADATA)
    return parse(data)


def _decoded(data: bytes | None) -> str | None:
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
