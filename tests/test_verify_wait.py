"""Waiting for a release: who is asked how often, and when it ends."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from planes_server import WHEEL, PlanesServer, nothing, sdist, wheel
from verifying import as_pypi, detail, server, verified

__all__ = ["as_pypi", "server"]


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    fake = SimpleNamespace(monotonic=lambda: made.now, sleep=made.sleep)
    monkeypatch.setattr("pypi_publish.release.wait.time", fake)
    return made


PAGES = {
    "simple": "/simple/sample-pkg/",
    "project": "/pypi/sample-pkg/json",
    "version": "/pypi/sample-pkg/1.0/json",
}


def test_what_is_live_is_not_waited_for(server: PlanesServer, clock: Clock) -> None:
    report = verified(server, wait=600)
    assert (report.exit_code, clock.naps, report.meta["waited"]) == (0, [], 0.0)


@pytest.mark.parametrize("plane", ["simple", "html", "project", "version", "file", "metadata"])
def test_a_plane_that_comes_later_is_waited_for(
    server: PlanesServer, clock: Clock, plane: str
) -> None:
    server.trouble[plane] = ["404"] * 3 + ["none"]
    report = verified(server, wait=600)
    assert report.exit_code == 0, report.findings
    assert clock.naps
    assert report.meta["waited"] == sum(clock.naps)
    assert report.meta["waited_for"] == []


def test_a_file_that_is_uploaded_later_is_waited_for(server: PlanesServer, clock: Clock) -> None:
    for plane in ("simple", "html", "project", "version"):
        server.views[plane] = lambda files: files if clock.now > 10 else files[:1]
    report = verified(server, wait=600, expect=("*.whl", "*.tar.gz"))
    assert report.exit_code == 0, report.findings
    assert clock.naps == [1, 2, 4, 8]


def test_a_file_that_never_comes_ends_at_the_deadline(server: PlanesServer, clock: Clock) -> None:
    report = verified(server, wait=5, expect=("*.whl", "*.tar.gz", "*win_amd64.whl"))
    assert (report.exit_code, clock.now, report.meta["files"]["missing"]) == (10, 5, 1)


def test_who_is_not_let_in_does_not_wait(server: PlanesServer, clock: Clock) -> None:
    server.password = ("me", "secret")
    assert verified(server, wait=600).exit_code == 7
    assert clock.naps == []


def test_an_address_that_is_not_asked_is_not_waited_for(server: PlanesServer, clock: Clock) -> None:
    server.add("sample-pkg", wheel(at="http://files.example/x.whl"), sdist())
    assert verified(server, wait=600).exit_code == 10
    assert clock.naps == []


def test_other_bytes_are_no_reason_to_wait(
    server: PlanesServer, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / WHEEL).write_bytes(b"other")
    server.absent = {"version"}
    assert verified(server, wait=600, dist=tmp_path, expect=("*.gz",)).exit_code == 10
    assert clock.naps == []


def test_a_plane_that_answers_later_is_waited_for(as_pypi: PlanesServer, clock: Clock) -> None:
    as_pypi.trouble["simple"] = ["502"] * 5 + ["none"]
    assert verified(as_pypi, wait=600).exit_code == 0


def test_the_pauses_grow_up_to_half_a_minute(server: PlanesServer, clock: Clock) -> None:
    server.absent = {"version"}
    verified(server, wait=100)
    assert clock.naps == [1, 2, 4, 8, 16, 30, 30, 9]


def test_at_the_deadline_it_says_which_plane_it_waited_for(
    server: PlanesServer, clock: Clock
) -> None:
    server.absent = {"simple"}
    report = verified(server, wait=20)
    assert (report.exit_code, clock.now) == (10, 20)
    assert report.meta["waited_for"] == ["simple-json"]
    assert "waited 20 s for it" in detail(report, "simple-json")
    assert report.closing is not None
    assert "waited 20 s for simple-json" in report.closing.verdict


def test_at_the_deadline_a_silent_plane_is_no_verdict(as_pypi: PlanesServer, clock: Clock) -> None:
    as_pypi.trouble["simple"] = ["502"]
    report = verified(as_pypi, wait=5)
    assert (report.exit_code, report.meta["waited_for"]) == (7, ["simple-json"])


def test_what_did_not_change_is_asked_for_with_its_tag(server: PlanesServer, clock: Clock) -> None:
    server.trouble["version"] = ["404", "404", "none"]
    assert verified(server, wait=60).exit_code == 0
    again = [headers for path, headers in server.requests if path == PAGES["simple"]][2:]
    assert len(again) == 4
    assert all("if-none-match" in headers for headers in again)


def test_a_404_of_pypi_is_not_asked_again_for_a_minute(as_pypi: PlanesServer, clock: Clock) -> None:
    as_pypi.trouble["version"] = ["404", "none"]
    report = verified(as_pypi, wait=600)
    assert (report.exit_code, clock.naps) == (0, [60])


def test_a_404_is_not_asked_again_as_long_as_it_says_that_it_is_cached(
    server: PlanesServer, clock: Clock
) -> None:
    server.trouble["version"] = ["cached:25", "none"]
    report = verified(server, wait=600)
    assert (report.exit_code, clock.naps) == (0, [25])
    assert server.paths[PAGES["version"]] == 2


def test_the_other_planes_are_asked_while_a_404_is_cached(
    server: PlanesServer, clock: Clock
) -> None:
    server.trouble["version"] = ["cached:25", "none"]
    server.trouble["project"] = ["404", "404", "none"]
    report = verified(server, wait=600)
    assert (report.exit_code, clock.naps) == (0, [1, 2, 22])
    assert server.paths[PAGES["version"]] == 2


def test_at_the_deadline_everything_is_asked_once_more(server: PlanesServer, clock: Clock) -> None:
    server.trouble["version"] = ["cached:3600", "none"]
    report = verified(server, wait=10)
    assert (report.exit_code, clock.naps) == (0, [10])


def test_a_server_that_asks_for_patience_gets_it(as_pypi: PlanesServer, clock: Clock) -> None:
    as_pypi.trouble["version"] = ["429:50", "none"]
    report = verified(as_pypi, wait=600)
    assert (report.exit_code, clock.naps) == (0, [50])


def test_a_file_that_is_given_is_not_fetched_again(server: PlanesServer, clock: Clock) -> None:
    server.trouble["version"] = ["404"] * 4 + ["none"]
    verified(server, wait=600)
    files = {path: count for path, count in server.paths.items() if path.startswith("/files/")}
    assert set(files.values()) == {1}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": "quarantined"}, id="quarantined"),
        pytest.param({"files": [wheel(yanked=True), sdist(yanked=True)]}, id="yanked"),
    ],
)
def test_what_no_waiting_mends_is_not_waited_for(
    server: PlanesServer, clock: Clock, change: dict[str, object]
) -> None:
    for name, value in change.items():
        setattr(server.projects["sample-pkg"], name, value)
    assert verified(server, wait=600).exit_code == 10
    assert clock.naps == []


def test_a_release_that_is_yanked_meanwhile_is_noticed(server: PlanesServer, clock: Clock) -> None:
    server.trouble["version"] = ["404", "404", "none"]
    server.views["simple"] = lambda files: (
        files if server.paths[PAGES["simple"]] < 3 else [wheel(yanked="bad"), sdist(yanked="bad")]
    )
    report = verified(server, wait=600)
    assert report.exit_code == 10
    assert "yanked: bad" in detail(report, "yanked")


def test_a_release_that_is_taken_away_meanwhile_is_gone(server: PlanesServer, clock: Clock) -> None:
    server.trouble["version"] = ["404"] * 9
    server.views["simple"] = lambda files: (
        files if server.paths[PAGES["simple"]] < 3 else nothing(files)
    )
    report = verified(server, wait=10)
    assert report.meta["planes"]["simple-json"] == "gone"
    assert "it was there before" in detail(report, "simple-json")


def test_caches_that_show_it_by_turns_are_waited_for(server: PlanesServer, clock: Clock) -> None:
    server.trouble["version"] = ["404"] * 5 + ["none"]
    server.views["simple"] = lambda files: nothing(files) if 1 < clock.now < 20 else files
    report = verified(server, wait=600)
    assert report.exit_code == 0, report.findings


def test_a_release_that_the_index_removed_is_not_waited_for(
    server: PlanesServer, clock: Clock
) -> None:
    server.projects["sample-pkg"].empty_releases = ["2.0"]
    assert verified(server, version="2.0", wait=600).exit_code == 10
    assert clock.naps == []


def test_a_new_project_is_waited_for_without_its_version(
    server: PlanesServer, clock: Clock
) -> None:
    for plane in ("simple", "html", "project"):
        server.trouble[plane] = ["404", "404", "none"]
    report = verified(server, version=None, wait=600)
    assert (report.exit_code, report.meta["version"]) == (0, "1.0")


@pytest.mark.slow
def test_waiting_ends_in_time_for_real(server: PlanesServer) -> None:
    server.absent = {"simple"}
    began = time.monotonic()
    report = verified(server, wait=1.2)
    assert 1.2 <= time.monotonic() - began < 2.5
    assert report.exit_code == 10
