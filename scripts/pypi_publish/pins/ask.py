"""Asks the servers about every repository that is pinned: each once, many at the same time."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from pypi_publish.errors import Misused, Problem, Unanswered
from pypi_publish.pins.github_api import Api, advisories, is_archived
from pypi_publish.pins.history import read_history
from pypi_publish.pins.pin import Pin
from pypi_publish.pins.policy import Strictness
from pypi_publish.pins.reference import Action
from pypi_publish.pins.remote import Remote
from pypi_publish.pins.smart_http import list_refs
from pypi_publish.web import Web

GITHUB = "https://github.com"
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be known about one repository."""

    slug: str
    commits: frozenset[str]
    versions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the servers said, by repository."""

    remotes: Mapping[str, Remote] = field(default_factory=dict)
    api_asked: bool = False
    api_silence: str | None = None  # why the API's part of an answer is missing

    def about(self, pin: Pin) -> Remote | None:
        return self.remotes.get(pin.slug.lower()) if isinstance(pin.reference, Action) else None


def server_of(environment: Mapping[str, str]) -> str:
    """Return the address of the git server: GITHUB_SERVER_URL, as on a runner, or GitHub."""
    server = environment.get("GITHUB_SERVER_URL", "").rstrip("/") or GITHUB
    if urlsplit(server).scheme not in ("http", "https"):
        raise Misused("usage", f"GITHUB_SERVER_URL is {server!r}", "Set it to an https address.")
    return server


def questions_of(pins: Iterable[Pin]) -> list[Question]:
    """Return one question for each repository that the policy wants judged."""
    commits: dict[str, set[str]] = {}
    versions: dict[str, set[str]] = {}
    for pin in pins:
        if isinstance(pin.reference, Action) and pin.strictness is not Strictness.ANY:
            slug = pin.slug.lower()
            commits.setdefault(slug, set()).update({pin.commit} if pin.commit else ())
            exact = {pin.version.tag} if pin.version and pin.version.is_exact else ()
            versions.setdefault(slug, set()).update(exact)
    return [Question(slug, frozenset(commits[slug]), frozenset(versions[slug])) for slug in commits]


def ask(
    questions: list[Question], *, server: str, api: Api | None, ages: bool, timeout: float
) -> Answers:
    """Ask all questions; a server that does not answer leaves its part open."""
    with Web(timeout) as web:

        def about(question: Question) -> tuple[Remote, str | None]:
            remote = _of_git(web, f"{server}/{question.slug}.git", question, ages, timeout)
            return _with_api(web, api, question, remote) if api else (remote, None)

        answered = _all_at_once(about, questions)
    remotes = {
        question.slug: remote for question, (remote, _) in zip(questions, answered, strict=True)
    }
    silence = next((silence for _, silence in answered if silence), None)
    return Answers(remotes, api is not None, silence)


def _all_at_once(
    about: Callable[[Question], tuple[Remote, str | None]], questions: list[Question]
) -> list[tuple[Remote, str | None]]:
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        running = [pool.submit(about, question) for question in questions]
        try:
            return [future.result() for future in running]
        except BaseException:  # Ctrl-C: what has not begun need not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _of_git(web: Web, url: str, question: Question, ages: bool, timeout: float) -> Remote:
    try:
        refs = list_refs(web, url)
    except Unanswered as silence:
        return Remote(None, silence=silence.message)
    placed = {*refs.tag_objects, *(c for c in question.commits if refs.is_tip(c))}
    astray = question.commits - placed
    if not astray and not ages:
        return Remote(refs)
    try:
        history = read_history(url, astray, timeout)
    except Problem as problem:
        return Remote(refs, unplaced=astray, unplaced_because=problem.message)
    return Remote(refs, stray=history.stray, ages=history.ages)


def _with_api(web: Web, api: Api, question: Question, remote: Remote) -> tuple[Remote, str | None]:
    try:
        archived = is_archived(web, api, question.slug)
        found = advisories(web, api, question.slug, question.versions)
    except Unanswered as silence:
        return remote, f"{question.slug}: {silence.message}"
    return replace(remote, archived=archived, advisories=found), None
