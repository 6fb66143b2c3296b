"""Makers of site events, and everything around a fold of sites: only what a test is about is spelled out.

Times are seconds after `SENT_AT_MS`, as in `builders`. `Shop` is a small world: mails are clicked, pages viewed, orders
reported, in any order of arrival and cut into any number of folds.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mailpixel.classify import Rules
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Message, Network
from mailpixel.site_model import OrderClaim, OrderSource, Step, body_of
from tests.support.builders import BROWSER, at_ms

SITE = "shop"
VISITOR = "visitor-of-a-day-00001"
HOST = "https://shop.example"
SHOWN = Facts.ACCEPT | Facts.ACCEPT_LANGUAGE | Facts.ACCEPT_ENCODING | Facts.SEC_FETCH | Facts.CLIENT_HINTS
"""What a browser shows of itself when its script sends an event."""
AGREED = ("measure", "identify")
MEASURED = ("measure",)

_positions: Iterator[int] = itertools.count(1)


def site_id(received_ms: int, position: int | None = None) -> bytes:
    """An event id, unlike all others unless a position is given."""
    at = next(_positions) if position is None else position
    return received_ms.to_bytes(6, "big") + b"site" + at.to_bytes(6, "big")


def a_step(
    second: float,
    name: str = "page_view",
    visitor: str = VISITOR,
    *,
    received: float | None = None,
    kind: EventKind = EventKind.STEP,
    request: Mapping[str, Any] | None = None,
    site: str = SITE,
    **said: Any,
) -> Event:
    """An event of a visit that happened at this second and came in at `received` (at once).

    `request` replaces what its request shows: method, agent, facts, network, decided. `said` are fields of `Step`, of
    which `known` is its `visitor`.
    """
    came_ms = at_ms(second if received is None else received)
    id = site_id(came_ms)
    step = Step(
        name,
        said.pop("id", id[10:].hex()),
        at_ms(second),
        url=said.pop("url", f"{HOST}/{name}"),
        consent=said.pop("consent", MEASURED),
        visitor=said.pop("known", ""),
        **said,
    )
    shown: dict[str, Any] = {"method": "POST", "agent": BROWSER, "facts": SHOWN, **(request or {})}
    return Event(
        id,
        kind,
        came_ms,
        shown.pop("method"),
        "",
        shown.pop("agent"),
        shown.pop("facts"),
        f"site:{site}",
        visitor,
        body=body_of(step),
        **shown,
    )


def a_purchase(
    second: float,
    order: str = "A-1",
    *,
    kind: EventKind = EventKind.PURCHASE,
    source: OrderSource = OrderSource.SERVER,
    received: float | None = None,
    site: str = SITE,
    **said: Any,
) -> Event:
    """A report about an order that names this second. `said` are fields of `OrderClaim`; 20.00 euros unless told."""
    came_ms = at_ms(second if received is None else received)
    money = {"currency": "EUR", "value": 2_000}
    claim = OrderClaim(source, at_ms(second), **{**money, **said})
    return Event(
        site_id(came_ms),
        kind,
        came_ms,
        "POST",
        "",
        BROWSER if source is OrderSource.BROWSER else "",
        Facts.NONE,
        f"order:{site}",
        order,
        body=body_of(claim),
    )


def a_refund(second: float, order: str = "A-1", refund_id: str = "R-1", **said: Any) -> Event:
    """A refund of 5.00 euros, reported by the server."""
    money = {"value": 500, "refund_id": refund_id}
    return a_purchase(second, order, kind=EventKind.REFUND, **{**money, **said})


def a_cancel(second: float, order: str = "A-1") -> Event:
    """The end of an order, reported by the server."""
    return a_purchase(second, order, kind=EventKind.CANCEL, currency="", value=None)


def bought(second: float, order: str = "A-1", visitor: str = VISITOR, **said: Any) -> Sequence[Event]:
    """What a browser sends of a purchase: a step of its visit, and a report of the order."""
    of_order = {name: said.pop(name) for name in ("value", "currency", "site") if name in said}
    site = of_order.get("site", SITE)
    step = a_step(second, "purchase", visitor, id=f"purchase:{order}", site=site, **said)
    return step, a_purchase(second, order, source=OrderSource.BROWSER, visitor=visitor, **of_order)


def a_case(*events: Event) -> Message:
    """The case of these events, which are all of one."""
    return Message(events[0].campaign, events[0].recipient, events)


def judged_by(events: Sequence[Event], rules: Rules | None = None) -> tuple[str, str]:
    """Verdict and rule of a visit."""
    from mailpixel.classify.visit import judge_visit

    judged = judge_visit(a_case(*events), rules or Rules())
    return str(judged.verdict), judged.rule


def a_network(**said: Any) -> Network:
    """A published network from which machines come."""
    return Network(**{"prefix": "198.51.100.0/24", "name": "hosting", "source": "a list", **said})
