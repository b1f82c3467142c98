"""preflight from end to end: gathers the facts, runs the checks, says whether it is ready."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pypi_publish.errors import Misused, NothingToInspect, Problem
from pypi_publish.index.address import address_of
from pypi_publish.preflight import other_index
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import FAMILIES, FamilyCheck, checks_of, chosen
from pypi_publish.project.model import Project
from pypi_publish.report.deliver import Options, note
from pypi_publish.report.model import Closing, Finding, Report, judged
from pypi_publish.verdict import Status

if TYPE_CHECKING:
    from pypi_publish.artifacts.model import Artifact
    from pypi_publish.index.model import IndexAnswers
    from pypi_publish.project.git import GitState
    from pypi_publish.workflow.pipelines import Pipelines

SCRIPT = "preflight"
_ASK_THE_REMOTE = frozenset({"tag-elsewhere"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asked for."""

    root: Path = Path()
    build: bool = False
    dist: Path | None = None
    index: str = "pypi"
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    strict: bool = False


def run(wanted: Wanted, options: Options) -> Report:
    """Gather what is needed, judge it and report."""
    if wanted.build and wanted.dist:
        raise Misused("usage", "--build makes the files that --dist names", "Drop one of them.")
    index = address_of(wanted.index)
    project = _project(wanted)
    checks = chosen(_families(wanted, project), wanted.only, wanted.skip)
    if not checks:
        raise Misused("usage", "--only and --skip leave no check to run", "See --list-checks.")
    with ExitStack() as temporary:
        facts = _gathered(wanted, options, project, temporary, families=set(checks))
        every = (check for family in checks.values() for check in family)
        results = list(judged(every, facts))
    findings = [other_index.at(index, finding) for finding, _ in results]
    silent = {finding.check for finding, silent in results if silent}
    return _report(wanted, facts, findings, silent)


def list_checks() -> Report:
    """Return every check as a record of its own, none of them run."""
    listed = [_listed(family, check) for family in FAMILIES for check in checks_of(family)]
    closing = Closing(verdict=f"{len(listed)} checks.", next="--only and --skip take these names.")
    return Report(script=SCRIPT, findings=listed, closing=closing)


def _listed(family: str, check: FamilyCheck) -> Finding:
    return Finding(
        check=check.id,
        status=Status.SKIP,
        title=check.expects,
        detail=f"{family}: {check.expects}",
        fix=None,
        where=None,
        docs=check.docs,
    )


def _families(wanted: Wanted, project: Project | None) -> list[str]:
    """Built files are judged without a project, too; without files that family has no say."""
    if project is None:
        return ["artifacts", "index"]
    built = wanted.build or wanted.dist is not None
    return [family for family in FAMILIES if built or family != "artifacts"]


def _gathered(
    wanted: Wanted,
    options: Options,
    project: Project | None,
    temporary: ExitStack,
    *,
    families: set[str],
) -> Facts:
    silences: dict[str, str] = {}
    facts = Facts(project=project, artifacts=_artifacts(wanted, options, temporary))
    if project is not None:
        facts = replace(
            facts,
            git=_attempted("git", lambda: _git(project, options, families), silences),
            pipelines=_attempted("workflow", lambda: _pipelines(project), silences),
        )
    if families & {"index", "publisher"} and not options.offline:
        index = _attempted("index", lambda: _index(wanted, options, facts), silences)
        facts = replace(facts, index=index)
    return replace(facts, silences=silences)


def _project(wanted: Wanted) -> Project | None:
    from pypi_publish.project.read import read_project

    try:
        return read_project(wanted.root)
    except NothingToInspect:
        if wanted.dist is None:
            raise
        return None


def _artifacts(
    wanted: Wanted, options: Options, temporary: ExitStack
) -> "tuple[Artifact, ...] | None":
    from pypi_publish.artifacts.read import read_artifacts

    if wanted.build:
        from pypi_publish.artifacts.build import built

        note("building the sdist and the wheel ...", options)
        return read_artifacts(temporary.enter_context(built(wanted.root)))
    return read_artifacts(wanted.dist) if wanted.dist is not None else None


def _git(project: Project, options: Options, families: set[str]) -> "GitState | None":
    from pypi_publish.project.git import ask_remote, read_git

    state = read_git(project.root)
    if state is None or options.offline or "git" not in families:
        return state
    return ask_remote(state, options.timeout)


def _pipelines(project: Project) -> "Pipelines | None":
    from pypi_publish.workflow.pipelines import read_pipelines

    return read_pipelines(project.root)


def _index(wanted: Wanted, options: Options, facts: Facts) -> "IndexAnswers | None":
    from pypi_publish.index.client import ask_index

    if facts.name is None:
        return None
    index = address_of(wanted.index)
    note(f"asking {index.shown} about {facts.name} ...", options)
    return ask_index(index, facts.name, facts.version, timeout=options.timeout)


def _attempted(family: str, read: Callable[[], T], silences: dict[str, str]) -> T | None:
    """Return a part of the facts; what stands in its way is kept for the checks to report."""
    try:
        return read()
    except Misused:
        raise
    except Problem as problem:
        asks_for_credentials = problem.code == "unauthorised"
        silences[family] = (
            f"{problem.message}. {problem.hint}" if asks_for_credentials else problem.message
        )
        return None


def _report(wanted: Wanted, facts: Facts, findings: list[Finding], silent: set[str]) -> Report:
    """Report the findings; behind those of the checks in `silent` is a server's silence."""
    ready = _is_ready(wanted, findings)
    return Report(
        script=SCRIPT,
        findings=findings,
        closing=_closing(findings, facts, silent, ready=ready),
        meta=_meta(facts, ready=ready and not silent),
        incomplete=bool(silent),
        strict=wanted.strict,
    )


def _is_ready(wanted: Wanted, findings: list[Finding]) -> bool:
    bad = {Status.FAIL, Status.WARN} if wanted.strict else {Status.FAIL}
    return not any(finding.status in bad for finding in findings)


def _meta(facts: Facts, *, ready: bool) -> Mapping[str, Any]:
    from packaging.utils import canonicalize_name

    from pypi_publish.preflight.publisher import publisher_form

    project = facts.project
    form = publisher_form(facts)
    return {
        "name": facts.name,
        "normalized_name": canonicalize_name(facts.name) if facts.name else None,
        "version": facts.version,
        "version_source": project.version.source if project else None,
        "backend": project.backend if project else None,
        "ready": ready,
        "publisher": form,
    }


def _closing(findings: list[Finding], facts: Facts, silent: set[str], *, ready: bool) -> Closing:
    release = " ".join(part for part in (facts.name, facts.version) if part) or "this release"
    if not ready:
        bad = sum(finding.status is Status.FAIL for finding in findings)
        return Closing(
            verdict=f"Not ready: {release}, {bad} to mend.",
            next="mend what is marked fail, worst first, and run preflight again.",
        )
    if silent:
        server = "the server of the repository" if silent <= _ASK_THE_REMOTE else "the index"
        return Closing(
            verdict=f"Incomplete: {release}, {server} gave no usable answer.",
            next="see beside `unknown` what it says, and run preflight again; --offline asks nobody.",
        )
    return Closing(verdict=f"Ready: {release}.", next=_advice(facts))


def _advice(facts: Facts) -> str | None:
    if facts.artifacts is not None:
        return None
    build = "preflight --build judges the files that would be uploaded, too."
    if facts.pipelines is not None or "workflow" in facts.silences:
        return build
    return f"{build} No workflow publishes it yet: assets/publish.yml is one to copy."
