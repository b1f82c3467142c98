"""The commands of a `run:` text, as far as they can be read without running a shell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t]+|\\\r?\n|`\r?\n)        # PowerShell continues a line with a backtick
    | (?P<comment>(?<![^\s;&|()])\#[^\n]*)
    | (?P<end>\r?\n|&&|\|\||[;&|(){}]|\$\(|`)
    | (?P<single>'[^']*'?)
    | (?P<double>"(?:\\.|[^"\\])*"?)
    | (?P<escaped>\\.)
    | (?P<text>[^\s'"\\;&|(){}`\#$]+|.)
    """,
    re.VERBOSE,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
# Words before a command that do not change which command it is.
_BEFORE = {
    "sudo",
    "env",
    "exec",
    "command",
    "time",
    "if",
    "then",
    "else",
    "elif",
    "do",
    "while",
    "!",
}
_PYTHON = re.compile(
    r"(?:.*[/\\])?(?:python|pypy|py)[\d.]*(?:\.exe)?|\$\{?\w*python\w*\}?", re.IGNORECASE
)
# Options of `uv run`, `uvx` and `pipx run` that are followed by a value.
_WITH_VALUE = frozenset(
    "--from --with --with-editable --with-requirements --spec --python -p --index --index-url "
    "--default-index --extra-index-url --find-links -f -i --constraints --constraint -c "
    "--build-constraints --overrides --exclude-newer --extra --group --no-group --only-group --package --project "
    "--directory --cache-dir --env-file --pip-args --refresh-package --reinstall-package "
    "--upgrade-package -P --resolution --prerelease --link-mode --keyring-provider -w -s".split()
)


@dataclass(frozen=True, slots=True)
class Command:
    """The words of one command, and on which line of the text it begins (the first is 0)."""

    words: tuple[str, ...]
    line: int


def commands(text: str) -> Iterator[Command]:
    """Yield the commands of a shell text; bodies of here-documents are data and passed over."""
    text = _without_heredocs(_EXPRESSION.sub(_kept_whole, text))
    words: list[str] = []
    word: str | None = None
    line = begins = 0
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token[0]
        if kind in ("space", "comment", "end"):
            if word is not None:
                words.append(word)
                word = None
        else:
            begins = begins if words or word is not None else line
            word = (word or "") + _unquoted(kind, value)
        if kind == "end" and words:
            yield from _command(words, begins)
            words = []
        line += value.count("\n")
    if word is not None:
        words.append(word)
    yield from _command(words, begins)


def program(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of the program that is run in the end: `uvx twine` is `twine`."""
    while words:
        if _PYTHON.fullmatch(words[0]) and "-m" in words[1:3]:
            words = words[words.index("-m") + 1 :]
        elif words[0] == "uvx":
            words = _after_options(words[1:])
        elif words[:3] == ("uv", "tool", "run"):
            words = _after_options(words[3:])
        elif words[:2] in (("uv", "run"), ("pipx", "run"), ("poetry", "run"), ("pdm", "run")):
            words = _after_options(words[2:])
        else:
            break
    return words


def options_and_rest(
    words: tuple[str, ...], with_value: frozenset[str] = _WITH_VALUE
) -> tuple[list[tuple[str, str | None]], tuple[str, ...]]:
    """Split the options before the first other word from what follows them."""
    options: list[tuple[str, str | None]] = []
    while words and words[0].startswith("-") and words[0] != "-":
        name, equals, value = words[0].partition("=")
        words = words[1:]
        if name == "--":
            break
        if not equals and name in with_value and words:
            value, words = words[0], words[1:]
            equals = "="
        options.append((name, value if equals else None))
    return options, words


def _after_options(words: tuple[str, ...]) -> tuple[str, ...]:
    rest = options_and_rest(words)[1]
    if not rest:
        return rest
    # `uvx twine@6.1` and `pipx run build==1.2` run the program of that name.
    return (re.split(r"[@=<>~!\[]", rest[0])[0], *rest[1:])


def _command(words: list[str], line: int) -> Iterator[Command]:
    start = 0
    while start < len(words) and (words[start] in _BEFORE or _ASSIGNMENT.fullmatch(words[start])):
        start += 1
    if words[start:]:
        yield Command(tuple(words[start:]), line)


def _unquoted(kind: str | None, value: str) -> str:
    if kind == "single":
        return value.strip("'")
    if kind == "double":
        return value[1:].removesuffix('"')
    return value[1:] if kind == "escaped" else value


def _kept_whole(expression: re.Match[str]) -> str:
    """Keep `${{ a || b }}` one word; its own line breaks still count."""
    return "$EXPRESSION" + "\\\n" * expression[0].count("\n")


def _without_heredocs(text: str) -> str:
    if "<<" not in text:
        return text
    lines, until = [], None
    for line in text.split("\n"):
        if until is not None:
            until = None if line.strip() == until else until
            lines.append("")
            continue
        opened = _HEREDOC.search(line)
        until = opened[2] if opened else None
        lines.append(line[: opened.start()] if opened else line)
    return "\n".join(lines)
