"""Asks the planes of an index that are pages: two forms of the Simple index, and PyPI's JSON."""

import re
from dataclasses import replace

from pypi_publish.errors import Unanswered
from pypi_publish.index.client import ABSENT, Forwarded, IndexClient, same_host
from pypi_publish.index.json_api import release_in_project_json, release_in_version_json
from pypi_publish.index.model import Marker, Page, parsed
from pypi_publish.index.simple import ACCEPT, ACCEPT_HTML, strange
from pypi_publish.release.model import Facts, Plane, Shown, State
from pypi_publish.release.planes import SIMPLE, chosen_version, is_pypi, of_release
from pypi_publish.web import Answer

_JSON = "application/json"
# PyPI's network keeps an answer without instructions, as that for what is not there, so long.
_ABSENCE_IS_CACHED = 60.0
_LIFETIME = re.compile(r"\b(s-maxage|max-age)\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def ask_simple(client: IndexClient, facts: Facts, plane: Plane) -> Shown:
    """Return what one form of the Simple index shows; an index need not have both."""
    url = client.address.project(facts.normalized_name)
    try:
        answer = client.ask(url, ACCEPT_HTML if plane is Plane.SIMPLE_HTML else ACCEPT)
        if answer.status == 406 and not client.address.is_pypi:
            return Shown(plane, State.UNSUPPORTED, because="the index has no such form")
        page = client.page_in(answer, facts.normalized_name)
    except Unanswered as silence:
        client.forget(url)
        return silent(plane, silence)
    if isinstance(page, Page):
        return replace(of_page(plane, page, facts), serial=_serial(answer))
    why = f"{facts.index.shown} has no project {facts.name}"
    if isinstance(page, Forwarded):
        if client.address.is_pypi:
            return silent(plane, strange(url, f"it sends the question on to {page.host}"))
        why += f" and sends the question on to {page.host}"
    return _absent(plane, why, answer, client)


def of_page(plane: Plane, page: Page, facts: Facts) -> Shown:
    """Return what a page shows of the release."""
    if page.form == "json" and plane is Plane.SIMPLE_HTML:
        return Shown(plane, State.UNSUPPORTED, because="the index answers in JSON alone")
    if page.form == "html" and facts.index.is_pypi and plane is Plane.SIMPLE_JSON:
        return Shown(plane, State.UNANSWERED, because="it answers in HTML, not in JSON")
    plane = Plane.SIMPLE_HTML if page.form == "html" else plane
    files = of_release(page.files, facts.version)
    if files:
        return Shown(plane, State.PRESENT, files, page=page)
    shown = Shown(plane, State.ABSENT, page=page)
    why = _without_release(replace(facts, planes={plane: shown}))
    # What is no wheel and no sdist, an egg maybe, does not tell which release it is of.
    listed = _spelling(page, facts.version) is not None
    emptied = listed and all(file.version is not None for file in page.files)
    return replace(shown, because=why, emptied=emptied)


def _spelling(page: Page, version: str) -> str | None:
    """Return the version as the index spells it."""
    told = (*page.listed_versions, *(file.version for file in page.files if file.version))
    wanted = parsed(version)
    return next((one for one in told if wanted is not None and parsed(one) == wanted), None)


def ask_json(client: IndexClient, facts: Facts, plane: Plane) -> Shown:
    """Return what the JSON of the project, or of the release, shows."""
    of_version = plane is Plane.VERSION_JSON
    version = _spelling(facts.page, facts.version) or facts.version
    url = client.address.json(facts.normalized_name, version if of_version else None)
    read = release_in_version_json if of_version else release_in_project_json
    try:
        answer = client.ask(url, _JSON, once=not is_pypi(facts))
        if not same_host(answer.url, url):
            raise strange(url, "it sends the question on to another host")
        if answer.status in ABSENT:
            return _absent(plane, f"HTTP {answer.status}", answer, client)
        client.expect(answer, url)
        told = read(answer.body, answer.url, facts.normalized_name, facts.version)
    except Unanswered as silence:
        client.forget(url)
        return silent(plane, silence)
    if told.known is None:
        return Shown(plane, State.UNSUPPORTED, because="it does not list the releases")
    there = f"it has {facts.version} without a wheel or an sdist"
    why = there if told.known else f"it has no {facts.version}"
    return Shown(
        plane,
        State.PRESENT if told.files else State.ABSENT,
        told.files,
        because="" if told.files else why,
        emptied=told.emptied,
        found=True,
        warehouse=told.warehouse,
        serial=_serial(answer),
    )


def without_optional(facts: Facts) -> Facts:
    """Only PyPI has to have the JSON; elsewhere what answers badly is no such plane."""
    planes = dict(facts.planes)
    # An absence tells something only beside a Simple index that shows no file either.
    simple = {planes[plane].state for plane in SIMPLE if plane in planes}
    telling = not facts.page.files and simple != {State.UNANSWERED}
    for plane in (Plane.PROJECT_JSON, Plane.VERSION_JSON):
        shown = planes.get(plane)
        if shown is None or shown.found or is_pypi(facts):
            continue
        if shown.state is State.UNANSWERED or not telling:
            because = f"the index has no such plane ({shown.because})"
            planes[plane] = Shown(plane, State.UNSUPPORTED, because=because)
    return replace(facts, planes=planes)


def silent(plane: Plane, silence: Unanswered) -> Shown:
    """Return a plane that did not answer."""
    unauthorised = silence.code == "unauthorised"
    return Shown(
        plane,
        State.UNANSWERED,
        because=f"{silence.message}. {silence.hint}" if unauthorised else silence.message,
        unauthorised=unauthorised,
        cached_for=silence.again_in,
    )


def _absent(plane: Plane, why: str, answer: Answer, client: IndexClient) -> Shown:
    return Shown(
        plane,
        State.ABSENT,
        because=why,
        gone=answer.status == 410,
        cached_for=absence_is_cached(answer, usual=client.address.is_pypi),
    )


def _serial(answer: Answer) -> int | None:
    told = answer.headers.get("x-pypi-last-serial", "")
    return int(told) if re.fullmatch(r"\d{1,18}", told, re.ASCII) else None


def absence_is_cached(answer: Answer, *, usual: bool) -> float:
    """Return for how many seconds the answer that something is not there may be repeated."""
    instructions = answer.headers.get("cache-control", "").lower()
    if "no-store" in instructions or "no-cache" in instructions:
        return 0.0
    told = dict(_LIFETIME.findall(instructions))
    lifetime = told.get("s-maxage", told.get("max-age"))
    if lifetime is None:
        return _ABSENCE_IS_CACHED if usual else 0.0
    age = answer.headers.get("age", "")
    return max(0.0, float(lifetime) - (float(age) if re.fullmatch(r"\d{1,9}", age) else 0.0))


def _without_release(facts: Facts) -> str:
    """Say what there is instead."""
    page = facts.page
    if page.marker is Marker.QUARANTINED:
        return f"{facts.name} is quarantined, so none of its files is shown"
    newest = chosen_version(facts)
    if newest is None:
        return f"{facts.index.shown} has {facts.name} without a release that installers choose"
    return f"{facts.index.shown} has {facts.name}, the newest is {newest}"
