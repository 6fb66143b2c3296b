"""Whether a visit or an order is that of its events."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from mailpixel.model import Message
from mailpixel.site_model import Visit
from mailpixel.store.log import PutAside
from mailpixel.store.site_projections import FoldedCase, OrderState, VisitState
from mailpixel.store.sqlite.checked_cases import CheckedCase
from mailpixel.store.sqlite.site_projections import order_in, order_row, use_row, visit_in, visit_row

FoldCase = Callable[[Message | PutAside], FoldedCase]


def case_fits(case: CheckedCase, fold: FoldCase, edition: int) -> bool:
    """Whether what is stored of a case is what its events make, as far as the rules of this number made it.

    What depends on the hosts of its site is left out: they may have changed since it was folded.
    """
    if case.waits:
        return True
    if case.logged is None or case.row is None:
        return case.logged is None and case.row is None
    folded = fold(case.logged)
    try:
        if isinstance(folded, VisitState):
            return _visit_fits(case, folded, edition)
        return isinstance(folded, OrderState) and _order_fits(case, folded)
    except Exception:  # a body that cannot be read
        return False


def _visit_fits(case: CheckedCase, folded: VisitState, edition: int) -> bool:
    *columns, known, its_edition, body = case.row or ()
    stored = VisitState(visit_in(body), known, its_edition)
    if known != folded.known or list(visit_row(stored)[2:5]) != columns:
        return False
    if [use_row(use) for use in sorted(stored.uses, key=attrgetter("click"))] != [
        _plain(use) for use in case.derived
    ]:
        return False
    return its_edition != edition or _without_hosts(stored.visit) == _without_hosts(folded.visit)


def _plain(use: Sequence[Any]) -> tuple[Any, ...]:
    *others, human, known_as = use
    return (*others, bool(human), known_as)


def _without_hosts(visit: Visit) -> Visit:
    return replace(visit, channel="", utm_campaign="", sessions=1)


def _order_fits(case: CheckedCase, folded: OrderState) -> bool:
    *columns, known, edition, body = case.row or ()
    stored = OrderState(folded.site, folded.id, None if body is None else order_in(body), known, edition)
    if sorted(visitor for (visitor,) in case.derived) != sorted(folded.others):
        return False
    row = order_row(stored)
    derived = [*row[2:5], *row[9:]]
    return (stored.order, known) == (folded.order, folded.known) and derived == columns
