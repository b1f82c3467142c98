"""Provenance objects as they are sent, and what is none."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation_maker import COMMIT, SLSA, Run, attestation, bundle, provenance, statement
from pypi_publish.index.provenance import (
    LARGEST,
    Publisher,
    UnreadableProvenance,
    read_provenance_object,
)
from pypi_publish.release.certificate import read_certificate

WHEEL = "demo-1.0-py3-none-any.whl"
KEYS = [
    "version",
    "attestation_bundles",
    "publisher",
    "kind",
    "attestations",
    "envelope",
    "statement",
    "verification_material",
    "certificate",
]


def spelled(told: Any) -> bytes:
    return json.dumps(told).encode()


def test_a_provenance_object_of_pypi_is_read_whole() -> None:
    [one] = read_provenance_object(spelled(provenance(WHEEL, b"wheel"))).attestations
    assert one.publisher == Publisher("GitHub", "octo/demo", "release.yml", "pypi")
    assert one.predicate == "https://docs.pypi.org/attestations/publish/v1"
    [subject] = one.subjects
    assert (subject.name, len(subject.sha256 or "")) == (WHEEL, 64)
    assert read_certificate(one.certificate).commit == COMMIT


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            {"kind": "GitLab", "repository": "g/s/demo", "workflow_filepath": "ci/release.yml"},
            Publisher("GitLab", "g/s/demo", "ci/release.yml"),
            id="gitlab",
        ),
        pytest.param(
            {"kind": "GitLab", "repository": "g/demo"},
            Publisher("GitLab", "g/demo"),
            id="gitlab-of-2024-without-a-path",
        ),
        pytest.param(
            {"kind": "Google", "email": "a@b.iam.gserviceaccount.com"},
            Publisher("Google", email="a@b.iam.gserviceaccount.com"),
            id="google",
        ),
        pytest.param(
            {
                "kind": "GitHub",
                "repository": "octo/demo",
                "workflow": "release.yml",
                "environment": "",
                "claims": None,
            },
            Publisher("GitHub", "octo/demo", "release.yml"),
            id="empty-environment-and-old-claims",
        ),
        pytest.param(
            {"kind": "URL", "identity": "https://x.example", "environment": "prod"},
            Publisher("URL", environment="prod"),
            id="a-kind-of-another-index",
        ),
    ],
)
def test_publishers_of_every_kind_are_read(told: dict[str, Any], expected: Publisher) -> None:
    signed = attestation(statement(WHEEL, b"wheel"), Run().certificate)
    whole = {
        "version": 1,
        "attestation_bundles": [{"publisher": told, "attestations": [signed]}],
    }
    assert read_provenance_object(spelled(whole)).publishers == (expected,)


def test_two_attestations_of_one_file_have_one_publisher() -> None:
    run = Run()
    signed = [
        attestation(statement(WHEEL, b"wheel", predicate), run.certificate)
        for predicate in ("https://docs.pypi.org/attestations/publish/v1", SLSA)
    ]
    found = read_provenance_object(
        spelled({"version": 1, "attestation_bundles": [bundle(run, *signed)]})
    )
    assert [one.predicate for one in found.attestations][1] == SLSA
    assert len(found.publishers) == 1


def broken(change: Callable[[Any], None]) -> bytes:
    told = provenance(WHEEL, b"wheel")
    change(told)
    return spelled(told)


def first(told: Any) -> Any:
    return told["attestation_bundles"][0]["attestations"][0]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="not-utf-8"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"[]", id="a-list"),
        pytest.param(b"null", id="null"),
        pytest.param(spelled(provenance(WHEEL, b""))[:-20], id="cut"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b" " * (LARGEST + 1), id="too-large"),
        pytest.param(broken(lambda told: told.update(version=2)), id="version-2"),
        pytest.param(
            broken(lambda told: told["attestation_bundles"][0].update(publisher=None)),
            id="no-publisher",
        ),
        pytest.param(
            broken(lambda told: told["attestation_bundles"][0]["publisher"].update(kind=7)),
            id="kind-is-no-text",
        ),
        pytest.param(
            broken(lambda told: first(told)["verification_material"].update(certificate="%%%")),
            id="certificate-is-no-base64",
        ),
        pytest.param(
            broken(
                lambda told: told["attestation_bundles"][0].update(
                    attestations=[first(told)] * 1_000
                )
            ),
            id="a-thousand-attestations",
        ),
    ],
)
def test_what_is_no_provenance_object_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableProvenance) as refusal:
        read_provenance_object(body)
    assert 0 < len(str(refusal.value)) <= 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=12,
)


@given(JSON, st.data())
def test_whatever_is_put_into_it_the_answer_is_an_object_or_a_refusal(
    told: Any, data: st.DataObject
) -> None:
    body = provenance(WHEEL, b"wheel")
    place: Any = body
    for _ in range(data.draw(st.integers(0, 5))):
        inner = list(place.values()) if isinstance(place, dict) else place
        deeper = [one for one in inner if isinstance(one, dict | list) and one]
        place = data.draw(st.sampled_from(deeper)) if deeper else place
    where = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else [0]))
    place[where] = told
    with suppress(UnreadableProvenance):
        assert read_provenance_object(spelled(body)).publishers is not None


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        pytest.param("e30=", "_type: Field required", id="says-nothing"),
        pytest.param("bm8=", "it is no JSON", id="no-json"),
        pytest.param("", None, id="there-is-none"),
    ],
)
def test_a_statement_that_is_none_is_kept_as_a_flaw(statement: str, flaw: str | None) -> None:
    body = broken(lambda told: first(told)["envelope"].update(statement=statement))
    [one] = read_provenance_object(body).attestations
    assert one.subjects == ()
    assert (one.flaw or "").startswith(flaw or "nothing") if flaw else one.flaw is None


def test_a_publisher_may_be_named_without_an_attestation() -> None:
    body = broken(lambda told: told["attestation_bundles"][0].update(attestations=[]))
    found = read_provenance_object(body)
    assert found.attestations == ()
    assert [one.repository for one in found.publishers] == ["octo/demo"]
    assert read_provenance_object(b'{"version": 1, "attestation_bundles": []}').publishers == ()
