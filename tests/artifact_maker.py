"""Makes wheels and sdists in memory, good ones and ones that are wrong in exactly one respect."""

import base64
import gzip
import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

METADATA: Mapping[str, str | list[str]] = {
    "Metadata-Version": "2.4",
    "Name": "sample-pkg",
    "Version": "1.0",
    "Summary": "A sample",
    "Requires-Python": ">=3.11",
    "License-Expression": "MIT",
    "License-File": ["LICENSE"],
    "Classifier": ["Programming Language :: Python :: 3"],
    "Project-URL": ["Homepage, https://example.com/sample"],
    "Requires-Dist": ["packaging>=24", 'rich>=13; extra == "cli"'],
    "Provides-Extra": ["cli"],
    "Author-email": "Jane Roe <jane@example.com>",
    "Description-Content-Type": "text/markdown",
}
WHEEL = "Wheel-Version: 1.0\nGenerator: maker 1\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def metadata(
    changes: Mapping[str, str | list[str] | None] | None = None, body: str = "# Sample\n\nText.\n"
) -> bytes:
    """Return a metadata file; a change to None takes a field out."""
    lines = []
    for name, value in {**METADATA, **(changes or {})}.items():
        values = value if isinstance(value, list) else [] if value is None else [value]
        lines += [f"{name}: {item}" for item in values]
    return ("\n".join(lines) + "\n\n" + body).encode()


def record_row(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}"


@dataclass
class WheelMaker:
    """A wheel; every part of it can be exchanged before it is written."""

    file: str = "sample_pkg-1.0-py3-none-any.whl"
    dist_info: str = "sample_pkg-1.0.dist-info"
    changes: Mapping[str, str | list[str] | None] = field(default_factory=dict)
    body: str = "# Sample\n\nText.\n"
    extra: dict[str, bytes] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    record: str | bytes | None = None
    compression: int = zipfile.ZIP_DEFLATED

    def contents(self) -> dict[str, bytes]:
        files = {
            "sample_pkg/__init__.py": b'"""Sample."""\n',
            f"{self.dist_info}/licenses/LICENSE": b"MIT License\n",
            f"{self.dist_info}/WHEEL": WHEEL.encode(),
            f"{self.dist_info}/METADATA": metadata(self.changes, self.body),
            **self.extra,
        }
        where = f"{self.dist_info}/RECORD"
        packed = [name for name in files if name not in self.without]
        listed = "".join(f"{record_row(name, files[name])}\n" for name in packed)
        record = self.record if self.record is not None else f"{listed}{where},,\n"
        files[where] = record.encode() if isinstance(record, str) else record
        return {name: data for name, data in files.items() if name not in self.without}

    def data(self) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", self.compression) as archive:
            for name, content in self.contents().items():
                archive.writestr(zipfile.ZipInfo(name), content, self.compression)
        return stream.getvalue()

    def write(self, folder: Path) -> Path:
        path = folder / self.file
        path.write_bytes(self.data())
        return path


@dataclass
class SdistMaker:
    """An sdist, likewise."""

    file: str = "sample_pkg-1.0.tar.gz"
    top: str = "sample_pkg-1.0"
    changes: Mapping[str, str | list[str] | None] = field(default_factory=dict)
    body: str = "# Sample\n\nText.\n"
    extra: dict[str, bytes] = field(default_factory=dict)  # by path, the top folder included
    without: tuple[str, ...] = ()
    links: dict[str, str] = field(default_factory=dict)

    def contents(self) -> dict[str, bytes]:
        files = {
            f"{self.top}/PKG-INFO": metadata(self.changes, self.body),
            f"{self.top}/LICENSE": b"MIT License\n",
            f"{self.top}/pyproject.toml": b"[build-system]\nrequires = []\n",
            f"{self.top}/src/sample_pkg/__init__.py": b'"""Sample."""\n',
            **self.extra,
        }
        return {name: data for name, data in files.items() if name not in self.without}

    def tar(self) -> bytes:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, content in self.contents().items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            for name, target in self.links.items():
                info = tarfile.TarInfo(name)
                info.type, info.linkname = tarfile.SYMTYPE, target
                archive.addfile(info)
        return stream.getvalue()

    def data(self) -> bytes:
        if self.file.endswith(".zip"):
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w") as archive:
                for name, content in self.contents().items():
                    archive.writestr(zipfile.ZipInfo(name), content)
            return stream.getvalue()
        return gzip.compress(self.tar(), mtime=0)

    def write(self, folder: Path) -> Path:
        path = folder / self.file
        path.write_bytes(self.data())
        return path


@dataclass
class Entry:
    """A member of a zip file, with every field of its headers to be set freely."""

    name: bytes
    data: bytes = b"x"
    flags: int = 0
    method: int = 0
    extra: bytes = b""  # of the local header
    central_extra: bytes = b""
    comment: bytes = b""
    local_name: bytes | None = None
    local_size: int | None = None  # the full size that the local header states
    local_compressed: int | None = None
    central: bool = True
    local: bool = True
    after: bytes = b""  # between this member and the next


def zip_of(
    entries: list[Entry],
    *,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    here: int | None = None,
    offset_by: int = 0,
    size_by: int = 0,
    zip64: bytes = b"",
) -> bytes:
    """Return a zip file that says what it is told to say."""
    out = bytearray(before)
    directory = bytearray()
    for entry in entries:
        start = len(out)
        checksum = zlib.crc32(entry.data)
        size = len(entry.data)
        if entry.local:
            name = entry.name if entry.local_name is None else entry.local_name
            compressed = size if entry.local_compressed is None else entry.local_compressed
            full = size if entry.local_size is None else entry.local_size
            out += struct.pack(
                "<4sHHHHHLLLHH", b"PK\x03\x04", 20, entry.flags, entry.method, 0, 33,
                checksum, compressed, full, len(name), len(entry.extra),
            )  # fmt: skip
            out += name + entry.extra + entry.data + entry.after
        if entry.central:
            directory += struct.pack(
                "<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", 20, 20, entry.flags, entry.method, 0, 33,
                checksum, size, size, len(entry.name), len(entry.central_extra),
                len(entry.comment), 0, 0, 0, start,
            )  # fmt: skip
            directory += entry.name + entry.central_extra + entry.comment
    number = sum(entry.central for entry in entries) if count is None else count
    start = len(out)
    out += directory + zip64.replace(b"@@@@@@@@", struct.pack("<Q", start + len(directory)))
    out += struct.pack(
        "<4sHHHHLLH", b"PK\x05\x06", 0, 0, number if here is None else here, number,
        len(directory) + size_by, start + offset_by, len(comment),
    )  # fmt: skip
    return bytes(out + comment + after)
