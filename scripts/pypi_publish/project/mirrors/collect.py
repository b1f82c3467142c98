"""Every place of a project that repeats its version by hand."""

from collections.abc import Callable, Iterator

from pypi_publish.project.mirrors import bumping, documents, generated, locks, manifests, python
from pypi_publish.project.model import Mirror, Version
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import canonical

Collector = Callable[[Source, str], Iterator[Mirror]]

COLLECTORS: tuple[Collector, ...] = (
    python.python_constants,
    documents.version_files,
    documents.citation,
    documents.json_descriptions,
    documents.docs_configuration,
    manifests.crate,
    manifests.meson,
    manifests.npm_package,
    manifests.conda_recipe,
    manifests.other_definitions,
    bumping.bump_tools,
    bumping.semantic_release,
    bumping.release_please,
    locks.lock_entries,
)
# What stands in a file until a build, which takes the version from tags, replaces it.
_PLACEHOLDERS = frozenset({"0", "0.0", "0.0.0", "0.0.0.dev0", "0.1.dev0", "0.0.0.post0"})


def version_mirrors(source: Source, name: str, version: Version) -> tuple[Mirror, ...]:
    """Return the mirrors, without the place that the version itself comes from."""
    written = generated.files_of_the_build(source)
    mirrors = {
        mirror.place: mirror
        for collect in COLLECTORS
        for mirror in collect(source, name)
        if canonical(mirror.text) is not None
        and mirror.place != version.place
        and not (version.from_tags and _is_placeholder(mirror.text))
        and not f"/{mirror.place.file}".endswith(written)
    }
    return tuple(mirrors.values())


def _is_placeholder(text: str) -> bool:
    return "+" in text or canonical(text) in _PLACEHOLDERS
