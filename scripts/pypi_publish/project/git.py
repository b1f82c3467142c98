"""The state of a project's git repository as frozen facts; `git_command` says how it is asked."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pypi_publish.errors import Malformed, PrerequisiteMissing, Unanswered
from pypi_publish.project.exposed import Exposed, exposed_in
from pypi_publish.project.git_command import Git, Said, settings_of, without_filters
from pypi_publish.project.repository import GITHUB, GITLAB, repository_of

_MOST_TAGS = 20_000
_MOST_FILES = 100_000
_MOST_SHOWN = 1_000
_MOST_COUNTED = 1_000
# What a Python project should never commit by accident, with a path that each would ignore.
GUARDS = {
    "dist/": "dist/package-1.0.tar.gz",
    "build/": "build/lib/module.py",
    "*.egg-info/": "package.egg-info/PKG-INFO",
    ".venv/": ".venv/pyvenv.cfg",
    ".env": ".env",
    ".pypirc": ".pypirc",
}
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
_USUAL_DEFAULTS = frozenset({"main", "master"})
_SYMLINK, _SUBMODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Listed:
    """Files, the first of many by name."""

    names: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """What git knows of the tree that is about to be released."""

    top: Path
    prefix: str = ""  # of the project below `top`: "" or "packages/one/"
    head: str | None = None  # None: there is no commit yet
    branch: str | None = None  # None: detached
    default_branch: str | None = None  # as the remote says it, or by its usual name
    tags: Mapping[str, str] = field(default_factory=dict)  # name -> commit
    tags_cut: bool = False
    staged: Listed = Listed()
    changed: Listed = Listed()
    untracked: Listed = Listed()  # and not ignored
    upstream: str | None = None
    ahead: int | None = None
    behind: int | None = None
    unpushed: int | None = None  # commits that no remote is known to have
    remotes: Mapping[str, str] = field(default_factory=dict)  # name -> address, no credentials
    shallow: bool = False
    linked_worktree: bool = False
    submodule: bool = False
    tracked_files: tuple[str, ...] = ()  # relative to the project
    tracked_cut: bool = False
    unguarded: tuple[str, ...] = ()  # of GUARDS
    ignored_but_tracked: tuple[str, ...] = ()
    exposed: tuple[Exposed, ...] = ()
    remote_tags: Mapping[str, str] | None = None  # None: not asked, or no answer
    remote_silence: str | None = None
    remote_hidden: bool = False  # it answers, and shows nothing without a login

    @property
    def tags_at_head(self) -> tuple[str, ...]:
        return tuple(tag for tag, commit in self.tags.items() if commit == self.head and self.head)

    @property
    def remote(self) -> str | None:
        """The remote that a release goes to: the upstream's, else origin, else the only one."""
        named = (self.upstream or "").partition("/")[0]
        for name in (named, "origin"):
            if name in self.remotes:
                return name
        return next(iter(self.remotes), None) if len(self.remotes) == 1 else None

    @property
    def is_dirty(self) -> bool:
        """Whether tracked files differ from the last commit."""
        return bool(self.staged.count or self.changed.count)


def read_git(root: Path) -> GitState | None:
    """Read the repository that holds a project; None where there is none."""
    opened = _opened(root)
    if opened is None:
        return None
    state, git = opened
    return _with_tree(_with_refs(_with_status(state, git), git), git, root)


def read_refs(root: Path) -> GitState | None:
    """Read remotes and tags alone, which takes no time however many files there are."""
    opened = _opened(root)
    return None if opened is None else _with_refs(*opened)


def _opened(root: Path) -> tuple[GitState, Git] | None:
    git = Git(root)
    found = git.ask(
        "rev-parse",
        "--is-bare-repository",
        "--is-shallow-repository",
        "--absolute-git-dir",
        "--show-prefix",
        "--show-toplevel",
    )
    if found.code:
        _raise_unless_absent(found, root)
        return None
    rows = found.output.decode("utf-8", "surrogateescape").split("\n")
    if len(rows) < 5 or rows[0] == "true":
        raise _not_readable("this is a bare repository: it has no files to release")
    config = settings_of(git)
    git = without_filters(git, config)
    state = GitState(
        top=Path(rows[4]),
        prefix=rows[3],
        shallow=rows[1] == "true",
        linked_worktree="/worktrees/" in rows[2],
        submodule="/modules/" in rows[2],
        remotes=_remotes(config),
    )
    return state, git


def ask_remote(state: GitState, timeout: float) -> GitState:
    """Return the state with the tags of its remote, or with the reason why they are not known."""
    address = _public_address(state)
    if address is None:
        silence = "the repository has no remote that can be asked without a login"
        return replace(state, remote_silence=silence, remote_hidden=True)
    from pypi_publish.pins.smart_http import list_refs
    from pypi_publish.web import Web

    try:
        with Web(timeout) as web:
            refs = list_refs(web, address)
    except Unanswered as silence:
        hidden = "not public" in silence.message
        return replace(state, remote_silence=silence.message, remote_hidden=hidden)
    return replace(state, remote_tags=dict(refs.tags))


def _public_address(state: GitState) -> str | None:
    address = state.remotes.get(state.remote or "", "")
    if address.startswith(("https://", "http://")):
        return address.rstrip("/")
    named = repository_of(address)
    if named is not None and named.host in (GITHUB, GITLAB):
        return f"https://{named.host}/{named.slug}.git"
    return None


def _raise_unless_absent(found: Said, root: Path) -> None:
    """Return where there is no repository at all, else raise the reason."""
    complaint = found.complaint
    if "dubious ownership" in complaint:
        raise PrerequisiteMissing(
            "git-refuses",
            "git does not read the repository, because it belongs to another user",
            f"git config --global --add safe.directory {root.resolve().as_posix()}",
        )
    if "must be run in a work tree" in complaint:
        raise _not_readable("this is a bare repository, or git's own folder: no files to release")
    if "not a git repository" in complaint:
        if (root / ".git").is_file():
            raise _not_readable(".git names a repository that is not there")
        return
    raise _not_readable((complaint.strip().splitlines() or ["git failed"])[0][:200])


def _not_readable(reason: str) -> Malformed:
    return Malformed("git-unreadable", reason, "Run preflight in a checkout of the project.")


def _remotes(config: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    named = re.compile(r"remote\.(.+)\.url", re.DOTALL)
    found: dict[str, str] = {}
    for _, name, value in config:
        remote = named.fullmatch(name)
        if remote:
            found.setdefault(remote[1], without_credentials(value))
    return found


def without_credentials(address: str) -> str:
    """Return the address of a remote without user and password; `git@` of ssh is no secret."""
    if address.startswith(("ssh://", "git+ssh://")):
        return re.sub(r"(?<=://)([^/@:\s]*):[^/@\s]*@", r"\1@", address)
    return _CREDENTIALS.sub("", address).partition("?")[0]


def _with_status(state: GitState, git: Git) -> GitState:
    said = git.ask(
        "status",
        "--porcelain=v2",
        "-z",
        "--branch",
        "--ahead-behind",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--no-renames",
    )
    if said.code:
        raise _not_readable((said.complaint.strip().splitlines() or ["git status failed"])[0][:200])
    heads = dict(_headers(said.rows))
    branch, oid = heads.get("branch.head"), heads.get("branch.oid")
    counts = re.fullmatch(r"\+(\d+) -(\d+)", heads.get("branch.ab", ""))
    entries = [row for row in said.rows if row[:2] in ("1 ", "2 ", "u ", "? ")]
    return replace(
        state,
        head=None if oid == "(initial)" else oid,
        branch=None if branch == "(detached)" else branch,
        upstream=heads.get("branch.upstream"),
        ahead=int(counts[1]) if counts else None,
        behind=int(counts[2]) if counts else None,
        staged=_listed(row for row in entries if row[0] in "12u" and row[2] != "."),
        changed=_listed(row for row in entries if row[0] in "12u" and row[3] != "."),
        untracked=_listed(row for row in entries if row[0] == "?"),
    )


def _headers(rows: Iterable[str]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if row.startswith("# "):
            name, _, value = row[2:].partition(" ")
            yield name, value


def _listed(rows: Iterable[str]) -> Listed:
    names = [_name_of(row) for row in rows]
    return Listed(tuple(names[:_MOST_SHOWN]), len(names))


def _name_of(row: str) -> str:
    """Return the file of an entry of the status, whose fields before it depend on its kind."""
    fields = {"?": 1, "1": 8, "2": 9, "u": 10}[row[0]]
    return row.split(" ", fields)[-1]


def _with_refs(state: GitState, git: Git) -> GitState:
    said = git.ask(
        "for-each-ref",
        f"--count={_MOST_TAGS}",
        "--format=%(refname)%00%(objectname)%00%(*objectname)%00%(symref)%00",
        "refs/remotes",
        "refs/tags",
        *(f"refs/heads/{name}" for name in _USUAL_DEFAULTS),
    )
    text = said.output.decode("utf-8", "surrogateescape")
    rows = [row.lstrip("\n").split("\0") for row in text.split("\0\n") if row.strip()]
    tags = {row[0][10:]: row[2] or row[1] for row in rows if row[0].startswith("refs/tags/")}
    remote = state.remote
    tracking = any(row[0].startswith("refs/remotes/") for row in rows)
    return replace(
        state,
        tags=tags,
        tags_cut=len(rows) >= _MOST_TAGS,
        default_branch=_default_branch(rows, f"refs/remotes/{remote}/"),
        unpushed=_unpushed(state, git) if tracking and state.head else None,
    )


def _default_branch(rows: list[list[str]], remote: str) -> str | None:
    """Return what the remote calls its HEAD; where that was never fetched, the usual name."""
    for row in rows:
        if row[0] == f"{remote}HEAD" and len(row) > 3:
            return row[3].removeprefix(remote)
    names = {row[0].removeprefix(remote).removeprefix("refs/heads/") for row in rows}
    usual = names & _USUAL_DEFAULTS
    return usual.pop() if len(usual) == 1 else None


def _unpushed(state: GitState, git: Git) -> int | None:
    if state.ahead is not None:
        return state.ahead
    most = f"--max-count={_MOST_COUNTED}"
    said = git.ask("rev-list", "--count", most, "HEAD", "--not", "--remotes")
    return int(said.output) if not said.code and said.output.strip().isdigit() else None


def _with_tree(state: GitState, git: Git, root: Path) -> GitState:
    said = git.ask("ls-files", "--stage", "-z")
    entries = [row.partition("\t") for row in said.rows]
    files = [name for mode, _, name in entries if mode[:6] not in (_SYMLINK, _SUBMODULE)]
    names = tuple(dict.fromkeys(name for _, _, name in entries))[:_MOST_FILES]
    prefix = state.prefix
    untracked = [
        name.removeprefix(prefix) for name in state.untracked.names if name.startswith(prefix)
    ]
    ignored = git.ask("ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
    return replace(
        state,
        tracked_files=names,
        tracked_cut=said.cut or len(entries) > _MOST_FILES,
        unguarded=_unguarded(git),
        ignored_but_tracked=tuple(ignored.rows[:_MOST_SHOWN]),
        exposed=tuple(exposed_in(root, files, untracked)),
    )


def _unguarded(git: Git) -> tuple[str, ...]:
    """Return the guards that the repository lacks; a user's own list guards one clone only."""
    paths = "\0".join(GUARDS.values()).encode() + b"\0"
    private = ("-c", "core.excludesFile=")
    said = git.ask("check-ignore", "--no-index", "-z", "--stdin", given=paths, also=private)
    if said.code not in (0, 1):
        return ()
    guarded = set(said.rows)
    return tuple(guard for guard, path in GUARDS.items() if path not in guarded)
