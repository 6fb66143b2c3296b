"""Rewriting HTML by splice: links of `a` and `area` become slots, one pixel goes in, every other byte stays.

A conforming parser says where each href stands in the source; nothing is ever written again but these values. A text
of links no parser would follow (comments, scripts, foreign content) is left alone and reported.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import AnyStr, NamedTuple

import turbohtml

from mailpixel.links import conditional
from mailpixel.links.charset import decode
from mailpixel.links.compile import encodes_back, plan_of, untouched
from mailpixel.links.options import RewriteOptions
from mailpixel.links.pixel import has_pixel, pixel_offset
from mailpixel.links.splice import Draft, Edit, Numbers, Plan, Skip
from mailpixel.links.trackable import Reason
from mailpixel.links.judge import LinkJudge

__all__ = ["Plan", "RewriteOptions", "Skip", "draft_html", "prepare"]

_VALUE = re.compile(r"[^=]*=[\t\n\f\r ]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_LETTER = "\ufdd0"


def prepare(html: AnyStr, options: RewriteOptions) -> Plan[AnyStr]:
    """Read a template once and plan its rewrite; `Plan.render` then writes it for each recipient.

    `html` is text, or bytes in the charset `options.charset` says (see `mailpixel.links.charset` for wrong and
    missing labels). Content never makes this raise: where a text cannot be rewritten the plan gives it back as it is
    and says why in `error`. Rewriting a rewritten text changes nothing.
    """
    try:
        return _prepared(html, options)
    except Exception as error:  # a tracker must never stop a mailing
        return untouched(html, f"{type(error).__name__}: {error}")


def _prepared(html: AnyStr, options: RewriteOptions) -> Plan[AnyStr]:
    numbers = Numbers(options.known)
    if isinstance(html, str):
        return plan_of(draft_html(html, options, numbers), numbers, None)
    decoded = decode(html, options.charset)
    draft = draft_html(decoded.text, options, numbers, certain=decoded.certain)
    if encodes_back(draft, decoded.codec, html):
        return plan_of(draft, numbers, decoded.codec)
    numbers = Numbers(options.known)
    return plan_of(draft_html(html.decode("latin-1"), options, numbers, certain=False), numbers, "latin-1")


def draft_html(text: str, options: RewriteOptions, numbers: Numbers, *, certain: bool = True) -> Draft:
    """What to change in a text of HTML. `certain` is False when its letters outside ASCII are guesses."""
    view, starts, original = _view(text)
    document = turbohtml.parse(view, source_locations=True)
    judge = LinkJudge(options, certain)
    spots = sorted(_spots(document, view, starts, options.mso), key=lambda spot: spot.start)
    edits: list[Edit] = []
    skipped: list[Skip] = []
    for spot in spots:
        outcome = spot.reason or judge.outcome(spot.href, spot.no_track)
        if isinstance(outcome, Reason):
            skipped.append(Skip(conditional.unmark(spot.href) if starts else spot.href, outcome))
        else:
            destination, tail = outcome
            edits.append(Edit(original(spot.start), original(spot.end), numbers.of(destination), spot.quote, tail))
    return Draft(text, tuple(edits), tuple(skipped), _pixel_at(document, view, options, original))


def _view(text: str) -> tuple[str, list[int], Callable[[int], int]]:
    """The text as the parser sees it, content starts of conditional comments, and offsets of the one in the other."""
    view = text.replace("\r\n", "\n") if "\r\n" in text else text
    if view.startswith("\ufeff"):
        view = " " + view[1:]  # a byte-order mark is no content: as a letter it would open the body
    if not view.isascii():
        view = _SURROGATE.sub(_NO_LETTER, view)
    view, starts = conditional.mark(view)
    return view, starts, _offsets(text) if len(view) != len(text) else int


def _offsets(text: str) -> Callable[[int], int]:
    """Offsets of the text by offsets in it with each CRLF counted as one."""
    breaks = [match.start() - index for index, match in enumerate(re.finditer("\r\n", text))]
    return lambda offset: offset + bisect_left(breaks, offset)


class _Spot(NamedTuple):
    """An href of the source: where its value stands, decoded; `reason` where it is left alone whatever it says."""

    start: int
    end: int
    href: str
    quote: str
    no_track: bool = False
    reason: Reason | None = None


def _spots(document: turbohtml.Document, view: str, starts: list[int], mso: bool) -> Iterator[_Spot]:
    yield from _hrefs(document.find_all("a"), view, 0)
    yield from _hrefs(document.find_all("area"), view, 0)
    for start, content in conditional.comments(document, starts):
        reason = None if mso else Reason.CONDITIONAL
        yield from _hrefs(conditional.linking(content), content, start, reason)


def _hrefs(elements: Iterable[turbohtml.Element], source: str, base: int, reason: Reason | None = None) -> Iterator[_Spot]:
    for element in elements:
        attributes = element.attrs
        name = "href" if "href" in attributes else "xlink:href"
        href = attributes.get(name)
        if name == "xlink:href" and (href is None or element.namespace is turbohtml.Namespace.HTML):
            continue
        location = element.source_location
        if location is None:  # a copy made by the tree builder
            continue
        span = location.attrs.get(name)
        if span is None:
            continue
        start, end, quote = _value(source, span.start_offset, span.end_offset)
        why = reason or (Reason.FOREIGN if element.namespace is not turbohtml.Namespace.HTML else None)
        yield _Spot(base + start, base + end, str(href or ""), quote, "data-no-track" in attributes, why)


def _value(source: str, start: int, end: int) -> tuple[int, int, str]:
    """Where the value stands in `name = "value"`, and its quote; an empty place after a name without one."""
    match = _VALUE.match(source, start, end)
    if match is None or match.end() == end:
        return end, end, ""
    quote = source[match.end()]
    return (match.end() + 1, end - 1, quote) if quote in "\"'" else (match.end(), end, "")


def _pixel_at(document: turbohtml.Document, view: str, options: RewriteOptions, original: Callable[[int], int]) -> int | None:
    prefix = options.pixel_prefix
    if "/o/" in view and has_pixel(document, prefix):
        return None
    offset = pixel_offset(document, view, options.pixel)
    return None if offset is None else original(offset)
