"""The command lines of a page, and the options that the tools in them know."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parent.parent / "scripts"
_PYTHON_TOOLS = {"pip": "pip", "twine": "twine", "build": "build", "pyproject-build": "build"}
_UV = (str(Path(sys.executable).with_name("uv")),)
_OURS = frozenset(path.stem for path in SCRIPTS.glob("*.py"))
_NESTED = frozenset({"pip", "tool", "python", "cache", "auth", "self", "workspace"})  # of uv
_OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)")
_END = frozenset(";&|()<>\n")
_SHELL_COMMENT = re.compile(r"(?:(?<=\s)|^)#.*$", re.MULTILINE)


@dataclass(frozen=True)
class Tool:
    """What a tool, or one of its commands, says in its help."""

    options: frozenset[str]
    taking_values: frozenset[str]

    def knows(self, word: str) -> bool:
        name = word.partition("=")[0]
        return name in self.options or name.replace("--no-", "--", 1) in self.options


def unknown_options(text: str, language: str) -> list[str]:
    """Return `tool: option` for each option that the tool named on its line does not have."""
    words = _powershell if language in {"powershell", "pwsh", "ps1"} else _shell
    return [problem for command in words(text) for problem in _unknown(command)]


def _shell(text: str) -> Iterator[list[str]]:
    joined = _SHELL_COMMENT.sub("", text.replace("\\\n", " "))
    lexer = shlex.shlex(joined, posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t\r", "", True
    command: list[str] = []
    for word in [*lexer, "\n"]:
        if word and set(word) <= _END:
            yield command
            command = []
        else:
            command.append(word)


def _powershell(text: str) -> Iterator[list[str]]:
    for line in text.replace("`\n", " ").splitlines():
        if not line.lstrip().startswith("#"):
            for part in re.split(r"[;|]|\s#", line):
                yield [word.strip("\"'(){}") for word in part.split() if word != "&"]


def _unknown(words: list[str]) -> Iterator[str]:
    while words and re.match(r"\w+=", words[0]):
        words = words[1:]
    if not words:
        return
    name, rest = Path(words[0].replace("\\", "/")), words[1:]
    if name.stem in _OURS and (name.suffix == ".py" or name.as_posix() in _OURS):
        yield from _judge(name.stem, (sys.executable, str(SCRIPTS / f"{name.stem}.py")), rest)
    elif name.name in {"python", "python3", "py"} and "-m" in rest[:2]:
        yield from _unknown(rest[rest.index("-m") + 1 :])
    elif name.name in {"python", "python3", "py"} and rest[:1]:
        yield from _unknown(rest)
    elif name.name == "uv":
        yield from _uv(rest)
    elif name.name == "uvx":
        yield from _uv(["tool", "run", *rest])
    elif (tool := _PYTHON_TOOLS.get(name.name.split("==")[0].split("@")[0])) is not None:
        command = rest[:1] if tool in {"pip", "twine"} else []
        start = (sys.executable, "-m", tool, *command)
        yield from _judge(" ".join([tool, *command]), start, rest[len(command) :])


def _uv(words: list[str]) -> Iterator[str]:
    depth = 2 if words[:1] and words[0] in _NESTED else 1
    command, rest = words[:depth], words[depth:]
    if not all(re.fullmatch(r"[a-z][a-z-]*", word) for word in command):
        return
    start = (*_UV, *command)
    if command in (["run"], ["tool", "run"]):
        own = _before_the_program(rest, _tool(start))
        yield from _judge("uv " + " ".join(command), start, rest[:own])
        yield from _unknown(rest[own:])
    else:
        yield from _judge("uv " + " ".join(command), start, rest)


def _before_the_program(words: list[str], tool: Tool) -> int:
    """Return how many of the words belong to the runner and not to what it runs."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in tool.taking_values else 1
    return at


def _judge(name: str, start: tuple[str, ...], words: list[str]) -> Iterator[str]:
    tool = _tool(start)
    everywhere = _tool(_UV) if start[:1] == _UV else tool
    for word in words:
        if word == "--":
            return
        if re.fullmatch(r"--[a-z][\w-]*(?:=.*)?|-[A-Za-z]", word) and not (
            tool.knows(word) or everywhere.knows(word)
        ):
            yield f"{name}: {word}"


@cache
def _tool(start: tuple[str, ...]) -> Tool:
    helped = subprocess.run(
        [*start, "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    found = _OPTION.findall(helped)
    valued = re.findall(r"(?:(-\w), )?(--[\w-]+)[ =](?:<|\[<)", helped)
    return Tool(
        frozenset({"--help", "-h", *found}),
        frozenset(option for pair in valued for option in pair if option),
    )
