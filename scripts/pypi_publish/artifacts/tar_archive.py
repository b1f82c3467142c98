"""Gzipped tar files, read as a stream and never unpacked."""

import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from pypi_publish.artifacts.contents import (
    LARGEST_TEXT,
    MOST_BYTES,
    MOST_MEMBERS,
    Findings,
    digest,
    is_absolute,
    leads_out,
    takes_detours,
)
from pypi_publish.artifacts.model import Member, Trouble
from pypi_publish.artifacts.policy import LARGEST_SCANNED

_NOT_TAR = "Invalid distribution file. File is not a tarfile"
_DAMAGED = "Invalid distribution file. None"
_SPARSE = (
    "Invalid distribution file. tar archive not accepted: Sparse members are not allowed. "
    "See https://docs.pypi.org/archives for more information"
)
_GZIP = b"\x1f\x8b"
_OTHER_KINDS = (b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_PIECE = 1 << 16


class _TooLarge(Exception):
    """The archive expands to more than is ever read."""


class _Damaged(Exception):
    """The compressed stream is broken or ends too early."""


class Inflated(io.RawIOBase):
    """The content of a gzip file, which stops at a bound. Reads forward only."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._inflate = zlib.decompressobj(31)
        self._pending = b""
        self._position = 0
        self._finished = False

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset < self._position:
            raise io.UnsupportedOperation("the stream is read once, from its start to its end")
        while self._position < offset and self.read(min(1 << 20, offset - self._position)):
            pass
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        pieces = []
        while size and (piece := self._piece(size)):
            pieces.append(piece)
            size -= len(piece)
        data = b"".join(pieces)
        self._position += len(data)
        if self._position > MOST_BYTES:
            raise _TooLarge
        return data

    def _piece(self, size: int) -> bytes:
        while not self._finished:
            try:
                data = self._inflate.decompress(self._pending, size)
            except zlib.error as error:
                raise _Damaged(str(error)) from error
            self._pending = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._next_stream()
            if data:
                return data
            if not self._pending and not self._finished:
                self._pending = self._source.read(_PIECE)
                if not self._pending:
                    raise _Damaged("the compressed stream ends too early")
        return b""

    def _next_stream(self) -> None:
        """Several gzip streams may follow one another, with zeros between."""
        rest = (self._inflate.unused_data or self._source.read(_PIECE)).lstrip(b"\0")
        while not rest and (more := self._source.read(_PIECE)):
            rest = more.lstrip(b"\0")
        self._finished = not rest
        self._pending = rest
        self._inflate = zlib.decompressobj(31)


def read_tar(
    path: Path, findings: Findings, wanted: Callable[[str], bool]
) -> tuple[list[str], dict[str, tarfile.TarInfo], dict[str, bytes]]:
    """Return all names in order, the members by name and the content of the wanted ones."""
    kept: dict[str, bytes] = {}
    names: list[str] = []
    infos: dict[str, tarfile.TarInfo] = {}
    with path.open("rb") as file:
        if not _is_gzip(file, findings):
            return names, infos, kept
        try:
            for info, data in _members(Inflated(file), findings):
                names.append(info.name)
                infos[info.name] = info
                if data is not None and wanted(info.name):
                    kept[info.name] = data
        except _TooLarge:
            findings.flaw(Trouble.UNREAD, f"expands to more than {MOST_BYTES >> 20} MiB")
        except _Damaged as error:
            findings.flaw(Trouble.DAMAGED, f"{_DAMAGED} ({error})")
        except (tarfile.TarError, ValueError, RecursionError, OSError, EOFError) as error:
            findings.flaw(Trouble.DAMAGED, f"{_DAMAGED} ({error})")
    return names, infos, kept


def _is_gzip(file: BinaryIO, findings: Findings) -> bool:
    head = file.read(512)
    file.seek(0)
    if head.startswith(_GZIP):
        return True
    if looks_like_tar(head):
        findings.flaw(Trouble.FORMAT, f"{_DAMAGED} (it is a tar file without gzip)")
    elif head.startswith(_OTHER_KINDS):
        findings.flaw(Trouble.FORMAT, f"{_DAMAGED} (compressed with something else than gzip)")
    else:
        findings.flaw(Trouble.FORMAT, _NOT_TAR)
    return False


def looks_like_tar(head: bytes) -> bool:
    """Whether a block is the header of a tar member: its checksum says so."""
    if len(head) < 512:
        return False
    try:
        stated = int(head[148:156].strip(b"\0 ") or b"0", 8)
    except ValueError:
        return False
    return stated == 256 + sum(head[:148]) + sum(head[156:512]) and stated > 256


def _members(
    stream: Inflated, findings: Findings
) -> Iterator[tuple[tarfile.TarInfo, bytes | None]]:
    try:
        archive = tarfile.TarFile(fileobj=stream)
    except (tarfile.TarError, OSError, _Damaged):
        findings.flaw(Trouble.FORMAT, _NOT_TAR)
        return
    sparse = False
    for number, info in enumerate(archive):
        archive.members.clear()  # type: ignore[attr-defined] # tarfile keeps all it has seen, which a bomb would make use of
        if number >= MOST_MEMBERS:
            raise _TooLarge
        if info.issparse():
            sparse = True
            yield info, None
            continue
        yield info, _content(archive, info, findings)
    if sparse:
        findings.flaw(Trouble.SPARSE, _SPARSE)
    try:
        while stream.read(1 << 20):
            pass  # the checksum of the gzip stream stands at its end
    except _Damaged as error:
        findings.flaw(Trouble.TRAILER, f"the gzip stream is damaged after the last file: {error}")


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo, findings: Findings) -> bytes | None:
    _judge_path(info, findings)
    if not info.isreg():
        return None
    if info.size > max(LARGEST_SCANNED, LARGEST_TEXT):
        findings.members.append(Member(info.name, info.size))
        return None
    reader = archive.extractfile(info)
    data = reader.read() if reader is not None else b""
    if len(data) <= LARGEST_SCANNED:
        findings.look_into(info.name, data)
    findings.members.append(Member(info.name, info.size, digest(data)))
    return data


def _judge_path(info: tarfile.TarInfo, findings: Findings) -> None:
    """Note what pip does not unpack; it drops the top folder of every path before it looks."""
    inside = info.name.strip("/").partition("/")[2]
    if leads_out(inside) or info.name[1:2] == ":" or _links_out(info, inside):
        findings.flaw(Trouble.UNSAFE, "leads out of the folder", info.name)
    elif info.ischr() or info.isblk() or info.isfifo():
        findings.flaw(Trouble.UNSAFE, "is a device or a named pipe", info.name)
    elif is_absolute(info.name):
        findings.flaw(Trouble.ODD_PATH, "has an absolute path", info.name)
    elif takes_detours(info.name):
        findings.flaw(Trouble.ODD_PATH, "has `..` in its path", info.name)


def _links_out(info: tarfile.TarInfo, inside: str) -> bool:
    if not (info.issym() or info.islnk()):
        return False
    folders = [part for part in inside.split("/")[:-1] if part not in ("", ".")]
    depth = len(folders) if info.issym() else 0  # a hard link begins at the top of the archive
    return is_absolute(info.linkname) or leads_out(info.linkname, depth)
