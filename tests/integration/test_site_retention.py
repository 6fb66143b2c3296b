"""Visits and orders lose their details after two days and go after a year; verdicts and counts of views stay."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel.classify import Rules
from mailpixel.measure.page_views import page_views
from mailpixel.privacy.site_dropping import SiteDropping
from mailpixel.projections.visits import fold_visit
from mailpixel.site_model import Visit
from mailpixel.store.retention import Holding, Kept
from mailpixel.store.store import Store
from tests.support.builders import ROBOT, an_open, at_ms
from tests.support.shop import A_SITE, fold_sites
from tests.support.site_cases import SITE, VISITOR, a_network, a_purchase, a_refund, a_step, bought
from tests.support.stores import STORES, a_store

DAY = 86_400
ROBOTS, YOUNG = "visitor-a-robot-000001", "visitor-of-today-00001"


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store in turn."""
    with a_store(request.param, tmp_path) as store:
        yield store


def filled(store: Store) -> None:
    """A person who buys, a robot, and somebody ten days later."""
    store.append(
        [
            a_step(100),
            a_step(160, "view_item", request={"network": a_network()}),
            *bought(200),
            a_step(300, visitor=ROBOTS, request={"agent": ROBOT}),
            a_step(310, visitor=ROBOTS, request={"agent": ROBOT}),
            a_purchase(400, "A-2"),
            an_open(50),
            a_refund(9 * DAY, "A-2"),
            a_step(10 * DAY, visitor=YOUNG),
        ]
    )
    fold_sites(store)


def visits(store: Store) -> list[Visit]:
    return list(store.visits(SITE))


def test_details_go_and_no_verdict_changes(store: Store) -> None:
    filled(store)
    before, rules = visits(store), Rules()
    assert store.holding(Kept.SITE_DETAILS, at_ms(5 * DAY)) == Holding(9, 7, at_ms(100), None)
    dropping = SiteDropping(store, lambda: rules)
    rounds = [dropping.round(at_ms(5 * DAY), 3) for _ in range(4)]
    assert sum(hits for hits, _ in rounds) == 7
    assert not rounds[-1].more
    cases = [case for text in (A_SITE.visits, A_SITE.orders) for case in store.messages(text)]
    events = [event for case in cases for event in case.events]
    old = [event for event in events if event.decided is not None]
    assert {(event.agent, event.network, bool(event.facts), event.address, event.tag) for event in old} == {
        ("", None, False, "", b"")
    }
    assert [event.recipient for event in events if event.decided is None] == [YOUNG, "A-2"]
    store.forget_cases([(A_SITE.visits, visit.visitor) for visit in before])
    again = [store.message(A_SITE.visits, visit.visitor) for visit in before]
    folded = [fold_visit(case, rules, A_SITE.hosts) for case in again]
    assert [(each.visitor, each.verdict, each.rule) for each in folded] == [
        (each.visitor, each.verdict, each.rule) for each in before
    ]


def test_old_visits_and_orders_go_as_a_whole_and_their_views_stay_counted(store: Store) -> None:
    filled(store)
    assert store.holding(Kept.SITE_EVENTS, at_ms(5 * DAY)).rows == 9
    removed, after = 0, b""
    while True:
        part = store.forget_site_past(at_ms(5 * DAY), after, 2)
        removed, after = removed + part.events, part.after
        if not after:
            break
    assert removed == 6
    assert [visit.visitor for visit in visits(store)] == [YOUNG]
    assert [order.id for order in store.orders(SITE)] == ["A-2"]
    day = at_ms(100) // (DAY * 1_000)
    assert store.kept_page_views(SITE) == {
        day: {"views.bot": 2, "views.human": 1, "visits.bot": 1, "visits.human": 1}
    }
    assert store.kept_page_views("another") == {}
    (kept,) = page_views(store, A_SITE, day * DAY * 1_000, (day + 1) * DAY * 1_000).days
    assert (kept.visits_human, kept.visits_machine, kept.views_human, kept.views_machine) == (1, 1, 1, 2)
    assert (kept.removed, kept.pages) == (2, [])
    assert [message.recipient for message in store.messages("spring")] == ["r-1"]


def test_what_is_not_folded_stays(store: Store) -> None:
    store.append([a_step(100), a_purchase(200)])
    assert store.forget_site_past(at_ms(5 * DAY)).events == 0
    fold_sites(store)
    assert store.forget_site_past(at_ms(5 * DAY)).events == 2
    assert (visits(store), store.visit(SITE, VISITOR)) == ([], None)
    assert store.kept_page_views(SITE) == {at_ms(100) // (DAY * 1_000): {"views.human": 1, "visits.human": 1}}
