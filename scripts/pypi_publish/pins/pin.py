"""One reference of a workflow with everything that is known of it: what the rules look at."""

from dataclasses import dataclass

from pypi_publish.pins.comment import Stated
from pypi_publish.pins.policy import Strictness
from pypi_publish.pins.reference import Action, Reference
from pypi_publish.pins.remote import Refs, Remote
from pypi_publish.pins.versions import Version, version_of
from pypi_publish.workflow.model import Use
from pypi_publish.workflow.nodes import Comment

HARDENING = (
    "https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions"
)
PUBLISH_IMAGE = "https://github.com/pypa/gh-action-pypi-publish#readme"
ZIZMOR = "https://docs.zizmor.sh/audits/#"


@dataclass(frozen=True, slots=True)
class Pin:
    """One reference with everything that is known of it."""

    file: str
    use: Use
    reference: Reference
    comment: Comment | None
    stated: Stated | None
    strictness: Strictness
    locked: str | None = None  # the commit that actions.lock names for it
    lock_lists_file: bool = False
    remote: Remote | None = None

    @property
    def commit(self) -> str | None:
        """The commit that is run, where the repository itself fixes it."""
        if isinstance(self.reference, Action) and self.reference.is_commit:
            return self.reference.ref.lower()
        return self.locked

    @property
    def version(self) -> Version | None:
        """The version that is claimed: by the comment, or by the ref of a locked reference."""
        if isinstance(self.reference, Action) and not self.reference.is_commit:
            return self._named if self.locked else None
        return version_of(self.stated.version) if self.stated else None

    @property
    def runs(self) -> str | None:
        """The commit that is run now, by what the server says."""
        if self.locked or self.refs is None or not isinstance(self.reference, Action):
            return self.commit
        return self.refs.resolve(self.reference)

    @property
    def true_version(self) -> Version | None:
        """The version of the commit that is run now, by the tags of the server."""
        if self.refs is None or self.runs is None:
            return None
        return self.refs.version_at(self.runs, self.version or self._named)

    @property
    def product(self) -> Version | None:
        """A version of the product that is meant, of those that the repository releases."""
        named = self._named
        if named and self.refs and not self.refs.releases(named):  # the branch release/v1
            named = None
        return self.true_version or self.version or named

    @property
    def refs(self) -> Refs | None:
        return self.remote.refs if self.remote else None

    @property
    def slug(self) -> str:
        """The repository that is run, or what is written where none is named."""
        return self.reference.slug if isinstance(self.reference, Action) else self.text

    @property
    def name(self) -> str:
        return self.reference.name if isinstance(self.reference, Action) else self.text

    @property
    def text(self) -> str:
        return self.use.value.text.strip()

    @property
    def _named(self) -> Version | None:
        """The version that the ref names, be it a tag or a branch."""
        if not isinstance(self.reference, Action) or self.reference.is_commit:
            return None
        return version_of(self.reference.ref.removeprefix("refs/tags/"))
