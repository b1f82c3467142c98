"""What an index tells of who made a file: the provenance object of PEP 740, as facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pypi_publish.index.provenance_wire import AttestationObject, PublisherObject

_Model = TypeVar("_Model", bound="BaseModel")

ACCEPT = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"
LARGEST = 8 << 20  # PyPI's have 20 KiB: two attestations with their entries in the log


class UnreadableProvenance(ValueError):
    """Bytes that are no provenance object; the text says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose upload the index accepted; None is what its kind does not have."""

    kind: str  # GitHub, GitLab, Google, or what an index calls another
    repository: str | None = None  # OWNER/NAME, on GitLab with all groups
    workflow: str | None = None  # on GitHub the file's name, on GitLab its path
    environment: str | None = None
    email: str | None = None  # of Google's service accounts

    @property
    def said(self) -> str:
        """The publisher as a person names it."""
        whose = self.repository or self.email
        parts = [f"{self.kind} {whose}" if whose else self.kind]
        parts += [self.workflow] if self.workflow else []
        parts += [f"environment {self.environment}"] if self.environment else []
        return ", ".join(parts)

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells two publishers apart, in the one spelling that their servers compare."""
        environment = self.environment or ""
        return (
            self.kind,
            (self.repository or "").lower(),
            self.workflow or "",
            environment.lower() if self.kind == "GitHub" else environment,
            (self.email or "").lower(),
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """A file that an attestation speaks of."""

    name: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Attestation:
    """One signed statement about a file."""

    publisher: Publisher  # under whose name the index has it
    predicate: str = ""  # what is stated: that it was published, how it was built
    subjects: tuple[Subject, ...] = ()
    certificate: bytes = field(repr=False, default=b"")
    flaw: str | None = None  # why the statement cannot be read
    raw: Any = field(repr=False, compare=False, default=None)  # as it was sent, to be verified
    raw_publisher: Any = field(repr=False, compare=False, default=None)


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that is stated about one file."""

    attestations: tuple[Attestation, ...] = ()
    named: tuple[Publisher, ...] = ()  # with attestations or without

    @property
    def publishers(self) -> tuple[Publisher, ...]:
        """The publishers, each once."""
        return tuple({one.identity: one for one in self.named}.values())


def read_provenance_object(body: bytes) -> Provenance:
    """Return the facts of a provenance object; raise UnreadableProvenance for other bytes."""
    from pypi_publish.index.provenance_wire import ProvenanceObject

    if len(body) > LARGEST:
        raise UnreadableProvenance(f"it is larger than {LARGEST >> 20} MiB")
    raw = _parsed(body)
    told = _validated(ProvenanceObject, raw)
    found: list[Attestation] = []
    for bundle, as_sent in zip(told.attestation_bundles, raw["attestation_bundles"], strict=True):
        start = Attestation(_publisher(bundle.publisher), raw_publisher=as_sent["publisher"])
        for attestation, each in zip(bundle.attestations, as_sent["attestations"], strict=True):
            found.append(_with_statement(replace(start, raw=each), attestation))
    named = tuple(_publisher(bundle.publisher) for bundle in told.attestation_bundles)
    return Provenance(tuple(found), named)


def _with_statement(found: Attestation, told: "AttestationObject") -> Attestation:
    from pypi_publish.index.provenance_wire import Statement

    found = replace(found, certificate=told.verification_material.certificate)
    if not told.envelope.statement:
        return found
    try:
        statement = _validated(Statement, _parsed(told.envelope.statement))
    except UnreadableProvenance as reason:
        return replace(found, flaw=str(reason))
    return replace(
        found,
        predicate=statement.predicate_type,
        subjects=tuple(
            Subject(one.name, one.digest.get("sha256", "").lower() or None)
            for one in statement.subject
        ),
    )


def _publisher(told: "PublisherObject") -> Publisher:
    return Publisher(
        kind=told.kind,
        repository=told.repository or None,
        workflow=told.workflow or told.workflow_filepath or None,
        environment=told.environment or None,
        email=told.email or None,
    )


def _parsed(body: bytes) -> Any:
    from pydantic_core import from_json

    try:
        return from_json(body)
    except ValueError as error:
        raise UnreadableProvenance(f"it is no JSON ({error})"[:200]) from error


def _validated(model: type[_Model], data: Mapping[str, Any]) -> _Model:
    from pydantic import ValidationError

    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise UnreadableProvenance(f"{where}: {first['msg']}"[:200]) from error
