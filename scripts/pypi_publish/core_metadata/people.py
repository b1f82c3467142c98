"""E-mail addresses of authors and maintainers.

The index takes the address out of the field with Python's own parser and has `email-validator`
judge it. A field with several addresses gives that parser none, so it is accepted unseen.
"""

import re
from collections.abc import Iterator

from pypi_publish.core_metadata.fields import Fields, first
from pypi_publish.core_metadata.refusal import Refusal

_WORD = r"[A-Za-z0-9_]+(?:[.+-][A-Za-z0-9_]+)*"
_LABEL = r"[A-Za-z0-9]{1,30}(?:-[A-Za-z0-9]{1,15}){0,2}"
# What the validator is sure to accept: loading it costs more than all other rules together.
_ORDINARY = re.compile(
    rf"(?:[^\",;:<>@()\[\]\\]*<)?(?=.{{1,60}}@){_WORD}@(?:{_LABEL}\.){{1,4}}(?P<top>[A-Za-z]{{2,20}})>?"
)
_RESERVED = {"arpa", "invalid", "local", "localhost", "onion", "test"}


def emails(fields: Fields) -> Iterator[Refusal]:
    """Yield each address that is not valid."""
    for field in ("Author-email", "Maintainer-email"):
        value = first(fields, field)
        if value and not _is_ordinary(value):
            address = _only_address(value)
            reason = _reason_against(address) if address else None
            if reason is not None:
                message = f"{address!r} is not a valid email address: {reason}"
                yield Refusal(field, value, message)


def _is_ordinary(value: str) -> bool:
    match = _ORDINARY.fullmatch(value)
    if match is None or ("<" in value) != value.endswith(">"):
        return False
    return match["top"].lower() not in _RESERVED


def _only_address(value: str) -> str:
    """Return the address as `email.utils.parseaddr` of a current Python does, or nothing."""
    from email.utils import getaddresses

    if _unescaped(value, "(") != _unescaped(value, ")"):
        return ""
    found = getaddresses([value])
    if len(found) != 1 or "[" in found[0][1]:
        return ""
    return found[0][1]


def _unescaped(value: str, sign: str) -> int:
    return re.sub(r'"(?:\\.|[^"\\])*"', "", value.replace("\\\\", "")).count(sign)


def _reason_against(address: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return str(error)
    return None
