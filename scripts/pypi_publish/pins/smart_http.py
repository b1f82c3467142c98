"""Git's smart HTTP protocol, as far as it lists refs: what `git ls-remote` asks, without git.

It needs no token and no API rate limit. https://git-scm.com/docs/protocol-v2
"""

import re
from collections.abc import Iterator

from pypi_publish.errors import Unanswered
from pypi_publish.pins.remote import Refs, refs_from
from pypi_publish.web import Answer, Web

_V2 = {"Git-Protocol": "version=2"}
_SERVICE = "git-upload-pack"
_HIDDEN = {401, 403, 404, 410}
_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")
# `<SHA> <name>`, and of version 2 attributes. What git allows in no name (see check-ref-format)
# would reach a terminal, or a workflow file that `--fix` writes.
_REF = re.compile(
    rb"(?P<sha>[0-9a-f]{40}) (?P<name>[^\x00-\x20\x7f~^:?*\[\\]+)(?P<peeled>\^\{\})?"
    rb"(?P<more>(?: \S+)*)"
)
_PEELED = re.compile(rb" peeled:([0-9a-f]{40})(?= |\Z)")
_NO_REF = (b"# service=", b"version 1", b"shallow ")


def list_refs(web: Web, repository: str) -> Refs:
    """Return the tags and branches of a repository, or raise Unanswered with the reason."""
    suffix = f"/info/refs?service={_SERVICE}"
    answer = _good(web.get(repository + suffix, _V2))
    lines = _packets(answer.body)
    if b"version 2" in lines[:2]:
        # A renamed repository redirects the first request; what follows goes there at once.
        base, found, _ = answer.url.rpartition(suffix)
        if not found:
            raise _unlisted("redirected to what is no repository")
        lines = _packets(_ask_for_refs(web, base).body)
    refs = refs_from(ref for line in lines for ref in _refs(line))
    if not refs.tags and not refs.branches:
        raise _unlisted("the repository has no tag and no branch")
    return refs


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
    return _good(web.post(f"{base}/{_SERVICE}", question, headers))


def _good(answer: Answer) -> Answer:
    if answer.status in _HIDDEN:
        raise _unlisted(f"no such repository, or it is not public (HTTP {answer.status})")
    if answer.status != 200 or "x-git-" not in answer.headers.get("content-type", ""):
        raise _unlisted(f"what answers is no git server (HTTP {answer.status})")
    return answer


def _packet(line: bytes) -> bytes:
    return b"%04x" % (len(line) + 4) + line


def _packets(body: bytes) -> list[bytes]:
    """Return the lines of a pkt-line stream; the marks between its parts are passed over.

    A stream ends with a mark. Without it some of the tags are missing, which would make honest
    commits look like a fork's.
    """
    lines: list[bytes] = []
    at, length = 0, -1
    while at + 4 <= len(body):
        found = _LENGTH.match(body, at)
        length = int(found[0], 16) if found else 3
        if length == 3:
            raise _unlisted("the answer is not of git's protocol")
        if length > 3:
            lines.append(body[at + 4 : at + length].removesuffix(b"\n"))
        at += max(length, 4)
    if length != 0 or at != len(body):
        raise _unlisted("the answer is cut off")
    return lines


def _refs(line: bytes) -> Iterator[tuple[str, str]]:
    """Yield the ref that a line names and, as version 0 does, what a tag object points to."""
    if line.startswith(_NO_REF):
        return
    if line.startswith(b"ERR "):
        raise _unlisted(f"the server answers: {line[4:].decode('utf-8', 'replace')}")
    found = _REF.fullmatch(line.partition(b"\0")[0])  # behind the NUL: what the server can do
    if found is None:
        raise _unlisted("the answer is not of git's protocol")
    name = found["name"].decode("utf-8", "replace")
    yield found["sha"].decode(), name + ("^{}" if found["peeled"] else "")
    for sha in _PEELED.findall(found["more"]):
        yield sha.decode(), f"{name}^{{}}"


def _unlisted(reason: str) -> Unanswered:
    return Unanswered("unanswered", reason, "Check the name, or try again later.")
