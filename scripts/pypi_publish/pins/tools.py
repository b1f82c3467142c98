"""Tools that a job installs or runs without saying which version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from textwrap import shorten

from pypi_publish.workflow.model import Step, Workflow
from pypi_publish.workflow.publishing import publishes
from pypi_publish.workflow.shell import (
    OPTIONS_WITH_VALUE,
    commands,
    layers,
    options_and_rest,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?")
_EXACT = re.compile(r"===?\s*[^\s*,]+\Z")
_ARCHIVES = (".whl", ".tar.gz", ".zip")
_PIP = re.compile(r"pip[\d.]*")
# Options of `pip install` and `uv pip install` that are followed by a value.
_PIP_WITH_VALUE = frozenset(
    "-r --requirement --requirements -c --constraint --constraints -e --editable -t --target "
    "-i --index-url --extra-index-url -f --find-links -p --python --prefix --root --src --log "
    "--cache-dir --proxy --timeout --retries --platform --python-version --python-platform "
    "--implementation --abi --only-binary --no-binary -C --config-setting --config-settings "
    "--group --trusted-host --cert --client-cert --progress-bar --report --index "
    "--default-index -b --build-constraint --build-constraints --overrides --upgrade-strategy "
    "--exclude-newer --index-strategy --keyring-provider --resolution --prerelease --extra "
    "--upgrade-package --reinstall-package --refresh-package --link-mode --directory --project "
    "--config-file --allow-insecure-host --exists-action --use-feature".split()
)
# With one of these the versions are written down elsewhere.
_PINNED_ELSEWHERE = {"--require-hashes", "-c", "--constraint", "--constraints", "--exclude-newer"}
_INTERPRETERS = re.compile(r"(?:python|pypy)[\d.]*")
# One line can install thousands, and each of them is told with its command.
_LONGEST_QUOTE = 200
_NO_SHELL = ("python", "node", "perl", "ruby")


@dataclass(frozen=True, slots=True)
class FloatingTool:
    """A tool whose version is whatever is newest when the job runs."""

    tool: str
    command: str
    line: int


def floating_beside_publishing(workflow: Workflow) -> Iterator[FloatingTool]:
    """Yield the floating tools of the jobs that publish, each once, where it is written."""
    seen: set[int] = set()
    for job in workflow.jobs:
        for step in job.steps if publishes(job) else ():
            if id(step.run) not in seen:  # an alias leads to a text once more
                seen.add(id(step.run))
                yield from floating_tools(step)


def floating_tools(step: Step) -> Iterator[FloatingTool]:
    """Yield the tools that a step takes at their newest version."""
    if step.run is None or (step.shell or "").startswith(_NO_SHELL):
        return
    # A literal block keeps its lines; of the other styles only the first line is known.
    literal = step.run.style == "|"
    first = step.run.line + 1 if literal else step.run.line
    for tool, command, line in _floating(step.run.text):
        yield FloatingTool(tool, command, first + line if literal else first)


@lru_cache(maxsize=1_000)  # an alias repeats a step as often as it likes
def _floating(text: str) -> tuple[tuple[str, str, int], ...]:
    """Return each tool, the command that takes it, and in which line of the text."""
    if not any(word in text for word in ("pip", "uv")):
        return ()
    return tuple(
        (spec, quoted, command.line)
        for command in commands(text)
        for quoted in (shorten(" ".join(command.words), _LONGEST_QUOTE, placeholder=" ..."),)
        for spec in _specs(command.words)
        if _floats(spec)
    )


def _specs(words: tuple[str, ...]) -> Iterator[str]:
    """Yield what a command installs, or runs from an index."""
    for layer in layers(words):
        name = layer[0]
        if _PIP.fullmatch(name):
            yield from _of_pip(options_and_rest(layer[1:], _PIP_WITH_VALUE)[1])
        elif name == "uvx":
            yield from _of_runner(layer[1:], "run")
        elif name == "pipx":
            verb = options_and_rest(layer[1:])[1]
            yield from _of_runner(verb[1:], verb[0] if verb else "")
        elif name == "uv":
            yield from _of_uv(options_and_rest(layer[1:])[1])


def _of_uv(words: tuple[str, ...]) -> Iterator[str]:
    if words[:1] == ("pip",):
        yield from _of_pip(options_and_rest(words[1:], _PIP_WITH_VALUE)[1])
    elif words[:1] == ("tool",):
        yield from _of_runner(words[2:], words[1] if len(words) > 1 else "")
    elif words[:1] == ("run",):
        yield from _added(options_and_rest(words[1:])[0])


def _of_pip(words: tuple[str, ...]) -> Iterator[str]:
    if words[:1] == ("install",):
        options, specs = _split(words[1:], _PIP_WITH_VALUE)
        if not _pinned_elsewhere(options):
            yield from specs


def _of_runner(words: tuple[str, ...], verb: str) -> Iterator[str]:
    """Yield the specifiers of uvx and `pipx run`, or of a tool that is installed."""
    if verb not in ("run", "install"):
        return
    if verb == "install":
        options, specs = _split(words)
    else:  # what follows the tool are its own options
        options, rest = options_and_rest(words)
        specs = [spec for spec in rest[:1] if not _INTERPRETERS.fullmatch(spec.partition("@")[0])]
    if not _pinned_elsewhere(options):
        sources = [value for name, value in options if name in ("--from", "--spec") and value]
        yield from sources or specs
        yield from _added(options)


def _split(
    words: tuple[str, ...], with_value: frozenset[str] = OPTIONS_WITH_VALUE
) -> tuple[list[tuple[str, str | None]], list[str]]:
    """Split options from specifiers, in whatever order they stand."""
    options: list[tuple[str, str | None]] = []
    specs: list[str] = []
    waiting: str | None = None  # an option whose value comes next
    for word in words:
        name, equals, value = word.partition("=")
        if waiting is not None:
            options.append((waiting, word))
            waiting = None
        elif not word.startswith("-") or word == "-":
            specs.append(word)
        elif not equals and name in with_value:
            waiting = name
        elif name != "--":
            options.append((name, value if equals else None))
    return options, specs


def _pinned_elsewhere(options: list[tuple[str, str | None]]) -> bool:
    return any(name in _PINNED_ELSEWHERE for name, _ in options)


def _added(options: list[tuple[str, str | None]]) -> Iterator[str]:
    for name, value in options:
        if name in ("--with", "-w") and value:
            yield from value.split(",")


def _floats(spec: str) -> bool:
    """Return whether a specifier names a project and leaves its version open."""
    spec = spec.partition(";")[0].strip()
    if spec.endswith(_ARCHIVES) or "://" in spec:
        return False
    name = _NAME.match(spec)
    if name is None:  # a path, a variable
        return False
    rest = spec[name.end() :].strip()
    if rest.startswith("@"):  # of uvx: `twine@6.1.0`
        return rest[1:].strip() in ("latest", "")
    if rest.startswith(("/", "\\", ":", "*", "$")):  # a path, a variable
        return False
    return _EXACT.fullmatch(rest) is None
