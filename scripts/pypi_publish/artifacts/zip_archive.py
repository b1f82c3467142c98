"""Zip files, read the way the index reads them and never unpacked."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pypi_publish.artifacts.contents import (
    LARGEST_TEXT,
    MOST_BYTES,
    MOST_MEMBERS,
    PIECE,
    Findings,
    digest,
    is_absolute,
    leads_out,
    takes_detours,
)
from pypi_publish.artifacts.model import Member, Trouble
from pypi_publish.artifacts.policy import LARGEST_SCANNED, is_scanned
from pypi_publish.artifacts.zip_framing import Sizes, framing_refusal

_DOCS = "See https://docs.pypi.org/archives for more information"
_WORST_RATIO = 50
_RATIO_FROM = 64 << 20
_SMALL = 32 << 20  # read at once: seeking in memory is ten times as fast
_ENCRYPTED = 0x1
_METHODS = {9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstandard", 95: "xz"}
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, struct.error,
    UnicodeError, ValueError,
)  # fmt: skip


class ZipArchive:
    """An open zip file whose directory could be read."""

    def __init__(self, archive: zipfile.ZipFile, findings: Findings) -> None:
        self._archive = archive
        self._findings = findings
        self.infos = {info.filename: info for info in archive.infolist()}

    def text(self, name: str) -> bytes | None:
        """Return the content of a member, or None where there is none of that name."""
        info = self.infos.get(name)
        if info is None:
            return None
        if info.file_size > LARGEST_TEXT:
            self._findings.flaw(Trouble.UNREAD, f"{name} has {info.file_size} bytes", name)
            return b""
        return self._read(info) or b""

    def look(self) -> None:
        """Read every member once: digests, marks, secrets."""
        # Not `is_dir`: before Python 3.12 it fails for a member without a name.
        infos = [info for info in self._archive.infolist() if info.filename[-1:] != "/"]
        total = sum(info.file_size for info in infos)
        if total > MOST_BYTES or len(infos) > MOST_MEMBERS:
            what = f"expands to {total >> 20} MiB in {len(infos)} files; its contents were not read"
            self._findings.flaw(Trouble.UNREAD, what)
        for info in infos:
            self._judge_path(info.filename)
            read = total <= MOST_BYTES and len(infos) <= MOST_MEMBERS
            sha256 = self._digest(info) if read else ""
            self._findings.members.append(Member(info.filename, info.file_size, sha256))

    def _judge_path(self, name: str) -> None:
        if is_absolute(name) or leads_out(name):
            self._findings.flaw(Trouble.UNSAFE, "leads out of the folder", name)
        elif takes_detours(name):
            self._findings.flaw(Trouble.ODD_PATH, "has `..` in its path", name)

    def _digest(self, info: zipfile.ZipInfo) -> str:
        if info.file_size <= LARGEST_SCANNED:
            data = self._read(info)
            if data is None:
                return ""
            self._findings.look_into(info.filename, data)
            return digest(data)
        from hashlib import sha256

        whole = sha256()
        try:
            with self._archive.open(info) as stream:
                while piece := stream.read(PIECE):
                    whole.update(piece)
        except _UNREADABLE as error:
            self._damaged(info, error)
            return ""
        return whole.hexdigest()

    def _read(self, info: zipfile.ZipInfo) -> bytes | None:
        try:
            with self._archive.open(info) as stream:
                return stream.read(info.file_size)
        except _UNREADABLE as error:
            self._damaged(info, error)
            return None

    def _damaged(self, info: zipfile.ZipInfo, error: Exception) -> None:
        if info.flag_bits & _ENCRYPTED:
            message = "is encrypted"
        elif is_scanned(info.filename) or ".dist-info/" in info.filename:
            message = f"Invalid distribution file. None ({error})"  # members that the index reads
        else:
            message = f"Bad CRC or data, as installers find on unpacking: {error}"
        self._findings.flaw(Trouble.DAMAGED, message, info.filename)


@contextmanager
def opened(path: Path, findings: Findings) -> Iterator[ZipArchive | None]:
    """Open a zip file and judge its frame; None where it cannot be read as one."""
    with path.open("rb") as file:
        size = path.stat().st_size
        stream: BinaryIO = BytesIO(file.read()) if size <= _SMALL else file
        if not is_zip(stream, size):
            findings.flaw(Trouble.FORMAT, "Invalid distribution file. File is not a zipfile")
            if _end_of(stream, size)[1] < 0:
                yield None
                return
        try:
            archive = zipfile.ZipFile(stream)
        except _UNREADABLE as error:
            findings.flaw(Trouble.DAMAGED, f"Invalid distribution file. None ({error})")
            _judge_framing(stream, size, None, findings)
            yield None
            return
        _judge(archive, stream, size, findings)
        # Other decompressors than deflate can take gigabytes, and the index does not get there.
        packed_oddly = any(flaw.trouble is Trouble.COMPRESSION for flaw in findings.flaws)
        yield None if packed_oddly else ZipArchive(archive, findings)


def is_zip(stream: BinaryIO, size: int) -> bool:
    """Whether a stream ends with a zip directory that is where it says it is."""
    tail, at = _end_of(stream, size)
    if at < 0:
        return False
    entries, length, offset = struct.unpack("<10xHLL2x", tail[at : at + 22])
    end = size - len(tail) + at
    if tail[at - 20 : at - 16] == b"PK\x06\x07":  # the sizes stand in the zip64 record
        return True
    if not entries and not length and not offset:
        return True
    stream.seek(max(0, end - length))
    return end >= length and stream.read(4) == b"PK\x01\x02"


def _end_of(stream: BinaryIO, size: int) -> tuple[bytes, int]:
    """Return the last bytes, and where in them the record stands that ends a zip file, or -1."""
    stream.seek(max(0, size - (1 << 16) - 22))
    tail = stream.read()
    return tail, tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - 18))


def _judge(archive: zipfile.ZipFile, stream: BinaryIO, size: int, findings: Findings) -> None:
    infos = archive.infolist()
    expanded = sum(info.file_size for info in infos)
    if expanded > _RATIO_FROM and expanded > _WORST_RATIO * size:
        message = f"Invalid distribution file. File exceeds compression ratio of {_WORST_RATIO}"
        findings.flaw(Trouble.RATIO, f"{message} ({expanded >> 20} MiB from {size >> 10} KiB)")
    kinds = {info.compress_type for info in infos} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if kinds:
        message = "Invalid distribution file. File does not use a supported compression type"
        shown = ", ".join(sorted(_METHODS.get(kind, f"method {kind}") for kind in kinds))
        findings.flaw(Trouble.COMPRESSION, f"{message} ({shown})")
    sizes = {info.orig_filename: (info.compress_size, info.file_size) for info in infos}
    _judge_framing(stream, size, sizes, findings)


def _judge_framing(stream: BinaryIO, size: int, sizes: Sizes | None, findings: Findings) -> None:
    reason = framing_refusal(stream, size, sizes)
    if reason:
        message = f"Invalid distribution file. ZIP archive not accepted: {reason}. {_DOCS}"
        findings.flaw(Trouble.FRAMING, message)
