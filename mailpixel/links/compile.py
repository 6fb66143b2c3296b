"""From a draft to a plan: the text cut at its edits, encoded, with slots that know which value they take."""

from collections.abc import Mapping
from typing import Any, AnyStr, NamedTuple, overload

from mailpixel.links.splice import PIXEL_CLOSE, PIXEL_OPEN, Bare, Draft, Form, Numbers, Plan, Slot, form_of


def untouched(content: AnyStr, error: str | None = None) -> Plan[AnyStr]:
    """A plan that gives the content back as it is."""
    return Plan((), (), (), form_of([content], [], None, 0), error)


class Cuts(NamedTuple):
    """The constant pieces of a text and the values between them, all in its charset or all text.

    `pixel` is the place among `values` where the pixel goes, an empty value; None where there is none.
    """

    pieces: list[Any]
    values: list[Any]
    pixel: int | None

    def whole(self) -> Any:
        """The text again, put together from what it was cut into."""
        between = [*self.values, self.pieces[0][:0]]
        return self.pieces[0][:0].join(
            part for pair in zip(self.pieces, between, strict=True) for part in pair
        )


def cut(draft: Draft, codec: str | None) -> Cuts:
    """Cut a text at its edits and its pixel; each piece is encoded on its own."""
    text, edits, _, pixel_at = draft
    spans = [(edit[0], edit[1]) for edit in edits]
    pixel = None
    if pixel_at is not None:
        pixel = len(spans)
        while pixel and spans[pixel - 1][0] >= pixel_at:
            pixel -= 1
        spans.insert(pixel, (pixel_at, pixel_at))
    pieces: list[Any] = []
    position = 0
    for start, end in spans:
        pieces.append(text[position:start])
        position = end
    pieces.append(text[position:])
    if codec is None:
        return Cuts(pieces, [], pixel)
    values = [text[start:end].encode(codec) for start, end in spans]
    return Cuts([piece.encode(codec) for piece in pieces], values, pixel)


@overload
def plan_of(draft: Draft, numbers: Numbers, codec: str | None = None) -> Plan[Any]: ...
@overload
def plan_of(draft: Draft, numbers: Numbers, codec: str, raw: bytes) -> Plan[Any] | None: ...
def plan_of(
    draft: Draft, numbers: Numbers, codec: str | None = None, raw: bytes | None = None
) -> Plan[Any] | None:
    """The plan of one text; `codec` names the charset of bytes. None when `raw` is given and the pieces, each encoded
    on its own, do not make it again."""
    cuts = cut(draft, codec)
    if raw is not None and cuts.whole() != raw:
        return None
    ordered, places = numbers.in_order()
    return Plan(tuple(ordered), tuple(places), tuple(draft.skipped), form(draft, cuts, places, codec))


def form(draft: Draft, cuts: Cuts, places: Mapping[int, int], codec: str | None) -> Form[Any]:
    """The shape of the output. `places` says which value belongs to a link number; that of the pixel comes last."""
    pieces, _, at = cuts
    slots = [Slot(places[number], quote, tail) for _, _, number, quote, tail in draft.edits]
    empty: Any = "" if codec is None else b""
    parts = [empty] * (2 * len(pieces) - 1)
    parts[::2] = pieces
    if at is None:
        return form_of(parts, slots, codec, len(places))
    slots.insert(at, Slot(len(places), '"', ""))
    before, after = pieces[at], pieces[at + 1]
    if codec is None:
        parts[2 * at], parts[2 * at + 2] = before + PIXEL_OPEN, PIXEL_CLOSE + after
    else:
        parts[2 * at], parts[2 * at + 2] = (
            before + PIXEL_OPEN.encode(codec),
            PIXEL_CLOSE.encode(codec) + after,
        )
    return form_of(parts, slots, codec, len(places) + 1, Bare(2 * at, before + after))
