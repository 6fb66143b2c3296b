"""A prepared rewrite: the constant pieces of a text and the slots between them.

Preparing is done once a template; `Plan.render` is done for every recipient and is one join.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import AnyStr, Generic

from mailpixel.errors import InvalidInput
from mailpixel.links.trackable import Reason

MOST_LINKS = 65_535
"""Distinct destinations of one campaign; a link number has 16 bits in a token."""

PIXEL_OPEN = '<img src="'
PIXEL_CLOSE = '" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'


@dataclass(frozen=True, slots=True)
class Skip:
    """A link left as it stands: its href as decoded by the parser, and why."""

    href: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Edit:
    """A value to replace: where it stands (code points, end not included), its link number, the quote around it.

    `quote` is `"`, `'`, empty for an unquoted attribute value, or `text` for plain text. `tail` follows the new URL.
    """

    start: int
    end: int
    number: int
    quote: str
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be done to one text; `pixel_at` is None where no pixel may go. Edits are in order and never overlap."""

    text: str
    edits: tuple[Edit, ...] = ()
    skipped: tuple[Skip, ...] = ()
    pixel_at: int | None = None


class Numbers:
    """Gives every destination its number: the one it had before, or the next one in order of asking."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = known
        self._next = max(known.values(), default=0) + 1
        self._used: dict[str, int] = {}

    def of(self, destination: str) -> int:
        """The number of a destination. Raises `InvalidInput` past `MOST_LINKS`."""
        number = self._used.get(destination)
        if number is None:
            number = self._known.get(destination, 0) or self._new()
            self._used[destination] = number
        return number

    def _new(self) -> int:
        if self._next > MOST_LINKS:
            raise InvalidInput("html", f"has more than {MOST_LINKS} different links: split the campaign")
        self._next += 1
        return self._next - 1

    def in_order(self) -> list[tuple[int, str]]:
        """Numbers and destinations asked for, by number."""
        return sorted((number, destination) for destination, number in self._used.items())


_ENCODED = {
    '"': str.maketrans({"&": "&amp;", '"': "&#34;"}),
    "'": str.maketrans({"&": "&amp;", "'": "&#39;"}),
    "": str.maketrans({"&": "&amp;"} | {letter: f"&#{ord(letter)};" for letter in "\"'<>`=\t\n\f\r "}),
    "text": {},
}
del _ENCODED[""][ord("=")]  # legal inside an unquoted value, and URLs are full of it


def encode_for(quote: str, url: str) -> str:
    """A URL as written in an attribute value inside this quote; see `Edit.quote`.

    Only what would end the value or begin an entity is encoded, so that merge fields such as `*|MP|*`, `{{mp}}` or
    `%%mp%%` survive. In an unquoted value white space is encoded too: use merge fields without spaces there.
    """
    return url.translate(_ENCODED[quote])


@dataclass(frozen=True, slots=True)
class Form(Generic[AnyStr]):
    """Constant pieces (even places) and slots (odd places) of one shape of the output.

    `slots` says for each slot which value it takes, the quote and the tail; `codec` is None for text.
    """

    parts: list[AnyStr]
    slots: tuple[tuple[int, str, str], ...]
    codec: str | None
    pick: Callable[[Sequence[AnyStr]], Sequence[AnyStr]]
    plain: bool

    def fill(self, values: Sequence[str]) -> AnyStr:
        """The text with these values encoded into the slots."""
        parts = self.parts.copy()
        if len(parts) > 1:
            parts[1::2] = self._ready(values)
        return parts[0][:0].join(parts)

    def written(self, values: Sequence[str]) -> list[AnyStr]:
        """What stands in each slot for these values, in order."""
        return list(self._ready(values)) if self.slots else []

    def _ready(self, values: Sequence[str]) -> Sequence[AnyStr]:
        joined = "\n".join(values)
        if not self.plain or "&" in joined or '"' in joined or "'" in joined or not joined.isascii():
            return self._encoded(values)
        if self.codec is None:
            return self.pick(values)  # type: ignore[arg-type]
        return self.pick(joined.encode(self.codec).split(b"\n"))  # type: ignore[arg-type]

    def _encoded(self, values: Sequence[str]) -> list[AnyStr]:
        written = [encode_for(quote, values[index]) + tail for index, quote, tail in self.slots]
        if self.codec is None:
            return written  # type: ignore[return-value]
        codec = self.codec
        return [value.encode(codec, "xmlcharrefreplace") for value in written]  # type: ignore[misc]


def form_of(parts: list[AnyStr], slots: tuple[tuple[int, str, str], ...], codec: str | None, width: int) -> Form[AnyStr]:
    """A form for `width` values. Values of ASCII-compatible charsets without quotes to encode take a shorter way."""
    indices = [index for index, _, _ in slots]
    plain = all(quote and not tail for _, quote, tail in slots) and _one_byte(codec)
    return Form(parts, slots, codec, _picker(indices, width), plain)


def _one_byte(codec: str | None) -> bool:
    return codec is None or "\n/".encode(codec) == b"\n/"


def _picker(indices: list[int], width: int) -> Callable[[Sequence[AnyStr]], Sequence[AnyStr]]:
    if indices == list(range(width)):
        return _all
    if len(indices) == 1:
        return lambda values: (values[indices[0]],)
    return itemgetter(*indices)


def _all(values: Sequence[AnyStr]) -> Sequence[AnyStr]:
    return values


@dataclass(frozen=True, slots=True)
class Plan(Generic[AnyStr]):
    """A template read once: which links it has, which were left alone and why, and how to write it for one recipient.

    `links` are the destinations (entities decoded, white space at the ends gone) in order of `numbers`. `error` is
    None, or says why the text is left as it was: then there are no links and `render` gives the input. `has_pixel`
    says whether there is a place for a pixel; there is none in a frameset, or where a pixel of ours already stands.
    `passed` names, by link number, the query parameters that are written after the tracked URL.
    """

    links: tuple[str, ...]
    numbers: tuple[int, ...]
    skipped: tuple[Skip, ...]
    has_pixel: bool
    bare: Form[AnyStr]
    pixelled: Form[AnyStr]
    error: str | None = None
    passed: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def render(self, urls: Sequence[str], pixel_url: str | None = None) -> AnyStr:
        """The text with the tracked URLs in place of the links, and the pixel where one is given and has a place.

        `urls` run parallel to `links` and are absolute URLs, or URLs holding an ESP's merge field; they are encoded
        for the quotes they land in (`&` and the quote, nothing else) and otherwise written as they are. The result
        is text or bytes as the input was. Raises `InvalidInput` when there are not as many URLs as links.
        """
        if len(urls) != len(self.links):
            raise InvalidInput("urls", f"holds {len(urls)} for {len(self.links)} links: give one a link")
        if pixel_url is None or not self.has_pixel:
            return self.bare.fill(urls)
        return self.pixelled.fill((*urls, pixel_url))

    @property
    def report(self) -> dict[str, int]:
        """Numbers for people: `tracked` places, and places skipped by reason."""
        skips = Counter(str(skip.reason) for skip in self.skipped)
        return {"tracked": len(self.bare.slots), **dict(sorted(skips.items()))}
