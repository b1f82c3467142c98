"""Requirements of every kind, extras, and the Pythons that are supported.

The forms that nearly every project uses are recognised here; the others go to `packaging`, which
takes longer to load than a whole wheel takes to judge.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pypi_publish.core_metadata import names
from pypi_publish.core_metadata.fields import Fields, sent, written
from pypi_publish.core_metadata.refusal import Refusal, invalid

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_RELEASE = r"\d{1,9}(?:\.\d{1,9}){0,5}"
_CLAUSE = (
    rf"(?:(?:>=|<=|<|>|!=|==) ?{_RELEASE}|(?:==|!=) ?{_RELEASE}\.\*|~= ?\d{{1,9}}\.{_RELEASE})"
)
_CLAUSES = rf"{_CLAUSE}(?: ?, ?{_CLAUSE})*"
_VARIABLE = "(?:python_version|python_full_version|sys_platform|platform_system|os_name|extra)"
_QUOTED = r"(?:\"[A-Za-z0-9._-]*\"|'[A-Za-z0-9._-]*')"
_CONDITION = rf"{_VARIABLE} ?(?:==|!=|>=|<=|<|>) ?{_QUOTED}"
_MARKER = rf"{_CONDITION}(?: (?:and|or) {_CONDITION})*"
_PLAIN_REQUIREMENT = re.compile(
    rf"{_NAME}(?:\[{_NAME}(?:, ?{_NAME})*\])? ?(?:{_CLAUSES}|\({_CLAUSES}\))?(?: ?; ?{_MARKER})?",
    re.ASCII,
)
_PLAIN_SPECIFIERS = re.compile(_CLAUSES, re.ASCII)


def requires_python(fields: Fields) -> Iterator[Refusal]:
    """Yield a Requires-Python that is no set of version specifiers."""
    value = next(iter(written(fields, "Requires-Python")), "")
    if not value or _PLAIN_SPECIFIERS.fullmatch(value):
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(value)
    except InvalidSpecifier:
        yield invalid("Requires-Python", value)


def requires_dist(fields: Fields) -> Iterator[Refusal]:
    """Yield each dependency that cannot be parsed or that names an address."""
    for value in written(fields, "Requires-Dist"):
        requirement, reason = _parsed(value)
        if reason:
            yield invalid("Requires-Dist", value, reason)
        elif requirement is not None and requirement.url is not None:
            message = f"Can't have direct dependency: {requirement}"
            yield Refusal("Requires-Dist", value, message)


def other_distributions(fields: Fields) -> Iterator[Refusal]:
    """Yield what is wrong in Provides-Dist and Obsoletes-Dist."""
    for field in ("Provides-Dist", "Obsoletes-Dist"):
        for value in sent(fields, field):
            requirement, reason = _parsed(value)
            if reason:
                yield Refusal(field, value, f"{value!r} is invalid: {reason}")
            elif requirement is not None and requirement.url is not None:
                yield Refusal(field, value, f"Can't have direct dependency: {value!r}")


def extras(fields: Fields) -> Iterator[Refusal]:
    """Yield each extra whose name is not one."""
    for value in written(fields, "Provides-Extra"):
        if not names.is_valid(value):
            yield invalid("Provides-Extra", value)


def _parsed(value: str) -> "tuple[Requirement | None, str]":
    """Return the requirement where it is not a plain one, and why it is none at all."""
    if _PLAIN_REQUIREMENT.fullmatch(value):
        return None, ""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(value), ""
    except (InvalidRequirement, RecursionError) as error:
        return None, " ".join(str(error).split()) or type(error).__name__
