"""Is the release whole, unchanged and in good standing: tampering and the near misses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from artifact_maker import SdistMaker, WheelMaker, metadata
from index_server import Served
from planes_server import SDIST, WHEEL, PlanesServer, Shown, sdist, wheel, without
from pypi_publish.errors import Misused, NothingToInspect
from verifying import as_pypi, detail, server, statuses, verified

__all__ = ["as_pypi", "server"]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """The folder of the build that was uploaded, with what tools leave in it."""
    folder = tmp_path / "dist"
    folder.mkdir()
    WheelMaker().write(folder)
    SdistMaker().write(folder)
    (folder / ".gitignore").write_text("*")
    (folder / f"{WHEEL}.publish.attestation").write_text("{}")
    return folder


def put(server: PlanesServer, *files: Served, **rest: Any) -> None:
    server.add("sample-pkg", *files, **rest)


class TestCompleteness:
    def test_the_files_of_the_build_are_there(self, server: PlanesServer, dist: Path) -> None:
        report = verified(server, dist=dist)
        assert report.exit_code == 0, report.findings
        for check in ("files-complete", "files-unexpected", "files-unchanged", "planes-agree"):
            assert statuses(report)[check] == "pass"
        assert report.meta["files"] == {
            "there": 2,
            "expected": 2,
            "missing": 0,
            "unexpected": 0,
        }

    @pytest.mark.parametrize("missing", [WHEEL, SDIST])
    def test_a_missing_file_is_named_with_the_safe_next_step(
        self, server: PlanesServer, dist: Path, missing: str
    ) -> None:
        recent = datetime.now(UTC) - timedelta(days=2)
        both = (wheel(uploaded=recent.isoformat()), sdist(uploaded=recent.isoformat()))
        put(server, *(file for file in both if file.filename != missing))
        report = verified(server, dist=dist)
        assert (report.exit_code, report.meta["files"]["missing"]) == (10, 1)
        [finding] = [one for one in report.findings if one.check == "files-complete"]
        assert missing in finding.detail
        until = (recent + timedelta(days=14)).strftime("%Y-%m-%d")
        assert finding.fix is not None
        assert f"Upload these same files again until {until}" in finding.fix

    def test_to_a_release_that_is_closed_nothing_can_be_added(
        self, server: PlanesServer, dist: Path
    ) -> None:
        put(server, wheel(uploaded="2026-01-01T00:00:00Z"))
        [finding] = [
            one for one in verified(server, dist=dist).findings if one.check == "files-complete"
        ]
        assert "new version" in str(finding.fix)

    def test_an_extra_wheel_is_unexpected(self, server: PlanesServer, dist: Path) -> None:
        extra = wheel()
        extra.filename = "sample_pkg-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"
        server.projects["sample-pkg"].files.append(extra)
        report = verified(server, dist=dist)
        assert (report.exit_code, report.meta["files"]["unexpected"]) == (10, 1)
        assert extra.filename in detail(report, "files-unexpected")

    def test_what_expect_names_is_not_unexpected(self, server: PlanesServer, dist: Path) -> None:
        extra = wheel()
        extra.filename = "sample_pkg-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"
        server.projects["sample-pkg"].files.append(extra)
        report = verified(server, dist=dist, expect=("*-manylinux_*.whl",))
        assert report.exit_code == 0, report.findings

    @pytest.mark.parametrize(
        ("expect", "code"),
        [
            pytest.param(("*.whl", "*.tar.gz"), 0, id="by-kind"),
            pytest.param((WHEEL, SDIST), 0, id="by-name"),
            pytest.param(("dist/*.whl", "dist/*.tar.gz"), 0, id="as-the-files-lie-here"),
            pytest.param(("Sample.Pkg-1.0.0.tar.gz", "*.whl"), 0, id="by-another-spelling"),
            pytest.param(("*.whl", "*.tar.gz", "*win_amd64.whl"), 10, id="one-is-missing"),
            pytest.param(("*.whl",), 10, id="one-is-unexpected"),
        ],
    )
    def test_patterns_say_what_is_to_be_there(
        self, server: PlanesServer, expect: tuple[str, ...], code: int
    ) -> None:
        assert verified(server, expect=expect).exit_code == code

    @pytest.mark.parametrize("kind", ["a wheel", "an sdist"])
    def test_without_a_build_both_kinds_are_wanted_or_it_is_a_warning(
        self, server: PlanesServer, kind: str
    ) -> None:
        put(server, sdist() if kind == "a wheel" else wheel())
        report = verified(server)
        assert (report.exit_code, statuses(report)["files-complete"]) == (0, "warn")
        assert f"without {kind}" in detail(report, "files-complete")

    def test_a_file_that_is_spelled_otherwise_there_is_the_same(
        self, server: PlanesServer, dist: Path
    ) -> None:
        old = sdist()
        old.filename = "Sample.Pkg-1.0.0.tar.gz"
        put(server, wheel(), old)
        report = verified(server, dist=dist)
        assert report.exit_code == 0, report.findings

    def test_a_zip_is_another_file_than_a_tar(self, server: PlanesServer, dist: Path) -> None:
        old = sdist()
        old.filename = "sample_pkg-1.0.zip"
        put(server, wheel(), old)
        assert verified(server, dist=dist).meta["files"]["missing"] == 1

    def test_other_releases_in_the_folder_are_left_out(
        self, server: PlanesServer, dist: Path
    ) -> None:
        (dist / "sample_pkg-0.9.tar.gz").write_bytes(sdist("0.9").content)
        report = verified(server, dist=dist)
        assert (report.exit_code, report.meta["files"]["expected"]) == (0, 2)

    def test_a_folder_without_files_of_the_release_is_nothing_to_inspect(
        self, server: PlanesServer, dist: Path
    ) -> None:
        with pytest.raises(NothingToInspect):
            verified(server, dist=dist, version="2.0")

    def test_the_built_files_say_what_is_verified(self, server: PlanesServer, dist: Path) -> None:
        report = verified(server, dist=dist, name=None, version=None, root=dist)
        assert (report.exit_code, report.meta["version"]) == (0, "1.0")
        assert report.meta["version_source"] == "the built files"

    def test_built_files_of_two_releases_do_not_say_which(
        self, server: PlanesServer, dist: Path
    ) -> None:
        (dist / "sample_pkg-0.9.tar.gz").write_bytes(sdist("0.9").content)
        with pytest.raises(Misused):
            verified(server, dist=dist, name=None, version=None, root=dist)

    def test_a_damaged_file_of_the_build_is_still_compared(
        self, server: PlanesServer, dist: Path
    ) -> None:
        (dist / WHEEL).write_bytes(b"no zip")
        report = verified(server, dist=dist)
        assert statuses(report)["files-unchanged"] == "fail"


class TestTampering:
    def test_other_bytes_under_the_name(self, server: PlanesServer, dist: Path) -> None:
        other = wheel()
        other.content += b"more"
        put(server, other, sdist())
        report = verified(server, dist=dist)
        assert report.exit_code == 10
        assert WHEEL in detail(report, "files-unchanged")

    def test_digests_that_were_swapped(self, server: PlanesServer, dist: Path) -> None:
        put(server, wheel(told=sdist().sha256), sdist(told=wheel().sha256))
        assert statuses(verified(server, dist=dist))["files-unchanged"] == "fail"
        assert statuses(verified(server))["file-host"] == "fail"

    def test_other_bytes_on_the_file_host(self, server: PlanesServer, dist: Path) -> None:
        good = wheel()
        put(server, good, sdist())
        good.told, good.content = good.sha256, good.content[:-1] + b"?"
        report = verified(server)
        assert (report.exit_code, statuses(report)["file-host"]) == (10, "fail")

    def test_other_bytes_at_the_beginning_of_a_large_file(
        self, server: PlanesServer, dist: Path
    ) -> None:
        data = bytes(2 << 20)
        big = Shown("sample_pkg-1.0.tar.gz", "1.0", data, requires_python=">=3.11")
        (dist / SDIST).write_bytes(data)
        put(server, wheel(), big)
        assert verified(server, dist=dist).exit_code == 0
        big.told, big.content = big.sha256, b"x" + data[1:]
        report = verified(server, dist=dist)
        assert "does not begin as the built file does" in detail(report, "file-host")

    def test_planes_that_tell_different_digests(self, server: PlanesServer) -> None:
        server.views["version"] = lambda files: [
            wheel(told="ab" * 32) if file.filename == WHEEL else file for file in files
        ]
        report = verified(server)
        assert (report.exit_code, statuses(report)["planes-agree"]) == (10, "fail")
        assert "version-json has sha256 abababab" in detail(report, "planes-agree")

    @pytest.mark.parametrize("yanked", [True, "broken on Windows"])
    def test_a_yanked_release(self, server: PlanesServer, yanked: bool | str) -> None:
        put(server, wheel(yanked=yanked), sdist(yanked=yanked))
        report = verified(server)
        assert (report.exit_code, statuses(report)["yanked"]) == (10, "fail")
        assert str(yanked).removeprefix("True") in detail(report, "yanked")

    def test_another_release_that_is_yanked_does_not_matter(self, server: PlanesServer) -> None:
        server.projects["sample-pkg"].files.append(sdist("0.9", yanked="old"))
        assert verified(server).exit_code == 0

    def test_metadata_beside_the_wheel_with_another_digest(self, server: PlanesServer) -> None:
        put(server, wheel(told_metadata="ab" * 32), sdist())
        report = verified(server)
        assert (report.exit_code, statuses(report)["core-metadata"]) == (10, "fail")

    def test_metadata_beside_the_wheel_that_is_not_that_in_the_build(
        self, server: PlanesServer, dist: Path
    ) -> None:
        put(server, wheel(metadata=metadata({"Requires-Dist": ["evil"]})), sdist())
        assert verified(server).exit_code == 0, "nothing to compare it with"
        report = verified(server, dist=dist)
        assert "is not the METADATA of the built wheel" in detail(report, "core-metadata")

    @pytest.mark.parametrize("changes", [{"Name": "other"}, {"Version": "1.1"}])
    def test_metadata_of_another_release(
        self, server: PlanesServer, changes: dict[str, str]
    ) -> None:
        put(server, wheel(metadata=metadata({**changes})), sdist())
        assert statuses(verified(server))["core-metadata"] == "fail"

    def test_metadata_that_is_announced_and_not_there(self, server: PlanesServer) -> None:
        server.trouble["metadata"] = ["404"]
        report = verified(server)
        assert "announced, and not there" in detail(report, "core-metadata")

    def test_a_name_or_a_version_that_is_spelled_otherwise_is_the_same(
        self, server: PlanesServer
    ) -> None:
        put(server, wheel(metadata=metadata({"Name": "Sample.PKG", "Version": "1.0.0"})), sdist())
        assert statuses(verified(server))["core-metadata"] == "pass"


class TestRequiresPython:
    @pytest.mark.parametrize(
        ("told", "status"),
        [
            pytest.param(">=3.11", "pass", id="same"),
            pytest.param(" >= 3.11 ", "pass", id="same-in-other-words"),
            pytest.param(">=3.9", "fail", id="another"),
            pytest.param(None, "fail", id="lost"),
        ],
    )
    def test_the_index_tells_that_of_the_build(
        self, server: PlanesServer, dist: Path, told: str | None, status: str
    ) -> None:
        put(server, wheel(requires_python=told), sdist())
        assert statuses(verified(server, dist=dist))["requires-python"] == status
        assert statuses(verified(server))["requires-python"] == status, "by the metadata file"

    def test_a_project_without_one_is_fine(self, server: PlanesServer) -> None:
        bare = metadata({"Requires-Python": None})
        put(server, wheel(requires_python=None, metadata=bare), sdist(requires_python=None))
        assert statuses(verified(server))["requires-python"] == "pass"


class TestStanding:
    @pytest.mark.parametrize(
        ("status", "verdict", "code"),
        [("archived", "warn", 0), ("quarantined", "fail", 10), ("deprecated", "warn", 0)],
    )
    def test_the_status_of_the_project_is_told(
        self, server: PlanesServer, status: str, verdict: str, code: int
    ) -> None:
        put(server, wheel(), sdist(), status=status, reason="because")
        report = verified(server)
        assert (report.exit_code, statuses(report)["project-status"]) == (code, verdict)
        assert "because" in detail(report, "project-status")

    def test_quarantine_is_one_failure_not_many(self, server: PlanesServer) -> None:
        put(server, wheel(), sdist(), status="quarantined")
        server.views["html"] = without("")
        bad = [finding.check for finding in verified(server).findings if not finding.ok]
        assert bad == ["project-status"]


@pytest.mark.parametrize(("told", "status"), [(">= 3.11", "pass"), (">=3.7", "warn")])
def test_planes_that_tell_another_requires_python(
    server: PlanesServer, told: str, status: str
) -> None:
    server.views["version"] = lambda files: [replace(file, requires_python=told) for file in files]
    assert statuses(verified(server))["planes-agree"] == status
