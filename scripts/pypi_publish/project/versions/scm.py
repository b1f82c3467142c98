"""setuptools-scm, directly or through hatch-vcs or scikit-build-core: a version out of tags."""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pypi_publish.core_metadata.names import normalized
from pypi_publish.project.model import Version
from pypi_publish.project.search import PatternProblem, searched
from pypi_publish.project.source import Source
from pypi_publish.project.vcs import Description, NoHistory, NotARepository, repository
from pypi_publish.project.versions.answers import broken, canonical, found, from_history, untold
from pypi_publish.project.versions.sdist import sdist_version
from pypi_publish.verdict import Place

DEFAULT_TAG = r"^(?:[\w-]+-)?(?P<version>[vV]?\d+(?:\.\d+){0,2}[^\+]*)(?:\+.*)?$"


class CannotTell(Exception):
    """The settings ask for what only the build itself can compute."""


class BuildFails(Exception):
    """The settings and the tags together make the build end with this error."""


@dataclass(frozen=True, slots=True)
class TagVersion:
    """The version that a tag names, and where HEAD is from it."""

    public: str
    local: str
    at: Description
    now: datetime

    @property
    def exact(self) -> bool:
        return self.at.distance == 0 and not self.at.dirty

    @property
    def node(self) -> str:
        return f"g{(self.at.node or '')[:9]}"

    def day(self, layout: str = "%Y%m%d") -> str:
        """Say when the tree was dirty; nothing for a clean one."""
        return f"d{self.now:{layout}}" if self.at.dirty else ""


def setuptools_scm(source: Source) -> Version | None:
    """setuptools with setuptools-scm among the requirements of the build."""
    if not source.builds_with_setuptools or "version" in source.project:
        return None
    extras = source.build_tools.get("setuptools-scm", source.build_tools.get("vcs-versioning"))
    table = source.pyproject.table("tool")
    call = source.setup_py.arguments.get("use_scm_version") if source.setup_py else None
    if call is not None and (call.value or call.computed):
        if call.computed:
            return untold(
                "use_scm_version is computed in setup.py", "setuptools-scm", from_tags=True
            )
        settings = call.value if isinstance(call.value, Mapping) else {}
        return version_from_tags(source, settings, "setuptools-scm", Place("setup.py", call.line))
    if extras is None or not ("setuptools_scm" in table or "simple" in extras):
        return None
    here = source.place("tool", "setuptools_scm")
    return version_from_tags(source, source.tool("setuptools_scm"), "setuptools-scm", here)


def hatch_vcs(source: Source) -> Version | None:
    """hatchling with the `vcs` source of hatch-vcs."""
    table = source.tool("hatch", "version")
    if table.get("source") != "vcs" or "version" not in source.dynamic:
        return None
    here = source.place("tool", "hatch", "version")
    if "hatch-vcs" not in source.build_tools:
        return broken(
            "Unknown version source: vcs (hatch-vcs is not in requires)", "hatch-vcs", here
        )
    raw = table.get("raw-options")
    settings: dict[str, Any] = dict(raw) if isinstance(raw, Mapping) else {}
    for key, option in (("tag-pattern", "tag_regex"), ("fallback-version", "fallback_version")):
        if table.get(key):
            settings[option] = table[key]
    return version_from_tags(source, settings, "hatch-vcs", here)


def scikit_build_scm(source: Source) -> Version | None:
    """scikit-build-core with its setuptools_scm provider."""
    table = source.tool("scikit-build", "metadata", "version")
    if table.get("provider") != "scikit_build_core.metadata.setuptools_scm":
        return None
    here = source.place("tool", "scikit-build", "metadata", "version")
    said = "setuptools-scm (scikit-build-core)"
    return version_from_tags(source, source.tool("setuptools_scm"), said, here)


def version_from_tags(
    source: Source, settings: Mapping[str, Any], said: str, here: Place
) -> Version:
    """Compute what setuptools-scm would, for settings that do not ask for the project's code."""
    if pretended := _pretended(source):
        return found(pretended[1], f"environment variable {pretended[0]}", here)
    at = None
    try:
        at = described(source, settings)
        version = _tag_version(at, settings, build_date(source))
        return from_history(_formatted(version, settings), said, here, at)
    except NoHistory as error:
        return _without_history(source, settings, said, here, error)
    except BuildFails as error:
        return replace(broken(str(error), said, here), from_tags=True, history=at)
    except (CannotTell, PatternProblem) as error:
        return untold(str(error), said, here, from_tags=True, history=at)


def _pretended(source: Source) -> tuple[str, str] | None:
    name = source.project.get("name")
    suffix = normalized(name).replace("-", "_").upper() if isinstance(name, str) else ""
    for tool in ("SETUPTOOLS_SCM", "VCS_VERSIONING"):
        for variable in (f"{tool}_PRETEND_VERSION_FOR_{suffix}", f"{tool}_PRETEND_VERSION"):
            if value := source.environ.get(variable):
                return variable, value
    return None


def described(source: Source, settings: Mapping[str, Any]) -> Description:
    """Ask git what setuptools-scm would ask it."""
    root = settings.get("root", ".")
    if not isinstance(root, str) or "\0" in root:
        raise BuildFails("root is not the path of a folder")
    folder = (source.tree.root / root).resolve()
    repo = repository(folder)
    if repo.toplevel.resolve() != folder and not settings.get("search_parent_directories"):
        raise NotARepository(
            f"{folder.name} is not the top of its repository: set root or search_parent_directories"
        )
    git = _table(_table(settings, "scm"), "git")
    if git.get("distance_scope") is not None:
        raise CannotTell("scm.git.distance_scope counts the commits of some folders alone")
    command = git.get("describe_command") or settings.get("git_describe_command")
    return repo.describe(**_describe_options(command, settings))


def _describe_options(command: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the project's own `git describe` asks for; the command itself is never run."""
    if command is None:
        tag = _table(settings, "tag")
        glob = "*[0-9]*.*[0-9]*" if tag.get("strict") else "*[0-9]*"
        return {"match": [f"{tag.get('prefix', '')}{glob}"]}
    words = _words(command)
    options: dict[str, Any] = {"match": [], "exclude": [], "first_parent": False}
    rest = iter(words[2:])
    for word in rest:
        key, given, value = word.partition("=")
        if key in {"--match", "--exclude"}:
            options[key[2:]].append(value if given else next(rest, ""))
        elif key == "--first-parent":
            options["first_parent"] = True
        elif key not in {"--tags", "--long", "--dirty", "--abbrev"}:
            raise CannotTell(f"the describe command asks for {word}")
    if words[:2] != ["git", "describe"] or "--tags" not in words:
        raise CannotTell("the describe command is not `git describe --tags`")
    return options


def _words(command: Any) -> list[str]:
    if isinstance(command, list):
        return [str(word) for word in command]
    try:
        return shlex.split(str(command))
    except ValueError as error:
        raise BuildFails(f"the describe command cannot be read: {error}") from error


def _table(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, Mapping) else {}


def build_date(source: Source) -> datetime:
    """Return the time that a build takes for the present one."""
    epoch = source.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit() and len(epoch) < 12:
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC)


def _tag_version(at: Description, settings: Mapping[str, Any], now: datetime) -> TagVersion:
    if at.tag is None:
        text = str(settings.get("fallback_version") or "0.0")
    else:
        text = tag_text(at.tag, settings)
    version = canonical(text)
    if version is None:
        raise BuildFails(f"the tag {at.tag!r} names no version: {text!r}")
    public, _, local = version.partition("+")
    return TagVersion(public, local, at, now)


def tag_text(tag: str, settings: Mapping[str, Any]) -> str:
    """Return the part of a tag that is the version."""
    table = _table(settings, "tag")
    pattern = table.get("regex") or settings.get("tag_regex") or DEFAULT_TAG
    bare = tag.removeprefix(str(table.get("prefix", "")))
    match = searched(str(pattern), bare, known=pattern == DEFAULT_TAG)
    if match is None or (only := match.groups.get("version") or match.groups.get(1)) is None:
        raise BuildFails(f"the tag {tag!r} does not match tag_regex {str(pattern)!r}")
    text, start = only
    with_suffix = text + match.groups[0][0][start + len(text) :]
    return with_suffix if canonical(with_suffix) else text


def _formatted(version: TagVersion, settings: Mapping[str, Any]) -> str:
    scheme = settings.get("version_scheme", "guess-next-dev")
    main = _first_answer(_VERSION_SCHEMES, scheme, version, "version_scheme")
    scheme = settings.get("local_scheme", "node-and-date")
    added = _first_answer(_LOCAL_SCHEMES, scheme, version, "local_scheme")
    base, _, own = main.partition("+")
    parts = [part for text in (own, version.local, added) for part in text.split(".") if part]
    return f"{base}+{'.'.join(dict.fromkeys(parts))}" if parts else base


Scheme = Callable[[TagVersion], str]


def _first_answer(
    known: Mapping[str, Scheme], chosen: Any, version: TagVersion, option: str
) -> str:
    name = chosen[0] if isinstance(chosen, list) and chosen else chosen
    if not isinstance(name, str) or name not in known:
        raise CannotTell(f"{option} {name!r} is code that the build runs")
    return known[name](version)


def _bumped(version: str) -> str:
    if ".dev" in version:
        prefix, _, number = version.rpartition(".dev")
        if number != "0":
            raise BuildFails(
                f"choosing custom numbers for the `.devX` distance is not supported: {version}"
            )
        return prefix
    found_number = re.fullmatch(r"(.*?)(\d+)", version)
    if found_number is None:
        raise BuildFails(f"{version} does not end with a number to bump")
    return f"{found_number[1]}{int(found_number[2]) + 1}"


def _semver(version: TagVersion, kept: int) -> str:
    epoch, found_epoch, rest = version.public.rpartition("!")
    release = [int(part) for part in re.match(r"[\d.]*\d", rest)[0].split(".")]  # type: ignore[index]
    if rest.endswith(".dev0"):
        parts = release
    else:
        parts = (release + [0] * kept)[:kept]
        parts[-1] += 1
    parts += [0] * (3 - len(parts))
    return f"{epoch}{found_epoch}{'.'.join(map(str, parts))}.dev{version.at.distance}"


def _release_branch(version: TagVersion) -> str:
    branch = (version.at.branch or "").rpartition("/")[2].removeprefix("v")
    if branch.split(".")[:2] == version.public.split(".")[:2] and re.match(DEFAULT_TAG, branch):
        return f"{_bumped(version.public)}.dev{version.at.distance}"
    return _semver(version, 2)


def _no_guess(version: TagVersion) -> str:
    if ".dev" in version.public:
        return f"{_bumped(version.public)}.dev{version.at.distance}"
    if "post" in version.public:
        raise BuildFails(
            f"{version.public} already is a post release, refusing to guess the update"
        )
    return f"{version.public}.post1.dev{version.at.distance}"


def _by_date(_: TagVersion) -> str:
    raise CannotTell("calver-by-date counts the builds of a day")


def _unless_exact(scheme: Scheme) -> Scheme:
    return lambda version: version.public if version.exact else scheme(version)


def _pdm_version(version: TagVersion) -> str:
    if not version.at.distance:
        return version.public
    return f"{_bumped(version.public)}.dev{version.at.distance}"


_VERSION_SCHEMES: Mapping[str, Scheme] = {
    "guess-next-dev": _unless_exact(
        lambda version: f"{_bumped(version.public)}.dev{version.at.distance}"
    ),
    "no-guess-dev": _unless_exact(_no_guess),
    "post-release": _unless_exact(lambda version: f"{version.public}.post{version.at.distance}"),
    "only-version": lambda version: version.public,
    "calver-by-date": _unless_exact(_by_date),
    "pdm": _pdm_version,
    **dict.fromkeys(
        ("semver-pep440", "python-simplified-semver"),
        _unless_exact(
            lambda version: _semver(version, 2 if "feature" in (version.at.branch or "") else 3)
        ),
    ),
    **dict.fromkeys(
        ("semver-pep440-release-branch", "release-branch-semver"), _unless_exact(_release_branch)
    ),
}


def _node_and(layout: str) -> Scheme:
    def local(version: TagVersion) -> str:
        parts = () if version.exact else (version.node, version.day(layout))
        return ".".join(part for part in parts if part)

    return local


def _pdm_local(version: TagVersion) -> str:
    node = version.node[:8] if version.at.distance else ""
    day = f"d{datetime.now(UTC):%Y%m%d}" if version.at.dirty else ""  # SOURCE_DATE_EPOCH or not
    return ".".join(part for part in (node, day) if part)


def _refuse_dirty(version: TagVersion) -> str:
    if version.at.dirty:
        raise BuildFails("Working tree has uncommitted changes (SCM reports dirty).")
    return ""


_LOCAL_SCHEMES: Mapping[str, Scheme] = {
    "node-and-date": _node_and("%Y%m%d"),
    "node-and-timestamp": _node_and("%Y%m%d%H%M%S"),
    "dirty-tag": lambda version: "dirty" if version.at.dirty else "",
    "no-local-version": lambda _: "",
    "pdm": _pdm_local,
    "no-local-version-strict": _refuse_dirty,
}


def _without_history(
    source: Source, settings: Mapping[str, Any], said: str, here: Place, why: NoHistory
) -> Version:
    """Outside of a repository: the metadata of an sdist, else the fallback of the settings."""
    if stated := sdist_version(source):
        return stated
    prefix, parent = settings.get("parentdir_prefix_version"), Path(source.tree.root).resolve().name
    if isinstance(prefix, str) and parent.startswith(prefix):
        return found(parent.removeprefix(prefix), "the name of the folder", here)
    if fallback := settings.get("fallback_version"):
        return found(str(fallback), f"fallback_version of {said}", here)
    if source.tree.has(".git_archival.txt"):
        because = ".git_archival.txt is there, which only the build reads"
        return untold(because, said, here, from_tags=True)
    if isinstance(why, NotARepository):
        because = f"setuptools-scm was unable to detect version for {parent}. ({why})"
        return replace(broken(because, said, here), from_tags=True)
    return untold(str(why), said, here, from_tags=True)
