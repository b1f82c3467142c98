"""Which files are judged, under which name, and what of them is not read."""

import io
import os
import sys
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from pypi_publish.errors import Malformed, NothingToInspect, PrerequisiteMissing, Problem
from pypi_publish.workflow.find import STDIN, find, read
from pypi_publish.workflow.reader import LARGEST

posix = pytest.mark.skipif(os.name != "posix", reason="of POSIX")

REPOSITORY = [
    ".github/actions/one/action.yml",
    ".github/actions/one/helper.yml",
    ".github/actions/three/deep/action.yml",
    ".github/actions/two/action.yaml",
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/notes.md",
    ".github/workflows/nested/other.yml",
    ".github/workflows/release.yaml",
    ".pre-commit-config.yaml",
    "action.yml",
    "mkdocs.yml",
    "tools/action.yml",
]
JUDGED = [
    ".github/actions/one/action.yml",
    ".github/actions/three/deep/action.yml",
    ".github/actions/two/action.yaml",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yaml",
    "action.yml",
]


def make(folder: Path, *names: str) -> Path:
    """Write files below a folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: {name}\n", encoding="utf-8")
    return folder


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository as the current folder."""
    monkeypatch.chdir(make(tmp_path / "repository", *REPOSITORY))
    return tmp_path / "repository"


def names(*paths: str) -> list[str]:
    return sorted(found.name for found in find(paths))


# --- what is found ----------------------------------------------------------------------------


@pytest.mark.usefixtures("repository")
def test_without_a_path_the_workflows_and_actions_of_the_repository_are_judged() -> None:
    assert names() == JUDGED


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(".", JUDGED, id="the-repository"),
        pytest.param(".github", JUDGED[:5], id="its-github"),
        pytest.param(".github/workflows", JUDGED[3:5], id="its-workflows"),
        pytest.param(".github/workflows/", JUDGED[3:5], id="its-workflows-with-a-slash"),
        pytest.param(".github/actions", JUDGED[:3], id="its-actions"),
        pytest.param(".github/actions/three", JUDGED[1:2], id="one-of-its-actions"),
        pytest.param(".github/actions/one/action.yml", JUDGED[:1], id="a-file"),
        pytest.param(".github/workflows/nested", REPOSITORY[7:8], id="a-folder-of-workflows"),
        pytest.param("mkdocs.yml", ["mkdocs.yml"], id="a-file-that-is-named-is-taken"),
        pytest.param("tools", ["tools/action.yml"], id="a-folder-of-an-action"),
        pytest.param(".github/workflows/notes.md", [".github/workflows/notes.md"], id="any-ending"),
    ],
)  # fmt: skip
def test_a_path_is_a_repository_a_part_of_it_or_a_file(path: str, expected: list[str]) -> None:
    assert names(path) == expected


def test_a_repository_elsewhere_is_named_in_full(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.parent)
    assert names("repository") == [f"repository/{name}" for name in JUDGED]
    monkeypatch.chdir(make(repository.parent / "elsewhere", "x.txt"))
    assert names(str(repository)) == [(repository / name).as_posix() for name in JUDGED]


def test_loose_workflows_in_a_folder_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make(tmp_path, "a.yml", "b.yaml", "action.yml", "c.txt", "deep/d.yml"))
    assert names(".") == ["a.yml", "action.yml", "b.yaml"]


def test_the_root_of_an_action_is_judged_without_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make(tmp_path, "action.yaml", "other.yml"))
    assert names() == ["action.yaml"]


def test_a_repository_without_workflows_has_no_loose_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make(tmp_path, ".github/FUNDING.yml", "docker-compose.yml"))
    assert names(".") == []
    assert names() == []


def test_a_workflow_that_is_called_action_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ".github/workflows"
    monkeypatch.chdir(make(tmp_path, f"{folder}/action.yml", f"{folder}/ci.yml"))
    assert names() == names(folder) == [f"{folder}/action.yml", f"{folder}/ci.yml"]


@pytest.mark.parametrize(
    "name",
    [
        "spaces in it.yml",
        "日本語.yml",
        "é😀.yaml",
        "UPPER.YML",
        "two.dots.yml",
        "-dash.yml",
        ".hidden.yml",
    ],
)
def test_a_workflow_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(make(tmp_path / "with space", f".github/workflows/{name}"))
    assert names() == names(".") == [f".github/workflows/{name}"]


@pytest.mark.parametrize("name", ["ci.yml.bak", "ci.yml~", "yml", "ci.json", "ciyml", "ci.ymll"])
def test_another_ending_is_no_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(make(tmp_path, f".github/workflows/{name}"))
    assert names() == []


def test_folders_with_the_name_of_a_file_are_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(
        make(
            tmp_path,
            ".github/workflows/ci.yml/x.txt",
            ".github/actions/a/action.yml/x.txt",
            "action.yml/x.yml",
        )
    )
    assert names() == []
    assert names("action.yml") == ["action.yml/x.yml"]


def test_a_file_in_the_place_of_a_folder_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make(tmp_path / "a", ".github"))
    assert names() == []
    monkeypatch.chdir(make(tmp_path / "b", ".github/workflows", ".github/actions"))
    assert names() == []


# --- each once --------------------------------------------------------------------------------


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "paths",
    [
        pytest.param([".github/workflows/ci.yml"] * 2, id="the-same-name"),
        pytest.param(["./.github/workflows/ci.yml", ".github//workflows/ci.yml"], id="two-ways"),
        pytest.param(
            ["tools/../.github/workflows/ci.yml", ".github/workflows/ci.yml"], id="around"
        ),
        pytest.param(["-", "-"], id="standard-input"),
    ],
)
def test_a_file_that_is_named_twice_is_judged_once(paths: list[str]) -> None:
    assert len(names(*paths)) == 1


def test_a_folder_and_a_file_of_it_are_judged_once(repository: Path) -> None:
    assert names(".", ".github/workflows/ci.yml", str(repository / "action.yml")) == JUDGED


@posix
@pytest.mark.usefixtures("repository")
def test_a_file_behind_a_linked_folder_is_judged_once() -> None:
    Path("link").symlink_to(".github/workflows")
    assert names(".github/workflows", "link") == JUDGED[3:5]


# --- to which repository a file belongs -------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        ".", ".github", ".github/workflows", ".github/workflows/ci.yml", ".github/actions",
        ".github/actions/three/deep/action.yml", "action.yml", "tools", "tools/action.yml",
    ],
)  # fmt: skip
def test_a_file_belongs_to_the_repository_that_holds_it(repository: Path, path: str) -> None:
    roots = {found.root.resolve() for found in find((path,))}
    assert roots == {repository.resolve()}


def test_a_loose_file_belongs_to_its_own_folder(tmp_path: Path) -> None:
    make(tmp_path, "a/x.yml")
    for path in (tmp_path / "a", tmp_path / "a" / "x.yml"):
        (found,) = find((str(path),))
        assert found.root.resolve() == (tmp_path / "a").resolve()


def test_the_git_folder_marks_a_repository(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "actions/a/action.yml")
    (found,) = find((str(tmp_path / "actions" / "a" / "action.yml"),))
    assert found.root.resolve() == tmp_path.resolve()


# --- reading ----------------------------------------------------------------------------------


def problem_of(path: Path) -> Problem:
    """Return why the one file below a path cannot be read."""
    (found,) = find((str(path),))
    with pytest.raises(Problem) as caught:
        read(found)
    return caught.value


def test_a_file_is_read_no_further_than_a_workflow_may_go(tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_bytes(b"#" * (LARGEST + 1_000))
    (found,) = find((str(tmp_path / "ci.yml"),))
    assert len(read(found)) == LARGEST + 1


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.BytesIO(b"on: push" + b"#" * LARGEST)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=given))
    (found,) = find(("-",))
    assert (found.name, found.path) == (STDIN, None)
    assert len(read(found)) == LARGEST + 1


def test_a_path_that_does_not_exist_is_nothing_to_inspect(tmp_path: Path) -> None:
    with pytest.raises(NothingToInspect, match="no such file or folder"):
        find((str(tmp_path / "missing.yml"),))


@posix
def test_a_path_that_is_too_long_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteMissing):
        find((str(tmp_path / ("x" * 5_000)),))


@posix
def test_a_link_within_the_repository_is_followed(tmp_path: Path) -> None:
    make(tmp_path, ".github/workflows/ci.yml", "shared/x.yml")
    (tmp_path / ".github/workflows/link.yml").symlink_to("../../shared/x.yml")
    contents = {Path(found.name).name: read(found) for found in find((str(tmp_path),))}
    assert contents["link.yml"] == b"name: shared/x.yml\n"


@posix
@pytest.mark.parametrize("folder", [".github/workflows", ".github/actions/a", "."])
def test_a_link_out_of_the_repository_is_not_read(tmp_path: Path, folder: str) -> None:
    make(tmp_path, "secret.yml", "repository/.github/x.txt")
    link = tmp_path / "repository" / folder / "action.yml"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "secret.yml")
    for path in (tmp_path / "repository", link):
        problem = problem_of(path)
        assert problem.code == "symlink-out-of-tree"
        assert isinstance(problem, Malformed)


@posix
@pytest.mark.parametrize("name", ["workflows", "actions"])
def test_a_linked_folder_out_of_the_repository_is_not_read(tmp_path: Path, name: str) -> None:
    make(tmp_path, "elsewhere/action.yml", "repository/.github/x.txt")
    (tmp_path / "repository/.github" / name).symlink_to(tmp_path / "elsewhere")
    assert problem_of(tmp_path / "repository").code == "symlink-out-of-tree"


@posix
def test_a_repository_may_itself_be_behind_a_link(tmp_path: Path) -> None:
    make(tmp_path, "repository/.github/workflows/ci.yml")
    (tmp_path / "link").symlink_to("repository")
    for path in ("link", "link/.github/workflows", "link/.github/workflows/ci.yml"):
        (found,) = find((str(tmp_path / path),))
        assert read(found) == b"name: repository/.github/workflows/ci.yml\n"


@posix
def test_a_link_to_nothing_is_malformed_and_not_missing(tmp_path: Path) -> None:
    make(tmp_path, ".github/x.txt")
    (tmp_path / ".github/workflows").mkdir()
    (tmp_path / ".github/workflows/ci.yml").symlink_to("nowhere.yml")
    assert problem_of(tmp_path).code == "broken-symlink"


@posix
def test_a_link_to_itself_is_malformed(tmp_path: Path) -> None:
    make(tmp_path, ".github/x.txt")
    (tmp_path / ".github/workflows").mkdir()
    (tmp_path / ".github/workflows/ci.yml").symlink_to("ci.yml")
    assert isinstance(problem_of(tmp_path), Malformed)


@posix
@pytest.mark.parametrize("folder", [".github/workflows", "."], ids=["a-repository", "loose"])
def test_a_named_pipe_that_is_found_is_not_read(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / folder / "ci.yml")
    assert problem_of(tmp_path).code == "not-a-file"


@posix
def test_a_named_pipe_that_the_user_names_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (found,) = find((str(pipe),))
    writer = Thread(target=pipe.write_bytes, args=(b"on: push\n",), daemon=True)
    writer.start()
    assert read(found) == b"on: push\n"
    writer.join()


@posix
def test_a_device_is_not_read() -> None:
    assert problem_of(Path("/dev/zero")).code == "not-a-file"


@posix
@pytest.mark.skipif(os.geteuid() == 0 if os.name == "posix" else False, reason="root reads all")
def test_a_file_without_permission_is_a_missing_prerequisite(tmp_path: Path) -> None:
    make(tmp_path, "ci.yml")
    (tmp_path / "ci.yml").chmod(0)
    assert isinstance(problem_of(tmp_path / "ci.yml"), PrerequisiteMissing)


@posix
@pytest.mark.skipif(os.geteuid() == 0 if os.name == "posix" else False, reason="root reads all")
@pytest.mark.parametrize("name", ["workflows", "actions"])
def test_a_folder_without_permission_is_a_missing_prerequisite(tmp_path: Path, name: str) -> None:
    folder = make(tmp_path, f".github/{name}/a/action.yml") / ".github" / name
    folder.chmod(0)
    try:
        with pytest.raises(PrerequisiteMissing):
            find((str(tmp_path),))
    finally:
        folder.chmod(0o700)


def test_a_file_that_vanishes_is_a_missing_prerequisite(tmp_path: Path) -> None:
    make(tmp_path, "ci.yml")
    (found,) = find((str(tmp_path / "ci.yml"),))
    (tmp_path / "ci.yml").unlink()
    with pytest.raises(PrerequisiteMissing, match=r"ci\.yml: No such file"):
        read(found)


@posix
def test_a_current_folder_that_was_deleted_is_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a/ci.yml")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(PrerequisiteMissing):
        find(())
    (found,) = find((str(tmp_path / "a"),))
    assert read(found) == b"name: a/ci.yml\n"
    monkeypatch.chdir(tmp_path)
