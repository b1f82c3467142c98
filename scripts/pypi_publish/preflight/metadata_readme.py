"""Checks of the readme: the page that everybody sees, and one of the reasons for a refusal."""

from pypi_publish.check import check
from pypi_publish.core_metadata.description import LARGEST
from pypi_publish.preflight.declared import defects, refused, without_project
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.verdict import Place, Verdict, failed, passed, skipped, unknown, warned

_FRIENDLY = "https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/"


@check(
    "readme",
    expects="The readme exists inside the project's folder and is UTF-8 text",
    remedy="Name a readme that is there, saved as UTF-8.",
    docs=_FRIENDLY,
)
def readme_there(facts: Facts) -> Answers:
    """A readme that is missing, or not text, ends the build; no readme at all leaves the project's
    page empty, and that of a release cannot be changed afterwards.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    found = list(defects(project, "readme"))
    yield from found
    if found:
        return
    text = next(iter(project.core.get("Description", [])), None)
    if text is None and {"readme", "Description"} & project.dynamic:
        yield skipped("the readme is made by the build; judge the built files with --build")
    elif text is None:
        yield warned("no readme is declared: an empty page, and `twine check --strict` stops")
    elif not text.strip():
        yield warned("the readme is empty, and so will be the project's page", _readme(facts))
    else:
        name = project.readme.text if project.readme else "the metadata itself"
        yield passed(f"{name}, {len(text):,} characters")


@check(
    "readme-content-type",
    expects="The content type of the readme is one that PyPI renders, and is that of the file",
    remedy="Name the file .md, .rst or .txt, or state the content-type that it really has.",
    docs=_FRIENDLY,
)
def readme_content_type(facts: Facts) -> Answers:
    """Without a type the index takes the text for reStructuredText: Markdown then shows as a heap
    of signs, or refuses the upload.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    bad = [
        failed(refusal.message, project.where("Description-Content-Type"))
        for refusal in refused(project, "Description-Content-Type")
    ]
    bad += defects(project, "readme-type")
    declared = next(iter(project.core.get("Description-Content-Type", [])), None)
    expected = _TYPES.get(_suffix(facts))
    if not bad and expected and declared and declared.partition(";")[0].strip() != expected:
        name = project.readme.text if project.readme else "the readme"
        bad.append(warned(f"{name} is declared as {declared}", _readme(facts)))
    if not bad and not declared and project.core.get("Description") and expected != "text/x-rst":
        bad.append(
            warned("no content type: PyPI will take it for reStructuredText", _readme(facts))
        )
    yield from bad
    if not bad:
        yield passed(declared) if declared else skipped("there is no description")


_TYPES = {".md": "text/markdown", ".markdown": "text/markdown", ".rst": "text/x-rst"}


def _suffix(facts: Facts) -> str:
    readme = facts.project.readme if facts.project else None
    return f".{readme.text.rpartition('.')[2].lower()}" if readme and "." in readme.text else ""


def _readme(facts: Facts) -> Place | None:
    return facts.project.readme.place if facts.project and facts.project.readme else None


@check(
    "readme-renders",
    expects="PyPI's own renderer renders the readme",
    remedy="Correct the markup that is named; roles and directives of Sphinx do not render.",
    docs="https://pypi.org/help/#description-content-type",
)
def readme_renders(facts: Facts) -> Answers:
    """reStructuredText that does not render refuses the upload. Roles and directives of Sphinx are
    unknown to the renderer of the index. Markdown and plain text cannot fail.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    text = next(iter(project.core.get("Description", [])), None)
    if not text:
        yield skipped("the source has no description to render")
        return
    kind = next(iter(project.core.get("Description-Content-Type", [])), "").partition(";")[0]
    if kind.strip() not in {"", "text/x-rst"}:
        yield passed(f"{kind.strip()} always renders")
    elif len(text) > LARGEST:
        yield unknown(f"more than {LARGEST:,} characters; not rendered here", _readme(facts))
    elif bad := _renders(facts):
        yield from bad
    else:
        yield passed("reStructuredText renders")


def _renders(facts: Facts) -> list[Verdict]:
    fields = ("Description", "Description-Content-Type")
    return [
        failed(refusal.message, _readme(facts))
        for refusal in (refused(facts.project, *fields) if facts.project else ())
        if refusal.field == "Description"
    ]
