"""What is made of publishers: whom a release should be from, and whom it was from before."""

from dataclasses import replace

import pytest

from attestation_maker import COMMIT, Run
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
    silent,
    statuses,
)
from pypi_publish.release import provenance_checks as checks
from pypi_publish.release.identity import Expected, Identity, Surroundings
from pypi_publish.release.provenance import Attested
from pypi_publish.verdict import Status


@pytest.mark.parametrize(
    ("run", "wanted", "status"),
    [
        pytest.param(RUN, expected(OURS), PASS, id="ours"),
        pytest.param(
            replace(RUN, repository="OCTO/demo"), expected(OURS), PASS, id="other-letters"
        ),
        pytest.param(replace(RUN, repository="evil/demo"), expected(OURS), FAIL, id="another"),
        pytest.param(
            RUN,
            expected(replace(OURS, repository="evil/demo"), OURS),
            PASS,
            id="one-of-two-will-do",
        ),
        pytest.param(replace(RUN, workflow="other.yml"), expected(OURS), FAIL, id="other-workflow"),
        pytest.param(RUN, expected(Identity(repository="octo/demo")), PASS, id="repository-alone"),
        pytest.param(
            RUN, expected(Identity(environment="PyPI"), asked="environment"), PASS, id="environment"
        ),
        pytest.param(
            RUN, expected(Identity(environment="test"), asked="environment"), FAIL, id="other-env"
        ),
        pytest.param(
            replace(RUN, environment=None),
            expected(Identity(environment="pypi"), asked="environment"),
            FAIL,
            id="environment-is-not-told",
        ),
        pytest.param(
            replace(RUN, environment=None), expected(OURS), PASS, id="environment-was-not-asked-for"
        ),
        pytest.param(
            replace(GITLAB, environment="Prod"),
            expected(Identity(environment="prod"), asked="environment"),
            FAIL,
            id="letters-of-an-environment-on-gitlab",
        ),
        pytest.param(GITLAB, expected(OURS), FAIL, id="another-forge"),
        pytest.param(GOOGLE, expected(OURS), FAIL, id="a-service-account"),
        pytest.param(
            GOOGLE,
            expected(Identity(repository="octo/demo"), asked="repository"),
            FAIL,
            id="a-service-account-tells-no-repository",
        ),
        pytest.param(RUN, expected(commit=COMMIT[:10], asked="commit"), PASS, id="commit"),
        pytest.param(RUN, expected(commit="f" * 40, asked="commit"), FAIL, id="other-commit"),
        pytest.param(
            GOOGLE, expected(commit=COMMIT, asked="commit"), FAIL, id="commit-is-not-told"
        ),
    ],
)
def test_who_published_is_whom_it_should_be(run: Run, wanted: Expected, status: Status) -> None:
    known = facts(file(run=run), file(SDIST, run), expected=wanted)
    assert statuses(checks.publisher_identity, known) == [status]


def test_an_older_release_may_come_from_a_workflow_that_is_gone() -> None:
    run = replace(RUN, workflow="old.yml")
    older = facts(file(run=run), expected=expected(OURS), version="1.0")
    assert statuses(checks.publisher_identity, older) == [WARN]
    asked = expected(OURS, asked="workflow")
    assert statuses(
        checks.publisher_identity, facts(file(run=run), expected=asked, version="1.0")
    ) == [FAIL]
    stranger = facts(
        file(run=replace(RUN, repository="evil/demo")), expected=expected(OURS), version="1.0"
    )
    assert statuses(checks.publisher_identity, stranger) == [FAIL]


def test_what_was_asked_for_and_cannot_be_shown_fails() -> None:
    wanted = expected(Identity(repository="octo/demo"), asked="repository")
    assert statuses(checks.publisher_identity, facts(bare(), expected=wanted)) == [FAIL]
    assert statuses(checks.publisher_identity, facts(bare(), expected=expected(OURS))) == [SKIP]
    assert statuses(checks.publisher_identity, facts(silent(), expected=wanted)) == [UNKNOWN]
    mixed = facts(file(), bare(SDIST), expected=wanted)
    assert statuses(checks.publisher_identity, mixed) == [FAIL]


def test_where_nothing_says_whom_to_expect_nothing_is_compared() -> None:
    assert statuses(checks.publisher_identity, facts(file())) == [SKIP]
    here = Surroundings(silences=("git is not installed",))
    assert statuses(checks.publisher_identity, facts(file(), here=here)) == [UNKNOWN]


@pytest.mark.parametrize(
    ("second", "status"),
    [
        pytest.param(RUN, PASS, id="the-same"),
        pytest.param(replace(RUN, repository="Octo/demo"), PASS, id="other-letters"),
        pytest.param(replace(RUN, workflow="wheels.yml"), WARN, id="another-workflow"),
        pytest.param(replace(RUN, commit="f" * 40), WARN, id="another-commit"),
        pytest.param(replace(RUN, repository="evil/demo"), FAIL, id="another-repository"),
        pytest.param(GITLAB, FAIL, id="another-forge"),
    ],
)
def test_all_files_come_from_one_publisher(second: Run, status: Status) -> None:
    known = facts(file(WHEEL), file(SDIST, second))
    assert statuses(checks.one_publisher, known) == [status]


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        pytest.param([file(SDIST)], [file()], PASS, id="the-same"),
        pytest.param(
            [file(SDIST)], [file(run=replace(RUN, commit="f" * 40))], PASS, id="another-commit"
        ),
        pytest.param([file(SDIST)], [file(run=replace(RUN, repository="a/b"))], WARN, id="moved"),
        pytest.param([file(SDIST)], [file(run=replace(RUN, workflow="b.yml"))], WARN, id="renamed"),
        pytest.param([file(SDIST)], [bare()], WARN, id="lost"),
        pytest.param([file(SDIST)], [silent()], UNKNOWN, id="not-answered"),
        pytest.param([silent(SDIST)], [file()], UNKNOWN, id="before-not-answered"),
        pytest.param([bare(SDIST)], [file()], PASS, id="gained"),
        pytest.param([bare(SDIST)], [bare()], SKIP, id="never-had"),
    ],
)
def test_the_publisher_is_compared_with_that_of_the_release_before(
    before: list[Attested], now: list[Attested], status: Status
) -> None:
    known = facts(*now, before="0.9", files_before=tuple(before))
    assert statuses(checks.publisher_history, known) == [status]


def test_a_first_release_has_nobody_to_be_compared_with() -> None:
    assert statuses(checks.publisher_history, facts(file())) == [SKIP]


@pytest.mark.parametrize(
    ("ref", "tags", "status"),
    [
        pytest.param("refs/tags/v1.0", {}, PASS, id="the-tag-of-the-version"),
        pytest.param("refs/tags/1.0.0", {}, PASS, id="another-spelling"),
        pytest.param("refs/tags/nightly", {}, PASS, id="a-tag-without-a-version"),
        pytest.param("refs/tags/v0.9", {}, WARN, id="the-tag-of-another-version"),
        pytest.param("refs/heads/main", {}, SKIP, id="a-branch"),
        pytest.param("", {}, SKIP, id="not-told"),
        pytest.param("refs/tags/v1.0", {"v1.0": COMMIT}, PASS, id="the-same-commit-here"),
        pytest.param("refs/tags/v1.0", {"v1.0": "f" * 40}, WARN, id="another-commit-here"),
        pytest.param("refs/heads/main", {"v1.0": "f" * 40}, WARN, id="branch-beside-the-tag"),
        pytest.param(
            "refs/tags/v1.0", {"v1.0": COMMIT, "1.0": "f" * 40}, PASS, id="one-of-two-tags"
        ),
        pytest.param("refs/tags/v1.0", {"other-v1.0": "f" * 40}, PASS, id="of-another-project"),
    ],
)
def test_the_commit_is_that_of_the_tag(ref: str, tags: dict[str, str], status: Status) -> None:
    run = replace(RUN, ref=ref)
    known = facts(file(run=run), file(SDIST, run), here=Surroundings(tags=tags))
    assert statuses(checks.built_from_tag, known) == [status]


def test_many_files_with_one_answer_are_one_verdict() -> None:
    evil = replace(RUN, repository="evil/demo")
    files = [file(f"demo-1.0-cp3{minor}-none-any.whl", evil) for minor in range(20)]
    [verdict] = answers(checks.publisher_identity, facts(*files, expected=expected(OURS)))
    assert "and 15 more" in verdict.because
    assert "repository evil/demo instead of octo/demo" in verdict.because
