"""check-action-pins from end to end: reads the files, judges them, asks and rewrites on demand."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pypi_publish.errors import PRECEDENCE, Misused, NothingToInspect, Problem
from pypi_publish.pins.closing import Tally, closing, count
from pypi_publish.pins.judge import (
    Judged,
    PinRecord,
    Repository,
    judge,
    of_unwritten,
    pins_of,
    record,
)
from pypi_publish.pins.lockfile import LOCKFILE
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.policy import read_policy
from pypi_publish.report.deliver import Options, note
from pypi_publish.report.model import Report
from pypi_publish.verdict import Status
from pypi_publish.workflow.find import Found, find, read
from pypi_publish.workflow.nodes import Document
from pypi_publish.workflow.reader import read_document

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
    unwritten: Sequence[tuple[str, Problem]] = ()

    @property
    def records(self) -> list[PinRecord]:
        unwritten = [of_unwritten(file, problem) for file, problem in self.unwritten]
        return [*self.judged.records, *unwritten]

    @property
    def problems(self) -> list[Problem]:
        return [problem for _, problem in (*self.repository.unreadable, *self.unwritten)]


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
    from pypi_publish.pins.github_api import Unasked, api_of

    server = server_of(os.environ)
    questions = questions_of(pins)
    about = count(len(questions), "repository", "repositories")
    note(f"asking {server} about {about} ...", options)
    api = api_of(os.environ, server) if wanted.live else Unasked("without --live")
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
    from pypi_publish.pins.fix import fixed_files, noted
    from pypi_publish.pins.target import Wish

    fixed = fixed_files(repository, asked, judged, Wish(wanted.update, wanted.min_age))
    if wanted.dry_run:
        return Outcome(repository, noted(judged, asked, fixed, written=False), fixed)
    return _written(repository, answers, fixed)


def _written(repository: Repository, answers: "Answers", fixed: "Sequence[Fixed]") -> Outcome:
    """Write the files, and judge what is in them now."""
    from pypi_publish.pins.fix import noted

    unwritten = _write_all(repository, fixed)
    failed = {file for file, _ in unwritten}
    written = [file for file in fixed if file.document.file not in failed]
    now = {file.document.file: _reread(file) for file in written if file.done}
    documents = [now.get(document.file, document) for document in repository.documents]
    repository = replace(repository, documents=documents)
    pins = [replace(pin, remote=answers.about(pin)) for pin in pins_of(repository)]
    judged = noted(judge(repository, pins), pins, written, written=True)
    return Outcome(repository, judged, written, unwritten)


def _write_all(repository: Repository, fixed: "Sequence[Fixed]") -> list[tuple[str, Problem]]:
    """Write every file that changes; return those that could not be written, and why."""
    from pypi_publish.pins.fix import write

    unwritten: list[tuple[str, Problem]] = []
    for file in fixed:
        if file.done:
            try:
                write(file, repository.paths[file.document.file])
            except Problem as problem:
                unwritten.append((file.document.file, problem))
    return unwritten


def _reread(file: "Fixed") -> Document:
    return read_document(file.document.file, file.content)


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
    return Repository(documents, unreadable, read_policy(root), paths, root)


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
    records = [record for outcome in outcomes for record in outcome.records]
    if not records:
        raise _nothing(wanted)
    silence = answers.api_silence if answers else None
    if wanted.live and answers is not None and answers.remotes:
        records.append(_of_api(answers))
    tally = _tally(wanted, outcomes, records, silence)
    meta = {"files": tally.files, "references": tally.references}
    if wanted.fix:
        meta["would_rewrite" if wanted.dry_run else "rewritten"] = tally.rewritten
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    return Report(
        script=SCRIPT,
        findings=records,
        closing=closing(tally),
        meta=meta,
        problem=min(problems, key=lambda item: PRECEDENCE.index(item.ends_with), default=None),
        incomplete=tally.incomplete,
        preview=_preview(outcomes) if wanted.dry_run else None,
    )


def _tally(
    wanted: Wanted, outcomes: list[Outcome], records: list[PinRecord], silence: str | None
) -> Tally:
    judgements = [judgement for outcome in outcomes for judgement in outcome.judged.pins]
    files = [(*item.repository.documents, *item.repository.unreadable) for item in outcomes]
    silent = sum(judgement.silent for judgement in judgements)
    return Tally(
        files=sum(map(len, files)),
        references=len(judgements),
        wrong=sum(record.status is Status.FAIL for record in records),
        warned=sum(record.status is Status.WARN for record in records),
        silent=silent,
        incomplete=silent > 0 or silence is not None,
        rewritten=sum(len(file.done) for outcome in outcomes for file in outcome.fixed),
        fixing=wanted.fix,
        dry_run=wanted.dry_run,
    )


def _preview(outcomes: list[Outcome]) -> str:
    return "".join(file.diff(outcome.repository) for outcome in outcomes for file in outcome.fixed)


def _of_api(answers: "Answers") -> PinRecord:
    from pypi_publish.pins.live_rules import advisories_asked

    verdict = advisories_asked(unasked=answers.api_unasked, silence=answers.api_silence)
    return record(advisories_asked, verdict)


def _nothing(wanted: Wanted) -> Problem:
    where = ", ".join(wanted.paths) or "the current folder"
    return NothingToInspect(
        "nothing-to-inspect",
        f"no workflow and no action with a reference in {where}",
        "Name the repository's folder, or the workflow files themselves.",
    )
