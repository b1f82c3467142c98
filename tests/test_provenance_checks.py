"""What is made of attestations: tables of releases as they are, and as they are tampered with."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from attestation_maker import COMMIT, SLSA, Run, attestation, bundle, certificate, provenance
from attestation_maker import statement as stated
from provenance_sample import (
    FAIL,
    GITLAB,
    GOOGLE,
    OURS,
    PASS,
    RUN,
    SDIST,
    SKIP,
    UNKNOWN,
    WARN,
    WHEEL,
    answers,
    bare,
    expected,
    facts,
    file,
    parsed,
    signed,
    silent,
    statuses,
)
from pypi_publish.release import provenance_checks as checks
from pypi_publish.release.model import Facts, Mode
from pypi_publish.release.provenance import Attested, Signature
from pypi_publish.verdict import Status


@pytest.mark.parametrize(
    ("files", "report", "require"),
    [
        pytest.param([file(WHEEL), file(SDIST)], [PASS], [PASS], id="all"),
        pytest.param([bare(WHEEL), bare(SDIST)], [SKIP], [FAIL], id="none-as-with-a-token"),
        pytest.param([file(WHEEL), bare(SDIST)], [WARN], [FAIL], id="some"),
        pytest.param([silent(WHEEL), silent(SDIST)], [UNKNOWN], [UNKNOWN], id="silence"),
        pytest.param([file(WHEEL), silent(SDIST)], [UNKNOWN], [UNKNOWN], id="partly-silent"),
        pytest.param([], [SKIP], [SKIP], id="no-file"),
    ],
)
def test_all_files_have_attestations_or_none(
    files: list[Attested], report: list[Status], require: list[Status]
) -> None:
    assert statuses(checks.attestations, facts(*files)) == report
    assert statuses(checks.attestations, facts(*files, mode=Mode.REQUIRE)) == require


def test_a_silence_makes_the_run_incomplete() -> None:
    [verdict] = answers(checks.attestations, facts(silent(WHEEL), silent(SDIST)))
    assert verdict.unanswered
    assert WHEEL in verdict.because
    assert SDIST in verdict.because


def test_an_index_without_provenance_is_passed_over_unless_it_is_required() -> None:
    known = facts(supported=False)
    for check in ALL:
        assert statuses(check, known) == [SKIP]
    assert statuses(checks.attestations, facts(supported=False, mode=Mode.REQUIRE)) == [FAIL]


ALL = (
    checks.attestations,
    checks.attested_file,
    checks.attestation_certificate,
    checks.attestation_signature,
    checks.publisher_identity,
    checks.one_publisher,
    checks.publisher_history,
    checks.built_from_tag,
)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(replace(facts(), provenance=None), id="nothing-asked"),
        pytest.param(facts(mode=Mode.OFF), id="off"),
        pytest.param(facts(bare(), bare(SDIST)), id="token-upload"),
    ],
)
def test_where_there_is_nothing_to_judge_every_check_says_so(known: Facts) -> None:
    for check in ALL:
        assert set(statuses(check, known)) == {SKIP}


def test_a_silence_of_the_whole_family_leaves_the_run_incomplete() -> None:
    known = replace(facts(), provenance=None, silences={"provenance": "it broke"})
    for check in ALL:
        assert [verdict.unanswered for verdict in check(known)] == [True]


GOOD = stated(WHEEL, b"x")


@pytest.mark.parametrize(
    ("one", "status", "said"),
    [
        pytest.param(file(), PASS, "1 file", id="as-it-should-be"),
        pytest.param(
            signed(stated("Demo-1.0.0-py3-none-any.whl", b"x"), RUN.certificate),
            PASS,
            "1 file",
            id="another-spelling-of-the-name",
        ),
        pytest.param(
            signed(stated(WHEEL, b"y"), RUN.certificate), FAIL, "signed was", id="swapped-digest"
        ),
        pytest.param(
            signed(stated(SDIST, b"x"), RUN.certificate), FAIL, "speaks of", id="another-file"
        ),
        pytest.param(
            signed(stated("../x.whl", b"x"), RUN.certificate), FAIL, "speaks of", id="no-file-name"
        ),
        pytest.param(
            signed({**GOOD, "subject": GOOD["subject"] * 2}, RUN.certificate),
            FAIL,
            "2 files",
            id="two-subjects",
        ),
        pytest.param(
            signed({**GOOD, "subject": [{"name": WHEEL, "digest": {}}]}, RUN.certificate),
            FAIL,
            "no sha256",
            id="no-digest",
        ),
        pytest.param(replace(file(), sha256=None), UNKNOWN, "not known", id="index-without-sha256"),
        pytest.param(replace(file(), foreign=True), FAIL, "no file", id="of-another-release"),
    ],
)
def test_the_statement_speaks_of_the_file(one: Attested, status: Status, said: str) -> None:
    [verdict] = answers(checks.attested_file, facts(one))
    assert verdict.status is status
    assert said in verdict.because


def hollow(**changed: Any) -> Attested:
    """Return a file whose provenance lacks something."""
    told = provenance(WHEEL, b"x")
    [one] = told["attestation_bundles"]
    one.update(changed)
    return Attested(WHEEL, sha256(b"x").hexdigest(), parsed(told))


def test_a_publisher_without_an_attestation_is_no_proof() -> None:
    one = hollow(attestations=[])
    assert statuses(checks.attestations, facts(one)) == [WARN]
    assert statuses(checks.attestations, facts(one, mode=Mode.REQUIRE)) == [FAIL]
    assert statuses(checks.attested_file, facts(one)) == [UNKNOWN]
    assert statuses(checks.attestation_certificate, facts(one)) == [UNKNOWN]
    assert statuses(checks.attestation_signature, facts(one)) == [SKIP]
    assert statuses(checks.publisher_identity, facts(one, expected=expected(OURS))) == [PASS]


@pytest.mark.parametrize(
    ("envelope", "status"),
    [
        pytest.param({}, UNKNOWN, id="none"),
        pytest.param({"statement": "e30="}, FAIL, id="empty"),
        pytest.param({"statement": "bm8="}, FAIL, id="no-json"),
    ],
)
def test_a_statement_that_is_none(envelope: dict[str, str], status: Status) -> None:
    assert statuses(checks.attested_file, facts(hollow(attestations=[{"envelope": envelope}]))) == [
        status
    ]


def test_of_two_attestations_the_wrong_one_is_found() -> None:
    wrong = attestation(stated(WHEEL, b"y", SLSA), RUN.certificate)
    right = attestation(GOOD, RUN.certificate)
    whole = {"version": 1, "attestation_bundles": [bundle(RUN, right, wrong)]}
    one = Attested(WHEEL, sha256(b"x").hexdigest(), parsed(whole))
    assert statuses(checks.attested_file, facts(one)) == [FAIL]


@pytest.mark.parametrize(
    ("publisher", "owner", "status"),
    [
        pytest.param(RUN, RUN, PASS, id="github"),
        pytest.param(GITLAB, GITLAB, PASS, id="gitlab"),
        pytest.param(GOOGLE, GOOGLE, PASS, id="google"),
        pytest.param(replace(RUN, repository="Octo/Demo"), RUN, PASS, id="letters-of-the-name"),
        pytest.param(replace(RUN, environment=None), RUN, PASS, id="publisher-without-environment"),
        pytest.param(RUN, replace(RUN, environment=None), PASS, id="old-certificate"),
        pytest.param(replace(RUN, environment="PyPI"), RUN, PASS, id="letters-of-an-environment"),
        pytest.param(RUN, replace(RUN, repository="evil/demo"), FAIL, id="another-repository"),
        pytest.param(RUN, replace(RUN, repository="octo/demo2"), FAIL, id="longer-name"),
        pytest.param(RUN, replace(RUN, workflow="evil.yml"), FAIL, id="another-workflow"),
        pytest.param(RUN, replace(RUN, workflow="Release.yml"), FAIL, id="letters-of-a-workflow"),
        pytest.param(RUN, replace(RUN, environment="test"), FAIL, id="another-environment"),
        pytest.param(RUN, GITLAB, FAIL, id="another-forge"),
        pytest.param(GOOGLE, RUN, FAIL, id="google-and-github"),
        pytest.param(replace(GOOGLE, email="a@b.example"), GOOGLE, FAIL, id="another-account"),
        pytest.param(
            replace(GITLAB, workflow="sub/.gitlab-ci.yml"), GITLAB, FAIL, id="another-pipeline"
        ),
    ],
)
def test_the_certificate_is_that_of_the_publisher(
    publisher: Run, owner: Run, status: Status
) -> None:
    one = signed(GOOD, owner.certificate, publisher)
    assert statuses(checks.attestation_certificate, facts(one)) == [status]


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(certificate({}), id="of-nobody"),
        pytest.param(certificate({8: "https://token.actions.githubusercontent.com"}), id="no-name"),
    ],
)
def test_a_certificate_that_tells_nothing_is_not_judged(der: bytes) -> None:
    assert statuses(checks.attestation_certificate, facts(signed(GOOD, der))) == [UNKNOWN]


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"no certificate", id="no-certificate"),
        pytest.param(RUN.certificate[:-5], id="cut"),
    ],
)
def test_what_is_no_certificate_is_none_of_the_publisher(der: bytes) -> None:
    assert statuses(checks.attestation_certificate, facts(signed(GOOD, der))) == [FAIL]


def test_a_commit_that_no_certificate_names_is_not_shown() -> None:
    known = facts(signed(GOOD, b""), expected=expected(OURS, commit=COMMIT, asked="commit"))
    assert statuses(checks.publisher_identity, known) == [FAIL]


@pytest.mark.parametrize(
    ("elsewhere", "mode", "incomplete"),
    [
        pytest.param(False, Mode.REPORT, True, id="a-server-that-is-silent"),
        pytest.param(True, Mode.REPORT, False, id="a-mirror-that-points-away"),
        pytest.param(True, Mode.REQUIRE, True, id="a-mirror-where-it-is-required"),
    ],
)
def test_a_mirror_that_points_to_another_host_does_not_leave_the_run_incomplete(
    elsewhere: bool, mode: Mode, incomplete: bool
) -> None:
    known = facts(replace(silent(), elsewhere=elsewhere), mode=mode)
    [verdict] = answers(checks.attestations, known)
    assert (verdict.status, verdict.unanswered) == (UNKNOWN, incomplete)


def test_certificates_of_another_kind_of_publisher_are_not_judged() -> None:
    told = provenance(WHEEL, b"x")
    told["attestation_bundles"][0]["publisher"] = {"kind": "URL", "identity": "https://x.example"}
    one = Attested(WHEEL, sha256(b"x").hexdigest(), parsed(told))
    assert statuses(checks.attestation_certificate, facts(one)) == [UNKNOWN]


@pytest.mark.parametrize(
    ("signatures", "status", "incomplete"),
    [
        pytest.param([Signature(True, "verified")], PASS, False, id="holds"),  # noqa: FBT003
        pytest.param([Signature(False, "forged")], FAIL, False, id="forged"),  # noqa: FBT003
        pytest.param([Signature(None, "gave up")], UNKNOWN, False, id="could-not"),
        pytest.param([Signature(None, "no keys", unanswered=True)], UNKNOWN, True, id="silence"),
    ],
)
def test_what_came_of_verifying_is_told(
    signatures: list[Signature], status: Status, incomplete: bool
) -> None:
    one = replace(file(), signatures=tuple(signatures))
    [verdict] = answers(checks.attestation_signature, facts(one))
    assert (verdict.status, verdict.unanswered) == (status, incomplete)


def test_an_unverified_signature_is_told_plainly() -> None:
    reason = "pypi-attestations is not installed"
    [verdict] = answers(checks.attestation_signature, facts(file(), unverified=reason))
    assert verdict.status is SKIP
    assert "the signatures were not checked" in verdict.because
    assert "pypi-publish[attest]" in verdict.because
    known = facts(file(), unverified=reason, mode=Mode.REQUIRE)
    assert statuses(checks.attestation_signature, known) == [WARN]
