"""The one client of package indexes: each plane of an index is asked once, and told apart."""

import os
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import BinaryIO
from urllib.parse import urlsplit

from pypi_publish.core_metadata.names import is_valid, normalized
from pypi_publish.errors import Unanswered
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.credentials import Credentials, find_credentials, of_keyring
from pypi_publish.index.json_api import read_release
from pypi_publish.index.look_alikes import look_alikes
from pypi_publish.index.model import File, IndexAnswers, LookAlikes, Marker, Page
from pypi_publish.index.simple import ACCEPT, ACCEPT_HTML, read_page, strange
from pypi_publish.web import Answer, Web, all_at_once

_LOOK_ALIKES_TAKE = 30.0  # seconds, all together
_JSON = "application/json"
_SERIAL = "x-pypi-last-serial"
ABSENT = (404, 410)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The index knows no such name and sent the question to another host."""

    host: str


class IndexClient:
    """Asks one index; what did not change since the last question is not sent again."""

    def __init__(self, address: IndexAddress, web: Web, environment: Mapping[str, str]) -> None:
        self.address = address
        self._web = web
        self._environment = environment
        self._asked_keyring = False
        self._keyring = Lock()
        self._credentials = self._found()
        self._remembered: dict[tuple[str, str], Answer] = {}

    def page(self, name: str, accept: str = ACCEPT) -> Page | Forwarded | None:
        """Return what the Simple index says of a project; None where it is not registered."""
        url = self.address.project(name)
        answer = self.ask(url, accept)
        if answer.status == 406 and accept == ACCEPT:
            answer = self.ask(url, ACCEPT_HTML)
        return self.page_in(answer, name)

    def page_in(self, answer: Answer, name: str) -> Page | Forwarded | None:
        """Return what an answer of the Simple index says of a project."""
        url = self.address.project(name)
        if not same_host(answer.url, url):
            return Forwarded(_host(answer.url))
        if answer.status in ABSENT:
            return None
        self.expect(answer, url)
        kind = answer.headers.get("content-type", "")
        page = read_page(answer.body, kind, answer.url, name)
        return replace(page, is_warehouse=page.is_warehouse or _SERIAL in answer.headers)

    def release(self, name: str, version: str) -> tuple[File, ...] | None:
        """Return the files in the JSON of a release; None where there is no such release."""
        url = self.address.json(name, version)
        answer = self.ask(url, _JSON)
        if answer.status in ABSENT or not same_host(answer.url, url):
            return None
        self.expect(answer, url)
        return read_release(answer.body, answer.url)

    def ask(self, url: str, accept: str, *, once: bool = False) -> Answer:
        """Return the answer of the index, be it the one that it gave before and still holds."""
        before = self._credentials
        answer = self._conditional(url, accept, once=once)
        if answer.status == 401 and self._ask_keyring(before):
            answer = self._conditional(url, accept, once=once)
        if answer.status == 304:
            raise strange(url, "it says that nothing changed, though it never said anything")
        return answer

    def _conditional(self, url: str, accept: str, *, once: bool) -> Answer:
        known = self._remembered.get((url, accept))
        # What a cache on the way still holds may be ten minutes old.
        headers = {"Accept": accept, "Cache-Control": "no-cache"}
        headers |= {**self._identity(), **_condition(known)}
        answer = self._web.get_once(url, headers) if once else self._web.get(url, headers)
        if answer.status == 304 and known is not None:
            return known
        if answer.status == 200 and {"etag", "last-modified"} & set(answer.headers):
            self._remembered[url, accept] = answer
        return answer

    def _identity(self) -> dict[str, str]:
        return {"Authorization": self._credentials.header} if self._credentials else {}

    def _found(self) -> Credentials | None:
        if self.address.is_pypi:
            return None  # what PyPI tells it tells everybody
        given = self.address.credentials
        if given is not None and given.password:
            return given
        return find_credentials(self.address.simple, self._environment) or given

    def beginning(self, url: str, most: int) -> Answer:
        """Return the first bytes of a file; who asks is told to the index's own host alone."""
        own = same_host(url, self.address.simple)
        return self._web.beginning(url, most, self._identity() if own else None)

    def save(self, url: str, into: BinaryIO, most: int) -> Answer:
        """Download a file; who asks is told to the index's own host alone."""
        own = same_host(url, self.address.simple)
        return self._web.save(url, into, most, self._identity() if own else None)

    @property
    def credentials(self) -> Credentials | None:
        """Who asks; an installer that is to read the same index needs it, too."""
        return self._credentials

    def forget(self, url: str) -> None:
        """Ask for the whole answer the next time: what was remembered proved to be no answer."""
        for key in [key for key in self._remembered if key[0] == url]:
            self._remembered.pop(key, None)

    def new_round(self) -> None:
        """Ask servers again that kept silent."""
        self._web.start_over()

    def _ask_keyring(self, before: Credentials | None) -> bool:
        """Look into the keyring, once and only for an index that asks who is there."""
        given = self.address.credentials
        if self.address.is_pypi:
            return False
        with self._keyring:
            if not self._asked_keyring:
                self._asked_keyring = True
                found = of_keyring(self.address.simple, given.username if given else None)
                self._credentials = found or self._credentials
        return self._credentials is not before

    def expect(self, answer: Answer, url: str) -> None:
        """Raise Unanswered for an answer that tells nothing."""
        if answer.status in (401, 403):
            hint = (
                "Set PYPI_PUBLISH_INDEX_USERNAME and PYPI_PUBLISH_INDEX_PASSWORD, or keep the"
                " password in .netrc or in the keyring."
            )
            said = "it refuses these credentials" if self._credentials else "it asks who you are"
            raise Unanswered("unauthorised", f"{_host(url)}: {said} (HTTP {answer.status})", hint)
        if answer.status != 200:
            raise strange(url, f"HTTP {answer.status}")


def ask_index(
    address: IndexAddress,
    name: str,
    version: str | None,
    *,
    timeout: float,
    web: Web | None = None,
    environment: Mapping[str, str] | None = None,
) -> IndexAnswers:
    """Return what an index says of a project; raise Unanswered where it says nothing."""
    with nullcontext(web) if web is not None else Web(timeout) as asking:
        client = IndexClient(address, asking, os.environ if environment is None else environment)
        return _answers(client, name, version)


def _answers(client: IndexClient, name: str, version: str | None) -> IndexAnswers:
    address = client.address
    start = IndexAnswers(address.shown, address.site, name, version, asked_at=datetime.now(UTC))
    if not is_valid(name):
        return replace(start, because="no index can be asked for a name like this")
    canonical = normalized(name)
    page = client.page(canonical)
    if isinstance(page, Forwarded):
        return replace(start, registered=False, forwarded_to=page.host)
    if page is None:
        asked = _asked_look_alikes(client, name) if address.is_pypi else None
        return replace(start, registered=False, look_alikes=asked)
    answers = replace(start, registered=True, page=page)
    return _with_release(client, answers, canonical)


def _with_release(client: IndexClient, answers: IndexAnswers, name: str) -> IndexAnswers:
    """Add what the Simple page leaves open: times in its HTML form, releases without files."""
    there = answers.of_this_version
    untimed = any(file.upload_time is None for file in there)
    hidden = answers.page.marker is Marker.QUARANTINED
    if answers.version is None or hidden or (there and not untimed):
        return answers
    try:
        told = client.release(name, answers.version)
    except Unanswered as silence:
        return replace(answers, silences={"version JSON": silence.message})
    if told is None:
        absent = None if there or not answers.is_pypi else False
        return replace(answers, release_without_files=absent)
    if not there:
        return replace(answers, release_without_files=not told)
    return replace(answers, page=_with_times(answers.page, told))


def _with_times(page: Page, told: Iterable[File]) -> Page:
    """Complete the files of an HTML page with what the JSON of their release says."""
    by_name = {file.filename: file for file in told}
    files = [_completed(file, by_name.get(file.filename)) for file in page.files]
    return replace(page, files=tuple(files))


def _completed(file: File, told: File | None) -> File:
    if told is None:
        return file
    return replace(
        file,
        upload_time=file.upload_time or told.upload_time,
        size=file.size if file.size is not None else told.size,
        sha256=file.sha256 or told.sha256,
    )


def _asked_look_alikes(client: IndexClient, name: str) -> LookAlikes:
    """Ask for the likeliest names that the index would take for this one."""
    candidates = look_alikes(name)

    def is_registered(candidate: str) -> bool | Unanswered:
        try:
            return isinstance(client.page(candidate), Page)
        except Unanswered as silence:
            return silence

    answered = all_at_once(is_registered, candidates, seconds=_LOOK_ALIKES_TAKE)
    told = list(zip(candidates, answered, strict=True))
    silences = [said for said in answered if not isinstance(said, bool)]
    return LookAlikes(
        asked=tuple(one for one, said in told if isinstance(said, bool)),
        registered=tuple(one for one, said in told if said is True),
        silence=str(silences[0]) or "the index took too long" if silences else None,
    )


def _condition(known: Answer | None) -> dict[str, str]:
    if known is None:
        return {}
    if "etag" in known.headers:
        return {"If-None-Match": known.headers["etag"]}
    return {"If-Modified-Since": known.headers["last-modified"]}


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one origin; what is no address is of none."""
    try:
        return _origin(one) == _origin(other)
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or default


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
