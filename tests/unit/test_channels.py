"""What led to a visit, by the query of its first page and its referrer; and what a step says of its page and items."""

import pytest

from mailpixel.classify import Rules
from mailpixel.projections.channels import Source, source_of
from mailpixel.projections.visits import fold_visit, item_ids, path_of
from tests.support.site_cases import AGREED, a_case, a_step

PAGE = "https://shop.example/a"


@pytest.mark.parametrize(
    ("query", "referrer", "source"),
    [
        ("", "", Source("direct")),
        ("", "https://shop.example", Source("direct")),
        ("", "https://www.shop.example", Source("direct")),
        ("", "https://notshop.example", Source("referral")),
        ("", "https://www.google.de", Source("search")),
        ("", "https://duckduckgo.com", Source("search")),
        ("", "https://t.co", Source("social")),
        ("", "https://lm.facebook.com", Source("social")),
        ("", "https://mail.google.com", Source("email")),
        ("", "https://blog.example", Source("referral")),
        ("?utm_source=newsletter&utm_campaign=spring", "", Source("email", "spring")),
        ("?utm_medium=Email&utm_campaign=Spring", "https://www.google.com", Source("email", "Spring")),
        ("?utm_medium=cpc&utm_source=google", "https://www.google.com", Source("paid")),
        ("?gclid=abc", "https://www.google.com", Source("paid")),
        ("?fbclid=abc", "https://l.facebook.com", Source("social")),
        ("?utm_medium=affiliate&utm_campaign=a", "", Source("affiliate", "a")),
        ("?utm_medium=banner", "", Source("display")),
        ("?utm_medium=social", "", Source("social")),
        ("?utm_medium=qr", "", Source("other")),
        ("?utm_source=poster", "", Source("other")),
        ("?utm_campaign=x", "", Source("direct", "x")),
    ],
)
def test_what_led_to_a_visit(query: str, referrer: str, source: Source) -> None:
    assert source_of(PAGE + query, referrer, ("shop.example",)) == source


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://shop.example/a/b?x=1", "/a/b"),
        ("https://shop.example/a?x=/c", "/a"),
        ("https://shop.example", "/"),
        ("https://shop.example?x=1", "/"),
        ("https://shop.example/", "/"),
        ("", ""),
    ],
)
def test_the_path_of_a_page(url: str, path: str) -> None:
    assert path_of(url) == path


@pytest.mark.parametrize(
    ("items", "ids"),
    [
        ([{"item_id": "a"}, {"item_name": "red  shoe"}, {"price": 1}], "a red_shoe"),
        ([{"item_id": 7}, {"item_id": "", "item_name": "b"}], "7 b"),
        (["a", "b"], "a b"),
        ("a", ""),
        (None, ""),
    ],
)
def test_the_items_of_a_step(items: object, ids: str) -> None:
    assert item_ids(items) == ids


def test_a_visit_has_its_beginning_its_sessions_and_the_last_word_on_consent() -> None:
    visit = fold_visit(
        a_case(
            a_step(60, url=f"{PAGE}?utm_medium=email&utm_campaign=spring"),
            a_step(0, "view_item", url=f"{PAGE}?utm_medium=cpc", consent=AGREED, known="k" * 22),
            a_step(60 + 1_800, "add_to_cart", consent=AGREED, data={"items": [{"item_id": "x"}]}),
            a_step(60 + 3_601, "purchase", id="purchase:A-1", consent=AGREED, known="other"),
        ),
        Rules(),
    )
    assert (visit.channel, visit.utm_campaign, visit.sessions) == ("email", "spring", 2)
    assert (visit.known_as, visit.consent) == ("k" * 22, AGREED)
    assert [(step.name, step.what) for step in visit.steps] == [
        ("view_item", ""),
        ("page_view", "/a"),
        ("add_to_cart", "x"),
        ("purchase", ""),
    ]
