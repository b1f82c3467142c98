"""Built files: what PyPI refuses for names, layout and contents, and what it takes though bad."""
# ruff: noqa: E501 - a row of a table is a line

import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from artifact_maker import METADATA, SdistMaker, WheelMaker, metadata, record_row
from artifact_verdicts import of_status, refusals, verdicts, warnings
from pypi_publish.artifacts.filenames import is_supported
from pypi_publish.artifacts.read import read_artifacts
from pypi_publish.errors import NothingToInspect
from pypi_publish.project.model import Project, Stated, Version
from pypi_publish.verdict import Status

INFO = "sample_pkg-1.0.dist-info"
# In two pieces each, or PyPI would refuse our own sdist for holding this file.
PYARMOR = b"from pyarmor_runtime import __pyarmor__\n__pyarmor" + b"__(__name__, __file__, b'x')\n"
PYE = b"---BEGIN PYE FILE---\nabc\n---END PYE " + b"FILE---\n"
INVALID = "Invalid distribution file. "


def wheel(**parts: object) -> WheelMaker:
    return WheelMaker(**parts)  # type: ignore[arg-type]


def sdist(**parts: object) -> SdistMaker:
    return SdistMaker(**parts)  # type: ignore[arg-type]


REFUSED = {
    "wheel-too-few-dashes": (wheel(file="sample_pkg.whl"), f"{INVALID}Unable to parse name and version from wheel filename"),
    "wheel-parts": (wheel(file="sample_pkg-1.0-py3-any.whl"), "Invalid wheel filename (wrong number of parts): 'sample_pkg-1.0-py3-any'"),
    "wheel-project-characters": (wheel(file="sample__pkg-1.0-py3-none-any.whl"), "Invalid project name: "),
    "wheel-version": (wheel(file="sample_pkg-one-py3-none-any.whl"), "Invalid wheel filename (invalid version): "),
    "wheel-build": (wheel(file="sample_pkg-1.0-b1-py3-none-any.whl"), "Invalid build number: b1 in "),
    "wheel-empty-tag": (wheel(file="sample_pkg-1.0-py3-none-any..whl"), "Invalid wheel filename (invalid tag component): "),
    "wheel-capital-extension": (wheel(file="sample_pkg-1.0-py3-none-any.WHL"), "Unknown distribution format: 'sample_pkg-1.0-py3-none-any.WHL'"),
    "wheel-of-another": (wheel(file="other-1.0-py3-none-any.whl"), "Start filename for 'sample-pkg' with 'sample_pkg'."),
    "wheel-unnormalised": (wheel(file="Sample_Pkg-1.0-py3-none-any.whl", dist_info="Sample_Pkg-1.0.dist-info"), "Filename 'Sample_Pkg-1.0-py3-none-any.whl' should contain the normalized project name 'sample_pkg', not 'Sample_Pkg'."),
    "wheel-dotted": (wheel(file="sample.pkg-1.0-py3-none-any.whl", dist_info="sample.pkg-1.0.dist-info"), "should contain the normalized project name 'sample_pkg', not 'sample.pkg'."),
    "wheel-other-version": (wheel(file="sample_pkg-1.1-py3-none-any.whl", dist_info="sample_pkg-1.1.dist-info"), "Version in filename should be '1.0' not '1.1'."),
    "wheel-linux": (wheel(file="sample_pkg-1.0-cp313-cp313-linux_x86_64.whl"), "Binary wheel 'sample_pkg-1.0-cp313-cp313-linux_x86_64.whl' has an unsupported platform tag 'linux_x86_64'."),
    "wheel-one-bad-tag": (wheel(file="sample_pkg-1.0-cp313-cp313-macosx_11_1_arm64.win32.whl"), "has an unsupported platform tag 'macosx_11_1_arm64'."),
    "wheel-control-character": (wheel(file="sample_pkg-1.0-py3-none-any\x07.whl"), "Cannot upload a file with non-printable characters (ordinals 0-31) or the DEL character (ordinal 127) in the name."),
    "wheel-long-name": (wheel(file=f"sample_pkg-1.0-{'1' * 220}-py3-none-any.whl"), "Filename is too long: '"),
    "wheel-no-wheel-file": (wheel(without=(f"{INFO}/WHEEL",)), f"{INVALID}WHEEL not found at {INFO}/WHEEL"),
    "wheel-no-metadata": (wheel(without=(f"{INFO}/METADATA",)), f"Wheel 'sample_pkg-1.0-py3-none-any.whl' does not contain the required METADATA file: {INFO}/METADATA"),
    "wheel-no-record": (wheel(without=(f"{INFO}/RECORD",)), f"Wheel 'sample_pkg-1.0-py3-none-any.whl' does not contain the required RECORD file: {INFO}/RECORD"),
    "wheel-record-not-utf8": (wheel(record=b"\xff\xfe"), f"does not contain the required RECORD file: {INFO}/RECORD"),
    "wheel-record-empty-line": (wheel(record=f"{INFO}/RECORD,,\r\r\n"), f"{INFO}/RECORD has an empty line: PyPI ends with 500 Internal Server Error"),
    "wheel-of-no-name": (wheel(file="UNKNOWN-1.0-py3-none-any.whl", dist_info="UNKNOWN-1.0.dist-info", changes={"Name": "UNKNOWN"}), "'' is an invalid value for Name. Error: This field is required."),
    "wheel-dist-info-of-another": (wheel(dist_info="other-1.0.dist-info"), "The .dist-info directory other-1.0.dist-info does not start with the normalized package name: sample_pkg"),
    "wheel-two-dist-infos": (wheel(extra={"other-1.0.dist-info/METADATA": b"x"}), "Multiple .dist-info directories found: "),
    "wheel-empty-metadata": (wheel(extra={f"{INFO}/METADATA": b""}), "No METADATA in archive or METADATA missing 'Metadata-Version'"),
    "wheel-licence-missing": (wheel(without=(f"{INFO}/licenses/LICENSE",)), f"License-File LICENSE does not exist in distribution file sample_pkg-1.0-py3-none-any.whl at {INFO}/licenses/LICENSE"),
    "wheel-licence-in-old-place": (wheel(without=(f"{INFO}/licenses/LICENSE",), extra={f"{INFO}/LICENSE": b"MIT"}), "License-File LICENSE does not exist in"),
    "wheel-script-name": (wheel(extra={f"{INFO}/entry_points.txt": b"[console_scripts]\n../run = a:b\n"}), "has invalid entry points defined in the entry_points.txt file"),
    "wheel-script-space": (wheel(extra={f"{INFO}/entry_points.txt": b"[gui_scripts]\nrun it = a:b\n"}), "has invalid entry points defined in the entry_points.txt file"),
    "wheel-entry-points-ini": (wheel(extra={f"{INFO}/entry_points.txt": b"run = a:b\n"}), "has invalid entry points defined in the entry_points.txt file"),
    "wheel-entry-points-twice": (wheel(extra={f"{INFO}/entry_points.txt": b"[a]\nb = c:d\nb = e:f\n"}), "has invalid entry points defined in the entry_points.txt file"),
    "wheel-entry-points-utf8": (wheel(extra={f"{INFO}/entry_points.txt": b"[a]\nb = \xff\n"}), "has invalid entry points defined in the entry_points.txt file"),
    "wheel-script-without-function": (wheel(extra={f"{INFO}/entry_points.txt": b"[console_scripts]\nrun = pkg.main\n"}), "a callable is required"),
    "wheel-script-calls": (wheel(extra={f"{INFO}/entry_points.txt": b"[console_scripts]\nrun = pkg:main()\n"}), "run = pkg:main(): pip or uv refuses it"),
    "wheel-script-spaces": (wheel(extra={f"{INFO}/entry_points.txt": b"[console_scripts]\nrun = pkg : main\n"}), "run = pkg : main: pip or uv refuses it"),
    "wheel-script-dashes": (wheel(extra={f"{INFO}/entry_points.txt": b"[console_scripts]\nrun = my-pkg:main\n"}), "run = my-pkg:main: pip or uv refuses it"),
    "wheel-format-2": (wheel(extra={f"{INFO}/WHEEL": b"Wheel-Version: 2.0\nTag: py3-none-any\n"}), "WHEEL has no `Wheel-Version: 1.0`"),
    "wheel-format-unstated": (wheel(extra={f"{INFO}/WHEEL": b"Tag: py3-none-any\n"}), "WHEEL has no `Wheel-Version: 1.0`"),
    "wheel-file-not-utf8": (wheel(extra={f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nGenerator: \xe9\n"}), "WHEEL has no `Wheel-Version: 1.0`"),
    "wheel-data-unknown": (wheel(extra={"sample_pkg-1.0.data/share/x": b""}), "sample_pkg-1.0.data/share/x: not in a folder of .data that installers know"),
    "wheel-data-flat": (wheel(extra={"sample_pkg-1.0.data/x": b""}), "sample_pkg-1.0.data/x: not in a folder of .data that installers know"),
    "wheel-pyarmor": (wheel(extra={"sample_pkg/a.py": PYARMOR}), f"{INVALID}PyArmor-encrypted content is not allowed. See https://pypi.org/policy/acceptable-use-policy/ for more information."),
    "wheel-sourcedefender": (wheel(extra={"sample_pkg/a.pye": PYE}), f"{INVALID}SourceDefender-encrypted content is not allowed."),
    "wheel-path-out": (wheel(extra={"../../evil.py": b"x"}), "../../evil.py: leads out of the folder"),
    "wheel-local-version": (wheel(file="sample_pkg-1.0+g1-py3-none-any.whl", dist_info="sample_pkg-1.0+g1.dist-info", changes={"Version": "1.0+g1"}), "The use of local versions in '1.0+g1' is not allowed."),
    "wheel-bad-classifier": (wheel(changes={"Classifier": ["No :: Such"]}), "'No :: Such' is not a valid classifier."),
    "sdist-no-dash": (sdist(file="sample.tar.gz"), "Invalid source distribution filename: sample.tar.gz"),
    "sdist-version": (sdist(file="sample_pkg-one.tar.gz"), "Invalid source distribution filename: sample_pkg-one.tar.gz"),
    "sdist-of-another": (sdist(file="other-1.0.tar.gz"), "Start filename for 'sample-pkg' with 'sample_pkg'."),
    "sdist-dash": (sdist(file="sample-pkg-1.0.tar.gz"), "Filename 'sample-pkg-1.0.tar.gz' is invalid, should be 'sample_pkg-1.0.tar.gz'."),
    "sdist-capitals": (sdist(file="Sample_Pkg-1.0.tar.gz"), "is invalid, should be 'sample_pkg-1.0.tar.gz'."),
    "sdist-version-not-normal": (sdist(file="sample_pkg-1.0.0-alpha.tar.gz", changes={"Version": "1.0.0-alpha"}), "Invalid source distribution filename: "),
    "sdist-other-version": (sdist(file="sample_pkg-1.0.tar.gz", changes={"Version": "1.1"}), "is invalid, should be 'sample_pkg-1.1.tar.gz'."),
    "sdist-zip": (sdist(file="sample_pkg-1.0.zip"), "Filename 'sample_pkg-1.0.zip' is invalid, should be 'sample_pkg-1.0.tar.gz'."),
    "sdist-no-pkg-info": (sdist(without=("sample_pkg-1.0/PKG-INFO",)), f"{INVALID}PKG-INFO not found at sample_pkg-1.0/PKG-INFO"),
    "sdist-two-tops": (sdist(extra={"zzz/file": b""}), f"{INVALID}Incorrect number of top-level directories in sdist"),
    "sdist-flat-zip": (sdist(file="sample_pkg-1.0.zip", extra={"setup.py": b"", "zzz": b""}), f"{INVALID}Incorrect number of top-level directories in sdist"),
    "sdist-tops-with-a-common-start": (sdist(extra={"sample_pkg-1.0-docs/index": b""}), "Too many top-level members in sdist archive: sample_pkg-1.0.tar.gz"),
    "sdist-without-metadata-version": (sdist(extra={"sample_pkg-1.0/PKG-INFO": b"Name: x\n"}), "No PKG-INFO in archive or PKG-INFO missing 'Metadata-Version'"),
    "sdist-empty-pkg-info": (sdist(extra={"sample_pkg-1.0/PKG-INFO": b""}), "No PKG-INFO in archive or PKG-INFO missing 'Metadata-Version': sample_pkg-1.0.tar.gz (twine stops with this)"),
    "sdist-dotted-top": (sdist(top="./sample_pkg-1.0"), "No PKG-INFO in archive or PKG-INFO missing 'Metadata-Version': sample_pkg-1.0.tar.gz (twine stops with this)"),
    "sdist-pkg-info-link": (sdist(without=("sample_pkg-1.0/PKG-INFO",), links={"sample_pkg-1.0/PKG-INFO": "LICENSE"}), "PKG-INFO is not a regular file"),
    "sdist-licence-missing": (sdist(without=("sample_pkg-1.0/LICENSE",)), "License-File LICENSE does not exist in distribution file sample_pkg-1.0.tar.gz at sample_pkg-1.0/LICENSE"),
    "sdist-pyarmor": (sdist(extra={"sample_pkg-1.0/a.py": b"__pyarmor" + b"_enter__()"}), "PyArmor-encrypted content is not allowed."),
    "sdist-link-out": (sdist(links={"sample_pkg-1.0/evil": "../../etc/passwd"}), "sample_pkg-1.0/evil: leads out of the folder"),
    "egg": (wheel(file="sample_pkg-1.0-py3.13.egg"), "Invalid file extension: Use .tar.gz, .whl or .zip extension. See https://www.python.org/dev/peps/pep-0527 and https://peps.python.org/pep-0715/ for more information"),
    "bz2": (sdist(file="sample_pkg-1.0.tar.bz2"), "Unknown distribution format: 'sample_pkg-1.0.tar.bz2'"),
}  # fmt: skip

ACCEPTED = {
    "wheel": wheel(),
    "wheel-build-number": wheel(file="sample_pkg-1.0-1b-py3-none-any.whl"),
    "wheel-compressed-tags": wheel(
        file="sample_pkg-1.0-py2.py3-none-any.whl",
        changes={"Requires-Python": ">=2.7"},
        extra={f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n"},
    ),
    "wheel-longer-version": wheel(
        file="sample_pkg-1.0.0-py3-none-any.whl", dist_info="sample_pkg-1.0.0.dist-info"
    ),
    "wheel-scripts": wheel(
        extra={f"{INFO}/entry_points.txt": b"[console_scripts]\nmy.run-1 = a.b:c\n[x y]\na b = c\n"}
    ),
    "wheel-script-with-extras": wheel(
        extra={f"{INFO}/entry_points.txt": b"[console_scripts]\nrun = a.b:c.d [x, y]\n"}
    ),
    "wheel-later-format-1": wheel(
        extra={f"{INFO}/WHEEL": b"wheel-version: 1.9\r\nTag: py3-none-any\r\n"}
    ),
    "wheel-data": wheel(extra={"sample_pkg-1.0.data/data/share/x": b""}),
    "wheel-half-a-mark": wheel(extra={"sample_pkg/a.py": b"# ---BEGIN PYE FILE---\n"}),
    "wheel-mark-in-text": wheel(extra={"sample_pkg/a.txt": PYARMOR}),
    "wheel-signed-record": wheel(extra={}),
    "wheel-licence-of-old-format": wheel(
        changes={"Metadata-Version": "2.1", "License-Expression": None},
        without=(f"{INFO}/licenses/LICENSE",),
        record="",
    ),
    "sdist": sdist(),
    "sdist-link-inside": sdist(links={"sample_pkg-1.0/docs/license": "../LICENSE"}),
    "sdist-post-release": sdist(
        file="sample_pkg-1.0.post1.tar.gz", changes={"Version": "1.0.post1"}
    ),
    "sdist-licence-of-old-format": sdist(
        changes={"Metadata-Version": "2.2", "License-Expression": None, "License-File": ["gone"]}
    ),
}


@pytest.mark.parametrize(("maker", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_pypi_refuses_is_refused_with_its_message(
    maker: WheelMaker | SdistMaker, message: str, tmp_path: Path
) -> None:
    maker.write(tmp_path)
    assert message in "\n".join(refusals(tmp_path))


@pytest.mark.parametrize("maker", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_pypi_takes_is_not_refused(maker: WheelMaker | SdistMaker, tmp_path: Path) -> None:
    maker.write(tmp_path)
    assert refusals(tmp_path) == []


def test_every_refusal_of_the_metadata_is_said_by_one_check(tmp_path: Path) -> None:
    changes: dict[str, str | list[str] | None] = {
        "Metadata-Version": ["2.3", "2.3"],
        "Name": ["-", "x"],
        "Version": "one",
        "Summary": ["a", "b"],
        "Author-email": "nobody",
        "Classifier": ["No :: Such"],
        "Project-URL": ["A, b", "A, c"],
        "Requires-Dist": ["x =1"],
        "Requires-Python": "three",
        "Import-Name": ["a-b"],
        "Dynamic": ["Name"],
        "License": ["MIT", "ISC"],
        "Keywords": ["a", "b"],
        "Platform-Of": "x",
        "Description-Content-Type": "text/html",
    }
    built = wheel(changes=changes).write(tmp_path)
    (item,) = read_artifacts(built)
    said = [text for text in refusals(tmp_path) if text.startswith("built-")]
    assert sorted(text.partition(".whl: ")[2] for text in said) == sorted(
        f"{refusal.field}: {refusal.message}" for refusal in item.refusals
    )
    assert {refusal.field for refusal in item.refusals} >= changes.keys()


def test_a_good_release_has_nothing_to_say_against_it(tmp_path: Path) -> None:
    wheel().write(tmp_path)
    sdist().write(tmp_path)
    assert refusals(tmp_path) == warnings(tmp_path) == of_status(tmp_path, Status.UNKNOWN) == []


BAD_BUT_TAKEN = {
    "record-lacks-a-file": (wheel(record=f"{INFO}/RECORD,,\n"), "RECORD does not list "),
    "record-lists-too-much": (wheel(extra={}, record="gone.py,,\n"), "RECORD lists gone.py: not in the wheel, or a folder or signature"),
    "record-lacks-itself": (wheel(record="sample_pkg/__init__.py,,\n"), f"{INFO}/RECORD"),
    "record-lists-a-folder": (wheel(record="sample_pkg/,,\n"), "RECORD lists sample_pkg/: not in the wheel"),
    "record-lists-a-signature": (wheel(extra={f"{INFO}/RECORD.jws": b"{}"}), f"RECORD lists {INFO}/RECORD.jws: not in"),
    "record-wrong-hash": (wheel(record="sample_pkg/__init__.py,sha256=AAAA,14\n"), "RECORD has another hash or size for sample_pkg/__init__.py"),
    "record-wrong-size": (wheel(record="sample_pkg/__init__.py,,15\n"), "RECORD has another hash or size for sample_pkg/__init__.py"),
    "wheel-tag": (wheel(extra={f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nTag: cp313-cp313-win32\n"}), "WHEEL has cp313-cp313-win32, the file name py3-none-any"),
    "python-2": (wheel(file="sample_pkg-1.0-py2.py3-none-any.whl"), "tagged for Python 2, which its Requires-Python excludes"),
    "no-requires-python": (wheel(changes={"Requires-Python": None}), "has no Requires-Python"),
    "licence-classifier": (wheel(changes={"Classifier": ["License :: OSI Approved :: MIT License"]}), "License-Expression beside 'License :: OSI Approved :: MIT License'"),
    "env-file": (wheel(extra={"sample_pkg/.env": b"A=b\n"}), "sample_pkg/.env is a file that holds secrets"),
    "pypirc": (sdist(extra={"sample_pkg-1.0/.pypirc": b"[pypi]\n"}), ".pypirc is a file that holds secrets"),
    "token": (wheel(extra={"sample_pkg/a.py": b"T = 'pypi-AgEIcHlwaS5vcmc" + b"Ab9_" * 30 + b"'"}), "sample_pkg/a.py holds what looks like a PyPI API token"),
    "private-key": (sdist(extra={"sample_pkg-1.0/key.pem": b"-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEpAIBAAKCAQEA" * 4 + b"\n"}), "key.pem holds what looks like a private key"),
    "pyc": (wheel(extra={"sample_pkg/__pycache__/a.pyc": b"x"}), "holds sample_pkg/__pycache__/a.pyc"),
    "pth": (wheel(extra={"start.pth": b"import os\n"}), "installs start.pth, which runs at every start"),
    "start-file": (wheel(extra={"a.start": b"a:b\n"}), "installs a.start, which runs at every start"),
    "pth-in-data": (wheel(extra={"sample_pkg-1.0.data/purelib/s.pth": b"import os\n"}), "s.pth, which runs at every start"),
    "top-level-tests": (wheel(extra={"tests/__init__.py": b""}), "installs tests at the top of site-packages"),
    "empty-wheel": (wheel(changes={"Requires-Dist": None, "Provides-Extra": None}, without=("sample_pkg/__init__.py",)), "holds no module, no data and no dependency"),
    "no-pyproject": (sdist(without=("sample_pkg-1.0/pyproject.toml",)), "has no pyproject.toml at its top"),
    "no-description": (wheel(body=""), "has no description"),
    "no-content-type": (wheel(changes={"Description-Content-Type": None}), "`long_description_content_type` missing. defaulting to `text/x-rst`."),
    "wheel-alone": (wheel(), "there is no sdist among sample_pkg-1.0-py3-none-any.whl"),
    "sdist-alone": (sdist(), "there is no wheel among sample_pkg-1.0.tar.gz"),
}  # fmt: skip


@pytest.mark.parametrize(("maker", "message"), BAD_BUT_TAKEN.values(), ids=BAD_BUT_TAKEN.keys())
def test_what_is_taken_and_bad_is_a_warning(
    maker: WheelMaker | SdistMaker, message: str, tmp_path: Path
) -> None:
    maker.write(tmp_path)
    assert message in "\n".join(warnings(tmp_path))
    assert refusals(tmp_path) == []


def _signed() -> WheelMaker:
    plain = wheel().contents()[f"{INFO}/RECORD"]
    return wheel(extra={f"{INFO}/RECORD.p7s": b"x"}, record=plain)


NOT_EVEN_A_WARNING = {
    "env-example": wheel(extra={"sample_pkg/.env.example": b"A=b\n"}),
    "key-of-tests": sdist(extra={"sample_pkg-1.0/tests/key.pem": b"-----BEGIN PRIVATE KEY-----\n" + b"MIIEpAIBAAKCAQEA" * 4}),
    "example-token": wheel(extra={"sample_pkg/a.py": b"# pypi-AgEIcHlwaS5vcmc" + b"x" * 80}),
    "tests-inside-the-package": wheel(extra={"sample_pkg/tests/__init__.py": b""}),
    "meta-package": wheel(without=("sample_pkg/__init__.py",)),
    "record-without-signature": _signed(),
    "pth-as-data": wheel(extra={"sample_pkg/a.pth": b"", "sample_pkg/a.start": b""}),
}  # fmt: skip


@pytest.mark.parametrize("maker", NOT_EVEN_A_WARNING.values(), ids=NOT_EVEN_A_WARNING.keys())
def test_a_near_miss_is_not_warned_about(maker: WheelMaker | SdistMaker, tmp_path: Path) -> None:
    maker.write(tmp_path)
    said = [
        (name, verdict.because)
        for name, verdict in verdicts(tmp_path)
        if verdict.status is Status.WARN
    ]
    assert [name for name, _ in said] == ["sdist-and-wheel"]


def test_a_record_with_the_separators_of_windows_agrees(tmp_path: Path) -> None:
    maker = wheel()
    rows = [
        record_row(name, data) for name, data in maker.contents().items() if "RECORD" not in name
    ]
    maker.record = "\n".join(row.replace("/", "\\") for row in [*rows, f"{INFO}/RECORD,,"])
    maker.write(tmp_path)
    assert [text for text in warnings(tmp_path) if text.startswith("wheel-record")] == []


def test_no_secret_is_printed(tmp_path: Path) -> None:
    token = b"pypi-AgEIcHlwaS5vcmc" + b"Ab9_" * 30
    wheel(extra={"sample_pkg/a.py": token}).write(tmp_path)
    assert not any("Ab9_" in verdict.because for _, verdict in verdicts(tmp_path))


def test_a_copy_under_another_name_is_refused(tmp_path: Path) -> None:
    built = wheel(file="sample_pkg-1.0-1-py3-none-any.whl").write(tmp_path)
    (tmp_path / "sample_pkg-1.0-2-py3-none-any.whl").write_bytes(built.read_bytes())
    (found,) = refusals(tmp_path)
    digest = hashlib.blake2b(built.read_bytes(), digest_size=32).hexdigest()
    assert (
        "File already exists ('sample_pkg-1.0-2-py3-none-any.whl', "
        f"with blake2_256 hash '{digest}')." in found
    )


def test_files_of_the_same_size_are_no_copies(tmp_path: Path) -> None:
    for number in (1, 2):
        wheel(
            file=f"sample_pkg-1.0-{number}-py3-none-any.whl",
            extra={"sample_pkg/build.py": f"NUMBER = {number}\n".encode()},
        ).write(tmp_path)
    sizes = {path.stat().st_size for path in tmp_path.iterdir()}
    assert len(sizes) == 1
    assert refusals(tmp_path) == []


def test_two_versions_in_the_folder_are_noticed(tmp_path: Path) -> None:
    wheel().write(tmp_path)
    wheel(
        file="sample_pkg-1.1-py3-none-any.whl",
        dist_info="sample_pkg-1.1.dist-info",
        changes={"Version": "1.1"},
    ).write(tmp_path)
    assert any("files of 2 versions: 1.0, 1.1" in text for text in warnings(tmp_path))


def test_a_second_sdist_of_a_release_is_refused(tmp_path: Path) -> None:
    sdist().write(tmp_path)
    sdist(file="sample_pkg-1.0.zip").write(tmp_path)
    assert any("Only one sdist may be uploaded per release." in text for text in refusals(tmp_path))


def test_sdists_of_two_versions_are_no_second_sdist(tmp_path: Path) -> None:
    sdist().write(tmp_path)
    sdist(file="sample_pkg-2.tar.gz", top="sample_pkg-2", changes={"Version": "2"}).write(tmp_path)
    assert refusals(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("Sample.Pkg", "1.0.0", []),
        ("other", "1.0", ["is of sample-pkg, the project is other"]),
        ("sample-pkg", "2.0", ["is 1.0; pyproject.toml gives 2.0"]),
        ("sample-pkg", None, []),
    ],
)
def test_files_are_compared_with_the_project(
    name: str, version: str | None, expected: list[str], tmp_path: Path
) -> None:
    wheel().write(tmp_path)
    project = Project(tmp_path, Stated(name), Version(version, "pyproject.toml"), None, {})
    found = [
        v.because
        for id_, v in verdicts(tmp_path, project=project)
        if id_ == "built-as-declared" and v.status is Status.WARN
    ]
    assert [text.partition(": ")[2] for text in found] == expected


def test_tracked_files_that_the_sdist_lacks_are_named(tmp_path: Path) -> None:
    sdist().write(tmp_path)
    git = SimpleNamespace(
        tracked_files=(
            "src/sample_pkg/__init__.py",
            "src/sample_pkg/data.json",
            ".gitignore",
            "docs/index.md",
        )
    )
    found = [v.because for id_, v in verdicts(tmp_path, git=git) if id_ == "sdist-complete"]
    assert found == ["sample_pkg-1.0.tar.gz: lacks src/sample_pkg/data.json, which git tracks"]


def test_sidecars_and_hidden_files_are_no_artifacts(tmp_path: Path) -> None:
    built = wheel().write(tmp_path)
    for name in (f"{built.name}.publish.attestation", f"{built.name}.asc", ".gitignore"):
        (tmp_path / name).write_text("x")
    assert [item.file for item in read_artifacts(tmp_path)] == [built.name]


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "sample_pkg-1.0.exe",
        "checksums.json",
        "sample_pkg-1.0-py3-none-any.whl.sigstore.json",
        "sample_pkg-1.0-py3-none-any.whl.sha256",
    ],
)
def test_anything_else_in_the_folder_stops_twine(name: str, tmp_path: Path) -> None:
    wheel().write(tmp_path)
    (tmp_path / name).write_text("x")
    assert any(f"Unknown distribution format: '{name}'" in text for text in refusals(tmp_path))


def test_a_folder_without_files_is_nothing_to_inspect(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*")
    with pytest.raises(NothingToInspect):
        read_artifacts(tmp_path)
    with pytest.raises(NothingToInspect):
        read_artifacts(tmp_path / "gone")


def test_a_file_and_a_pattern_can_be_named(tmp_path: Path) -> None:
    built = wheel().write(tmp_path)
    sdist().write(tmp_path)
    assert [item.file for item in read_artifacts(built)] == [built.name]
    assert [item.file for item in read_artifacts(tmp_path / "*.whl")] == [built.name]


def test_name_version_size_and_digest_are_those_of_the_file(tmp_path: Path) -> None:
    path = wheel().write(tmp_path)
    (item,) = read_artifacts(path)
    assert (item.name, item.version, item.size) == ("sample-pkg", "1.0", path.stat().st_size)
    assert len(item.sha256) == 64
    assert item.metadata is not None
    assert item.metadata.fields["Requires-Dist"] == METADATA["Requires-Dist"]


@pytest.mark.parametrize(
    ("tag", "taken"),
    [
        ("any", True), ("win_arm64", True), ("win_amd64", True), ("win32", True), ("win_ia64", True),
        ("linux_x86_64", False), ("linux_aarch64", False), ("linux_armv7l", True),
        ("manylinux1_x86_64", True), ("manylinux1_aarch64", False), ("manylinux2014_aarch64", True),
        ("manylinux_2_28_x86_64", True), ("manylinux_2_39_riscv64", True), ("manylinux_2_17_ppc64", True),
        ("manylinux_2_36_loongarch64", False), ("musllinux_1_2_x86_64", True), ("musllinux_1_2_ppc64", False),
        ("macosx_10_9_x86_64", True), ("macosx_11_0_arm64", True), ("macosx_11_1_arm64", False),
        ("macosx_16_0_arm64", False), ("macosx_26_0_universal2", True), ("macosx_10_9_ppc128", False),
        ("ios_13_0_arm64_iphoneos", True), ("ios_13_0_i386_iphoneos", False),
        ("android_24_arm64_v8a", True), ("android_24_mips", False),
        ("pyemscripten_2026_0_wasm32", True), ("pyodide_2025_0_wasm32", False), ("emscripten_4_0_9_wasm32", False),
        ("freebsd_14_x86_64", False), ("win_arm32", False),
    ],
)  # fmt: skip
def test_platform_tags_are_those_of_the_index(tag: str, taken: bool) -> None:
    assert is_supported(tag) is taken


def test_a_file_above_the_limit_is_refused_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sample_pkg-1.0-py3-none-any.whl"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 2 << 30)
    assert any("File too large. Limit for project " in text for text in refusals(tmp_path))
    assert any(
        "2048 MiB; its contents were not read" in text
        for text in of_status(tmp_path, Status.UNKNOWN)
    )


def test_without_built_files_every_check_says_so() -> None:
    from pypi_publish.preflight.facts import Facts
    from pypi_publish.preflight.families import checks_of

    for check in checks_of("artifacts"):
        assert {verdict.status for verdict in check(Facts())} == {Status.SKIP}, check.id


def test_ids_are_unique_words() -> None:
    from pypi_publish.preflight.families import checks_of

    ids = [check.id for check in checks_of("artifacts")]
    assert len(ids) == len(set(ids)) >= 30


def test_the_maker_writes_a_valid_metadata_file() -> None:
    assert metadata().startswith(b"Metadata-Version: 2.4\n")
