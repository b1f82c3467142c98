"""Signatures, verified by pypi-attestations itself: what it refuses is told as it is."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attestation_maker import Run, attestation, bundle, provenance, statement
from index_server import Served, serving
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.client import IndexClient
from pypi_publish.index.model import File
from pypi_publish.index.provenance import read_provenance_object
from pypi_publish.release import attest
from pypi_publish.release.attest import with_signatures
from pypi_publish.release.model import Facts, Plane, Shown, State, Wanted
from pypi_publish.release.provenance import Attested, ProvenanceFacts, Signature
from pypi_publish.web import Web

pypi_attestations = pytest.importorskip("pypi_attestations")
WHEEL = "demo-1.0-py3-none-any.whl"
RUN = Run()
ADDRESS = IndexAddress("pypi", "https://pypi.org/simple/")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sigstore keeps its keys in the home folder."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))


def attested(told: Any = None, content: bytes = b"x") -> Attested:
    body = json.dumps(told or provenance(WHEEL, b"x")).encode()
    return Attested(WHEEL, sha256(content).hexdigest(), read_provenance_object(body))


def facts(**built: bytes) -> Facts:
    artifacts = tuple(
        SimpleNamespace(path=Path(WHEEL), sha256=sha256(content).hexdigest())
        for content in built.values()
    )
    known: Any = artifacts or None
    return Facts("demo", "1.0", ADDRESS, Wanted(), artifacts=known)


def verified(one: Attested, **built: bytes) -> tuple[Signature, ...]:
    """Verify without a network, as --offline does."""
    return with_signatures(None, facts(**built), ProvenanceFacts((one,))).files[0].signatures


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(RUN, id="github"),
        pytest.param(Run("GitLab", "group/demo", ".gitlab-ci.yml"), id="gitlab"),
        pytest.param(Run("Google"), id="google"),
    ],
)
def test_a_signature_by_an_authority_of_our_own_does_not_hold(run: Run) -> None:
    [signature] = verified(attested(provenance(WHEEL, b"x", run)), wheel=b"x")
    assert signature.holds is False
    assert signature.because


def test_what_pypi_attestations_refuses_without_us_it_refuses_with_us() -> None:
    told = provenance(WHEEL, b"x")
    whole = pypi_attestations.Provenance.model_validate(told)
    one = whole.attestation_bundles[0]
    file = pypi_attestations.Distribution(name=WHEEL, digest=sha256(b"x").hexdigest())
    with pytest.raises(pypi_attestations.AttestationError) as refusal:
        one.attestations[0].verify(one.publisher, file, offline=True)
    [signature] = verified(attested(told), wheel=b"x")
    assert signature.because == str(refusal.value)


def test_certificates_are_read_as_pypi_attestations_reads_them() -> None:
    whole = pypi_attestations.Provenance.model_validate(provenance(WHEEL, b"x"))
    claims = whole.attestation_bundles[0].attestations[0].certificate_claims
    [one] = attested().statements
    assert not isinstance(one.certificate, str)
    prefix = "1.3.6.1.4.1.57264.1."
    for number, found in {
        8: one.certificate.issuer,
        12: one.certificate.repository,
        13: one.certificate.commit,
        14: one.certificate.ref,
        18: one.certificate.build_config,
    }.items():
        assert claims[f"{prefix}{number}"] == found


def test_a_file_that_is_not_at_hand_is_not_judged() -> None:
    [signature] = verified(attested())
    assert signature.holds is None
    assert not signature.unanswered


def test_an_unknown_kind_of_publisher_is_not_judged() -> None:
    told = provenance(WHEEL, b"x")
    told["attestation_bundles"][0]["publisher"] = {"kind": "URL", "identity": "x"}
    [signature] = verified(attested(told), wheel=b"x")
    assert signature.holds is None
    assert "URL" in signature.because


def test_each_attestation_has_an_answer_of_its_own() -> None:
    one = attestation(statement(WHEEL, b"x"), RUN.certificate)
    other = attestation(statement(WHEEL, b"x"), b"no certificate")
    told = {"version": 1, "attestation_bundles": [bundle(RUN, one, other)]}
    first, second = verified(attested(told), wheel=b"x")
    assert first.holds is False
    assert second.holds is False
    assert "certificate" in second.because


class Pretended:
    """Stands in for what only Sigstore's own servers can sign."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.offline: list[bool] = []

    def __call__(self, *_: object, offline: bool, **__: object) -> None:
        self.offline.append(offline)
        outcome = self.outcomes.pop(0)
        if outcome is not None:
            raise outcome


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Pretended]:
    def made(*outcomes: Exception | None) -> Pretended:
        pretended = Pretended(*outcomes)
        monkeypatch.setattr(pypi_attestations.Attestation, "verify", pretended)
        return pretended

    return made


def online(count: int) -> list[Signature]:
    """Verify with a network; the files are built here, so nothing is downloaded."""
    client: Any = SimpleNamespace()
    told = ProvenanceFacts((attested(),) * count)
    files = with_signatures(client, facts(wheel=b"x"), told).files
    return [one for file in files for one in file.signatures]


def test_keys_are_asked_for_once_in_a_run(pretend: Callable[..., Pretended]) -> None:
    pretended = pretend(None, None, None)
    assert all(one.holds for one in online(3))
    assert pretended.offline == [False, True, True]


def test_where_new_keys_cannot_be_had_those_at_hand_may_do(
    pretend: Callable[..., Pretended],
) -> None:
    from sigstore.errors import TUFError

    pretended = pretend(TUFError("no network"), None)
    assert [one.holds for one in online(1)] == [True]
    assert pretended.offline == [False, True]


def test_with_old_keys_a_refusal_is_a_silence(pretend: Callable[..., Pretended]) -> None:
    from sigstore.errors import TUFError

    pretend(TUFError("no network"), pypi_attestations.VerificationError("unknown key"))
    [signature] = online(1)
    assert (signature.holds, signature.unanswered) == (None, True)
    assert "unknown key" in signature.because


def test_a_crash_of_the_library_is_no_verdict(pretend: Callable[..., Pretended]) -> None:
    pretend(RuntimeError("odd"))
    [signature] = online(1)
    assert (signature.holds, signature.unanswered) == (None, False)
    assert "RuntimeError" in signature.because


def test_the_bytes_of_the_index_are_downloaded_where_none_are_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def verify(*arguments: Any) -> Signature:
        asked.append(arguments[-1])
        return Signature(None, "not asked")

    monkeypatch.setattr(attest._Trust, "verify", verify)
    with serving() as server, Web(2.0) as web:
        server.add("demo", Served(WHEEL, "1.0", b"other bytes"))
        address = IndexAddress("pypi", server.simple)
        url = f"{server.url}/files/{WHEEL}"
        shown = Shown(Plane.SIMPLE_JSON, State.PRESENT, (File(WHEEL, "1.0", url, size=11),))
        known = Facts("demo", "1.0", address, Wanted(), planes={Plane.SIMPLE_JSON: shown})
        with_signatures(IndexClient(address, web, {}), known, ProvenanceFacts((attested(),)))
        assert asked == [sha256(b"other bytes").hexdigest()]
        server.trouble["file"] = ["502"]
        told = with_signatures(IndexClient(address, web, {}), known, ProvenanceFacts((attested(),)))
        [signature] = told.files[0].signatures
        assert (signature.holds, signature.unanswered) == (None, True)


def test_a_library_that_lacks_something_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pypi_attestations, "Publisher")
    told = with_signatures(None, facts(wheel=b"x"), ProvenanceFacts((attested(),)))
    assert told.unverified == "this pypi-attestations has no Publisher"


def test_without_the_extra_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pypi_publish.release.attest.find_spec", lambda _: None)
    told = with_signatures(None, facts(wheel=b"x"), ProvenanceFacts((attested(),)))
    assert told.unverified == "pypi-attestations is not installed"
    assert told.files[0].signatures == ()
