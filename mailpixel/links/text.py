"""Links of plain text: only URLs that begin with `http://` or `https://`. Every other character stays.

It is off unless the sender asks for it, because the reader sees the long tracked URL. Quoted lines (`>`), the
signature after `-- `, bare domains and `www.` stay as they are.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import itemgetter

from turbohtml.clean import LinkDetector

from mailpixel.links.fields import Fields, fields_of, token_spans
from mailpixel.links.splicing.draft import Destinations, Draft, Note, NoteKind, Skip, Slot
from mailpixel.links.splicing.link_policy import LinkPolicy, Reason
from mailpixel.links.splicing.options import RewriteOptions

_HTTP = re.compile(r"https?://", re.IGNORECASE)
_SIGNATURE = re.compile(r"^-- ?\r?$", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_MORE = re.compile(r"(?:\|[\w\-.~:/?#@!$&'()*+,;=%\[\]]+)+")
_CURLY = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
_WIDE = "\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1b\uff1a\u300c\u300d\u300e\u300f\u3010\u3011\uff08\uff09\u300a\u300b"
_WIDE_STOP = re.compile(f"[{_WIDE}]")
_TRAILING = "\u2026" + _CURLY + _WIDE
_OPENING = "[{(<$\"'\u00ab"
_GLUED_TO_END = re.compile(r"[^\s,;.!?>)\]}\"']{1,200}")
_CLOSING = ".,:;!?'\")]}"
# The detector takes these for letters of a longer word, or cannot read them at all.
_GLUED = re.compile("[^\x00-\x7f](?=https?://)|[*_](?=https?://)|[\ud800-\udfff]", re.IGNORECASE)


def draft_text(
    text: str, options: RewriteOptions, destinations: Destinations, *, certain: bool = True
) -> Draft:
    """The slots of a plain text. `certain` is False when its letters outside ASCII are guesses."""
    policy, fields = LinkPolicy(options, certain), fields_of(options.merge_tag)
    slots: list[Slot] = []
    skipped: list[Skip] = []
    for start, end, held in _links(text):
        url = text[start:end]
        held = held or _goes_on(text, start, end, fields)
        decision = Reason.TEMPLATE if held else policy.decide(url)
        if isinstance(decision, Reason):
            skipped.append(Skip(url, decision))
        else:
            slots.append(Slot(start, end, destinations.place(decision.destination), "text", decision.tail))
    notes = [Note(NoteKind.FIELD, url) for url in sorted(policy.resembling)]
    return Draft(text, slots, skipped, None, notes)


def _links(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each link, and whether it touches a template token."""
    view = _GLUED.sub(" ", text)
    signature = _SIGNATURE.search(view)
    stop = signature.start() if signature else len(view)
    quoted = [match.span() for match in _QUOTED.finditer(view)]
    tokens = token_spans(text)
    for span in LinkDetector(emails=False, bare_domains=False).find(view):
        if span.start >= stop or not _HTTP.match(span.text) or _touching(quoted, span.start, span.start):
            continue
        if token := _touching(tokens, span.start, span.end):
            yield span.start, max(span.end, token[1]), True
        else:
            yield span.start, span.start + len(_trimmed(text, span.start, span.end)), False


def _goes_on(text: str, start: int, end: int, fields: Fields) -> bool:
    """Whether a URL was cut in front of its value, or the letters glued to it make it one that holds a field."""
    if end == len(text) or text[end].isspace():
        return False
    if text[end - 1] == "=" and text[end] in _OPENING:
        return True
    glued = _GLUED_TO_END.match(text, end)
    return glued is not None and fields.holds(text[start : glued.end()])


def _touching(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """The first of these ordered, disjoint spans that overlaps or touches the place."""
    place = bisect_left(spans, start, key=itemgetter(1))
    return spans[place] if place < len(spans) and spans[place][0] <= end else None


def _trimmed(text: str, start: int, end: int) -> str:
    """The URL without punctuation of the sentence around it, and with what follows a `|`."""
    more = _MORE.match(text, end)
    url = _before_wide_stop(text[start:end] + (more[0].rstrip(_CLOSING) if more else "")).rstrip(_TRAILING)
    before = text[start - 1] if start else ""
    return url.rstrip(before) if before in ("*", "_") else url


def _before_wide_stop(url: str) -> str:
    """The URL up to a full stop, comma or bracket of Chinese or Japanese; in a host of such letters it is a dot."""
    host_end = url.find("/", len("https://"))
    for stop in _WIDE_STOP.finditer(url):
        if -1 < host_end < stop.start() or url[: stop.start()].isascii():
            return url[: stop.start()]
    return url
