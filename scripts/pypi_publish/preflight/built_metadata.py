"""Checks of the metadata inside built files, by the thing that a person would repair."""

from collections.abc import Iterator

from pypi_publish.artifacts.model import Distribution, Sdist, Wheel
from pypi_publish.check import check
from pypi_publish.core_metadata.description import LARGEST
from pypi_publish.core_metadata.fields import first, precedes
from pypi_publish.preflight.built import (
    answers,
    doubtful,
    of_kind,
    refusals_in,
    refused,
    unknown_of,
)
from pypi_publish.preflight.facts import Answers, Facts
from pypi_publish.verdict import Verdict

_CORE = "https://packaging.python.org/en/latest/specifications/core-metadata/"
_LICENSING = "https://packaging.python.org/en/latest/specifications/license-expression/"


@check(
    "built-metadata-format",
    expects="The metadata is of a version that PyPI knows and has that version's fields, once each",
    remedy="Build with a current backend, and upload with twine 7 or newer.",
    docs=_CORE,
)
def built_metadata_format(facts: Facts) -> Answers:
    """Backends move to a new format before indexes and clients do; unpinned ones broke releases in
    2024 (2.4) and 2026 (2.5). A field that the stated version lacks, or that stands twice, stops
    twine before it sends anything.
    """
    bad = (
        refused(item, f"{refusal.field}: {refusal.message}")
        for item in of_kind(facts, Distribution)
        for refusal in item.refusals
        if refusal.of_format or refusal.field in ("Metadata-Version", "Dynamic")
    )
    files = [item for item in of_kind(facts, Distribution) if item.metadata is not None]
    return answers(facts, bad, len(files), "fields of a known format", "file with metadata")


@check(
    "built-name",
    expects="The name is a valid one, and not that of a standard-library module",
    remedy="Rename the project; its import package can keep its name.",
    docs="https://packaging.python.org/en/latest/specifications/name-normalization/",
)
def built_name(facts: Facts) -> Answers:
    """The name is the first thing that the index judges: a wrong one refuses every file. Modules of
    any Python's library count, long removed ones too.
    """
    known = facts.index is not None and facts.index.registered
    bad = (
        refused(item, f"Name: {refusal.message}")
        for item in of_kind(facts, Distribution)
        for refusal in item.refusals
        if refusal.field == "Name" and not refusal.of_format
        if not (known and "Standard Library" in refusal.message)
    )
    files = [item for item in of_kind(facts, Distribution) if item.metadata is not None]
    return answers(facts, bad, len(files), "a valid name", "file with metadata")


@check(
    "built-version",
    expects="The version is valid and has no local part",
    remedy="Build from a clean checkout of the release tag, with the whole history at hand.",
    docs="https://packaging.python.org/en/latest/specifications/version-specifiers/",
)
def built_version(facts: Facts) -> Answers:
    """`1.2.dev3+g1234567` is what setuptools-scm and hatch-vcs give between tags or in a dirty
    tree. PyPI takes no `+` part at all, build numbers of SemVer included.
    """
    return refusals_in(facts, "Version", ok="a public version")


@check(
    "built-summary",
    expects="The summary is one line of at most 512 characters",
    remedy="Shorten `description` in pyproject.toml to one sentence; the readme says the rest.",
    docs=_CORE + "#summary",
)
def built_summary(facts: Facts) -> Answers:
    """No tool on the way looks at it; the refusal comes from the server."""
    return refusals_in(facts, "Summary", ok="a summary that fits")


@check(
    "built-emails",
    expects="Addresses of authors and maintainers are valid",
    remedy="Correct the address in `authors` or `maintainers`, or leave it out.",
    docs=_CORE + "#author-email",
)
def built_emails(facts: Facts) -> Answers:
    """`me@localhost`, `name at example.org` and the reserved `.test` and `.invalid` are refused by
    the server; no build backend looks at them.
    """
    return refusals_in(facts, "Author-email", "Maintainer-email", ok="valid addresses or none")


@check(
    "built-classifiers",
    expects="Every classifier is on PyPI's list",
    remedy="Take the classifier as it stands at https://pypi.org/classifiers/, or remove it.",
    docs="https://pypi.org/classifiers/",
)
def built_classifiers(facts: Facts) -> Answers:
    """A misspelt or retired classifier refuses the release. `Private :: Do Not Upload` is unknown
    on purpose: it guards internal projects, and must go before a public release.
    """
    return refusals_in(facts, "Classifier", ok="known classifiers")


@check(
    "built-urls",
    expects="Every link has a label of at most 32 characters and an http(s) address",
    remedy="Correct the entry under [project.urls].",
    docs="https://packaging.python.org/en/latest/specifications/well-known-project-urls/",
)
def built_urls(facts: Facts) -> Answers:
    """An empty address, `git@...` or `www...` without a scheme is refused, and so is a label that
    is a sentence.
    """
    return refusals_in(
        facts, "Project-URL", "Home-page", "Download-URL", ok="links as they should be"
    )


@check(
    "built-requires-python",
    expects="Requires-Python is a set of version specifiers",
    remedy='Write it as in `requires-python = ">=3.11"`.',
    docs=_CORE + "#requires-python",
)
def built_requires_python(facts: Facts) -> Answers:
    """What cannot be parsed is refused; it would hide the release from every installer."""
    return refusals_in(facts, "Requires-Python", ok="it can be parsed")


@check(
    "python-declared",
    expects="Requires-Python says which Pythons the release is for",
    remedy="Add `requires-python` to [project], with a lower bound.",
    docs=_CORE + "#requires-python",
)
def python_declared(facts: Facts) -> Answers:
    """Without it pip installs the newest release on every Python, and users of an old one get
    syntax errors instead of the last release that fits.
    """
    files = [item for item in of_kind(facts, Distribution) if item.metadata is not None]
    bad = (
        doubtful(item, "has no Requires-Python")
        for item in files
        if item.metadata is not None and not item.metadata.first("Requires-Python")
    )
    return answers(facts, bad, len(files), "declared", "file with metadata")


@check(
    "built-dependencies",
    expects="Every dependency is a name with versions, and extras have valid names",
    remedy="Depend on a released version; a git or file address belongs into a development "
    "dependency group, which is not published.",
    docs="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
)
def built_dependencies(facts: Facts) -> Answers:
    """PyPI refuses addresses: a release must not depend on what others can exchange. `twine check`
    and every backend let them pass.
    """
    fields = ("Requires-Dist", "Provides-Dist", "Obsoletes-Dist", "Provides-Extra")
    return refusals_in(facts, *fields, ok="names and versions alone")


@check(
    "built-licence",
    expects="The licence is an SPDX expression with plain relative paths of its files",
    remedy='Write `license = "MIT"` (an identifier of spdx.org/licenses) and `license-files`.',
    docs=_LICENSING,
)
def built_licence(facts: Facts) -> Answers:
    """`Apache 2.0`, `BSD` and `GPL` are no SPDX identifiers. The old License field beside an
    expression is refused too.
    """
    fields = ("License-Expression", "License", "License-File")
    return refusals_in(facts, *fields, ok="licence fields as the standard has them")


@check(
    "licence-files-packed",
    expects="Every licence file that the metadata lists is in the archive",
    remedy="Build with a backend that packs `license-files`: hatchling 1.27, setuptools 77, "
    "flit-core 3.12, pdm-backend 2.4, poetry-core 2.2, uv-build 0.7.19 or newer.",
    docs=_CORE + "#license-file",
)
def licence_files_packed(facts: Facts) -> Answers:
    """PyPI opens the archive and looks: at the top of an sdist, under dist-info/licenses of a
    wheel.
    """
    files = [item for item in of_kind(facts, Distribution) if _lists_licences(item)]
    bad = (refused(item, reason) for item in files for reason in _missing_licences(item))
    return answers(facts, bad, len(files), "all are there", "file with licence files")


def _lists_licences(item: Distribution) -> bool:
    if item.metadata is None or not item.entries:
        return False
    fields = item.metadata.fields
    return bool(fields.get("License-File")) and not precedes(
        first(fields, "Metadata-Version"), "2.4"
    )


def _missing_licences(item: Distribution) -> Iterator[str]:
    folder = ""
    if isinstance(item, Wheel):
        folder = f"{item.dist_info}/licenses/"
    elif isinstance(item, Sdist):
        folder = item.top_level.rstrip("/") + "/"
    for path in item.metadata.fields["License-File"] if item.metadata else ():
        if folder + path not in item.entries:
            yield (
                f"License-File {path} does not exist in distribution file {item.file} "
                f"at {folder}{path}"
            )


@check(
    "licence-said-once",
    expects="No licence classifier stands beside a licence expression",
    remedy="Remove the `License ::` classifiers; the expression replaces them.",
    docs=_LICENSING,
)
def licence_said_once(facts: Facts) -> Answers:
    """The classifiers are deprecated in favour of the expression. Where both stand they can differ,
    and setuptools 77 and newer refuse to build such a project.
    """
    files = [item for item in of_kind(facts, Distribution) if item.metadata is not None]
    bad = (
        doubtful(item, f"License-Expression beside {classifier!r}")
        for item in files
        if item.metadata is not None and item.metadata.first("License-Expression")
        for classifier in item.metadata.fields.get("Classifier", ())
        if classifier.startswith("License ::")
    )
    return answers(facts, bad, len(files), "no licence classifier beside one", "file with metadata")


@check(
    "built-description",
    expects="The description has a known content type and renders",
    remedy="Declare the readme's content type; for reStructuredText, correct the named line and "
    "leave out directives of Sphinx.",
    docs="https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/",
)
def built_description(facts: Facts) -> Answers:
    """A description without content type is read as reStructuredText, and PyPI refuses what does
    not render. Markdown cannot fail.
    """
    yield from _unjudged(facts)
    yield from refusals_in(facts, "Description", "Description-Content-Type", ok="descriptions do")


def _unjudged(facts: Facts) -> Iterator[Verdict]:
    for item in of_kind(facts, Distribution):
        fields = item.metadata.fields if item.metadata else {}
        kind = first(fields, "Description-Content-Type").lower()
        large = len(first(fields, "Description")) > LARGEST
        if large and (not kind or kind.startswith("text/x-rst")):
            yield unknown_of(item, f"the description is above {LARGEST >> 10} KiB: not rendered")


@check(
    "description-declared",
    expects="There is a description, and its content type is declared",
    remedy="Set `readme` in [project]; backends take the content type from its extension.",
    docs=_CORE + "#description-content-type",
)
def description_declared(facts: Facts) -> Answers:
    """Without a description the project page is empty. Without a content type the readme is taken
    for reStructuredText, and Markdown shows as one block of raw text.
    """
    files = [item for item in of_kind(facts, Distribution) if item.metadata is not None]
    bad = (doubtful(item, reason) for item in files if (reason := _undeclared(item)))
    return answers(facts, bad, len(files), "description and content type", "file with metadata")


def _undeclared(item: Distribution) -> str:
    fields = item.metadata.fields if item.metadata else {}
    if not first(fields, "Description").strip():
        return "has no description: `long_description` missing."
    if not fields.get("Description-Content-Type"):
        return "`long_description_content_type` missing. defaulting to `text/x-rst`."
    return ""


@check(
    "built-import-names",
    expects="Import names are names that Python can import",
    remedy="Correct `import-names` or `import-namespaces` in [project].",
    docs="https://peps.python.org/pep-0794/",
)
def built_import_names(facts: Facts) -> Answers:
    """Metadata 2.5 lists what a project makes importable; twine 7 stops at a name that is none."""
    return refusals_in(facts, "Import-Name", "Import-Namespace", ok="importable names")
