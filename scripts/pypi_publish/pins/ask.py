"""Asks the servers about every repository that is pinned: each once, many at the same time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from pypi_publish.errors import Misused, Problem, Unanswered
from pypi_publish.pins.github_api import Api, Refused, Unasked, advisories, repository
from pypi_publish.pins.history import read_history
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.policy import Strictness
from pypi_publish.pins.reference import Action
from pypi_publish.pins.remote import Refs, Remote
from pypi_publish.pins.smart_http import list_refs
from pypi_publish.pins.versions import Version
from pypi_publish.web import Web, all_at_once

GITHUB = "https://github.com"
# No honest run takes so long. Each request has its own, much shorter bound; what this one is for
# is a server that sends the head of its answer letter by letter.
_LONGEST = 900.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be known about one repository: all that refers to it."""

    pins: Sequence[Pin]

    @property
    def slug(self) -> str:
        """The repository as it is first spelled: not every git server ignores case."""
        return self.pins[0].slug

    @property
    def commits(self) -> frozenset[str]:
        return frozenset(pin.commit for pin in self.pins if pin.commit)

    def versions(self, refs: Refs) -> set[Version]:
        """Return the versions that are run, by the server's tags or else by what is claimed."""
        known = [replace(pin, remote=Remote(refs)) for pin in self.pins]
        return {version for pin in known if (version := pin.true_version or pin.version)}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the servers said, by repository."""

    remotes: Mapping[str, Remote] = field(default_factory=dict)
    api_unasked: str | None = None  # why the API was not asked at all
    api_silence: str | None = None  # why a part of its answer is missing

    def about(self, pin: Pin) -> Remote | None:
        return self.remotes.get(_key(pin)) if _is_asked(pin) else None


def server_of(environment: Mapping[str, str]) -> str:
    """Return the address of the git server: GITHUB_SERVER_URL, as on a runner, or GitHub."""
    server = environment.get("GITHUB_SERVER_URL", "").rstrip("/") or GITHUB
    try:
        parts = urlsplit(server)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        secret = "@" in parts.netloc
    except ValueError:
        usable, secret = False, "@" in server
    if secret or not usable:
        shown = "holds a password" if secret else f"is {server!r}"
        raise Misused("usage", f"GITHUB_SERVER_URL {shown}", "Set it to an https address alone.")
    return server


def questions_of(pins: Iterable[Pin]) -> list[Question]:
    """Return one question for each repository that the policy wants judged."""
    asked: dict[str, list[Pin]] = {}
    for pin in pins:
        if _is_asked(pin):
            asked.setdefault(_key(pin), []).append(pin)
    return [Question(some) for some in asked.values()]


def ask(
    questions: Sequence[Question],
    *,
    server: str,
    api: Api | Unasked,
    ages: bool,
    timeout: float,
    longest: float = _LONGEST,
) -> Answers:
    """Ask all questions; a server that does not answer leaves its part open."""
    with Web(timeout) as web:
        asker = _Asker(web, server, api, ages, timeout)
        answered = all_at_once(asker.about, questions, seconds=longest)
    remotes = {
        _key(question.pins[0]): Remote(None, silence=f"no answer within {longest:.0f} s")
        if isinstance(remote, TimeoutError)
        else remote
        for question, remote in zip(questions, answered, strict=True)
    }
    unasked = api.because if isinstance(api, Unasked) else None
    return Answers(remotes, unasked, next(iter(asker.silences), None))


class _Asker:
    """Asks about one repository after the other."""

    def __init__(
        self, web: Web, server: str, api: Api | Unasked, ages: bool, timeout: float
    ) -> None:
        self._web = web
        self._server = server
        self._api = api
        self._ages = ages
        self._timeout = timeout
        self._refused = False  # the API has refused one question, and would refuse the others
        self.silences: list[str] = []  # of the API

    def about(self, question: Question) -> Remote:
        url = f"{self._server}/{question.slug}.git"
        try:
            refs = list_refs(self._web, url)
        except Unanswered as silence:
            return Remote(None, silence=silence.message)
        remote = self._with_history(Remote(refs), refs, url, question.commits)
        if isinstance(self._api, Unasked) or self._refused:
            return remote
        return self._with_api(remote, refs, self._api, question)

    def _with_history(
        self, remote: Remote, refs: Refs, url: str, commits: frozenset[str]
    ) -> Remote:
        """Add what takes the history, which is fetched only where the tips do not tell."""
        placed = (commit in refs.tag_objects or refs.is_tip(commit) for commit in commits)
        astray = {commit for commit, known in zip(commits, placed, strict=True) if not known}
        if not astray and not self._ages:
            return remote
        try:
            history = read_history(url, astray, self._timeout)
        except (Problem, OSError) as problem:  # also: no room for a scratch folder
            return replace(remote, unplaced=frozenset(astray), no_history=str(problem))
        return replace(remote, stray=history.stray, ages=history.ages)

    def _with_api(self, remote: Remote, refs: Refs, api: Api, question: Question) -> Remote:
        try:
            archived, name = repository(self._web, api, question.slug)
            found = advisories(self._web, api, name, question.versions(refs))
        except Unanswered as silence:
            self._refused = self._refused or isinstance(silence, Refused)
            self.silences.append(f"{question.slug}: {silence.message}")
            return remote
        return replace(remote, archived=archived, advisories=found)


def _is_asked(pin: Pin) -> bool:
    return isinstance(pin.reference, Action) and pin.strictness is not Strictness.ANY


def _key(pin: Pin) -> str:
    return pin.slug.lower()
