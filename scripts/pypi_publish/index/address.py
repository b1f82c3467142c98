"""Where an index is: `--index pypi|testpypi|URL` as the addresses of its planes."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from pypi_publish.errors import Misused
from pypi_publish.index.credentials import Credentials, in_address

_KNOWN = {"pypi": "https://pypi.org/simple/", "testpypi": "https://test.pypi.org/simple/"}
_HINT = "Name pypi, testpypi, or the address of a Simple index: https://host/path/simple/."


@dataclass(frozen=True, slots=True)
class IndexAddress:
    """The address of a Simple index, and of what PyPI has beside it."""

    shown: str  # to people: "pypi", "testpypi" or the address
    simple: str  # ends in a slash, holds no secret
    credentials: Credentials | None = field(default=None, repr=False)

    @property
    def is_pypi(self) -> bool:
        return self.shown in _KNOWN

    @property
    def site(self) -> str:
        """The address of the host."""
        parts = urlsplit(self.simple)
        return f"{parts.scheme}://{parts.netloc}"

    def project(self, name: str) -> str:
        """Return the address of a project in the Simple index."""
        return f"{self.simple}{_segment(name)}/"

    def json(self, name: str, version: str | None = None) -> str:
        """Return where PyPI tells of a project, or of one release."""
        segments = [_segment(part) for part in (name, version) if part is not None]
        return urljoin(self.simple, f"../pypi/{'/'.join(segments)}/json")

    def provenance(self, name: str, version: str, filename: str) -> str:
        """Return where PyPI tells who made a file."""
        segments = "/".join(_segment(part) for part in (name, version, filename))
        return urljoin(self.simple, f"../integrity/{segments}/provenance")


def address_of(text: str, *, from_configuration: bool = False) -> IndexAddress:
    """Return the index that is meant; a password is taken from configuration alone."""
    text = text.strip()
    if text.lower() in _KNOWN:
        return IndexAddress(text.lower(), _KNOWN[text.lower()])
    parts = _split(text)
    _refuse(parts, from_configuration)
    simple = _without_secrets(parts)
    for name, known in _KNOWN.items():
        if simple == known:  # it needs no credentials, so it gets none
            return IndexAddress(name, known)
    return IndexAddress(simple, simple, in_address(parts))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(text: str) -> SplitResult:
    if "://" not in text:
        raise Misused("usage", "--index is neither a known index nor an address", _HINT)
    if not text.isprintable() or any(sign.isspace() for sign in text):
        raise Misused("usage", "--index holds characters that no address has", _HINT)
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError as error:
        raise Misused("usage", "--index is not an address", _HINT) from error
    return parts


def _refuse(parts: SplitResult, from_configuration: bool) -> None:
    host = parts.hostname or ""
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not encrypted:
        raise Misused("usage", "--index must be an https address, or of this machine", _HINT)
    if parts.query or parts.fragment:
        raise Misused("usage", "--index holds a query or a fragment", _HINT)
    if host in ("upload.pypi.org", "test.pypi.org", "pypi.org") and "legacy" in parts.path:
        raise Misused("usage", "--index is the address that files are uploaded to", _HINT)
    if parts.password and not from_configuration:
        hint = "Set PYPI_PUBLISH_INDEX_USERNAME and PYPI_PUBLISH_INDEX_PASSWORD, or use .netrc."
        raise Misused("secret-in-arguments", "--index holds a password", hint)


def _without_secrets(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2].lower()
    path = quote(parts.path.rstrip("/"), safe="/%+@:~!$&'()*,;=") + "/"
    return urlunsplit((parts.scheme, host, path, "", ""))


def _segment(text: str) -> str:
    return quote(text, safe="")
