"""Messages as they would have been logged without addresses: each hit with its tag, entry and bit."""

from datetime import timedelta

from msgspec.structs import replace

from mailpixel.classify import Rules
from mailpixel.kinds import HIT_KINDS
from mailpixel.model import Campaign, Event, Message
from mailpixel.modes import Mode
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.salts import OwnSalts
from mailpixel.privacy.written import OPENS

Judging = tuple[Message, Campaign]
DAY_MS = 86_400_000


def tagged(message: Message, rules: Rules, salts: OwnSalts | None = None, full: bool = False) -> Message:
    """The message with tags instead of addresses."""
    minimiser = Minimiser(salts or OwnSalts(), lambda: rules)
    return replace(message, events=[_tagged(event, minimiser, full) for event in message.events])


def _tagged(event: Event, minimiser: Minimiser, full: bool) -> Event:
    if event.kind not in HIT_KINDS:
        return event
    kept = minimiser.trace(
        event.address,
        event.received_at_ms,
        event.campaign,
        event.recipient,
        OPENS[Mode.FULL if full else Mode.INDIVIDUAL],
    )
    return replace(
        event,
        address=kept.address,
        tag=kept.tag,
        former_tag=kept.former_tag,
        network=kept.network,
        facts=event.facts | kept.facts,
    )


def moved(judging: Judging, by_ms: int) -> Judging:
    """A message and its campaign at another time."""
    message, campaign = judging
    events = [_moved(event, by_ms) for event in message.events]
    sent_at = None if campaign.sent_at is None else campaign.sent_at + timedelta(milliseconds=by_ms)
    return replace(message, events=events), campaign_at(campaign, sent_at)


def campaign_at(campaign: Campaign, sent_at: object) -> Campaign:
    """The campaign, sent at another time."""
    from dataclasses import replace as changed

    return changed(campaign, sent_at=sent_at)  # type: ignore[arg-type]


def _moved(event: Event, by_ms: int) -> Event:
    at_ms = event.received_at_ms + by_ms
    return replace(event, received_at_ms=at_ms, id=at_ms.to_bytes(6, "big") + event.id[6:])


def with_midnight_at(judging: Judging, at_ms: int) -> Judging:
    """A message and its campaign, moved so that what happened at this moment happens at midnight."""
    return moved(judging, -at_ms % DAY_MS)
