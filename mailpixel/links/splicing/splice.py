"""A prepared rewrite: the constant pieces of a text and the slots between them.

Preparing is done once a template; `Plan.render` is done for every recipient and is one join.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Any, AnyStr, Generic, NamedTuple

from mailpixel.claims import LAST_LINK
from mailpixel.errors import InvalidInput
from mailpixel.links.splicing.link_policy import Reason

PIXEL_OPEN = '<img src="'
PIXEL_CLOSE = '" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'


class Skip(NamedTuple):
    """A link left as it stands: its href as decoded by the parser, and why."""

    href: str
    reason: Reason


class NoteKind(StrEnum):
    """What a sender should know of a rewrite that went well."""

    FIELD = "field"
    """A link that is tracked though its URL holds what looks like a field of a template."""
    SHOWN = "shown"
    """A link that is tracked though its text shows another domain than the tracker's."""
    SHORT = "short"
    """HTML so short that spam filters mind its only image, the pixel."""


class Note(NamedTuple):
    """Something to know, and the link it is about (empty for the whole text)."""

    kind: NoteKind
    href: str = ""


def skips_by_reason(skipped: Sequence[Skip]) -> dict[str, int]:
    """How many links were left alone for each reason, in order of name."""
    names = ("already-tracked" if skip.reason is Reason.TRACKED else str(skip.reason) for skip in skipped)
    return dict(sorted(Counter(names).items()))


PIXEL_PLACE = -1
"""The place of a pixel's URL: it comes after those of the links, however many these are."""


class Edit(NamedTuple):
    """A value to replace: where it stands (code points, end not included), the place of what comes there among the
    URLs, the quote around it.

    `quote` is `"`, `'`, empty for an unquoted attribute value, or `text` for plain text. `tail` follows the new URL.
    A tuple, as `Skip` is: a dense template makes hundreds, and a frozen dataclass takes three times as long to make.
    """

    start: int
    end: int
    place: int
    quote: str
    tail: str = ""


class Draft(NamedTuple):
    """What is to be done to one text: edits in order and apart from each other; `pixel` says which is the pixel's."""

    text: str
    edits: Sequence[Edit] = ()
    skipped: Sequence[Skip] = ()
    pixel: int | None = None
    notes: Sequence[Note] = ()


class Destinations:
    """The destinations of a template or message, each once, in the order they were found."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = known
        self._places: dict[str, int] = {}

    def place(self, destination: str) -> int:
        """The place of a destination among all."""
        return self._places.setdefault(destination, len(self._places))

    def __len__(self) -> int:
        return len(self._places)

    def forget(self, kept: int) -> None:
        """Take back all but the first `kept`, as if they had not been found."""
        for destination in list(self._places)[kept:]:
            del self._places[destination]

    @property
    def links(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._places)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Their numbers: those they had before; new ones come after the highest. Raises `InvalidInput` past
        `LAST_LINK`."""
        known = self._known
        if not self._places:
            return ()
        fresh = count(max(known.values(), default=0) + 1)
        numbers = tuple(known.get(destination) or next(fresh) for destination in self._places)
        if max(numbers, default=0) > LAST_LINK:
            raise InvalidInput("html", f"has more than {LAST_LINK} different links: split the campaign")
        return numbers


_ENCODED = {
    '"': str.maketrans({"&": "&amp;", '"': "&#34;"}),
    "'": str.maketrans({"&": "&amp;", "'": "&#39;"}),
    "": str.maketrans({"&": "&amp;"} | {letter: f"&#{ord(letter)};" for letter in "\"'<>`\t\n\f\r "}),
    "text": {},
}


def encode_for(quote: str, url: str) -> str:
    """A URL as written in an attribute value inside this quote; see `Edit.quote`.

    Only what would end the value or begin an entity is encoded, so that merge fields such as `*|MP|*`, `{{mp}}` or
    `%%mp%%` survive. In an unquoted value white space is encoded too: use merge fields without spaces there.
    """
    return url.translate(_ENCODED[quote])


_SLOTS = slice(1, None, 2)
"""The odd places of `Form.parts`."""


class Bare(NamedTuple):
    """What stands in place of a pixel's piece, slot and next piece when there is no pixel to write."""

    at: int
    piece: Any


class Form(NamedTuple, Generic[AnyStr]):
    """The shape of the output: constant pieces at even places of `parts`, slots at odd ones.

    `codec` is None for text. `plain` says that a value without `&` and `"` is written as it is in every slot; `pick`
    chooses the slots' values from the given ones, None where they take them one by one.
    """

    parts: list[AnyStr]
    slots: Sequence[Edit]
    codec: str | None
    plain: bool
    pick: Callable[[Sequence[Any]], Sequence[Any]] | None
    bare: Bare | None

    def fill(self, urls: Sequence[str], pixel_url: str | None) -> AnyStr:
        """The text with these URLs in the slots, encoded for their quotes."""
        parts, slots, codec, plain, pick, bare = self  # one unpacking: this runs for every mail
        if not slots:
            return parts[0]
        values = urls if bare is None else [*urls, pixel_url or ""]
        joined = "\n".join(values)
        if not plain or "&" in joined or '"' in joined or not (codec is None or joined.isascii()):
            ready: Sequence[Any] = self.encoded(values)
        else:
            ready = values if codec is None else joined.encode(codec).split(b"\n")
            ready = ready if pick is None else pick(ready)
        filled = parts.copy()
        filled[_SLOTS] = ready
        if pixel_url is None and bare is not None:
            filled[bare.at : bare.at + 3] = [bare.piece]
        return parts[0][:0].join(filled)

    def encoded(self, values: Sequence[str]) -> list[Any]:
        """What stands in each slot for these values, in order of the slots."""
        written = [encode_for(quote, values[place]) + tail for _, _, place, quote, tail in self.slots]
        codec = self.codec
        return written if codec is None else [value.encode(codec, "xmlcharrefreplace") for value in written]


@dataclass(frozen=True, slots=True)
class Plan(Generic[AnyStr]):
    """A template read once: which links it has, which were left alone and why, and how to write it for one recipient.

    `links` are the destinations (entities decoded, white space at the ends gone), `numbers` theirs. `error` is
    None, or says why the text is left as it was: then there are no links and `render` gives the input. `notes` are
    what the sender should know of links that are tracked, and of the pixel.
    """

    links: tuple[str, ...]
    numbers: tuple[int, ...]
    skipped: tuple[Skip, ...]
    form: Form[AnyStr]
    error: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def has_pixel(self) -> bool:
        """Whether a pixel has a place: not in a frameset, beside one of ours, or where none was wanted."""
        return self.form.bare is not None

    @property
    def passed(self) -> Mapping[int, tuple[str, ...]]:
        """By link number, the names of the query parameters that are written after the tracked URL."""
        tails = {self.numbers[slot.place]: slot.tail for slot in self.form.slots if slot.tail}
        return {
            number: tuple(pair.partition("=")[0] for pair in tail[1:].split("&"))
            for number, tail in tails.items()
        }

    def render(self, urls: Sequence[str], pixel_url: str | None = None) -> AnyStr:
        """The text with the tracked URLs in place of the links, and the pixel where one is given and has a place.

        `urls` run parallel to `links`. They are absolute URLs without line breaks, or hold an ESP's merge field; they
        are encoded for the quotes they land in (`&` and the quote, nothing else) and otherwise written as they are.
        The result is text or bytes as the input was. Raises `InvalidInput` when there are not as many URLs as links.
        """
        if len(urls) != len(self.links):
            raise InvalidInput("urls", f"holds {len(urls)} for {len(self.links)} links: give one a link")
        return self.form.fill(urls, pixel_url)

    @property
    def report(self) -> dict[str, int]:
        """Numbers for people: `tracked` places, and places skipped by reason; ours already are `already-tracked`."""
        return {"tracked": len(self.form.slots) - self.has_pixel, **skips_by_reason(self.skipped)}
