"""Turns good input into hostile input, the same for the same number, and watches who reads it."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import BinaryIO

from pypi_publish.errors import Problem
from pypi_publish.report.deliver import Options, _rendered
from pypi_publish.report.model import Report

# Spelled in two pieces: whole, our own preflight would rightly warn of this file.
SECRET = b"pypi-" + b"AgEIcHlwaS5vcmcCJDExMTExMTExLTExMTEtMTExMS0xMTExLTExMTExMTExMTExMQ"
LARGEST = 1 << 16
_ANYWHERE = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"\r", b"\n\n", b"\t", b" ", b"'", b'"', b"\\",
    b"[", b"]", b"{", b"}", b"<", b">", b"&", b"%", b"#", b":", b"-", b"*", b"|", b"=", b",", b"@",
    b"0", b"-1", b"1e999", b"9" * 20, b"../", b"/", b"\x1b[2J", b"\xc3", b"\xed\xa0\x80", b"\x85",
    "\u202e".encode(), "\u2028".encode(), "\u00e9".encode(), b"\x0c", b"${{ x }}", b"NaN", SECRET,
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A parser, what it reads when all is well, and words that mean something to it."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    refuses_with: tuple[type[Exception], ...] = ()  # beside a Problem
    inputs: int = 100_000
    file: str = ""  # of the current folder, in which the reader expects it

    @cached_property
    def _vocabulary(self) -> Sequence[bytes]:
        return (*self.words, *self.words, *_ANYWHERE)

    def input(self, number: int) -> bytes:
        """Return one of the seeds after some accidents."""
        chance = random.Random(number)
        data = bytearray(chance.choice(self.seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
            chance.choice(_ACCIDENTS)(data, chance, self.seeds, self._vocabulary)
        return bytes(data[:LARGEST])

    def endless(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Yield inputs that hold one word again and again: what is quadratic takes forever."""
        for word in dict.fromkeys(self._vocabulary):
            for seed in self.seeds[:4]:
                middle = len(seed) // 2
                many = word * (size // len(word))
                yield f"{word!r} without end", seed[:middle] + many + seed[middle:]

    def read_one(self, data: bytes, watch: "Watch", which: object) -> None:
        """Read an input; fail where it ends neither in an answer nor in a clear error."""
        if self.file:
            watch.place(self.file, data)
        try:
            with watch.reading():
                self.read(data)
        except self.refuses_with:
            pass
        except Problem as problem:
            said = shown(problem)
            if SECRET.decode() in said or not (problem.message and problem.hint):
                raise AssertionError(f"{self.name} {which} says {said[:500]}") from problem
        except (Exception, Offence) as error:
            raise AssertionError(f"{self.name} {which}: {error!r}") from error


def shown(problem: Problem) -> str:
    """Return what a run prints that ends with a problem."""
    return _rendered(Report(script="preflight", problem=problem), Options(), sys.stdout)


def words(text: str) -> tuple[bytes, ...]:
    """Return the words of a text; ~ stands for a space inside of one."""
    return tuple(word.replace("~", " ").encode() for word in text.split())


Accident = Callable[[bytearray, random.Random, Sequence[bytes], Sequence[bytes]], None]


def _flip(data: bytearray, chance: random.Random, *_: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random, *_: Sequence[bytes]) -> None:
    start, end = _span(data, chance)
    del data[start:end]


def _double(data: bytearray, chance: random.Random, *_: Sequence[bytes]) -> None:
    start, end = _span(data, chance)
    data[end:end] = data[start:end] * chance.choice((1, 1, 1, 1, 2, 40))


def _end(data: bytearray, chance: random.Random, *_: Sequence[bytes]) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _insert(
    data: bytearray, chance: random.Random, _: Sequence[bytes], vocabulary: Sequence[bytes]
) -> None:
    place = chance.randrange(len(data) + 1)
    word = chance.choice(vocabulary)
    often = chance.randrange(150) == 0
    data[place:place] = word * (5_000 // len(word) if often else chance.choice((1, 1, 1, 2)))


def _overwrite(
    data: bytearray, chance: random.Random, _: Sequence[bytes], vocabulary: Sequence[bytes]
) -> None:
    start, end = _span(data, chance)
    data[start:end] = chance.choice(vocabulary)


def _graft(
    data: bytearray, chance: random.Random, seeds: Sequence[bytes], _: Sequence[bytes]
) -> None:
    other = chance.choice(seeds)
    start, end = _span(other, chance)
    place = chance.randrange(len(data) + 1)
    data[place:place] = other[start:end]


def _noise(data: bytearray, chance: random.Random, *_: Sequence[bytes]) -> None:
    place = chance.randrange(len(data) + 1)
    data[place:place] = chance.randbytes(chance.choice((1, 2, 4, 16)))


_ACCIDENTS: tuple[Accident, ...] = (
    _flip, _flip, _cut, _double, _end, _insert, _insert, _insert, _overwrite, _graft, _noise,
)  # fmt: skip


def _span(data: bytes | bytearray, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice((1, 2, 4, 8, 16, 64, 256)))


class Offence(BaseException):
    """What no reader may do; no `except Exception` of one keeps it quiet."""


class Watch:
    """Stops a reader that takes too long, writes elsewhere, connects, or runs more than git."""

    HANGS = 60.0  # seconds
    LONGEST = 3.0  # seconds of this process, whatever else the machine does

    def __init__(self, here: Path) -> None:
        self._here = here.resolve()
        self._files: dict[str, BinaryIO] = {}
        self.longest = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch until the block ends."""
        _listen()
        before = signal.signal(signal.SIGALRM, self._rung)
        try:
            yield
        finally:
            signal.signal(signal.SIGALRM, before)
            for file in self._files.values():
                file.close()

    def place(self, name: str, data: bytes) -> None:
        """Write a file; opening it anew for each input would take ten times as long."""
        if name not in self._files:
            path = self._here / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = path.open("w+b", buffering=0)
        self._files[name].seek(0)
        self._files[name].write(data)
        self._files[name].truncate()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Watch one input being read."""
        signal.setitimer(signal.ITIMER_REAL, self.HANGS)
        begun = time.process_time()
        _HEARING.append(self)
        try:
            yield
        finally:
            _HEARING.clear()
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.longest = max(self.longest, taken := time.process_time() - begun)
        if taken > self.LONGEST:
            raise Offence(f"it took {taken:.1f} s")

    def _rung(self, *_: object) -> None:
        raise Offence(f"it takes more than {self.HANGS:.0f} s")

    def hear(self, event: str, given: tuple[object, ...]) -> None:
        """Refuse what a reader is about to do."""
        if event == "open" and _writes(given):
            place = os.path.realpath(os.fsdecode(given[0]))  # type: ignore[arg-type]
            if not place.startswith(f"{self._here}{os.sep}"):
                raise Offence(f"it writes {place}")
        elif event in _NEVER and given[:1] != ("git",):
            raise Offence(f"{event}{given}")


_HEARING: list[Watch] = []


@cache
def _listen() -> None:
    """Hear of all that Python does. It keeps such a hook for good, so one serves every watch."""
    sys.addaudithook(lambda event, given: _HEARING[0].hear(event, given) if _HEARING else None)


_NEVER = frozenset(
    "os.remove os.rename os.mkdir os.rmdir os.symlink os.link os.chmod os.chown os.truncate os.exec"
    " os.system os.fork os.posix_spawn subprocess.Popen socket.connect socket.bind"
    " socket.getaddrinfo shutil.rmtree shutil.unpack_archive webbrowser.open ctypes.dlopen".split()
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def _writes(given: tuple[object, ...]) -> bool:
    path, mode, flags = given
    if not isinstance(path, (str, bytes)):
        return False
    if isinstance(mode, str):
        return bool(set("wax+") & set(mode))
    return isinstance(flags, int) and bool(flags & _WRITING)
