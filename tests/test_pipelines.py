"""`workflow.pipelines` and what it stands on: who publishes, when, with what, behind which file."""

import os
import time
from pathlib import Path

import pytest

from pipelines_sample import repository
from pypi_publish.workflow.conditions import holds
from pypi_publish.workflow.gitlab_rules import Case, cases
from pypi_publish.workflow.gitlab_rules import holds as rule_holds
from pypi_publish.workflow.permissions import permissions_of
from pypi_publish.workflow.pipelines import Pipelines, read_pipelines
from pypi_publish.workflow.reader import read_document
from pypi_publish.workflow.triggers import Scenario, matches, triggers_of
from pypi_publish.workflow.uploads import Origin

PUSH = Scenario("push", "a push", "refs/tags/v1.2.3")


def one_step(root: Path, step: str, job: str = "", **files: str) -> Pipelines:
    """Return the pipelines of a repository whose workflow has one job with one step."""
    head = "on: push\njobs:\n  publish:\n    runs-on: ubuntu-latest\n"
    text = f"{head}{job}    steps:\n      - {step}\n"
    return repository(root, {".github/workflows/publish.yml": text, **files})


@pytest.mark.parametrize(
    ("patterns", "name", "through"),
    [
        pytest.param(["v*"], "v1.0", True, id="star"),
        pytest.param(["v*"], "v1/0", False, id="star-stops-at-a-slash"),
        pytest.param(["v**"], "v1/0", True, id="two-stars-do-not"),
        pytest.param(["v[12].[0-9]+.[0-9]+"], "v1.10.3", True, id="ranges-and-plus"),
        pytest.param(["v[12].[0-9]+.[0-9]+"], "v3.1.0", False, id="outside-of-the-range"),
        pytest.param(["*.jsx?"], "page.js", True, id="question-mark-is-about-what-is-before-it"),
        pytest.param(["v1.0"], "v1x0", False, id="dot-is-a-dot"),
        pytest.param(["**/docs/**"], "docs/a", True, id="nothing-before-the-folder"),
        pytest.param(["v*", "!v*-rc*"], "v1-rc1", False, id="taken-out"),
        pytest.param(["v*", "!v*-rc*", "v1-rc1"], "v1-rc1", True, id="and-in-again"),
        pytest.param(["!v1"], "v2", False, id="only-negative"),
        pytest.param([], "v1", False, id="none"),
        pytest.param(["v(1|2)"], "v1", False, id="no-regular-expression"),
        pytest.param(["[v"], "v", False, id="not-closed"),
        pytest.param(["**a" * 60], "a" * 190, False, id="no-endless-matching"),
    ],
)
def test_patterns_match_as_on_github(patterns: list[str], name: str, through: bool) -> None:
    started = time.monotonic()
    assert matches(patterns, name) is through
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("startsWith(github.ref, 'refs/tags/')", True, id="starts-with"),
        pytest.param("github.ref == 'REFS/TAGS/V1.2.3'", True, id="case-does-not-matter"),
        pytest.param("${{ github.event_name != 'push' }}", False, id="wrapped"),
        pytest.param("!startsWith(github.ref, 'refs/tags/')", False, id="not"),
        pytest.param("github.event_name == 'push' && secrets.X", None, id="half-open"),
        pytest.param("github.event_name == 'release' && secrets.X", False, id="closed-anyway"),
        pytest.param("secrets.X || github.ref_type == 'tag'", True, id="open-or-true"),
        pytest.param("(github.ref_name == 'main') == false", True, id="compared-with-a-word"),
        pytest.param("github['ref_type'] == 'tag'", True, id="index"),
        pytest.param("github.event.release.tag_name", False, id="of-another-event"),
        pytest.param("github.head_ref == ''", True, id="empty"),
        pytest.param("inputs.force == true", False, id="input-of-no-call"),
        pytest.param("'it''s' == 'it''s'", True, id="quotes"),
        pytest.param("contains(fromJSON('[1]'), 1)", None, id="list"),
        pytest.param("1 < 2 && 0x10 == 16", True, id="numbers"),
        pytest.param("always()", True, id="status"),
        pytest.param("failure()", False, id="failure"),
        pytest.param("github.ref ==", None, id="cut-off"),
        pytest.param("((((" * 500, None, id="deep"),
        pytest.param("${{ false }} || text", True, id="text-is-true"),
    ],
)
def test_a_condition_holds_fails_or_stays_open(condition: str, expected: bool | None) -> None:
    assert holds(condition, PUSH.value) is expected


@pytest.mark.parametrize(
    ("condition", "tag", "branch"),
    [
        pytest.param("$CI_COMMIT_TAG", True, False, id="tag"),
        pytest.param("$CI_COMMIT_TAG =~ /^v\\d/", True, False, id="pattern"),
        pytest.param('$CI_COMMIT_TAG =~ "/^V/i"', True, False, id="pattern-in-quotes"),
        pytest.param("$CI_COMMIT_TAG == null", False, True, id="null"),
        pytest.param('$CI_COMMIT_BRANCH == "main"', False, True, id="branch"),
        pytest.param("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", False, True, id="default"),
        pytest.param('$CI_COMMIT_TAG && $CI_COMMIT_REF_NAME == "main"', False, False, id="never"),
        pytest.param("$CI_COMMIT_TAG || $CI_COMMIT_BRANCH", True, True, id="either"),
        pytest.param(
            '$CI_COMMIT_TAG !~ /rc/ && ($CI == "true")', True, True, id="absent-does-not-match"
        ),
        pytest.param("$MINE", None, None, id="open"),
        pytest.param("$CI_COMMIT_TAG && $MINE", None, False, id="half-open"),
        pytest.param("$CI_COMMIT_TAG =~ /(/", None, False, id="not-a-pattern"),
        pytest.param("$CI_COMMIT_TAG ==", None, None, id="cut-off"),
    ],
)
def test_a_rule_of_gitlab_holds_fails_or_stays_open(
    condition: str, tag: bool | None, branch: bool | None
) -> None:
    on_tag, on_branch = cases("v1.2.3")[0], cases("v1.2.3")[2]
    assert rule_holds(condition, on_tag.variable) is tag
    assert rule_holds(condition, on_branch.variable) is branch


@pytest.mark.parametrize(
    ("on", "events"),
    [
        pytest.param("push", ["push"], id="word"),
        pytest.param("[push, release]", ["push", "release"], id="list"),
        pytest.param(
            "{push: {tags: v*}, workflow_dispatch: }", ["push", "workflow_dispatch"], id="mapping"
        ),
    ],
)
def test_on_may_be_written_in_three_ways(on: str, events: list[str]) -> None:
    root = read_document("a.yml", f"on: {on}\n".encode()).root
    assert [trigger.event for trigger in triggers_of(root)] == events


@pytest.mark.parametrize(
    ("block", "id_token", "contents"),
    [
        pytest.param("{}", "none", "none", id="nothing"),
        pytest.param("write-all", "write", "write", id="write-all"),
        pytest.param("read-all", "none", "read", id="read-all"),
        pytest.param("{id-token: write}", "write", "none", id="the-rest-is-none"),
    ],
)
def test_a_block_takes_away_what_it_does_not_name(block: str, id_token: str, contents: str) -> None:
    permissions = permissions_of("a.yml", read_document("a.yml", block.encode()).root)
    assert permissions is not None
    assert (permissions.allows("id-token"), permissions.allows("contents")) == (id_token, contents)


@pytest.mark.parametrize(
    ("step", "tool", "index"),
    [
        pytest.param(
            "uses: pypa/gh-action-pypi-publish@release/v1",
            "pypa/gh-action-pypi-publish",
            "pypi",
            id="action",
        ),
        pytest.param(
            "uses: PyPA/gh-action-pypi-publish@release/v1",
            "pypa/gh-action-pypi-publish",
            "pypi",
            id="action-in-another-case",
        ),
        pytest.param("run: twine upload dist/*", "twine", "pypi", id="twine"),
        pytest.param(
            "run: python -m twine upload -r testpypi dist/*", "twine", "testpypi", id="module"
        ),
        pytest.param(
            "run: uvx twine upload --repository-url https://test.pypi.org/legacy/ dist/*",
            "twine",
            "testpypi",
            id="uvx",
        ),
        pytest.param(
            "run: uv publish --publish-url=https://upload.pypi.org/legacy/", "uv", "pypi", id="uv"
        ),
        pytest.param("run: uv publish --index internal", "uv", "internal", id="uv-index"),
        pytest.param(
            "{run: uv publish, env: {UV_PUBLISH_URL: 'https://test.pypi.org/legacy/'}}",
            "uv",
            "testpypi",
            id="uv-variable",
        ),
        pytest.param("run: poetry publish --build", "poetry", "pypi", id="poetry"),
        pytest.param("run: flit publish", "flit", "pypi", id="flit"),
        pytest.param("run: hatch publish -r test", "hatch", "testpypi", id="hatch"),
        pytest.param("run: pdm publish", "pdm", "pypi", id="pdm"),
        pytest.param("run: maturin upload dist/*", "maturin", "pypi", id="maturin"),
        pytest.param(
            "{uses: PyO3/maturin-action@v1, with: {command: upload, args: --skip-existing *}}",
            "maturin",
            "pypi",
            id="maturin-action",
        ),
        pytest.param("run: python setup.py sdist upload", "setup.py", "pypi", id="setup-py"),
        pytest.param(
            "run: TWINE_REPOSITORY=testpypi twine upload dist/*",
            "twine",
            "testpypi",
            id="variable-before-it",
        ),
        pytest.param(
            "run: twine upload --repository-url ${{ vars.URL }} dist/*",
            "twine",
            None,
            id="only-the-run-knows",
        ),
        pytest.param(
            "run: semantic-release publish", "semantic-release", "pypi", id="semantic-release"
        ),
    ],
)
def test_an_upload_is_known_by_tool_and_index(
    step: str, tool: str, index: str | None, tmp_path: Path
) -> None:
    (job,) = one_step(tmp_path, step).publishing_jobs
    assert (job.uploads[0].tool, job.index) == (tool, index)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("run: echo twine upload dist/*", id="said-only"),
        pytest.param("run: twine check dist/*", id="check"),
        pytest.param("run: uv publish --dry-run", id="dry-run"),
        pytest.param("run: npm publish", id="another-tool"),
        pytest.param("run: '# twine upload dist/*'", id="comment"),
        pytest.param("{uses: PyO3/maturin-action@v1, with: {command: build}}", id="maturin-build"),
        pytest.param(
            "uses: python-semantic-release/python-semantic-release@v10", id="release-only"
        ),
    ],
)
def test_what_does_not_upload_is_left_alone(step: str, tmp_path: Path) -> None:
    assert one_step(tmp_path, step).publishing_jobs == ()


@pytest.mark.parametrize(
    ("step", "files"),
    [
        pytest.param(
            "run: make publish",
            {"Makefile": "TWINE = twine\npublish: build\n\t@$(TWINE) upload dist/*\n"},
            id="make",
        ),
        pytest.param(
            "run: make release",
            {"Makefile": "release: upload\nupload:\n\ttwine upload dist/*\n"},
            id="make-through-another-target",
        ),
        pytest.param(
            "run: ./scripts/release.sh",
            {"scripts/release.sh": "#!/bin/sh\ntwine upload dist/*\n"},
            id="script",
        ),
        pytest.param(
            "run: bash scripts/release.sh", {"scripts/release.sh": "uv publish\n"}, id="bash"
        ),
        pytest.param(
            "run: scripts/publish",
            {"scripts/publish": "#!/bin/sh -e\nuv publish\n"},
            id="script-without-an-ending",
        ),
        pytest.param(
            "run: just publish", {"justfile": "publish version='1':\n    uv publish\n"}, id="just"
        ),
        pytest.param(
            "run: tox -e release",
            {"tox.ini": "[testenv:release]\ncommands =\n    twine upload dist/*\n"},
            id="tox",
        ),
        pytest.param(
            "uses: ./.github/actions/up",
            {".github/actions/up/action.yml": "runs: {steps: [{run: uv publish}]}\n"},
            id="composite-action",
        ),
    ],
)
def test_an_upload_is_found_behind_a_file(step: str, files: dict[str, str], tmp_path: Path) -> None:
    (job,) = one_step(tmp_path, step, **files).publishing_jobs
    (upload,) = job.uploads
    assert upload.via == next(iter(files))
    text = files[upload.via].splitlines()[(upload.place.line or 1) - 1]
    assert "upload" in text or "publish" in text


def test_only_the_target_that_is_made_counts(tmp_path: Path) -> None:
    makefile = "test:\n\tpytest\npublish:\n\ttwine upload dist/*\n"
    assert one_step(tmp_path, "run: make test", Makefile=makefile).publishing_jobs == ()


def test_a_script_outside_of_the_repository_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.sh").write_text("twine upload dist/*\n")
    root = tmp_path / "project"
    (root / "scripts").mkdir(parents=True)
    (root / "scripts" / "a.sh").symlink_to(tmp_path / "outside.sh")
    os.mkfifo(root / "b.sh")
    steps = "run: ./scripts/a.sh && ./b.sh && ../outside.sh"
    assert one_step(root, steps).publishing_jobs == ()


@pytest.mark.parametrize(
    ("step", "origins", "oidc"),
    [
        pytest.param("uses: pypa/gh-action-pypi-publish@v1", [], True, id="identity"),
        pytest.param(
            "{uses: pypa/gh-action-pypi-publish@v1, with: {password: '${{ secrets.T }}'}}",
            [Origin.STORED],
            False,
            id="secret",
        ),
        pytest.param(
            "{uses: pypa/gh-action-pypi-publish@v1, with: {password: '${{ steps.a.outputs.b }}'}}",
            [Origin.MINTED],
            True,
            id="minted",
        ),
        pytest.param(
            "{uses: pypa/gh-action-pypi-publish@v1, with: {password: ''}}", [], True, id="empty"
        ),
        pytest.param(
            "{run: uv publish, env: {UV_PUBLISH_TOKEN: '${{ secrets.T }}'}}",
            [Origin.STORED],
            False,
            id="variable",
        ),
        pytest.param(
            "run: uv publish --token ${{ secrets.T }}", [Origin.STORED], False, id="option"
        ),
        pytest.param(
            "{run: 'twine upload -u __token__ -p $T dist/*', env: {T: '${{ secrets.T }}'}}",
            [Origin.STORED],
            False,
            id="option-through-a-variable",
        ),
        pytest.param(
            "{run: poetry publish, env: {POETRY_PYPI_TOKEN_PYPI: '${{ secrets.T }}'}}",
            [Origin.STORED],
            False,
            id="poetry",
        ),
        pytest.param("run: poetry publish", [], False, id="poetry-knows-no-identity"),
        pytest.param("run: uv publish --trusted-publishing never", [], False, id="switched-off"),
        pytest.param("run: twine upload -r internal dist/*", [], False, id="another-index"),
    ],
)
def test_with_whose_rights_it_publishes(
    step: str, origins: list[Origin], oidc: bool, tmp_path: Path
) -> None:
    (job,) = one_step(tmp_path, step).publishing_jobs
    assert [item.origin for item in job.uploads[0].credentials] == origins
    assert job.uses_oidc is oidc


@pytest.mark.parametrize(
    ("environment", "name", "named"),
    [
        pytest.param("    environment: pypi\n", "pypi", True, id="word"),
        pytest.param("    environment: {name: pypi, url: x}\n", "pypi", True, id="mapping"),
        pytest.param("    environment: ${{ inputs.e }}\n", None, True, id="expression"),
        pytest.param(
            "    strategy: {matrix: {e: [pypi]}}\n    environment: ${{ matrix.e }}\n",
            "pypi",
            True,
            id="matrix-of-one",
        ),
        pytest.param("", None, False, id="none"),
    ],
)
def test_the_environment_of_a_job(
    environment: str, name: str | None, named: bool, tmp_path: Path
) -> None:
    (job,) = one_step(tmp_path, "run: uv publish", environment).publishing_jobs
    assert (job.environment, job.names_environment) == (name, named)
    assert (job.file, job.job, job.forge) == (".github/workflows/publish.yml", "publish", "github")


GITLAB = """
include:
  - local: /ci/publish.yml
  - remote: https://example.org/x.yml
  - local: ../../outside.yml
default:
  id_tokens: {PYPI_ID_TOKEN: {aud: pypi}}
.base:
  script: [echo hidden, uv publish]
  variables: {A: "1", B: "1"}
"""
INCLUDED = """
publish:
  extends: .base
  variables: {B: "2"}
  environment: {name: Production}
  rules:
    - !reference [.tags, rules]
.tags:
  rules: [{if: $CI_COMMIT_TAG}]
"""


def test_a_gitlab_job_is_read_with_all_that_it_extends(tmp_path: Path) -> None:
    (tmp_path / "outside.yml").write_text("leak: {script: [uv publish]}\n")
    root = tmp_path / "a" / "b"
    pipelines = repository(root, {".gitlab-ci.yml": GITLAB, "ci/publish.yml": INCLUDED})
    (job,) = pipelines.publishing_jobs
    view = job.gitlab
    assert view is not None
    assert (job.file, job.job, job.forge) == ("ci/publish.yml", "publish", "gitlab")
    assert (job.environment, job.index, job.uses_oidc) == ("Production", "pypi", True)
    assert {name: value.text for name, value in view.variables.items()} == {"A": "1", "B": "2"}
    assert view.id_tokens["PYPI_ID_TOKEN"][0] == ("pypi",)
    assert [view.runs(case) for case in cases("v1")[:3]] == [True, True, False]


@pytest.mark.parametrize(
    ("setting", "tag", "branch"),
    [
        pytest.param("only: [tags]", True, False, id="only-tags"),
        pytest.param("only: {refs: [tags]}", True, False, id="only-refs"),
        pytest.param("only: ['/^v.*/']", True, False, id="only-a-pattern"),
        pytest.param("only: [main]", False, True, id="only-a-branch"),
        pytest.param("except: [tags]", False, True, id="except-tags"),
        pytest.param("only: [tags]\n  except: [branches]", True, False, id="both"),
        pytest.param(
            "rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]", False, True, id="never"
        ),
        pytest.param("rules: [{exists: [a]}]", None, None, id="files-decide"),
        pytest.param("when: manual", True, True, id="no-rules"),
    ],
)
def test_when_a_gitlab_job_runs(
    setting: str, tag: bool | None, branch: bool | None, tmp_path: Path
) -> None:
    text = f"publish:\n  script: [uv publish]\n  {setting}\n"
    ((_, view),) = repository(tmp_path, {".gitlab-ci.yml": text}).on_gitlab
    on_tag, on_branch = cases("v1")[0], Case("a branch", "push", branch="main")
    assert (view.runs(on_tag), view.runs(on_branch)) == (tag, branch)


def test_a_project_without_pipelines_has_none(tmp_path: Path) -> None:
    assert read_pipelines(tmp_path) is None


def test_a_project_in_a_folder_uses_the_pipelines_of_its_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    one_step(tmp_path, "run: uv publish")
    project = tmp_path / "packages" / "one"
    project.mkdir(parents=True)
    pipelines = read_pipelines(project)
    assert pipelines is not None
    assert [job.file for job in pipelines.publishing_jobs] == [".github/workflows/publish.yml"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xfe\x00o", id="not-utf-8"),
        pytest.param(b"a: [", id="not-yaml"),
        pytest.param(b"#" * ((1 << 20) + 1), id="too-large"),
    ],
)
def test_a_file_that_cannot_be_read_is_kept_with_its_reason(content: bytes, tmp_path: Path) -> None:
    one_step(tmp_path, "run: uv publish")
    (tmp_path / ".github" / "workflows" / "bad.yml").write_bytes(content)
    pipelines = read_pipelines(tmp_path)
    assert pipelines is not None
    assert [file for file, _ in pipelines.unreadable] == [".github/workflows/bad.yml"]
    assert len(pipelines.publishing_jobs) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="list"),
        pytest.param("on: [[a]]\njobs: {a: b, c: {steps: {x: y}}}", id="wrong-types"),
        pytest.param(
            "on: {push: [a]}\njobs: {a: {needs: [a, b], permissions: [x], env: y, steps: [1, {}]}}",
            id="more-wrong-types",
        ),
        pytest.param(
            "jobs: {a: {needs: b, steps: [{run: uv publish}]}, b: {needs: a}}", id="circle"
        ),
    ],
)
def test_what_github_would_refuse_is_read_without_a_crash(text: str, tmp_path: Path) -> None:
    repository(tmp_path, {".github/workflows/a.yml": text, ".gitlab-ci.yml": text})


def test_a_circle_of_extends_ends(tmp_path: Path) -> None:
    text = "a: {extends: [b, b, b, b], script: [uv publish]}\nb: {extends: [a, a, a, a]}\n"
    started = time.monotonic()
    repository(tmp_path, {".gitlab-ci.yml": text})
    assert time.monotonic() - started < 5


def test_a_huge_script_is_read_in_bounded_time(tmp_path: Path) -> None:
    lines = "".join(f"          twine upload dist/{number} || true\n" for number in range(20_000))
    started = time.monotonic()
    pipelines = one_step(tmp_path, "run: |\n" + lines)
    assert len(pipelines.publishing_jobs[0].uploads) == 50
    assert time.monotonic() - started < 10
