"""The publish template from tag to test: hashed tools, real builds, installs in clean places."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from artifact_maker import WheelMaker
from index_server import Served, serving
from pipelines_sample import only, repository
from pypi_publish.preflight.facts import Facts
from pypi_publish.project.read import read_project
from template_runner import Ended, GitlabRunner, Runner, asset, parsed, text_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        (sys.platform, platform.machine())
        not in {("linux", "x86_64"), ("linux", "aarch64"), ("linux", "arm64")},
        reason="the template names the files of its tools for Linux",
    ),
]

DATA = Path(__file__).parent / "data"
GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
UV_RUN = [sys.executable, "-m", "uv", "run", "--no-config", "--no-project", "--quiet"]
BuildMaker = Callable[..., Runner]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The PATH that the step leaves which installs the tools; one for all tests."""
    folder = tmp_path_factory.mktemp("tools")
    machine = Runner(asset("publish.yml"), folder, folder / "temporary")
    ended = machine.run("build", "Install the tools")
    assert ended.code == 0, ended.said
    return machine.path


@pytest.fixture
def machine(tools: list[str], tmp_path: Path) -> BuildMaker:
    """Make the machine of the build job, with a committed checkout of the sample project."""

    def make(sample: str = "template_project", **replaced: str) -> Runner:
        checkout = tmp_path / "checkout"
        shutil.copytree(DATA / sample, checkout)
        subprocess.run([*GIT, "init", "--quiet", checkout], check=True)
        for arguments in (["add", "--all"], ["commit", "--quiet", "--message", "All"]):
            subprocess.run([*GIT, "-C", checkout, *arguments], check=True)
        workflow = asset("publish.yml", project_name="sample-kit")
        for name, text in replaced.items():
            workflow["env"][name] = text
        return Runner(workflow, checkout, tmp_path / "build", path=list(tools))

    return make


def built(machine: Runner) -> Ended:
    """Run the build job up to the hand-over; return its outputs and what Twine said."""
    ended = machine.run(
        "build", "Build the sdist", "Check that tag", **{"github.ref_name": "v1.2.3"}
    )
    if ended.code:
        return ended
    return replace(machine.run("build", "Check the metadata"), outputs=ended.outputs)


def test_the_tools_are_the_pinned_ones(tools: list[str]) -> None:
    tools_text = asset("publish.yml")["env"]["TOOLS"]
    pinned = set(re.findall(r"^[a-z0-9-]+==[^ ]+", tools_text, re.MULTILINE))
    listed = subprocess.run(
        [f"{tools[0]}/python", "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.lower()
    assert pinned <= {line.replace("_", "-") for line in listed.splitlines()}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_what_is_built_can_be_installed_and_imported(
    machine: BuildMaker, tmp_path: Path, kind: str
) -> None:
    builder = machine()
    ended = built(builder)
    assert ended.code == 0, ended.said
    assert list(json.loads(ended.outputs["files"])) == [
        "sample_kit-1.2.3-py3-none-any.whl",
        "sample_kit-1.2.3.tar.gz",
    ]
    assert "PASSED" in ended.said

    # The other machine gets the files and nothing else.
    (tmp_path / "empty").mkdir()
    shutil.copytree(builder.temporary / "dist", tmp_path / "empty" / "dist")
    shutil.rmtree(builder.folder)
    tester = Runner(builder.workflow, tmp_path / "empty", tmp_path / "test", path=builder.path)
    ended = tester.run("test", "Install it", "Import it", **{"matrix.kind": kind})
    assert ended.code == 0, ended.said
    assert "imported sample_kit" in ended.said


def test_a_second_build_of_the_commit_has_the_same_bytes(
    machine: BuildMaker, tmp_path: Path
) -> None:
    builder = machine()
    first = built(builder)
    shutil.rmtree(builder.temporary)
    assert built(builder).outputs == first.outputs


def test_a_description_that_does_not_render_stops_the_build(machine: BuildMaker) -> None:
    builder = machine()
    pyproject = builder.folder / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8").replace("README.md", "README.rst")
    pyproject.write_text(text, encoding="utf-8")
    (builder.folder / "README.rst").write_text("Title\n==\n\n.. code::\n", encoding="utf-8")
    ended = built(builder)
    assert ended.code == 1
    assert "description" in ended.said


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        pytest.param("", "hatchling", id="no-constraint-for-the-backend"),
        pytest.param(f"hatchling==1.33.0 --hash=sha256:{'0' * 64}\n", "hatchling", id="other-hash"),
    ],
)
def test_a_backend_without_its_hash_builds_nothing(
    machine: BuildMaker, constraints: str, message: str
) -> None:
    builder = machine(BUILD_CONSTRAINTS=constraints)
    ended = builder.run("build", "Build the sdist")
    assert ended.code != 0
    assert message in ended.said
    assert not list((builder.temporary / "dist").glob("*.whl"))


@pytest.mark.parametrize(
    "sample",
    [
        *("flit", "hatch-vcs", "pdm-file", "poetry", "poetry-dynamic"),
        *("setup-py", "setuptools-scm", "uv-build", "maturin"),
    ],
)
def test_preflight_foresees_which_backends_the_constraints_build(
    tools: list[str], tmp_path: Path, sample: str
) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(DATA / "projects" / sample, checkout)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "All"], ["tag", "v1.0"]):
        subprocess.run([*GIT, "-C", checkout, *words], check=True)
    machine = Runner(asset("publish.yml"), checkout, tmp_path / "temporary", path=list(tools))
    ended = machine.run("build", "Build the sdist")
    text = text_of("publish.yml", project_name="sample-kit")
    pipelines = repository(checkout, {".github/workflows/publish.yml": text})
    facts = Facts(project=read_project(checkout), pipelines=pipelines)
    foreseen = {v.status for v in only(facts, "workflow", "build-constraints-fit")}
    assert foreseen == {"pass" if ended.code == 0 else "fail"}, ended.said


def test_a_tool_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    workflow = asset("publish.yml")
    workflow["env"]["TOOLS"] = f"id==1.6.1 --hash=sha256:{'0' * 64}\n"
    ended = Runner(workflow, tmp_path, tmp_path / "temporary").run("build", "Install the tools")
    assert ended.code != 0
    assert "DO NOT MATCH THE HASHES" in ended.said


def test_the_projects_own_index_takes_no_part(machine: BuildMaker) -> None:
    builder = machine()
    with (builder.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[tool.uv.index]]\nurl = "https://127.0.0.1:9/simple"\ndefault = true\n')
    assert built(builder).code == 0


def test_preflight_of_a_vendored_skill_judges_the_files(machine: BuildMaker) -> None:
    builder = machine(SKILL_DIR=str(Path(__file__).parent.parent))
    assert built(builder).code == 0
    ended = builder.run("build", "Check the files as PyPI does")
    assert ended.code == 0, ended.said
    assert "Ready: Sample.Kit 1.2.3" in ended.said


def test_the_sdist_of_a_compiled_package_and_its_wheels_are_gathered(
    tools: list[str], tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(DATA / "template_project_native", checkout)
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "All"]):
        subprocess.run([*GIT, "-C", checkout, *words], check=True)
    workflow = asset("publish-native.yml", project_name="sample-native")
    machine = Runner(workflow, checkout, tmp_path / "temporary", path=list(tools))
    ended = machine.run("sdist", "Build the sdist")
    assert ended.code == 0, ended.said
    metadata = {"Name": "sample-native", "Version": "1.2.3"}
    for platform_tag in ("manylinux_2_28_x86_64", "win_amd64", "macosx_11_0_arm64"):
        file = f"sample_native-1.2.3-cp311-abi3-{platform_tag}.whl"
        info = "sample_native-1.2.3.dist-info"
        WheelMaker(file, info, changes=metadata).write(machine.temporary / "dist")
    steps = ("Check that tag", "Check the metadata")
    checked = machine.run("gather", steps[0], **{"github.ref_name": "v1.2.3"})
    assert checked.code == 0, checked.said
    assert len(json.loads(checked.outputs["files"])) == 4
    ended = machine.run("gather", steps[1])
    assert ended.code == 0, ended.said


READ_OPTIONS = """
import json, os, pathlib
from cibuildwheel.__main__ import CommandLineArguments
from cibuildwheel.options import compute_options

arguments = CommandLineArguments.defaults()
arguments.package_dir = pathlib.Path(".")
options = compute_options("linux", arguments, env=dict(os.environ))
build = options.build_options("cp311-manylinux_x86_64")
print(json.dumps({
    "frontend": [build.build_frontend.name, *build.build_frontend.args],
    "test": build.test_command,
    "audits": build.audit_command,
    "builds": str(options.globals.build_selector.build_config),
    "passes": build.environment.as_dictionary({}),
}))
"""


def test_cibuildwheel_understands_what_the_template_tells_it(tmp_path: Path) -> None:
    shutil.copytree(DATA / "template_project_native", tmp_path, dirs_exist_ok=True)
    workflow = asset("publish-native.yml", project_name="sample-native")
    steps = workflow["jobs"]["wheels"]["steps"]
    (step,) = (step for step in steps if "cibuildwheel@" in step.get("uses", ""))
    told = {
        name: value.replace("${{ matrix.archs }}", "x86_64") for name, value in step["env"].items()
    }
    version = text_of("publish-native.yml").partition("pypa/cibuildwheel@")[2].split()[2]
    ended = subprocess.run(
        [
            *UV_RUN,
            "--with",
            f"cibuildwheel=={version.removeprefix('v')}",
            "python",
            "-c",
            READ_OPTIONS,
        ],
        cwd=tmp_path,
        env={**os.environ, **told, "PROJECT": "sample-native"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "frontend": ["pip", "--build-constraint", "release-constraints.txt"],
        "test": "python -I {project}/release-import.py",
        "audits": ["abi3audit --strict --report {abi3_wheel}"],
        "builds": "cp311-*",
        "passes": {"PROJECT": "sample-native"},
    }


def test_a_compiled_wheel_is_built_with_the_constraints_and_imported(
    tools: list[str], tmp_path: Path
) -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    shutil.copytree(DATA / "template_project_native", tmp_path / "checkout")
    workflow = asset("publish-native.yml", project_name="sample-native")
    machine = Runner(workflow, tmp_path / "checkout", tmp_path / "temporary", path=list(tools))
    assert machine.run("wheels", "Write down").code == 0
    pip = [*UV_RUN, "--with", "pip==26.2.1", "python", "-m", "pip", "wheel", ".", "--no-deps"]
    pip += ["--wheel-dir", str(tmp_path), "--build-constraint", "release-constraints.txt"]
    built_one = subprocess.run(pip, cwd=machine.folder, capture_output=True, text=True, check=False)
    assert built_one.returncode == 0, built_one.stdout + built_one.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert "-cp311-abi3-" in wheel.name
    imported = subprocess.run(
        [*UV_RUN, "--with", wheel, "python", "-I", machine.folder / "release-import.py"],
        cwd=tmp_path,
        env={**os.environ, "PROJECT": "sample-native"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported.stdout.splitlines()[0] == "imported sample_native", imported.stderr


@pytest.fixture
def container(tmp_path: Path) -> GitlabRunner:
    shutil.copytree(DATA / "template_project", tmp_path / "project")
    pipeline = parsed(text_of("gitlab-ci.yml", project_name="sample-kit", target="pypi"))
    return GitlabRunner(pipeline, tmp_path / "project", tmp_path / "temporary")


COMMIT = {"CI_COMMIT_TAG": "v1.2.3", "CI_COMMIT_TIMESTAMP": "2026-11-20T10:00:00+01:00"}


def test_gitlab_builds_installs_and_compares(container: GitlabRunner) -> None:
    ended = container.run("build", **{**COMMIT, "CI_COMMIT_TAG": "v1.2.4"})
    assert (ended.code, "The tag v1.2.4 says 1.2.4" in ended.said) == (1, True)
    ended = container.run("build", **COMMIT)
    assert ended.code == 0, ended.said
    told = json.loads((container.folder / "release.json").read_text(encoding="utf-8"))
    assert told["version"] == "1.2.3"
    for kind in ("wheel", "sdist"):
        ended = container.run("test", KIND=kind)
        assert ended.code == 0, ended.said
        assert "imported sample_kit" in ended.said
        for left in ("clean", "empty"):  # each job has a container of its own
            shutil.rmtree(container.temporary / left)
    with serving() as index:
        files = [container.folder / "dist" / name for name in told["files"]]
        index.add("sample-kit", *(Served(f.name, "1.2.3", f.read_bytes()) for f in files))
        where = {"SIMPLE": index.simple, "PAGES": f"{index.url}/pypi/", "WAIT": "1", "PAUSE": "0.1"}
        assert "is live" in container.run("verify-pypi", **where).said
        index.projects["sample-kit"].files.pop()
        late = container.run("verify-pypi", **where)
        assert (late.code, "Not live: After 1 s" in late.said) == (1, True)


@contextmanager
def registry(files: dict[str, str]) -> Iterator[str]:
    """Play the package registry of a GitLab project; refuse who does not name the job's token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["JOB-TOKEN"] != "the-token":
                self.send_error(401)
                return
            path = self.path.partition("?")[0]
            answers: dict[str, Any] = {
                "/projects/7/packages": [
                    {"id": 1, "name": "Sample_Kit", "version": "1.2.2"},
                    {"id": 2, "name": "Sample_Kit", "version": "1.2.3"},
                    {"id": 3, "name": "sample-kit-extra", "version": "1.2.3"},
                ],
                "/projects/7/packages/2/package_files": [
                    {"file_name": name, "file_sha256": sha256} for name, sha256 in files.items()
                ],
            }
            body = json.dumps(answers[path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        pytest.param({"a.whl": "11", "a.tar.gz": "22"}, "is in the registry", id="as-built"),
        pytest.param({"a.whl": "11", "a.tar.gz": "33"}, "a.tar.gz is 33, built 22", id="other"),
        pytest.param({"a.whl": "11"}, "a.tar.gz is None, built 22", id="missing"),
        pytest.param(
            {"a.whl": "11", "a.tar.gz": "22", "b.whl": "4"}, "b.whl is 4, built None", id="more"
        ),
    ],
)
def test_the_registry_of_gitlab_is_compared(
    container: GitlabRunner, shown: dict[str, str], said: str
) -> None:
    told = {"version": "1.2.3", "files": {"a.whl": "11", "a.tar.gz": "22"}}
    (container.folder / "release.json").write_text(json.dumps(told), encoding="utf-8")
    with registry(shown) as address:
        ended = container.run(
            "verify-registry", CI_API_V4_URL=address, CI_PROJECT_ID="7", CI_JOB_TOKEN="the-token"
        )
    assert said in ended.said
    assert ended.code == (0 if said.startswith("is in") else 1)


def test_a_rehearsal_needs_no_tag(tools: list[str], tmp_path: Path, machine: BuildMaker) -> None:
    builder = machine()
    builder.workflow = asset("publish-testpypi.yml", project_name="sample-kit")
    ended = builder.run("build", "Build the sdist", "Check that version")
    assert ended.code == 0, ended.said
    assert ended.outputs["version"] == "1.2.3"
