"""Small good input for every parser of foreign bytes, and words that mean something to it."""

import json
from base64 import b64encode
from typing import Any

from artifact_maker import Entry, SdistMaker, WheelMaker, zip_of
from hostile import SECRET, words
from pypi_publish.pins.smart_http import _packet

WORKFLOWS = (
    b"""on: push
jobs:
  test: &job
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
""",
    b"""jobs:
  a: {uses: ./.github/workflows/other.yml}
  b:
    <<: *job
    container: "python:3"
""",
    b"""runs:
  steps:
    - run: |
        python -m build
      if: ${{ x }}
""",
)

GITLAB = b"""default: {image: python}
include: [{local: /ci/other.yml}]
.base: {before_script: [pip install twine]}
publish:
  extends: .base
  id_tokens: {PYPI: {aud: pypi}}
  script: [!reference [.base, before_script], "twine upload dist/*"]
  rules: [{if: '$CI_COMMIT_TAG =~ /^v/'}]
"""

IN_YAML = words(
    "uses: on: jobs: steps: run: &a *a !!str !!binary <<: --- ... |2 >- ?~ -~- {a:~[ %YAML"
)

IN_CONDITIONS = words(
    "&& || ! == != ( ) , .* [ ] ' \" startsWith( contains( github.ref always() =~ !~ /a+/ $X null"
)

PYPROJECT = b"""[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"
[project]
name = "sample-pkg"
version = "1.0"
license = "MIT"
readme = {file = "README.md", content-type = "text/markdown"}
authors = [{name = "Jane Roe", email = "jane@example.com"}]
dependencies = ["packaging>=24", 'rich; extra == "x"']
[[tool.x.y]]
"a b" = '''c'''
"""

SETUP_CFG = b"""[metadata]
name = sample-pkg
version = attr: sample_pkg.__version__
classifiers =
  Programming Language :: Python :: 3
[options]
install_requires = a; b>1
"""

SETUP_PY = b"""from setuptools import setup
__version__ = "1.0"
setup(name="sample-pkg", version=__version__, install_requires=["a>=1"], **{"x": 1})
"""

UV_LOCK = b"""version = 1
[[package]]
name = "sample-pkg"
version = "1.0"
source = { editable = "." }
[[package]]
name = "other"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
"""

CITATION = b"cff-version: 1.2.0\nversion: '1.0'\nreferences:\n  - version: 2\n"

CHANGELOG = (
    b"# Changelog\n\n## [Unreleased]\n\n```\n# no\n```\n\n## [1.0] - 2026-01-02\n\n0.9\n---\n"
)

RECIPE = b'{% set name = "sample-pkg" %}\n{% set version = "1" %}\npackage:\n  version: {{ x }}\n'

PYPIRC = (
    b"[distutils]\nindex-servers = pypi\n[pypi]\nusername = __token__\npassword = " + SECRET + b"\n"
)

IN_TOML = words(
    "[project] [[a]] [tool.x] ''' \"\"\" dynamic~= version~= 1979-05-27 inf a.b.c~=~1 = [[ \\u"
)

IN_PYTHON = words(
    "( ) [ ] { lambda: not~ - 1_0 0x b'' f'{ ** \\\n # \"\"\" if~1: class~A: setup( version="
)

ZIP = zip_of([Entry(b"a/__init__.py", b"x = 1\n"), Entry(b"a-1.dist-info/RECORD", b"a,,\n")])

TAR = SdistMaker(without=("sample_pkg-1.0/LICENSE", "sample_pkg-1.0/pyproject.toml")).tar()[:3072]

LINKED = SdistMaker(
    links={"sample_pkg-1.0/l": "../../x"}, without=("sample_pkg-1.0/LICENSE",)
).tar()

RST = b"Title\n=====\n\n.. code:: python\n\n   x\n\n`a <b_>`_ |c| [1]_\n\n* d\n\n+--+\n|e |\n+--+\n"

IN_RST = words(
    "`` `_ .. .~include:: .~raw:: .~figure::~x ::\n |a| __ === --- ~~~ [#]_ :a: :sup:`x` * ** +-+"
)

IN_METADATA = words(
    "Name: Version: Requires-Dist: Dynamic: Classifier: ;~extra== [x] @~https://x License-File:"
)

IN_ZIP = (
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"\xff" * 4,
    b"up\x01\0",
)

LOGS = (
    b"T_PASSWORD=" + SECRET + b"\nHTTPError: 403 Forbidden from https://upload.pypi.org/legacy/\n",
    b"2026-01-02T03:04:05.6789012Z ##[error]invalid-publisher: valid token, but no\n",
    b"* `sub`: `repo:octo/demo:environment:pypi`\n",
    b"100% ---- 12.0/12.0 kB\r\nERROR 400 File already exists ('a-1.0.tar.gz').\n",
    b"a\tUpload\t2026-01-02T03:04:05.6Z error: Failed to publish `dist/a-1-py3-none-any.whl`\n",
)

IN_LOGS = words(
    "a@ -> ERROR ##[error] HTTPError: 400 403 \x1b[31m <html> 100% .whl .tar.gz `sub`: --- \u2502"
    " a_b- 000 https://"
)


def _der(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x82)) + len(content).to_bytes(2) + content


def _fulcio(number: int, text: str) -> bytes:
    oid = b"\x06\x0a\x2b\x06\x01\x04\x01\x83\xbf\x30\x01" + bytes((number,))
    return _der(0x30, oid + _der(0x04, _der(0x0C, text.encode())))


_SAID = {8: "https://token.actions.githubusercontent.com", 12: "https://github.com/octo/demo"}

_EXTENSIONS = _der(0xA3, _der(0x30, b"".join(_fulcio(*pair) for pair in _SAID.items())))

CERTIFICATE = _der(0x30, _der(0x30, _der(0x02, b"\x01") + _EXTENSIONS))


def _file_of_json() -> dict[str, Any]:
    name = "sample_pkg-1.0-py3-none-any.whl"
    return {
        "filename": name,
        "url": f"https://files.example/a/{name}",
        "hashes": {"sha256": "0" * 64},
        "requires-python": ">=3.9",
        "core-metadata": {"sha256": "1" * 64},
        "size": 1,
        "upload-time": "2026-01-02T03:04:05.678901Z",
        "yanked": "reason",
        "provenance": None,
    }


SIMPLE = json.dumps(
    {
        "meta": {"api-version": "1.4", "_last-serial": 1},
        "name": "sample-pkg",
        "versions": ["1.0"],
        "project-status": {"status": "active", "reason": "x"},
        "files": [_file_of_json()],
    }
).encode()

ANCHORS = (
    b'<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4">'
    b'<base href="../x/"><title>Links for sample-pkg</title></head><body>'
    b'<a href="sample_pkg-1.0-py3-none-any.whl#sha256=' + b"0" * 64 + b'" data-yanked="x" '
    b'data-core-metadata="sha256=1" data-requires-python="&gt;=3.9">sample_pkg</a><br/></html>'
)

_RELEASED = {
    "filename": "sample_pkg-1.0.tar.gz",
    "url": "https://files.example/a",
    "digests": {"sha256": "0" * 64},
    "size": 1,
    "upload_time_iso_8601": "2026-01-02T03:04:05.678901Z",
    "yanked": False,
}

RELEASE = json.dumps(
    {
        "info": {"name": "sample-pkg", "version": "1.0"},
        "last_serial": 1,
        "releases": {"1.0": [_RELEASED], "0.9": []},
        "urls": [_RELEASED],
    }
).encode()

ACTIONS_LOCK = (
    b'{"version": "v0.0.2", "workflows": {".github/workflows/ci.yml": ["actions/checkout@v7"]},'
    b' "dependencies": {"actions/checkout@v7": {"ref": "v7", "commit": "sha1-' + b"0" * 40 + b'"}}}'
)

MAIN = _packet(b"1" * 40 + b" refs/heads/main\0agent=git/2\n")
TAG = _packet(b"2" * 40 + b" refs/tags/v1\n") + _packet(b"3" * 40 + b" refs/tags/v1^{}\n")
PEELED = _packet(b"2" * 40 + b" refs/tags/v1 peeled:" + b"3" * 40 + b"\n")
REFS = (
    _packet(b"# service=git-upload-pack\n") + b"0000" + MAIN + TAG + b"0000",
    _packet(b"version 2\n") + PEELED + b"0000",
)

NETRC = (
    b"machine index.example login me password "
    + SECRET
    + b"\ndefault login a password b\nmacdef x\nls\n\n"
)

IN_JSON = words('null true [] {} "files": 1.5 \\u0000 \\ud800 [[[[ "" "urls": "releases": -1e400')

IN_HTML = words(
    "<a href= <!-- --> <![CDATA[ &#x0; &# <base </a> <script> data-yanked <meta <!DOCTYPE <?"
)


def provenance() -> bytes:
    """Return a provenance object whose certificate is nobody's, always in the same bytes."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a-1.0.tar.gz", "digest": {"sha256": "0" * 64}}],
        "predicateType": "https://docs.pypi.org/attestations/publish/v1",
    }
    attestation = {
        "version": 1,
        "verification_material": {"certificate": b64encode(CERTIFICATE).decode()},
        "envelope": {
            "statement": b64encode(json.dumps(statement).encode()).decode(),
            "signature": "a",
        },
    }
    publisher = {
        "kind": "GitHub",
        "repository": "octo/demo",
        "workflow": "w.yml",
        "environment": None,
    }
    bundle = {"publisher": publisher, "attestations": [attestation]}
    return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()


CONDITIONS = (
    b"${{ github.ref_type == 'tag' && !failure() }}",
    b"$CI_COMMIT_TAG =~ /^v/ && $A != null",
)
SHELL = b"""set -e
uv publish --token "$T" dist/* && sh -c 'twine upload x' | tee <<E
a
E
"""
POLICY = b'"actions" = "ref-pin"\n"*" = "hash-pin"\n'
RECORD = WheelMaker().contents()["sample_pkg-1.0.dist-info/RECORD"]
IN_SHELL = words("\\\n << $( ) ` ; && | sudo~ env~A=1~ python~-m~ # ' \" ${ }")
IN_GITLAB = words("rules: include: extends: stages: !reference~[ default: *a &a")
IN_ACTIONS_LOCK = words("workflows dependencies sha1- {} [] null")
IN_SETUP_CFG = (*words("[metadata] = : %( # attr: file: x"), b"\n", b"\n ")
IN_UV_LOCK = words('[[package]] name~=~"sample-pkg" version~= source~=~{ \n[')
IN_CFF = (b"version:", b"\nversion: ", b"\n")
IN_CHANGELOG = words("## [1.0] v1 === --- ``` <a> Unreleased version~ 1. 0.dev 1- - release~for~")
IN_RECIPE = (*words("package: {%~set~version~=~' %}"), b"\n", b"\n version:", b" \n")
IN_TAR = (b"ustar", b"\0" * 512, b"././@LongLink", b"x", b"GNU.sparse.map=", b"17 path=../x\n")
IN_GZIP = (b"\x1f\x8b\x08", b"\0" * 8)
IN_RECORD = words('sha256= ,, "" md5= ../ a,b,c\n')
IN_DER = (b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\xa3\x00")
IN_REFS = words("0000 0001 0002 0003 0004 ffff ERR~ peeled: refs/tags/ ^{} version~2")
IN_NETRC = words("machine login password account macdef default # \n")
IN_PYPIRC = words("password= [pypi] -----BEGIN~PRIVATE~KEY----- ghp_ password:~$ eyJ AKIA")
CODEMETA = b'{\n  "name": "sample-pkg",\n  "version": "1.0",\n  "author": {"version": "2"}\n}\n'
