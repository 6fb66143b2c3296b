"""Pages of what web sites are measured by, and what a campaign led to on its overview."""

from tests.integration.test_funnel import EVENTS
from tests.support.api import Api
from tests.support.builders import a_campaign
from tests.support.shop import A_SITE, fold_sites
from tests.support.web import Person


def a_shop(api: Api) -> Person:
    api.registry.add_site(A_SITE)
    api.registry.add_campaign(a_campaign("c-1"))
    api.store.append(EVENTS)
    fold_sites(api.store)
    return Person(api, "read")


def test_a_site_shows_its_visits_orders_and_tabs(api: Api) -> None:
    page = a_shop(api).see("/sites/shop").text
    assert all(
        text in page for text in ("Visits by day", "Blind spot", "/sites/shop/funnel", "/sites/shop/lint")
    )
    assert "Edit" not in page


def test_a_funnel_is_drawn_with_its_table_and_its_definition(api: Api) -> None:
    page = a_shop(api).see("/sites/shop/funnel").text
    assert all(
        text in page for text in ("People who reached each step: view_item 2", "1. view_item", "midnight")
    )
    assert "is no event of this site" in Person(api, "read").see("/sites/shop/funnel?steps=nothing").text
    assert "there is no campaign" in Person(api, "read").see("/sites/shop/funnel?campaign=none").text
    assert "must be a number" in Person(api, "read").see("/sites/shop/funnel?window=1w").text


def test_the_quality_of_events_is_shown_with_formulas(api: Api) -> None:
    page = a_shop(api).see("/sites/shop/lint").text
    assert all(
        text in page for text in ("thank-you-only", "not enough seen", "Only of pages", "A fault when")
    )


def test_the_overview_of_a_campaign_shows_what_it_led_to(api: Api) -> None:
    page = a_shop(api).see("/campaigns/c-1").text
    assert all(text in page for text in ("What it led to on web sites", "Only estimated", "link not known"))


def test_without_a_visit_nothing_is_shown_of_web_sites(api: Api) -> None:
    api.registry.add_campaign(a_campaign("c-1"))
    assert "web sites" not in Person(api, "read").see("/campaigns/c-1").text
