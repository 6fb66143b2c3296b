"""Who a visitor is, and what an order is worth: scenarios in many orders of arrival, cut into several folds."""

from collections.abc import Sequence
from typing import Any

import pytest

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts
from mailpixel.projections.touches import touches_in
from mailpixel.site_model import Identity, OrderSource
from mailpixel.store.site_projections import Days, day_of_id
from tests.support.builders import ROBOT, a_click
from tests.support.shop import Shop, in_every_order
from tests.support.site_cases import (
    AGREED,
    MEASURED,
    SITE,
    VISITOR,
    a_cancel,
    a_purchase,
    a_refund,
    a_step,
    bought,
)

OTHER = "visitor-of-a-day-00002"
THIRD = "visitor-of-a-day-00003"
DAY_S = 86_400
MIDNIGHT_S = 86_400 - 1_790_000_000 % 86_400
"""From sending to the next midnight (UTC)."""


def carried(second: float = 100, recipient: str = "r-1", **fields: Any) -> Event:
    """A click whose redirect carried its id on."""
    return a_click(second, recipient=recipient, facts=Facts.ACCEPT | Facts.CARRIED, **fields)


def landed(click: Event, second: float, visitor: str = VISITOR, known: str = "", **said: Any) -> Event:
    """The page that a click led to. The visitor agrees to be known; `known` is an id of theirs."""
    return a_step(
        second, visitor=visitor, **{"consent": AGREED, "click": click.id.hex(), "known": known, **said}
    )


def names(*events: Event) -> object:
    """Whom each visitor is named, in every order of arrival."""
    return in_every_order(events, Shop.names)


def test_a_person_who_clicks_and_agrees_is_the_visitor() -> None:
    click = carried()
    assert names(click, landed(click, 102)) == {VISITOR: "r-1"}


def test_a_forwarded_mail_merges_nobody() -> None:
    click, friends = carried(100), carried(500)
    assert names(click, landed(click, 102), friends, landed(friends, 502, OTHER)) == {VISITOR: "r-1"}


def test_a_forwarded_address_names_its_first_visitor_only() -> None:
    click = carried(100)
    assert names(click, landed(click, 102), landed(click, 400, OTHER), landed(click, 102.5, THIRD)) == {
        VISITOR: "r-1"
    }


def test_two_visitors_at_the_same_moment_are_told_apart_by_their_keys() -> None:
    click = carried(100)
    assert names(click, landed(click, 102, OTHER), landed(click, 102, VISITOR)) == {VISITOR: "r-1"}


def test_a_second_device_that_agreed_to_the_same_id_is_the_same_person() -> None:
    click, again = carried(100), carried(5_000)
    first = landed(click, 102, VISITOR, known="v" * 22)
    second = landed(again, 5_002, OTHER, known="v" * 22)
    assert names(click, first, again, second) == {VISITOR: "r-1", OTHER: "r-1"}


def test_a_second_device_with_another_id_is_somebody_else() -> None:
    click, again = carried(100), carried(5_000)
    first, second = landed(click, 102, known="v" * 22), landed(again, 5_002, OTHER, known="w" * 22)
    assert names(click, first, again, second) == {VISITOR: "r-1"}


def test_another_day_begins_anew() -> None:
    click, tomorrow = carried(100), carried(MIDNIGHT_S + 100)
    seen = [landed(click, 102), landed(tomorrow, MIDNIGHT_S + 102, OTHER)]
    assert names(click, tomorrow, *seen) == {VISITOR: "r-1", OTHER: "r-1"}


@pytest.mark.parametrize(
    ("after_s", "named"), [(1_800, {VISITOR: "r-1"}), (1_800.001, {}), (0, {VISITOR: "r-1"})]
)
def test_a_click_names_its_visitor_within_thirty_minutes(after_s: float, named: dict[str, str]) -> None:
    click = carried(100)
    assert names(click, landed(click, 100 + after_s)) == named


def test_a_use_before_its_click_names_nobody() -> None:
    click = carried(100)
    assert names(click, landed(click, 99, received=101)) == {}


def test_what_arrives_late_counts_from_when_it_happened() -> None:
    click = carried(100)
    late = landed(click, 102, received=30_000)
    assert names(click, late, landed(click, 400, OTHER)) == {VISITOR: "r-1"}


def test_without_identify_a_click_names_nobody() -> None:
    click = carried(100)
    assert names(click, landed(click, 102, consent=MEASURED)) == {}


def test_who_takes_identify_back_is_not_named() -> None:
    click = carried(100)
    less = a_step(300, consent=MEASURED)
    withdrawn = a_step(300, "consent", kind=EventKind.CONSENT, consent=())
    again = a_step(400, consent=AGREED)
    assert names(click, landed(click, 102), less) == {}
    assert names(click, landed(click, 102), withdrawn) == {}
    assert names(click, landed(click, 102), withdrawn, again) == {VISITOR: "r-1"}


def test_a_scanner_names_nobody_though_it_runs_scripts() -> None:
    scanner = carried(3, agent=ROBOT)
    click = carried(100)
    seen = [landed(scanner, 5, OTHER), landed(click, 102)]
    assert names(scanner, click, *seen) == {VISITOR: "r-1"}


def test_a_machine_that_uses_a_persons_click_is_passed_over() -> None:
    click = carried(100)
    machine = landed(click, 101, OTHER, automated=True)
    assert names(click, machine, landed(click, 102)) == {VISITOR: "r-1"}


def test_a_click_that_turns_out_to_be_a_scanners_names_nobody_any_more() -> None:
    """Three links in a moment are a sweep, however late the third is known."""
    clicks = [carried(100 + number / 10, link=number) for number in (1, 2, 3)]
    assert names(*clicks, landed(clicks[0], 102)) == {}
    assert names(*clicks[:2], landed(clicks[0], 102)) == {VISITOR: "r-1"}


def test_clicks_that_are_forged_stale_or_not_carried_name_nobody() -> None:
    click, plain = carried(100), a_click(100, recipient="r-2")
    forged = a_step(102, consent=AGREED, click="00" * 16)
    assert names(click, forged) == {}
    assert names(plain, landed(plain, 102)) == {}


def test_a_visitor_who_would_be_two_people_is_neither() -> None:
    one, other = carried(100), carried(900, recipient="r-2")
    assert names(one, landed(one, 102), other, landed(other, 902)) == {}


def test_a_reader_with_a_mail_of_their_own_is_not_the_friend_who_forwarded_another() -> None:
    friends, own, sent_on = carried(50), carried(100, recipient="r-2"), carried(900)
    seen = [landed(friends, 52, OTHER), landed(own, 102), landed(sent_on, 902)]
    assert names(friends, own, sent_on, *seen) == {OTHER: "r-1", VISITOR: "r-2"}


def test_the_shops_server_says_who_a_visitor_is() -> None:
    told = a_purchase(60, recipient="r-9", consent=AGREED)
    assert names(a_step(1), *bought(60), told) == {VISITOR: "r-9"}


def test_the_shops_server_is_believed_over_a_click() -> None:
    click = carried(100)
    told = a_purchase(200, recipient="r-9", consent=AGREED)
    assert names(click, landed(click, 102), *bought(200, consent=AGREED), told) == {VISITOR: "r-9"}


def test_the_customer_of_an_order_is_not_also_who_clicked_the_mail_that_was_forwarded() -> None:
    forwarded = carried(100)
    told = a_purchase(500, recipient="r-1", consent=AGREED)
    events = [forwarded, landed(forwarded, 102, OTHER), a_step(400), *bought(500), told]
    assert names(*events) == {VISITOR: "r-1"}


def test_a_server_that_did_not_ask_its_customer_names_nobody() -> None:
    told = a_purchase(60, recipient="r-9", consent=MEASURED)
    assert names(a_step(1), *bought(60), told) == {}


def test_a_customer_who_withdrew_on_the_page_is_nobody() -> None:
    told = a_purchase(60, recipient="r-9", consent=AGREED)
    withdrawn = a_step(300, "consent", kind=EventKind.CONSENT, consent=())
    assert names(a_step(1), *bought(60), told, withdrawn) == {}


def test_whoever_refuses_is_nobody() -> None:
    click, other = carried(100), carried(900, recipient="r-2")
    events = [click, landed(click, 102), other, landed(other, 902, OTHER)]
    shop = Shop(refusing=frozenset({"r-1"})).receive(events)
    day = day_of_id(click.id)
    assert (shop.names(), shop.who("r-1")) == ({OTHER: "r-2"}, ())
    assert {each.recipient for each in shop.identities.of_days(Days(day, day)).values()} == {"r-2"}


def test_of_a_person_who_was_erased_no_visitor_is_known() -> None:
    click, friends = carried(100), carried(500)
    shop = Shop().receive([click, landed(click, 102), friends, landed(friends, 502, OTHER)])
    shop.store.erase("r-1", 2_000_000_000_000)
    assert (shop.names(), shop.who("r-1")) == ({}, [])


def test_recipient_visitor_and_days_tell_the_same() -> None:
    clicks = [carried(100 * number, recipient=f"r-{number % 3}") for number in range(1, 9)]
    seen = [landed(click, 100 * at + 1, f"visitor-{at % 5}") for at, click in enumerate(clicks, 1)]
    told = [*bought(900, visitor="visitor-9"), a_purchase(901, recipient="r-2", consent=AGREED)]
    shop = Shop().receive([*clicks, *seen, *told])
    day = day_of_id(clicks[0].id)
    by_day = shop.identities.of_days(Days(day, day))
    by_visitor = {(SITE, visitor): recipient for visitor, recipient in shop.names().items()}
    by_recipient = {
        (each.site, each.visitor): each.recipient for number in range(3) for each in shop.who(f"r-{number}")
    }
    assert {who: each.recipient for who, each in by_day.items()} == by_visitor == by_recipient != {}


def test_an_identity_says_which_click_it_is_known_by() -> None:
    click = carried(100)
    shop = Shop().receive([click, landed(click, 102)])
    assert shop.who("r-1") == [Identity(SITE, VISITOR, "r-1", click.id)]


def orders(*events: Event) -> object:
    """The orders that events make, in every order of arrival: what matters of each."""

    def look(shop: Shop) -> object:
        return [
            (order.id, order.source, order.currency, order.value, order.refunded, tuple(order.problems))
            for order in shop.store.orders(SITE)
        ]

    return in_every_order(events, look)


SERVER, BROWSER_ONLY, BOTH = OrderSource.SERVER, OrderSource.BROWSER, OrderSource.BOTH


def test_a_purchase_reported_again_on_any_day_is_one_order() -> None:
    again = [*bought(30), *bought(40)]
    assert orders(a_step(1), *again) == [("A-1", BROWSER_ONLY, "EUR", 2_000, 0, ())]
    tomorrow = [*again, *bought(DAY_S, visitor=OTHER)]
    assert orders(a_step(1), *tomorrow) == [("A-1", BROWSER_ONLY, "EUR", 2_000, 0, ("claimed_by_several",))]


def test_the_server_is_believed_over_the_browser_and_the_earliest_of_each() -> None:
    browser = [*bought(30, value=1_999), *bought(20, value=1_998)]
    server = [a_purchase(50), a_purchase(60, value=2_100)]
    assert orders(a_step(1), *browser, *server) == [("A-1", BOTH, "EUR", 2_000, 0, ("differs",))]
    assert orders(a_step(1), *browser) == [("A-1", BROWSER_ONLY, "EUR", 1_998, 0, ("differs",))]
    assert orders(*server[:1]) == [("A-1", SERVER, "EUR", 2_000, 0, ())]


def test_another_currency_is_other_money() -> None:
    assert orders(a_step(1), *bought(30, currency="USD"), a_purchase(50)) == [
        ("A-1", BOTH, "EUR", 2_000, 0, ("differs",))
    ]


def test_refunds_add_up_by_their_ids_and_never_beyond_the_order() -> None:
    twice = [a_refund(60), a_refund(70), a_refund(80, refund_id="R-2")]
    assert orders(a_purchase(50), *twice) == [("A-1", SERVER, "EUR", 2_000, 1_000, ())]
    whole = [a_refund(60), a_refund(61, refund_id="R-2", value=1_800)]
    assert orders(a_purchase(50), *whole) == [("A-1", SERVER, "EUR", 2_000, 2_000, ("over_refund",))]


def test_a_refund_in_another_currency_is_left_out() -> None:
    assert orders(a_purchase(50), a_refund(60, currency="USD"), a_refund(61, refund_id="R-2")) == [
        ("A-1", SERVER, "EUR", 2_000, 500, ("refund_currency",))
    ]
    assert orders(a_purchase(50), a_refund(60, currency="")) == [("A-1", SERVER, "EUR", 2_000, 500, ())]


def test_a_refund_without_money_and_one_from_a_browser_pay_nothing_back() -> None:
    forged = a_refund(60, refund_id="R-2", source=OrderSource.BROWSER)
    assert orders(a_purchase(50), a_refund(60, value=None), forged) == [
        ("A-1", SERVER, "EUR", 2_000, 0, ("refund_value",))
    ]


def test_a_refund_before_its_purchase_waits() -> None:
    assert orders(a_refund(60)) == []
    assert orders(a_refund(40, received=1), a_purchase(50)) == [("A-1", SERVER, "EUR", 2_000, 500, ())]


def test_a_purchase_without_money_makes_an_order_without_money() -> None:
    poor = a_purchase(50, value=None, currency="", problems=("missing:value",))
    assert orders(poor, a_refund(60)) == [("A-1", SERVER, "", None, 0, ("missing:value",))]
    assert orders(poor, a_purchase(60)) == [("A-1", SERVER, "EUR", 2_000, 0, ())]


def holder(*events: Event) -> object:
    """Whose visit an order is, and what it is worth, in every order of arrival; the rest follows from it."""

    def look(shop: Shop) -> object:
        order = shop.store.order(SITE, "A-1")
        assert order is not None
        assert (list(shop.store.orders(SITE)), order.others) == ([order], ())
        assert [each.id for each in shop.store.orders_of_visit(SITE, order.visitor)] == ["A-1"]
        return order.visitor, order.value, order.problems

    return in_every_order(events, look)


SEVERAL = ("claimed_by_several",)
BOTH_MARKS = ("claimed_by_several", "differs")


def test_a_strangers_earlier_claim_without_a_page_does_not_take_an_order_from_its_visit() -> None:
    stranger = bought(2, visitor=OTHER)
    visit = [a_step(1), *bought(60)]
    assert holder(*stranger, *visit) == (VISITOR, 2_000, SEVERAL)
    assert holder(*stranger, *visit, a_purchase(61)) == (VISITOR, 2_000, SEVERAL)


def test_a_claim_of_other_money_than_the_servers_loses_though_its_visit_viewed_pages() -> None:
    stranger = [a_step(1, visitor=OTHER), *bought(2, visitor=OTHER, value=1)]
    visit = [a_step(1), *bought(60)]
    assert holder(*stranger, *visit, a_purchase(61)) == (VISITOR, 2_000, BOTH_MARKS)
    unseen = bought(60)  # its pages were blocked
    assert holder(*stranger, *unseen, a_purchase(61)) == (VISITOR, 2_000, BOTH_MARKS)


def test_without_a_server_steps_in_the_shop_tell_whose_order_it_is_and_what_it_is_worth() -> None:
    stranger = [a_step(1, visitor=OTHER), *bought(2, visitor=OTHER, value=1)]
    visit = [a_step(1), a_step(20, "add_to_cart"), *bought(60)]
    assert holder(*stranger, *visit) == (VISITOR, 2_000, BOTH_MARKS)
    robot = [a_step(1, visitor=THIRD, automated=True), a_step(1.5, "add_to_cart", THIRD)]
    assert holder(*robot, *bought(2, visitor=THIRD, value=1), *visit) == (VISITOR, 2_000, BOTH_MARKS)


def test_the_click_that_the_server_hands_over_tells_whose_order_it_is() -> None:
    click = carried(100)
    stranger = [a_step(1, visitor=OTHER), a_step(2, "add_to_cart", OTHER), *bought(3, visitor=OTHER)]
    visit = [landed(click, 102), *bought(200, consent=AGREED, value=1_999)]
    handed = a_purchase(201, click=click.id.hex(), consent=AGREED)
    assert holder(click, *stranger, *visit, handed) == (VISITOR, 2_000, BOTH_MARKS)


def test_of_equal_claims_the_first_moment_decides_and_then_the_id_of_the_event() -> None:
    one, other = [a_step(1), *bought(60)], [a_step(1, visitor=OTHER), *bought(59, visitor=OTHER)]
    assert holder(*one, *other) == (OTHER, 2_000, SEVERAL)


def test_a_claim_with_money_comes_before_an_earlier_one_without() -> None:
    poor = [a_step(1, visitor=OTHER), *bought(50, visitor=OTHER, value=None, currency="")]
    assert holder(*poor, a_step(1), *bought(60)) == (VISITOR, 2_000, SEVERAL)


def test_refunds_are_weighed_against_the_claim_that_holds() -> None:
    stranger = bought(2, visitor=OTHER, value=100)
    events = [*stranger, a_step(1), *bought(60), a_refund(90)]
    assert holder(*events) == (VISITOR, 2_000, BOTH_MARKS)
    assert money(*events) == {"EUR": 1_500}


def test_whom_the_server_names_is_not_the_stranger_who_claimed_the_order() -> None:
    told = a_purchase(61, recipient="r-9", consent=AGREED)
    stranger = [*bought(2, visitor=OTHER, consent=AGREED)]
    assert names(*stranger, a_step(1), *bought(60), told) == {VISITOR: "r-9"}


def test_thousands_of_claims_are_bounded_and_the_servers_money_finds_the_visit_among_them() -> None:
    strangers = [event for at in range(300) for event in bought(2, visitor=f"stranger-{at:013}", value=at)]
    shop = Shop().receive([*strangers, a_step(1), *bought(60), a_purchase(61)])
    order = shop.store.order(SITE, "A-1")
    assert order is not None
    assert (order.visitor, order.value) == (VISITOR, 2_000)
    assert [each.id for each in shop.store.orders_of_visit(SITE, "stranger-0000000000299")] == ["A-1"]


def money(*events: Event) -> object:
    """What orders are worth by currency, in every order of arrival."""
    return in_every_order(events, Shop.money)


def test_currencies_are_never_added_up() -> None:
    assert money(a_purchase(1), a_purchase(2, "A-2", currency="JPY", value=700), a_purchase(3, "A-3")) == {
        "EUR": 4_000,
        "JPY": 700,
    }


def test_a_cancelled_order_is_worth_nothing() -> None:
    assert money(a_purchase(1), a_cancel(2), a_refund(3)) == {"EUR": 0}
    assert money(a_cancel(2)) == {}


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([a_step(1)], {"EUR": 2_000}),
        ([], {}),
        ([a_step(1, automated=True)], {}),
        ([a_step(1, request={"facts": Facts.OWN_NETWORK})], {}),
    ],
)
def test_a_purchase_that_only_a_browser_reports_counts_when_a_person_had_viewed_a_page(
    before: Sequence[Event], expected: dict[str, int]
) -> None:
    assert money(*before, *bought(30)) == expected
    assert money(*before, *bought(30), a_purchase(90)) == {"EUR": 2_000}


def test_a_browsers_report_without_a_visit_counts_no_money() -> None:
    assert money(bought(30)[1]) == {}


def test_orders_of_two_sites_with_one_id_are_two_orders() -> None:
    there = [a_purchase(50, site="other", value=300)]
    shop = Shop().receive([a_purchase(50), *there])
    assert (shop.money(), shop.money("other")) == ({"EUR": 2_000}, {"EUR": 300})


def test_visits_and_orders_named_like_a_recipient_are_not_theirs() -> None:
    shop = Shop().receive([carried(100), a_step(1, visitor="r-1"), a_purchase(2, "r-1")])
    shop.store.erase("r-1", 2_000_000_000_000)
    shop.receive([])
    assert ([visit.visitor for visit in shop.store.visits(SITE)], shop.money()) == (["r-1"], {"EUR": 2_000})


def touches(*events: Event) -> object:
    """Which visits a campaign's clicks led to, in every order of arrival."""

    def look(shop: Shop) -> object:
        day = day_of_id(events[0].id)
        return [
            (touch.visitor, touch.click.recipient)
            for touch in touches_in(shop.store, Days(day, day + 1), SITE)
        ]

    return in_every_order(events, look)


def test_any_use_of_a_persons_click_is_a_touch_however_late_and_whoever_it_was() -> None:
    click = carried(100)
    late = landed(click, 100 + DAY_S / 4, OTHER)
    assert touches(click, landed(click, 102), landed(click, 300), late) == [(VISITOR, "r-1"), (OTHER, "r-1")]
    assert touches(click, landed(click, 102, consent=MEASURED)) == [(VISITOR, "r-1")]


def test_machines_begin_no_path_and_continue_none() -> None:
    scanner, click = carried(3, agent=ROBOT), carried(100)
    seen = [landed(scanner, 5), landed(click, 102, OTHER, automated=True)]
    assert touches(scanner, click, *seen) == []
