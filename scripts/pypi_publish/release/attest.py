"""Verifies signatures with pypi-attestations, where the optional extra `attest` is installed."""

import logging
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pypi_publish.index.model import File
from pypi_publish.index.provenance import Attestation
from pypi_publish.release.download import Downloaded, download
from pypi_publish.release.model import AT_ONCE, Facts
from pypi_publish.release.planes import address
from pypi_publish.release.provenance import Attested, ProvenanceFacts, Signature

if TYPE_CHECKING:
    from pypi_publish.index.client import IndexClient

EXTRA = "pypi-attestations"
_USED = ("Attestation", "AttestationError", "Distribution", "Publisher")
_DOWNLOADS_TAKE = 1_800.0  # seconds, all together


@dataclass(frozen=True, slots=True)
class _Bytes:
    """The digest of a file's own bytes, or why they are not at hand."""

    sha256: str | None
    because: str = ""
    unanswered: bool = False


def with_signatures(
    client: "IndexClient | None", facts: Facts, told: ProvenanceFacts
) -> ProvenanceFacts:
    """Return the facts with what came of verifying each signature."""
    if not told.attested:
        return told
    missing = _missing()
    if missing:
        return replace(told, unverified=missing)
    trust = _Trust(offline=client is None)
    bytes_of = _bytes_of(client, facts, told.attested)
    files = tuple(_verified(one, bytes_of, trust) for one in told.files)
    return replace(told, files=files)


def _missing() -> str:
    """Return why pypi-attestations cannot be used."""
    if find_spec("pypi_attestations") is None:
        return f"{EXTRA} is not installed"
    try:
        library = import_module("pypi_attestations")
        import_module("sigstore.errors")
    except ImportError as error:
        return f"{EXTRA} cannot be loaded ({error})"[:300]
    lacking = [name for name in _USED if not hasattr(library, name)]
    return f"this {EXTRA} has no {lacking[0]}" if lacking else ""


def _verified(file: Attested, bytes_of: Mapping[str, _Bytes], trust: "_Trust") -> Attested:
    if file.provenance is None:
        return file
    own = bytes_of[file.filename]
    if own.sha256 is None:
        missing = Signature(holds=None, because=own.because, unanswered=own.unanswered)
        return replace(file, signatures=(missing,) * len(file.provenance.attestations))
    attestations = file.provenance.attestations
    signatures = (trust.verify(one, file.filename, own.sha256) for one in attestations)
    return replace(file, signatures=tuple(signatures))


def _bytes_of(
    client: "IndexClient | None", facts: Facts, files: Iterable[Attested]
) -> dict[str, _Bytes]:
    """Return the digests of the local files where they are at hand, else of downloaded ones."""
    built = {item.path.name: item.sha256 for item in facts.artifacts or ()}
    listed = {file.filename: file for file in facts.files}
    found = {file.filename: _Bytes(None, "the file is not at hand") for file in files}
    found |= {name: _Bytes(built[name]) for name in found if name in built}
    fetched = {name: facts.served.get(address(file)) for name, file in listed.items()}
    found |= {
        name: _Bytes(one.sha256)
        for name, one in fetched.items()
        if name in found and name not in built and one is not None and one.sha256 is not None
    }
    needed = [listed[name] for name, one in found.items() if not one.sha256 and name in listed]
    return found | _downloaded(client, needed) if client is not None else found


def _downloaded(client: "IndexClient", files: Sequence[File]) -> dict[str, _Bytes]:
    from pypi_publish.web import all_at_once

    def fetch(file: File) -> _Bytes:
        return _of_download(download(client, file, Path(folder)))

    with tempfile.TemporaryDirectory(prefix="pypi-publish-", ignore_cleanup_errors=True) as folder:
        answers = all_at_once(fetch, files, seconds=_DOWNLOADS_TAKE, at_once=AT_ONCE)
    late = _Bytes(None, "its download took too long", unanswered=True)
    return {
        file.filename: answer if isinstance(answer, _Bytes) else late
        for file, answer in zip(files, answers, strict=True)
    }


def _of_download(came: Downloaded) -> _Bytes:
    if came.path is None:
        return _Bytes(None, came.because, came.unanswered)
    came.path.unlink()
    return _Bytes(came.sha256)


class _Trust:
    """Sigstore's keys: asked for once in a run, then those that were kept."""

    def __init__(self, *, offline: bool) -> None:
        self._offline = offline
        self._outdated = False  # newer keys could not be had
        logging.getLogger("sigstore").setLevel(logging.CRITICAL)  # it would say so once a file

    def verify(self, attestation: Attestation, filename: str, sha256: str) -> Signature:
        """Return whether the publisher signed this statement about these bytes."""
        from pydantic import TypeAdapter, ValidationError
        from pypi_attestations import Attestation as Signed
        from pypi_attestations import Distribution
        from pypi_attestations import Publisher as Signer

        kind = attestation.publisher.kind
        try:
            publisher = TypeAdapter(Signer).validate_python(attestation.raw_publisher)
        except ValidationError:
            return Signature(
                holds=None, because=f"{EXTRA} knows no such publisher as this of kind {kind}"
            )
        try:
            signed = Signed.model_validate(attestation.raw)
            file = Distribution(name=filename, digest=sha256)
        except ValidationError as error:
            return Signature(
                holds=False, because=f"{EXTRA} cannot read it: {error.errors()[0]['msg']}"
            )
        return self._judged(lambda: signed.verify(publisher, file, offline=self._offline))

    def _judged(self, verify: Callable[[], Any]) -> Signature:
        from pypi_attestations import AttestationError
        from sigstore.errors import NetworkError, TUFError

        try:
            verify()
        except (TUFError, NetworkError) as error:
            if self._offline:
                return Signature(holds=None, because=f"Sigstore's keys are not at hand: {error}")
            self._offline = self._outdated = True
            return self._judged(verify)
        except AttestationError as refusal:
            return self._refused(str(refusal))
        except Exception as error:  # noqa: BLE001 - foreign bytes in a foreign library
            return Signature(
                holds=None, because=f"{EXTRA} gave up: {type(error).__name__}: {error}"[:300]
            )
        self._offline = True  # what was asked for a moment ago is still true
        return Signature(holds=True, because="verified")

    def _refused(self, why: str) -> Signature:
        if self._outdated:
            because = f"{why}; but newer keys of Sigstore could not be asked for"
            return Signature(holds=None, because=because, unanswered=True)
        return Signature(holds=False, because=why)
