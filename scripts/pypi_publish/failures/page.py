"""The catalogue as a page to read, rendered for developers and kept beside the references."""

from collections.abc import Iterable, Iterator
from typing import Any

from pypi_publish.failures.catalogue import entries

# The order in which a release meets them.
_STAGES = {
    "workflow": "The workflow does not start, or not as meant",
    "environment": "The environment does not let the job run",
    "build": "Building",
    "metadata": "The metadata of a file",
    "oidc-token": "Getting an identity token",
    "oidc-mint": "Exchanging it for an upload token",
    "credentials": "Tokens, passwords and where they are kept",
    "attestation": "Attestations",
    "upload": "Uploading",
    "network": "Between the client and the index",
    "post-upload": "After the upload",
}
_RETRY = {
    "rerun-same-version": "run the same job again",
    "bump-version": "raise the version and publish that",
    "fix-config-then-rerun": "mend it, then publish the same version",
    "wait": "wait, then run the same job again",
    "contact-admin": "only those who run the index or the organization can help",
    "none": "there is nothing to send again",
}
# What `bare` fills in from the log.
_FILLED = {
    "{index}": "The index",
    "{status}": "the status",
    "{seen}": "as in the example",
    "{ask}": "Run the upload again with `--verbose` (`verbose: true` in the publish action), and read the reason.",
}
_MOST_SIGNS = 6


def page() -> str:
    """Return the page."""
    written = list(entries())
    stages = {stage: [item for item in written if item["stage"] == stage] for stage in _STAGES}
    return "\n".join(_lines(stages)) + "\n"


def _lines(stages: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    yield "# The failures that diagnose-publish knows\n"
    yield "Rendered from the code by `scripts/pypi_publish/render.py`; do not edit by hand.\n"
    yield (
        "The heading of an entry is the `class` that diagnose-publish answers with. Search for it,"
        " or for a part of the message that does not vary: what stands in braces varies.\n"
    )
    for stage, found in stages.items():
        yield f"- [{_STAGES[stage]}](#{stage}): {len(found)}"
    for stage, found in stages.items():
        yield f"\n## {stage}\n\n{_STAGES[stage]}."
        for entry in found:
            yield from _section(entry)


def _section(entry: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {entry['id']}\n"
    yield f"{entry['title']}.\n"
    yield from _said(entry)
    yield f"\n{_in_words(entry['cause'])}\n"
    for number, step in enumerate(entry["fix"], start=1):
        yield f"{number}. {_in_words(step)}"
    yield f"\nThen: {_RETRY[entry['retry']]} (`{entry['retry']}`). {_source(entry['source'])}"


def _said(entry: dict[str, Any]) -> Iterator[str]:
    """Yield what the log says; where everybody words it differently, an example."""
    signs = entry["signs"][:_MOST_SIGNS]
    yield "The log says:" if signs else "The log says, for example:"
    yield from _fenced(signs or entry["example"].strip().splitlines())


def _fenced(lines: Iterable[str]) -> Iterator[str]:
    text = "\n".join(" ".join(line.split()) for line in lines)
    yield f"\n```text\n{text}\n```"


def _in_words(text: str) -> str:
    for name, words in _FILLED.items():
        text = text.replace(name, words)
    return " ".join(text.split())


def _source(source: str) -> str:
    shown = f"<{source}>" if source.startswith("https://") else f"`{source}`"
    return f"Source: {shown}."
