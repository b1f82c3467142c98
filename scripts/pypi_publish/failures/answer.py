"""Puts what was found into the one answer: the cause, the evidence, and the way out."""

from collections.abc import Iterable
from dataclasses import dataclass

from pypi_publish.failures.bare import guess
from pypi_publish.failures.catalogue import Catalogue, FailureClass
from pypi_publish.failures.claims import claims_in
from pypi_publish.failures.clean import Line
from pypi_publish.failures.elsewhere import elsewhere
from pypi_publish.failures.match import Hit
from pypi_publish.failures.mismatch import Mismatch, explained
from pypi_publish.failures.rank import Kind, Ranking, rank
from pypi_publish.failures.registered import Registered
from pypi_publish.failures.story import Story, telling
from pypi_publish.failures.subject import subject_of
from pypi_publish.report.answer import AlsoSeen, Answer, Confidence, Evidence, Uploads

_MOST_EVIDENCE = 8
_MOST_ALSO = 8
_LONGEST = 500
DOCS = "https://docs.pypi.org/"


def answer(story: Story, catalogue: Catalogue, registered: Registered | None = None) -> Answer:
    """Explain a log."""
    ranking = rank(story, catalogue)
    makers = {
        Kind.NAMED: _named,
        Kind.REFUSED: _refused,
        Kind.SUCCESS: _succeeded,
        Kind.OTHER: _other,
        Kind.UNFINISHED: _unfinished,
        Kind.UNKNOWN: _unknown,
    }
    return makers[ranking.kind](_Case(story, catalogue, ranking, registered))


@dataclass(frozen=True, slots=True)
class _Case:
    story: Story
    catalogue: Catalogue
    ranking: Ranking
    registered: Registered | None

    @property
    def also(self) -> tuple[AlsoSeen, ...]:
        seen = [(hit, self.catalogue[hit.name]) for hit in self.ranking.also]
        kept = [(hit, failure) for hit, failure in seen if not failure.wrapper][:_MOST_ALSO]
        return tuple(
            AlsoSeen(
                class_=failure.id,
                category=failure.category,  # type: ignore[arg-type]  # a test holds the words
                title=failure.title,
                line=hit.number,
            )
            for hit, failure in kept
        )


def _named(case: _Case) -> Answer:
    cause = case.ranking.cause
    assert cause is not None  # noqa: S101 - that is what "named" means
    failure = case.catalogue[cause.name]
    claims = claims_in(case.story)
    subject = subject_of(case.story, cause)
    summary, fix, form = subject.named_in(failure.cause), failure.fix, None
    evidence = list(_evidence_of(case, cause))
    uploads = _uploads(case, cause)
    if uploads is not None and failure.stage in ("upload", "metadata", "network", "credentials"):
        summary += _of_partial(uploads)
    if failure.category == "publisher-mismatch":
        mismatch: Mismatch = explained(failure, case.story, claims, case.registered)
        summary, fix, form = mismatch.summary, mismatch.fix, mismatch.form
        evidence += [_evidence(hit.line) for hit in mismatch.evidence]
    return Answer(
        class_=failure.id,
        category=failure.category,  # type: ignore[arg-type]  # a test holds the words
        title=failure.title,
        summary=summary,
        fix=tuple(subject.named_in(step) for step in fix),
        retry=failure.retry,  # type: ignore[arg-type]  # a test holds the words
        confidence=_confidence(cause, failure),
        evidence=_distinct(evidence),
        claims=claims.values if claims else None,
        publisher_form=form,
        uploads=uploads,
        also=case.also,
        docs=_docs(failure),
    )


def _of_partial(uploads: Uploads) -> str:
    """Say what became of the other files, where some are up."""
    if not uploads.uploaded:
        return ""
    return (
        f" Before that {', '.join(uploads.uploaded[:6])} went up: the release is there in part."
        " The same files may be sent again, those that are up are accepted as identical; what is"
        " lacking has to follow within 14 days of the first file."
    )


def _confidence(cause: Hit, failure: FailureClass) -> Confidence:
    if failure.wrapper or not failure.fatal:
        return "medium"
    return "high" if cause.framed or cause.leads or cause.weight > 30 else "medium"


def _docs(failure: FailureClass) -> str | None:
    if failure.category in ("publisher-mismatch", "oidc-permission", "oidc-other"):
        return DOCS + "trusted-publishers/troubleshooting/"
    if failure.category == "attestation":
        return DOCS + "attestations/"
    return failure.source if failure.source.startswith("https://") else None


def _refused(case: _Case) -> Answer:
    guessed = guess(case.story)
    failure = case.catalogue[guessed.name]
    evidence = [_evidence(guessed.refusal.line)]
    if case.ranking.cause is not None:
        evidence += _evidence_of(case, case.ranking.cause)
    uploads = _uploads(case, case.ranking.cause)
    return Answer(
        class_=failure.id,
        category=failure.category,  # type: ignore[arg-type]  # a test holds the words
        title=failure.title,
        summary=guessed.filled(failure.cause) + (_of_partial(uploads) if uploads else ""),
        fix=tuple(guessed.filled(step) for step in failure.fix),
        retry=failure.retry,  # type: ignore[arg-type]  # a test holds the words
        confidence=failure.confidence,  # type: ignore[arg-type]  # a test holds the words
        evidence=_distinct(evidence),
        uploads=uploads,
        also=case.also,
    )


def _succeeded(case: _Case) -> Answer:
    story = case.story
    shown = [*story.published, *story.ended_well]
    skipped = story.skipped
    summary = "The log shows no failure."
    if story.published:
        summary = "The log shows an upload that the index accepted."
    if skipped:
        summary += (
            f" {len(skipped)} file(s) were skipped because the index has them already: if "
            f"this was to be a new release, its version was not raised."
        )
    return Answer(
        class_="published" if story.published else "no-failure",
        category="success",
        title="The publish worked" if story.published else "No failure in this log",
        summary=summary,
        fix=(),
        retry="none",
        confidence="high" if shown else "medium",
        evidence=_distinct(_evidence(hit.line) for hit in shown[:_MOST_EVIDENCE]),
        uploads=_uploads(case, None),
        also=case.also,
    )


def _other(case: _Case) -> Answer:
    story = case.story
    failed = elsewhere(story)
    why = f" Its exit code says: {failed.why}." if failed.why else ""
    lines = [_evidence(failed.place.line)] if failed.place else []
    return Answer(
        class_="not-a-publish-failure",
        category="not-a-publish-failure",
        title=f"Not a publish failure: {failed.what}",
        summary=f"What failed is {failed.what}{failed.where}.{why} {_of_publishing(story)}",
        fix=(
            "Mend what failed; the lines under evidence show where it begins.",
            _AFTER_IT if story.published else _BEFORE_IT,
        ),
        retry="none",
        confidence="high" if failed.known else "medium",
        evidence=_distinct([*lines, *_last_lines(story)]),
        uploads=_uploads(case, None),
        also=case.also,
    )


_AFTER_IT = "The version is on the index: run only what came after the upload again."
_BEFORE_IT = (
    "Then start a new run of the publishing workflow on a commit that holds the cure: a rerun"
    " takes the old commit."
)


def _of_publishing(story: Story) -> str:
    if story.published:
        return f"The upload itself had worked before (line {story.published[-1].number})."
    return "Nothing in this log shows an upload to a package index that was refused."


def _unfinished(case: _Case) -> Answer:
    story, upload = case.story, case.ranking.cause
    assert upload is not None  # noqa: S101 - that is what "unfinished" means
    stopped = story.cancelled[:1]
    how = "The run was cancelled during" if stopped else "The log ends in the middle of"
    return Answer(
        class_="run-cancelled" if stopped else "log-ends-early",
        category="not-a-publish-failure" if stopped else "unknown",
        title=f"{how} the upload",
        summary=(
            f"{how} the upload of {upload.varying[0]}: nothing says whether the index took it."
        ),
        fix=(
            "Look on the index which files of this version are there; what is there stays as it is.",
            "Run the same job again: files that are there are accepted as identical, the others follow.",
            "Where only the log is short, get the whole of it (`gh run view RUN --log`) and diagnose that.",
        ),
        retry="rerun-same-version",
        confidence="high" if stopped else "medium",
        evidence=_distinct(_evidence(hit.line) for hit in (upload, *stopped)),
        also=case.also,
    )


def _unknown(case: _Case) -> Answer:
    story = case.story
    return Answer(
        class_="unknown",
        category="unknown",
        title="A failure that the catalogue does not know",
        summary=(
            "No message in it can be named. The most telling lines are under evidence."
            if story.is_a_quotation
            else "The log shows a publish that failed, and no message that can be named. The "
            "most telling lines are under evidence."
        ),
        fix=(
            "Read the lines under evidence; the first error is more often the cause than the last.",
            (
                "Run the upload again with `verbose: true` (publish action) or "
                "`--verbose` (twine), and diagnose that log."
            ),
        ),
        retry="none",
        confidence="low",
        evidence=_distinct(_last_lines(story)),
        claims=claims.values if (claims := claims_in(story)) else None,
        uploads=_uploads(case, None),
        also=case.also,
    )


def _last_lines(story: Story) -> list[Evidence]:
    lines = [hit.line for hit in story.errors[:3]]
    lines += list(telling(story.reading.tail))[-5:]
    return [_evidence(line) for line in lines or list(story.reading.tail)[-3:]]


def _evidence_of(case: _Case, cause: Hit) -> Iterable[Evidence]:
    """Yield the lines of the cause, each time that it was given."""
    for hit in case.story.reading.found.of(cause.name)[:3]:
        yield Evidence(line=hit.number, text=hit.text[:_LONGEST], file=hit.line.file or None)


def _evidence(line: Line) -> Evidence:
    return Evidence(line=line.number, text=line.text.strip()[:_LONGEST], file=line.file or None)


def _distinct(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    kept = {(item.file, item.line, item.text[:60]): item for item in evidence if item.text.strip()}
    return tuple(sorted(kept.values(), key=lambda item: (item.file or "", item.line or 0)))[
        :_MOST_EVIDENCE
    ]


def _uploads(case: _Case, cause: Hit | None) -> Uploads | None:
    told = case.story.uploads(cause)
    if not (told.done or told.refused or told.skipped):
        return None
    return Uploads(
        uploaded=told.done, refused=told.refused, skipped=told.skipped, not_tried=told.not_tried
    )
