"""Laws of the fold of sites, over generated histories: the order of arrival never matters, and all readings agree."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpixel.classify import Rules
from mailpixel.classify.visit import judge_visit
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Verdict
from mailpixel.site_model import OrderSource
from mailpixel.store.site_projections import Days, day_of_id
from mailpixel.store.store import Store
from tests.property.test_fold_laws import Opened, empty
from tests.support.builders import ROBOT, a_click
from tests.support.shop import Shop
from tests.support.site_cases import AGREED, MEASURED, SITE, a_cancel, a_purchase, a_refund, a_step, bought
from tests.support.stores import STORES

PEOPLE, VISITORS, ORDERS = ("r-0", "r-1", "r-2"), ("v-0", "v-1", "v-2", "v-3"), ("A-1", "A-2")
DAY_S = 86_400
laws = settings(max_examples=30)
seconds = st.one_of(st.integers(0, 400), st.integers(0, 3 * DAY_S))
stores = pytest.mark.parametrize(
    "opened", [partial(empty, name) for name in sorted(STORES)], ids=sorted(STORES)
)


@st.composite
def clicks(draw: st.DrawFn) -> Event:
    """A click of somebody's mail, by a person or a machine."""
    agent = {"agent": ROBOT} if draw(st.integers(0, 4)) == 0 else {}
    recipient, link = draw(st.sampled_from(PEOPLE)), draw(st.integers(1, 3))
    return a_click(draw(seconds), link, recipient=recipient, facts=Facts.CARRIED | Facts.ACCEPT, **agent)


@st.composite
def happenings(draw: st.DrawFn, used: Sequence[Event]) -> Sequence[Event]:
    """What happens at one moment on the site or in the shop."""
    second, visitor, order = draw(seconds), draw(st.sampled_from(VISITORS)), draw(st.sampled_from(ORDERS))
    consent = draw(st.sampled_from([AGREED, AGREED, MEASURED]))
    known = draw(st.sampled_from(["", "k" * 22])) if consent == AGREED else ""
    match draw(st.integers(0, 7)):
        case 0 | 1:
            click = draw(st.sampled_from(used)) if used else None
            at = (
                second
                if click is None
                else (click.received_at_ms - 1_790_000_000_000) / 1000 + second % 2_000
            )
            carried = click.id.hex() if click is not None and consent == AGREED else ""
            return [a_step(at, visitor=visitor, consent=consent, click=carried, known=known)]
        case 2:
            name = draw(st.sampled_from(["page_view", "add_to_cart"]))
            said: dict[str, Any] = {
                "id": draw(st.sampled_from(["x", "y"])),
                "automated": draw(st.integers(0, 9)) == 0,
            }
            return [a_step(second, name, visitor, received=second + draw(st.integers(0, 999)), **said)]
        case 3:
            return bought(second, order, visitor, value=draw(st.sampled_from([2_000, 1_500])))
        case 4:
            recipient = draw(st.sampled_from(["", *PEOPLE]))
            return [a_purchase(second, order, recipient=recipient, consent=consent)]
        case 5:
            return [
                a_refund(
                    second, order, draw(st.sampled_from(["R-1", "R-2"])), value=draw(st.integers(1, 3_000))
                )
            ]
        case 6:
            return [a_step(second, "consent", visitor, kind=EventKind.CONSENT, consent=())]
        case _:
            return [a_cancel(second, order)]


@st.composite
def histories(draw: st.DrawFn) -> Sequence[Event]:
    """Mails that are clicked, and what happens on the site."""
    used = draw(st.lists(clicks(), max_size=5))
    return [*used, *(event for some in draw(st.lists(happenings(used), max_size=12)) for event in some)]


def cut(draw: st.DrawFn, events: Sequence[Event]) -> Sequence[Sequence[Event]]:
    """The events in some order of arrival, in some parts."""
    mixed = draw(st.permutations(events))
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    return [mixed[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]


def everything(store: Store, parts: Sequence[Sequence[Event]]) -> object:
    """What is known after these parts arrived."""
    shop = Shop(store)
    for part in parts:
        shop.receive(part)
    return list(store.visits(SITE)), list(store.orders(SITE)), shop.names(), shop.money()


@stores
@laws
@given(st.data())
def test_any_order_of_arrival_and_any_parts_give_the_same(opened: Opened, data: st.DataObject) -> None:
    history = data.draw(histories())
    parts = data.draw(st.composite(cut)(history))
    with opened() as store, empty("memory") as at_once:
        assert everything(store, parts) == everything(at_once, [history])


@stores
@laws
@given(histories())
def test_a_visitor_a_recipient_and_the_days_tell_the_same(opened: Opened, history: Sequence[Event]) -> None:
    with opened() as store:
        shop = Shop(store).receive(history)
        by_visitor = {(SITE, visitor): recipient for visitor, recipient in shop.names().items()}
        by_recipient = {(each.site, each.visitor): each.recipient for one in PEOPLE for each in shop.who(one)}
        first = day_of_id(a_click(0).id)
        by_days = shop.identities.of_days(Days(first, first + 9))
        each_day = [shop.identities.of_days(Days(day, day)) for day in range(first, first + 10)]
        assert by_visitor == by_recipient == {who: each.recipient for who, each in by_days.items()}
        assert by_days == {who: each for day in each_day for who, each in day.items()}


@laws
@given(histories())
def test_of_several_visitors_of_a_day_who_are_one_person_all_agreed_or_a_server_said_so(
    history: Sequence[Event],
) -> None:
    with empty("memory") as store:
        shop = Shop(store).receive(history)
        told = {(each.recipient, each.visitor) for one in PEOPLE for each in store.named_of(one)}
        known = {visit.visitor: visit for visit in store.visits(SITE)}
        for one in PEOPLE:
            by_day: dict[int, set[str]] = {}
            for identity in shop.who(one):
                visit = known[identity.visitor]
                if (one, identity.visitor) not in told:
                    day = day_of_id(visit.steps[0].event_id)
                    by_day.setdefault(day, set()).add(visit.known_as or identity.visitor)
            assert all(len(names) == 1 for names in by_day.values())


@laws
@given(histories())
def test_refunds_never_exceed_an_order_and_machines_sell_nothing(history: Sequence[Event]) -> None:
    with empty("memory") as store:
        shop = Shop(store).receive(history)
        orders = list(store.orders(SITE))
        assert all(0 <= order.refunded <= (order.value or 0) for order in orders)
        counted = [
            order.value - order.refunded
            for order in orders
            if order.value is not None
            and not order.cancelled
            and _is_believed(store, order.source, order.visitor)
        ]
        assert sum(shop.money().values()) == sum(counted)


def _is_believed(store: Store, source: OrderSource, visitor: str) -> bool:
    visit = store.visit(SITE, visitor)
    person = visit is not None and visit.verdict is Verdict.HUMAN and visit.rule == "default"
    return source is not OrderSource.BROWSER or person


@laws
@given(st.data())
def test_a_verdict_is_a_pure_function_of_the_events(data: st.DataObject) -> None:
    history = [event for event in data.draw(histories()) if event.campaign == f"site:{SITE}"]
    with empty("memory") as store:
        store.append(history)
        for visitor in {event.recipient for event in history}:
            case = store.message(f"site:{SITE}", visitor)
            mixed = type(case)(case.campaign, case.recipient, data.draw(st.permutations(case.events)))
            first, again = judge_visit(case, Rules()), judge_visit(mixed, Rules())
            assert (first.verdict, first.rule, first.repeats) == (again.verdict, again.rule, again.repeats)
            assert [each.event.id for each in first.steps] == [each.event.id for each in again.steps]
