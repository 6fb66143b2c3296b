"""Makers of campaigns, events and histories for every test: only what a test is about is spelled out.

Times are seconds after `SENT_AT_MS`, the moment the campaign of the tests was sent. `judge_plainly` is a
small deterministic judge with the signature of the real one, for tests of the rooms below the rules.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from mailpixel.claims import Claims
from mailpixel.classify import Rules
from mailpixel.ingest.people_cache import ConsentFeed, PeopleCache
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.ingest.site_cache import SiteCache
from mailpixel.kinds import HIT_KINDS, EventKind, Reason
from mailpixel.links.click_id import ClickIds
from mailpixel.links.keyring import Key, Keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign, Event, Facts, Judged, Link, Message, Verdict, Via
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.resolve import Policy, Resolver
from mailpixel.privacy.salts import OwnSalts
from mailpixel.site_model import Site
from mailpixel.store.campaigns import CampaignWriter
from mailpixel.store.memory import MemoryRegistry

SENT_AT_MS = 1_790_000_000_000
SENT_AT = datetime.fromtimestamp(SENT_AT_MS / 1000, UTC)
CAMPAIGN = "spring"
RECIPIENT = "r-1"
EDGE = b"edge"
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/151.0.0.0 Safari/537.36"
)
APPLE = "Mozilla/5.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
ROBOT = "curl/8.5.0"


KEYRING = Keyring((Key(1, b"k" * 32, SENT_AT),), b"p" * 32)
"""Keys of tests whose cases hold tokens: the same in every process that collects them."""


def people_of(registry: ConsentFeed) -> PeopleCache:
    """What the people of a registry agreed to, as of now."""
    people = PeopleCache(registry)
    people.refresh()
    return people


class Known(NamedTuple):
    """What an intake is given to know. People who opted out are those of the registry."""

    signer: TokenSigner
    registry: RegistryCache
    people: PeopleCache = people_of(MemoryRegistry())
    resolver: Resolver = Resolver(Policy())
    is_sure_of_people: bool = True
    click_ids: ClickIds = ClickIds(KEYRING)

    @property
    def sites(self) -> SiteCache:
        """The sites of its registry."""
        return self.registry.sites

    def read_click(self, text: str) -> bytes | None:
        """The event id of the click that a click id names."""
        return self.click_ids.read(text).click


plain_rules = cache(Rules)
"""The rules without additions, made once."""
MINIMISER = Minimiser(OwnSalts(), plain_rules)
"""Keeps the tags of one process."""

_positions: Iterator[int] = itertools.count(1)


def at_ms(second: float) -> int:
    """Milliseconds since 1970 of a moment `second` seconds after sending."""
    return SENT_AT_MS + round(second * 1000)


def an_id(received_at_ms: int, edge: bytes = EDGE, position: int | None = None) -> bytes:
    """A new event id: received_at (6 bytes), edge (4), position (6), counted up when not given."""
    number = next(_positions) if position is None else position
    return received_at_ms.to_bytes(6, "big") + edge + number.to_bytes(6, "big")


def an_event(kind: EventKind, second: float = 60.0, **fields: object) -> Event:
    """An event of `RECIPIENT` in `CAMPAIGN`; any field of `Event` can be given by name."""
    received_at_ms = at_ms(second)
    given: dict[str, object] = {
        "kind": kind,
        "campaign": CAMPAIGN,
        "recipient": RECIPIENT,
        "received_at_ms": received_at_ms,
        "method": "GET",
        "address": "",
        "agent": "",
        "facts": Facts.NONE,
    }
    given |= fields
    given.setdefault("id", an_id(received_at_ms))
    return Event(**given)  # type: ignore[arg-type]


def an_open(second: float = 60.0, **fields: object) -> Event:
    """A person's browser fetches the pixel."""
    return an_event(EventKind.OPEN, second, **({"address": "192.0.2.10", "agent": BROWSER} | fields))


def a_click(second: float = 90.0, link: int | None = 1, **fields: object) -> Event:
    """A person's browser follows a link; `link=None` with a `destination` for an embedded one."""
    given: dict[str, object] = {"address": "192.0.2.10", "agent": BROWSER, "link": link}
    return an_event(EventKind.CLICK, second, **(given | fields))


def a_delivery(second: float = 1.0, **fields: object) -> Event:
    """The receiving server takes the message."""
    return an_event(EventKind.DELIVERY, second, **({"method": ""} | fields))


def an_optout(second: float = 3600.0, **fields: object) -> Event:
    """The recipient asks not to be tracked."""
    return an_event(EventKind.OPTOUT, second, **({"method": ""} | fields))


def a_bounce(second: float = 2.0, reason: Reason = Reason.INVALID, **fields: object) -> Event:
    """The ESP reports that the message did not arrive."""
    return an_event(EventKind.BOUNCE, second, **({"method": "", "reason": reason} | fields))


def a_complaint(second: float = 7200.0, reason: Reason = Reason.SPAM, **fields: object) -> Event:
    """The recipient reports the message as spam."""
    return an_event(EventKind.COMPLAINT, second, **({"method": "", "reason": reason} | fields))


def a_message(*events: Event) -> Message:
    """The message these events belong to, in order of their ids."""
    campaign, recipient = (events[0].campaign, events[0].recipient) if events else (CAMPAIGN, RECIPIENT)
    return Message(campaign, recipient, tuple(sorted(events, key=lambda event: event.id)))


def a_link(number: int = 1, url: str | None = None, trap: bool = False) -> Link:
    """A numbered destination."""
    return Link(number, url if url is not None else f"https://shop.example/p/{number}", trap)


def a_campaign(id: str = CAMPAIGN, links: int = 3, **fields: object) -> Campaign:
    """A campaign sent at `SENT_AT` with `links` ordinary links; any field can be given by name."""
    given: dict[str, object] = {
        "name": id.title(),
        "sent_at": SENT_AT,
        "links": tuple(a_link(number) for number in range(1, links + 1)),
    }
    return Campaign(id=id, **(given | fields))  # type: ignore[arg-type]


REPEAT_MS = {EventKind.OPEN: 30_000, EventKind.CLICK: 5_000}
BURST_LINKS = 3


def put(registry: CampaignWriter, campaign: Campaign, by: str = "cli", now: datetime = SENT_AT) -> None:
    """Replace a campaign by this one."""
    registry.change_campaign(campaign.id, lambda _: campaign, by, now)


def judge_plainly(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
    """Judge every event by a few plain rules, one of which needs the neighbours and one the campaign.

    Reports and opt-outs come back as internal, so that forgetting to leave them out shows.
    """
    traps = {link.number for link in campaign.links if link.trap}
    clicked = {event.link for event in message.events if event.kind is EventKind.CLICK}
    swept = len(clicked) >= BURST_LINKS or bool(clicked & traps)
    ordered = sorted(message.events, key=lambda event: event.id)
    counted: dict[tuple[object, ...], int] = {}
    return tuple(_judged(event, _verdict(event, swept), counted) for event in ordered)


def _verdict(event: Event, swept: bool) -> tuple[Verdict, str, Via | None]:
    if event.kind not in HIT_KINDS or event.facts & Facts.PREVIEW:
        return Verdict.INTERNAL, "internal", None
    if event.method != "GET" or event.facts & Facts.FORGED:
        return Verdict.SCANNER, "method", None
    if event.kind is EventKind.CLICK and swept:
        return Verdict.SCANNER, "burst", None
    by_agent: dict[str, tuple[Verdict, str, Via | None]] = {
        APPLE: (Verdict.PRIVACY_PREFETCH, "apple_mpp", Via.APPLE),
        GMAIL: (Verdict.HUMAN, "mail_proxy", Via.GMAIL),
        ROBOT: (Verdict.BOT, "declared", None),
    }
    return by_agent.get(event.agent, (Verdict.HUMAN, "default", None))


def _judged(
    event: Event, decided: tuple[Verdict, str, Via | None], counted: dict[tuple[object, ...], int]
) -> Judged:
    verdict, rule, via = decided
    key = (event.kind, event.link, verdict, event.method, event.facts, event.agent, event.address)
    first_ms = counted.get(key)
    dup = first_ms is not None and event.received_at_ms - first_ms <= REPEAT_MS.get(event.kind, 0)
    if not dup:
        counted[key] = event.received_at_ms
    return Judged(event, verdict, rule, via, dup)


def without_modes(claims: Claims | None) -> Claims | None:
    """What a token names, whatever it allows to record."""
    return claims and claims._replace(modes=None)


SITE = Site("shop", "0123456789abcdef", ("shop.example",))
VISITOR = "q" * 22


def a_step(second: float = 60.0, body: str = '{"name":"page_view"}', **fields: object) -> Event:
    """A page of `SITE` was viewed by `VISITOR`."""
    given: dict[str, object] = {"campaign": SITE.visits, "recipient": VISITOR, "agent": BROWSER, "body": body}
    return an_event(EventKind.STEP, second, **({"method": "POST"} | given | fields))


def a_purchase(
    second: float = 90.0, order: str = "o-1", body: str = '{"source":"server"}', **fields: object
) -> Event:
    """The server of `SITE` reports an order."""
    given: dict[str, object] = {"campaign": SITE.orders, "recipient": order, "body": body}
    return an_event(EventKind.PURCHASE, second, **({"method": ""} | given | fields))
