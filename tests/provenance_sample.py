"""Releases with provenance as facts, for the tests of what is made of them."""

import json
from hashlib import sha256
from typing import Any

from attestation_maker import Run, attestation, bundle, provenance
from pypi_publish.check import Check
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.provenance import Provenance, read_provenance_object
from pypi_publish.release.identity import Expected, Identity
from pypi_publish.release.model import Answers, Facts, Mode, Wanted
from pypi_publish.release.provenance import Attested, ProvenanceFacts
from pypi_publish.verdict import Status, Verdict

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
OURS = Identity("GitHub", "octo/demo", "release.yml", "pypi")
PASS, WARN, FAIL, SKIP, UNKNOWN = (
    Status.PASS,
    Status.WARN,
    Status.FAIL,
    Status.SKIP,
    Status.UNKNOWN,
)
RUN = Run()
GITLAB = Run("GitLab", "group/sub/demo", ".gitlab-ci.yml")
GOOGLE = Run("Google")


def parsed(told: Any) -> Provenance:
    return read_provenance_object(json.dumps(told).encode())


def file(name: str = WHEEL, run: Run = RUN, content: bytes = b"x") -> Attested:
    digest = sha256(content).hexdigest()
    return Attested(name, digest, parsed(provenance(name, content, run)))


def signed(told: dict[str, Any], der: bytes, run: Run = RUN, name: str = WHEEL) -> Attested:
    """Return a file with an attestation of which each part can be another's."""
    whole = {"version": 1, "attestation_bundles": [bundle(run, attestation(told, der))]}
    return Attested(name, sha256(b"x").hexdigest(), parsed(whole))


def bare(name: str = WHEEL) -> Attested:
    return Attested(name, sha256(b"x").hexdigest())


def silent(name: str = WHEEL) -> Attested:
    return Attested(name, silence="it did not answer")


def facts(*files: Attested, mode: Mode = Mode.REPORT, **rest: Any) -> Facts:
    wanted = {name: rest.pop(name) for name in ("version",) if name in rest}
    return Facts(
        "demo",
        "1.0",
        IndexAddress("pypi", "https://pypi.org/simple/"),
        Wanted(provenance=mode, **wanted),
        provenance=ProvenanceFacts(files, **rest),
    )


def answers(check: Check[[Facts], Answers], known: Facts) -> list[Verdict]:
    found = list(check(known))
    assert found
    return found


def statuses(check: Check[[Facts], Answers], known: Facts) -> list[Status]:
    return [verdict.status for verdict in answers(check, known)]


def expected(*identities: Identity, commit: str | None = None, asked: str = "") -> Expected:
    return Expected(identities, commit, frozenset(asked.split()))
