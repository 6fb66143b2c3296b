"""Which destinations may be tracked, and the one reason why another is left alone.

Pure and cheap: every link of every template passes here. `destination.check_destination` is the strict gate when a
destination is registered; this is the non-raising judgement made while rewriting, and it never lets through what the
gate refuses.
"""

import re
from collections.abc import Callable
from enum import StrEnum

import can_ada

from mailpixel.links.fields import Fields, fields_of, resembles
from mailpixel.links.passthrough import is_present, names_in, passed_through, with_parameters
from mailpixel.links.splicing.leaving import leaves_list
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.surfaces import LINK, OPT_OUT

LONGEST_DESTINATION_BYTES = 65_536
"""Destinations longer than this in UTF-8 are left alone."""


class Reason(StrEnum):
    """Why a link is left as it stands. The set is closed: reports count by it."""

    EMPTY = "empty"
    FRAGMENT = "fragment"
    """`#place`: inside the mail itself."""
    SCHEME = "scheme"
    """Anything but http and https: mailto, tel, sms, cid, data, javascript."""
    RELATIVE = "relative"
    """No scheme, or `//host`: a mail has no address of its own to resolve it against."""
    TEMPLATE = "template"
    """Holds a token that somebody else fills in later, so the destination is not known yet."""
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
    """Its text shows a domain that is not the tracker's, and the sender asked to leave such links alone."""
    CONDITIONAL = "conditional"
    """Inside `<!--[if ...]>`, which only classic Outlook reads."""


_OUTER = "".join(map(chr, range(33)))
_INNER = {ord(letter): None for letter in "\t\n\r"}

_FRAGMENT = re.compile(r"#(?!\{[^{}]+\}|#?[\w:.|, -]+#)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HTTP = re.compile(r"https?://[^/\\?#]", re.IGNORECASE)
_USERINFO = re.compile(r"[^/]*//[^/?#]*@")
_UNSAFE_LETTER = re.compile("[\\\\\x00-\x1f\x7f-\x9f]")
_PLAIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?][A-Za-z0-9/?=&_.+:,;!-]*)?(?:#[A-Za-z0-9/?=&_.+:,;!-]*)?"
)
"""Letters that begin no field, but for one of a merge tag's own style."""


def destination_of(href: str) -> str:
    """The URL a browser starts from: no control characters or spaces at the ends, no tab or line break inside.

    Source: URL Standard, basic URL parser, steps 1 to 3 (read 2026-11).
    """
    url = href.strip(_OUTER)
    return url if url.isprintable() else url.translate(_INNER)


def _other_scheme(url: str) -> bool:
    match = _SCHEME.match(url)
    return match is not None and match[1].lower() not in ("http", "https")


def _refused(url: str) -> bool:
    if "<" in url or not _HTTP.match(url) or len(url) > LONGEST_DESTINATION_BYTES:
        return True
    try:
        return not can_ada.can_parse(url) or len(url.encode()) > LONGEST_DESTINATION_BYTES
    except (TypeError, UnicodeError):  # a lone surrogate
        return True


_RULES: tuple[tuple[Reason, Callable[[str, Fields], object]], ...] = (
    (Reason.EMPTY, lambda url, _: not url),
    (Reason.FRAGMENT, lambda url, _: _FRAGMENT.match(url)),
    (Reason.SCHEME, lambda url, _: _other_scheme(url)),
    (Reason.TEMPLATE, lambda url, fields: fields.holds(url)),
    (Reason.RELATIVE, lambda url, _: not _SCHEME.match(url)),
    (Reason.MALFORMED, lambda url, _: _refused(url)),
    (Reason.UNSAFE, lambda url, _: _UNSAFE_LETTER.search(url) or _USERINFO.match(url)),
    (Reason.UNSUBSCRIBE, lambda url, _: leaves_list(url)),
)
"""First match wins."""


_NO_TAG = Fields()


def why_not(url: str, fields: Fields = _NO_TAG) -> Reason | None:
    """The reason to leave a destination alone that the URL itself gives; None when it may be tracked.

    `url` comes from `destination_of`; `fields` knows the sender's merge tag. Reasons that need the element or the other
    options are not given here.
    """
    if is_plain(url) and can_ada.can_parse(url) and len(url) <= LONGEST_DESTINATION_BYTES:
        if fields.styled(url):
            return Reason.TEMPLATE
        return Reason.UNSUBSCRIBE if leaves_list(url) else None
    for reason, holds in _RULES:
        if holds(url, fields):
            return reason
    return None


def is_plain(url: str) -> bool:
    """Whether a URL holds nothing but letters that mean the same to everyone: most do."""
    return "::" not in url and _PLAIN.fullmatch(url) is not None


Outcome = Reason | tuple[str, str]
"""A reason, or the destination and the query that follows the tracked URL (`?name={{ token }}`, mostly empty)."""


class LinkJudge:
    """Judges the links of one text by the sender's options; remembers what it said of each href."""

    def __init__(self, options: RewriteOptions, certain: bool = True) -> None:
        self._options = options
        self._certain = certain
        self._fields = fields_of(options.merge_tag)
        self._unsubscribe = {_requested(url) for url in options.unsubscribe}
        self._seen: dict[str, Outcome] = {}
        self.resembling: set[str] = set()
        """Hrefs that are tracked and hold what looks like a field."""

    def outcome(self, href: str, no_track: bool = False) -> Outcome:
        """What becomes of an href as the parser decoded it; `no_track` when its element is marked."""
        found = self._seen.get(href)
        if found is None:
            found = self._seen[href] = self._judged(href)
        return Reason.NO_TRACK if no_track and not isinstance(found, Reason) else found

    def _judged(self, href: str) -> Outcome:
        url = destination_of(href)
        if (own := self._ours(url)) is not None:
            return own
        reason = why_not(url, self._fields)
        tail = ""
        if reason is Reason.TEMPLATE and self._options.passthrough:
            url, tail = passed_through(url, self._options.passthrough, self._fields.holds)
            reason = why_not(url, self._fields)
        reason = reason or self._by_options(url)
        if reason is not None:
            return reason
        if resembles(url):
            self.resembling.add(href)
        return self._with_utm(url, tail), tail

    def _with_utm(self, url: str, tail: str) -> str:
        if not self._options.utm:
            return url
        passed = names_in(tail.removeprefix("?"))
        return with_parameters(url, (pair for pair in self._options.utm if not is_present(pair[0], passed)))

    def _ours(self, url: str) -> Reason | None:
        surface = self._options.own.surface(url)
        return Reason.TRACKED if surface is LINK else Reason.UNSUBSCRIBE if surface is OPT_OUT else None

    def _by_options(self, url: str) -> Reason | None:
        if self._unsubscribe and _requested(url) in self._unsubscribe:
            return Reason.UNSUBSCRIBE
        return None if self._certain or url.isascii() else Reason.MALFORMED


def _requested(url: str) -> str:
    """What a browser requests for a URL, so that two spellings of one are one; itself where it requests nothing."""
    try:
        return str(can_ada.parse(url).href)
    except (TypeError, ValueError):
        return url
