"""The commands of the publish templates, run for real: on good files, and on every wrong kind."""

import hashlib
import json
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from artifact_maker import SdistMaker, WheelMaker
from index_server import IndexServer, Served, serving
from template_runner import Ended, Runner, asset, parsed, text_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the jobs run on Linux")

RunnerMaker = Callable[..., Runner]
SDIST, WHEEL = SdistMaker().file, WheelMaker().file


@pytest.fixture
def runner(tmp_path: Path) -> RunnerMaker:
    """Make the machine of a job of publish.yml."""

    def make(project: str = "sample-pkg", **environment: str) -> Runner:
        folder, temporary = tmp_path / "work", tmp_path / "temporary"
        folder.mkdir(exist_ok=True)
        workflow = asset("publish.yml", project_name=project)
        return Runner(workflow, folder, temporary, environment=environment)

    return make


def checked(
    runner: Runner, tag: str = "v1.0", wheel: WheelMaker | None = None, sdist: object = None
) -> Ended:
    dist = runner.temporary / "dist"
    dist.mkdir(parents=True)
    (wheel or WheelMaker()).write(dist)
    maker = sdist or SdistMaker()
    assert isinstance(maker, SdistMaker)
    maker.write(dist)
    return runner.run("build", "Check that tag", **{"github.ref_name": tag})


@pytest.mark.parametrize(
    ("project", "tag"),
    [
        pytest.param("sample-pkg", "v1.0", id="v"),
        pytest.param("sample-pkg", "1.0", id="bare"),
        pytest.param("sample-pkg", "v1.0.0", id="another-spelling-of-the-same-version"),
        pytest.param("sample-pkg", "sample-pkg-v1.0", id="with-the-name"),
        pytest.param("sample-pkg", "sample_pkg/1.0", id="with-the-name-and-a-slash"),
        pytest.param("Sample.Pkg", "sample-pkg@1.0", id="name-in-another-spelling"),
    ],
)
def test_tag_and_files_that_belong_together(runner: RunnerMaker, project: str, tag: str) -> None:
    machine = runner(project)
    ended = checked(machine, tag)
    assert ended.code == 0, ended.said
    files = {path.name: path.read_bytes() for path in (machine.temporary / "dist").iterdir()}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert json.loads(ended.outputs["files"]) == hashes
    assert ended.outputs["version"] in {"1.0", "1.0.0"}
    assert all(sha256 in ended.said for sha256 in hashes.values())


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        pytest.param("v1.1", "says 1.1, sample_pkg-1.0-py3-none-any.whl is 1.0", id="another"),
        pytest.param("v1.0rc1", "says 1.0rc1", id="pre-release"),
        pytest.param("v1.0.post1", "says 1.0.post1", id="post-release"),
        pytest.param("vnext", "does not end in a version", id="no-version"),
        pytest.param("other-pkg-v1.0", "does not end in a version", id="another-project"),
        pytest.param("v1.0+build.7", "no local version", id="local-version"),
        pytest.param("v$(touch hacked)", "does not end in a version", id="a-command"),
    ],
)
def test_a_tag_of_another_version_stops_the_build(
    runner: RunnerMaker, tag: str, message: str
) -> None:
    machine = runner()
    ended = checked(machine, tag)
    assert (ended.code, ended.outputs) == (1, {})
    assert message in ended.said
    assert "Nothing was published." in ended.said
    assert not list(machine.folder.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wheel", "sdist", "message"),
    [
        pytest.param(
            WheelMaker(changes={"Requires-Dist": ["other @ https://example.com/other.whl"]}),
            SdistMaker(),
            "no address as a dependency",
            id="direct-url",
        ),
        pytest.param(
            WheelMaker(file="sample_pkg-1.0-cp311-cp311-linux_x86_64.whl"),
            SdistMaker(),
            "manylinux",
            id="plain-linux-wheel",
        ),
        pytest.param(
            WheelMaker(),
            SdistMaker(file="sample-pkg-1.0.tar.gz", top="sample-pkg-1.0"),
            "no sdist named sample-pkg-1.0.tar.gz",
            id="sdist-of-an-old-backend",
        ),
        pytest.param(
            WheelMaker(extra={"sample_pkg/.env": b"TOKEN=1"}), SdistMaker(), ".env", id="secret"
        ),
        pytest.param(
            WheelMaker(),
            SdistMaker(extra={"sample_pkg-1.0/.pypirc": b"[pypi]"}),
            ".pypirc",
            id="secret-in-the-sdist",
        ),
        pytest.param(
            WheelMaker(changes={"Classifier": ["Private :: Do Not Upload"]}),
            SdistMaker(),
            "not to be published",
            id="private",
        ),
        pytest.param(
            WheelMaker(changes={"Version": "1.1"}), SdistMaker(), "is 1.1", id="version-inside"
        ),
        pytest.param(
            WheelMaker(changes={"Name": "other"}), SdistMaker(), "is of other", id="name-inside"
        ),
        pytest.param(
            WheelMaker(without=("sample_pkg-1.0.dist-info/METADATA",)),
            SdistMaker(),
            "is of None",
            id="no-metadata",
        ),
    ],
)
def test_files_that_pypi_would_refuse_stop_the_build(
    runner: RunnerMaker, wheel: WheelMaker, sdist: SdistMaker, message: str
) -> None:
    ended = checked(runner(), wheel=wheel, sdist=sdist)
    assert (ended.code, ended.outputs) == (1, {})
    assert message in ended.said
    assert "Traceback" not in ended.said


def test_files_of_another_project_stop_the_build(runner: RunnerMaker) -> None:
    ended = checked(runner("other-pkg"))
    assert ended.code == 1
    assert "is of sample-pkg, PROJECT says other-pkg" in ended.said


def test_a_point_left_unadapted_stops_the_build(runner: RunnerMaker) -> None:
    assert "ADAPT-PROJECT-NAME" in checked(runner("ADAPT-PROJECT-NAME")).said


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param("pypi", "marks sample-pkg as not to be published", id="pypi"),
        pytest.param("registry", WHEEL, id="registry"),
    ],
)
def test_the_registry_of_gitlab_takes_what_pypi_would_refuse(
    tmp_path: Path, target: str, said: str
) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    WheelMaker(changes={"Classifier": ["Private :: Do Not Upload"]}).write(dist)
    SdistMaker().write(dist)
    build = parsed(text_of("gitlab-ci.yml"))["build"]["script"]
    (check,) = (line for line in build if "def stop" in line)
    ended = subprocess.run(
        ["bash", "-c", check],
        cwd=tmp_path,
        env={**os.environ, "PROJECT": "sample-pkg", "TARGET": target, "CI_COMMIT_TAG": "v1.0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == (0 if target == "registry" else 1)
    assert said in ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "files",
    [
        pytest.param([], id="nothing"),
        pytest.param([WHEEL], id="wheel-alone"),
        pytest.param([SDIST], id="sdist-alone"),
        pytest.param([WHEEL, SDIST, "sample_pkg-0.9.tar.gz"], id="an-old-sdist-too"),
        pytest.param([WHEEL, SDIST, "notes.txt"], id="something-else"),
    ],
)
def test_a_build_that_is_not_one_sdist_and_wheels_stops(
    runner: RunnerMaker, files: list[str]
) -> None:
    machine = runner()
    (machine.temporary / "dist").mkdir(parents=True)
    for name in files:
        (machine.temporary / "dist" / name).write_bytes(b"")
    ended = machine.run("build", "Check that tag", **{"github.ref_name": "v1.0"})
    assert ended.code == 1
    assert "Wanted are one sdist and wheels" in ended.said


@pytest.fixture
def clean(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Runner]:
    """Make a runner whose clean environment holds an installed wheel."""

    def make(contents: Mapping[str, bytes]) -> Runner:
        temporary = tmp_path / "temporary"
        venv.create(temporary / "clean", with_pip=False, symlinks=True)
        (site,) = (temporary / "clean").glob("lib/python*/site-packages")
        wheel = WheelMaker(extra=dict(contents), without=("sample_pkg/__init__.py",))
        with zipfile.ZipFile(wheel.write(tmp_path)) as archive:
            archive.extractall(site)
        workflow = asset("publish.yml", project_name="Sample.Pkg")
        (tmp_path / "work").mkdir()
        return Runner(workflow, tmp_path / "work", temporary)

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("contents", "imported"),
    [
        pytest.param({"other_name/__init__.py": b""}, ["other_name"], id="package"),
        pytest.param({"single.py": b""}, ["single"], id="module"),
        pytest.param(
            {"space/tools/__init__.py": b"", "space/tools/inner/__init__.py": b"raise OSError"},
            ["space.tools"],
            id="namespace",
        ),
        pytest.param({"space/not-a-name/__init__.py": b"", "one.py": b""}, ["one"], id="data"),
        pytest.param({}, [], id="a-meta-package"),
        pytest.param({"example-stubs/__init__.pyi": b""}, [], id="stubs"),
    ],
)
def test_what_a_wheel_brings_is_imported(
    clean: Callable[[Mapping[str, bytes]], Runner],
    contents: Mapping[str, bytes],
    imported: list[str],
) -> None:
    ended = clean(contents).run("test", "Import it")
    assert ended.code == 0, ended.said
    said = [line.partition(" ")[2] for line in ended.said.splitlines() if line[:3] == "imp"]
    assert said == imported


@pytest.mark.slow
def test_a_package_that_cannot_be_imported_stops_the_release(
    clean: Callable[[Mapping[str, bytes]], Runner],
) -> None:
    machine = clean({"broken/__init__.py": b"import a_module_that_nobody_has"})
    ended = machine.run("test", "Import it")
    assert ended.code == 1
    assert "a_module_that_nobody_has" in ended.said


BUILT = [
    Served("sample_pkg-1.0.tar.gz", "1.0", b"sdist", provenance={"version": 1}),
    Served("sample_pkg-1.0-py3-none-any.whl", "1.0", b"wheel", provenance={"version": 1}),
]


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with serving() as server:
        yield server


def compared(runner: RunnerMaker, index: IndexServer, wait: float = 0.3) -> Ended:
    machine = runner(
        "Sample.Pkg",
        SIMPLE=index.simple,
        PAGES=f"{index.url}/pypi/",
        WAIT=str(wait),
        PAUSE="0.05",
        FILES=json.dumps({file.filename: file.sha256 for file in BUILT}),
        VERSION="1.0",
    )
    outputs = {"needs.build.outputs.files": "", "needs.build.outputs.version": ""}
    return machine.run("verify", "Compare every file", **outputs)


def test_a_release_that_is_as_it_was_built_is_live(runner: RunnerMaker, index: IndexServer) -> None:
    old = Served("sample_pkg-0.9.tar.gz", "0.9", b"old")
    post = Served("sample_pkg-1.0.post1-py3-none-any.whl", "1.0.post1", b"post")
    index.add("sample-pkg", old, post, *BUILT)
    ended = compared(runner, index)
    assert ended.code == 0, ended.said
    assert "sample-pkg 1.0 is live: 2 files" in ended.said


@pytest.mark.parametrize(
    ("served", "message"),
    [
        pytest.param(
            [BUILT[0], replace(BUILT[1], content=b"rebuilt")],
            "sample_pkg-1.0-py3-none-any.whl has sha256",
            id="other-bytes",
        ),
        pytest.param(
            [*BUILT, Served("sample_pkg-1.0-py2-none-any.whl", "1.0")],
            "sample_pkg-1.0-py2-none-any.whl is on the index and was not built here",
            id="a-file-more",
        ),
        pytest.param(
            [BUILT[0], replace(BUILT[1], yanked="broken")], "is yanked", id="already-yanked"
        ),
    ],
)
def test_what_is_wrong_for_good_ends_the_wait_at_once(
    runner: RunnerMaker, index: IndexServer, served: list[Served], message: str
) -> None:
    index.add("sample-pkg", *served)
    ended = compared(runner, index, wait=60)
    assert ended.code == 1
    assert message in ended.said


def test_a_file_host_with_other_bytes_is_found(runner: RunnerMaker, index: IndexServer) -> None:
    index.add("sample-pkg", *BUILT)
    index.add("decoy", replace(BUILT[0], content=b"other"))
    index.projects = dict(reversed(index.projects.items()))  # the file host asks this one first
    ended = compared(runner, index, wait=60)
    assert ended.code == 1
    assert "other bytes at" in ended.said


@pytest.mark.slow
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"simple": ["404", "404", "none"]}, id="not-there-at-first"),
        pytest.param({"simple": ["503", "none"]}, id="a-server-that-is-busy"),
        pytest.param({"simple": ["cut", "none"]}, id="an-answer-that-breaks-off"),
        pytest.param({"simple": ["truncated", "none"]}, id="half-a-document"),
        pytest.param({"file": ["404", "none"]}, id="file-host-late"),
        pytest.param({"version": ["404", "none"]}, id="json-page-late"),
    ],
)
def test_an_index_that_is_late_is_waited_for(
    runner: RunnerMaker, index: IndexServer, trouble: dict[str, list[str]]
) -> None:
    index.add("sample-pkg", *BUILT)
    index.trouble = trouble
    ended = compared(runner, index, wait=60)
    assert ended.code == 0, ended.said
    assert "is live" in ended.said


@pytest.mark.parametrize(
    "served", [pytest.param([], id="nothing"), pytest.param(BUILT[:1], id="one-of-two")]
)
def test_a_file_that_never_arrives_is_not_live(
    runner: RunnerMaker, index: IndexServer, served: list[Served]
) -> None:
    index.add("sample-pkg", *served)
    ended = compared(runner, index)
    assert ended.code == 1
    assert "Not live" in ended.said
    assert "sample_pkg-1.0-py3-none-any.whl is not on the index yet" in ended.said


def test_a_json_page_that_stays_behind_is_only_warned_about(
    runner: RunnerMaker, index: IndexServer
) -> None:
    index.add("sample-pkg", *BUILT)
    index.trouble = {"version": ['json:{"urls": []}']}
    ended = compared(runner, index)
    assert ended.code == 0, ended.said
    assert "::warning title=JSON API" in ended.said


def test_a_file_without_attestation_is_warned_about(
    runner: RunnerMaker, index: IndexServer
) -> None:
    index.add("sample-pkg", *BUILT)
    index.warehouse = False
    ended = compared(runner, index)
    assert ended.code == 0, ended.said
    assert ended.said.count("::warning title=No attestation") == 2
