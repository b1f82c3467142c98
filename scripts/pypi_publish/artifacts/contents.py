"""What is worth knowing of a member's bytes: its digest, marks of encryption, secrets."""

import hashlib
from dataclasses import dataclass, field

from pypi_publish.artifacts import policy
from pypi_publish.artifacts.model import Flaw, Member, Trouble
from pypi_publish.artifacts.secrets import kind_of_secret

# Bounds of a look into an archive. Nothing that PyPI takes by default comes near them.
MOST_BYTES = 1 << 30
MOST_MEMBERS = 200_000
LARGEST_TEXT = 16 << 20  # of METADATA, RECORD and their like
PIECE = 1 << 20
_LARGEST_SEARCHED = 1 << 20
_BINARY = (
    ".so", ".pyd", ".dll", ".dylib", ".a", ".lib", ".png", ".jpg", ".gif", ".ico", ".woff",
    ".woff2", ".ttf", ".gz", ".zip", ".whl", ".npz", ".npy", ".parquet", ".bin", ".mo",
)  # fmt: skip


@dataclass(slots=True)
class Findings:
    """What has been seen of an archive so far."""

    members: list[Member] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    def flaw(self, trouble: Trouble, message: str, member: str = "") -> None:
        """Note that something is wrong."""
        self.flaws.append(Flaw(trouble, message, member))

    def look_into(self, name: str, data: bytes) -> None:
        """Note what the whole content of a small member shows."""
        if policy.is_scanned(name):
            mark = policy.against(name, data)
            if mark:
                self.flaws.append(mark)
        if len(data) <= _LARGEST_SEARCHED and not name.lower().endswith(_BINARY):
            secret = kind_of_secret(data)
            if secret:
                self.secrets[name] = secret


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def leads_out(path: str, depth: int = 0) -> bool:
    """Whether a relative path, followed from some folders deep, ends above where it began."""
    for part in path.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def is_absolute(path: str) -> bool:
    """Whether a path begins at a root, of Windows too."""
    return path.startswith(("/", "\\")) or path[1:2] == ":"


def takes_detours(path: str) -> bool:
    """Whether a path goes up again on its way."""
    return ".." in path.replace("\\", "/").split("/")
