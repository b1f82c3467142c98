"""`check-action-pins --fix` against real git servers: what it writes, and what it leaves alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import SCRIPTS, Outcome, clean_environment
from git_server import GitServer
from pin_projects import (
    Record,
    World,
    check,
    file,
    lock,
    policy,
    populate,
    project,
    records,
    the_record,
    workflow,
    world_below,
)
from pypi_publish.errors import Misused
from pypi_publish.pins import fix as fix_module
from pypi_publish.pins.judge import Repository
from pypi_publish.pins.run import Wanted, run
from pypi_publish.report.deliver import Options
from pypi_publish.workflow.reader import read_document

pytestmark = pytest.mark.slow  # git servers that really listen
HEAD = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
DAY = 86_400


@dataclass(frozen=True)
class Case:
    """A workflow's steps before and after; `None` after where they are left as they are."""

    id: str
    before: str
    after: str | None = None
    says: str = ""
    whole: bool = False  # the text is a whole file, not the steps of a workflow
    name: str = ".github/workflows/ci.yml"
    crlf: bool = False
    mark: bool = False
    policy: Mapping[str, str] | None = None
    locked: tuple[str, str] | None = None

    def content(self, world: World, text: str) -> bytes:
        """The bytes of the file."""
        spelled = world.spelled(text if self.whole else HEAD + text)
        spelled = spelled.replace("\n", "\r\n") if self.crlf else spelled
        return (b"\xef\xbb\xbf" if self.mark else b"") + spelled.encode()

    def write(self, world: World, folder: Path) -> Path:
        """Put the file before, and what belongs to it, below a folder."""
        path = folder / self.id / self.name
        path.parent.mkdir(parents=True)
        path.write_bytes(self.content(world, self.before))
        if self.policy:
            policy(folder / self.id, **self.policy)
        if self.locked:
            reference, commit = self.locked
            lock(folder / self.id, reference, world.shas[commit])
        return path


def step(reference: str) -> str:
    return f"      - uses: {reference}\n"


def mended(id: str, before: str, after: str) -> Case:  # noqa: A002
    return Case(id, step(before), step(after))


def left(id: str, reference: str, says: str, **more: Any) -> Case:  # noqa: A002
    return Case(id, step(reference), None, says, **more)


MENDED = [
    mended("a-tag", "acme/app@v4.0.0", "acme/app@<v4.0.0> # v4.0.0"),
    mended("a-major-tag", "acme/app@v4", "acme/app@<v4.1.0> # v4.1.0"),
    mended("the-full-name-of-a-tag", "acme/app@refs/tags/v4", "acme/app@<v4.1.0> # v4.1.0"),
    mended("a-branch-at-a-release", "acme/app@release/v1", "acme/app@<v1.1.0> # v1.1.0"),
    mended("a-branch-at-a-pre-release", "acme/app@main", "acme/app@<v6.0.0-rc.1> # v6.0.0-rc.1"),
    mended("no-comment", "acme/app@<v5.0.0>", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-wrong-comment", "acme/app@<v1.0.0> # v2.0.0", "acme/app@<v1.0.0> # v1.0.0"),
    mended("behind", "acme/app@<v4.0.0> # v4", "acme/app@<v4.0.0> # v4.0.0"),
    mended("a-tag-object", "acme/app@<object of v1.1.0> # v1.1.0", "acme/app@<v1.1.0> # v1.1.0"),
    mended("a-comment-without-its-space", "acme/app@<v5.0.0>#v5", "acme/app@<v5.0.0> # v5.0.0"),
    mended("upper-case-sha", "acme/app@<V5.0.0>", "acme/app@<V5.0.0> # v5.0.0"),
    mended("upper-case-name", "Acme/App@v4", "Acme/App@<v4.1.0> # v4.1.0"),
    mended("sub-action", "acme/app/a/b@v4", "acme/app/a/b@<v4.1.0> # v4.1.0"),
    mended("renamed", "acme/old-name@v1.0.0", "acme/old-name@<new name> # v1.0.0"),
    mended("two-numbers", "acme/minor@v1", "acme/minor@<minor 1.1> # v1.1"),
    mended("tags-without-v", "acme/plain@1.0.0", "acme/plain@<plain 1.0.0> # 1.0.0"),
    mended("a-product", "acme/many@foo-v1.1.0", "acme/many@<foo 1.1.0, bar 3.0.0> # foo-v1.1.0"),
    mended(
        "another-product-at-the-same-commit",
        "acme/many@bar/v3.0.0",
        "acme/many@<foo 1.1.0, bar 3.0.0> # bar/v3.0.0",
    ),
    mended("single-quotes", "'acme/app@v4'", "'acme/app@<v4.1.0>' # v4.1.0"),
    mended("double-quotes", '"acme/app@v4"  ', '"acme/app@<v4.1.0>" # v4.1.0  '),
    mended("blanks-in-quotes", "' acme/app@v4 '", "' acme/app@<v4.1.0> ' # v4.1.0"),
    mended("trailing-blanks", "acme/app@v4 \t ", "acme/app@<v4.1.0> # v4.1.0 \t "),
    mended("a-tab-before-the-comment", "acme/app@v4\t# v3", "acme/app@<v4.1.0>\t# v4.1.0"),
    mended("many-blanks", "acme/app@v4      #   v3", "acme/app@<v4.1.0>      #   v4.1.0"),
    mended("an-explicit-tag", "!!str acme/app@v4", "!!str acme/app@<v4.1.0> # v4.1.0"),
    mended("another-comment", "acme/app@v4 # see #12", "acme/app@<v4.1.0> # v4.1.0 # see #12"),
    mended("an-empty-comment", "acme/app@v4 #", "acme/app@<v4.1.0> # v4.1.0 #"),
    mended("not-ascii", "acme/app@v4 # größer", "acme/app@<v4.1.0> # v4.1.0 # größer"),
    mended("tag-equals", "acme/app@<v1.0.0> # tag=v2.0.0", "acme/app@<v1.0.0> # tag=v1.0.0"),
    mended(
        "ratchet",
        "acme/app@v4 # ratchet:acme/app@v3",
        "acme/app@<v4.1.0> # ratchet:acme/app@v4.1.0",
    ),
    mended(
        "another-ignore",
        "acme/app@<v1.0.0> # zizmor: ignore[artipacked] v2.0.0",
        "acme/app@<v1.0.0> # zizmor: ignore[artipacked] v1.0.0",
    ),
    mended(
        "another-ignore-without-a-version",
        "acme/app@v4 # zizmor: ignore[artipacked]",
        "acme/app@<v4.1.0> # v4.1.0 # zizmor: ignore[artipacked]",
    ),
    mended(
        "more-remarks",
        "acme/app@v4 # v3 # renovate: x # why",
        "acme/app@<v4.1.0> # v4.1.0 # renovate: x # why",
    ),
    Case(
        "flow",
        '      - {uses: acme/app@v4, with: {a: "# b@v1"}}\n',
        '      - {uses: acme/app@<v4.1.0>, with: {a: "# b@v1"}} # v4.1.0\n',
    ),
    Case(
        "flow-with-a-comment",
        "      - { 'uses': 'acme/app@v4', name: é } # v3\n",
        "      - { 'uses': 'acme/app@<v4.1.0>', name: é } # v4.1.0\n",
    ),
    Case(
        "flow-that-goes-on",
        "      - { uses: acme/app@v4,\n          with: { a: b } }\n",
        "      - { uses: acme/app@<v4.1.0>, # v4.1.0\n          with: { a: b } }\n",
    ),
    Case(
        "anchor",
        "      - uses: &app acme/app@v4\n      - uses: *app # note\n",
        "      - uses: &app acme/app@<v4.1.0> # v4.1.0\n      - uses: *app # note\n",
    ),
    Case(
        "an-anchor-that-looks-like-its-value",
        "      - uses: &acme/app@v4 acme/app@v4\n",
        "      - uses: &acme/app@v4 acme/app@<v4.1.0> # v4.1.0\n",
    ),
    Case(
        "a-step-behind-an-anchor",
        "      - &step\n        uses: acme/app@v4\n      - *step\n",
        "      - &step\n        uses: acme/app@<v4.1.0> # v4.1.0\n      - *step\n",
    ),
    Case(
        "folded",
        "      - uses: >-\n          acme/app@v4\n",
        "      - uses: >- # v4.1.0\n          acme/app@<v4.1.0>\n",
    ),
    Case(
        "folded-with-a-comment",
        "      - uses: >-  # v3\n\n          acme/app@v4\n\n      - run: x\n",
        "      - uses: >-  # v4.1.0\n\n          acme/app@<v4.1.0>\n\n      - run: x\n",
    ),
    Case(
        "literal",
        "      - uses: |\n          acme/app@v4\n",
        "      - uses: | # v4.1.0\n          acme/app@<v4.1.0>\n",
    ),
    Case(
        "on-the-next-line",
        "      - uses:\n          acme/app@v4\n",
        "      - uses:\n          acme/app@<v4.1.0> # v4.1.0\n",
    ),
    Case(
        "twice",
        step("acme/app@v4") + "        # acme/app@v4\n" + step("acme/app@v4"),
        step("acme/app@<v4.1.0> # v4.1.0")
        + "        # acme/app@v4\n"
        + step("acme/app@<v4.1.0> # v4.1.0"),
    ),
    Case(
        "what-looks-like-a-reference",
        step("acme/app@v4")
        + "        with:\n          uses: acme/app@v4\n"
        + "      - run: |\n          uses: acme/app@v4 # v4\n",
        step("acme/app@<v4.1.0> # v4.1.0")
        + "        with:\n          uses: acme/app@v4\n"
        + "      - run: |\n          uses: acme/app@v4 # v4\n",
    ),
    Case(
        "reusable-workflow",
        "on: push\njobs:\n  a:\n    uses: acme/app/.github/workflows/x.yml@v4\n",
        "on: push\njobs:\n  a:\n    uses: acme/app/.github/workflows/x.yml@<v4.1.0> # v4.1.0\n",
        whole=True,
    ),
    Case(
        "composite-action",
        "runs:\n  using: composite\n  steps:\n    - uses: acme/app@v4\n",
        "runs:\n  using: composite\n  steps:\n    - uses: acme/app@<v4.1.0> # v4.1.0\n",
        whole=True,
        name=".github/actions/x/action.yml",
    ),
    Case(
        "an-action-of-its-own",
        "runs:\n  using: composite\n  steps:\n    - uses: acme/app@v4\n",
        "runs:\n  using: composite\n  steps:\n    - uses: acme/app@<v4.1.0> # v4.1.0\n",
        whole=True,
        name="action.yaml",
    ),
    Case(
        "crlf",
        step("acme/app@v4") + "      - run: x\n" + step("acme/app@<v1.0.0> # v2.0.0  "),
        step("acme/app@<v4.1.0> # v4.1.0")
        + "      - run: x\n"
        + step("acme/app@<v1.0.0> # v1.0.0  "),
        crlf=True,
    ),
    Case(
        "byte-order-mark",
        "jobs: {a: {steps: [{uses: acme/app@v4}]}}\n",
        "jobs: {a: {steps: [{uses: acme/app@<v4.1.0>}]}} # v4.1.0\n",
        whole=True,
        mark=True,
    ),
    Case(
        "no-line-end-at-the-end",
        step("acme/app@v4").rstrip("\n"),
        step("acme/app@<v4.1.0> # v4.1.0").rstrip("\n"),
    ),
    Case(
        "old-line-ends",
        (HEAD + step("acme/app@v4")).replace("\n", "\r"),
        (HEAD + step("acme/app@<v4.1.0> # v4.1.0")).replace("\n", "\r"),
        whole=True,
    ),
    Case(
        "breaks-that-are-none",
        "      # \u2028 a\n" + step("acme/app@v4") + "      - run: 'a\u0085b'\n",
        "      # \u2028 a\n" + step("acme/app@<v4.1.0> # v4.1.0") + "      - run: 'a\u0085b'\n",
    ),
    Case(
        "beside-one-that-is-left",
        step("acme/app@v4") + step("acme/app@dual") + step("acme/app@<v5.0.0>"),
        step("acme/app@<v4.1.0> # v4.1.0")
        + step("acme/app@dual")
        + step("acme/app@<v5.0.0> # v5.0.0"),
    ),
    Case(
        "what-the-lock-cannot-hold",
        step("pypa/gh-action-pypi-publish@v1.0.0"),
        step("pypa/gh-action-pypi-publish@<publish> # v1.0.0"),
        locked=("pypa/gh-action-pypi-publish@v1.0.0", "publish"),
    ),
]
LEFT = [
    left("all-is-well", "acme/app@<v5.0.0> # 5.0", ""),
    left("moved-tag", "acme/app@<hijacked v3.0.0> # v3.0.0", "the tag was moved"),
    left("of-a-fork", "acme/app@<of a fork> # v5.0.0", "on no branch"),
    left("tag-and-branch", "acme/app@dual", "both a tag and a branch"),
    left("no-such-ref", "acme/app@v99", "v99 is not there; --update takes the newest release"),
    left("a-branch-without-a-release", "acme/app@topic", "no release is at that commit"),
    left(
        "a-branch-of-releases-that-is-ahead", "acme/app@release/v2", "no release is at that commit"
    ),
    left("a-sha-without-a-release", "acme/app@<between releases>", "no release is at that commit"),
    left("no-such-repository", "acme/nothing@v1", "not looked up: no such repository"),
    left("invalid", "acme/app", "the reference names nothing"),
    left("an-expression", "acme/app@${{ env.X }}", "is not there"),
    left("an-image", "docker://alpine:3", "digests of images are not looked up"),
    left("an-escape", '"acme/app\\x40v4"', "with escapes: change it by hand"),
    left("over-several-lines", '"acme/app@\\\n          v4"', "over several lines"),
    Case(
        "a-value-that-goes-on",
        '      - {uses: acme/app@v4, name: "a\n          b"}\n',
        None,
        "its line ends within another value: change it by hand",
    ),
    Case(
        "a-plain-value-that-goes-on",
        "      - {uses: acme/app@v4, name: a\n          b}\n",
        None,
        "its line ends within another value: change it by hand",
    ),
    Case(
        "two-on-a-line",
        "jobs: {a: {steps: [{uses: acme/app@v4}, {uses: acme/app@v5}]}}\n",
        None,
        "another reference stands on the same line",
        whole=True,
    ),
    left(
        "ignored",
        "acme/app@v4 # check-action-pins: ignore[unpinned-uses] we own it",
        "ignored: we own it",
    ),
    left("ignored-by-zizmor", "acme/app@v4 # zizmor: ignore[unpinned-uses] ours", "ignored: ours"),
    left(
        "one-of-two-findings-ignored",
        "acme/app@dual # check-action-pins: ignore[ref-confusion] known",
        "a finding about it is ignored",
    ),
    left("policy-ref-pin", "acme/app@v4", "", policy={"acme/app": "ref-pin"}),
    left(
        "policy-ref-pin-and-nothing-there",
        "acme/app@v99",
        "the project's policy for it is `ref-pin`",
        policy={"acme/app": "ref-pin"},
    ),
    left("policy-any", "acme/app@v99", "", policy={"acme": "any"}),
    left("locked", "acme/app@v4", "", locked=("acme/app@v4", "v4.1.0")),
    left(
        "locked-and-behind",
        "acme/app@v4",
        "actions.lock says what is run: update the lock",
        locked=("acme/app@v4", "v4.0.0"),
    ),
]


@dataclass(frozen=True)
class Fixed:
    """What came of all cases in one run."""

    world: World
    folder: Path
    outcome: Outcome
    by_case: Mapping[str, list[Record]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The servers that all cases ask."""
    with world_below(tmp_path_factory.mktemp("served")) as world:
        populate(world)
        publish = world.repository("pypa/gh-action-pypi-publish")
        world.shas["publish"] = publish.release("v1.0.0")
        young = world.repository("acme/young")
        now = int(time.time())
        world.shas["long ago"] = young.release("v1.0.0")
        world.shas["10 days ago"] = young.release("v1.1.0", made=now - 10 * DAY)
        world.shas["now"] = young.release("v1.2.0", made=now, annotated=True)
        young.tag("v1", world.shas["now"])
        yield world


def fix(served: World, folder: Path, cases: list[Case], *options: object) -> Fixed:
    """Fix all cases, each in a project of its own, by one run."""
    for case in cases:
        case.write(served, folder)
    names = [case.id for case in cases]
    outcome = check("--fix", "--json", "--all", *options, *names, cwd=folder, env=served.env)
    by_case: dict[str, list[Record]] = {name: [] for name in names}
    for record in records(outcome):
        by_case[Path(record["file"]).parts[0]].append(record)
    return Fixed(served, folder, outcome, by_case)


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases])


def assert_fixed(case: Case, fixed: Fixed) -> None:
    """Compare the file byte for byte, and look for what is said of it."""
    text = case.before if case.after is None else case.after
    found = (fixed.folder / case.id / case.name).read_bytes()
    assert found == case.content(fixed.world, text)
    assert case.says in " ".join(record["detail"] for record in fixed.by_case[case.id])


# --- as it is run most often ---


@pytest.fixture(scope="module")
def fixed(served: World, tmp_path_factory: pytest.TempPathFactory) -> Fixed:
    """All cases, fixed."""
    return fix(served, tmp_path_factory.mktemp("fixed"), MENDED + LEFT)


@each(MENDED)
def test_a_reference_is_rewritten_and_nothing_else(case: Case, fixed: Fixed) -> None:
    assert_fixed(case, fixed)
    assert "; rewritten, it was " in fixed.by_case[case.id][0]["detail"]


@each(LEFT)
def test_what_needs_a_person_is_left_with_the_reason(case: Case, fixed: Fixed) -> None:
    assert_fixed(case, fixed)
    assert all("; rewritten" not in record["detail"] for record in fixed.by_case[case.id])


@each([case for case in MENDED if case.id != "beside-one-that-is-left"])
def test_what_was_mended_passes(case: Case, fixed: Fixed) -> None:
    for record in fixed.by_case[case.id]:
        assert record["status"] == "pass" or record["check"] == "several-commits"


def test_what_is_left_still_fails(fixed: Fixed) -> None:
    assert fixed.outcome.code == 10
    assert fixed.outcome.document["error"] is None
    assert fixed.outcome.meta["rewritten"] == len(MENDED) + 3  # three of the files hold two


def test_a_second_run_writes_nothing(fixed: Fixed) -> None:
    paths = [fixed.folder / case.id / case.name for case in MENDED + LEFT]
    before = [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in paths]
    names = [case.id for case in MENDED + LEFT]
    outcome = check("--fix", "--json", *names, cwd=fixed.folder, env=fixed.world.env)
    after = [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in paths]
    assert after == before
    assert outcome.meta["rewritten"] == 0


def test_nothing_is_left_lying_about(fixed: Fixed) -> None:
    files = [path for path in fixed.folder.rglob("*") if path.is_file()]
    extra = sum((case.policy is not None) + (case.locked is not None) for case in MENDED + LEFT)
    assert len(files) == len(MENDED) + len(LEFT) + extra


def test_where_all_is_mended_the_run_ends_with_0(served: World, tmp_path: Path) -> None:
    folder = project(tmp_path, "acme/app@v4", "acme/sub@v1.0.0")
    file(folder).chmod(0o751)
    mode = file(folder).stat().st_mode
    outcome = check("--fix", cwd=folder, env=served.env)
    assert outcome.code == 0
    assert outcome.stdout == (
        "Rewrote 2 references. Pinned: 2 references in 1 file.\n"
        "Next: look at the change (git diff) and commit it.\n"
    )
    assert outcome.stderr == ""
    assert file(folder).stat().st_mode == mode


# --- --dry-run ---


@dataclass(frozen=True)
class Preview:
    """What a dry run of all cases printed."""

    folder: Path
    code: int
    patch: bytes
    report: str


@pytest.fixture(scope="module")
def preview(served: World, tmp_path_factory: pytest.TempPathFactory) -> Preview:
    """All cases, as a patch."""
    folder = tmp_path_factory.mktemp("preview")
    for case in MENDED + LEFT:
        case.write(served, folder)
    names = [case.id for case in MENDED + LEFT]
    with started("--fix", "--dry-run", *names, cwd=folder, env=served.env) as process:
        patch, report = process.communicate(timeout=60)
    return Preview(folder, process.returncode, patch, report.decode())


def test_a_dry_run_writes_nothing(preview: Preview, served: World) -> None:
    for case in MENDED + LEFT:
        path = preview.folder / case.id / case.name
        assert path.read_bytes() == case.content(served, case.before)


def test_a_dry_run_ends_as_the_findings_do(preview: Preview) -> None:
    assert preview.code == 10
    assert "; would be rewritten to" in " ".join(preview.report.split())
    assert preview.report.endswith("Next: run it without --dry-run to write the change.\n")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["git", "apply", "--whitespace=nowarn", "-"], id="git-apply"),
        pytest.param(["patch", "-p1", "--binary", "--silent"], id="patch"),
    ],
)
def test_the_patch_can_be_applied(
    command: list[str], preview: Preview, served: World, tmp_path: Path
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    for case in MENDED + LEFT:
        case.write(served, tmp_path)
    env = {**clean_environment(), "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    subprocess.run(command, cwd=tmp_path, input=preview.patch, env=env, check=True, timeout=60)
    for case in MENDED + LEFT:
        text = case.before if case.after is None else case.after
        assert (tmp_path / case.id / case.name).read_bytes() == case.content(served, text)


NAMES = [
    pytest.param("c i.yml", id="blank"),
    pytest.param("größe.yml", id="not-ascii"),
    pytest.param('"a\\b".yml', id="quotes"),
    pytest.param("x.yml\n+++ b/a.yml", id="a-line-of-a-patch"),
    pytest.param(os.fsdecode(b"\xff.yml"), id="not-utf-8"),
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", [["git", "apply", "-"], ["patch", "-p1", "--silent"]])
def test_the_patch_names_a_file_as_its_repository_does(
    name: str, command: list[str], tmp_path: Path
) -> None:
    """Also from another folder, and whatever the name is made of."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    path = project(tmp_path / "p", "acme/app@v1") / ".github" / "workflows" / name
    path.parent.mkdir(exist_ok=True)
    try:
        file(tmp_path / "p").rename(path)
    except OSError as error:
        pytest.skip(f"this file system refuses the name: {error}")
    document = read_document(str(path), workflow("acme/app@v1"))
    new = workflow(f"acme/app@{'a' * 40} # v1.0.0")
    change = fix_module.Fixed(document, new.decode(), {}, {}, {})
    repository = Repository([document], paths={str(path): path}, root=tmp_path / "p")
    patch = change.diff(repository).encode()
    env = {**clean_environment(), "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    subprocess.run(command, cwd=tmp_path / "p", input=patch, env=env, check=True)
    assert path.read_bytes() == new
    assert [other for other in (tmp_path / "p").rglob("*") if other.is_file()] == [path]


def test_a_neighbouring_folder_is_named_as_that_repository_names_it(
    served: World, tmp_path: Path
) -> None:
    folder = project(tmp_path / "p", "acme/app@v4")
    (tmp_path / "here").mkdir()
    options = ("--fix", "--dry-run", "--quiet", "../p")
    outcome = check(*options, cwd=tmp_path / "here", env=served.env)
    env = {**clean_environment(), "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    command = ["git", "apply", "-"]
    subprocess.run(command, cwd=folder, input=outcome.stdout.encode(), env=env, check=True)
    assert file(folder).read_bytes() == workflow(served.spelled("acme/app@<v4.1.0> # v4.1.0"))


def test_as_json_a_dry_run_is_one_document(served: World, tmp_path: Path) -> None:
    folder = project(tmp_path, "acme/app@v4", "acme/app@v99")
    before = file(folder).read_bytes()
    outcome = check("--fix", "--dry-run", "--json", cwd=folder, env=served.env)
    mendable, lost = records(outcome)
    target = served.spelled("<v4.1.0> # v4.1.0")
    assert mendable["detail"].endswith(f"; would be rewritten to {target}")
    assert mendable["status"] == "fail"
    assert "; not rewritten: v99 is not there" in lost["detail"]
    assert outcome.meta["would_rewrite"] == 1
    assert file(folder).read_bytes() == before


def test_standard_input_can_be_previewed_and_not_written(served: World, elsewhere: Path) -> None:
    stdin = workflow("acme/app@v4")
    with pytest.raises(Misused, match="cannot write to standard input"):
        run(Wanted(fix=True, paths=("-",)), Options())
    shown = check("--fix", "--dry-run", "-", cwd=elsewhere, env=served.env, stdin=stdin)
    assert served.spelled("+      - uses: acme/app@<v4.1.0> # v4.1.0\n") in shown.stdout


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(Wanted(dry_run=True), id="dry-run"),
        pytest.param(Wanted(update=True), id="update"),
        pytest.param(Wanted(live=True, min_age=3), id="min-age"),
    ],
)
def test_options_of_fix_need_fix(wanted: Wanted) -> None:
    with pytest.raises(Misused, match="go with --fix"):
        run(wanted, Options())


# --- --update and --min-age ---

UPDATED = [
    mended("a-tag", "acme/app@v4", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-pin", "acme/app@<v1.0.0> # v1.0.0", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-pin-that-is-behind", "acme/app@<v4.0.0> # v4", "acme/app@<v5.0.0> # v5.0.0"),
    mended("behind-without-a-release", "acme/app@<old v1> # v1", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-tag-object", "acme/app@<object of v1.1.0> # v1", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-branch-without-a-release", "acme/app@topic", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-branch-of-releases", "acme/app@release/v2", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-sha-without-a-release", "acme/app@<old v1>", "acme/app@<v5.0.0> # v5.0.0"),
    mended("no-such-ref", "acme/app@v99", "acme/app@<v5.0.0> # v5.0.0"),
    mended("the-newest-without-a-comment", "acme/app@<v5.0.0>", "acme/app@<v5.0.0> # v5.0.0"),
    mended("a-wrong-comment", "acme/app@<v5.0.0> # v4.0.0", "acme/app@<v5.0.0> # v5.0.0"),
    mended(
        "a-product",
        "acme/many@<foo 1.0.0> # foo-v1.0.0",
        "acme/many@<foo 1.1.0, bar 3.0.0> # foo-v1.1.0",
    ),
    mended(
        "another-product",
        "acme/many@<bar 2.0.0> # v2",
        "acme/many@<foo 1.1.0, bar 3.0.0> # bar/v3.0.0",
    ),
    mended("without-v", "acme/plain@<plain 1.0.0> # v1.0.0", "acme/plain@<plain 1.1.0> # 1.1.0"),
    mended("two-numbers", "acme/patch@<patch 1.2.0> # v1.2", "acme/patch@<patch 1.2.1> # v1.2.1"),
]
NOT_UPDATED = [
    left("the-newest", "acme/app@<v5.0.0> # v5.0.0", ""),
    left("the-newest-by-its-major-tag", "acme/app@<v5.0.0> # v5", ""),
    left("the-newest-without-v", "acme/app@<v5.0.0> # 5.0.0", ""),
    left("newer-than-the-newest-release", "acme/app@<v6.0.0-rc.1> # v6.0.0-rc.1", ""),
    left("of-a-fork", "acme/app@<of a fork> # v1.0.0", "on no branch"),
    left("moved-tag", "acme/app@<hijacked v3.0.0> # v3.0.0", "the tag was moved"),
    left("a-version-that-is-gone", "acme/app@<old v1> # v7.0.0", "no release is at that commit"),
    left("tag-and-branch", "acme/app@dual", "both a tag and a branch"),
    left("policy-ref-pin", "acme/app@<v1.0.0> # v1.0.0", "", policy={"acme/app": "ref-pin"}),
    left("policy-any", "acme/app@<v1.0.0> # v1.0.0", "", policy={"acme": "any"}),
    left("locked", "acme/app@v4", "", locked=("acme/app@v4", "v4.1.0")),
    left(
        "ignored",
        "acme/app@<v1.0.0> # check-action-pins: ignore[version-comment] ours",
        "ignored: ours",
    ),
]
OLD_ENOUGH = [
    mended("a-release-of-long-ago", "acme/young@v1.0.0", "acme/young@<long ago> # v1.0.0"),
    mended("a-release-of-10-days-ago", "acme/young@v1.1.0", "acme/young@<10 days ago> # v1.1.0"),
    mended("what-is-run-already", "acme/young@<now>", "acme/young@<now> # v1.2.0"),
]
TOO_YOUNG = [
    left("a-release-of-now", "acme/young@v1.2.0", "v1.2.0 is younger than 7 days"),
    left("by-its-major-tag", "acme/young@v1", "v1.2.0 is younger than 7 days"),
    left("by-its-branch", "acme/young@main", "v1.2.0 is younger than 7 days"),
]
UPDATED_TO_THE_OLD_ENOUGH = [
    mended("a-pin", "acme/young@<long ago> # v1.0.0", "acme/young@<10 days ago> # v1.1.0"),
    mended("a-missing-ref", "acme/young@v9", "acme/young@<10 days ago> # v1.1.0"),
]
NOT_UPDATED_TO_THE_TOO_YOUNG = [
    left("the-newest-that-is-old-enough", "acme/young@<10 days ago> # v1.1.0", ""),
    left("never-back", "acme/young@<now> # v1.2.0", ""),
    left("never-back-from-a-tag", "acme/young@v1", "v1.2.0 is younger than 7 days"),
]
RUNS: dict[str, tuple[list[Case], tuple[object, ...]]] = {
    "update": (UPDATED + NOT_UPDATED, ("--update",)),
    "min-age": (OLD_ENOUGH + TOO_YOUNG, ("--min-age", 7)),
    "update-min-age": (
        UPDATED_TO_THE_OLD_ENOUGH + NOT_UPDATED_TO_THE_TOO_YOUNG,
        ("--update", "--min-age", 7),
    ),
}


@pytest.fixture(scope="module")
def runs(served: World, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Fixed]:
    """The cases of each set of options, each set fixed by one run."""
    return {
        name: fix(served, tmp_path_factory.mktemp(name), cases, *options)
        for name, (cases, options) in RUNS.items()
    }


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}-{case.id}")
        for name, (cases, _) in RUNS.items()
        for case in cases
    ],
)
def test_an_update_goes_forward_to_what_is_old_enough(
    name: str, case: Case, runs: Mapping[str, Fixed]
) -> None:
    assert_fixed(case, runs[name])


def test_without_git_no_age_is_known_and_no_release_taken(served: World, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", "acme/young@v1.0.0")
    before = file(folder).read_bytes()
    (tmp_path / "bin").mkdir()
    env = {**served.env, "PATH": str(tmp_path / "bin")}
    outcome = check("--fix", "--min-age", 1, "--json", cwd=folder, env=env)
    says = "not rewritten: the age of v1.0.0 is not known: git is not installed"
    assert says in the_record(outcome)["detail"]
    assert file(folder).read_bytes() == before


# --- files and folders ---


def test_links_stay_links_and_a_malformed_file_holds_nobody_up(
    served: World, tmp_path: Path
) -> None:
    folder = project(tmp_path, "acme/app@v4")
    file(folder).with_name("broken.yml").write_text("jobs: [")
    link = file(folder).with_name("again.yml")
    link.symlink_to("ci.yml")
    outcome = check("--fix", "--json", cwd=folder, env=served.env)
    assert outcome.code == 4
    assert link.is_symlink()
    assert not file(folder).is_symlink()
    assert link.read_bytes() == workflow(served.spelled("acme/app@<v4.1.0> # v4.1.0"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
def test_a_file_that_cannot_be_written_is_named_and_the_others_are_written(
    served: World, tmp_path: Path
) -> None:
    """A full disk, as also root meets it: no file may become larger than 8 kB."""
    large = project(tmp_path / "large", "acme/app@v4")
    with file(large).open("ab") as written:
        written.write(b"# \n" * 4000)
    small = project(tmp_path / "small", "acme/app@v4")
    before = file(large).read_bytes()
    with started(
        "--fix", "--json", "--all", "large", "small", cwd=tmp_path, env=served.env, limit=8192
    ) as process:
        stdout, _ = process.communicate(timeout=60)
    outcome = Outcome(process.returncode, stdout.decode(), "")
    assert outcome.code == 5
    assert outcome.document["error"]["code"] == "cannot-write"
    assert outcome.document["error"]["message"].startswith("large/.github/workflows/ci.yml: ")
    assert file(large).read_bytes() == before
    assert [path.name for path in file(large).parent.iterdir()] == ["ci.yml"]
    assert file(small).read_bytes() == workflow(served.spelled("acme/app@<v4.1.0> # v4.1.0"))
    assert outcome.meta["rewritten"] == 1
    assert sorted(record["check"] for record in outcome.data if not record["ok"]) == [
        "unpinned-uses",
        "unwritten-file",
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_is_read_only_stays_as_it_is(closed: str, served: World, tmp_path: Path) -> None:
    folder = project(tmp_path, "acme/app@v4")
    path = file(folder) if closed == "file" else file(folder).parent
    mode = path.stat().st_mode
    path.chmod(mode & ~0o222)
    if os.access(path, os.W_OK):
        pytest.skip("root may write everywhere")
    try:
        outcome = check("--fix", "--json", cwd=folder, env=served.env)
    finally:
        path.chmod(mode)
    assert outcome.code == 5
    assert outcome.document["error"]["hint"] == "Make the file writable."
    assert file(folder).read_bytes() == workflow("acme/app@v4")


# --- servers that do not answer, and others who write ---


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        pytest.param("acme/app@v4", 10, id="an-offline-finding"),
        pytest.param(f"acme/app@{'a' * 40} # v4.0.0", 7, id="no-finding"),
    ],
)
def test_without_a_server_nothing_is_written(
    reference: str, code: int, world: World, tmp_path: Path
) -> None:
    world.server.trouble["acme/app"] = ["404"]
    folder = project(tmp_path / "p", reference)
    outcome = check("--fix", cwd=folder, env=world.env)
    assert outcome.code == code
    assert file(folder).read_bytes() == workflow(reference)
    assert ("Incomplete: 1 of 1 reference" in outcome.stdout) == (code == 7)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server of a test's own, which can be stopped."""
    with world_below(tmp_path / "served") as made:
        made.shas["v1.0.0"] = made.repository("acme/app").release("v1.0.0")
        yield made


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def started(
    *arguments: object, cwd: Path, env: Mapping[str, str], limit: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A run that goes on beside the test; `limit` is how large a file may become."""
    command = [SCRIPTS / "check-action-pins.py", *arguments]
    if limit is not None:
        command = ["-c", LIMITED, limit, sys.executable, *command]
    with subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**clean_environment(), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(server: GitServer, requests: int) -> None:
    """Wait until a server was asked so often."""
    until = time.monotonic() + 30
    while server.requests.total() < requests:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_file_that_changes_meanwhile_is_not_overwritten(world: World, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", "acme/app@v1.0.0")
    world.server.gate.clear()
    with started("--fix", "--json", cwd=folder, env=world.env) as process:
        wait_for(world.server, 1)
        file(folder).write_bytes(b"jobs: {}\n")
        world.server.gate.set()
        stdout, _ = process.communicate(timeout=60)
    error = json.loads(stdout)["error"]
    assert process.returncode == 4
    assert (error["code"], error["retryable"]) == ("changed-meanwhile", True)
    assert file(folder).read_bytes() == b"jobs: {}\n"


def test_a_file_that_is_gone_meanwhile_is_not_made_again(world: World, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", "acme/app@v1.0.0")
    world.server.gate.clear()
    with started("--fix", "--json", cwd=folder, env=world.env) as process:
        wait_for(world.server, 1)
        file(folder).unlink()
        world.server.gate.set()
        process.communicate(timeout=60)
    assert process.returncode == 5
    assert not file(folder).exists()


def test_two_at_once_end_in_one_whole_file(world: World, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", "acme/app@v1.0.0")
    world.server.gate.clear()
    with (
        started("--fix", "--json", cwd=folder, env=world.env) as one,
        started("--fix", "--json", cwd=folder, env=world.env) as other,
    ):
        wait_for(world.server, 2)
        world.server.gate.set()
        for process in (one, other):
            process.communicate(timeout=60)
            assert process.returncode == 0
    assert file(folder).read_bytes() == workflow(world.spelled("acme/app@<v1.0.0> # v1.0.0"))
    assert [path.name for path in file(folder).parent.iterdir()] == ["ci.yml"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("requests", [pytest.param(1, id="refs"), pytest.param(3, id="history")])
def test_ctrl_c_ends_at_once_and_leaves_nothing(
    requests: int, world: World, tmp_path: Path
) -> None:
    folder = project(tmp_path / "p", "acme/app@v1.0.0")
    (tmp_path / "scratch").mkdir()
    env = {**world.env, "TMPDIR": str(tmp_path / "scratch")}
    world.server.trouble["acme/app"] = [*["none"] * (requests - 1), "hang"]
    with started("--fix", "--min-age", 1, "--timeout", 60, cwd=folder, env=env) as process:
        wait_for(world.server, requests)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 130
    assert file(folder).read_bytes() == workflow("acme/app@v1.0.0")
    assert [path.name for path in file(folder).parent.iterdir()] == ["ci.yml"]
    assert list((tmp_path / "scratch").iterdir()) == []
