"""Crowds to try the rules on: gateways that sweep a mail, and readers as they come. Drawn from a seed, so repeatable.

Timing of bursts: 836 scanner bursts of 9 to 10 links in a second, as published in 2026-08 (github
putyourlightson/craft-campaign issue 546).
"""

import random
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from mailpixel.model import Campaign, Event, Facts, Message
from tests.support.builders import BROWSER, SENT_AT, a_delivery, a_link
from tests.support.readers import DELIVERED_S, FULL, LINKS, SCENES, SECURE, Scene, Source, a_reader

CAMPAIGN = Campaign("crowd", "Crowd", sent_at=SENT_AT, links=tuple(a_link(n) for n in range(1, LINKS + 1)))
STARTS_S = (
    (0, 10, 0.005),
    (10, 20, 0.022),
    (20, 60, 0.664),
    (60, 300, 0.283),
    (300, 1_800, 0.019),
    (3_600, 86_400, 0.007),
)
"""From, to, share: when a burst begins after sending."""


def bursts(count: int, dice: random.Random) -> Iterator[Message]:
    """Messages swept by a gateway that shows all headers a browser shows; most load the image first."""
    for _ in range(count):
        start = _a_start(dice)
        gateway = Source(f"203.0.113.{dice.randrange(256)}", BROWSER, FULL)
        links = dice.sample(range(1, LINKS + 1), dice.choice((9, 10)))
        events = [gateway.click(start + dice.uniform(0, 0.9), link) for link in links]
        if dice.random() < 0.84:
            events.append(gateway.open(dice.uniform(0, min(start, 20))))
        yield Message("crowd", "r", events)


def lone_clicks(count: int, dice: random.Random, gateway: Source) -> Iterator[Message]:
    """Messages of which a gateway follows a single link, when bursts begin: to each by itself, a person's click."""
    for _ in range(count):
        yield Message("crowd", "r", [gateway.click(_a_start(dice), dice.randint(1, LINKS))])


def _a_start(dice: random.Random) -> float:
    """Seconds after sending at which a burst begins, but none so early that this alone gives it away."""
    low, high, _share = dice.choices(STARTS_S, [share for *_, share in STARTS_S])[0]
    return dice.uniform(max(low, 2), high)


def people(count: int, dice: random.Random, secure: bool = True) -> Iterator[Message]:
    """Messages of readers; every tenth sits with forty-nine colleagues behind one address. `secure`: over https."""
    for _ in range(count):
        yield a_visit(_a_scene(dice), dice, a_reader(dice), secure)


def neighbours(count: int, dice: random.Random, reader: Source) -> Iterator[Message]:
    """Messages of readers who all have one address and one browser: an office, or a town on mobile phones."""
    for _ in range(count):
        yield a_visit(_a_scene(dice), dice, reader)


def a_visit(scene: Scene, dice: random.Random, reader: Source, secure: bool = True) -> Message:
    """A message as it was delivered, and what one reader made of it."""
    delivery = a_delivery(DELIVERED_S, campaign="crowd", recipient="r")
    events = scene(dice, reader, _a_moment(dice))
    return Message("crowd", "r", [delivery, *(events if secure else map(_over_http, events))])


def _over_http(event: Event) -> Event:
    return replace(event, facts=event.facts & ~SECURE | Facts.PLAIN_HTTP)


def to_each(messages: Iterable[Message]) -> Iterator[Message]:
    """The same messages, each to a recipient of its own."""
    for number, message in enumerate(messages):
        recipient = f"r-{number:05}"
        yield Message(
            message.campaign, recipient, [replace(event, recipient=recipient) for event in message.events]
        )


def _a_scene(dice: random.Random) -> Scene:
    return dice.choices([scene for scene, _ in SCENES], [share for _, share in SCENES])[0]


def _a_moment(dice: random.Random) -> float:
    """Seconds after sending at which somebody reads: half of them within the hour, some days later."""
    return dice.lognormvariate(8, 1.5) + 60
