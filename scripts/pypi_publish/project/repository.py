"""Which repository on which server an address of git names, without what is secret in it."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

GITHUB = "github.com"
GITLAB = "gitlab.com"
_ALSO = {
    "www.github.com": GITHUB,
    "ssh.github.com": GITHUB,
    "www.gitlab.com": GITLAB,
    "altssh.gitlab.com": GITLAB,
}
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]{2,}):(?!//)(?P<path>\S+)")
_SEGMENT = re.compile(r"[A-Za-z0-9_.+-]+")
_SCHEMES = ("https", "http", "ssh", "git", "git+ssh", "git+https", "ssh+git")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a server; on GitLab the owner is the namespace with all its groups."""

    host: str
    owner: str
    name: str

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def is_alias(self) -> bool:
        """Whether the host is a word of somebody's ssh configuration: `github-work`."""
        return "." not in self.host or self.host.startswith((f"{GITHUB}-", f"{GITLAB}-"))

    def is_on(self, host: str) -> bool:
        """Whether it is on a server; of an alias that cannot be denied if it speaks of no other."""
        if not self.is_alias:
            return self.host == host
        others = {GITHUB, GITLAB, "bitbucket.org"} - {host}
        return not any(other.partition(".")[0] in self.host for other in others)

    def is_same_as(self, other: "Repository") -> bool:
        """Compare as the servers do, which take `Octo/Demo` for `octo/demo`."""
        same_host = self.host == other.host or self.is_alias or other.is_alias
        return same_host and self.slug.lower() == other.slug.lower()


def repository_of(address: str) -> Repository | None:
    """Return the repository that an address names; None for a folder and for no address."""
    host, path = _host_and_path(address.strip())
    segments = [unquote(part) for part in path.split("/") if part]
    if not host or len(segments) < 2:
        return None
    host = _ALSO.get(host, host)
    if host == GITHUB:
        segments = segments[:2]  # what follows is a page of the repository
    elif "-" in segments[2:]:
        segments = segments[: segments.index("-", 2)]  # as GitLab separates its pages
    segments[-1] = segments[-1].removesuffix(".git")
    if not all(_SEGMENT.fullmatch(part) and part.strip(".") for part in segments):
        return None
    return Repository(host, "/".join(segments[:-1]), segments[-1])


def _host_and_path(address: str) -> tuple[str, str]:
    if "://" in address:
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            return "", ""
        return (host, parts.path) if parts.scheme.lower() in _SCHEMES else ("", "")
    named = _SCP.fullmatch(address)
    return (named["host"].lower(), named["path"]) if named else ("", "")
