"""Starts a script: sees to its Python and its dependencies, then hands over to `cli`.

This file is read by whatever Python the machine has. So: standard library only, and no
syntax that Python 2.7 cannot parse, or the user meets a SyntaxError instead of the answer.
"""

import os
import sys

OLDEST_PYTHON = (3, 11)
UNDER_UV = "PYPI_PUBLISH_UNDER_UV"  # set for the one re-run, so that it cannot loop
PREREQUISITE_MISSING = 5

# What each script imports, and the oldest release of it that will do: the lower bounds of
# the script's own header and of pyproject.toml. A test holds the three equal.
OLDEST = {
    "email-validator": "2.2",
    "httpx": "0.28",
    "packaging": "26.2",
    "pydantic": "2.12",
    "readme-renderer": "44",
    "rfc3986": "2",
    "ruamel.yaml": "0.18.16",
    "trove-classifiers": "2026.5",
    "typer": "0.24",
}
NEEDS = {
    "preflight": tuple(OLDEST),
    "check-action-pins": ("httpx", "ruamel.yaml", "typer"),
    "diagnose-publish": ("httpx", "packaging", "ruamel.yaml", "typer"),
    "verify-on-pypi": ("httpx", "packaging", "pydantic", "ruamel.yaml", "typer"),
}


def check_action_pins(script=None):
    return _run("check-action-pins", script)


def diagnose_publish(script=None):
    return _run("diagnose-publish", script)


def preflight(script=None):
    return _run("preflight", script)


def verify_on_pypi(script=None):
    return _run("verify-on-pypi", script)


def _run(name, script):
    """Run the command `name`; `script` is its file, None when it runs as a console command."""
    _forget_the_current_folder()
    if sys.version_info < OLDEST_PYTHON:
        return _elsewhere(name, script, ["Python %d.%d or newer" % OLDEST_PYTHON])
    if script:
        _keep_bytecode_elsewhere()
    lacking = _lacking(name)
    if lacking:
        return _elsewhere(name, script, lacking)
    import gc

    # A run makes many small values that live to its end, so looking for garbage among them is
    # in vain: reading 700 workflows takes 0.9 s like this and 1.7 s with Python's threshold.
    gc.set_threshold(10000000)
    try:
        return _command(name)()
    except (AttributeError, ImportError, TypeError):
        # Most often a library that is too old for us. If it is not that, it is a bug of
        # ours, and a traceback is the best report of a bug.
        outdated = _outdated(name)
        if not outdated:
            raise
        return _elsewhere(name, script, outdated)
    finally:
        gc.freeze()  # or the interpreter looks through it all once more before it exits


def _keep_bytecode_elsewhere():
    """Keep what Python would compile at every start, a third of a short run, in the user's cache.

    Our modules, because the skill folder may be read-only or under the user's git, for which the
    entry scripts forbid __pycache__. And libraries that nobody has compiled nor may: uv installs
    sources alone, and many containers and sandboxes set PYTHONDONTWRITEBYTECODE.
    """
    from importlib import machinery
    from importlib.util import cache_from_source

    from pypi_publish.version import VERSION

    own = os.path.dirname(os.path.realpath(__file__)) + os.sep
    folder = os.path.join(_cache_folder("pypi-publish"), "bytecode-" + VERSION)
    usable = os.path.isabs(folder) and _writable(folder)
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)  # as the user has it

    def belongs_elsewhere(path):
        if path.startswith(own):
            return True
        return usable and sys.dont_write_bytecode and not os.path.exists(cache_from_source(path))

    class Loader(machinery.SourceFileLoader):
        def get_code(self, fullname):
            before = sys.pycache_prefix, sys.dont_write_bytecode
            if belongs_elsewhere(self.path):
                sys.pycache_prefix, sys.dont_write_bytecode = folder, not usable
            try:
                return machinery.SourceFileLoader.get_code(self, fullname)
            finally:
                sys.pycache_prefix, sys.dont_write_bytecode = before

    finder = machinery.FileFinder.path_hook(
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
        (Loader, machinery.SOURCE_SUFFIXES),
        (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
    )
    sys.path_hooks.insert(0, finder)
    sys.path_importer_cache.clear()


def _command(name):
    import importlib

    return importlib.import_module("pypi_publish.cli." + name.replace("-", "_")).main


def _forget_the_current_folder():
    """Keep the user's own typer.py from being imported, also under PYTHONPATH=. ."""
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    try:
        current = os.path.realpath(os.getcwd())
    except OSError:  # the current folder was deleted
        current = None
    sys.path[:] = [
        entry
        for entry in sys.path
        if entry and (os.path.realpath(entry) == own or os.path.realpath(entry) != current)
    ]


def _lacking(name):
    from importlib.util import find_spec

    lacking = []
    for library in NEEDS[name]:
        try:
            found = find_spec(library.replace("-", "_"))
        except ImportError:  # the parent package of a dotted name is missing
            found = None
        if found is None:
            lacking.append(library)
    return lacking


def _outdated(name):
    from importlib.metadata import version

    return [
        "%s %s or newer (here: %s)" % (library, OLDEST[library], version(library))
        for library in NEEDS[name]
        if _numbers(version(library)) < _numbers(OLDEST[library])
    ]


def _numbers(version):
    import re

    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _elsewhere(name, script, lacking):
    """Run the script once more through uv, which brings what is lacking; else say so."""
    uv = _which("uv")
    if script and uv and not os.environ.get(UNDER_UV):
        import subprocess

        environment = dict(os.environ)
        environment[UNDER_UV] = "1"
        if "UV_CACHE_DIR" not in environment and not _writable(_cache_folder("uv")):
            environment["UV_CACHE_DIR"] = _private_folder("uv-cache")
        command = [uv, "run", "--no-config", "--quiet", "--script", script]
        return subprocess.call(command + sys.argv[1:], env=environment)
    _explain(name, script, lacking)
    return PREREQUISITE_MISSING


def _which(program):
    names = [program + ".exe"] if os.name == "nt" else [program]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for candidate in names:
            path = os.path.join(folder, candidate)
            # A relative entry of PATH would let the user's project bring its own uv.
            if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def _cache_folder(name):
    """Return where programs of this user keep what they can make again."""
    if os.name == "nt":
        return os.path.join(os.environ.get("LOCALAPPDATA", os.path.expanduser("~")), name)
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser(os.path.join("~", ".cache"))
    return os.path.join(caches, name)


def _writable(folder):
    """Whether files can be made in `folder`, or in the folder that it would be made in."""
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def _private_folder(name):
    """Return a folder in the temporary one that nobody else can have prepared."""
    import tempfile

    if not hasattr(os, "getuid"):
        return os.path.join(tempfile.gettempdir(), name)
    folder = os.path.join(tempfile.gettempdir(), "%s-%d" % (name, os.getuid()))
    try:
        os.mkdir(folder, 0o700)
    except OSError:  # it is there: from a run before this one, or put there by somebody else
        pass
    own = os.path.isdir(folder) and not os.path.islink(folder)
    if own and os.stat(folder).st_uid == os.getuid():
        return folder
    return tempfile.mkdtemp(prefix=name)


def _explain(name, script, lacking):
    message = "%s cannot start without %s" % (name, ", ".join(lacking))
    message += " (this is Python %d.%d, %s)" % (sys.version_info[:2] + (sys.executable,))
    if script:
        path = os.path.abspath(script)
        skill = os.path.dirname(os.path.dirname(os.path.realpath(script)))
        hint = (
            "Install uv (https://docs.astral.sh/uv/) and run: "
            'uv run --no-config --quiet --script "%s"; or with pipx: pipx run "%s"; '
            'or in a virtual environment of Python %d.%d or newer: python -m pip install "%s"'
        ) % ((path, path) + OLDEST_PYTHON + (skill,))
    else:
        hint = "Install pypi-publish again, with its dependencies, on Python %d.%d or newer."
        hint %= OLDEST_PYTHON
    if json_is_wanted(sys.argv[1:]):
        print(_error_document(name, message, hint))
    else:
        sys.stderr.write("error: %s\n%s\n" % (message, hint))


def json_is_wanted(arguments):
    """Whether a command line that nobody has parsed asks for JSON."""
    spelled = " ".join(arguments)
    return "--json" in arguments or "--format json" in spelled or "--format=json" in spelled


def _error_document(name, message, hint):
    """Spell the report's envelope once more: `report` cannot be imported here."""
    import json

    from pypi_publish.version import VERSION

    statuses = ("fail", "warn", "unknown", "skip", "pass")
    return json.dumps(
        {
            "data": None if name == "diagnose-publish" else [],
            "meta": {
                "schema": "pypi-publish/%s/v1" % name,
                "version": VERSION,
                "ok": False,
                "exit_code": PREREQUISITE_MISSING,
                "summary": dict.fromkeys(statuses, 0),
                "total": 0,
                "truncated": False,
            },
            "error": {
                "code": "missing-dependency",
                "message": message,
                "hint": hint,
                "retryable": False,
            },
        }
    )
