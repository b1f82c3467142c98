"""Downloads files of a release, and says whether they are what the index promised."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pypi_publish.errors import Unanswered
from pypi_publish.index.model import File
from pypi_publish.release.file_host import refusal
from pypi_publish.release.planes import address

if TYPE_CHECKING:
    from pypi_publish.index.client import IndexClient

LARGEST = 2 << 30  # where the index does not tell the size


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was fetched, or why it was not."""

    path: Path | None  # None: it was not fetched
    sha256: str | None = None  # of what came
    because: str = ""
    unanswered: bool = False  # a server's silence is what stood in the way


def download(client: "IndexClient", file: File, folder: Path) -> Downloaded:
    """Fetch a file as installers do; the bytes are not compared with anything here."""
    name = Path(file.filename).name
    if name != file.filename or name in ("", ".", ".."):
        return Downloaded(None, because=f"{file.filename!r} is not the name of a file")
    refused = refusal(address(file), client.address.simple)
    if refused:
        return Downloaded(None, because=refused)
    most = LARGEST if file.size is None else file.size + 1
    path = folder / name
    try:
        with path.open("w+b") as stream:
            answer = client.save(address(file), stream, most)
    except Unanswered as silence:
        return Downloaded(None, because=silence.message, unanswered=True)
    if answer.status != 200:
        return Downloaded(None, because=f"the file host answers HTTP {answer.status}")
    with path.open("rb") as stream:
        return Downloaded(path, hashlib.file_digest(stream, "sha256").hexdigest())
