"""The last line of check-action-pins: the verdict on the whole, and what to do next."""

from dataclasses import dataclass

from pypi_publish.report.model import Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a run comes to."""

    files: int
    references: int
    wrong: int  # findings that fail
    warned: int
    silent: int  # references about which a server kept silent
    incomplete: bool
    rewritten: int
    fixing: bool
    dry_run: bool


def closing(tally: Tally) -> Closing:
    """Return the closing line."""
    looked = f"{count(tally.references, 'reference')} in {count(tally.files, 'file')}"
    done = ""
    if tally.rewritten:
        verb = "Would rewrite" if tally.dry_run else "Rewrote"
        done = f"{verb} {count(tally.rewritten, 'reference')}. "
    if tally.wrong:
        verdict = f"Not pinned: {count(tally.wrong, 'finding')} among {looked}."
        return Closing(verdict=done + verdict, next=_after_findings(tally))
    if tally.incomplete:
        verdict = f"Incomplete: {tally.silent} of {looked} could not be looked up."
        if not tally.silent:
            verdict = f"Incomplete: {looked} are pinned, but the GitHub API did not answer."
        return Closing(verdict=done + verdict, next="run it again when the server answers.")
    warnings = f", with {count(tally.warned, 'warning')}" if tally.warned else ""
    return Closing(verdict=f"{done}Pinned{warnings}: {looked}.", next=_after_success(tally))


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _after_findings(tally: Tally) -> str:
    if not tally.fixing:
        return "check-action-pins --fix --dry-run shows the commit and version for each."
    if tally.dry_run and tally.rewritten:
        return "run it without --dry-run to write the change."
    return "mend what is left by hand; beside each stands why it was not rewritten."


def _after_success(tally: Tally) -> str | None:
    if not tally.rewritten:
        return None
    if tally.dry_run:
        return "run it without --dry-run to write the change."
    return "look at the change (git diff) and commit it."
