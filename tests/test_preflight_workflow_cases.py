"""The family `workflow`, case by case: a fault in a good workflow, and what is only near to it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipelines_sample import PIPELINES, complaints, project_of, repository
from pypi_publish.preflight.facts import Facts
from pypi_publish.project.git import GitState

BASE = (PIPELINES / "good" / "base.yml").read_text(encoding="utf-8")
GITLAB = (PIPELINES / "good" / "gitlab-twine.gitlab-ci.yml").read_text(encoding="utf-8")
ON = 'on:\n  push:\n    tags: ["v*"]\n'
BUILD = "      - run: pipx run build==1.5.0\n"
ACTION = (
    "      - uses: pypa/gh-action-pypi-publish@dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2\n"
)
UPLOAD = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1"
KEPT = "          name: dist\n          path: dist/\n  publish:"
NEEDS = "  publish:\n    needs: build\n"
ID_TOKEN = "    permissions:\n      id-token: write\n"
MERGED = "          merge-multiple: true\n"
NAMED = "name: dist\n          path: dist/\n"
PINS = "workflow-pins=warn"
MOVED = {"release-trigger=warn"}
MATRIX = "    strategy:\n      matrix:\n        os: [ubuntu-latest, macos-latest]\n"


def changed(*pairs: tuple[str, str]) -> str:
    text = BASE
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def kept(*lines: str) -> tuple[str, str]:
    inside = "".join(f"          {line}\n" for line in ("name: dist", *lines))
    return KEPT, f"{inside}  publish:"


def run(*lines: str) -> tuple[str, str]:
    return ACTION, "      - run: |\n" + "".join(f"          {line}\n" for line in lines)


def given(*lines: str) -> tuple[str, str]:
    return ACTION, ACTION + "        with:\n" + "".join(f"          {line}\n" for line in lines)


def uses(action: str) -> tuple[str, str]:
    return BUILD, f"      - uses: {action}\n{BUILD}"


def ref(name: str) -> tuple[str, str]:
    return ACTION, f"      - uses: pypa/gh-action-pypi-publish@{name}\n"


def only_if(condition: str) -> tuple[str, str]:
    return NEEDS, f"{NEEDS}    if: {condition}\n"


def found(root: Path, files: Mapping[str, str], git: GitState | None = None) -> set[str]:
    return complaints(
        Facts(project=project_of(root), pipelines=repository(root, files), git=git), "workflow"
    )


CIBUILDWHEEL = "      - uses: pypa/cibuildwheel@1828c10ab37f080699c7b81cea34097c684a7074 # v4.2.0\n"
PATTERN = (
    f"{DOWNLOAD}\n        with:\n          name: dist\n",
    f"{DOWNLOAD}\n        with:\n" + MERGED,
)
SECOND = f"""\
  more:
    runs-on: ubuntu-latest
    steps:
      - run: make
      - uses: {UPLOAD}
        with: {{name: dist, path: dist}}
"""
FAILS = [
    pytest.param(
        [(KEPT, KEPT.replace("dist\n", "dist-${{ github.ref }}\n", 1)), PATTERN], id="name"
    ),
    pytest.param([kept("path: wheelhouse/")], id="uploads-another-folder-than-it-builds-into"),
    pytest.param(
        [
            (BUILD, "      - run: pip install build==1.5.0\n      - run: python -m build\n"),
            kept("path: wheelhouse"),
        ],
        id="its-tool-is-installed-before",
    ),
    pytest.param([(BUILD, CIBUILDWHEEL)], id="cibuildwheel-builds-into-wheelhouse"),
    pytest.param([kept("path: |", "  dist/", "  README.md")], id="two-paths-keep-their-folder"),
    pytest.param(
        [
            (
                "  build:\n    runs-on: ubuntu-latest\n",
                f"  build:\n{MATRIX}    runs-on: ubuntu-latest\n",
            )
        ],
        id="one-name-from-a-matrix",
    ),
    pytest.param(
        [
            (NEEDS, NEEDS.replace("build", "[build, more]")),
            ("jobs:\n", f"jobs:\n{SECOND}"),
        ],
        id="one-name-from-two-jobs",
    ),
    pytest.param([(UPLOAD, "actions/upload-artifact@" + "a" * 40 + " # v3.1.3")], id="artifact-v3"),
]


@pytest.mark.parametrize("change", FAILS)
def test_files_that_do_not_arrive_are_noticed(
    change: list[tuple[str, str]], tmp_path: Path
) -> None:
    text = {".github/workflows/publish.yml": changed(*change)}
    wrong = {item for item in found(tmp_path, text) if not item.startswith("workflow-pins")}
    assert wrong == {"artifact-handover=fail"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param([kept("path: dist/*.whl")], id="a-pattern"),
        pytest.param([kept("path: |", "  dist/*.whl", "  dist/*.tar.gz")], id="two-patterns"),
        pytest.param(
            [(BUILD, CIBUILDWHEEL), kept("path: ./wheelhouse/*.whl")],
            id="where-cibuildwheel-builds",
        ),
        pytest.param(
            [(BUILD, BUILD.replace("1.5.0", "1.5.0 --outdir out")), kept("path: out")], id="outdir"
        ),
        pytest.param(
            [(BUILD, BUILD + "      - run: mv dist out\n"), kept("path: out")], id="moved-before"
        ),
        pytest.param(
            [
                ("  build:\n    runs-on: ubuntu-latest\n", f"  build:\n{MATRIX}    runs-on: x\n"),
                (KEPT, KEPT.replace("name: dist", "name: dist-${{ matrix.os }}")),
                (
                    f"{DOWNLOAD}\n        with:\n          name: dist\n",
                    f"{DOWNLOAD}\n        with:\n          pattern: dist-*\n" + MERGED,
                ),
            ],
            id="a-name-for-each-of-a-matrix",
        ),
        pytest.param(
            [
                (
                    f"      - uses: {DOWNLOAD}\n        with:\n          {NAMED}",
                    "      - uses: some/action-that-fetches@" + "a" * 40 + " # v1.0.0\n",
                )
            ],
            id="fetched-by-another-action",
        ),
    ],
)
def test_files_that_arrive_are_left_alone(change: list[tuple[str, str]], tmp_path: Path) -> None:
    assert found(tmp_path, {".github/workflows/publish.yml": changed(*change)}) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(only_if("${{ !cancelled() && !failure() }}"), set(), id="not-after-a-failure"),
        pytest.param(only_if("always()"), {"silent-skip=fail"}, id="always"),
        pytest.param(
            given("repository-url: https://pypi.python.org/pypi"), {"upload-address=fail"}, id="old"
        ),
        pytest.param(given("repository-url: pypi"), {"upload-address=fail"}, id="no-address"),
        pytest.param(
            given("repository-url: https://upload.test.pypi.org/legacy/"),
            {"upload-address=fail"},
            id="no-such-host",
        ),
        pytest.param(
            given("repository-url: https://pypi.example.org/legacy/"), set(), id="an-own-index"
        ),
        pytest.param(ref("v1"), {"publish-action-version=fail", PINS}, id="a-tag-that-is-not"),
        pytest.param(ref("1.14.2"), {"publish-action-version=fail", PINS}, id="without-its-v"),
        pytest.param(ref("v1.14.2"), {PINS}, id="a-tag-that-is"),
        pytest.param(ref("master"), {"publish-action-version=fail", PINS}, id="the-old-branch"),
        pytest.param(ref("release/v1"), {PINS}, id="the-branch"),
        pytest.param(
            run("echo $P > ~/.pypirc", "pipx run twine==7.0.0 upload dist/*"),
            {"stored-token=warn"},
            id="a-file-with-a-password",
        ),
        pytest.param(
            run("TWINE_PASSWORD=hunter2 pipx run twine==7.0.0 upload dist/*"),
            {"stored-token=fail"},
            id="a-password-in-the-file",
        ),
        pytest.param(
            run("pipx run twine==7.0.0 upload -p $PASSWORD dist/*"),
            {"stored-token=warn"},
            id="a-password-in-a-variable",
        ),
        pytest.param(given("password: hunter2"), {"stored-token=fail"}, id="an-input-in-the-file"),
        pytest.param(uses("astral-sh/setup-uv@v10"), {"workflow-pins=fail", PINS}, id="no-major"),
        pytest.param(uses("actions/setup-python@v6"), {PINS}, id="a-major"),
        pytest.param(given("token: x"), {"action-inputs=warn"}, id="no-such-input"),
        pytest.param(given("print-hash: true"), set(), id="a-present-input"),
        pytest.param(
            run("pipx run poetry==2.4.1 publish"), {"id-token-permission=fail"}, id="no-token"
        ),
        pytest.param(
            run("pipx run poetry==2.4.1 publish # ${{ secrets.PYPI }}"), set(), id="some-secret"
        ),
        pytest.param(
            run(
                "jwt=$(curl $ACTIONS_ID_TOKEN_REQUEST_URL)",
                "key=$(curl https://pypi.org/_/oidc/mint-token -d $jwt)",
                'pipx run twine==7.0.0 upload -p "$key" dist/*',
            ),
            set(),
            id="exchanged-by-hand",
        ),
        pytest.param(
            (BUILD, f'      - run: echo "${{{{ github.ref_name }}}}"\n{BUILD}'),
            {"template-injection=warn"},
            id="the-tag-is-pasted",
        ),
        pytest.param(
            (BUILD, f'      - run: echo "${{{{ github.ref_type }}}}"\n{BUILD}'), set(), id="kind"
        ),
        pytest.param(only_if("github.repository == 'a/b'"), MOVED, id="moved"),
        pytest.param(only_if("github.repository == 'Octo/Example'"), set(), id="this-repository"),
        pytest.param(only_if("github.repository_owner == 'octo'"), set(), id="this-owner"),
        pytest.param((ON, "on: workflow_dispatch\n"), set(), id="by-hand"),
        pytest.param(
            (ON, "on: {push: {branches: [main]}}\n"), {"release-trigger=warn"}, id="every-push"
        ),
        pytest.param(
            ('["v*"]', '["refs/tags/v*"]'), {"release-trigger=fail"}, id="a-whole-ref-as-filter"
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_from_what_is_near_to_it(
    change: tuple[str, str], expected: set[str], tmp_path: Path
) -> None:
    git = GitState(top=tmp_path, remotes={"origin": "https://github.com/octo/example"})
    assert found(tmp_path, {".github/workflows/publish.yml": changed(change)}, git) == expected


@pytest.mark.parametrize(
    ("on", "condition"),
    [
        pytest.param("workflow_dispatch", "github.ref == 'refs/heads/master'", id="master"),
        pytest.param("push", "github.ref_name == 'stable' && needs.build.outputs.x", id="named"),
        pytest.param(
            "{push: {branches: [main, master]}}",
            "github.ref == 'refs/heads/master' && needs.build.outputs.x",
            id="one-of-two",
        ),
    ],
)
def test_any_branch_may_be_the_one_that_a_condition_asks_for(
    on: str, condition: str, tmp_path: Path
) -> None:
    text = changed((ON, f"on: {on}\n"), only_if(condition))
    assert found(tmp_path, {".github/workflows/publish.yml": text}) == set()


def test_a_tag_that_is_there_and_passes_no_filter_is_a_failure(tmp_path: Path) -> None:
    git = GitState(top=tmp_path, tags={"v1.2.3": "0" * 40})
    files = {".github/workflows/publish.yml": changed(('["v*"]', '["release-*"]'))}
    assert found(tmp_path, files, git) == {"release-trigger=fail"}


def test_a_tag_that_spells_the_version_otherwise_is_its_tag(tmp_path: Path) -> None:
    git = GitState(top=tmp_path, tags={"v1.2.3.0": "0" * 40})
    files = {".github/workflows/publish.yml": BASE}
    assert found(tmp_path, files, git) == set()


CALL = "on: workflow_call\npermissions: {}\njobs:\n" + BASE[
    BASE.index("  publish:") : BASE.index("  verify:")
].replace("    needs: build\n", "")
CALLER = (
    BASE[: BASE.index("  publish:")]
    + f"{NEEDS}{ID_TOKEN}    uses: ./.github/workflows/up.yml\n"
    + BASE[BASE.index("  verify:") :]
)


@pytest.mark.parametrize(
    ("caller", "called", "expected"),
    [
        pytest.param(CALLER, CALL, {"reusable-publishing=fail"}, id="attested"),
        pytest.param(
            CALLER,
            CALL.replace(ACTION, ACTION + "        with:\n          attestations: false\n"),
            {"reusable-publishing=warn", "attestations-on=warn"},
            id="works-by-accident",
        ),
        pytest.param(
            CALLER.replace(ID_TOKEN, "", 1),
            CALL,
            {"reusable-publishing=fail", "id-token-permission=fail"},
            id="the-caller-does-not-permit-it",
        ),
        pytest.param(
            CALLER,
            CALL.replace("permissions: {}\n", "").replace(ID_TOKEN, ""),
            {"reusable-publishing=fail"},
            id="inherits-the-permission",
        ),
    ],
)
def test_a_called_workflow_is_judged_with_its_caller(
    caller: str, called: str, expected: set[str], tmp_path: Path
) -> None:
    folder = ".github/workflows/"
    assert found(tmp_path, {folder + "publish.yml": caller, folder + "up.yml": called}) == expected


RELEASED = changed((ON, "on: {release: {types: [published]}}\n"))
MAKES = "permissions: {{}}\njobs:\n  make:\n    runs-on: ubuntu-latest\n    steps:\n{}"
RELEASES = MAKES.format("      - run: gh release create v1\n        env: {GH_TOKEN: TOKEN}\n")
TAGS = MAKES.format(
    "      - uses: actions/checkout@v7\n      - run: git tag v1 && git push origin v1\n"
)


@pytest.mark.parametrize(
    ("publish", "maker", "expected"),
    [
        pytest.param(
            RELEASED,
            "on: {push: {tags: ['*']}}\n" + RELEASES.replace("TOKEN}", '"${{ github.token }}"}'),
            {"release-trigger=warn"},
            id="a-release-by-the-run",
        ),
        pytest.param(
            RELEASED,
            "on: {push: {tags: ['*']}}\n" + RELEASES.replace("TOKEN}", '"${{ secrets.PAT }}"}'),
            set(),
            id="a-release-by-somebody",
        ),
        pytest.param(
            BASE,
            "on: {push: {tags: ['*']}}\n" + RELEASES.replace("TOKEN}", '"${{ github.token }}"}'),
            set(),
            id="the-tag-was-there-before",
        ),
        pytest.param(
            RELEASED,
            "on: {release: {types: [published]}}\n"
            + MAKES.format("      - uses: softprops/action-gh-release@v2\n"),
            set(),
            id="adds-files-to-a-release",
        ),
        pytest.param(BASE, "on: workflow_dispatch\n" + TAGS, {"release-trigger=warn"}, id="a-tag"),
        pytest.param(BASE, "on: push\n" + TAGS.replace("v1", "nightly"), set(), id="nightly"),
        pytest.param(
            BASE,
            "on: workflow_dispatch\n" + TAGS.replace("v7\n", "v7\n        with: {token: x}\n"),
            set(),
            id="a-tag-by-another-token",
        ),
        pytest.param(
            BASE,
            "on: push\n" + TAGS.replace("git tag v1 &&", "git tag --list &&"),
            set(),
            id="only-pushes",
        ),
    ],
)
def test_what_the_token_of_a_run_makes_starts_nothing(
    publish: str, maker: str, expected: set[str], tmp_path: Path
) -> None:
    folder = ".github/workflows/"
    assert (
        found(tmp_path, {folder + "publish.yml": publish, folder + "make.yml": maker}) == expected
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("$CI_COMMIT_BRANCH", {"gitlab-rules=fail"}, id="absent"),
        pytest.param("$CI_COMMIT_TAG", set(), id="there"),
    ],
)
def test_the_pipeline_of_a_tag_has_the_job_that_builds(
    condition: str, expected: set[str], tmp_path: Path
) -> None:
    text = GITLAB.replace("\nbuild:\n", f"\nbuild:\n  rules: [{{if: {condition}}}]\n")
    assert found(tmp_path, {".gitlab-ci.yml": text}) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("projects/1/packages/pypi", set(), id="a-project"),
        pytest.param("projects/1/packages/pypi/simple", {"gitlab-upload-url=fail"}, id="to-read"),
        pytest.param("groups/1/packages/pypi", {"gitlab-upload-url=fail"}, id="a-group"),
    ],
)
def test_a_registry_of_gitlab_takes_files_at_a_project(
    address: str, expected: set[str], tmp_path: Path
) -> None:
    to = f"twine upload --repository-url ${{CI_API_V4_URL}}/{address} --non-interactive"
    text = GITLAB.replace("twine upload --non-interactive", to)
    assert found(tmp_path, {".gitlab-ci.yml": text}) == expected


def test_a_version_that_the_build_is_told_needs_no_tags(tmp_path: Path) -> None:
    text = changed(
        ("          fetch-depth: 0\n", ""),
        (BUILD, BUILD + "        env: {SETUPTOOLS_SCM_PRETEND_VERSION: 1.2.3}\n"),
    )
    project = project_of(tmp_path, from_tags=True)
    pipelines = repository(tmp_path, {".github/workflows/publish.yml": text})
    assert complaints(Facts(project=project, pipelines=pipelines), "workflow") == set()


def test_a_failing_upload_to_testpypi_may_be_passed_over(tmp_path: Path) -> None:
    test = BASE[BASE.index("  publish:") : BASE.index("  verify:")]
    test = test.replace("  publish:", "  test:").replace(
        ACTION,
        ACTION
        + "        continue-on-error: true\n"
        + "        with:\n          repository-url: https://test.pypi.org/legacy/\n",
    )
    files = {".github/workflows/publish.yml": BASE + test}
    assert found(tmp_path, files) == set()


def test_an_upload_behind_a_variable_is_found(tmp_path: Path) -> None:
    files = {
        ".github/workflows/publish.yml": changed(run("scripts/publish")),
        "scripts/publish": '#!/bin/sh -e\nPREFIX="venv/bin/"\n${PREFIX}twine upload dist/*\n',
    }
    (job,) = repository(tmp_path, files).publishing_jobs
    assert [(upload.tool, upload.via) for upload in job.uploads] == [("twine", "scripts/publish")]


def test_the_releaser_of_jupyter_publishes(tmp_path: Path) -> None:
    releaser = "jupyter-server/jupyter_releaser/.github/actions/finalize-release@v2"
    text = changed((ACTION, f"      - uses: {releaser}\n"))
    (job,) = repository(tmp_path, {".github/workflows/publish.yml": text}).publishing_jobs
    assert (job.uses_oidc, job.environment) == (True, "pypi")
