"""Names of events: those that every site knows, and what is wanted of each.

The words are those of GA4. Source: developers.google.com/analytics/devguides/collection/ga4/reference/events,
November 2026.
"""

import re

from mailpixel.site.refusals import Refusal
from mailpixel.site_model import Site

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""The name of an event, and of a field of its data."""
PAGE_VIEW, PURCHASE = "page_view", "purchase"
SHOP = frozenset(
    {
        "view_item_list", "select_item", "view_item", "add_to_cart", "remove_from_cart", "view_cart",
        "begin_checkout", "add_shipping_info", "add_payment_info", PURCHASE,
    }
)  # fmt: skip
"""Steps of a shop: they have items, and a currency where they have a value."""
SERVER_ONLY = frozenset({"refund"})
"""What only a shop's server may report: from a browser, anybody could send it."""
CONSENT = "consent"
"""What is logged of a visitor who agrees or takes it back; no page sends an event of this name."""
KNOWN = SHOP | {PAGE_VIEW, "sign_up", "generate_lead"}


def read_name(name: object, site: Site) -> str | Refusal:
    """The name of an event, or why no event of this name is taken."""
    if type(name) is not str or not NAME.fullmatch(name):
        return Refusal.BAD_NAME
    if name in KNOWN:
        return name
    if name in SERVER_ONLY:
        return Refusal.SERVER_ONLY
    return name if name in site.names or is_planned(name, site) else Refusal.UNKNOWN_NAME


def is_planned(name: str, site: Site) -> bool:
    """Whether the tracking plan of the site has such an event."""
    return any(planned.name == name for planned in site.plan)


def required_fields(name: str, site: Site) -> tuple[str, ...]:
    """The fields that the tracking plan of the site wants in the data of such an event."""
    if not site.plan:
        return ()
    return tuple(field for planned in site.plan if planned.name == name for field in planned.required)
