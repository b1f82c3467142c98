"""Where in a block of a log a closer look is worth it: by the words of the messages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pypi_publish.failures.catalogue import Sign
from pypi_publish.failures.template import Template

_SPACED = bytes(byte if bytes([byte]).isalpha() else 32 for byte in range(256))
_MANY = 48  # places of one word in a block: its first and its last ones will do
_MANY_NARROW = 8
_MOST = 2_000
# Too frequent to be looked for: only what surrounds another word is searched for these.
_PASSING = {"py"}
_BEFORE, _AFTER = 500, 800  # bytes around a word in which the others of its message stand
# Marks of an error before which the word itself says too little.
_MARKS = (b"##[error]", b"::error", b" error: ", b"\nerror: ", b"ERROR", b"ERR!")


@dataclass(frozen=True, slots=True)
class _Message:
    """The words of one message, the rarest first."""

    words: tuple[bytes, ...]
    wide: bool

    def stands_in(self, text: bytes) -> bool:
        return all(word in text for word in self.words)


class Words:
    """Knows all messages by the words that they are looked for."""

    def __init__(self, signs: Iterable[Sign]) -> None:
        self._messages: dict[bytes, list[_Message]] = {}
        for sign in signs:
            words = _words(sign)
            message = _Message(words, sign.wide)
            for key in set(sign.keys) - _PASSING:
                self._messages.setdefault(key.encode(), []).append(message)
        self._keys = frozenset(self._messages)

    def places(self, buffer: bytes, begin: int, end: int) -> list[tuple[int, bool]]:
        """Return where messages may stand, and whether what is around them matters."""
        begin = max(0, begin - 64)
        keys = self._keys.intersection(buffer[begin:end].translate(_SPACED).split())
        found = [
            (place, False)
            for mark in _MARKS
            for place in _of(buffer, mark, begin, end, _MANY_NARROW)
        ]
        for key in keys:
            messages = [item for item in self._messages[key] if item.stands_in(buffer)]
            if messages:
                found += _of_key(buffer, key, messages, begin, end)
        return found


def _words(sign: Sign) -> tuple[bytes, ...]:
    words = sign.near if sign.is_regex else Template(sign.text).words
    rarest = sorted(words, key=lambda word: (word not in sign.keys, -len(word)))
    return tuple(word.encode() for word in rarest)


def _of_key(
    buffer: bytes, key: bytes, messages: list[_Message], begin: int, end: int
) -> Iterator[tuple[int, bool]]:
    wide = [item for item in messages if item.wide]
    if wide:
        around = (
            (place, buffer[max(0, place - _BEFORE) : place + _AFTER])
            for place in _of(buffer, key, begin, end, _MOST)
        )
        kept = [place for place, text in around if any(item.stands_in(text) for item in wide)]
        thinned = kept if len(kept) <= _MANY else kept[: _MANY // 2] + kept[-_MANY // 2 :]
        yield from ((place, True) for place in thinned)
    if len(wide) < len(messages):
        yield from ((place, False) for place in _of(buffer, key, begin, end, _MANY_NARROW))


def _of(buffer: bytes, word: bytes, begin: int, end: int, most: int) -> Iterator[int]:
    """Yield where a word stands; where that is too often, only its first and its last places."""
    place, count = buffer.find(word, begin, end), 0
    while place >= 0 and count < most // 2:
        yield place
        begin, count = place + len(word), count + 1
        place = buffer.find(word, begin, end)
    place = buffer.rfind(word, begin, end)
    while place >= 0 and count < most:
        yield place
        end, count = place, count + 1
        place = buffer.rfind(word, begin, end)
