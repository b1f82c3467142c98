"""Checks of the names of built files, and of how the files of one release fit together."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pypi_publish.artifacts.filenames import (
    Unparsable,
    WheelName,
    is_supported,
    parse_sdist_name,
    parse_wheel_name,
)
from pypi_publish.artifacts.model import Distribution, Sdist, Trouble, Wheel
from pypi_publish.check import check
from pypi_publish.core_metadata.names import as_sent, escaped, normalized
from pypi_publish.core_metadata.versions import canonical, parsed_version, same_version
from pypi_publish.preflight.built import (
    NOTHING_BUILT,
    answers,
    doubtful,
    of_kind,
    refused,
    shown,
    some,
)
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.verdict import Verdict, passed, skipped, warned

_WHEEL = "https://packaging.python.org/en/latest/specifications/binary-distribution-format/"
_SDIST = "https://packaging.python.org/en/latest/specifications/source-distribution-format/"
_TAGS = "https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/"
_LONGEST_NAME = 255 - len(".metadata")


@check(
    "wheel-filename",
    expects="Wheels are named by the normalised project name and the version of their metadata",
    remedy="Build again with a current backend, and do not rename wheels.",
    docs=_WHEEL,
)
def wheel_filename(facts: Facts) -> Answers:
    """The name of a wheel is what installers choose by before they open anything, so PyPI holds it
    against the metadata letter by letter.
    """
    wheels = of_kind(facts, Wheel)
    bad = (refused(item, reason) for item in wheels for reason in _against_wheel(item))
    return answers(facts, bad, len(wheels), "name and version as in the metadata", "wheel")


def _against_wheel(item: Wheel) -> Iterator[str]:
    for flaw in item.troubles(Trouble.FILENAME):
        yield flaw.message
    try:
        parts = parse_wheel_name(item.file)
    except Unparsable as error:
        yield str(error)
        return
    if item.name:
        yield from _against_wheel_project(item.file, parts.project, item.name)
    version = canonical(item.version) if item.version else None
    if version is not None and item.version and not same_version(item.version, parts.version):
        yield f"Version in filename should be {version!r} not {canonical(parts.version)!r}."


def _against_wheel_project(file: str, found: str, name: str) -> Iterator[str]:
    if normalized(found) != normalized(name):
        yield f"Start filename for {as_sent(name)!r} with {escaped(name)!r}."
    elif found != escaped(name):
        yield (
            f"Filename {file!r} should contain the normalized project name {escaped(name)!r}, "
            f"not {found!r}."
        )


@check(
    "sdist-filename",
    expects="Sdists are named normalised_name-version.tar.gz",
    remedy="Build with a current backend (setuptools 69.3 or newer), and do not rename sdists.",
    docs=_SDIST,
)
def sdist_filename(facts: Facts) -> Answers:
    """PEP 625 fixes the one name that the sdist of a version can have. Older backends kept
    capitals, dots and dashes, which PyPI took until 2024.
    """
    sdists = of_kind(facts, Sdist)
    bad = (refused(item, reason) for item in sdists for reason in _against_sdist(item))
    return answers(facts, bad, len(sdists), "named as PEP 625 says", "sdist")


def _against_sdist(item: Sdist) -> Iterator[str]:
    version = canonical(item.version) if item.version else None
    try:
        project, _ = parse_sdist_name(item.file)
    except Unparsable as error:
        yield str(error)
        return
    if not item.name or version is None:
        return
    expected = f"{escaped(item.name)}-{version}.tar.gz"
    hyphenated = _is_post_release(version) and item.file.count("-") >= 2
    if normalized(project) != normalized(item.name) and not (
        hyphenated and normalized(project.rpartition("-")[0]) == normalized(item.name)
    ):
        yield f"Start filename for {as_sent(item.name)!r} with {escaped(item.name)!r}."
    elif item.file != expected:
        yield f"Filename {item.file!r} is invalid, should be {expected!r}."


def _is_post_release(version: str) -> bool:
    parsed = parsed_version(version)
    return parsed is not None and parsed.is_postrelease


@check(
    "filename-characters",
    expects="File names are short and have no control characters or separators",
    remedy="Give the project or its build tag a name that does not need them.",
    docs="https://github.com/pypi/warehouse/blob/main/warehouse/forklift/legacy.py",
)
def filename_characters(facts: Facts) -> Answers:
    """The store behind PyPI does not take such names, so the upload ends before the file is looked
    at.
    """
    files = facts.artifacts or ()
    bad = (refused(item, reason) for item in files for reason in _against_characters(item.file))
    return answers(facts, bad, len(files), "plain names of a fitting length")


def _against_characters(file: str) -> Iterator[str]:
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in file):
        yield (
            "Cannot upload a file with non-printable characters (ordinals 0-31) "
            "or the DEL character (ordinal 127) in the name."
        )
    if "\\" in file:
        yield "Cannot upload a file with '/' or '\\' in the name."
    if len(os.fsencode(file)) > _LONGEST_NAME and file.endswith(".whl"):
        yield f"Filename is too long: '{file}'"
    if any("\ud800" <= sign <= "\udfff" for sign in file):
        yield f"{file}: no client can send a name that is not UTF-8"


@check(
    "platform-tags",
    expects="Every platform tag is one that PyPI takes",
    remedy="Without compiled code build a `py3-none-any` wheel; with it build in a manylinux or musllinux image, with cibuildwheel or maturin, or repair the "
    "wheel with auditwheel, delocate or delvewheel.",
    docs=_TAGS,
)
def platform_tags(facts: Facts) -> Answers:
    """A wheel of plain `linux_x86_64` runs on the machine that built it and perhaps nowhere else;
    twine does not look, and one such wheel has left releases without their sdist.
    """
    wheels = list(_named(facts))
    bad = (
        refused(item, f"Binary wheel '{item.file}' has an unsupported platform tag '{tag}'.")
        for item, parts in wheels
        for tag in parts.platforms
        if not is_supported(tag)
    )
    return answers(facts, bad, len(wheels), "all platform tags are taken", "wheel")


def _named(facts: Facts) -> Iterator[tuple[Wheel, WheelName]]:
    """Yield the wheels whose names can be read; another check reports the others."""
    for item in of_kind(facts, Wheel):
        with suppress(Unparsable):
            yield item, parse_wheel_name(item.file)


@check(
    "wheel-tags",
    expects="The tags in WHEEL are those of the file name",
    remedy="Do not rename wheels; `python -m wheel tags` changes both places.",
    docs=_WHEEL,
)
def wheel_tags(facts: Facts) -> Answers:
    """PyPI does not compare the two. Installers choose by the file name, and tools that look into
    an installed package read the other, so a renamed wheel is judged for the wrong platform.
    """
    wheels = [(item, parts) for item, parts in _named(facts) if item.wheel_file]
    bad = (
        doubtful(item, f"WHEEL has {some(inside) or 'no tag'}, the file name {some(parts.tags)}")
        for item, parts in wheels
        if (inside := _tags_inside(item)) != parts.tags
    )
    return answers(facts, bad, len(wheels), "WHEEL and file name agree", "wheel")


def _tags_inside(item: Wheel) -> frozenset[str]:
    lines = (item.wheel_file or "").splitlines()
    values = (line.partition(":")[2].strip().lower() for line in lines if line[:4] == "Tag:")
    return frozenset(tag for value in values for tag in _expanded(value))


def _expanded(tag: str) -> Iterator[str]:
    pythons, _, rest = tag.partition("-")
    abis, _, platforms = rest.partition("-")
    for python in pythons.split("."):
        for abi in abis.split("."):
            yield from (f"{python}-{abi}-{platform}" for platform in platforms.split("."))


@check(
    "python-2-tag",
    expects="Wheels are not tagged for Python 2 unless they run there",
    remedy="Drop `universal = 1` from setup.cfg ([bdist_wheel]) and build again.",
    docs=_TAGS,
)
def python_2_tag(facts: Facts) -> Answers:
    """`py2.py3` is mostly a left-over of `universal = 1`. Where Requires-Python excludes Python 2
    the tag is untrue, and old tools believe it.
    """
    wheels = list(_named(facts))
    bad = (
        doubtful(item, "tagged for Python 2, which its Requires-Python excludes")
        for item, parts in wheels
        if any(tag.startswith(("py2", "cp2")) for tag in parts.pythons) and _excludes_python_2(item)
    )
    return answers(facts, bad, len(wheels), "no untrue Python 2 tags", "wheel")


def _excludes_python_2(item: Wheel) -> bool:
    declared = item.metadata.first("Requires-Python") if item.metadata else None
    return bool(declared) and ">=3" in (declared or "").replace(" ", "")


@check(
    "one-sdist",
    expects="A release has one sdist",
    remedy="Delete the sdists that are left over, and upload the one that was built last.",
    docs=_SDIST,
)
def one_sdist(facts: Facts) -> Answers:
    """PyPI takes one sdist a release. The second one ends the upload, and files after it in the
    list never arrive.
    """
    sdists = of_kind(facts, Sdist)
    releases: dict[tuple[str, str], list[Sdist]] = defaultdict(list)
    for item in sdists:
        if item.name and item.version:
            version = canonical(item.version) or item.version
            releases[normalized(item.name), version].append(item)
    bad = (
        refused(
            more[1],
            f"Only one sdist may be uploaded per release. ({some(item.file for item in more)})",
        )
        for more in releases.values()
        if len(more) > 1
    )
    return answers(facts, bad, len(sdists), "no second one of a release", "sdist")


@check(
    "distinct-contents",
    expects="No two files have the same bytes",
    remedy="Build each file for its own tags; one wheel can carry several tags in its name.",
    docs="https://pypi.org/help/#file-name-reuse",
)
def distinct_contents(facts: Facts) -> Answers:
    """PyPI knows files by their digest as well as by their name, so a wheel that was copied under
    another name counts as one that exists, and the upload ends there.
    """
    files = [item for item in of_kind(facts, Distribution) if item.entries]  # as far as read
    bad = (
        refused(
            later,
            f"File already exists ({later.file!r}, with blake2_256 hash {later.blake2!r}). "
            "See https://pypi.org/help/#file-name-reuse for more information. "
            f"(the same bytes as {earlier.file})",
        )
        for earlier, later in _copies(files)
    )
    return answers(facts, bad, len(files), "each has its own bytes", "file")


def _copies(files: Iterable[Distribution]) -> Iterator[tuple[Distribution, Distribution]]:
    by_size: dict[int, list[Distribution]] = defaultdict(list)
    for item in files:
        same = by_size[item.size]
        original = next((other for other in same if other.sha256 == item.sha256), None)
        if original is not None:
            yield original, item
        same.append(item)


@check(
    "one-release",
    expects="The upload folder holds the files of one release of one project",
    remedy="Empty the folder before the build, then upload what the build wrote.",
    docs="https://packaging.python.org/en/latest/tutorials/packaging-projects/",
)
def one_release(facts: Facts) -> Answers:
    """`dist/*` uploads what earlier builds left as well: at best the run ends in `File already
    exists`, at worst an unfinished version goes out.
    """
    files = [item for item in of_kind(facts, Distribution) if item.name and item.version]
    names = {normalized(item.name or "") for item in files}
    versions = {canonical(item.version or "") or item.version or "" for item in files}
    bad = []
    if len(names) > 1:
        bad.append(warned(f"files of {len(names)} projects: {shown(some(names))}"))
    if len(versions) > 1:
        bad.append(warned(f"files of {len(versions)} versions: {shown(some(versions))}"))
    return answers(facts, bad, len(files), "one project, one version", "file")


@check(
    "built-as-declared",
    expects="Built files have the name and the version of the project",
    remedy="Empty the upload folder and build from this tree.",
    docs="https://packaging.python.org/en/latest/specifications/core-metadata/",
)
def built_as_declared(facts: Facts) -> Answers:
    """A folder of another project, or of yesterday's version, uploads as readily as the right
    one; what was uploaded cannot be taken back.
    """
    if facts.project is None:
        yield skipped("there is no project to compare with")
        return
    files = [item for item in of_kind(facts, Distribution) if item.name]
    yield from answers(facts, _differences(facts, files), len(files), "as the project says", "file")


def _differences(facts: Facts, files: list[Distribution]) -> Iterator[Verdict]:
    project = facts.project
    if project is None:
        return
    declared, version = project.normalized_name, project.version
    for item in files:
        if declared and item.name and normalized(item.name) != declared:
            yield doubtful(item, f"is of {item.name}, the project is {declared}")
        if version.text and item.version and not same_version(item.version, version.text):
            yield doubtful(item, f"is {item.version}; {version.source} gives {version.text}")


@check(
    "sdist-and-wheel",
    expects="A release has an sdist and a wheel",
    remedy="Build both: `uv build` and `python -m build` do by default.",
    docs="https://packaging.python.org/en/latest/discussions/package-formats/",
)
def sdist_and_wheel(facts: Facts) -> Answers:
    """Without a wheel every user builds the project; without an sdist distributions cannot package
    it, and a Python or platform without a wheel has no way to install it.
    """
    if facts.artifacts is None:
        yield skipped(NOTHING_BUILT)
        return
    missing = [
        what for what, kind in (("sdist", Sdist), ("wheel", Wheel)) if not of_kind(facts, kind)
    ]
    for what in missing:
        yield warned(
            f"there is no {what} among {shown(some(item.file for item in facts.artifacts))}"
        )
    if not missing:
        yield passed("there is an sdist and a wheel")
