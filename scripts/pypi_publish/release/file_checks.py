"""Are all files of the release there, the right ones and no others?"""

from collections.abc import Iterator

from pypi_publish.artifacts.model import Artifact
from pypi_publish.check import check
from pypi_publish.index.model import File
from pypi_publish.index.release import closes_at, is_open, next_step
from pypi_publish.release.completeness import Comparison, compared
from pypi_publish.release.model import Answers, Facts, Plane, Served
from pypi_publish.release.planes import SHOWING, SIMPLE, address, is_anywhere, same_specifier
from pypi_publish.release.words import files_of, listed, short
from pypi_publish.verdict import Verdict, failed, passed, skipped, warned

_UPLOAD = "https://docs.pypi.org/api/upload/"
_REUSE = "https://pypi.org/help/#file-name-reuse"


@check(
    "files-complete",
    expects="Every file that was to be released is there",
    remedy="Upload the missing files: the very files of the first run, not a rebuild.",
    docs=_UPLOAD,
)
def files_complete(facts: Facts) -> Answers:
    """An upload of several files is not one step. When it breaks off, the release is live without
    the rest: some users get no wheel, and those who build from source get nothing.
    """
    comparison = compared(facts)
    if not is_anywhere(facts):
        yield _nothing(facts)
    elif comparison is None:
        yield _of_kinds(facts)
    elif comparison.is_complete:
        yield passed(f"all there: {listed(file.filename for file in facts.files)}")
    else:
        yield from _of_missing(facts, comparison)


@check(
    "files-unexpected",
    expects="Nothing was added to the release",
    remedy=(
        "See in the project's history who uploaded it. If it was not you, yank the release and"
        " replace what could upload; if it was, name it with --expect."
    ),
    docs="https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",
)
def files_unexpected(facts: Facts) -> Answers:
    """Who gets hold of a token can add a wheel to a release that everybody trusts: installers
    prefer it to the sdist as soon as it fits better.
    """
    comparison = compared(facts)
    if not is_anywhere(facts):
        yield _nothing(facts)
    elif comparison is None:
        yield skipped("nothing says which files are to be there; --dist or --expect does")
    elif comparison.unexpected:
        for file in comparison.unexpected:
            when = f", uploaded {file.upload_time:%Y-%m-%d %H:%M} UTC" if file.upload_time else ""
            yield failed(f"{file.filename} is there and was not to be{when}")
    else:
        yield passed("no other file is there")


@check(
    "files-unchanged",
    expects="Every file has the bytes of the one that was built",
    remedy=(
        "Compare with the files of the publishing run (gh run download), not with a rebuild. If"
        " those differ, too, yank the release and publish yours under a new version."
    ),
    docs=_REUSE,
)
def files_unchanged(facts: Facts) -> Answers:
    """A file with other bytes is from another build or from somebody else. It cannot be replaced:
    a file name is used once and for ever.
    """
    comparison = compared(facts)
    if not is_anywhere(facts):
        yield _nothing(facts)
    elif comparison is None or facts.artifacts is None:
        yield skipped("nothing is compared; --dist names the folder of the files that were built")
    else:
        bad = [one for item, file in comparison.pairs for one in _of_bytes(facts, item, file)]
        same = f"{files_of(comparison.pairs)} with the bytes of the build"
        yield from bad or [passed(same) if comparison.pairs else skipped("none of them is there")]


@check(
    "planes-agree",
    expects="All planes tell the same of each file",
    remedy="Install nothing from it before those who run the index have explained the difference.",
    docs="https://packaging.python.org/en/latest/specifications/simple-repository-api/",
)
def planes_agree(facts: Facts) -> Answers:
    """Under one name an index holds one file. When two of its planes give different digests, one
    of them is wrong, and some users get other bytes than the rest.
    """
    if not is_anywhere(facts):
        yield _nothing(facts)
        return
    told: dict[str, dict[Plane, File]] = {}
    for plane in SHOWING:
        for file in facts.planes[plane].files if plane in facts.planes else ():
            told.setdefault(file.filename, {})[plane] = file
    bad = [verdict for name, files in told.items() for verdict in _of_planes(name, files)]
    bad += [_of_disputed(plane, name) for plane, name in _disputed(facts) if name in told]
    yield from bad or [passed("digests and sizes are the same on every plane")]


def _nothing(facts: Facts) -> Verdict:
    return skipped(f"no plane shows {facts.shown}")


def _of_kinds(facts: Facts) -> Verdict:
    """Without a build to compare with only this much can be told."""
    sdists = [file for file in facts.files if file.is_sdist]
    count = f"{files_of(facts.files)}: {listed(file.filename for file in facts.files)}"
    if sdists and len(sdists) < len(facts.files):
        return passed(f"a wheel and an sdist are there, {count}")
    missing = "a wheel" if sdists else "an sdist"
    fix = f"If {missing} was built, upload it{_until(facts)}; --dist or --expect compare exactly."
    return warned(f"{facts.shown} is there without {missing}, {count}", fix=fix)


def _of_missing(facts: Facts, comparison: Comparison) -> Iterator[Verdict]:
    there = f"{files_of(facts.files)} there"
    if comparison.missing:
        names = listed(item.file for item in comparison.missing)
        said = f"partial: {there}, {len(comparison.missing)} missing: {names}"
        yield failed(said, fix=_step(facts, comparison))
    for pattern in comparison.unmatched:
        yield failed(f"{there}, none of them named {pattern}", fix=_step(facts, comparison))


def _step(facts: Facts, comparison: Comparison) -> str:
    """Return what is safe to do about missing files."""
    if facts.there.is_pypi and facts.artifacts is not None:
        return next_step(facts.there, facts.artifacts)
    if not is_open(facts.there):
        return "Give the release a new version and upload all its files in one run."
    names = listed((*(item.file for item in comparison.missing), *comparison.unmatched))
    return f"Upload what is missing{_until(facts)}, as the first run built it: {names}."


def _until(facts: Facts) -> str:
    closes = closes_at(facts.there)
    return f" until {closes:%Y-%m-%d}" if closes and is_open(facts.there) else ""


def _of_bytes(facts: Facts, item: Artifact, file: File) -> Iterator[Verdict]:
    """Yield what is wrong with one file, or could not be compared."""
    served = facts.served.get(address(file), Served())
    there = file.sha256 or served.sha256
    if there is not None and there != item.sha256:
        yield failed(f"{file.filename}: there {short(there)}, built here {short(item.sha256)}")
        return
    size = file.size if file.size is not None else served.size
    if size is not None and size != item.size:
        yield failed(f"{file.filename}: there {size} bytes, built here {item.size}")
    elif there is None and served.as_built is False:
        yield failed(f"{file.filename} has other bytes than the built file")
    elif there is None and not (file.digest and served.as_built):
        yield skipped(f"{facts.index.shown} does not tell the sha256 of {file.filename}")


def _of_planes(filename: str, told: dict[Plane, File]) -> Iterator[Verdict]:
    digests = {plane: short(file.sha256) for plane, file in told.items() if file.sha256}
    sizes = {plane: f"{file.size} bytes" for plane, file in told.items() if file.size is not None}
    for values in (digests, sizes):
        if len(set(values.values())) > 1:
            yield failed(f"{filename}: {_by_plane(values)}")
            return
    later = "Ask once more later: one of them is from a cache."
    yanked = {plane: _yanked(file) for plane, file in told.items()}
    if len(set(yanked.values())) > 1:
        yield warned(f"{filename}: {_by_plane(yanked)}", fix=later)
    pythons = {plane: file.requires_python for plane, file in told.items() if file.requires_python}
    if not all(same_specifier(one, next(iter(pythons.values()))) for one in pythons.values()):
        yield warned(f"{filename}: {_by_plane(pythons)}", fix=later)


def _disputed(facts: Facts) -> Iterator[tuple[Plane, str]]:
    for plane in SIMPLE:
        page = facts.planes[plane].page if plane in facts.planes else None
        yield from ((plane, name) for name in (page.disputed if page is not None else ()))


def _of_disputed(plane: Plane, filename: str) -> Verdict:
    return failed(f"{plane} lists {filename} twice, with different digests")


def _yanked(file: File) -> str:
    return "not yanked" if file.yanked is None else "yanked"


def _by_plane(values: dict[Plane, str]) -> str:
    return ", ".join(f"{plane} has {value}" for plane, value in values.items())
