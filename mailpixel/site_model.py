"""The types of the web site half that cross stages: sites, what their events keep, and the cases folded from them.

What is judged together is a case: a message, a visit (a site and its visitor of one day) or an order (a site and an
order id). All events stand in one log under two texts. A message has its campaign and recipient there, a visit
`site:ID` and the key of its visitor, an order `order:ID` and the order id. A campaign id has no `:`, so
they never meet.

Times are integer milliseconds since 1970 (`*_ms`). Money is an integer in the minor unit of its currency.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder, Encoder

from mailpixel.model import Verdict

SITE_PREFIX, ORDER_PREFIX = "site:", "order:"


class CaseKind(StrEnum):
    """What is judged together."""

    MESSAGE = "message"
    VISIT = "visit"
    ORDER = "order"


BY_CLAIM = "claimed"
"""The rule of visits with a purchase and no page viewed before it: only a server can confirm its money."""
DIFFERS = "differs"
"""A problem of an order: reports of one purchase name different money."""
NOT_NAMED = "no_consent:recipient"
"""A problem of an order: its customer's id was not kept, because `identify` is not in `consent`."""
NO_SHOPPING = frozenset({"page_view", "purchase"})
"""Steps that a visitor takes who has nothing but the id of an order."""

Cases = frozenset[CaseKind]
"""Kinds of cases, as a reader of the log asks for them."""
MESSAGES: Cases = frozenset({CaseKind.MESSAGE})
"""What a reader of mail asks for."""
SITE_CASES: Cases = frozenset({CaseKind.VISIT, CaseKind.ORDER})
"""What a reader of web sites asks for."""


def is_of_site(campaign: str) -> bool:
    """Whether the first text of an event names a visit or an order, and so no message."""
    return campaign.startswith((SITE_PREFIX, ORDER_PREFIX))


def case_kind(campaign: str) -> CaseKind:
    """The kind of case that the first text of an event names."""
    if campaign.startswith(SITE_PREFIX):
        return CaseKind.VISIT
    return CaseKind.ORDER if campaign.startswith(ORDER_PREFIX) else CaseKind.MESSAGE


@dataclass(frozen=True, slots=True)
class Planned:
    """An event of a site's own in its tracking plan: its name, and the fields that each such event must have."""

    name: str
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A web site. People name it by `id`, public URLs by `key`: 16 hexadecimal digits, random and no secret.

    Pages of `hosts` and below them may send events. A site that must `ask` sends nothing before its visitor agreed.
    `names` are event names of its own, `keep` query parameters that stay in the addresses of its pages. `plan` says
    what its own events must have. `cookie_domain` is where a visitor who agreed is known again (empty: one host).
    An `archived` site is left out of lists, and nothing more is logged for it.
    """

    id: str
    key: str
    hosts: tuple[str, ...]
    ask: bool = True
    names: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    plan: tuple[Planned, ...] = ()
    cookie_domain: str = ""
    archived: bool = False

    @property
    def visits(self) -> str:
        """The first text of its visits in the log."""
        return SITE_PREFIX + self.id

    @property
    def orders(self) -> str:
        """The first text of its orders in the log."""
        return ORDER_PREFIX + self.id


class OrderSource(StrEnum):
    """Who reported an order."""

    BROWSER = "browser"
    SERVER = "server"
    BOTH = "both"


class Step(Struct, frozen=True, omit_defaults=True):
    """What the log keeps of one event of a visit, as JSON in the `body` of its `STEP` or `CONSENT` event.

    `at_ms` is when it happened: when it was received less its age. `id` is the text that makes repeats known;
    a step of an image may lack it.
    `url` is a page with a query cut to what the site keeps, `referrer` an origin, `data` what the event brought.
    `consent` names the purposes in force and `source` where that came from; `version` is that of the wording.
    `click` is the event id of the click of a mail, 32 hexadecimal digits, and `visitor` the id of a visitor who
    agreed to be known again; both are empty without `identify`. A `CONSENT` event has the name `consent`.
    """

    name: str
    id: str
    at_ms: int
    url: str = ""
    referrer: str = ""
    view: str = ""
    nav: str = ""
    data: dict[str, Any] = {}
    problems: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()
    source: str = ""
    version: str = ""
    click: str = ""
    visitor: str = ""
    automated: bool = False


class OrderClaim(Struct, frozen=True, omit_defaults=True):
    """What the log keeps of one report about an order, as JSON in the `body` of a PURCHASE, REFUND or CANCEL event.

    Money is in minor units of `currency`; None where it is not known or cannot be trusted. `visitor` is the key of
    the visit that a browser's purchase belongs to, `recipient` and `click` (event id, hexadecimal) what a server
    knows of its customer. `event_id` is the id that both sides give the purchase.
    """

    source: OrderSource
    at_ms: int
    currency: str = ""
    value: int | None = None
    tax: int | None = None
    shipping: int | None = None
    items: tuple[dict[str, Any], ...] = ()
    new_customer: bool | None = None
    recipient: str = ""
    click: str = ""
    visitor: str = ""
    consent: tuple[str, ...] = ()
    event_id: str = ""
    refund_id: str = ""
    problems: tuple[str, ...] = ()


class VisitStep(Struct, frozen=True, gc=False, array_like=True):
    """One event of a visit as it was folded. `what` is the path of a page view, or else its item ids, blank between.

    A `repeat` has name and id of an earlier one.
    """

    at_ms: int
    event_id: bytes
    name: str
    id: str
    what: str = ""
    repeat: bool = False


class Carry(Struct, frozen=True, gc=False, array_like=True):
    """A visit used a click of a mail: the event id of the click, and whether the visitor agreed to be known by it."""

    click: bytes
    at_ms: int
    identify: bool


class Click(Struct, frozen=True, gc=False):
    """A click of a mail that was carried on to a site, as it was folded. `id` is its event id.

    `link` is None for a destination that stood in the mail itself. A click that is not human names nobody.
    """

    id: bytes
    campaign: str
    recipient: str
    link: int | None
    at_ms: int
    verdict: Verdict

    @property
    def is_human(self) -> bool:
        """Whether a person clicked, as far as known now."""
        return self.verdict is Verdict.HUMAN


class Visit(Struct, frozen=True, array_like=True):
    """A site and its visitor of one day, folded from all events of the case.

    `visitor` is the key of the visitor of that day, `known_as` the first-party id where the visitor agreed to one.
    `channel` and `utm_campaign` say how the visit began, by the query of its first page and its referrer. `rule`
    names what decided the `verdict`, and `reasons` say it for people. `consent` is what was in force last.
    """

    site: str
    visitor: str
    first_ms: int
    last_ms: int
    verdict: Verdict
    rule: str
    steps: tuple[VisitStep, ...] = ()
    carries: tuple[Carry, ...] = ()
    known_as: str = ""
    channel: str = ""
    utm_campaign: str = ""
    consent: tuple[str, ...] = ()
    sessions: int = 1
    reasons: tuple[str, ...] = ()


class Order(Struct, frozen=True, array_like=True):
    """One order, folded from all reports about it. Money is in minor units of `currency`.

    `value` is None where no trustworthy one is known. `refunded` never exceeds the value. `visitor` is the key of
    the visit of the browser's purchase, `recipient` what the shop's server said. `agrees` says that the money of the
    browser is what the server said.

    Where browsers of several visitors reported the purchase, `others` are the same order as each of the others
    reported it, those that agree first. A store hands out the one with the best evidence alone.
    """

    site: str
    id: str
    at_ms: int
    source: OrderSource
    currency: str = ""
    value: int | None = None
    tax: int | None = None
    shipping: int | None = None
    refunded: int = 0
    cancelled: bool = False
    new_customer: bool | None = None
    visitor: str = ""
    recipient: str = ""
    click: bytes = b""
    problems: tuple[str, ...] = ()
    agrees: bool = False
    others: tuple["Order", ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """A visitor of a site and day who is a recipient: by a click that was carried, or by the shop's server."""

    site: str
    visitor: str
    recipient: str
    click: bytes = field(default=b"")


def read_step(body: str) -> Step:
    """What happened in an event of a visit, from its body. Raises `msgspec.DecodeError` for any other text."""
    return _STEPS.decode(body)


def read_claim(body: str) -> OrderClaim:
    """A report about an order, from the body of its event. Raises `msgspec.DecodeError` for any other text."""
    return _CLAIMS.decode(body)


def reporter_of(body: str) -> str:
    """The visitor whose browser made a report about an order; empty for a server's, and for one that is unreadable."""
    try:
        return read_claim(body).visitor
    except MsgspecError:
        return ""


def body_of(said: Step | OrderClaim) -> str:
    """The body of an event, for `read_step` and `read_claim`."""
    return _BODIES.encode(said).decode()


_STEPS, _CLAIMS, _BODIES = Decoder(Step), Decoder(OrderClaim), Encoder()
