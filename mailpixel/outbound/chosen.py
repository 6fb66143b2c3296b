"""Which events a webhook wants. Pure."""

from collections.abc import Mapping

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Judged, Verdict
from mailpixel.store.webhooks import Webhook

TYPES: Mapping[EventKind, str] = {
    EventKind.OPEN: "opened",
    EventKind.CLICK: "clicked",
    EventKind.DELIVERY: "delivered",
    EventKind.BOUNCE: "bounced",
    EventKind.COMPLAINT: "complained",
    EventKind.OPTOUT: "opted_out",
}
"""The type of each kind of event in payloads: the words of django-anymail 15 (November 2026), and `opted_out`."""

ERASED = "person.erased"
"""The type of the event that tells a receiver to erase a person, too."""

VERDICTS = ("human", "all")


def wants(webhook: Webhook, found: Judged | Event) -> bool:
    """Whether a webhook wants this event. With `human`, opens and clicks of people without repeats are wanted."""
    event = found.event if isinstance(found, Judged) else found
    if TYPES[event.kind] not in webhook.events:
        return False
    if webhook.campaigns and event.campaign not in webhook.campaigns:
        return False
    if not isinstance(found, Judged) or webhook.verdicts == "all":
        return True
    return found.verdict is Verdict.HUMAN and not found.dup
