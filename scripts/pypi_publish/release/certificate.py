"""What Sigstore's certificate inside of an attestation says of the run that asked for it.

A walk over DER that knows as much as it needs, so that no library is needed to say who signed;
whether the signature holds is another question, which `attest` answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_LARGEST = 64 << 10  # Fulcio's have 2 KiB
_SEQUENCE, _OID, _OCTETS, _UTF8 = 0x30, 0x06, 0x04, 0x0C
_EXTENSIONS = 0xA3  # [3] of the part that is signed
_EMAIL, _URI = 0x81, 0x86  # among the alternative names
_ALTERNATIVE_NAMES = bytes((0x55, 0x1D, 0x11))  # 2.5.29.17
_FULCIO = bytes((0x2B, 0x06, 0x01, 0x04, 0x01, 0x83, 0xBF, 0x30, 0x01))  # 1.3.6.1.4.1.57264.1
_OLD_ISSUER = 1  # as raw text; up to 6 they are, from 8 on UTF8String
_FIRST_ENCODED = 8
# https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
_FIELDS = {
    8: "issuer",
    12: "repository",
    13: "commit",
    14: "ref",
    18: "build_config",
    20: "trigger",
    21: "run",
    23: "environment",
}

_KINDS = {
    "https://token.actions.githubusercontent.com": "GitHub",
    "https://gitlab.com": "GitLab",
    "https://accounts.google.com": "Google",
}


class UnreadableCertificate(ValueError):
    """Bytes that are no certificate."""


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """Who asked for the certificate; what it does not tell is empty."""

    issuer: str = ""  # of the identity token
    repository: str = ""  # its address
    commit: str = ""
    ref: str = ""
    build_config: str = ""  # the address of the top-level workflow file, with `@` and a ref
    trigger: str = ""
    run: str = ""  # the address of the run
    environment: str = ""
    names: tuple[str, ...] = ()  # e-mail addresses and addresses of workflows

    @property
    def kind(self) -> str | None:
        """The forge, as the index calls its kind of publisher; None for all others."""
        return _KINDS.get(self.issuer.rstrip("/"))


class _Element(NamedTuple):
    tag: int
    content: bytes


def read_certificate(der: bytes) -> SigningCertificate:
    """Return what a certificate says of its owner; raise UnreadableCertificate for other bytes."""
    if len(der) > _LARGEST:
        raise UnreadableCertificate(f"it is larger than {_LARGEST >> 10} KiB")
    fields: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for oid, value in _extensions(der).items():
        if oid == _ALTERNATIVE_NAMES:
            names = tuple(_alternative_names(value))
        elif oid.startswith(_FULCIO) and len(oid) == len(_FULCIO) + 1:
            number = oid[-1]
            if number in _FIELDS:
                fields[_FIELDS[number]] = _encoded(value)
            elif number == _OLD_ISSUER:
                fields.setdefault("issuer", _text(value))
    return SigningCertificate(names=names, **fields)


def _extensions(der: bytes) -> dict[bytes, bytes]:
    """Return the extensions by their object identifiers."""
    certificate = _only(der, _SEQUENCE)
    signed = next(_elements(certificate), _Element(0, b""))
    if signed.tag != _SEQUENCE:
        raise UnreadableCertificate("it has no part that is signed")
    found: dict[bytes, bytes] = {}
    for holder in _elements(signed.content):
        if holder.tag != _EXTENSIONS:
            continue
        for extension in _elements(_only(holder.content, _SEQUENCE)):
            oid, *_, value = _extension(extension)
            if oid.content in found:
                raise UnreadableCertificate("it has an extension twice")
            found[oid.content] = value.content
    return found


def _extension(element: _Element) -> list[_Element]:
    parts = list(_elements(element.content)) if element.tag == _SEQUENCE else []
    if len(parts) not in (2, 3) or parts[0].tag != _OID or parts[-1].tag != _OCTETS:
        raise UnreadableCertificate("it has an extension without a name or a value")
    return parts


def _alternative_names(value: bytes) -> Iterator[str]:
    for name in _elements(_only(value, _SEQUENCE)):
        if name.tag in (_EMAIL, _URI):
            yield _text(name.content)


def _encoded(value: bytes) -> str:
    return _text(_only(value, _UTF8))


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableCertificate("it holds text that is not UTF-8") from error
    if not text.isprintable():
        raise UnreadableCertificate("it holds text with control characters")
    return text


def _only(der: bytes, tag: int) -> bytes:
    """Return the content of the one element that the bytes are."""
    elements = list(_elements(der))
    if len(elements) != 1 or elements[0].tag != tag:
        raise UnreadableCertificate("it is no DER of a certificate")
    return elements[0].content


def _elements(der: bytes) -> Iterator[_Element]:
    """Yield the elements that follow one another, without looking into them."""
    at = 0
    while at < len(der):
        tag = der[at]
        if tag & 0x1F == 0x1F:
            raise UnreadableCertificate("it has a tag of several bytes")
        length, start = _length(der, at + 1)
        at = start + length
        if at > len(der):
            raise UnreadableCertificate("it is cut off")
        yield _Element(tag, der[start:at])


def _length(der: bytes, at: int) -> tuple[int, int]:
    """Return how long an element is, and where its content starts."""
    first = der[at] if at < len(der) else 0x80
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= 4 or at + 1 + count > len(der):
        raise UnreadableCertificate("it has an element without a length")
    return int.from_bytes(der[at + 1 : at + 1 + count]), at + 1 + count
