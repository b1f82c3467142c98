"""Tools whose version is whatever is newest when the job runs."""

import time

import pytest

from pypi_publish.pins.tools import floating_beside_publishing, floating_tools
from pypi_publish.workflow.model import Step, Workflow
from pypi_publish.workflow.nodes import Mapping
from pypi_publish.workflow.reader import read_document


def floating(step: str) -> list[tuple[str, int]]:
    """Return the floating tools of a step that is written in YAML, and their lines."""
    node = read_document("ci.yml", step.encode()).root
    assert isinstance(node, Mapping)
    return [(found.tool, found.line) for found in floating_tools(Step(node))]


def tools_of(command: str) -> list[str]:
    return [tool for tool, _ in floating(f"run: |\n  {command}\n")]


@pytest.mark.parametrize(
    ("command", "tools"),
    [
        # pip
        pytest.param("pip install build", ["build"], id="pip"),
        pytest.param("pip install build twine", ["build", "twine"], id="two-tools"),
        pytest.param("pip3.12 install build", ["build"], id="pip-of-a-python"),
        pytest.param("python -m pip install build", ["build"], id="pip-as-a-module"),
        pytest.param("${{ env.PY }} -m pip install build", ["build"], id="an-expression"),
        pytest.param(".venv/bin/pip install build", ["build"], id="pip-by-its-path"),
        pytest.param(r".venv\Scripts\pip.exe install build", ["build"], id="pip-on-windows"),
        pytest.param("sudo -H pip install build", ["build"], id="behind-sudo"),
        pytest.param("PIP_NO_INPUT=1 pip install build", ["build"], id="behind-a-variable"),
        pytest.param("uv run pip install build", ["build"], id="behind-a-runner"),
        pytest.param("pip -q --proxy http://x install -U build", ["build"], id="options"),
        pytest.param("pip install -i https://x/simple build", ["build"], id="an-index"),
        pytest.param("pip install 'build>=1'", ["build>=1"], id="a-lower-bound"),
        pytest.param("pip install build~=1.2", ["build~=1.2"], id="a-compatible-release"),
        pytest.param("pip install 'build==1.*'", ["build==1.*"], id="a-wildcard"),
        pytest.param("pip install 'build==1.2,!=1.3'", ["build==1.2,!=1.3"], id="two-clauses"),
        pytest.param("pip install 'build!=1.2'", ["build!=1.2"], id="an-exclusion"),
        pytest.param("pip install build[uv]", ["build[uv]"], id="an-extra"),
        pytest.param("pip install 'a; os_name==\"nt\"'", ['a; os_name=="nt"'], id="a-marker"),
        pytest.param("pip install build>=1", ["build"], id="what-the-shell-takes-for-a-file"),
        pytest.param("pip install -r a.txt build", ["build"], id="beside-requirements"),
        pytest.param("pip install build==1.2.2 twine", ["twine"], id="beside-a-pinned-one"),
        pytest.param("pip install build==${V} twine", ["twine"], id="beside-a-variable"),
        pytest.param("pip install build > log 2>&1", ["build"], id="a-redirection"),
        pytest.param("pip install build && twine check", ["build"], id="one-of-two-commands"),
        pytest.param("bash -c 'pip install build'", ["build"], id="in-a-shell"),
        pytest.param("if (-not $x) { pip install build }", ["build"], id="in-powershell"),
        # uv, uvx, pipx
        pytest.param("uv pip install build", ["build"], id="uv-pip"),
        pytest.param("uv -q pip install --system -p 3.12 build", ["build"], id="uv-pip-options"),
        pytest.param("uvx twine upload dist/*", ["twine"], id="uvx"),
        pytest.param("uvx twine@latest upload", ["twine@latest"], id="uvx-at-the-latest"),
        pytest.param("uvx --from build pyproject-build", ["build"], id="uvx-from"),
        pytest.param("uvx --with keyring twine==7.0.0 upload", ["keyring"], id="uvx-with"),
        pytest.param("uvx --with a,b==1 twine@7.0.0", ["a"], id="uvx-with-several"),
        pytest.param("uv tool run twine", ["twine"], id="uv-tool-run"),
        pytest.param("uv tool install twine --python 3.12", ["twine"], id="uv-tool-install"),
        pytest.param("uv tool install twine==7 --with keyring", ["keyring"], id="options-behind"),
        pytest.param("uv run --with twine twine upload", ["twine"], id="uv-run-with"),
        pytest.param("pipx run build", ["build"], id="pipx-run"),
        pytest.param("pipx run --spec build pyproject-build", ["build"], id="pipx-run-spec"),
        pytest.param("python -m pipx run build", ["build"], id="pipx-as-a-module"),
        pytest.param("pipx install twine build==1", ["twine"], id="pipx-install"),
        pytest.param("pipx -q install twine", ["twine"], id="pipx-options"),
        # near misses
        pytest.param("pip install build==1.2.2", [], id="pinned"),
        pytest.param("pip install 'build == 1.2.2'", [], id="pinned-with-spaces"),
        pytest.param("pip install build===1.2.2", [], id="pinned-by-three-signs"),
        pytest.param("pip install 'build[uv]==1.2.2'", [], id="pinned-with-an-extra"),
        pytest.param("pip install \"build==${{ env.V }}\"", [], id="pinned-to-an-expression"),
        pytest.param("pip install ${{ env.TOOLS }}", [], id="nothing-but-an-expression"),
        pytest.param("pip install $TOOLS", [], id="a-variable"),
        pytest.param("pip install -r requirements.txt", [], id="requirements"),
        pytest.param("pip install --require-hashes -r a.txt", [], id="hashes"),
        pytest.param("pip install -c constraints.txt build", [], id="constraints"),
        pytest.param("pip install build --constraint=c.txt", [], id="constraints-behind"),
        pytest.param("uv pip install --exclude-newer 2026-01-01 build", [], id="a-date"),
        pytest.param("pip install .", [], id="the-project"),
        pytest.param("pip install -e '.[dev]'", [], id="the-project-to-work-on"),
        pytest.param("pip install ./tools", [], id="a-folder"),
        pytest.param("pip install dist/*.whl", [], id="built-files"),
        pytest.param("pip install a-1-py3-none-any.whl", [], id="a-built-file"),
        pytest.param("pip install git+https://x/y@v1", [], id="an-address"),
        pytest.param("pip install 'a @ https://x/a.zip'", [], id="a-name-and-an-address"),
        pytest.param("pip download build", [], id="a-download"),
        pytest.param("pip check", [], id="a-check"),
        pytest.param("pip", [], id="pip-alone"),
        pytest.param("pipdeptree install build", [], id="another-program"),
        pytest.param("apt-get install pip", [], id="another-manager"),
        pytest.param("echo pip install build", [], id="said-and-not-done"),
        pytest.param("echo 'pip install build'", [], id="quoted"),
        pytest.param("# pip install build", [], id="a-comment"),
        pytest.param("uvx twine@7.0.0 upload", [], id="uvx-pinned"),
        pytest.param("uvx --from twine==7.0.0 twine upload", [], id="uvx-from-pinned"),
        pytest.param("uvx -c constraints.txt twine upload", [], id="uvx-constraints"),
        pytest.param("uvx python -m a", [], id="an-interpreter"),
        pytest.param("uvx python@3.12 -m a", [], id="an-interpreter-at-a-version"),
        pytest.param("uv tool upgrade twine", [], id="another-verb"),
        pytest.param("uv run twine upload", [], id="from-the-lock-of-the-project"),
        pytest.param("uv run --with twine==7.0.0 twine", [], id="uv-run-with-pinned"),
        pytest.param("uv sync", [], id="uv-sync"),
        pytest.param("uv", [], id="uv-alone"),
        pytest.param("pipx run build==1.2", [], id="pipx-pinned"),
        pytest.param("pipx install build==1.2", [], id="pipx-install-pinned"),
        pytest.param("pipx list", [], id="pipx-list"),
        pytest.param("cat <<E\n  pip install build\n  E", [], id="in-a-here-document"),
    ],
)  # fmt: skip
def test_a_tool_floats_where_no_version_is_stated(command: str, tools: list[str]) -> None:
    assert tools_of(command) == tools


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        pytest.param("run: pip install a", [1], id="on-one-line"),
        pytest.param("name: x\nrun: |\n  pip install a\n\n  pip install b\n", [3, 5], id="literal"),
        pytest.param("run: |2-\n\n    pip install a\n", [3], id="literal-with-a-header"),
        pytest.param("run: | # c\n  pip install \\\n    a\n", [2], id="literal-continued"),
        pytest.param("run: >\n  pip\n  install a\n", [1], id="folded-where-it-begins"),
        pytest.param("run:\n  'pip install a'", [2], id="quoted"),
        pytest.param("run: |\r\n  x\r\n  pip install a\r\n", [3], id="crlf"),
    ],
)
def test_a_floating_tool_knows_its_line(step: str, lines: list[int]) -> None:
    assert [line for _, line in floating(step)] == lines


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("uses: a/b@v1", id="an-action"),
        pytest.param("run: ''", id="an-empty-text"),
        pytest.param("shell: python\nrun: |\n  pip install x", id="a-text-of-python"),
        pytest.param("env: {RUN: pip install a}", id="another-key"),
    ],
)
def test_what_runs_no_shell_has_no_floating_tool(step: str) -> None:
    assert floating(step) == []


@pytest.mark.parametrize(
    ("jobs", "lines"),
    [
        pytest.param("{a: {steps: [*install]}}", [], id="no-job-publishes"),
        pytest.param("{a: {steps: [*install, *upload]}}", [1], id="the-job-publishes"),
        pytest.param("{a: {steps: [*install]}, b: {steps: [*upload]}}", [], id="another-does"),
        pytest.param("{a: &a {steps: [*install, *upload]}, b: *a}", [1], id="an-alias-of-a-job"),
        pytest.param("{a: {steps: [*upload, *install, *install]}}", [1], id="an-alias-of-a-step"),
        pytest.param("{a: {steps: [*upload, {<<: *install}]}}", [1], id="a-merged-step"),
    ],
)
def test_tools_float_beside_the_right_to_publish_once_where_they_are_written(
    jobs: str, lines: list[int]
) -> None:
    text = f"i: &install {{run: pip install a}}\nu: &upload {{run: uv publish}}\njobs: {jobs}\n"
    workflow = Workflow(read_document("ci.yml", text.encode()))
    assert [found.line for found in floating_beside_publishing(workflow)] == lines


def test_the_command_is_shown_as_it_is_read() -> None:
    node = read_document("ci.yml", b"run: sudo pip install 'a>=1' # c").root
    assert isinstance(node, Mapping)
    assert [found.command for found in floating_tools(Step(node))] == ["pip install a>=1"]


@pytest.mark.parametrize(
    "text",
    ["pip install " + "a==1 " * 50_000, "pip " + "-q " * 50_000, "python " + "-q " * 50_000],
    ids=["specifiers", "options", "options-of-python"],
)
def test_an_endless_command_is_read_in_bounded_time(text: str) -> None:
    begun = time.process_time()
    assert floating(f"run: {text}") == []
    assert time.process_time() - begun < 2
