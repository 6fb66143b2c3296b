"""From a text to a plan: read, cut at its edits, encoded, with slots that know which value they take."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, AnyStr, NamedTuple, Protocol

from mailpixel.errors import safe_message
from mailpixel.links.splicing.charset import Decoded, decode
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.splice import (
    PIXEL_CLOSE,
    PIXEL_OPEN,
    PIXEL_PLACE,
    Bare,
    Destinations,
    Draft,
    Edit,
    Form,
    Plan,
)


class Read(Protocol):
    """Reads one kind of text: `draft_html` or `draft_text`."""

    def __call__(
        self, text: str, options: RewriteOptions, destinations: Destinations, *, certain: bool = True
    ) -> Draft:
        """What to change in a text. `certain` is False when its letters outside ASCII are guesses."""
        ...


def planned(content: AnyStr, options: RewriteOptions, read: Read) -> Plan[AnyStr]:
    """The plan of a text, or of bytes in the charset that `options.charset` or they themselves say.

    Content never makes this raise: where it cannot be rewritten the plan gives it back as it is and says why in
    `error`.
    """
    try:
        if isinstance(content, str):
            return _of_text(content, options, read)
        return _of_bytes(content, options, read)
    except Exception as error:  # a tracker must never stop a mailing
        return Plan((), (), (), Form([content], (), None, True, None, None), safe_message(error))


def _of_text(text: str, options: RewriteOptions, read: Read) -> Plan[Any]:
    destinations = Destinations(options.known)
    draft = read(text, options, destinations)
    return _plan(draft, destinations, form(draft, cut(draft, None), len(destinations), None))


def _of_bytes(raw: bytes, options: RewriteOptions, read: Read) -> Plan[Any]:
    for text, codec, certain in _readings(raw, options.charset):
        destinations = Destinations(options.known)
        draft = read(text, options, destinations, certain=certain)
        cuts = cut(draft, codec)
        if cuts.whole() == raw:
            break
    return _plan(draft, destinations, form(draft, cuts, len(destinations), codec))


def _readings(raw: bytes, declared: str | None) -> Iterator[Decoded]:
    yield decode(raw, declared)
    # Then it was a charset whose letters depend on what stood before the cut, such as ISO-2022-KR.
    yield Decoded(raw.decode("latin-1"), "latin-1", False)


def _plan(draft: Draft, destinations: Destinations, form: Form[Any]) -> Plan[Any]:
    notes = tuple(draft.notes)
    return Plan(destinations.links, destinations.numbers, tuple(draft.skipped), form, notes=notes)


class Cuts(NamedTuple):
    """The constant pieces of a text and the values between them, in its charset, or as text without values."""

    pieces: list[Any]
    values: list[Any]

    def whole(self) -> Any:
        """The text again, put together from what it was cut into."""
        between = [*self.values, self.pieces[0][:0]]
        return self.pieces[0][:0].join(
            part for pair in zip(self.pieces, between, strict=True) for part in pair
        )


def cut(draft: Draft, codec: str | None) -> Cuts:
    """Cut a text at its edits; each piece is encoded on its own."""
    text, edits = draft.text, draft.edits
    pieces: list[Any] = []
    position = 0
    for edit in edits:
        pieces.append(text[position : edit.start])
        position = edit.end
    pieces.append(text[position:])
    if codec is None:
        return Cuts(pieces, [])
    values = [text[edit.start : edit.end].encode(codec) for edit in edits]
    return Cuts([piece.encode(codec) for piece in pieces], values)


def form(draft: Draft, cuts: Cuts, links: int, codec: str | None) -> Form[Any]:
    """The shape of the output, for this number of links."""
    pieces, slots, pixel = cuts.pieces, draft.edits, draft.pixel
    parts = [pieces[0][:0]] * (2 * len(pieces) - 1)
    parts[::2] = pieces
    bare = None
    if pixel is not None:
        before, after = pieces[pixel : pixel + 2]
        opening, closing = (tag if codec is None else tag.encode(codec) for tag in (PIXEL_OPEN, PIXEL_CLOSE))
        parts[2 * pixel], parts[2 * pixel + 2] = before + opening, closing + after
        bare = Bare(2 * pixel, before + after)
    return Form(parts, slots, codec, _is_plain(slots, codec), _picker(slots, links), bare)


def _is_plain(slots: Sequence[Edit], codec: str | None) -> bool:
    plain = all(slot.quote in _PLAIN_QUOTES and not slot.tail for slot in slots)
    return plain and (codec is None or "\n/".encode(codec) == b"\n/")


_PLAIN_QUOTES = ('"', "text")


def _picker(slots: Sequence[Edit], links: int) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    places = [slot.place for slot in slots]
    in_order = [*range(links), PIXEL_PLACE]
    if places == in_order or places == in_order[:-1]:
        return None
    if len(places) < 2:  # an itemgetter of one place gives no sequence
        return lambda values: [values[place] for place in places]
    return itemgetter(*places)
