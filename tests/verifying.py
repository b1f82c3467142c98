"""Runs verify-on-pypi in this process against a server whose planes are out of step."""

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from planes_server import PlanesServer, sdist, serving_planes, wheel
from pypi_publish.index.address import IndexAddress
from pypi_publish.release import run as verification
from pypi_publish.release.mode import Mode
from pypi_publish.release.model import Wanted
from pypi_publish.report.deliver import Options
from pypi_publish.report.model import Report

TLS = ssl.create_default_context()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlanesServer]:
    """A server that plays PyPI; pauses between tries take no time."""
    monkeypatch.setenv("NETRC", "/nonexistent")
    monkeypatch.setattr("pypi_publish.web.sleep", lambda _: None)
    # Loading the certificates of all authorities takes longer than a whole test.
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: TLS)
    with serving_planes() as running:
        running.add("sample-pkg", wheel(), sdist())
        yield running


@pytest.fixture
def as_pypi(server: PlanesServer, monkeypatch: pytest.MonkeyPatch) -> PlanesServer:
    """The same server, taken for PyPI itself."""
    monkeypatch.setattr(verification, "address_of", lambda _: IndexAddress("pypi", server.simple))
    return server


def verified(server: PlanesServer, **wanted: Any) -> Report:
    timeout = wanted.pop("timeout", 1.0)
    given = {"name": "sample-pkg", "version": "1.0", "provenance": Mode.OFF, **wanted}
    return verification.run(Wanted(index=server.simple, **given), Options(timeout=timeout))


def statuses(report: Report) -> dict[str, str]:
    """Return the worst status of each check."""
    found: dict[str, str] = {}
    for finding in report.worst_first:
        found.setdefault(finding.check, str(finding.status))
    return found


def detail(report: Report, check: str) -> str:
    """Return the worst that a check says."""
    return next(finding.detail for finding in report.worst_first if finding.check == check)
