"""Archives as PyPI reads them: framing of zip files, members of tar files, bombs, broken bytes."""
# ruff: noqa: E501 - a row of a table is a line

import bz2
import gzip
import io
import os
import struct
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifact_maker import Entry, SdistMaker, WheelMaker, metadata, zip_of
from artifact_verdicts import of_status, refusals, verdicts, warnings
from pypi_publish.artifacts.read import read_artifacts
from pypi_publish.errors import Problem
from pypi_publish.verdict import Status

WHEEL = "sample_pkg-1.0-py3-none-any.whl"
SDIST = "sample_pkg-1.0.tar.gz"
INVALID = "Invalid distribution file. "


def framing(what: str) -> str:
    return f"{INVALID}ZIP archive not accepted: {what}. See https://docs.pypi.org/archives for more information"


def entries(**first: object) -> list[Entry]:
    """Return the members of a good wheel; the first one can be bent."""
    contents = WheelMaker().contents()
    made = [Entry(name.encode(), data) for name, data in contents.items()]
    for field, value in first.items():
        setattr(made[0], field, value)
    return made


def extra(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def zip64_end(*, extensible: bytes = b"", locator: bool = True, offset: int = 0) -> bytes:
    count = len(entries())
    size = sum(46 + len(item.name) for item in entries())
    start = sum(30 + len(item.name) + len(item.data) for item in entries())
    end = struct.pack(
        "<4sQHHLLQQQQ", b"PK\x06\x06", 44 + len(extensible), 45, 45, 0, 0, count, count, size, start
    )
    located = struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size + offset, 1)
    return end + extensible + (located if locator else b"")


SIZE = len(entries()[0].data)
GOOD = {
    "plain": zip_of(entries()),
    "archive-comment": zip_of(entries(), comment=b"made by hand"),
    "harmless-extra": zip_of(entries(extra=extra(0x5455, b"\x01" + b"\0" * 4))),
    "zip64-extra": zip_of(entries(extra=extra(1, struct.pack("<QQ", SIZE, SIZE)))),
    "zip64-end": zip_of(entries(), zip64=zip64_end()),
    "unicode-path": zip_of(entries(extra=extra(0x7075, b"\x01\0\0\0\0name"))),
    "utf8-name": zip_of([*entries(), Entry("sample_pkg/ä.txt".encode(), flags=0x800)]),
}
BAD = {
    "comment": (zip_of(entries(comment=b"x")), framing("Comment in central directory")),
    "data-descriptor": (zip_of(entries(flags=8)), framing("ZIP contains a data descriptor")),
    "control-character": (zip_of([*entries(), Entry(b"sample_pkg/a\x07b")]), framing("Invalid character in filename")),
    "duplicate-extra": (zip_of(entries(extra=extra(0x7075, b"\x01\0\0\0\0a") * 2)), framing("Invalid duplicate extra in local file")),
    "unicode-path": (zip_of(entries(extra=extra(0x7075, b"\x01\0\0\0\0\xff\xfe"))), framing("Filename not valid UTF-8")),
    "unicode-path-control": (zip_of(entries(extra=extra(0x7075, b"\x01\0\0\0\0a\x01"))), framing("Invalid character in filename")),
    "not-unicode": (zip_of([*entries(), Entry(b"sample_pkg/\xff\xfe")]), framing("Filename not unicode")),
    "not-utf8-flagged": (zip_of([*entries(), Entry("sample_pkg/ä".encode())]), framing("Filename not in central directory")),
    "not-in-central": (zip_of([*entries(), Entry(b"hidden.py", central=False)]), framing("Filename not in central directory")),
    "data-size": (zip_of(entries(local_compressed=SIZE + 1)), framing("Mis-matched data size")),
    "file-size": (zip_of(entries(local_size=SIZE + 1)), framing("Mis-matched file size")),
    "short-extra": (zip_of(entries(extra=b"\x01\0\x09")), framing("Malformed zip file")),
    "odd-zip64": (zip_of(entries(extra=extra(1, b"\0" * 9))), framing("Malformed zip file")),
    "zip64-extensible": (zip_of(entries(), zip64=zip64_end(extensible=b"\0" * 8)), framing("ZIP64 extensible data not allowed")),
    "zip64-locator": (zip_of(entries(), zip64=zip64_end(locator=False)), framing("Malformed zip file")),
    "duplicate-central": (zip_of([*entries(), Entry(b"sample_pkg/__init__.py", b"other", local_name=b"sample_pkg/__init__.py")]), framing("Mis-matched data size")),
    "duplicate-local": (zip_of([*entries(), entries()[0]]), framing("Duplicate filename in local headers")),
    "listed-twice": (zip_of([*entries(), Entry(b"sample_pkg/__init__.py", local=False)]), INVALID),
    "missing-local": (zip_of([*entries(), Entry(b"sample_pkg/ghost.py", b"", local=False)]), framing("Missing filename in local headers")),
    "records": (zip_of(entries(), count=3), INVALID),
    "records-on-disk": (zip_of(entries(), here=1), framing("Malformed zip file")),
    "before": (zip_of(entries(), before=b"#!/bin/sh\n"), framing("Unknown record signature")),
    "padding": (zip_of(entries(after=b"\0\0\0\0")), framing("Unknown record signature")),
    "trailing": (zip_of(entries(), after=b"\nsigned"), framing("Trailing data")),
    "trailing-zip": (zip_of(entries()) + zip_of(entries()), INVALID),
    "offset": (zip_of(entries(), offset_by=-4), framing("Mismatched central directory offset")),
    "truncated": (zip_of(entries())[:-1], f"{INVALID}File is not a zipfile"),
    "directory-elsewhere": (zip_of(entries(), offset_by=-4, count=0)[:-1], f"{INVALID}File is not a zipfile"),
    "html": (b"<!DOCTYPE html><title>404</title>" * 40, f"{INVALID}File is not a zipfile"),
    "git-lfs": (b"version https://git-lfs.github.com/spec/v1\n", f"{INVALID}File is not a zipfile"),
    "empty-file": (b"", f"{INVALID}File is not a zipfile"),
}  # fmt: skip


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD.keys())
def test_a_zip_file_in_order_is_taken(data: bytes, tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(data)
    assert refusals(tmp_path) == []


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD.keys())
def test_a_zip_file_that_pypi_refuses_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(data)
    assert message in "\n".join(refusals(tmp_path))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_other_compression_is_refused(method: int, tmp_path: Path) -> None:
    WheelMaker(compression=method).write(tmp_path)
    assert f"{INVALID}File does not use a supported compression type" in "\n".join(
        refusals(tmp_path)
    )


def test_what_is_packed_otherwise_is_not_unpacked(tmp_path: Path) -> None:
    broken = bytearray(WheelMaker(compression=zipfile.ZIP_LZMA).data())
    start = 30 + len("sample_pkg/__init__.py") + 9
    broken[start : start + 8] = b"\xff" * 8
    (tmp_path / WHEEL).write_bytes(broken)
    assert len(refusals(tmp_path)) == 1


def test_stored_members_are_taken(tmp_path: Path) -> None:
    WheelMaker(compression=zipfile.ZIP_STORED).write(tmp_path)
    assert refusals(tmp_path) == []


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    WheelMaker(extra={"sample_pkg/zeros.bin": bytes(65 << 20)}).write(tmp_path)
    assert f"{INVALID}File exceeds compression ratio of 50" in "\n".join(refusals(tmp_path))


def test_the_ratio_does_not_count_below_64_mebibytes(tmp_path: Path) -> None:
    WheelMaker(extra={"sample_pkg/zeros.bin": bytes(60 << 20)}).write(tmp_path)
    assert refusals(tmp_path) == []


def test_a_wheel_that_begins_as_a_tar_file_is_refused(tmp_path: Path) -> None:
    tar = SdistMaker().tar()
    (tmp_path / WHEEL).write_bytes(tar + WheelMaker().data())
    assert f"{INVALID}File is both a zip and a tar file" in "\n".join(refusals(tmp_path))


def test_an_sdist_with_a_zip_file_at_its_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / SDIST).write_bytes(SdistMaker().data() + WheelMaker().data())
    assert f"{INVALID}File is both a zip and a tar file" in "\n".join(refusals(tmp_path))


def test_a_member_with_a_wrong_checksum_is_damaged(tmp_path: Path) -> None:
    data = zip_of(entries())
    (tmp_path / WHEEL).write_bytes(data.replace(b'"""Sample."""\n', b'"""Simple."""\n'))
    assert f"{INVALID}None" in "\n".join(refusals(tmp_path))


def test_a_damaged_data_file_cannot_be_installed(tmp_path: Path) -> None:
    data = zip_of([*entries(), Entry(b"sample_pkg/data.bin", b"abcdefgh")])
    (tmp_path / WHEEL).write_bytes(data.replace(b"abcdefgh", b"abcdefgX"))
    assert "sample_pkg/data.bin: Bad CRC or data" in "\n".join(refusals(tmp_path))


TARS = {
    "not-gzip": (SdistMaker().tar(), f"{INVALID}None"),
    "bzip2": (bz2.compress(SdistMaker().tar()), f"{INVALID}None"),
    "html": (b"<html>not found</html>" * 50, f"{INVALID}File is not a tarfile"),
    "gzipped-html": (gzip.compress(b"<html>not found</html>" * 50), f"{INVALID}File is not a tarfile"),
    "empty-file": (b"", f"{INVALID}File is not a tarfile"),
    "empty-tar": (gzip.compress(bytes(10240)), f"{INVALID}Incorrect number of top-level directories in sdist"),
    "truncated": (SdistMaker(extra={"sample_pkg-1.0/r": os.urandom(9000)}).data()[:4000], f"{INVALID}None"),
    "truncated-inside": (gzip.compress(SdistMaker().tar()[:700]), f"{INVALID}None"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), TARS.values(), ids=TARS.keys())
def test_a_tar_file_that_pypi_refuses_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / SDIST).write_bytes(data)
    assert message in "\n".join(refusals(tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(SdistMaker().data()[:-12], id="truncated-a-little"),
        pytest.param(SdistMaker().data()[:-8] + b"\0" * 8, id="wrong-checksum"),
        pytest.param(SdistMaker().data() + b"signed", id="something-behind"),
    ],
)
def test_damage_behind_the_last_member_is_taken_and_worth_a_word(
    data: bytes, tmp_path: Path
) -> None:
    (tmp_path / SDIST).write_bytes(data)
    assert refusals(tmp_path) == []
    assert "damaged after the last file" in "\n".join(warnings(tmp_path))


def _linked(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in SdistMaker().contents().items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo(f"sample_pkg-1.0/{name}")
        link.type, link.linkname = kind, target
        archive.addfile(link)
    return gzip.compress(stream.getvalue())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(_linked("link", "../beside"), "leads out of the folder", id="link-beside-top"),
        pytest.param(_linked("src/link", "../../x"), "leads out of the folder", id="link-upwards"),
        pytest.param(_linked("link", "/etc/passwd"), "leads out of the folder", id="link-absolute"),
        pytest.param(_linked("../x", ""), "leads out of the folder", id="path-beside-top"),
        pytest.param(_linked("null", "", tarfile.CHRTYPE), "is a device", id="device"),
        pytest.param(_linked("pipe", "", tarfile.FIFOTYPE), "or a named pipe", id="named-pipe"),
    ],
)
def test_what_pip_does_not_unpack_is_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / SDIST).write_bytes(data)
    (found,) = refusals(tmp_path)
    assert found.startswith("archive-paths: ")
    assert reason in found


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_linked("link", "LICENSE"), id="link"),
        pytest.param(_linked("src/link", "../LICENSE"), id="link-inside"),
        pytest.param(_linked("link", "sample_pkg-1.0/LICENSE", tarfile.LNKTYPE), id="hard-link"),
    ],
)
def test_links_inside_the_top_folder_are_taken(data: bytes, tmp_path: Path) -> None:
    (tmp_path / SDIST).write_bytes(data)
    assert refusals(tmp_path) == []
    assert not [text for text in warnings(tmp_path) if text.startswith("archive-paths")]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        pytest.param("/etc/x", Status.FAIL, id="absolute"),
        pytest.param("sample_pkg/../../x", Status.FAIL, id="upwards"),
        pytest.param("C:/x", Status.FAIL, id="drive"),
        pytest.param("sample_pkg/../x", Status.WARN, id="up-and-down"),
        pytest.param("sample_pkg/a..b/.../x", Status.PASS, id="dots-in-names"),
    ],
)
def test_paths_in_a_wheel(name: str, status: Status, tmp_path: Path) -> None:
    WheelMaker(extra={name: b"x"}).write(tmp_path)
    assert [v.status for check, v in verdicts(tmp_path) if check == "archive-paths"] == [status]


def test_absolute_paths_in_a_tar_are_unpacked_inside(tmp_path: Path) -> None:
    SdistMaker(top="/sample_pkg-1.0").write(tmp_path)
    assert refusals(tmp_path) == []
    assert "has an absolute path" in "\n".join(warnings(tmp_path))


def test_a_sparse_member_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in SdistMaker().contents().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        info = tarfile.TarInfo("sample_pkg-1.0/holes")
        info.pax_headers = {
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
            "GNU.sparse.map": "0,1",
            "GNU.sparse.size": "9",
            "GNU.sparse.name": "sample_pkg-1.0/holes",
        }
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    (tmp_path / SDIST).write_bytes(gzip.compress(stream.getvalue()))
    assert "tar archive not accepted: Sparse members are not allowed." in "\n".join(
        refusals(tmp_path)
    )


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar_is_read(format_: int, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format_) as archive:
        archive.addfile(_folder("sample_pkg-1.0"))
        contents = SdistMaker(
            extra={f"sample_pkg-1.0/{'d' * 60}/{'f' * 90}": b"x" * 1000}
        ).contents()
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    half = len(stream.getvalue()) // 2
    data = (
        gzip.compress(stream.getvalue()[:half])
        + gzip.compress(stream.getvalue()[half:])
        + b"\0" * 9
    )
    (tmp_path / SDIST).write_bytes(data)
    assert refusals(tmp_path) == []
    (item,) = read_artifacts(tmp_path)
    assert item.name == "sample-pkg"


def _folder(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE
    return info


@pytest.mark.slow
def test_a_tar_bomb_is_left_in_bounded_time(tmp_path: Path) -> None:
    stream = io.BytesIO()
    info = tarfile.TarInfo("sample_pkg-1.0/zeros")
    info.size = 3 << 30
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as packed:
        packed.write(info.tobuf())
        for _ in range(1100):
            packed.write(bytes(1 << 20))
    (tmp_path / SDIST).write_bytes(stream.getvalue())
    assert any(
        "expands to more than 1024 MiB" in text for text in of_status(tmp_path, Status.UNKNOWN)
    )


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / WHEEL)
    assert "is not a regular file" in "\n".join(refusals(tmp_path))


def test_a_link_to_nowhere_is_reported(tmp_path: Path) -> None:
    (tmp_path / WHEEL).symlink_to(tmp_path / "gone")
    assert "cannot be read: No such file or directory" in "\n".join(refusals(tmp_path))


def test_a_link_to_a_wheel_is_the_wheel(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / WHEEL).symlink_to(WheelMaker().write(tmp_path))
    assert refusals(tmp_path / "dist") == []


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are Unicode there")
def test_a_file_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff-1.0-py3-none-any.whl")).write_bytes(b"x")
    assert "no client can send a name that is not UTF-8" in "\n".join(refusals(tmp_path))
    assert all(verdict.because.isprintable() for _, verdict in verdicts(tmp_path))


def test_names_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    WheelMaker(extra={"sample_pkg/\x1b[31m.env/.env": b""}).write(tmp_path)
    assert all(verdict.because.isprintable() for _, verdict in verdicts(tmp_path))


GOOD_WHEEL, GOOD_SDIST = WheelMaker().data(), SdistMaker().data()


@pytest.mark.parametrize(
    ("file", "data"), [(WHEEL, GOOD_WHEEL), (SDIST, GOOD_SDIST)], ids=["wheel", "sdist"]
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), max_size=4),
    keep=st.floats(0, 1),
)
def test_no_broken_file_makes_the_checks_fail(
    file: str, data: bytes, edits: list[tuple[float, bytes]], keep: float, tmp_path: Path
) -> None:
    broken = bytearray(data)
    for where, piece in edits:
        at = int(where * len(broken))
        broken[at : at + len(piece)] = piece
    (tmp_path / file).write_bytes(
        bytes(broken[: int(keep * len(broken))]) if keep < 0.7 else broken
    )
    try:
        verdicts(tmp_path)
    except Problem as problem:
        assert problem.hint  # noqa: PT017 - any other error fails the test


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    tar=st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=12)), max_size=5)
)
def test_no_broken_tar_inside_good_gzip_makes_the_checks_fail(
    tar: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    broken = bytearray(SdistMaker().tar())
    for at, piece in tar:
        broken[at : at + len(piece)] = piece
    (tmp_path / SDIST).write_bytes(gzip.compress(bytes(broken)))
    assert verdicts(tmp_path)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.binary(max_size=60),
    part=st.sampled_from(["WHEEL", "RECORD", "METADATA", "entry_points.txt"]),
)
def test_no_content_of_the_metadata_files_makes_the_checks_fail(
    body: bytes, part: str, tmp_path: Path
) -> None:
    data = metadata() + body if part == "METADATA" else body
    WheelMaker(extra={f"sample_pkg-1.0.dist-info/{part}": data}).write(tmp_path)
    assert verdicts(tmp_path)
