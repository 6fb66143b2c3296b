"""When a message was sent and delivered, and how old its hits are."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from mailpixel.classify.thresholds import Thresholds
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event

DeliveryClock = tuple[int | None, int, str]
"""The start of a message's clock (None: no clock), how long afterwards a mailbox may fetch an image
ahead, and what started the clock."""

NO_CLOCK: DeliveryClock = (None, 0, "")
_DELIVERY = EventKind.DELIVERY


def clocks_of(
    events: Sequence[Event], campaign: Campaign, thresholds: Thresholds
) -> tuple[DeliveryClock, DeliveryClock]:
    """The clock of the message, and the one for hits before it started, from its events in order of time.

    Delivery comes before sending, sending before nothing.
    """
    sending = _sent_at_ms(campaign.sent_at), thresholds.open_queue_ms, "sending"
    for event in events:
        if event.kind is _DELIVERY:
            return (event.received_at_ms, thresholds.open_delivery_ms, "delivery"), sending
    return sending, NO_CLOCK


def age_on(clock: DeliveryClock, at_ms: int) -> int | None:
    """The age of a hit; None before the clock starts."""
    start_ms = clock[0]
    return None if start_ms is None or at_ms < start_ms else at_ms - start_ms


@lru_cache(maxsize=1024)
def _sent_at_ms(sent_at: datetime | None) -> int | None:
    """Computed once for each campaign, not for each message: arithmetic with dates is slow."""
    return Campaign("", "", sent_at=sent_at).sent_at_ms
