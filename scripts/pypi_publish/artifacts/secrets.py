"""Secrets by their shape. What is found is named by its kind; its text never leaves here."""

import re

# A fixed piece that is fast to look for, the shape around it, and what to call it.
_SHAPES = (
    (b"pypi-Ag", re.compile(rb"pypi-Ag[A-Za-z0-9_-]{50,}"), "a PyPI API token"),
    (b"ghp_", re.compile(rb"\bghp_[A-Za-z0-9]{36}\b"), "a GitHub token"),
    (b"gho_", re.compile(rb"\bgho_[A-Za-z0-9]{36}\b"), "a GitHub token"),
    (b"ghs_", re.compile(rb"\bghs_[A-Za-z0-9]{36}\b"), "a GitHub token"),
    (b"github_pat_", re.compile(rb"\bgithub_pat_[A-Za-z0-9_]{60,}\b"), "a GitHub token"),
    (b"glpat-", re.compile(rb"\bglpat-[A-Za-z0-9_-]{20}"), "a GitLab token"),
    (b"AKIA", re.compile(rb"\bAKIA[A-Z2-7]{16}\b"), "an AWS access key"),
    (b"xox", re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{20,}"), "a Slack token"),
    (b"npm_", re.compile(rb"\bnpm_[A-Za-z0-9]{36}\b"), "an npm token"),
    (
        b"PRIVATE KEY-----",
        re.compile(
            rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\r\n]+(?:[A-Za-z-]+: [^\r\n]*[\r\n]+)*"
            rb"[\r\n]*[A-Za-z0-9+/=]{40,}"
        ),
        "a private key",
    ),
)
# Documentation uses these on purpose.
_EXAMPLES = re.compile(rb"EXAMPLE|XXXX|xxxx|0{12}|1234567890")


def kind_of_secret(data: bytes) -> str | None:
    """Return what kind of secret stands in a file, if any."""
    for piece, shape, kind in _SHAPES:
        if piece in data:
            for match in shape.finditer(data):
                if not _EXAMPLES.search(match[0]):
                    return kind
    return None


_CREDENTIALS = re.compile(rb"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)|(?<=://)[^/\s:@]+(?=@)")


def redacted(text: bytes) -> str:
    """Return the output of a program without the secrets that may stand in it."""
    for _, shape, _ in _SHAPES:
        text = shape.sub(b"***", text)
    return _CREDENTIALS.sub(b"***", text).decode("utf-8", "replace")
