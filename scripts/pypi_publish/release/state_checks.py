"""May installers take the release: is the project, is the release in good standing?"""

from pypi_publish.check import check
from pypi_publish.index.model import Marker
from pypi_publish.release.model import Answers, Facts
from pypi_publish.release.words import files_of, listed
from pypi_publish.verdict import Verdict, failed, passed, skipped, warned


@check(
    "project-status",
    expects="The project is not quarantined and not archived",
    remedy="Unarchive the project in its settings on the index if it is still maintained.",
    docs="https://packaging.python.org/en/latest/specifications/project-status-markers/",
)
def project_status(facts: Facts) -> Answers:
    """A quarantined project shows no file to anybody. An archived one can be installed, and tells
    everybody that no further release will come.
    """
    page = facts.page
    reason = f" ({page.marker_reason[:200]})" if page.marker_reason else ""
    said = f"{facts.name} is {page.marker} on {facts.index.shown}{reason}"
    if not any(shown.page for shown in facts.planes.values()):
        yield skipped("the Simple index, which tells it, has no page of the project")
    elif page.marker is Marker.QUARANTINED:
        yield failed(said, fix="Write to those who run the index (security@pypi.org for PyPI).")
    elif page.marker is Marker.ACTIVE:
        yield passed(said)
    else:
        yield warned(said)


@check(
    "yanked",
    expects="No file of the release is yanked",
    remedy="Unyank the release in the project's settings, or publish under a new version.",
    docs="https://docs.pypi.org/project-management/yanking/",
)
def yanked(facts: Facts) -> Answers:
    """Installers pass over a yanked file unless they are told its exact version, so the release
    reaches nobody who asks for the project by its name.
    """
    if not facts.files:
        yield skipped(f"no plane shows {facts.shown}")
    else:
        yield _of_yanked(facts)


def _of_yanked(facts: Facts) -> Verdict:
    bad = [file for file in facts.files if file.yanked is not None]
    if not bad:
        return passed("no file is yanked")
    reason = next((f": {file.yanked[:200]}" for file in bad if file.yanked), "")
    if len(bad) == len(facts.files):
        return failed(f"{facts.shown} is yanked{reason}")
    names = listed(file.filename for file in bad)
    return failed(f"{len(bad)} of {files_of(facts.files)} yanked, {names}{reason}")
