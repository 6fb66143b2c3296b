"""Whose an order is that browsers of several visitors reported: the visitor with the best evidence, never the fastest.

Anybody can send a purchase with the id of somebody else's order, and say that it happened earlier.
"""

from collections.abc import Callable

from msgspec.structs import replace

from mailpixel.model import Verdict
from mailpixel.site_model import BY_CLAIM, NO_SHOPPING, Order, Visit

Visits = Callable[[str, str], Visit | None]
"""Finds the visit of a site and a visitor."""


def settled(order: Order, visit_of: Visits) -> Order:
    """The order as the visitor with the best evidence reported it.

    In this order: a visit that used the click that the shop's server handed over, money that is what the server said, a
    person's visit that had viewed a page, steps in the shop; then what the reports themselves say: money, and the first
    moment.
    """
    if not order.others:
        return order
    claims = [replace(order, others=()), *order.others]
    best = min(claims, key=lambda claim: _doubts(claim, visit_of(claim.site, claim.visitor)))
    return replace(best, others=())


def _doubts(claim: Order, visit: Visit | None) -> tuple[bool, ...]:
    """What speaks against a claim, the strongest first. Of equal claims the first one stays the first."""
    if visit is None:
        return (True, not claim.agrees, True, True)
    return (
        not any(carry.click == claim.click for carry in visit.carries),
        not claim.agrees,
        visit.verdict is not Verdict.HUMAN or visit.rule == BY_CLAIM,
        all(step.name in NO_SHOPPING for step in visit.steps),
    )
