"""What a comment beside a pin states: its version, and which findings to leave out."""

import time

import pytest

from pypi_publish.pins.comment import Ignore, ignores_in, stated_version

STATED = {
    # as people and tools write it
    "# v4": "v4",
    "# V4": "V4",
    "#v4": "v4",
    "## v4": "v4",
    "#\tv4\t": "v4",
    "# 4": "4",
    "# 4.2": "4.2",
    "# 4.2.2": "4.2.2",
    "# v4.2.2": "v4.2.2",
    "# tag=v4.2.2": "v4.2.2",
    "# tag: v4.2.2": "v4.2.2",
    "# tag: 4.2": "4.2",
    "# tags/v4": "v4",
    "# refs/tags/v4.2.2": "v4.2.2",
    "# pin@v4.2.2": "v4.2.2",
    "# pin 4": "4",
    "# pinned to v4.2.2": "v4.2.2",
    "# pinned at v4": "v4",
    "# version 4.2.2": "4.2.2",
    "# version: v4": "v4",
    "# release v4.2.2": "v4.2.2",
    "# ref: v4": "v4",
    "# frozen: v4.5.0": "v4.5.0",
    "# @v4": "v4",
    "# (v4.2.2)": "v4.2.2",
    '# "v4"': "v4",
    "# ratchet:owner/repo@v4.2.2": "v4.2.2",
    "# ratchet:owner/repo/path@4": "4",
    "# ratchet:github/codeql-action/init@codeql-bundle-v2.19.0": "codeql-bundle-v2.19.0",
    "# actions/checkout@v4.2.2": "v4.2.2",
    "# actions/checkout v4.2.2": "v4.2.2",
    "# actions/checkout 4.2.2": "4.2.2",
    "# renovate: tag=v4.2.2": "v4.2.2",
    "# renovate: v4": "v4",
    # all kinds of tags
    "# 1.2.3.4": "1.2.3.4",
    "# v2.0.0-rc.1": "v2.0.0-rc.1",
    "# v2.0.0rc1": "v2.0.0rc1",
    "# 4.2rc1": "4.2rc1",
    "# 1.2.3-beta.1": "1.2.3-beta.1",
    "# 1.2.3+build.5": "1.2.3+build.5",
    "# v4.2.2-1": "v4.2.2-1",
    "# v1234": "v1234",
    "# v20240101": "v20240101",
    "# v2024-01-15": "v2024-01-15",
    "# 2024.1.15": "2024.1.15",
    "# codeql-bundle-v2.19.0": "codeql-bundle-v2.19.0",
    "# predicate@1.1.4": "predicate@1.1.4",
    "# cli/v2.3": "cli/v2.3",
    "# foo_v1.2": "foo_v1.2",
    "# release-1.2": "release-1.2",
    "# release/v1.2.3": "release/v1.2.3",
    # with something behind it
    "# v4.2.2.": "v4.2.2",
    "# v4.2.2, see the notes": "v4.2.2",
    "# v4.2.2: the last one": "v4.2.2",
    "# v4.2.2 (2024-01-01)": "v4.2.2",
    "# v4.2.2(latest)": "v4.2.2",
    "# 4 (latest)": "4",
    "# 4.2 - see #12": "4.2",
    "# v4 beta channel": "v4",
    "# v4.2.2 and not v5": "v4.2.2",
    "# v4.2.2 \N{RIGHTWARDS ARROW} v5": "v4.2.2",
    # several remarks
    "# zizmor: ignore[artipacked] v4.2.2": "v4.2.2",
    "# zizmor: ignore[artipacked,excessive-permissions] # v4.2.2": "v4.2.2",
    "# zizmor: ignore[artipacked] -- v4.2": "v4.2",
    "# zizmor: ignore[artipacked]: tag=v4": "v4",
    "# v4 # zizmor: ignore[artipacked]": "v4",
    "# v4 zizmor: ignore[artipacked]": "v4",
    "# see the docs # v4": "v4",
    "# check-action-pins: ignore[several-commits] v4.2.2 has the old API": "v4.2.2",
    "# check-action-pins: ignore[several-commits] old API # v4.2.2": "v4.2.2",
}  # fmt: skip

NOT_STATED = [
    # words
    "#", "# ", "# v", "# latest", "# version", "# tag", "# three", "# nosec",
    # branches
    "# main", "# master", "# release/v1", "# releases/v1", "# releases/4.2", "# heads/v1",
    "# origin/v1", "# foo/v1", "# v4.x", "# 4.x", "# v4.*", "# actions/checkout@main",
    "# ratchet:actions/checkout@release/v1", "# ratchet:exclude",
    # numbers of something else
    "# see 1234", "# 1234", "# 123", "# #123", "# see #123", "# issue 123", "# issue-1234",
    "# GH-1234", "# see issue # 12", "# org/repo#123", "# org/repo 12", "# CVE-2024-1234",
    "# step-2", "# 1/2",
    "# 3 of 4", "# 10 minutes", "# 2nd attempt", "# 4x", "# 4x faster", "# 1.5x", "# 50% faster",
    "# 12:30", "# at 10:30", "# 4 reasons to pin it", "# RFC 9110", "# x86_64", "# node20",
    "# node 20",
    # dates
    "# 2024-01-15", "# 2024-01", "# 20240115", "# 15.01.2024", "# pinned on 2024-01-15",
    # versions of something else
    "# for python 3.12", "# python 3.12", "# Python 3.12.1", "# py3.12", "# python-3.12",
    "# ubuntu-24.04", "# needs 4.2.2", "# was v3", "# for v4 only", "# TODO: update to v5",
    "# 3.12 is what we need", "# version 3.12 of python", "# >=4.2", "# <v5", "# ^4", "# ~4.2",
    # addresses
    "# https://github.com/actions/checkout/releases/tag/v4.2.2", "# see https://example.org/v4.2",
    "# github.com/foo/v3.2", "# docs.github.com/en/v3",
    # digits of commits
    "# a1b2c3d", "# 1a2b3c4", "# 11bd71901bbe5b1630ceea73d27597364c9af683", "# sha256:0a0a",
    # remarks of tools
    "# zizmor: ignore[artipacked]", "# renovate: datasource=github-tags",
    "# check-action-pins: ignore[version-comment] we know",
    # endless
    "# v" + "9" * 5_000, "# " + "9" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize(
    ("comment", "version"), [pytest.param(*case, id=case[0]) for case in STATED.items()]
)
def test_a_version_is_found_where_it_is_stated(comment: str, version: str) -> None:
    stated = stated_version(comment)
    assert stated
    assert stated.version == version
    assert comment[stated.start : stated.end] == version


@pytest.mark.parametrize("comment", [pytest.param(case, id=case[:60]) for case in NOT_STATED])
def test_what_is_about_something_else_states_no_version(comment: str) -> None:
    assert stated_version(comment) is None


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        pytest.param("ignore[a] why", [("a", "why")], id="a-reason"),
        pytest.param("ignore[a]", [("a", "")], id="no-reason"),
        pytest.param("ignore[a]   ", [("a", "")], id="spaces-are-no-reason"),
        pytest.param("ignore[a] --", [("a", "")], id="dashes-are-no-reason"),
        pytest.param("ignore[a] v4.2.2", [("a", "")], id="a-version-is-no-reason"),
        pytest.param("ignore[a] # v4.2.2", [("a", "")], id="nor-as-a-remark"),
        pytest.param("ignore[a] tag=v4.2.2", [("a", "")], id="nor-with-its-lead"),
        pytest.param("ignore[a] v4.2.2 is old", [("a", "v4.2.2 is old")], id="a-sentence-is-one"),
        pytest.param("ignore[a] 4 reasons", [("a", "4 reasons")], id="a-number-in-a-sentence"),
        pytest.param("ignore[a]: why", [("a", "why")], id="behind-a-colon"),
        pytest.param("ignore[a] -- why", [("a", "why")], id="behind-dashes"),
        pytest.param("ignore[a] \N{EM DASH} why", [("a", "why")], id="behind-an-em-dash"),
        pytest.param("ignore[ a , b ] why", [("a b", "why")], id="several-rules"),
        pytest.param("ignore[] why", [("", "why")], id="no-rule"),
        pytest.param("ignore why", [], id="no-brackets"),
        pytest.param("ignore[a why", [], id="an-open-bracket"),
    ],
)
@pytest.mark.parametrize("tool", ["check-action-pins", "zizmor"])
def test_an_order_to_ignore_has_rules_and_a_reason(
    tool: str, comment: str, expected: list[tuple[str, str]]
) -> None:
    orders = [Ignore(tool, tuple(rules.split()), reason) for rules, reason in expected]
    assert ignores_in(f"# {tool}: {comment}") == orders
    assert ignores_in(f"# v4 # {tool}:{comment}") == orders


def test_several_orders_on_one_line_have_their_own_reasons() -> None:
    comment = "# zizmor: ignore[a] one # check-action-pins: ignore[b, c]: two # v4"
    assert ignores_in(comment) == [
        Ignore("zizmor", ("a",), "one"),
        Ignore("check-action-pins", ("b", "c"), "two # v4"),
    ]


@pytest.mark.parametrize(
    "comment",
    [
        "# v4",
        "# my-zizmor: ignore[a]",
        "# pinact: ignore[a]",
        "# ignore[a] why",
        "# zizmor ignore[a]",
    ],
)
def test_a_remark_of_something_else_is_no_order(comment: str) -> None:
    assert ignores_in(comment) == []


@pytest.mark.parametrize(
    "piece", ["a/", "a-", "a_", "a.", "# ", "ignore[]", "1.", "-a", "zizmor: ignore[", "(", "v1 "]
)
def test_an_endless_comment_is_read_in_bounded_time(piece: str) -> None:
    begun = time.process_time()
    comment = "# v1" + piece * 50_000
    stated_version(comment)
    ignores_in(comment)
    assert time.process_time() - begun < 2
