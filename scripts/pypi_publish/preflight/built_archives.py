"""Checks of built files as archives: whether the index opens them at all."""

from pypi_publish.artifacts.model import LARGEST_FILE, Trouble
from pypi_publish.check import check
from pypi_publish.core_metadata.names import as_sent
from pypi_publish.preflight.built import answers, flawed, refused
from pypi_publish.preflight.facts import Answers, Facts

_ARCHIVES = "https://docs.pypi.org/archives"
_SDIST = "https://packaging.python.org/en/latest/specifications/source-distribution-format/"
_WHEEL = "https://packaging.python.org/en/latest/specifications/binary-distribution-format/"
_LIMITS = "https://docs.pypi.org/project-management/storage-limits"


@check(
    "only-distributions",
    expects="The upload folder holds wheels and sdists alone",
    remedy="Write everything else to another folder, or name the files to upload one by one.",
    docs="https://github.com/pypa/twine/blob/main/twine/package.py",
)
def only_distributions(facts: Facts) -> Answers:
    """twine takes whatever `dist/*` matches and stops at the first file that it does not know, so
    a checksum list or an egg in that folder ends the release with half of its files uploaded.
    """
    return flawed(facts, Trouble.EXTENSION, ok="all are wheels or sdists by their names")


@check(
    "archive-format",
    expects="Wheels are zip files and sdists are gzipped tar files",
    remedy="Build again; if the file came from a download or from Git LFS, fetch the real one.",
    docs=_SDIST,
)
def archive_format(facts: Facts) -> Answers:
    """A file that only has the name of a distribution is an error page that was saved, a Git LFS
    pointer or an interrupted download. The name is burnt once such a file is accepted elsewhere.
    """
    return flawed(facts, Trouble.FORMAT, ok="each is the archive that its name promises")


@check(
    "archive-damaged",
    expects="Every member of the archives can be read to its end",
    remedy="Build again, and pass files on in one piece: as artifacts, not through text tools.",
    docs=_ARCHIVES,
)
def archive_damaged(facts: Facts) -> Answers:
    """PyPI answers with the bare word `None` where it cannot read an archive. What it does not
    read itself it accepts, and then every installer stops at the broken member.
    """
    return flawed(facts, Trouble.DAMAGED, Trouble.TRAILER, ok="all members were read to the end")


@check(
    "archive-framing",
    expects="Zip files read the same from their start and from their end",
    remedy="Build with a current backend, and do not append to, sign or strip the file afterwards.",
    docs=_ARCHIVES,
)
def archive_framing(facts: Facts) -> Answers:
    """Installers read a zip file from its end or from its start. Since 2025 PyPI refuses a file
    where the two differ: one could show a scanner other code than the user installs.
    """
    return flawed(facts, Trouble.FRAMING, ok="zip records are in order")


@check(
    "archive-compression",
    expects="Archives use plain compression and do not expand beyond measure",
    remedy="Pack with deflate, and leave generated data of this size out of the package.",
    docs=_ARCHIVES,
)
def archive_compression(facts: Facts) -> Answers:
    """Only stored and deflated members are unpacked by every installer. A file that expands more
    than fifty times, once it is above 64 MiB, is taken for a zip bomb.
    """
    return flawed(facts, Trouble.COMPRESSION, Trouble.RATIO, ok="stored or deflated, in bounds")


@check(
    "sdist-sparse-members",
    expects="Sdists hold no sparse files",
    remedy="Pack without GNU tar's --sparse; Python's build backends never write such members.",
    docs=_ARCHIVES,
)
def sdist_sparse_members(facts: Facts) -> Answers:
    """What a sparse member contains depends on the program that reads it, so PyPI refuses it
    since August 2026.
    """
    return flawed(facts, Trouble.SPARSE, ok="no sparse members")


@check(
    "archive-layout",
    expects="Each archive has its metadata files where the format puts them",
    remedy="Build with `python -m build` or `uv build`; an archive packed by hand is no package.",
    docs=_WHEEL,
)
def archive_layout(facts: Facts) -> Answers:
    """PyPI looks for WHEEL, METADATA and RECORD in the folder that the wheel's name gives, and for
    PKG-INFO in the one top folder of an sdist. A source archive of a code host has none of them.
    """
    return flawed(facts, Trouble.LAYOUT, ok="all metadata files are in place")


@check(
    "archive-paths",
    expects="Every member is a file, folder or link inside the folder that it is unpacked into",
    remedy="Find what puts absolute paths, `..`, outward links or devices into the build, and "
    "remove it.",
    docs="https://docs.python.org/3/library/tarfile.html#tarfile-extraction-filter",
)
def archive_paths(facts: Facts) -> Answers:
    """PyPI takes such a file, and pip and uv then refuse to unpack it: the version is used up and
    cannot be installed by anybody.
    """
    return flawed(facts, Trouble.UNSAFE, Trouble.ODD_PATH, ok="all paths stay inside")


@check(
    "encrypted-code",
    expects="No Python file is encrypted with PyArmor or SourceDefender",
    remedy="Publish plain code, or distribute the encrypted build on an index of your own.",
    docs="https://pypi.org/policy/acceptable-use-policy/",
)
def encrypted_code(facts: Facts) -> Answers:
    """Code that nobody can read hides malware, so the acceptable-use policy forbids it and PyPI
    scans every upload since March 2026.
    """
    return flawed(facts, Trouble.ENCRYPTED, ok="no marks of encrypted code")


@check(
    "file-size",
    expects="Each file is within PyPI's limit of 100 MiB",
    remedy="Make the file smaller, or request a higher limit for the project before the release.",
    docs=_LIMITS,
)
def file_size(facts: Facts) -> Answers:
    """The limit is per file and raised on request only, which takes people days to answer. A first
    release must exist within the limit before one may ask.
    """
    files = facts.artifacts or ()
    bad = (
        refused(
            item,
            f"File too large. Limit for project {as_sent(item.name or item.file)!r} is "
            f"{LARGEST_FILE >> 20} MB. See {_LIMITS} for more information. "
            f"({item.size / (1 << 20):.1f} MiB, unless the project has a higher limit)",
        )
        for item in files
        if item.size > LARGEST_FILE
    )
    return answers(facts, bad, len(files), f"none is above {LARGEST_FILE >> 20} MiB")


@check(
    "fully-read",
    expects="All that is in the files could be looked at",
    remedy="Look at the named part by hand; it is beyond the bounds of this tool.",
    docs=_ARCHIVES,
)
def fully_read(facts: Facts) -> Answers:
    """What was not looked at is neither good nor bad, so it must not disappear behind a pass."""
    return flawed(facts, Trouble.UNREAD, ok="read as a whole")
