"""What each plane of an index shows of a release, well and badly behaved ones."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from index_server import Served
from planes_server import WHEEL, PlanesServer, sdist, serving_planes, wheel, without
from pypi_publish.release.file_host import refusal
from verifying import as_pypi, detail, server, statuses, verified

__all__ = ["as_pypi", "server"]

slow = pytest.mark.slow
STALE = {
    "simple": "simple-json",
    "html": "simple-html",
    "project": "project-json",
    "version": "version-json",
}


class TestLive:
    def test_a_release_on_every_plane_is_live(self, server: PlanesServer) -> None:
        report = verified(server)
        assert report.exit_code == 0, report.findings
        assert report.meta["live"] is True
        assert set(report.meta["planes"].values()) == {"live"}
        assert report.meta["files"]["there"] == 2
        assert "pass" in statuses(report)["core-metadata"]

    @pytest.mark.parametrize(
        ("name", "version"),
        [("sample-pkg", "1"), ("Sample.Pkg", "1.0.0"), ("sample__pkg", "v1.0")],
    )
    def test_names_and_versions_are_compared_as_packaging_does(
        self, server: PlanesServer, name: str, version: str
    ) -> None:
        report = verified(server, name=name, version=version)
        assert set(report.meta["planes"].values()) == {"live"}
        assert report.meta["normalized_name"] == "sample-pkg"

    @pytest.mark.parametrize("version", ["1.0.1", "1.0rc1", "1!1.0", "1.0.post1", "1.0+local"])
    def test_a_version_that_is_nearly_the_same_is_another(
        self, server: PlanesServer, version: str
    ) -> None:
        report = verified(server, version=version)
        assert (report.exit_code, report.meta["planes"]["simple-json"]) == (10, "absent")
        assert "the newest is 1.0" in detail(report, "simple-json")

    @pytest.mark.parametrize("version", ["2.0rc1", "1!0.5", "2.0.post1", "2.0.dev3"])
    def test_every_kind_of_version_can_be_live(self, server: PlanesServer, version: str) -> None:
        server.projects["sample-pkg"].files += [wheel(version), sdist(version)]
        report = verified(server, version=version)
        assert (report.exit_code, report.meta["files"]["there"]) == (0, 2), report.findings

    def test_without_a_version_it_is_the_one_that_installers_choose(
        self, server: PlanesServer
    ) -> None:
        newer = [sdist("2.0", yanked="broken"), sdist("3.0rc1"), wheel("1.1"), sdist("1.1")]
        server.projects["sample-pkg"].files += newer
        report = verified(server, version=None)
        assert (report.meta["version"], report.exit_code) == ("1.1", 0)
        assert server.paths["/simple/sample-pkg/"] == 2  # the one form and the other

    def test_an_unknown_project_without_a_version_is_absent(self, server: PlanesServer) -> None:
        report = verified(server, name="nobodys", version=None)
        assert (report.exit_code, report.meta["live"], report.meta["version"]) == (10, False, "")
        assert "has no project nobodys" in detail(report, "simple-json")

    def test_files_of_retired_kinds_are_left_out(self, server: PlanesServer) -> None:
        old = [Served("sample_pkg-1.0-py2.7.egg", "1.0"), Served("sample_pkg-1.0.exe", "1.0")]
        server.projects["sample-pkg"].files += old
        report = verified(server)
        assert report.exit_code == 0, report.findings
        assert report.meta["files"]["there"] == 2


class TestOutOfStep:
    @pytest.mark.parametrize("plane", ["simple", "html"])
    def test_a_stale_simple_index_is_not_live(self, server: PlanesServer, plane: str) -> None:
        server.absent = {plane}
        report = verified(server)
        named = STALE[plane]
        assert (report.exit_code, report.meta["planes"][named]) == (10, "stale")
        assert statuses(report)[named] == "fail"
        assert "stale" in detail(report, named)
        assert [plane for plane, state in report.meta["planes"].items() if state != "live"] == [
            named
        ]

    def test_json_that_installers_pass_over_is_not_live(self, server: PlanesServer) -> None:
        server.says_json = "application/json"
        report = verified(server)
        assert (report.exit_code, statuses(report)["simple-json"]) == (10, "fail")
        assert "application/json" in detail(report, "simple-json")

    @pytest.mark.parametrize("plane", ["project", "version"])
    def test_stale_json_is_a_warning_because_installers_do_not_read_it(
        self, server: PlanesServer, plane: str
    ) -> None:
        server.absent = {plane}
        report = verified(server)
        assert (report.exit_code, report.meta["planes"][STALE[plane]]) == (0, "stale")
        assert statuses(report)[STALE[plane]] == "warn"
        assert verified(server, strict=True).exit_code == 10

    @pytest.mark.parametrize("plane", ["simple", "html", "project", "version"])
    def test_a_plane_without_one_of_the_files_is_stale(
        self, server: PlanesServer, plane: str
    ) -> None:
        server.views[plane] = without(".whl")
        report = verified(server)
        assert report.meta["planes"][STALE[plane]] == "stale"
        assert WHEEL in detail(report, STALE[plane])

    def test_only_the_json_shows_it(self, server: PlanesServer) -> None:
        server.projects["sample-pkg"].files.append(sdist("0.9"))
        server.views["simple"] = server.views["html"] = lambda files: files[2:]
        report = verified(server)
        assert report.exit_code == 10
        planes = report.meta["planes"]
        assert (planes["simple-json"], planes["project-json"]) == ("stale", "live")
        assert planes["file-host"] == "live"

    def test_what_no_plane_shows_is_absent(self, server: PlanesServer) -> None:
        report = verified(server, version="2.0")
        assert report.exit_code == 10
        assert set(report.meta["planes"].values()) == {"absent", "unsupported"}
        assert report.meta["planes"]["file-host"] == "unsupported"

    def test_a_release_whose_files_were_deleted_is_gone(self, server: PlanesServer) -> None:
        server.projects["sample-pkg"].empty_releases = ["2.0"]
        report = verified(server, version="2.0")
        assert report.exit_code == 10
        assert report.meta["planes"]["simple-json"] == "gone"
        assert "project-json still lists 2.0" in detail(report, "simple-json").replace(
            "project-json, version-json", "project-json"
        )
        assert "new version" in str(report.worst_first[0].fix)

    @pytest.mark.parametrize(
        ("simple", "older", "stands"),
        [
            pytest.param(9, 8, "gone", id="it-knows-of-later-changes"),
            pytest.param(8, 9, "stale", id="it-knows-of-fewer"),
            pytest.param(9, 9, "stale", id="of-as-many"),
        ],
    )
    def test_a_plane_that_is_ahead_of_the_others_is_not_stale(
        self, server: PlanesServer, simple: int, older: int, stands: str
    ) -> None:
        server.views["simple"] = server.views["html"] = without(".whl")
        server.serials = {"simple": simple, "html": simple, "project": older, "version": older}
        planes = verified(server).meta["planes"]
        assert (planes["simple-json"], planes["simple-html"]) == (stands, stands)
        assert planes["version-json"] == "live"

    def test_a_file_that_is_listed_and_not_on_the_file_host_is_no_live_release(
        self, server: PlanesServer
    ) -> None:
        server.views["file"] = without(".whl")
        report = verified(server)
        assert (report.exit_code, report.meta["planes"]["file-host"]) == (10, "stale")
        assert WHEEL in detail(report, "file-host")

    def test_a_file_that_the_host_says_is_gone_is_gone(self, server: PlanesServer) -> None:
        server.trouble["file"] = ["410"]
        assert verified(server).meta["planes"]["file-host"] == "gone"


class TestTrouble:
    @pytest.mark.parametrize(
        "plane", ["simple", *(pytest.param(plane, marks=slow) for plane in list(STALE)[1:])]
    )
    @pytest.mark.parametrize(
        "trouble",
        [
            *("502", "truncated", "403"),
            *(pytest.param(one, marks=slow) for one in ("429", "429:3600", "cut", "json:[]")),
            *(pytest.param(one, marks=slow) for one in ("image", "sign-in")),
        ],
    )
    def test_a_plane_of_pypi_that_misbehaves_has_not_answered(
        self, as_pypi: PlanesServer, plane: str, trouble: str
    ) -> None:
        as_pypi.trouble[plane] = [trouble]
        report = verified(as_pypi)
        named = STALE[plane]
        assert (report.exit_code, report.meta["live"]) == (7, None)
        assert (report.meta["planes"][named], statuses(report)[named]) == ("unanswered", "unknown")

    @pytest.mark.parametrize("trouble", [pytest.param("slow", marks=slow), "giant"])
    def test_an_answer_without_end_is_given_up(self, as_pypi: PlanesServer, trouble: str) -> None:
        as_pypi.trouble["simple"] = [trouble]
        report = verified(as_pypi, timeout=0.2)
        assert (report.exit_code, report.meta["planes"]["simple-json"]) == (7, "unanswered")

    @slow
    def test_a_slow_plane_does_not_make_the_others_look_silent(self, as_pypi: PlanesServer) -> None:
        as_pypi.delays["simple"] = 4.0
        report = verified(as_pypi, timeout=0.3)
        planes = report.meta["planes"]
        assert planes.pop("simple-json") == "unanswered"
        assert set(planes.values()) == {"live"}

    def test_a_redirect_to_another_host_is_no_answer_of_this_one(
        self, as_pypi: PlanesServer
    ) -> None:
        with serving_planes() as other:
            other.add("sample-pkg", wheel(), sdist())
            for plane in ("simple", "html", "project", "version"):
                as_pypi.trouble[plane] = [f"away:{other.url}"]
            report = verified(as_pypi)
        assert report.exit_code in (7, 10)
        assert "live" not in report.meta["planes"].values()

    @pytest.mark.parametrize("trouble", ["502", "429", "cut"])
    def test_a_short_trouble_is_overcome(self, as_pypi: PlanesServer, trouble: str) -> None:
        for plane in ("simple", "html", "project", "version", "file", "metadata"):
            as_pypi.trouble[plane] = [trouble, "none"]
        assert verified(as_pypi).exit_code == 0

    def test_a_failure_counts_before_a_silence(self, as_pypi: PlanesServer) -> None:
        as_pypi.trouble["version"] = ["502"]
        as_pypi.absent = {"simple"}
        assert verified(as_pypi).exit_code == 10

    @pytest.mark.parametrize("trouble", ["502", "cut", "403", pytest.param("slow", marks=slow)])
    def test_a_file_host_that_misbehaves_has_not_answered(
        self, server: PlanesServer, trouble: str
    ) -> None:
        server.trouble["file"] = [trouble]
        report = verified(server, timeout=0.3)
        assert (report.exit_code, report.meta["planes"]["file-host"]) == (7, "unanswered")

    @pytest.mark.parametrize("knows_ranges", [True, False], ids=["ranges", "no-ranges"])
    def test_of_a_huge_file_only_the_beginning_is_fetched(
        self, server: PlanesServer, knows_ranges: bool
    ) -> None:
        huge = sdist("2.0")
        huge.content = bytes(3 << 20)
        server.knows_ranges = knows_ranges
        server.projects["sample-pkg"].files += [huge, wheel("2.0")]
        assert verified(server, version="2.0").exit_code == 0
        huge.told_size = 5
        report = verified(server, version="2.0")
        assert f"{3 << 20} bytes" in detail(report, "file-host")

    def test_a_file_host_that_answers_five_gigabytes_is_left_in_time(
        self, server: PlanesServer
    ) -> None:
        server.trouble["file"] = ["giant"]
        began = time.monotonic()
        assert verified(server).exit_code == 10  # another size than the index tells
        assert time.monotonic() - began < 5

    @pytest.mark.parametrize(
        "address",
        [
            pytest.param("file:///etc/passwd", id="a-local-file"),
            pytest.param("http://files.example.org/x.whl", id="not-encrypted"),
            pytest.param("ftp://127.0.0.1/x.whl", id="another-scheme"),
            pytest.param("http://[::1/x.whl", id="no-address"),
            pytest.param("https://h:port/x.whl", id="no-port"),
            pytest.param("https://h:99999/x.whl", id="no-such-port"),
            pytest.param("https://", id="no-host"),
        ],
    )
    def test_an_address_that_no_installer_should_ask_is_not_asked(
        self, server: PlanesServer, address: str
    ) -> None:
        server.projects["sample-pkg"].files[0] = wheel(at=address, metadata=None)
        report = verified(server)
        assert report.exit_code == 10
        assert "its address is" in detail(report, "file-host")


class TestOtherIndexes:
    @pytest.fixture
    def private(self, server: PlanesServer) -> PlanesServer:
        server.warehouse = False
        server.absent = {"project", "version"}
        return server

    def test_planes_that_only_pypi_has_are_skipped(self, private: PlanesServer) -> None:
        report = verified(private)
        assert report.exit_code == 0, report.findings
        assert statuses(report)["project-json"] == statuses(report)["version-json"] == "skip"
        assert report.meta["planes"]["version-json"] == "unsupported"

    @pytest.mark.parametrize(
        "trouble",
        ["502", "sign-in", *(pytest.param(one, marks=slow) for one in ("403", "image", "401"))],
    )
    def test_they_are_tried_once_and_skipped_when_they_answer_badly(
        self, private: PlanesServer, trouble: str
    ) -> None:
        private.absent = set()
        private.trouble = {"project": [trouble], "version": [trouble]}
        report = verified(private)
        assert report.exit_code == 0, report.findings
        assert private.paths["/pypi/sample-pkg/json"] == 1
        assert private.paths["/pypi/sample-pkg/1.0/json"] == 1

    def test_an_index_that_speaks_html_alone_is_asked_once(self, private: PlanesServer) -> None:
        private.speaks_json = False
        report = verified(private)
        assert report.exit_code == 0, report.findings
        assert report.meta["planes"]["simple-json"] == "unsupported"
        assert private.paths["/simple/sample-pkg/"] == 1

    def test_an_index_that_refuses_the_json_form_is_asked_for_html(
        self, private: PlanesServer
    ) -> None:
        private.trouble["simple"] = ["406"]
        report = verified(private)
        assert report.exit_code == 0, report.findings
        assert report.meta["planes"]["simple-json"] == "unsupported"

    def test_an_index_that_speaks_json_alone_has_no_html_form(self, private: PlanesServer) -> None:
        private.speaks_html = False
        report = verified(private)
        assert report.exit_code == 0, report.findings
        assert report.meta["planes"]["simple-html"] == "unsupported"

    def test_another_digest_is_compared_where_an_index_tells_no_sha256(
        self, private: PlanesServer
    ) -> None:
        private.tells_sha256 = False
        private.speaks_html = False
        private.views["file"] = lambda files: [
            replace(file, content=bytes(reversed(file.content))) for file in files
        ]
        report = verified(private)
        assert (report.exit_code, statuses(report)["file-host"]) == (10, "fail")
        assert "another md5" in detail(report, "file-host")

    def test_a_page_that_merges_two_indexes_with_other_bytes(self, private: PlanesServer) -> None:
        private.views["simple"] = lambda files: [*files, wheel(told="0" * 64)]
        report = verified(private)
        assert (report.exit_code, statuses(report)["planes-agree"]) == (10, "fail")
        private.views["simple"] = lambda files: [*files, *files]
        assert verified(private).exit_code == 0

    def test_what_an_index_cannot_say_is_skipped(
        self, private: PlanesServer, tmp_path: Path
    ) -> None:
        private.speaks_json = False
        for file in private.projects["sample-pkg"].files:
            (tmp_path / file.filename).write_bytes(file.content)
        report = verified(private, dist=tmp_path)
        assert report.exit_code == 0, report.findings
        assert statuses(report)["requires-python"] == statuses(report)["core-metadata"] == "skip"
        assert statuses(report)["files-unchanged"] == "pass"

    def test_an_index_without_sha256_is_compared_by_what_it_serves(
        self, private: PlanesServer, tmp_path: Path
    ) -> None:
        private.tells_sha256 = False
        private.speaks_html = False
        for file in private.projects["sample-pkg"].files:
            (tmp_path / file.filename).write_bytes(file.content)
        assert statuses(verified(private, dist=tmp_path))["files-unchanged"] == "pass"
        private.projects["sample-pkg"].files[1].content = b"other"
        assert statuses(verified(private, dist=tmp_path))["files-unchanged"] == "fail"

    def test_a_password_goes_to_the_index_and_to_no_other_host(
        self, private: PlanesServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYPI_PUBLISH_INDEX_USERNAME", "me")
        monkeypatch.setenv("PYPI_PUBLISH_INDEX_PASSWORD", "secret-word")
        private.password = ("me", "secret-word")
        with serving_planes() as files:
            files.add("sample-pkg", wheel(), sdist())
            elsewhere = files.url.replace("127.0.0.1", "localhost")
            private.projects["sample-pkg"].files[0] = wheel(at=f"{elsewhere}/files/x/{WHEEL}")
            report = verified(private)
            assert report.exit_code == 0, report.findings
            assert files.requests
            assert all("authorization" not in headers for _, headers in files.requests)
        assert all("authorization" in headers for _, headers in private.requests)
        assert "secret-word" not in repr(report)

    def test_a_password_that_is_missing_is_named_and_no_verdict_about_the_release(
        self, private: PlanesServer
    ) -> None:
        private.password = ("me", "secret")
        report = verified(private)
        assert report.exit_code == 7
        assert "asks who you are" in detail(report, "simple-json")
        assert "PYPI_PUBLISH_INDEX_PASSWORD" in detail(report, "simple-json")

    def test_json_that_is_absent_tells_nothing_beside_a_simple_index_that_is_silent(
        self, private: PlanesServer
    ) -> None:
        private.trouble = {"simple": ["503"], "html": ["503"]}
        report = verified(private)
        assert (report.exit_code, report.summary["warn"]) == (7, 0)
        assert report.meta["planes"]["project-json"] == "unsupported"

    def test_names_that_an_index_forwards_are_not_there(self, private: PlanesServer) -> None:
        with serving_planes() as other:
            other.add("nobodys", wheel(), sdist())
            private.forward_to = other.simple
            report = verified(private, name="nobodys")
        assert report.exit_code == 10
        assert "sends the question on to 127.0.0.1" in detail(report, "simple-json")


class TestEconomy:
    def test_nothing_is_asked_twice_and_never_more_than_six_at_once(
        self, server: PlanesServer
    ) -> None:
        files = [wheel(), sdist()]
        for number in range(18):
            more = wheel()
            more.filename = f"sample_pkg-1.0-cp3{number}-cp3{number}-manylinux_2_28_x86_64.whl"
            more.metadata = None
            files.append(more)
        server.add("sample-pkg", *files)
        server.delays = {"file": 0.1, "metadata": 0.1}
        began = time.monotonic()
        report = verified(server)
        took = time.monotonic() - began
        assert report.meta["files"]["there"] == 20
        asked = dict(server.paths)
        assert asked.pop("/simple/sample-pkg/") == 2
        assert set(asked.values()) == {1}
        assert server.at_once >= 4
        assert server.connections <= 6
        assert took < 2.0  # one after the other it would be 2.1 s at least

    def test_who_asks_says_so(self, server: PlanesServer) -> None:
        verified(server)
        assert all("pypi-publish/" in headers["user-agent"] for _, headers in server.requests)
        pages = [headers for path, headers in server.requests if "/files/" not in path]
        assert {headers["cache-control"] for headers in pages} == {"no-cache"}


def test_loopback_is_no_file_host_of_an_index_elsewhere() -> None:
    far = "https://pkgs.example.org/simple/"
    assert refusal("https://127.0.0.1/x.whl", far)
    assert refusal("http://localhost:80/x.whl", far)
    assert not refusal("https://files.example.org/x.whl", far)
