"""Where a run ends: its report is written the way it was asked for, its exit code returned."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from pypi_publish.errors import Exit, PrerequisiteMissing, Problem
from pypi_publish.report.model import Report

# What the tokens begin with that `failures.redact` knows by their shape.
_OF_TOKENS = (
    "pypi-A", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "glcbt-", "gldt-",
    "glptt-", "glrt-", "gloas-", "glsoat-", "glagent-", "glimt-", "glffct-", "AKIA", "ASIA", "xox",
    "npm_", "AKCp", "eyJ",
)  # fmt: skip


class Format(StrEnum):
    """The spellings of a report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every script can be told about its report and its network."""

    format: Format = Format.TEXT
    everything: bool = False
    output: Path | None = None
    quiet: bool = False
    offline: bool = False
    timeout: float = 10.0
    exit_zero: bool = False


def deliver(script: str, options: Options, work: Callable[[], Report]) -> int:
    """Do the work, write its report, and return what the process is to end with."""
    try:
        report = work()
    except Problem as problem:
        report = Report(script=script, problem=problem)
    # A SARIF run is followed by the step that uploads it, which must not be kept from running.
    report = replace(report, lenient=options.exit_zero or options.format is Format.SARIF)
    if options.output is not None:
        report = _saved(report, options)
    try:
        _print(report, options)
    except BrokenPipeError:  # the reader has seen enough (`| head`)
        _leave_stdout()
    except OSError as error:  # the disk that stdout goes to is full
        _leave_stdout()
        sys.stderr.write(f"error: cannot write to standard output: {error.strerror or error}\n")
        return Exit.PREREQUISITE_MISSING
    return report.exit_code


def note(text: str, options: Options) -> None:
    """Tell a waiting person what is going on; never part of the result."""
    if not options.quiet and sys.stderr.isatty():
        sys.stderr.write(text + "\n")


def _saved(report: Report, options: Options) -> Report:
    """Write the full document; a report that says so if that could not be done."""
    assert options.output is not None  # noqa: S101 - asked by the caller
    as_file = Format.JSON if options.format is Format.TEXT else options.format
    text = _rendered(report, replace(options, format=as_file, everything=True), sys.stdout)
    try:
        # A file name that is no UTF-8 is in the text as what UTF-8 cannot spell.
        write_whole(options.output, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "Name a file in a folder that exists and that you may write to."
        unwritten = PrerequisiteMissing("cannot-write", f"{options.output}: {reason}", hint)
        return replace(report, problem=unwritten)
    return report


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half-written, and keep its permissions."""
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe
        path.write_bytes(content)
        return
    path = path.resolve()
    mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
    # Named before it is made: Ctrl-C may come at any moment, and is to leave nothing behind.
    scratch = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with open(scratch, "xb", opener=_private) as file:
            file.write(content)
        scratch.chmod(mode)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _print(report: Report, options: Options) -> None:
    in_text = options.format is Format.TEXT
    if in_text and report.problem is not None:
        sys.stderr.write(_problem_text(report.problem, sys.stderr))
    if in_text and report.preview is not None:  # stdout is the patch, whole and alone
        sys.stderr.write(_rendered(report, options, sys.stderr))
        _print_patch(report.preview)
        return
    sys.stdout.write(_rendered(report, options, sys.stdout))
    sys.stdout.flush()


def _print_patch(patch: str) -> None:
    """Write it byte for byte: a text stream of Windows turns the line ends, and it fits no more."""
    sys.stdout.flush()
    sys.stdout.buffer.write(patch.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def _leave_stdout() -> None:
    """Send what stdout still holds nowhere: Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _rendered(report: Report, options: Options, stream: TextIO) -> str:
    return _without_tokens(_spelled(report, options, stream))


def _without_tokens(text: str) -> str:
    """Take out what a file that was quoted has in a place where nobody expects a secret."""
    if not any(sign in text for sign in _OF_TOKENS):  # loading the shapes takes 5 ms
        return text
    from pypi_publish.failures.redact import without_tokens

    return without_tokens(text)


def _spelled(report: Report, options: Options, stream: TextIO) -> str:
    if options.format is Format.JSON:
        from pypi_publish.report import document

        return document.spell(report, whole=options.everything) + "\n"
    if options.format is Format.SARIF:
        from pypi_publish.report import sarif

        return sarif.render(report) + "\n"
    if options.format is Format.GITHUB:
        from pypi_publish.report import annotations

        return annotations.render(report)
    from pypi_publish.report import text

    style = text.Style(
        colour=_in_colour(stream, os.environ),
        width=_width(stream),
        everything=options.everything,
        quiet=options.quiet,
    )
    return text.render(report, style)


def _problem_text(problem: Problem, stream: TextIO) -> str:
    from pypi_publish.report import text

    style = text.Style(colour=_in_colour(stream, os.environ))
    return _without_tokens(text.render_problem(problem, style))


def _in_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    # https://no-color.org: any value that is not empty counts.
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()


def _width(stream: TextIO) -> int:
    if not stream.isatty():
        return 100
    from shutil import get_terminal_size

    return min(get_terminal_size().columns, 120)
