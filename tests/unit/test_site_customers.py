"""Orders that only the shop's server joins to a mail, by its customer: scenarios in many orders of arrival."""

from typing import Any

import pytest

from mailpixel.kinds import EventKind
from mailpixel.measure.customers import LOOK_BACK_DAYS
from mailpixel.measure.results import ESTIMATED, KNOWN, How, results_of
from mailpixel.model import Campaign, Event, Facts, Link
from mailpixel.modes import Statement
from mailpixel.site_model import Site
from mailpixel.store.consents import PURPOSES, Said
from mailpixel.store.memory import MemoryRegistry
from tests.support.builders import ROBOT, a_click, an_open, at_ms
from tests.support.shop import A_SITE, Shop, in_every_order
from tests.support.site_cases import AGREED, HOST, MEASURED, a_cancel, a_purchase, a_refund, a_step, bought
from tests.unit.test_site_joins import DAY_S, OTHER, landed

WINDOW_S = LOOK_BACK_DAYS * DAY_S
NOBODY = frozenset[str]()
CAMPAIGNS = [
    Campaign(id, id.title(), links=(Link(1, f"{HOST}/"), Link(2, f"{HOST}/2"))) for id in ("spring", "autumn")
]
Led = dict[str, dict[How, str]]
"""Orders and revenue by campaign and by how it is known."""


def clicked(
    second: float, campaign: str = "spring", recipient: str = "r-1", link: int = 1, **more: Any
) -> Event:
    """A click whose campaign need not carry clicks on."""
    return a_click(second, link, campaign=campaign, recipient=recipient, **more)


def ordered(second: float, order: str = "A-1", **said: Any) -> Event:
    """The shop's server names its customer, who agreed."""
    return a_purchase(second, order, **{"recipient": "r-1", "consent": AGREED, **said})


def found_in(shop: Shop, refusing: frozenset[str] = NOBODY) -> Led:
    registry = MemoryRegistry()
    registry.add_site(A_SITE)
    registry.add_site(Site("other", "f" * 16, ("other.example",)))
    said = [
        Said(each, 1 << PURPOSES.index("identify"), Statement.DENIED, 1, "a test")
        for each in sorted(refusing)
    ]
    registry.record_consents(said, 1)
    led: Led = {}
    for campaign in CAMPAIGNS:
        found = results_of(shop.store, registry, campaign, at_ms(100 * DAY_S))
        rows = found.by if found is not None else []
        led[campaign.id] = {
            row.how: " ".join([str(row.led_to.orders), *(money.amount for money in row.led_to.revenue)])
            for row in rows
            if row.led_to.orders
        }
    return {campaign: ways for campaign, ways in led.items() if ways}


def led(*events: Event) -> object:
    """What both campaigns led to, in every order of arrival."""
    return in_every_order(events, found_in)


BY_CUSTOMER = {How.CUSTOMER: "1 20.00"}


def test_a_named_customer_without_visit_or_click_leads_to_the_mail_last_clicked() -> None:
    assert led(clicked(100), ordered(2 * DAY_S)) == {"spring": BY_CUSTOMER}
    assert led(clicked(100), clicked(DAY_S, "autumn"), ordered(2 * DAY_S)) == {"autumn": BY_CUSTOMER}
    assert led(clicked(100, "autumn"), clicked(DAY_S), ordered(2 * DAY_S)) == {"spring": BY_CUSTOMER}


def test_it_is_known_and_never_estimated() -> None:
    assert (How.CUSTOMER in KNOWN, How.CUSTOMER in ESTIMATED) == (True, False)


@pytest.mark.parametrize(
    ("after_s", "expected"),
    [(0, {"spring": BY_CUSTOMER}), (WINDOW_S, {"spring": BY_CUSTOMER}), (WINDOW_S + 1, {}), (-60, {})],
)
def test_the_click_lies_before_the_order_and_not_longer_than_the_look_back(
    after_s: float, expected: object
) -> None:
    assert led(clicked(DAY_S), ordered(DAY_S + after_s)) == expected


def test_an_order_that_is_reported_weeks_late_counts_from_its_own_moment() -> None:
    late = ordered(3 * DAY_S, received=40 * DAY_S)
    assert led(clicked(100), clicked(20 * DAY_S, "autumn"), late) == {"spring": BY_CUSTOMER}


def test_a_machines_click_and_an_open_lead_to_no_order() -> None:
    assert led(clicked(100, agent=ROBOT), an_open(200, recipient="r-1"), ordered(DAY_S)) == {}
    later = clicked(DAY_S, "autumn", agent=ROBOT)
    assert led(clicked(100), later, ordered(2 * DAY_S)) == {"spring": BY_CUSTOMER}


def test_a_click_that_turns_out_to_be_a_sweep_leads_to_no_order() -> None:
    sweep = [clicked(100 + number / 10, link=number) for number in (1, 2, 3)]
    assert led(*sweep, ordered(DAY_S)) == {}


def test_a_click_with_a_broken_signature_and_a_probe_lead_to_no_order() -> None:
    assert led(clicked(100, facts=Facts.FORGED), clicked(300, method="HEAD"), ordered(DAY_S)) == {}


def test_another_persons_click_leads_to_no_order() -> None:
    assert led(clicked(100, recipient="r-2"), ordered(DAY_S)) == {}


def test_a_server_that_did_not_ask_its_customer_names_nobody() -> None:
    assert led(clicked(100), ordered(DAY_S, consent=MEASURED)) == {}


def test_whoever_refuses_to_be_known_is_no_customer() -> None:
    others = [clicked(100, recipient="r-2"), ordered(DAY_S, "A-2", recipient="r-2")]
    shop = Shop().receive([clicked(100), ordered(DAY_S), *others])
    assert found_in(shop) == {"spring": {How.CUSTOMER: "2 40.00"}}
    assert found_in(shop, frozenset({"r-1"})) == {"spring": BY_CUSTOMER}


def test_whoever_refuses_is_not_known_by_the_server_either_but_the_mail_was_used() -> None:
    click = clicked(100, facts=Facts.ACCEPT | Facts.CARRIED)
    shop = Shop().receive([click, landed(click, 102), *bought(200, consent=AGREED), ordered(201)])
    assert found_in(shop) == {"spring": {How.SERVER: "1 20.00"}}
    assert found_in(shop, frozenset({"r-1"})) == {"spring": {How.TOUCH: "1 20.00"}}
    handed = Shop().receive([click, a_purchase(201, click=click.id.hex(), consent=AGREED)])
    assert found_in(handed) == {"spring": {How.SERVER: "1 20.00"}}
    assert found_in(handed, frozenset({"r-1"})) == {"spring": {How.TOUCH: "1 20.00"}}


def test_of_an_erased_customer_nothing_leads_anywhere() -> None:
    shop = Shop().receive([clicked(100), ordered(DAY_S)])
    shop.store.erase("r-1", 2_000_000_000_000)
    assert found_in(shop) == {}


def test_a_visit_that_used_the_customers_click_decides_before_any_later_click() -> None:
    click = clicked(100, facts=Facts.ACCEPT | Facts.CARRIED)
    visit = [landed(click, 102), *bought(200, consent=AGREED)]
    later = clicked(150, "autumn")
    assert led(click, later, *visit, ordered(201)) == {"spring": {How.SERVER: "1 20.00"}}


def test_a_visit_that_came_by_itself_leaves_the_order_to_the_customers_last_click() -> None:
    visit = [a_step(DAY_S), *bought(DAY_S + 60, consent=AGREED)]
    assert led(clicked(100), *visit, ordered(DAY_S + 61)) == {"spring": BY_CUSTOMER}


def test_what_is_known_by_the_customer_is_not_estimated_by_the_address_of_the_page() -> None:
    page = f"{HOST}/?utm_medium=email&utm_campaign=spring"
    visit = [a_step(DAY_S, url=page), *bought(DAY_S + 60, consent=AGREED)]
    assert led(*visit, ordered(DAY_S + 61)) == {"spring": {How.UTM: "1 20.00"}}
    assert led(clicked(100), *visit, ordered(DAY_S + 61)) == {"spring": BY_CUSTOMER}
    assert led(clicked(100, "autumn"), *visit, ordered(DAY_S + 61)) == {
        "spring": {How.UTM: "1 20.00"},
        "autumn": BY_CUSTOMER,
    }


def test_a_customer_who_used_a_forwarded_mail_is_known_by_a_mail_of_their_own() -> None:
    forwarded = clicked(900, "autumn", "r-2", facts=Facts.ACCEPT | Facts.CARRIED)
    visit = [landed(forwarded, 902), *bought(950, consent=AGREED)]
    assert led(clicked(100), forwarded, *visit, ordered(951)) == {
        "spring": BY_CUSTOMER,
        "autumn": {How.TOUCH: "1 20.00"},
    }


def test_a_customer_who_withdrew_on_the_page_is_not_looked_for() -> None:
    withdrawn = a_step(DAY_S + 300, "consent", kind=EventKind.CONSENT, consent=())
    visit = [a_step(DAY_S), *bought(DAY_S + 60, consent=AGREED), withdrawn]
    assert led(clicked(100), *visit, ordered(DAY_S + 61)) == {}


def test_refunds_cancellations_and_currencies_stay_what_they_are() -> None:
    assert led(clicked(100), ordered(DAY_S), a_refund(2 * DAY_S)) == {"spring": {How.CUSTOMER: "1 15.00"}}
    assert led(clicked(100), a_cancel(DAY_S / 2), ordered(DAY_S)) == {"spring": {How.CUSTOMER: "1 0.00"}}
    yen = ordered(DAY_S + 5, "A-2", currency="JPY", value=700)
    assert led(clicked(100), ordered(DAY_S), yen) == {"spring": {How.CUSTOMER: "2 20.00 700"}}


def test_each_order_of_a_customer_has_the_click_before_it() -> None:
    events = [
        clicked(100),
        ordered(DAY_S),
        clicked(2 * DAY_S, "autumn"),
        ordered(3 * DAY_S, "A-2", site="other"),
    ]
    assert led(*events) == {"spring": BY_CUSTOMER, "autumn": BY_CUSTOMER}


def test_the_first_server_that_names_a_customer_counts() -> None:
    unnamed, other = ordered(DAY_S, recipient=""), ordered(DAY_S + 60, recipient="r-2")
    assert led(clicked(100), unnamed, ordered(DAY_S + 30), other) == {"spring": BY_CUSTOMER}


def test_a_strangers_claim_changes_nothing_for_a_named_customer() -> None:
    stranger = [a_step(10, visitor=OTHER), *bought(20, visitor=OTHER, value=1)]
    assert led(clicked(100), *stranger, ordered(DAY_S)) == {"spring": BY_CUSTOMER}


def test_the_link_of_the_last_click_is_named() -> None:
    shop = Shop().receive([clicked(100), clicked(200, link=2), ordered(DAY_S)])
    registry = MemoryRegistry()
    registry.add_site(A_SITE)
    found = results_of(shop.store, registry, CAMPAIGNS[0], at_ms(2 * DAY_S))
    assert found is not None
    assert [(row.link, row.known.orders, row.estimated.orders) for row in found.links] == [(2, 1, 0)]
    assert (found.known.orders, found.estimated.orders, found.known.visits) == (1, 0, 0)
