"""Who to be on a private index: from the environment, .netrc or the keyring, for its host alone."""

import base64
import netrc
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

USERNAME = "PYPI_PUBLISH_INDEX_USERNAME"
PASSWORD = "PYPI_PUBLISH_INDEX_PASSWORD"  # noqa: S105 - the name of a variable
_INSTALLERS = (
    "PIP_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
)
_LARGEST_NETRC = 1 << 20


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password; neither is ever shown."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of `Authorization`."""
        pair = f"{self.username}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")


def in_address(parts: SplitResult) -> Credentials | None:
    """Return what an address carries before its host."""
    if not parts.username and not parts.password:
        return None
    return Credentials(unquote(parts.username or ""), unquote(parts.password or ""))


def find_credentials(simple: str, environment: Mapping[str, str]) -> Credentials | None:
    """Return what is kept for an index, without waking the keyring, which may ask a person."""
    return (
        _named(environment)
        or _of_installers(simple, environment)
        or _of_netrc(urlsplit(simple).hostname or "", environment)
    )


def of_keyring(simple: str, username: str | None) -> Credentials | None:
    """Return what the keyring keeps; None also where there is no keyring."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        for service in (simple, urlsplit(simple).netloc):
            kept = keyring.get_credential(service, username)
            if kept is not None:
                return Credentials(kept.username or "", kept.password or "")
    except (KeyringError, OSError, RuntimeError):
        return None
    return None


def _named(environment: Mapping[str, str]) -> Credentials | None:
    password = environment.get(PASSWORD)
    return Credentials(environment.get(USERNAME, "__token__"), password) if password else None


def _of_installers(simple: str, environment: Mapping[str, str]) -> Credentials | None:
    """Return what pip or uv are told for an index of the same origin."""
    wanted = _origin(simple)
    for variable in _INSTALLERS:
        for word in environment.get(variable, "").split():
            address = word.partition("=")[2] if "://" in word.partition("=")[2] else word
            if _origin(address) == wanted and (found := in_address(urlsplit(address))):
                return found
    return None


def _origin(address: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(address)
        return parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        return None


def _of_netrc(host: str, environment: Mapping[str, str]) -> Credentials | None:
    named = environment.get("NETRC")
    home = Path.home()
    for path in [Path(named)] if named else [home / ".netrc", home / "_netrc"]:
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST_NETRC:
                continue
            kept = netrc.netrc(path).authenticators(host)
        except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
            continue
        if kept is not None:
            return Credentials(kept[0] or "", kept[2] or "")
    return None
