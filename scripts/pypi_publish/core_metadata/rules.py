"""Everything for which PyPI refuses metadata, as one stream: pure functions over the fields.

The index judges the upload form, which twine and uv fill from METADATA or PKG-INFO; twine also
validates the file itself and stops before it sends anything. Both sets of rules are here. Where
releases of `packaging` differ the stricter one counts: index and clients do not move together.
"""

from collections.abc import Callable, Iterator

from pypi_publish.core_metadata import (
    classifiers,
    dependencies,
    description,
    identity,
    licences,
    links,
    people,
    structure,
)
from pypi_publish.core_metadata.fields import Fields
from pypi_publish.core_metadata.refusal import Refusal

__all__ = ["RULES", "Refusal", "Rule", "refusals"]

Rule = Callable[[Fields], Iterator[Refusal]]

# In the order in which the index reports: what the release is, then everything else.
RULES: tuple[Rule, ...] = (
    identity.metadata_version,
    identity.name,
    identity.version,
    structure.repeated,
    structure.too_new,
    structure.summary,
    people.emails,
    classifiers.classifiers,
    links.pages,
    links.project_urls,
    dependencies.requires_python,
    dependencies.requires_dist,
    dependencies.other_distributions,
    dependencies.extras,
    structure.dynamic,
    licences.expression,
    licences.both,
    licences.files,
    structure.import_names,
    description.content_type,
    description.rendering,
)


def refusals(fields: Fields, *, whole: bool = False) -> Iterator[Refusal]:
    """Yield all that is refused in a set of fields, by official name ("Requires-Dist").

    `whole` says that this is all there is, as in a metadata file: required fields must be there.
    """
    if whole:
        yield from identity.required(fields)
    for rule in RULES:
        yield from rule(fields)
