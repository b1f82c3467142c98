"""SARIF 2.1.0: findings for code scanning."""

import json
import os
from hashlib import sha256
from itertools import count
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pypi_publish.report.model import Finding, Report
from pypi_publish.verdict import Place, Status
from pypi_publish.version import VERSION

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Status.FAIL: "error", Status.WARN: "warning", Status.UNKNOWN: "note"}
_MOST = 5_000  # GitHub refuses a run with more results
# GitHub refuses the whole log for one result without a place, so what is said of no file in
# particular stands here. https://github.com/github/codeql-action/issues/1738
_ELSEWHERE = Place("pyproject.toml")


def render(report: Report) -> str:
    """Return the whole log; every finding that is not good is a result."""
    findings = [item for item in report.worst_first if item.status in _LEVELS][:_MOST]
    rules = {item.check: item for item in findings}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": report.script,
                        "version": VERSION,
                        "informationUri": "https://github.com/pypi-publish/pypi-publish",
                        "rules": [_rule(item) for item in rules.values()],
                    }
                },
                "invocations": [_invocation(report)],
                "columnKind": "unicodeCodePoints",
                "results": _results(findings),
            }
        ],
    }
    return json.dumps(log, indent=1)


def _rule(finding: Finding) -> dict[str, Any]:
    rule = {"id": finding.check, "shortDescription": {"text": finding.title}}
    return rule | ({"helpUri": finding.docs} if finding.docs else {})


def _invocation(report: Report) -> dict[str, Any]:
    ran = {"executionSuccessful": report.problem is None, "exitCode": int(report.exit_code)}
    if report.problem is None:
        return ran
    text = f"{report.problem.message} {report.problem.hint}"
    return ran | {"toolExecutionNotifications": [{"level": "error", "message": {"text": text}}]}


def _results(findings: list[Finding]) -> list[dict[str, Any]]:
    seen: dict[str, count[int]] = {}
    return [_result(item, next(seen.setdefault(_print(item), count()))) for item in findings]


def _result(finding: Finding, nth: int) -> dict[str, Any]:
    text = finding.detail + (f"\nFix: {finding.fix}" if finding.fix else "")
    return {
        "ruleId": finding.check,
        "level": _LEVELS[finding.status],
        "message": {"text": text},
        "partialFingerprints": {"finding/v1": f"{_print(finding)}:{nth}"},
        "locations": [_location(finding.where or _ELSEWHERE)],
    }


def _print(finding: Finding) -> str:
    """Identify a finding by what it says, so that it stays the same when lines move."""
    file = finding.where.file if finding.where else ""
    said = f"{finding.check}\0{file}\0{finding.detail}"
    # A file name that is no UTF-8 has surrogates in the place of what is none.
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _location(place: Place) -> dict[str, Any]:
    path = PurePath(place.file)
    uri = path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
    region = {"startLine": place.line or 1}
    if place.column:
        region["startColumn"] = place.column
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
