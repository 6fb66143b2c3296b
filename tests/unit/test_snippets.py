"""Snippets: what is pasted into pages, Tag Manager and servers, as text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.site.gif import read_query
from mailpixel.site.outcomes import Outcome, Signals
from mailpixel.site.snippets import SNIPPETS, STUB, snippet
from mailpixel.site_model import Site

ADDRESS = "https://t.shop.example"
KEY = "0123456789abcdef"
ASKS = Site("shop", KEY, ("shop.example",))
OPEN = Site("shop", KEY, ("shop.example",), ask=False)
SECTION = re.compile(r"^___([A-Z_]+)___\n\n(.*?)\n\n\n", re.MULTILINE | re.DOTALL)


class Elements(HTMLParser):
    """The elements of a snippet with their attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data.strip()


@pytest.mark.parametrize("name", ["html", "gtm-html"])
def test_the_script_is_a_stub_and_an_address(name: str) -> None:
    elements = Elements(snippet(ASKS, ADDRESS + "/", name))
    assert elements.found == [
        ("script", {}), ("script", {"async": None, "src": f"{ADDRESS}/p/{KEY}.js"})
    ]  # fmt: skip
    assert elements.text == STUB


def test_an_image_without_script_is_refused_where_the_site_must_ask() -> None:
    with pytest.raises(InvalidInput, match="nobody knows what the visitor agreed to"):
        snippet(ASKS, ADDRESS, "noscript")
    [_, image] = Elements(snippet(OPEN, ADDRESS, "noscript")).found
    url = urlsplit(str(image[1]["src"]))
    assert (url.path, parse_qs(url.query)) == (
        f"/p/{KEY}.gif", {"n": ["page_view"], "u": ["https://shop.example/PATH-OF-THE-PAGE"]}
    )  # fmt: skip
    reading = read_query(url.query.encode(), OPEN, Signals(0))
    assert (reading.outcome, reading.events[0].problems) == (Outcome.LOGGED, ("missing:id",))


@pytest.mark.parametrize("site", [ASKS, OPEN], ids=["asks", "open"])
def test_the_image_of_tag_manager_is_an_order_once_its_variables_are_filled(site: Site) -> None:
    filled = {
        "{{DLV - ecommerce.transaction_id}}": "T1",
        "{{DLV - ecommerce.value}}": "20.00",
        "{{DLV - ecommerce.currency}}": "EUR",
        "{{DLV - ecommerce.tax}}": "",
        "{{DLV - ecommerce.shipping}}": "4.90",
        "{{DLV - ecommerce.coupon}}": "",
        "{{mailpixel items}}": "boots-42,caf%C3%A9%20%26%20co",
        "{{Page URL}}": "https://shop.example/thanks?a=1&value=9&n=sign_up",
    }
    url = snippet(site, ADDRESS, "gtm-image").strip()
    assert set(re.findall(r"\{\{.*?\}\}", url)) == filled.keys()
    for name, value in filled.items():
        url = url.replace(name, value)
    [event] = read_query(urlsplit(url).query.encode(), site, Signals(0)).events
    assert (event.name, event.order_id, event.problems) == ("purchase", "T1", ())
    assert event.step is not None
    assert event.step.data["items"] == [{"item_id": "boots-42"}, {"item_id": "café & co"}]
    assert event.order is not None
    assert (event.order.value, event.order.shipping, event.order.currency) == (2_000, 490, "EUR")


def test_the_template_of_tag_manager_has_the_form_that_is_imported() -> None:
    sections = dict(SECTION.findall(snippet(ASKS, ADDRESS, "gtm-template")))
    assert list(sections) == [
        "INFO", "TEMPLATE_PARAMETERS", "SANDBOXED_JS_FOR_WEB_TEMPLATE", "WEB_PERMISSIONS", "TESTS", "NOTES"
    ]  # fmt: skip
    info = json.loads(sections["INFO"])
    assert (info["type"], info["displayName"], info["containerContexts"]) == ("TAG", "mailpixel", ["WEB"])
    [parameter] = json.loads(sections["TEMPLATE_PARAMETERS"])
    assert parameter["defaultValue"] == f"{ADDRESS}/p/{KEY}.js"
    [permission] = json.loads(sections["WEB_PERMISSIONS"])
    asked = permission["instance"]
    [urls] = asked["param"]
    [pattern] = [each["string"] for each in urls["value"]["listItem"]]
    assert (asked["key"]["publicId"], urls["key"]) == ("inject_script", "urls")
    assert parameter["defaultValue"].startswith(pattern.removesuffix("*"))
    code = sections["SANDBOXED_JS_FOR_WEB_TEMPLATE"]
    required = set(re.findall(r"require\('(\w+)'\)", code))
    assert required == {"injectScript", "queryPermission"}
    assert f"data.{parameter['name']}" in code
    assert {"data.gtmOnSuccess", "data.gtmOnFailure()"} <= set(re.findall(r"data\.\w+(?:\(\))?", code))


def test_the_policy_names_the_origin_and_the_stub() -> None:
    stub = base64.b64encode(hashlib.sha256(STUB.encode()).digest()).decode()
    assert snippet(ASKS, ADDRESS + "/tracking", "csp") == (
        f"script-src {ADDRESS} 'sha256-{stub}'\nconnect-src {ADDRESS}\nimg-src {ADDRESS}\n"
    )


def test_every_snippet_says_what_to_do_with_it_and_holds_no_secret() -> None:
    for name, each in SNIPPETS.items():
        assert each.name == name
        assert each.use.endswith(".")
        text = snippet(OPEN, ADDRESS, name)
        assert ADDRESS in text
        assert text.endswith("\n")
