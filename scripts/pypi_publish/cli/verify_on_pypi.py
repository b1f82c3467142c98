"""verify-on-pypi on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from pypi_publish.cli.console import command
from pypi_publish.release.mode import Mode
from pypi_publish.report.deliver import Options, deliver
from pypi_publish.report.model import Report

EPILOG = """
\b
Exit codes: 0 live, and all that was asked for holds; 2 usage; 3 no such
project or files here; 4 malformed; 5 something is missing here; 7 the index
did not answer; 10 not live, or not as asked for.

\b
Examples:
  verify-on-pypi --dist dist --wait 1800    after an upload, in the project
  verify-on-pypi demo==1.2 --provenance require --repository octo/demo
"""


@command("verify-on-pypi", epilog=EPILOG)
def main(  # noqa: PLR0913 - as many as there are options
    *,
    release: Annotated[
        str | None,
        typer.Argument(metavar="NAME[==VERSION]", help="Default: the project in this folder."),
    ] = None,
    dist: Annotated[
        Path | None, typer.Option("--dist", metavar="PATH", help="The files that were built.")
    ] = None,
    index: Annotated[
        str, typer.Option("--index", metavar="pypi|testpypi|URL", help="Where to look.")
    ] = "pypi",
    wait: Annotated[
        float,
        typer.Option("--wait", metavar="SECONDS", help="Ask again until it is live.", min=0.0),
    ] = 0.0,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", metavar="GLOB", help="Files that have to be there."),
    ] = None,
    repository: Annotated[
        str | None,
        typer.Option("--repository", metavar="OWNER/NAME", help="Who has to have signed."),
    ] = None,
    workflow: Annotated[
        str | None, typer.Option("--workflow", metavar="FILE", help="The file of the workflow.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="NAME", help="Of the workflow's job.")
    ] = None,
    commit: Annotated[
        str | None, typer.Option("--commit", metavar="SHA", help="What it was built from.")
    ] = None,
    provenance: Annotated[
        Mode, typer.Option("--provenance", help="What to make of files without any.")
    ] = Mode.REPORT,
    provenance_file: Annotated[
        Path | None,
        typer.Option("--provenance-file", metavar="PATH", help="What was kept of the index."),
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Install the files in a throw-away environment.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as not live.")] = False,
    options: Options,
) -> int:
    """Prove that a release is live on the index, complete, and ours."""

    def work() -> Report:
        from pypi_publish.release import run as verification
        from pypi_publish.release.model import Wanted
        from pypi_publish.release.subject import parse_requirement

        name, version = parse_requirement(release)
        wanted = Wanted(
            name=name,
            version=version,
            dist=dist,
            index=index,
            wait=wait,
            expect=tuple(expect or ()),
            repository=repository,
            workflow=workflow,
            environment=environment,
            commit=commit,
            provenance=provenance,
            provenance_file=provenance_file,
            install=install,
            strict=strict,
        )
        return verification.run(wanted, options)

    return deliver("verify-on-pypi", options, work)
