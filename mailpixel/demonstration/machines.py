"""What machines do with a mail, by themselves: prefetchers, link scanners, previews and tools."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from mailpixel.demonstration import clients
from mailpixel.demonstration.clients import Client

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
PIXEL = 0
"""The number that stands for the pixel; links begin at 1."""


class Planned(NamedTuple):
    """A request that will come. `link` is `PIXEL` or the number of a link."""

    at_ms: int
    recipient: str
    link: int
    client: Client
    address: str
    method: str = "GET"


class Subject(NamedTuple):
    """What happens to a mail: who got it when, and which links it has, the hidden one last."""

    recipient: str
    delivered_at_ms: int
    links: Sequence[int]


def address_in(rng: Random, prefix: str) -> str:
    """An address in a network of which the first two or three numbers are given."""
    missing = 3 - prefix.count(".")
    return ".".join((prefix, *(str(rng.randint(1, 254)) for _ in range(missing))))


def apple_prefetch(rng: Random, subject: Subject) -> Iterator[Planned]:
    """Apple fetches the pixel through its relay, some time after delivery, whether or not anyone reads."""
    if rng.random() < 0.93:
        delay_ms = round(rng.expovariate(1 / (40 * MINUTE_MS))) + 4 * SECOND_MS
        address = address_in(rng, "172.224.226")
        yield Planned(
            subject.delivered_at_ms + delay_ms, subject.recipient, PIXEL, clients.APPLE_PREFETCH, address
        )


def link_checker(rng: Random, subject: Subject) -> Iterator[Planned]:
    """A gateway follows every link within seconds, under the name of a browser."""
    address = address_in(rng, "40.94")
    yield from _sweep(rng, subject, clients.BROWSER_WITHOUT_HEADERS, address, "GET")


def named_scanner(rng: Random, subject: Subject) -> Iterator[Planned]:
    """A scanner that says what it is: it probes every link, then follows it."""
    address = address_in(rng, "64.235.150")
    yield from _sweep(rng, subject, clients.NAMED_SCANNER, address, "HEAD")
    yield from _sweep(rng, subject, clients.NAMED_SCANNER, address, "GET")


def chat_preview(rng: Random, subject: Subject) -> Iterator[Planned]:
    """A chat shows a preview of a link that someone pasted."""
    at_ms = subject.delivered_at_ms + round(rng.uniform(0.5, 12) * HOUR_MS)
    link = subject.links[1]
    yield Planned(at_ms, subject.recipient, link, clients.SLACK, address_in(rng, "203.0.113"))


def tool(rng: Random, subject: Subject) -> Iterator[Planned]:
    """A program reads the mailbox and fetches what it finds."""
    if rng.random() < 0.4:
        at_ms = subject.delivered_at_ms + round(rng.uniform(1, 40) * MINUTE_MS)
        for link in (PIXEL, subject.links[0]):
            yield Planned(at_ms, subject.recipient, link, clients.TOOL, address_in(rng, "198.51.100"))


def _sweep(rng: Random, subject: Subject, client: Client, address: str, method: str) -> Iterator[Planned]:
    at_ms = subject.delivered_at_ms + round(rng.uniform(2.5, 45) * SECOND_MS)
    for link in subject.links:
        yield Planned(at_ms, subject.recipient, link, client, address, method)
        at_ms += rng.randint(60, 700)
