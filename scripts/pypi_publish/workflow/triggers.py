"""What starts a workflow: its `on:`, and which events of a release pass its filters."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from pypi_publish.workflow.conditions import OPEN, Value
from pypi_publish.workflow.nodes import Mapping as Table
from pypi_publish.workflow.nodes import Node, Scalar
from pypi_publish.workflow.nodes import Sequence as Items

TAGS = "refs/tags/"
_HEADS = "refs/heads/"
_FILTERS = ("tags", "tags-ignore", "branches", "branches-ignore", "types", "workflows", "paths")
_MOST_WILDCARDS = 8
_MOST_BRANCHES = 5
_BRANCH = re.compile(r"refs/heads/([\w./-]{1,80})|\bref_name\s*==\s*'([\w./-]{1,80})'")
_BY_TAG = {"push", "create", "release"}
# Activities that follow from publishing a release; a draft alone causes none of them.
_PUBLISHING_A_RELEASE = ("published", "created", "released", "prereleased")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One event of `on:` with its filters."""

    event: str
    line: int
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def takes_tag(self, tag: str) -> bool:
        """Return whether a push of this tag passes the filters."""
        if "tags" in self.filters:
            return matches(self.filters["tags"], tag)
        if "tags-ignore" in self.filters:
            return not matches(self.filters["tags-ignore"], tag)
        # A filter for branches alone leaves tags out; one for paths is not asked for tags.
        return not {"branches", "branches-ignore"} & self.filters.keys()

    @property
    def takes_branches(self) -> bool:
        """Whether a push of any branch passes the filters."""
        return bool({"branches", "branches-ignore"} & self.filters.keys()) or not (
            {"tags", "tags-ignore"} & self.filters.keys()
        )

    def branches(self, likely: Sequence[str]) -> list[str]:
        """Return which of the likely branches pass, or another one that does."""
        patterns = self.filters.get("branches", ())
        if not patterns:
            return list(likely)
        passing = [name for name in likely if matches(patterns, name)]
        plain = [name for name in patterns if not re.search(r"[*?+!\[\]]", name)]
        return passing or plain[:1] or ["some-branch"]

    def activities(self, *, prerelease: bool) -> tuple[str, ...]:
        """Return which of its `types` happen when this release is published on GitHub."""
        happen = [kind for kind in _PUBLISHING_A_RELEASE if kind != _other_kind(prerelease)]
        wanted = self.filters.get("types", _PUBLISHING_A_RELEASE)
        return tuple(kind for kind in happen if kind in wanted)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that happens, and what an expression of the run would see of it."""

    event: str
    said: str  # as a person says it
    ref: str | None = None
    action: str | None = None
    prerelease: bool = False
    called: bool = False  # the job looked at is in a workflow that another one calls

    @property
    def by_tag(self) -> bool:
        """Whether it is the release's tag, or the release made of it, that starts the run."""
        return self.event in _BY_TAG and self.ref is not None and self.ref.startswith(TAGS)

    def value(self, name: str) -> Value:
        """Return what a name of an expression stands for in this run."""
        ref = self.ref or ""
        kind = "tag" if ref.startswith(TAGS) else "branch"
        short = ref.removeprefix(TAGS).removeprefix(_HEADS).removeprefix("refs/")
        values: dict[str, Value] = {
            "github.event_name": self.event,
            "github.event.action": self.action,
            "github.ref": ref or OPEN,
            "github.ref_name": short or OPEN,
            "github.ref_type": kind if ref else OPEN,
            "github.event.ref": ref if self.event == "push" else OPEN,
            "github.event.deleted": False,
        }
        if self.event == "release":
            values["github.event.release.prerelease"] = self.prerelease
            values["github.event.release.draft"] = False
            values["github.event.release.tag_name"] = short
        return values[name] if name in values else self._absent(name)

    def _absent(self, name: str) -> Value:
        """Return null for what belongs to other events, else that only the run knows."""
        if name.startswith(("inputs.", "github.event.inputs.")):
            asked = self.event in ("workflow_dispatch", "workflow_call") or self.called
            return OPEN if asked else None
        for part, event in (
            ("github.event.release.", "release"),
            ("github.event.pull_request.", "pull_request"),
            ("github.event.workflow_run.", "workflow_run"),
            ("github.event.client_payload.", "repository_dispatch"),
        ):
            if name.startswith(part) and not self.event.startswith(event):
                return None
        if name in ("github.head_ref", "github.base_ref"):
            return OPEN if self.event.startswith("pull_request") else ""
        return OPEN


def triggers_of(root: Node | None) -> tuple[Trigger, ...]:
    """Return the events of `on:`, be it a word, a list or a mapping."""
    on = root.get("on") if isinstance(root, Table) else None
    if isinstance(on, Scalar):
        return (Trigger(on.text, on.line),)
    if isinstance(on, Items):
        return tuple(Trigger(item.text, item.line) for item in on.items if isinstance(item, Scalar))
    if isinstance(on, Table):
        return tuple(Trigger(name.text, name.line, _filters(node)) for name, node in on.items())
    return ()


def branches_named(text: str) -> tuple[str, ...]:
    """Return the usual default branches, and those that the conditions of a workflow name."""
    found = (one or two for one, two in _BRANCH.findall(text))
    return tuple(dict.fromkeys(["main", "master", *islice(found, _MOST_BRANCHES)]))


def scenarios(
    trigger: Trigger,
    tags: Iterable[str],
    *,
    prerelease: bool,
    branches: Sequence[str] = ("main", "master"),
) -> Iterator[Scenario]:
    """Yield what can start a run through this trigger, the release's own tags first."""
    tags = list(tags)
    if trigger.event in ("push", "create"):
        yield from _pushes(trigger, tags, branches)
    elif trigger.event == "release":
        for action in trigger.activities(prerelease=prerelease):
            for tag in tags:
                said = f"the GitHub release of {tag} ({action})"
                yield Scenario("release", said, TAGS + tag, action, prerelease)
    elif trigger.event == "workflow_dispatch":
        for ref in (*(_HEADS + name for name in branches), *(TAGS + tag for tag in tags)):
            yield Scenario("workflow_dispatch", "a start by hand", ref)
    elif trigger.event != "workflow_call":
        pull = trigger.event.startswith("pull_request")
        for ref in ["refs/pull/1/merge"] if pull else [_HEADS + name for name in branches]:
            yield Scenario(trigger.event, f"the event {trigger.event}", ref)


def _pushes(trigger: Trigger, tags: Iterable[str], branches: Sequence[str]) -> Iterator[Scenario]:
    for tag in tags:
        if trigger.takes_tag(tag):
            yield Scenario(trigger.event, f"a push of the tag {tag}", TAGS + tag)
    if trigger.takes_branches:
        for name in trigger.branches(branches):
            yield Scenario(trigger.event, "a push to a branch", _HEADS + name)


def matches(patterns: Iterable[str], name: str) -> bool:
    """Return whether a list of patterns lets a name through; a later one overrules an earlier."""
    through = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if _pattern(pattern.removeprefix("!")).fullmatch(name[:200]):
            through = not negative
    return through


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """Translate a pattern of GitHub's: `?` and `+` are about the character before them."""
    pieces = []
    for piece in re.findall(r"\\.|\*\*/|\*\*|\*|\[[^\]]*\]|.", pattern, re.DOTALL):
        if piece == "**/":
            pieces.append("(?:.*/)?")
        elif piece in ("**", "*"):
            pieces.append(".*" if piece == "**" else "[^/]*")
        elif piece in ("?", "+"):
            pieces.append(piece if pieces and pieces[-1][-1] not in "?+*" else "")
        elif piece.startswith("[") and len(piece) > 2:
            pieces.append("[" + re.sub(r"([\\^\[&~|])", r"\\\1", piece[1:-1]) + "]")
        else:
            pieces.append(re.escape(piece[-1] if piece.startswith("\\") else piece))
    try:
        if sum(piece in (".*", "[^/]*", "(?:.*/)?") for piece in pieces) > _MOST_WILDCARDS:
            return re.compile(re.escape(pattern))  # matching would take long, and nobody has such
        return re.compile("".join(pieces), re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))


def _filters(node: Node) -> dict[str, tuple[str, ...]]:
    if not isinstance(node, Table):
        return {}
    given = ((name, node.get(name)) for name in _FILTERS)
    return {name: texts(value) for name, value in given if value is not None}


def texts(node: Node | None) -> tuple[str, ...]:
    """Return the words of a list; one word is a list of one."""
    if isinstance(node, Scalar):
        return (node.text,) if node.text.strip() else ()
    if isinstance(node, Items):
        return tuple(item.text for item in node.items if isinstance(item, Scalar))
    return ()


def _other_kind(prerelease: bool) -> str:
    return "released" if prerelease else "prereleased"
