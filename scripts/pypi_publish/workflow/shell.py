"""The commands of a `run:` text, as far as they can be read without running a shell."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_EXPRESSION = re.compile(r"\$\{\{(?:[^${}]|\$(?!\{\{)|\{(?!\{)|\}(?!\}))*\}\}")
_HEREDOC = re.compile(r"(?<!<)<<-?(?!<)\s*(['\"]?)([A-Za-z_]\w*)\1")
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t]+|[\\`^]\r?\n)      # PowerShell continues a line with `, cmd with ^
    | (?P<comment>(?<![^\s;&|()])\#[^\n]*)
    | (?P<redirect>
        (?:(?<![^\s;&|()])[0-9]+)?
        (?:&>>?|<<<|>>|>[&|]|<[&>]|[<>])
        [ \t]*(?:'[^']*'|"[^"]*"|[^\s;&|()<>'"]+)?
      )
    | (?P<expanded>\$\{[^}\s]{0,200}\}|\{[^\s{};,]{0,100},[^\s{};]{0,100}\})
    | (?P<end>\r?\n|&&|\|\||[;&|(){}]|\$\(|`)
    | (?P<single>'[^']*'?)
    | (?P<double>"(?:\\[\s\S]|[^"\\])*"?)
    | (?P<path>\\(?=\w))                 # of Windows; few other shells escape a letter
    | (?P<escaped>\\.)
    | (?P<text>[^\s'"\\;&|(){}`\#$<>^]+|.)
    """,
    re.VERBOSE,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=.*", re.DOTALL)
# Words before a command that do not change which command it is.
_BEFORE = frozenset(
    "sudo env exec command builtin time nohup nice call xargs if then else elif do while until "
    "!".split()
)
_BEFORE_WITH_VALUE = frozenset("-u -g -C -n -P -I -L -S --user --group --unset --chdir".split())
_SHELLS = {"bash", "sh", "zsh", "dash", "ksh", "pwsh", "powershell", "cmd"}
_RUNS_TEXT = {"-c", "-lc", "-ec", "-ce", "-euc", "-exc", "-command", "-Command", "/c", "/C"}
_PYTHON = re.compile(r"(?:python|pypy|py)[\d.]*|\$\{?\w*python\w*\}?", re.IGNORECASE)
_PYTHON_WITH_VALUE = frozenset(("-X", "-W", "--check-hash-based-pycs"))
# Options of `uv run`, `uvx` and `pipx run` that are followed by a value.
OPTIONS_WITH_VALUE = frozenset(
    "--from --with --with-editable --with-requirements --spec --python -p --index --index-url "
    "--default-index --extra-index-url --find-links -f -i --constraints --constraint -c "
    "--build-constraints --overrides --exclude-newer --extra --group --no-group --only-group "
    "--package --project --directory --cache-dir --config-file --env-file --pip-args "
    "--refresh-package --reinstall-package --upgrade-package -P --resolution --prerelease "
    "--link-mode --keyring-provider --allow-insecure-host --color -w -s".split()
)
_DEEPEST = 5  # runners that run runners, shells that run shells


@dataclass(frozen=True, slots=True)
class Command:
    """The words of one command, and on which line of the text it begins (the first is 0)."""

    words: tuple[str, ...]
    line: int


def commands(text: str) -> Iterator[Command]:
    """Yield the commands of a shell text; bodies of here-documents are data and passed over."""
    return _commands(text, 0)


def program(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of the program that is run in the end: `uvx twine` is `twine`."""
    *_, last = layers(words)
    return last


def layers(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield a command and, one after the other, what its words run: `uv run pip`, then `pip`."""
    inner: tuple[str, ...] | None = _named(words)
    for _ in range(_DEEPEST):
        if inner is None:
            return
        yield inner
        inner = _run_by(inner)


def options_and_rest(
    words: tuple[str, ...], with_value: frozenset[str] = OPTIONS_WITH_VALUE
) -> tuple[list[tuple[str, str | None]], tuple[str, ...]]:
    """Split the options before the first other word from what follows them."""
    options: list[tuple[str, str | None]] = []
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        name, equals, value = words[at].partition("=")
        at += 1
        if name == "--":
            break
        if not equals and name in with_value and at < len(words):
            equals, value = "=", words[at]
            at += 1
        options.append((name, value if equals else None))
    return options, words[at:]


def _commands(text: str, depth: int) -> Iterator[Command]:
    text = _without_heredocs(_EXPRESSION.sub(_kept_whole, text))
    words: list[str] = []
    word: str | None = None
    line = begins = 0
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token[0]
        if kind in ("space", "comment", "redirect", "end"):
            if word is not None:
                words.append(word)
                word = None
        else:
            begins = begins if words or word is not None else line
            word = (word or "") + _unquoted(kind, value)
        if kind == "end" and words:
            yield from _command(words, begins, depth)
            words = []
        line += value.count("\n")
    if word is not None:
        words.append(word)
    yield from _command(words, begins, depth)


def _command(words: list[str], line: int, depth: int) -> Iterator[Command]:
    rest = _without_prefixes(tuple(words))
    if not rest:
        return
    inner = _text_for_shell(rest)
    if inner is None or depth >= _DEEPEST:
        yield Command(rest, line)
    else:  # its line breaks are not those of the file
        yield from (Command(found.words, line) for found in _commands(inner, depth + 1))


def _without_prefixes(words: tuple[str, ...]) -> tuple[str, ...]:
    at = 0
    prefixed = False
    while at < len(words):
        word = words[at]
        if prefixed and word.startswith("-"):
            at += 2 if word in _BEFORE_WITH_VALUE else 1
        elif word in _BEFORE or _ASSIGNMENT.fullmatch(word):
            prefixed = True
            at += 1
        else:
            break
    return words[at:]


def _text_for_shell(words: tuple[str, ...]) -> str | None:
    """Return the text that a shell is given as an argument: `bash -c "..."`."""
    if _named(words)[0] not in _SHELLS:
        return None
    given = (words[at + 1] for at, word in enumerate(words[:-1]) if word in _RUNS_TEXT)
    return next(given, None)


def _named(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command with the bare name of its program: `.venv/bin/pip` is `pip`."""
    if not words:
        return words
    name = re.split(r"[/\\]", words[0])[-1] or words[0]
    return (re.sub(r"\.(?:exe|cmd|bat)\Z", "", name, flags=re.IGNORECASE), *words[1:])


def _run_by(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what a command runs in its turn; None where it does its own work."""
    inner = _of_python(words)
    if inner is None:
        found = (run for prefix, run in _RUNNERS.items() if words[: len(prefix)] == prefix)
        run = next(found, None)
        inner = run(words) if run else None
    return _named(inner) if inner else None


def _of_python(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what `python -m` runs, also where an expression stands for the interpreter."""
    if not words or not (_PYTHON.fullmatch(words[0]) or words[0].startswith("$")):
        return None
    at = 1
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "-m":
            return words[at + 1 :]
        if re.fullmatch(r"-m\w+", words[at]):
            return (words[at][2:], *words[at + 1 :])
        at += 2 if words[at] in _PYTHON_WITH_VALUE else 1
    return None


def _after_options(words: tuple[str, ...]) -> tuple[str, ...]:
    rest = options_and_rest(words)[1]
    if not rest:
        return rest
    # `uvx twine@6.1` and `pipx run build==1.2` run the program of that name.
    return (re.split(r"[@=<>~!\[]", rest[0])[0], *rest[1:])


def _of_uv(words: tuple[str, ...]) -> tuple[str, ...] | None:
    verb = options_and_rest(words[1:])[1]
    if verb[:1] == ("run",):
        return _after_options(verb[1:])
    return _after_options(verb[2:]) if verb[:2] == ("tool", "run") else None


def _of_hatch(words: tuple[str, ...]) -> tuple[str, ...]:
    first, *rest = _after_options(words[2:]) or ("",)
    return (first.rpartition(":")[2], *rest)


_RUNNERS: dict[tuple[str, ...], Callable[[tuple[str, ...]], tuple[str, ...] | None]] = {
    ("uvx",): lambda words: _after_options(words[1:]),
    ("uv",): _of_uv,
    ("pipx", "run"): lambda words: _after_options(words[2:]),
    ("poetry", "run"): lambda words: _after_options(words[2:]),
    ("pdm", "run"): lambda words: _after_options(words[2:]),
    ("rye", "run"): lambda words: _after_options(words[2:]),
    ("pixi", "run"): lambda words: _after_options(words[2:]),
    ("hatch", "run"): _of_hatch,
}


def _unquoted(kind: str | None, value: str) -> str:
    if kind == "single":
        return value[1:].removesuffix("'")
    if kind == "double":
        return value[1:].removesuffix('"')
    return value[1:] if kind == "escaped" else value


def _kept_whole(expression: re.Match[str]) -> str:
    """Keep `${{ a || b }}` one word; its own line breaks still count."""
    return "$EXPRESSION" + "\\\n" * expression[0].count("\n")


def _without_heredocs(text: str) -> str:
    if "<<" not in text:
        return text
    given = text.split("\n")
    last_at = {line.strip(): number for number, line in enumerate(given)}
    lines, until = [], None
    for number, line in enumerate(given):
        if until is not None:
            until = None if line.strip() == until else until
            lines.append("")
            continue
        opened = _HEREDOC.search(line)
        if opened and last_at.get(opened[2], -1) > number:  # else it is a shift, or in quotes
            until = opened[2]
            line = f"{line[: opened.start()]} {line[opened.end() :]}"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)
