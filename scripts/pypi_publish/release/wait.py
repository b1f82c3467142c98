"""Waits for an index to show a release: asks less and less often, and stops at the deadline."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from pypi_publish.index.client import IndexClient
from pypi_publish.release.completeness import is_hopeless, missing
from pypi_publish.release.model import Facts, Plane
from pypi_publish.release.planes import (
    Standing,
    installers_plane,
    is_quarantined,
    is_removed,
    is_unauthorised,
    is_without_metadata,
    standing,
)
from pypi_publish.release.read import ask_round

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_OPEN = (Standing.STALE, Standing.ABSENT, Standing.UNANSWERED)
Tell = Callable[[str], None]


def read_release(client: IndexClient, facts: Facts, *, timeout: float, tell: Tell) -> Facts:
    """Return what the planes show, at the latest when the time to wait is over."""
    began = time.monotonic()
    wait = facts.wanted.wait
    deadline = began + wait
    first = min(6 * timeout, max(3 * timeout, wait)) if wait else 6 * timeout
    facts, due_at = _round(client, facts, {}, first, whole=True)
    pause, waited = _FIRST_PAUSE, 0.0
    while (planes := awaited(facts)) and (left := deadline - time.monotonic()) > 0:
        soonest = min(due_at[plane] for plane in planes) - time.monotonic()
        nap = min(left, max(pause, soonest))
        tell(_progress(planes, facts, time.monotonic() - began, nap))
        time.sleep(nap)
        last = nap == left
        seconds = max(timeout, deadline - time.monotonic())
        facts, due_at = _round(client, facts, due_at, seconds, whole=last)
        pause, waited = min(2 * pause, _LONGEST_PAUSE), time.monotonic() - began
    return replace(facts, waited=waited)


def awaited(facts: Facts) -> tuple[Plane, ...]:
    """Return the planes in which time may still mend something."""
    in_vain = (is_quarantined, is_hopeless, is_removed, is_unauthorised)
    if any(of(facts) for of in in_vain):
        return ()
    planes = tuple(plane for plane in Plane if _is_open(facts, plane))
    if planes:
        return planes
    if missing(facts):
        return (installers_plane(facts),)
    return (Plane.FILE_HOST,) if is_without_metadata(facts) else ()


def _is_open(facts: Facts, plane: Plane) -> bool:
    shown = facts.planes.get(plane)
    return standing(facts, plane) in _OPEN or (shown is not None and shown.vanished)


def _round(
    client: IndexClient,
    facts: Facts,
    due_at: Mapping[Plane, float],
    seconds: float,
    *,
    whole: bool,
) -> tuple[Facts, Mapping[Plane, float]]:
    """Ask what is due; an absence that a cache repeats is not asked about before it ends."""
    now = time.monotonic()
    due = {plane for plane in Plane if whole or due_at.get(plane, 0.0) <= now}
    facts = ask_round(client, facts, due, seconds)
    after = time.monotonic()
    asked = {plane: after + shown.cached_for for plane, shown in facts.planes.items()}
    kept = {plane: at for plane, at in due_at.items() if plane not in due}
    return facts, {**dict.fromkeys(Plane, after), **asked, **kept}


def _progress(planes: tuple[Plane, ...], facts: Facts, waited: float, nap: float) -> str:
    named = ", ".join(f"{plane} ({standing(facts, plane)})" for plane in planes)
    return f"waited {waited:.0f} of {facts.wanted.wait:.0f} s for {named}; again in {nap:.0f} s"
