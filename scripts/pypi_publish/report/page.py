"""The page about the JSON report, for developers: what every field of it means, in words.

The names come from the classes that are spelled. One without words stops the rendering, and so do
words for a name that is no longer there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args

from pypi_publish.errors import Exit
from pypi_publish.pins.judge import PinRecord
from pypi_publish.report.answer import (
    AlsoSeen,
    Answer,
    Category,
    Confidence,
    Evidence,
    Form,
    Retry,
    Uploads,
)
from pypi_publish.report.document import LIMIT, Error
from pypi_publish.report.model import Finding
from pypi_publish.verdict import Place, Status

EXITS = {
    Exit.CLEAN: "Ran, and nothing to report. Warnings may be in `data`.",
    Exit.CRASHED: "A bug: a traceback on stderr. Never returned on purpose.",
    Exit.MISUSED: "Wrong arguments.",
    Exit.NOTHING_TO_INSPECT: "Not found, or nothing to judge. Not a pass.",
    Exit.MALFORMED: "There, but not readable as what it should be.",
    Exit.PREREQUISITE_MISSING: "Missing here: a Python, a dependency, `gh`, a permission.",
    Exit.UNANSWERED: "A server did not answer: neither good nor bad. Run again later.",
    Exit.FINDINGS: "Findings: not ready, a cause named, a pin wrong, not live.",
    Exit.UNRECOGNISED: "`diagnose-publish` only: a failure that it cannot name.",
}

META = {
    "schema": "`pypi-publish/<script>/v1`. Fields are added to v1, never renamed or removed.",
    "version": "Of the script.",
    "ok": "Whether the run ended with 0, `--exit-zero` aside.",
    "exit_code": "What the process ends with.",
    "summary": "How many records have which status.",
    "total": "How many records there are, those that were left out included.",
    "truncated": f"Whether something was left out to stay within {LIMIT:,} characters.",
}

# What each script adds to `meta`; a test holds the names equal to those of real runs.
ADDED_META: Mapping[str, Mapping[str, str]] = {
    "preflight": {
        "name": "Of the project, as it is written.",
        "normalized_name": "Of the project, as the index compares it.",
        "version": "Of the release, or null where it cannot be told.",
        "version_source": "Where the version comes from.",
        "backend": "Of the build, as in `[build-system]`.",
        "ready": "Whether nothing stands in the way and every server answered.",
        "publisher": "The values of the Trusted Publisher form, or null.",
    },
    "diagnose-publish": {"log": "What was read."},
    "check-action-pins": {
        "files": "How many files were read.",
        "references": "How many references they hold.",
        "rewritten": "With `--fix`: how many of them were rewritten.",
        "would_rewrite": "With `--fix --dry-run`: how many would be.",
    },
    "verify-on-pypi": {
        "name": "Of the project, as it was named.",
        "normalized_name": "Of the project, as the index compares it.",
        "version": "Of the release; empty where none was named and the index has none.",
        "version_source": "Where the version comes from.",
        "live": "Whether all that was asked for holds; null where a server did not answer.",
        "index": "`pypi`, `testpypi`, or the address of the Simple index.",
        "planes": "By plane: `live`, `stale`, `absent`, `gone`, `unanswered` or `unsupported`.",
        "files": "How many are `there`, `expected` (or null), `missing` and `unexpected`.",
        "waited": "Seconds.",
        "waited_for": "The planes that were not live when the time to wait was over.",
    },
}

_ERROR = {
    "code": "A stable word for the kind of problem.",
    "message": "What happened.",
    "hint": "What to do next.",
    "retryable": "Whether the same run may end better later.",
}

_FINDING = {
    "check": "The name of the check; the pages of checks explain each.",
    "ok": "False only for `fail`.",
    "status": "One of the statuses below.",
    "title": "What is expected.",
    "detail": "What was seen.",
    "fix": "What to do, for `fail` and `warn`; else null.",
    "where": "`file`, `line`, `column`, each of them null where it is not known; or null.",
    "docs": "The primary source of the rule.",
}

# What check-action-pins adds to each record.
_PIN = {
    "file": "As in `where`.",
    "line": "As in `where`.",
    "column": "As in `where`.",
    "action": "What is referred to: `owner/repository/path`, or an image.",
    "ref": "At which commit, tag, branch or digest.",
    "comment": "What stands behind it on the line.",
}

_PLACE = {"file": "Relative to the folder that was judged.", "line": "From 1.", "column": "From 1."}

_STATUSES = {
    Status.FAIL: "Refused, or wrong for the user.",
    Status.WARN: "It works, and will hurt later.",
    Status.UNKNOWN: "Could not be told: neither good nor bad.",
    Status.SKIP: "Does not apply here.",
    Status.PASS: "As it should be.",
}

_ANSWER = {
    "class": "The name of the failure class; stable.",
    "category": "One of the categories below.",
    "title": "The failure, in a line.",
    "summary": "The cause.",
    "fix": "What to do, in order.",
    "retry": "Whether and how the same version can go again, see below.",
    "confidence": "`high`, `medium` or `low`.",
    "evidence": "The lines of the log that show it, without the secrets in them.",
    "claims": "The claims of the refused token, as far as the log prints them; or null.",
    "publisher_form": "What to register on the index; or null.",
    "uploads": "The files of the release, as far as the log names them; or null.",
    "also": "Other failures in the same log, in its order.",
    "docs": "The primary source.",
}

_EVIDENCE = {"line": "In the log, from 1.", "text": "The line.", "file": "Of a zip of logs."}

_ALSO = {
    "class": "As above.",
    "category": "As above.",
    "title": "As above.",
    "line": "Where it is in the log, from 1.",
}

_UPLOADS = {
    "uploaded": "Accepted by the index.",
    "refused": "Refused by the index.",
    "skipped": "Passed over: already there.",
    "not_tried": "Named, and never sent.",
}

_FORM = {
    "index": "`pypi` or `testpypi`.",
    "provider": "The tab of the form.",
    "kind": "`pending` before the first release, `normal` after it, else `unknown`.",
    "fields": "The values, by the names of the form.",
    "page": "Where the form is.",
    "source": "Where the values are from: `claims`, `repository`, or both.",
}

_CATEGORIES: Mapping[Category, str] = {
    "publisher-mismatch": "No registered publisher fits the identity of the run.",
    "oidc-permission": "The job may not ask for an identity token.",
    "oidc-other": "The identity token could not be made or exchanged for another reason.",
    "version-exists": "A file of this name is or was on the index.",
    "name-conflict": "The name is taken, too similar, prohibited, or not ours.",
    "credentials": "A token or password is missing, wrong, or for something else.",
    "metadata": "The index refuses what is in METADATA or PKG-INFO.",
    "filename": "The index refuses the name of the file.",
    "size-limit": "The file, the project or the request is too large.",
    "attestation": "Attestations are refused, or could not be made.",
    "environment-gate": "The environment waits for an approval or refuses the branch or tag.",
    "artifact-missing": "There is nothing to upload, or not where the step looks.",
    "build": "The files to publish could not be built.",
    "network": "A server or the way to it failed.",
    "rate-limit": "Too many requests.",
    "private-index": "Peculiar to an index that is not PyPI.",
    "client-config": "The uploading program is configured wrongly, or too old.",
    "not-a-publish-failure": "Something else failed, before or beside the publishing.",
    "success": "The log shows a publish that worked, or no failure.",
    "unknown": "A failure that has no name here.",
}

_RETRIES: Mapping[Retry, str] = {
    "rerun-same-version": "Run it again, with the same files.",
    "bump-version": "This version cannot go any more: release a new one.",
    "fix-config-then-rerun": "Mend what `fix` says, then the same version can go.",
    "wait": "Wait as `fix` says, then run it again.",
    "contact-admin": "Somebody else has to act: the index's or the organisation's people.",
    "none": "Nothing is to be sent again.",
}


def page() -> str:
    """Return the page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from _HEAD
    yield from ("\n## Exit codes\n", "| Code | Meaning |", "|---|---|")
    yield from _rows({str(int(code)): EXITS[code] for code in Exit})
    yield "\n## meta\n"
    yield from _table(META)
    for script, added in ADDED_META.items():
        yield f"\n`{script}` adds:\n"
        yield from _table(added)
    yield "\n## error\n"
    yield from _table(_of(Error, _ERROR))
    yield from _findings()
    yield from _answer()


def _findings() -> Iterator[str]:
    scripts = ", ".join(f"`{script}`" for script in ADDED_META if script != "diagnose-publish")
    yield f"\n## A record of data\n\nOf {scripts}: a list, worst first.\n"
    yield from _table(_of(Finding, _FINDING))
    yield "\n`check-action-pins` adds; null for what is not about a reference:\n"
    yield from _table(_of(PinRecord, _FINDING | _PIN, beyond=_FINDING))
    yield "\n`where`:\n"
    yield from _table(_of(Place, _PLACE))
    yield "\n`status`, worst first:\n"
    yield from _table({status.value: _STATUSES[status] for status in _all(Status, _STATUSES)})


def _answer() -> Iterator[str]:
    yield "\n## data of diagnose-publish\n\nOne object; null where there is an `error`.\n"
    yield from _table(_of(Answer, _ANSWER))
    parts = (Evidence, _EVIDENCE), (Uploads, _UPLOADS), (Form, _FORM), (AlsoSeen, _ALSO)
    for name, (kind, meanings) in zip(
        ("evidence", "uploads", "publisher_form", "also"), parts, strict=True
    ):
        yield f"\n`{name}`{', each' if name in ('evidence', 'also') else ''}:\n"
        yield from _table(_of(kind, meanings))
    yield f"\n`confidence`: {', '.join(f'`{word}`' for word in get_args(Confidence))}.\n"
    yield "`category`:\n"
    yield from _table({name: _CATEGORIES[name] for name in _all(get_args(Category), _CATEGORIES)})
    yield "\n`retry`:\n"
    yield from _table({name: _RETRIES[name] for name in _all(get_args(Retry), _RETRIES)})


def _table(meanings: Mapping[str, str]) -> Iterator[str]:
    yield from ("| Name | Meaning |", "|---|---|")
    yield from _rows({f"`{name}`": meaning for name, meaning in meanings.items()})


def _rows(cells: Mapping[str, str]) -> Iterator[str]:
    for left, right in cells.items():
        yield f"| {left} | {right} |"


def _of(
    kind: type[Any], meanings: Mapping[str, str], beyond: Collection[str] = ()
) -> Mapping[str, str]:
    """Return the meanings in the order of the fields, each of which must have one."""
    names = _all([field.name.rstrip("_") for field in fields(kind)], meanings)
    return {name: meanings[name] for name in names if name not in beyond}


def _all(names: Iterable[Any], meanings: Mapping[Any, str]) -> list[Any]:
    listed = list(names)
    if set(listed) != set(meanings):
        raise AssertionError(f"without words, or no longer there: {set(listed) ^ set(meanings)}")
    return listed


_HEAD = (
    "# The JSON report\n",
    "Rendered from the code by `scripts/pypi_publish/render.py`; do not edit by hand.\n",
    "With `--json` every script prints one document on stdout, errors and wrong arguments included:",
    '\n```json\n{"data": [], "meta": {}, "error": null}\n```\n',
    f"It stays within {LIMIT:,} characters: passing records are left out first, then the tail.",
    "`--all` prints everything, `--output FILE` writes everything to a file. Worst comes first.",
    "The text is ASCII. [assets/report.schema.json](../assets/report.schema.json) is its JSON",
    "schema. No JSON on stdout means that the launcher failed, not the check: read stderr.",
    "\n```sh\njq '.data[] | select(.ok==false)' # what must be mended",
    "jq -r '.data.fix[]' # of diagnose-publish: what to do, in order\n```\n",
    "Contents: [Exit codes](#exit-codes), [meta](#meta), [error](#error),",
    "[A record of data](#a-record-of-data),",
    "[data of diagnose-publish](#data-of-diagnose-publish)",
)
