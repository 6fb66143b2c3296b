"""What a reader does with a mail, and when: opens it, looks again, follows links, asks not to be tracked."""

from collections.abc import Iterator, Sequence
from random import Random

from mailpixel.demonstration.machines import (
    HOUR_MS,
    MINUTE_MS,
    PIXEL,
    SECOND_MS,
    Planned,
    Subject,
    address_in,
)
from mailpixel.demonstration.mailboxes import Mailbox

PEOPLE = "198.18"
"""The network of every simulated reader: 198.18.0.0/15 belongs to nobody (RFC 2544, for measurements)."""
AWAKE = (
    0.10, 0.06, 0.04, 0.04, 0.07, 0.20, 0.45, 0.75, 0.95, 1.00, 0.95, 0.90,
    0.95, 0.85, 0.75, 0.72, 0.75, 0.85, 0.95, 1.00, 0.95, 0.75, 0.45, 0.22,
)  # fmt: skip
"""How likely people read at each hour of the day, UTC."""
SOON_MS, LATE_MS = 100 * MINUTE_MS, 15 * HOUR_MS
"""How long the quick and the slow half take, on average."""
AGAIN = 0.24
"""The share of readers who open the mail a second time."""
TWICE = 0.12
"""The share whose program fetches the pixel twice in a moment."""
SECOND_LINK = 0.22
"""The share of those who click who follow another link."""
OPTS_OUT = 0.004
"""The share of readers who ask not to be tracked."""


def reading_at_ms(rng: Random, delivered_at_ms: int) -> int:
    """When somebody reads a mail: soon or much later, and seldom at night."""
    while True:
        mean_ms = SOON_MS if rng.random() < 0.5 else LATE_MS
        at_ms = delivered_at_ms + 40 * SECOND_MS + round(rng.expovariate(1 / mean_ms))
        if rng.random() < AWAKE[at_ms // HOUR_MS % 24]:
            return at_ms


def reading(
    rng: Random, subject: Subject, mailbox: Mailbox, weights: Sequence[float], clicks: float
) -> Iterator[Planned]:
    """What one reader does. `weights` share the clicks among the visible links; `clicks` of the readers click."""
    home = address_in(rng, PEOPLE)
    at_ms = reading_at_ms(rng, subject.delivered_at_ms)
    yield from _opens(rng, subject, mailbox, home, at_ms)
    if rng.random() < clicks:
        yield from _clicks(rng, subject, mailbox, weights, (home, at_ms))


def _opens(rng: Random, subject: Subject, mailbox: Mailbox, home: str, at_ms: int) -> Iterator[Planned]:
    if not mailbox.opens:
        return
    client = rng.choice(mailbox.opens)
    times_ms = [at_ms]
    if rng.random() < TWICE:
        times_ms.append(at_ms + rng.randint(1, 20) * SECOND_MS)
    if rng.random() < AGAIN:
        times_ms.append(reading_at_ms(rng, at_ms + HOUR_MS))
    for when_ms in times_ms:
        address = address_in(rng, mailbox.proxied) if mailbox.proxied else home
        yield Planned(when_ms, subject.recipient, PIXEL, client, address)


def _clicks(
    rng: Random, subject: Subject, mailbox: Mailbox, weights: Sequence[float], where: tuple[str, int]
) -> Iterator[Planned]:
    home, at_ms = where
    browser = rng.choice(mailbox.follows)
    links = rng.choices(subject.links[: len(weights)], weights, k=2 if rng.random() < SECOND_LINK else 1)
    for link in dict.fromkeys(links):
        at_ms += round(rng.uniform(4, 90) * SECOND_MS)
        yield Planned(at_ms, subject.recipient, link, browser, home)
