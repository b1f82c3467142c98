"""Takes from the lines of a log what runners and terminals have put around what a tool said."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pypi_publish.failures.redact import redacted
from pypi_publish.failures.stream import Stretch

_LONGEST = 8_000  # of one line
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
    r"|\[(?:\d{1,3}(?:;\d{1,3}){0,4})?m|\[\?25[lh]|\[[0-3]?K(?![A-Za-z0-9])"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff]")
_STAMP = r"\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
# `gh run view --log`: job, step and the line with its time; lines after the first have none.
_OF_GH = re.compile(rf"\ufeff?(?P<job>[^\t]{{1,300}})\t(?P<step>[^\t]{{1,300}})\t(?:{_STAMP} ?)?")
_LIKE_GH = re.compile(rf"\ufeff?[^\t]{{1,300}}\t[^\t]{{1,300}}\t{_STAMP} ")
_PREFIXES = tuple(
    re.compile(prefix)
    for prefix in (
        rf"{_STAMP} (?:[0-9a-f]{{2}}[OE][ +])?",  # GitHub and Azure; GitLab adds a stream
        r"\[\s*\d+s\] ",  # OBS, osc
        r"#\d+ (?:\d+\.\d+ )?",  # docker build
        r"\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?\]?(?: ?[+-]\d\d:?\d\d| UTC)?\s+(?:- )?",
        r"\[\d\d:\d\d:\d\d(?:[.,]\d+)?\] ?",
        r"\d\d:\d\d:\d\d(?:[.,]\d+)? (?=\S)",
        r"(?:section_(?:start|end):\d+:\S*|travis_(?:fold|time):\S+)\s*",
        r"(?:> )+(?=\S)",  # quoted in an issue
    )
)
_FRAME = re.compile(r"^[\s│├└╰╭─▶┃┆|┌]*[│├└╰╭─▶┃┆┌]+\s?|\s*[│┃|]\s*$")
_COMMAND = re.compile(
    r"##(?:vso)?\[(?P<azure>error|warning|notice|debug|group|endgroup|section|command)[^\]]*\]"
    r"|::(?P<github>error|warning|notice|debug|group|endgroup)(?:\s[^:]*(?::(?!:)[^:]*)*)?::"
)
_GITHUB_ERROR = re.compile(r"(?:Error|Warning): (?=\S)")
# A line break that is written out, but not the begin of a folder's name on Windows.
_QUOTED_BREAK = re.compile(r"(?:\\r)?\\n(?=\\n|\\r|[\s<A-Z0-9\"']|$)")
_QUOTED_LETTER = re.compile(r"\\u(00[2-7][0-9a-fA-F]|20[0-2][0-9a-fA-F])")
_QUOTED_MARK = re.compile(r"\\([\"\\])")
_MARGIN = re.compile(r"[> \t]*")
_BYTES = re.compile(r"\bb['\"]")
_BAR = re.compile(r"[━╺╸█▏▎▍▌▋▊▉░▒▓#=-]{8,}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the tool wrote it."""

    number: int
    text: str
    job: str = ""
    step: str = ""
    mark: str = ""  # "error", "warning", "group" ... as the runner was told
    file: str = ""  # of a zip


@dataclass(frozen=True, slots=True)
class Layout:
    """What a log looks like as a whole."""

    of_gh: bool = False
    file: str = ""
    job: str = ""
    step: str = ""
    margin: str = ""  # that every line begins with: of a quotation, of a code block


def layout_of(head: bytes, file: str = "") -> Layout:
    """Tell from the first lines what has been put before each of them, as by `gh`."""
    first = [line[:1000].decode("utf-8", "replace") for line in head.split(b"\n", 40)[:40]]
    stamped = any(map(_LIKE_GH.match, first))
    job, _, step = file.removesuffix(".txt").rpartition("/")
    step = re.sub(r"^\d+_", "", step)
    return Layout(stamped, file, job or step, step if job else "", _margin(first))


def _margin(lines: list[str]) -> str:
    margins = [
        found[0] for line in lines if line.strip("> \t\r") and (found := _MARGIN.match(line))
    ]
    shortest = min(margins, key=len, default="")
    return shortest if all(margin.startswith(shortest) for margin in margins) else ""


def lines_of(stretch: Stretch, layout: Layout) -> list[Line]:
    """Return the cleaned lines of a stretch; one that a tool has rewritten becomes several."""
    lines: list[Line] = []
    for offset, raw in enumerate(stretch.data.split(b"\n")):
        lines += _cleaned(raw[:_LONGEST], stretch.number + offset, layout)
    return lines


def _cleaned(raw: bytes, number: int, layout: Layout) -> Iterator[Line]:
    text = raw.decode("utf-8", "replace")
    line = Line(number, text, layout.job, layout.step, file=layout.file)
    if layout.of_gh:
        found = _OF_GH.match(text)
        if found:
            line = replace(
                line, text=text[found.end() :], job=found["job"].strip(), step=found["step"].strip()
            )
    elif layout.margin:
        margin = layout.margin if text.startswith(layout.margin) else layout.margin.rstrip()
        line = replace(line, text=text.removeprefix(margin))
    for piece in _rewritten(line.text):
        yield from _marked(replace(line, text=piece))


def _rewritten(text: str) -> list[str]:
    """Return what is left of a line that was written over again and again."""
    if "\r" not in text:
        return [text]
    pieces = [piece for piece in re.split(r"\r+", text) if piece.strip()]
    kept = [piece for piece in pieces[:-1] if not _BAR.search(piece) and "%|" not in piece]
    return [*kept[:50], *pieces[-1:]] or [""]


def _unquoted(text: str) -> str:
    """Undo what JSON and Python do to a text that they quote."""
    if text.count("\\n") > 1:
        text = _QUOTED_BREAK.sub("\n", text)
    text = _QUOTED_LETTER.sub(lambda found: chr(int(found[1], 16)), text)
    if _BYTES.search(text):
        text = text.replace("\\'", "'")
    return _QUOTED_MARK.sub(r"\1", text)


def _marked(line: Line) -> Iterator[Line]:
    text = _CONTROLS.sub("", _ESCAPES.sub("", line.text)).rstrip()
    for prefix in _PREFIXES:
        found = prefix.match(text)
        if found:
            text = text[found.end() :]
    mark = ""
    command = _COMMAND.match(text)
    if command:
        mark = command["azure"] or command["github"]
        text = text[command.end() :]
    elif _GITHUB_ERROR.match(text):
        mark = text[:5].lower().replace("warni", "warning")
    if "%0A" in text:
        text = re.sub(r"(?:%0D)?%0A", "\n", text).replace("%25", "%")
    if "\\" in text:
        text = _unquoted(text)
    if "&" in text:
        text = html.unescape(text)
    if any(sign in text for sign in "│├└╰╭┃┆"):
        text = _FRAME.sub("", text)
    for piece in text.split("\n"):
        yield replace(line, text=redacted(piece), mark=mark)
