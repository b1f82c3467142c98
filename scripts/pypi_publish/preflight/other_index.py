"""What PyPI refuses and another index may take: the marks of a release that is not for the public."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from pypi_publish.index.address import IndexAddress, is_loopback
from pypi_publish.report.model import Finding
from pypi_publish.verdict import Status

# By check, because a misspelt classifier and an invalid version are wrong everywhere.
_OF_PYPI_ALONE = {
    "private-classifier": re.compile(r"Private ::"),
    "built-classifiers": re.compile(r"'Private ::"),
    "version-public": re.compile("The use of local versions"),
    "built-version": re.compile("The use of local versions"),
    "platform-tags": re.compile("unsupported platform tag 'linux_"),
    "compiled-wheels": re.compile("unsupported platform tag 'linux_"),
}


def at(index: IndexAddress, finding: Finding) -> Finding:
    """Return a finding as it counts for an index: what only PyPI refuses is no failure elsewhere."""
    rule = _OF_PYPI_ALONE.get(finding.check)
    # An index on this machine is a rehearsal of PyPI more often than an index of its own.
    as_pypi = index.is_pypi or is_loopback(urlsplit(index.simple).hostname or "")
    if as_pypi or finding.status not in (Status.FAIL, Status.WARN):
        return finding
    if rule is None or not rule.search(finding.detail):
        return finding
    detail = f"PyPI refuses it, {index.shown} may take it: {finding.detail}"
    return replace(finding, status=Status.SKIP, detail=detail, fix=None)
