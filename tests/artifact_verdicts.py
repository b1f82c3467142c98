"""What the family of built files says, in a form that tests can compare."""

from pathlib import Path

from pypi_publish.artifacts.read import read_artifacts
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import checks_of
from pypi_publish.verdict import Status, Verdict


def verdicts(path: Path, **facts: object) -> list[tuple[str, Verdict]]:
    """Return every verdict on the files at a path, each with the id of its check."""
    given = Facts(artifacts=read_artifacts(path), **facts)  # type: ignore[arg-type]
    return [(check.id, verdict) for check in checks_of("artifacts") for verdict in check(given)]


def of_status(path: Path, status: Status, **facts: object) -> list[str]:
    """Return what was said with one status."""
    found = verdicts(path, **facts)
    return [f"{name}: {verdict.because}" for name, verdict in found if verdict.status is status]


def refusals(path: Path) -> list[str]:
    """Return everything for which the files would be refused."""
    return of_status(path, Status.FAIL)


def warnings(path: Path) -> list[str]:
    """Return everything that is accepted and bad."""
    return of_status(path, Status.WARN)
