"""What every store must do for what is folded from web sites, run on each of them."""

import random
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from mailpixel.errors import Conflict
from mailpixel.model import Event, Verdict
from mailpixel.projections.site_fold import fold_case
from mailpixel.site_model import SITE_CASES, Order, OrderSource, Visit
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.order_sums import OrderKind, kind_of, worth_of
from mailpixel.store.site_projections import (
    SITE_FOLD,
    Days,
    FoldedCase,
    Named,
    OrderState,
    Use,
    VisitsOfDay,
    VisitState,
)
from mailpixel.store.store import Store
from tests.support.builders import an_open, at_ms
from tests.support.folding import catch_up
from tests.support.shop import RULES, Shop, fold_sites
from tests.support.site_cases import (
    AGREED,
    MEASURED,
    SITE,
    a_cancel,
    a_case,
    a_purchase,
    a_refund,
    a_step,
    bought,
)
from tests.unit.test_site_joins import carried, landed

CLICK, OTHER_CLICK = b"c" * 16, b"d" * 16
DAY = at_ms(0) // 86_400_000


def keys(visits: Sequence[Visit]) -> list[str]:
    return [visit.visitor for visit in visits]


def ids(orders: Sequence[Order]) -> list[str]:
    return [order.id for order in orders]


def here(store: Store) -> News:
    """News that does not move the fold of sites."""
    since = store.consumer(SITE_FOLD, cases=SITE_CASES).news(0).since
    return News(since, since, ())


def state(*events: Event) -> VisitState | OrderState:
    return fold_case(a_case(*events), RULES)


def test_a_visit_comes_back_as_it_was_folded(store: Store) -> None:
    events = [
        a_step(1, url="https://shop.example/a?utm_medium=email&utm_campaign=spring"),
        a_step(2, "add_to_cart", id="x", data={"items": [{"item_id": "red shoe"}, {"item_name": "b"}]}),
        a_step(3, "add_to_cart", id="x", click=CLICK.hex(), consent=AGREED, known="v" * 22),
    ]
    shop = Shop(store).receive(events)
    found = store.visit(SITE, "visitor-of-a-day-00001")
    assert found == state(*events).visit  # type: ignore[union-attr]
    assert list(shop.store.visits(SITE)) == [found]
    assert store.visit(SITE, "nobody") is None
    assert store.visit("other", "visitor-of-a-day-00001") is None


def test_an_order_comes_back_as_it_was_folded(store: Store) -> None:
    events = [a_purchase(5, recipient="r-1", consent=AGREED, click=CLICK.hex(), tax=1), a_refund(6)]
    Shop(store).receive(events)
    found = store.order(SITE, "A-1")
    assert found == state(*events).order  # type: ignore[union-attr]
    assert list(store.orders(SITE)) == [found]
    assert (store.order(SITE, "B-1"), store.order("other", "A-1")) == (None, None)


def test_an_order_that_several_browsers_reported_is_read_as_the_best_of_them_told_it(store: Store) -> None:
    stranger, visitor = "v-stranger", "visitor-of-a-day-00001"
    told = a_purchase(61, recipient="r-1", consent=AGREED)
    shop = Shop(store).receive([*bought(2, visitor=stranger, value=1), told])
    named = Named("r-1", SITE, stranger, DAY, at_ms(61))
    assert (store.named_of("r-1"), store.named_by([(SITE, stranger)])) == ([named], [named])
    shop.receive([a_step(1), *bought(60)])
    order = store.order(SITE, "A-1")
    assert order is not None
    assert (order.visitor, order.value, order.others) == (visitor, 2_000, ())
    assert list(store.orders(SITE)) == store.orders_of_recipient("r-1") == [order]
    assert store.orders_of_visit(SITE, stranger) == store.orders_of_visit(SITE, visitor) == [order]
    named = Named("r-1", SITE, visitor, DAY, at_ms(61))
    assert store.named_of("r-1") == store.named_in(Days(DAY, DAY)) == [named]
    assert (store.named_by([(SITE, visitor)]), store.named_by([(SITE, stranger)])) == ([named], [])
    assert [store.named_in(Days(DAY + 1, DAY + 1)), store.orders_of_visit("other", visitor)] == [[], []]
    store.forget_site_past(at_ms(5_000))
    assert (store.orders_of_visit(SITE, stranger), store.orders_of_visit(SITE, visitor)) == ([], [])


def test_orders_whose_customer_was_named_stream_in_order_of_time(store: Store) -> None:
    named = [a_purchase(at, f"o-{at}", recipient=f"r-{at}", consent=AGREED) for at in (9, 3, 6)]
    Shop(store).receive(
        [*named, a_purchase(5, "o-5"), a_purchase(4, "o-4", site="other", recipient="r-1", consent=AGREED)]
    )
    assert ids(list(store.orders_named(SITE))) == ["o-3", "o-6", "o-9"]
    assert ids(list(store.orders_named(SITE, at_ms(6)))) == ["o-6", "o-9"]
    assert ids(list(store.orders_named("other"))) == ["o-4"]
    assert list(store.orders_named("nowhere")) == []


def test_states_of_people_are_read_in_one_campaign_or_in_all(store: Store) -> None:
    opens = [("spring", "r-1"), ("spring", "r-2"), ("autumn", "r-1"), ("autumn", "r-3")]
    Shop(store).receive([an_open(at, campaign=to, recipient=who) for at, (to, who) in enumerate(opens, 100)])

    def found(recipients: Sequence[str], campaign: str | None = None) -> list[tuple[str, str]]:
        return sorted((each.campaign, each.recipient) for each in store.states_of(recipients, campaign))

    assert found(["r-1", "r-2", "r-1", "nobody"]) == [("autumn", "r-1"), ("spring", "r-1"), ("spring", "r-2")]
    assert found(["r-1", "r-3"], "autumn") == [("autumn", "r-1"), ("autumn", "r-3")]
    assert (found([]), found(["r-1"], "nowhere")) == ([], [])


def test_visits_and_orders_stream_in_order_of_time(store: Store) -> None:
    shop = Shop(store)
    many = random.Random(3).sample(range(4_500), 4_500)
    shop.store.append([a_step(number // 2, visitor=f"v-{number:04}") for number in many])
    shop.receive([a_purchase(number, f"o-{number}") for number in (3, 1, 2)])
    assert keys(list(store.visits(SITE))) == [f"v-{number:04}" for number in range(4_500)]
    assert keys(list(store.visits(SITE, at_ms(10), at_ms(12)))) == ["v-0020", "v-0021", "v-0022", "v-0023"]
    assert ids(list(store.orders(SITE))) == ["o-1", "o-2", "o-3"]
    assert ids(list(store.orders(SITE, at_ms(2), at_ms(3)))) == ["o-2"]
    assert (list(store.visits("other")), list(store.orders("other"))) == ([], [])


def test_the_uses_of_a_campaign_are_those_of_its_clicks(store: Store) -> None:
    clicks = [carried(100, "r-1"), carried(101, "r-2"), replace(carried(102, "r-3"), campaign="autumn")]
    landings = [landed(click, 110 + number, f"v-{number}") for number, click in enumerate(clicks)]
    store.append([*clicks, *landings, landed(clicks[0], 120, "v-9")])
    assert store.uses_of_campaign("spring") == []
    catch_up(store)
    fold_sites(store)
    assert sorted(use.visitor for use in store.uses_of_campaign("spring")) == ["v-0", "v-1", "v-9"]
    assert [use.visitor for use in store.uses_of_campaign("autumn")] == ["v-2"]
    assert store.uses_of_campaign("winter") == []


def test_orders_are_counted_by_kind_and_currency_as_if_each_were_read(store: Store) -> None:
    assert (store.order_sums(SITE), store.first_visit(SITE), store.first_moment(SITE)) == ([], None, None)
    Shop(store).receive(
        [
            a_purchase(1, "o-1", recipient="r-1", consent=AGREED),
            a_refund(2, "o-1"),
            a_purchase(3, "o-2", problems=("no_consent:recipient",)),
            a_step(4),
            *bought(5, "o-3", consent=AGREED),
            *bought(6, "o-1", value=1),
            a_purchase(7, "o-4", currency="USD", value=900),
            a_purchase(8, "o-5"),
            a_cancel(9, "o-5"),
            *bought(10, "o-6", currency="", value=None),
            a_refund(11, "o-7"),
        ]
    )
    orders = list(store.orders(SITE))
    assert len(orders) == 6
    found = {(each.kind, each.currency): each[2:] for each in store.order_sums(SITE)}
    for key in {(kind_of(order), order.currency) for order in orders}:
        of_key = [worth_of(order) for order in orders if (kind_of(order), order.currency) == key]
        known = [worth for worth in of_key if worth is not None]
        assert found.pop(key) == (len(of_key), len(known), sum(known))
    assert found == {}
    assert {order.id: kind_of(order) for order in orders} == {
        "o-1": OrderKind.PAGE | OrderKind.SERVER | OrderKind.DIFFERS | OrderKind.NAMED,
        "o-2": OrderKind.SERVER | OrderKind.NOT_NAMED,
        "o-3": OrderKind.PAGE,
        "o-4": OrderKind.SERVER,
        "o-5": OrderKind.SERVER,
        "o-6": OrderKind.PAGE,
    }
    assert sum(each.number for each in store.order_sums(SITE, at_ms(3), at_ms(7))) == 2
    servers = {OrderKind.SERVER, OrderKind.SERVER | OrderKind.NOT_NAMED}
    assert store.order_ids(SITE, servers, 0, None, 2) == ["o-2", "o-4"]
    assert store.order_ids(SITE, servers, at_ms(7), at_ms(8), 9) == ["o-4"]
    assert ids(list(store.orders_of_pages(SITE, at_ms(4)))) == ["o-3", "o-6"]
    assert (store.first_visit(SITE), store.first_moment(SITE)) == (at_ms(4), at_ms(1))


def test_visits_that_name_a_campaign_are_found_by_its_name_alone(store: Store) -> None:
    page = "https://shop.example/a?utm_campaign="
    Shop(store).receive(
        [
            a_step(1, visitor="one", url=f"{page}SPRING"),
            a_step(2, visitor="two", url=f"{page}spring%20"),
            a_step(3, visitor="three", url=f"{page}spring-2"),
            a_step(4, visitor="four"),
            a_step(5, visitor="five", url=f"{page}spring", site="other"),
        ]
    )
    assert sorted(keys(list(store.visits_named(SITE, {"spring"})))) == ["one", "two"]
    assert keys(list(store.visits_named(SITE, {"spring"}, at_ms(2)))) == ["two"]
    assert sorted(keys(list(store.visits_named(SITE, {"spring", "spring-2"})))) == ["one", "three", "two"]
    assert list(store.visits_named(SITE, {"", "autumn"})) == []
    Shop(store).receive([a_step(0, visitor="one", url=f"{page}autumn")])
    assert keys(list(store.visits_named(SITE, {"spring"}))) == ["two"]


def test_orders_are_found_by_their_visitors_and_by_clicks_of_servers(store: Store) -> None:
    Shop(store).receive(
        [
            *bought(1, "A-1", "one"),
            *bought(2, "A-2", "two"),
            a_purchase(3, "A-3", click=CLICK.hex(), consent=AGREED),
            a_purchase(4, "A-4"),
            a_refund(5, "A-5"),
        ]
    )
    asked = [
        (SITE, "one"),
        (SITE, "nobody"),
        (SITE, ""),
        ("other", "two"),
        *((SITE, f"v-{n}") for n in range(200)),
    ]
    assert ids(store.orders_by(asked)) == ["A-1"]
    assert sorted(ids(store.orders_by([(SITE, "two"), *asked]))) == ["A-1", "A-2"]
    assert ids(list(store.orders_with_click(SITE))) == ["A-3"]
    assert (list(store.orders_with_click(SITE, at_ms(4))), list(store.orders_with_click("other"))) == ([], [])


def test_visits_are_counted_by_day_and_verdict(store: Store) -> None:
    day_s = 86_400
    Shop(store).receive(
        [
            a_step(1, visitor="one"),
            a_step(2, visitor="two"),
            a_step(3, visitor="machine", automated=True),
            a_step(3 + day_s, visitor="three"),
            a_step(4, visitor="elsewhere", site="other"),
        ]
    )
    first = at_ms(0) // 86_400_000
    assert store.visits_by_day(SITE) == [
        VisitsOfDay(first, {Verdict.HUMAN: 2, Verdict.BOT: 1}),
        VisitsOfDay(first + 1, {Verdict.HUMAN: 1}),
    ]
    assert store.visits_by_day(SITE, at_ms(2), at_ms(3)) == [VisitsOfDay(first, {Verdict.HUMAN: 1})]


def test_uses_of_clicks_are_found_by_click_visitor_and_day(store: Store) -> None:
    Shop(store).receive(
        [
            a_step(10, visitor="one", click=CLICK.hex(), consent=MEASURED),
            a_step(20, visitor="one", click=CLICK.hex(), consent=AGREED, known="k" * 22),
            a_step(30, visitor="two", click=CLICK.hex(), consent=AGREED, automated=True),
            a_step(40 + 86_400, visitor="three", click=OTHER_CLICK.hex(), consent=AGREED),
        ]
    )
    one = Use(CLICK, SITE, "one", DAY, at_ms(10), at_ms(20), True, "k" * 22)
    two = Use(CLICK, SITE, "two", DAY, at_ms(30), at_ms(30), False, "")
    three = Use(OTHER_CLICK, SITE, "three", DAY + 1, at_ms(86_440), at_ms(86_440), True, "")

    def found(uses: Sequence[Use]) -> list[Use]:
        return sorted(uses, key=lambda use: use.visitor)

    assert found(store.uses_of([CLICK, b"x" * 16, CLICK])) == [one, two]
    assert found(store.uses_by([(SITE, "one"), (SITE, "three"), (SITE, "nobody")])) == [one, three]
    assert found(store.uses_in(Days(DAY, DAY))) == [one, two]
    assert found(store.uses_in(Days(DAY, DAY + 1))) == [one, three, two]
    many = [bytes([number]) * 15 + b"-" for number in range(200)]
    assert found(store.uses_of([*many, CLICK])) == [one, two]


def test_uses_that_are_gone_leave_nothing_behind(store: Store) -> None:
    shop = Shop(store).receive([a_step(10, click=CLICK.hex(), consent=AGREED)])
    assert [use.named_ms for use in store.uses_of([CLICK])] == [at_ms(10)]
    shop.receive([a_step(20, consent=MEASURED)])
    assert [use.named_ms for use in store.uses_of([CLICK])] == [None]
    shop.receive([a_step(5, click=OTHER_CLICK.hex(), consent=AGREED)])
    assert len(store.uses_by([(SITE, "visitor-of-a-day-00001")])) == 2


def test_whom_servers_named_is_found_by_recipient_visitor_and_day(store: Store) -> None:
    named = a_purchase(31, recipient="r-1", consent=AGREED)
    unknown = a_purchase(32, "A-2", recipient="r-1", consent=AGREED)
    Shop(store).receive([a_step(10), *bought(30), named, unknown])
    told = Named("r-1", SITE, "visitor-of-a-day-00001", DAY, at_ms(31), "")
    assert (
        store.named_of("r-1"),
        store.named_by([(SITE, "visitor-of-a-day-00001"), (SITE, "x")]),
        store.named_in(Days(DAY, DAY)),
    ) == ([told], [told], [told])
    assert (store.named_of("r-2"), store.named_by([(SITE, "x")]), store.named_in(Days(DAY + 1, DAY + 1))) == (
        [],
        [],
        [],
    )
    assert ids(store.orders_of_visit(SITE, "visitor-of-a-day-00001")) == ["A-1"]
    assert ids(store.orders_of_recipient("r-1")) == ["A-1", "A-2"]
    assert (store.orders_of_visit(SITE, ""), store.orders_of_recipient("")) == ([], [])


def test_an_order_that_waits_for_its_purchase_is_no_order(store: Store) -> None:
    shop = Shop(store).receive([a_refund(6)])
    assert (store.order(SITE, "A-1"), list(store.orders(SITE))) == (None, [])
    assert store.site_cases(f"order:{SITE}") == ["A-1"]
    shop.receive([a_purchase(5)])
    order = store.order(SITE, "A-1")
    assert order is not None
    assert (order.refunded, order.source) == (500, OrderSource.SERVER)


def test_a_case_that_knows_less_does_not_replace_one_that_knows_more(store: Store) -> None:
    first, second = a_step(1), a_step(2)
    store.save_site([state(first, second)], here(store))
    store.save_site([state(first)], here(store))
    visit = store.visit(SITE, "visitor-of-a-day-00001")
    assert visit is not None
    assert [step.event_id for step in visit.steps] == [first.id, second.id]


def test_a_case_judged_by_later_rules_replaces_one_of_earlier_rules_and_never_the_reverse(
    store: Store,
) -> None:
    old, new = fold_case(a_case(a_step(1)), RULES, edition=3), fold_case(a_case(a_step(1)), RULES, edition=4)
    for order in ([new, old], [old, new]):
        for each in order:
            store.save_site([each], here(store))
        assert store.visit(SITE, "visitor-of-a-day-00001") == new.visit  # type: ignore[union-attr]


def test_of_two_folds_the_slower_writes_nothing(store: Store) -> None:
    store.append([a_step(1)])
    slow = store.consumer(SITE_FOLD, cases=SITE_CASES).news(10)
    assert fold_sites(store) == 1
    with pytest.raises(Conflict):
        store.save_site([], slow)
    store.save_site([], here(store))


def test_what_was_read_before_an_erasure_is_not_saved(store: Store) -> None:
    store.append([a_step(1)])
    news = store.consumer(SITE_FOLD, cases=SITE_CASES).news(10)
    store.erase("r-1", at_ms(100))
    with pytest.raises(Conflict):
        store.save_site([state(a_step(1))], news)
    with pytest.raises(Conflict):
        store.save_site([state(a_step(1))], News(news.since, news.since, ()))
    assert list(store.visits(SITE)) == []


def test_cases_are_put_aside_and_taken_back(store: Store) -> None:
    aside: list[FoldedCase] = [PutAside(f"site:{SITE}", f"v-{number}", "DecodeError") for number in range(3)]
    store.save_site(aside, here(store))
    assert (store.site_cases_aside(), store.count_cases_aside()) == (aside, 3)
    assert store.site_cases_aside((f"site:{SITE}", "v-0"), 1) == aside[1:2]
    store.save_site([state(a_step(1, visitor="v-1"))], here(store))
    assert store.site_cases_aside() == [aside[0], aside[2]]


def test_forgotten_cases_leave_nothing_behind(store: Store) -> None:
    step, claim = bought(2)
    visit = state(a_step(1, click=CLICK.hex(), consent=AGREED), step)
    order = state(claim, a_purchase(3, recipient="r-1", consent=AGREED))
    aside = PutAside(f"site:{SITE}", "aside", "DecodeError")
    store.save_site([visit, order, aside], here(store))
    assert (len(store.uses_of([CLICK])), len(store.named_of("r-1"))) == (1, 1)
    assert store.forget_cases([visit.key, order.key, (aside.campaign, aside.recipient)]) == 3
    assert (list(store.visits(SITE)), list(store.orders(SITE)), store.site_cases_aside()) == ([], [], [])
    assert (store.uses_of([CLICK]), store.named_of("r-1"), store.visits_by_day(SITE)) == ([], [], [])
    assert (store.site_cases(f"site:{SITE}"), store.site_cases(f"order:{SITE}")) == ([], [])


def test_cases_of_which_something_is_logged_are_not_forgotten(store: Store) -> None:
    shop = Shop(store).receive([a_step(1), a_purchase(2)])
    assert store.forget_cases([(f"site:{SITE}", "visitor-of-a-day-00001"), (f"order:{SITE}", "A-1")]) == 0
    assert (len(list(store.visits(SITE))), shop.money()) == (1, {"EUR": 2_000})


def test_a_large_visit_comes_back_as_it_was_folded(store: Store) -> None:
    events = [a_step(number * 40, id=f"id-{number}") for number in range(1_000)]
    Shop(store).receive(events)
    assert store.visit(SITE, "visitor-of-a-day-00001") == state(*events).visit  # type: ignore[union-attr]


def test_cases_of_a_site_are_listed_by_their_names(store: Store) -> None:
    events = [a_step(1, visitor=f"v-{number}") for number in range(3)]
    Shop(store).receive([*events, a_purchase(2), a_step(1, visitor="v-9", site="other")])
    assert store.site_cases(f"site:{SITE}") == ["v-0", "v-1", "v-2"]
    assert store.site_cases(f"site:{SITE}", "v-0", 1) == ["v-1"]
    assert store.site_cases(f"order:{SITE}") == ["A-1"]


def test_the_folds_of_mail_and_of_sites_do_not_move_one_another(store: Store) -> None:
    shop = Shop(store)
    store.append([an_open(1), a_step(1)])
    assert fold_sites(store) == 1
    assert store.consumer("fold").waiting().events == 1
    shop.receive([])
    assert store.consumer("fold").waiting().events == 0
    assert fold_sites(store) == 0
