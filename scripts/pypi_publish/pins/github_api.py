"""What only GitHub's API knows of an action: whether it is archived, and its advisories."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from pypi_publish.errors import Unanswered
from pypi_publish.web import Web

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Api:
    """Where the API is, and the token that goes there and nowhere else."""

    url: str
    token: str


class _Repository(BaseModel, frozen=True):
    archived: bool


class _Advisory(BaseModel, frozen=True):
    ghsa_id: str


T = TypeVar("T")
_ADVISORIES = TypeAdapter(list[_Advisory])


def api_of(environment: Mapping[str, str], server: str) -> Api | None:
    """Return the API that the environment holds a token for, None without a token."""
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN")
    url = environment.get("GITHUB_API_URL") or _api_beside(server)
    parts = urlsplit(url)
    if not token or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
        return None
    return Api(url.rstrip("/"), token)


def is_archived(web: Web, api: Api, slug: str) -> bool:
    """Return whether the owner has archived the repository."""
    answer = _get(web, api, f"/repos/{quote(slug)}")
    return _parsed(_Repository.model_validate_json, answer).archived


def advisories(
    web: Web, api: Api, slug: str, versions: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return the ids of the advisories about each version."""
    found = {}
    for version in sorted(versions):
        affected = quote(f"{slug}@{version.lstrip('vV')}")
        answer = _get(web, api, f"/advisories?ecosystem=actions&affects={affected}&per_page=100")
        ids = tuple(item.ghsa_id for item in _parsed(_ADVISORIES.validate_json, answer))
        found[version] = ids
    return found


def _api_beside(server: str) -> str:
    host = urlsplit(server).hostname
    return "https://api.github.com" if host == "github.com" else f"{server}/api/v3"


def _get(web: Web, api: Api, path: str) -> bytes:
    headers = {
        "Authorization": f"Bearer {api.token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    answer = web.get(api.url + path, headers)
    if answer.status != 200:
        reason = f"the GitHub API answers HTTP {answer.status}"
        raise Unanswered("unanswered", reason, "Check the token and its rate limit.")
    return answer.body


def _parsed(parse: Callable[[bytes], T], body: bytes) -> T:
    try:
        return parse(body)
    except ValidationError as error:
        reason = "the GitHub API answers something else than it documents"
        raise Unanswered("unanswered", reason, "Check GITHUB_API_URL.") from error
