"""Which jobs upload to a package index."""

import pytest

from pypi_publish.workflow.model import Workflow
from pypi_publish.workflow.publishing import publishes
from pypi_publish.workflow.reader import read_document


def a_job_publishes(steps: str) -> bool:
    """Return whether a job with these steps, in YAML, publishes."""
    document = read_document("ci.yml", f"jobs: {{a: {{steps: [{steps}]}}}}".encode())
    (job,) = Workflow(document).jobs
    return publishes(job)


@pytest.mark.parametrize(
    "command",
    [
        "twine upload dist/*", "python -m twine upload dist/*", "python3 -m twine upload a.whl",
        "twine --no-color upload dist/*", "twine upload --repository testpypi dist/*",
        "uvx twine upload dist/*", "uvx --from twine==7 twine upload x", "pipx run twine upload x",
        "uv run --with twine twine upload x", "uv publish", "uv --quiet publish dist/*",
        "uv --directory x publish", "poetry publish --build", "poetry -n publish", "flit publish",
        "hatch publish", "pdm publish", "maturin publish", "maturin upload dist/*",
        "semantic-release publish", "python setup.py sdist upload", "./setup.py upload",
        "rye publish", "TWINE_USERNAME=a twine upload x", "a && twine upload x",
        "if a; then twine upload x; fi", "ls | xargs twine upload", "bash -c 'twine upload x'",
        "$(twine upload x)", ".venv/bin/twine upload x", "time twine upload x",
    ],
)  # fmt: skip
def test_a_command_that_uploads_makes_a_job_publish(command: str) -> None:
    assert a_job_publishes(f"{{run: {_quoted(command)}}}")
    assert a_job_publishes(f"{{run: make}}, {{run: {_quoted(command)}}}")


@pytest.mark.parametrize(
    "command",
    [
        "twine check dist/*", "twine --version", "echo twine upload", "echo 'twine upload x'",
        "# twine upload x", "make upload", "npm publish", "cargo publish", "gh release upload v1",
        "uv build", "uv publish --dry-run", "poetry publish --dry-run", "poetry build",
        "python setup.py sdist", "upload twine", "mytwine upload", "twine-upload x",
        "docker push publish", "cat <<E\\ntwine upload\\nE", "pip install twine", "",
    ],
)  # fmt: skip
def test_a_command_that_does_not_upload_does_not(command: str) -> None:
    assert not a_job_publishes(f"{{run: {_quoted(command)}}}")


@pytest.mark.parametrize(
    "step",
    [
        "{uses: pypa/gh-action-pypi-publish@release/v1}",
        "{uses: PyPA/GH-Action-PyPI-Publish@v1}",
        "{uses: ' pypa/gh-action-pypi-publish@v1 '}",
        "{uses: pypa/gh-action-pypi-publish}",
        "{uses: JRubics/poetry-publish@v2}",
        "{uses: casperdcl/deploy-pypi@v2}",
        "{uses: PyO3/maturin-action@v1, with: {command: upload}}",
        "{uses: PyO3/maturin-action@v1, with: {command: publish}}",
    ],
)
def test_an_action_that_uploads_makes_a_job_publish(step: str) -> None:
    assert a_job_publishes(step)


@pytest.mark.parametrize(
    "step",
    [
        "{uses: actions/upload-artifact@v4}",
        "{uses: pypa/gh-action-pypi-publish-not@v1}",
        "{uses: pypa/cibuildwheel@v3}",
        "{uses: PyO3/maturin-action@v1}",
        "{uses: PyO3/maturin-action@v1, with: {command: build}}",
        "{uses: PyO3/maturin-action@v1, with: upload}",
        "{uses: python-semantic-release/upload-to-gh-release@main}",
        "{uses: [pypa/gh-action-pypi-publish@v1]}",
        "{name: twine upload}",
        "{run: [twine upload]}",
        "twine upload",
    ],
)
def test_an_action_that_does_not_upload_does_not(step: str) -> None:
    assert not a_job_publishes(step)


def _quoted(command: str) -> str:
    escaped = command.replace('"', '\\"')
    return f'"{escaped}"'
