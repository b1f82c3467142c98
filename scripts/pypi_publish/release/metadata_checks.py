"""Does the index tell installers of the release what its files say themselves?"""

from collections.abc import Iterator

from pypi_publish.artifacts.model import Artifact
from pypi_publish.check import check
from pypi_publish.core_metadata.names import normalized
from pypi_publish.core_metadata.parse import CoreMetadata, parse
from pypi_publish.core_metadata.versions import same_version
from pypi_publish.index.model import File
from pypi_publish.release.completeness import built
from pypi_publish.release.model import Answers, Facts, Served
from pypi_publish.release.planes import is_pypi, metadata_address, same_specifier
from pypi_publish.release.words import files_of, short
from pypi_publish.verdict import Verdict, failed, passed, skipped, unanswered, unknown

_REQUIRES = "Requires-Python"


@check(
    "requires-python",
    expects="The index tells the requires-python of the build",
    remedy="Publish a new version; what the index took from an upload cannot be edited.",
    docs="https://packaging.python.org/en/latest/guides/dropping-older-python-versions/",
)
def requires_python(facts: Facts) -> Answers:
    """Installers choose by what the index tells, before they have seen a file. When it is wrong or
    missing, users of an old Python get a release that does not run there.
    """
    if not facts.files:
        yield skipped(f"no plane shows {facts.shown}")
        return
    told = {file.requires_python for file in facts.files}
    if told == {None} and not is_pypi(facts):
        yield skipped(f"{facts.index.shown} tells no requires-python")
        return
    items = built(facts)
    verdicts = [
        verdict
        for file in facts.files
        for verdict in _of_python(facts, file, items.get(file.filename))
    ]
    good = ", ".join(sorted({file.requires_python or "none" for file in facts.files}))
    yield from verdicts or [passed(f"requires-python: {good}")]


@check(
    "core-metadata",
    expects="The metadata file beside each wheel is there, unchanged and of this release",
    remedy="Tell those who run the index: installers resolve dependencies with this file.",
    docs="https://packaging.python.org/en/latest/specifications/simple-repository-api/#serve-distribution-metadata-in-the-simple-api",
)
def core_metadata(facts: Facts) -> Answers:
    """pip and uv read the dependencies from this file instead of from the wheel. Whoever changes
    it changes what is installed, and the digest of the wheel still matches.
    """
    wheels = [file for file in facts.files if file.is_wheel and file.core_metadata]
    if not facts.files:
        yield skipped(f"no plane shows {facts.shown}")
    elif not wheels:
        what = "no wheel is there" if not any(file.is_wheel for file in facts.files) else ""
        yield skipped(what or f"{facts.index.shown} offers no metadata file beside the wheels")
    else:
        items = built(facts)
        verdicts = [
            verdict
            for file in wheels
            for verdict in _of_metadata(facts, file, items.get(file.filename))
        ]
        yield from verdicts or [passed(f"{files_of(wheels)} with metadata beside them")]


def _of_python(facts: Facts, file: File, item: Artifact | None) -> Iterator[Verdict]:
    """Yield that the index tells another requires-python than the file has."""
    source, metadata = _own_metadata(facts, file, item)
    if metadata is None:
        return
    own = metadata.first(_REQUIRES)
    if not same_specifier(own, file.requires_python):
        there = file.requires_python or "none"
        yield failed(f"{file.filename}: the index tells {there}, {source} has {own or 'none'}")


def _own_metadata(
    facts: Facts, file: File, item: Artifact | None
) -> tuple[str, CoreMetadata | None]:
    """Return what the file itself says: as it was built, else as its metadata file says."""
    if item is not None and item.metadata is not None:
        return "the build", item.metadata
    content = facts.served.get(metadata_address(file), Served()).content
    return "its metadata file", parse(content) if content else None


def _of_metadata(facts: Facts, file: File, item: Artifact | None) -> Iterator[Verdict]:
    """Yield what is wrong with the metadata file of one wheel."""
    name = f"{file.filename}.metadata"
    served = facts.served.get(metadata_address(file), Served())
    if served.refused:
        yield failed(f"{name}: {served.because}")
    elif served.status in (404, 410):
        yield failed(f"{name} is announced, and not there: installers stop at that")
    elif not served.is_there:
        because = served.because or (f"HTTP {served.status}" if served.status else "not asked for")
        yield unanswered(f"{name}: {because}")
    elif served.sha256 is None:
        yield unknown(f"{name} is too large to be compared")
    elif isinstance(file.core_metadata, str) and file.core_metadata != served.sha256:
        told = f"the index tells {short(file.core_metadata)}, it has {short(served.sha256)}"
        yield failed(f"{name}: {told}")
    else:
        yield from _of_contents(facts, file, item, parse(served.content))


def _of_contents(
    facts: Facts, file: File, item: Artifact | None, metadata: CoreMetadata
) -> Iterator[Verdict]:
    named = metadata.first("Name") or ""
    version = metadata.first("Version") or ""
    if normalized(named) != facts.normalized_name or not same_version(version, facts.version):
        yield failed(f"{file.filename}.metadata is of {named or 'no name'} {version}".rstrip())
        return
    own = item.metadata if item is not None and item.sha256 == file.sha256 else None
    if own is not None and own.fields != metadata.fields:
        yield failed(f"{file.filename}.metadata is not the METADATA of the built wheel")
