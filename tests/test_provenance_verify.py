"""verify-on-pypi with provenance, from end to end: ours, and what is put in its place."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attestation_maker import COMMIT, Run, attestation, bundle, provenance, statement
from conftest import RunScript
from index_server import Served
from planes_server import PlanesServer, sdist, wheel
from pypi_publish.errors import Exit, Malformed
from pypi_publish.release import run as verification
from pypi_publish.release.mode import Mode
from pypi_publish.release.model import Wanted
from pypi_publish.report.deliver import Options
from pypi_publish.report.model import Report
from verifying import detail, server, statuses, verified

__all__ = ["server"]
OURS = Run()
EVIL = replace(OURS, repository="evil/demo")


@pytest.fixture(autouse=True)
def without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Verifying is a matter of its own, which asks Sigstore for keys."""
    monkeypatch.setattr("pypi_publish.release.attest.find_spec", lambda _: None)
    monkeypatch.chdir(tmp_path)


def published(server: PlanesServer, run: Run = OURS, **changed: Any) -> None:
    """Give every file what a run states about it; `changed` is stated about the wheel."""
    files: list[Served] = [wheel(), sdist()]
    for one in files:
        one.provenance = provenance(one.filename, one.content, run)
    if changed:
        files[0].provenance = changed["wheel"]
    server.add("sample-pkg", *files)


def judged(server: PlanesServer, **wanted: Any) -> Report:
    return verified(server, **{"provenance": Mode.REPORT, "repository": "octo/demo", **wanted})


def test_a_release_of_ours_is_ours(server: PlanesServer) -> None:
    published(server)
    report = judged(
        server,
        provenance=Mode.REQUIRE,
        workflow="release.yml",
        environment="pypi",
        commit=COMMIT,
    )
    assert report.exit_code is Exit.CLEAN, statuses(report)
    found = statuses(report)
    assert found["attestations"] == found["publisher-identity"] == found["attested-file"] == "pass"
    assert found["attestation-signature"] == "warn"
    assert "not checked" in detail(report, "attestation-signature")


def whole(server_file: Served, *, content: bytes | None = None, name: str | None = None) -> Any:
    told = statement(name or server_file.filename, content or server_file.content)
    signed = attestation(told, OURS.certificate)
    return {"version": 1, "attestation_bundles": [bundle(OURS, signed)]}


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        pytest.param(
            provenance(wheel().filename, wheel().content, EVIL),
            "publisher-identity",
            id="of-another-repository",
        ),
        pytest.param(
            {
                "version": 1,
                "attestation_bundles": [
                    bundle(
                        OURS,
                        attestation(statement(wheel().filename, wheel().content), EVIL.certificate),
                    )
                ],
            },
            "attestation-certificate",
            id="signed-by-another-repository",
        ),
        pytest.param(whole(wheel(), content=b"other"), "attested-file", id="of-other-bytes"),
        pytest.param(whole(wheel(), name=sdist().filename), "attested-file", id="of-another-file"),
    ],
)
def test_what_is_put_in_its_place_is_found(server: PlanesServer, changed: Any, check: str) -> None:
    published(server, wheel=changed)
    report = judged(server)
    assert report.exit_code is Exit.FINDINGS
    assert statuses(report)[check] == "fail"
    assert wheel().filename in detail(report, check) or "evil" in detail(report, check)


@pytest.mark.parametrize(
    "trouble",
    ["json:{", 'json:{"version": 2, "attestation_bundles": []}', "html:x", "giant", "502"],
)
def test_an_answer_that_is_none_leaves_the_run_incomplete(
    server: PlanesServer, trouble: str
) -> None:
    published(server)
    server.trouble["integrity"] = [trouble]
    report = judged(server)
    assert report.exit_code is Exit.UNANSWERED
    assert statuses(report)["attestations"] == "unknown"


@pytest.mark.parametrize(
    ("mode", "code"),
    [(Mode.REPORT, Exit.CLEAN), (Mode.REQUIRE, Exit.FINDINGS), (Mode.OFF, Exit.CLEAN)],
)
def test_a_release_by_a_token_has_no_provenance(
    server: PlanesServer, mode: Mode, code: Exit
) -> None:
    report = verified(server, provenance=mode)
    assert report.exit_code is code
    asked = [path for path in server.paths if path.startswith("/integrity/")]
    assert len(asked) == (0 if mode is Mode.OFF else 2)


def offline(path: Path, dist: Path, **wanted: Any) -> Report:
    known = {"name": "sample-pkg", "version": "1.0", "dist": dist, "provenance_file": path}
    return verification.run(Wanted(**{**known, **wanted}), Options(offline=True))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """What was kept of a release: its files, and its provenance beside them."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "kept").mkdir()
    for one in (wheel(), sdist()):
        (tmp_path / "dist" / one.filename).write_bytes(one.content)
        told = provenance(one.filename, one.content)
        (tmp_path / "kept" / f"{one.filename}.json").write_text(json.dumps(told))
    return tmp_path


def test_what_was_kept_is_judged_without_an_index(kept: Path) -> None:
    report = offline(kept / "kept", kept / "dist", repository="octo/demo", commit=COMMIT)
    assert report.exit_code is Exit.CLEAN, statuses(report)
    assert statuses(report)["publisher-identity"] == "pass"
    report = offline(kept / "kept", kept / "dist", repository="evil/demo")
    assert report.exit_code is Exit.FINDINGS


def test_a_kept_file_that_is_none_is_malformed(kept: Path) -> None:
    (kept / "kept" / "more.json").write_text("{}")
    with pytest.raises(Malformed):
        offline(kept / "kept", kept / "dist")


def test_the_script_judges_what_was_kept(run_script: RunScript, kept: Path, tmp_path: Path) -> None:
    home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), str(tmp_path))
    arguments = ["--json", "--all", "--offline", "sample-pkg==1.0", "--dist", kept / "dist"]
    outcome = run_script(
        "verify-on-pypi",
        *arguments,
        "--provenance-file",
        kept / "kept",
        "--repository",
        "evil/demo",
        env=home,
    )
    assert outcome.code == 10
    [found] = [one for one in outcome.data if one["check"] == "publisher-identity"]
    assert found["status"] == "fail"
    assert "repository octo/demo instead of evil/demo" in found["detail"]


def test_the_folder_says_whom_to_expect(
    server: PlanesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from test_identity import WORKFLOW, git

    path = tmp_path / ".github" / "workflows" / "release.yml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKFLOW)
    project = '[project]\nname = "{}"\nversion = "1.0"\n'
    (tmp_path / "pyproject.toml").write_text(project.format("Sample.Pkg"))
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "git@github.com:octo/demo.git")
    published(server)
    assert statuses(verified(server, provenance=Mode.REPORT))["publisher-identity"] == "pass"
    git(tmp_path, "remote", "set-url", "origin", "git@github.com:evil/demo.git")
    assert statuses(verified(server, provenance=Mode.REPORT))["publisher-identity"] == "fail"
    (tmp_path / "pyproject.toml").write_text(project.format("another"))
    assert statuses(verified(server, provenance=Mode.REPORT))["publisher-identity"] == "skip"
