"""Checks of what is packed: RECORD, entry points, secrets, and files that do not belong there."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from posixpath import basename, dirname

from pypi_publish.artifacts.model import Distribution, Sdist, Wheel
from pypi_publish.check import check
from pypi_publish.core_metadata.names import escaped
from pypi_publish.preflight.built import answers, doubtful, of_kind, refused, some
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.verdict import Verdict, skipped

_WHEEL = "https://packaging.python.org/en/latest/specifications/binary-distribution-format/"
_RECORD = "https://packaging.python.org/en/latest/specifications/recording-installed-packages/"
_ENTRY_POINTS = "https://packaging.python.org/en/latest/specifications/entry-points/"
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")  # of RECORD, so it cannot list them
_SCRIPT_NAME = re.compile(r"[\w.-]+")
_SCRIPT_TARGET = re.compile(r"\w+(?:\.\w+)*:[\w.]+(?:\s*\[.*\])?")
_FORMAT = re.compile(r"^Wheel-Version:[ \t]*1(?:\.\d+)*\s*$", re.MULTILINE | re.IGNORECASE)
_DATA_FOLDERS = {"purelib", "platlib", "headers", "scripts", "data"}
_SECRET_FILES = {".pypirc", ".netrc", ".env", ".git-credentials", "id_rsa", "id_ed25519"}
_SHOWN_IN_EXAMPLES = ("a private key", "an AWS access key")
_TEST_PATH = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|testdata|unit|fixtures?|examples?|demos?|dummy\w*|mock\w*)(?:[/_.-]|$)",
    re.IGNORECASE,
)
_LEFT_OVERS = re.compile(
    r"(?:^|/)(?:__pycache__|\.git|\.tox|\.nox|\.venv|\.mypy_cache|\.pytest_cache|\.ruff_cache"
    r"|\.idea|node_modules)/|\.py[co]$|(?:^|/)(?:\.DS_Store|Thumbs\.db|\.coverage)$"
)
_NOT_AT_THE_TOP = {
    "tests", "test", "docs", "doc", "examples", "example", "benchmarks", "scripts", "build", "dist",
    "src", "conftest.py", "setup.py", "noxfile.py", "pyproject.toml", "README.md", "README.rst",
    "LICENSE", "LICENSE.txt", "LICENSE.md", "CHANGELOG.md", "requirements.txt", "Makefile",
}  # fmt: skip
_NOT_SHIPPED = re.compile(r"(?:^|/)(?:tests?|testing|docs?|examples?|benchmarks?|\.[^/]+)(?:/|$)")


@check(
    "wheel-record",
    expects="RECORD lists every file of the wheel with its hash and size",
    remedy="Build again, and change nothing in a wheel by hand; `wheel pack` writes a new RECORD.",
    docs=_RECORD,
)
def wheel_record(facts: Facts) -> Answers:
    """PyPI mails the owners about a mismatch and announced to refuse it. Installers that check
    hashes stop; others leave files behind when the package is removed.
    """
    wheels = [item for item in of_kind(facts, Wheel) if item.record is not None]
    bad = (verdict for item in wheels for verdict in _record_verdicts(item))
    return answers(facts, bad, len(wheels), "RECORD and contents agree", "wheel")


def _record_verdicts(item: Wheel) -> Iterator[Verdict]:
    rows = _record_rows(item.record or "")
    where = f"{item.dist_info}/RECORD"
    if rows is None:
        message = f"Wheel '{item.file}' does not contain the required RECORD file: {where}"
        yield refused(item, f"{message} (it is no table of comma-separated values)")
        return
    if "" in (item.record or "").splitlines():  # the index takes a path out of every row
        yield refused(item, f"{where} has an empty line: PyPI ends with 500 Internal Server Error")
    names = item.names - {f"{item.dist_info}/{name}" for name in _SIGNATURES}
    unlisted = names - rows.keys()
    absent = rows.keys() - names
    if unlisted:
        yield doubtful(item, f"RECORD does not list {some(unlisted)}")
    if absent:
        yield doubtful(
            item, f"RECORD lists {some(absent)}: not in the wheel, or a folder or signature"
        )
    wrong = [name for name in rows.keys() & names - {where} if not _agrees(item, name, *rows[name])]
    if wrong:
        yield doubtful(item, f"RECORD has another hash or size for {some(wrong)}")


def _record_rows(text: str) -> dict[str, tuple[str, str]] | None:
    """Return hash and size by path, as RECORD has them."""
    import csv

    try:
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error:
        return None
    padded = ([*row, "", ""] for row in rows)
    return {path.replace("\\", "/"): (stated, size) for path, stated, size, *_ in padded}


def _agrees(item: Wheel, name: str, stated: str, size: str) -> bool:
    if size and size.strip() != str(item.sizes[name]):
        return False
    algorithm, _, value = stated.partition("=")
    if (algorithm and algorithm != "sha256") or not item.digests[name]:
        return True  # another algorithm, or a member that was not read
    digest = urlsafe_b64encode(bytes.fromhex(item.digests[name])).rstrip(b"=").decode()
    return value.rstrip("=") == digest


@check(
    "wheel-entry-points",
    expects="entry_points.txt is valid, and its scripts have plain names and name a function",
    remedy="Correct the name or the target under [project.scripts] or [project.gui-scripts].",
    docs=_ENTRY_POINTS,
)
def wheel_entry_points(facts: Facts) -> Answers:
    """A script name with a slash would be written outside the folder of scripts; PyPI refuses it
    since May 2026. A target that is not `module:function` is accepted and cannot be installed.
    """
    wheels = [item for item in of_kind(facts, Wheel) if item.entry_points is not None]
    bad = (refused(item, reason) for item in wheels for reason in _against_entry_points(item))
    return answers(facts, bad, len(wheels), "valid", "wheel with entry points")


def _against_entry_points(item: Wheel) -> Iterator[str]:
    from configparser import Error

    from pypi_publish.ini import IniParser, without_gaps

    message = f"Wheel '{item.file}' has invalid entry points defined in the entry_points.txt file"
    parser = IniParser(delimiters=("=",))
    try:
        parser.read_string(without_gaps((item.entry_points or b"").decode("utf-8")))
    except UnicodeDecodeError:
        yield f"{message} (it is not UTF-8)"
        return
    except Error as error:
        yield f"{message} ({' '.join(str(error).split())})"
        return
    for section in ("console_scripts", "gui_scripts"):
        for name, target in parser[section].items() if parser.has_section(section) else ():
            if not _SCRIPT_NAME.fullmatch(name):
                yield f"{message} ({section}: {name!r})"
            elif not _SCRIPT_TARGET.fullmatch(target):
                yield f"{section}: {name} = {target}: pip or uv refuses it, a callable is required"


@check(
    "wheel-installable",
    expects="WHEEL states format 1, and .data has none but the folders that installers know",
    remedy="Build again with a current backend, and put data files under `.data/data/`.",
    docs=_WHEEL,
)
def wheel_installable(facts: Facts) -> Answers:
    """PyPI only looks whether WHEEL is there. pip and uv read it, and stop at another format or at
    a part of `.data` that they do not know: the version is used up and nobody can install it.
    """
    wheels = [item for item in of_kind(facts, Wheel) if item.members]
    bad = (refused(item, reason) for item in wheels for reason in _against_installing(item))
    return answers(facts, bad, len(wheels), "as installers expect it", "wheel")


def _against_installing(item: Wheel) -> Iterator[str]:
    if f"{item.dist_info}/WHEEL" in item.names and not _FORMAT.search(item.wheel_file or ""):
        yield "WHEEL has no `Wheel-Version: 1.0` (pip and uv refuse this)"
    odd = {name for name in item.names if _is_odd_data(name)}
    if odd:
        yield f"{some(odd)}: not in a folder of .data that installers know (pip refuses this)"


def _is_odd_data(name: str) -> bool:
    top, _, rest = name.partition("/")
    folder, slash, _ = rest.partition("/")
    return top.endswith(".data") and (not slash or folder not in _DATA_FOLDERS)


@check(
    "packed-secrets",
    expects="No file holds a secret",
    remedy="Revoke the secret now, exclude the file in the backend's configuration, build again.",
    docs="https://docs.pypi.org/project-management/",
)
def packed_secrets(facts: Facts) -> Answers:
    """What is published stays public: mirrors copy it within minutes, deleting it on PyPI does not
    call it back. PyPI revokes its own tokens that it finds, nobody revokes the others.
    """
    files = of_kind(facts, Distribution)
    bad = (doubtful(item, reason) for item in files for reason in _secrets_in(item))
    return answers(facts, bad, len(files), "no secret by its name or shape")


def _secrets_in(item: Distribution) -> Iterator[str]:
    for name in sorted(item.names):
        kind = item.secrets.get(name)
        of_tests = _TEST_PATH.search(name) is not None
        if kind and not (of_tests and kind in _SHOWN_IN_EXAMPLES):
            yield f"{name} holds what looks like {kind}"
        elif basename(name) in _SECRET_FILES and not of_tests:
            yield f"{name} is a file that holds secrets"


@check(
    "packed-left-overs",
    expects="No caches, compiled files or repository data are packed",
    remedy="Exclude them in the backend's configuration and remove stale build folders.",
    docs="https://packaging.python.org/en/latest/guides/using-manifest-in/",
)
def packed_left_overs(facts: Facts) -> Answers:
    """`.pyc` files are of one Python and show the paths of the machine that built them; `.git`
    holds the whole history.
    """
    files = of_kind(facts, Distribution)
    bad = (
        doubtful(item, f"holds {some(found)}")
        for item in files
        if (found := [name for name in item.names if _LEFT_OVERS.search(name)])
    )
    return answers(facts, bad, len(files), "no left-overs")


@check(
    "wheel-pth",
    expects="No wheel installs a .pth or .start file",
    remedy="Remove the file; import what it starts from the package itself.",
    docs="https://docs.python.org/3/library/site.html",
)
def wheel_pth(facts: Facts) -> Answers:
    """Python runs what such a file says at every start, whether or not the package is imported
    (`.start` from 3.15 on). The malicious LiteLLM release of March 2026 and the wave of June did
    their work that way.
    """
    wheels = of_kind(facts, Wheel)
    bad = (
        doubtful(item, f"installs {some(found)}, which runs at every start of Python")
        for item in wheels
        if (found := [name for name in item.names if _runs_at_start(name)])
    )
    return answers(facts, bad, len(wheels), "none", "wheel")


def _runs_at_start(name: str) -> bool:
    parts = name.split("/")
    data = len(parts) == 3 and parts[0].endswith(".data") and parts[1] in ("purelib", "platlib")
    return name.endswith((".pth", ".start")) and (len(parts) == 1 or data)


@check(
    "wheel-top-level",
    expects="A wheel installs its own packages and nothing beside them",
    remedy="Name the packages in the backend's configuration instead of having them found.",
    docs="https://setuptools.pypa.io/en/latest/userguide/package_discovery.html",
)
def wheel_top_level(facts: Facts) -> Answers:
    """A top-level `tests` or `docs` folder goes into everybody's site-packages, where packages
    overwrite each other's. A wheel without any module is mostly a build that found no source.
    """
    wheels = [item for item in of_kind(facts, Wheel) if item.members]
    bad = (doubtful(item, reason) for item in wheels for reason in _against_top_level(item))
    return answers(facts, bad, len(wheels), "only what should be installed", "wheel")


def _against_top_level(item: Wheel) -> Iterator[str]:
    tops = {name.partition("/")[0] for name in item.names}
    content = {top for top in tops if not top.endswith((".dist-info", ".data"))}
    odd = {top for top in content & _NOT_AT_THE_TOP if escaped(item.name or "") != top}
    if odd:
        yield f"installs {some(odd)} at the top of site-packages"
    depends = item.metadata is not None and item.metadata.fields.get("Requires-Dist")
    if not content and not depends and not any(top.endswith(".data") for top in tops):
        yield "holds no module, no data and no dependency"


@check(
    "sdist-pyproject",
    expects="An sdist has a pyproject.toml",
    remedy="Add a pyproject.toml with a [build-system] table.",
    docs="https://packaging.python.org/en/latest/specifications/source-distribution-format/",
)
def sdist_pyproject(facts: Facts) -> Answers:
    """The format asks for it. Without it every installer guesses that the backend is some version
    of setuptools.
    """
    sdists = [item for item in of_kind(facts, Sdist) if item.entries]
    bad = (
        doubtful(item, "has no pyproject.toml at its top")
        for item in sdists
        if f"{item.top_level.rstrip('/')}/pyproject.toml" not in item.entries
    )
    return answers(facts, bad, len(sdists), "it is there", "sdist")


@check(
    "sdist-complete",
    expects="An sdist holds the files of the import packages that git tracks",
    remedy="Include the files in the backend's configuration for sdists.",
    docs="https://packaging.python.org/en/latest/specifications/source-distribution-format/",
)
def sdist_complete(facts: Facts) -> Answers:
    """A wheel is often built from the tree and has what the sdist lacks; whoever builds from the
    sdist notices first.
    """
    tracked = _tracked(facts)
    if not tracked:
        yield skipped("what git tracks is not known")
        return
    sdists = [item for item in of_kind(facts, Sdist) if item.entries]
    bad = (
        doubtful(item, f"lacks {some(missing)}, which git tracks")
        for item in sdists
        if (missing := _missing(item, tracked))
    )
    yield from answers(facts, bad, len(sdists), "all tracked source files are there", "sdist")


def _tracked(facts: Facts) -> frozenset[str]:
    if facts.git is None or not hasattr(facts.git, "tracked_files"):
        return frozenset()
    return frozenset(facts.git.tracked_files or ())


def _missing(item: Sdist, tracked: frozenset[str]) -> set[str]:
    """Return what belongs to an import package, tests and documentation left out."""
    top = item.top_level.rstrip("/") + "/"
    packed = {name.removeprefix(top) for name in item.entries}
    packages = {dirname(path) for path in tracked if basename(path) == "__init__.py"}
    return {
        path
        for path in tracked - packed
        if not _NOT_SHIPPED.search(path)
        and (path.startswith("src/") or any(path.startswith(f"{it}/") for it in packages if it))
    }
