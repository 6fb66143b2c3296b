"""One link of one text: tracked under which destination, or left alone for which reason."""

import can_ada

from mailpixel.links.parameters import is_present, names_in, with_parameters
from mailpixel.links.passthrough import passed_through
from mailpixel.links.splicing.fields import fields_of, resembles
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.trackable import Reason, destination_of, why_not

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
        return Reason.TRACKED if surface == "c" else Reason.UNSUBSCRIBE if surface == "u" else None

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
