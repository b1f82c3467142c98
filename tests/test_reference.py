"""What the value of a `uses:` or an image means, as GitHub's runner takes it."""

import pytest

from pypi_publish.pins.reference import Action, Image, Invalid, Local, Unnamed, parse
from pypi_publish.workflow.model import UsedAs

SHA = "11bd71901bbe5b1630ceea73d27597364c9af683"
DIGEST = "sha256:" + "0a" * 32

STEP, JOB = UsedAs.STEP, UsedAs.JOB
CONTAINER, SERVICE, ACTION_IMAGE = UsedAs.CONTAINER, UsedAs.SERVICE, UsedAs.ACTION_IMAGE


@pytest.mark.parametrize(
    ("text", "name", "ref"),
    [
        pytest.param("actions/checkout@v4", "actions/checkout", "v4", id="a-tag"),
        pytest.param(f"actions/checkout@{SHA}", "actions/checkout", SHA, id="a-commit"),
        pytest.param("actions/cache/save@v4", "actions/cache/save", "v4", id="a-path"),
        pytest.param("a/b/c/d/e@v1", "a/b/c/d/e", "v1", id="a-deep-path"),
        pytest.param("a/b@feature/x", "a/b", "feature/x", id="a-branch-with-a-slash"),
        pytest.param("a/b@refs/heads/main", "a/b", "refs/heads/main", id="a-whole-ref"),
        pytest.param("a/b@${{ inputs.ref }}", "a/b", "${{ inputs.ref }}", id="an-expression"),
        pytest.param("a/b@v1#c", "a/b", "v1#c", id="a-hash-in-the-ref"),
        pytest.param("a//b@v1", "a/b", "v1", id="an-empty-part-is-passed-over"),
        pytest.param("/a/b/@v1", "a/b", "v1", id="slashes-around-it-too"),
        pytest.param(r"a\b\c@v1", "a/b/c", "v1", id="backslashes-as-on-windows"),
        pytest.param(" a/b@v1 ", "a/b", "v1", id="spaces-around-it"),
        pytest.param("a.b-c/d_e.f@v1", "a.b-c/d_e.f", "v1", id="all-letters-of-a-name"),
        pytest.param("a../.b@v1", "a../.b", "v1", id="dots-are-letters-of-a-name"),
    ],
)
@pytest.mark.parametrize("used_as", [STEP, JOB])
def test_an_action_has_a_repository_and_a_ref(
    text: str, name: str, ref: str, used_as: UsedAs
) -> None:
    reference = parse(text, used_as)
    assert isinstance(reference, Action)
    assert (reference.name, reference.ref) == (name, ref)
    assert reference.slug == "/".join(name.split("/")[:2])


@pytest.mark.parametrize(
    ("ref", "commit", "short"),
    [
        pytest.param(SHA, True, False, id="whole"),
        pytest.param(SHA.upper(), True, False, id="upper-case"),
        pytest.param(SHA[:20].upper() + SHA[20:], True, False, id="mixed-case"),
        pytest.param("0" * 40, True, False, id="all-digits"),
        pytest.param(SHA[:39], False, True, id="one-digit-short"),
        pytest.param(SHA + "0", False, False, id="one-digit-long"),
        pytest.param(SHA[:39] + "g", False, False, id="one-letter-that-is-no-digit"),
        pytest.param(SHA[:7], False, True, id="seven-digits"),
        pytest.param(SHA[:6], False, False, id="six-digits"),
        pytest.param("ab" * 32, False, False, id="of-another-hash"),
        pytest.param("deadbeef", False, False, id="a-word-of-such-letters"),
        pytest.param("deadbee1", False, True, id="and-a-digit"),
        pytest.param(f"{SHA}#v6", False, False, id="a-comment-without-its-space"),
        pytest.param(f"refs/{SHA}", False, False, id="behind-refs"),
        pytest.param(
            "\N{ARABIC-INDIC DIGIT ZERO}" * 40, False, False, id="digits-of-another-script"
        ),
    ],
)
def test_only_forty_hexadecimal_digits_are_a_commit(ref: str, commit: bool, short: bool) -> None:
    reference = parse(f"a/b@{ref}", STEP)
    assert isinstance(reference, Action)
    assert (reference.is_commit, reference.looks_like_short_commit) == (commit, short)


@pytest.mark.parametrize(
    ("text", "used_as"),
    [
        pytest.param("./", STEP, id="the-repository-itself"),
        pytest.param("./.github/actions/a", STEP, id="an-action"),
        pytest.param("./a@b", STEP, id="an-at-is-part-of-a-path"),
        pytest.param(r".\a", STEP, id="a-backslash"),
        pytest.param("./${{ matrix.path }}", STEP, id="an-expression-in-the-path"),
        pytest.param("./.github/workflows/a.yml", JOB, id="a-workflow"),
        pytest.param("$/.github/actions/a", STEP, id="of-the-running-commit"),
        pytest.param("$/.github/workflows/a.yml", JOB, id="a-workflow-of-the-running-commit"),
        pytest.param("Dockerfile", ACTION_IMAGE, id="a-dockerfile"),
        pytest.param("docker/Dockerfile", ACTION_IMAGE, id="a-dockerfile-below"),
        pytest.param("../Dockerfile.alpine", ACTION_IMAGE, id="a-dockerfile-with-an-ending"),
        pytest.param("test.Dockerfile", ACTION_IMAGE, id="a-dockerfile-with-a-beginning"),
        pytest.param("dockerfile", ACTION_IMAGE, id="a-dockerfile-in-lower-case"),
    ],
)
def test_what_is_of_the_same_repository_is_local(text: str, used_as: UsedAs) -> None:
    assert parse(text, used_as) == Local(text)


@pytest.mark.parametrize(
    ("text", "used_as", "name", "digest"),
    [
        pytest.param("docker://alpine:3", STEP, "alpine:3", False, id="of-a-step"),
        pytest.param(f"docker://a@{DIGEST}", STEP, f"a@{DIGEST}", True, id="of-a-step-pinned"),
        pytest.param("alpine", CONTAINER, "alpine", False, id="of-a-container"),
        pytest.param("docker://alpine", CONTAINER, "alpine", False, id="with-the-prefix"),
        pytest.param(f"a:3@{DIGEST}", SERVICE, f"a:3@{DIGEST}", True, id="tag-and-digest"),
        pytest.param(f"r.io:80/a/b@{DIGEST}", SERVICE, f"r.io:80/a/b@{DIGEST}", True, id="port"),
        pytest.param("docker://alpine", ACTION_IMAGE, "alpine", False, id="of-an-action"),
        pytest.param("DOCKER://alpine", ACTION_IMAGE, "alpine", False, id="there-in-upper-case"),
        pytest.param("a@sha256:0a0a", CONTAINER, "a@sha256:0a0a", False, id="too-few-digits"),
        pytest.param(f"a@{DIGEST}0", CONTAINER, f"a@{DIGEST}0", False, id="too-many-digits"),
        pytest.param(f"a@{DIGEST}:3", CONTAINER, f"a@{DIGEST}:3", False, id="a-tag-behind"),
        pytest.param(f"a:{DIGEST}", CONTAINER, f"a:{DIGEST}", False, id="no-at-before-it"),
        pytest.param("a@v1", CONTAINER, "a@v1", False, id="an-at-makes-no-digest"),
        pytest.param(f"a@sha512:{'0' * 128}", SERVICE, f"a@sha512:{'0' * 128}", True, id="sha512"),
        pytest.param("${{ matrix.i }}", CONTAINER, "${{ matrix.i }}", False, id="an-expression"),
        pytest.param(f"${{{{a}}}}@{DIGEST}", SERVICE, f"${{{{a}}}}@{DIGEST}", True, id="pinned"),
    ],
)  # fmt: skip
def test_an_image_is_pinned_by_its_digest_alone(
    text: str, used_as: UsedAs, name: str, digest: bool
) -> None:
    assert parse(text, used_as) == Image(name, digest)


@pytest.mark.parametrize(
    "text",
    [
        "${{ matrix.action }}", "${{ matrix.owner }}/checkout@v4", "actions/${{ a }}@v4",
        f"actions/${{{{ a }}}}@{SHA}", "a/b@${{ c }}@d", "a/b@v${{ '@' }}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("used_as", [STEP, JOB])
def test_an_expression_in_the_place_of_a_name_names_nothing(text: str, used_as: UsedAs) -> None:
    assert parse(text, used_as) == Unnamed(text)


@pytest.mark.parametrize(
    ("text", "used_as", "reason"),
    [
        pytest.param("actions/checkout", STEP, "no @ref", id="no-ref"),
        pytest.param("actions/checkout@", STEP, "no @ref", id="an-empty-ref"),
        pytest.param("", STEP, "no @ref", id="nothing"),
        pytest.param(f"a/b@{SHA}@v4", STEP, "more than one @", id="two-refs"),
        pytest.param("checkout@v4", STEP, "owner/repository@ref", id="no-owner"),
        pytest.param("/checkout@v4", STEP, "owner/repository@ref", id="an-empty-owner"),
        pytest.param("@v4", STEP, "owner/repository@ref", id="no-name"),
        pytest.param("\N{CYRILLIC SMALL LETTER A}/b@v4", STEP, "not the name", id="cyrillic"),
        pytest.param("a b/c@v4", STEP, "not the name of a repository", id="a-space-in-a-name"),
        pytest.param("../b@v4", STEP, "not the name of a repository", id="up-a-folder"),
        pytest.param("a/.@v4", STEP, "not the name of a repository", id="this-folder"),
        pytest.param("https://github.com/a/b@v4", STEP, "not the name", id="an-address"),
        pytest.param("Docker://alpine", STEP, "no @ref", id="a-prefix-in-upper-case"),
        pytest.param("docker://", STEP, "no image", id="no-image"),
        pytest.param(f"docker://@{DIGEST}", STEP, "no image", id="a-digest-of-nothing"),
        pytest.param("docker://", SERVICE, "no image", id="no-image-of-a-service"),
        pytest.param("docker://alpine", JOB, "no @ref", id="an-image-in-the-place-of-a-workflow"),
        pytest.param("$/a@v4", STEP, "takes no @ref", id="a-ref-at-the-running-commit"),
        pytest.param(f"$/a@{SHA}", JOB, "takes no @ref", id="a-commit-at-the-running-commit"),
        pytest.param("./.github/workflows/a.yml@v4", JOB, "takes no @ref", id="a-local-workflow"),
        pytest.param(r".\.github\workflows\a.yml", JOB, "no @ref", id="backslashes-of-a-workflow"),
        pytest.param(".github/actions/a", STEP, "no @ref", id="a-path-without-its-dot"),
        pytest.param("../a", STEP, "no @ref", id="a-path-upwards"),
        pytest.param("$.github/a", STEP, "no @ref", id="a-dollar-without-its-slash"),
        pytest.param("alpine:3", ACTION_IMAGE, "neither a Dockerfile", id="an-image-of-an-action"),
        pytest.param("Dockerfiles/a", ACTION_IMAGE, "neither a Dockerfile", id="another-file"),
        pytest.param("", ACTION_IMAGE, "neither a Dockerfile", id="no-image-of-an-action"),
    ],
)  # fmt: skip
def test_what_github_refuses_is_invalid_and_says_why(
    text: str, used_as: UsedAs, reason: str
) -> None:
    reference = parse(text, used_as)
    assert isinstance(reference, Invalid)
    assert reason in reference.reason
