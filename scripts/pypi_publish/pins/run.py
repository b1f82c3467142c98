"""check-action-pins from end to end: reads the files, judges them, asks and rewrites on demand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pypi_publish.errors import Misused, NothingToInspect, Problem
from pypi_publish.pins.judge import Judged, PinRecord, Repository, judge, pins_of
from pypi_publish.pins.lockfile import LOCKFILE
from pypi_publish.pins.policy import read_policy
from pypi_publish.report.deliver import Options
from pypi_publish.report.model import Closing, Report
from pypi_publish.workflow.find import Found, find, read
from pypi_publish.workflow.nodes import Document, read_document

SCRIPT = "check-action-pins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asked for."""

    paths: tuple[str, ...] = ()
    live: bool = False
    fix: bool = False
    dry_run: bool = False
    update: bool = False
    min_age: int = 0


def run(wanted: Wanted, options: Options) -> Report:
    """Do what was asked for and report it."""
    _refuse_contradictions(wanted, options)
    repositories = [_read(root, files) for root, files in _by_root(find(wanted.paths)).items()]
    pins = [pins_of(repository) for repository in repositories]
    judged = [judge(*both) for both in zip(repositories, pins, strict=True)]
    return _report(wanted, repositories, judged)


def _refuse_contradictions(wanted: Wanted, options: Options) -> None:
    if options.offline and (wanted.live or wanted.fix):
        asked = "--fix" if wanted.fix else "--live"
        raise Misused("usage", f"{asked} asks the git servers, --offline forbids it", "Drop one.")
    if not wanted.fix and (wanted.dry_run or wanted.update or wanted.min_age):
        raise Misused("usage", "--dry-run, --update and --min-age go with --fix", "Add --fix.")


def _by_root(found: Iterable[Found]) -> dict[Path, list[Found]]:
    roots: dict[Path, list[Found]] = {}
    for item in found:
        roots.setdefault(item.root.absolute(), []).append(item)
    return roots


def _read(root: Path, files: Sequence[Found]) -> Repository:
    documents: list[Document] = []
    unreadable: list[tuple[str, Problem]] = []
    for found in [*files, *_lockfile(files)]:
        try:
            documents.append(read_document(found.name, read(found)))
        except Problem as problem:
            unreadable.append((found.name, problem))
    return Repository(documents, unreadable, read_policy(root))


def _lockfile(files: Iterable[Found]) -> list[Found]:
    """Return the lockfile that lies beside the workflows, if there is one."""
    folders = {found.path.parent: found for found in files if found.path}
    return [
        Found(
            folder / LOCKFILE, f"{found.name.rpartition('/')[0]}/{LOCKFILE}".lstrip("/"), found.root
        )
        for folder, found in folders.items()
        if folder.name == "workflows" and (folder / LOCKFILE).is_file()
    ]


def _report(wanted: Wanted, repositories: list[Repository], judged: list[Judged]) -> Report:
    records = [record for item in judged for record in item.records]
    problems = [problem for item in repositories for _, problem in item.unreadable]
    references = sum(item.references for item in judged)
    if not references and not records:
        raise _nothing(wanted)
    files = sum(len(item.documents) + len(item.unreadable) for item in repositories)
    return Report(
        script=SCRIPT,
        findings=records,
        closing=_closing(records, references, files, wanted),
        meta={"files": files, "references": references},
        problem=_foremost(problems),
        incomplete=any(item.incomplete for item in judged),
    )


def _foremost(problems: list[Problem]) -> Problem | None:
    return problems[0] if problems else None


def _nothing(wanted: Wanted) -> Problem:
    where = ", ".join(wanted.paths) or "the current folder"
    return NothingToInspect(
        "nothing-to-inspect",
        f"no workflow and no action with a reference in {where}",
        "Name the repository's folder, or the workflow files themselves.",
    )


def _closing(records: list[PinRecord], references: int, files: int, wanted: Wanted) -> Closing:
    wrong = sum(not record.ok for record in records)
    looked = f"{_count(references, 'reference')} in {_count(files, 'file')}"
    if wrong:
        return Closing(
            verdict=f"Not pinned: {_count(wrong, 'finding')} among {looked}.",
            next="check-action-pins --fix --dry-run shows the commit and version for each.",
        )
    unknown = sum(record.status == "unknown" for record in records)
    if unknown and wanted.live:
        return Closing(
            verdict=f"Incomplete: {unknown} of {looked} could not be looked up.",
            next="run it again when the server answers.",
        )
    return Closing(verdict=f"Pinned: {looked}.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
