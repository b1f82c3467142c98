"""The claims of an identity token as clients print them, and what they alone give away."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pypi_publish.failures.match import Hit, order_of
from pypi_publish.failures.story import Story
from pypi_publish.report.answer import Form

_SITES = {"pypi": "https://pypi.org", "testpypi": "https://test.pypi.org"}
_ABSENT = {"MISSING", "None", "null", ""}
_REF = re.compile(
    r"(?P<slug>[^/\s]+/[^/\s]+)/\.github/workflows/(?P<file>[^@\s]+)(?:@(?P<ref>\S+))?"
)


@dataclass(frozen=True)
class Claims:
    """What the run said of itself."""

    values: Mapping[str, str | None]
    hits: tuple[Hit, ...]

    def __getitem__(self, name: str) -> str | None:
        return self.values.get(name)

    @property
    def repository(self) -> str | None:
        return self["repository"]

    @cached_property
    def called(self) -> re.Match[str] | None:
        """The workflow that holds the publishing job."""
        return _REF.match(self["job_workflow_ref"] or "")

    @cached_property
    def calling(self) -> re.Match[str] | None:
        """The workflow that the event started."""
        return _REF.match(self["workflow_ref"] or "")

    @property
    def workflow(self) -> str | None:
        return self.called["file"] if self.called else None

    @property
    def environment(self) -> str | None:
        """The environment of the job; only `sub` tells of it where clients leave out its claim."""
        named = self["environment"]
        if named:
            return named
        found = re.search(r":environment:([^:]+)", self["sub"] or "")
        return found[1] if found else None

    @property
    def tells_environment(self) -> bool:
        """Whether it is known that there is one, or none."""
        return "environment" in self.values or bool(self["sub"])

    @property
    def is_reusable(self) -> bool:
        """Whether the job is in a workflow that another one calls."""
        called, calling = self.called, self.calling
        if called and calling:
            return (called["slug"], called["file"]) != (calling["slug"], calling["file"])
        return self.is_foreign

    @property
    def is_foreign(self) -> bool:
        """Whether the workflow of the job belongs to another repository."""
        return bool(
            self.called
            and self.repository
            and self.called["slug"].lower() != self.repository.lower()
        )

    @property
    def is_gitlab(self) -> bool:
        return bool(self["ci_config_ref_uri"] or self["project_path"])


def claims_in(story: Story) -> Claims | None:
    """Return the last set of claims that the log shows."""
    hits = [hit for hit in story.reading.found.of("~claim") if not hit.quoted]
    values: dict[str, str | None] = {}
    for hit in hits:
        name, value = hit.varying[:2]
        values[name] = None if value.strip() in _ABSENT else value.strip()
    if not {"repository", "job_workflow_ref", "project_path", "sub"} & values.keys():
        return None
    return Claims(values, tuple(sorted(hits, key=order_of)))


def form_of(claims: Claims, index: str | None, project: str | None) -> Form | None:
    """Return the form that would accept this token, if one can."""
    index = index if index in _SITES else "pypi"
    if claims.is_gitlab:
        return _gitlab_form(claims, index)
    if not claims.repository or not claims.workflow or claims.is_reusable:
        return None
    owner, _, name = claims.repository.partition("/")
    fields = {
        "owner": owner,
        "repository": name,
        "workflow_filename": claims.workflow,
        "environment": (claims.environment or "").lower(),
    }
    return Form(
        index=index,
        provider="github",
        kind="unknown",
        fields=fields,
        page=page_of(index, project, "github", fields),
        source="claims",
    )


def _gitlab_form(claims: Claims, index: str) -> Form | None:
    path = claims["project_path"]
    config = re.match(r"[^/]+/.+?//(?P<file>[^@]+)", claims["ci_config_ref_uri"] or "")
    if not path:
        return None
    namespace, _, name = path.rpartition("/")
    fields = {
        "namespace": namespace,
        "project": name,
        "workflow_filepath": config["file"] if config else ".gitlab-ci.yml",
        "environment": claims.environment or "",
    }
    page = page_of(index, None, "gitlab", fields)
    return Form(
        index=index, provider="gitlab", kind="unknown", fields=fields, page=page, source="claims"
    )


def page_of(index: str, project: str | None, provider: str, fields: Mapping[str, str]) -> str:
    """Return the page that takes the form; of a project that exists it is filled in already."""
    from urllib.parse import urlencode

    site = _SITES[index]
    if project is None:
        return f"{site}/manage/account/publishing/"
    query = {"provider": provider, **{name: value for name, value in fields.items() if value}}
    return f"{site}/manage/project/{project}/settings/publishing/?{urlencode(query)}"
