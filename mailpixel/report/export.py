"""Exports every event of a campaign with its verdict, and every delivery and bounce, one message at a time."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mailpixel.classify import Rules, judge
from mailpixel.kinds import HIT_KINDS, EventKind, Reason
from mailpixel.model import Campaign, Event, Facts, Judged, Message, Network, Verdict, Via
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.report.tables import Cells
from mailpixel.store.log import MessageReader

MESSAGES_A_PAGE = 200

FactName = Annotated[str, Meta(extra_json_schema={"enum": [str(fact.name).lower() for fact in Facts]})]


class EventRow(Answer, frozen=True):
    """A logged event with its verdict. `id` is hexadecimal.

    A field that does not apply to the kind of event is null, such as the verdict of a delivery. `reason`
    is why a message bounced or was complained about. The client's `address`, and the published `network` that it
    belonged to at the hit (null: none is known), are included only on request.
    """

    id: str
    received_at: Iso
    kind: EventKind
    campaign: str
    recipient: str
    link: Count | None
    destination: str | None
    method: str | None
    agent: str
    verdict: Verdict | None
    rule: str | None
    via: Via | None
    dup: bool | None
    facts: list[FactName]
    reason: Reason | None
    network: str | UnsetType | None = UNSET
    address: str | UnsetType = UNSET


def columns(addresses: bool) -> tuple[str, ...]:
    """The columns of an export; the client's address and its network only on request."""
    return EventRow.__struct_fields__ if addresses else EventRow.__struct_fields__[:-2]


def judged_events(message: Message, campaign: Campaign, rules: Rules) -> tuple[Judged | Event, ...]:
    """Everything logged of a message of this campaign: see `with_verdicts`."""
    return with_verdicts(message, judge(message, campaign, rules))


def with_verdicts(message: Message, judged: Sequence[Judged]) -> tuple[Judged | Event, ...]:
    """All events of a message in order of time. Hits have verdicts; reports and opt-outs have none."""
    verdicts = {each.event.id: each for each in judged if each.event.kind in HIT_KINDS}
    ordered = sorted(message.events, key=lambda event: (event.received_at_ms, event.id))
    return tuple(verdicts.get(event.id, event) for event in ordered)


def event_row(found: Judged | Event, addresses: bool = False) -> EventRow:
    """One event for programs."""
    judged = found if isinstance(found, Judged) else None
    event = found.event if isinstance(found, Judged) else found
    return EventRow(
        id=event.id.hex(),
        received_at=iso_ms(event.received_at_ms),
        kind=event.kind,
        campaign=event.campaign,
        recipient=event.recipient,
        link=event.link,
        destination=event.destination,
        method=event.method or None,
        agent=event.agent,
        verdict=judged.verdict if judged else None,
        rule=judged.rule if judged else None,
        via=judged.via if judged else None,
        dup=judged.dup if judged else None,
        facts=[str(fact.name).lower() for fact in Facts if fact in event.facts],
        reason=event.reason,
        network=network_text(event.network) if addresses else UNSET,
        address=event.address if addresses else UNSET,
    )


def network_text(entry: Network | None) -> str | None:
    """A published network by its name and prefix."""
    return None if entry is None else f"{entry.name} {entry.prefix}"


def event_json(found: Judged | Event, addresses: bool = False) -> Cells:
    """One event as an `EventRow`, in JSON; its keys are those of `columns(addresses)`."""
    return event_row(found, addresses).to_json()


def event_pages(
    store: MessageReader, campaign: Campaign, rules: Rules
) -> Iterator[tuple[Judged | Event, ...]]:
    """All events of a campaign with their verdicts, in order of recipient, in pages of some messages each."""
    messages = store.messages(campaign.id)
    while some := tuple(islice(messages, MESSAGES_A_PAGE)):
        yield tuple(event for each in some for event in with_verdicts(each, judge(each, campaign, rules)))


def deliveries(store: MessageReader, campaign: str) -> Iterator[Cells]:
    """{"recipient","delivered_at"} of each reported delivery, in order of recipient, as `POST /deliveries` takes it."""
    for message in store.messages(campaign):
        for event in message.events:
            if event.kind is EventKind.DELIVERY:
                yield {"recipient": event.recipient, "delivered_at": iso_ms(event.received_at_ms)}
