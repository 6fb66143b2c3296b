"""Events as the bodies of posts. Pure.

{"type": "clicked", "timestamp": "2026-11-27T18:48:02.114Z", "data": {"event_id": "0192f3…", …}}
{"type": "batch", "timestamp": "…", "data": {"events": [{"type": "clicked", …}, …]}}
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from mailpixel.kinds import HIT_KINDS, EventKind
from mailpixel.model import Campaign, Event, Judged, Message
from mailpixel.outbound.chosen import TYPES
from mailpixel.report.answer import Answer, Iso
from mailpixel.report.moments import iso_ms


class EventData(Answer, frozen=True):
    """One event. What does not apply to its type is null.

    `event_id` is hexadecimal and the same in every post of the event. `client` is what `user_agent` says of device,
    system and program. `click_url` is where the click led.
    """

    event_id: str
    event_type: str
    campaign: str
    recipient: str
    link: int | None
    click_url: str | None
    user_agent: str | None
    client: str | None
    verdict: str | None
    rule: str | None
    via: str | None
    dup: bool | None
    reason: str | None
    delivered_at: Iso | None
    rules_version: str


def event_payload(found: Judged | Event, message: Message, campaign: Campaign, rules_version: str) -> Any:
    """The payload of one event of a message, in JSON."""
    judged = found if isinstance(found, Judged) else None
    event = found.event if isinstance(found, Judged) else found
    is_hit = event.kind in HIT_KINDS
    data = EventData(
        event_id=event.id.hex(),
        event_type=TYPES[event.kind],
        campaign=event.campaign,
        recipient=event.recipient,
        link=event.link,
        click_url=_url(event, campaign),
        user_agent=event.agent if is_hit else None,
        client=client(event.agent) if is_hit and event.agent else None,
        verdict=judged.verdict if judged else None,
        rule=judged.rule if judged else None,
        via=judged.via if judged else None,
        dup=judged.dup if judged else None,
        reason=event.reason,
        delivered_at=iso_ms(_delivered_ms(message)),
        rules_version=rules_version,
    )
    return _payload(TYPES[event.kind], iso_ms(event.received_at_ms), data.to_json())


def batch_payload(payloads: Sequence[Any]) -> Any:
    """Several events in one payload, in their order."""
    return _payload("batch", payloads[-1]["timestamp"], {"events": list(payloads)})


def trial_payload(webhook: str, now_ms: int) -> Any:
    """A payload that says of itself that it is a test."""
    return _payload("test", iso_ms(now_ms), {"webhook": webhook})


def encoded(payload: Any) -> bytes:
    """A payload as the bytes that are signed and sent."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=4_096)
def client(agent: str) -> str:
    """Device, system and program that an agent names, such as `iPhone / iOS 19 / Safari`."""
    from user_agents import parse

    return str(parse(agent))


def _payload(type: str, timestamp: str, data: Any) -> Any:
    return {"type": type, "timestamp": timestamp, "data": data}


def _url(event: Event, campaign: Campaign) -> str | None:
    if event.kind is not EventKind.CLICK:
        return None
    if event.destination is not None:
        return event.destination
    return next((link.url for link in campaign.links if link.number == event.link), None)


def _delivered_ms(message: Message) -> int | None:
    moments = [event.received_at_ms for event in message.events if event.kind is EventKind.DELIVERY]
    return min(moments, default=None)
