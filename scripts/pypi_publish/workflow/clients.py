"""Which version of an upload client a job installs."""

import re
from functools import lru_cache

from pypi_publish.workflow.pipelines import PublishingJob

# The newest of each line of releases; what a requirement allows of them is what it may bring.
_TWINE = ("3.8.0", "4.0.2", "5.1.1", "6.0.1", "6.1.0", "6.2.0", "7.0.0")
_REQUIREMENT = re.compile(
    r"(?<![\w./-])twine\s{0,3}(?P<spec>(?:[=<>~!]=?=?\s{0,3}[\w.*]{1,30}(?:\s{0,3},\s{0,3})?)+|@[\w.]{1,30})"
)


def newest_twine(job: PublishingJob) -> tuple[int, ...] | None:
    """Return the newest Twine that a job's requirements allow; None where they name none."""
    found = (_allowed(text) for text in job.shell_texts if "twine" in text)
    return next((version for version in found if version is not None), None)


@lru_cache(maxsize=64)
def _allowed(text: str) -> tuple[int, ...] | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    for found in _REQUIREMENT.finditer(text):
        spec = re.sub(r"^@", "==", found["spec"].strip())
        exact = re.fullmatch(r"===?\s*(\d{1,4}(?:\.\d{1,4}){0,3})", spec)
        if exact:
            return _numbers(exact[1])
        try:
            allowed = list(SpecifierSet(spec).filter(_TWINE))
        except InvalidSpecifier:
            continue
        return _numbers(allowed[-1]) if allowed else None
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
