"""What changes in the middle: consent, identity, the day, the money. Scenarios in many orders of arrival."""

import pytest

from mailpixel.kinds import EventKind
from mailpixel.model import Event
from mailpixel.site_model import OrderSource
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
from tests.unit.test_site_joins import (
    DAY_S,
    MIDNIGHT_S,
    OTHER,
    carried,
    landed,
    money,
    names,
    orders,
    touches,
)

V, W = "v" * 22, "w" * 22


def consent(second: float, *purposes: str, visitor: str = VISITOR) -> Event:
    """The visitor says what they agree to."""
    return a_step(second, "consent", visitor, kind=EventKind.CONSENT, consent=purposes)


def test_a_click_used_before_the_visitor_agreed_names_nobody_until_it_is_used_again() -> None:
    click = carried(100)
    seen = landed(click, 102, consent=MEASURED)
    assert names(click, seen, consent(110, *AGREED)) == {}
    assert names(click, seen, consent(110, *AGREED), landed(click, 120)) == {VISITOR: "r-1"}


def test_who_agreed_too_late_is_touched_and_not_named() -> None:
    click = carried(100)
    events = [click, landed(click, 102, consent=MEASURED), landed(click, 100 + 1_801)]
    assert names(*events) == {}
    assert touches(*events) == [(VISITOR, "r-1")]


def test_the_first_to_use_a_click_without_agreeing_leaves_the_name_to_the_next() -> None:
    click = carried(100)
    assert names(click, landed(click, 102, consent=MEASURED), landed(click, 400, OTHER)) == {OTHER: "r-1"}


def test_a_withdrawal_between_the_click_and_the_order_takes_the_name_and_leaves_the_order() -> None:
    click = carried(100)
    events = [click, landed(click, 102), consent(150), *bought(200), a_purchase(201)]
    assert names(*events[:4], a_purchase(201)) == {}
    assert money(*events) == {"EUR": 2_000}


def test_who_takes_the_name_back_and_gives_it_again_has_it_by_the_first_use() -> None:
    click = carried(100)
    asked = [consent(200, "measure"), consent(300, *AGREED)]
    assert names(click, landed(click, 102), *asked, landed(click, 400, OTHER)) == {VISITOR: "r-1"}


def test_when_the_first_withdraws_for_good_the_second_is_the_first_who_agrees() -> None:
    click = carried(100)
    assert names(click, landed(click, 102), landed(click, 400, OTHER), consent(500)) == {OTHER: "r-1"}


def test_a_visitor_who_becomes_somebody_else_in_the_middle_is_neither() -> None:
    one, other = carried(100), carried(900, recipient="r-2")
    events = [one, landed(one, 102, known=V), other, landed(other, 902, known=W)]
    assert names(*events) == {}
    assert touches(*events) == [(VISITOR, "r-1"), (VISITOR, "r-2")]


def test_a_server_tells_apart_a_visitor_who_would_be_two() -> None:
    one, other = carried(100), carried(900, recipient="r-2")
    told = a_purchase(1_001, recipient="r-2", consent=AGREED)
    assert names(one, landed(one, 102), other, landed(other, 902), *bought(1_000, consent=AGREED), told) == {
        VISITOR: "r-2"
    }


def test_a_server_that_names_two_customers_for_one_visitor_names_neither() -> None:
    orders_ = [*bought(100, "A-1", consent=AGREED), *bought(200, "A-2", consent=AGREED)]
    told = [a_purchase(101, "A-1", recipient="r-1", consent=AGREED)]
    assert names(a_step(1), *orders_, *told) == {VISITOR: "r-1"}
    told.append(a_purchase(201, "A-2", recipient="r-2", consent=AGREED))
    assert names(a_step(1), *orders_, *told) == {}


def test_an_id_that_changes_in_the_middle_joins_no_second_device() -> None:
    click, again = carried(100), carried(5_000)
    first = [landed(click, 102, known=V), a_step(200, consent=AGREED, known=W)]
    assert names(click, *first, again, landed(again, 5_002, OTHER, known=W)) == {VISITOR: "r-1"}
    assert names(click, *first, again, landed(again, 5_002, OTHER, known=V)) == {VISITOR: "r-1", OTHER: "r-1"}


@pytest.mark.parametrize("after_s", [1, 1_700])
def test_a_click_before_midnight_names_its_visitor_after_it(after_s: float) -> None:
    click = carried(MIDNIGHT_S - 60)
    assert names(click, landed(click, MIDNIGHT_S + after_s)) == {VISITOR: "r-1"}


def test_a_page_before_midnight_and_one_after_it_are_two_visitors_and_the_first_is_named() -> None:
    click = carried(MIDNIGHT_S - 60)
    events = [click, landed(click, MIDNIGHT_S - 58), landed(click, MIDNIGHT_S + 5, OTHER)]
    assert names(*events) == {VISITOR: "r-1"}
    assert names(*events[:2], *bought(MIDNIGHT_S + 60, visitor=OTHER)) == {VISITOR: "r-1"}


def test_what_was_sent_before_midnight_and_came_after_it_belongs_to_the_visitor_of_its_arrival() -> None:
    click = carried(MIDNIGHT_S - 60)
    late = landed(click, MIDNIGHT_S - 58, OTHER, received=MIDNIGHT_S + 3)
    assert names(click, late, landed(click, MIDNIGHT_S + 10)) == {OTHER: "r-1"}


@pytest.mark.parametrize("after_s", [1_801, 12 * 3_600, 29 * DAY_S])
def test_a_stale_click_is_a_touch_and_no_name(after_s: float) -> None:
    click = carried(100)
    shop = Shop().receive([click, landed(click, 100 + after_s)])
    assert shop.names() == {}


def test_a_cancellation_before_its_purchase_waits_and_then_the_order_is_worth_nothing() -> None:
    assert orders(a_cancel(10)) == []
    assert money(a_cancel(10), a_purchase(50)) == {"EUR": 0}
    assert money(a_cancel(10), a_refund(20), *bought(40), a_purchase(50)) == {"EUR": 0}


def test_a_browsers_cancellation_is_none() -> None:
    forged = a_purchase(60, kind=EventKind.CANCEL, source=OrderSource.BROWSER, currency="", value=None)
    assert money(a_purchase(50), forged) == {"EUR": 2_000}


def test_refunds_of_more_than_the_order_never_make_it_negative() -> None:
    many = [a_refund(60 + at, refund_id=f"R-{at}", value=900) for at in range(5)]
    assert money(a_purchase(50), *many) == {"EUR": 0}
    assert money(a_purchase(50, value=0), a_refund(60)) == {"EUR": 0}


def test_refunds_wait_for_the_server_where_the_browser_said_more() -> None:
    dear = bought(30, value=5_000)
    assert money(a_step(1), *dear, a_refund(60, value=3_000)) == {"EUR": 2_000}
    assert money(a_step(1), *dear, a_refund(60, value=3_000), a_purchase(50)) == {"EUR": 0}


def test_refunds_in_a_currency_that_the_server_corrects_follow_it() -> None:
    euros = [a_step(1), *bought(30, currency="EUR"), a_refund(60, currency="USD")]
    assert money(*euros) == {"EUR": 2_000}
    assert money(*euros, a_purchase(50, currency="USD")) == {"USD": 1_500}


def test_a_server_that_reports_a_month_late_is_believed_over_the_browser_all_the_same() -> None:
    late = a_purchase(40, value=1_500, received=35 * DAY_S)
    assert orders(a_step(1), *bought(30), late) == [("A-1", "both", "EUR", 1_500, 0, ("differs",))]


def test_a_withdrawal_after_the_order_takes_the_customer_from_the_visit_and_not_the_money() -> None:
    told = a_purchase(61, recipient="r-9", consent=AGREED)
    events = [a_step(1, consent=AGREED), *bought(60, consent=AGREED), told, consent(90)]
    assert names(*events) == {}
    assert money(*events) == {"EUR": 2_000}


def test_an_order_of_two_visitors_on_two_days_keeps_its_first_visit_when_the_second_withdraws() -> None:
    again = [
        a_step(DAY_S, visitor=OTHER),
        *bought(DAY_S + 5, visitor=OTHER),
        consent(DAY_S + 9, visitor=OTHER),
    ]

    def look(shop: Shop) -> object:
        order = shop.store.order(SITE, "A-1")
        return order and order.visitor

    assert in_every_order([a_step(1), *bought(60), *again], look) == VISITOR
