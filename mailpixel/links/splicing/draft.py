"""The result of reading a text: slots for our URLs, skipped links with reasons, and notes.

`draft_html` or `draft_text` reads a text, which is then cut at its slots into a
`Template` and kept in a `Plan`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import NamedTuple

from mailpixel.claims import LAST_LINK
from mailpixel.errors import InvalidInput
from mailpixel.links.splicing.link_policy import Reason


class Skip(NamedTuple):
    """A link that stays as it is: its href as decoded by the parser, and the reason."""

    href: str
    reason: Reason


SHORT_BYTES = 3_200
"""SpamAssassin calls shorter HTML with one image "image only". Source: its rules HTML_IMAGE_ONLY_* (tried 2026-11)."""


class NoteKind(StrEnum):
    """What a sender should know about a successful rewrite."""

    FIELD = "field"
    """A link is tracked although its URL contains something like a template field."""
    SHOWN = "shown"
    """A link is tracked although its text shows a domain other than the tracker's."""
    SHORT = "short"
    """HTML under `SHORT_BYTES` whose only image is the pixel, which spam filters penalise."""


class Note(NamedTuple):
    """A note, and the link it is about (empty for the whole text)."""

    kind: NoteKind
    href: str = ""


def skips_by_reason(skipped: Sequence[Skip]) -> dict[str, int]:
    """How many links were skipped for each reason, in order of name. Links of ours are `already-tracked`."""
    names = ("already-tracked" if skip.reason is Reason.TRACKED else str(skip.reason) for skip in skipped)
    return dict(sorted(Counter(names).items()))


PIXEL_PLACE = -1
"""The index of the pixel's URL: the last, for any number of links."""


class Slot(NamedTuple):
    """A stretch of a text that one of our URLs replaces.

    `start` and `end` are code points, the end not included. `place` says which of the URLs goes there, `quote` how it
    is written: `"`, `'`, empty for an unquoted attribute value, or `text` for plain text. `tail` follows the URL.
    A tuple, as `Skip` is: a dense template makes hundreds, and a frozen dataclass takes three times as long to make.
    """

    start: int
    end: int
    place: int
    quote: str
    tail: str = ""


class Draft(NamedTuple):
    """A text that was read: its slots, in order and apart from each other; `pixel` says which is the pixel's."""

    text: str
    slots: Sequence[Slot] = ()
    skipped: Sequence[Skip] = ()
    pixel: int | None = None
    notes: Sequence[Note] = ()


@dataclass(slots=True)
class Destinations:
    """The destinations of a template or message in the order found: each once, or `by_place` each place of each.

    `known` are the numbers of destinations registered before. `labels` are the texts of places, by index: of several
    places with one index, that of the first which has a text.
    """

    known: Mapping[str, int]
    by_place: bool = False
    labels: dict[int, str] = field(default_factory=dict, init=False)
    _places: dict[str, int] = field(default_factory=dict, init=False)
    _links: list[str] = field(default_factory=list, init=False)

    def place(self, destination: str) -> int:
        """The index of a destination, or of a further place of it."""
        links = self._links
        if not self.by_place:
            place = self._places.setdefault(destination, len(links))
            if place < len(links):
                return place
        links.append(destination)
        return len(links) - 1

    def __len__(self) -> int:
        return len(self._links)

    def forget(self, kept: int) -> None:
        """Drop all but the first `kept`, as if they had not been found."""
        for place, destination in enumerate(self._links[kept:], kept):
            self._places.pop(destination, None)
            self.labels.pop(place, None)
        del self._links[kept:]

    @property
    def links(self) -> tuple[str, ...]:
        """All destinations, in the order found."""
        return tuple(self._links)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Their link numbers: known ones keep theirs, new ones follow the highest. Only a first place is known.

        Raises `InvalidInput` past `LAST_LINK`.
        """
        if not self._links:
            return ()
        highest = max(self.known.values(), default=0)
        if not highest and len(self._links) <= LAST_LINK:
            return tuple(range(1, len(self._links) + 1))
        known = dict(self.known)
        fresh = count(highest + 1)
        numbers = tuple(known.pop(destination, 0) or next(fresh) for destination in self._links)
        if max(numbers, default=0) > LAST_LINK:
            raise InvalidInput("html", f"has more than {LAST_LINK} different links: split the campaign")
        return numbers
