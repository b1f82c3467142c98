"""How strictly a project wants each owner's actions pinned, and where it says so."""

import os
from pathlib import Path

import pytest

from pypi_publish.errors import Malformed
from pypi_publish.pins.policy import Policy, Strictness, read_policy

HASH, REF, ANY = Strictness.HASH_PIN, Strictness.REF_PIN, Strictness.ANY


def a_project(folder: Path, *, pyproject: str | None = None, own: str | None = None) -> Path:
    """Write a project's policy, in either file."""
    if pyproject is not None:
        (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    if own is not None:
        (folder / ".github").mkdir()
        (folder / ".github" / "action-pins.toml").write_text(own, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        pytest.param("actions/checkout", REF, id="an-owner"),
        pytest.param("Actions/Checkout", REF, id="an-owner-spelled-otherwise"),
        pytest.param("actions/cache", HASH, id="a-repository-before-its-owner"),
        pytest.param("my-org/tool", ANY, id="a-repository"),
        pytest.param("my-org/other", HASH, id="its-neighbour"),
        pytest.param("starred/x", REF, id="an-owner-with-a-star"),
        pytest.param("actionsx/checkout", HASH, id="no-part-of-a-name"),
        pytest.param("docker:", HASH, id="an-image"),
    ],
)
def test_the_most_exact_entry_counts(tmp_path: Path, slug: str, expected: Strictness) -> None:
    own = """
"actions" = "ref-pin"
"actions/cache" = "hash-pin"
"My-Org/Tool" = "any"
"starred/*" = "ref-pin"
"""
    assert read_policy(a_project(tmp_path, own=own)).strictness(slug) is expected


@pytest.mark.parametrize("slug", ["a/b", "actions/checkout", "docker:"])
def test_a_star_is_for_all_others(tmp_path: Path, slug: str) -> None:
    policy = read_policy(a_project(tmp_path, own='"*" = "any"\nactions = "hash-pin"\n'))
    assert policy.strictness(slug) is (HASH if slug.startswith("actions") else ANY)


def test_without_a_policy_everything_is_pinned_to_its_commit(tmp_path: Path) -> None:
    assert read_policy(tmp_path) == Policy()
    assert Policy().strictness("actions/checkout") is HASH


@pytest.mark.parametrize(
    ("pyproject", "own"),
    [
        pytest.param('[tool.pypi-publish.pins]\n"a" = "any"\n', None, id="pyproject"),
        pytest.param('[tool.pypi-publish]\npins = { a = "any" }\n', None, id="an-inline-table"),
        pytest.param(None, 'a = "any"\n', id="own-file"),
        pytest.param(None, '[tool.pypi-publish.pins]\na = "any"\n', id="own-file-with-a-table"),
        pytest.param('[tool.pypi-publish.pins]\na = "ref-pin"\n', 'a = "any"\n', id="own-first"),
        pytest.param('[tool.pypi-publish.pins]\na = "any"\n', 'b = "ref-pin"\n', id="both-count"),
        pytest.param('\N{BYTE ORDER MARK}[tool.pypi-publish.pins]\na = "any"\n', None, id="mark"),
    ],
)  # fmt: skip
def test_a_policy_stands_in_either_file(
    tmp_path: Path, pyproject: str | None, own: str | None
) -> None:
    policy = read_policy(a_project(tmp_path, pyproject=pyproject, own=own))
    assert policy.strictness("a/b") is ANY


@pytest.mark.parametrize(
    "pyproject",
    [
        pytest.param("", id="empty"),
        pytest.param("[project]\nname = 'a'\n", id="another-table"),
        pytest.param("not TOML at all [", id="no-toml-and-no-word-of-us"),
        pytest.param("[tool]\npypi-publish = 1\n", id="another-value"),
        pytest.param("[tool.pypi-publish]\nother = 1\n", id="another-setting"),
        pytest.param("tool = 'pypi-publish'\n", id="another-tool"),
    ],
)
def test_a_pyproject_without_a_policy_says_nothing(tmp_path: Path, pyproject: str) -> None:
    assert read_policy(a_project(tmp_path, pyproject=pyproject)) == Policy()


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        pytest.param('a = "hash"\n', "a = 'hash' is not a policy", id="an-unknown-word"),
        pytest.param("a = true\n", "a = True is not a policy", id="no-word"),
        pytest.param('a.b = "any"\n', "is not a policy", id="a-name-with-a-dot-unquoted"),
        pytest.param('"a/b/c" = "any"\n', "'a/b/c' is not an owner", id="a-path"),
        pytest.param('"a/*b" = "any"\n', "is not an owner", id="a-pattern"),
        pytest.param('"" = "any"\n', "'' is not an owner", id="nothing"),
        pytest.param('"a b" = "any"\n', "is not an owner", id="a-space"),
        pytest.param("a = \n", "action-pins.toml: Invalid", id="no-toml"),
        pytest.param("[tool.pypi-publish]\npins = 1\n", "pins is not a table", id="no-table"),
    ],
)
def test_a_policy_that_cannot_be_read_is_malformed(tmp_path: Path, own: str, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_policy(a_project(tmp_path, own=own))
    assert reason in caught.value.message


def test_a_policy_that_is_not_utf_8_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.pypi-publish.pins]\n# \xff\n")
    with pytest.raises(Malformed):
        read_policy(tmp_path)


def test_an_endless_policy_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(Malformed, match="larger than"):
        read_policy(tmp_path)


@pytest.mark.parametrize("nested", ["[", "{a="], ids=["brackets", "braces"])
def test_a_policy_that_is_nested_without_end_is_malformed(tmp_path: Path, nested: str) -> None:
    with pytest.raises(Malformed):
        read_policy(a_project(tmp_path, own="a = " + nested * 100_000))


def test_a_folder_in_the_place_of_a_policy_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    (tmp_path / ".github").write_text("a file", encoding="utf-8")
    assert read_policy(tmp_path) == Policy()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_named_pipe_in_the_place_of_a_policy_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    assert read_policy(tmp_path) == Policy()
