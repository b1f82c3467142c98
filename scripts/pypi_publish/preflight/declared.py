"""Judging what a source tree declares: the server's own rules over a part of the fields."""

from collections.abc import Iterator

from pypi_publish.core_metadata.refusal import Refusal
from pypi_publish.preflight.facts import Facts
from pypi_publish.project.model import Project
from pypi_publish.verdict import Verdict, failed, passed, skipped, unknown, warned


def refused(project: Project, *fields: str) -> Iterator[Refusal]:
    """Yield what PyPI refuses in these fields, as far as the source tells them."""
    from pypi_publish.core_metadata.rules import refusals

    given = {field: project.core[field] for field in fields if field in project.core}
    for refusal in refusals(given):
        if refusal.field in fields:
            yield refusal


def refusal_verdicts(
    facts: Facts, fields: tuple[str, ...], good: str, keys: tuple[str, ...] = ()
) -> Iterator[Verdict]:
    """Answer for fields that the server judges: each refusal, or that there is none.

    `keys` are the names that these fields have where a definition leaves them to the build.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    bad = list(refused(project, *fields))
    for refusal in bad:
        yield failed(refusal.message, project.where(refusal.field, refusal.value))
    left = sorted(project.dynamic & {*fields, *keys})
    if left:
        yield unknown(f"{', '.join(left)}: only a build tells; judge the built files with --build")
    if not bad and not left:
        declared = any(field in project.core for field in fields)
        yield passed(good) if declared else skipped(f"{fields[0]} is not declared")


def defects(project: Project, *subjects: str) -> Iterator[Verdict]:
    """Yield what reading found to be wrong about a subject."""
    for defect in project.defects:
        if defect.subject in subjects:
            answer = failed if defect.fatal else warned
            yield answer(defect.because, defect.place)


def without_project() -> Verdict:
    """Answer where built files alone are judged."""
    return skipped("no source tree is judged")
