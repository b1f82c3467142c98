"""What a log tells beside its messages: who uploaded what where, and how it ended."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from pypi_publish.failures.clean import Line
from pypi_publish.failures.match import Found, Hit, order_of
from pypi_publish.failures.reading import Reading
from pypi_publish.failures.signals import CLIENTS, OTHERS

_PUBLISHING = re.compile(r"publish|pypi|\brelease|\bupload|twine|\bdeploy", re.IGNORECASE)
_INDEXES = {
    "pypi.org": "pypi",
    "upload.pypi.org": "pypi",
    "upload.pypi.io": "pypi",
    "pypi.python.org": "pypi",
    "upload.pypi.python.org": "pypi",
    "test.pypi.org": "testpypi",
    "testpypi.python.org": "testpypi",
}
_NAMES = ("pypi", "testpypi")
_FEW = 2  # lines
_PROGRESS = re.compile(r"(?:^|\s)(\d{1,3})%(?=\s|\||$)")
_OLD_BAR_FULL = re.compile(r"\[=+\] (\d+)/\1 - ")  # of a twine that says no more than this
_LOCAL = ("localhost", "127.0.0.1", "[::1]", "::1")
# What a release job calls beside the index.
_NO_INDEX = re.compile(
    r"//[^/]*(?:github\.com|githubusercontent\.com|codecov\.io|slack\.com|discord\.com|sigstore\.dev"
    r"|npmjs\.org|docker\.io|readthedocs\.org|anaconda\.org)[:/]|/pypi/[^/\s]+/(?:[^/\s]+/)?json\b"
)
_NO_INDEX_NAMED = re.compile(r"GitHub [Rr]elease|[Cc]odecov|[Ss]lack|[Dd]iscord|[Dd]ocker|npm ")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status that an index answered an upload with."""

    status: int
    reason: str
    url: str
    line: Line

    @property
    def place(self) -> tuple[str, int]:
        return self.line.file, self.line.number

    @property
    def is_final(self) -> bool:
        """Whether the same request would be refused again."""
        return self.status < 500 and self.status != 429


@dataclass(frozen=True, slots=True)
class Uploads:
    """Which files went up, and which did not."""

    done: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    not_tried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """The course of events."""

    reading: Reading

    @property
    def _found(self) -> Found:
        return self.reading.found

    def _said(self, *names: str) -> list[Hit]:
        return [hit for hit in self._found.of(*names) if not hit.quoted]

    @cached_property
    def clients(self) -> tuple[str, ...]:
        """The clients that were at work, the first one first."""
        first = {name: self._said(f"~client {name}") for name in CLIENTS}
        named = [(hits[0], name) for name, hits in first.items() if hits]
        return tuple(name for _, name in sorted(named, key=lambda pair: order_of(pair[0])))

    @cached_property
    def publishing(self) -> list[Hit]:
        """The places that show an upload under way."""
        clients = [f"~client {name}" for name in CLIENTS]
        return self._said(*clients, "~index", "~uploading", "~published", "~refused-token")

    @cached_property
    def publishes(self) -> bool:
        return bool(self.publishing)

    @property
    def is_a_quotation(self) -> bool:
        """Whether it is no log but a message by itself, which somebody asks about."""
        return self.reading.lines <= _FEW

    @property
    def is_short(self) -> bool:
        return self.reading.lines <= 3 * _FEW

    @cached_property
    def index(self) -> str | None:
        """ "pypi", "testpypi", or the address of another one."""
        urls = [hit.varying[0] for hit in self._said("~index")]
        urls += [refusal.url for refusal in self.refusals]
        named = (_index_named(hit.varying[0]) for hit in self._said("~repository"))
        return next((index for index in (*map(index_of, urls), *named) if index), None)

    @cached_property
    def refusals(self) -> list[Refusal]:
        found = []
        for hit in self._said("~status"):
            groups = {"status": "", "reason": "", "url": ""}
            for value in hit.varying:
                if re.fullmatch(r"[2-5]\d\d", value):
                    groups["status"] = value
                elif "://" in value or value.startswith(("/", "*")):
                    groups["url"] = value.rstrip(":")
                elif value and value != "|":
                    groups["reason"] = value
            if groups["status"] >= "400" and self._is_of_an_index(hit.line.text, groups["url"]):
                found.append(
                    Refusal(int(groups["status"]), groups["reason"], groups["url"], hit.line)
                )
        return found

    def _is_of_an_index(self, text: str, url: str) -> bool:
        """Whether a refusal can be that of an upload."""
        if text.startswith("curl: ("):
            return "curl" in self.clients
        return not (self.is_elsewhere(url) if url else _NO_INDEX_NAMED.search(text))

    def is_elsewhere(self, url: str) -> bool:
        """Whether an address is none of an index that this log uploads to."""
        if _NO_INDEX.search(url):
            return True
        host = _host(url)
        known = {_host(hit.varying[0]) for hit in self._said("~index")} - {""}
        return bool(host and known) and "*" not in host and host not in known | {*_INDEXES}

    @cached_property
    def published(self) -> list[Hit]:
        return self._said("~published")

    def is_after_the_upload(self, hit: Hit) -> bool:
        """Whether the client had shown the page of the release before, and nothing was sent after it.

        Other jobs run at the same time, so that only the order in the same one tells.
        """
        told = [
            order_of(page)
            for page in self.published
            if "/project/" in page.text and page.line.job == hit.line.job
        ]
        if not told or order_of(hit) < told[-1]:
            return False
        return not any(order_of(place) > told[-1] for place in self.publishing)

    @cached_property
    def steps(self) -> list[Hit]:
        """The commands of a workflow, as the runner names them."""
        return self._found.of("~step")

    @cached_property
    def cancelled(self) -> list[Hit]:
        return [hit for hit in self._said("~interrupted") if "cancel" in hit.line.text]

    @cached_property
    def unfinished(self) -> Hit | None:
        """The upload that the log breaks off in."""
        begun = self._found.of("~uploading")
        if not begun or self.ended_well or self.ended_badly:
            return None
        last = begun[-1]
        if any(order_of(hit) >= order_of(last) for hit in self.published):
            return None
        return last if self._breaks_off(last, len({hit.varying[0] for hit in begun})) else None

    def _breaks_off(self, last: Hit, begun: int) -> bool:
        """Whether what this client prints at the end is missing."""
        announced = [int(hit.varying[0]) for hit in self._found.of("~announced")]
        if announced and begun + len(self.skipped) < announced[-1]:
            return True
        end = next((line for line in reversed(self.reading.tail) if line.text.strip()), None)
        if end is not None and _OLD_BAR_FULL.search(end.text):
            return False
        if end is not None and int((_PROGRESS.findall(end.text) or [100])[-1]) < 100:
            return True
        ends_with_address = {"twine", "gh-action-pypi-publish"} & {*self.clients}
        return (
            bool(ends_with_address) and self.index in _NAMES and last.varying[0] not in self.skipped
        )

    @cached_property
    def ended_badly(self) -> list[Hit]:
        return self._said("~ended-badly")

    @cached_property
    def ended_well(self) -> list[Hit]:
        return self._said("~ended-well")

    @cached_property
    def errors(self) -> list[Hit]:
        """Lines that say of themselves that they are errors."""
        hits = {(hit.line.file, hit.number): hit for hit in self._found.of("~error")}
        return sorted(hits.values(), key=order_of)

    @cached_property
    def others(self) -> list[tuple[str, Hit]]:
        """Failures of other tools, the first one first."""
        hits = [(name, hit) for name in OTHERS for hit in self._found.of(f"~other {name}")[:1]]
        return sorted(hits, key=lambda pair: order_of(pair[1]))

    @cached_property
    def failed(self) -> bool:
        """Whether anything at all went wrong."""
        if self.ended_well and not self.ended_badly:
            return False
        return bool(self.ended_badly or self.errors or self.others or self._found.of("~traceback"))

    @cached_property
    def files(self) -> tuple[str, ...]:
        names = [hit.varying[0] for hit in self._found.of("~uploading", "~listed", "~result")]
        names += self.skipped
        return tuple(dict.fromkeys(name for name in names if name))

    @cached_property
    def skipped(self) -> tuple[str, ...]:
        names = (next(filter(None, hit.varying), "") for hit in self._found.of("~skipped"))
        return tuple(dict.fromkeys(names))

    def uploads_after(self, hit: Hit) -> bool:
        """Whether the sending of a file was begun, or answered, after a message."""
        places = [order_of(other) for other in self._found.of("~uploading")]
        places += [refusal.place for refusal in self.refusals]
        return any(place > order_of(hit) for place in places)

    def uploads(self, cause: Hit | None) -> Uploads:
        """Tell the files that went up before `cause` from those that did not."""
        begun = self._found.of("~uploading")
        names = list(dict.fromkeys(hit.varying[0] for hit in begun))
        results = {hit.varying[0]: hit.varying[1] for hit in self._found.of("~result")}
        failed = [name for name, result in results.items() if result.lower() in ("failed", "")]
        done = [name for name, result in results.items() if result == "success"]
        if cause is not None and begun and not failed:
            before = [hit.varying[0] for hit in begun if order_of(hit) <= order_of(cause)]
            failed = before[-1:]
        if failed or cause is None:
            done += [name for name in names if name not in failed and name not in done]
        listed = [hit.varying[0] for hit in self._found.of("~listed")]
        tried = {*done, *failed, *self.skipped}
        left = [name for name in dict.fromkeys(listed) if name not in tried]
        if failed:
            after = {hit.varying[0] for hit in begun if cause and order_of(hit) > order_of(cause)}
            done = [name for name in done if name not in after]
        return Uploads(tuple(done), tuple(failed), self.skipped, tuple(left) if begun else ())

    def speaks_of_publishing(self, line: Line) -> bool:
        """Whether a line belongs to a job or step that publishes."""
        return bool(_PUBLISHING.search(f"{line.job} {line.step}"))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _index_named(name: str) -> str:
    """Name the index behind what a project calls it."""
    plain = re.sub(r"[-_.]", "", name).lower()
    return plain if plain in _NAMES else f"The repository `{name}`"


def index_of(url: str) -> str | None:
    """Name the index behind an address."""
    host = _host(url)
    if not host or "*" in host:
        return None
    if host in _LOCAL:
        return "pypi" if "/legacy" in url else url
    return _INDEXES.get(host, f"https://{host}")


def is_private(index: str | None) -> bool:
    return index is not None and index not in _NAMES


def telling(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines that a person would look at first."""
    for line in lines:
        if line.mark == "error" or re.search(
            r"[Ee]rror|ERR|[Ff]ail|FAIL|fatal|denied|refused|not found|Exception|[45]\d\d ",
            line.text,
        ):
            yield line
