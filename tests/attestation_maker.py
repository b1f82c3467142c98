"""Provenance objects as PyPI gives them out, signed by a certificate authority of our own."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

PUBLISH = "https://docs.pypi.org/attestations/publish/v1"
SLSA = "https://slsa.dev/provenance/v1"
FULCIO = "1.3.6.1.4.1.57264.1."
GITHUB = "https://token.actions.githubusercontent.com"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def utf8(text: str) -> bytes:
    """Encode a UTF8String in DER."""
    body = text.encode()
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2)
    return b"\x0c" + size + body


def certificate(
    extensions: dict[int, str],
    names: tuple[x509.GeneralName, ...] = (),
    more: tuple[tuple[str, bytes], ...] = (),
) -> bytes:
    """Return a certificate with Fulcio's extensions, by their last number."""
    name = x509.Name([])
    now = datetime(2026, 11, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "our own")]))
        .public_key(key().public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(minutes=10))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key().public_key()), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    for number, text in extensions.items():
        value = text.encode() if number < 8 else utf8(text)
        builder = builder.add_extension(_unrecognized(f"{FULCIO}{number}", value), critical=False)
    for oid, value in more:
        builder = builder.add_extension(_unrecognized(oid, value), critical=False)
    return builder.sign(key(), hashes.SHA256()).public_bytes(Encoding.DER)


def _unrecognized(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)


@dataclass(frozen=True)
class Run:
    """A run of a pipeline that publishes, and how the index knows it."""

    kind: str = "GitHub"
    repository: str = "octo/demo"
    workflow: str = "release.yml"
    environment: str | None = "pypi"
    commit: str = COMMIT
    ref: str = "refs/tags/v1.0"
    email: str = "release@demo.iam.gserviceaccount.com"

    @property
    def publisher(self) -> dict[str, Any]:
        """The publisher in the JSON of the index."""
        if self.kind == "Google":
            return {"kind": "Google", "email": self.email}
        named = "workflow_filepath" if self.kind == "GitLab" else "workflow"
        return {
            "kind": self.kind,
            "repository": self.repository,
            named: self.workflow,
            "environment": self.environment,
        }

    @property
    def certificate(self) -> bytes:
        if self.kind == "Google":
            issuer = "https://accounts.google.com"
            return certificate({1: issuer, 8: issuer}, (x509.RFC822Name(self.email),))
        server = {"GitHub": "https://github.com", "GitLab": "https://gitlab.com"}[self.kind]
        folder = {"GitHub": "/.github/workflows/", "GitLab": "//"}[self.kind]
        config = f"{server}/{self.repository}{folder}{self.workflow}@{self.ref}"
        issuer = GITHUB if self.kind == "GitHub" else "https://gitlab.com"
        told = {
            1: issuer,
            8: issuer,
            9: config,
            12: f"{server}/{self.repository}",
            13: self.commit,
            14: self.ref,
            18: config,
            20: "push",
        }
        environment = {23: self.environment} if self.environment else {}
        return certificate({**told, **environment}, (x509.UniformResourceIdentifier(config),))


def statement(filename: str, content: bytes, predicate: str = PUBLISH) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": filename, "digest": {"sha256": sha256(content).hexdigest()}}],
        "predicateType": predicate,
        "predicate": None,
    }


def attestation(told: dict[str, Any], der: bytes) -> dict[str, Any]:
    """Return an attestation as PyPI gives it out: base64 in lines, as for mail."""
    body = json.dumps(told).encode()
    signature = key().sign(body, ec.ECDSA(hashes.SHA256()))
    return {
        "version": 1,
        "verification_material": {
            "certificate": _lines(der),
            "transparency_entries": [_entry(body)],
        },
        "envelope": {"statement": _lines(body), "signature": _lines(signature)},
    }


def _entry(body: bytes) -> dict[str, Any]:
    """Return an entry in the log, in the form of a real one; no log has it."""
    digest = base64.b64encode(sha256(body).digest()).decode()
    return {
        "logIndex": "1",
        "logId": {"keyId": digest},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": "1793491260",
        "inclusionPromise": {"signedEntryTimestamp": digest},
        "inclusionProof": {
            "logIndex": "1",
            "rootHash": digest,
            "treeSize": "2",
            "hashes": [digest],
            "checkpoint": {"envelope": "no log\n2\n" + digest + "\n\n"},
        },
        "canonicalizedBody": base64.b64encode(b"{}").decode(),
    }


def bundle(run: Run, *attestations: dict[str, Any]) -> dict[str, Any]:
    return {"publisher": run.publisher, "attestations": list(attestations)}


def provenance(filename: str, content: bytes, run: Run = Run()) -> dict[str, Any]:
    """Return what the index says of a file that a run published."""
    signed = attestation(statement(filename, content), run.certificate)
    return {"version": 1, "attestation_bundles": [bundle(run, signed)]}


def _lines(body: bytes) -> str:
    return base64.encodebytes(body).decode()
