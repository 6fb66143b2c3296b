"""Every event of a campaign with its verdict, and every delivery, a message at a time."""

from collections.abc import Iterator, Sequence
from itertools import islice

from mailpixel.classify import Rules, judge
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Message
from mailpixel.report.moments import iso_ms
from mailpixel.report.tables import Row
from mailpixel.store.log import MessageReader

COLUMNS = (
    "id",
    "received_at",
    "kind",
    "campaign",
    "recipient",
    "link",
    "destination",
    "method",
    "agent",
    "verdict",
    "rule",
    "via",
    "dup",
    "facts",
)
MESSAGES_A_PAGE = 200


def columns(addresses: bool) -> tuple[str, ...]:
    """The columns of an export; the client's address only when it is asked for."""
    return (*COLUMNS, "address") if addresses else COLUMNS


def judged_events(message: Message, campaign: Campaign, rules: Rules) -> tuple[Judged | Event, ...]:
    """Everything logged of a message of this campaign: see `with_verdicts`."""
    return with_verdicts(message, judge(message, campaign, rules))


def with_verdicts(message: Message, judged: Sequence[Judged]) -> tuple[Judged | Event, ...]:
    """All events of a message in order of time: hits with their verdicts, deliveries and opt-outs as they are."""
    verdicts = {
        each.event.id: each for each in judged if each.event.kind in (EventKind.OPEN, EventKind.CLICK)
    }
    ordered = sorted(message.events, key=lambda event: (event.received_at_ms, event.id))
    return tuple(verdicts.get(event.id, event) for event in ordered)


def event_json(found: Judged | Event, addresses: bool = False) -> Row:
    """One event, its keys those of `columns(addresses)`.

    `id` is hexadecimal, `received_at` ISO 8601 in UTC, `facts` a list of names; absent values are None, as the
    verdict of a delivery is.
    """
    judged = found if isinstance(found, Judged) else None
    event = found.event if isinstance(found, Judged) else found
    row = {
        "id": event.id.hex(),
        "received_at": iso_ms(event.received_at_ms),
        "kind": event.kind.value,
        "campaign": event.campaign,
        "recipient": event.recipient,
        "link": event.link,
        "destination": event.destination,
        "method": event.method or None,
        "agent": event.agent,
        "verdict": judged.verdict.value if judged else None,
        "rule": judged.rule if judged else None,
        "via": judged.via.value if judged and judged.via else None,
        "dup": judged.dup if judged else None,
        "facts": [str(fact.name).lower() for fact in Facts if fact in event.facts],
    }
    return row | {"address": event.address} if addresses else row


def event_pages(
    store: MessageReader, campaign: Campaign, rules: Rules
) -> Iterator[tuple[Judged | Event, ...]]:
    """All events of a campaign with their verdicts, those of some messages at a time, in order of recipient."""
    messages = store.messages(campaign.id)
    while some := tuple(islice(messages, MESSAGES_A_PAGE)):
        yield tuple(event for each in some for event in with_verdicts(each, judge(each, campaign, rules)))


def deliveries(store: MessageReader, campaign: str) -> Iterator[Row]:
    """{"recipient","delivered_at"} of every delivery that was reported, in order of recipient: what `POST
    /deliveries` takes."""
    for message in store.messages(campaign):
        for event in message.events:
            if event.kind is EventKind.DELIVERY:
                yield {"recipient": event.recipient, "delivered_at": iso_ms(event.received_at_ms)}
