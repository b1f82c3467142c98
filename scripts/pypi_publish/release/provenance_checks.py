"""Who made the files: is there proof of it, and does it name whom it should."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pypi_publish.check import check
from pypi_publish.preflight.release_tags import canonical, names_version, tag_version
from pypi_publish.release.identity import Expected
from pypi_publish.release.model import Answers, Facts, Mode
from pypi_publish.release.provenance import Attested, ProvenanceFacts
from pypi_publish.release.signer import (
    Difference,
    Signer,
    differences,
    disagreement,
    flaws_of_subject,
    signers_of,
)
from pypi_publish.release.words import files_of, listed
from pypi_publish.verdict import Verdict, failed, passed, skipped, unanswered, unknown, warned

_DOCS = "https://docs.pypi.org/attestations/"
_MOST_COMMITS = 3  # that are told apart
_NONE = "no file has an attestation, as after an upload with a token"
_UNSUPPORTED = "the index tells nothing of provenance"
_EXTRA = "uv run --with pypi-attestations, or pip install pypi-publish[attest], checks them"


@check(
    "attestations",
    expects="Every file has attestations, or none has",
    remedy="Publish all files in one run of the workflow, with Trusted Publishing.",
    docs=_DOCS + "producing-attestations/",
)
def attestations(facts: Facts) -> Answers:
    """An attestation says which workflow of which repository made a file. Where some files have
    one and others do not, the others came another way: from somebody's machine, maybe.
    """
    told = facts.provenance
    required = facts.wanted.provenance is Mode.REQUIRE
    if told is None or not told.files:
        unheard = told is not None and not told.supported
        yield failed(_UNSUPPORTED) if required and unheard else _nothing(facts)
        return
    yield from _by_answer(
        (one.filename, _of_silence(one, required=required)) for one in told.silent
    )
    hollow = [one for one in told.attested if not one.statements]
    if (told.bare and (told.attested or required)) or hollow:
        without = listed(one.filename for one in [*told.bare, *hollow])
        because = f"no attestation for {without}"
        yield failed(because) if required else warned(because)
    elif told.bare:
        yield skipped(_NONE)
    elif told.attested and not told.silent:
        yield passed(f"{files_of(told.attested)}, by {listed(_publishers(told.attested))}")


@check(
    "attested-file",
    expects="Each attestation speaks of the file that it stands beside",
    remedy="Do not use this release. Tell security@pypi.org, and release a new version.",
    docs=_DOCS + "consuming-attestations/",
)
def attested_file(facts: Facts) -> Answers:
    """The statement that was signed holds a name and a digest. Another digest means that other
    bytes were signed than those that the index gives out.
    """
    told = _attested(facts)
    if isinstance(told, Verdict):
        yield told
        return
    flaws = [(one.filename, flaw) for one in told.attested for flaw in flaws_of_subject(one)]
    yield from _by_answer(flaws)
    if not flaws:
        yield passed(f"signed were these names and digests: {files_of(told.attested)}")


@check(
    "attestation-certificate",
    expects="The certificate of each attestation is one of the publisher",
    remedy="Do not use this release. Tell security@pypi.org, and release a new version.",
    docs=_DOCS + "security-model/",
)
def attestation_certificate(facts: Facts) -> Answers:
    """A certificate is made for one run of one workflow. The index compares it with the publisher
    at the upload, so one of another repository does not belong there.
    """
    told = _attested(facts)
    if isinstance(told, Verdict):
        yield told
        return
    signed = [(one.filename, disagreement(by)) for one in told.attested for by in signers_of(one)]
    bad = [(name, verdict) for name, verdict in signed if verdict is not None]
    yield from _by_answer(bad)
    if not bad:
        yield passed(f"made for the publisher that the index names: {files_of(told.attested)}")


@check(
    "attestation-signature",
    expects="The signature of each attestation holds",
    remedy="Do not use this release. Tell security@pypi.org, and release a new version.",
    docs=_DOCS + "consuming-attestations/",
)
def attestation_signature(facts: Facts) -> Answers:
    """Without it, all that is known is what the index says. It is verified with Sigstore's keys
    against the bytes of the files.
    """
    told = _attested(facts)
    if isinstance(told, Verdict):
        yield told
        return
    if told.unverified:
        because = f"the signatures were not checked: {told.unverified}; {_EXTRA}"
        yield warned(because) if facts.wanted.provenance is Mode.REQUIRE else skipped(because)
        return
    signatures = [(one.filename, by) for one in told.attested for by in one.signatures]
    yield from _by_answer(
        (name, failed(by.because)) for name, by in signatures if by.holds is False
    )
    yield from _by_answer(
        (name, unanswered(by.because) if by.unanswered else unknown(by.because))
        for name, by in signatures
        if by.holds is None
    )
    if not signatures:
        yield skipped("there is no attestation whose signature could be checked")
    elif all(by.holds for _, by in signatures):
        yield passed(f"verified by pypi-attestations: {files_of({name for name, _ in signatures})}")


@check(
    "publisher-identity",
    expects="The files were published by the repository and workflow that they should be",
    remedy="Find out who published: the log of the project on the index names each publisher.",
    docs="https://docs.pypi.org/trusted-publishers/security-model/",
)
def publisher_identity(facts: Facts) -> Answers:
    """A valid signature of somebody else proves nothing about this project. Compared are the
    options, else the current folder: its git remotes, the project's URLs and its publishing jobs.
    """
    told = facts.provenance
    expected = told.expected if told is not None else None
    if told is None or not told.files:
        yield _nothing(facts)
    elif expected is None:
        silence = "; ".join(told.here.silences)
        yield unknown(silence) if silence else skipped("nothing says who should have published")
    elif not told.attested:
        yield _unproven(told, expected)
    else:
        bad = [
            (one.filename, verdict)
            for one in told.attested
            for by in signers_of(one)
            for verdict in _against(facts, by, expected)
        ]
        yield from _by_answer(bad)
        if expected.asked and told.bare:
            yield failed(f"nothing says who made {listed(one.filename for one in told.bare)}")
        elif not bad:
            yield passed(f"as expected, {listed(_publishers(told.attested))}")


@check(
    "one-publisher",
    expects="All files come from one publisher and one commit",
    remedy="Publish all files of a release in one run of the workflow.",
    docs=_DOCS + "security-model/",
)
def one_publisher(facts: Facts) -> Answers:
    """A file that was added by another workflow, or from another commit, is not what the others
    were built from.
    """
    told = _attested(facts)
    if isinstance(told, Verdict):
        yield told
        return
    signed = [(one.filename, by) for one in told.attested for by in signers_of(one)]
    repositories = {by.publisher.identity[:2] for _, by in signed}
    publishers = {by.publisher.identity: by.publisher.said for _, by in signed}
    commits = {by.commit: name for name, by in signed if by.commit}
    if len(repositories) > 1:
        yield failed(f"published by {' and '.join(publishers.values())}")
    elif len(publishers) > 1:
        yield warned(f"published by {' and '.join(publishers.values())}")
    elif len(commits) > 1:
        built = (f"{name} from {commit[:12]}" for commit, name in commits.items())
        yield warned(f"built from {len(commits)} commits: {listed(built)}")
    else:
        commit = f", commit {next(iter(commits))[:12]}" if commits else ""
        yield passed(f"{next(iter(publishers.values()))}{commit}")


@check(
    "publisher-history",
    expects="The publisher is that of the release before",
    remedy="See whether the move was meant: each owner of the project can look at its publishers.",
    docs="https://docs.pypi.org/trusted-publishers/security-model/",
)
def publisher_history(facts: Facts) -> Answers:
    """Who takes over an account publishes from somewhere else, or without attestations: in May
    2026 a release of mistralai came so, beside the workflow that all others had come from.
    """
    told = facts.provenance
    if told is None or not told.files:
        yield _nothing(facts)
        return
    before = [one for one in told.files_before if one.silence is None]
    if told.before is None:
        yield skipped("there is no release before this one to compare with")
    elif told.files_before and not before:
        silent = _of_silence(told.files_before[0])
        yield replace(silent, because=f"{told.before}: {silent.because}")
    else:
        yield _compared(told, told.before, [one for one in before if one.provenance is not None])


@check(
    "built-from-tag",
    expects="The files were built from the commit that the tag of the version names",
    remedy="Find out which commit was built; do not move the tag to it.",
    docs="https://docs.pypi.org/attestations/publish/v1/",
)
def built_from_tag(facts: Facts) -> Answers:
    """People read the source at the tag. Where the files were built from another commit they read
    something else than what they install.
    """
    told = _attested(facts)
    if isinstance(told, Verdict):
        yield told
        return
    signers = dict.fromkeys(by for one in told.attested for by in signers_of(one))
    answers = dict.fromkeys(_of_tag(facts, told.here.tags, by) for by in signers)
    worst_first = sorted(answers, key=lambda answer: answer.status != "warn")
    yield from worst_first[:_MOST_COMMITS]


def _of_silence(file: Attested, *, required: bool = False) -> Verdict:
    """Return that it is not known who made a file; a mirror that points away will never tell."""
    because = file.silence or ""
    return unknown(because) if file.elsewhere and not required else unanswered(because)


def _compared(told: ProvenanceFacts, version: str, attested_before: Sequence[Attested]) -> Verdict:
    before = {by.identity: by.said for one in attested_before for by in one.publishers}
    now = {by.identity: by.said for one in told.attested for by in one.publishers}
    if not before and not now:
        return skipped(f"neither this release nor {version} has attestations")
    if not before:
        return passed(f"{version} has no attestations, this release has")
    was = " and ".join(before.values())
    if not now and told.silent:
        return unknown(f"{version} is by {was}, of this release that is not known")
    if not now:
        because = f"{version} has attestations by {was}, this release has none"
        return warned(because, fix="Find out how it was uploaded, and by whom.")
    new = [said for identity, said in now.items() if identity not in before]
    if new:
        return warned(f"{version} is by {was}, this release by {' and '.join(new)}")
    return passed(f"{version} is by {was}, too")


def _of_tag(facts: Facts, tags: Mapping[str, str], by: Signer) -> Verdict:
    tag = by.ref.removeprefix("refs/tags/") if by.ref.startswith("refs/tags/") else None
    own = {name for name in tags if names_version(name, facts.version, facts.name)}
    moved = [name for name in sorted(own) if by.commit and tags[name] != by.commit]
    if moved and len(moved) == len(own):
        return warned(
            f"built from commit {by.commit[:12]}, {moved[0]} is {tags[moved[0]][:12]} here"
        )
    if tag is None:
        where = by.ref.removeprefix("refs/heads/") or "somewhere that the certificate does not tell"
        return skipped(f"built from {where}, not from a tag")
    named = tag_version(tag)
    if named is None or named == canonical(facts.version):
        return passed(f"built from {tag}, commit {by.commit[:12] or 'not told'}")
    return warned(f"built from the tag {tag}, the version is {facts.version}")


def _against(facts: Facts, by: Signer, expected: Expected) -> Iterator[Verdict]:
    """Yield what speaks against a signer; an identity that fits is enough."""
    if expected.identities:
        found = [differences(by, identity) for identity in expected.identities]
        nearest = min(found, key=lambda one: (sum(d.found is not None for d in one), len(one)))
        yield from _of_differences(facts, by, expected, nearest)
    if expected.commit and not by.commit:
        yield failed(f"no certificate names a commit, so nothing shows {expected.commit}")
    elif expected.commit and not by.commit.lower().startswith(expected.commit):
        yield failed(f"built from commit {by.commit}, not from {expected.commit}")


def _of_differences(
    facts: Facts, by: Signer, expected: Expected, found: Sequence[Difference]
) -> Iterator[Verdict]:
    told = [one for one in found if one.found is not None]
    # An older release may come from a workflow that has got another name since.
    certain = {"kind", "repository", *expected.asked}
    if facts.wanted.version is None:
        certain |= {"workflow", "environment"}
    if told:
        because = f"published by {by.publisher.said}: {', '.join(one.said for one in told)}"
        yield failed(because) if certain & {one.field for one in told} else warned(because)
        return
    for one in found:
        if one.field in expected.asked:
            whose = f"the {one.field} of {by.publisher.said}"
            yield failed(f"{whose} is not told, so nothing shows that it is {one.wanted}")


def _unproven(told: ProvenanceFacts, expected: Expected) -> Verdict:
    if told.silent:
        return unknown("who published was not answered")
    if not expected.asked:
        return skipped(_NONE)
    return failed(
        f"{_NONE}, so nothing shows the {' and '.join(sorted(expected.asked))} that was asked for",
        fix="Publish with Trusted Publishing and attestations, or leave out what cannot be shown.",
    )


def _nothing(facts: Facts) -> Verdict:
    """Return why there is nothing to judge."""
    if facts.wanted.provenance is Mode.OFF:
        return skipped("--provenance off")
    if "provenance" in facts.silences:
        return unanswered(facts.silences["provenance"])
    if facts.provenance is not None and not facts.provenance.supported:
        return skipped(_UNSUPPORTED)
    return skipped("there is no file of which to ask who made it")


def _attested(facts: Facts) -> ProvenanceFacts | Verdict:
    """Return the facts where there is an attestation, else why there is none."""
    told = facts.provenance
    if told is None or not told.files:
        return _nothing(facts)
    if told.attested:
        return told
    return unknown("who made the files was not answered") if told.silent else skipped(_NONE)


def _by_answer(found: Iterable[tuple[str, Verdict]]) -> Iterator[Verdict]:
    """Yield each answer once, with the files that it is about."""
    files: dict[Verdict, dict[str, None]] = {}
    for name, verdict in found:
        files.setdefault(verdict, {})[name] = None
    for verdict, names in files.items():
        yield replace(verdict, because=f"{listed(names)}: {verdict.because}")


def _publishers(files: Iterable[Attested]) -> Iterable[str]:
    return dict.fromkeys(by.said for one in files for by in one.publishers)
