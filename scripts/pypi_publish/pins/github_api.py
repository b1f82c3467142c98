"""What only GitHub's API knows of an action: whether it is archived, and its advisories."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from pypi_publish.errors import Unanswered
from pypi_publish.pins.versions import Version
from pypi_publish.web import Web

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_OF_ONE_REPOSITORY = {404, 410, 451}
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Api:
    """Where the API is, and the token that goes there and nowhere else."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """Why the API is not asked."""

    because: str


class Refused(Unanswered):
    """The API answers nobody now, or not this token: asking about others is in vain."""


def api_of(environment: Mapping[str, str], server: str) -> Api | Unasked:
    """Return the API that the environment holds a token for, or why it cannot be asked."""
    names = ("GITHUB_TOKEN", "GH_TOKEN")
    name = next((name for name in names if environment.get(name, "").strip()), None)
    if name is None:
        return Unasked("no GITHUB_TOKEN is set")
    token = environment[name].strip()
    if not _TOKEN.fullmatch(token):
        return Unasked(f"{name} holds characters that no token has")
    url = environment.get("GITHUB_API_URL") or _api_beside(server)
    if not _may_have_the_token(url):
        return Unasked("the token goes to https addresses only; GITHUB_API_URL is none")
    return Api(url.rstrip("/"), token)


def repository(web: Web, api: Api, slug: str) -> tuple[bool, str]:
    """Return whether the owner has archived the repository, and the name that it has now."""
    found = _get(web, api, f"/repos/{quote(slug)}")
    archived = found.get("archived") if isinstance(found, dict) else None
    if not isinstance(archived, bool):
        raise _undocumented()
    return archived, str(found.get("full_name") or slug)


def advisories(
    web: Web, api: Api, slug: str, versions: Iterable[Version]
) -> dict[str, tuple[str, ...]]:
    """Return the ids of the advisories about each version, by its tag."""
    found = {}
    for version in sorted(versions, key=lambda version: version.tag):
        number = version.tag.removeprefix(version.prefix).lstrip("vV")
        affected = quote(f"{slug}@{number}")
        answer = _get(web, api, f"/advisories?ecosystem=actions&affects={affected}&per_page=100")
        found[version.tag] = _ids(answer)
    return found


def _ids(advisories: Any) -> tuple[str, ...]:
    """Return the ids of the advisories that have not been withdrawn."""
    if not isinstance(advisories, list) or not all(map(_is_advisory, advisories)):
        raise _undocumented()
    return tuple(item["ghsa_id"] for item in advisories if not item.get("withdrawn_at"))


def _is_advisory(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("ghsa_id"), str)


def _may_have_the_token(url: str) -> bool:
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in _LOOPBACK
        return bool(parts.hostname) and (parts.scheme == "https" or local)
    except ValueError:
        return False


def _api_beside(server: str) -> str:
    host = urlsplit(server).hostname
    return "https://api.github.com" if host == "github.com" else f"{server}/api/v3"


def _get(web: Web, api: Api, path: str) -> Any:
    headers = {
        "Authorization": f"Bearer {api.token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    try:
        answer = web.get(api.url + path, headers)
    except Unanswered as silence:
        reason = f"the GitHub API does not answer ({silence.message})"
        raise Refused("unanswered", reason, silence.hint) from silence
    if answer.status != 200:
        reason = f"the GitHub API answers HTTP {answer.status}"
        kind = Unanswered if answer.status in _OF_ONE_REPOSITORY else Refused
        raise kind("unanswered", reason, "Check the token and its rate limit.")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise _undocumented() from None


def _undocumented() -> Refused:
    reason = "the GitHub API answers something else than it documents"
    return Refused("unanswered", reason, "Check GITHUB_API_URL.")
