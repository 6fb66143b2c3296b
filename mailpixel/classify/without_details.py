"""Hits as they are kept when their details are dropped: each carries its decision and its source."""

from collections.abc import Sequence

from msgspec.structs import replace

from mailpixel.classify.judge import judge, observe
from mailpixel.classify.observation import Observation
from mailpixel.classify.origins import source_tag
from mailpixel.classify.rules import Rules
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Decision, Event, Facts, Judged, Message
from mailpixel.traffic.facts import facts_with
from mailpixel.traffic.programs import client_of

KEPT_FACTS = int(Facts.PREVIEW | Facts.FORGED | Facts.OPENS_UNSEEN | Facts.OWN_NETWORK | Facts.CARRIED)
"""The facts that stay: none of them is of a header."""


def without_details(message: Message, campaign: Campaign, rules: Rules, until_ms: int) -> Sequence[Event]:
    """The hits up to a moment that have a tag and carry no decision yet, as they are kept from now on.

    Their agent and the facts of headers are gone, and the tag is four bytes that stand for the source.
    """
    events = {event.id: event for event in message.events}
    return [
        _kept(events[each.event.id], hit, each)
        for hit, each in zip(observe(message, campaign, rules), judge(message, campaign, rules), strict=True)
        if each.event.tag and each.event.decided is None and each.event.received_at_ms <= until_ms
    ]


def _kept(event: Event, hit: Observation, judged: Judged) -> Event:
    client = client_of(event.agent, judged.via, event.kind is EventKind.CLICK)
    source = hit.source[0] if hit.origins.dropped else source_tag(hit.source)
    return replace(
        event,
        address="",
        agent="",
        facts=facts_with(event.facts._value_ & KEPT_FACTS),
        tag=source,
        former_tag=b"",
        decided=Decision(judged.verdict, judged.rule, judged.via, judged.dup, client),
    )
