"""Who made the files of a release, as the index tells it or a file that was kept of it."""

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pypi_publish.errors import Malformed, NothingToInspect, Unanswered
from pypi_publish.index.model import File, parsed
from pypi_publish.index.provenance import (
    ACCEPT,
    LARGEST,
    Attestation,
    Provenance,
    Publisher,
    UnreadableProvenance,
    read_provenance_object,
)
from pypi_publish.release.certificate import (
    SigningCertificate,
    UnreadableCertificate,
    read_certificate,
)
from pypi_publish.release.identity import (
    Expected,
    Surroundings,
    expected_identity,
    read_surroundings,
)
from pypi_publish.release.model import AT_ONCE, Facts, Mode

if TYPE_CHECKING:
    from pypi_publish.index.client import IndexClient

_TAKE = 180.0  # seconds, all together
_MOST_OF_BEFORE = 2  # files of the previous release
_KEPT = (".json", ".provenance")  # of a folder, which may hold the release itself, too
_MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class Signature:
    """What came of verifying one attestation."""

    holds: bool | None  # None: it could not be verified
    because: str
    unanswered: bool = False  # a server's silence is what stood in the way


class Statement(NamedTuple):
    """An attestation with what is known of it."""

    attestation: Attestation
    certificate: SigningCertificate | str  # why it is not known
    signature: Signature | None  # None: nobody verified it


@dataclass(frozen=True)
class Attested:
    """What is known of who made one file."""

    filename: str
    sha256: str | None = None  # of the file, as the index has it; without an index, of the file
    provenance: Provenance | None = None  # None: there is none, or `silence` says why not
    silence: str | None = None
    elsewhere: bool = False  # a mirror names a host that is not asked: no silence of a server
    foreign: bool = False  # it is no file of the release
    signatures: tuple[Signature, ...] = ()  # one for each attestation, or none

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        attestations = self.provenance.attestations if self.provenance else ()
        signatures = self.signatures or [None] * len(attestations)
        pairs = zip(attestations, signatures, strict=True)
        return tuple(Statement(one, _certificate(one.certificate), by) for one, by in pairs)

    @property
    def publishers(self) -> tuple[Publisher, ...]:
        return self.provenance.publishers if self.provenance else ()


@dataclass(frozen=True)
class ProvenanceFacts:
    """What is known of who made the files of a release."""

    files: tuple[Attested, ...] = ()
    supported: bool = True  # False: the index tells nothing of provenance
    expected: Expected | None = None
    here: Surroundings = field(default_factory=Surroundings)
    before: str | None = None  # the version of the release before this one
    files_before: tuple[Attested, ...] = ()  # some of its files
    unverified: str = ""  # why no signature was verified

    @cached_property
    def attested(self) -> tuple[Attested, ...]:
        return tuple(one for one in self.files if one.provenance is not None)

    @cached_property
    def bare(self) -> tuple[Attested, ...]:
        """The files that are known to have no attestation."""
        return tuple(one for one in self.files if one.provenance is None and one.silence is None)

    @cached_property
    def silent(self) -> tuple[Attested, ...]:
        return tuple(one for one in self.files if one.silence is not None)


def read_provenance(
    client: "IndexClient | None", facts: Facts, root: Path | None
) -> ProvenanceFacts:
    """Return who made the files; the folder that they are made in says whom to expect.

    Without a client nothing is asked: all there is comes from --provenance-file and --dist.
    """
    from pypi_publish.release.attest import with_signatures

    here = read_surroundings(root)
    told = ProvenanceFacts(here=here, expected=expected_identity(facts.wanted, here))
    if facts.wanted.provenance_file is not None:
        told = replace(told, files=_of_file(facts, facts.wanted.provenance_file))
    elif client is not None:
        told = _of_index(client, facts, told)
    return with_signatures(client, facts, told)


def _of_index(client: "IndexClient", facts: Facts, told: ProvenanceFacts) -> ProvenanceFacts:
    files = _asked(client, facts, facts.files, facts.version)
    if files is None:
        return replace(told, supported=False)
    before, some = _before(facts)
    return replace(
        told,
        files=tuple(files),
        before=before,
        files_before=tuple(_asked(client, facts, some, before or "") or ()),
    )


def _asked(
    client: "IndexClient", facts: Facts, files: Sequence[File], version: str
) -> list[Attested] | None:
    """Return what the index says of each file; None where it has nothing of the kind."""
    from pypi_publish.web import all_at_once

    doubtful = not _is_to_tell(facts, files)
    known: list[Attested] = []
    if files and doubtful:
        known = [_of_one(client, facts, files[0], version, once=True)]
        if known[0].silence is not None:
            return None
    rest = files[len(known) :]
    answers = all_at_once(
        lambda file: _of_one(client, facts, file, version),
        rest,
        seconds=_TAKE,
        at_once=AT_ONCE,
    )
    for file, answer in zip(rest, answers, strict=True):
        late = Attested(file.filename, file.sha256, silence="the index took too long")
        known.append(answer if isinstance(answer, Attested) else late)
    return None if doubtful and all(one.provenance is None for one in known) else known


def _is_to_tell(facts: Facts, files: Sequence[File]) -> bool:
    """Whether an index that tells nothing of provenance is to be reported."""
    required = facts.wanted.provenance is Mode.REQUIRE
    return required or facts.there.is_pypi or any(file.provenance for file in files)


def _of_one(
    client: "IndexClient", facts: Facts, file: File, version: str, *, once: bool = False
) -> Attested:
    from pypi_publish.index.client import same_host

    name, version = facts.normalized_name, file.version or version

    named = file.provenance or None
    own = named is not None and same_host(named, client.address.simple)
    url = named if named and own else client.address.provenance(name, version, file.filename)
    found = Attested(file.filename, file.sha256)
    try:
        provenance = _answered(client, url, once=once)
    except Unanswered as silence:
        return replace(found, silence=silence.message)
    except UnreadableProvenance as reason:
        return replace(found, silence=f"the index answers with no provenance object: {reason}")
    if provenance is None and named is not None:
        where = "" if own else " on its own host, and no other is asked"
        because = f"the Simple index names a provenance; there is none{where}"
        elsewhere = not own and not client.address.is_pypi
        return replace(found, silence=because, elsewhere=elsewhere)
    return replace(found, provenance=provenance)


def _answered(client: "IndexClient", url: str, *, once: bool) -> Provenance | None:
    from pypi_publish.index.client import ABSENT, same_host

    answer = client.ask(url, ACCEPT, once=once)
    if answer.status in ABSENT:
        return None
    if not same_host(answer.url, url):
        raise UnreadableProvenance("it sends on to another host")
    client.expect(answer, url)
    found = read_provenance_object(answer.body)
    return found if found.named else None


def _before(facts: Facts) -> tuple[str | None, Sequence[File]]:
    """Return the release before this one, and those of its files that are looked at."""
    version = parsed(facts.version)
    if version is None:
        return None, ()
    found = {
        one: [file for file in files if file.yanked is None]
        for one, files in facts.there.releases.items()
        if one < version
    }
    earlier = [one for one, files in found.items() if files]
    alike = [one for one in earlier if version.is_prerelease or not one.is_prerelease]
    latest = max(alike or earlier, default=None)
    if latest is None:
        return None, ()
    files = found[latest]
    wheels, sdists = [one for one in files if one.is_wheel], [one for one in files if one.is_sdist]
    return files[0].version, [*sdists[:1], *wheels[:1]][:_MOST_OF_BEFORE]


def _of_file(facts: Facts, path: Path) -> tuple[Attested, ...]:
    """Return what the provenance objects in a file, or in the files of a folder, say."""
    built = {item.path.name: item.sha256 for item in facts.artifacts or ()}
    known = {file.filename: file.sha256 for file in facts.files} or built
    found: dict[str, list[Attestation]] = {}
    for attestation in (one for body in _bodies(path) for one in _kept(body, path)):
        name = attestation.subjects[0].name
        found.setdefault(_same_name(name, known), []).append(attestation)
    # One file that was kept says nothing of the others.
    whole = path.is_dir() or facts.wanted.provenance is Mode.REQUIRE
    bare = [name for name in known if whole and name not in found]
    return (
        *(
            Attested(name, known.get(name), _joined(signed), foreign=_is_foreign(name, known))
            for name, signed in found.items()
        ),
        *(Attested(name, known[name]) for name in bare),
    )


def _joined(signed: Sequence[Attestation]) -> Provenance:
    return Provenance(tuple(signed), tuple(one.publisher for one in signed))


def _is_foreign(name: str, known: Mapping[str, str | None]) -> bool:
    return bool(known) and name not in known


def _same_name(name: str, known: Mapping[str, str | None]) -> str:
    """Return the file that is meant: a name in other letters may be the same to packaging."""
    same = [one for one in known if distribution_of(one) == distribution_of(name)]
    return same[0] if len(same) == 1 else name


def distribution_of(filename: str) -> tuple[object, ...] | str:
    """Return what a file name says, so that two spellings of one file are equal."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return filename


def _kept(body: bytes, path: Path) -> tuple[Attestation, ...]:
    try:
        found = read_provenance_object(body).attestations
    except UnreadableProvenance as reason:
        raise _malformed(path, str(reason)) from reason
    if not found or not all(one.subjects for one in found):
        raise _malformed(path, next((one.flaw for one in found if one.flaw), "it states nothing"))
    return found


def _malformed(path: Path, reason: str) -> Malformed:
    hint = "Give what the index answers at /integrity/NAME/VERSION/FILE/provenance."
    message = f"{path.name} is no provenance object: {reason}"
    return Malformed("malformed-provenance", message, hint)


def _bodies(path: Path) -> Iterator[bytes]:
    try:
        files = [one for one in _paths(path) if stat.S_ISREG(one.stat().st_mode)]
        for one in files:
            with one.open("rb") as stream:
                yield stream.read(LARGEST + 1)
    except OSError as error:
        raise _nothing(path, error.strerror or "it cannot be read") from error
    if not files:
        raise _nothing(path, f"there is no file that ends in {' or '.join(_KEPT)}")


def _paths(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [one for one in sorted(path.iterdir()) if one.name.endswith(_KEPT)][:_MOST_FILES]


def _nothing(path: Path, reason: str) -> NothingToInspect:
    hint = "Name the file that holds the provenance object, or a folder of such files."
    return NothingToInspect("no-provenance-file", f"{path}: {reason}", hint)


def _certificate(der: bytes) -> SigningCertificate | str:
    if not der:
        return "the index gives none"
    try:
        return read_certificate(der)
    except UnreadableCertificate as reason:
        return str(reason)
