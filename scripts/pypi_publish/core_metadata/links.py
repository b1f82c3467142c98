"""Addresses of web pages, and the labels that stand beside them."""

import re
from collections.abc import Iterator

from pypi_publish.core_metadata.fields import Fields, first, written
from pypi_publish.core_metadata.refusal import Refusal, malformed

_LONGEST_LABEL = 32
_SIGN = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
# What rfc3986 is sure to accept; the rest is left to it, for it takes long to load.
_ORDINARY = re.compile(
    r"https?://[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+(?::[1-9]\d{0,3})?"
    rf"(?:/{_SIGN}*)*(?:\?(?:{_SIGN}|[/?])*)?(?:#(?:{_SIGN}|[/?])*)?"
)


def pages(fields: Fields) -> Iterator[Refusal]:
    """Yield Home-page and Download-URL where they are no web address."""
    for field in ("Home-page", "Download-URL"):
        value = first(fields, field)
        if value and not _is_web_address(value):
            yield Refusal(field, value, f"{value!r} is not a valid url.")


def project_urls(fields: Fields) -> Iterator[Refusal]:
    """Yield every Project-URL without label, without address, or with one that does not do."""
    seen: set[str] = set()
    for entry in written(fields, "Project-URL"):
        label, _, url = (part.strip() for part in entry.partition(","))
        if label in seen:
            reason = f"the label {label!r} stands twice"
            yield malformed("Project-URL", reason, of_format=False)
        seen.add(label)
        message = _against(label, url)
        if message:
            yield Refusal("Project-URL", entry, message)


def _against(label: str, url: str) -> str | None:
    if not label:
        return "Must have a label"
    if len(label) > _LONGEST_LABEL:
        return f"{label!r} must be {_LONGEST_LABEL} characters or less."
    if not url:
        return "Must have a URL"
    return None if _is_web_address(url) else f"{url!r} is not a valid url"


def _is_web_address(url: str) -> bool:
    """Whether the index takes a text for the address of a page."""
    if _ORDINARY.fullmatch(url):
        return True
    from rfc3986 import (  # type: ignore[import-untyped,unused-ignore]
        exceptions,
        uri_reference,
        validators,
    )

    validator = validators.Validator().allow_schemes("http", "https").require_presence_of("scheme")
    validator.check_validity_of("scheme", "host", "port", "path", "query")
    try:
        validator.validate(uri_reference(url).normalize())
    except (exceptions.RFC3986Exception, ValueError):
        return False
    return True
