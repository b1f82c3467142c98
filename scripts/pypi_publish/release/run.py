"""verify-on-pypi from end to end: finds the release, asks the index, judges and reports."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pypi_publish.errors import Misused, Problem
from pypi_publish.index.address import address_of
from pypi_publish.index.client import IndexClient
from pypi_publish.release.completeness import compared, missing
from pypi_publish.release.families import FAMILIES, checks_of
from pypi_publish.release.identity import Surroundings, expected_identity
from pypi_publish.release.model import AT_ONCE, Facts, Mode, Plane, Wanted
from pypi_publish.release.planes import Standing, is_quarantined, standing
from pypi_publish.release.subject import find_subject
from pypi_publish.release.termination import tidy_end
from pypi_publish.release.wait import awaited, read_release
from pypi_publish.release.words import files_of, listed
from pypi_publish.report.deliver import Options, note
from pypi_publish.report.model import Closing, Finding, Report, judged
from pypi_publish.verdict import Status
from pypi_publish.web import Web

SCRIPT = "verify-on-pypi"
T = TypeVar("T")
Results = list[tuple[Finding, bool]]  # and whether a server's silence is behind it


# What fails here may be somebody else's code, which is not to be installed.
_OURS = ("file-host", "files-unexpected", "files-unchanged", "planes-agree", "core-metadata")


def run(wanted: Wanted, options: Options) -> Report:
    """Find the release, ask every plane of the index about it, judge and report."""
    address = address_of(wanted.index)
    _refuse(wanted, options)
    subject = find_subject(wanted)
    facts = Facts(
        subject.name,
        subject.version,
        address,
        wanted,
        version_source=subject.source,
        artifacts=subject.artifacts,
    )
    if options.offline:
        facts = _with_provenance(None, facts, subject.root)
        return _report(facts, _judged(facts, ["provenance"]), options)
    note(f"asking {address.shown} about {facts.shown.strip()} ...", options)
    with tidy_end(), Web(options.timeout, AT_ONCE) as web:
        client = IndexClient(address, web, os.environ)
        return _verified(client, facts, subject.root, options)


def _verified(client: IndexClient, facts: Facts, root: Path | None, options: Options) -> Report:
    def tell(text: str) -> None:
        note(text, options)

    facts = read_release(client, facts, timeout=options.timeout, tell=tell)
    facts = _with_provenance(client, facts, root)
    results = _judged(facts, [family for family in FAMILIES if family != "install"])
    if facts.wanted.install:
        facts = _with_installation(client, facts, results, options)
    return _report(facts, [*results, *_judged(facts, ["install"])], options)


def _judged(facts: Facts, families: Iterable[str]) -> list[tuple[Finding, bool]]:
    return list(judged((check for family in families for check in checks_of(family)), facts))


def _with_installation(
    client: IndexClient, facts: Facts, results: Results, options: Options
) -> Facts:
    signed = {check.id for check in checks_of("provenance")}
    bad = [one.check for one, _ in results if not one.ok and one.check in {*_OURS, *signed}]
    because = f"not installed, because it may not be yours: {listed(set(bad))}" if bad else ""
    if not facts.files:
        because = f"no plane shows {facts.shown}"
    if because:
        return replace(facts, withheld=because)
    from pypi_publish.release.install import install_release

    note("installing it in a throw-away environment ...", options)
    installed, facts = _attempted("install", lambda: install_release(client, facts), facts)
    return replace(facts, installed=installed)


def _refuse(wanted: Wanted, options: Options) -> None:
    """Refuse what makes no sense, before anything is read or asked."""
    expected_identity(wanted, Surroundings())
    if not options.offline:
        return
    if wanted.provenance_file is None:
        hint = "Drop --offline, or name with --provenance-file what was kept of the index."
        raise Misused("usage", "offline there is no release to be verified", hint)
    if wanted.install:
        raise Misused("usage", "--install needs the index", "Drop --offline or --install.")


def _with_provenance(client: IndexClient | None, facts: Facts, root: Path | None) -> Facts:
    if facts.wanted.provenance is Mode.OFF:
        return facts
    from pypi_publish.release.provenance import read_provenance

    provenance, facts = _attempted(
        "provenance", lambda: read_provenance(client, facts, root), facts
    )
    return replace(facts, provenance=provenance)


def _attempted(family: str, read: Callable[[], T], facts: Facts) -> tuple[T | None, Facts]:
    """Return a part of the facts; a server's silence is kept for the checks to report."""
    try:
        return read(), facts
    except Problem as problem:
        if not problem.retryable:
            raise
        return None, replace(facts, silences={**facts.silences, family: problem.message})


def _report(facts: Facts, results: Results, options: Options) -> Report:
    findings = [finding for finding, _ in results]
    incomplete = any(silent for _, silent in results)
    bad = {Status.FAIL, Status.WARN} if facts.wanted.strict else {Status.FAIL}
    wrong = [finding for finding in findings if finding.status in bad]
    live = False if wrong else None if incomplete or options.offline else True
    return Report(
        script=SCRIPT,
        findings=findings,
        closing=_closing(
            facts, live=live, bad=len({one.check for one in wrong}), offline=options.offline
        ),
        meta=_meta(facts, live=live),
        incomplete=incomplete,
        strict=facts.wanted.strict,
    )


def _meta(facts: Facts, *, live: bool | None) -> Mapping[str, Any]:
    comparison = compared(facts)
    return {
        "name": facts.name,
        "normalized_name": facts.normalized_name,
        "version": facts.version,
        "version_source": facts.version_source,
        "live": live,
        "index": facts.index.shown,
        "planes": {str(plane): str(standing(facts, plane)) for plane in Plane},
        "files": {
            "there": len(facts.files),
            "expected": len(facts.artifacts) if facts.artifacts is not None else None,
            "missing": len(missing(facts)),
            "unexpected": len(comparison.unexpected) if comparison else 0,
        },
        "waited": round(facts.waited, 1),
        "waited_for": [str(plane) for plane in awaited(facts)] if facts.waited else [],
    }


def _closing(facts: Facts, *, live: bool | None, bad: int, offline: bool) -> Closing:
    release = f"{facts.shown.strip()} on {facts.index.shown}"
    if offline and live is None:
        return Closing(verdict=f"Nothing wrong in what was kept of {facts.shown.strip()}.")
    if live:
        after = f", after {facts.waited:.0f} s" if facts.waited else ""
        return Closing(verdict=f"Live: {release}, {files_of(facts.files)}{after}.")
    if live is None:
        silent = listed(p for p in Plane if standing(facts, p) is Standing.UNANSWERED)
        return Closing(
            verdict=f"Incomplete: {release}; {silent or 'a server'} did not answer.",
            next="ask again later, or let --wait SECONDS do it.",
        )
    checks = "1 check fails" if bad == 1 else f"{bad} checks fail"
    planes = listed(awaited(facts))
    waited = f", waited {facts.waited:.0f} s for {planes}" if facts.waited and planes else ""
    return Closing(verdict=f"Not live: {release}; {checks}{waited}.", next=_next(facts))


def _next(facts: Facts) -> str:
    stale = any(standing(facts, plane) is Standing.STALE for plane in Plane)
    if not facts.files and not is_quarantined(facts):
        return "see how the publishing run ended; diagnose-publish names its failure."
    if stale and not missing(facts) and not facts.waited:
        return "let --wait 1800 ask until every plane shows it; upload nothing twice."
    if stale and not missing(facts):
        return "ask again later, with a longer --wait; upload nothing twice."
    return "mend what is marked fail, worst first, and verify again."
