"""A person's "do not track me": in force for new hits at once, and an event for each message already sent."""

from collections.abc import Sequence
from datetime import datetime

from mailpixel.event_ids import reported_event
from mailpixel.kinds import EventKind
from mailpixel.model import Event
from mailpixel.store.log import Log
from mailpixel.store.opt_outs import OptOuts
from mailpixel.times import to_ms


def opt_out(store: Log, registry: OptOuts, recipient: str, now: datetime) -> None:
    """Stop counting a person. Doing it twice changes nothing. Raises `StoreUnavailable`."""
    registry.opt_out(recipient, now)
    note_opt_out(store, recipient, to_ms(now))


def note_opt_out(store: Log, recipient: str, now_ms: int) -> None:
    """Log the opt-out for each message already sent that has none. Raises `StoreUnavailable`."""
    campaigns = [message.campaign for message in store.person(recipient) if not _is_opted_out(message.events)]
    store.append([reported_event(EventKind.OPTOUT, campaign, recipient, now_ms) for campaign in campaigns])


def _is_opted_out(events: Sequence[Event]) -> bool:
    return any(event.kind is EventKind.OPTOUT for event in events)
