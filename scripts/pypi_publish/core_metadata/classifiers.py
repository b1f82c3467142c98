"""Classifiers: the index keeps a list, and takes nothing else."""

from collections.abc import Iterator

from pypi_publish.core_metadata.fields import Fields, sent
from pypi_publish.core_metadata.refusal import Refusal


def classifiers(fields: Fields) -> Iterator[Refusal]:
    """Yield every classifier that is not on the list, or was struck off it."""
    values = sorted(set(sent(fields, "Classifier")))
    if not values:
        return
    from trove_classifiers import classifiers as current
    from trove_classifiers import deprecated_classifiers

    for value in values:
        if value in deprecated_classifiers:
            yield Refusal("Classifier", value, _struck_off(value, deprecated_classifiers[value]))
        elif value not in current:
            yield Refusal("Classifier", value, f"{value!r} is not a valid classifier.")


def _struck_off(value: str, successors: list[str]) -> str:
    if successors:
        return f"The classifier {value!r} has been deprecated, use one of {successors} instead."
    return f"The classifier {value!r} has been deprecated."
