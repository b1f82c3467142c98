"""The catalogue of failures: data, one entry a class, written in TOML and read as JSON.

Parsing the TOML takes 0.2 s, the JSON that `render.py` makes of it 0.01 s; a test holds the two
equal. Examples and near misses stay in the TOML: only tests and the reference page need them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMPILED = HERE / "catalogue.json"
SOURCES = HERE / "catalogue"


@dataclass(frozen=True, slots=True)
class Sign:
    """One text by which a failure is recognised."""

    failure: str
    text: str
    keys: tuple[str, ...]  # one of them stands in each line that is worth a look
    is_regex: bool = False
    near: tuple[str, ...] = ()  # for an expression: words that stand around it, too
    wide: bool = True  # what is around it tells whether it is meant


@dataclass(frozen=True, kw_only=True)
class FailureClass:
    """One failure: what it means, and the way out."""

    id: str
    stage: str
    emitter: str
    category: str
    title: str
    cause: str
    fix: tuple[str, ...]
    retry: str
    signs: tuple[Sign, ...]
    source: str
    confidence: str = "high"
    fatal: bool = True
    overcome_by_upload: bool = False  # it is no cause where an upload was begun after it
    at_pypi: bool = False  # it is one only where the upload goes to PyPI, and then though it works
    yields_to: tuple[str, ...] = ()

    @property
    def wrapper(self) -> bool:
        """Whether it only says that there is a reason."""
        return self.category == "unknown"


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All failures that are known."""

    failures: Mapping[str, FailureClass]

    def __getitem__(self, name: str) -> FailureClass:
        return self.failures[name]

    @cached_property
    def signs(self) -> tuple[Sign, ...]:
        return tuple(sign for failure in self.failures.values() for sign in failure.signs)


def load(path: Path = COMPILED) -> Catalogue:
    """Read the catalogue as `render.py` has written it."""
    import json

    entries = json.loads(path.read_text(encoding="utf-8"))
    return Catalogue({entry["id"]: _class(entry) for entry in entries})


def _class(entry: dict[str, Any]) -> FailureClass:
    signs = tuple(
        Sign(entry["id"], text, tuple(keys), bool(regex))
        for text, keys, *regex in entry.pop("signs")
    )
    for name in ("fix", "yields_to"):
        entry[name] = tuple(entry.get(name, ()))
    return FailureClass(signs=signs, **entry)


def entries(folder: Path = SOURCES) -> Iterator[dict[str, Any]]:
    """Yield every entry as it was written, older wordings among its signs."""
    import tomllib

    files = [tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))]
    wordings: dict[str, list[str]] = {}
    for wording in (item for file in files for item in file.get("wording", ())):
        wordings.setdefault(wording["of"], []).extend(wording["signs"])
    for file in files:
        for entry in file.get("failure", ()):
            entry["signs"] = [*entry.get("signs", ()), *wordings.get(entry["id"], ())]
            yield entry


def compiled(folder: Path = SOURCES) -> str:
    """Return the catalogue as the scripts read it."""
    import json

    from pypi_publish.failures.template import Template, keys_of

    written = list(entries(folder))
    keys = keys_of(Template(text) for entry in written for text in entry["signs"])
    kept = [_kept(entry, keys) for entry in written]
    return "[\n" + ",\n".join(json.dumps(entry) for entry in kept) + "\n]\n"


_KEPT = "id stage emitter category title retry source confidence fatal overcome_by_upload at_pypi yields_to".split()


def _kept(entry: dict[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    signs: list[Any] = [(text, [keys[text]]) for text in entry["signs"] if text in keys]
    signs += [
        (_over_lines(item["regex"]), item["keys"], item.get("near", []))
        for item in entry.get("patterns", ())
    ]
    return {
        **{name: entry[name] for name in _KEPT if name in entry},
        "cause": entry["cause"].strip(),
        "fix": [step.strip() for step in entry["fix"]],
        "signs": signs,
    }


def _over_lines(regex: str) -> str:
    """Let each space of an expression match a line break, too; those in brackets stay."""
    import re

    return re.sub(r"(\\.|\[[^]]*\])| (?![?*{+])", lambda found: found[1] or r"\s+", regex)
