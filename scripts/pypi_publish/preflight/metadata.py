"""Checks of what a source tree declares about itself. Static: no code of the project runs."""

import re

from pypi_publish.check import check
from pypi_publish.preflight.declared import defects, refusal_verdicts, refused, without_project
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.project.model import Project
from pypi_publish.verdict import Place, failed, passed, skipped, warned

_PYPROJECT = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"
_CORE = "https://packaging.python.org/en/latest/specifications/core-metadata/"
_CLASSIFIERS = "https://pypi.org/classifiers/"


@check(
    "project-tables",
    expects="pyproject.toml follows the standard: known keys, right types, a name and a version",
    remedy="Correct the key that is named; the standard lists every key and its type.",
    docs=_PYPROJECT,
)
def project_tables(facts: Facts) -> Answers:
    """A misspelt key is either an error that ends the build, or is passed over in silence, and
    the release lacks what it should have said. Neither can be mended after the upload.
    """
    from pypi_publish.project.shape import misfits

    project = facts.project
    if project is None:
        yield without_project()
        return
    bad = [
        failed(misfit.because, _key_place(project, misfit.table, misfit.key))
        for misfit in misfits(project.pyproject)
    ]
    bad += [failed(because, _key_place(project, "project")) for because in _missing(project)]
    yield from bad
    yield from defects(project, "pyproject")
    if not bad:
        yield passed(f"the metadata is defined in {project.definition}")


def _key_place(project: Project, table: str, key: str = "") -> Place:
    exact = project.places.get(f"[{table}] {key}" if key else f"[{table}]")
    return exact or project.places.get(f"[{table}]") or Place("pyproject.toml")


def _missing(project: Project) -> list[str]:
    """Return what a build cannot do without, in the words of the table that should have it."""
    table = project.pyproject.get("project")
    poetry = project.pyproject.get("tool", {}).get("poetry", {}) if not project.core else {}
    said = []
    if project.name is None and "Name" not in project.dynamic:
        said.append("the required field name is missing")
    if isinstance(table, dict) and "version" not in table and not _lists_version(table, poetry):
        said.append("neither is version stated, nor does dynamic list it")
    elsewhere = project.pyproject.get("tool", {})
    if isinstance(elsewhere, dict) and _refuses_to_build(elsewhere):
        said.append("package-mode = false: poetry builds nothing")
    return said


def _lists_version(table: dict[str, object], poetry: object) -> bool:
    dynamic = table.get("dynamic")
    listed = isinstance(dynamic, list) and "version" in dynamic
    return listed or (isinstance(poetry, dict) and "version" in poetry)


def _refuses_to_build(tools: dict[str, object]) -> bool:
    poetry = tools.get("poetry")
    return isinstance(poetry, dict) and poetry.get("package-mode") is False


# The project that has a backend's module, and thus must be among the requirements of the build.
_BACKENDS = {
    "hatchling": "hatchling",
    "setuptools": "setuptools",
    "flit_core": "flit-core",
    "flit": "flit",
    "pdm": "pdm-backend",
    "poetry": "poetry-core",
    "poetry_dynamic_versioning": "poetry-dynamic-versioning",
    "uv_build": "uv-build",
    "maturin": "maturin",
    "scikit_build_core": "scikit-build-core",
    "mesonpy": "meson-python",
    "whey": "whey",
    "jupyter_packaging": "jupyter-packaging",
    "sipbuild": "sip",
    "enscons": "enscons",
    "trampolim": "trampolim",
}


@check(
    "backend-declared",
    expects="[build-system] names the backend, and requires what the backend comes from",
    remedy='Add [build-system] with requires and build-backend, such as requires = ["hatchling"].',
    docs=f"{_PYPROJECT}#declaring-build-system-metadata-the-build-system-table",
)
def backend_declared(facts: Facts) -> Answers:
    """Without the table, tools fall back to an old way of calling setuptools. With a backend that
    `requires` does not name, the isolated build of everybody but the author ends with an import
    error.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    table = project.pyproject.get("build-system")
    if not isinstance(table, dict):
        yield warned("no [build-system] table: built the legacy way, with setuptools")
        return
    here = _key_place(project, "build-system")
    if "requires" not in table:
        yield failed("[build-system] lacks its required key requires", here)
    elif "build-backend" not in table:
        yield warned("no build-backend: built the legacy way, with setuptools", here)
    elif not _has_backend(project, table):
        needed = _BACKENDS[_top(project.backend)]
        yield failed(
            f"build-backend is {project.backend}, but requires does not name {needed}",
            here,
            f"Add {needed!r} to requires of [build-system].",
        )
    else:
        yield passed(f"built by {project.backend}")


def _top(backend: str | None) -> str:
    return (backend or "").split(".")[0].split(":")[0]


def _has_backend(project: Project, table: dict[str, object]) -> bool:
    from pypi_publish.core_metadata.names import normalized

    needed = _BACKENDS.get(_top(project.backend))
    if needed is None or "backend-path" in table:
        return True
    named = {
        normalized(re.split(r"[\s\[<>=!~;@(]", text, maxsplit=1)[0]) for text in project.requires
    }
    # These bring another's backend along.
    return bool(named & {needed, "poetry" if needed == "poetry-core" else needed})


@check(
    "project-name",
    expects="The name is valid and is not that of a standard-library module",
    remedy="Choose another name in the metadata; the import package can keep its own.",
    docs="https://packaging.python.org/en/latest/specifications/name-normalization/",
)
def project_name(facts: Facts) -> Answers:
    """The index judges the name before anything else, and refuses every file of a wrong one."""
    project = facts.project
    if project is None:
        yield without_project()
        return
    exists = facts.index is not None and facts.index.registered is True
    bad = [
        refusal
        for refusal in refused(project, "Name")
        if not (exists and "Standard Library" in refusal.message)
    ]
    for refusal in bad:
        yield failed(refusal.message, project.where("Name"))
    if project.name is None:
        yield skipped("no name is stated")
    elif not bad:
        yield passed(f"{project.name.text}, compared as {project.normalized_name}")


@check(
    "summary",
    expects="The description is one line of at most 512 characters",
    remedy="Shorten it to one sentence; the long text belongs into the readme.",
    docs=f"{_CORE}#summary",
)
def summary(facts: Facts) -> Answers:
    """A longer one, or one with a line break, refuses the whole upload."""
    good = "one line, short enough"
    yield from refusal_verdicts(facts, ("Summary",), good, ("description",))


@check(
    "classifiers",
    expects="Every classifier is on PyPI's list, and none of them is deprecated",
    remedy="Copy the right one from the list of classifiers, or remove it.",
    docs=_CLASSIFIERS,
)
def classifiers_accepted(facts: Facts) -> Answers:
    """A classifier that is not on the list, by one letter even, refuses every file of a release.
    Of the usual tools none looks at the list before the upload.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    bad = [
        refusal
        for refusal in refused(project, "Classifier")
        if not refusal.value.startswith("Private ::")
    ]
    for refusal in bad:
        yield failed(refusal.message, project.where("Classifier", refusal.value))
    listed = project.core.get("Classifier", [])
    for value in sorted({value for value in listed if listed.count(value) > 1}):
        yield warned(f"{value!r} is listed twice", project.where("Classifier", value))
    if "classifiers" in project.dynamic:
        yield skipped("classifiers are dynamic; judge the built files with --build")
    elif not bad:
        yield (
            passed(f"{len(listed)} classifiers, all known") if listed else skipped("none declared")
        )


@check(
    "private-classifier",
    expects="No classifier forbids the upload",
    remedy="Remove the classifier that starts with Private :: if the project is to be public.",
    docs=_CLASSIFIERS,
)
def private_classifier(facts: Facts) -> Answers:
    """PyPI refuses every classifier that starts with `Private ::`, which is what people set it
    for: it keeps an internal package from being published by accident.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    private = [
        value for value in project.core.get("Classifier", []) if value.startswith("Private ::")
    ]
    for value in private:
        said = next(
            (item.message for item in refused(project, "Classifier") if item.value == value), ""
        )
        yield failed(said or f"{value!r} forbids the upload", project.where("Classifier", value))
    if not private:
        yield passed("no classifier forbids the upload")


@check(
    "project-urls",
    expects="Every URL is an http(s) address with a label of at most 32 characters",
    remedy="Shorten the label or complete the address in [project.urls].",
    docs="https://packaging.python.org/en/latest/specifications/well-known-project-urls/",
)
def project_urls(facts: Facts) -> Answers:
    """One label that is too long, or one address without its scheme, refuses the whole upload."""
    fields = ("Project-URL", "Home-page", "Download-URL")
    yield from refusal_verdicts(facts, fields, "labels and addresses are in order", ("urls",))


@check(
    "author-addresses",
    expects="Every e-mail address of authors and maintainers is valid",
    remedy="Correct the address, or leave it out: a name alone is enough.",
    docs=f"{_CORE}#author-email",
)
def author_addresses(facts: Facts) -> Answers:
    """The index validates addresses, and a domain such as `localhost` refuses the upload."""
    fields = ("Author-email", "Maintainer-email")
    yield from refusal_verdicts(
        facts, fields, "the addresses are valid", ("authors", "maintainers")
    )


_NAME = re.compile(r"[\w.-]+", re.ASCII)
_OWN_TABLES = {
    "console_scripts": "[project.scripts] is the table for it",
    "gui_scripts": "[project.gui-scripts] is the table for it",
}
_OBJECT = re.compile(
    r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
    r"(?:\s*:\s*(?P<attribute>[^\W\d]\w*(?:\.[^\W\d]\w*)*))?(?:\s*\[[^\]]*\])?"
)


@check(
    "entry-points",
    expects="Names of scripts and entry points are plain, and each points at module:object",
    remedy='Write name = "package.module:function", the name of letters, digits, ".", "_" and "-".',
    docs="https://packaging.python.org/en/latest/specifications/entry-points/",
)
def entry_points(facts: Facts) -> Answers:
    """Since May 2026 the index refuses a wheel whose scripts have other characters in their names.
    An object that is spelt wrong installs a command that ends with a traceback.
    """
    project = facts.project
    if project is None:
        yield without_project()
        return
    number = 0
    bad = []
    for group, pairs in project.entry_points.items():
        if group in _OWN_TABLES and _stated_as_entry_points(project, group):
            bad.append(
                failed(f"[project.entry-points] must not have {group}: {_OWN_TABLES[group]}")
            )
        for name, target in pairs.items():
            number += 1
            place = project.places.get(f"entry-point {group}: {name}")
            if because := _against_entry_point(group, name, target):
                bad.append(failed(because, place))
    yield from bad
    if not number:
        yield skipped("none declared")
    elif not bad:
        yield passed(f"{number} entry points, all well formed")


def _stated_as_entry_points(project: Project, group: str) -> bool:
    table = project.pyproject.get("project")
    groups = table.get("entry-points") if isinstance(table, dict) else None
    return isinstance(groups, dict) and group in groups


def _against_entry_point(group: str, name: str, target: str) -> str | None:
    script = group in {"console_scripts", "gui_scripts"}
    if script and not _NAME.fullmatch(name):
        return f"{name!r} is no name of a script: letters, digits, '.', '_' and '-' alone"
    if not name.strip() or name != name.strip() or "=" in name or name.startswith("["):
        return f"{name!r} is no name of an entry point"
    match = _OBJECT.fullmatch(target.strip())
    if match is None:
        return f"{name} = {target!r} is no object reference (package.module:object)"
    if script and not match["attribute"]:
        return f"{name} = {target!r} names a module; a script needs module:function"
    return None


@check(
    "dynamic-fields",
    expects="No field is both stated and left to the build, and the name is stated",
    remedy="Remove the field from dynamic, or remove its value.",
    docs=f"{_PYPROJECT}#dynamic",
)
def dynamic_fields(facts: Facts) -> Answers:
    """The standard has backends refuse both: a field that is stated and dynamic has two values,
    and a name that only a build knows cannot be registered or resolved.
    """
    project = facts.project
    table = project.pyproject.get("project") if project else None
    listed = table.get("dynamic") if isinstance(table, dict) else None
    if project is None or not isinstance(table, dict) or not isinstance(listed, list):
        yield skipped("no field is declared dynamic")
        return
    here, bad = _key_place(project, "project", "dynamic"), []
    for key in listed:
        if key == "name":
            bad.append(failed("name must not be dynamic", here))
        elif key in table:
            bad.append(failed(f"{key} is both stated and listed in dynamic", here))
        elif key not in _CAN_BE_DYNAMIC:
            bad.append(failed(f"dynamic lists {key!r}, which is no field of [project]", here))
    yield from bad
    if not bad:
        yield passed(f"left to the build: {', '.join(map(str, listed)) or 'nothing'}")


_CAN_BE_DYNAMIC = frozenset(
    "version description readme requires-python license license-files authors maintainers keywords"
    " classifiers urls scripts gui-scripts entry-points dependencies optional-dependencies"
    " import-names import-namespaces".split()
)
