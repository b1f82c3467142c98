"""What PyPI answers when it refuses an upload for what it holds already, word for word."""

from pypi_publish.core_metadata.names import as_sent

CLOSED = "Uploading new files to releases older than 14 days is not allowed."
ONE_SDIST = "Only one sdist may be uploaded per release."
UNKNOWN_ISSUER = "`invalid-payload`: unknown trusted publishing issuer"


def file_exists(site: str, filename: str, blake2_256: str | None) -> str:
    """Return the refusal of other bytes under a name, or of the same bytes under another."""
    digest = f" ({filename!r}, with blake2_256 hash {blake2_256!r})" if blake2_256 else ""
    return f"File already exists{digest}. {_see(site, 'file-name-reuse')}"


def deleted(site: str) -> str:
    """Return the refusal of a name whose file was deleted."""
    return (
        "This filename was previously used by a file that has since been deleted."
        f" Use a different version. {_see(site, 'file-name-reuse')}"
    )


def not_allowed(site: str, project: str) -> str:
    """Return the refusal of a trusted publisher of an archived or quarantined project."""
    return (
        f"The given token isn't allowed to upload to project {project!r}."
        f" {_see(site, 'project-name')}"
    )


def too_similar(site: str, name: str) -> str:
    """Return the refusal of a new name that looks like one that exists."""
    refusal = f"The name {as_sent(name)!r} is too similar to an existing project."
    return f"{refusal} {_see(site, 'project-name')}"


def of_standard_library(site: str, name: str) -> str:
    """Return the refusal of a new name that is a module of some Python."""
    reason = "(conflict with Python Standard Library module name)"
    return f"The name {as_sent(name)!r} isn't allowed {reason}. {_see(site, 'project-name')}"


def project_too_large(project: str) -> str:
    """Return the refusal of a file that takes its project over its total size."""
    return (
        f"Project size too large. Limit for project {project!r} total size is 10 GB."
        " See https://docs.pypi.org/project-management/storage-limits"
    )


def _see(site: str, anchor: str) -> str:
    return f"See {site}/help/#{anchor} for more information."
