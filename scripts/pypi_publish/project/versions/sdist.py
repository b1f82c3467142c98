"""An unpacked sdist: its PKG-INFO has the version that the build of it found."""

import re

from pypi_publish.project.model import Version
from pypi_publish.project.source import Source
from pypi_publish.project.versions.answers import found
from pypi_publish.verdict import Place

_LIMIT = 1 << 20


def sdist_version(source: Source) -> Version | None:
    """Return the version in PKG-INFO, which no working tree has beside its pyproject.toml."""
    head = (source.tree.head("PKG-INFO", _LIMIT) or "").replace("\r\n", "\n").partition("\n\n")[0]
    stated = re.search(r"^Version: *(\S+)", head, re.MULTILINE)
    return found(stated[1], "PKG-INFO (an unpacked sdist)", Place("PKG-INFO")) if stated else None
