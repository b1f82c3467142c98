"""The templates as their users would leave them, in the sample project."""

import re
import shutil
from pathlib import Path

from pipelines_sample import repository
from pypi_publish.preflight.facts import Facts
from pypi_publish.project.read import read_project
from template_runner import ASSETS, parsed, text_of

DATA = Path(__file__).parent / "data"
SHA = "1" * 40
_PIPELINES = {path.name: parsed(text_of(path.name)) for path in sorted(ASSETS.glob("*.y*ml"))}
EVERY = tuple(_PIPELINES)
GITHUB = tuple(name for name, pipeline in _PIPELINES.items() if "jobs" in pipeline)
SHARED = tuple(name for name in GITHUB if "workflow_call" in _PIPELINES[name]["on"])
PUBLISHING = tuple(name for name in GITHUB if name not in SHARED)
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


def here_strings() -> dict[str, str]:
    """Return the texts that release.ps1 holds, by the name of their variable."""
    text = text_of("release.ps1")
    found = re.findall(r"^\$(\w+) = @'\n(.*?)\n'@$", text, re.DOTALL | re.MULTILINE)
    return dict(found)
