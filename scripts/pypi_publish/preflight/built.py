"""What the checks of built files share: which files they look at, and how they answer."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from pypi_publish.artifacts.model import Artifact, Distribution, Trouble
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.verdict import Place, Status, Verdict, failed, passed, skipped, unknown, warned

NOTHING_BUILT = "no built files were given; --build makes them, --dist names them"
_MOST = 20  # of one kind; a crafted archive has a hundred thousand
_LONGEST = 600
A = TypeVar("A", bound=Artifact)


def of_kind(facts: Facts, kind: type[A]) -> tuple[A, ...]:
    """Return the built files of a kind."""
    return tuple(item for item in facts.artifacts or () if isinstance(item, kind))


def answers(
    facts: Facts, bad: Iterable[Verdict], looked_at: int, ok: str, what: str = "file"
) -> Answers:
    """Yield every bad thing that was found, else one sentence about what was looked at."""
    if facts.artifacts is None:
        yield skipped(NOTHING_BUILT)
        return
    if not looked_at:
        yield skipped(f"there is no {what} to look at")
        return
    found = list(bad)
    yield from found[:_MOST]
    if len(found) > _MOST:
        worst = failed if any(item.status is Status.FAIL for item in found) else warned
        yield worst(f"and {len(found) - _MOST} more of the same kind")
    if not found:
        noun, space, rest = what.partition(" ")
        yield passed(f"{looked_at} {noun}{'s' if looked_at > 1 else ''}{space}{rest}: {ok}")


def flawed(facts: Facts, *troubles: Trouble, ok: str) -> Answers:
    """Answer with what was noticed while the files were read."""
    files = facts.artifacts or ()
    return answers(facts, _flaws(files, troubles), len(files), ok)


def _flaws(files: Iterable[Artifact], troubles: tuple[Trouble, ...]) -> Iterator[Verdict]:
    for item in files:
        for flaw in item.troubles(*troubles):
            text = f"{flaw.member}: {flaw.message}" if flaw.member else flaw.message
            yield _ANSWERS.get(flaw.trouble, refused)(item, text)


def refusals_in(facts: Facts, *fields: str, ok: str) -> Answers:
    """Answer with what PyPI refuses of some fields of the metadata."""
    files = [item for item in of_kind(facts, Distribution) if item.metadata is not None]
    bad = (
        refused(item, f"{refusal.field}: {refusal.message}")
        for item in files
        for refusal in item.refusals
        if refusal.field in fields and not refusal.of_format
    )
    return answers(facts, bad, len(files), ok, "file with readable metadata")


def refused(item: Artifact, text: str, fix: str | None = None) -> Verdict:
    """Return the verdict on a file that PyPI or its clients do not take."""
    return failed(_because(item, text), Place(shown(item.file)), fix)


def doubtful(item: Artifact, text: str, fix: str | None = None) -> Verdict:
    """Return the verdict on a file that is taken and should not be as it is."""
    return warned(_because(item, text), Place(shown(item.file)), fix)


def unknown_of(item: Artifact, text: str) -> Verdict:
    """Return the verdict on something in a file that was not looked at."""
    return unknown(_because(item, text), Place(shown(item.file)))


# A flaw is refused unless it is one of these.
_ANSWERS = {
    Trouble.UNREAD: unknown_of,
    Trouble.ODD_PATH: doubtful,
    Trouble.TRAILER: doubtful,
}


def _because(item: Artifact, text: str) -> str:
    said = shown(text)
    if len(said) > _LONGEST:
        said = f"{said[:_LONGEST]} ..."
    return said if item.file in text else f"{shown(item.file)}: {said}"


def shown(text: str) -> str:
    """Return a text that does nothing to a terminal."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def some(names: Iterable[str], most: int = 5) -> str:
    """Return the first few of many names as one text."""
    ordered = sorted(names)
    more = f" and {len(ordered) - most} more" if len(ordered) > most else ""
    return ", ".join(ordered[:most]) + more
