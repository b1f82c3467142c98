"""The check of what goes into the wheel, as far as the tree tells it without a build."""

from pypi_publish.check import check
from pypi_publish.preflight.declared import defects, without_project
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.verdict import passed, skipped


@check(
    "package-found",
    expects="The backend finds the import package by itself, or is told where it is",
    remedy="Name the folder as the project is named, or name it in the backend's configuration.",
    docs="https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/",
)
def package_found(facts: Facts) -> Answers:
    """Hatchling, flit, poetry-core and uv_build look for a folder with the project's name and end
    the build without one. Setuptools ends it where it cannot tell which of several is meant.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    bad = list(defects(project, "code"))
    yield from bad
    if not bad and project.code:
        yield passed(f"the backend takes {project.code}")
    elif not bad:
        yield skipped("the backend's configuration says it, or only the build tells")
