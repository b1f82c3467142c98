"""GitHub's workflow commands: findings as annotations on the lines of a pull request."""

from pypi_publish.report.model import Finding, Report
from pypi_publish.report.text import harmless
from pypi_publish.verdict import Status

# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
_LEVELS = {Status.FAIL: "error", Status.WARN: "warning", Status.UNKNOWN: "notice"}


def render(report: Report) -> str:
    """Return one workflow command for each finding that is not good."""
    lines = [_command(item) for item in report.worst_first if item.status in _LEVELS]
    if report.problem is not None:
        lines.append(f"::error::{_value(f'{report.problem.message} {report.problem.hint}')}")
    return "".join(line + "\n" for line in lines)


def _command(finding: Finding) -> str:
    place = finding.where
    where = {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "col": place.column if place else None,
        "title": finding.check,
    }
    properties = ",".join(
        f"{name}={_property(str(value))}" for name, value in where.items() if value is not None
    )
    text = finding.detail + (f"\nfix: {finding.fix}" if finding.fix else "")
    return f"::{_LEVELS[finding.status]} {properties}::{_value(text)}"


def _value(text: str) -> str:
    escaped = harmless(text.replace("\r", "")).replace("%", "%25")
    return escaped.replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(text).replace(":", "%3A").replace(",", "%2C")
