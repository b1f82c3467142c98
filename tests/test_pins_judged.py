"""check-action-pins offline, on awkward files: which line gets which verdict."""

from pathlib import Path

import pytest

from conftest import Outcome, RunScript

SHA = "11bd71901bbe5b1630ceea73d27597364c9af683"
OTHER = "3d3c42e5aac5ba805825da76410c181273ba90b1"
DIGEST = "sha256:" + "0123456789abcdef" * 4
HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"  # five lines

Expected = dict[int, tuple[str, str]]  # line -> check, status


def write(root: Path, text: str | bytes, name: str = "a.yml") -> None:
    folder = root / ".github" / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def judged(outcome: Outcome) -> Expected:
    return {record["line"]: (record["check"], record["status"]) for record in outcome.data}


def check(run_script: RunScript, root: Path) -> Outcome:
    return run_script("check-action-pins", "--json", "--all", root)


PASS, UNPINNED = ("unpinned-uses", "pass"), ("unpinned-uses", "fail")
NO_COMMENT, INVALID = ("version-comment", "fail"), ("invalid-uses", "fail")
NO_DIGEST, WITH_DIGEST = ("unpinned-images", "fail"), ("unpinned-images", "pass")


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        pytest.param(f"actions/checkout@{SHA} # v4.2.2", PASS, id="pinned"),
        pytest.param(f"actions/checkout@{SHA.upper()} # v4.2.2", PASS, id="upper-case"),
        pytest.param(f"'actions/checkout@{SHA}' # v4.2.2", PASS, id="single-quotes"),
        pytest.param(f'"actions/checkout@{SHA}" # v4.2.2', PASS, id="double-quotes"),
        pytest.param(f"&co actions/checkout@{SHA} # v4.2.2", PASS, id="anchor"),
        pytest.param(f"!!str actions/checkout@{SHA} # v4.2.2", PASS, id="tag"),
        pytest.param(f"actions/cache/save@{SHA} # v4.2.2", PASS, id="sub-action"),
        pytest.param(f"a/b@{SHA} # codeql-bundle-v2.19.0", PASS, id="prefixed-version"),
        pytest.param(f"a/b@{SHA} # ratchet:a/b@v1.2.3", PASS, id="ratchet"),
        pytest.param(f"a/b@{SHA} # zizmor: ignore[artipacked] v4.2.2", PASS, id="two-remarks"),
        pytest.param("./x", PASS, id="local"),
        pytest.param("$/x", PASS, id="running-commit"),
        pytest.param("$/x@v1", INVALID, id="running-commit-with-ref"),
        pytest.param("actions/checkout@v4", UNPINNED, id="version-tag"),
        pytest.param("'actions/checkout@v4'", UNPINNED, id="quoted-tag"),
        pytest.param("actions/checkout@main", UNPINNED, id="branch"),
        pytest.param("actions/checkout@refs/tags/v4", UNPINNED, id="refs"),
        pytest.param(f"actions/checkout@{SHA[:7]}", UNPINNED, id="short"),
        pytest.param(f"actions/checkout@{SHA}0 # v4", UNPINNED, id="41-digits"),
        pytest.param("actions/checkout@${{ env.REF }}", UNPINNED, id="expression"),
        pytest.param(f"actions/checkout@{SHA}#v6", UNPINNED, id="no-space-before-hash"),
        pytest.param("actions/checkout", INVALID, id="no-ref"),
        pytest.param("actions/checkout@", INVALID, id="empty-ref"),
        pytest.param("checkout@v4", INVALID, id="no-owner"),
        pytest.param(f"actions/checkout@{SHA}", NO_COMMENT, id="no-comment"),
        pytest.param(f"actions/checkout@{SHA} # see 1234", NO_COMMENT, id="ticket"),
        pytest.param(f"actions/checkout@{SHA} # for python 3.12", NO_COMMENT, id="sentence"),
        pytest.param(f"actions/checkout@{SHA} # release/v1", NO_COMMENT, id="branch-comment"),
        pytest.param(f"docker://alpine@{DIGEST}", WITH_DIGEST, id="image-digest"),
        pytest.param("docker://alpine:3.20", NO_DIGEST, id="image-tag"),
        pytest.param(
            "pypa/gh-action-pypi-publish@a892a5a61159132606e93a2fa6f4358831b04d26 # v1.14.2",
            ("tag-object", "fail"),
            id="tag-object",
        ),
        pytest.param(
            "pypa/gh-action-pypi-publish@dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2",
            PASS,
            id="its-commit",
        ),
    ],
)
def test_one_step(
    run_script: RunScript, tmp_path: Path, step: str, verdict: tuple[str, str]
) -> None:
    write(tmp_path, f"{HEAD}      - uses: {step}\n")
    outcome = check(run_script, tmp_path)
    assert judged(outcome) == {6: verdict}
    assert outcome.code == (10 if verdict[1] == "fail" else 0)


FILES: list[tuple[str, str, Expected]] = [
    (
        "flow-mappings",
        f"on: push\njobs: {{a: {{steps: [\n{{uses: a/b@{SHA}}}, # v1\n{{uses: a/b@v1}}]}}}}\n",
        {3: PASS, 4: UNPINNED},
    ),
    (
        "block-scalars",
        f"{HEAD}      - uses: >-  # v4.2.2\n          a/b@{SHA}\n"
        "      - uses: |-\n          a/b@v1\n",
        {6: PASS, 8: UNPINNED},
    ),
    (
        "alias-is-judged-where-it-is-written",
        f"{HEAD}      - &co\n        uses: a/b@v1\n      - *co\n  b:\n    steps:\n      - *co\n",
        {7: UNPINNED},
    ),
    (
        "what-is-not-a-reference",
        f"{HEAD}      - name: 'uses: a/b@v1'\n        run: |\n          uses: a/b@v1\n"
        "          # - uses: a/b@v1\n        env:\n          uses: a/b@v1\n        with:\n"
        f"          uses: a/b@v1\n      # - uses: a/b@v1\n      - uses: a/b@{SHA} # v1\n",
        {15: PASS},
    ),
    (
        "reusable-workflows",
        f"on: push\njobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v1\n  b:\n"
        f"    uses: o/r/.github/workflows/x.yml@{SHA} # v1\n  c:\n"
        "    uses: ./.github/workflows/x.yml\n",
        {4: UNPINNED, 6: PASS, 8: PASS},
    ),
    (
        "images-of-jobs",
        f"on: push\njobs:\n  a:\n    container: node:18\n    services:\n      db:\n"
        f"        image: postgres@{DIGEST}\n      cache:\n        image: redis\n    steps: []\n"
        f"  b:\n    container:\n      image: node@{DIGEST}\n",
        {4: NO_DIGEST, 7: WITH_DIGEST, 9: NO_DIGEST, 13: WITH_DIGEST},
    ),
    (
        "images-of-a-matrix",
        "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n        image:\n"
        f"          - node:18\n          - node@{DIGEST}\n    container: ${{{{ matrix.image }}}}\n",
        {7: NO_DIGEST, 8: WITH_DIGEST},
    ),
    (
        "crlf",
        f"{HEAD}      - uses: a/b@{SHA} # v1\n      - uses: a/b@v1\n".replace("\n", "\r\n"),
        {6: PASS, 7: UNPINNED},
    ),
    ("byte-order-mark", f"\ufeff{HEAD}      - uses: a/b@v1\n", {6: UNPINNED}),
    ("non-ascii", f"# Größe 😀\n{HEAD}      - {{name: 'ä', uses: a/b@v1}}\n", {7: UNPINNED}),
    (
        "one-without-ref-among-others",
        f"{HEAD}      - uses: a/b\n      - uses: a/b@v1\n      - uses: a/b@{SHA} # v1\n",
        {6: INVALID, 7: UNPINNED, 8: PASS},
    ),
    (
        "one-commit-with-two-versions",
        f"{HEAD}      - uses: a/b@{SHA} # v5.0.1\n      - uses: a/b@{SHA} # v7.0.1\n",
        {6: ("contradicting-versions", "warn"), 7: ("contradicting-versions", "warn")},
    ),
    (
        "one-commit-with-two-spellings",
        f"{HEAD}      - uses: a/b@{SHA} # v5\n      - uses: a/b@{SHA} # 5.0.1\n",
        {6: PASS, 7: PASS},
    ),
    (
        "one-action-at-two-commits",
        f"{HEAD}      - uses: a/b@{SHA} # v5.0.1\n      - uses: A/B/c@{OTHER} # v7.0.1\n",
        {6: ("several-commits", "warn"), 7: ("several-commits", "warn")},
    ),
    (
        "floating-tools-where-it-publishes",
        f"{HEAD}      - run: |\n          pip install build==1.6.1\n          pip install twine\n"
        "          twine upload dist/*\n  b:\n    steps:\n      - run: pip install nothing-else\n"
        f"      - uses: a/b@{SHA} # v1\n",
        {8: ("floating-tool", "warn"), 13: PASS},
    ),
    (
        "ignored-with-a-reason",
        f"{HEAD}      - uses: a/b@v1 # check-action-pins: ignore[unpinned-uses] built here\n"
        "      # check-action-pins: ignore[unpinned-uses] built here\n      - uses: a/b@v1\n",
        {6: ("unpinned-uses", "skip"), 8: ("unpinned-uses", "skip")},
    ),
    (
        "ignored-by-zizmor",
        f"{HEAD}      - uses: a/b@v1 # zizmor: ignore[unpinned-uses]\n"
        "      - uses: a/b@v1 # zizmor: ignore[artipacked]\n",
        {6: ("unpinned-uses", "skip"), 7: UNPINNED},
    ),
]


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(text, expected, id=name) for name, text, expected in FILES]
)
def test_one_file(run_script: RunScript, tmp_path: Path, text: str, expected: Expected) -> None:
    write(tmp_path, text)
    assert judged(check(run_script, tmp_path)) == expected


def test_an_ignore_without_a_reason_does_not_count(run_script: RunScript, tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}      - uses: a/b@v1 # check-action-pins: ignore[unpinned-uses]\n")
    outcome = check(run_script, tmp_path)
    assert outcome.code == 10
    checks = {(record["check"], record["status"]) for record in outcome.data}
    assert checks == {UNPINNED, ("ignore-without-reason", "warn")}


def test_an_ignore_that_matches_nothing_is_reported(run_script: RunScript, tmp_path: Path) -> None:
    write(
        tmp_path,
        f"{HEAD}      - uses: a/b@{SHA} # v1 check-action-pins: ignore[unpinned-uses] old\n"
        "      - run: |\n          # check-action-pins: ignore[unpinned-uses] in a script\n",
    )
    outcome = check(run_script, tmp_path)
    checks = [(record["check"], record["line"]) for record in outcome.data]
    assert checks == [("unused-ignore", 6), ("unpinned-uses", 6)]


ACTION = f"""\
name: x
runs:
  using: composite
  steps:
    - uses: a/b@v1
    - uses: a/b@{SHA} # v1
"""


def test_composite_and_docker_actions_are_found(run_script: RunScript, tmp_path: Path) -> None:
    (tmp_path / "action.yml").write_text("runs:\n  using: docker\n  image: docker://alpine\n")
    nested = tmp_path / ".github" / "actions" / "deep" / "x"
    nested.mkdir(parents=True)
    (nested / "action.yaml").write_text(ACTION)
    local = tmp_path / ".github" / "actions" / "y"
    local.mkdir()
    (local / "action.yml").write_text("runs:\n  using: docker\n  image: Dockerfile\n")
    outcome = check(run_script, tmp_path)
    found = {(Path(r["file"]).parent.name, r["line"]): r["status"] for r in outcome.data}
    assert found == {
        (tmp_path.name, 3): "fail",
        ("x", 5): "fail",
        ("x", 6): "pass",
        ("y", 3): "pass",
    }


def test_a_malformed_file_is_a_finding_and_the_others_are_judged(
    run_script: RunScript, tmp_path: Path
) -> None:
    write(tmp_path, f"{HEAD}      - uses: a/b@{SHA} # v1\n", "good.yml")
    write(tmp_path, "jobs: [\n  a: *nowhere\n", "bad.yml")
    outcome = check(run_script, tmp_path)
    assert outcome.code == 4
    assert outcome.document["error"]["code"] == "malformed-yaml"
    found = {(Path(r["file"]).name, r["check"], r["line"]) for r in outcome.data}
    assert ("good.yml", "unpinned-uses", 6) in found
    assert ("bad.yml", "unreadable-file", 2) in found


def test_a_workflow_without_references_is_nothing_to_judge(
    run_script: RunScript, tmp_path: Path
) -> None:
    write(tmp_path, f"{HEAD}      - run: echo\n")
    assert check(run_script, tmp_path).code == 3


def test_standard_input_is_judged(run_script: RunScript) -> None:
    text = f"{HEAD}      - uses: a/b@v1\n".encode()
    outcome = run_script("check-action-pins", "--json", "-", stdin=text)
    assert [(r["line"], r["check"]) for r in outcome.data] == [(6, "unpinned-uses")]


LOCK = f"""\
version: v0.0.2
workflows:
  .github/workflows/a.yml:
    - actions/checkout@v4
    - actions/cache@v4
    - pypa/gh-action-pypi-publish@release/v1
dependencies:
  actions/checkout@v4: {{ref: refs/tags/v4, commit: sha1-{SHA}, owner_id: 1, repo_id: 2}}
  actions/cache@v4: {{ref: refs/tags/v4, commit: sha1-{OTHER}, owner_id: 1, repo_id: 3}}
  pypa/gh-action-pypi-publish@release/v1: {{commit: sha1-{OTHER}}}
"""


def test_a_lockfile_pins_what_it_lists(run_script: RunScript, tmp_path: Path) -> None:
    steps = (
        "actions/checkout@v4",
        "actions/cache/save@v4",
        "pypa/gh-action-pypi-publish@release/v1",
        "a/b@v1",
    )
    text = HEAD + "".join(f"      - uses: {step}\n" for step in steps)
    write(tmp_path, text, "a.yml")
    write(tmp_path, text, "unlisted.yml")
    write(tmp_path, LOCK, "actions.lock")
    outcome = check(run_script, tmp_path)
    found = {(Path(r["file"]).name, r["line"]): (r["check"], r["status"]) for r in outcome.data}
    assert [found["a.yml", line] for line in (6, 7, 8, 9)] == [
        PASS,
        PASS,
        ("unlockable-action", "fail"),
        UNPINNED,
    ]
    assert {found["unlisted.yml", line] for line in (6, 7, 8, 9)} == {UNPINNED}


@pytest.mark.parametrize("own_file", [True, False], ids=["own-file", "pyproject"])
def test_a_policy_says_how_strict_to_be(
    run_script: RunScript, tmp_path: Path, own_file: bool
) -> None:
    write(
        tmp_path,
        f"{HEAD}      - uses: actions/checkout@v4\n      - uses: my-org/tool@main\n"
        "      - uses: my-org/other@main\n      - uses: b/c@v1\n",
    )
    table = '"actions/*" = "ref-pin"\n"my-org" = "hash-pin"\n"my-org/tool" = "any"\n'
    if own_file:
        (tmp_path / ".github" / "action-pins.toml").write_text(table)
    else:
        (tmp_path / "pyproject.toml").write_text(f"[tool.pypi-publish.pins]\n{table}")
    assert judged(check(run_script, tmp_path)) == {6: PASS, 7: PASS, 8: UNPINNED, 9: UNPINNED}


def test_a_policy_that_is_none_is_malformed(run_script: RunScript, tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}      - uses: a/b@v1\n")
    (tmp_path / "pyproject.toml").write_text('[tool.pypi-publish.pins]\n"*" = "lenient"\n')
    outcome = check(run_script, tmp_path)
    assert (outcome.code, outcome.document["error"]["code"]) == (4, "malformed-policy")


def test_the_text_of_a_mixed_repository(
    run_script: RunScript, tmp_path: Path, snapshot: object
) -> None:
    write(
        tmp_path,
        f"{HEAD}      - uses: actions/checkout@v4\n      - uses: a/b@{SHA}\n"
        f"      - uses: a/c@{SHA} # v1.2.3\n",
    )
    write(tmp_path, "jobs:\n\tbad: 1\n", "z.yml")
    outcome = run_script("check-action-pins", cwd=tmp_path)
    assert outcome.code == 4
    snapshot.assert_match(outcome.stdout, "report.txt")  # type: ignore[attr-defined]
