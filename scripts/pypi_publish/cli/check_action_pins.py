"""check-action-pins on the command line."""

from typing import Annotated

import typer

from pypi_publish.cli.console import command
from pypi_publish.report.deliver import Options, deliver

EPILOG = """
\b
Exit codes: 0 all pinned; 2 usage; 3 nothing to judge; 4 a file is malformed;
5 something is missing here; 7 a server did not answer; 10 findings.

\b
Examples:
  check-action-pins                      judge this repository, offline
  check-action-pins --fix --dry-run .    show how every reference would be pinned
"""


@command("check-action-pins", epilog=EPILOG)
def main(
    *,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, folders, or - for standard input. "
            "Without: the workflows and actions of this repository.",
            show_default=False,
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the git servers whether each pin is what it says.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write the commit and its version into the files.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="With --fix: print the diff, write nothing. Ends alike."),
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="With --fix: move to the newest release, never back.")
    ] = False,
    min_age: Annotated[
        int,
        typer.Option(
            "--min-age",
            metavar="DAYS",
            min=0,
            help="With --fix: take no release younger than that, by its tag.",
        ),
    ] = 0,
    options: Options,
) -> int:
    """Check that each action and image of the workflows is pinned to what it claims to be."""
    from pypi_publish.pins.run import Wanted, run

    wanted = Wanted(
        paths=tuple(paths or ()),
        live=live,
        fix=fix,
        dry_run=dry_run,
        update=update,
        min_age=min_age,
    )
    return deliver("check-action-pins", options, lambda: run(wanted, options))
