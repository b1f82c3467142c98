"""The newest entry of a changelog, in the formats that projects write them in."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pypi_publish.core_metadata.names import normalized
from pypi_publish.project.model import Changelog
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import canonical
from pypi_publish.verdict import Place

_STEMS = (
    "changelog",
    "changes",
    "history",
    "news",
    "release_notes",
    "release-notes",
    "releasenotes",
)
_SUFFIXES = ("", ".md", ".rst", ".txt", ".markdown")
_HEAD = 1 << 18  # the newest entries stand at the top
_LONGEST_TITLE = 400
_ATX = re.compile(r"^ {0,3}#{1,4}\s+(?P<title>\S.*)$")
_UNDERLINE = re.compile(r"^\s{0,3}([=\-~^*+#\"'`.:_])\1{2,}\s*$")
_WORDS = r"(?:version|release[ds]?|ver\.?|v\.?|changes|new|what's|whats|in|for|the|of)"
# Possessive, longest word first: `rc` is also an `r` and a `c`, and 40 of them take forever.
_STAGES = r"(?:[-._]?(?:alpha|beta|preview|pre|post|rev|rc|dev|a|b|c|r)[-._]?\d*)*+"
_NUMBER = rf"v?(?P<version>(?:\d+!)?\d+(?:\.\d+)*{_STAGES})"
_DAY_FIRST = re.compile(r"\d{4}[-.]\d\d?[-.]\d\d?\s+(?=v?\d+\.\d)")
_UNRELEASED = re.compile(
    r"\W*(?:unreleased|upcoming|next(?: release| version)?|development|in development|master|main"
    r"|head|to be released|not yet released|in progress|tbd|tba)\b",
    re.IGNORECASE,
)
# Plain text has its headings bare: a version and maybe a day, alone on a line between empty ones.
_ALONE = re.compile(
    r"(?:\*\*)?\[?v?\d+(?:\.\d+)+[\w.]{0,20}\]?(?:\*\*)?(?:[\s(:-]{1,4}[\d.-]{6,10}\)?)?\s*$"
)
_STILL_OPEN = re.compile(r"\b(?:unreleased|not yet released|in development)\b\W*$", re.IGNORECASE)


def read_changelog(source: Source, name: str) -> Changelog | None:
    """Return what the headings of the changelog say; None where there is no changelog."""
    path = _path(source)
    text = source.tree.head(path, _HEAD) if path else None
    if path is None or text is None:
        return None
    newest: tuple[str, int] | None = None
    unreleased: int | None = None
    mentions = set()
    for line, title in _headings(text, fences=not path.endswith(".rst")):
        version = _version_in(title, name)
        if version is not None:
            if newest is None and _STILL_OPEN.search(title):
                unreleased = line
            newest = newest or (version, line)
            mentions.add(canonical(version) or version)
        elif newest is None and unreleased is None and _UNRELEASED.match(title):
            unreleased = line
    return Changelog(
        Place(path, newest[1] if newest else unreleased),
        newest[0] if newest else None,
        Place(path, unreleased) if unreleased else None,
        frozenset(mentions),
    )


def _path(source: Source) -> str | None:
    for folder in ("", "docs", "doc"):
        prefix = f"{folder}/" if folder else ""
        present = {
            entry.lower(): f"{prefix}{entry}"
            for entry, is_folder in source.tree.names(folder)
            if not is_folder and PurePosixPath(entry).suffix.lower() in _SUFFIXES
        }
        for stem in _STEMS:
            for suffix in _SUFFIXES:
                if found := present.get(f"{stem}{suffix}"):
                    return found
    return None


def _headings(text: str, *, fences: bool) -> Iterator[tuple[int, str]]:
    """Yield line and title of Markdown and reStructuredText headings, outside of code."""
    lines = [line[:_LONGEST_TITLE] for line in text.splitlines()]
    fenced = False
    for number, line in enumerate(lines, 1):
        if fences and line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif fenced:
            continue
        elif match := _ATX.match(line):
            yield number, match["title"].rstrip().rstrip("#").rstrip()
        elif _is_underlined(lines, number) or _stands_alone(lines, number):
            yield number, line.strip()


def _is_underlined(lines: list[str], number: int) -> bool:
    return (
        number < len(lines)
        and bool(_UNDERLINE.match(lines[number]))
        and _is_title(lines[number - 1])
    )


def _stands_alone(lines: list[str], number: int) -> bool:
    if not _ALONE.match(lines[number - 1]):
        return False
    before = lines[number - 2].strip() if number > 1 else ""
    after = lines[number].strip() if number < len(lines) else ""
    return not before and (not after or after[0] in "-*+")


def _is_title(line: str) -> bool:
    return bool(line.strip()) and not _UNDERLINE.match(line) and not line.lstrip().startswith("|")


def _version_in(title: str, name: str) -> str | None:
    """Return the version that a heading is about: it opens the title, after the project's name."""
    plain = re.sub(r"<[^>]*>|[*_`\[\]()\\]", " ", title)
    plain = re.sub(r"[:,|/]|\s-+\s|--+|\u2013|\u2014", " ", plain).strip()
    plain = _DAY_FIRST.sub("", plain, count=1) if _DAY_FIRST.match(plain) else plain
    words = rf"{_WORDS}|{re.escape(name)}|{re.escape(normalized(name))}"
    match = re.match(rf"(?:(?:{words})[\s:-]+)*+{_NUMBER}(?=$|[\s,;:])", plain, re.IGNORECASE)
    if match is None or canonical(match["version"]) is None:
        return None
    return None if re.fullmatch(r"\d{4}", match["version"]) else match["version"]
