"""The one answer of diagnose-publish. Its fields are the contract: add, never rename."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Category = Literal[
    "publisher-mismatch",
    "oidc-permission",
    "oidc-other",
    "version-exists",
    "name-conflict",
    "credentials",
    "metadata",
    "filename",
    "size-limit",
    "attestation",
    "environment-gate",
    "artifact-missing",
    "build",
    "network",
    "rate-limit",
    "private-index",
    "client-config",
    "not-a-publish-failure",
    "success",
    "unknown",
]
Retry = Literal[
    "rerun-same-version", "bump-version", "fix-config-then-rerun", "wait", "contact-admin", "none"
]
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A line of the log, without the secrets in it."""

    line: int | None
    text: str
    file: str | None = None  # of a zip of logs


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoSeen:
    """Another failure in the same log."""

    class_: str  # spelled `class`
    category: Category
    title: str
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """The files of the release, as far as the log names them."""

    uploaded: tuple[str, ...]
    refused: tuple[str, ...]
    skipped: tuple[str, ...]
    not_tried: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What to register on the index."""

    index: str
    provider: str
    kind: str  # "pending" before the first release, "normal" after it, else "unknown"
    fields: Mapping[str, str]  # by the name that the form gives them
    page: str
    source: str  # "claims", "repository", or both


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The cause, and the way out."""

    class_: str  # spelled `class`
    category: Category
    title: str
    summary: str
    fix: tuple[str, ...]
    retry: Retry
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    claims: Mapping[str, str | None] | None = None
    publisher_form: Form | None = None
    uploads: Uploads | None = None
    also: tuple[AlsoSeen, ...] = ()
    docs: str | None = None
