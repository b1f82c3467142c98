"""diagnose-publish from end to end: gets the log, reads it, reports the answer."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pypi_publish.errors import Misused, NothingToInspect
from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import Catalogue, load
from pypi_publish.failures.open import opened
from pypi_publish.failures.reading import Reading, read_log
from pypi_publish.failures.registered import Registered, read_registered
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Answer
from pypi_publish.report.deliver import Options
from pypi_publish.report.model import Closing, Finding, Report
from pypi_publish.verdict import Place, Status

SCRIPT = "diagnose-publish"
_NEXT = {
    "rerun-same-version": "run the failed job again; the same files and the same version will do.",
    "bump-version": "raise the version and publish that; the files of this one are fixed for ever.",
    "fix-config-then-rerun": "mend it as said above, then publish the same version again.",
    "wait": "wait, then run the same job again.",
    "contact-admin": "ask those who run the index or the organization; nothing can be mended here.",
    "none": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asked for."""

    log: str | None = None  # a run, its URL, a file, "-"
    repository: str | None = None
    root: Path | None = None
    latest: bool = False


def run(wanted: Wanted, options: Options) -> Report:
    """Diagnose one log."""
    if wanted.log is None and not wanted.latest:
        raise Misused(
            "usage",
            "name a log: a run, its URL, a file, or - for standard input",
            "diagnose-publish publish.log, or --latest for the newest failed run.",
        )
    catalogue = load()
    registered = read_registered(wanted.root) if wanted.root else None
    with ExitStack() as stack:
        log = opened(wanted, options, stack)
        found = log.stuck or _diagnosed(
            log.name, read_log(log.files, catalogue), catalogue, registered
        )
    return _report(found, log.name)


def _diagnosed(
    name: str, reading: Reading, catalogue: Catalogue, registered: Registered | None
) -> Answer:
    if reading.blank:
        raise NothingToInspect(
            "empty-log", f"{name}: the log is empty", "Give the log of the job that failed."
        )
    return answer(Story(reading), catalogue, registered)


_STATUS = {"success": Status.PASS, "unknown": Status.UNKNOWN}


def _report(answer: Answer, name: str) -> Report:
    status = _STATUS.get(answer.category, Status.FAIL)
    line = answer.evidence[0].line if answer.evidence else None
    finding = Finding(
        check=answer.class_,
        status=status,
        title=answer.title,
        detail=f"{answer.title}. {answer.summary}",
        fix="\n".join(_numbered(answer.fix)) or None,
        where=Place(name, line),
        docs=answer.docs,
    )
    return Report(
        script=SCRIPT,
        findings=(finding,),
        answer=answer,
        closing=Closing(verdict=_verdict(answer), next=_NEXT[answer.retry]),
        meta={"log": name},
        unrecognised=answer.category == "unknown",
    )


def _numbered(steps: tuple[str, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        yield f"{number}. {step}"


def _verdict(answer: Answer) -> str:
    if answer.category in ("success", "unknown", "not-a-publish-failure"):
        return f"{answer.title}."
    return f"{answer.category}: {answer.title}."
