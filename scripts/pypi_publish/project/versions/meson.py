"""meson-python: the version of the project() call in meson.build."""

import re

from pypi_publish.project.files import Unreadable
from pypi_publish.project.model import Version
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import broken, found, untold
from pypi_publish.verdict import Place

_FILE = "meson.build"
_LIMIT = 1 << 18
_STRING_OR_COMMENT = re.compile(r"(?P<string>'[^'\n]*')|#[^\n]*")
_CALL = re.compile(r"^[ \t]*project[ \t]*\(", re.MULTILINE)
_VERSION = re.compile(
    r"(?<![\w])version[ \t]*:\s*(?:'(?P<literal>[^'\n]*)'|files\(\s*'(?P<file>[^'\n]+)'\s*\))?"
)


def meson_project(source: Source) -> Version | None:
    """Read the version that the build asks meson for."""
    if source.backend != "mesonpy" or "version" in source.project:
        return None
    return stated_in_meson(source)


def stated_in_meson(source: Source) -> Version:
    """Read a literal version, or the file that is named in its place."""
    here = source.place("build-system", "build-backend")
    try:
        text = source.tree.text(_FILE, _LIMIT)
    except Unreadable as error:
        return broken(str(error), _FILE, here)
    plain = _STRING_OR_COMMENT.sub(lambda found: found["string"] or "", text)
    call = _CALL.search(plain)
    if call is None:
        return untold("no call of project() was found", _FILE, Place(_FILE))
    return _stated(source, plain, call.end())


def _stated(source: Source, text: str, start: int) -> Version:
    given = _VERSION.search(text, start, _end_of_call(text, start))
    if given is None:
        because = "version is dynamic, and project() in meson.build states none"
        return broken(because, _FILE, Place(_FILE, text.count("\n", 0, start) + 1))
    place = Place(_FILE, text.count("\n", 0, given.start()) + 1)
    if given["literal"] is not None:
        return found(given["literal"], f"{_FILE} project() version", place)
    if given["file"] is None:
        return untold("meson computes the version when it is set up", _FILE, place)
    try:
        return found(
            source.tree.text(given["file"]).strip(), given["file"], Place(given["file"], 1)
        )
    except Unreadable as error:
        return broken(str(error), _FILE, place)


def _end_of_call(text: str, start: int) -> int:
    depth, quoted = 1, False
    for at in range(start, len(text)):
        if text[at] == "'":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            if not depth:
                return at
    return len(text)
