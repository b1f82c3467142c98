"""A message as the catalogue writes it, turned into what finds it in a log.

`{name}` stands for any text within the line, `{name!r}` for a text in Python's quotes. Clients
break lines at 80 columns and indent the rest, so every space also matches a line break.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_PLACEHOLDER = re.compile(r"\{(\w+(?:/\w+)*)(!r)?\}")
_WORD = re.compile(r"[A-Za-z]+")
# What follows a reason and is missing in logs of other years and of other clients.
_POINTER = re.compile(
    r"\s+(?:See:?|Read more:?) (?:\{\w+\}|https?://\S+)(?: and (?:for )?(?:\{\w+\}|https?://\S+))?"
    r"(?: for more (?:information|details))?\.?\s*$"
)
_LONG = 40
_CODE = re.compile(r"`(?P<code>[a-z-]+)`: (?P<description>.*)", re.DOTALL)
_ANY = r"([^\n]{0,300}?(?:\n[^\n]{0,300}?)?)"
_QUOTED = r"('[^']{0,400}?'|\"[^\"]{0,400}?\"|\*\*\*)"
# Words that stand in so many lines of so many logs that looking for them finds nothing.
_EVERYWHERE = frozenset(
    "a an and are at be been build by can cannot code contains could did directory do does error"
    " Error ERROR exist exists fail failed Failed field file File files for found from has have http"
    " https if in index Invalid invalid is it json message must name Name named names no No not"
    " of on only or org package packages path project pypi pypi python Python read request requires"
    " run See server set should status text that the The this This to token type uploaded url"
    " URL use used user valid value version Version was wheel which will with without you your"
    " Your running Unable unable missing Missing upload Upload Uploading release available more 400"
    " 403 1 0 response Response format configuration config configured environment workflow source"
    " Please please Z other between times after time out support supported publish".split()
)


@dataclass(frozen=True)
class Template:
    """One message of the catalogue."""

    text: str
    is_regex: bool = False  # of a message that everybody words differently

    @cached_property
    def essential(self) -> str:
        """The message without the address that it ends with."""
        cut = _POINTER.sub("", self.text)
        if len(cut) > _LONG and cut[-1] == "." != cut[-2]:
            cut = cut[:-1]  # who quotes a message leaves out its full stop
        return cut if len(cut) > 12 else self.text

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """The parts that never vary."""
        if self.is_regex:
            return ()
        return tuple(_PLACEHOLDER.split(self.essential)[::3])

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The whole words that every occurrence holds."""
        marked = _PLACEHOLDER.sub("\0", self.essential)
        found = (
            match[0]
            for match in _WORD.finditer(marked)
            if marked[match.start() - 1 : match.start()] != "\0"
            and marked[match.end() : match.end() + 1] != "\0"
        )
        return () if self.is_regex else tuple(dict.fromkeys(found))

    @cached_property
    def weight(self) -> int:
        """How much of it is fixed: of two messages in one place the one with more wins."""
        return sum(len(part.strip()) for part in self.literals) if not self.is_regex else 21

    def pattern(self) -> re.Pattern[str]:
        """Return what finds it; each group is a part that varies."""
        if self.is_regex:
            return re.compile(self.text, re.MULTILINE)
        coded = _CODE.match(self.essential)
        if coded is None:
            return re.compile(_spelled(self.essential))
        # The action writes a code and a description, others show the JSON of the index.
        between = r"[`\"']?\s*[:,]\s*(?:\"description\"\s*:\s*\"?)?"
        return re.compile(_spelled(coded["code"]) + between + _spelled(coded["description"], 1))

    @property
    def begins_with_what_varies(self) -> bool:
        return not self.is_regex and self.literals[0] == ""


def _spelled(text: str, begin: int = 0) -> str:
    parts = _PLACEHOLDER.split(text)
    spelled = [_literal(parts[0])]
    for quoted, literal in zip(parts[2::3], parts[3::3], strict=True):
        # Up to the first place where it goes on; to try all of them would take hours on a log
        # that is made for it.
        spelled.append(_QUOTED + _literal(literal) if quoted else f"(?>{_ANY}{_literal(literal)})")
    if not begin and parts[0] == "" and len(parts) > 1 and not parts[2]:
        spelled[1] = _literal(parts[3])  # what varies at the start only makes the search slow
    return "".join(spelled)


def _literal(text: str) -> str:
    pieces = re.split(r"\s+", text)
    return r"\s+".join(re.escape(piece) for piece in pieces)


def keys_of(templates: Iterable[Template]) -> dict[str, str]:
    """Choose for each message the word of it that the fewest lines of other logs hold."""
    templates = list(templates)
    counts = Counter(word for template in templates for word in template.words)

    def price(word: str) -> tuple[bool, bool, int, int]:
        return word in _EVERYWHERE, len(word) < 4, counts[word], -len(word)

    return {item.text: min(item.words, key=price) for item in templates if item.words}
