"""Checks of what a project needs: Python, other projects, and its own extras."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pypi_publish.check import check
from pypi_publish.core_metadata.names import normalized
from pypi_publish.preflight.declared import defects, refusal_verdicts, refused, without_project
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.project.model import Project
from pypi_publish.verdict import Verdict, failed, passed, skipped, warned

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

_CORE = "https://packaging.python.org/en/latest/specifications/core-metadata/"
_CAPS = ("<", "<=", "~=", "==", "===")
_PYTHON = re.compile(r"Programming Language :: Python :: (?P<version>\d+(?:\.\d+)?)(?: :: Only)?")


@check(
    "requires-python",
    expects="requires-python is declared and valid",
    remedy='Declare the oldest Python that is tested: requires-python = ">=3.10".',
    docs=f"{_CORE}#requires-python",
)
def requires_python(facts: Facts) -> Answers:
    """Without it, installers hand the release to Pythons on which it does not run; they cannot go
    back to an older release that does.
    """
    project = facts.project
    fields, keys = ("Requires-Python",), ("requires-python",)
    if project is None:
        yield without_project()
    elif "Requires-Python" not in project.core and not project.dynamic & {*fields, *keys}:
        yield warned("requires-python is not declared")
    else:
        said = next(iter(project.core.get("Requires-Python", [])), "")
        yield from refusal_verdicts(facts, fields, f"declared as {said}", keys)


@check(
    "requires-python-upper-bound",
    expects="requires-python has no upper bound",
    remedy="Drop the upper bound; a new release can add one, an old release cannot lose it.",
    docs="https://packaging.python.org/en/latest/guides/dropping-older-python-versions/",
)
def requires_python_upper_bound(facts: Facts) -> Answers:
    """A cap cannot be edited after the upload. On a newer Python installers skip the release that
    has it and quietly take an older one that has none.
    """
    project = facts.project
    allowed = _allowed_pythons(project)
    if project is None or allowed is None:
        yield skipped("there is no valid requires-python")
        return
    caps = sorted(str(part) for part in allowed if part.operator in _CAPS)
    if caps:
        yield warned(f"capped by {', '.join(caps)}", project.where("Requires-Python"))
    else:
        yield passed(f"declared as {project.core['Requires-Python'][0]}")


@check(
    "requires-python-classifiers",
    expects="The classifiers name no Python that requires-python excludes",
    remedy="Remove the classifiers of the Pythons that are no longer supported.",
    docs="https://pypi.org/classifiers/",
)
def requires_python_classifiers(facts: Facts) -> Answers:
    """The page then promises a Python on which no installer will take the release."""
    project = facts.project
    allowed = _allowed_pythons(project)
    if project is None or allowed is None:
        yield skipped("there is no valid requires-python")
        return
    contradicting = [
        value
        for value in project.core.get("Classifier", [])
        if (match := _PYTHON.fullmatch(value)) and not _admits(allowed, match["version"])
    ]
    for value in contradicting:
        because = f"{value!r}, but requires-python is {project.core['Requires-Python'][0]}"
        yield warned(because, project.where("Classifier", value))
    if not contradicting:
        yield passed("no contradiction")


def _allowed_pythons(project: Project | None) -> "SpecifierSet | None":
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    stated = next(iter(project.core.get("Requires-Python", [])), None) if project else None
    try:
        return SpecifierSet(stated) if stated else None
    except InvalidSpecifier:
        return None


def _admits(allowed: "SpecifierSet", version: str) -> bool:
    """Whether any release of a Python series is let in."""
    minors = [version] if "." in version else [f"{version}.{minor}" for minor in range(40)]
    return any(
        allowed.contains(f"{minor}.{micro}", prereleases=True)
        for minor in minors
        for micro in range(30)
    )


@check(
    "dependencies",
    expects="Every dependency parses and comes from the index, none from an address",
    remedy="Depend on a released version; addresses may stand in a dependency group.",
    docs="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
)
def dependencies_published(facts: Facts) -> Answers:
    """PyPI takes no project that needs a URL or a repository to be installed, in an extra neither,
    and refuses the upload. Dependency groups are not published and not judged.
    """
    project = facts.project
    fields = ("Requires-Dist", "Provides-Extra")
    if project is None:
        yield without_project()
        return
    bad = [
        failed(refusal.message, project.where(refusal.field, refusal.value))
        for refusal in refused(project, *fields)
    ]
    bad += defects(project, "dependencies")
    bad += _same_extras(project)
    yield from bad
    number = len(project.core.get("Requires-Dist", []))
    if {"dependencies", "optional-dependencies"} & project.dynamic:
        yield skipped("some are dynamic; judge the built files with --build")
    elif not bad:
        yield passed(f"{number} requirements, all of them names") if number else skipped("none")


def _same_extras(project: Project) -> Iterator[Verdict]:
    seen: dict[str, str] = {}
    for extra in project.extras:
        first = seen.setdefault(normalized(extra), extra)
        if first != extra:
            because = f"the extras {first!r} and {extra!r} are the same after normalisation"
            yield failed(because, project.where("Provides-Extra", extra))


@check(
    "extras-of-this-project",
    expects="Extras that are put together of others name this project, and extras that it has",
    remedy="Write the project's own name before the brackets.",
    docs="https://packaging.python.org/en/latest/specifications/dependency-specifiers/#extras",
)
def extras_of_this_project(facts: Facts) -> Answers:
    """`all = ["juniper[clients]"]` in a project that is called juniper-ml installs somebody else's
    juniper: another project, with whatever its owner puts into it.
    """
    project = facts.project
    if project is None or not project.extras or project.name is None:
        yield skipped("there are no extras")
        return
    own = {normalized(extra) for extra in project.extras}
    bad = [
        warned(because, project.where("Provides-Extra", extra))
        for extra, listed in project.extras.items()
        for requirement in _parsed(listed)
        if (because := _mistaken(project, normalized(extra), requirement, own))
    ]
    yield from bad
    if not bad:
        yield passed(f"{len(project.extras)} extras")


def _parsed(listed: tuple[str, ...]) -> "Iterator[Requirement]":
    from packaging.requirements import InvalidRequirement, Requirement

    for text in listed:
        try:
            yield Requirement(text)
        except InvalidRequirement:
            continue


def _mistaken(
    project: Project, extra: str, requirement: "Requirement", own: set[str]
) -> str | None:
    wanted = {normalized(name) for name in requirement.extras}
    this, other = str(project.normalized_name), normalized(requirement.name)
    if other == this:
        lacking = ", ".join(sorted(wanted - own))
        return (
            f"extra {extra}: {requirement} asks for {lacking}, which is no extra here"
            if lacking
            else None
        )
    # Another project may well have extras of these names, as fastapi-cli has fastapi's; a part of
    # our name with extras of ours, in an extra of another name, is what the mistake looks like.
    if not wanted or not wanted <= own or extra in wanted or not _is_part_of(other, this):
        return None
    return f"extra {extra}: {requirement} is another project, this one is {this}"


def _is_part_of(other: str, this: str) -> bool:
    words = set(other.split("-")) <= set(this.split("-"))
    return words or other.replace("-", "") == this.replace("-", "")
