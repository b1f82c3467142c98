"""Gets the log of a run of GitHub Actions through `gh`, which knows the user's login."""

import json
import os
import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from pypi_publish.errors import Misused, NothingToInspect, PrerequisiteMissing, Problem, Unanswered
from pypi_publish.failures.jobs import stuck
from pypi_publish.failures.open import Opened
from pypi_publish.failures.reading import LogFile
from pypi_publish.report.deliver import Options, note

_LOGS_TAKE = 12  # as long as one request, at the most
_PUBLISHING = re.compile(r"publish|pypi|release|upload|deploy|\bcd\b", re.IGNORECASE)
_FIELDS = "databaseId,status,conclusion,event,headBranch,workflowName,jobs,url"
# What `gh` complains of, and what it means. The first that fits counts.
_COMPLAINTS: tuple[tuple[str, type[Problem], str, str, str], ...] = (
    (
        r"gh auth login|not logged in|GH_TOKEN|authentication required|HTTP 401|Bad credentials",
        PrerequisiteMissing,
        "gh-not-logged-in",
        "gh is not logged in",
        "Run `gh auth login`, or set GH_TOKEN; or download the log and give the file.",
    ),
    (
        (
            r"rate limit|HTTP 429|HTTP 5\d\d|error connecting|dial tcp|timeout|timed out"
            r"|no such host|EOF|TLS|connection re"
        ),
        Unanswered,
        "github-unanswered",
        "GitHub did not answer",
        "Try again later, or download the log and give the file.",
    ),
    (
        r"HTTP 410|log not found|logs? (?:has|have) expired|no longer available",
        NothingToInspect,
        "log-expired",
        "GitHub keeps no log of this run any more",
        "Run the workflow again, and diagnose that run.",
    ),
    (
        r"HTTP 404|could not find|Could not resolve|no runs found|not found|failed to get run",
        NothingToInspect,
        "unknown-run",
        "GitHub knows no such run, or does not show it to this login",
        (
            "Check the number and --repo OWNER/NAME; a private repository needs a login "
            "that may read it."
        ),
    ),
    (
        r"HTTP 403|Must have|permission|SAML",
        PrerequisiteMissing,
        "gh-not-allowed",
        "this login may not read the run",
        "Log in with an account that may read the repository's actions: `gh auth refresh -s repo`.",
    ),
    (
        (
            r"not a git repository|no git remotes|none of the git remotes"
            r"|unable to determine|base repo"
        ),
        NothingToInspect,
        "no-repository",
        "the current folder does not say which repository is meant",
        "Name it with --repo OWNER/NAME.",
    ),
)


@dataclass(frozen=True, slots=True)
class RunName:
    """Which run is meant."""

    run: str | None  # None: the newest that failed
    repository: str | None = None
    attempt: str | None = None
    job: str | None = None
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class _Gh:
    """`gh` for one repository."""

    program: str
    repository: str | None
    timeout: float

    def json(self, *arguments: str) -> Any:
        with self._ran(arguments) as output:
            text = output.read(32 << 20)
        try:
            return json.loads(text)
        except ValueError as error:
            raise Unanswered(
                "github-unanswered", "gh printed no JSON", "Update gh, and try again."
            ) from error

    def log(self, stack: ExitStack, *arguments: str) -> IO[bytes]:
        return stack.enter_context(self._ran(arguments, _LOGS_TAKE))

    def _ran(self, arguments: tuple[str, ...], times: int = 3) -> IO[bytes]:
        """Run one command; its output is kept on disk, for a log may have any size."""
        repository = ["--repo", self.repository] if self.repository else []
        output = TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            ended = subprocess.run(
                [self.program, *arguments, *repository],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                env=_environment(),
                timeout=self.timeout * times,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            output.close()
            raise Unanswered(
                "github-unanswered", "gh got no answer in time", "Raise --timeout, or try again."
            ) from error
        except OSError as error:
            output.close()
            raise PrerequisiteMissing("no-gh", f"gh does not start: {error}", "Mend it.") from error
        if ended.returncode:
            output.close()
            raise _complaint(ended.stderr.decode("utf-8", "replace"))
        output.seek(0)
        return output


def opened(run: RunName, options: Options, stack: ExitStack) -> Opened:
    """Return the log of a run; where it has none, what its jobs tell."""
    if options.offline:
        raise Misused("usage", "--offline reads no run", "Give the log as a file.")
    gh = _Gh(_program(), run.repository, options.timeout)
    number = run.run or (None if run.job else _latest(gh, run))
    note(f"asking GitHub about run {number or run.job} ...", options)
    which = _which(run, number)
    view = gh.json("run", "view", *which, "--json", _FIELDS)
    name = f"run {number or view.get('databaseId')}"
    answer = stuck(view)
    if answer is not None:
        return Opened(name, stuck=answer)
    for kind in ("--log-failed", "--log"):
        try:
            log = gh.log(stack, "run", "view", *which, kind)
        except NothingToInspect:
            continue
        if not _is_blank(log):
            return Opened(name, [LogFile(log)])
    # The page of the run holds the annotations, which are all that there is where no job ran.
    return Opened(name, [LogFile(gh.log(stack, "run", "view", *which))])


def _which(run: RunName, number: str | None) -> list[str]:
    which = [number] if number else []
    which += ["--job", run.job] if run.job else []
    return which + (["--attempt", run.attempt] if run.attempt else [])


def _is_blank(log: IO[bytes]) -> bool:
    begun = log.read(1 << 16)
    log.seek(0)
    return not begun.strip()


def _latest(gh: _Gh, run: RunName) -> str:
    fields = "databaseId,workflowName,name,createdAt"
    runs = gh.json("run", "list", "--status", "failure", "--limit", "50", "--json", fields)
    names = _workflows(run.root)
    chosen = [
        item
        for item in runs
        if (item.get("workflowName") in names)
        or (not names and _PUBLISHING.search(item.get("workflowName") or ""))
    ]
    if not chosen:
        raise NothingToInspect(
            "no-failed-run",
            "no failed run of a workflow that publishes among the last 50",
            "Name the run: `gh run list` shows their numbers.",
        )
    return str(max(chosen, key=lambda item: item.get("createdAt") or "")["databaseId"])


def _workflows(root: Path | None) -> set[str]:
    """Return the names of the workflows that publish, as a checkout has them."""
    if root is None:
        return set()
    from pypi_publish.workflow.nodes import Mapping as Table
    from pypi_publish.workflow.pipelines import read_pipelines

    pipelines = read_pipelines(root)
    workflows = pipelines.release_workflows if pipelines else ()
    titles = {workflow.file: workflow.document.root for workflow in workflows}
    names = {file: table.get("name") for file, table in titles.items() if isinstance(table, Table)}
    # Without a name of its own, GitHub calls a workflow by its file.
    return {getattr(name, "text", file) for file, name in names.items()}


def _program() -> str:
    """Find gh on PATH, but never in the current folder, which belongs to somebody else."""
    names = ("gh.exe",) if os.name == "nt" else ("gh",)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for name in names:
            path = Path(folder, name)
            if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
                return str(path)
    raise PrerequisiteMissing(
        "no-gh",
        "reading a run needs gh, the command line of GitHub, which is not installed",
        (
            "Install it (https://cli.github.com), or download the log from the run's "
            "page and give the file."
        ),
    )


def _environment() -> dict[str, str]:
    quiet = {
        "GH_PAGER": "cat",
        "PAGER": "cat",
        "NO_COLOR": "1",
        "GH_PROMPT_DISABLED": "1",
        "GH_NO_UPDATE_NOTIFIER": "1",
        "GH_FORCE_TTY": "",
        "GH_DEBUG": "",
        "CLICOLOR_FORCE": "",
    }
    return {**os.environ, **quiet}


def _complaint(said: str) -> Problem:
    from pypi_publish.failures.redact import redacted

    first = redacted((said.strip().splitlines() or ["gh failed"])[0][:300])
    for pattern, kind, code, meaning, hint in _COMPLAINTS:
        if re.search(pattern, said, re.IGNORECASE):
            return kind(code, f"{meaning} ({first})", hint)
    return Unanswered("gh-failed", f"gh failed: {first}", "Run the same `gh run view` by hand.")
