"""GitHub workflows as views of what matters to a release: jobs, steps, and what they may do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pypi_publish.verdict import Place
from pypi_publish.workflow.conditions import Value, asks_status, holds
from pypi_publish.workflow.model import Job, Step
from pypi_publish.workflow.nodes import Document, Node, Scalar
from pypi_publish.workflow.nodes import Mapping as Table
from pypi_publish.workflow.permissions import Permissions, permissions_of
from pypi_publish.workflow.triggers import Scenario, Trigger, texts, triggers_of


@dataclass(frozen=True)
class GithubStep:
    """A step of a job, or of a composite action that a job uses."""

    file: str
    node: Table

    @property
    def step(self) -> Step:
        return Step(self.node)

    @cached_property
    def place(self) -> Place:
        """Where the step says what it does."""
        named = self.step.uses or self.step.run
        line = named.line if named else int(self.node.start.line) + 1
        return Place(self.file, line, named.column if named else None)

    @cached_property
    def action(self) -> str:
        """The action in lower case without its ref; empty for a command."""
        uses = self.step.uses
        return uses.text.strip().partition("@")[0].lower() if uses else ""

    @property
    def ref(self) -> str:
        uses = self.step.uses
        return uses.text.strip().partition("@")[2] if uses else ""

    @property
    def run(self) -> Scalar | None:
        return self.step.run

    @property
    def condition(self) -> Scalar | None:
        return scalar(self.node.get("if"))

    @property
    def may_fail_unseen(self) -> bool:
        return is_true(self.node.get("continue-on-error"))

    @cached_property
    def inputs(self) -> Mapping[str, Scalar]:
        """What is given `with` the action; GitHub does not tell names apart by case."""
        return {name.lower(): value for name, value in scalars(self.node.get("with")).items()}

    @cached_property
    def env(self) -> Mapping[str, Scalar]:
        return scalars(self.node.get("env"))

    def input(self, *names: str) -> Scalar | None:
        """Return the first of some inputs that is given a value."""
        given = (self.inputs.get(name) for name in names)
        return next((value for value in given if value is not None and value.text.strip()), None)

    def place_of(self, value: Scalar) -> Place:
        return Place(self.file, value.line, value.column)


@dataclass(frozen=True)
class GithubJob:
    """A job with what it inherits from its workflow."""

    workflow: "GithubWorkflow"
    job: Job
    line: int

    @property
    def name(self) -> str:
        return self.job.name

    @property
    def file(self) -> str:
        return self.workflow.file

    @property
    def place(self) -> Place:
        return Place(self.file, self.line)

    @cached_property
    def steps(self) -> tuple[GithubStep, ...]:
        return tuple(GithubStep(self.file, step.node) for step in self.job.steps)

    @property
    def needs(self) -> tuple[str, ...]:
        return texts(self.job.node.get("needs"))

    @property
    def condition(self) -> Scalar | None:
        return scalar(self.job.node.get("if"))

    @property
    def may_fail_unseen(self) -> bool:
        return is_true(self.job.node.get("continue-on-error"))

    @cached_property
    def own_permissions(self) -> Permissions | None:
        return permissions_of(self.file, self.job.node.get("permissions"))

    @property
    def permissions(self) -> Permissions | None:
        """The permissions in force; None where the repository's setting decides."""
        return self.own_permissions or self.workflow.permissions

    @property
    def mints(self) -> bool:
        return self.permissions is not None and self.permissions.mints

    @cached_property
    def environment(self) -> Scalar | None:
        """The name of the environment, in its short and its long form."""
        node = self.job.node.get("environment")
        named = scalar(node.get("name") if isinstance(node, Table) else node)
        return named if named and named.text.strip() else None

    @cached_property
    def env(self) -> Mapping[str, Scalar]:
        return {**self.workflow.env, **scalars(self.job.node.get("env"))}

    @property
    def cancels(self) -> Scalar | None:
        """The setting that lets a later run cancel this one, where it is switched on."""
        node = self._concurrency
        setting = node.get("cancel-in-progress") if isinstance(node, Table) else None
        return scalar(setting) if is_true(setting) else None

    @property
    def concurrency_group(self) -> str:
        node = self._concurrency
        named = scalar(node.get("group") if isinstance(node, Table) else node)
        return named.text if named is not None else ""

    @property
    def _concurrency(self) -> Node | None:
        return self.job.node.get("concurrency") or self.workflow.concurrency

    @property
    def timeout(self) -> Scalar | None:
        return scalar(self.job.node.get("timeout-minutes"))

    @cached_property
    def runners(self) -> tuple[Scalar, ...]:
        """The labels of `runs-on`, with those that a matrix puts there."""
        node = self.job.node.get("runs-on")
        labels = node.get("labels") if isinstance(node, Table) else node
        if not isinstance(labels, Scalar):
            return tuple(scalar for scalar in getattr(labels, "items", ()) if _is(scalar))
        text = labels.text.replace(" ", "")
        if text.startswith("${{matrix.") and text.endswith("}}"):
            named = text.removeprefix("${{matrix.").removesuffix("}}")
            return tuple(self.job.matrix_values(named)) or (labels,)
        return (labels,)

    @property
    def uses(self) -> Scalar | None:
        return self.job.uses


@dataclass(frozen=True)
class GithubWorkflow:
    """One file of `.github/workflows`."""

    document: Document

    @property
    def file(self) -> str:
        return self.document.file

    @cached_property
    def triggers(self) -> tuple[Trigger, ...]:
        return triggers_of(self.document.root)

    @cached_property
    def permissions(self) -> Permissions | None:
        return permissions_of(self.file, self._top("permissions"))

    @cached_property
    def env(self) -> Mapping[str, Scalar]:
        return scalars(self._top("env"))

    @property
    def concurrency(self) -> Node | None:
        return self._top("concurrency")

    @property
    def sets_defaults(self) -> bool:
        """Whether commands may run in another folder, or in another shell, than usually."""
        return self._top("defaults") is not None

    @cached_property
    def jobs(self) -> Mapping[str, GithubJob]:
        jobs = self._top("jobs")
        return {
            name.text: GithubJob(self, Job(name.text, node), name.line)
            for name, node in (jobs.items() if isinstance(jobs, Table) else ())
            if isinstance(node, Table)
        }

    @property
    def is_called(self) -> bool:
        """Whether another workflow can call this one."""
        return any(trigger.event == "workflow_call" for trigger in self.triggers)

    @property
    def is_only_called(self) -> bool:
        return all(trigger.event == "workflow_call" for trigger in self.triggers)

    def needed(self, job: GithubJob) -> Iterator[GithubJob]:
        """Yield every job that a job waits for, directly or through another."""
        waiting, seen = list(job.needs), set[str]()
        while waiting:
            name = waiting.pop(0)
            found = self.jobs.get(name)
            if name not in seen and found is not None:
                seen.add(name)
                waiting += found.needs
                yield found

    def runs(self, job: GithubJob, scenario: Scenario) -> bool | None:
        """Return whether a job runs when this happens, if nothing fails; None: it depends."""
        return self._runs(job, scenario, frozenset())

    def _runs(self, job: GithubJob, scenario: Scenario, above: frozenset[str]) -> bool | None:
        own = decided(job.condition, scenario)
        if own is False or job.name in above:
            return False
        if job.condition is not None and asks_status(job.condition.text):
            return own
        found = [self.jobs[name] for name in job.needs if name in self.jobs]
        answers = [self._runs(need, scenario, above | {job.name}) for need in found]
        if False in answers:
            return False
        return None if None in answers else own

    def _top(self, key: str) -> Node | None:
        root = self.document.root
        return root.get(key) if isinstance(root, Table) else None


def decided(condition: Scalar | None, scenario: Scenario) -> bool | None:
    """Return whether an `if:` holds when this happens; without one it does."""
    if condition is None or not condition.text.strip():
        return True

    def known(name: str) -> Value:
        return scenario.value(name)

    return holds(condition.text, known)


def scalar(node: Node | None) -> Scalar | None:
    """Return a node where it is a single value."""
    return node if isinstance(node, Scalar) else None


def scalars(node: Node | None) -> dict[str, Scalar]:
    """Return the pairs of a mapping whose values are single."""
    if not isinstance(node, Table):
        return {}
    return {name.text: value for name, value in node.items() if isinstance(value, Scalar)}


def is_true(node: Node | None) -> bool:
    """Return whether a setting is switched on; an expression may switch it off."""
    return isinstance(node, Scalar) and node.text.strip().lower() == "true"


def _is(node: object) -> bool:
    return isinstance(node, Scalar)
