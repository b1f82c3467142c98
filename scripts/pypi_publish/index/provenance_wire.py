"""The provenance object of PEP 740 as it is sent; what is not known here is passed over."""

import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_Text = Annotated[str, Field(max_length=1_000)]
_MOST = 50  # of each list; PyPI has one bundle of two attestations


def _decoded(value: Any) -> Any:
    """Base64 comes in lines of 76 signs, because it is encoded for mail."""
    if not isinstance(value, str):
        raise ValueError("not base64")  # noqa: TRY004 - what pydantic reports
    return base64.b64decode("".join(value.split()), validate=True)


_Base64 = Annotated[bytes, BeforeValidator(_decoded)]


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PublisherObject(_Foreign):
    """Whose identity the index accepted; the fields depend on its kind."""

    kind: Annotated[str, Field(min_length=1, max_length=100)]
    repository: _Text | None = None
    workflow: _Text | None = None
    workflow_filepath: _Text | None = None  # GitLab's name for it
    environment: _Text | None = None
    email: _Text | None = None


class Material(_Foreign):
    """What a signature is verified with; the entries of the log are not looked at here."""

    certificate: _Base64 = b""


class Envelope(_Foreign):
    """The statement and its signature."""

    statement: _Base64 = b""


class AttestationObject(_Foreign):
    """One signed statement; what it lacks, the checks tell of."""

    version: Literal[1] = 1
    verification_material: Material = Material()
    envelope: Envelope = Envelope()


class BundleObject(_Foreign):
    """The statements of one publisher."""

    publisher: PublisherObject
    attestations: Annotated[list[AttestationObject], Field(max_length=_MOST)]


class ProvenanceObject(_Foreign):
    """All that an index has about one file."""

    version: Literal[1] = 1
    attestation_bundles: Annotated[list[BundleObject], Field(max_length=_MOST)]


class SubjectObject(_Foreign):
    """A file, in the words of in-toto."""

    name: _Text
    digest: dict[str, str]


class Statement(_Foreign):
    """What is signed: an in-toto statement, version 1."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: Annotated[list[SubjectObject], Field(min_length=1, max_length=1_000)]
    predicate_type: _Text = Field(alias="predicateType")
