"""ruamel.yaml's scanner in pure Python, mended where it reads YAML otherwise than libyaml does.

It stands in where libyaml is missing, and decides where libyaml refuses a text. As it comes, it
refuses tabs between a key and its value, and misreads the first lines of some block scalars.
"""

import re
from typing import Any

from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tokens import ScalarToken, TagToken

_WHITE = " \t"
_BREAK = "\r\n"
_END = "\0" + _BREAK
_FLOW = ",[]{}"
_REST_OF_LINE = re.compile(r"[^\0\r\n]*")
_BLANK_LINE = re.compile(r"[ \t]*(?:#[^\0\r\n]*)?(?=[\0\r\n])")
_TAG = re.compile(
    r"!<(?P<verbatim>[^\s<>]+)>|(?P<handle>!(?:[\w-]*!)?)(?P<suffix>[^\s,\[\]{}!\0]*)", re.ASCII
)
_BLOCK_HEADER = re.compile(
    r"[|>](?:(?P<chomp>[+-])?(?P<indent>[1-9])?|(?P<indent_first>[1-9])(?P<chomp_last>[+-]))"
    + _BLANK_LINE.pattern
)


class SpecScanner(Scanner):
    """Reads what YAML 1.2.2 says, in the places where its parent does not."""

    def scan_to_next_token(self) -> None:
        """Pass over what separates tokens: white space, line breaks and comments."""
        reader = self.reader
        while True:
            while reader.peek() == " " or (reader.peek() == "\t" and self._tab_separates()):
                reader.forward()
            if reader.peek() == "#":
                self._take(_REST_OF_LINE)
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_tag(self) -> TagToken:
        """Read a tag; what it means is nobody's concern here."""
        reader = self.reader
        start = reader.get_mark()
        tag = _TAG.match(reader.buffer, reader.pointer)
        behind = reader.buffer[tag.end()] if tag else ""
        ends = _END + _WHITE + (_FLOW if self.flow_level else "")
        if (
            tag is None
            or behind not in ends
            or ((tag["handle"] or "!") != "!" and not tag["suffix"])
        ):
            raise self._refused("found a tag that is none", start)
        reader.forward(len(tag[0]))
        value = (
            (None, tag["verbatim"] or "!") if not tag["suffix"] else tag.group("handle", "suffix")
        )
        return TagToken(value, start, reader.get_mark())

    def scan_plain(self) -> ScalarToken:
        """Read a plain scalar, which may go on over several lines."""
        reader = self.reader
        start = end = reader.get_mark()
        pieces: list[str] = []
        gap = ""
        while reader.peek() != "#" and not self._at_document_marker():
            length = self._plain_length(start)
            if not length:
                break
            pieces += [gap, reader.prefix(length)]
            reader.forward(length)
            self.allow_simple_key = False
            end = reader.get_mark()
            gap = self._plain_gap(start)
            if not gap or (not self.flow_level and reader.column <= self.indent):
                break
        return ScalarToken("".join(pieces), plain=True, start_mark=start, end_mark=end)

    def scan_block_scalar(self, style: str, rt: bool | None = False) -> ScalarToken:
        """Read a literal or a folded scalar."""
        del rt
        reader = self.reader
        start = reader.get_mark()
        chomping, indent = self._block_header(start)
        if indent:
            breaks, end = self.scan_block_scalar_breaks(indent)
        else:
            breaks, indent, end = self._empty_lines()
        pieces: list[str] = []
        last_break = ""
        after_text = False
        while reader.column == indent and reader.peek() != "\0":
            is_text = reader.peek() not in _WHITE
            if style == ">" and after_text and is_text:
                last_break = "" if breaks else " "
            pieces += [last_break, *breaks, self._take(_REST_OF_LINE)]
            after_text = is_text
            last_break = self.scan_line_break()
            breaks, end = self.scan_block_scalar_breaks(indent)
        if chomping != "-":
            pieces.append(last_break)
        if chomping == "+":
            pieces += breaks
        text = "".join(pieces)
        return ScalarToken(text, plain=False, start_mark=start, end_mark=end, style=style)

    def _take(self, pattern: re.Pattern[str]) -> str:
        reader = self.reader
        found = pattern.match(reader.buffer, reader.pointer)
        text = found[0] if found else ""
        reader.forward(len(text))
        return text

    def _tab_separates(self) -> bool:
        """Return whether a tab is white space here, rather than a forbidden indentation."""
        if self.flow_level or not self.allow_simple_key:
            return True
        reader = self.reader
        return _BLANK_LINE.match(reader.buffer, reader.pointer) is not None

    def _indents_text(self) -> bool:
        reader = self.reader
        blank = _BLANK_LINE.match(reader.buffer, reader.pointer)
        return reader.column <= self.indent and blank is None

    def _at_document_marker(self) -> bool:
        reader = self.reader
        return (
            reader.column == 0
            and reader.prefix(3) in ("---", "...")
            and reader.peek(3) in _END + _WHITE
        )

    def _plain_length(self, start: Any) -> int:
        reader = self.reader
        length = 0
        while (character := reader.peek(length)) not in _END + _WHITE:
            following = reader.peek(length + 1)
            if character == ":" and following in _END + _WHITE:
                break
            if self.flow_level and character == ":" and following in _FLOW + "?":
                raise self._refused("found unexpected ':'", start)
            if self.flow_level and character in _FLOW:
                break
            length += 1
        return length

    def _plain_gap(self, start: Any) -> str:
        """Pass over what may lie within a plain scalar; return what it means there."""
        reader = self.reader
        white = ""
        breaks = 0
        while reader.peek() in _WHITE + _BREAK:
            if reader.peek() in _BREAK:
                self.scan_line_break()
                breaks += 1
                continue
            if breaks and reader.peek() == "\t" and self._indents_text():
                raise self._refused("found a tab character that violates indentation", start)
            white += reader.peek()
            reader.forward()
        if not breaks:
            return white
        self.allow_simple_key = True
        return "\n" * (breaks - 1) or " "

    def _block_header(self, start: Any) -> tuple[str | None, int]:
        """Return the sign for the breaks at the end, and the indentation where it is stated."""
        reader = self.reader
        header = _BLOCK_HEADER.match(reader.buffer, reader.pointer)
        if header is None:
            raise self._refused("expected chomping or indentation indicators", start)
        self._take(_REST_OF_LINE)
        self.scan_line_break()
        stated = header["indent"] or header["indent_first"]
        chomping = header["chomp"] or header["chomp_last"]
        return chomping, max(self.indent, 0) + int(stated) if stated else 0

    def _empty_lines(self) -> tuple[list[str], int, Any]:
        """Pass over the empty lines of a block scalar; return its indentation beside them."""
        reader = self.reader
        breaks: list[str] = []
        deepest = max(self.indent + 1, 1)
        end = reader.get_mark()
        while True:
            while reader.peek() == " ":
                reader.forward()
            deepest = max(deepest, reader.column)
            if reader.peek() not in _BREAK:
                return breaks, deepest, end
            breaks.append(self.scan_line_break())
            end = reader.get_mark()

    def _refused(self, problem: str, start: Any) -> ScannerError:
        return ScannerError("while scanning a scalar", start, problem, self.reader.get_mark())
