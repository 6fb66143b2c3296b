"""The state of one message: its events and verdicts, folded into what is kept for every message."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from mailpixel.errors import StoreUnavailable
from mailpixel.kinds import EventKind, Reason
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

_OPEN, _CLICK, _DELIVERY = EventKind.OPEN, EventKind.CLICK, EventKind.DELIVERY
_HUMAN = Verdict.HUMAN
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
    events = message.events
    reports = _reports(
        [event for event in events if (kind := event.kind) is not _OPEN and kind is not _CLICK]
    )
    opened, clicked, carried = _read(judged)
    return MessageState(
        message.campaign,
        message.recipient,
        pack(judged),
        reports.delivered_at_ms,
        reports.opted_out,
        None if opened is None else opened.event.received_at_ms,
        None if clicked is None else clicked.event.received_at_ms,
        _last_ms(events),
        _client(opened, clicked),
        len(events),
        edition,
        reports.bounced_at_ms,
        reports.bounce_reason,
        reports.complained_at_ms,
        pack_clicks(carried) if carried else b"",
    )


class _Reports(NamedTuple):
    """What reports and opt-outs say of a message."""

    delivered_at_ms: int | None = None
    opted_out: bool = False
    bounced_at_ms: int | None = None
    bounce_reason: Reason | None = None
    complained_at_ms: int | None = None


_NOTHING = _Reports()


def _reports(events: Sequence[Event]) -> _Reports:
    """What the events that are no hits say. Most messages have none, or a delivery alone."""
    if not events:
        return _NOTHING
    if len(events) == 1 and events[0].kind is _DELIVERY:
        return _Reports(events[0].received_at_ms)
    by_kind = {kind: [event for event in events if event.kind is kind] for kind in {e.kind for e in events}}
    delivered = [event.received_at_ms for event in by_kind.get(EventKind.DELIVERY, ())]
    bounces = by_kind.get(EventKind.BOUNCE)
    bounce = _last_bounce(bounces, delivered) if bounces else None
    return _Reports(
        min(delivered, default=None),
        EventKind.OPTOUT in by_kind,
        bounce.received_at_ms if bounce else None,
        bounce.reason if bounce else None,
        min((event.received_at_ms for event in by_kind.get(EventKind.COMPLAINT, ())), default=None),
    )


def _last_ms(events: Sequence[Event]) -> int | None:
    """When the last event with a valid token came."""
    for event in reversed(events):
        if not event.facts._value_ & _FORGED:
            return event.received_at_ms
    return None


def _read(judged: Sequence[Judged]) -> tuple[Judged | None, Judged | None, list[Judged]]:
    """The first human open and click, and the hits that were carried on to a site."""
    opened: Judged | None = None
    clicked: Judged | None = None
    carried = []
    for each in judged:
        event = each.event
        if event.facts._value_ & _CARRIED:
            carried.append(each)
        if each.verdict is not _HUMAN or each.dup:
            continue
        if event.kind is _OPEN:
            if _is_first(event, opened):
                opened = each
        elif event.kind is _CLICK and _is_first(event, clicked):
            clicked = each
    return opened, clicked, carried


def _is_first(event: Event, first: Judged | None) -> bool:
    """Whether a hit counts and is earlier than the first so far."""
    is_earlier = first is None or event.received_at_ms < first.event.received_at_ms
    return is_earlier and is_countable(event.method, event.facts._value_)


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
