"""With whose rights does the job publish, and can PyPI recognise it?"""

import re
from collections.abc import Iterator

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.publisher import named_by_project
from pypi_publish.preflight.workflow_trigger import github_jobs, nothing_to_judge, publishing
from pypi_publish.project.repository import GITHUB as GITHUB_HOST
from pypi_publish.verdict import Place, Verdict, failed, passed, skipped, warned
from pypi_publish.workflow.github import GithubJob
from pypi_publish.workflow.handover import checks_out, may_fetch
from pypi_publish.workflow.pipelines import GITHUB, PublishingJob
from pypi_publish.workflow.publishing import PUBLISH_ACTION
from pypi_publish.workflow.uploads import PYPI, Origin, Upload

_USING = "https://docs.pypi.org/trusted-publishers/using-a-publisher/"
_TROUBLE = "https://docs.pypi.org/trusted-publishers/troubleshooting/"
_SECURITY = "https://docs.pypi.org/trusted-publishers/security-model/"
_PERMISSIONS = (
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions"
)
_ENVIRONMENTS = "https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments"
_NO_TOKEN = {
    "uv": "Failed to obtain OIDC token: is the `id-token: write` permission missing?",
    "twine": "TrustedPublishingFailure: Unable to retrieve an OIDC token from the CI platform for "
    "trusted publishing",
}
_UNSET = (
    "OpenID Connect token retrieval failed: GitHub: missing or insufficient OIDC token "
    "permissions, the ACTIONS_ID_TOKEN_REQUEST_TOKEN environment variable was unset"
)
_BASIC_REMOVED = (
    "Username/Password authentication is no longer supported. "
    "Migrate to API Tokens or Trusted Publishers instead."
)
_CERTIFICATE = (
    "400 Invalid attestations supplied during upload: the Certificate's Build Config URI does not "
    "match expected Trusted Publisher"
)
_BY_ACCIDENT = (
    "it looks for a publisher with the called file, in the caller's repository; where that is "
    "registered it works by accident, and without attestations only"
)
# Tools that cannot exchange an identity, and where a token for them would be written.
_REVOKE = (
    "A person revokes it on the index now, as it stays in the history of the repository; then "
    "publish with the job's identity."
)
_NEEDS_TOKEN = ("poetry", "hatch", "flit")
_SECRETS = re.compile(r"\bsecrets\s*(?:\[|\.(?!\s*GITHUB_TOKEN\b)|:\s*inherit)|\.pypirc|keyring")
_HOSTED = ("ubuntu-", "windows-", "macos-", "macOS-")
# What else asks GitHub for an identity: signing, provenance, pages, clouds.
_SIGNERS = (
    r"attest|sigstore|slsa|cosign|deploy-pages|configure-aws|google-github-actions/auth|azure/login|"
    r"codecov|docker|vault|scorecard|crates|npm|octo-sts|jfrog|anaconda|rubygems|goreleaser|claude"
)
_OTHER_MINTERS = re.compile(_SIGNERS + "|release|publish|pypi", re.IGNORECASE)
_NOT_FOR_PYPI = re.compile(_SIGNERS, re.IGNORECASE)


@check(
    "id-token-permission",
    expects="A job that publishes without a password may ask for an identity token",
    remedy="Give the publishing job `permissions: id-token: write`.",
    docs=_USING,
)
def id_token_permission(facts: Facts) -> Answers:
    """
    Trusted Publishing exchanges the run's identity for a token of fifteen minutes. GitHub hands
    the identity only to jobs with `id-token: write`; no default setting includes it.
    """
    jobs = github_jobs(facts)
    if not jobs:
        yield nothing_to_judge(facts)
        return
    for job, view in jobs:
        asking = (item for item in job.uploads if item.asks_for_identity)
        upload = next((item for item in asking if not job.logs_in_by_file(item)), None)
        if upload is not None:
            yield _permitted(job, view, upload)
        elif (helpless := _without_any_right(job, view)) is not None:
            because = f"{job.said}: {helpless.tool} knows no Trusted Publishing, and has no token"
            fix = "Publish with pypa/gh-action-pypi-publish, twine or `uv publish` instead."
            yield failed(because, helpless.place, fix)
        else:
            yield skipped(f"{job.said} does not use Trusted Publishing", job.place)


@check(
    "id-token-scope",
    expects="Only the publishing job may ask for an identity token",
    remedy="Move `id-token: write` from the workflow to the publishing job.",
    docs=_SECURITY,
)
def id_token_scope(facts: Facts) -> Answers:
    """
    Every step of a job that has the permission can publish: PyPI sees the workflow, not the job.
    In May 2026 the identity was read from a runner's memory by code of a poisoned cache.
    """
    jobs = [(job, view) for job, view in github_jobs(facts) if job.uses_oidc or view.mints]
    if facts.pipelines is None or not jobs:
        yield nothing_to_judge(facts)
        return
    publishing = {(view.file, view.name) for _, view in facts.pipelines.on_github}
    found = False
    for workflow in {view.file: view.workflow for _, view in jobs}.values():
        whole = workflow.permissions
        alone = all((job.file, job.name) in publishing for job in workflow.jobs.values())
        if whole is not None and whole.mints and not alone:
            found = True
            yield warned(
                "every job of the workflow has id-token: write", whole.place_of("id-token")
            )
        for job in workflow.jobs.values():
            own = job.own_permissions
            if (job.file, job.name) not in publishing and own and own.mints and not _has_use(job):
                found = True
                because = f"job {job.name} has id-token: write and nothing that needs it"
                yield warned(because, own.place_of("id-token"))
    if not found:
        yield passed("id-token: write stands at jobs that need it")


@check(
    "least-permissions",
    expects="A publishing job has no more rights than it needs",
    remedy="Give the job a `permissions:` block with `id-token: write` and what it needs besides.",
    docs=_PERMISSIONS,
)
def least_permissions(facts: Facts) -> Answers:
    """`write-all` gives whatever runs in the job the repository itself, besides the package."""
    jobs = github_jobs(facts)
    if not jobs:
        yield nothing_to_judge(facts)
        return
    for job, view in jobs:
        block = view.permissions
        if block is not None and block.everything == "write":
            yield warned(f"{job.said} may write everything", block.place)
        else:
            yield passed(f"{job.said} has no write-all", job.place)


@check(
    "checkout-permission",
    expects="A job that checks out a private repository may read it",
    remedy="Add `contents: read` to the permissions of the job.",
    docs=_PERMISSIONS,
)
def checkout_permission(facts: Facts) -> Answers:
    """
    A `permissions:` block takes away everything that it does not name. A public repository can be
    read all the same; in a private one the checkout ends with "repository not found".
    """
    if facts.pipelines is None or not facts.pipelines.on_github:
        yield nothing_to_judge(facts)
        return
    if any(one.is_on(GITHUB_HOST) for one in named_by_project(facts.project)):
        yield skipped("the project names a repository on GitHub, so everybody may read it")
        return
    found = False
    for workflow in facts.pipelines.release_workflows:
        for job in workflow.jobs.values():
            block = job.own_permissions
            if block is None or block.allows("contents") != "none":
                continue
            step = next((step for step in job.steps if checks_out(step)), None)
            if step is not None and step.input("token", "ssh-key", "repository") is None:
                found = True
                because = f"job {job.name} checks out without contents: read"
                yield warned(f"{because}, which a private repository refuses", step.place)
    if not found:
        yield passed("every job that checks out may read the repository")


@check(
    "stored-token",
    expects="The job publishes with its identity, not with a stored password",
    remedy="Register the workflow as Trusted Publisher, drop the password and delete the secret.",
    docs=_USING,
)
def stored_token(facts: Facts) -> Answers:
    """
    A stored token works for whoever reads it, from anywhere and without end; GhostAction took them
    out of workflows in September 2025. Beside `id-token: write` it even switches Trusted
    Publishing and attestations off.
    """
    jobs = publishing(facts)
    if not jobs:
        yield nothing_to_judge(facts)
        return
    for job in jobs:
        found = [verdict for upload in job.uploads for verdict in _stored(job, upload)]
        yield from found or [passed(f"{job.said} uses no stored password", job.place)]


@check(
    "login-name",
    expects="A token is sent under the name __token__",
    remedy="Set the user to `__token__`, or drop user and password for Trusted Publishing.",
    docs="https://pypi.org/help/#apitoken",
)
def login_name(facts: Facts) -> Answers:
    """PyPI takes no password of an account any more, only tokens, whose user is `__token__`."""
    uploads = [
        (job, upload)
        for job in publishing(facts)
        for upload in job.uploads
        if upload.on_public_index and upload.user
    ]
    if not uploads:
        yield skipped("no upload to PyPI names a user")
    for job, upload in uploads:
        user = str(upload.user)
        if user == "__token__" or "$" in user or not upload.credentials:
            yield passed(f"{job.said} does not log in with an account", upload.place)
        else:
            because = f"{job.said} logs in with the name of an account; PyPI answers 403"
            yield failed(f"{because}: {_BASIC_REMOVED}", upload.place)


@check(
    "publish-environment",
    expects="The publishing job runs in a named environment",
    remedy="Add `environment: pypi` to the job, and name it in the publisher on PyPI.",
    docs=_ENVIRONMENTS,
)
def publish_environment(facts: Facts) -> Answers:
    """
    Only an environment can ask a person before the upload, and only a publisher that names one
    refuses the rest of the workflow's jobs. A publisher without an environment accepts any.
    """
    jobs = publishing(facts)
    if not jobs:
        yield nothing_to_judge(facts)
    for job in jobs:
        name = job.environment
        if not job.names_environment:
            if job.uses_oidc:
                yield warned(f"{job.said} runs in no environment", job.place)
            else:
                yield skipped(f"{job.said} does not use Trusted Publishing", job.place)
        elif name is not None and job.forge == GITHUB and name != name.lower():
            because = f"{job.said} runs in {name}; PyPI keeps the name in lower case"
            yield warned(because, job.place, f"Name it {name.lower()}, here and on GitHub.")
        else:
            yield passed(
                f"{job.said} runs in {name or 'an environment that the run names'}", job.place
            )


@check(
    "reusable-publishing",
    expects="The job that publishes with its identity stands in the workflow that is started",
    remedy="Move the publishing job into the workflow that the tag starts; call others to build.",
    docs=_TROUBLE + "#reusable-workflows-on-github",
)
def reusable_publishing(facts: Facts) -> Answers:
    """
    PyPI looks for the called workflow's file, in the caller's repository. From another repository
    that never matches; from the same one the exchange may succeed, and then the attestations are
    refused, because the certificate names the calling workflow.
    """
    pipelines = facts.pipelines
    if pipelines is None or not (pipelines.on_github or pipelines.foreign_calls):
        yield nothing_to_judge(facts)
        return
    answers = [verdict for job, view in pipelines.on_github for verdict in _reused(job, view)]
    for caller in pipelines.foreign_calls:
        verdict = _foreign(caller, bool(pipelines.on_github))
        answers += [verdict] if verdict else []
    yield from answers or [passed("no publishing job is in a reusable workflow")]


def _permitted(job: PublishingJob, view: GithubJob, upload: Upload) -> Verdict:
    """Judge the permissions of a job, and of the jobs that call its workflow."""
    own = view.permissions
    inherits = own is None and view.workflow.is_only_called and bool(job.callers)
    if not inherits and not view.mints:
        message = _NO_TOKEN.get(upload.tool, _UNSET)
        place = own.place if own else job.place
        return failed(f"{job.said} has no id-token: write; it would end with: {message}", place)
    caller = next((caller for caller in job.callers if not caller.mints), None)
    if caller is not None:
        because = (
            f"job {caller.name} calls {job.said} without id-token: write. The nested job "
            f"'{job.job}' is requesting 'id-token: write', but is only allowed 'id-token: none'"
        )
        return failed(because, caller.place, "Give the calling job the permission, too.")
    return passed(f"{job.said} has id-token: write", job.place)


def _without_any_right(job: PublishingJob, view: GithubJob) -> Upload | None:
    """Return an upload to PyPI whose tool needs a token, where nothing can hold one."""
    texts = [view.workflow.document.text, *(call.workflow.document.text for call in job.callers)]
    hosted = all(runner.text.startswith(_HOSTED) for runner in view.runners)
    if job.exchanges_by_hand or not hosted or any(map(_SECRETS.search, texts)):
        return None
    if any(map(may_fetch, view.steps)):  # of passwords, too
        return None
    uploads = (upload for upload in job.uploads if upload.tool in _NEEDS_TOKEN)
    return next((item for item in uploads if item.on_public_index and not item.credentials), None)


def _has_use(job: GithubJob, purposes: re.Pattern[str] = _OTHER_MINTERS) -> bool:
    """Return whether something of a job may need an identity for another purpose."""
    said = [step.action for step in job.steps]
    said += [step.run.text for step in job.steps if step.run is not None]
    # Such as `attest-build-provenance-github` of another action.
    said += [name for step in job.steps if step.action != PUBLISH_ACTION for name in step.inputs]
    said += [job.uses.text] if job.uses is not None else []
    return any(purposes.search(text) for text in said)


def _stored(job: PublishingJob, upload: Upload) -> Iterator[Verdict]:
    if job.logs_in_by_file(upload):
        yield warned(f"{job.said} publishes with a password in .pypirc", upload.place)
    for credential in upload.credentials:
        if credential.origin is Origin.MINTED or not upload.on_public_index:
            continue
        if credential.origin is Origin.UNKNOWN and (
            credential.name == "poetry config" or job.exchanges_by_hand
        ):
            continue
        view, name = job.github, credential.name
        if credential.origin is Origin.LITERAL:
            yield failed(f"{job.said}: `{name}` stands in the file", credential.place, _REVOKE)
        elif view is None or not view.mints:
            yield warned(f"{job.said} publishes with the stored {name}", credential.place)
        elif upload.tool == PUBLISH_ACTION:
            because = (
                f"{job.said}: `{name}` beside id-token: write turns Trusted Publishing and "
                "attestations off"
            )
            other = job.uses_oidc or upload.index != PYPI or _has_use(view, _NOT_FOR_PYPI)
            answer = warned if other else failed
            yield answer(because, credential.place, f"Remove `{name}` and delete the secret.")
        else:
            because = f"{job.said}: {name} is used, not the identity that it may ask for"
            yield warned(because, credential.place)


def _reused(job: PublishingJob, view: GithubJob) -> Iterator[Verdict]:
    if not view.workflow.is_called or not job.uses_oidc:
        return
    trigger = next(item for item in view.workflow.triggers if item.event == "workflow_call")
    place = Place(view.file, trigger.line)
    calls = (upload for upload in job.uploads if upload.tool == PUBLISH_ACTION)
    attests = any(upload.wants_attestations for upload in calls)
    reason = _CERTIFICATE if attests else _BY_ACCIDENT
    if job.callers and not attests:
        yield warned(f"{job.said} is in a reusable workflow; {reason}", place)
    elif view.workflow.is_only_called or job.callers:
        because = f"{job.said} is in a reusable workflow, which PyPI does not support"
        yield failed(f"{because}: {reason}", place)
    else:
        yield warned(f"{job.said} can also be called, which PyPI does not support: {reason}", place)


def _foreign(caller: GithubJob, publishes_itself: bool) -> Verdict | None:
    uses = caller.uses
    if uses is None or not caller.mints:
        return None
    place = Place(caller.file, uses.line, uses.column)
    shown = uses.text.strip()
    file = shown.rpartition("/")[2].partition("@")[0]
    if "pypi" in f"{file} {caller.name}".lower():
        return failed(
            f"job {caller.name} publishes from {shown}: `invalid-publisher`: valid token, but no "
            "corresponding publisher",
            place,
        )
    if publishes_itself:
        return None
    return warned(f"job {caller.name} gives {shown} an identity; from there PyPI takes none", place)
