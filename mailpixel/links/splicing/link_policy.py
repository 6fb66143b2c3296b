"""Decides which links are tracked, and gives the reason for each link that is skipped.

`LinkPolicy` decides for the links of one text, by the sender's options. `URL_RULES` holds the reasons that the
URL alone gives; the first match wins. It is pure and fast, because every link of every template passes here,
and never raises. The strict check is `destination.check_destination`, when a destination is registered.
Whatever that refuses is skipped here.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache

import can_ada
from msgspec import Struct

from mailpixel.claims import DESTINATION_BYTES
from mailpixel.links.fields import Fields, fields_of, resembles
from mailpixel.links.passthrough import is_present, names_in, passed_through, with_parameters
from mailpixel.links.splicing.leaving import leaves_list
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.surfaces import LINK, OPT_OUT, Surface


class Reason(StrEnum):
    """Why a link stays as it is. The set is closed; reports count by it."""

    EMPTY = "empty"
    """No URL."""
    FRAGMENT = "fragment"
    """`#place`: inside the mail itself."""
    SCHEME = "scheme"
    """A scheme other than http and https: mailto, tel, sms, cid, data, javascript."""
    RELATIVE = "relative"
    """No scheme, or `//host`: a mail has no address to resolve it against."""
    TEMPLATE = "template"
    """Holds a template token that is filled in later, so the destination is not known yet."""
    MALFORMED = "malformed"
    """A browser refuses it, or different programs read it differently."""
    UNSAFE = "unsafe"
    """User name or password, backslash or control character."""
    UNSUBSCRIBE = "unsubscribe"
    """Leaving the list must never depend on us."""
    NO_TRACK = "no-track"
    """The element carries `data-no-track`, or the mark of another tracker."""
    TRACKED = "tracked"
    """Already ours."""
    FOREIGN = "foreign"
    """A link of SVG or MathML."""
    SHOWN = "shown"
    """Its text shows a domain other than the tracker's, and the sender asked to skip such links."""
    UNMEASURED = "unmeasured"
    """The clicks of this recipient are not recorded."""
    CONDITIONAL = "conditional"
    """Inside `<!--[if ...]>`, which only classic Outlook reads."""


class TrackedLink(Struct, frozen=True, gc=False):
    """A link that is tracked: its destination, and the query that follows the tracked URL.

    That query is usually empty. It is `?name={{ token }}` where the campaign passes a parameter on.
    """

    destination: str
    tail: str = ""


Decision = TrackedLink | Reason
"""The decision about a link: tracked, or the reason to skip it."""


class LinkPolicy:
    """Decides about the links of one text by the sender's options. Remembers its decision for each href.

    `certain` is False when letters outside ASCII are guesses: then no URL with such a letter is tracked.
    """

    def __init__(self, options: RewriteOptions, certain: bool = True) -> None:
        self._options = options
        self._certain = certain
        self._fields = fields_of(options.merge_tag)
        self._unsubscribe = {_requested(url) for url in options.unsubscribe}
        self._decided: dict[str, Decision] = {}
        self.resembling: set[str] = set()
        """Tracked hrefs that contain something like a field."""

    def decide(self, href: str) -> Decision:
        """The decision about an href as the parser decoded it."""
        decision = self._decided.get(href)
        if decision is None:
            decision = self._decided[href] = self._of(href)
        return decision

    def _of(self, href: str) -> Decision:
        url = destination_of(href)
        if url == CHOICE and self._options.choice:
            return TrackedLink(CHOICE)
        ours = self._options.own.surface(url)
        if ours in _OWN:
            return _OWN[ours]
        reason, tail = why_not(url, self._fields), ""
        if reason is Reason.TEMPLATE and self._options.passthrough:
            url, tail = passed_through(url, self._options.passthrough, self._fields.holds)
            reason = why_not(url, self._fields)
        reason = reason or self._why_not_by_options(url)
        if reason is None and not self._options.links:
            reason = Reason.UNMEASURED
        if reason is not None:
            return reason
        if resembles(url):
            self.resembling.add(href)
        return TrackedLink(self._with_utm(url, tail), tail)

    def _why_not_by_options(self, url: str) -> Reason | None:
        if self._unsubscribe and _requested(url) in self._unsubscribe:
            return Reason.UNSUBSCRIBE
        return None if self._certain or url.isascii() else Reason.MALFORMED

    def _with_utm(self, url: str, tail: str) -> str:
        if not self._options.utm:
            return url
        passed = names_in(tail.removeprefix("?"))
        return with_parameters(url, (pair for pair in self._options.utm if not is_present(pair[0], passed)))


CHOICE = "mailpixel:choice"
"""An href that stands for the page where the recipient decides about measurement."""
_OWN: Mapping[Surface | None, Reason] = {LINK: Reason.TRACKED, OPT_OUT: Reason.UNSUBSCRIBE}
"""Why our own URLs are skipped, by their surface."""


def _requested(url: str) -> str:
    """What a browser requests for a URL, so that its spellings become one; the URL itself if it is invalid."""
    try:
        return str(can_ada.parse(url).href)
    except (TypeError, ValueError):
        return url


_OUTER = "".join(map(chr, range(33)))
_INNER = {ord(letter): None for letter in "\t\n\r"}


def destination_of(href: str) -> str:
    """The URL a browser starts from: no control characters or spaces at the ends, no tab or line break inside.

    Source: URL Standard, basic URL parser, steps 1 to 3 (read 2026-11).
    """
    url = href.strip(_OUTER)
    return url if url.isprintable() else url.translate(_INNER)


_NO_TAG = Fields()


def why_not(url: str, fields: Fields = _NO_TAG) -> Reason | None:
    """The reason to skip a destination that its URL alone gives; None when it may be tracked.

    `url` comes from `destination_of`; `fields` knows the sender's merge tag. Reasons that need the element or
    other options are not checked here. Mails of one sender have links in common, so answers are remembered.
    """
    return _remembered(url, fields) if len(url) <= _REMEMBERED_CHARS else _why_not(url, fields)


def _why_not(url: str, fields: Fields) -> Reason | None:
    if (
        is_plain(url) and can_ada.can_parse(url) and len(url) <= DESTINATION_BYTES
    ):  # most; no other rule holds
        if fields.styled(url):
            return Reason.TEMPLATE
        return Reason.UNSUBSCRIBE if leaves_list(url) else None
    for reason, holds in URL_RULES:
        if holds(url, fields):
            return reason
    return None


_REMEMBERED_CHARS = 512
"""The longest URL that is remembered, so that many take little memory."""
_remembered = lru_cache(maxsize=4_096)(_why_not)

_PLAIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?][A-Za-z0-9/?=&_.+:,;!-]*)?(?:#[A-Za-z0-9/?=&_.+:,;!-]*)?"
)
"""Letters that cannot begin a field, except in the style of the sender's merge tag."""


def is_plain(url: str) -> bool:
    """Whether a URL has only letters that mean the same to every program. Most URLs do."""
    return "::" not in url and _PLAIN.fullmatch(url) is not None


_FRAGMENT = re.compile(r"#(?!\{[^{}]+\}|#?[\w:.|, -]+#)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HTTP = re.compile(r"https?://[^/\\?#]", re.IGNORECASE)
_USERINFO = re.compile(r"[^/]*//[^/?#]*@")
_UNSAFE_LETTER = re.compile("[\\\\\x00-\x1f\x7f-\x9f]")

_LISTMONK_MARK = "@TrackLink"
"""Behind a URL, it asks listmonk to track the link, and is no part of the destination. Source, read 2026-11: listmonk's
editor, which appends it."""


def _has_other_scheme(url: str) -> bool:
    match = _SCHEME.match(url)
    return match is not None and match[1].lower() not in ("http", "https")


def _is_refused(url: str) -> bool:
    if "<" in url or not _HTTP.match(url) or len(url) > DESTINATION_BYTES:
        return True
    try:
        return not can_ada.can_parse(url) or len(url.encode()) > DESTINATION_BYTES
    except (TypeError, UnicodeError):  # a lone surrogate
        return True


URL_RULES: tuple[tuple[Reason, Callable[[str, Fields], object]], ...] = (
    (Reason.EMPTY, lambda url, _: not url),
    (Reason.FRAGMENT, lambda url, _: _FRAGMENT.match(url)),
    (Reason.SCHEME, lambda url, _: _has_other_scheme(url)),
    (Reason.TEMPLATE, lambda url, fields: fields.holds(url)),
    (Reason.NO_TRACK, lambda url, _: url.endswith(_LISTMONK_MARK)),
    (Reason.RELATIVE, lambda url, _: not _SCHEME.match(url)),
    (Reason.MALFORMED, lambda url, _: _is_refused(url)),
    (Reason.UNSAFE, lambda url, _: _UNSAFE_LETTER.search(url) or _USERINFO.match(url)),
    (Reason.UNSUBSCRIBE, lambda url, _: leaves_list(url)),
)
"""What a URL alone gives as a reason not to track it. The first that holds decides."""
"""First match wins."""
