"""Finds out whether a text still stands somewhere as a whole: as a value, or as a word of a longer text. Pure."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

SHORTEST = 6
"""Characters of the shortest text that is sought within longer texts. Shorter ones are found by chance."""
_WORD = re.compile(rb"[A-Za-z0-9._~+@%-]+")
_END = b".-"
"""What may follow a word within a sentence."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Texts to look for: `words` are found in one pass, `others` hold characters that end a word."""

    words: frozenset[bytes]
    others: tuple[bytes, ...]

    def places_in(self, content: bytes) -> int:
        """How many words of the content are sought, and how often the others occur between other characters."""
        words = (word.rstrip(_END) for word in _WORD.findall(content)) if self.words else ()
        found = sum(word in self.words for word in words)
        return found + sum(_whole(content, other) for other in self.others)


def sought(texts: Iterable[str], shortest: int = SHORTEST) -> Sought:
    """What to look for in longer texts: the texts of at least `shortest` characters."""
    long = {text.encode() for text in texts if len(text) >= shortest}
    words = frozenset(text for text in long if _WORD.fullmatch(text) and text.rstrip(_END) == text)
    return Sought(words, tuple(sorted(long - words)))


def any_in(content: bytes, texts: Collection[bytes]) -> bool:
    """Whether one of these texts occurs, also as a part of a longer word."""
    return any(text in content for text in texts)


def _whole(content: bytes, text: bytes) -> int:
    """How often the text occurs where no letter, digit or hyphen continues it."""
    return len(re.findall(rb"(?<![A-Za-z0-9_-])" + re.escape(text) + rb"(?![A-Za-z0-9_-])", content))
