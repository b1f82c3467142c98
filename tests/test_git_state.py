"""`project.git`: what git says of a tree, without anything of the tree being run."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_server import Repository, serving
from pypi_publish.errors import Malformed, PrerequisiteMissing
from pypi_publish.project.git import GitState, ask_remote, read_git, without_credentials

TOKEN = "pypi-AgEIcHlwaS5vcmcCJGQ3" + "kZ9qTbW4xYv2RmNc8LpJ7hGf5sDaEu3iOo6" * 3


class Tree:
    """A working tree that is changed with real git."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", ".")

    def git(self, *arguments: str) -> str:
        who = {
            f"GIT_{role}_{field}": "a@example.org"
            for role in ("AUTHOR", "COMMITTER")
            for field in ("NAME", "EMAIL")
        }
        ended = subprocess.run(
            ["git", "-c", "commit.gpgSign=false", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path,
            env={**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull},
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.strip()

    def write(self, name: str, text: str = "x\n") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def commit(self, *names: str) -> str:
        for name in names or ("README",):
            if not (self.path / name).exists():
                self.write(name)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "a commit")
        return self.git("rev-parse", "HEAD")

    @property
    def state(self) -> GitState:
        state = read_git(self.path)
        assert state is not None
        return state


@pytest.fixture(autouse=True)
def _no_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "my project é")


def test_no_repository_is_none(tmp_path: Path) -> None:
    assert read_git(tmp_path) is None


def test_a_clean_commit_with_its_tag(tree: Tree) -> None:
    commit = tree.commit("README")
    tree.git("tag", "v1.0")
    tree.git("tag", "-a", "-m", "annotated", "v1.0.0")
    state = tree.state
    assert (state.head, state.branch, state.is_dirty) == (commit, "main", False)
    assert set(state.tags_at_head) == {"v1.0", "v1.0.0"}
    assert state.tracked_files == ("README",)


def test_a_repository_without_a_commit(tree: Tree) -> None:
    tree.write("new")
    assert tree.state.head is None
    assert tree.state.untracked.names == ("new",)


def test_what_is_dirty_is_told_apart(tree: Tree) -> None:
    tree.write(".gitignore", "ignored\n")
    tree.commit("a", "b", "with space")
    tree.write("a", "changed\n")
    tree.write("b", "changed\n")
    tree.git("add", "b")
    tree.write("new\nline")
    tree.write("ignored")
    state = tree.state
    assert state.changed.names == ("a",)
    assert state.staged.names == ("b",)
    assert state.untracked.names == ("new\nline",)


def test_a_detached_head_has_no_branch(tree: Tree) -> None:
    tree.commit()
    tree.git("checkout", "--quiet", "--detach")
    assert tree.state.branch is None


def test_commits_that_the_remote_lacks_are_counted(tree: Tree, tmp_path: Path) -> None:
    tree.commit("one")
    clone = Tree(tmp_path / "clone")
    clone.git("remote", "add", "origin", str(tree.path))
    clone.git("fetch", "--quiet", "origin")
    clone.git("checkout", "--quiet", "-B", "main", "--track", "origin/main")
    clone.git("remote", "set-head", "origin", "main")
    clone.commit("two")
    clone.commit("three")
    tree.commit("four")
    clone.git("fetch", "--quiet", "origin")
    state = clone.state
    assert (state.ahead, state.behind, state.upstream) == (2, 1, "origin/main")
    assert (state.unpushed, state.default_branch, state.remote) == (2, "main", "origin")


def test_a_default_branch_that_nobody_names_has_the_usual_name(tree: Tree) -> None:
    tree.commit("one")
    tree.git("checkout", "--quiet", "-b", "topic")
    assert tree.state.default_branch == "main"
    tree.git("branch", "master")
    assert tree.state.default_branch is None


def test_a_branch_without_an_upstream_is_compared_with_all_remotes(
    tree: Tree, tmp_path: Path
) -> None:
    tree.commit("one")
    clone = Tree(tmp_path / "clone")
    clone.git("remote", "add", "origin", str(tree.path))
    clone.git("fetch", "--quiet", "origin")
    clone.git("checkout", "--quiet", "--no-track", "-B", "topic", "origin/main")
    clone.commit("two")
    assert (clone.state.ahead, clone.state.unpushed) == (None, 1)


def test_a_shallow_clone_says_so(tree: Tree, tmp_path: Path) -> None:
    tree.commit("one")
    tree.commit("two")
    clone = Tree(tmp_path / "clone")
    clone.git("fetch", "--quiet", "--depth=1", tree.path.as_uri(), "main")
    clone.git("checkout", "--quiet", "FETCH_HEAD")
    assert clone.state.shallow
    assert not tree.state.shallow


def test_a_project_in_a_folder_of_its_repository(tree: Tree) -> None:
    tree.commit("packages/one/pyproject.toml", "README")
    state = read_git(tree.path / "packages" / "one")
    assert state is not None
    assert state.prefix == "packages/one/"
    assert state.tracked_files == ("pyproject.toml",)


def test_a_linked_worktree_is_a_repository(tree: Tree, tmp_path: Path) -> None:
    tree.commit()
    tree.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    state = read_git(tmp_path / "linked")
    assert state is not None
    assert state.linked_worktree


def test_a_bare_repository_is_refused_with_its_reason(tmp_path: Path) -> None:
    bare = Repository(tmp_path, "owner/name")
    with pytest.raises(Malformed, match="bare repository"):
        read_git(bare.path)


def test_a_broken_link_to_a_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(Malformed, match="not there"):
        read_git(tmp_path)


def test_without_git_the_state_is_missing_not_clean(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrerequisiteMissing, match="not installed"):
        read_git(tree.path)


def test_the_environment_cannot_point_elsewhere(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.commit("mine")
    other = Tree(tmp_path / "other")
    other.commit("theirs")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    assert tree.state.tracked_files == ("mine",)


def test_nothing_of_the_repository_is_run(tree: Tree, tmp_path: Path) -> None:
    tree.commit("a", ".gitattributes")
    tree.write(".gitattributes", "* filter=evil diff=evil\n")
    tree.commit("a")
    mark = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
    evil.chmod(0o755)
    for name in (
        "core.fsmonitor",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.external",
        "core.pager",
        "core.sshCommand",
        "credential.helper",
        "core.editor",
    ):
        tree.git("config", name, str(evil))
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        path = tree.path / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(evil.read_bytes())
        path.chmod(0o755)
    before = (tree.path / ".git" / "index").read_bytes()
    tree.write("a", "changed\n")
    assert tree.state.changed.names == ("a",)
    assert not mark.exists()
    assert (tree.path / ".git" / "index").read_bytes() == before


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        pytest.param("https://github.com/o/r.git", "https://github.com/o/r.git", id="plain"),
        pytest.param("https://me:secret@github.com/o/r", "https://github.com/o/r", id="password"),
        pytest.param("https://ghp_secret@github.com/o/r", "https://github.com/o/r", id="token"),
        pytest.param("git@github.com:o/r.git", "git@github.com:o/r.git", id="scp"),
        pytest.param("ssh://git@github.com/o/r", "ssh://git@github.com/o/r", id="ssh"),
        pytest.param("ssh://me:secret@host/o/r", "ssh://me@host/o/r", id="ssh-password"),
        pytest.param("https://host/o/r?token=secret", "https://host/o/r", id="query"),
    ],
)
def test_no_address_keeps_a_credential(address: str, shown: str) -> None:
    assert without_credentials(address) == shown


def test_the_guards_of_gitignore_are_asked_of_git(tree: Tree) -> None:
    tree.write(".gitignore", "/dist\nbuild/\n*.egg-info\n.venv\n.env*\n!.env.example\n")
    tree.commit()
    assert tree.state.unguarded == (".pypirc",)


def test_a_users_own_list_is_no_guard_of_the_repository(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ignore").write_text("dist/\n")
    (tmp_path / "config").write_text(f"[core]\nexcludesFile = {tmp_path / 'ignore'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    tree.commit()
    assert "dist/" in tree.state.unguarded


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(
            ".pypirc",
            f"[pypi]\nusername = __token__\npassword = {TOKEN}\n",
            {(3, "a PyPI API token")},
            id="pypirc-token",
        ),
        pytest.param(
            ".pypirc", "[pypi]\npassword: hunter2\n", {(2, "a password")}, id="pypirc-password"
        ),
        pytest.param(
            ".pypirc", "[distutils]\nindex-servers = pypi\n", set(), id="pypirc-without-one"
        ),
        pytest.param(
            ".pypirc", "[pypi]\npassword = <your token>\n", set(), id="pypirc-placeholder"
        ),
        pytest.param(
            "docs.md",
            "use pypi-XXXXXXXX or pypi-AgEIcHlwaS5vcmc...\n",
            set(),
            id="placeholder-token",
        ),
        pytest.param("docs.md", f"a\nb {TOKEN}\n", {(2, "a PyPI API token")}, id="token-in-docs"),
        pytest.param(
            "conf.py",
            "T = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'\n",
            {(1, "a GitHub token")},
            id="github",
        ),
        pytest.param(
            "ci.yml", "t: glpat-" + "x7Yz9Ab3Cd5Ef7Gh9Jk2\n", {(1, "a GitLab token")}, id="gitlab"
        ),
        pytest.param("k.txt", "AKIAIOSFODNN7EXAMPLE\n", set(), id="aws-example"),
        pytest.param(
            "k.txt", "AKIA" + "Q3EGRT7YUIB5NXZC" + "\n", {(1, "an AWS access key")}, id="aws"
        ),
        pytest.param(".env", "DEBUG=1\nAPI_KEY=8f3b2c\n", {(2, "a secret")}, id="env"),
        pytest.param(".env", "DEBUG=1\n", {(None, "local settings")}, id="env-without-secret"),
        pytest.param(".env.example", "API_KEY=your-key\n", set(), id="env-example"),
        pytest.param(
            "id_rsa",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n" + "b3BlbnNzaC1rZXktdjEA" * 4 + "\n",
            {(1, "a private key")},
            id="key",
        ),
        pytest.param(
            "tests/key.pem",
            "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG" * 4 + "\n",
            set(),
            id="key-for-tests",
        ),
        pytest.param("doc.md", "-----BEGIN PRIVATE KEY-----\n...\n", set(), id="key-in-words"),
    ],
)
def test_secrets_are_found_by_shape_and_place(
    name: str, text: str, expected: set[tuple[int | None, str]], tree: Tree
) -> None:
    tree.write(name, text)
    tree.commit()
    assert {(item.line, item.kind) for item in tree.state.exposed} == expected
    assert TOKEN not in repr(tree.state)


def test_an_untracked_secret_is_found_and_an_ignored_one_is_not(tree: Tree) -> None:
    tree.write(".gitignore", ".env\n")
    tree.commit()
    tree.write(".env", "TOKEN=8f3b2c\n")
    tree.write(".pypirc", "password = hunter2\n")
    assert [(item.file, item.tracked) for item in tree.state.exposed] == [(".pypirc", False)]


def test_files_that_are_no_text_files_are_passed_over(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(TOKEN)
    (tree.path / "link").symlink_to(outside)
    (tree.path / "folder").symlink_to(tmp_path)
    (tree.path / "data.dat").write_bytes(b"\0" + TOKEN.encode())
    (tree.path / "large").write_bytes(b"x" * (2 << 20) + TOKEN.encode())
    tree.commit()
    (tree.path / "README").unlink()
    os.mkfifo(tree.path / "README")
    assert tree.state.exposed == ()


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[str, Repository, list[str]]]:
    repository = Repository(tmp_path / "served", "owner/name")
    trouble: list[str] = ["none"]
    with serving(tmp_path / "served") as server:
        server.trouble["owner/name"] = trouble
        yield f"{server.url}/owner/name.git", repository, trouble


def _with_remote(address: str) -> GitState:
    return GitState(top=Path(), remotes={"origin": address})


def test_the_remote_is_asked_for_its_tags(remote: tuple[str, Repository, list[str]]) -> None:
    address, repository, _ = remote
    commit = repository.release("v1.0", annotated=True)
    assert ask_remote(_with_remote(address), 5).remote_tags == {"v1.0": commit}


@pytest.mark.parametrize(
    ("trouble", "hidden"),
    [pytest.param("404", True, id="private"), pytest.param("html", False, id="not-git")],
)
def test_a_remote_that_does_not_say_is_not_empty(
    remote: tuple[str, Repository, list[str]], trouble: str, hidden: bool
) -> None:
    address, _, troubles = remote
    troubles[:] = [trouble]
    state = ask_remote(_with_remote(address), 2)
    assert state.remote_tags is None
    assert state.remote_silence
    assert state.remote_hidden is hidden


@pytest.mark.parametrize("address", ["/srv/git/name.git", "git@internal.example:team/name.git"])
def test_a_remote_that_needs_a_login_is_not_asked(address: str) -> None:
    state = ask_remote(_with_remote(address), 2)
    assert (state.remote_tags, state.remote_hidden) == (None, True)
