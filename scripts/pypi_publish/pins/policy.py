"""How strictly each owner's actions are to be pinned: the project's own policy."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pypi_publish.errors import Malformed

OWN_FILE = Path(".github", "action-pins.toml")
_LARGEST = 1 << 20
_NAME = re.compile(r"\*|docker:|[\w.-]+(?:/[\w.-]+)?", re.ASCII)
_HINT = (
    'Write a table such as `"actions" = "ref-pin"`, `"my-org/my-action" = "any"`, '
    '`"*" = "hash-pin"`; the values are hash-pin, ref-pin and any.'
)


class Strictness(StrEnum):
    """What a reference has to be."""

    HASH_PIN = "hash-pin"  # a full commit SHA
    REF_PIN = "ref-pin"  # any ref, so also a tag or a branch
    ANY = "any"  # not judged


@dataclass(frozen=True, slots=True)
class Policy:
    """Strictness by `owner/repository`, `owner` or `*`; the most exact entry counts."""

    entries: Mapping[str, Strictness] = field(default_factory=dict)

    def strictness(self, slug: str) -> Strictness:
        slug = slug.lower()
        owner = slug.partition("/")[0]
        for name in (slug, owner, "*"):
            if name in self.entries:
                return self.entries[name]
        return Strictness.HASH_PIN


def read_policy(root: Path) -> Policy:
    """Read `[tool.pypi-publish.pins]` of pyproject.toml and `.github/action-pins.toml`."""
    entries: dict[str, Strictness] = {}
    for path in (root / "pyproject.toml", root / OWN_FILE):
        entries |= _entries(path, _table(path))
    return Policy(entries)


def _table(path: Path) -> Any:
    try:
        raw = _content(path)
        # Most projects have a pyproject.toml and no policy: reading TOML costs 20 ms.
        if path.name == "pyproject.toml" and b"pypi-publish" not in raw:
            return {}
        content = tomllib.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path.as_posix()}: {error}"
        raise Malformed("malformed-toml", message, "Mend the file.") from error
    table: Any = content
    for key in ("tool", "pypi-publish", "pins"):
        table = table.get(key) if isinstance(table, dict) else None
    return table if table is not None or path.name == "pyproject.toml" else content


def _content(path: Path) -> bytes:
    if not path.is_file():  # a named pipe would never end
        return b""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"larger than {_LARGEST >> 20} MiB")
    return content


def _entries(path: Path, table: Any) -> dict[str, Strictness]:
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise Malformed("malformed-policy", f"{path.as_posix()}: pins is not a table", _HINT)
    return {_name(path, name): _strictness(path, name, value) for name, value in table.items()}


def _name(path: Path, name: str) -> str:
    bare = name.strip().lower().removesuffix("/*")
    if not _NAME.fullmatch(bare):
        wrong = f"{path.as_posix()}: {name!r} is not an owner, a repository or *"
        raise Malformed("malformed-policy", wrong, _HINT)
    return bare


def _strictness(path: Path, name: str, value: object) -> Strictness:
    try:
        return Strictness(str(value))
    except ValueError:
        wrong = f"{path.as_posix()}: {name} = {value!r} is not a policy"
        raise Malformed("malformed-policy", wrong, _HINT) from None
