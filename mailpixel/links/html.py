"""Rewrites HTML by splice: links of `a` and `area` become slots, one pixel is added, every other byte stays.

A conforming parser says where each href is in the source, and only these values are replaced. Text
in comments and scripts is not a link, because no reader can follow it. Links that only some
readers can follow are reported.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import AnyStr

import turbohtml
from msgspec import Struct

from mailpixel.links.passthrough import stands_in
from mailpixel.links.splicing import conditional
from mailpixel.links.splicing.draft import (
    PIXEL_PLACE,
    SHORT_BYTES,
    Destinations,
    Draft,
    Note,
    NoteKind,
    Skip,
    Slot,
)
from mailpixel.links.splicing.html_text import HtmlText, places
from mailpixel.links.splicing.label import label_of
from mailpixel.links.splicing.link_policy import Decision, LinkPolicy, Reason, TrackedLink
from mailpixel.links.splicing.no_track import asks_no_track
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.pixel import has_pixel, is_without_images, pixel_offset, read_tree
from mailpixel.links.splicing.plan import Plan, planned
from mailpixel.links.splicing.shown_domain import shows_another

_VALUE = re.compile(r"[^=]*=[\t\n\f\r ]*")
_HTML = turbohtml.Namespace.HTML


def prepare(html: AnyStr, options: RewriteOptions) -> Plan[AnyStr]:
    """Read a template once and plan its rewrite; `Plan.render` then writes it for each recipient.

    `html` is text, or bytes in the charset that `options.charset` names (`mailpixel.links.splicing.charset` says what
    happens when it is wrong or missing). Content never makes this raise: where a text cannot be rewritten, the plan
    gives it back as it is and says why in `error`. Rewriting a rewritten text changes nothing.
    """
    return planned(html, options, draft_html)


def draft_html(
    text: str, options: RewriteOptions, destinations: Destinations, *, certain: bool = True
) -> Draft:
    """The slots of an HTML text. `certain` is False when its letters outside ASCII are guesses."""
    source = HtmlText(text)
    tree = read_tree(source)
    policy = LinkPolicy(options, certain)
    slots: list[Slot] = []
    skipped: list[Skip] = []
    notes: dict[Note, None] = {}
    for spot in _spots(tree.document, source, options.mso):
        decision = _decided(spot, text, policy, options)
        if not isinstance(decision, TrackedLink):
            href = conditional.unmark(spot.href) if source.marks else spot.href
            skipped.append(Skip(href, decision))
            continue
        place = destinations.place(decision.destination)
        slots.append(Slot(spot.start, spot.end, place, spot.quote, decision.tail))
        if options.merge_tag and place not in destinations.labels and (label := label_of(spot.element)):
            destinations.labels[place] = label
        if options.shown == "track" and shows_another(spot.element.text, options.own.host):
            notes[Note(NoteKind.SHOWN, spot.href)] = None
    found = [*notes, *_resembling(policy)] if notes or policy.resembling else []
    pixel = None if has_pixel(tree, options.own) else pixel_offset(tree, options.pixel)
    if pixel is None:
        return Draft(text, slots, skipped, None, found)
    place = bisect_left(slots, (pixel,))
    slots.insert(place, Slot(pixel, pixel, PIXEL_PLACE, '"'))
    if _is_short(text) and is_without_images(tree):
        found.append(_SHORT)
    return Draft(text, slots, skipped, place, found)


def _decided(spot: "_Spot", text: str, policy: LinkPolicy, options: RewriteOptions) -> Decision:
    """What becomes of a link, by its URL, how it is written and what its text shows."""
    decision = spot.reason or policy.decide(spot.href)
    if not isinstance(decision, TrackedLink):
        return decision
    if asks_no_track(spot.element.attrs):
        return Reason.NO_TRACK
    if decision.tail and not stands_in(text[spot.start : spot.end], decision.tail):
        return Reason.TEMPLATE
    if options.shown == "leave" and shows_another(spot.element.text, options.own.host):
        return Reason.SHOWN
    return decision


_SHORT = Note(NoteKind.SHORT)


def _is_short(text: str) -> bool:
    return len(text) < SHORT_BYTES and (text.isascii() or len(text.encode("utf-8", "replace")) < SHORT_BYTES)


def _resembling(policy: LinkPolicy) -> list[Note]:
    return [Note(NoteKind.FIELD, href) for href in sorted(policy.resembling)]


class _Spot(Struct, frozen=True, gc=False):
    """An href of the source: where its value starts and ends, itself decoded, the quote around it and its element.

    `reason` is there when the link is skipped whatever it says.
    """

    start: int
    end: int
    href: str
    quote: str
    element: turbohtml.Element
    reason: Reason | None


_BY_START = attrgetter("start")


def _spots(document: turbohtml.Document, source: HtmlText, mso: bool) -> list[_Spot]:
    """Every href in the order of the source. In the tree, what does not belong in a table stands before it."""
    view = source.view
    links = [*document.find_all("a"), *document.find_all("area")]
    spots = _hrefs(links, view, source.at)
    if source.marks:
        reason = None if mso else Reason.CONDITIONAL
        for start, content in conditional.comments(document, source.marks):
            spots += _hrefs(conditional.linking(content), view, places(view, start), reason)
    if len(spots) > 1:
        spots.sort(key=_BY_START)
    return spots


def _hrefs(
    elements: Sequence[turbohtml.Element], view: str, at: Callable[[int], int], reason: Reason | None = None
) -> list[_Spot]:
    spots = []
    for element in elements:
        attributes = element.attrs
        foreign = element.namespace is not _HTML
        name = "xlink:href" if foreign and "href" not in attributes else "href"
        if name not in attributes:
            continue
        location = element.source_location
        if location is None:  # a copy made by the tree builder
            continue
        span = location.attrs[name]
        start, end, quote = _value(view, at(span.start_offset), at(span.end_offset))
        why = Reason.FOREIGN if foreign and reason is None else reason
        spots.append(_Spot(start, end, str(attributes[name] or ""), quote, element, why))
    return spots


def _value(view: str, start: int, end: int) -> tuple[int, int, str]:
    """The position of the value in `href = "value"`, and its quote; an empty position after a name without a value."""
    if view.startswith('="', start + len("href")):
        return start + len('href="'), end - 1, '"'
    match = _VALUE.match(view, start, end)
    if match is None or match.end() == end:
        return end, end, ""
    quote = view[match.end()]
    return (match.end() + 1, end - 1, quote) if quote in "\"'" else (match.end(), end, "")
