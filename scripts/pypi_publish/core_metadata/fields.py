"""The fields of core metadata: their names, since when they exist, which may be repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Fields = Mapping[str, Sequence[str]]  # by official name: "Requires-Dist"

# 2.6 is known to the newest `packaging`, not to the index. 2.0 never became a standard.
METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of core metadata."""

    name: str
    added: str = "1.0"
    repeats: bool = False
    form: str = ""  # what the upload form calls it, where that is not the name with underscores

    @property
    def key(self) -> str:
        """The name as `packaging` and the index print it."""
        return self.name.lower()

    @property
    def form_key(self) -> str:
        """The name in the upload form, which the index prints for data it cannot sort out."""
        return self.form or self.key.replace("-", "_")


_ALL = (
    Field("Metadata-Version"),
    Field("Name"),
    Field("Version"),
    Field("Platform", repeats=True),
    Field("Summary"),
    Field("Description"),
    Field("Keywords"),
    Field("Home-page"),
    Field("Author"),
    Field("Author-email"),
    Field("License"),
    Field("Supported-Platform", "1.1", repeats=True),
    Field("Download-URL", "1.1"),
    Field("Classifier", "1.1", repeats=True, form="classifiers"),
    Field("Requires", "1.1", repeats=True),
    Field("Provides", "1.1", repeats=True),
    Field("Obsoletes", "1.1", repeats=True),
    Field("Maintainer", "1.2"),
    Field("Maintainer-email", "1.2"),
    Field("Requires-Dist", "1.2", repeats=True),
    Field("Provides-Dist", "1.2", repeats=True),
    Field("Obsoletes-Dist", "1.2", repeats=True),
    Field("Requires-Python", "1.2"),
    Field("Requires-External", "1.2", repeats=True),
    Field("Project-URL", "1.2", repeats=True, form="project_urls"),
    Field("Description-Content-Type", "2.1"),
    Field("Provides-Extra", "2.1", repeats=True),
    Field("Dynamic", "2.2", repeats=True),
    Field("License-Expression", "2.4"),
    Field("License-File", "2.4", repeats=True),
    Field("Import-Name", "2.5", repeats=True),
    Field("Import-Namespace", "2.5", repeats=True),
)
BY_KEY = {field.key: field for field in _ALL}
BY_NAME = {field.name: field for field in _ALL}


def sent(fields: Fields, name: str) -> Sequence[str]:
    """Return the values that the index judges: it drops what is empty or just says UNKNOWN."""
    values = fields.get(name, ())
    if not values or list(values) == [""] or values[-1].strip() == "UNKNOWN":
        return ()
    return values


def written(fields: Fields, name: str) -> Sequence[str]:
    """Return the values as they stand in the file, which twine judges before it sends any."""
    return fields.get(name, ())


def first(fields: Fields, name: str) -> str:
    """Return the value of a field that should stand there once, empty where it is missing."""
    values = sent(fields, name)
    return values[0] if values else ""


def precedes(version: str, other: str) -> bool:
    """Whether one metadata version is older than another; False for what is no such version."""
    if version not in METADATA_VERSIONS:
        return False
    return METADATA_VERSIONS.index(version) < METADATA_VERSIONS.index(other)
