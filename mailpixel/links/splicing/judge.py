"""One link of one text: tracked under which destination, or left alone for which reason."""

import can_ada

from mailpixel.links.parameters import names_in, with_parameters
from mailpixel.links.passthrough import passed_through
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.trackable import Reason, destination_of, why_not

Outcome = Reason | tuple[str, str]
"""A reason, or the destination and the query that follows the tracked URL (`?name={{ token }}`, mostly empty)."""


class LinkJudge:
    """Judges the links of one text by the sender's options; remembers what it said of each href."""

    def __init__(self, options: RewriteOptions, certain: bool = True) -> None:
        self._options = options
        self._own = options.own_prefixes
        self._certain = certain
        self._unsubscribe = {_requested(url) for url in options.unsubscribe}
        self._seen: dict[str, Outcome] = {}

    def outcome(self, href: str, no_track: bool = False) -> Outcome:
        """What becomes of an href as the parser decoded it; `no_track` when its element carries `data-no-track`."""
        found = self._seen.get(href)
        if found is None:
            found = self._seen[href] = self._judged(href)
        return Reason.NO_TRACK if no_track and not isinstance(found, Reason) else found

    def _judged(self, href: str) -> Outcome:
        url = destination_of(href)
        if (own := self._ours(url)) is not None:
            return own
        reason = why_not(url)
        tail = ""
        if reason is Reason.TEMPLATE and self._options.passthrough:
            url, tail = passed_through(url, self._options.passthrough)
            reason = why_not(url)
        return reason or self._by_options(url) or (self._with_utm(url, tail), tail)

    def _with_utm(self, url: str, tail: str) -> str:
        if not self._options.utm:
            return url
        passed = names_in(tail.removeprefix("?"))
        return with_parameters(url, (pair for pair in self._options.utm if pair[0] not in passed))

    def _ours(self, url: str) -> Reason | None:
        clicks, optouts = self._own
        lower = url[: len(clicks)].lower()
        return Reason.TRACKED if lower == clicks else Reason.UNSUBSCRIBE if lower == optouts else None

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
