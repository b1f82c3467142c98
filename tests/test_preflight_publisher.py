"""The registration form, and the repository that a git remote names."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_publish.check import checks_in
from pypi_publish.index.model import IndexAnswers
from pypi_publish.preflight import publisher
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import FamilyCheck
from pypi_publish.preflight.publisher import publisher_form
from pypi_publish.project.model import Project, Stated, Version
from pypi_publish.project.repository import Repository, repository_of
from pypi_publish.verdict import Status, Verdict
from pypi_publish.workflow.pipelines import read_pipelines

OCTO = Repository("github.com", "octo", "demo")


@dataclass(frozen=True)
class Upload:
    index: str | None = "pypi"
    asks_for_identity: bool = True


@dataclass(frozen=True)
class Job:
    file: str = ".github/workflows/release.yml"
    forge: str = "github"
    environment: str | None = "pypi"
    names_environment: bool = True
    uploads: tuple[Upload, ...] = (Upload(),)
    callers: tuple[object, ...] = ()


@dataclass(frozen=True)
class Git:
    remotes: dict[str, str]


@dataclass(frozen=True)
class Pipelines:
    publishing_jobs: tuple[Job, ...]


ON_GITLAB = Job(".gitlab-ci.yml", "gitlab", "Release")


def facts(
    *jobs: Job,
    remotes: dict[str, str] | None = None,
    registered: bool | None = True,
    index: str = "pypi",
    urls: tuple[str, ...] = (),
    name: str | None = "Demo.Tool",
) -> Facts:
    if remotes is None:
        remotes = {"origin": "git@github.com:octo/demo.git"}
    told = IndexAnswers(index, "https://pypi.org", "demo-tool", "1.0", registered=registered)
    core = {"Project-URL": list(urls)}
    stated = Stated(name) if name else None
    return Facts(
        project=Project(Path(), stated, Version("1.0", "test"), None, core),
        git=cast("Any", Git(remotes)),
        pipelines=cast("Any", Pipelines(jobs or (Job(),))),
        index=told if registered is not None else None,
    )


def judged(check: FamilyCheck, known: Facts) -> list[Verdict]:
    return list(check(known))


def worst(check: FamilyCheck, known: Facts) -> Verdict:
    return min(judged(check, known), key=lambda verdict: list(Status).index(verdict.status))


@pytest.mark.parametrize(
    ("address", "repository"),
    [
        pytest.param("git@github.com:octo/demo.git", OCTO, id="scp"),
        pytest.param("git@github.com:octo/demo", OCTO, id="scp-without-suffix"),
        pytest.param("github.com:octo/demo.git", OCTO, id="scp-without-user"),
        pytest.param("git@github.com:/octo/demo.git/", OCTO, id="scp-with-slashes"),
        pytest.param("https://github.com/octo/demo.git", OCTO, id="https"),
        pytest.param("https://github.com/octo/demo/", OCTO, id="slash-at-the-end"),
        pytest.param("https://github.com/octo/demo.git/", OCTO, id="suffix-and-slash"),
        pytest.param("https://me:ghp_x@github.com/octo/demo", OCTO, id="with-a-token"),
        pytest.param("ssh://git@github.com/octo/demo.git", OCTO, id="ssh"),
        pytest.param("ssh://git@ssh.github.com:443/octo/demo.git", OCTO, id="ssh-over-443"),
        pytest.param("git+ssh://git@github.com/octo/demo", OCTO, id="pip-style"),
        pytest.param("HTTPS://GitHub.com/octo/demo", OCTO, id="capitals-of-the-host"),
        pytest.param("https://www.github.com/octo/demo/tree/main", OCTO, id="a-page-of-it"),
        pytest.param(
            "https://github.com/Octo/De.Mo_1.git",
            Repository("github.com", "Octo", "De.Mo_1"),
            id="capitals-and-dots-are-kept",
        ),
        pytest.param(
            "git@github.example.com:octo/demo.git",
            Repository("github.example.com", "octo", "demo"),
            id="enterprise",
        ),
        pytest.param(
            "git@gitlab.com:group/sub/demo.git",
            Repository("gitlab.com", "group/sub", "demo"),
            id="gitlab-subgroup",
        ),
        pytest.param(
            "https://gitlab.com/group/sub/demo/-/tree/main",
            Repository("gitlab.com", "group/sub", "demo"),
            id="page-of-gitlab",
        ),
        pytest.param(
            "ssh://git@gitlab.example.org:2222/group/demo",
            Repository("gitlab.example.org", "group", "demo"),
            id="self-managed",
        ),
        pytest.param(
            "git@github-work:octo/demo.git",
            Repository("github-work", "octo", "demo"),
            id="alias-of-ssh",
        ),
        pytest.param("/srv/git/demo.git", None, id="folder"),
        pytest.param("../octo/demo", None, id="relative-folder"),
        pytest.param("C:/code/octo/demo", None, id="folder-of-windows"),
        pytest.param("C:\\code\\octo", None, id="backslashes"),
        pytest.param("file:///srv/git/octo/demo", None, id="file"),
        pytest.param("https://github.com/octo", None, id="owner-alone"),
        pytest.param("https://github.com/octo/..", None, id="dots-are-no-name"),
        pytest.param("https://[::1/octo/demo", None, id="broken-address"),
        pytest.param("git@github.com:octo/\x1b[31mdemo", None, id="terminal-escape"),
        pytest.param("", None, id="empty"),
    ],
)
def test_an_address_of_git_names_a_repository(address: str, repository: Repository | None) -> None:
    assert repository_of(address) == repository


@given(st.text(max_size=40) | st.from_regex(r"(https://|git@)?[\w.@:/\[\]%-]{0,30}"))
def test_any_address_is_a_repository_or_none(address: str) -> None:
    found = repository_of(address)
    assert found is None or found.slug.isascii()


def test_the_form_of_a_project_that_exists_is_a_link_that_fills_it() -> None:
    form = publisher_form(facts())
    assert form is not None
    assert asdict(form) == {
        "index": "pypi",
        "provider": "github",
        "kind": "normal",
        "project": "Demo.Tool",
        "owner": "octo",
        "repository": "demo",
        "workflow": "release.yml",
        "environment": "pypi",
        "page": "https://pypi.org/manage/project/demo-tool/settings/publishing/?provider=github"
        "&owner=octo&repository=demo&workflow_filename=release.yml&environment=pypi",
        "fields": {
            "owner": "octo",
            "repository": "demo",
            "workflow_filename": "release.yml",
            "environment": "pypi",
        },
    }


def test_the_form_of_a_first_release_is_a_page_and_what_to_type() -> None:
    form = publisher_form(facts(registered=False))
    assert form is not None
    assert (form.kind, form.page) == ("pending", "https://pypi.org/manage/account/publishing/")
    assert list(form.fields) == [
        "project_name", "owner", "repository", "workflow_filename", "environment",
    ]  # fmt: skip
    assert form.fields["project_name"] == "Demo.Tool"


def test_the_form_of_gitlab_has_its_own_fields() -> None:
    known = facts(ON_GITLAB, remotes={"origin": "git@gitlab.com:group/sub/demo.git"})
    form = publisher_form(known)
    assert form is not None
    assert form.fields == {
        "namespace": "group/sub",
        "project": "demo",
        "workflow_filepath": ".gitlab-ci.yml",
        "environment": "Release",
    }
    assert "provider=gitlab&namespace=group%2Fsub&project=demo" in form.page


def test_an_included_file_of_gitlab_is_not_what_is_registered() -> None:
    job = replace(ON_GITLAB, file="ci/publish.yml")
    form = publisher_form(facts(job, remotes={"origin": "git@gitlab.com:g/demo.git"}))
    assert form is not None
    assert form.workflow == ".gitlab-ci.yml"


@pytest.mark.parametrize(
    ("upload", "index", "kind"),
    [
        pytest.param("pypi", "pypi", "normal", id="by-name"),
        pytest.param("https://upload.pypi.org/legacy/", "pypi", "normal", id="by-address"),
        pytest.param(
            "https://test.pypi.org/legacy/", "testpypi", "unknown", id="test-was-not-asked"
        ),
    ],
)
def test_the_form_is_for_the_index_that_the_job_uploads_to(
    upload: str, index: str, kind: str
) -> None:
    form = publisher_form(facts(Job(uploads=(Upload(upload),))))
    assert form is not None
    assert (form.index, form.kind) == (index, kind)


def test_of_two_indexes_the_one_that_is_asked_for_has_the_form() -> None:
    jobs = (Job(environment="pypi"), Job(environment="test", uploads=(Upload("testpypi"),)))
    form = publisher_form(facts(*jobs, index="testpypi"))
    assert form is not None
    assert (form.index, form.environment, form.kind) == ("testpypi", "test", "normal")
    assert form.page.startswith("https://test.pypi.org/manage/project/")


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(Facts(), id="nothing-known"),
        pytest.param(facts(remotes={}), id="no-remote"),
        pytest.param(facts(name=None), id="no-name"),
        pytest.param(
            facts(Job(uploads=(Upload("https://h/simple", asks_for_identity=False),))),
            id="other-index",
        ),
        pytest.param(
            facts(Job(uploads=(Upload(None, asks_for_identity=False),))),
            id="index-known-to-the-run",
        ),
        pytest.param(facts(remotes={"origin": "git@gitlab.com:o/d.git"}), id="other-server"),
    ],
)
def test_where_nothing_can_be_said_there_is_no_form(known: Facts) -> None:
    assert publisher_form(known) is None


def test_without_the_index_the_kind_of_publisher_is_not_known() -> None:
    known = facts(registered=None)
    form = publisher_form(known)
    assert form is not None
    assert form.kind == "unknown"
    assert worst(publisher.pending_publisher, known).status is Status.SKIP
    silent = replace(known, silences={"index": "HTTP 502"})
    assert worst(publisher.pending_publisher, silent).status is Status.UNKNOWN
    elsewhere = facts(index="https://h/simple/")
    assert worst(publisher.pending_publisher, elsewhere).status is Status.SKIP


def test_the_index_that_was_asked_decides_for_its_own_form() -> None:
    jobs = (Job(), Job(environment="test", uploads=(Upload("testpypi"),)))
    assert worst(publisher.pending_publisher, facts(*jobs)).status is Status.SKIP


def test_a_job_with_a_token_has_a_form_for_the_day_it_changes() -> None:
    known = facts(Job(uploads=(Upload(asks_for_identity=False),)))
    assert publisher_form(known) is not None
    assert {worst(check, known).status for check in checks_in(publisher)} == {Status.SKIP}


@pytest.mark.parametrize("check", [pytest.param(c, id=c.id) for c in checks_in(publisher)])
def test_without_workflows_the_question_does_not_arise(check: FamilyCheck) -> None:
    assert worst(check, Facts()).status is Status.SKIP
    assert worst(check, Facts(silences={"workflow": "broken"})).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("remotes", "urls", "chosen"),
    [
        pytest.param({"origin": "git@github.com:a/x.git"}, (), "a/x", id="origin"),
        pytest.param(
            {"fork": "git@github.com:me/x.git", "origin": "git@github.com:a/x.git"}, (), "a/x",
            id="origin-before-others",
        ),
        pytest.param(
            {"origin": "git@github.com:me/x.git", "upstream": "git@github.com:a/x.git"},
            ("Source, https://github.com/a/x",),
            "a/x",
            id="the-one-that-the-project-names",
        ),
        pytest.param(
            {"origin": "git@gitlab.com:me/x.git", "hub": "git@github.com:a/x.git"}, (), "a/x",
            id="the-one-on-the-server-that-runs-the-workflow",
        ),
        pytest.param({"up": "git@github.com:a/x.git"}, (), "a/x", id="the-only-one"),
        pytest.param({}, ("Docs, https://x.org", "Repository, https://github.com/a/x"), "a/x",
                     id="url-of-the-project"),
        pytest.param(
            {"origin": "git@github-work:a/x.git"}, (), "a/x", id="alias-of-ssh"
        ),
        pytest.param({"origin": "/srv/x.git", "hub": "git@github.com:a/x.git"}, (), "a/x",
                     id="a-folder-is-none"),
    ],
)  # fmt: skip
def test_the_repository_is_the_one_that_releases(
    remotes: dict[str, str], urls: tuple[str, ...], chosen: str
) -> None:
    form = publisher_form(facts(remotes=remotes, urls=urls))
    assert form is not None
    assert f"{form.owner}/{form.repository}" == chosen


@pytest.mark.parametrize(
    ("remote", "urls", "status", "said"),
    [
        pytest.param("git@github.com:o/d.git", (), Status.PASS, "github.com", id="github"),
        pytest.param(
            "git@github.example.com:o/d.git",
            (),
            Status.FAIL,
            "`invalid-payload`: unknown trusted publishing issuer",
            id="enterprise",
        ),
        pytest.param("git@gitlab.com:o/d.git", (), Status.WARN, "on gitlab.com", id="a-mirror"),
        pytest.param(
            "git@github.com:o/d.git",
            ("Source, https://github.com/O/D",),
            Status.WARN,
            "the remote says o/d, the project's URL O/D",
            id="another-capital",
        ),
        pytest.param(
            "git@github.com:o/d.git",
            ("Source, https://github.com/new/d",),
            Status.WARN,
            "the project's URL is new/d",
            id="renamed-or-a-fork",
        ),
        pytest.param(
            "git@github.com:o/d.git",
            ("Source, https://github.com/o/d", "Sponsor, https://github.com/sponsors/o"),
            Status.PASS,
            "",
            id="agrees",
        ),
        pytest.param("/srv/d.git", (), Status.UNKNOWN, "no git remote", id="no-server"),
    ],
)
def test_the_repository_is_one_that_the_index_trusts(
    remote: str, urls: tuple[str, ...], status: Status, said: str
) -> None:
    verdict = worst(publisher.publisher_repository, facts(remotes={"origin": remote}, urls=urls))
    assert verdict.status is status
    assert said in verdict.because


def test_the_home_page_of_an_older_definition_names_the_repository() -> None:
    known = facts(remotes={})
    assert known.project
    project = replace(known.project, core={"Home-page": ["https://github.com/octo/demo"]})
    form = publisher_form(replace(known, project=project))
    assert form
    assert (form.owner, form.repository) == ("octo", "demo")


def test_a_gitlab_of_its_own_is_trusted_for_few() -> None:
    known = facts(ON_GITLAB, remotes={"origin": "git@git.example.org:g/d.git"})
    assert worst(publisher.publisher_repository, known).status is Status.WARN


@pytest.mark.parametrize(
    ("job", "status", "said"),
    [
        pytest.param(Job(), Status.PASS, "environment pypi", id="named"),
        pytest.param(
            Job(environment="PyPI"),
            Status.PASS,
            "environment pypi, which the index has for PyPI",
            id="capitals-on-github",
        ),
        pytest.param(ON_GITLAB, Status.PASS, "Release, exactly so", id="capitals-on-gitlab"),
        pytest.param(
            Job(environment=None, names_environment=False), Status.SKIP, "accepts any", id="none"
        ),
        pytest.param(Job(environment=None), Status.UNKNOWN, "run time", id="an-expression"),
    ],
)
def test_the_environment_can_be_registered(job: Job, status: Status, said: str) -> None:
    verdict = worst(publisher.publisher_environment, facts(job))
    assert verdict.status is status
    assert said in verdict.because


@pytest.mark.parametrize(
    ("job", "status"),
    [
        pytest.param(Job(), Status.PASS, id="workflow"),
        pytest.param(Job(".github/workflows/x.yaml"), Status.PASS, id="yaml"),
        pytest.param(Job(".github/workflows/a/x.yml"), Status.FAIL, id="below-a-folder"),
        pytest.param(Job("ci/x.yml"), Status.FAIL, id="elsewhere"),
        pytest.param(Job(callers=(object(),)), Status.SKIP, id="reusable"),
        pytest.param(replace(ON_GITLAB, file="ci/x.yml"), Status.PASS, id="gitlab-include"),
    ],
)
def test_the_workflow_can_be_registered(job: Job, status: Status) -> None:
    assert worst(publisher.publisher_workflow, facts(job)).status is status


def test_the_rules_of_a_pending_publisher_are_told_before_a_first_release() -> None:
    said = worst(publisher.pending_publisher, facts(registered=False)).because
    for rule in ("30 days", "three at most", "does not reserve"):
        assert rule in said
    assert worst(publisher.pending_publisher, facts()).status is Status.SKIP


def test_a_registration_is_told_once_for_each_environment() -> None:
    same, other = Job(), Job(environment="other")
    verdicts = judged(publisher.publisher_registration, facts(same, same, other))
    assert len(verdicts) == 2
    assert "environment other" in verdicts[1].because


WORKFLOW = """
on: {release: {types: [published]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    environment: PyPI
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


def test_a_workflow_that_is_really_read_gives_its_form(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "release.yml").write_text(WORKFLOW)
    form = publisher_form(replace(facts(), pipelines=read_pipelines(tmp_path)))
    assert form is not None
    assert (form.workflow, form.environment, form.kind) == ("release.yml", "pypi", "normal")


def test_a_token_in_a_remote_is_shown_nowhere() -> None:
    known = facts(remotes={"origin": "https://me:ghp_secret@github.com/octo/demo"})
    said = [verdict.because for check in checks_in(publisher) for verdict in judged(check, known)]
    assert not any("ghp_secret" in text for text in (*said, str(publisher_form(known))))
