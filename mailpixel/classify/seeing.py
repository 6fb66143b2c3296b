"""The hits of a message as the rules see them, each with what it shows by itself and its place in time."""

from collections.abc import Sequence
from operator import attrgetter

from msgspec.structs import replace

from mailpixel.classify.appearance import Appearance, AppearanceKey
from mailpixel.classify.clocks import DeliveryClock, age_on
from mailpixel.classify.hit_rules import INTERNAL, appearance_of, is_own
from mailpixel.classify.observation import Observation
from mailpixel.classify.origins import PLAIN, Origins
from mailpixel.classify.rules import Rules
from mailpixel.model import Event, Link

_moment = attrgetter("received_at_ms", "id")


def in_order(events: Sequence[Event]) -> Sequence[Event]:
    """Events in order of (received_at_ms, id), in which nearly all come."""
    last_ms, last_id = -1, b""
    for event in events:
        at_ms = event.received_at_ms
        if at_ms <= last_ms and (at_ms < last_ms or event.id < last_id):
            return sorted(events, key=_moment)
        last_ms, last_id = at_ms, event.id
    return events


def seen(
    hits: Sequence[Event],
    clocks: tuple[DeliveryClock, DeliveryClock],
    origins: Origins,
    links: Sequence[Link],
    rules: Rules,
) -> list[Observation]:
    """The hits on the clock of their message, each with the ruling of rules 1 to 6.

    Before that clock starts, a hit is on the clock of sending. A hit before both has no age.
    """
    own, before = clocks
    appearances, may_be_own = rules.appearances, bool(rules.seeds or rules.operator_networks)
    observations = []
    for event in hits:
        if event.destination is not None:
            event = numbered(event, links)
        key = event.agent, event.facts, event.kind, event.method
        shows = appearances.get(key) or look_at(event, key, rules)
        at_ms = event.received_at_ms
        in_transit = own[0] is not None and at_ms < own[0]
        clock = before if in_transit else own
        age_ms = age_on(clock, at_ms)
        ruling = shows.early if age_ms is not None and age_ms <= clock[1] else shows.late
        if may_be_own and is_own(event, rules):
            ruling = INTERNAL
        origin = event.address if not event.tag else origins.of(event)
        source = "" if shows.of_proxy else origin, event.agent
        if origins is not PLAIN:
            source = origins.source(source[0], event)
        observations.append(
            Observation(
                event,
                shows,
                shows.click,
                at_ms,
                shows.bits,
                shows.countable,
                origin,
                source,
                origins,
                event.destination if event.link is None else event.link,
                age_ms,
                clock[1],
                clock[2],
                in_transit,
                ruling,
            )
        )
    return observations


def look_at(event: Event, key: AppearanceKey, rules: Rules) -> Appearance:
    """What a hit shows by itself, to be remembered."""
    return rules.appearances.remember(key, appearance_of(event, rules))


def numbered(event: Event, links: Sequence[Link]) -> Event:
    """A click that carried its destination, as a click on the link of that destination if one exists by now.

    So both count for one link, and a reader who follows both has followed one. Traps are ignored.
    """
    if event.link is not None:
        return event
    found = (link.number for link in links if link.url == event.destination and not link.trap)
    number = next(found, None)
    return event if number is None else replace(event, link=number)
