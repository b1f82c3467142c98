"""Advice that is common and wrong, each with a sentence to flag and a near miss to leave alone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pages import Page

# Words by which a text says that it does not advise what it names.
_DENIAL = re.compile(
    r"\b(?:not|never|no longer|cannot|nobody|nothing|neither|nor|avoid\w*|wrong|unsafe|instead of"
    r"|rather than|in place of|refuse[sd]?|outdated|deprecated|gone|danger\w*|confusion|ignore[sd]?"
    r"|would|burnt|history|met elsewhere|they say)\b|n't\b",
    re.IGNORECASE,
)
_MISTAKES = re.compile(r"\b(?:mistakes?|wrong|never|do not)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"*])")
_SHELL = frozenset({"sh", "bash", "shell", "console", "powershell", "pwsh", "ps1"})


@dataclass(frozen=True)
class Advice:
    """One kind of wrong advice, and how it is recognised."""

    name: str
    where: str  # prose, shell, config (any other block), yaml, toml or ini
    flags: Callable[[str], bool]
    bad: str
    good: str


def findings(page: Page) -> Iterator[str]:
    """Yield what the page should not say, as `line: rule: text`."""
    for where, text, line in _statements(page):
        for advice in ADVICE:
            if advice.where == where and advice.flags(text):
                yield f"{page.name}:{line}: {advice.name}: {' '.join(text.split())[:120]}"


def _statements(page: Page) -> Iterator[tuple[str, str, int]]:
    for saying in page.sayings:
        for sentence in () if _MISTAKES.search(saying.below) else _advised(saying.text):
            yield "prose", sentence, saying.line
            yield from (
                ("shell", code, saying.line) for code in saying.commands if code in sentence
            )
    for block in page.blocks:
        if block.language in _SHELL:
            yield "shell", block.text, block.line
        elif block.language not in {"text", ""}:
            yield "config", block.text, block.line
            yield block.language, block.text, block.line


def _advised(text: str) -> Iterator[str]:
    """Yield the sentences that neither deny what they say nor stand beside one that does."""
    sentences = _SENTENCE.split(text)
    denied = [bool(_DENIAL.search(sentence)) for sentence in sentences]
    if text.lower().startswith("met elsewhere"):
        return
    for at, sentence in enumerate(sentences):
        if not any(denied[max(0, at - 1) : at + 2]):
            yield sentence


def _says(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text: any(compiled.search(sentence) for sentence in _advised(text))


def _has(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda text: bool(compiled.search(text))


def _workflow(rule: Callable[[dict[str, Any]], bool]) -> Callable[[str], bool]:
    def flags(text: str) -> bool:
        try:
            loaded = YAML(typ="safe", pure=True).load(text)
        except YAMLError:
            return False  # another test says so
        return isinstance(loaded, dict) and rule(loaded)

    return flags


def _jobs(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    jobs = workflow.get("jobs")
    return [job for job in jobs.values() if isinstance(job, dict)] if isinstance(jobs, dict) else []


def _may_publish(part: dict[str, Any]) -> bool:
    rights = part.get("permissions")
    return rights == "write-all" or (isinstance(rights, dict) and rights.get("id-token") == "write")


def _builds_and_publishes(workflow: dict[str, Any]) -> bool:
    build = re.compile(
        r"\b(?:python -m build|(?:uv|hatch|poetry|flit|pdm) build|pyproject-build)\b"
    )
    return any(
        _may_publish(job)
        and any(build.search(str(step.get("run"))) for step in job.get("steps", []))
        for job in _jobs(workflow)
    )


_UPLOAD = r"(?:twine upload|(?:uv|poetry|pdm|hatch|flit) publish)\b[^\n]*"

ADVICE = (
    Advice(
        "extra index",
        "prose",
        _says(r"--extra-index-url|extra-index-url\s*=|PIP_EXTRA_INDEX_URL"),
        "Add `--extra-index-url https://pypi.org/simple/` for the dependencies.",
        "Do not add `--extra-index-url`: pip prefers no index.",
    ),
    Advice(
        "extra index in a command",
        "shell",
        _has(r"^[^#\n]*(?:--extra-index-url|PIP_EXTRA_INDEX_URL)"),
        "pip install --extra-index-url https://pypi.org/simple/ demo",
        "pip install --index-url https://test.pypi.org/simple/ --no-deps demo",
    ),
    Advice(
        "extra index in a configuration",
        "config",
        _has(r"^[^#;\n]*extra[-_]index[-_]url|^\s*priority\s*=\s*.supplemental"),
        "[global]\nextra-index-url = https://example.org/simple",
        "[global]\nindex-url = https://example.org/simple",
    ),
    Advice(
        "secret as an argument",
        "shell",
        _has(rf"{_UPLOAD}\s(?:-p|-t|--password|--token)\b|poetry config pypi-token\.\S+ +\S"),
        "python -m twine upload -u __token__ -p $TOKEN dist/*",
        "python -m twine upload --non-interactive --repository testpypi dist/*",
    ),
    Advice(
        "secret written into a command",
        "shell",
        _has(r"(?:PASSWORD|TOKEN)[\"']?\s*=\s*[\"']?pypi-|https?://[^\s/:@$]+:[^\s/@]+@"),
        '$env:TWINE_PASSWORD = "pypi-AgEI"',
        '$env:TWINE_PASSWORD = Read-Host -MaskInput "Token"',
    ),
    Advice(
        "caller registered as publisher",
        "prose",
        _says(
            r"(?:register|enter|use|type)\b.{0,40}\bcall(?:er|ing)\b.{0,40}\b(?:workflow|file)"
            r"|caller'?s?.{0,40}\bis what PyPI (?:matches|checks|compares)"
        ),
        "For a reusable workflow register the caller's workflow file name on PyPI.",
        "Never register the caller's workflow for a publish step in a reusable workflow.",
    ),
    Advice(
        "build in the publishing job",
        "yaml",
        _workflow(_builds_and_publishes),
        "jobs: {p: {permissions: {id-token: write}, steps: [{run: uv build}]}}",
        "jobs: {b: {steps: [{run: uv build}]}, p: {permissions: {id-token: write}, steps: []}}",
    ),
    Advice(
        "build in the publishing job, in words",
        "prose",
        _says(r"re-?build\w*\b.{0,40}\bin the (?:publish\w*|pypi|upload) job"),
        "Rebuild the package in the publish job, so that the checkout is exact.",
        "Do not rebuild in the publish job: what was tested is then not what is shipped.",
    ),
    Advice(
        "existing files skipped on PyPI",
        "yaml",
        _has(r"\A(?![\s\S]*test\.pypi)[\s\S]*skip-existing:\s*['\"]?true"),
        "- uses: x/publish\n  with:\n    skip-existing: true",
        "- with:\n    repository-url: https://test.pypi.org/legacy/\n    skip-existing: true",
    ),
    Advice(
        "existing files skipped by a client",
        "shell",
        _has(r"^(?!.*test\.?pypi).*(?:twine upload|publish)\b.*--skip-existing"),
        "twine upload --skip-existing dist/*",
        "twine upload --skip-existing --repository testpypi dist/*",
    ),
    Advice(
        "sleep for the index",
        "shell",
        _has(r"\bsleep\s+\d|Start-Sleep"),
        "sleep 30; pip install demo==1.2.0",
        "verify-on-pypi --wait 300 demo==1.2.0",
    ),
    Advice(
        "sleep for the index, in words",
        "prose",
        _says(
            r"\bsleep \d+|\bwait (?:half a minute|a minute|\d+ seconds)\b.{0,40}(?:index|PyPI|CDN)"
        ),
        "Wait 30 seconds for the PyPI index to catch up.",
        "Do not sleep 30 seconds: ask with a limit.",
    ),
    Advice(
        "moving reference of an action",
        "yaml",
        _has(r"uses:\s*['\"]?(?!\./)[\w.-]+/[^\s@'\"]+@(?![0-9a-f]{40}\b)(?!.*: ignore\[)"),
        "- uses: pypa/gh-action-pypi-publish@release/v1",
        "- uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    ),
    Advice(
        "environment for main alone",
        "prose",
        _says(
            r"(?:environment|deploy\w*)\b.{0,80}\b(?:restrict\w*|limit\w*|allow\w*|only)\b.{0,30}`?main`?"
            r"|(?:restrict\w*|limit\w*)\b.{0,20}\benvironment\b.{0,40}\bmain\b"
        ),
        "In the environment `pypi`, restrict deployments to the branch `main`.",
        "An environment that admits only `main` would stop every release made from a tag.",
    ),
    Advice(
        "right to publish for the whole workflow",
        "yaml",
        _workflow(lambda workflow: "jobs" in workflow and _may_publish(workflow)),
        "permissions: {id-token: write}\njobs: {build: {steps: []}}",
        "permissions: {}\njobs: {publish: {permissions: {id-token: write}, steps: []}}",
    ),
    Advice(
        "uv and .pypirc",
        "prose",
        _says(r"\buv(?: publish)?`?\b.{0,40}\b(?:reads?|uses?|takes?|from|in)\b.{0,25}\.pypirc"),
        "`uv publish` takes the token from `~/.pypirc` or the environment.",
        "`uv publish` never reads `.pypirc`.",
    ),
    Advice(
        "deleting frees a file name",
        "prose",
        _says(
            r"\bdelet\w+\b.{0,80}\b(?:re-?upload|upload\b.{0,20}\bagain|re-?use\b.{0,20}\b(?:name|version)"
            r"|frees? the (?:file ?name|version))"
        ),
        "Delete the release on PyPI, then upload the same version again.",
        "Delete the folder dist, then build into it again.",
    ),
    Advice(
        "deleting as yanking",
        "prose",
        _says(
            r"\bdelet\w+ (?:a |the )?(?:release|file)\b.{0,20}\byanks?\b"
            r"|\byank\w*\b.{0,15}\bor deletes\b"
        ),
        "Deleting a release yanks it.",
        "A person may delete it; yanking keeps the files.",
    ),
    Advice(
        "TestPyPI as a copy",
        "prose",
        _says(r"Test ?PyPI\b.{0,30}\b(?:mirrors?|copy|replica|staging)\b"),
        "TestPyPI mirrors PyPI.",
        "TestPyPI is not a mirror of PyPI.",
    ),
    Advice(
        "TestPyPI accepts a version again",
        "prose",
        _says(
            r"Test ?PyPI\b.{0,40}\b(?:allows?|lets?|accepts?)\b.{0,30}"
            r"\b(?:re-?upload|again|same version)"
        ),
        "TestPyPI allows re-uploading the same version.",
        "TestPyPI refuses other bytes under a name, like PyPI.",
    ),
    Advice(
        "Python 2 tag",
        "shell",
        _has(r"py2\.py3-none"),
        "pip install dist/demo-1.0-py2.py3-none-any.whl",
        "pip install dist/demo-1.0-py3-none-any.whl",
    ),
    Advice(
        "licence as a table",
        "toml",
        _has(r"^\s*license\s*=\s*\{"),
        'license = {text = "MIT"}',
        'license = "MIT"\nlicense-files = ["LICENSE"]',
    ),
    Advice(
        "licence classifier",
        "toml",
        _has(r"[\"']License ::"),
        'classifiers = ["License :: OSI Approved :: MIT License"]',
        'classifiers = ["Programming Language :: Python :: 3"]',
    ),
    Advice(
        "wheel as a build requirement",
        "toml",
        _has(r"^\s*requires\s*=\s*\[[^\]]*[\"']wheel\b"),
        'requires = ["setuptools>=61.0", "wheel"]',
        'requires = ["setuptools>=77.0.3"]',
    ),
    Advice(
        "setup.py as a command",
        "shell",
        _has(r"setup\.py\s+(?:sdist|bdist_\w+|upload|register|install)"),
        "python setup.py sdist bdist_wheel",
        "python -m build",
    ),
    Advice(
        "all tags pushed",
        "shell",
        _has(r"git push\b.*--(?:follow-)?tags\b"),
        "git push origin HEAD --tags",
        "git push origin v1.2.0",
    ),
    Advice(
        "twine check renders Markdown",
        "prose",
        _says(r"twine check\b.{0,80}\b(?:Markdown|README\.md)"),
        "`twine check` reports rendering errors of your Markdown.",
        "`twine check` cannot find an error in Markdown.",
    ),
    Advice(
        "token needed for a first release",
        "prose",
        _says(
            r"first (?:upload|release|publish)\b.{0,40}\b(?:must|needs?|requires?)\b.{0,40}\btoken"
        ),
        "The first upload must use an account-wide token.",
        "The first release needs no token: a pending publisher does. It is not like before.",
    ),
    Advice(
        "pull_request_target",
        "yaml",
        _has(r"^\s*(?:on:\s*\[?.*|-\s*|)pull_request_target\b"),
        "on:\n  pull_request_target:\njobs: {}",
        "on:\n  pull_request:\njobs: {}",
    ),
    Advice(
        "event pasted into a script",
        "yaml",
        _has(r"run:[^\n]*\$\{\{\s*github\.(?:event|head_ref|ref_name)|=\"?\$\{\{\s*github\.event"),
        'run: VERSION="${{ github.event.release.tag_name }}"',
        "env:\n  TAG: ${{ github.event.release.tag_name }}",
    ),
    Advice(
        "pip-audit of itself",
        "shell",
        _has(r"uvx pip-audit(?!.*(?:-r|--requirement|--path|\.$))|--with pip-audit pip-audit"),
        "uvx pip-audit",
        "uvx pip-audit --requirement audit.txt",
    ),
    Advice(
        "attestations as proof of safety",
        "prose",
        _says(
            r"(?:attestation|provenance)\w*\b.{0,40}\b(?:prove|guarantee|ensure|defend)\w*\b.{0,50}"
            r"\b(?:safe|trustworthy|malware|tamper\w*|good code)"
        ),
        "Attestations defend against tampered artifacts.",
        "Attestations prove where a file comes from, not that it is safe.",
    ),
    Advice(
        "bump whenever a file exists",
        "prose",
        _says(r"File already exists\b.{0,80}\b(?:always|just|simply)?\s*(?:bump|increment)"),
        "`400 File already exists`: bump the version.",
        "`400 File already exists` does not mean that you have to bump the version.",
    ),
    Advice(
        "uv makes attestations",
        "prose",
        _says(r"uv publish`?\b.{0,40}\b(?:creates?|makes?|generates?|signs?)\b.{0,30}\battest"),
        "`uv publish` creates attestations by default.",
        "`uv publish` uploads attestations that another tool made; it creates none, never.",
    ),
    Advice(
        "pip checks attestations",
        "prose",
        _says(r"\bpip\b.{0,20}\b(?:verif\w+|checks?)\b.{0,30}\battestation"),
        "On installation pip verifies the attestations.",
        "pip does not verify attestations.",
    ),
    Advice(
        "lock file for the build",
        "prose",
        _says(
            r"(?:uv\.lock|lock ?file|--locked)`?\b.{0,60}"
            r"\b(?:pins?|covers?|verif\w+|guarantee\w*)\b.{0,40}\bbuild"
        ),
        "With `uv sync --locked` the lock file pins the build dependencies.",
        "The lock file pins what the project runs with.",
    ),
    Advice(
        "nothing to steal",
        "prose",
        _says(r"(?:none|no secret|no token)s? to (?:steal|leak)|\bmost secure\b"),
        "With OIDC there is no token to steal.",
        "Trusted Publishing keeps no token in the repository.",
    ),
    Advice(
        "GitLab group as upload target",
        "shell",
        _has(r"groups/[^\s\"']+/packages/pypi(?!/simple)"),
        "twine upload --repository-url https://gitlab.com/api/v4/groups/7/packages/pypi dist/*",
        "pip install --index-url https://gitlab.com/api/v4/groups/7/-/packages/pypi/simple demo",
    ),
    Advice(
        "tag pipeline on a branch",
        "yaml",
        _has(
            r"CI_COMMIT_TAG\b.*&&.*CI_COMMIT_(?:REF_NAME|BRANCH)\b|CI_COMMIT_BRANCH\b.*&&.*CI_COMMIT_TAG"
        ),
        "rules:\n  - if: $CI_COMMIT_TAG =~ /^v/ && $CI_COMMIT_REF_NAME == 'main'",
        "rules:\n  - if: $CI_COMMIT_TAG =~ /^v/",
    ),
    Advice(
        "CodeArtifact login and a plain upload",
        "shell",
        _has(
            r"codeartifact login --tool twine[\s\S]*twine upload(?![^\n]*(?:\s-r\b|--repository))"
        ),
        "aws codeartifact login --tool twine --domain d --repository r\ntwine upload dist/*",
        "aws codeartifact login --tool twine --domain d --repository r\n"
        "twine upload --repository codeartifact dist/*",
    ),
    Advice(
        "variable in pip's configuration",
        "ini",
        _has(r"^\s*index-url\s*=.*\$\{?\w"),
        "[global]\nindex-url = https://user:${TOKEN}@example.org/simple",
        "[global]\nindex-url = https://example.org/simple",
    ),
    Advice(
        "prompt in a script",
        "shell",
        _has(r"Remove-Item\b.*-Confirm(?!:)"),
        "Remove-Item -Recurse dist -Confirm",
        "Remove-Item -Recurse -Force -Confirm:$false dist",
    ),
)
