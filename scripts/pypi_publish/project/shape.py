"""What the standard says of the tables of a pyproject.toml: which keys, of which types."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A key that a backend following the standard does not accept."""

    table: str
    key: str
    because: str


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _table_of(test: Test) -> Test:
    return lambda value: isinstance(value, Mapping) and all(map(test, value.values()))


def _people(value: Any) -> bool:
    return isinstance(value, list) and all(
        _table_of(_text)(person) and set(person) <= {"name", "email"} and person for person in value
    )


def _readme(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return _text(value)
    return _table_of(_text)(value) and len({"file", "text"} & set(value)) == 1


def _licence(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return _text(value)
    return _table_of(_text)(value) and set(value) in ({"file"}, {"text"})


_WORDS = "a list of strings"
_PROJECT: Mapping[str, tuple[Test, str]] = {
    "name": (_text, "a string"),
    "version": (_text, "a string"),
    "description": (_text, "a string"),
    "readme": (_readme, "a file name, or a table with either file or text, and content-type"),
    "requires-python": (_text, "a string"),
    "license": (_licence, "an SPDX expression, or a table with either file or text"),
    "license-files": (_texts, _WORDS),
    "authors": (_people, "a list of tables with name, email or both"),
    "maintainers": (_people, "a list of tables with name, email or both"),
    "keywords": (_texts, _WORDS),
    "classifiers": (_texts, _WORDS),
    "urls": (_table_of(_text), "a table of strings"),
    "scripts": (_table_of(_text), "a table of strings"),
    "gui-scripts": (_table_of(_text), "a table of strings"),
    "entry-points": (_table_of(_table_of(_text)), "a table of tables of strings"),
    "dependencies": (_texts, _WORDS),
    "optional-dependencies": (_table_of(_texts), "a table of lists of strings"),
    "dynamic": (_texts, _WORDS),
    "import-names": (_texts, _WORDS),
    "import-namespaces": (_texts, _WORDS),
}
_BUILD_SYSTEM: Mapping[str, tuple[Test, str]] = {
    "requires": (_texts, _WORDS),
    "build-backend": (_text, "a string"),
    "backend-path": (_texts, _WORDS),
}


def misfits(pyproject: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what a backend would refuse in [project] and [build-system], before any metadata."""
    for table, keys in (("project", _PROJECT), ("build-system", _BUILD_SYSTEM)):
        if table in pyproject:
            yield from _misfits_in(pyproject[table], table, keys)


def _misfits_in(value: Any, table: str, keys: Mapping[str, tuple[Test, str]]) -> Iterator[Misfit]:
    if not isinstance(value, Mapping):
        yield Misfit(table, "", f"[{table}] must be a table")
        return
    for key, given in value.items():
        if key not in keys:
            yield Misfit(table, key, f"[{table}] has no key {key!r}{_meant(key, keys)}")
        elif not keys[key][0](given):
            yield Misfit(table, key, f"[{table}] {key} must be {keys[key][1]}")


def _meant(key: str, known: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    plain = key.lower().replace("_", "-")
    close = get_close_matches(_OLD_NAMES.get(plain, plain), known, n=1, cutoff=0.75)
    return f"; did you mean {close[0]!r}?" if close else ""


# What other tools call these things.
_OLD_NAMES = {
    "author": "authors",
    "author-email": "authors",
    "long-description": "readme",
    "python-requires": "requires-python",
    "python": "requires-python",
    "install-requires": "dependencies",
    "extras": "optional-dependencies",
    "extras-require": "optional-dependencies",
    "url": "urls",
    "homepage": "urls",
    "repository": "urls",
    "licence": "license",
    "summary": "description",
}
