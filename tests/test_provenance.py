"""How an index is asked who made the files, and what was kept of its answers."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attestation_maker import Run, provenance
from index_server import IndexServer, Served, serving
from pypi_publish.errors import Malformed, NothingToInspect
from pypi_publish.index.address import IndexAddress
from pypi_publish.index.client import IndexClient
from pypi_publish.index.model import File
from pypi_publish.index.provenance import (
    LARGEST,
)
from pypi_publish.release import provenance as module
from pypi_publish.release.model import Facts, Plane, Shown, State, Wanted
from pypi_publish.release.provenance import Attested, ProvenanceFacts, read_provenance
from pypi_publish.web import Web

RUN = Run()
WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


@pytest.fixture(autouse=True)
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verifying is a matter of its own, which asks Sigstore for keys."""
    monkeypatch.setattr("pypi_publish.release.attest.find_spec", lambda _: None)


def spelled(told: Any) -> bytes:
    return json.dumps(told).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    quick = SimpleNamespace(sleep=lambda _: None, monotonic=time.monotonic, time=time.time)
    monkeypatch.setattr("pypi_publish.web.time", quick)
    monkeypatch.setattr("pypi_publish.web.sleep", lambda _: None)
    with serving() as running:
        yield running


def asked(
    server: IndexServer, *, version: str = "1.0", shown: str = "pypi", **wanted: Any
) -> ProvenanceFacts:
    """Ask as verify-on-pypi does once it has read the Simple index."""
    with Web(2.0) as web:
        client = IndexClient(IndexAddress(shown, server.simple), web, {"NETRC": "/nonexistent"})
        page = client.page("demo")
        assert page is not None
        seen = Shown(Plane.SIMPLE_JSON, State.PRESENT, page=page)  # type: ignore[arg-type]
        known = Facts(
            "demo",
            version,
            client.address,
            Wanted(**wanted),
            planes={Plane.SIMPLE_JSON: seen},
        )
        files = known.there.of_this_version
        seen = Shown(Plane.SIMPLE_JSON, State.PRESENT, files, page=page)  # type: ignore[arg-type]
        facts = Facts(
            "demo", version, client.address, known.wanted, planes={Plane.SIMPLE_JSON: seen}
        )
        return read_provenance(client, facts, None)


def file(
    filename: str, version: str = "1.0", run: Run | None = RUN, content: bytes = b"x"
) -> Served:
    told = provenance(filename, content, run) if run else None
    return Served(filename, version, content, provenance=told)


def test_each_file_is_asked_about_once(server: IndexServer) -> None:
    server.add("demo", file(WHEEL), file(SDIST))
    told = asked(server)
    assert [one.filename for one in told.attested] == [WHEEL, SDIST]
    assert {one.publishers[0].repository for one in told.attested} == {"octo/demo"}
    paths = [path for path in server.paths if path.startswith("/integrity/")]
    assert sorted(paths) == [
        f"/integrity/demo/1.0/{WHEEL}/provenance",
        f"/integrity/demo/1.0/{SDIST}/provenance",
    ]
    assert set(server.paths.values()) == {1}


def test_the_right_type_is_asked_for(server: IndexServer) -> None:
    server.add("demo", file(WHEEL))
    asked(server)
    [headers] = [headers for path, headers in server.requests if path.startswith("/integrity/")]
    assert headers["accept"].startswith("application/vnd.pypi.integrity.v1+json")


def test_a_file_without_attestations_is_told_from_one_that_is_not_answered(
    server: IndexServer,
) -> None:
    server.add("demo", file(WHEEL), file(SDIST, run=None))
    told = asked(server)
    assert [one.filename for one in told.bare] == [SDIST]
    server.trouble["integrity"] = ["502"]
    told = asked(server)
    assert len(told.silent) == 2
    assert not told.bare


@pytest.mark.parametrize(
    "trouble",
    ["403", "200-html", "json:{", "json:[]", "json:{}", "cut", "image", "sign-in"],
)
def test_an_answer_that_is_none_is_a_silence(server: IndexServer, trouble: str) -> None:
    server.add("demo", file(WHEEL))
    server.trouble["integrity"] = ["html:hello" if trouble == "200-html" else trouble]
    [one] = asked(server).files
    assert one.provenance is None
    assert one.silence


def test_an_answer_without_an_end_is_cut_off(server: IndexServer) -> None:
    server.add("demo", file(WHEEL))
    server.trouble["integrity"] = ["giant"]
    [one] = asked(server).files
    assert one.silence is not None
    assert "MiB" in one.silence


def test_an_index_that_knows_no_provenance_is_asked_once(server: IndexServer) -> None:
    server.warehouse = False
    names = [f"demo-1.0-cp3{minor}-none-any.whl" for minor in range(10)]
    server.add("demo", *(file(name, run=None) for name in names))
    server.trouble["integrity"] = ["html:<form>"]
    told = asked(server, shown=server.simple)
    assert not told.supported
    assert sum(count for path, count in server.paths.items() if "integrity" in path) == 1


def test_an_index_that_has_none_of_any_file_is_taken_for_one_without_provenance(
    server: IndexServer,
) -> None:
    server.warehouse = False
    server.add("demo", file(WHEEL, run=None), file(SDIST, run=None))
    assert not asked(server, shown=server.simple).supported
    server.add("demo", file(WHEEL), file(SDIST, run=None))
    told = asked(server, shown=server.simple)
    assert told.supported
    assert [one.filename for one in told.bare] == [SDIST]


def test_the_release_before_is_asked_for_two_files(server: IndexServer) -> None:
    wheels = [f"demo-0.9-cp31{minor}-none-any.whl" for minor in range(4)]
    server.add(
        "demo",
        file(WHEEL),
        *(file(name, "0.9") for name in [*wheels, "demo-0.9.tar.gz"]),
        file("demo-0.8.tar.gz", "0.8"),
        file("demo-1.1.tar.gz", "1.1"),
    )
    told = asked(server)
    assert told.before == "0.9"
    assert [one.filename for one in told.files_before] == ["demo-0.9.tar.gz", wheels[0]]


def test_the_release_before_a_final_one_is_final_and_not_yanked(server: IndexServer) -> None:
    yanked = file("demo-0.9.tar.gz", "0.9")
    yanked.yanked = "broken"
    others = [file("demo-1.0rc1.tar.gz", "1.0rc1"), yanked, file("demo-0.8.tar.gz", "0.8")]
    server.add("demo", file(WHEEL), *others)
    assert asked(server).before == "0.8"
    assert asked(server, version="1.0rc1").before == "0.8"
    server.add("demo", *others)
    assert asked(server, version="0.8").before is None
    server.add("demo", file(WHEEL), *others[:2])
    assert asked(server).before == "1.0rc1"  # where there was nothing but candidates


def told_of(server: IndexServer, named: str | None) -> Attested:
    """Ask about a file of which the Simple index names where its provenance is."""
    known = File(WHEEL, "1.0", f"{server.url}/{WHEEL}", provenance=named)
    with Web(2.0) as web:
        address = IndexAddress(server.simple, server.simple)
        client = IndexClient(address, web, {"PYPI_PUBLISH_INDEX_PASSWORD": "secret"})
        shown = Shown(Plane.SIMPLE_JSON, State.PRESENT, (known,))
        planes = {Plane.SIMPLE_JSON: shown}
        facts = Facts("demo", "1.0.0", address, Wanted(), planes=planes)
        [one] = read_provenance(client, facts, None).files
        return one


def test_the_address_that_the_simple_index_names_is_asked(server: IndexServer) -> None:
    server.add("demo", file(WHEEL))
    server.add("elsewhere", file(WHEEL))
    one = told_of(server, f"{server.url}/integrity/elsewhere/1.0/{WHEEL}/provenance")
    assert one.publishers
    assert server.paths[f"/integrity/elsewhere/1.0/{WHEEL}/provenance"] == 1


def test_a_provenance_that_is_named_and_not_there_is_a_silence(server: IndexServer) -> None:
    server.add("demo", file(WHEEL))
    assert told_of(server, f"{server.url}/integrity/demo/9.9/x/provenance").silence


def test_no_other_host_is_asked_for_it_and_none_sees_the_password(server: IndexServer) -> None:
    server.add("demo", file(WHEEL, run=None))
    with serving() as other:
        one = told_of(server, f"{other.url}/integrity/demo/1.0/{WHEEL}/provenance")
        assert other.requests == []
    assert one.silence is not None
    assert "no other is asked" in one.silence
    assert one.elsewhere
    for named in (
        "file:///etc/passwd",
        "https://[",
        "https://x:99999/",
        "javascript:x",
        "//evil.example/x",
    ):
        assert told_of(server, named).silence


def test_at_most_six_are_asked_about_at_once(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    active, most = 0, 0
    original = module._answered

    def counted(client: IndexClient, url: str, *, once: bool) -> Any:
        nonlocal active, most
        active += 1
        most = max(most, active)
        time.sleep(0.02)
        try:
            return original(client, url, once=once)
        finally:
            active -= 1

    monkeypatch.setattr(module, "_answered", counted)
    names = [f"demo-1.0-cp3{minor}-none-any.whl" for minor in range(20)]
    server.add("demo", *(file(name) for name in names))
    assert len(asked(server).attested) == 20
    assert 2 <= most <= 6


# What was kept of an index


def kept(folder: Path, *told: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for number, one in enumerate(told):
        (folder / f"{number}.json").write_bytes(one if isinstance(one, bytes) else spelled(one))
    return folder


def read_kept(path: Path, built: dict[str, bytes] | None = None) -> tuple[Attested, ...]:
    artifacts = tuple(
        SimpleNamespace(path=Path(name), sha256=hashlib.sha256(content).hexdigest())
        for name, content in (built or {}).items()
    )
    facts = Facts(
        "demo",
        "1.0",
        IndexAddress("pypi", "https://pypi.org/simple/"),
        Wanted(provenance_file=path),
        artifacts=artifacts or None,  # type: ignore[arg-type]
    )
    return read_provenance(None, facts, None).files


def test_a_kept_file_is_read_without_an_index(tmp_path: Path) -> None:
    path = kept(tmp_path / "kept", provenance(WHEEL, b"wheel")) / "0.json"
    [one] = read_kept(path)
    assert (one.filename, one.sha256) == (WHEEL, None)
    assert one.publishers[0].repository == "octo/demo"


def test_a_folder_of_kept_files_covers_several(tmp_path: Path) -> None:
    folder = kept(tmp_path / "kept", provenance(WHEEL, b"wheel"), provenance(SDIST, b"sdist"))
    assert {one.filename for one in read_kept(folder)} == {WHEEL, SDIST}


@pytest.mark.parametrize("body", [b"", b"{}", b"no", b"[" * 9_999, b" " * (LARGEST + 2)])
def test_a_kept_file_that_is_none_is_malformed(tmp_path: Path, body: bytes) -> None:
    path = kept(tmp_path / "kept", body) / "0.json"
    with pytest.raises(Malformed, match=r"0\.json is no provenance object"):
        read_kept(path)


def test_a_kept_file_that_is_not_there_is_nothing_to_inspect(tmp_path: Path) -> None:
    with pytest.raises(NothingToInspect, match="absent"):
        read_kept(tmp_path / "absent.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToInspect, match="no file"):
        read_kept(tmp_path / "empty")


def test_beside_the_files_of_a_release_what_was_kept_is_found(tmp_path: Path) -> None:
    kept(tmp_path, provenance(WHEEL, b"wheel"))
    for name in (WHEEL, SDIST, f"{WHEEL}.publish.attestation", ".gitignore"):
        (tmp_path / name).write_bytes(b"no json")
    (tmp_path / f"{SDIST}.provenance").write_bytes(spelled(provenance(SDIST, b"sdist")))
    assert {one.filename for one in read_kept(tmp_path)} == {WHEEL, SDIST}


def test_one_kept_file_says_nothing_of_the_others(tmp_path: Path) -> None:
    folder = kept(tmp_path / "kept", provenance(WHEEL, b"wheel"))
    built = {WHEEL: b"wheel", SDIST: b"sdist"}
    [one] = read_kept(folder / "0.json", built)
    assert one.sha256 == hashlib.sha256(b"wheel").hexdigest()
    assert [(one.filename, one.provenance is None) for one in read_kept(folder, built)] == [
        (WHEEL, False),
        (SDIST, True),
    ]


def test_what_was_kept_of_another_release_is_foreign(tmp_path: Path) -> None:
    path = kept(tmp_path / "kept", provenance("demo-2.0.tar.gz", b"x")) / "0.json"
    [one] = read_kept(path, {SDIST: b"sdist"})
    assert one.foreign


def test_another_spelling_of_a_file_name_is_the_same_file(tmp_path: Path) -> None:
    path = kept(tmp_path / "kept", provenance("Demo-1.0-py3-none-any.whl", b"x")) / "0.json"
    [one] = read_kept(path, {WHEEL: b"x"})
    assert (one.filename, one.foreign) == (WHEEL, False)
