"""The state of one message: its events and their verdicts, folded into what is kept for every message."""

from collections.abc import Callable, Mapping, Sequence

from mailpixel.errors import StoreUnavailable
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Message, Verdict
from mailpixel.store.log import PutAside
from mailpixel.store.projections import Folded, MessageState
from mailpixel.store.verdict_codes import pack

Judge = Callable[[Message, Campaign], Sequence[Judged]]
"""Gives every open and click of a message its verdict; a pure function of the message and its campaign. What
it says of deliveries and opt-outs is passed over."""

_FORGED = int(Facts.FORGED)


def fold_or_put_aside(message: Message | PutAside, judge: Judge, campaigns: Mapping[str, Campaign]) -> Folded:
    """The state of a message, or the message put aside when it cannot be judged: one message keeps no other from being
    counted. `campaigns` has its campaign by id."""
    if isinstance(message, PutAside):
        return message
    try:
        return fold_message(message, judge(message, campaigns[message.campaign]))
    except StoreUnavailable:
        raise
    except Exception as error:
        return PutAside(message.campaign, message.recipient, type(error).__name__)


def fold_message(message: Message, judged: Sequence[Judged]) -> MessageState:
    """The state of a message from its events and their verdicts.

    `delivered_at_ms` is the earliest reported delivery, `last_event_at_ms` the latest event with a valid token.
    """
    delivered: list[int] = []
    opted_out = False
    last_ms: int | None = None
    for event in message.events:
        at_ms, kind = event.received_at_ms, event.kind
        if kind is EventKind.DELIVERY:
            delivered.append(at_ms)
        elif kind is EventKind.OPTOUT:
            opted_out = True
        if (last_ms is None or at_ms > last_ms) and not event.facts._value_ & _FORGED:
            last_ms = at_ms
    first_human = _first_human(judged)
    return MessageState(
        campaign=message.campaign,
        recipient=message.recipient,
        marks=pack(judged),
        delivered_at_ms=min(delivered) if delivered else None,
        opted_out=opted_out,
        first_human_open_at_ms=first_human.get(EventKind.OPEN),
        first_human_click_at_ms=first_human.get(EventKind.CLICK),
        last_event_at_ms=last_ms,
    )


def _first_human(judged: Sequence[Judged]) -> dict[EventKind, int]:
    """When the first hit of each kind came that counts as human."""
    firsts: dict[EventKind, int] = {}
    for each in judged:
        if each.verdict is Verdict.HUMAN and not each.dup:
            event = each.event
            at_ms, kind = event.received_at_ms, event.kind
            if (kind not in firsts or at_ms < firsts[kind]) and _counts(event):
                firsts[kind] = at_ms
    return firsts


def _counts(event: Event) -> bool:
    return event.method == "GET" and not event.facts._value_ & _FORGED
