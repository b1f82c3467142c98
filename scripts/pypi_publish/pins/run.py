"""check-action-pins from end to end: reads the files, judges them, asks and rewrites on demand."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pypi_publish.errors import Misused, NothingToInspect, Problem
from pypi_publish.pins.judge import Judged, PinRecord, Repository, judge, pins_of, record
from pypi_publish.pins.lockfile import LOCKFILE
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.policy import read_policy
from pypi_publish.report.deliver import Options, note
from pypi_publish.report.model import Closing, Report
from pypi_publish.workflow.find import Found, find, read
from pypi_publish.workflow.nodes import Document, read_document

if TYPE_CHECKING:  # loaded when a server is asked: they bring httpx along
    from pypi_publish.pins.ask import Answers
    from pypi_publish.pins.fix import Fixed

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one repository."""

    repository: Repository
    judged: Judged
    fixed: "Sequence[Fixed]" = ()


def run(wanted: Wanted, options: Options) -> Report:
    """Do what was asked for and report it."""
    _refuse_contradictions(wanted, options)
    repositories = [_read(root, files) for root, files in _by_root(find(wanted.paths)).items()]
    pins = [pins_of(repository) for repository in repositories]
    answers = _answers([pin for some in pins for pin in some], wanted, options)
    outcomes = [
        _outcome(repository, some, answers, wanted)
        for repository, some in zip(repositories, pins, strict=True)
    ]
    return _report(wanted, outcomes, answers)


def _answers(pins: Sequence[Pin], wanted: Wanted, options: Options) -> "Answers | None":
    """Ask the servers, if that was asked for."""
    if not (wanted.live or wanted.fix):
        return None
    from pypi_publish.pins.ask import ask, questions_of, server_of
    from pypi_publish.pins.github_api import api_of

    server = server_of(os.environ)
    questions = questions_of(pins)
    note(f"asking {server} about {_count(len(questions), 'repository')} ...", options)
    api = api_of(os.environ, server) if wanted.live else None
    return ask(questions, server=server, api=api, ages=wanted.min_age > 0, timeout=options.timeout)


def _outcome(
    repository: Repository, pins: Sequence[Pin], answers: "Answers | None", wanted: Wanted
) -> Outcome:
    if answers is None:
        return Outcome(repository, judge(repository, pins))
    asked = [replace(pin, remote=answers.about(pin)) for pin in pins]
    judged = judge(repository, asked)
    if not wanted.fix:
        return Outcome(repository, judged)
    from pypi_publish.pins.fix import fixed_files

    fixed = fixed_files(
        repository.documents, asked, judged, update=wanted.update, min_age=wanted.min_age
    )
    if wanted.dry_run:
        return Outcome(repository, _noted(judged, asked, fixed, "would be rewritten"), fixed)
    return _written(repository, answers, fixed)


def _written(repository: Repository, answers: "Answers", fixed: "list[Fixed]") -> Outcome:
    """Write the files, and judge what is in them now."""
    from pypi_publish.pins.fix import write

    problems = list(repository.unreadable)
    for file in fixed:
        if file.changes:
            try:
                write(file, repository.paths[file.document.file])
            except Problem as problem:
                problems.append((file.document.file, problem))
    failed = {name for name, _ in problems}
    documents = [file.document if file.document.file in failed else _reread(file) for file in fixed]
    now = replace(repository, documents=documents, unreadable=problems)
    pins = [replace(pin, remote=answers.about(pin)) for pin in pins_of(now)]
    written = [file for file in fixed if file.document.file not in failed]
    return Outcome(now, _noted(judge(now, pins), pins, written, "rewritten"), written)


def _reread(file: "Fixed") -> Document:
    return read_document(file.document.file, file.content) if file.changes else file.document


def _noted(judged: Judged, pins: Sequence[Pin], fixed: "Iterable[Fixed]", done: str) -> Judged:
    """Say in each record what `--fix` did, or why it did nothing."""
    notes = {file.document.file: file for file in fixed}
    positions: Counter[str] = Counter()
    records = list(judged.records)
    for number, pin in enumerate(pins):
        file, position = notes.get(pin.file), positions[pin.file]
        positions[pin.file] += 1
        if file is None:
            continue
        record = records[number]
        if position in file.done and file.changes:
            target = file.done[position]
            text = f"{record.detail}; {done} to {target.commit} # {target.version}"
            records[number] = replace(record, detail=text)
        elif position in file.left:
            text = f"{record.detail}; not rewritten: {file.left[position].because}"
            records[number] = replace(record, detail=text)
    return replace(judged, records=records)


def _refuse_contradictions(wanted: Wanted, options: Options) -> None:
    if options.offline and (wanted.live or wanted.fix):
        asked = "--fix" if wanted.fix else "--live"
        raise Misused("usage", f"{asked} asks the git servers, --offline forbids it", "Drop one.")
    if wanted.fix and not wanted.dry_run and "-" in wanted.paths:
        raise Misused("usage", "--fix cannot write to standard input", "Add --dry-run.")
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
    found = [*files, *_lockfile(files)]
    for file in found:
        try:
            documents.append(read_document(file.name, read(file)))
        except Problem as problem:
            unreadable.append((file.name, problem))
    paths = {file.name: file.path for file in found if file.path}
    return Repository(documents, unreadable, read_policy(root), paths)


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


def _report(wanted: Wanted, outcomes: list[Outcome], answers: "Answers | None") -> Report:
    records = [record for item in outcomes for record in item.judged.records]
    problems = [problem for item in outcomes for _, problem in item.repository.unreadable]
    references = sum(item.judged.references for item in outcomes)
    if not records:
        raise _nothing(wanted)
    files = sum(len(item.repository.documents) for item in outcomes) + len(problems)
    meta = {"files": files, "references": references}
    fixed = [file for item in outcomes for file in item.fixed if file.changes]
    if wanted.fix:
        meta["rewritten"] = sum(len(file.done) for file in fixed)
    silent = any(item.judged.incomplete for item in outcomes)
    if wanted.live and answers is not None:
        records.append(_of_api(answers))
        silent = silent or answers.api_silence is not None
    return Report(
        script=SCRIPT,
        findings=records,
        closing=_closing(records, references, files, wanted),
        meta=meta,
        problem=problems[0] if problems else None,
        incomplete=silent,
        preview="".join(file.diff for file in fixed) if wanted.dry_run else None,
    )


def _of_api(answers: "Answers") -> PinRecord:
    from pypi_publish.pins.live_rules import advisories_asked

    verdict = advisories_asked(token=answers.api_asked, because=answers.api_silence)
    return record(advisories_asked, verdict)


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
        advice = "check-action-pins --fix --dry-run shows the commit and version for each."
        if wanted.dry_run:
            advice = "run it without --dry-run to write the change above."
        elif wanted.fix:
            advice = "look at what was not rewritten; the reason stands beside each."
        return Closing(
            verdict=f"Not pinned: {_count(wrong, 'finding')} among {looked}.", next=advice
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
