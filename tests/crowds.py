"""Crowds to try the rules on: gateways that sweep a mail, and people in a hurry. Drawn from a seed, so repeatable.

Timing of bursts: 836 scanner bursts of 9 to 10 links in a second, as published in 2026-08 (github
putyourlightson/craft-campaign issue 546).
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mailpixel.model import Campaign, Event, EventKind, Facts, Message
from tests.builders import BROWSER, GMAIL, SENT_AT, SENT_AT_MS, a_link, an_id

LINKS = 10
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

FULL = Facts(4080)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)"
IMAGE = Facts.ACCEPT | Facts.ACCEPT_IMAGE | Facts.ACCEPT_LANGUAGE | Facts.ACCEPT_ENCODING
BROWSERS = (
    (BROWSER, FULL),
    (FIREFOX, FULL & ~Facts.CLIENT_HINTS),
    (SAFARI, FULL & ~(Facts.CLIENT_HINTS | Facts.USER_ACTIVATED)),
)
"""Agents of people and the facts of their clicks."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where somebody sits: address, and the browser clicks come from."""

    address: str
    agent: str
    facts: Facts

    def click(self, second: float, link: int) -> Event:
        """This source follows a link."""
        return _event(EventKind.CLICK, second, link, self.address, self.agent, self.facts)

    def open(self, second: float, agent: str | None = None) -> Event:
        """This source loads the image, in its browser or in a mail program."""
        return _event(
            EventKind.OPEN, second, None, self.address, agent or self.agent, IMAGE | Facts.SEC_FETCH
        )


def _event(kind: EventKind, second: float, link: int | None, address: str, agent: str, facts: Facts) -> Event:
    at_ms = SENT_AT_MS + round(second * 1000)
    return Event(kind, "crowd", "r", at_ms, link, None, "GET", address, agent, facts, an_id(at_ms))


def bursts(count: int, dice: random.Random) -> Iterator[Message]:
    """Messages swept by a gateway that shows all headers a browser shows; most load the image first."""
    for _ in range(count):
        low, high, _share = dice.choices(STARTS_S, [share for *_, share in STARTS_S])[0]
        start = dice.uniform(max(low, 2), high)
        gateway = Source(f"203.0.113.{dice.randrange(256)}", BROWSER, FULL)
        links = dice.sample(range(1, LINKS + 1), dice.choice((9, 10)))
        events = [gateway.click(start + dice.uniform(0, 0.9), link) for link in links]
        if dice.random() < 0.84:
            events.append(gateway.open(dice.uniform(0, min(start, 20))))
        yield Message("crowd", "r", events)


Scene = Callable[[random.Random, Source, float], Sequence[Event]]
"""What one reader does from a moment on."""


def one_click(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Opens, reads, follows one link."""
    return [reader.open(at, _mail(dice)), reader.click(at + dice.uniform(3, 90), dice.randint(1, LINKS))]


def three_tabs(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Opens three links in tabs within 12 seconds."""
    middle = dice.uniform(1.5, 10.5)
    chosen = dice.sample(range(1, LINKS + 1), 3)
    moments = (0.0, middle, 12.0)
    return [
        reader.open(at),
        *(reader.click(at + 8 + moment, link) for moment, link in zip(moments, chosen, strict=True)),
    ]


def double_click(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Clicks twice out of habit."""
    link = dice.randint(1, LINKS)
    return [reader.open(at, _mail(dice)), reader.click(at + 10, link), reader.click(at + 10.3, link)]


def back_button(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Comes back and follows another link, then the first again."""
    first, second = dice.sample(range(1, LINKS + 1), 2)
    return [
        reader.open(at),
        reader.click(at + 9, first),
        reader.click(at + 15, second),
        reader.click(at + 22, first),
    ]


def forwarded(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Read here, forwarded, read and clicked there."""
    friend = a_reader(dice)
    later = at + dice.uniform(60, 50_000)
    return [*one_click(dice, reader, at), *one_click(dice, friend, later)]


def waiting_for_it(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Waits for the mail, images off, and clicks within the first minute."""
    return [reader.click(dice.uniform(5, 55), dice.randint(1, LINKS))]


def images_off(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Never loads the image."""
    return [reader.click(at, dice.randint(1, LINKS))]


SCENES: tuple[tuple[Scene, float], ...] = (
    (one_click, 0.60),
    (three_tabs, 0.10),
    (double_click, 0.08),
    (back_button, 0.06),
    (forwarded, 0.04),
    (waiting_for_it, 0.02),
    (images_off, 0.10),
)


def people(count: int, dice: random.Random) -> Iterator[Message]:
    """Messages of readers; every tenth sits with forty-nine colleagues behind one address."""
    for _ in range(count):
        scene = dice.choices([scene for scene, _ in SCENES], [share for _, share in SCENES])[0]
        yield Message("crowd", "r", scene(dice, a_reader(dice), dice.lognormvariate(8, 1.5) + 60))


def a_reader(dice: random.Random) -> Source:
    """Somebody at home, or in the office that shares one address."""
    address = "203.0.113.40" if dice.random() < 0.1 else f"198.51.100.{dice.randrange(256)}"
    return Source(address, *dice.choice(BROWSERS))


def _mail(dice: random.Random) -> str | None:
    return dice.choice((OUTLOOK, GMAIL, None))
