"""Runs the commands of a workflow's jobs here, step by step, as a runner of GitHub does."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from conftest import ROOT, clean_environment

ASSETS = ROOT / "assets"
_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
# As GitHub's documentation of `shell` spells them.
_SHELLS: Mapping[str, Sequence[str]] = {
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
    "python": ("python",),
}


def asset(name: str, **adapted: str) -> Any:
    """Return a template as data, with its marked points filled in."""
    return parsed(text_of(name, **adapted))


def parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


def text_of(name: str, **adapted: str) -> str:
    """Return the text of a template, with placeholders replaced: ADAPT-<KEYWORD-WITH-DASHES>."""
    text = (ASSETS / name).read_text(encoding="utf-8")
    for key, value in adapted.items():
        text = text.replace(f"ADAPT-{key.upper().replace('_', '-')}", value)
    return text


@dataclass(frozen=True)
class Ended:
    """How a step ended."""

    code: int
    said: str
    outputs: Mapping[str, str]


@dataclass
class Runner:
    """One machine of a job: a folder for the checkout, one for what is temporary, a PATH."""

    workflow: Any
    folder: Path
    temporary: Path
    context: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=lambda: [str(Path(sys.executable).parent)])
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, job: str, *names: str, **context: str) -> Ended:
        """Run the named steps of a job in order; stop at the first that fails."""
        ended = Ended(0, "", {})
        for name in names:
            ended = self._step(job, named_step(self.workflow, job, name), context)
            if ended.code:
                break
        return ended

    def _step(self, job: str, step: Mapping[str, Any], context: Mapping[str, str]) -> Ended:
        self.temporary.mkdir(parents=True, exist_ok=True)
        output, added = self.temporary / "output", self.temporary / "path"
        for file in (output, added):
            file.write_text("", encoding="utf-8")
        script = self.temporary / "step"
        script.write_text(step["run"], encoding="utf-8")
        shell = step.get("shell") or self.workflow["defaults"]["run"]["shell"]
        ended = subprocess.run(
            [*_SHELLS[shell], script],
            cwd=self.folder,
            env=self._variables(job, step, context, output, added),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=300,
            check=False,
        )
        self.path[:0] = reversed(added.read_text(encoding="utf-8").split())
        lines = output.read_text(encoding="utf-8").splitlines()
        return Ended(ended.returncode, ended.stdout, dict(line.split("=", 1) for line in lines))

    def _variables(
        self,
        job: str,
        step: Mapping[str, Any],
        context: Mapping[str, str],
        output: Path,
        added: Path,
    ) -> dict[str, str]:
        known = {**self.context, **context}
        levels = (self.workflow, self.workflow["jobs"][job], step)
        written = {k: v for level in levels for k, v in level.get("env", {}).items()}
        return {
            **clean_environment(),
            "PATH": os.pathsep.join([*self.path, os.environ["PATH"]]),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_PATH": str(added),
            **{name: _filled(str(value), known) for name, value in written.items()},
            **self.environment,
        }


def named_step(workflow: Any, job: str, name: str) -> Mapping[str, Any]:
    """Return the step of a job whose name begins so."""
    steps = [s for s in workflow["jobs"][job]["steps"] if s.get("name", "").startswith(name)]
    (step,) = steps
    assert isinstance(step, dict)
    return step


def _filled(text: str, known: Mapping[str, str]) -> str:
    """Put values for the expressions of a setting; one that is not known is an error."""
    return _EXPRESSION.sub(lambda found: known[found[1]], text)


@dataclass
class GitlabRunner:
    """A container of a GitLab job: the project's folder, and one for what is temporary."""

    pipeline: Any
    folder: Path
    temporary: Path

    def run(self, job: str, **variables: str) -> Ended:
        """Run the commands of a job as one script, as GitLab does."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        keys = self._keys(job)
        lines = [*keys.get("before_script", ()), *keys["script"]]
        written = {**self.pipeline["variables"], **keys.get("variables", {})}
        known = {"WORK": str(self.temporary), **variables}
        ended = subprocess.run(
            [*_SHELLS["bash"], "-c", "\n".join(lines)],
            cwd=self.folder,
            env={
                **clean_environment(),
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                **{name: str(value) for name, value in written.items()},
                **known,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=300,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, {})

    def _keys(self, job: str) -> dict[str, Any]:
        own = self.pipeline[job]
        return {**(self._keys(own["extends"]) if "extends" in own else {}), **own}
