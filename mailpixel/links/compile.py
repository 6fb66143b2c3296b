"""From a draft to a plan: the text cut at its edits, encoded, with slots that know which value they take."""

from collections.abc import Mapping
from typing import Any, AnyStr, NamedTuple, overload

from mailpixel.links.splice import PIXEL_CLOSE, PIXEL_OPEN, Bare, Draft, Form, Numbers, Plan, Slot, form_of


def untouched(content: AnyStr, error: str | None = None) -> Plan[AnyStr]:
    """A plan that gives the content back as it is."""
    return Plan((), (), (), form_of([content], (), None, 0), error)


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
    text, pixel = draft.text, None
    spans = [edit[:2] for edit in draft.edits]
    if draft.pixel_at is not None:
        pixel = sum(start < draft.pixel_at for start, _ in spans)
        spans.insert(pixel, (draft.pixel_at, draft.pixel_at))
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
    ordered = numbers.in_order()
    places = {number: place for place, (number, _) in enumerate(ordered)}
    links = tuple([destination for _, destination in ordered])
    return Plan(
        links, tuple(places), tuple(draft.skipped), form(draft, cuts, places, codec), None, _passed(draft)
    )


def _passed(draft: Draft) -> dict[int, tuple[str, ...]]:
    tails = {edit.number: edit.tail for edit in draft.edits if edit.tail}
    return {
        number: tuple(pair.partition("=")[0] for pair in tail[1:].split("&"))
        for number, tail in tails.items()
    }


def form(draft: Draft, cuts: Cuts, places: Mapping[int, int], codec: str | None) -> Form[Any]:
    """The shape of the output. `places` says which value belongs to a link number; that of the pixel comes last."""
    slots = [Slot(places[number], quote, tail) for _, _, number, quote, tail in draft.edits]
    pieces, at = cuts.pieces, cuts.pixel
    bare = None
    if at is not None:
        slots.insert(at, Slot(len(places), '"', ""))
        bare = Bare(2 * at, pieces[at] + pieces[at + 1])
        pieces = pieces.copy()
        pieces[at] += _encoded(PIXEL_OPEN, codec)
        pieces[at + 1] = _encoded(PIXEL_CLOSE, codec) + pieces[at + 1]
    parts = [pieces[0][:0]] * (2 * len(pieces) - 1)
    parts[::2] = pieces
    return form_of(parts, slots, codec, len(places) + (at is not None), bare)


def _encoded(text: str, codec: str | None) -> Any:
    return text if codec is None else text.encode(codec)
