"""Can the files be installed, and do they bring what can be imported."""

from collections.abc import Iterator

from pypi_publish.check import check
from pypi_publish.release.install import Installed, Outcome, Tried
from pypi_publish.release.model import Answers, Facts
from pypi_publish.release.words import listed
from pypi_publish.verdict import Verdict, failed, passed, skipped, unanswered, unknown, warned

_DOCS = "https://packaging.python.org/en/latest/tutorials/installing-packages/"


@check(
    "installs",
    expects="The files install in a fresh environment",
    remedy="Repair what the installer says, and release a new version.",
    docs=_DOCS,
)
def installs(facts: Facts) -> Answers:
    """What is on the index and cannot be installed helps nobody: a dependency that does not exist
    there, metadata that the installer refuses, an sdist that does not build.
    """
    told = _told(facts)
    if isinstance(told, Verdict):
        yield told
        return
    if told.because:
        yield unknown(told.because)
    for one in told.files:
        if one.outcome is not Outcome.NOT_NEEDED:
            yield _of_installation(one)
    yield from _not_needed(told)
    if not told.files and not told.because:
        yield skipped("the index shows no file to install")


@check(
    "imports",
    expects="What was installed can be imported",
    remedy="Declare what is missing as a dependency, or put it into the wheel; release a new version.",
    docs=_DOCS,
)
def imports(facts: Facts) -> Answers:
    """A wheel without its package, or one that imports what it does not depend on, installs
    without a word. Only who has the sources beside it does not notice.
    """
    told = _told(facts)
    if isinstance(told, Verdict):
        yield told
        return
    imported = [verdict for one in told.files for verdict in _of_import(one)]
    yield from imported
    if not imported:
        yield skipped("nothing was installed that could be imported")


def _of_installation(one: Tried) -> Verdict:
    said = f"{one.filename}: {one.because}"
    match one.outcome:
        case Outcome.NOT_INSTALLED:
            return failed(said)
        case Outcome.DIFFERENT:
            return failed(said, fix="Install nothing of it; ask the operators of the index.")
        case Outcome.UNANSWERED:
            return unanswered(said)
        case Outcome.NOT_BUILT:
            return unknown(said)
        case _:
            return passed(f"{one.filename}: installed, with what it depends on")


def _not_needed(told: Installed) -> Iterator[Verdict]:
    """Yield each reason once: a release may have a hundred wheels for other machines."""
    files: dict[str, list[str]] = {}
    for one in told.files:
        if one.outcome is Outcome.NOT_NEEDED:
            files.setdefault(one.because, []).append(one.filename)
    for because, names in files.items():
        yield skipped(f"{listed(names)}: {because}")


def _of_import(one: Tried) -> Iterator[Verdict]:
    if one.outcome is Outcome.NOT_IMPORTED:
        yield failed(f"{one.filename}: {one.because}")
    elif one.outcome is Outcome.PARTLY_IMPORTED:
        yield warned(f"{one.filename}: {one.because}")
    elif one.outcome is Outcome.UNCERTAIN:
        yield unknown(f"{one.filename}: {one.because}")
    elif one.outcome is Outcome.WORKS and one.modules:
        yield passed(f"{one.filename}: import {', '.join(one.modules)}")
    elif one.outcome is Outcome.WORKS:
        yield skipped(f"{one.filename}: it brings no module")


def _told(facts: Facts) -> Installed | Verdict:
    if facts.installed is not None:
        return facts.installed
    if "install" in facts.silences:
        return unanswered(facts.silences["install"])
    if facts.withheld:
        return unknown(facts.withheld)
    return skipped("--install was not given")
