"""Asks the planes of an index for one release; in one round no address is asked twice."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

from pypi_publish.errors import Unanswered
from pypi_publish.index.client import IndexClient
from pypi_publish.index.model import Marker
from pypi_publish.release.file_host import open_addresses
from pypi_publish.release.model import AT_ONCE, Facts, Plane, Served, Shown, State
from pypi_publish.release.pages import ask_json, ask_simple, of_page, silent, without_optional
from pypi_publish.release.planes import SIMPLE, chosen_version, file_host
from pypi_publish.web import all_at_once

_Ask = Callable[[], Shown | Served]


def ask_round(client: IndexClient, facts: Facts, due: Collection[Plane], seconds: float) -> Facts:
    """Return the facts as they are now, in the planes that are due."""
    until = time.monotonic() + seconds

    def left() -> float:
        # One slow plane must not make those that are asked after it look silent.
        return max(seconds / 3, until - time.monotonic())

    client.new_round()
    if Plane.SIMPLE_JSON in due:
        facts = _merged(facts, _asked(client, facts, [Plane.SIMPLE_JSON], {}, left()))
    facts = facts if facts.version else _with_version(facts)
    others = [plane for plane in Plane if plane in due and _is_open(facts, plane)]
    files = open_addresses(client, facts) if Plane.FILE_HOST in due else {}
    facts = _merged(facts, _asked(client, facts, others, files, left()))
    if Plane.FILE_HOST in due:
        # Files that the Simple index did not show, another plane may have shown meanwhile.
        more = open_addresses(client, facts)
        rest = {url: ask for url, ask in more.items() if url not in files}
        facts = _merged(facts, _asked(client, facts, [], rest, left()))
    facts = without_optional(facts)
    return replace(facts, planes={**facts.planes, Plane.FILE_HOST: file_host(facts)})


def _asked(
    client: IndexClient,
    facts: Facts,
    planes: list[Plane],
    files: Mapping[str, Callable[[], Served]],
    seconds: float,
) -> tuple[list[Shown], dict[str, Served]]:
    """Ask for pages and files at once; what takes too long has not answered."""
    asks: list[_Ask] = [partial(_page(plane), client, facts, plane) for plane in planes]
    asks += files.values()
    told = all_at_once(lambda ask: ask(), asks, seconds=seconds, at_once=AT_ONCE)
    late = Unanswered("unanswered", f"no answer in {seconds:.0f} s", "")
    shown = [
        answer if isinstance(answer, Shown) else silent(plane, late)
        for plane, answer in zip(planes, told, strict=False)
    ]
    if planes == [Plane.SIMPLE_JSON] and shown[0].plane is not Plane.SIMPLE_JSON:
        html = "the index answers in HTML alone"
        shown.append(Shown(Plane.SIMPLE_JSON, State.UNSUPPORTED, because=html, found=True))
    served = {
        url: answer if isinstance(answer, Served) else Served(because=late.message)
        for url, answer in zip(files, told[len(planes) :], strict=True)
    }
    return shown, served


def _page(plane: Plane) -> Callable[[IndexClient, Facts, Plane], Shown]:
    return ask_simple if plane in SIMPLE else ask_json


def _is_open(facts: Facts, plane: Plane) -> bool:
    """Whether a plane is to be asked after the first question, that for the JSON form."""
    known = facts.planes.get(plane)
    if plane in (Plane.SIMPLE_JSON, Plane.FILE_HOST) or (plane in SIMPLE and _in_html(facts)):
        return False
    if plane is Plane.VERSION_JSON and not facts.version:
        return False
    return known is None or known.state is not State.UNSUPPORTED


def _in_html(facts: Facts) -> bool:
    """Whether the first question was answered in HTML, and so for both forms."""
    known = facts.planes.get(Plane.SIMPLE_JSON)
    return known is not None and known.state is State.UNSUPPORTED and known.found


def _merged(facts: Facts, told: tuple[Iterable[Shown], Mapping[str, Served]]) -> Facts:
    shown, served = told
    planes = dict(facts.planes)
    for answer in shown:
        planes[answer.plane] = _since(planes.get(answer.plane), answer)
    return replace(facts, planes=planes, served={**facts.served, **served})


def _since(before: Shown | None, now: Shown) -> Shown:
    """Return an answer, and whether it takes back what was shown a round before."""
    was_there = before is not None and (before.state is State.PRESENT or before.vanished)
    hidden = now.page is not None and now.page.marker is Marker.QUARANTINED
    vanished = was_there and now.state is State.ABSENT and not hidden
    return replace(now, vanished=True, because="it was there before") if vanished else now


def _with_version(facts: Facts) -> Facts:
    """Take the version that installers choose, where none was named."""
    newest = chosen_version(facts)
    if newest is None:
        return facts
    facts = replace(facts, version=str(newest), version_source=f"newest on {facts.index.shown}")
    shown = (of_page(one.plane, one.page, facts) for one in facts.planes.values() if one.page)
    return replace(facts, planes={**facts.planes, **{one.plane: one for one in shown}})
