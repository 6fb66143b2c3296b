"""Pages of what web sites are measured by are sound in every view, with and without visits."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.views import Check
from tests.integration.test_funnel import EVENTS
from tests.support.builders import a_campaign
from tests.support.service import Service, rows
from tests.support.shop import A_SITE
from tests.support.site_cases import a_purchase, bought
from tests.support.stores import open_settled


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("sites") / "data"
    rows(data, "site", "add", "quiet", "--host", "quiet.example")
    store, registry = open_settled(data / "mailpixel.db")
    registry.add_site(A_SITE)
    registry.add_campaign(a_campaign("c-1"))
    more = [
        *bought(200, "B-1", "v-3", value=500),
        a_purchase(201, "B-1"),
        a_purchase(300, "C-1", currency="USD"),
    ]
    store.append([*EVENTS, *more])
    store.close()
    registry.close()
    rows(data, "site", "orders", "shop")
    with Service(data) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/sites/shop", "Blind spot"),
        ("/sites/shop/funnel?window=2d", "of the first"),
        ("/sites/shop/funnel?steps=nothing&window=x", "is no event of this site"),
        ("/sites/shop/lint", "thank-you-only"),
        ("/sites/quiet", "No page of this site was seen"),
        ("/sites/quiet/funnel", "No page of quiet was seen yet"),
        ("/sites/shop/visits?from=2026-09-21&to=2026-09-23", "Pages of 2026-09-21"),
        ("/sites/shop/visits/v-1", "Agreed to"),
        ("/campaigns/c-1/ready", "Send all the same"),
        ("/sites/quiet/console", "No request was seen since the service started"),
        ("/sites/quiet/lint", "not enough seen"),
        ("/campaigns/c-1", "What it led to on web sites"),
    ],
)
def test_the_page_is_sound_in_every_view(signed_in: Page, check: Check, path: str, text: str) -> None:
    signed_in.goto(path)
    expect(signed_in.get_by_text(text).first).to_be_attached()
    for table in signed_in.get_by_text("The numbers as a table").all():
        table.click()
    check.in_every_view(signed_in, path.replace("/", "-"))
