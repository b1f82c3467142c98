"""Git's smart HTTP protocol, as far as it lists refs: what `git ls-remote` asks, without git.

It needs no token and no API rate limit. https://git-scm.com/docs/protocol-v2
"""

from collections.abc import Iterator

from pypi_publish.errors import Unanswered
from pypi_publish.pins.remote import Refs, refs_from
from pypi_publish.web import Answer, Web

_V2 = {"Git-Protocol": "version=2"}
_SERVICE = "git-upload-pack"
_HIDDEN = {401, 403, 404, 410}


def list_refs(web: Web, repository: str) -> Refs:
    """Return the tags and branches of a repository, or raise Unanswered with the reason."""
    suffix = f"/info/refs?service={_SERVICE}"
    answer = _good(web.get(repository + suffix, _V2), repository)
    lines = list(_packets(answer.body, repository))
    if b"version 2" in lines:
        # A renamed repository redirects the first request; what follows goes there at once.
        base = answer.url.removesuffix(suffix)
        lines = list(_packets(_ask_for_refs(web, base).body, repository))
        return refs_from(_refs_of_v2(lines))
    return refs_from(_refs_of_v0(lines))


def _ask_for_refs(web: Web, base: str) -> Answer:
    question = b"".join(
        [
            _packet(b"command=ls-refs\n"),
            b"0001",
            _packet(b"peel\n"),
            _packet(b"ref-prefix refs/heads/\n"),
            _packet(b"ref-prefix refs/tags/\n"),
            b"0000",
        ]
    )
    headers = _V2 | {
        "Content-Type": f"application/x-{_SERVICE}-request",
        "Accept": f"application/x-{_SERVICE}-result",
    }
    return _good(web.post(f"{base}/{_SERVICE}", question, headers), base)


def _good(answer: Answer, repository: str) -> Answer:
    if answer.status in _HIDDEN:
        raise _unlisted(f"no such repository, or it is not public (HTTP {answer.status})")
    if answer.status != 200 or "x-git-" not in answer.headers.get("content-type", ""):
        raise _unlisted(f"{repository} is not answered by a git server (HTTP {answer.status})")
    return answer


def _packet(line: bytes) -> bytes:
    return b"%04x" % (len(line) + 4) + line


def _packets(body: bytes, repository: str) -> Iterator[bytes]:
    """Yield the lines of a pkt-line stream; the marks between its parts are passed over."""
    at = 0
    while at < len(body):
        try:
            length = int(body[at : at + 4], 16)
        except ValueError:
            raise _unlisted(f"{repository}: the answer is not of git's protocol") from None
        if length >= 4 and at + length > len(body):
            raise _unlisted(f"{repository}: the answer is cut off")
        if length > 4:
            yield body[at + 4 : at + length].rstrip(b"\n")
        at += max(length, 4)


def _refs_of_v2(lines: list[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        sha, name, *attributes = line.decode("utf-8", "replace").split(" ")
        yield sha, name
        for attribute in attributes:
            if attribute.startswith("peeled:"):
                yield attribute.removeprefix("peeled:"), f"{name}^{{}}"


def _refs_of_v0(lines: list[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        sha, _, name = line.partition(b"\0")[0].decode("utf-8", "replace").partition(" ")
        if len(sha) == 40:
            yield sha, name


def _unlisted(reason: str) -> Unanswered:
    return Unanswered("unanswered", reason, "Check the name, or try again later.")
