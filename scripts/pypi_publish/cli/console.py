"""What all commands share: the common options, and how a wrong command line is reported."""

import inspect
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from pypi_publish.cli.words import PlainCommand, value_of
from pypi_publish.errors import Misused, Problem
from pypi_publish.report.deliver import Format, Options, deliver
from pypi_publish.report.model import Report
from pypi_publish.start import json_is_wanted
from pypi_publish.version import VERSION

Command = Callable[..., int]


def command(script: str, *, epilog: str) -> Callable[[Command], Callable[[], int]]:
    """Make a console command of a function; it receives the common options as `options`."""

    def made(function: Command) -> Callable[[], int]:
        app = typer.Typer(
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
        )
        app.command(script, cls=PlainCommand, epilog=epilog)(_with_common_options(function, script))
        return lambda: _run(app, script)

    return made


def _common(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document on stdout: --format json.")
    ] = False,
    format: Annotated[  # noqa: A002 - the name of the option
        Format, typer.Option("--format", help="How to write the report.")
    ] = Format.TEXT,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what passes, at any length.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Also write the whole report there."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print findings only.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Open no connection.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="For each request.", min=0.1)
    ] = 10.0,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="End with 0 also when there are findings.")
    ] = False,
) -> Options:
    return Options(
        format=Format.JSON if json else format,
        everything=everything,
        output=output,
        quiet=quiet,
        offline=offline,
        timeout=timeout,
        exit_zero=exit_zero,
    )


def _with_common_options(function: Command, script: str) -> Command:
    """Give the function the signature that typer is to see: its own options, then the shared."""
    own = inspect.signature(function, eval_str=True).parameters
    common = inspect.signature(_common, eval_str=True).parameters
    parameters = {**own, **common}
    version = inspect.Parameter(
        "version",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[
            bool, typer.Option("--version", help="Print the version.", is_eager=True)
        ],
    )

    @wraps(function)
    def wired(**given: Any) -> int:
        if given.pop("version"):
            print(f"{script} {VERSION}", flush=True)  # noqa: T201
            return 0
        values = {name: value_of(parameters[name], value) for name, value in given.items()}
        options = _common(**{name: values.pop(name) for name in common})
        return function(**values, options=options)

    shown = [parameter for name, parameter in own.items() if name != "options"]
    wired.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*shown, *common.values(), version]
    )
    return wired


def _run(app: typer.Typer, script: str) -> int:
    _prepare_streams()
    try:
        return int(app(sys.argv[1:], prog_name=script, standalone_mode=False) or 0)
    except TyperException as error:
        return _misused(script, error)
    except SystemExit:  # typer's own, when the reader of its help has gone
        return 0
    except KeyboardInterrupt:
        return 130


def _prepare_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # it was closed before Python started (`>&-`)
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # A legacy console cannot show every name; an escape is better than a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _misused(script: str, error: TyperException) -> int:
    """Report a wrong command line as everything else is reported."""
    problem = Misused(
        "usage", error.format_message().replace("Value error, ", ""), f"Run `{script} --help`."
    )
    as_json = json_is_wanted(sys.argv[1:])  # type: ignore[no-untyped-call]
    options = Options(format=Format.JSON if as_json else Format.TEXT)
    return deliver(script, options, lambda: _refused(problem))


def _refused(problem: Problem) -> Report:
    raise problem
