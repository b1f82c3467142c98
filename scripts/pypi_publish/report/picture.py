"""A picture of a terminal, for developers: text with colours as SVG, for the README."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

_ROW = 18  # pixels
_LETTER = 8.0
_EDGE = 16
_SIGN = re.compile(r"\x1b\[([0-9;]*)m")
_LOOKS = {
    "31;1": 'fill="#ff7b72" font-weight="bold"',
    "32;1": 'fill="#7ee787" font-weight="bold"',
    "32": 'fill="#7ee787"',
    "33": 'fill="#e3b341"',
    "35": 'fill="#d2a8ff"',
    "1": 'font-weight="bold"',
    "2": 'fill="#8b949e"',
}


def drawn(text: str, title: str) -> str:
    """Return an SVG that shows the text as a terminal does; colours are ANSI sequences in it."""
    rows = text.rstrip("\n").split("\n")
    width = round(max(len(_SIGN.sub("", row)) for row in rows) * _LETTER) + 2 * _EDGE
    height = len(rows) * _ROW + 2 * _EDGE
    return "\n".join((*_head(width, height, title), *_body(rows), "</g>", "</svg>")) + "\n"


def _head(width: int, height: int, title: str) -> Iterator[str]:
    size = f'width="{width}" height="{height}"'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img">'
    )
    yield f"<title>{escape(title)}</title>"
    yield f'<rect {size} rx="8" fill="#0d1117"/>'
    yield (
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"'
        ' font-size="13" fill="#e6edf3">'
    )


def _body(rows: list[str]) -> Iterator[str]:
    for number, row in enumerate(rows, start=1):
        y = _EDGE + number * _ROW - 5
        for column, look, text in _runs(row):
            x, length = _EDGE + column * _LETTER, len(text) * _LETTER
            # Whatever font there is, the columns stay where they are.
            place = f'x="{x:g}" y="{y}" textLength="{length:g}" xml:space="preserve"'
            yield f"<text {place}{look and ' ' + look}>{escape(text)}</text>"


def _runs(row: str) -> Iterator[tuple[int, str, str]]:
    """Yield what of a row looks alike, with the column where it begins."""
    column, look = 0, ""
    for index, part in enumerate(_SIGN.split(row)):
        if index % 2:
            look = _LOOKS.get(part, "")
            continue
        bare = part.lstrip(" ")
        if bare:
            yield column + len(part) - len(bare), look, bare.rstrip(" ")
        column += len(part)
