"""Opens a log wherever it is: a run, a file, a zip or a folder of logs, standard input."""

import io
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Protocol

from pypi_publish.errors import Malformed, Misused, NothingToInspect, PrerequisiteMissing
from pypi_publish.failures.reading import LogFile
from pypi_publish.failures.stream import Source
from pypi_publish.report.answer import Answer
from pypi_publish.report.deliver import Options

if TYPE_CHECKING:
    from pypi_publish.failures.gh import RunName

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_LARGEST_ZIP = 512 << 20
_LARGEST_CONTENT = 1 << 30
_MOST_FILES = 5_000
_IN_MEMORY = 8 << 20
_RUN_URL = re.compile(
    r"https://(?P<host>[^/]+)/(?P<repo>[^/]+/[^/]+)/actions/runs/(?P<run>\d+)"
    r"(?:/attempts/(?P<attempt>\d+))?(?:/jobs?/(?P<job>\d+))?"
)
_JOB_URL = re.compile(r"https://(?P<host>[^/]+)/(?P<repo>[^/]+/[^/]+)/runs/(?P<job>\d+)")


class Wanted(Protocol):
    """What is looked at of the command line."""

    @property
    def log(self) -> str | None: ...
    @property
    def repository(self) -> str | None: ...
    @property
    def root(self) -> Path | None: ...
    @property
    def latest(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A log that can be read, or what is known of a run without one."""

    name: str
    files: Iterable[LogFile] = ()
    stuck: Answer | None = None


def opened(wanted: Wanted, options: Options, stack: ExitStack) -> Opened:
    """Open what the command line names."""
    run = _run_named(wanted)
    if run is not None:
        from pypi_publish.failures import gh

        return gh.opened(run, options, stack)
    assert wanted.log is not None  # noqa: S101 - without a run there is a log
    if wanted.log == "-":
        return Opened("<stdin>", _files_of(sys.stdin.buffer, "", stack))
    return _of_path(wanted.log, stack)


def _run_named(wanted: Wanted) -> "RunName | None":
    """Return the run that is meant; None for a log that is at hand."""
    from pypi_publish.failures.gh import RunName

    log = wanted.log or ""
    if wanted.latest:
        if log:
            raise Misused("usage", "--latest chooses the run itself", f"Drop --latest or {log}.")
        return RunName(None, wanted.repository, root=wanted.root)
    if log.startswith(("https://", "http://")):
        found = _RUN_URL.match(log) or _JOB_URL.match(log)
        if found is None:
            raise Misused(
                "usage",
                f"{log}: not the address of a run",
                (
                    "Give https://github.com/OWNER/NAME/actions/runs/ID, or download the "
                    "log and give the file."
                ),
            )
        parts = found.groupdict()
        host = "" if parts["host"] in ("github.com", "www.github.com") else parts["host"] + "/"
        return RunName(
            parts.get("run"),
            host + parts["repo"],
            attempt=parts.get("attempt"),
            job=parts.get("job"),
        )
    if re.fullmatch(r"\d{4,20}", log) and not Path(log).exists():
        return RunName(log, wanted.repository)
    return None


def _of_path(log: str, stack: ExitStack) -> Opened:
    path = Path(log)
    try:
        if path.is_dir():
            return Opened(log, _of_folder(path, stack))
        file = stack.enter_context(path.open("rb"))
    except FileNotFoundError as error:
        raise NothingToInspect(
            "not-found", f"{log}: no such file", "Check the path; - is standard input."
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PrerequisiteMissing("cannot-read", f"{log}: {reason}", "Make it readable.") from error
    return Opened(log, _files_of(file, "", stack))


def _of_folder(folder: Path, stack: ExitStack) -> list[LogFile]:
    """Return the logs in a folder: a zip that somebody has unpacked."""
    paths = [path for path in sorted(folder.rglob("*.txt"))[:_MOST_FILES] if path.is_file()]
    paths += [path for path in sorted(folder.rglob("*.log"))[:_MOST_FILES] if path.is_file()]
    if not paths:
        raise NothingToInspect(
            "no-logs", f"{folder}: no .txt and no .log file in it", "Name the file of the log."
        )
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return [LogFile(_Lazy(names[name], stack), name) for name in _without_doubles(list(names))]


class _Lazy:
    """A file that is opened when it is read."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack
        self._file: IO[bytes] | None = None

    def read(self, size: int, /) -> bytes:
        if self._file is None:
            self._file = self._stack.enter_context(self._path.open("rb"))
        return self._file.read(size)


class _Begun:
    """A source whose first bytes were looked at."""

    def __init__(self, begun: bytes, rest: Source) -> None:
        self._begun = begun
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        begun, self._begun = self._begun[:size], self._begun[size:]
        return begun + self._rest.read(size - len(begun)) if size > len(begun) else begun


def _files_of(source: Source, name: str, stack: ExitStack) -> Iterable[LogFile]:
    begun = source.read(4)
    rest = _Begun(begun, source)
    if begun not in _ZIP:
        return [LogFile(rest, name)]
    copy = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the stack closes it
    stack.enter_context(copy)
    size = 0
    while chunk := rest.read(1 << 20):
        size += len(chunk)
        if size > _LARGEST_ZIP:
            raise _bad_zip("larger than 512 MiB")
        copy.write(chunk)
    return _of_zip(copy, stack)


def _of_zip(file: IO[bytes], stack: ExitStack) -> Iterable[LogFile]:
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = [item for item in archive.infolist() if item.filename.endswith((".txt", ".log"))]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RecursionError) as error:
        raise _bad_zip("cut off, or damaged") from error
    if not members:
        raise NothingToInspect(
            "no-logs", "the zip holds no log", "Give the zip of logs as GitHub serves it."
        )
    if len(members) > _MOST_FILES or sum(item.file_size for item in members) > _LARGEST_CONTENT:
        raise _bad_zip("unpacks to more than a log can be")
    named = {item.filename: item for item in members}
    return _unpacked(archive, [named[name] for name in _without_doubles(list(named))])


def _unpacked(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Iterator[LogFile]:
    for member in members:
        try:
            with archive.open(member) as file:
                yield LogFile(_Guarded(file), member.filename)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
            raise _bad_zip("damaged, or encrypted") from error


class _Guarded:
    """A file of a zip, which may turn out to be damaged at any place."""

    def __init__(self, file: io.BufferedIOBase | IO[bytes]) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise _bad_zip("damaged") from error


def _without_doubles(names: list[str]) -> list[str]:
    """Leave out the file of a whole job where its steps are there one by one."""
    jobs = {_letters(name.rpartition("/")[0]) for name in names if "/" in name}
    kept = [
        name
        for name in names
        if "/" in name or _letters(re.sub(r"^\d+_", "", name.rpartition(".")[0])) not in jobs
    ]
    return sorted(kept, key=_in_order)


def _in_order(name: str) -> tuple[str, int, str]:
    folder, _, file = name.rpartition("/")
    number = re.match(r"\d+", file)
    return folder, int(number[0]) if number else -1, file


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _bad_zip(why: str) -> Malformed:
    return Malformed("bad-zip", f"the zip is {why}", "Download it again, or give the log as text.")
