"""Certificates as Fulcio makes them, and bytes that are none."""

from contextlib import suppress

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from attestation_maker import COMMIT, FULCIO, Run, certificate, utf8
from pypi_publish.release.certificate import (
    SigningCertificate,
    UnreadableCertificate,
    read_certificate,
)


def test_a_run_of_github_is_read_whole() -> None:
    found = read_certificate(Run().certificate)
    config = "https://github.com/octo/demo/.github/workflows/release.yml@refs/tags/v1.0"
    assert found == SigningCertificate(
        issuer="https://token.actions.githubusercontent.com",
        repository="https://github.com/octo/demo",
        commit=COMMIT,
        ref="refs/tags/v1.0",
        build_config=config,
        trigger="push",
        environment="pypi",
        names=(config,),
    )
    assert found.kind == "GitHub"


def test_a_run_of_gitlab_names_the_path_of_its_pipeline() -> None:
    found = read_certificate(Run("GitLab", "group/sub/demo", ".gitlab-ci.yml").certificate)
    assert found.kind == "GitLab"
    assert found.build_config == "https://gitlab.com/group/sub/demo//.gitlab-ci.yml@refs/tags/v1.0"


def test_a_service_account_of_google_is_its_address() -> None:
    found = read_certificate(Run("Google").certificate)
    assert (found.kind, found.names) == ("Google", ("release@demo.iam.gserviceaccount.com",))
    assert found.repository == ""


def test_an_issuer_may_be_told_in_the_old_form_alone() -> None:
    assert read_certificate(certificate({1: "https://gitlab.com"})).kind == "GitLab"
    both = certificate({1: "https://gitlab.com", 8: "https://accounts.google.com"})
    assert read_certificate(both).kind == "Google"


def test_a_long_value_is_read() -> None:
    path = "https://github.com/octo/" + "x" * 1_000
    assert read_certificate(certificate({12: path})).repository == path


def test_extensions_of_others_are_passed_over() -> None:
    others = (("1.2.3.4", b"\xff"), (f"{FULCIO}8.1", utf8("x")), ("1.3.6.1.4.1.57264.2", b"x"))
    assert read_certificate(certificate({13: COMMIT}, more=others)).commit == COMMIT
    assert read_certificate(certificate({13: COMMIT, 24: "a subject"})).commit == COMMIT


def test_names_of_other_kinds_are_passed_over() -> None:
    names = (x509.DNSName("demo.example"), x509.RFC822Name("a@demo.example"))
    assert read_certificate(certificate({}, names)).names == ("a@demo.example",)


def _twice() -> bytes:
    """A certificate with one extension two times, which libraries refuse to make."""
    der = certificate({13: "a" * 20, 14: "b" * 20})
    old, new = (bytes((0x83, 0xBF, 0x30, 0x01, number)) for number in (14, 13))
    assert der.count(old) == 1
    return der.replace(old, new)


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x30", id="no-length"),
        pytest.param(b"\x30\x80\x00\x00", id="indefinite-length"),
        pytest.param(b"\x30\x85\x01\x00\x00\x00\x00", id="length-of-five-bytes"),
        pytest.param(b"\x3f\x81\x01\x00", id="long-tag"),
        pytest.param(b"\x30\x03\x02\x01\x01", id="no-certificate"),
        pytest.param(b"\x04\x02hi", id="other-type"),
        pytest.param(Run().certificate[:-1], id="cut"),
        pytest.param(Run().certificate + b"\x00\x00", id="more-behind-it"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n", id="pem"),
        pytest.param(b"\x30\x84\x00\x10\x00\x00" + bytes(1 << 20), id="too-large"),
        pytest.param(_twice(), id="an-extension-twice"),
        pytest.param(certificate({}, more=((f"{FULCIO}13", b"raw"),)), id="not-encoded"),
        pytest.param(certificate({}, more=((f"{FULCIO}13", b"\x0c\x01\xff"),)), id="not-utf-8"),
        pytest.param(certificate({13: "a\x1b[2J"}), id="control-characters"),
    ],
)
def test_other_bytes_are_refused(der: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        read_certificate(der)


@given(st.binary(max_size=300))
def test_whatever_the_bytes_the_answer_is_a_certificate_or_a_refusal(der: bytes) -> None:
    with suppress(UnreadableCertificate):
        assert isinstance(read_certificate(der), SigningCertificate)


@given(st.data())
def test_a_flipped_byte_never_crashes(data: st.DataObject) -> None:
    der = bytearray(_REAL)
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] ^= data.draw(st.integers(1, 255))
    with suppress(UnreadableCertificate):
        assert isinstance(read_certificate(bytes(der)), SigningCertificate)


_REAL = Run().certificate
