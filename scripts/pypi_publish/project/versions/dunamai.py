"""dunamai's rules, as poetry-dynamic-versioning and uv-dynamic-versioning apply them."""

import re
from collections.abc import Mapping
from typing import Any

from pypi_publish.project.model import Version
from pypi_publish.project.search import Found, PatternProblem, searched
from pypi_publish.project.source import Source
from pypi_publish.project.vcs import Description, NoHistory, Repository, repository
from pypi_publish.project.versions.answers import backends_own, found, from_history, untold
from pypi_publish.project.versions.patterns import in_file
from pypi_publish.verdict import Place

_DEFAULT = (
    r"^v((?P<epoch>\d+)!)?(?P<base>\d+(\.\d+)*)"
    r"([-._]?((?P<stage>[a-zA-Z]+)[-._]?(?P<revision>\d+)?))?(\+(?P<tagged_metadata>.+))?$"
)
_STAGES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_ATTEMPTS = 40  # tags that do not match the pattern and are passed by


class CannotTell(Exception):
    """The settings ask for what only the build itself can compute."""


def poetry_dynamic_versioning(source: Source) -> Version | None:
    """poetry-dynamic-versioning, if it is enabled and the backend is the one that applies it."""
    table = source.tool("poetry-dynamic-versioning")
    if table.get("enable") is not True:
        return None
    here, said = source.place("tool", "poetry-dynamic-versioning"), "poetry-dynamic-versioning"
    if not (source.backend or "").startswith("poetry_dynamic_versioning"):
        placeholder = source.tool("poetry").get("version") or source.project.get("version")
        because = f"the placeholder of {said}, whose build-backend is not the one in use"
        return backends_own(str(placeholder or "0.0.0"), because, here)
    if value := source.environ.get(bypass := "POETRY_DYNAMIC_VERSIONING_BYPASS"):
        return found(value, f"environment variable {bypass}", here)
    given = table.get("from-file")
    if isinstance(given, Mapping) and given.get("source"):
        pattern, groups = given.get("pattern") or r"\A\s*(.*\S)", (1,)
        return in_file(source, given["source"], pattern, groups, "from-file", here)
    return version_of(source, table, said, here)


def uv_dynamic_versioning(source: Source) -> Version | None:
    """uv-dynamic-versioning, a version source of hatchling."""
    if source.tool("hatch", "version").get("source") != "uv-dynamic-versioning":
        return None
    table = source.tool("uv-dynamic-versioning")
    here = source.place("tool", "hatch", "version")
    bypass = "UV_DYNAMIC_VERSIONING_BYPASS"
    if value := source.environ.get(bypass):
        return found(value, f"environment variable {bypass}", here)
    return version_of(source, table, "uv-dynamic-versioning", here)


def version_of(source: Source, settings: Mapping[str, Any], said: str, here: Place) -> Version:
    """Compute what dunamai would serialise."""
    at = None
    try:
        at, groups = _described(repository(source.tree.root), _pattern(settings))
        return from_history(_serialised(at, groups, settings), said, here, at)
    except NoHistory as error:
        fallback = settings.get("fallback-version")
        if isinstance(fallback, str):
            return found(fallback, f"fallback-version of {said}", here)
        return untold(str(error), said, here, from_tags=True)
    except (CannotTell, PatternProblem) as error:
        return untold(str(error), said, here, from_tags=True, history=at)


def _pattern(settings: Mapping[str, Any]) -> str:
    pattern = settings.get("pattern")
    if pattern in {None, "default"}:
        pattern = _DEFAULT
    elif pattern == "default-unprefixed":
        pattern = _DEFAULT.replace("^v", "^v?", 1)
    if prefix := settings.get("pattern-prefix"):
        pattern = str(pattern).replace("^", f"^{prefix}", 1)
    return str(pattern)


def _described(repo: Repository, pattern: str) -> tuple[Description, Mapping[str, str]]:
    """Find the nearest tag that the pattern takes; git knows globs, so each other is left out."""
    passed_by: list[str] = []
    for _ in range(_ATTEMPTS):
        at = repo.describe(exclude=passed_by)
        if at.tag is None:
            return at, {"base": "0.0.0"}
        match = _matched(pattern, at.tag)
        if match is not None:
            groups = {str(key): said for key, (said, _) in match.groups.items()}
            if not re.fullmatch(r"\d+(\.\d+)*", groups.get("base", "")):
                raise CannotTell("the pattern has no group `base` that finds a release")
            return at, groups
        passed_by.append(re.sub(r"([\[\]*?\\])", r"\\\1", at.tag))
    raise CannotTell(f"none of the nearest {_ATTEMPTS} tags matches the pattern")


def _matched(pattern: str, tag: str) -> Found | None:
    return searched(pattern, tag, known=pattern in {_DEFAULT, _DEFAULT.replace("^v", "^v?", 1)})


def _serialised(at: Description, groups: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    if settings.get("format-jinja"):
        raise CannotTell("format-jinja is a template that the build runs")
    stage = groups.get("stage")
    if settings.get("style") not in {None, "pep440"} and (stage or at.distance):
        raise CannotTell(f"style {settings['style']} is not the one of Python")
    if isinstance(layout := settings.get("format"), str):
        return _laid_out(layout, at, groups)
    public = _public(at, groups, bump=bool(settings.get("bump")))
    return public + _local(at, groups, settings)


def _public(at: Description, groups: Mapping[str, str], *, bump: bool) -> str:
    base, stage, revision = groups["base"], groups.get("stage"), groups.get("revision")
    moved = at.distance > 0
    if moved and bump:
        if stage is None:
            base = ".".join([*base.split(".")[:-1], str(int(base.split(".")[-1]) + 1)])
        else:
            revision = str(int(revision or 1) + 1)
    stage = _STAGES.get(stage.lower(), stage.lower()) if stage else None
    parts = [f"{groups['epoch']}!" if "epoch" in groups else "", base]
    if stage in {"post", "dev"}:
        parts.append(f".{stage}{revision or 0}")
    elif stage:
        parts.append(f"{stage}{revision or 0}")
    if moved and bump:
        parts.append(f".dev{at.distance}")
    elif moved:
        parts.append(f".dev{at.distance}" if stage == "post" else f".post{at.distance}.dev0")
    return "".join(parts)


def _local(at: Description, groups: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    wanted = settings.get("metadata")
    if wanted is False:
        return ""
    parts = []
    if settings.get("tagged-metadata") and "tagged_metadata" in groups:
        parts.append(groups["tagged_metadata"])
    if (wanted or at.distance) and at.node:
        node = at.node if settings.get("full-commit") else at.node[:7]
        parts.append(f"{settings.get('commit-prefix') or ''}{node}")
    if settings.get("dirty") and at.dirty:
        parts.append("dirty")
    return f"+{'.'.join(parts)}" if parts else ""


def _laid_out(layout: str, at: Description, groups: Mapping[str, str]) -> str:
    """Fill in a format; by plain replacement, for `str.format` would obey the project's text."""
    numbers = [*groups["base"].split("."), "0", "0", "0"]
    fields = {
        **{key: groups.get(key, "") for key in ("base", "stage", "revision", "tagged_metadata")},
        "distance": str(at.distance),
        "commit": (at.node or "")[:7],
        "dirty": "dirty" if at.dirty else "clean",
        "epoch": groups.get("epoch", ""),
        **dict(zip(("major", "minor", "patch"), numbers, strict=False)),
    }
    filled = re.sub(r"\{(\w+)\}", lambda match: fields.get(match[1], match[0]), layout)
    if "{" in filled:
        raise CannotTell("the format uses more than tag, distance and commit")
    return filled
