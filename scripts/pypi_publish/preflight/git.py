"""Is what lies in the folder what the tag will say it is?"""

from collections.abc import Mapping

from pypi_publish.check import check
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.preflight.release_tags import canonical, names_version, tag_version
from pypi_publish.project.git import GitState, Listed
from pypi_publish.verdict import (
    Place,
    Verdict,
    failed,
    passed,
    skipped,
    unanswered,
    unknown,
    warned,
)

_GIT = "https://git-scm.com/docs/"
_IGNORE = "https://docs.github.com/en/get-started/git-basics/ignoring-files"
_LEAKED = "https://docs.github.com/en/code-security/how-tos/secure-your-secrets"
_SCM = "https://setuptools-scm.readthedocs.io/en/latest/usage/"
_SHOWN = 5
# Backends whose sdist takes every file that .gitignore does not name.
_PACK_EVERYTHING = ("hatchling", "scikit_build_core")
_MAKE_ANEW = "Commit, then raise the version; or, only while no file of it is on any index, make the tag anew."
_BESIDE_PACKAGES = frozenset("tests test testing docs doc examples example benchmarks".split())


@check(
    "clean-tree",
    expects="The working tree is what was committed",
    remedy="Commit or stash the changes, and build from the clean tag.",
    docs=_GIT + "git-status",
)
def clean_tree(facts: Facts) -> Answers:
    """
    A build from a changed tree ships what no commit holds. A version that comes from git then says
    so itself: 1.2.3 becomes 1.2.4.dev0+g1a2b3c.d20260101, which PyPI refuses for its local part.
    """
    git = facts.git
    if git is None:
        yield _nothing(facts)
        return
    if not git.is_dirty:
        yield passed("no tracked file differs from the last commit")
    else:
        files = [*git.staged.names, *git.changed.names]
        shown = _shown(Listed(tuple(dict.fromkeys(files)), len(set(files))))
        if _from_tags(facts):
            message = "The use of local versions in"
            yield failed(f"changed: {shown}; the version gets a local part: {message} ...")
        else:
            yield warned(f"changed and not committed: {shown}")
    if git.untracked.count:
        yield _untracked(facts, git)


@check(
    "tag-at-head",
    expects="The commit that is released has the tag of its version",
    remedy="Commit, then `git tag v<version>`; push that tag alone when all checks pass.",
    docs=_GIT + "git-tag",
)
def tag_at_head(facts: Facts) -> Answers:
    """
    The tag is what starts the workflow and what people look for when they ask what is in a
    release. With another version on it, the workflow publishes something else than its name says.
    """
    git, version = facts.git, facts.version
    if git is None:
        yield _nothing(facts)
        return
    if version is None or canonical(version) is None:
        yield unknown("the version is not known")
        return
    named = [tag for tag in git.tags_at_head if tag_version(tag) is not None]
    right = [tag for tag in named if names_version(tag, version, facts.name)]
    others = _of_this_project(named, facts)
    if right:
        yield _tagged(right[0], git, facts)
    elif others and git.is_dirty:
        yield warned(f"HEAD has the tag {' and '.join(others)}, the changed files say {version}")
    elif others and not _from_tags(facts):
        yield failed(f"HEAD has the tag {' and '.join(others)}, the version is {version}")
    elif _from_tags(facts):
        yield skipped(f"HEAD has no tag; the next one decides the version, now {version}")
    else:
        yield skipped(f"HEAD has no tag yet; {version} is not tagged here")


def _tagged(tag: str, git: GitState, facts: Facts) -> Verdict:
    """Judge the right tag at HEAD: what is not committed is not under it."""
    changed = {*git.staged.names, *git.changed.names}
    stating = facts.project.version.place if facts.project else None
    if stating is not None and git.prefix + stating.file in changed:
        because = f"HEAD has the tag {tag}, and {stating.file}, which states {facts.version}"
        return failed(f"{because}, is not committed", fix=_MAKE_ANEW)
    if git.is_dirty:
        return warned(f"HEAD has the tag {tag}, without what is not committed", fix=_MAKE_ANEW)
    return passed(f"HEAD has the tag {tag}")


@check(
    "tag-elsewhere",
    expects="No other commit has the tag of this version",
    remedy="Raise the version. Only while no file of it is on any index may the tag be made anew.",
    docs=_GIT + "git-tag#_on_re_tagging",
)
def tag_elsewhere(facts: Facts) -> Answers:
    """
    The version was released, or is about to be, from another commit. A tag that is moved gives two
    people two different things of one name, and the files on PyPI are a third.
    """
    git, version = facts.git, facts.version
    if git is None:
        yield _nothing(facts)
        return
    if version is None or canonical(version) is None:
        yield unknown("the version is not known")
        return
    if git.tags_cut or git.shallow:
        yield skipped("not all tags of the repository are here")
    local = _elsewhere(git.tags, git, version, facts)
    if local:
        yield failed(f"the tag {local[0]} is on commit {git.tags[local[0]][:12]}, HEAD is another")
    else:
        yield passed(f"no other commit here has a tag of {version}")
    yield _on_remote(git, version, facts)


@check(
    "pushed",
    expects="The commit that is released is on the remote",
    remedy="Push the branch first (`git push`), then the tag.",
    docs=_GIT + "git-push",
)
def pushed(facts: Facts) -> Answers:
    """
    A tag can be pushed without its branch: the release is then of a commit that no branch has, and
    the next push from elsewhere leaves it behind.
    """
    git = facts.git
    if git is None:
        yield _nothing(facts)
    elif git.head is None:
        yield failed("the repository has no commit yet")
    elif not git.remotes:
        yield warned("the repository has no remote to release from")
    elif git.unpushed is None:
        yield skipped("nothing is known here of what the remote has")
    elif git.unpushed:
        more = "or more " if git.unpushed >= 1_000 else ""
        where = git.upstream or "any remote"
        yield warned(f"{git.unpushed} {more}commits are not on {where}")
    else:
        yield passed("the remote has this commit, as of the last fetch")
    if git is not None and git.behind:
        yield warned(f"{git.upstream} has {git.behind} commits that are not here")


@check(
    "release-branch",
    expects="The release is made from the default branch, or from its tag",
    remedy="Merge to the default branch and release from there, or from a branch kept for it.",
    docs="https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases",
)
def release_branch(facts: Facts) -> Answers:
    """A release from a topic branch holds what nobody has merged, and the next one may lack it."""
    git = facts.git
    if git is None:
        yield _nothing(facts)
    elif git.branch is None:
        at = git.tags_at_head
        where = f"at the tag {at[0]}" if at else "and HEAD has no tag"
        answer = passed if at else warned
        yield answer(f"no branch is checked out, {where}")
    elif git.default_branch is None:
        yield skipped(f"on {git.branch}; which branch is the default one is not known here")
    elif git.branch == git.default_branch or _is_release_branch(git.branch):
        yield passed(f"on {git.branch}")
    else:
        yield warned(f"on {git.branch}, the default branch is {git.default_branch}")


@check(
    "whole-history",
    expects="The clone has the history that the version is read from",
    remedy="`git fetch --unshallow --tags`",
    docs=_SCM,
)
def whole_history(facts: Facts) -> Answers:
    """
    In a shallow clone the tags behind the cut are missing; the backend then counts from nothing
    and builds 0.1.dev1.
    """
    git = facts.git
    if git is None:
        yield _nothing(facts)
    elif not git.shallow:
        yield passed("the clone is not shallow")
    elif not _from_tags(facts):
        yield passed("the clone is shallow, and the version does not come from tags")
    elif _of_this_project(list(git.tags_at_head), facts):
        yield warned("the clone is shallow; the version is right as long as HEAD has its tag")
    else:
        yield failed("the clone is shallow, and the version comes from tags that may be missing")


@check(
    "no-secrets",
    expects="No secret lies in a file that is tracked or will be packed",
    remedy="Revoke the secret first, then take it out of the file; a file that is there for nothing "
    "else goes, and into .gitignore.",
    docs=_LEAKED,
)
def no_secrets(facts: Facts) -> Answers:
    """
    What was pushed once stays readable in the history, and what was packed once on PyPI and its
    mirrors; both are searched by machines within minutes. Only revoking helps.
    """
    git = facts.git
    if git is None:
        yield _nothing(facts)
        return
    for item in git.exposed:
        place = Place(item.file, item.line)
        where = "tracked" if item.tracked else "not tracked, and not ignored"
        because = f"{item.file} ({where}) holds {item.kind}"
        packed = not item.tracked and not _packs_everything(facts)
        if item.certain and not item.for_tests and not packed:
            yield failed(because, place)
        else:
            yield warned(because, place, _unless_packed(item.file, tracked=item.tracked))
    if not git.exposed:
        more = "; the list of files was cut" if git.tracked_cut else ""
        yield passed(f"none seen in {len(git.tracked_files)} tracked files{more}")


@check(
    "gitignore-guards",
    expects="Build output and secrets cannot be committed by accident",
    remedy="Add the missing lines to .gitignore.",
    docs=_IGNORE,
)
def gitignore_guards(facts: Facts) -> Answers:
    """
    `git add .` takes whatever is not ignored. A committed dist/ is uploaded again with the next
    release; a committed .pypirc is a leaked token.
    """
    git = facts.git
    if git is None:
        yield _nothing(facts)
        return
    tracked = [name for name in git.tracked_files if name.startswith("dist/")]
    built = [name for name in tracked if name.endswith((".whl", ".tar.gz"))]
    if built:
        yield warned(f"built files are tracked: {_shown(Listed(tuple(built), len(built)))}")
    if git.unguarded:
        missing = ", ".join(git.unguarded)
        lines = " ".join(f"'{line}'" for line in git.unguarded)  # `*.egg-info/` is a pattern
        yield warned(
            f".gitignore does not name {missing}",
            Place(".gitignore"),
            f"printf '%s\\n' {lines} >> .gitignore",
        )
    elif not built:
        yield passed("build output, virtual environments and secrets are ignored")


def _nothing(facts: Facts) -> Verdict:
    silence = facts.silences.get("git")
    return unknown(silence) if silence else skipped("the project is in no git repository")


def _from_tags(facts: Facts) -> bool:
    return facts.project is not None and facts.project.version.from_tags


def _packs_everything(facts: Facts) -> bool:
    backend = facts.project.backend if facts.project is not None else None
    return (backend or "").startswith(_PACK_EVERYTHING)


def _unless_packed(file: str, *, tracked: bool) -> str:
    if tracked:
        return f"git rm --cached {file}, and add it to .gitignore."
    return f"Add {file} to .gitignore."


def _untracked(facts: Facts, git: GitState) -> Verdict:
    shown = _shown(git.untracked)
    if _packs_everything(facts):
        return warned(f"not tracked and not ignored, and therefore packed: {shown}")
    forgotten = _modules(git, generated=_from_tags(facts))
    if forgotten:
        names = _shown(Listed(tuple(forgotten), len(forgotten)))
        return warned(
            f"not tracked, in a package that is: {names}; what is built of the tag lacks it",
            fix="Commit what the package needs, and ignore or remove the rest.",
        )
    return skipped(f"not tracked and not ignored: {shown}")


def _modules(git: GitState, *, generated: bool) -> list[str]:
    """Return the untracked modules in an import package, but for what a build writes there."""
    packages = {
        name.removesuffix("__init__.py")
        for name in git.tracked_files
        if name.endswith("/__init__.py") and name.partition("/")[0] not in _BESIDE_PACKAGES
    }
    found = [name.removeprefix(git.prefix) for name in git.untracked.names]
    modules = [name for name in found if name.endswith(".py")]
    written = ("/_version.py", "/version.py") if generated else ()
    return [
        name
        for name in modules
        if name[: name.rfind("/") + 1] in packages and not name.endswith(written)
    ]


def _of_this_project(tags: list[str], facts: Facts) -> list[str]:
    """Return the tags that name some version of this project."""
    found = []
    for tag in tags:
        version = tag_version(tag)
        if version is not None and names_version(tag, version, facts.name):
            found.append(tag)
    return found


def _elsewhere(tags: Mapping[str, str], git: GitState, version: str, facts: Facts) -> list[str]:
    return [
        tag
        for tag, commit in tags.items()
        if commit != git.head and names_version(tag, version, facts.name)
    ]


def _on_remote(git: GitState, version: str, facts: Facts) -> Verdict:
    if git.remote_tags is None:
        silence = git.remote_silence
        if silence is None:
            return skipped("the remote was not asked")
        return unknown(silence) if git.remote_hidden else unanswered(silence)
    found = _elsewhere(git.remote_tags, git, version, facts)
    if found:
        commit = git.remote_tags[found[0]]
        return failed(
            f"{git.remote} has the tag {found[0]} on commit {commit[:12]}, HEAD is another"
        )
    here = [tag for tag in git.remote_tags if names_version(tag, version, facts.name)]
    if here:
        return passed(f"{git.remote} has the tag {here[0]} on this commit")
    return passed(f"{git.remote} has no tag of {version}")


def _is_release_branch(branch: str) -> bool:
    first = branch.replace("-", "/").replace("_", "/").split("/")[0].lower()
    known = (
        "release",
        "releases",
        "maint",
        "maintenance",
        "stable",
        "hotfix",
        "support",
        "backport",
    )
    return (
        first in known
        or branch in ("main", "master")
        or branch[:1].isdigit()
        or (branch[:1] == "v" and branch[1:2].isdigit())
    )


def _shown(files: Listed) -> str:
    names = ", ".join(files.names[:_SHOWN])
    more = files.count - len(files.names[:_SHOWN])
    return f"{names} and {more} more" if more > 0 else names
