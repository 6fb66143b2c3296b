"""A template: the constant pieces of a text and the slots between them, filled for each recipient by one join."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, AnyStr, Generic, NamedTuple

from mailpixel.links.splicing.draft import PIXEL_PLACE, Draft, Slot

PIXEL_OPEN = '<img src="'
PIXEL_CLOSE = '" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'

_PIXEL = (PIXEL_OPEN, PIXEL_CLOSE)

_ENCODED = {
    '"': str.maketrans({"&": "&amp;", '"': "&#34;"}),
    "'": str.maketrans({"&": "&amp;", "'": "&#39;"}),
    "": str.maketrans({"&": "&amp;"} | {letter: f"&#{ord(letter)};" for letter in "\"'<>`\t\n\f\r "}),
    "text": {},
}
_PLAIN_QUOTES = ('"', "text")
_SLOTS = slice(1, None, 2)
"""The odd indexes of `Template.parts`."""


def encode_for(quote: str, url: str) -> str:
    """A URL as written in an attribute value inside this quote; see `Slot.quote`.

    Only what would end the value or begin an entity is encoded, so that merge fields such as `*|MP|*`, `{{mp}}` or
    `%%mp%%` survive. In an unquoted value white space is encoded too: use merge fields without spaces there.
    """
    return url.translate(_ENCODED[quote])


class Template(NamedTuple, Generic[AnyStr]):
    """Constant pieces at even places of `parts`, slots at odd ones.

    `codec` is None for text. `plain` says that a value without `&` and `"` is written as it is in every slot; `pick`
    chooses the slots' values from the given ones, None where they take them one by one. `pixel` says which slot is
    the pixel's; where none is written, `bare` takes the place of that slot and the pieces around it.
    """

    parts: list[AnyStr]
    slots: Sequence[Slot] = ()
    codec: str | None = None
    plain: bool = True
    pick: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    pixel: int | None = None
    bare: Any = None

    @property
    def tracked(self) -> int:
        """How many slots hold a tracked link."""
        return len(self.slots) - (self.pixel is not None)

    def fill(self, urls: Sequence[str], pixel_url: str | None) -> AnyStr:
        """The text with these URLs in the slots, encoded for their quotes."""
        parts, slots, codec, plain, pick, pixel, bare = self  # one unpacking: this runs for every mail
        if not slots:
            return parts[0]
        values = urls if pixel is None else [*urls, pixel_url or ""]
        joined = "\n".join(values)
        if not plain or "&" in joined or '"' in joined or not (codec is None or joined.isascii()):
            ready: Sequence[Any] = self.encoded(values)
        else:
            ready = values if codec is None else joined.encode(codec).split(b"\n")
            ready = ready if pick is None else pick(ready)
        filled = parts.copy()
        filled[_SLOTS] = ready
        if pixel_url is None and pixel is not None:
            filled[2 * pixel : 2 * pixel + 3] = [bare]
        return parts[0][:0].join(filled)

    def encoded(self, values: Sequence[str]) -> list[Any]:
        """The encoded text of each slot for these values, in order of the slots."""
        written = [encode_for(quote, values[place]) + tail for _, _, place, quote, tail in self.slots]
        codec = self.codec
        return written if codec is None else [value.encode(codec, "xmlcharrefreplace") for value in written]


class Cuts(NamedTuple):
    """The constant pieces of a text and the values between them, in its charset, or as text without values."""

    pieces: list[Any]
    values: list[Any]

    def whole(self) -> Any:
        """The whole text, joined again."""
        between = [*self.values, self.pieces[0][:0]]
        return self.pieces[0][:0].join(
            part for pair in zip(self.pieces, between, strict=True) for part in pair
        )


def cut(draft: Draft, codec: str | None) -> Cuts:
    """Cut a text at its slots; each piece is encoded on its own."""
    text, slots = draft.text, draft.slots
    pieces: list[Any] = []
    position = 0
    for slot in slots:
        pieces.append(text[position : slot.start])
        position = slot.end
    pieces.append(text[position:])
    if codec is None:
        return Cuts(pieces, [])
    values = [text[slot.start : slot.end].encode(codec) for slot in slots]
    return Cuts([piece.encode(codec) for piece in pieces], values)


def template_of(draft: Draft, cuts: Cuts, codec: str | None, links: int | None = None) -> Template[Any]:
    """The template of a draft that was cut like this.

    `links` is how many URLs fill it, where that is known already: then most take them in order, which is quicker.
    """
    pieces, slots, pixel = cuts.pieces, draft.slots, draft.pixel
    parts = [pieces[0][:0]] * (2 * len(pieces) - 1)
    parts[::2] = pieces
    bare = None
    if pixel is not None:
        before, after = pieces[pixel], pieces[pixel + 1]
        opening, closing = _PIXEL if codec is None else [tag.encode(codec) for tag in _PIXEL]
        parts[2 * pixel], parts[2 * pixel + 2] = before + opening, closing + after
        bare = before + after
    return Template(parts, slots, codec, _is_plain(slots, codec), _picker(slots, links), pixel, bare)


def _is_plain(slots: Sequence[Slot], codec: str | None) -> bool:
    for slot in slots:
        if slot.quote not in _PLAIN_QUOTES or slot.tail:
            return False
    return codec is None or "\n/".encode(codec) == b"\n/"


def _picker(slots: Sequence[Slot], links: int | None) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    places = [slot.place for slot in slots]
    if links is not None:
        in_order = [*range(links), PIXEL_PLACE]
        if places == in_order or places == in_order[:-1]:
            return None
    if len(places) < 2:  # an itemgetter of one place gives no sequence
        return lambda values: [values[place] for place in places]
    return itemgetter(*places)
