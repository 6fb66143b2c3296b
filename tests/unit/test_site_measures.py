"""What a campaign led to, lint, and reconciliation, on small shops."""

from collections.abc import Sequence
from typing import Any

from mailpixel.kinds import EventKind
from mailpixel.measure.evidence import Evidence
from mailpixel.measure.lint import RULES, lint
from mailpixel.measure.reconciliation import reconcile
from mailpixel.measure.results import How, LedTo, Money, Results, results_of
from mailpixel.model import Campaign, Event, Facts, Link
from mailpixel.site_model import Planned, Site
from mailpixel.store.memory import MemoryRegistry
from tests.support.builders import ROBOT, a_click, at_ms
from tests.support.shop import A_SITE, Shop
from tests.support.site_cases import AGREED, HOST, MEASURED, a_purchase, a_refund, a_step, bought

CAMPAIGN = Campaign(
    "spring", "Spring", links=(Link(1, "https://shop.example/"), Link(2, "https://shop.example/2"))
)
NOTHING = LedTo(0, 0, 0, [])


def carried(second: float, recipient: str, link: int = 1, **more: Any) -> Event:
    facts = Facts.ACCEPT | Facts.CARRIED
    return a_click(second, link=link, recipient=recipient, campaign="spring", facts=facts, **more)


def landed(click: Event, second: float, visitor: str, **said: Any) -> Event:
    return a_step(second, visitor=visitor, **{"consent": AGREED, "click": click.id.hex(), **said})


def led_to(*events: Event) -> Results:
    registry = MemoryRegistry()
    registry.add_site(A_SITE)
    found = results_of(Shop().receive(events).store, registry, CAMPAIGN, at_ms(5_000))
    assert found is not None
    return found


def by(found: Results, how: How) -> LedTo:
    return next(row.led_to for row in found.by if row.how is how)


def euros(amount: str) -> list[Money]:
    return [Money("EUR", amount)]


def test_what_is_known_and_what_is_estimated_are_apart() -> None:
    named, touched = carried(100, "r-1"), carried(200, "r-2", 2)
    found = led_to(
        named,
        landed(named, 102, "v-1"),
        *bought(150, "A-1", "v-1", consent=AGREED),
        a_purchase(151, "A-1"),
        a_refund(300, "A-1"),
        touched,
        landed(touched, 202, "v-2", consent=MEASURED),
        *bought(250, "A-2", "v-2", value=1_000, currency="USD"),
        a_step(300, visitor="v-3", url=f"{HOST}/?utm_campaign=SPRING"),
        *bought(310, "A-3", "v-3", value=500),
        a_step(400, visitor="v-4"),
        *bought(410, "A-4", "v-4"),
    )
    assert found.known == LedTo(1, 1, 0, euros("15.00"))
    assert found.estimated == LedTo(2, 2, 0, [Money("EUR", "5.00"), Money("USD", "10.00")])
    assert by(found, How.NAMED) == found.known
    assert by(found, How.SERVER) == NOTHING
    assert by(found, How.TOUCH) == LedTo(1, 1, 0, [Money("USD", "10.00")])
    assert by(found, How.UTM) == LedTo(1, 1, 0, euros("5.00"))
    assert [(row.link, row.known.visits, row.estimated.visits) for row in found.links] == [
        (1, 1, 0),
        (2, 0, 1),
        (None, 0, 1),
    ]
    assert found.links[1].url == "https://shop.example/2"


def test_an_order_is_known_where_the_server_names_the_recipient_or_hands_the_click_over() -> None:
    click, other = carried(100, "r-1"), carried(110, "r-2")
    found = led_to(
        click,
        landed(click, 102, "v-1", consent=MEASURED),
        *bought(150, "A-1", "v-1"),
        a_purchase(151, "A-1", recipient="r-1", consent=AGREED),
        other,
        a_purchase(160, "A-2", click=other.id.hex()),
        a_purchase(170, "A-3"),
    )
    assert by(found, How.SERVER).orders == 2
    assert (found.known.revenue, found.estimated.orders) == (euros("40.00"), 0)


def test_a_machine_that_uses_a_click_or_clicks_leads_to_nothing() -> None:
    click, scanner = carried(100, "r-1"), carried(100, "r-2", agent=ROBOT)
    found = led_to(
        click,
        landed(click, 102, "robot", request={"agent": ROBOT}),
        scanner,
        landed(scanner, 102, "v-1"),
        a_step(90, visitor="v-0"),
    )
    assert (found.known, found.estimated, found.machine_visits) == (NOTHING, NOTHING, 1)


def test_without_a_visit_nothing_is_said() -> None:
    assert results_of(Shop().store, MemoryRegistry(), CAMPAIGN, at_ms(0)) is None


def test_orders_are_compared_by_who_reported_them() -> None:
    shop = Shop().receive(
        [
            *bought(100, "A-1"),
            a_purchase(101, "A-1"),
            *bought(200, "A-2"),
            a_purchase(300, "A-3"),
            *bought(400, "A-4", value=1_000),
            a_purchase(401, "A-4"),
        ]
    )
    found = reconcile(shop.store, A_SITE, None, None).to_json()
    assert (found["both"], found["browser_only"], found["server_only"], found["different"]) == (2, 1, 1, 1)
    assert (found["browser_only_orders"], found["server_only_orders"]) == (["A-2"], ["A-3"])
    assert found["different_orders"] == [{"order": "A-4", "browser": "10.00 EUR", "server": "20.00 EUR"}]
    assert (found["with_both"], found["blind_spot"]["share"]) == (0.666667, None)


def faults(events: Sequence[Event], site: Site = A_SITE, second: float = 1_000) -> dict[str, str]:
    found = lint(Shop().receive(events).store, site, at_ms(second))
    return {row.rule: row.state for row in found.rules if row.state != "not_enough"}


def views(number: int, visitor: str = "v", **said: Any) -> list[Event]:
    return [a_step(n, visitor=f"{visitor}-{n}", url=f"{HOST}/{n}", **said) for n in range(number)]


def test_a_sound_site_has_no_fault() -> None:
    events = [*views(60), *(a_step(n + 1, "view_item", f"v-{n}") for n in range(60))]
    assert set(faults(events).values()) == {"fine"}


def test_only_purchases_are_a_fault() -> None:
    events = [event for n in range(20) for event in bought(n, f"A-{n}", f"v-{n}")]
    assert faults(events)["thank-you-only"] == "fault"
    assert faults([*events, a_step(5, visitor="v-5")])["thank-you-only"] == "fault"
    assert faults([*events, a_step(500, visitor="v-5")])["thank-you-only"] == "fine"


def test_problems_of_events_are_faults() -> None:
    bare = a_step(5, "purchase", problems=("missing:transaction_id",))
    assert faults([bare])["purchase-without-id"] == "fault"
    assert (
        faults([a_step(5, "view_item", problems=("missing:currency",))])["value-without-currency"] == "fault"
    )


def test_names_and_plans_are_looked_at() -> None:
    site = Site(
        "shop", "0" * 16, ("shop.example",), names=("purchases", "addtocart"), plan=(Planned("wish"),)
    )
    day_later = 90_000
    found = faults([a_step(0)], site, day_later)
    assert (found["similar-name"], found["plan-not-seen"]) == ("fault", "fault")
    assert (
        faults([a_step(0), a_step(day_later - 5, "wish", "v-2")], site, day_later)["plan-not-seen"] == "fine"
    )


def test_a_step_that_only_follows_is_out_of_order() -> None:
    reversed_ = [
        a_step(n + place, name, f"v-{n}")
        for n in range(50)
        for place, name in enumerate(("add_to_cart", "view_item"))
    ]
    assert faults(reversed_)["step-out-of-order"] == "fault"
    assert faults([*reversed_, a_step(0, "view_item", "v-3")])["step-out-of-order"] == "fine"


def test_differing_money_twins_and_carts_on_load_are_faults() -> None:
    assert faults([a_purchase(5), *bought(6, value=5)])["same-id-different-money"] == "fault"
    twice = [*views(50), *views(50)]
    assert faults(twice)["two-scripts"] == "fault"
    carts = [*views(60), *(a_step(n, "add_to_cart", f"v-{n}") for n in range(59))]
    assert faults(carts)["cart-on-load"] == "fault"


def test_every_rule_has_a_formula_a_threshold_and_a_remedy_and_says_nothing_of_nothing() -> None:
    assert all(rule.formula and rule.threshold and rule.remedy for rule in RULES)
    assert not [
        rule.name for rule in RULES if (seen := rule.look(Evidence(), A_SITE, 0)).is_enough and seen.is_fault
    ]


def test_figures_have_their_formula_and_are_shown_from_their_number() -> None:
    events = [
        *(a_step(n, "view_item", f"v-{n}", problems=("missing:items",) * (n < 5)) for n in range(50)),
        a_step(0, "view_item", "v-0", id="x"),
        a_step(1, "view_item", "v-0", id="x"),
        a_step(2, "consent", "v-0", kind=EventKind.CONSENT),
    ]
    figures = {row.name: row for row in lint(Shop().receive(events).store, A_SITE, at_ms(100)).figures}
    (wrong,) = figures["missing or wrong fields"].values
    assert (wrong.of, wrong.numerator, wrong.denominator) == ("view_item missing:items", 5, 52)
    assert (figures["repeats"].values[0].numerator, figures["blind spot"].values) == (1, [])
    assert figures["consent"].values[0].of == "measure, by none"
    assert [value.of for value in figures["age"].values] == ["median", "95 %"]
