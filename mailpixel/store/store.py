"""What a store offers. These are questions, not SQL, so each store can answer in its own best way.

`Store` is the log and what was folded from it; `Registry`, in `mailpixel.store.registry`, is what people set
up. Both are sums of small protocols. Depend on the smallest protocol that has what you need.
"""

from typing import Protocol

from mailpixel.store.aggregates import Aggregates
from mailpixel.store.changes import Changes
from mailpixel.store.clicks import Clicks
from mailpixel.store.consumers import Consumers
from mailpixel.store.details import Details
from mailpixel.store.erasure import Erasure
from mailpixel.store.expansion import Expansions
from mailpixel.store.lifecycle import Lifecycle
from mailpixel.store.log import Log
from mailpixel.store.projections import Projections
from mailpixel.store.retention import Retention
from mailpixel.store.salts import Salts
from mailpixel.store.site_projections import SiteProjections


class Store(
    Log,
    Expansions,
    Consumers,
    Projections,
    SiteProjections,
    Clicks,
    Changes,
    Erasure,
    Salts,
    Details,
    Aggregates,
    Retention,
    Lifecycle,
    Protocol,
):
    """The log of events and the projections folded from it."""
