"""The script of web pages in Chromium and in Firefox: what it sends, and when."""

import json

from tests.support.page_browsers import unwatched_chromium
from tests.support.site_visits import CLICK, ITEM, ORDER, RANDOM, Visit, path_of
from tests.support.web_shop import FENCE, ShopPage, WebShop


def test_a_page_view_is_sent_as_plain_text_without_cookies(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/open/boots?variant=red&session=4711&utm_source=mail#top")
    tab.run("document.cookie = 'basket=full;path=/'")
    [first] = shop.arrived()
    tab.run("mailpixel('track', 'sign_up')")
    [second] = shop.arrived()
    tab.run("document.cookie = 'basket=;path=/;max-age=0'")
    [event] = first.events
    view = event["id"]
    assert RANDOM.fullmatch(view)
    assert event == {
        "age_ms": event["age_ms"],
        "view": view,
        "name": "page_view",
        "id": view,
        "url": f"{shop.url}/open/boots?variant=red&utm_source=mail",
        "nav": "load",
    }
    del first.envelope["sent_ms"], first.envelope["events"], first.envelope["automated"]
    assert first.envelope == {"v": 1, "proof": {"source": "none_needed"}, "consent": ["measure"]}
    assert (first.method, second.events[0]["view"]) == ("POST", view)
    for arrival in (first, second):
        assert arrival.headers["content-type"] == "text/plain;charset=UTF-8"
        assert arrival.headers["origin"] == shop.url
        assert arrival.headers["sec-fetch-mode"] == "no-cors"
        assert "cookie" not in arrival.headers
    assert tab.run("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_what_an_automated_browser_sends_says_so(visit: Visit, shop: WebShop) -> None:
    visit.at("/open/", "Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => true})")
    assert shop.arrived()[0].envelope["automated"] is True
    visit.at("/open/", "Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})")
    assert "automated" not in shop.arrived()[0].envelope


def test_an_order_that_is_sent_twice_has_one_id(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/open/thanks")
    tab.run(f"mailpixel('track', 'add_to_cart', {ITEM})")
    events = [event for arrival in shop.arrived(2) for event in arrival.events]
    tab.run(f"[1, 2].forEach(() => mailpixel('track', 'purchase', {ORDER}))")
    events += [event for arrival in shop.arrived(2) for event in arrival.events]
    assert [event["name"] for event in events] == ["page_view", "add_to_cart", "purchase", "purchase"]
    assert [event["id"] for event in events[2:]] == ["purchase:T1", "purchase:T1"]
    assert RANDOM.fullmatch(events[1]["id"])
    assert events[3]["data"] == {
        "transaction_id": "T1", "currency": "EUR", "value": 10, "items": [{"item_id": "A", "price": 10}]
    }  # fmt: skip


def test_calls_from_before_the_script_are_taken(visit: Visit, shop: WebShop) -> None:
    early = "<script>mailpixel('track', 'view_item', {items: [{item_id: 'A'}]}, 'mine')</script>"
    shop.pages["/early"] = ShopPage(shop.snippet("open") + early)
    visit.at("/early")
    [arrival] = shop.arrived(2)
    assert arrival.names == ["page_view", "view_item"]
    assert arrival.events[1]["id"] == "mine"


def test_what_a_page_changes_later_is_sent_as_it_was(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/ask/")
    tab.run("window.cart = {items: [{item_id: 'A'}]}, mailpixel('track', 'view_cart', cart), cart.items = []")
    tab.run("mailpixel('consent', {measure: true})")
    assert shop.arrived(2)[0].events[1]["data"] == {"items": [{"item_id": "A"}]}


def test_a_wrong_call_breaks_nothing_and_a_flaw_drops_no_step(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/open/")
    shop.arrived()
    tab.run("mailpixel('nonsense'), mailpixel(), mailpixel('consent'), mailpixel('consent', 'yes')")
    tab.run("(() => { const circle = {}; circle.self = circle; mailpixel('track', 'sign_up', circle) })()")
    tab.run("mailpixel('track', 'generate_lead', null)")
    events = [event for arrival in shop.arrived(2) for event in arrival.events]
    # Each left at once, and two requests may overtake each other, here and below.
    assert sorted((event["name"], event.get("data")) for event in events) == [
        ("generate_lead", None),
        ("sign_up", None),
    ]


def test_the_data_layer_is_heard_from_its_beginning(visit: Visit, shop: WebShop) -> None:
    layer = f"<script>window.dataLayer = [{{event: 'view_item', ecommerce: {ITEM}}}]</script>"
    shop.pages["/layer"] = ShopPage(layer + shop.snippet("open"))
    tab = visit.at("/layer")
    [arrival] = shop.arrived(2)
    assert arrival.names == ["page_view", "view_item"]
    length = tab.run(
        f"(dataLayer.push({{ecommerce: null}}), dataLayer.push({{event: 'gtm.click'}}), dataLayer.push(null, 7),"
        f" dataLayer.push({{event: 'quiz_done'}}, {{event: 'add_to_cart', ecommerce: {ITEM}}}))"
    )
    tab.run(f"(function () {{ dataLayer.push(arguments) }})('event', 'begin_checkout', {ITEM})")
    events = [event for arrival in shop.arrived(3) for event in arrival.events]
    named = {event["name"]: event for event in events}
    assert sorted(named) == ["add_to_cart", "begin_checkout", "quiz_done"]
    assert named["begin_checkout"]["data"]["items"] == [{"item_id": "A", "price": 10}]
    assert length == 7  # what `push` returns is the array's own answer


def test_routes_of_a_single_page_are_views_and_the_same_place_is_none(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/open/")
    shop.arrived()
    tab.run("history.pushState({}, '', '/open/1')")
    tab.run("history.replaceState({scroll: 1}, '', '/open/1')")
    tab.run("history.replaceState({}, '', '/open/1?typed=abc')")
    tab.run("history.pushState({}, '', '/open/2?variant=blue')")
    tab.run("new Promise((done) => { addEventListener('popstate', () => setTimeout(done)); history.back() })")
    events = [event for arrival in shop.arrived(3) for event in arrival.events]
    assert sorted((event["nav"], path_of(event)) for event in events) == [
        ("route", "/open/1"), ("route", "/open/1"), ("route", "/open/2")
    ]  # fmt: skip
    assert len({event["view"] for event in events}) == 3
    assert events[1]["url"] == f"{shop.url}/open/2?variant=blue"
    tab.run("mailpixel('view')")
    assert shop.arrived()[0].events[0]["nav"] == "call"


def test_a_page_from_the_cache_of_the_browser_is_counted_once(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/open/first")
    shop.arrived()
    tab.go(shop.url + "/open/second")
    shop.arrived()
    tab.back()
    [arrival] = shop.arrived()
    assert [(event["nav"], path_of(event)) for event in arrival.events] == [("restored", "/open/first")]
    assert visit.nothing_more(tab) == []


def test_a_page_made_ahead_is_counted_once_it_is_shown(shop: WebShop) -> None:
    rules = json.dumps({"prerender": [{"source": "list", "urls": ["/open/next"], "eagerness": "immediate"}]})
    click = "<script>const look = () => fetch('/go').then(({ok}) => ok ? go.click() : setTimeout(look, 20))</script>"
    shop.pages["/ahead"] = ShopPage(
        f'{shop.snippet("open")}<script type="speculationrules">{rules}</script>{click}',
        '<a id="go" href="/open/next">next</a><script>look()</script>',
    )
    note = f"<script>onload = () => fetch('{shop.tracker}{FENCE}?ahead=' + document.prerendering)</script>"
    shop.pages["/open/next"] = ShopPage(
        f"{shop.snippet('open')}{note}<script>mailpixel('track', 'view_item', {ITEM})</script>"
    )
    with unwatched_chromium(shop.url + "/ahead"):
        shop.wait_for(f"{FENCE}?ahead=true")
        assert [path_of(event) for event in shop.arrived()[0].events] == ["/ahead"]
        assert shop.taken() == []
        shop.pages["/go"] = ShopPage()
        [arrival] = shop.arrived(2)
    assert [(event["name"], path_of(event)) for event in arrival.events] == [
        ("page_view", "/open/next"), ("view_item", "/open/next")
    ]  # fmt: skip


def test_a_tab_in_the_background_is_counted_when_it_is_seen(visit: Visit, shop: WebShop) -> None:
    state = "{get: () => window.seen ? 'visible' : 'hidden'}"
    tab = visit.at("/open/", f"Object.defineProperty(Document.prototype, 'visibilityState', {state})")
    assert visit.nothing_more(tab) == []
    tab.run(f"mailpixel('track', 'purchase', {ORDER})")
    [order] = shop.arrived()
    assert order.names == ["purchase"]
    tab.run("(window.seen = 1, document.dispatchEvent(new Event('visibilitychange')))")
    [view] = shop.arrived()
    assert (view.names, view.events[0]["id"]) == (["page_view"], order.events[0]["view"])
    tab.run("document.dispatchEvent(new Event('visibilitychange'))")
    assert visit.nothing_more(tab) == []


def test_the_script_twice_is_one_view(visit: Visit, shop: WebShop) -> None:
    shop.pages["/twice"] = ShopPage(shop.snippet("open") * 2)
    tab = visit.at("/twice")
    shop.arrived()
    assert visit.nothing_more(tab) == []
    tab.run(f"dataLayer.push({{event: 'view_item', ecommerce: {ITEM}}})")
    shop.arrived()
    assert visit.nothing_more(tab) == []


def test_a_carried_click_leaves_the_address_and_goes_with_consent_alone(visit: Visit, shop: WebShop) -> None:
    place = "/open/boots?a=1&mp_cid={}&variant=%20x%2f&b#top"
    tab = visit.at(place.format(CLICK))
    [arrival] = shop.arrived()
    assert "click" not in arrival.envelope
    assert tab.run("location.href") == shop.url + "/open/boots?a=1&variant=%20x%2f&b#top"
    tab.run("mailpixel('consent', {identify: true})")
    tab.run("mailpixel('track', 'sign_up')")
    tab.run("mailpixel('track', 'generate_lead')")
    arrivals = shop.arrived(2)
    assert "".join(each.envelope.get("click", "") for each in arrivals) == CLICK  # once
    tab.go(f"{shop.url}/open/boots?mp_cid=short&x=1")
    shop.arrived()
    assert tab.run("location.search") == "?mp_cid=short&x=1"


def test_what_the_network_lost_is_sent_again_with_its_age_and_id(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/open/")
    shop.arrived()
    shop.is_broken = True
    shop.sent()
    tab.run("(window.then = Date.now(), mailpixel('track', 'sign_up', {method: 'mail'}, 'one'))")
    shop.wait_for("/p/")
    shop.is_broken = False
    tab.run("mailpixel('track', 'generate_lead', undefined, 'two')")
    arrivals = shop.arrived(2)
    events = [event for arrival in arrivals for event in arrival.events]
    assert sorted(event["id"] for event in events) == ["one", "two"]
    [lost] = [event for event in events if event["id"] == "one"]
    assert 0 <= lost["age_ms"] <= tab.run("Date.now() - window.then")
    assert visit.nothing_more(tab) == []


def test_a_policy_that_allows_images_alone_lets_events_through(visit: Visit, shop: WebShop) -> None:
    policy = f"default-src 'self'; script-src 'unsafe-inline' {shop.tracker}; img-src data: {shop.tracker}"
    shop.pages["/policy"] = ShopPage(shop.snippet("open"), headers={"content-security-policy": policy})
    tab = visit.at("/policy")
    [arrival] = shop.arrived()
    assert (arrival.method, arrival.names) == ("GET", ["page_view"])
    tab.run(f"[1, 2].forEach(() => mailpixel('track', 'purchase', {ORDER}))")
    assert [(each.method, each.names) for each in shop.arrived(2)] == [("GET", ["purchase", "purchase"])]


def test_a_policy_that_allows_neither_lets_nothing_through_and_breaks_nothing(
    visit: Visit, shop: WebShop
) -> None:
    policy = f"default-src 'self'; script-src 'unsafe-inline' {shop.tracker}; img-src data:"
    shop.pages["/policy"] = ShopPage(shop.snippet("open"), headers={"content-security-policy": policy})
    tab = visit.at("/policy")
    assert tab.run(f"(mailpixel('track', 'purchase', {ORDER}), 'still here')") == "still here"
    assert shop.sent() == []


def test_an_isolated_page_sends_too(visit: Visit, shop: WebShop) -> None:
    isolated = {"cross-origin-embedder-policy": "require-corp", "cross-origin-opener-policy": "same-origin"}
    shop.pages["/isolated"] = ShopPage(shop.snippet("open"), headers=isolated)
    tab = visit.at("/isolated")
    assert shop.arrived()[0].names == ["page_view"]
    assert tab.run("crossOriginIsolated") is True


def test_a_page_that_tells_no_referrer_sends_too(visit: Visit, shop: WebShop) -> None:
    shop.pages["/silent"] = ShopPage(shop.snippet("open"), headers={"referrer-policy": "no-referrer"})
    visit.at("/silent")
    [arrival] = shop.arrived()
    assert "referer" not in arrival.headers
    assert arrival.headers.get("origin", "null") in ("null", shop.url)


def test_where_a_visitor_came_from_is_an_origin(visit: Visit, shop: WebShop) -> None:
    tab = visit.tab()
    shop.pages["/elsewhere/page"] = ShopPage(body=f'<a id="go" href="{shop.url}/open/">go</a>')
    tab.go(shop.url.replace("127.0.0.1", "localhost") + "/elsewhere/page?q=secret")
    tab.run("void document.getElementById('go').click()")
    assert shop.arrived()[0].events[0]["referrer"] == shop.url.replace("127.0.0.1", "localhost")
    tab.go(shop.url + "/open/inside")
    assert "referrer" not in shop.arrived()[0].events[0]


def test_many_and_large_events_go_in_envelopes_that_are_small_enough(visit: Visit, shop: WebShop) -> None:
    tab = visit.at("/ask/")
    tab.run("Array.from({length: 70}, (_, n) => mailpixel('track', 'quiz_done', {n, text: 'ü'.repeat(900)}))")
    many = "Array(200).fill({item_id: 'x'.repeat(200)})"
    tab.run(f"mailpixel('track', 'view_cart', {{currency: 'EUR', value: 3, items: {many}}})")
    tab.run("mailpixel('consent', {measure: true})")
    arrivals = shop.arrived(50)
    events = [event for arrival in arrivals for event in arrival.events]  # one envelope after the other
    assert [event["data"]["n"] for event in events[:-1]] == list(range(21, 70))  # the last that happened
    assert events[-1]["data"] == {"currency": "EUR", "value": 3}
    assert all(len(arrival.events) <= 20 for arrival in arrivals)
    assert all(
        len(json.dumps(arrival.envelope, ensure_ascii=False).encode()) < 65_536 for arrival in arrivals
    )
