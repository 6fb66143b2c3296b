"""From a draft to a plan: the text cut at its edits, encoded, with slots that know which value they take."""

from itertools import pairwise
from typing import Any, AnyStr, cast

from mailpixel.links.splice import PIXEL_CLOSE, PIXEL_OPEN, Draft, Form, Numbers, Plan, form_of


def untouched(content: AnyStr, error: str | None = None) -> Plan[AnyStr]:
    """A plan that gives the content back as it is."""
    form: Form[AnyStr] = form_of([content], (), None, 0)
    return Plan((), (), (), False, form, form, error)


def plan_of(draft: Draft, numbers: Numbers, codec: str | None) -> Plan[Any]:
    """The plan of one text; `codec` is None for text and names the charset for bytes."""
    ordered = numbers.in_order()
    places = {number: place for place, (number, _) in enumerate(ordered)}
    return Plan(
        links=tuple(destination for _, destination in ordered),
        numbers=tuple(number for number, _ in ordered),
        skipped=draft.skipped,
        has_pixel=draft.pixel_at is not None,
        bare=bare_form(draft, places, codec),
        pixelled=pixelled_form(draft, places, codec),
        passed=_passed(draft),
    )


def encodes_back(draft: Draft, codec: str, raw: bytes) -> bool:
    """True when the pieces and the values between them, encoded one by one, are the bytes again.

    They are not in a charset whose letters depend on what stood before the piece, such as ISO-2022-KR.
    """
    edges = [0, *(edge for edit in draft.edits for edge in (edit.start, edit.end)), len(draft.text)]
    if draft.pixel_at is not None:
        edges = sorted([*edges, draft.pixel_at])
    return b"".join(draft.text[start:end].encode(codec) for start, end in pairwise(edges)) == raw


def _passed(draft: Draft) -> dict[int, tuple[str, ...]]:
    tails = {edit.number: edit.tail for edit in draft.edits if edit.tail}
    return {number: tuple(pair.partition("=")[0] for pair in tail[1:].split("&")) for number, tail in tails.items()}


def bare_form(draft: Draft, places: dict[int, int], codec: str | None) -> Form[Any]:
    """The shape without a pixel; `places` says which value belongs to a link number."""
    cuts = [(edit.start, edit.end) for edit in draft.edits]
    slots = tuple((places[edit.number], edit.quote, edit.tail) for edit in draft.edits)
    return form_of(_cut(draft.text, cuts, codec), slots, codec, len(places))


def pixelled_form(draft: Draft, places: dict[int, int], codec: str | None) -> Form[Any]:
    """The shape with a pixel, whose URL is the value after those of the links."""
    if draft.pixel_at is None:
        return bare_form(draft, places, codec)
    at = sum(edit.start < draft.pixel_at for edit in draft.edits)
    cuts = [(edit.start, edit.end) for edit in draft.edits]
    slots = [(places[edit.number], edit.quote, edit.tail) for edit in draft.edits]
    cuts.insert(at, (draft.pixel_at, draft.pixel_at))
    slots.insert(at, (len(places), '"', ""))
    parts = _cut(draft.text, cuts, codec)
    parts[2 * at] += _encoded(PIXEL_OPEN, codec)
    parts[2 * at + 2] = _encoded(PIXEL_CLOSE, codec) + parts[2 * at + 2]
    return form_of(parts, tuple(slots), codec, len(places) + 1)


def _cut(text: str, cuts: list[tuple[int, int]], codec: str | None) -> list[Any]:
    """The text between the cuts, with an empty piece for each slot."""
    parts: list[Any] = []
    position = 0
    for start, end in cuts:
        parts += [_encoded(text[position:start], codec), _encoded("", codec)]
        position = end
    return [*parts, _encoded(text[position:], codec)]


def _encoded(text: str, codec: str | None) -> Any:
    return text if codec is None else cast("Any", text.encode(codec))
