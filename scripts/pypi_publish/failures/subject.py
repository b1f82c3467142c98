"""What a log is about, by name: put into an answer in place of NAME, VERSION and the index."""

import re
from dataclasses import dataclass

from pypi_publish.failures.match import Hit
from pypi_publish.failures.story import Story

_WHEEL = re.compile(r"(?P<project>[^-]+)-(?P<version>[^-]+)-\S+-\S+-\S+\.whl")
_SDIST = re.compile(r"(?P<project>.+)-(?P<version>[^-]+)\.(?:tar\.gz|tar\.bz2|zip)")
_PROJECT = re.compile(r"\bproject:?\s+'(?P<project>[\w.-]+)'")
_FILE = re.compile(r"\bdist/NAME\.(?:whl|tar\.gz)")
_OF_PYPI = re.compile(r"https://pypi\.org/(?=manage/|project/|simple/)")


@dataclass(frozen=True, slots=True)
class Subject:
    """The project and the file that were refused, as far as the log names them."""

    project: str = ""
    version: str = ""
    file: str = ""
    on_testpypi: bool = False

    def named_in(self, text: str) -> str:
        """Return a sentence of the catalogue with the names in it."""
        if self.project:
            text = re.sub(r"(?<=/)NAME(?=/)", self.project, text)
        if self.version:
            text = re.sub(r"(?<=/)VERSION(?=/)", self.version, text)
        if self.file:
            text = _FILE.sub(f"dist/{self.file}", text) if self._is_meant(text) else text
        if self.on_testpypi and "test.pypi.org" not in text:
            text = _OF_PYPI.sub("https://test.pypi.org/", text)
        return text

    def _is_meant(self, text: str) -> bool:
        """Whether a sentence speaks of no other kind of file."""
        return all(self.file.endswith(name[9:]) for name in _FILE.findall(text))


def subject_of(story: Story, cause: Hit) -> Subject:
    """Read the names from the message and from the files that were sent."""
    refused = story.uploads(cause).refused
    names = [_parts(name) for name in (*refused, *story.files)]
    known = [parts for parts in names if parts[0]]
    projects = {re.sub(r"[-_.]+", "-", project).lower() for project, _ in known}
    said = _PROJECT.search(cause.text)
    project, version = known[0] if known and (refused or len(projects) == 1) else ("", "")
    return Subject(
        project=said["project"] if said else project,
        version=version,
        file=refused[0] if refused and _parts(refused[0])[0] else "",
        on_testpypi=story.index == "testpypi",
    )


def _parts(file: str) -> tuple[str, str]:
    found = None if "*" in file else _WHEEL.fullmatch(file) or _SDIST.fullmatch(file)
    return (found["project"], found["version"]) if found else ("", "")
