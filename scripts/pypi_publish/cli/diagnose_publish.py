"""diagnose-publish on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from pypi_publish.cli.console import command
from pypi_publish.report.deliver import Options, deliver

EPILOG = """
\b
Exit codes: 0 it worked, or no failure; 2 usage; 3 nothing there; 4 not a log;
5 gh is missing or not logged in; 7 GitHub did not answer; 10 a failure was named;
11 a failure that cannot be named.

\b
Examples:
  diagnose-publish --json publish.log         name the cause in a saved log
  diagnose-publish 123456789 --repo me/demo   read the log of a run through gh
"""


@command("diagnose-publish", epilog=EPILOG)
def main(
    *,
    log: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN|URL|FILE|-",
            help="A run of GitHub Actions, a log, a zip of logs, or - for standard input.",
            show_default=False,
        ),
    ] = None,
    repo: Annotated[
        str | None,
        typer.Option("--repo", metavar="OWNER/NAME", help="The repository of the run."),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="DIR", help="A checkout to hold the claims against."),
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="The newest failed run of the publishing workflow.")
    ] = False,
    options: Options,
) -> int:
    """Name the cause of a publish that failed, and the way out."""
    from pypi_publish.failures.run import Wanted, run

    wanted = Wanted(log=log, repository=repo, root=root, latest=latest)
    return deliver("diagnose-publish", options, lambda: run(wanted, options))
