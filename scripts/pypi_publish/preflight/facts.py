"""Everything that the checks of preflight look at; gathered at the edge, judged without I/O.

A part is None where there is nothing of its kind, or where it was not asked for; the checks of
that family then answer with `skipped`. Where a part could not be had, `silences` says why, by
family, and the checks answer with `unknown` or `unanswered`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pypi_publish.project.model import Project
from pypi_publish.verdict import Verdict

if TYPE_CHECKING:
    from pypi_publish.artifacts.model import Artifact
    from pypi_publish.index.model import IndexAnswers
    from pypi_publish.project.git import GitState
    from pypi_publish.workflow.pipelines import Pipelines

Answers = Iterator[Verdict]  # what each check of preflight yields: one verdict at the least


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the release that is about to be made."""

    project: Project | None = None
    git: "GitState | None" = None
    pipelines: "Pipelines | None" = None
    index: "IndexAnswers | None" = None
    artifacts: "tuple[Artifact, ...] | None" = None
    silences: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        """The name of the project, be it read from its source or from what was built."""
        if self.project is not None and self.project.name is not None:
            return self.project.name.text
        return next((item.name for item in self.artifacts or () if item.name), None)

    @property
    def version(self) -> str | None:
        """The version of the release; a built file knows it better than its source."""
        built = next((item.version for item in self.artifacts or () if item.version), None)
        return built or (self.project.version.text if self.project else None)
