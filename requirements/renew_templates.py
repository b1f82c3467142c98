"""Moves the tools and build constraints of the templates to their newest releases, with hashes.

    python requirements/renew_templates.py

Asks pip (23 or newer) which file it would take on each platform, installs nothing, and rewrites
the lists in assets/ and in our own publish.yml. Then run the slow tests of the templates, and read
the difference before it is committed.
"""
# ruff: noqa: INP001, T201

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINUX = [
    [f"manylinux_2_28_{cpu}", f"manylinux_2_17_{cpu}", f"manylinux2014_{cpu}"]
    for cpu in ("x86_64", "aarch64")
]
OTHERS = [
    ["win_amd64"],
    ["win_arm64"],
    ["macosx_11_0_arm64"],
    ["macosx_10_9_x86_64", "macosx_10_12_x86_64", "macosx_10_13_x86_64", "macosx_11_0_x86_64"],
]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

TOOLS = "uv twine"
# Twine works without keyring, and what that brings along.
NOT_NEEDED = set(
    "keyring importlib-metadata zipp jeepney secretstorage cryptography cffi pycparser"
    " jaraco-classes jaraco-context jaraco-functools more-itertools backports-tarfile"
    " lazy-importer pywin32-ctypes".split()
)
BACKENDS = (
    "setuptools wheel setuptools-scm versioneer versioningit pbr hatchling hatch-vcs"
    " hatch-fancy-pypi-readme uv-dynamic-versioning flit-core pdm-backend poetry-core"
    " poetry-dynamic-versioning dunamai uv-build"
)
COMPILING = (
    "setuptools wheel setuptools-scm cython pybind11 nanobind scikit-build-core meson-python"
)


def main() -> None:
    tools, backends = Listing(TOOLS), Listing(BACKENDS)
    compiling = Listing(COMPILING)
    for path in (*(ROOT / "assets").glob("*.yml"), ROOT / ".github" / "workflows" / "publish.yml"):
        if "  TOOLS: |\n" in path.read_text(encoding="utf-8"):
            in_yaml(path, "TOOLS", tools.text(LINUX))
            built_with = compiling if "native" in path.name else backends
            in_yaml(path, "BUILD_CONSTRAINTS", built_with.text(LINUX))
    script = ROOT / "assets" / "release.ps1"
    in_powershell(script, "Tools", tools.text(LINUX + OTHERS))
    in_powershell(script, "BuildConstraints", backends.text(LINUX + OTHERS))


class Listing:
    """Some packages and what they need, each with its version and the hashes of its files."""

    def __init__(self, names: str) -> None:
        found = taken(names.split(), LINUX[0], "3.13")
        self._versions = {n: v for n, (v, _) in sorted(found.items()) if n not in NOT_NEEDED}
        self._hashes: dict[tuple[str, str], set[str]] = {}

    def text(self, platforms: Sequence[Sequence[str]]) -> str:
        return "\n".join(
            " \\\n  ".join([wanted, *hashes]) if len(hashes) > 1 else f"{wanted} {hashes[0]}"
            for wanted, hashes in self._listed(platforms)
        )

    def _listed(self, platforms: Sequence[Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
        wanted = {name: f"{name}=={version}" for name, version in self._versions.items()}
        found: dict[str, set[str]] = {name: set() for name in wanted}
        for platform in platforms:
            for python in PYTHONS:
                for name, (_, sha256) in asked(tuple(wanted.values()), tuple(platform), python):
                    found[name].add(sha256)
        for name, hashes in found.items():
            # The wheel for all platforms is enough, where there is one.
            one = {sha256 for _, (_, sha256) in pure(wanted[name])} if len(hashes) > 1 else None
            yield wanted[name], [f"--hash=sha256:{sha256}" for sha256 in sorted(one or hashes)]


@cache
def asked(
    requirements: tuple[str, ...], platform: tuple[str, ...], python: str
) -> list[tuple[str, tuple[str, str]]]:
    found = taken(requirements, platform, python, "--no-deps")
    print(f"{len(found)} of {len(requirements)} files for Python {python} on {platform[0]}")
    if not found and list(platform) in LINUX:
        raise SystemExit("The jobs run there: each package needs a wheel for it.")
    return list(found.items())


@cache
def pure(requirement: str) -> list[tuple[str, tuple[str, str]]]:
    options = ("--implementation", "py", "--abi", "none", "--no-deps")
    return list(taken([requirement], ["any"], "3.13", *options).items())


def taken(
    names: Sequence[str], platform: Sequence[str], python: str, *options: str
) -> dict[str, tuple[str, str]]:
    """Return name -> version and sha256 of what pip would install; nothing where it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = [sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--dry-run"]
        words += ["--ignore-installed", "--only-binary", ":all:", "--target", folder]
        words += ["--python-version", python, "--report", str(report), *options, *names]
        words += [f"--platform={tag}" for tag in platform]
        if subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode:
            return {}
        rows = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        re.sub(r"[-_.]+", "-", row["metadata"]["name"]).lower(): (
            row["metadata"]["version"],
            row["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for row in rows
    }


def in_yaml(path: Path, name: str, text: str) -> None:
    block = "".join(f"    {line}\n" for line in text.splitlines())
    rewrite(path, rf"(?m)(^  {name}: \|\n)(?:    .*\n)+", block)


def in_powershell(path: Path, name: str, text: str) -> None:
    rewrite(path, rf"(?ms)(^\${name} = @'\n).*?(?=^'@)", text + "\n")


def rewrite(path: Path, pattern: str, block: str) -> None:
    before = path.read_text(encoding="utf-8")
    after, count = re.subn(pattern, lambda found: found[1] + block, before)
    if count != 1:
        raise SystemExit(f"{path} has no list to rewrite, or several: {pattern}")
    path.write_text(after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
