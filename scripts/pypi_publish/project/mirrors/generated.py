"""Files that the build itself writes the version into: what stands there today is left over."""

from pypi_publish.project.declared import strings
from pypi_publish.project.source import Source

# Where the schemes keep the name of the file that they write.
_SETTINGS = (
    ("setuptools_scm", "version_file"),
    ("setuptools_scm", "write_to"),
    ("hatch", "build", "hooks", "vcs", "version-file"),
    ("hatch", "build", "hooks", "version", "path"),
    ("hatch", "version", "raw-options", "version_file"),
    ("hatch", "version", "raw-options", "write_to"),
    ("pdm", "version", "write_to"),
    ("versioningit", "write", "file"),
    ("hatch", "version", "write", "file"),
    ("versioneer", "versionfile_source"),
)


def files_of_the_build(source: Source) -> tuple[str, ...]:
    """Return the ends of their paths: pdm-backend leaves the folder of the sources out."""
    named = [source.tool(*path[:-1]).get(path[-1]) for path in _SETTINGS]
    call = source.setup_py.arguments.get("use_scm_version") if source.setup_py else None
    settings = call.value if call and isinstance(call.value, dict) else {}
    named += [settings.get("write_to"), settings.get("version_file")]
    generate = source.tool("scikit-build").get("generate")
    for entry in generate if isinstance(generate, list) else ():
        named.append(entry.get("path") if isinstance(entry, dict) else None)
    return tuple(f"/{name.removeprefix('./')}" for name in strings(named) if name)
