"""What the names of wheels and sdists say, and the platform tags that PyPI takes."""

import re
from dataclasses import dataclass

from pypi_publish.core_metadata.versions import canonical

_PROJECT = re.compile(r"[\w.]+")
_BUILD = re.compile(r"\d", re.ASCII)

_FIXED_PLATFORMS = frozenset(
    """
    any win32 win_amd64 win_arm64 win_ia64 linux_armv6l linux_armv7l
    manylinux1_x86_64 manylinux1_i686 manylinux2010_x86_64 manylinux2010_i686
    manylinux2014_x86_64 manylinux2014_i686 manylinux2014_aarch64 manylinux2014_armv7l
    manylinux2014_ppc64 manylinux2014_ppc64le manylinux2014_s390x
    """.split()
)
_MAC = "(?:ppc|ppc64|i386|x86_64|arm64|intel|fat|fat3|fat64|universal|universal2)"
_LINUX = "(?:x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64{more})"
_PLATFORM = re.compile(
    rf"""
      macosx_10_\d+_{_MAC}
    | macosx_(?:11|12|13|14|15|26)_0_{_MAC}
    | manylinux_\d+_\d+_{_LINUX.format(more="|ppc64")}
    | musllinux_\d+_\d+_{_LINUX.format(more="")}
    | ios_\d+_\d+_(?:arm64|x86_64)_(?:iphoneos|iphonesimulator)
    | android_\d+_(?:armeabi_v7a|arm64_v8a|x86|x86_64)
    | pyemscripten_\d+_\d+_wasm32
    """,
    re.VERBOSE,
)


class Unparsable(ValueError):
    """A file name that is not of its form; the text is the server's."""


@dataclass(frozen=True, slots=True)
class WheelName:
    """The parts of a wheel's file name."""

    project: str
    version: str
    build: str
    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]

    @property
    def tags(self) -> frozenset[str]:
        """Every tag that the compressed form stands for."""
        return frozenset(
            f"{python}-{abi}-{platform}"
            for python in self.pythons
            for abi in self.abis
            for platform in self.platforms
        )


def parse_wheel_name(file: str) -> WheelName:
    """Return the parts of a wheel's file name, or raise with what PyPI would say of it."""
    if not file.endswith(".whl"):
        raise Unparsable(f"Invalid wheel filename (extension must be '.whl'): {file!r}")
    stem = file.removesuffix(".whl")
    parts = stem.split("-")
    if len(parts) not in (5, 6):
        raise Unparsable(f"Invalid wheel filename (wrong number of parts): {stem!r}")
    if "__" in parts[0] or not _PROJECT.fullmatch(parts[0]):
        raise Unparsable(f"Invalid project name: {stem!r}")
    if canonical(parts[1]) is None:
        raise Unparsable(f"Invalid wheel filename (invalid version): {stem!r}")
    if len(parts) == 6 and not _BUILD.match(parts[2]):
        raise Unparsable(f"Invalid build number: {parts[2]} in {stem!r}")
    pythons, abis, platforms = (tuple(part.lower().split(".")) for part in parts[-3:])
    if "" in (*pythons, *abis, *platforms) or not all(map(str.isidentifier, pythons)):
        raise Unparsable(f"Invalid wheel filename (invalid tag component): {stem!r}")
    build = parts[2] if len(parts) == 6 else ""
    return WheelName(parts[0], parts[1], build, pythons, abis, platforms)


def parse_sdist_name(file: str) -> tuple[str, str]:
    """Return project and version as a file name gives them, or raise with the server's words."""
    stem = file.removesuffix(".zip").removesuffix(".tar.gz")
    project, dash, version = stem.rpartition("-")
    if not dash or not project or canonical(version) is None:
        raise Unparsable(f"Invalid source distribution filename: {file}")
    return project, version


def is_supported(platform: str) -> bool:
    """Whether PyPI takes wheels for a platform."""
    return platform in _FIXED_PLATFORMS or _PLATFORM.fullmatch(platform) is not None
