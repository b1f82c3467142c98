"""preflight on the command line."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pypi_publish.cli.console import command
from pypi_publish.report.deliver import Options, deliver

EPILOG = """
\b
Exit codes: 0 ready; 2 usage; 3 no project here; 4 something is malformed;
5 something is missing here; 7 the index did not answer; 10 not ready.

\b
Examples:
  preflight                        judge the project in this folder
  preflight --dist dist --offline  judge built files only by what is in them
"""


@command("preflight", epilog=EPILOG)
def main(
    *,
    root: Annotated[
        Path, typer.Argument(metavar="ROOT", help="The project's folder.", show_default=False)
    ] = Path(),
    build: Annotated[
        bool, typer.Option("--build", help="Build into a temporary folder and judge that, too.")
    ] = False,
    dist: Annotated[
        Path | None, typer.Option("--dist", metavar="PATH", help="Judge these built files, too.")
    ] = None,
    index: Annotated[
        str, typer.Option("--index", metavar="pypi|testpypi|URL", help="Where it is to go.")
    ] = "pypi",
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="Run only these checks.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="ID", help="Leave these checks out.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as not ready.")] = False,
    list_checks: Annotated[
        bool, typer.Option("--list-checks", help="Name every check, run none.")
    ] = False,
    options: Options,
) -> int:
    """Check whether PyPI would take this release and whether the workflow gets it there."""
    from pypi_publish.preflight import run as preflight

    if list_checks:
        return deliver("preflight", replace(options, everything=True), preflight.list_checks)
    wanted = preflight.Wanted(
        root=root,
        build=build,
        dist=dist,
        index=index,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        strict=strict,
    )
    return deliver("preflight", options, lambda: preflight.run(wanted, options))
