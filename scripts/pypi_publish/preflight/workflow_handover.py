"""Do the files that were built reach the job that publishes them?"""

from collections.abc import Iterable, Iterator

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.workflow_trigger import nothing_to_judge
from pypi_publish.verdict import Verdict, failed, passed, skipped
from pypi_publish.workflow.github import GithubJob
from pypi_publish.workflow.handover import (
    DOWNLOAD,
    UPLOAD,
    alike,
    artifacts_of,
    builds,
    builds_while_publishing,
    fetches_of,
    fixed_names,
    folders_built_into,
    may_fetch,
    meet,
    moves_files,
    refused_sign,
    upload_folder,
    uploaded_paths,
)
from pypi_publish.workflow.pipelines import Pipelines, PublishingJob
from pypi_publish.workflow.publishing import PUBLISH_ACTION

_DOWNLOAD = "https://github.com/actions/download-artifact#readme"
_KEPT_ARTIFACTS = 4  # GitHub refuses the artifact actions before v4 since January 2025


@check(
    "artifact-handover",
    expects="The files that a job built arrive where the publishing job looks for them",
    remedy="Use one name for upload and download, and download into the folder that is uploaded.",
    docs=_DOWNLOAD,
)
def artifact_handover(facts: Facts) -> Answers:
    """
    Names are matched exactly, and without a name every artifact gets a folder of its own: the
    upload then finds no file, after the tag is public.
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    for job, view in facts.pipelines.on_github:
        fetches = list(fetches_of(view))
        if not fetches:
            yield _nothing_fetched(job, view)
            continue
        wrong = [*_refused(job, view, facts.pipelines)]
        wrong += _not_handed_over(job, view, facts.pipelines)
        yield from wrong or [passed(f"{job.said} gets what was built", fetches[0].place)]


def _nothing_fetched(job: PublishingJob, view: GithubJob) -> Verdict:
    if any(builds(step) for step in view.steps) or "setup.py" in {u.tool for u in job.uploads}:
        return skipped(f"{job.said} builds by itself", job.place)
    if any(builds_while_publishing(upload) for upload in job.uploads) or moves_files(view):
        return skipped(f"{job.said} gets its files by a command", job.place)
    if any(
        item.step is not None and not item.words and item.tool != PUBLISH_ACTION
        for item in job.uploads
    ):
        return skipped(f"{job.said} leaves it to an action", job.place)
    if any(step.action == DOWNLOAD for step in view.steps):
        return skipped(f"{job.said} gets its files from another run", job.place)
    if any(step.run is not None or may_fetch(step) for step in view.steps):
        return skipped(f"how {job.said} gets its files cannot be read", job.place)
    return failed(f"{job.said} neither builds nor downloads what it is to upload", job.place)


def _not_handed_over(
    job: PublishingJob, view: GithubJob, pipelines: Pipelines
) -> Iterator[Verdict]:
    sources = pipelines.sources(view)
    opaque = [source for source in sources if source.uses and not pipelines.called(source)]
    made = list(artifacts_of([*sources, *view.workflow.jobs.values()]))
    names = [artifact.name for artifact in made]
    folders: set[str] = set()
    for fetch in fetches_of(view):
        taken = [artifact for artifact in made if fetch.takes(artifact.name)]
        folders |= {folder for artifact in taken for folder in fetch.folders(artifact)}
        if not taken and not opaque and not _uses_local_action(view, sources):
            wanted = fetch.name or fetch.pattern or "any"
            because = f"Unable to download artifact(s): Artifact not found for name: {wanted}"
            uploaded = ", ".join(sorted(set(names))) or "nothing"
            yield failed(f"{job.said}: {because}; uploaded is {uploaded}", fetch.place)
            return
    yield from _wrong_folder(job, view, folders)
    yield from _not_waited_for(job, view, [item.job for item in made], sources)


def _refused(job: PublishingJob, view: GithubJob, pipelines: Pipelines) -> Iterator[Verdict]:
    """Yield what GitHub itself does not let through."""
    parts = {(part.file, part.name): part for part in (view, *pipelines.sources(view))}.values()
    for part in parts:
        for step in part.steps:
            version = pipelines.action_version(step) if step.action in (UPLOAD, DOWNLOAD) else None
            if version is not None and version[0] < _KEPT_ARTIFACTS:
                because = (
                    f"{job.said}: This request has been automatically failed because it uses a "
                    f"deprecated version of `{step.action}: v{version[0]}`"
                )
                yield failed(because, step.place, "Use one current major version of both actions.")
            sign = refused_sign(step)
            if sign is not None:
                because = (
                    f"job {part.name}: The artifact name is not valid. Contains the following "
                    f"character: {sign}"
                )
                yield failed(because, step.place, "Use `github.ref_name` and a plain name.")
        yield from _nothing_kept(part)
    yield from _named_twice(parts)


def _named_twice(parts: Iterable[GithubJob]) -> Iterator[Verdict]:
    """Yield where two jobs, or two of a matrix, upload an artifact of one name."""
    taken: dict[str, str] = {}
    for part in parts:
        for name, step in fixed_names(part):
            if name in taken or part.job.is_repeated:
                who = f"{taken[name]} and {part.name}" if name in taken else f"each of {part.name}"
                because = (
                    f"the artifact {name} is uploaded by {who}: (409) Conflict: an artifact with "
                    "this name already exists on the workflow run"
                )
                fix = "Give each a name of its own; download with pattern and merge-multiple."
                yield failed(because, step.place, fix)
            taken[name] = part.name


def _nothing_kept(part: GithubJob) -> Iterator[Verdict]:
    """Yield where a job builds into one folder and keeps the files of others alone."""
    built = folders_built_into(part)
    keeping = [step for step in part.steps if step.action == UPLOAD]
    paths = [path for step in keeping for path in uploaded_paths(step)]
    unclear = any("$" in path for path in paths)
    if not built or not paths or unclear or any(meet(one, two) for one in built for two in paths):
        return
    because = (
        f"job {part.name} builds into {', '.join(sorted(built))} and uploads {', '.join(paths)}: "
        "No files were found with the provided path"
    )
    yield failed(because, keeping[0].place, "Let `path:` name the folder that is built into.")


def _wrong_folder(job: PublishingJob, view: GithubJob, folders: set[str]) -> Iterator[Verdict]:
    for upload in job.uploads:
        folder = upload_folder(upload)
        if folder is None or not folders or moves_files(view):
            continue
        if not any(alike(folder, found) for found in folders):
            shown = ", ".join(sorted(folders)[:3])
            because = f"{job.said} uploads from {folder}, the artifacts lie in {shown}"
            yield failed(because, upload.place, "Add `merge-multiple: true`, or match the paths.")


def _not_waited_for(
    job: PublishingJob, view: GithubJob, makers: list[str], sources: tuple[GithubJob, ...]
) -> Iterator[Verdict]:
    waited = {source.name for source in sources} | {view.name}
    if makers and not waited & set(makers):
        because = f"{job.said} does not wait for {makers[0]}, which uploads its artifact"
        yield failed(because, job.place, f"Add `needs: [{makers[0]}]` to the job.")


def _uses_local_action(view: GithubJob, sources: tuple[GithubJob, ...]) -> bool:
    """Return whether an artifact may come out of an action whose steps are not looked at here."""
    jobs = (view, *sources)
    return any(step.action.startswith(("./", "$/")) for job in jobs for step in job.steps)
