"""The blind spot of a site: orders that its server reported and no page did."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from mailpixel.report.answer import Answer, Count, Share
from mailpixel.report.estimate import rounded, wilson
from mailpixel.site_model import OrderSource
from mailpixel.store.order_sums import OrderSum

FEWEST = 30
"""With fewer orders of the server nothing can be said."""
WORTH_A_WARNING = 0.10
DEFINITION = (
    "Orders that only the shop's server reported, of all orders that it reported: their visits are missing in the "
    f"funnel. Shown from {FEWEST} such orders, with Wilson's 95 % interval."
)


class BlindSpot(Answer, frozen=True):
    """Orders of the server that no page reported. The share is null below 30 orders of the server."""

    server_orders: Annotated[Count, Meta(description="Orders that the shop's server reported.")]
    server_only: Annotated[Count, Meta(description="Those of them that no page reported.")]
    browser_only: Annotated[Count, Meta(description="Orders that only pages reported.")]
    share: Share | None
    low: Share | None
    high: Share | None
    definition: str

    @property
    def is_wide(self) -> bool:
        """Whether the share is known and more than 10 %."""
        return self.share is not None and self.share > WORTH_A_WARNING


def blind_spot(sums: Iterable[OrderSum]) -> BlindSpot:
    """The blind spot of these orders."""
    numbers = Counter[OrderSource]()
    for each in sums:
        numbers[each.kind.source] += each.number
    server_only = numbers[OrderSource.SERVER]
    server = numbers[OrderSource.BOTH] + server_only
    share, low, high = (
        (server_only / server, *wilson(server_only, server)) if server >= FEWEST else (None, None, None)
    )
    return BlindSpot(
        server,
        server_only,
        numbers[OrderSource.BROWSER],
        rounded(share),
        rounded(low),
        rounded(high),
        DEFINITION,
    )
