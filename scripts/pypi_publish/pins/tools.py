"""Tools that a job installs or runs without saying which version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pypi_publish.workflow.model import Step
from pypi_publish.workflow.shell import Command, commands, options_and_rest, program

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?")
_EXACT = re.compile(r"===?\s*[^\s*,]+\Z")
_ARCHIVES = (".whl", ".tar.gz", ".zip")
# Options of `pip install` and `uv pip install` that are followed by a value.
_PIP_WITH_VALUE = frozenset(
    "-r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url "
    "-f --find-links --python --prefix --root --src --log --cache-dir --proxy --timeout --retries "
    "--platform --python-version --implementation --abi --only-binary --no-binary -C "
    "--config-settings --group --trusted-host --cert --progress-bar --report --index "
    "--default-index --build-constraint --upgrade-strategy --exclude-newer --index-strategy".split()
)
# With one of these the versions are written down elsewhere.
_PINNED_ELSEWHERE = {"--require-hashes", "-c", "--constraint", "--constraints", "--exclude-newer"}


@dataclass(frozen=True, slots=True)
class FloatingTool:
    """A tool whose version is whatever is newest when the job runs."""

    tool: str
    command: str
    line: int


def floating_tools(step: Step) -> Iterator[FloatingTool]:
    """Yield the tools that a step takes at their newest version."""
    if step.run is None:
        return
    # A literal block keeps its lines; of the other styles only the first line is known.
    first = step.run.line + 1 if step.run.style == "|" else step.run.line
    for command in commands(step.run.text):
        line = first + command.line if step.run.style == "|" else first
        shown = " ".join(command.words)
        for spec in _specs(command):
            if _floats(spec):
                yield FloatingTool(spec, shown, line)


def _specs(command: Command) -> Iterator[str]:
    """Yield what a command installs, or runs from an index."""
    words = command.words
    if words[0] not in ("uv", "uvx", "pipx"):
        words = program(words)
    if words[:2] == ("uv", "pip") and words[2:3] == ("install",):
        yield from _pip_specs(words[3:])
    elif words and re.fullmatch(r"pip[\d.]*", words[0]) and "install" in words[1:4]:
        yield from _pip_specs(words[words.index("install") + 1 :])
    elif words[:2] in (("pipx", "run"), ("pipx", "install")):
        yield from _run_specs(words[2:], words[1])
    elif words[:1] == ("uvx",):
        yield from _run_specs(words[1:], "run")
    elif words[:3] in (("uv", "tool", "run"), ("uv", "tool", "install")):
        yield from _run_specs(words[3:], words[2])
    elif words[:2] == ("uv", "run"):
        yield from _added(options_and_rest(words[2:])[0])


def _pip_specs(words: tuple[str, ...]) -> Iterator[str]:
    specs: list[str] = []
    while words:
        options, words = options_and_rest(words, _PIP_WITH_VALUE)
        if any(name in _PINNED_ELSEWHERE for name, _ in options):
            return
        specs += words[:1]
        words = words[1:]
    yield from specs


def _run_specs(words: tuple[str, ...], verb: str) -> Iterator[str]:
    options, rest = options_and_rest(words)
    if any(name in _PINNED_ELSEWHERE for name, _ in options):
        return
    sources = [value for name, value in options if name in ("--from", "--spec") and value]
    yield from sources or (rest if verb == "install" else rest[:1])
    yield from _added(options)


def _added(options: list[tuple[str, str | None]]) -> Iterator[str]:
    for name, value in options:
        if name in ("--with", "-w") and value:
            yield from value.split(",")


def _floats(spec: str) -> bool:
    """Return whether a specifier names a project and leaves its version open."""
    spec = spec.partition(";")[0].strip()
    if spec.startswith(("-", ".", "/", "~", "$")) or spec.endswith(_ARCHIVES) or "://" in spec:
        return False
    name = _NAME.match(spec)
    if name is None:
        return False
    rest = spec[name.end() :].strip()
    if rest.startswith("@"):
        return rest[1:].strip() in ("latest", "")
    if rest.startswith(("/", "\\")):  # a path
        return False
    return _EXACT.fullmatch(rest) is None
