"""The project's own entry in a lock file, which `--locked` compares with the definition."""

import re
from collections.abc import Iterator
from itertools import islice

from pypi_publish.core_metadata.names import normalized
from pypi_publish.project.model import Mirror
from pypi_publish.project.source import Source
from pypi_publish.verdict import Place

_LIMIT = (
    32 << 20
)  # real ones reach ten megabytes; searching them takes milliseconds, parsing seconds
_MOST_ENTRIES = 50  # of one name: a project has one, and counting lines takes its time for each
_OTHERS = re.compile(r"""^source = \{ (?:registry|git|url|path) =""", re.MULTILINE)
_VERSION = re.compile(r'^version = "(?P<version>[^"\n]+)"', re.MULTILINE)


def lock_entries(source: Source, name: str) -> Iterator[Mirror]:
    """Yield the version that each lock states of the project itself."""
    for file in ("uv.lock", "poetry.lock", "pdm.lock"):
        text = (source.tree.source(file, _LIMIT) or "").replace("\r\n", "\n")
        for start, entry in _entries(text, name):
            match = _VERSION.search(entry)
            if match and not _OTHERS.search(entry):
                line = start + entry.count("\n", 0, match.start())
                yield Mirror(match["version"], Place(file, line), f"own entry in {file}")


def _entries(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every [[package]] of that name, down to its first sub-table."""
    escaped = "[-_.]+".join(map(re.escape, normalized(name).split("-")))
    found = re.finditer(rf'^name = "(?i:{escaped})"$', text, re.MULTILINE)
    for match in islice(found, _MOST_ENTRIES):
        head = text.rfind("\n", 0, max(match.start() - 1, 0)) + 1
        if text[head : match.start()].strip() != "[[package]]":
            continue
        end = re.compile(r"^\[", re.MULTILINE).search(text, match.end())
        entry = text[match.start() : end.start() if end else len(text)]
        yield text.count("\n", 0, match.start()) + 1, entry
