"""The records of a zip file in the order of its bytes, as the index walks them.

A zip file can be read from its end (the central directory) or from its start (the local
headers). The index refuses a file where the two could tell different stories. Python's own
reader looks at the end alone and notices next to nothing of it.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_OVERFLOW = 0xFFFFFFFF
_STREAMED = 0x08
_STORED = 0
_CONTROL = bytes([*range(32), 127])

Sizes = Mapping[str, tuple[int, int]]  # compressed and full, by name, of the central directory


class _Refused(Exception):
    """The walk has come upon something that the index does not take."""


def framing_refusal(stream: BinaryIO, length: int, sizes: Sizes | None) -> str | None:
    """Return why the index would not take the framing of a zip file, in its words.

    Without sizes, for a directory that Python cannot read, they are not compared.
    """
    try:
        _Walk(stream, length, sizes).run()
    except _Refused as refused:
        return str(refused)
    return None


class _Walk:
    """One pass over the records."""

    def __init__(self, stream: BinaryIO, length: int, sizes: Sizes | None) -> None:
        self._stream = stream
        self._length = length
        self._sizes = sizes
        self._local: set[bytes] = set()
        self._central: set[bytes] = set()
        self._records = 0
        self._central_start: int | None = None
        self._central_size = 0
        self._end64: tuple[int, int, int] | None = None
        self._end64_start: int | None = None
        self._located = False

    def run(self) -> None:
        self._stream.seek(0)
        handlers = {
            _LOCAL: self._local_header,
            _CENTRAL: self._central_header,
            _END64: self._zip64_end,
            _LOCATOR64: self._zip64_locator,
        }
        while (signature := self._read(4)) != _END:
            if signature not in handlers:
                raise _Refused("Unknown record signature")
            if self._end64_start is not None and signature != _LOCATOR64:
                raise _Refused("Malformed zip file")
            handlers[signature]()
        self._end()

    def _read(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) != count:
            raise _Refused("Malformed zip file")
        return data

    def _local_header(self) -> None:
        fixed = struct.unpack("<xxHHxxxxxxxxLLHH", self._read(26))
        flags, method, compressed, full, name_length, extra_length = fixed
        name, extra = self._read(name_length), self._read(extra_length)
        _no_control_characters(name)
        compressed, full = _with_extra(extra, method, compressed, full)
        if flags & _STREAMED:
            raise _Refused("ZIP contains a data descriptor")
        self._agrees(name, compressed, full)
        # Beyond the end of the file a seek succeeds and the next read comes back empty.
        self._stream.seek(min(self._stream.tell() + compressed, self._length))
        if name in self._local:
            raise _Refused("Duplicate filename in local headers")
        self._local.add(name)

    def _agrees(self, name: bytes, compressed: int, full: int) -> None:
        if self._sizes is None:
            return
        try:
            listed = self._sizes.get(name.decode("utf-8"))
        except UnicodeDecodeError:
            raise _Refused("Filename not unicode") from None
        if listed is None:
            raise _Refused("Filename not in central directory")
        if listed[0] != compressed:
            raise _Refused("Mis-matched data size")
        if listed[1] != full:
            raise _Refused("Mis-matched file size")

    def _central_header(self) -> None:
        if self._central_start is None:
            self._central_start = self._stream.tell() - 4
        self._records += 1
        lengths = struct.unpack("<24xHHH12x", self._read(42))
        name_length, extra_length, comment_length = lengths
        if comment_length:
            raise _Refused("Comment in central directory")
        name = self._read(name_length)
        self._read(extra_length)
        _no_control_characters(name)
        self._central_size += 46 + name_length + extra_length
        if name in self._central:
            raise _Refused("Duplicate filename in central directory")
        if name not in self._local:
            raise _Refused("Missing filename in local headers")
        self._central.add(name)

    def _zip64_end(self) -> None:
        self._end64_start = self._stream.tell() - 4
        size, here, total, central_size, offset = struct.unpack("<Q12xQQQQ", self._read(52))
        if here != total:
            raise _Refused("Malformed zip file")
        if size != 44:
            raise _Refused("ZIP64 extensible data not allowed")
        self._end64 = (total, central_size, offset)

    def _zip64_locator(self) -> None:
        (offset,) = struct.unpack("<4xQ4x", self._read(16))
        if self._end64_start is None or self._located:
            raise _Refused("Malformed zip file")
        if offset != self._end64_start:
            raise _Refused("Mis-matched EOCD64 record and locator offset")
        self._located = True

    def _end(self) -> None:
        if self._end64_start is not None and not self._located:
            raise _Refused("Malformed zip file")
        if self._central_start is None:
            self._central_start = self._stream.tell() - 4
        here, total, size, offset, comment = struct.unpack("<4xHHLLH", self._read(18))
        if here != total:
            raise _Refused("Malformed zip file")
        stated = self._end64 or (total, size, offset)
        found = (self._records, self._central_size, self._central_start)
        for what, says, is_ in zip(("records", "size", "offset"), stated, found, strict=True):
            if says != is_:
                raise _Refused(f"Mismatched central directory {what}")
        if self._central != self._local:
            raise _Refused("Mis-matched local headers and central directory")
        if self._stream.tell() + comment != self._length:
            raise _Refused("Trailing data")


def _no_control_characters(name: bytes) -> None:
    if name.translate(None, _CONTROL) != name:
        raise _Refused("Invalid character in filename")


def _with_extra(extra: bytes, method: int, compressed: int, full: int) -> tuple[int, int]:
    """Return the sizes of a member, from its extra fields where they do not fit the header."""
    seen = set()
    for kind, content in _extras(extra):
        if kind in seen and kind in (_ZIP64, _UNICODE_PATH):
            raise _Refused("Invalid duplicate extra in local file")
        seen.add(kind)
        if kind == _ZIP64:
            compressed, full = _zip64_sizes(content, method, compressed, full)
        elif kind == _UNICODE_PATH:
            _unicode_path(content)
    return compressed, full


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while extra:
        if len(extra) < 4:
            raise _Refused("Malformed zip file")
        kind, length = struct.unpack("<HH", extra[:4])
        if length + 4 > len(extra):
            raise _Refused("Malformed zip file")
        yield kind, extra[4 : 4 + length]
        extra = extra[4 + length :]


def _zip64_sizes(content: bytes, method: int, compressed: int, full: int) -> tuple[int, int]:
    if len(content) not in (0, 8, 16, 24, 28):
        raise _Refused("Malformed zip file")
    if not content:
        if _OVERFLOW in (compressed, full):
            raise _Refused("Malformed zip file")
        return compressed, full
    (full_size,) = struct.unpack("<Q", content[:8])
    if len(content) == 8:
        if method != _STORED:
            raise _Refused("Malformed zip file")
        compressed_size = full_size
    else:
        (compressed_size,) = struct.unpack("<Q", content[8:16])
    return compressed_size, full_size if full == _OVERFLOW else full


def _unicode_path(content: bytes) -> None:
    name = content[5:]
    _no_control_characters(name)
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        raise _Refused("Filename not valid UTF-8") from None
