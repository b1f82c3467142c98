"""Tags read as versions: which product, which release, which goes before which."""

import pytest

from pypi_publish.pins.versions import fullest, releases, version_of


@pytest.mark.parametrize(
    ("tag", "prefix", "numbers", "suffix"),
    [
        pytest.param("v4", "", (4,), "", id="major"),
        pytest.param("4.2", "", (4, 2), "", id="two-numbers"),
        pytest.param("V4.2.2", "", (4, 2, 2), "", id="upper-case"),
        pytest.param("1.2.3.4", "", (1, 2, 3, 4), "", id="four-numbers"),
        pytest.param("v2.0.0-rc.1", "", (2, 0, 0), "-rc.1", id="a-pre-release"),
        pytest.param("v2.0.0rc1", "", (2, 0, 0), "rc1", id="a-pre-release-of-python"),
        pytest.param("v2.0.0-1", "", (2, 0, 0), "-1", id="a-number-behind-a-dash"),
        pytest.param("v2.0.0+build.5", "", (2, 0, 0), "+build.5", id="a-build"),
        pytest.param("codeql-bundle-v2.19.0", "codeql-bundle-", (2, 19, 0), "", id="a-product"),
        pytest.param("predicate@1.1.4", "predicate@", (1, 1, 4), "", id="a-package-of-node"),
        pytest.param("cli/v2.3", "cli/", (2, 3), "", id="a-module-of-go"),
        pytest.param("foo_v1", "foo_", (1,), "", id="an-underscore"),
        pytest.param("py3-none-1.2", "py3-none-", (1, 2), "", id="a-digit-in-the-product"),
        pytest.param("release/v1", "release/", (1,), "", id="a-branch-of-releases"),
        pytest.param("2024-01-15", "", (2024,), "-01-15", id="a-date"),
        pytest.param("v4.x", "", (4,), ".x", id="a-line-of-releases"),
        pytest.param("1.2.3.post1", "", (1, 2, 3), ".post1", id="a-post-release"),
    ],
)
def test_a_tag_is_a_product_its_numbers_and_the_rest(
    tag: str, prefix: str, numbers: tuple[int, ...], suffix: str
) -> None:
    version = version_of(tag)
    assert version
    assert (version.tag, version.prefix, version.numbers, version.suffix) == (
        tag,
        prefix,
        numbers,
        suffix,
    )


@pytest.mark.parametrize(
    "tag",
    [
        "main",
        "latest",
        "",
        "v",
        "vX",
        "r4x",
        "nightly-",
        "release/",
        "٣",
        "v٣",
        "1..2",
        ".1",
        "v 1",
    ],
)
def test_a_word_is_no_version(tag: str) -> None:
    assert version_of(tag) is None


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("v" + "9" * 5_000, id="a-number-that-python-refuses"),
        pytest.param("v1." + "1." * 5_000 + "1", id="thousands-of-numbers"),
        pytest.param("a-" * 5_000 + "1", id="a-long-product"),
        pytest.param("v1-" + "9" * 5_000, id="a-long-rest"),
    ],
)
def test_an_endless_tag_is_no_version(tag: str) -> None:
    assert version_of(tag) is None


def test_a_rest_of_many_digits_has_a_rank() -> None:
    version = version_of("v1.2.3-" + "9" * 150)
    assert version
    assert version.rank[2] == ((int("9" * 150), ""),)


@pytest.mark.parametrize(
    ("tag", "is_pre_release"),
    [
        pytest.param(tag, True, id=tag)
        for tag in (
            "v1.0.0-rc.1", "v1.0.0rc1", "v1.0.0-alpha", "v1.0.0-beta.2", "v1.0.0-beta2",
            "1.0.0a1", "1.0.0b2", "1.0.0.dev0", "1.0.0-pre", "1.0.0-preview.3", "v1-next.1",
            "1.0.0-SNAPSHOT", "v1.0.0-canary.5", "v1.0.0-nightly.20240101",
        )
    ]
    + [
        pytest.param(tag, False, id=tag)
        for tag in (
            "v1.0.0", "v1.0.0-1", "v1.0.0.post1", "v1-cached", "v1.0.0+build", "v1-node20",
            "v1.0.0-alpine", "v1.0.0-bookworm", "v1.0.0-deb", "2024-01-15",
        )
    ],
)  # fmt: skip
def test_a_pre_release_is_told_from_a_variant(tag: str, is_pre_release: bool) -> None:
    version = version_of(tag)
    assert version
    assert version.is_pre_release is is_pre_release


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        pytest.param("v4", "v4.2.2", True, id="a-major-and-its-release"),
        pytest.param("4.2", "v4.2.2", True, id="a-minor-and-its-release"),
        pytest.param("v4.2.2", "4.2.2", True, id="with-and-without-v"),
        pytest.param("v4", "v5", False, id="two-majors"),
        pytest.param("v4", "v5.0.1", False, id="another-major"),
        pytest.param("v4.1", "v4.2.2", False, id="another-minor"),
        pytest.param("v4.2.1", "v4.2.2", False, id="another-release"),
        pytest.param("v1.2", "v1.2.0", True, id="a-zero-left-out"),
        pytest.param("v1.2.3", "v1.2.3.0", True, id="a-fourth-zero"),
        pytest.param("v1.2.3", "v1.2.3.1", False, id="a-fourth-number"),
        pytest.param("v1.2.3", "v1.2.3-rc.1", False, id="a-release-and-its-candidate"),
        pytest.param("v1", "v1.2.3-rc.1", True, id="a-major-and-a-candidate"),
        pytest.param("v1.2.3-rc.1", "v1.2.3-rc.2", False, id="two-candidates"),
        pytest.param("a-v1.0.0", "b-v1.0.0", False, id="two-products"),
        pytest.param("a-v1.0.0", "A-v1.0.0", True, id="one-product-spelled-two-ways"),
        pytest.param("v1.0.0", "a-v1.0.0", True, id="a-product-left-out"),
        pytest.param("v10", "v1", False, id="digits-are-not-numbers"),
    ],
)
def test_two_versions_agree_where_one_commit_can_be_both(one: str, other: str, agree: bool) -> None:
    first, second = version_of(one), version_of(other)
    assert first
    assert second
    assert first.agrees_with(second) is agree
    assert second.agrees_with(first) is agree


@pytest.mark.parametrize(
    "ordered",
    [
        ["v1", "v1.0", "v1.0.0", "v1.0.1", "v1.1", "v2"],
        ["v1.9.0", "v1.10.0"],
        ["v1.0.0-alpha.1", "v1.0.0-beta.1", "v1.0.0-rc.1", "v1.0.0-rc.2", "v1.0.0-rc.10", "v1.0.0"],
        ["2023-12-31", "2024-01-15", "2024-02-01"],
    ],
    ids=["numbers", "not-digits", "pre-releases", "dates"],
)
def test_versions_have_an_order(ordered: list[str]) -> None:
    versions = [version for tag in reversed(ordered) if (version := version_of(tag))]
    assert [version.tag for version in sorted(versions, key=lambda item: item.rank)] == ordered


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(["v4", "v4.2.2", "v4.2"], "v4.2.2", id="the-one-that-says-most"),
        pytest.param(["v4", "main"], "v4", id="words-do-not-count"),
        pytest.param(["v4.0.0-rc.1", "v4"], "v4", id="a-release-before-its-candidate"),
        pytest.param(["v4.0.0-rc.1", "v4.0.0-rc.2"], "v4.0.0-rc.2", id="the-later-candidate"),
        pytest.param(["v4.2.2", "v5.0.0"], "v5.0.0", id="the-later-release"),
        pytest.param(["main", "latest"], None, id="none"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_the_fullest_name_of_a_commit(tags: list[str], expected: str | None) -> None:
    version = fullest(tags)
    assert (version.tag if version else None) == expected


@pytest.mark.parametrize(
    ("tags", "like", "expected"),
    [
        pytest.param(["v1.9.0", "v1.10.0"], None, ["v1.10.0", "v1.9.0"], id="newest-first"),
        pytest.param(["v1", "v1.0.0", "v1.0"], None, ["v1.0.0"], id="names-that-move-are-none"),
        pytest.param(["v1", "v2"], None, ["v2", "v1"], id="unless-there-are-no-others"),
        pytest.param(["v1.0.0", "v1.1.0-rc.1", "v1.0.0-deb"], None, ["v1.0.0"], id="no-variants"),
        pytest.param(["a-v1.0.0", "v2.0.0", "b-v3"], "a-v0.1.0", ["a-v1.0.0"], id="one-product"),
        pytest.param(["a-v1.0.0", "v2.0.0"], "v1.0.0", ["v2.0.0"], id="the-one-without-a-name"),
        pytest.param(["main"], None, [], id="none"),
    ],
)  # fmt: skip
def test_the_releases_of_a_product(tags: list[str], like: str | None, expected: list[str]) -> None:
    found = releases(tags, version_of(like) if like else None)
    assert [version.tag for version in found] == expected
