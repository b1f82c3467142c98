"""A repository with one pipeline, read and judged as preflight does."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pypi_publish.check import Check
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import checks_of
from pypi_publish.project.model import Project, Stated, Version
from pypi_publish.verdict import Place, Verdict
from pypi_publish.workflow.pipelines import Pipelines, read_pipelines

PIPELINES = Path(__file__).parent / "data" / "pipelines"


def project_of(
    root: Path,
    version: str | None = "1.2.3",
    *,
    from_tags: bool = False,
    requires: Sequence[str] = ("hatchling",),
    backend: str = "hatchling.build",
) -> Project:
    """Return a project of which only what these families look at is known."""
    return Project(
        root=root,
        name=Stated("example"),
        version=Version(version, "a test", Place("pyproject.toml", 3), from_tags=from_tags),
        backend=backend,
        core={"Requires-Python": [">=3.9"]},
        pyproject={"build-system": {"requires": list(requires)}},
        requires=tuple(requires),
    )


def repository(root: Path, files: Mapping[str, str]) -> Pipelines:
    """Write files below a folder and read its pipelines."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    pipelines = read_pipelines(root)
    assert pipelines is not None
    return pipelines


def sample(root: Path, path: Path) -> Pipelines:
    """Put a sample where its forge looks for it."""
    gitlab = path.name.endswith(".gitlab-ci.yml")
    name = ".gitlab-ci.yml" if gitlab else ".github/workflows/publish.yml"
    return repository(root, {name: path.read_text(encoding="utf-8")})


def verdicts(facts: Facts, family: str) -> Iterator[tuple[str, Verdict]]:
    """Yield every verdict of a family with the id of its check."""
    checks: tuple[Check[..., Any], ...] = checks_of(family)
    for check in checks:
        for verdict in check(facts):
            yield check.id, verdict


def complaints(facts: Facts, family: str) -> set[str]:
    """Return what a family finds fault with, as `check=status`."""
    found = verdicts(facts, family)
    wrong = ("fail", "warn", "unknown")
    return {f"{name}={verdict.status}" for name, verdict in found if verdict.status in wrong}


def only(facts: Facts, family: str, id: str) -> list[Verdict]:  # noqa: A002
    """Return the verdicts of one check."""
    return [verdict for name, verdict in verdicts(facts, family) if name == id]
