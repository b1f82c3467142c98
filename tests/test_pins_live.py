"""`check-action-pins --live` against real git servers, through the script as its users run it."""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome
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
from pypi_publish.pins.ask import ask, questions_of, server_of
from pypi_publish.pins.github_api import Unasked
from pypi_publish.pins.judge import Repository, pins_of
from pypi_publish.pins.remote import Remote
from pypi_publish.pins.run import Wanted, run
from pypi_publish.report.deliver import Options
from pypi_publish.workflow.reader import read_document
from web_server import Reply, WebServer, web_server

pytestmark = pytest.mark.slow  # a git server for each case


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server without repositories."""
    with world_below(tmp_path / "served") as made:
        yield made


@dataclass(frozen=True)
class Case:
    """A reference, and what is to be said of it."""

    id: str
    reference: str
    check: str
    status: str
    says: str = ""
    says_not: str = "\0"
    fix: str = ""


CASES = [
    Case(
        "the-release-that-it-says",
        "acme/app@<v5.0.0> # v5.0.0",
        "ref-version-mismatch",
        "pass",
        "v5.0.0 is commit <v5.0.0>",
        says_not="newest",
    ),
    Case(
        "the-commit-of-an-annotated-tag",
        "acme/app@<v1.1.0> # v1.1.0",
        "ref-version-mismatch",
        "pass",
        "newest release: v5.0.0",
    ),
    Case(
        "a-newer-release-is-mentioned-and-a-newer-pre-release-is-not",
        "acme/app@<v2.0.0> # v2.0.0",
        "ref-version-mismatch",
        "pass",
        "newest release: v5.0.0",
    ),
    Case(
        "a-pre-release-that-is-newer-than-the-newest-release",
        "acme/app@<v6.0.0-rc.1> # v6.0.0-rc.1",
        "ref-version-mismatch",
        "pass",
        says_not="newest",
    ),
    Case(
        "an-upper-case-sha",
        "acme/app@<V5.0.0> # v5.0.0",
        "ref-version-mismatch",
        "pass",
        "<v5.0.0>",
    ),
    Case(
        "a-major-tag-that-points-to-the-newest-release",
        "acme/app@<v5.0.0> # v5",
        "ref-version-mismatch",
        "pass",
        "v5 is commit <v5.0.0>",
        says_not="newest",
    ),
    Case(
        "comment-without-v-tag-with-v",
        "acme/app@<v5.0.0> # 5.0.0",
        "ref-version-mismatch",
        "pass",
        "v5.0.0 is commit",
    ),
    Case(
        "comment-with-v-tag-without-v",
        "acme/plain@<plain 1.0.0> # v1.0.0",
        "ref-version-mismatch",
        "pass",
        "1.0.0 is commit <plain 1.0.0>; newest release: 1.1.0",
    ),
    Case(
        "an-exact-tag-was-moved-and-the-major-tag-was-not",
        "acme/app@<hijacked v3.0.0> # v3.0.0",
        "moved-tag",
        "fail",
        "tag v3.0.0 of acme/app now points to <evil>, not to <hijacked v3.0.0>",
        fix="find out from the project why the tag was moved",
    ),
    Case(
        "an-exact-annotated-tag-was-moved",
        "acme/app@<hijacked v3.1.0> # v3.1.0",
        "moved-tag",
        "fail",
        "now points to <evil>",
    ),
    Case(
        "a-moved-tag-is-known-without-its-v",
        "acme/app@<hijacked v3.0.0> # 3.0.0",
        "moved-tag",
        "fail",
        "tag v3.0.0",
    ),
    Case(
        "the-major-tag-of-a-release-whose-tag-was-moved",
        "acme/app@<hijacked v3.0.0> # v3",
        "ref-version-mismatch",
        "pass",
        "v3 is commit",
    ),
    Case(
        "who-pins-the-hijacker-has-the-tag-that-the-comment-names",
        "acme/app@<evil> # v3.0.0",
        "ref-version-mismatch",
        "pass",
        "v3.0.0 is commit <evil>",
    ),
    Case(
        "a-moving-major-tag-has-moved-on",
        "acme/app@<v4.0.0> # v4",
        "behind",
        "warn",
        "v4 has moved on to <v4.1.0>",
        fix="acme/app@<v4.0.0> # v4.0.0",
    ),
    Case(
        "a-moving-major-tag-has-moved-on-from-a-commit-without-a-release",
        "acme/app@<old v1> # v1",
        "behind",
        "warn",
        "v1 has moved on to <v1.1.0>",
    ),
    Case(
        "the-comment-names-another-version",
        "acme/app@<v1.0.0> # v2.0.0",
        "ref-version-mismatch",
        "fail",
        "the comment says v2.0.0, the commit is v1.0.0",
        fix="acme/app@<v1.0.0> # v1.0.0",
    ),
    Case(
        "the-comment-names-another-major-version",
        "acme/app@<v1.1.0> # v4",
        "ref-version-mismatch",
        "fail",
        "the comment says v4, the commit is v1.1.0",
    ),
    Case(
        "the-comment-names-a-version-that-was-never-released",
        "acme/app@<v1.0.0> # v7.0.0",
        "ref-version-mismatch",
        "fail",
        "the comment says v7.0.0, the commit is v1.0.0",
    ),
    Case(
        "the-comment-names-no-release-and-the-commit-is-none",
        "acme/app@<between releases> # v7.0.0",
        "ref-version-mismatch",
        "fail",
        "acme/app has no tag v7.0.0, and none at <between releases>",
    ),
    Case(
        "a-pre-release-is-not-the-release",
        "acme/app@<v6.0.0-rc.1> # v6.0.0",
        "ref-version-mismatch",
        "fail",
        "the comment says v6.0.0, the commit is v6.0.0-rc.1",
    ),
    Case(
        "a-tag-object",
        "acme/app@<object of v1.1.0> # v1.1.0",
        "tag-object",
        "fail",
        "is the object of tag v1.1.0, whose commit is <v1.1.0>",
        fix="acme/app@<v1.1.0> # v1.1.0",
    ),
    Case(
        "a-commit-of-a-fork",
        "acme/app@<of a fork> # v5.0.0",
        "impostor-commit",
        "fail",
        "<of a fork> is on no branch and no tag of acme/app",
        fix="Do not run it",
    ),
    Case(
        "a-commit-that-exists-nowhere",
        f"acme/app@{'0123456789' * 4} # v5.0.0",
        "impostor-commit",
        "fail",
        "is on no branch",
    ),
    Case(
        "an-old-commit-of-a-branch-is-no-impostor",
        "acme/app@<between releases> # v2.0.0",
        "moved-tag",
        "fail",
        says_not="impostor",
    ),
    Case(
        "a-commit-of-a-side-branch-alone-is-no-impostor",
        "acme/app@<on a side branch>",
        "version-comment",
        "fail",
        "no comment",
        says_not="impostor",
    ),
    Case(
        "a-name-that-is-tag-and-branch",
        "acme/app@dual",
        "ref-confusion",
        "fail",
        "both a tag and a branch dual",
    ),
    Case(
        "the-full-name-of-a-tag-is-not-confused",
        "acme/app@refs/tags/dual",
        "unpinned-uses",
        "fail",
    ),
    Case(
        "a-tag-that-does-not-exist",
        "acme/app@v99",
        "missing-ref",
        "fail",
        "acme/app has no tag and no branch v99; newest release: v5.0.0",
    ),
    Case(
        "a-short-sha-that-does-not-exist",
        "acme/app@0123456",
        "missing-ref",
        "fail",
    ),
    Case(
        "an-expression-is-no-missing-ref",
        "acme/app@${{ env.X }}",
        "unpinned-uses",
        "fail",
        "expression",
    ),
    Case(
        "a-tag",
        "acme/app@v4",
        "unpinned-uses",
        "fail",
        "`v4` is a tag, not a commit; now <v4.1.0>",
        fix="acme/app@<v4.1.0> # v4.1.0",
    ),
    Case(
        "a-branch",
        "acme/app@release/v1",
        "unpinned-uses",
        "fail",
        "`release/v1` is a branch",
        fix="acme/app@<v1.1.0> # v1.1.0",
    ),
    Case(
        "a-comment-that-lacks-its-space",
        "acme/app@<v5.0.0>#v5.0.0",
        "unpinned-uses",
        "fail",
        "without a space before it, # belongs to the ref",
    ),
    Case(
        "two-numbers-where-there-are-no-three-are-one-release",
        "acme/minor@<minor 1.0> # v1.0",
        "ref-version-mismatch",
        "pass",
        "v1.0 is commit <minor 1.0>; newest release: v1.2",
    ),
    Case(
        "a-release-of-two-numbers-was-moved",
        "acme/minor@<hijacked minor 1.2> # v1.2",
        "moved-tag",
        "fail",
        "tag v1.2",
    ),
    Case(
        "two-numbers-stand-for-three-of-which-the-last-is-zero",
        "acme/minor@<minor 1.1> # v1.1.0",
        "ref-version-mismatch",
        "pass",
        "v1.1 is commit",
    ),
    Case(
        "a-major-comment-where-releases-have-two-numbers",
        "acme/minor@<minor 1.0> # v1",
        "behind",
        "warn",
        "v1 has moved on to <minor 1.1>",
        fix="acme/minor@<minor 1.0> # v1.0",
    ),
    Case(
        "two-numbers-move-where-there-are-three",
        "acme/patch@<patch 1.2.0> # v1.2",
        "behind",
        "warn",
        "v1.2 has moved on to <patch 1.2.1>",
        fix="acme/patch@<patch 1.2.0> # v1.2.0",
    ),
    Case(
        "two-numbers-at-the-newest-of-three",
        "acme/patch@<patch 1.2.1> # v1.2",
        "ref-version-mismatch",
        "pass",
        "v1.2 is commit",
    ),
    Case(
        "a-version-of-one-of-several-products",
        "acme/many@<foo 1.0.0> # foo-v1.0.0",
        "ref-version-mismatch",
        "pass",
        "newest release: foo-v1.1.0",
    ),
    Case(
        "a-version-of-another-product",
        "acme/many@<foo 1.0.0> # bar/v2.0.0",
        "ref-version-mismatch",
        "fail",
        "the comment says bar/v2.0.0, the commit is foo-v1.0.0",
    ),
    Case(
        "a-version-without-its-product",
        "acme/many@<bar 2.0.0> # v2.0.0",
        "ref-version-mismatch",
        "pass",
        "bar/v2.0.0 is commit <bar 2.0.0>; newest release: bar/v3.0.0",
    ),
    Case(
        "two-products-at-one-commit-and-the-first-is-meant",
        "acme/many@<foo 1.1.0, bar 3.0.0> # foo-v1.1.0",
        "ref-version-mismatch",
        "pass",
        "foo-v1.1.0 is commit",
    ),
    Case(
        "two-products-at-one-commit-and-the-first-is-misnamed",
        "acme/many@<foo 1.1.0, bar 3.0.0> # foo-v1.0.0",
        "ref-version-mismatch",
        "fail",
        "the comment says foo-v1.0.0, the commit is foo-v1.1.0",
    ),
    Case(
        "a-renamed-repository",
        "acme/old-name@<new name> # v1.0.0",
        "ref-version-mismatch",
        "pass",
        "v1.0.0 is commit",
    ),
    Case(
        "a-sub-action",
        "acme/sub/some/action@<sub 1.0.0> # v1.0.0",
        "ref-version-mismatch",
        "pass",
    ),
]


@dataclass(frozen=True)
class Judged:
    """What came of all cases in one run."""

    world: World
    outcome: Outcome
    by_case: Mapping[str, Record]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    """Every case, each in a project of its own, judged by one run."""
    folder = tmp_path_factory.mktemp("live")
    with world_below(folder / "served") as world:
        populate(world)
        for case in CASES:
            project(folder / case.id, world.spelled(case.reference))
        cases = [case.id for case in CASES]
        outcome = check("--live", "--json", "--all", *cases, cwd=folder, env=world.env)
        yield Judged(world, outcome, {_case_of(record): record for record in records(outcome)})


def _case_of(record: Record) -> str:
    return Path(record["file"]).parts[0]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_a_reference_is_held_against_its_repository(case: Case, judged: Judged) -> None:
    record = judged.by_case[case.id]
    said = f"{record['status']} {record['check']}: {record['detail']}"
    assert said.startswith(f"{case.status} {case.check}: ")
    assert judged.world.spelled(case.says) in said
    assert case.says_not not in said
    assert judged.world.spelled(case.fix) in (record["fix"] or "")


def test_a_repository_is_asked_one_round_however_often_it_is_named(judged: Judged) -> None:
    asked = judged.world.server.requests
    # The list of refs is a request to find the protocol and one to list. The history, which no
    # tip could tell, is fetched once for all commits together.
    assert asked["/acme/sub.git/info/refs"] == asked["/acme/sub.git/git-upload-pack"] == 1
    assert asked["/acme/many.git/info/refs"] == asked["/acme/many.git/git-upload-pack"] == 1
    assert asked["/acme/app.git/info/refs"] == 2


def test_findings_end_with_10_and_say_so(judged: Judged) -> None:
    assert judged.outcome.code == judged.outcome.meta["exit_code"] == 10
    assert judged.outcome.meta["summary"]["fail"] == sum(case.status == "fail" for case in CASES)
    assert judged.outcome.document["error"] is None


def test_the_client_says_who_it_is_and_brings_no_credentials(judged: Judged) -> None:
    agents = {headers["User-Agent"] for headers in judged.world.server.sent_headers}
    assert any(agent.startswith("pypi-publish/") for agent in agents)
    assert all("Authorization" not in sent for sent in judged.world.server.sent_headers)
    assert all("Cookie" not in sent for sent in judged.world.server.sent_headers)


def test_all_spellings_and_all_parts_of_a_repository_ask_it_once(
    world: World, tmp_path: Path
) -> None:
    sha = world.repository("acme/app").release("v1.0.0")
    spellings = ("acme/app", "Acme/App", "ACME/APP/sub/action")
    folder = project(tmp_path / "p", *(f"{name}@{sha} # v1.0.0" for name in spellings))
    with file(folder).open("a") as written:
        written.write(f"  b:\n    uses: acme/app/.github/workflows/x.yml@{sha} # v1.0.0\n")
    outcome = check("--live", "--json", "--all", cwd=folder, env=world.env)
    assert [record["status"] for record in records(outcome)] == ["pass"] * 4
    assert outcome.code == 0
    assert set(world.server.requests.values()) == {1}
    assert len(world.server.requests) == 2


def test_many_repositories_are_asked_at_the_same_time(world: World, tmp_path: Path) -> None:
    world.server.slow = 0.2
    for number in range(12):
        (made := world.repository(f"acme/app{number}")).release("v1.0.0")
        world.shas[str(number)] = made.git("rev-parse", "v1.0.0")
    references = [f"acme/app{number}@<{number}> # v1.0.0" for number in range(12)]
    folder = project(tmp_path / "p", *map(world.spelled, references))
    assert check("--live", cwd=folder, env=world.env).code == 0
    assert 4 <= world.server.most_at_once <= 8


def test_the_oldest_protocol_is_understood(world: World, tmp_path: Path) -> None:
    world.server.old_protocol = True
    made = world.repository("acme/app")
    made.release("v1.0.0", annotated=True)
    other = made.release("v2.0.0")
    folder = project(tmp_path / "p", f"acme/app@{other} # v1.0.0")
    record = the_record(check("--live", "--json", "--all", cwd=folder, env=world.env))
    assert record["detail"] == "the comment says v1.0.0, the commit is v2.0.0"


# --- servers that do not answer ---


@dataclass(frozen=True)
class Trouble:
    """What a server does to a repository, and what is said of it."""

    id: str
    does: tuple[str, ...]
    says: str


TROUBLES = [
    Trouble("no-such-repository", ("404",), "no such repository, or it is not public (HTTP 404)"),
    Trouble("a-private-repository", ("401",), "no such repository, or it is not public (HTTP 401)"),
    Trouble("an-error-of-the-server", ("500",), "HTTP 500"),
    Trouble("too-many-requests", ("429 after 3600",), "HTTP 429, to be asked again in 3600 s"),
    Trouble("no-answer-in-time", ("hang",), "timed out"),
    Trouble("a-connection-that-is-cut", ("cut",), "closed connection"),
    Trouble("a-connection-without-an-answer", ("hang up",), "disconnected"),
    Trouble("a-page-to-sign-in", ("html",), "what answers is no git server (HTTP 200)"),
    Trouble("junk", ("junk",), "the answer is not of git's protocol"),
    Trouble("cut-after-the-first-request", ("none", "404"), "HTTP 404"),
    Trouble("an-empty-repository", ("none",), "the repository has no tag and no branch"),
]
RECOVERIES = [
    Trouble("an-error-and-then-an-answer", ("503", "none"), ""),
    Trouble("too-many-requests-and-then-an-answer", ("429 after 0", "none"), ""),
]


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    """A repository for each trouble, and one without, all asked about by one run."""
    folder = tmp_path_factory.mktemp("troubled")
    with world_below(folder / "served") as world:
        for trouble in (*TROUBLES, *RECOVERIES):
            repository = world.repository(f"acme/{trouble.id}")
            if trouble.id != "an-empty-repository":
                world.shas[trouble.id] = repository.release("v1.0.0")
            world.server.trouble[f"acme/{trouble.id}"] = list(trouble.does)
        shas = world.shas | {"an-empty-repository": "0" * 40}
        names = [trouble.id for trouble in (*TROUBLES, *RECOVERIES)]
        for name in names:
            project(folder / name, f"acme/{name}@{shas[name]} # v1.0.0")
        options = ("--live", "--json", "--all", "--timeout", 1)
        outcome = check(*options, *names, cwd=folder, env=world.env)
        yield Judged(world, outcome, {_case_of(record): record for record in records(outcome)})


@pytest.mark.parametrize("trouble", [pytest.param(item, id=item.id) for item in TROUBLES])
def test_what_is_not_answered_is_unknown(trouble: Trouble, troubled: Judged) -> None:
    record = troubled.by_case[trouble.id]
    assert (record["status"], record["ok"]) == ("unknown", True)
    assert f"acme/{trouble.id}: " in record["detail"]
    assert trouble.says in record["detail"]


@pytest.mark.parametrize("trouble", [pytest.param(item, id=item.id) for item in RECOVERIES])
def test_a_server_is_asked_again(trouble: Trouble, troubled: Judged) -> None:
    assert troubled.by_case[trouble.id]["status"] == "pass"


def test_silence_alone_ends_with_7(troubled: Judged) -> None:
    assert troubled.outcome.code == troubled.outcome.meta["exit_code"] == 7
    assert troubled.outcome.meta["ok"] is False
    assert troubled.outcome.meta["summary"]["fail"] == 0


def test_a_server_that_refuses_is_not_asked_often(troubled: Judged) -> None:
    asked = troubled.world.server.requests
    assert asked["/acme/no-such-repository.git/info/refs"] == 1
    assert asked["/acme/too-many-requests.git/info/refs"] == 1
    assert asked["/acme/an-error-of-the-server.git/info/refs"] == 3


def unused_address() -> str:
    """An address of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_offline_findings_stand_where_no_server_answers(tmp_path: Path) -> None:
    good = "a" * 40
    folder = project(tmp_path, f"acme/a@{good} # v1.0.0", "acme/b@v1", f"acme/c@{good}")
    env = {"GITHUB_SERVER_URL": unused_address()}
    outcome = check("--live", "--json", "--all", cwd=folder, env=env)
    unknown, unpinned, bare = records(outcome)
    assert outcome.code == 10
    assert unknown["status"] == "unknown"
    assert "refused" in unknown["detail"]
    assert (unpinned["check"], unpinned["status"]) == ("unpinned-uses", "fail")
    assert (bare["check"], bare["status"]) == ("version-comment", "fail")


def test_without_git_a_commit_that_no_tip_shows_is_unknown(world: World, tmp_path: Path) -> None:
    made = world.repository("acme/app")
    between, released = made.commit(), made.release("v1.0.0")
    placed = project(tmp_path / "a", f"acme/app@{released} # v1.0.0")
    unplaced = project(tmp_path / "b", f"acme/app@{between} # v1.0.0")
    (tmp_path / "bin").mkdir()
    env = {**world.env, "PATH": str(tmp_path / "bin")}
    outcome = check("--live", "--json", "--all", placed, unplaced, cwd=tmp_path, env=env)
    first, second = records(outcome)
    assert first["status"] == "pass"
    assert second["status"] == "fail"  # its tag is elsewhere, for which no history is needed
    assert f"whether a branch holds {between}: git is not installed" in second["detail"]


def test_without_git_nothing_is_pronounced_an_impostor(world: World, tmp_path: Path) -> None:
    made = world.repository("acme/app")
    made.release("v1.0.0")
    stray = made.commit(None)
    folder = project(tmp_path / "p", f"acme/app@{stray} # zizmor: ignore[x] v1.0.0")
    (tmp_path / "bin").mkdir()
    env = {**world.env, "PATH": str(tmp_path / "bin")}
    made.git("tag", "--delete", "v1.0.0")
    record = the_record(check("--live", "--json", "--all", cwd=folder, env=env))
    assert "impostor-commit: whether a branch holds" in record["detail"]


def test_a_history_that_hangs_is_given_up(world: World, tmp_path: Path) -> None:
    made = world.repository("acme/app")
    between = made.commit()
    made.release("v1.0.0")
    world.server.trouble["acme/app"] = ["none", "none", "hang"]
    folder = project(tmp_path / "p", f"acme/app@{between} # v1.0.0")
    options = ("--live", "--json", "--all", "--timeout", 1)
    outcome = check(*options, cwd=folder, env=world.env)
    assert "whether a branch holds" in the_record(outcome)["detail"]


def test_the_users_own_settings_of_git_are_left_out(world: World, tmp_path: Path) -> None:
    """Many have `insteadOf` send GitHub's addresses to ssh, and hooks for every repository."""
    made = world.repository("acme/app")
    made.release("v1.0.0")
    stray = made.commit(None)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[url "ssh://git@example.invalid/"]\n\tinsteadOf = {world.server.url}/\n'
        "[http]\n\textraHeader = Authorization: Basic c2VjcmV0\n"
        "[safe]\n\tbareRepository = explicit\n"
    )
    env = {**world.env, "HOME": str(home), "GIT_DIR": str(tmp_path / "nowhere")}
    folder = project(tmp_path / "p", f"acme/app@{stray} # v1.0.0")
    record = the_record(check("--live", "--json", "--all", cwd=folder, env=env))
    assert record["check"] == "impostor-commit"
    assert record["status"] == "fail"
    assert all("Authorization" not in sent for sent in world.server.sent_headers)


def test_a_server_that_takes_forever_is_left(world: World) -> None:
    world.server.gate.clear()
    document = read_document("ci.yml", workflow("acme/app@v1"))
    (pin,) = pins_of(Repository([document]))
    answers = ask(
        questions_of([pin]),
        server=world.server.url,
        api=Unasked("a test"),
        ages=False,
        timeout=30,
        longest=0.1,
    )
    assert answers.about(pin) == Remote(None, silence="no answer within 0 s")


# --- actions.lock, policy, contradictions ---


LOCKED = [
    pytest.param("acme/app@v2.0.0", "v2.0.0", "pass ref-version-mismatch", id="matches"),
    pytest.param("acme/app@v4", "v4.0.0", "warn behind", id="behind"),
    pytest.param("acme/app@v3.0.0", "hijacked v3.0.0", "fail moved-tag", id="moved"),
    pytest.param("acme/app@v5.0.0", "of a fork", "fail impostor-commit", id="of-a-fork"),
    pytest.param("acme/app@v2.0.0", "v1.0.0", "fail ref-version-mismatch", id="another"),
    pytest.param("acme/app@v1.1.0", "object of v1.1.0", "fail tag-object", id="tag-object"),
]


@pytest.fixture(scope="module")
def locks_judged(judged: Judged, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Record]:
    """Every locked reference, judged by one run."""
    folder = tmp_path_factory.mktemp("locked")
    for case in LOCKED:
        reference, commit, _ = case.values
        lock(
            project(folder / str(case.id), str(reference)),
            str(reference),
            judged.world.shas[str(commit)],
        )
    names = [case.id for case in LOCKED]
    outcome = check("--live", "--json", "--all", *names, cwd=folder, env=judged.world.env)
    return {_case_of(record): record for record in records(outcome)}


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in LOCKED])
def test_a_locked_reference_is_looked_up_like_a_pin(
    case: Any, locks_judged: Mapping[str, Record]
) -> None:
    record = locks_judged[case.id]
    assert f"{record['status']} {record['check']}" == case.values[2]


def test_what_the_policy_leaves_out_is_not_asked(world: World, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", "acme/app@v1")
    policy(folder, acme="any")
    outcome = check("--live", "--json", "--all", cwd=folder, env=world.env)
    assert the_record(outcome)["status"] == "pass"
    assert outcome.code == 0
    assert not world.server.requests


def test_what_one_project_leaves_out_another_still_asks(world: World, tmp_path: Path) -> None:
    world.repository("acme/app").release("v1.0.0")
    lenient = project(tmp_path / "a", "acme/app@v99")
    policy(lenient, acme="any")
    strict = project(tmp_path / "b", "acme/app@v99")
    outcome = check("--live", "--json", "--all", lenient, strict, cwd=tmp_path, env=world.env)
    assert [record["status"] for record in records(outcome)] == ["pass", "fail"]


def test_a_ref_that_the_policy_allows_has_to_exist(judged: Judged, tmp_path: Path) -> None:
    folder = project(tmp_path, *(f"acme/app@{ref}" for ref in ("v1.0.0", "main", "v99", "dual")))
    policy(folder, **{"acme/app": "ref-pin"})
    outcome = check("--live", "--json", "--all", cwd=folder, env=judged.world.env)
    assert [f"{record['status']} {record['check']}" for record in records(outcome)] == [
        "pass unpinned-uses",
        "pass unpinned-uses",
        "fail missing-ref",
        "fail ref-confusion",
    ]


def test_offline_contradicts_what_asks_servers(tmp_path: Path) -> None:
    outcome = check("--offline", "--live", "--json", cwd=tmp_path, env={})
    assert outcome.code == 2
    assert outcome.document["error"]["code"] == "usage"
    with pytest.raises(Misused, match="--fix asks the git servers, --offline forbids it"):
        run(Wanted(live=True, fix=True), Options(offline=True))


@pytest.mark.parametrize(
    "server",
    [
        "github.com",
        "ftp://github.com",
        "http://[::1",
        "https://",
        "https://me:hunter2@github.com",
        "https://me:hunter2@[::1",
    ],
)
def test_a_server_that_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(Misused) as refused:
        server_of({"GITHUB_SERVER_URL": server})
    assert "GITHUB_SERVER_URL" in refused.value.message
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("named", ["", "https://github.com", "https://github.com/"])
def test_the_server_is_github_unless_another_is_named(named: str) -> None:
    assert server_of({"GITHUB_SERVER_URL": named}) == server_of({}) == "https://github.com"


def test_an_ignore_counts_only_if_its_rule_was_asked(judged: Judged, tmp_path: Path) -> None:
    ignore = "# check-action-pins: ignore[behind] waits for the new runner"
    references = (f"acme/app@<v4.0.0> # v4 {ignore}", f"acme/sub@<sub 1.0.0> # v1.0.0 {ignore}")
    folder = project(tmp_path, *map(judged.world.spelled, references))
    offline = check("--json", "--all", cwd=folder, env={})
    assert [record["status"] for record in records(offline)] == ["pass", "pass"]
    assert len(offline.data) == 2
    live = check("--live", "--json", "--all", cwd=folder, env=judged.world.env)
    assert [record["status"] for record in records(live)] == ["skip", "pass"]
    unused = [record["line"] for record in live.data if record["check"] == "unused-ignore"]
    assert unused == [7]


# --- the GitHub API ---

TOKEN = "ghp_0123456789abcdefSECRET"
ADVISORY = {"ghsa_id": "GHSA-mrrh-fwg8-r2c3", "withdrawn_at": None}


@pytest.fixture
def api() -> Iterator[WebServer]:
    """An API that knows the repository and no advisories."""
    with web_server() as server:
        server.replies = {
            "/repos/acme/app": [_json({"archived": False, "full_name": "acme/app"})],
            "/advisories": [_json([])],
        }
        yield server


def _json(content: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def ask_with_token(judged: Judged, api: WebServer, folder: Path, *references: str) -> Outcome:
    """Judge references with the API."""
    spelled = references or ("acme/app@<v5.0.0> # v5.0.0",)
    project(folder, *map(judged.world.spelled, spelled))
    env = {**judged.world.env, "GITHUB_API_URL": api.url, "GITHUB_TOKEN": TOKEN}
    outcome = check("--live", "--json", "--all", cwd=folder, env=env)
    assert TOKEN not in outcome.stdout + outcome.stderr
    assert all(TOKEN not in str(sent) for sent in judged.world.server.sent_headers)
    return outcome


def about_the_api(outcome: Outcome) -> Record:
    """The one record about what only the API knows."""
    (found,) = [record for record in outcome.data if record["check"] == "advisories-asked"]
    return dict(found)


def test_without_a_token_advisories_are_unknown_and_the_rest_counts(
    judged: Judged, tmp_path: Path
) -> None:
    folder = project(tmp_path, judged.world.spelled("acme/app@<v5.0.0> # v5.0.0"))
    outcome = check("--live", "--json", "--all", cwd=folder, env=judged.world.env)
    assert about_the_api(outcome)["status"] == "unknown"
    assert "no GITHUB_TOKEN is set" in about_the_api(outcome)["detail"]
    assert about_the_api(outcome)["where"] is None
    assert outcome.code == 0


def test_with_a_token_advisories_are_asked(judged: Judged, api: WebServer, tmp_path: Path) -> None:
    outcome = ask_with_token(judged, api, tmp_path)
    assert outcome.code == 0
    assert about_the_api(outcome)["status"] == "pass"
    assert {sent.headers["Authorization"] for sent in api.asked} == {f"Bearer {TOKEN}"}
    assert [sent.path.partition("&per_page")[0] for sent in api.asked] == [
        "/repos/acme/app",
        "/advisories?ecosystem=actions&affects=acme/app%405.0.0",
    ]


def test_what_the_api_knows_of_what_is_run_is_reported(
    judged: Judged, api: WebServer, tmp_path: Path
) -> None:
    """Whatever the comment says; a moving tag may stand for an affected release."""
    affected = "/advisories?ecosystem=actions&affects=acme/app%404.0.0&per_page=100"
    api.replies[affected] = [_json([ADVISORY])]
    api.replies["/repos/acme/sub"] = [_json({"archived": True})]
    comments = ("v4.0.0", "v4", "v5.0.0")
    references = [f"acme/app@<v4.0.0> # {comment}" for comment in comments]
    outcome = ask_with_token(judged, api, tmp_path, *references, "acme/sub@<sub 1.0.0> # v1.0.0")
    *vulnerable, archived = records(outcome)
    for record in vulnerable:
        assert (record["check"], record["status"]) == ("known-vulnerable-actions", "fail")
        assert "acme/app v4.0.0: GHSA-mrrh-fwg8-r2c3" in record["detail"]
    assert (archived["check"], archived["status"]) == ("archived-uses", "warn")
    assert outcome.code == 10
    assert len(api.asked) == 4  # each question once


def test_advisories_are_asked_under_the_name_that_a_repository_has_now(
    judged: Judged, api: WebServer, tmp_path: Path
) -> None:
    api.replies["/repos/acme/old-name"] = [Reply(301, headers={"Location": "/repositories/7"})]
    api.replies["/repositories/7"] = [_json({"archived": False, "full_name": "Acme/New-Name"})]
    ask_with_token(judged, api, tmp_path, "acme/old-name@<new name> # v1.0.0")
    assert "affects=Acme/New-Name%401.0.0" in api.asked[-1].path
    assert all(sent.headers["Authorization"] for sent in api.asked)  # one host, so also beyond 301


def test_an_api_that_does_not_answer_is_unknown(
    judged: Judged, api: WebServer, tmp_path: Path
) -> None:
    api.replies["/repos/acme/app"] = [Reply(403)]
    outcome = ask_with_token(judged, api, tmp_path)
    assert about_the_api(outcome)["status"] == "unknown"
    assert "acme/app: the GitHub API answers HTTP 403" in about_the_api(outcome)["detail"]
    assert the_record(outcome)["status"] == "pass"
    assert outcome.code == 7


def test_an_api_that_refuses_one_question_is_not_asked_the_others(
    world: World, api: WebServer, tmp_path: Path
) -> None:
    api.replies = {"*": [Reply(403)]}
    names = [f"acme/app{number}" for number in range(20)]
    references = [f"{name}@{world.repository(name).release('v1.0.0')} # v1.0.0" for name in names]
    folder = project(tmp_path / "p", *references)
    env = {**world.env, "GITHUB_API_URL": api.url, "GH_TOKEN": TOKEN}
    assert check("--live", cwd=folder, env=env).code == 7
    assert 1 <= len(api.asked) <= 8  # those that were asked at the same time


def test_the_token_does_not_follow_a_redirect_to_another_server(
    judged: Judged, api: WebServer, tmp_path: Path
) -> None:
    with web_server() as other:
        other.replies = {"*": [_json({"archived": True})]}
        api.replies["/repos/acme/app"] = [Reply(302, headers={"Location": f"{other.url}/steal"})]
        ask_with_token(judged, api, tmp_path)
        assert [sent.path for sent in other.asked] == ["/steal"]
        assert "Authorization" not in other.asked[0].headers


def test_a_token_that_is_none_is_named_and_not_shown(judged: Judged, tmp_path: Path) -> None:
    folder = project(tmp_path, judged.world.spelled("acme/app@<v5.0.0> # v5.0.0"))
    env = {**judged.world.env, "GITHUB_TOKEN": f"{TOKEN}\nX-Evil: 1"}
    outcome = check("--live", "--json", "--all", cwd=folder, env=env)
    assert "GITHUB_TOKEN holds characters" in about_the_api(outcome)["detail"]
    assert TOKEN not in outcome.stdout + outcome.stderr
    assert outcome.code == 0
