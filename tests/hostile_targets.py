"""Every parser of foreign bytes, with input that is small: 100,000 broken ones are soon read."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, ClassVar, cast

import hostile_samples as sample
from artifact_maker import SdistMaker, WheelMaker, metadata
from hostile import SECRET, Target, words
from pypi_publish.artifacts.contents import Findings
from pypi_publish.artifacts.read import read_artifacts
from pypi_publish.artifacts.tar_archive import read_tar
from pypi_publish.artifacts.zip_archive import opened
from pypi_publish.core_metadata import description
from pypi_publish.core_metadata.identity import required
from pypi_publish.core_metadata.parse import parse
from pypi_publish.core_metadata.rules import RULES, refusals
from pypi_publish.failures.answer import answer
from pypi_publish.failures.catalogue import load
from pypi_publish.failures.reading import LogFile, read_log
from pypi_publish.failures.story import Story
from pypi_publish.index import json_api, simple
from pypi_publish.index.credentials import find_credentials
from pypi_publish.index.provenance import UnreadableProvenance, read_provenance_object
from pypi_publish.pins.judge import Repository, judge, pins_of
from pypi_publish.pins.lockfile import read_lock
from pypi_publish.pins.policy import read_policy
from pypi_publish.pins.smart_http import list_refs
from pypi_publish.preflight.built_contents import _record_rows
from pypi_publish.project import python_source, setup_cfg, toml
from pypi_publish.project.exposed import exposed_in
from pypi_publish.project.files import Tree
from pypi_publish.project.mirrors.changelog import read_changelog
from pypi_publish.project.mirrors.documents import citation, json_descriptions
from pypi_publish.project.mirrors.locks import lock_entries
from pypi_publish.project.mirrors.manifests import conda_recipe
from pypi_publish.project.read import read_project
from pypi_publish.project.source import Source
from pypi_publish.release.certificate import UnreadableCertificate, read_certificate
from pypi_publish.report.document import _json
from pypi_publish.web import Answer
from pypi_publish.workflow import conditions, gitlab_rules, shell
from pypi_publish.workflow.gitlab import GitlabPipeline
from pypi_publish.workflow.model import Workflow
from pypi_publish.workflow.pipelines import read_pipelines
from pypi_publish.workflow.reader import read_document

DATA = Path(__file__).parent / "data"
HERE = Path()
A_FEW = 4_000
JSON = "application/vnd.pypi.simple.v1+json"
UNREADABLE = (UnreadableProvenance, UnreadableCertificate)
CATALOGUE = load()


def _data(pattern: str) -> tuple[bytes, ...]:
    """Return the test data that a pattern names."""
    found = tuple(path.read_bytes() for path in sorted(DATA.glob(pattern)) if path.is_file())
    assert found
    return found


class Held:
    """What the readers of archives ask of a path, for bytes in memory."""

    name = "sample_pkg-1.0.tar.gz"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, _: str) -> BinaryIO:
        return io.BytesIO(self._data)

    def stat(self) -> SimpleNamespace:
        return SimpleNamespace(st_size=len(self._data))


# Workflows


def _workflow(data: bytes) -> object:
    document = read_document("ci.yml", data)
    return list(Workflow(document).uses()), document.comments


def _pins(data: bytes) -> object:
    repository = Repository([read_document(".github/workflows/ci.yml", data)])
    return judge(repository, pins_of(repository))


def _expressions(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    return (
        conditions.holds(text, lambda _: conditions.OPEN),
        conditions.asks_status(text),
        gitlab_rules.holds(text, {"CI_COMMIT_TAG": "v1.0"}.get),
    )


def _commands(data: bytes) -> object:
    return list(shell.commands(_source(data)))


def _actions_lock(data: bytes) -> object:
    return read_lock(read_document("actions.lock", data))


def _pipelines(_: bytes) -> object:
    return read_pipelines(HERE)


def _policy(_: bytes) -> object:
    return read_policy(HERE)


def _gitlab(data: bytes) -> object:
    pipeline = GitlabPipeline((read_document(".gitlab-ci.yml", data),))
    return [(job.script, job.id_tokens, job.variables) for job in pipeline.jobs]


# Projects


def _toml(data: bytes) -> object:
    return toml.parsed(data.decode("utf-8", "replace"), "pyproject.toml")


def _source(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _setup_cfg(data: bytes) -> object:
    return setup_cfg.parsed(_source(data))


def _exposed(_: bytes) -> object:
    return list(exposed_in(HERE, [], [".pypirc"]))


def _project(_: bytes) -> object:
    return read_project(HERE)


def _setup_py(data: bytes) -> object:
    text = _source(data)
    return python_source.setup_call(text), python_source.constant(text, "__version__")


class _OneFile(Tree):
    """A tree that holds one file; it is held in memory."""

    content: ClassVar[str] = ""
    name: ClassVar[str] = ""

    def source(self, name: str, limit: int = 0) -> str | None:
        return self.content if name == self.name else None

    def head(self, name: str, size: int) -> str | None:
        return self.content[:size] if name == self.name else None

    def names(self, folder: str = "") -> list[tuple[str, bool]]:
        return [] if folder else [(self.name, False)]


def _of_project(name: str, read: Callable[[Source, str], object]) -> Callable[[bytes], object]:
    source = Source(_OneFile(HERE), environ={})

    def reader(data: bytes) -> object:
        _OneFile.name, _OneFile.content = name, _source(data)
        found = read(source, "sample-pkg")
        return list(found) if isinstance(found, Iterator) else found

    return reader


# Built files


def _zip(data: bytes) -> object:
    findings = Findings()
    with opened(cast("Path", Held(data)), findings) as archive:
        if archive is not None:
            archive.look()
    return findings


def _tar(data: bytes) -> object:
    findings = Findings()
    held = cast("Path", Held(data))
    return read_tar(held, findings, lambda name: name.endswith("PKG-INFO")), findings


def _stored(data: bytes) -> object:
    """Read a tar that gzip has packed without making it smaller, which is quick."""
    return _tar(gzip.compress(data, 0, mtime=0))


def _record(data: bytes) -> object:
    return _record_rows(_source(data))


def _artifacts(_: bytes) -> object:
    return read_artifacts(HERE / "dist")


def _metadata(data: bytes) -> object:
    fields = parse(data).fields
    found = [
        refusal for rule in RULES if rule is not description.rendering for refusal in rule(fields)
    ]
    return found, list(required(fields))


def _rendered(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    fields = {"Description-Content-Type": ["text/x-rst"], "Description": [text]}
    return list(refusals(fields))


# Logs


def _log(data: bytes) -> object:
    if SECRET in data:  # what is found is not shown as it is
        return _diagnosed(data)
    return read_log([LogFile(io.BytesIO(data))], CATALOGUE)


def _diagnosed(data: bytes) -> object:
    found = answer(Story(read_log([LogFile(io.BytesIO(data))], CATALOGUE)), CATALOGUE)
    if SECRET in data:
        assert SECRET.decode() not in json.dumps(_json(found))
    return found


# What servers answer


def _page(kind: str) -> Callable[[bytes], object]:
    url = "https://index.example/simple/sample-pkg/"
    return lambda data: simple.read_page(data, kind, url, "sample-pkg")


def _json_api(data: bytes) -> object:
    url = "https://index.example/pypi/sample-pkg/json"
    return (
        json_api.release_in_project_json(data, url, "sample-pkg", "1.0"),
        json_api.release_in_version_json(data, url, "sample-pkg", "1.0"),
        json_api.read_release(data, url),
    )


def _provenance(data: bytes) -> object:
    found = read_provenance_object(data)
    return [read_certificate(one.certificate) for one in found.attestations if one.certificate]


def _refs(data: bytes) -> object:
    """Read the same bytes as the first answer of a git server and as its second."""
    headers = {"content-type": "application/x-git-upload-pack-advertisement"}
    told = Answer(
        200, "https://git.example/a/b.git/info/refs?service=git-upload-pack", headers, data
    )
    return list_refs(cast("Any", SimpleNamespace(get=lambda *_: told, post=lambda *_: told)), "a")


def _netrc(_: bytes) -> object:
    found = find_credentials("https://index.example/simple/", {"NETRC": "netrc"})
    return found and found.header


def _e2e(name: str, read: Callable[[bytes], object], seeds: tuple[bytes, ...], said: str) -> Target:
    return Target(name, read, seeds, words(said), inputs=A_FEW)


def _whole(
    name: str, read: Callable[[bytes], object], seeds: tuple[bytes, ...], file: str = ""
) -> Target:
    """Return a target that takes milliseconds: whole folders, the renderer of the index."""
    return Target(name, read, seeds, inputs=A_FEW, file=file)


_changelog = _of_project("CHANGELOG.md", read_changelog)
TARGETS = (
    Target("workflow", _workflow, sample.WORKFLOWS, sample.IN_YAML),
    Target("expressions", _expressions, sample.CONDITIONS, sample.IN_CONDITIONS),
    Target("shell", _commands, (sample.SHELL,), sample.IN_SHELL),
    Target("gitlab", _gitlab, (sample.GITLAB,), sample.IN_GITLAB),
    Target("actions-lock", _actions_lock, (sample.ACTIONS_LOCK,), sample.IN_ACTIONS_LOCK),
    Target("toml", _toml, (sample.PYPROJECT,), sample.IN_TOML),
    Target("setup-cfg", _setup_cfg, (sample.SETUP_CFG,), sample.IN_SETUP_CFG),
    Target("setup-py", _setup_py, (sample.SETUP_PY,), sample.IN_PYTHON),
    Target("uv-lock", _of_project("uv.lock", lock_entries), (sample.UV_LOCK,), sample.IN_UV_LOCK),
    Target("citation", _of_project("CITATION.cff", citation), (sample.CITATION,), sample.IN_CFF),
    Target("changelog", _changelog, (sample.CHANGELOG,), sample.IN_CHANGELOG),
    Target(
        "codemeta",
        _of_project("codemeta.json", json_descriptions),
        (sample.CODEMETA,),
        sample.IN_JSON,
    ),
    Target("recipe", _of_project("./meta.yaml", conda_recipe), (sample.RECIPE,), sample.IN_RECIPE),
    Target("metadata", _metadata, (metadata(),), sample.IN_METADATA),
    Target("zip", _zip, (sample.ZIP,), sample.IN_ZIP),
    Target("tar", _stored, (sample.TAR, sample.LINKED), sample.IN_TAR),
    Target("gzip", _tar, (gzip.compress(sample.TAR, 9, mtime=0),), sample.IN_GZIP),
    Target("record", _record, (sample.RECORD,), sample.IN_RECORD),
    Target("log", _log, sample.LOGS, sample.IN_LOGS),
    Target("simple-json", _page(JSON), (sample.SIMPLE,), sample.IN_JSON),
    Target("simple-html", _page("text/html"), (sample.ANCHORS,), sample.IN_HTML),
    Target("json-api", _json_api, (sample.RELEASE,), sample.IN_JSON),
    Target("provenance", _provenance, (sample.provenance(),), sample.IN_JSON, UNREADABLE),
    Target("certificate", read_certificate, (sample.CERTIFICATE,), sample.IN_DER, UNREADABLE),
    Target("refs", _refs, sample.REFS, sample.IN_REFS),
    Target("netrc", _netrc, (sample.NETRC,), sample.IN_NETRC, file="netrc"),
    Target("exposed", _exposed, (sample.PYPIRC,), sample.IN_PYPIRC, file=".pypirc"),
    _whole("repository", _pins, _data("workflows/**/*.yml")),
    _whole("pipelines", _pipelines, _data("pipelines/**/*.yml"), ".github/workflows/ci.yml"),
    _whole(
        "gitlab-pipelines",
        _pipelines,
        _data("pipelines/**/*gitlab*.yml"),
        ".gitlab-ci.yml",
    ),
    _whole("project", _project, _data("*/**/pyproject.toml"), "pyproject.toml"),
    _whole("policy", _policy, (sample.POLICY,), ".github/action-pins.toml"),
    _whole("wheel", _artifacts, (WheelMaker().data(),), f"dist/{WheelMaker().file}"),
    _whole("sdist", _artifacts, (SdistMaker().data(),), f"dist/{SdistMaker().file}"),
    _whole("readme", _rendered, (sample.RST,)),
    _whole("whole-logs", _diagnosed, _data("logs/failing/*")),
)
BY_NAME = {target.name: target for target in TARGETS}
