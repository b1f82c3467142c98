"""Is a copied template adapted, and do the values in it fit this project?"""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from posixpath import normpath
from typing import TYPE_CHECKING

from pypi_publish.check import check
from pypi_publish.core_metadata.names import normalized
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.workflow_trigger import nothing_to_judge
from pypi_publish.verdict import Place, failed, passed, skipped, warned
from pypi_publish.workflow.github import GithubJob, scalars
from pypi_publish.workflow.nodes import Document, Scalar
from pypi_publish.workflow.pipelines import Pipelines

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_UV_BUILD = "https://docs.astral.sh/uv/concepts/projects/build/#build-constraints"
_WORKFLOWS = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"
# What the templates of this skill write where only the user knows the value.
_OPEN = re.compile(r"\bADAPT-(?:PROJECT-NAME|OWNER|REPOSITORY|TARGET)\b")
_NO_COMMIT = "0" * 40
# As packaging.python.org writes it: `url: https://pypi.org/p/<package-name>`.
_ANGLE = re.compile(r"<[A-Za-z][\w -]{1,40}>")
_THE_NAME = re.compile(r"#\s*ADAPT: the project's name on PyPI")
_PYTHON = re.compile(r"(?:PYTHON |image python:)(\d+\.\d+)(?:[-@].*)?")
_FOLDER = re.compile(r"SOURCE_DIR ([^$]+)")
_CONSTRAINT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)


@check(
    "template-adapted",
    expects="Every value that a template leaves to its user is filled in",
    remedy="Write your own value where the file says ADAPT.",
    docs=_WORKFLOWS,
)
def template_adapted(facts: Facts) -> Answers:
    """
    A placeholder is found out when the tag is public: the run stops, or it looks for a workflow
    that does not exist.
    """
    pipelines = facts.pipelines
    if pipelines is None:
        yield nothing_to_judge(facts)
        return
    if not any(_documents(pipelines)):
        yield skipped("no pipeline can be read")
        return
    found = False
    for document in _documents(pipelines):
        for value in document.scalars:
            open_point = _open_point(value)
            if open_point is not None:
                found = True
                yield failed(f"{open_point} is still to be replaced", _place(document, value))
    for job, value in _left_of_the_guide(pipelines):
        found = True
        place = Place(job.file, value.line, value.column)
        yield warned(f"job {job.name}: {value.text.strip()[:80]} is a placeholder", place)
    if not found:
        yield passed("no value of a template is left open")


@check(
    "template-project",
    expects="The workflow names this project where it checks what was built",
    remedy="Write the project's name, as [project] has it, into PROJECT of the workflow.",
    docs=_WORKFLOWS,
)
def template_project(facts: Facts) -> Answers:
    """The build compares the name in every file with this one and stops where they differ."""
    named = list(_named(facts.pipelines)) if facts.pipelines is not None else []
    if not named or facts.name is None:
        yield skipped("no workflow is a copy of the template that names its project")
        return
    own = [(document, value) for document, value in named if _is_of(value, facts.name)]
    for document, value in own:
        yield passed(f"{document.file} publishes {value.text}", _place(document, value))
    if not own:  # with several packages each has a workflow, and one of them is this project's
        document, value = named[0]
        because = f"{document.file} publishes {value.text}, this project is {facts.name}"
        yield failed(because, _place(document, value), f"Write {facts.name} there.")


@check(
    "template-python",
    expects="The workflow builds and tests with a Python that requires-python allows",
    remedy="Write a version that requires-python allows into PYTHON; on GitLab, into `image`.",
    docs="https://packaging.python.org/en/latest/guides/dropping-older-python-versions/",
)
def template_python(facts: Facts) -> Answers:
    """
    What was built is installed before it is uploaded. On a Python that the project excludes that
    ends the run, after the tag was pushed.
    """
    stated, allowed = list(_stated(facts, _PYTHON)), _allowed(facts)
    if not stated or allowed is None:
        yield skipped("no copy of a template states a Python, or requires-python none")
        return
    for version, place in stated:
        if allowed.contains(f"{version}.999"):  # the newest 3.13 is what a runner takes for 3.13
            yield passed(f"Python {version} is one that requires-python allows", place)
        else:
            yield failed(f"requires-python is {allowed}, which leaves Python {version} out", place)


@check(
    "template-folder",
    expects="The workflow builds the folder that holds this project",
    remedy="Write the project's folder, as seen from the top of the repository, into SOURCE_DIR.",
    docs=_WORKFLOWS,
)
def template_folder(facts: Facts) -> Answers:
    """
    In another folder there is nothing to build, or another package; the run finds that out after
    the tag was pushed.
    """
    stated = list(_stated(facts, _FOLDER))
    if not stated or facts.git is None:
        yield skipped("no copy of a template states a folder, or this is no repository")
        return
    own = normpath(facts.git.prefix or ".")
    for folder, place in stated:
        if normpath(folder) == own:
            yield passed(f"it builds {own}", place)
        else:
            yield failed(
                f"it builds {folder}, this project is in {own}", place, f"SOURCE_DIR: {own}"
            )


@check(
    "build-constraints-fit",
    expects="What the build requires is among the constraints that the workflow builds with",
    remedy="Put what the build requires into BUILD_CONSTRAINTS, each with its hash.",
    docs=_UV_BUILD,
)
def build_constraints_fit(facts: Facts) -> Answers:
    """
    With `--require-hashes` nothing is installed that the list does not name with a version and a
    hash, so a backend that is missing there ends the build after the tag was pushed.
    """
    project, pipelines = facts.project, facts.pipelines
    lists = list(_constraints(pipelines, facts.name)) if pipelines is not None else []
    if project is None or not lists:
        yield skipped("no workflow builds with constraints of its own")
        return
    requires = project.requires or ("setuptools",)  # what a build takes where nothing is said
    for document, value in lists:
        known = {normalized(name): version for name, version in _CONSTRAINT.findall(value.text)}
        place = _place(document, value)
        wrong = [said for text in requires if (said := _unmet(text, known))]
        fix = f"Put there what this prints: {_compile(requires)}"
        for said in wrong:
            yield failed(f"BUILD_CONSTRAINTS {said}", place, fix)
        if not wrong:
            yield passed(f"BUILD_CONSTRAINTS fits {', '.join(requires)[:120]}", place)


def _stated(facts: Facts, setting: re.Pattern[str]) -> "Iterator[tuple[str, Place]]":
    """Yield what the copies of a template that are for this project set, and where."""
    named = _named(facts.pipelines) if facts.pipelines is not None else ()
    for document, project in named:
        if facts.name is None or not _is_of(project, facts.name):
            continue
        for key, value in pairwise(document.scalars):
            found = setting.fullmatch(f"{key.text} {value.text}")
            if found is not None:
                yield found[1], _place(document, value)


def _allowed(facts: Facts) -> "SpecifierSet | None":
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    stated = facts.project.core.get("Requires-Python") if facts.project is not None else None
    try:
        return SpecifierSet(stated[0]) if stated else None
    except InvalidSpecifier:
        return None


def _documents(pipelines: Pipelines) -> Iterator[Document]:
    yield from (workflow.document for workflow in pipelines.workflows)
    yield from pipelines.gitlab.documents if pipelines.gitlab is not None else ()


def _open_point(value: Scalar) -> str | None:
    """Return what is still open in a value: a placeholder, or a commit of zeros."""
    found = _OPEN.search(value.text)
    if found is not None:
        return found[0]
    return f"@{_NO_COMMIT}" if value.text.strip().endswith(f"@{_NO_COMMIT}") else None


def _left_of_the_guide(pipelines: Pipelines) -> Iterator[tuple[GithubJob, Scalar]]:
    """Yield what stands in angle brackets in the settings of publishing jobs."""
    for _, job in pipelines.on_github:
        values = [value for step in job.steps for value in step.inputs.values()]
        values += scalars(job.job.node.get("environment")).values()
        yield from ((job, value) for value in values if _ANGLE.search(value.text))


def _named(pipelines: Pipelines) -> Iterator[tuple[Document, Scalar]]:
    """Yield the project that each copy of a template is for, where its comment still says so."""
    for document in _documents(pipelines):
        if _THE_NAME.search(document.text) is None:
            continue
        lines = {item.line for item in document.comments if _THE_NAME.match(item.text)}
        values = {value.line: value for value in document.scalars if value.line in lines}
        # What is still open is template-adapted's to say.
        yield from ((document, value) for value in values.values() if not _open_point(value))


def _constraints(pipelines: Pipelines, project: str | None) -> Iterator[tuple[Document, Scalar]]:
    """Yield the hashed constraints of the pipelines that build this project."""
    others = {
        document.file
        for document, value in _named(pipelines)
        if project is None or not _is_of(value, project)
    }
    for document in _documents(pipelines):
        for key, value in pairwise(document.scalars):
            is_list = key.text == "BUILD_CONSTRAINTS" and "--hash=" in value.text
            if is_list and document.file not in others:
                yield document, value


def _unmet(requirement: str, known: dict[str, str]) -> str | None:
    """Say why a requirement cannot be met by what is known; None where it can."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        required = Requirement(requirement)
    except InvalidRequirement:
        return None
    if required.marker is not None or required.url is not None:
        return None  # whether it applies is known where the build runs
    version = known.get(normalized(required.name))
    if version is None:
        return f"has no {required.name}, which [build-system] requires"
    if not required.specifier.contains(version, prereleases=True):
        return f"has {required.name} {version}, [build-system] requires {required}"
    return None


def _compile(requires: tuple[str, ...]) -> str:
    said = " ".join(shlex.quote(text) for text in requires)
    options = "--no-config --universal --generate-hashes --no-emit-index-url"
    return f"printf '%s\\n' {said} | uv pip compile {options} -"


def _is_of(value: Scalar, project: str) -> bool:
    return normalized(value.text.strip()) == normalized(project)


def _place(document: Document, value: Scalar) -> Place:
    return Place(document.file, value.line, value.column)
