"""The checks of declared metadata, each with a case that it names and a near miss."""

# ruff: noqa: E501 - a row of a table is a line, or it cannot be compared with its neighbours

from pathlib import Path
from typing import Any

import pytest

from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import checks_of
from pypi_publish.project.read import read_project
from pypi_publish.verdict import Status, Verdict

BASE = """\
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"

[project]
name = "{name}"
version = "1.2.3"
"""
CHECKS = {check.id: check for check in checks_of("metadata")}


def declared(
    folder: Path,
    text: str = "",
    *,
    name: str = "juniper-ml",
    requires: str = "hatchling",
    backend: str = "hatchling.build",
    **files: str,
) -> Facts:
    """Write a project and read it as preflight does."""
    base = BASE.format(name=name, requires=requires, backend=backend)
    (folder / "pyproject.toml").write_text(base + text, encoding="utf-8")
    for file, content in files.items():
        (folder / file.replace("_", ".")).write_text(content, encoding="utf-8")
    return Facts(project=read_project(folder, {}))


def worst(check: str, facts: Facts) -> Verdict:
    verdicts: list[Verdict] = list(CHECKS[check](facts))
    return min(verdicts, key=lambda verdict: list(Status).index(verdict.status))


def case(check: str, status: str, text: str, says: str = "", id: str = "", **more: Any) -> Any:  # noqa: A002
    return pytest.param(check, status, text, says, more, id=f"{check}-{id or status}")


LONG = "x" * 512
CASES = [
    case("project-tables", "pass", "", id="plain"),
    case("project-tables", "fail", 'python-requires = ">=3"', "did you mean 'requires-python'?"),
    case("project-tables", "fail", 'author = "me"', "did you mean 'authors'?", id="old-name"),
    case("project-tables", "fail", 'keywords = "a, b"', "keywords must be a list", id="type"),
    case("project-tables", "fail", 'authors = [{ mail = "x" }]', "authors must be", id="person"),
    case("project-tables", "fail", 'readme = { file = "a", text = "b" }', "either", id="both"),
    case("project-tables", "fail", "[tool.poetry]\npackage-mode = false", "package-mode", id="mode"),
    case("project-tables", "pass", "[tool.anything]\nx = 1", id="tool-tables-are-free"),
    case("backend-declared", "pass", ""),
    case("backend-declared", "fail", "", "does not name hatchling", requires="setuptools"),
    case("backend-declared", "pass", "", id="spelling", requires="flit-core >=3.12", backend="flit_core.buildapi"),
    case("backend-declared", "pass", "", id="own-backend", requires="attrs", backend="our_backend"),
    case("project-name", "pass", "", "compared as juniper-ml", name="Juniper.ML"),
    case("project-name", "fail", "", "The name 'asyncio' isn't allowed", name="asyncio"),
    case("project-name", "fail", "", id="form", name="-juniper"),
    case("project-name", "pass", "", id="longer-than-a-module", name="asyncio-more"),
    case("readme", "warn", "", "no readme is declared"),
    case("readme", "fail", 'readme = "README.md"', "README.md does not exist"),
    case("readme", "pass", 'readme = "README.md"', README_md="# a"),
    case("readme", "pass", 'dynamic = ["description"]\nreadme = "README.md"', id="near", README_md="a"),
    case("readme-content-type", "pass", 'readme = "README.md"', "text/markdown", README_md="# a"),
    case("readme-content-type", "fail", 'readme = "README.adoc"', "tells no content type", README_adoc="= a"),
    case("readme-content-type", "fail", 'readme = { text = "a", content-type = "text/html" }', "must be one of", id="unknown"),
    case("readme-content-type", "warn", 'readme = { file = "README.md", content-type = "text/x-rst" }', "is declared as", README_md="a"),
    case("readme-renders", "pass", 'readme = "README.md"', id="markdown", README_md="`x <:y`_ |z|"),
    case("readme-renders", "pass", 'readme = "README.rst"', id="rst", README_rst="Title\n=====\n\ntext\n"),
    case("readme-renders", "fail", 'readme = "README.rst"', "The description failed to render for 'text/x-rst'", README_rst="Title\n===\n\n:func:`x`\n"),
    case("summary", "pass", f'description = "{LONG}"', id="longest"),
    case("summary", "fail", f'description = "{LONG}x"', "'summary' field must be 512 characters or less."),
    case("summary", "fail", 'description = "a\\nb"', id="line-break"),
    case("classifiers", "pass", 'classifiers = ["Typing :: Typed"]'),
    case("classifiers", "fail", 'classifiers = ["Typing :: typed"]', "'Typing :: typed' is not a valid classifier."),
    case("classifiers", "fail", 'classifiers = ["Natural Language :: Ukranian"]', "has been deprecated", id="deprecated"),
    case("classifiers", "pass", 'classifiers = ["Private :: Do Not Upload"]', id="private-has-its-own"),
    case("classifiers", "warn", 'classifiers = ["Typing :: Typed", "Typing :: Typed"]', "twice"),
    case("private-classifier", "fail", 'classifiers = ["Private :: Do Not Upload"]', "not a valid classifier"),
    case("private-classifier", "pass", 'classifiers = ["Typing :: Typed"]'),
    case("license-expression", "pass", 'license = "MIT OR Apache-2.0"'),
    case("license-expression", "pass", 'license = "LicenseRef-Own"', id="own"),
    case("license-expression", "fail", 'license = "Apache 2.0"', "is invalid for 'license-expression'"),
    case("license-expression", "warn", "", "no licence is stated"),
    case("license-classifiers", "warn", 'license = "MIT"\nclassifiers = ["License :: OSI Approved :: MIT License"]'),
    case("license-classifiers", "fail", 'license = "MIT"\nclassifiers = ["License :: OSI Approved :: MIT License"]', "License classifiers have been superseded by license expressions", requires="setuptools>=77.0.3", backend="setuptools.build_meta"),
    case("license-classifiers", "pass", 'license = { text = "MIT" }\nclassifiers = ["License :: OSI Approved :: MIT License"]', id="table"),
    case("license-backend", "pass", 'license = "MIT"', "hatchling (the newest)", id="unbounded"),
    case("license-backend", "pass", 'license = "MIT"', id="high-enough", requires="setuptools>=77.0.3", backend="setuptools.build_meta"),
    case("license-backend", "warn", 'license = "MIT"', "may be older than 77.0.3", requires="setuptools>=61.0", backend="setuptools.build_meta"),
    case("license-backend", "fail", 'license = "MIT"', "never is 77.0.3", requires="setuptools>=61,<77", backend="setuptools.build_meta"),
    case("license-backend", "fail", 'license = "MIT"', id="pinned", requires="hatchling==1.26.3"),
    case("license-backend", "pass", 'license = "MIT"', id="capped-above", requires="uv_build>=0.8,<0.10", backend="uv_build"),
    case("license-backend", "skip", 'license = { text = "MIT" }', id="old-form", requires="setuptools>=61.0"),
    case("license-table", "warn", 'license = { text = "MIT" }', "deprecated"),
    case("license-table", "pass", 'license = "MIT"'),
    case("license-files", "fail", 'license-files = ["LICENSE"]', "matches no file"),
    case("license-files", "pass", 'license-files = ["LICEN*"]', LICENSE="MIT"),
    case("license-files", "warn", 'license = "MIT"', "no file with the text"),
    case("requires-python", "pass", 'requires-python = ">=3.10"'),
    case("requires-python", "warn", "", "not declared"),
    case("requires-python", "fail", 'requires-python = ">3.x"', "is invalid for 'requires-python'"),
    case("requires-python-upper-bound", "warn", 'requires-python = ">=3.10,<4"', "capped by <4"),
    case("requires-python-upper-bound", "warn", 'requires-python = "~=3.11"', id="compatible-release"),
    case("requires-python-upper-bound", "pass", 'requires-python = ">=3.10,!=3.10.1"', id="hole"),
    case("requires-python-classifiers", "warn", 'requires-python = ">=3.10"\nclassifiers = ["Programming Language :: Python :: 3.9"]'),
    case("requires-python-classifiers", "pass", 'requires-python = ">=3.10.2"\nclassifiers = ["Programming Language :: Python :: 3.10"]', id="micro"),
    case("requires-python-classifiers", "warn", 'requires-python = ">=3.10"\nclassifiers = ["Programming Language :: Python :: 2"]', id="python-2"),
    case("requires-python-classifiers", "pass", 'requires-python = ">=3.10"\nclassifiers = ["Programming Language :: Python :: 3 :: Only"]', id="only"),
    case("dependencies", "pass", 'dependencies = ["attrs>=22; python_version < \'3.12\'"]'),
    case("dependencies", "fail", 'dependencies = ["attrs @ https://example.org/a.whl"]', "Can't have direct dependency"),
    case("dependencies", "fail", 'dependencies = ["attrs >>= 1"]', "is invalid for 'requires-dist'", id="syntax"),
    case("dependencies", "fail", '[project.optional-dependencies]\na = ["x @ git+https://example.org/x"]', "Can't have direct dependency", id="in-an-extra"),
    case("dependencies", "skip", '[dependency-groups]\ndev = ["x @ git+https://example.org/x"]', id="group"),
    case("dependencies", "fail", "[project.optional-dependencies]\na_b = []\na-b = []", id="same-extras"),
    case("extras-of-this-project", "warn", '[project.optional-dependencies]\nclients = []\nall = ["juniper[clients]"]', "is another project, this one is juniper-ml"),
    case("extras-of-this-project", "pass", '[project.optional-dependencies]\nclients = []\nall = ["Juniper_ML[clients]"]', id="own"),
    case("extras-of-this-project", "warn", '[project.optional-dependencies]\nclients = []\nall = ["juniper-ml[client]"]', "which is no extra here", id="lacking"),
    case("extras-of-this-project", "pass", '[project.optional-dependencies]\nclients = []\nall = ["httpx[clients]"]', id="unrelated"),
    case("extras-of-this-project", "pass", '[project.optional-dependencies]\nall = ["juniper[all]"]', id="extra-of-the-same-name"),
    case("extras-of-this-project", "pass", '[project.optional-dependencies]\nclients = []\nall = ["juniper-ml-cli[clients]"]', id="a-companion"),
    case("project-urls", "pass", 'urls = { Homepage = "https://example.org" }'),
    case("project-urls", "fail", 'urls = { Homepage = "example.org" }', "is not a valid url"),
    case("project-urls", "fail", f'urls = {{ {"x" * 33} = "https://example.org" }}', "must be 32 characters or less.", id="label"),
    case("author-addresses", "pass", 'authors = [{ name = "Müller, A", email = "a@example.org" }]'),
    case("author-addresses", "fail", 'authors = [{ name = "A", email = "a@localhost" }]', "is not a valid email address"),
    case("entry-points", "pass", '[project.scripts]\n"run-it.now" = "a.b:main.c"'),
    case("entry-points", "fail", '[project.scripts]\n"run it" = "a:main"', "is no name of a script"),
    case("entry-points", "fail", '[project.scripts]\nrun = "a.b"', "a script needs module:function", id="module"),
    case("entry-points", "pass", '[project.entry-points."a.plugins"]\n"x y" = "a.b"', id="plugin"),
    case("entry-points", "fail", '[project.entry-points.console_scripts]\nrun = "a:b"', "[project.scripts]", id="table"),
    case("entry-points", "fail", '[project.scripts]\nrun = "a-b:main"', "no object reference", id="object"),
    case("dynamic-fields", "fail", 'dynamic = ["version"]', "version is both stated"),
    case("dynamic-fields", "fail", 'dynamic = ["name"]', "name must not be dynamic", id="name"),
    case("dynamic-fields", "fail", 'dynamic = ["licence"]', "which is no field", id="unknown"),
    case("dynamic-fields", "pass", 'dynamic = ["readme"]'),
]  # fmt: skip


@pytest.mark.parametrize(("check", "status", "text", "says", "more"), CASES)
def test_a_declaration_is_judged_as_the_server_and_the_backends_do(
    check: str, status: str, text: str, says: str, more: dict[str, str], tmp_path: Path
) -> None:
    verdict = worst(check, declared(tmp_path, text, **more))
    assert (str(verdict.status), verdict.because) == (status, verdict.because)
    assert says in verdict.because


def test_a_finding_names_the_line_of_the_value(tmp_path: Path) -> None:
    text = 'classifiers = [\n  "Typing :: Typed",\n  "Typing :: typed",\n]\n'
    place = worst("classifiers", declared(tmp_path, text)).place
    assert place is not None
    assert (place.file, place.line) == ("pyproject.toml", 10)


def test_every_check_answers_for_every_sample_and_for_built_files_alone() -> None:
    samples = sorted((Path(__file__).parent / "data" / "projects").iterdir())
    for facts in (Facts(), *(Facts(project=read_project(sample, {})) for sample in samples)):
        for check in CHECKS.values():
            assert list(check(facts)), check.id


@pytest.mark.parametrize(
    "sample",
    sorted((Path(__file__).parent / "data" / "projects").iterdir()),
    ids=lambda path: path.name,
)
def test_the_metadata_of_a_project_that_builds_is_not_failed(sample: Path) -> None:
    facts = Facts(project=read_project(sample, {}))
    failing = [
        (check.id, verdict.because)
        for check in CHECKS.values()
        for verdict in check(facts)
        if verdict.status is Status.FAIL
    ]
    assert failing == []
