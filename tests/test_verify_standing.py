"""The planes set against each other: whatever they say, every check has an answer."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pypi_publish.index.address import IndexAddress
from pypi_publish.index.model import File, Marker, Page
from pypi_publish.release.families import FAMILIES, checks_of
from pypi_publish.release.model import Facts, Plane, Served, Shown, State, Wanted
from pypi_publish.release.planes import SHOWING, SIMPLE, Standing, file_host, standing
from pypi_publish.release.wait import awaited
from pypi_publish.report.model import judged
from pypi_publish.verdict import Status

NAMES = ("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.0-cp312-cp312-win_amd64.whl")

files = st.builds(
    File,
    filename=st.sampled_from(NAMES),
    version=st.just("1.0"),
    url=st.sampled_from(["https://h/a", "https://h/b#sha256=x", "nonsense", ""]),
    sha256=st.sampled_from([None, "a" * 64, "b" * 64]),
    size=st.sampled_from([None, 1, 2]),
    yanked=st.sampled_from([None, None, "", "bad"]),
    upload_time=st.sampled_from([None, datetime(2026, 11, 1, tzinfo=UTC)]),
    requires_python=st.sampled_from([None, ">=3.9", "nonsense"]),
    core_metadata=st.sampled_from([False, True, "a" * 64]),
)
given_files = st.lists(files, max_size=3, unique_by=lambda file: file.filename).map(tuple)
served = st.builds(
    Served,
    status=st.sampled_from([None, 200, 206, 401, 404, 410, 500]),
    refused=st.booleans(),
    because=st.just("a reason"),
    size=st.sampled_from([None, 1, 2]),
    sha256=st.sampled_from([None, "a" * 64]),
    content=st.sampled_from([b"", b"Name: demo\nVersion: 1.0\n", b"\xff\n\n"]),
)


@st.composite
def releases(draw: st.DrawFn) -> Facts:
    planes = {}
    for plane in draw(st.sets(st.sampled_from(SHOWING))):
        shown = draw(given_files)
        state = State.PRESENT if shown else draw(st.sampled_from(list(State)[1:]))
        marker = draw(st.sampled_from([Marker.ACTIVE, Marker.ACTIVE, *Marker]))
        page = Page(shown, marker=marker) if plane in SIMPLE and shown else None
        emptied, gone = draw(st.booleans()), draw(st.booleans())
        planes[plane] = Shown(plane, state, shown, "a reason", page, emptied, gone and not shown)
    facts = Facts(
        "demo",
        "1.0",
        IndexAddress(draw(st.sampled_from(["pypi", "mine"])), "https://h/simple/"),
        Wanted(expect=draw(st.sampled_from([(), ("*.whl",)]))),
        planes=planes,
        served=draw(st.dictionaries(st.sampled_from(["https://h/a", "https://h/b"]), served)),
    )
    return replace(facts, planes={**planes, Plane.FILE_HOST: file_host(facts)})


@given(facts=releases())
@settings(deadline=None, max_examples=60)
def test_every_check_has_an_answer_whatever_the_planes_say(facts: Facts) -> None:
    own = [family for family in FAMILIES if family not in ("provenance", "install")]
    results = list(judged((check for family in own for check in checks_of(family)), facts))
    statuses = {finding.check: finding.status for finding, _ in results}
    for plane in SHOWING:
        said, stands = statuses[str(plane)], standing(facts, plane)
        assert (said is Status.PASS) == (stands is Standing.LIVE)
        assert (said is Status.UNKNOWN) == (stands is Standing.UNANSWERED)
    for plane in awaited(facts):
        assert standing(facts, plane) is not Standing.GONE or facts.planes[plane].vanished
    silent = [finding for finding, unanswered in results if unanswered]
    assert all(finding.status is Status.UNKNOWN for finding in silent)


@given(facts=releases())
@settings(deadline=None, max_examples=30)
def test_what_all_planes_show_alike_is_stale_nowhere(facts: Facts) -> None:
    shown = {plane: {file.filename for file in facts.planes[plane].files} for plane in facts.planes}
    speaking = [names for plane, names in shown.items() if plane in SHOWING]
    if all(names == speaking[0] for names in speaking):
        assert all(standing(facts, plane) is not Standing.STALE for plane in SHOWING)
