"""The long description: its content type, and whether it renders.

Markdown and plain text cannot fail. Only for reStructuredText is the renderer of the index
loaded, which takes as long as all the rest.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from io import StringIO

from pypi_publish.core_metadata.fields import Fields, first, written
from pypi_publish.core_metadata.refusal import Refusal

LARGEST = 1 << 20  # docutils takes about ten seconds for a mebibyte
_TYPES = ["text/plain", "text/x-rst", "text/markdown"]
_VARIANTS = ["GFM", "CommonMark"]
_ORDINARY = re.compile(
    r"text/(?:plain|x-rst|markdown)(?:; ?charset=UTF-8)?"
    r"|text/markdown(?:; ?charset=UTF-8)?; ?variant=(?:GFM|CommonMark)"
)
_HELP = "See https://pypi.org/help/#description-content-type for more information."
_REPORT = re.compile(r"<string>:(\d+): \((\w+)/\d\) (.*)", re.DOTALL)


def content_type(fields: Fields) -> Iterator[Refusal]:
    """Yield a content type that the index does not know, or parameters that do not go with it."""
    for value in written(fields, "Description-Content-Type")[:1]:
        if not _ORDINARY.fullmatch(value):
            message = _against(value)
            if message:
                yield Refusal("Description-Content-Type", value, message)


def rendering(fields: Fields) -> Iterator[Refusal]:
    """Yield a description in reStructuredText that does not render."""
    text, declared = first(fields, "Description"), first(fields, "Description-Content-Type")
    kind = declared.partition(";")[0].strip().lower()
    if not text or kind not in ("", "text/x-rst") or len(text) > LARGEST:
        return
    reason = _reason_against(text)
    if reason:
        what = f"for '{declared}'." if declared else "in the default format of reStructuredText."
        message = f"The description failed to render {what} {_HELP} ({reason})"
        yield Refusal("Description", text[:80], message)


def _against(value: str) -> str | None:
    from email.message import EmailMessage

    message = EmailMessage()
    malformed = f"{value!r} is not a valid content type for 'description-content-type'"
    try:
        message["content-type"] = value
    except (ValueError, IndexError):
        return malformed
    header = message["content-type"]
    kind = message.get_content_type().lower()
    if kind not in _TYPES or kind not in value.lower():
        return f"'description-content-type' must be one of {_TYPES}, not {value!r}"
    if header.defects:
        return f"{malformed}: {header.defects[0]}"
    return _against_parameters(kind, dict(header.params))


def _against_parameters(kind: str, parameters: dict[str, str]) -> str | None:
    charset = parameters.get("charset", "UTF-8")
    if charset != "UTF-8":  # small letters pass from packaging 26.3 on; PyPI had 26.2
        return f"'description-content-type' can only specify the UTF-8 charset, not {charset!r}"
    variant = parameters.get("variant", "GFM")
    if kind == "text/markdown" and variant not in _VARIANTS:
        return (
            "valid Markdown variants for 'description-content-type' are "
            f"{_VARIANTS}, not {variant!r}"
        )
    return None


@lru_cache(maxsize=4)  # wheels and sdist of a release have the same one
def _reason_against(text: str) -> str | None:
    """Return the first thing that the renderer stumbles over."""
    from readme_renderer.rst import render

    reports = StringIO()
    try:
        if render(text, stream=reports) is not None:
            return None
    except RecursionError:
        return "it nests too deeply"
    match = _REPORT.search(reports.getvalue())
    if match is None:
        return reports.getvalue().strip() or "No content rendered from RST source."
    first_line = match[3].strip().splitlines()[0]
    return f"line {match[1]}: {match[2].lower()}: {first_line}"
