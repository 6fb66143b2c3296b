"""The state of one message: its events and their verdicts, folded into what is kept for every message."""

from collections.abc import Callable, Sequence

from mailpixel.model import Campaign, EventKind, Facts, Judged, Message, Verdict
from mailpixel.store.marks import pack
from mailpixel.store.protocol import MessageState

Judge = Callable[[Message, Campaign], Sequence[Judged]]
"""Gives every open and click of a message its verdict; a pure function of the message and its campaign. What
it says of deliveries and opt-outs is passed over."""

_FORGED = int(Facts.FORGED)
_and = int.__and__


def fold_message(message: Message, judged: Sequence[Judged]) -> MessageState:
    """The state of a message from its events and their verdicts.

    `delivered_at_ms` is the earliest delivery told, `last_event_at_ms` the latest event with a valid token.
    """
    delivered: list[int] = []
    opted_out = False
    last: list[int] = []
    for event in message.events:
        if event.kind is EventKind.DELIVERY:
            delivered.append(event.received_at_ms)
        elif event.kind is EventKind.OPTOUT:
            opted_out = True
        if not _and(event.facts, _FORGED):
            last.append(event.received_at_ms)
    return MessageState(
        campaign=message.campaign,
        recipient=message.recipient,
        marks=pack(judged),
        delivered_at_ms=min(delivered, default=None),
        opted_out=opted_out,
        first_human_open_at_ms=_first_human(judged, EventKind.OPEN),
        first_human_click_at_ms=_first_human(judged, EventKind.CLICK),
        last_event_at_ms=max(last, default=None),
    )


def _first_human(judged: Sequence[Judged], kind: EventKind) -> int | None:
    """When the first hit of a kind came that counts as human."""
    moments = [
        each.event.received_at_ms
        for each in judged
        if each.verdict is Verdict.HUMAN and each.event.kind is kind and _counts(each)
    ]
    return min(moments, default=None)


def _counts(judged: Judged) -> bool:
    event = judged.event
    return not judged.dup and event.method == "GET" and not _and(event.facts, _FORGED)
