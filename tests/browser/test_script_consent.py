"""The script of web pages and consent, in Chromium and in Firefox: what it never sends."""

import pytest

from tests.support.page_browsers import GPC, Firefox
from tests.support.site_visits import CLICK, ITEM, OBJECTS, ORDER, RANDOM, Visit
from tests.support.web_shop import ShopPage, WebShop


def test_nothing_is_sent_before_consent_and_what_waited_is_sent_after_it(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/ask/")
    tab.run("mailpixel('track', 'sign_up')")
    tab.run("mailpixel('consent', {share: true})")
    visit.nothing_more(tab)
    assert shop.sent() == []
    assert tab.run("document.cookie") == ""
    tab.run("mailpixel('consent', {measure: true, identify: true}, {version: '2026-11', source: 'tcf'})")
    [arrival] = shop.arrived(2)
    assert arrival.names == ["page_view", "sign_up"]
    assert arrival.envelope["consent"] == ["measure", "identify", "share"]
    assert arrival.envelope["proof"] == {"source": "api", "version": "2026-11"}
    assert tab.run("document.cookie") == f"mp_vid={arrival.envelope['visitor']}"


def test_a_visitor_who_agreed_is_known_on_the_next_page(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/ask/")
    tab.run("mailpixel('consent', {measure: true, identify: true})")
    [first] = shop.arrived()
    tab.go(shop.url + "/ask/next")
    assert visit.nothing_more(tab) == []
    tab.run("mailpixel('consent', {measure: true, identify: true})")
    [second] = shop.arrived()
    assert RANDOM.fullmatch(first.envelope["visitor"])
    assert second.envelope["visitor"] == first.envelope["visitor"]


def test_a_withdrawal_is_sent_once_and_nothing_after_it(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/ask/")
    tab.run("mailpixel('consent', {measure: true, identify: true})")
    shop.arrived()
    tab.run("[1, 2].forEach(() => mailpixel('consent', {measure: false, identify: false}))")
    [arrival] = shop.arrived()
    assert arrival.envelope == {
        "v": 1, "sent_ms": arrival.envelope["sent_ms"], "proof": {"source": "api"}, "withdrawn": 1, "events": []
    }  # fmt: skip
    shop.sent()
    assert tab.run("document.cookie") == ""
    tab.run("mailpixel('track', 'sign_up')")
    tab.run("history.pushState({}, '', '/ask/elsewhere')")
    tab.run("mailpixel('consent', {measure: false})")
    visit.nothing_more(tab)
    assert shop.sent() == []


@pytest.mark.parametrize("site", ["ask", "open"])
def test_who_refuses_sends_no_request_at_all(visit: Visit, shop: WebShop, site: str) -> None:
    refusal = "<script>mailpixel('consent', {measure: false, identify: false})</script>"
    shop.pages["/refused"] = ShopPage(shop.snippet(site) + refusal)
    tab = visit.at(f"/refused?mp_cid={CLICK}")
    tab.run(f"mailpixel('track', 'purchase', {ORDER})")
    tab.run("history.pushState({}, '', '/refused/more')")
    visit.nothing_more(tab)
    tab.close()
    visit.forget(tab)
    assert shop.sent() == []


def test_consent_of_google_is_heard_and_its_defaults_decide_nothing(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/ask/")
    tab.run("window.gtag = function () { dataLayer.push(arguments) }, 0")
    tab.run("gtag('consent', 'default', {analytics_storage: 'granted', ad_user_data: 'denied'})")
    tab.run("gtag('consent', 'update', {ad_user_data: 'granted'})")
    visit.nothing_more(tab)
    assert shop.sent() == []
    tab.run("gtag('consent', 'update', {analytics_storage: 'granted', ad_user_data: 'denied'})")
    tab.run(f"gtag('event', 'view_item', {ITEM})")
    arrivals = shop.arrived(2)
    assert [name for arrival in arrivals for name in arrival.names] == ["page_view", "view_item"]
    assert arrivals[0].envelope["consent"] == ["measure", "identify"]
    assert arrivals[0].envelope["proof"] == {"source": "google"}
    tab.run("gtag('consent', 'update', {analytics_storage: 'denied'})")
    assert shop.arrived()[0].envelope["withdrawn"] == 1


def test_the_consent_framework_is_heard_once_it_has_a_decision(visit: Visit, shop: WebShop) -> None:
    framework = (
        "window.__tcfapi = (command, version, listener) => {"
        " window.tell = (data) => listener({purpose: {consents: {}}, ...data}, true);"
        " tell({eventStatus: 'cmpuishown', purpose: {consents: {1: true, 8: true}}}) }"
    )
    tab = visit.at("/ask/", framework)
    tab.run("tell({eventStatus: 'tcloaded', gdprApplies: false, tcString: 'CLa'})")
    visit.nothing_more(tab)
    assert shop.sent() == []
    tab.run(
        "tell({eventStatus: 'useractioncomplete', tcString: 'CLc', purpose: {consents: {1: true, 8: true}}})"
    )
    [arrival] = shop.arrived()
    assert arrival.envelope["consent"] == ["measure"]
    assert arrival.envelope["proof"] == {"source": "tcf", "tcf": "CLc"}
    tab.run("tell({eventStatus: 'useractioncomplete', gdprApplies: true, tcString: 'CLd'})")
    assert shop.arrived()[0].envelope["withdrawn"] == 1


def test_privacy_control_leaves_measuring_alone_and_that_only_after_a_yes(
    visit: Visit, shop: WebShop
) -> None:
    tab = visit.at(f"/open/?mp_cid={CLICK}", OBJECTS)
    tab.run(f"mailpixel('track', 'purchase', {ORDER})")
    tab.run("dataLayer.push(['consent', 'update', {ad_user_data: 'granted'}])")
    visit.nothing_more(tab)
    assert shop.sent() == []
    asked = visit.at(f"/ask/?mp_cid={CLICK}", OBJECTS)
    asked.run("mailpixel('consent', {measure: true, identify: true, share: true, personalise: true})")
    [arrival] = shop.arrived()
    assert arrival.envelope["consent"] == ["measure"]
    assert arrival.envelope["gpc"] is True
    assert not {"visitor", "click"} & arrival.envelope.keys()
    assert asked.run("document.cookie") == ""


def test_the_privacy_control_of_firefox_itself_is_obeyed(shop: WebShop) -> None:
    browser = Firefox(GPC)
    try:
        visit = Visit(browser, shop)
        tab = visit.at("/open/")
        visit.nothing_more(tab)
        assert shop.sent() == []
        tab.run("mailpixel('consent', {measure: true})")
        [arrival] = shop.arrived()
        assert (arrival.envelope["gpc"], arrival.headers["sec-gpc"]) == (True, "1")
    finally:
        browser.close()


def test_what_was_lost_before_a_withdrawal_is_never_sent(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/open/")
    shop.arrived()
    shop.is_broken = True
    tab.run("mailpixel('track', 'sign_up')")
    withdrawn_ms = int(tab.run("(mailpixel('consent', {measure: false}), Date.now())"))
    visit.nothing_more(tab)
    shop.is_broken = False
    tab.run("mailpixel('consent', {measure: true})")
    tab.run("mailpixel('track', 'generate_lead')")
    names: list[str] = []
    while "generate_lead" not in names:  # the withdrawal may arrive by an image or be lost
        # A browser may itself repeat, on a new connection, a request that was on its way before the withdrawal.
        made_later = [arrival for arrival in shop.arrived() if arrival.envelope["sent_ms"] >= withdrawn_ms]
        names += [name for arrival in made_later for name in arrival.names]
    assert names == ["generate_lead"]


COUNTED = """
window.lost = 0;
const { fetch, Image } = window;
window.fetch = (...values) => fetch(...values).catch((error) => { lost++; throw error; });
window.Image = function () { const made = new Image(); made.addEventListener("error", () => lost++); return made; };
"""
"""Counts the requests of a page that failed."""
FAILED = "new Promise((done) => setInterval(() => lost > %d && done(1), 20))"


@pytest.mark.parametrize("way", ["fetch", "image"])
def test_what_is_under_way_at_a_withdrawal_is_never_tried_again(
    visit: Visit, shop: WebShop, way: str
) -> None:
    if way == "image":
        policy = {
            "content-security-policy": "default-src * 'unsafe-inline' 'unsafe-eval'; connect-src 'none'"
        }
        shop.pages["/held"] = ShopPage(shop.snippet("open"), headers=policy)
    tab = visit.at("/held" if way == "image" else "/open/", COUNTED)
    shop.arrived()
    shop.sent()
    held = shop.hold()
    tab.run("mailpixel('track', 'sign_up')")
    shop.wait_for("/p/")
    tab.run("mailpixel('consent', {measure: false})")
    assert shop.arrived()[0].envelope["withdrawn"] == 1
    tab.run("mailpixel('consent', {measure: true})")
    tab.run("mailpixel('track', 'generate_lead')")
    later = shop.arrived()
    before = tab.run("lost")
    held.hang_up()
    tab.run(FAILED % before)
    tab.run("mailpixel('track', 'quiz_done')")
    while "quiz_done" not in later[-1].names:
        later += shop.arrived()
    assert [name for arrival in later for name in arrival.names] == ["generate_lead", "quiz_done"]
    assert way == "image" or visit.nothing_more(tab) == []  # its policy forbids to ask


def test_what_is_under_way_is_sent_anew_without_the_purpose_that_was_withdrawn(
    visit: Visit, shop: WebShop
) -> None:
    tab = visit.at("/open/", COUNTED)
    tab.run("mailpixel('consent', {identify: true})")
    shop.arrived()
    shop.sent()
    held = shop.hold()
    tab.run("mailpixel('track', 'sign_up')")
    shop.wait_for("/p/")
    tab.run("mailpixel('consent', {identify: false})")
    held.hang_up()
    tab.run(FAILED % 0)
    [arrival] = shop.arrived()
    assert arrival.names == ["sign_up"]
    assert arrival.envelope["consent"] == ["measure"]
    assert "visitor" not in arrival.envelope
