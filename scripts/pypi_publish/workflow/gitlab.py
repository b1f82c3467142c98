"""The pipeline of GitLab as views: its jobs with what they extend, and when they run.

https://docs.gitlab.com/ci/yaml/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pypi_publish.verdict import Place
from pypi_publish.workflow.gitlab_rules import Case, holds, names_ref
from pypi_publish.workflow.nodes import Document, Node, Scalar
from pypi_publish.workflow.nodes import Mapping as Table
from pypi_publish.workflow.nodes import Sequence as Items

GITLAB_FILE = ".gitlab-ci.yml"
_NOT_JOBS = {
    "stages", "variables", "default", "include", "workflow", "image", "services", "cache",
    "before_script", "after_script", "spec", "types",
}  # fmt: skip
_BY_DEFAULT = {"image", "before_script", "after_script", "id_tokens", "cache"}
_MOST_ITEMS = 2_000


@dataclass(frozen=True)
class GitlabJob:
    """A job with everything that it extends."""

    pipeline: "GitlabPipeline"
    file: str
    name: str
    node: Table
    line: int

    @property
    def place(self) -> Place:
        return Place(self.file, self.line)

    @cached_property
    def layers(self) -> tuple[tuple[str, Table], ...]:
        """The job itself, then what it extends, the nearest first."""
        return tuple(self.pipeline.layers(self.name))

    def get(self, key: str) -> Node | None:
        """Return a setting, from the nearest place that has it."""
        for _, layer in self.layers:
            if (own := layer.get(key)) is not None:
                return own
        return self.pipeline.default(key) if key in _BY_DEFAULT else None

    def table(self, key: str) -> dict[str, Node]:
        """Return a mapping that is merged from all layers, as GitLab merges them."""
        merged: dict[str, Node] = {}
        layers = [layer.get(key) for _, layer in self.layers]
        base = self.pipeline.default(key) if key == "id_tokens" and not any(layers) else None
        for layer in (base, *reversed(layers)):
            if isinstance(layer, Table):
                merged |= {name.text: value for name, value in layer.items()}
        return merged

    @cached_property
    def script(self) -> tuple[Scalar, ...]:
        """Every line that runs, with the lists that it refers to."""
        nodes = (self.get("before_script"), self.get("script"))
        lines = (line for node in nodes for line in self.pipeline.lines(node))
        return tuple(line for line, _ in zip(lines, range(_MOST_ITEMS), strict=False))

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The jobs of this pipeline without which the pipeline cannot be made."""
        found = []
        for item in getattr(self.get("needs"), "items", ()):
            if isinstance(item, Scalar):
                found.append(item.text)
            elif isinstance(item, Table) and not {"optional", "pipeline", "project"} & {
                *item.named
            }:
                job = item.get("job")
                found += [job.text] if isinstance(job, Scalar) else []
        return tuple(found)

    @property
    def keeps_files(self) -> bool:
        """Whether it hands files on to later jobs."""
        artifacts = self.get("artifacts")
        return isinstance(artifacts, Table) and artifacts.get("paths") is not None

    @property
    def waits_for_a_person(self) -> bool:
        rules = self.pipeline.rules(self.get("rules"))
        said = [self.get("when"), *(rule.get("when") for rule in rules)]
        return any(isinstance(when, Scalar) and when.text == "manual" for when in said)

    @cached_property
    def variables(self) -> Mapping[str, Scalar]:
        own = self.table("variables")
        found = {**self.pipeline.variables, **own}
        return {name: value for name, node in found.items() if (value := _value(node)) is not None}

    @cached_property
    def id_tokens(self) -> Mapping[str, tuple[tuple[str, ...], int]]:
        """The variables that carry an identity, each with its audiences and its line."""
        found = {}
        for name, node in self.table("id_tokens").items():
            audience = node.get("aud") if isinstance(node, Table) else None
            items = audience.items if isinstance(audience, Items) else [audience]
            words = tuple(item.text for item in items if isinstance(item, Scalar))
            line = next((item.line for item in items if isinstance(item, Scalar)), self.line)
            found[name] = (words, line)
        return found

    @cached_property
    def environment(self) -> Scalar | None:
        node = self.get("environment")
        named = node.get("name") if isinstance(node, Table) else node
        return named if isinstance(named, Scalar) and named.text.strip() else None

    def runs(self, case: Case) -> bool | None:
        """Return whether the job is part of the pipeline of this case; None: it depends."""
        whole = self.pipeline.runs(case)
        own = self._runs(case)
        if False in (whole, own):
            return False
        return None if None in (whole, own) else True

    def _runs(self, case: Case) -> bool | None:
        rules = self.get("rules")
        if isinstance(rules, Items):
            return ruled(self.pipeline.rules(rules), case)
        only, excepted = self.get("only"), self.get("except")
        if only is None and excepted is None:
            return not case.merge_request
        admitted = True if only is None else listed(only, case)
        return (
            admitted
            if excepted is None or admitted is False
            else _without(excepted, case, admitted)
        )

    @cached_property
    def said_conditions(self) -> tuple[Scalar, ...]:
        """The `if` of every rule, as written."""
        rules = self.get("rules")
        found = (_rule_if(rule) for rule in self.pipeline.rules(rules))
        return tuple(condition for condition in found if condition is not None)


@dataclass(frozen=True)
class GitlabPipeline:
    """`.gitlab-ci.yml` and the local files that it includes, the included first."""

    documents: tuple[Document, ...]

    @cached_property
    def _top(self) -> dict[str, list[tuple[str, Scalar, Node]]]:
        found: dict[str, list[tuple[str, Scalar, Node]]] = {}
        for document in self.documents:
            if isinstance(document.root, Table):
                for name, node in document.root.items():
                    found.setdefault(name.text, []).append((document.file, name, node))
        return found

    @cached_property
    def jobs(self) -> tuple[GitlabJob, ...]:
        return tuple(
            GitlabJob(self, file, name, node, key.line)
            for name, found in self._top.items()
            for file, key, node in found[-1:]
            if name not in _NOT_JOBS and not name.startswith(".") and isinstance(node, Table)
        )

    @cached_property
    def variables(self) -> dict[str, Node]:
        tables = [node for _, _, node in self._top.get("variables", [])]
        return {k.text: v for table in tables if isinstance(table, Table) for k, v in table.items()}

    def default(self, key: str) -> Node | None:
        """Return what `default:` says, or the older setting at the top of the file."""
        for _, _, node in reversed(self._top.get("default", [])):
            if isinstance(node, Table) and (own := node.get(key)) is not None:
                return own
        return self._top[key][-1][2] if key in self._top else None

    def layers(self, name: str) -> Iterator[tuple[str, Table]]:
        """Yield what a name at the top says, then what it extends, each once: the nearest first."""
        waiting, seen = [name], set[str]()
        while waiting:
            name = waiting.pop(0)
            if name not in seen:
                seen.add(name)
                found = [(file, node) for file, _, node in self._top.get(name, [])]
                own = [(file, node) for file, node in reversed(found) if isinstance(node, Table)]
                yield from own
                bases = [base for _, node in own[:1] for base in _words(node.get("extends"))]
                waiting = [*reversed(bases), *waiting]

    def lines(self, node: Node | None) -> Iterator[Scalar]:
        """Yield the single values of nested lists, also of those that `!reference` brings in."""
        found = [node] if isinstance(node, Scalar) else self._items(node, set())
        yield from (item for item in found if isinstance(item, Scalar))

    def rules(self, node: Node | None) -> list[Table]:
        """Return the rules of a list, with those that it refers to."""
        return [item for item in self._items(node, set()) if isinstance(item, Table)]

    def _items(self, node: Node | None, seen: set[int]) -> Iterator[Node]:
        """Yield the items of nested lists; `!reference [a, b]` is the list `b` of `a`."""
        if not isinstance(node, Items) or id(node) in seen:
            return
        seen.add(id(node))  # what refers to itself ends here
        for item in node.items:
            if isinstance(item, Items):
                referred = self._referred(item)
                yield from self._items(item if referred is None else referred, seen)
                if isinstance(referred, Scalar):
                    yield referred
            else:
                yield item

    def runs(self, case: Case) -> bool | None:
        """Return whether there is a pipeline at all in this case."""
        for _, _, node in reversed(self._top.get("workflow", [])):
            rules = node.get("rules") if isinstance(node, Table) else None
            if isinstance(rules, Items):
                return ruled(self.rules(rules), case)
        return True

    def _referred(self, node: Items) -> Node | None:
        path = [item.text for item in node.items if isinstance(item, Scalar)]
        if len(path) != len(node.items) or len(path) < 2 or path[0] not in self._top:
            return None
        found: Node | None = None
        for _, layer in self.layers(path[0]):
            found = found or layer.get(path[1])
        for key in path[2:]:
            found = found.get(key) if isinstance(found, Table) else None
        return found


def ruled(rules: Sequence[Table], case: Case) -> bool | None:
    """Return what the first rule that fits says; without one that fits, no."""
    open_before = False
    for rule in rules:
        condition = _rule_if(rule)
        fits = holds(condition.text, case.variable) if condition else True
        if fits is False:
            continue
        if rule.get("exists") is not None or (rule.get("changes") is not None and not case.tag):
            fits = None  # files decide
        when = rule.get("when")
        admits = not (isinstance(when, Scalar) and when.text == "never")
        if fits:
            return admits if not open_before or admits is False else None
        open_before = open_before or admits
    return None if open_before else False


def listed(node: Node, case: Case) -> bool | None:
    """Return whether `only:` or `except:` names this case."""
    if isinstance(node, Table):
        refs, variables = node.get("refs"), node.get("variables")
        by_ref = True if refs is None else listed(refs, case)
        if variables is None or by_ref is False:
            return by_ref
        answers = [holds(text, case.variable) for text in _words(variables)]
        return True if True in answers else None if None in answers else False
    return any(names_ref(word, case) for word in _words(node))


def _without(excepted: Node, case: Case, admitted: bool | None) -> bool | None:
    taken = listed(excepted, case)
    return False if taken else None if taken is None else admitted


def _rule_if(rule: Table) -> Scalar | None:
    condition = rule.get("if")
    return condition if isinstance(condition, Scalar) else None


def _words(node: Node | None) -> list[str]:
    if isinstance(node, Scalar):
        return [node.text]
    items = node.items[:_MOST_ITEMS] if isinstance(node, Items) else []
    return [item.text for item in items if isinstance(item, Scalar)]


def _value(node: Node) -> Scalar | None:
    inner = node.get("value") if isinstance(node, Table) else node
    return inner if isinstance(inner, Scalar) else None


def local_includes(document: Document) -> list[str]:
    """Return the paths of the files of the same repository that a file includes."""
    include = document.root.get("include") if isinstance(document.root, Table) else None
    items = include.items if isinstance(include, Items) else [include]
    found = []
    for item in items:
        path = item.get("local") if isinstance(item, Table) else item
        if isinstance(path, Scalar) and not re.match(r"\w+://", path.text):
            found.append(path.text.lstrip("/"))
    return found
