"""Writes what is rendered from the code, for developers; `RENDERED` lists it.

`python scripts/pypi_publish/render.py` writes the files; with `--check` it names the stale ones.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from pydantic import ConfigDict, Field, NonNegativeInt, TypeAdapter

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pypi_publish.check import Check, checks_in
from pypi_publish.errors import Exit
from pypi_publish.failures.catalogue import compiled
from pypi_publish.failures.page import page as failures
from pypi_publish.pins import census, file_rules, judge, live_rules
from pypi_publish.pins.judge import PinRecord
from pypi_publish.preflight.families import FAMILIES, checks_of
from pypi_publish.preflight.run import Wanted, run
from pypi_publish.release import families as verification
from pypi_publish.report.answer import Answer
from pypi_publish.report.deliver import Options
from pypi_publish.report.document import Error
from pypi_publish.report.model import Finding
from pypi_publish.report.page import page as json_report
from pypi_publish.report.picture import drawn
from pypi_publish.report.text import Style, render
from pypi_publish.verdict import Status

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "data" / "sample-kit"


@dataclass
class Meta:
    """About the run. A script adds what it counted."""

    __pydantic_config__ = ConfigDict(extra="allow")

    schema: Annotated[str, Field(pattern="^pypi-publish/[a-z-]+/v1$")]
    version: str
    ok: bool
    exit_code: Exit
    summary: Annotated[dict[Status, NonNegativeInt], Field(min_length=len(Status))]
    total: NonNegativeInt
    truncated: bool


@dataclass
class Document:
    """The one JSON document that a script prints."""

    data: list[PinRecord | Finding] | Answer | None
    meta: Meta
    error: Error | None


def schema() -> str:
    """Return the JSON schema of the document, of the very classes that are spelled in it."""
    derived = TypeAdapter(Document).json_schema(mode="serialization")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | _strict(derived), indent=2) + "\n"


def pin_checks() -> str:
    """Return the page about the checks of check-action-pins."""
    families = {
        "What a file alone decides": checks_in(file_rules),
        "What the references of a repository say together": checks_in(census),
        "What stands around the references": checks_in(judge),
        "What the git servers say (`--live`)": checks_in(live_rules),
    }
    return "\n".join(_page("The checks of check-action-pins", families)) + "\n"


def preflight_checks() -> str:
    """Return the page about the checks of preflight."""
    families = {
        "artifacts (with `--build` or `--dist`)": checks_of("artifacts"),
        **{family: checks_of(family) for family in FAMILIES if family != "artifacts"},
    }
    return "\n".join(_page("The checks of preflight", families)) + "\n"


def picture() -> str:
    """Return README's picture: what preflight says of the sample project."""
    command = "preflight --offline"
    with TemporaryDirectory() as temporary:  # apart from the git repository around it
        folder = copytree(SAMPLE, Path(temporary) / SAMPLE.name)
        report = run(Wanted(root=folder), Options(offline=True))
    return drawn(f"$ {command}\n{render(report, Style(colour=True, width=90))}", command)


def verify_checks() -> str:
    """Return the page about the checks of verify-on-pypi."""
    notes = {"install": "install (with `--install`)"}
    families = {
        notes.get(family, family): verification.checks_of(family)
        for family in verification.FAMILIES
    }
    return "\n".join(_page("The checks of verify-on-pypi", families)) + "\n"


RENDERED: Mapping[str, Callable[[], str]] = {
    "scripts/pypi_publish/failures/catalogue.json": compiled,
    "assets/report.schema.json": schema,
    "references/failure-catalogue.md": failures,
    ".github/preflight.svg": picture,
    "references/json-report.md": json_report,
    "references/pin-checks.md": pin_checks,
    "references/preflight-checks.md": preflight_checks,
    "references/verify-checks.md": verify_checks,
}


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write every rendered file that is stale; with `--check` only say which those are."""
    checking = "--check" in arguments
    stale = [name for name, render in RENDERED.items() if _on_disk(root / name) != render()]
    for name in stale:
        sys.stdout.write(f"{'stale' if checking else 'written'}: {name}\n")
        if not checking:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(RENDERED[name](), encoding="utf-8", newline="\n")
    return 1 if stale and checking else 0


def _on_disk(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _strict(node: Any) -> Any:
    """Every field is always spelled and no other one; titles and defaults say nothing more."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    noise = {key for key in ("title", "default") if not isinstance(node.get(key), dict)}
    kept = {key: _strict(value) for key, value in node.items() if key not in noise}
    if isinstance(kept.get("properties"), dict):
        # As `document` spells a field whose name is a word of Python.
        kept["properties"] = {key.rstrip("_"): value for key, value in kept["properties"].items()}
        kept |= {"required": list(kept["properties"])}
        kept.setdefault("additionalProperties", False)
    return kept


def _page(title: str, families: Mapping[str, tuple[Check[..., Any], ...]]) -> Iterator[str]:
    yield f"# {title}\n"
    yield "Rendered from the code by `scripts/pypi_publish/render.py`; do not edit by hand.\n"
    for family, checks in families.items():
        yield f"- {family}: " + ", ".join(f"[{check.id}](#{check.id})" for check in checks)
    for family, checks in families.items():
        yield f"\n## {family}"
        for check in checks:
            yield from _section(check)


def _section(check: Check[..., Any]) -> Iterator[str]:
    yield f"\n### {check.id}\n"
    yield f"Expected: {check.expects}.\n"
    yield f"{check.why}\n"
    yield f"What to do: {check.remedy}\n"
    yield f"Source: <{check.docs}>"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
