"""What stands behind a command of a workflow: the target of a Makefile, the script that it calls.

Files are read as text, never run, and only those of the repository itself.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pypi_publish.workflow.shell import commands

_LARGEST = 256 << 10
_MOST_FILES = 40
_DEEPEST = 3
_SHELLS = {"bash", "sh", "zsh", "source", "."}
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_JUSTFILES = ("justfile", "Justfile", ".justfile")
_RULE = re.compile(
    r"^(?P<names>[A-Za-z0-9_./ -]{1,200})(?::(?!=))(?P<needs>[^\n=]{0,500})", re.MULTILINE
)
_RECIPE = re.compile(  # of a justfile, whose recipes may have parameters
    r"^@?(?P<names>[A-Za-z0-9_-]{1,80})[^\n:]{0,200}:(?!=)(?P<needs>[^\n]{0,200})", re.MULTILINE
)
_VARIABLE = re.compile(r"^(\w{1,60})[ \t]{0,9}[:?]?=[ \t]{0,9}([^\n]{0,200})", re.MULTILINE)
_ENVIRONMENT = re.compile(r"^\[testenv(?::(?P<name>[\w.-]{1,80}))?\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of shell text and where it begins."""

    file: str
    line: int
    text: str


class Behind:
    """The files of one repository that commands may lead to; each is read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, str | None] = {}

    def texts(self, text: str, depth: int = 0) -> Iterator[Text]:
        """Yield what the commands of a text run, as far as it is a file of the repository."""
        if depth >= _DEEPEST:
            return
        for command in commands(text):
            for found in self._of(command.words):
                yield found
                yield from self.texts(found.text, depth + 1)

    def _of(self, words: tuple[str, ...]) -> Iterator[Text]:
        name, targets = words[0], [word for word in words[1:] if not word.startswith("-")]
        targets = [target for target in targets if "=" not in target]
        if name in ("make", "gmake"):
            yield from self._targets(_MAKEFILES, _RULE, targets or ["all"], set())
        elif name == "just":
            yield from self._targets(_JUSTFILES, _RECIPE, targets[:1], set())
        elif name == "tox" or words[:3] == ("python", "-m", "tox"):
            yield from self._environments(words)
        elif name in _SHELLS and targets:
            yield from self._script(targets[0])
        elif "/" in name and not name.startswith("/"):
            yield from self._script(name)

    def _script(self, path: str) -> Iterator[Text]:
        text = self._text(path)
        if text is not None:
            yield Text(_tidy(path), 1, text)

    def _targets(
        self, names: tuple[str, ...], rule: re.Pattern[str], targets: list[str], seen: set[str]
    ) -> Iterator[Text]:
        file = next((name for name in names if self._text(name) is not None), None)
        text = self._text(file) if file else None
        if file is None or text is None:
            return
        values = dict(_VARIABLE.findall(text))
        waiting = targets[:20]
        while waiting and len(seen) < _MOST_FILES:
            target = waiting.pop(0)
            for found in rule.finditer(text) if target not in seen else ():
                if target in found["names"].split():
                    waiting += re.findall(r"[\w./-]+", found["needs"])
                    yield _recipe(file, text, found.end(), values)
            seen.add(target)

    def _environments(self, words: tuple[str, ...]) -> Iterator[Text]:
        text = self._text("tox.ini")
        chosen = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "-e"]
        names = {name for some in chosen for name in some.split(",")}
        for found in _ENVIRONMENT.finditer(text or ""):
            if text is not None and found["name"] in names:
                section = text[found.end() :].partition("\n[")[0]
                line = text.count("\n", 0, found.end()) + 1
                yield Text("tox.ini", line, section.replace("commands =", "           "))

    def _text(self, path: str) -> str | None:
        path = _tidy(path)
        if path not in self._read:
            full = len(self._read) >= _MOST_FILES
            self._read[path] = None if full else read_text(self._root, path)
        return self._read[path]


def read_text(root: Path, path: str) -> str | None:
    """Return the text of a file of the repository; None for what is not one."""
    try:
        full = (root / path).resolve()
        if not full.is_relative_to(root.resolve()) or not stat.S_ISREG(full.stat().st_mode):
            return None
        with full.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError, RuntimeError):
        return None


def _recipe(file: str, text: str, at: int, values: dict[str, str]) -> Text:
    """Return the indented lines below a rule, without the marks that make reads before them."""
    begin = text.find("\n", at) + 1
    lines = []
    for line in text[begin:].split("\n") if begin else []:
        if line.strip() and not line.startswith(("\t", " ")):
            break
        lines.append(line.strip().lstrip("@-+"))
    recipe = re.sub(r"\$[({](\w+)[)}]", lambda name: values.get(name[1], name[0]), "\n".join(lines))
    return Text(file, text.count("\n", 0, begin) + 1, recipe)


def _tidy(path: str) -> str:
    return PurePosixPath(path).as_posix()
