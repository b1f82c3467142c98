"""Code that PyPI does not host: files encrypted with PyArmor or SourceDefender.

The index looks for these marks in Python files of up to 5 MiB, see its `scanner_rules`.
"""

from pypi_publish.artifacts.model import Flaw, Trouble

LARGEST_SCANNED = 5 << 20
_POLICY = "See https://pypi.org/policy/acceptable-use-policy/ for more information."
# Spelled in two pieces: whole, they would have PyPI refuse this very file.
_PYARMOR = tuple(
    b"__pyarmor" + rest
    for rest in (
        b"__(__name__, __file__,",
        b"_enter__",
        b"_exit__",
        b"_assert__",
        b"_bcc__",
    )
)
_SOURCEDEFENDER = (b"---BEGIN PYE " + b"FILE---", b"---END PYE " + b"FILE---")


def is_scanned(name: str) -> bool:
    """Whether the index looks into a file of this name."""
    return name.lower().endswith((".py", ".pye"))


def against(name: str, data: bytes) -> Flaw | None:
    """Return what the index would say of a Python file, or nothing."""
    if b"pyarmor_" in data and any(mark in data for mark in _PYARMOR):
        return _flaw("PyArmor", name)
    if b"PYE FILE---" in data and all(mark in data for mark in _SOURCEDEFENDER):
        return _flaw("SourceDefender", name)
    return None


def _flaw(tool: str, name: str) -> Flaw:
    message = f"Invalid distribution file. {tool}-encrypted content is not allowed. {_POLICY}"
    return Flaw(Trouble.ENCRYPTED, message, name)
