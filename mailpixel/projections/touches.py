"""What led to visits: the clicks of mails that they used, however late or often."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from mailpixel.projections.identities import Clicks
from mailpixel.site_model import Click
from mailpixel.store.site_projections import Days, ReadSiteProjections


class Touch(NamedTuple):
    """A person's visit used a person's click: the mail led there. `at_ms` is the first use."""

    site: str
    visitor: str
    at_ms: int
    click: Click


class TouchedStore(Clicks, ReadSiteProjections, Protocol):
    """A store, as touches are read from it."""


def touches_in(store: TouchedStore, days: Days, site: str | None = None) -> Sequence[Touch]:
    """The touches by visitors of these days, on one site or all, in order of time.

    A machine's click begins no path, and a machine's visit continues none. Nobody needs to be known for a touch.
    """
    uses = [use for use in store.uses_in(days) if use.human and (site is None or use.site == site)]
    clicks = store.clicks_by_id(list(dict.fromkeys(use.click for use in uses)))
    found = [
        Touch(use.site, use.visitor, use.at_ms, clicks[use.click])
        for use in uses
        if use.click in clicks and clicks[use.click].is_human
    ]
    return sorted(found, key=lambda touch: (touch.at_ms, touch.site, touch.visitor, touch.click.id))
