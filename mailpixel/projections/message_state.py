"""The state of one message: its events and verdicts, folded into what is kept for every message."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from mailpixel.errors import StoreUnavailable
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Message, Verdict
from mailpixel.store.clicks import pack_clicks
from mailpixel.store.log import PutAside
from mailpixel.store.projections import Folded, MessageState
from mailpixel.store.verdict_codes import pack
from mailpixel.traffic.facts import is_countable
from mailpixel.traffic.programs import UNKNOWN_CLIENT, client_of

Judge = Callable[[Message, Campaign], Sequence[Judged]]
"""Gives every open and click of a message its verdict; a pure function of the message and its campaign.
Verdicts on other events are ignored."""

_moment = attrgetter("received_at_ms", "id")
_FORGED = int(Facts.FORGED)
_CARRIED = int(Facts.CARRIED)


def fold_or_put_aside(
    message: Message | PutAside, judge: Judge, campaigns: Mapping[str, Campaign], edition: int = 0
) -> Folded:
    """The state of a message, or the message put aside when it cannot be judged.

    Putting it aside lets all other messages be counted. `campaigns` has its campaign by id, `edition` is the
    number of the judge's rules (0: not known).
    """
    if isinstance(message, PutAside):
        return message
    try:
        return fold_message(message, judge(message, campaigns[message.campaign]), edition)
    except StoreUnavailable:
        raise
    except Exception as error:
        return PutAside(message.campaign, message.recipient, type(error).__name__)


def fold_message(message: Message, judged: Sequence[Judged], edition: int = 0) -> MessageState:
    """The state of a message from its events and their verdicts.

    `delivered_at_ms` is the earliest reported delivery, `last_event_at_ms` the latest event with a valid token.
    """
    delivered: list[int] = []
    bounces: list[Event] = []
    complained: list[int] = []
    opted_out = False
    last_ms: int | None = None
    met = 0
    for event in message.events:
        at_ms, kind = event.received_at_ms, event.kind
        facts = event.facts._value_
        met |= facts
        if kind is EventKind.DELIVERY:
            delivered.append(at_ms)
        elif kind is EventKind.OPTOUT:
            opted_out = True
        elif kind is EventKind.BOUNCE:
            bounces.append(event)
        elif kind is EventKind.COMPLAINT:
            complained.append(at_ms)
        if (last_ms is None or at_ms > last_ms) and not facts & _FORGED:
            last_ms = at_ms
    firsts = _first_human(judged)
    opened, clicked = firsts.get(EventKind.OPEN), firsts.get(EventKind.CLICK)
    bounce = _last_bounce(bounces, delivered) if bounces else None
    return MessageState(
        campaign=message.campaign,
        recipient=message.recipient,
        marks=pack(judged),
        delivered_at_ms=min(delivered) if delivered else None,
        opted_out=opted_out,
        first_human_open_at_ms=opened.event.received_at_ms if opened else None,
        first_human_click_at_ms=clicked.event.received_at_ms if clicked else None,
        last_event_at_ms=last_ms,
        client=_client(opened, clicked),
        known=len(message.events),
        edition=edition,
        bounced_at_ms=bounce.received_at_ms if bounce else None,
        bounce_reason=bounce.reason if bounce else None,
        complained_at_ms=min(complained) if complained else None,
        carried=pack_clicks(filter(_was_carried, judged)) if met & _CARRIED else b"",
    )


def _was_carried(judged: Judged) -> bool:
    return bool(judged.event.facts._value_ & _CARRIED)


def _last_bounce(bounces: Sequence[Event], delivered: Sequence[int]) -> Event | None:
    """The latest bounce, unless a delivery is later. A bounce of the same millisecond comes after the delivery."""
    last = max(bounces, key=_moment)
    return last if last.received_at_ms >= max(delivered, default=0) else None


def _client(opened: Judged | None, clicked: Judged | None) -> int:
    """The client of the first human open, or without an open the device of the first human click."""
    first = opened or clicked
    if first is None:
        return UNKNOWN_CLIENT
    if first.event.decided is not None:
        return first.event.decided.client
    return client_of(first.event.agent, first.via, opened is None)


def _first_human(judged: Sequence[Judged]) -> dict[EventKind, Judged]:
    """The first human hit of each kind."""
    firsts: dict[EventKind, Judged] = {}
    for each in judged:
        event = each.event
        if (
            each.verdict is not Verdict.HUMAN
            or each.dup
            or not is_countable(event.method, event.facts._value_)
        ):
            continue
        first = firsts.get(event.kind)
        if first is None or event.received_at_ms < first.event.received_at_ms:
            firsts[event.kind] = each
    return firsts
