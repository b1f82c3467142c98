"""Smaller schemes: pdm's scm, versioningit, package.json, plugins that only a build can ask."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pypi_publish.project.model import Version
from pypi_publish.project.search import PatternProblem, searched
from pypi_publish.project.source import Source
from pypi_publish.project.vcs import Description, NoHistory, repository
from pypi_publish.project.versions.answers import backends_own, broken, found, from_history, untold
from pypi_publish.project.versions.scm import (
    BuildFails,
    CannotTell,
    build_date,
    version_from_tags,
)

# Build requirements that compute the version by code of their own.
_PLUGINS = ("versioneer", "pbr", "incremental")
_NAMED_SO = re.compile(r"version|semver|(?:^|-)vcs(?:-|$)")
_NEED_A_TABLE = ("versioningit", "vcs-versioning")  # and do nothing without it


def pdm_scm(source: Source) -> Version | None:
    """pdm-backend: `source = "scm"`, whose rules are those of setuptools-scm."""
    table = source.tool("pdm", "version")
    if not (source.backend or "").startswith("pdm") or table.get("source") != "scm":
        return None
    here, said = source.place("tool", "pdm", "version"), "[tool.pdm.version] source = scm"
    if "version_format" in table:
        return untold("version_format is code that the build runs", said, here, from_tags=True)
    match = str(table.get("tag_filter") or "*.*")
    settings: dict[str, Any] = {
        "git_describe_command": ["git", "describe", "--tags", "--match", match],
        "search_parent_directories": True,
        "tag_regex": table.get("tag_regex"),
        "version_scheme": "pdm",
        "local_scheme": "pdm",
    }
    if value := source.environ.get("PDM_BUILD_SCM_VERSION"):
        return found(value, "environment variable PDM_BUILD_SCM_VERSION", here)
    given = version_from_tags(source, settings, said, here)
    fallback = table.get("fallback_version")
    if given.history is None and given.text is None and isinstance(fallback, str):
        return found(fallback, "fallback_version of [tool.pdm.version]", here)
    return given


def pdm_default(source: Source) -> Version | None:
    """pdm-backend builds 0.0.0 where nothing states a version."""
    if not (source.backend or "").startswith("pdm") or "version" in source.project:
        return None
    here, table = source.place("project", "dynamic"), source.tool("pdm", "version")
    if table.get("source") == "call":
        return untold("the build calls a function for the version", "[tool.pdm.version]", here)
    if table:
        return broken("tool.pdm.version.source is required", "[tool.pdm.version]", here)
    return backends_own("0.0.0", "pdm-backend's own default, for nothing states a version", here)


def versioningit(source: Source) -> Version | None:
    """versioningit, for setuptools or as a version source of hatchling."""
    if "versioningit" not in source.build_tools or "version" in source.project:
        return None
    hatch = source.tool("hatch", "version").get("source") == "versioningit"
    path = ("hatch", "version") if hatch else ("versioningit",)
    if not hatch and "versioningit" not in source.pyproject.table("tool"):
        return None
    settings, here, at = source.tool(*path), source.place("tool", *path), None
    try:
        vcs = _table(settings, "vcs")
        repo = repository(source.tree.root)
        at = repo.describe(match=_list(vcs.get("match")), exclude=_list(vcs.get("exclude")))
        text = _versioningit(at, settings, build_date(source))
        return from_history(text, "versioningit", here, at)
    except NoHistory as error:
        if isinstance(default := settings.get("default-version"), str):
            return found(default, "default-version of versioningit", here)
        return untold(str(error), "versioningit", here, from_tags=True)
    except BuildFails as error:
        if isinstance(default := settings.get("default-version"), str):
            return found(default, "default-version of versioningit", here)
        return broken(str(error), "versioningit", here)
    except (CannotTell, PatternProblem) as error:
        return untold(str(error), "versioningit", here, from_tags=True, history=at)


def _table(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    if isinstance(value, Mapping) and value.get("method") in {None, "basic", "git", "minor"}:
        return value
    if value is None:
        return {}
    raise CannotTell(f"the {key} step of versioningit is not its plain one")


def _list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _versioningit(at: Description, settings: Mapping[str, Any], now: datetime) -> str:
    tag = at.tag or _table(settings, "vcs").get("default-tag")
    if not isinstance(tag, str):
        raise BuildFails("`git describe` could not find a tag")
    version = _base_version(tag, _table(settings, "tag2version"))
    if at.exact:
        return version
    state = "-".join(
        word for word, holds in (("distance", at.distance), ("dirty", at.dirty)) if holds
    )
    formats = {
        "distance": "{version}.post{distance}+{vcs}{rev}",
        "dirty": "{version}+d{build_date:%Y%m%d}",
        "distance-dirty": "{version}.post{distance}+{vcs}{rev}.d{build_date:%Y%m%d}",
        **_table(settings, "format"),
    }
    fields = {
        **dict.fromkeys(("version", "base_version"), version),
        "next_version": _next_minor(version),
        "distance": str(at.distance),
        "vcs": "g",
        "vcs_name": "git",
        "rev": (at.node or "")[:7],
        "branch": re.sub(r"[^A-Za-z0-9.]", ".", at.branch or "None"),
        "build_date:%Y%m%d": f"{now:%Y%m%d}",
    }
    layout = str(formats[state or "dirty"])
    filled = re.sub(r"\{([^{}]+)\}", lambda field: fields.get(field[1], field[0]), layout)
    if "{" in filled:
        raise CannotTell("the format of versioningit uses more than tag, distance and commit")
    return filled


def _base_version(tag: str, settings: Mapping[str, Any]) -> str:
    tag = tag.removeprefix(str(settings.get("rmprefix", "")))
    tag = tag.removesuffix(str(settings.get("rmsuffix", "")))
    if isinstance(pattern := settings.get("regex"), str):
        match = searched(pattern, tag)
        if match is None and settings.get("require-match"):
            raise BuildFails(f"tag2version.regex did not match tag {tag!r}")
        if match is not None:
            tag = (match.groups.get("version") or match.groups[0])[0]
    return tag.lstrip("v")


def _next_minor(version: str) -> str:
    found_numbers = re.match(r"(\d+!)?(\d+(?:\.\d+)*)", version)
    if found_numbers is None:
        raise BuildFails(f"Cannot parse version {version!r}")
    release = [*map(int, found_numbers[2].split(".")), 0]
    return f"{found_numbers[1] or ''}{release[0]}.{release[1] + 1}.0"


def hatch_nodejs(source: Source) -> Version | None:
    """hatch-nodejs-version: the version of package.json."""
    table = source.tool("hatch", "version")
    if table.get("source") != "nodejs":
        return None
    path, here = str(table.get("path", "package.json")), source.place("tool", "hatch", "version")
    try:
        stated = json.loads(source.tree.source(path) or "")["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return broken(f"{path} states no version", "hatch-nodejs-version", here)
    return found(str(stated), f"{path} version", here)


def _tells_versions(tool: str) -> bool:
    return tool in _PLUGINS or bool(_NAMED_SO.search(tool) and tool not in _NEED_A_TABLE)


def unknown_plugin(source: Source) -> Version | None:
    """Say which plugin would compute the version, where no reader here knows its rules."""
    here = source.place("project", "dynamic")
    if plugin := next(filter(_tells_versions, source.build_tools), None):
        return untold(f"{plugin} computes the version when the build runs it", plugin, here)
    hatch = source.tool("hatch", "version").get("source")
    if isinstance(hatch, str) and "version" in source.dynamic:
        because = f"the hatch plugin {hatch!r} computes the version when the build runs it"
        return untold(because, f"[tool.hatch.version] source = {hatch}", here)
    provider = source.tool("scikit-build", "metadata", "version").get("provider")
    if isinstance(provider, str):
        because = f"{provider} computes the version when the build runs it"
        return untold(because, "[tool.scikit-build.metadata.version]", here)
    return None
