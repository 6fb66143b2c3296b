"""What somebody who installs a site pastes into pages, into Google Tag Manager, and into the server of the shop."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlsplit

from mailpixel.errors import InvalidInput
from mailpixel.site.script import PREFIX
from mailpixel.site_model import Site

STUB = "window.mailpixel=window.mailpixel||function(){(mailpixel.q=mailpixel.q||[]).push(arguments)}"
"""The inline script of a page: it keeps calls until the script has loaded."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A kind of snippet: its name, what it is, where it belongs, and how it is made of a site and a base URL."""

    name: str
    title: str
    use: str
    text: Callable[[Site, str], str]


def snippet(site: Site, address: str, name: str) -> str:
    """The snippet of this name for a site. `address` is the public base URL of the service.

    Raises `InvalidInput` for `noscript` where the site must ask: an image cannot know what a visitor agreed to.
    """
    return SNIPPETS[name].text(site, address.rstrip("/"))


def script_url(site: Site, address: str) -> str:
    """Where the script of a site is."""
    return f"{address}{PREFIX}{site.key}.js"


def _html(site: Site, address: str) -> str:
    return f'<script>{STUB}</script>\n<script async src="{escape(script_url(site, address))}"></script>\n'


def _noscript(site: Site, address: str) -> str:
    if site.ask:
        raise InvalidInput(
            "noscript",
            "is not for a site that asks first: without the script nobody knows what the visitor agreed to",
        )
    page = quote(f"https://{site.hosts[0]}/PATH-OF-THE-PAGE", safe="")
    image = escape(f"{address}{PREFIX}{site.key}.gif?n=page_view&u={page}")
    return f'<noscript><img src="{image}" width="1" height="1" alt=""></noscript>\n'


ITEMS_VARIABLE = "mailpixel items"
"""The variable of Tag Manager with the ids of an order's items. The data layer has objects, which no image sends."""
ITEMS_CODE = (
    "function () { return ({{DLV - ecommerce.items}} || []).map(function (item) { "
    'return encodeURIComponent(String(item.item_id || item.item_name).replace(/,/g, " ")); }).join(","); }'
)
"""The code of that variable."""


def _tag_manager_image(site: Site, address: str) -> str:
    consent = "&c=measure&cs=google" if site.ask else ""
    # The address of the page comes last: of two equal names the first counts, so nothing in it replaces another.
    names = ("transaction_id", "value", "currency", "tax", "shipping", "coupon")
    order = "".join(f"&{name}={{{{DLV - ecommerce.{name}}}}}" for name in names)
    items = f"&items={{{{{ITEMS_VARIABLE}}}}}"
    url = f"{address}{PREFIX}{site.key}.gif?n=purchase{consent}{order}{items}&u={{{{Page URL}}}}"
    return f"{url}\n"


def _tag_manager_template(site: Site, address: str) -> str:
    parts = {name: _json(value) for name, value in _template_parts(site, address).items()}
    sections = {
        "INFO": parts["info"],
        "TEMPLATE_PARAMETERS": parts["parameters"],
        "SANDBOXED_JS_FOR_WEB_TEMPLATE": _SANDBOXED,
        "WEB_PERMISSIONS": parts["permissions"],
        "TESTS": "scenarios: []",
        "NOTES": "Made by mailpixel.",
    }
    return "".join(f"___{name}___\n\n{text.strip()}\n\n\n" for name, text in sections.items())


_SANDBOXED = """
const injectScript = require('injectScript');
const queryPermission = require('queryPermission');

if (queryPermission('inject_script', data.script)) {
  injectScript(data.script, data.gtmOnSuccess, data.gtmOnFailure, data.script);
} else {
  data.gtmOnFailure();
}
"""
"""The code of the template. The sandbox cannot set attributes of a script: that is why settings are in the script."""


def _template_parts(site: Site, address: str) -> dict[str, object]:
    """The parts of the template that are JSON, in the form that Tag Manager exports.

    Source: developers.google.com/tag-platform, custom templates, read 2026-11.
    """
    pattern = {"type": 2, "listItem": [{"type": 1, "string": f"{address}{PREFIX}*"}]}
    return {
        "info": {
            "type": "TAG",
            "id": "cvt_temp_public_id",
            "version": 1,
            "securityGroups": [],
            "displayName": "mailpixel",
            "brand": {"id": "brand_dummy", "displayName": ""},
            "description": "Page views and shop events for mailpixel.",
            "containerContexts": ["WEB"],
        },
        "parameters": [
            {
                "type": "TEXT",
                "name": "script",
                "displayName": "Address of the script",
                "simpleValueType": True,
                "defaultValue": script_url(site, address),
                "valueValidators": [{"type": "NON_EMPTY"}],
            }
        ],
        "permissions": [
            {
                "instance": {
                    "key": {"publicId": "inject_script", "versionId": "1"},
                    "param": [{"key": "urls", "value": pattern}],
                },
                "isRequired": True,
            }
        ],
    }


def _policy(site: Site, address: str) -> str:
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    stub = base64.b64encode(hashlib.sha256(STUB.encode()).digest()).decode()
    return f"script-src {origin} 'sha256-{stub}'\nconnect-src {origin}\nimg-src {origin}\n"


def _server(site: Site, address: str) -> str:
    order = {
        "order": "A-1001",
        "name": "purchase",
        "value": "59.90",
        "currency": "EUR",
        "items": [{"item_id": "boots-42", "quantity": 1, "price": "59.90"}],
    }
    url = f"{address}/api/sites/{site.id}/orders"
    return _SERVER.format(url=url, order=json.dumps(order))


_SERVER = """# From a shell. Make the key once: export MAILPIXEL_KEY=$(mailpixel apikey add shop --scope write)
curl --fail-with-body {url} \\
  --header "Authorization: Bearer $MAILPIXEL_KEY" --header "Content-Type: application/json" \\
  --data '{order}'

# From Python. For an order of earlier add "at", such as "2026-11-28T10:00:00Z", at most 90 days back.
# A refund has "name": "refund", its amount in "value", its "currency", and a "refund_id"; a cancellation has
# "name": "cancel". To join the order to a mail, add "recipient", the id in its links, or "click", the mp_cid with
# which the customer came, and "consent": ["measure", "identify"]: without this consent neither is kept.
import json, os, urllib.request

order = {order}
request = urllib.request.Request(
    "{url}",
    json.dumps(order).encode(),
    {{"Authorization": "Bearer " + os.environ["MAILPIXEL_KEY"], "Content-Type": "application/json"}},
)
with urllib.request.urlopen(request, timeout=10) as answer:
    print(answer.read().decode())
"""


def _json(value: object) -> str:
    return json.dumps(value, indent=2)


SNIPPETS = {
    each.name: each
    for each in (
        Snippet("html", "Script", "Put it into the <head> of every page, once, before other scripts.", _html),
        Snippet(
            "noscript",
            "Image without script",
            "Put it into the <body> of a page, with the address of that page after u=.",
            _noscript,
        ),
        Snippet(
            "gtm-html",
            "Google Tag Manager: Custom HTML",
            "Make a tag of the type Custom HTML of it, fired by Consent Initialization or Initialization.",
            _html,
        ),
        Snippet(
            "gtm-image",
            "Google Tag Manager: Custom Image",
            "Make a tag of the type Custom Image of it, fired by your purchase event. It needs data layer variables of "
            f"these names, one more for ecommerce.items, and a Custom JavaScript variable named {ITEMS_VARIABLE}: "
            f"{ITEMS_CODE} "
            "Where consent is asked, require analytics_storage in the consent settings of the tag.",
            _tag_manager_image,
        ),
        Snippet(
            "gtm-template",
            "Google Tag Manager: template",
            "Save it as mailpixel.tpl and import it under Templates, Tag Templates, New.",
            _tag_manager_template,
        ),
        Snippet(
            "csp",
            "Content Security Policy",
            "Add these sources to the policy of your pages, if they have one.",
            _policy,
        ),
        Snippet(
            "server",
            "Orders from the server",
            "Report orders, refunds and cancellations where they are certain: in the shop's server.",
            _server,
        ),
    )
}
"""All snippets by name, in the order in which they are shown."""
