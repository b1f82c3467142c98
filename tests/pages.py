"""The pages that agents and people read, as Markdown sees them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TOOLS = (
    "uv uvx twine pip pipx python preflight diagnose-publish check-action-pins verify-on-pypi "
    "poetry flit hatch pdm git"
).split()


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Saying:
    """A paragraph, heading or row of a table, with the heads of its columns before it."""

    text: str
    line: int
    below: str = ""  # the heading, and the paragraph with a colon, that it stands under
    links: tuple[str, ...] = ()
    code: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[str, ...]:
        """The pieces of code that are command lines."""
        return tuple(code for code in self.code if code.split()[:1] and code.split()[0] in _TOOLS)


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    line: int
    anchor: str


@dataclass(frozen=True)
class Page:
    path: Path
    text: str
    blocks: tuple[Block, ...]
    sayings: tuple[Saying, ...]
    headings: tuple[Heading, ...]

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def rendered(self) -> bool:
        """Whether the code writes it."""
        return "\nRendered from the code by " in self.text

    @property
    def anchors(self) -> frozenset[str]:
        return frozenset(heading.anchor for heading in self.headings)

    @property
    def links(self) -> tuple[tuple[str, int], ...]:
        return tuple((link, saying.line) for saying in self.sayings for link in saying.links)


def read(path: Path) -> Page:
    """Read a page from a file."""
    return parse(path, path.read_text(encoding="utf-8"))


@cache
def parse(path: Path, text: str) -> Page:
    """Read a page from its text; lines count from one."""
    front = _FRONT_MATTER.match(text)
    body = "\n" * front[0].count("\n") + text[front.end() :] if front else text
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    return Page(
        path, text, tuple(_blocks(tokens)), tuple(_sayings(tokens)), tuple(_headings(tokens))
    )


def references() -> list[Page]:
    """Return the pages of references/."""
    return [read(path) for path in sorted((ROOT / "references").glob("*.md"))]


def everything() -> list[Page]:
    """Return all pages that users of the skill meet."""
    return [read(ROOT / "SKILL.md"), read(ROOT / "README.md"), *references()]


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    for token in tokens:
        if token.type in {"fence", "code_block"} and token.map:
            yield Block(
                token.info.split()[0] if token.info else "", token.content, token.map[0] + 1
            )


def _headings(tokens: list[Token]) -> Iterator[Heading]:
    taken: dict[str, int] = {}
    for opening, content in pairwise(tokens):
        if opening.type == "heading_open" and opening.map:
            text = "".join(part.content for part in content.children or [])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            count = taken[slug] = taken.get(slug, -1) + 1
            anchor = f"{slug}-{count}" if count else slug
            yield Heading(int(opening.tag[1]), text, opening.map[0] + 1, anchor)


def _sayings(tokens: list[Token]) -> Iterator[Saying]:
    heads: list[str] = []
    row: list[Token] | None = None
    heading = lead = before = ""
    line = 0
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        match token.type:
            case "table_open":
                heads = []
            case "tr_open":
                row = []
            case "tr_close":
                yield _saying(row or [], line, heads, f"{heading} {lead}")
                heads = heads or [cell.content for cell in row or []]
                row = None
            case "inline" if row is not None:
                row.append(token)
            case "inline":
                yield _saying([token], line, [], f"{heading} {lead}")
                if before == "heading_open":
                    heading, lead = token.content, ""
                elif token.content.endswith(":"):
                    lead = token.content
        before = token.type


def _saying(cells: list[Token], line: int, heads: list[str], below: str) -> Saying:
    parts = [part for cell in cells for part in cell.children or []]
    return Saying(
        text=" | ".join([*heads, *(cell.content.replace("\n", " ") for cell in cells)]),
        line=line,
        below=below,
        links=tuple(
            str(target)
            for part in parts
            if (target := part.attrs.get("href") or part.attrs.get("src"))
        ),
        code=tuple(part.content for part in parts if part.type == "code_inline"),
    )
