"""Code that PyPI does not host: files encrypted with PyArmor or SourceDefender.

The index looks for these marks in Python files of up to 5 MiB, see its `scanner_rules`.
"""

from pypi_publish.artifacts.model import Flaw, Trouble

LARGEST_SCANNED = 5 << 20
_POLICY = "See https://pypi.org/policy/acceptable-use-policy/ for more information."
_PYARMOR = (
    b"__pyarmor__(__name__, __file__,",
    b"__pyarmor_enter__",
    b"__pyarmor_exit__",
    b"__pyarmor_assert__",
    b"__pyarmor_bcc__",
)
_SOURCEDEFENDER = (b"---BEGIN PYE FILE---", b"---END PYE FILE---")


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
