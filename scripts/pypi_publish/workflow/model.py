"""Workflows, jobs, steps and actions as typed views of a YAML file. Rules see these alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pypi_publish.workflow.nodes import Document, Mapping, Node, Scalar, Sequence


class UsedAs(StrEnum):
    """In which place of a workflow or an action a reference stands."""

    STEP = "step"
    JOB = "job"  # a reusable workflow
    CONTAINER = "container"
    SERVICE = "service"
    ACTION_IMAGE = "action image"  # of a Docker action


@dataclass(frozen=True, slots=True)
class Use:
    """A reference to code that is not in this file, where it is written."""

    value: Scalar
    used_as: UsedAs
    job: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job or of a composite action."""

    node: Mapping

    @property
    def uses(self) -> Scalar | None:
        return _uses(self.node)

    @property
    def run(self) -> Scalar | None:
        return _scalar(self.node.get("run"))

    @property
    def shell(self) -> str | None:
        """The shell that the step names for itself."""
        shell = _scalar(self.node.get("shell"))
        return shell.text if shell else None

    def input(self, name: str) -> str | None:
        """Return what the step gives its action as an input."""
        inputs = self.node.get("with")
        value = _scalar(inputs.get(name)) if isinstance(inputs, Mapping) else None
        return value.text if value else None


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a workflow."""

    name: str
    node: Mapping

    @property
    def steps(self) -> Iterator[Step]:
        return _steps(self.node)

    @property
    def uses(self) -> Scalar | None:
        return _uses(self.node)

    @property
    def container(self) -> Node | None:
        """The image of the job's container, in its short and its long form."""
        return _image(self.node.get("container"))

    @property
    def services(self) -> Iterator[Node]:
        """The images of the job's services."""
        services = self.node.get("services")
        if isinstance(services, Scalar):  # an expression that stands for all of them
            yield services
        if isinstance(services, Mapping):
            images = (_image(service) for _, service in services.items())
            yield from (image for image in images if image is not None)

    @property
    def is_repeated(self) -> bool:
        """Whether its matrix surely makes more than one job of it."""
        strategy = self.node.get("strategy")
        matrix = strategy.get("matrix") if isinstance(strategy, Mapping) else None
        if not isinstance(matrix, Mapping) or matrix.get("exclude") is not None:
            return False
        lists = {name.text: node for name, node in matrix.items() if isinstance(node, Sequence)}
        axes = [node for name, node in lists.items() if name != "include"] or lists.values()
        return any(len(node.items) > 1 for node in axes)

    def matrix_values(self, name: str) -> list[Scalar]:
        """Return what `matrix.NAME` stands for, also where a value is named by `include`."""
        strategy = self.node.get("strategy")
        matrix = strategy.get("matrix") if isinstance(strategy, Mapping) else None
        if not isinstance(matrix, Mapping):
            return []
        first, *rest = name.split(".")
        included = matrix.get("include")
        rows = included.items if isinstance(included, Sequence) else []
        values = [row.get(first) for row in rows if isinstance(row, Mapping)]
        listed = matrix.get(first)
        values += listed.items if isinstance(listed, Sequence) else [listed]
        for key in rest:
            values = [value.get(key) for value in values if isinstance(value, Mapping)]
        return [value for value in values if isinstance(value, Scalar)]


@dataclass(frozen=True, slots=True)
class Workflow:
    """One file of `.github/workflows`, or the `action.yml` of an action, or neither."""

    document: Document

    @property
    def is_workflow(self) -> bool:
        return isinstance(self._top("jobs"), Mapping)

    @property
    def is_action(self) -> bool:
        return isinstance(self._top("runs"), Mapping)

    @property
    def jobs(self) -> Iterator[Job]:
        jobs = self._top("jobs")
        if isinstance(jobs, Mapping):
            for name, job in jobs.items():
                if isinstance(job, Mapping):
                    yield Job(name.text, job)

    def uses(self) -> Iterator[Use]:
        """Yield every reference once, where it is written, however many aliases lead to it."""
        seen: set[int] = set()
        for use in self._uses():
            if id(use.value) not in seen:
                seen.add(id(use.value))
                yield use

    def _uses(self) -> Iterator[Use]:
        walked: set[int] = set()  # ten aliases of a job with ten aliases of a step are one walk
        for job in self.jobs:
            if id(job.node) not in walked:
                walked.add(id(job.node))
                yield from _uses_of_job(job, walked)
        runs = self._top("runs")
        if isinstance(runs, Mapping):
            yield from _uses_of_steps(runs, None, walked)
            image = _scalar(runs.get("image"))
            if image is not None:
                yield Use(image, UsedAs.ACTION_IMAGE, None)

    def _top(self, key: str) -> Node | None:
        root = self.document.root
        return root.get(key) if isinstance(root, Mapping) else None


def _uses_of_job(job: Job, walked: set[int]) -> Iterator[Use]:
    if job.uses is not None:
        yield Use(job.uses, UsedAs.JOB, job.name)
    images = [(job.container, UsedAs.CONTAINER)]
    images += [(service, UsedAs.SERVICE) for service in job.services]
    written: set[str] = set()  # thousands of services may name thousands of matrix values
    for image, used_as in images:
        if isinstance(image, Scalar) and image.text.strip() not in written:
            yield from (Use(value, used_as, job.name) for value in _written(job, image, written))
    yield from _uses_of_steps(job.node, job.name, walked)


def _uses_of_steps(parent: Mapping, job: str | None, walked: set[int]) -> Iterator[Use]:
    for step in _steps(parent):
        if id(step.node) not in walked:
            walked.add(id(step.node))
            uses = step.uses
            if uses is not None:
                yield Use(uses, UsedAs.STEP, job)


def _steps(parent: Mapping) -> Iterator[Step]:
    steps = parent.get("steps")
    if isinstance(steps, Sequence):
        yield from (Step(step) for step in steps.items if isinstance(step, Mapping))


_MATRIX_VALUE = re.compile(
    r"\$\{\{\s*matrix\s*(?:\.\s*(?P<name>[\w.-]+)|\[\s*'(?P<quoted>[\w.-]+)'\s*\])\s*\}\}",
    re.IGNORECASE,
)


def _written(job: Job, image: Scalar, written: set[str]) -> Iterator[Scalar]:
    """Yield an image where its name is written: `${{ matrix.image }}` is one of a list."""
    named = _MATRIX_VALUE.fullmatch(image.text.strip())
    values = job.matrix_values(named["name"] or named["quoted"]) if named else []
    if values:
        written.add(image.text.strip())
    yield from (value for value in values or [image] if value.text.strip())


def _image(container: Node | None) -> Node | None:
    return container.get("image") if isinstance(container, Mapping) else container


def _uses(parent: Mapping) -> Scalar | None:
    """Return the value of `uses:`; of a list or a map, which GitHub refuses, its first sign."""
    value = parent.get("uses")
    if isinstance(value, Sequence | Mapping):
        return Scalar(
            "[...]" if isinstance(value, Sequence) else "{...}", None, value.start, value.start
        )
    return value


def _scalar(node: Node | None) -> Scalar | None:
    return node if isinstance(node, Scalar) else None
