"""Who signed a file, set against the file, the certificate and whoever should have signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pypi_publish.index.provenance import Attestation, Publisher
from pypi_publish.release.certificate import SigningCertificate
from pypi_publish.release.identity import Identity
from pypi_publish.release.provenance import Attested, Statement, distribution_of
from pypi_publish.verdict import Verdict, failed, unknown

_SERVERS = {"GitHub": "https://github.com/", "GitLab": "https://gitlab.com/"}
_FILES = {"GitHub": "/.github/workflows/", "GitLab": "//"}  # between repository and workflow


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom the index names, and what the certificate says."""

    publisher: Publisher
    certificate: SigningCertificate | str  # why nothing is known of it
    broken: bool = False  # there is one, and it cannot be read

    @property
    def commit(self) -> str:
        return "" if isinstance(self.certificate, str) else self.certificate.commit

    @property
    def ref(self) -> str:
        return "" if isinstance(self.certificate, str) else self.certificate.ref

    @property
    def environment(self) -> str | None:
        """The environment of the run; the publisher may have been registered without one."""
        told = "" if isinstance(self.certificate, str) else self.certificate.environment
        return told or self.publisher.environment


class Difference(NamedTuple):
    """A field that is not as it should be."""

    field: str
    wanted: str
    found: str | None  # None: it is not told

    @property
    def said(self) -> str:
        return f"{self.field} {self.found or 'not told'} instead of {self.wanted}"


def signers_of(file: Attested) -> tuple[Signer, ...]:
    """Return everybody whom the index names for a file, each with each certificate once."""
    signed = [_signer(one) for one in file.statements]
    known = {one.publisher for one in signed}
    bare = [Signer(one, "there is no attestation") for one in file.publishers if one not in known]
    return tuple(dict.fromkeys([*signed, *bare]))


def _signer(statement: Statement) -> Signer:
    attestation, certificate, _ = statement
    broken = isinstance(certificate, str) and bool(attestation.certificate)
    return Signer(attestation.publisher, certificate, broken)


def flaws_of_subject(file: Attested) -> Iterator[Verdict]:
    """Yield where a statement speaks of another file than the one that it stands beside."""
    if file.foreign:
        yield failed("this is no file of the release")
    attestations = file.provenance.attestations if file.provenance else ()
    if not attestations:
        yield unknown("a publisher is named, and there is no attestation by it")
    for attestation in attestations:
        flaw = _flaw_of_subject(file, attestation)
        if flaw:
            yield flaw


def _flaw_of_subject(file: Attested, attestation: Attestation) -> Verdict | None:
    if attestation.flaw is not None:
        return failed(f"the statement of an attestation cannot be read: {attestation.flaw}")
    if not attestation.subjects:
        return unknown("the index gives an attestation without its statement")
    if len(attestation.subjects) > 1:
        return failed(f"an attestation speaks of {len(attestation.subjects)} files at once")
    subject = attestation.subjects[0]
    if distribution_of(subject.name) != distribution_of(file.filename):
        return failed(f"an attestation speaks of {subject.name}")
    if subject.sha256 is None:
        return failed("an attestation holds no sha256")
    if file.sha256 is not None and subject.sha256 != file.sha256:
        return failed(f"signed was sha256 {subject.sha256}, the file has {file.sha256}")
    return None if file.sha256 is not None else unknown("its sha256 is not known")


def disagreement(signer: Signer) -> Verdict | None:
    """Return where the certificate is not one of the publisher; None where it is."""
    publisher, certificate = signer.publisher, signer.certificate
    if isinstance(certificate, str):
        said = f"the certificate of an attestation cannot be read: {certificate}"
        return failed(said) if signer.broken else unknown(said)
    if publisher.kind not in (*_SERVERS, "Google"):
        return unknown(f"what certificates of {publisher.kind} say is not known here")
    if certificate.issuer and certificate.kind != publisher.kind:
        return failed(f"it is by {certificate.issuer}, the publisher is on {publisher.kind}")
    if publisher.kind != "Google":
        return _disagreement_of_forge(publisher, certificate)
    if (publisher.email or "").lower() in map(str.lower, certificate.names):
        return None
    names = ", ".join(certificate.names)
    told = f"it is for {names}, the publisher is {publisher.email}"
    return failed(told) if names else unknown("the certificate names nobody")


def _disagreement_of_forge(publisher: Publisher, certificate: SigningCertificate) -> Verdict | None:
    repository = f"{_SERVERS[publisher.kind]}{publisher.repository or ''}"
    if not certificate.repository:
        return unknown("the certificate names no repository")
    if certificate.repository.lower() != repository.lower():
        return failed(f"it is for {certificate.repository}, the publisher is {repository}")
    workflow = f"{repository}{_FILES[publisher.kind]}{publisher.workflow}"
    run, _, _ = certificate.build_config.rpartition("@")
    if publisher.workflow and run and not _is_file(run, workflow, repository):
        return failed(f"it is for {certificate.build_config}, the publisher is {workflow}")
    here, there = certificate.environment, publisher.environment
    if here and there and _spelled(publisher.kind, here) != _spelled(publisher.kind, there):
        return failed(f"the run had the environment {here}, the publisher has {there}")
    return None


def _is_file(run: str, workflow: str, repository: str) -> bool:
    """Compare the repository as its server does, the path of the file letter by letter."""
    length = len(repository)
    return run[:length].lower() == repository.lower() and run[length:] == workflow[length:]


def differences(signer: Signer, wanted: Identity) -> list[Difference]:
    """Return which fields of the signer are not those of an identity."""
    publisher = signer.publisher
    kind = publisher.kind
    found = {
        "kind": (wanted.kind, kind),
        "repository": (wanted.repository, publisher.repository),
        "workflow": (wanted.workflow, publisher.workflow),
        "environment": (wanted.environment, signer.environment),
    }
    return [
        Difference(field, want, have)
        for field, (want, have) in found.items()
        if want is not None and not _equal(field, want, have, kind)
    ]


def _equal(field: str, want: str, have: str | None, kind: str) -> bool:
    if have is None:
        return False
    if field == "repository":
        return want.lower() == have.lower()
    if field == "environment":
        return _spelled(kind, want) == _spelled(kind, have)
    return want == have


def _spelled(kind: str, environment: str) -> str:
    return environment.lower() if kind == "GitHub" else environment
