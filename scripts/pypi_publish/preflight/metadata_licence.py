"""Checks of how the licence is said: the expression, the files, and what must not stand beside."""

import re
from collections.abc import Mapping
from typing import Any

from pypi_publish.check import check
from pypi_publish.preflight.declared import defects, refusal_verdicts, without_project
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.project.model import Project
from pypi_publish.verdict import failed, passed, skipped, warned

_GUIDE = "https://packaging.python.org/en/latest/guides/writing-pyproject-toml/#license-and-license-files"
_PEP_639 = "https://peps.python.org/pep-0639/"

# The first version of each backend that knows the string form of license (PEP 639).
FIRST_WITH_EXPRESSIONS = {
    "hatchling": "1.27",
    "setuptools": "77.0.3",
    "flit-core": "3.12",
    "pdm-backend": "2.4",
    "poetry-core": "2.2",
    "uv-build": "0.7.19",
}
# These end the build over a licence classifier beside an expression; others write both.
_STRICT = ("setuptools", "flit_core", "pdm", "scikit_build_core", "mesonpy")


@check(
    "license-expression",
    expects="The licence is a valid SPDX expression",
    remedy='State an SPDX expression: license = "MIT", "Apache-2.0" or a name after LicenseRef-.',
    docs="https://packaging.python.org/en/latest/specifications/license-expression/",
)
def licence_expression(facts: Facts) -> Answers:
    """`Apache 2.0`, `BSD` and `GPL` are no SPDX identifiers; backends or the index refuse them."""
    project = facts.project
    if project is not None and "License-Expression" not in project.core:
        old = "License" in project.core or _licence_classifiers(project)
        yield skipped("no expression is stated") if old else warned("no licence is stated")
        return
    fields = ("License-Expression", "License")
    yield from refusal_verdicts(facts, fields, "a valid SPDX expression", ("license",))


@check(
    "license-classifiers",
    expects="No licence classifier stands beside a licence expression",
    remedy="Remove the classifiers that start with License ::; the expression says it.",
    docs=_PEP_639,
)
def licence_beside_classifiers(facts: Facts) -> Answers:
    """The standard deprecates the classifiers where there is an expression. Setuptools, flit and
    others end the build over it; the rest publish two statements that may contradict each other.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    beside = _licence_classifiers(project)
    if "License-Expression" not in project.core or not beside:
        yield passed("the licence is said in one way")
        return
    strict = (project.backend or "setuptools").split(".")[0] in _STRICT
    said = f"{beside[0]!r} beside license = {project.core['License-Expression'][0]!r}"
    answer = failed if strict else warned
    reason = _setuptools_says(beside) if _requires(project, "setuptools") else "is deprecated"
    yield answer(f"{said}: {reason}", project.where("Classifier", beside[0]))


def _setuptools_says(beside: list[str]) -> str:
    return (
        "License classifiers have been superseded by license expressions"
        f" (see https://peps.python.org/pep-0639/). Please remove: {' '.join(beside)}"
    )


def _licence_classifiers(project: Project) -> list[str]:
    return [value for value in project.core.get("Classifier", []) if value.startswith("License ::")]


@check(
    "license-backend",
    expects="The backend that [build-system] requires knows licence expressions",
    remedy="Raise the lower bound of the backend in requires of [build-system].",
    docs=_GUIDE,
)
def licence_backend(facts: Facts) -> Answers:
    """A backend from before the standard takes `license = "MIT"` for an error, or writes it into
    the old field. The newest one is installed by default, but not where a bound keeps it away.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    table = project.pyproject.get("project")
    if not isinstance(table, Mapping) or not _uses_expressions(table):
        yield skipped("no licence expression and no license-files in [project]")
        return
    for name, first in FIRST_WITH_EXPRESSIONS.items():
        if (bounds := _bounds_on(project, name)) is None:
            continue
        place = project.places.get("[build-system] requires")
        if not _allows(bounds, first):
            because = f"{name}{bounds} never is {first}, the first that knows license expressions"
            yield failed(because, place, f"Require {name}>={first} in [build-system].")
        elif _starts_before(bounds, first):
            because = (
                f"{name}{bounds} may be older than {first}, the first with licence expressions"
            )
            yield warned(because, place, f"Require {name}>={first} in [build-system].")
        else:
            yield passed(f"{name}{bounds or ' (the newest)'}")
        return
    yield skipped(f"not known since when {project.backend} knows licence expressions")


def _uses_expressions(table: Mapping[str, Any]) -> bool:
    return isinstance(table.get("license"), str) or "license-files" in table


def _requires(project: Project, name: str) -> bool:
    return _bounds_on(project, name) is not None


def _bounds_on(project: Project, name: str) -> str | None:
    """Return the version specifiers on a requirement of the build; None where it is not one."""
    from packaging.requirements import InvalidRequirement, Requirement

    from pypi_publish.core_metadata.names import normalized

    for text in project.requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if normalized(requirement.name) == name:
            return str(requirement.specifier)
    return None


def _allows(bounds: str, first: str) -> bool:
    from packaging.specifiers import SpecifierSet

    named = re.findall(r"\d+(?:\.\d+)*", bounds)
    candidates = [first, "99999", *named, *(f"{number}.1" for number in named)]
    allowed = SpecifierSet(bounds)
    return any(allowed.contains(number) for number in candidates if _at_least(number, first))


def _starts_before(bounds: str, first: str) -> bool:
    """Whether a lower bound is stated that lets in what is too old; no bound means the newest."""
    lower = re.findall(r"(?:>=|>|~=)\s*(\d+(?:\.\d+)*)", bounds)
    return bool(lower) and not any(_at_least(number, first) for number in lower)


def _at_least(number: str, first: str) -> bool:
    from packaging.version import Version

    return Version(number) >= Version(first)


@check(
    "license-table",
    expects="The licence is a string, not the table of the old form",
    remedy='Write license = "MIT" (an SPDX expression) and license-files = ["LICENSE"].',
    docs=_GUIDE,
)
def licence_table(facts: Facts) -> Answers:
    """The table form is deprecated: `text` puts free words into a field that nobody can read by
    machine, `file` puts the whole licence there. Setuptools has announced to stop taking it.
    """
    project = facts.project
    table = project.pyproject.get("project") if project else None
    stated = table.get("license") if isinstance(table, Mapping) else None
    if project is None or stated is None:
        yield skipped("[project] states no license")
    elif isinstance(stated, Mapping):
        form = next(iter(stated), "text")
        yield warned(
            f"license = {{ {form} = ... }} is deprecated", project.places.get("[project] license")
        )
    else:
        yield passed("stated as a string")


@check(
    "license-files",
    expects="Every pattern of license-files matches a file of the project",
    remedy="Add the file, or correct its name in license-files.",
    docs=_PEP_639,
)
def licence_files(facts: Facts) -> Answers:
    """Most licences demand that their text comes along. The standard has backends refuse a pattern
    that matches nothing; two of the most used ones publish without the file instead.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    bad = list(defects(project, "license-files"))
    yield from bad
    files = project.core.get("License-File", [])
    if bad:
        return
    if files:
        yield passed(", ".join(files[:5]))
    elif project.license_patterns or "License-Expression" not in project.core:
        yield skipped("no licence file is declared or found")
    else:
        yield warned("no file with the text of the licence is found")
