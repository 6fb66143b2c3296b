"""The funnel of a site: its numbers, what it refuses, what it warns of, and what it says is not known."""

from collections.abc import Sequence
from typing import Any

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.measure.funnel import DEFINITION, Funnel, FunnelQuestion, Funnels, read_steps
from mailpixel.measure.touches import visits_of
from mailpixel.measure.window import window_ms, window_text
from mailpixel.model import Campaign, Event, Facts, Link
from mailpixel.site_model import Planned, Site
from tests.support.builders import ROBOT, a_click, at_ms
from tests.support.shop import A_SITE, Shop
from tests.support.site_cases import AGREED, HOST, a_purchase, a_step, bought

STEPS = ("view_item", "add_to_cart", "purchase")
MACHINE = {"agent": ROBOT}
DAY_S = 86_400


def viewed(visitor: str, second: float = 0, *names: str, **said: Any) -> Sequence[Event]:
    """A visitor's page view and then these steps, ten seconds apart."""
    return [
        a_step(second + 10 * place, name, visitor, **said) for place, name in enumerate(("page_view", *names))
    ]


def shop_of(*parts: Sequence[Event]) -> Shop:
    return Shop().receive([event for part in parts for event in part])


def funnel_of(shop: Shop, *steps: str, **asked: Any) -> Funnel:
    window = asked.pop("window", "24h")
    return Funnels(shop.store, A_SITE).funnel(FunnelQuestion(steps or STEPS, window_ms(window), **asked))


def numbers(funnel: Funnel) -> list[tuple[str, int, int]]:
    return [(step.name, step.visitors, step.machine) for step in funnel.steps]


def three_visitors() -> Shop:
    return shop_of(
        viewed("v-1", 0, "view_item", "add_to_cart"),
        bought(100, "A-1", "v-1"),
        viewed("v-2", 5, "view_item"),
        viewed("v-3", 9),
        viewed("robot", 20, "view_item", "add_to_cart", request=MACHINE),
    )


def test_a_funnel_counts_people_with_machines_beside_them() -> None:
    found = funnel_of(three_visitors()).to_json()
    assert found["steps"] == [
        {
            "name": "view_item",
            "visitors": 2,
            "share_of_first": 1.0,
            "share_of_previous": None,
            "median_s": None,
            "machine": 1,
        },
        {
            "name": "add_to_cart",
            "visitors": 1,
            "share_of_first": 0.5,
            "share_of_previous": 0.5,
            "median_s": 10.0,
            "machine": 1,
        },
        {
            "name": "purchase",
            "visitors": 1,
            "share_of_first": 0.5,
            "share_of_previous": 1.0,
            "median_s": 80.0,
            "machine": 0,
        },
    ]
    assert found["visitors"] == {"human": 3, "machine": 1, "internal": 0, "known": 0}
    assert (found["site"], found["campaign"], found["window_s"], found["from"], found["to"]) == (
        "shop",
        None,
        86_400,
        None,
        None,
    )
    assert (found["since"], found["definition"], found["warnings"]) == (
        "2026-09-21T14:13:20Z",
        DEFINITION,
        [],
    )


def test_the_window_begins_with_any_first_step() -> None:
    shop = shop_of(viewed("v-1", 0, "view_item"), viewed("v-1", 500, "view_item", "add_to_cart"))
    assert numbers(funnel_of(shop, "view_item", "add_to_cart", window="10s")) == [
        ("view_item", 1, 0),
        ("add_to_cart", 1, 0),
    ]
    assert numbers(funnel_of(shop, "view_item", "add_to_cart", window="9s"))[1] == ("add_to_cart", 0, 0)


def test_a_step_that_is_said_twice_is_one() -> None:
    twice = [a_step(0, "view_item", "v-1", id="x"), a_step(5, "view_item", "v-1", id="x")]
    assert numbers(funnel_of(shop_of(twice), "view_item", "view_item")) == [
        ("view_item", 1, 0),
        ("view_item", 0, 0),
    ]


def test_only_a_visitor_with_an_id_goes_on_after_midnight() -> None:
    first = [("v-1", "k" * 22), ("v-2", "")]
    parts = [viewed(v, 0, "view_item", consent=AGREED, known=known) for v, known in first]
    parts += [viewed(f"{v}-", DAY_S, "add_to_cart", consent=AGREED, known=known) for v, known in first]
    found = funnel_of(shop_of(*parts), "view_item", "add_to_cart", window="2d")
    assert numbers(found) == [("view_item", 2, 0), ("add_to_cart", 1, 0)]
    assert (found.visitors.human, found.visitors.known) == (3, 1)
    assert found.notes[0].startswith("2 visitors did not agree to an id.")
    alone = funnel_of(shop_of(*parts[1:2], *parts[3:]), "view_item", "add_to_cart", window="2d")
    assert numbers(alone) == [("view_item", 1, 0), ("add_to_cart", 0, 0)]
    assert "the funnel is per day" in alone.notes[0]


def test_the_blind_spot_is_shown_from_thirty_orders_and_warns_above_ten_per_cent() -> None:
    seen = [event for n in range(26) for event in (*bought(n, f"B-{n}", f"v-{n}"), a_purchase(n, f"B-{n}"))]
    few = funnel_of(shop_of(seen, [a_purchase(n, f"S-{n}") for n in range(3)]))
    assert (few.blind_spot.server_orders, few.blind_spot.server_only, few.blind_spot.share) == (29, 3, None)
    assert [warning.step for warning in few.warnings] == ["view_item", "add_to_cart"]
    enough = funnel_of(shop_of(seen, [a_purchase(n, f"S-{n}") for n in range(4)]))
    assert enough.blind_spot.to_json() == {
        "server_orders": 30,
        "server_only": 4,
        "browser_only": 0,
        "share": 0.133333,
        "low": 0.053097,
        "high": 0.296813,
        "definition": enough.blind_spot.definition,
    }
    assert [warning.step for warning in enough.warnings] == ["view_item", "add_to_cart", "purchase"]
    assert enough.warnings[-1].reason.startswith("13.3% of the orders")


@pytest.mark.parametrize("steps", ["", " , ", "page_view,refund", "page_view,Purchase", "page_view," * 21])
def test_steps_that_are_none_too_many_or_unknown_are_refused(steps: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_steps(steps, A_SITE)
    assert refused.value.field == "steps"


def test_the_events_of_the_tracking_plan_are_steps() -> None:
    site = Site("shop", "0" * 16, ("shop.example",), names=("quiz",), plan=(Planned("wish"),))
    assert read_steps("page_view, quiz,wish", site) == ["page_view", "quiz", "wish"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"until_ms": at_ms(0)}, "to"),
        ({"from_ms": at_ms(5), "until_ms": at_ms(5)}, "to"),
    ],
)
def test_a_period_before_the_first_visit_is_refused(asked: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        funnel_of(three_visitors(), **asked)
    assert refused.value.field == field


def test_a_site_without_a_visit_is_refused_and_an_early_beginning_warns() -> None:
    with pytest.raises(InvalidInput, match="no page of shop was seen yet"):
        funnel_of(Shop())
    early = funnel_of(three_visitors(), from_ms=at_ms(-100))
    assert [warning.step for warning in early.warnings] == [""]
    assert numbers(funnel_of(three_visitors(), "view_item", from_ms=at_ms(5))) == [("view_item", 1, 1)]


def test_a_funnel_of_a_campaign_counts_visits_that_used_its_clicks_or_name_it() -> None:
    link = Link(1, "https://shop.example/?utm_campaign=Spring")
    campaign = Campaign("c-1", "C", links=(link,))
    clicks = [
        a_click(0, recipient=f"r-{n}", campaign=f"c-{n}", facts=Facts.ACCEPT | Facts.CARRIED) for n in (1, 2)
    ]
    shop = shop_of(
        clicks,
        viewed("v-1", 2, click=clicks[0].id.hex()),
        viewed("v-2", 2, click=clicks[1].id.hex()),
        viewed("v-3", 2, url=f"{HOST}/?utm_campaign=spring"),
        viewed("v-4", 2),
    )
    funnels = Funnels(shop.store, A_SITE, campaign.id, visits_of(campaign, shop.store))
    found = funnels.funnel(FunnelQuestion(["page_view"], 1_000))
    assert numbers(found) == [("page_view", 2, 0)]


@pytest.mark.parametrize("text", ["", "0h", "24", "1w", "91d", "-1h", "1.5h", "1h ", "٣h"])
def test_a_window_is_a_length_of_at_most_ninety_days(text: str) -> None:
    with pytest.raises(InvalidInput, match="window"):
        window_ms(text)


@pytest.mark.parametrize(("text", "shortest"), [("1d", "24h"), ("90s", "90s"), ("60m", "1h"), ("90d", "90d")])
def test_a_window_is_shown_as_short_as_can_be(text: str, shortest: str) -> None:
    assert window_text(window_ms(text)) == shortest
