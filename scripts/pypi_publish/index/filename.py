"""What the name of a file says of its version, also of files that were uploaded long ago."""

from pypi_publish.core_metadata.names import normalized


def version_in(filename: str, name: str) -> str | None:
    """Return the version in the name of a wheel or an sdist of the project `name`."""
    if filename.lower().endswith(".whl"):
        parts = filename[: -len(".whl")].split("-")
        found = (parts[0], parts[1]) if len(parts) in (5, 6) else None
    else:
        found = _split_sdist(filename, normalized(name))
    if found is None or normalized(found[0]) != normalized(name):
        return None
    return found[1]


def _split_sdist(filename: str, canonical: str) -> tuple[str, str] | None:
    """Split where the project ends: old sdists have dashes in their names and in their versions."""
    for suffix in (".tar.gz", ".zip", ".tar.bz2", ".tgz"):
        if filename.lower().endswith(suffix):
            words = filename[: -len(suffix)].split("-")
            for end in range(1, len(words)):
                if normalized("-".join(words[:end])) == canonical:
                    return "-".join(words[:end]), "-".join(words[end:])
    return None
