"""The demonstration shop: its site, and the campaign whose mail leads to it.

Its pages are the files in the folder `shop`, which the service shows to this machine alone. Nothing of it is simulated:
whoever opens the test mail of the campaign and follows a link is the visitor.
"""

from contextlib import suppress

from mailpixel.campaigns import delete_campaign
from mailpixel.errors import Conflict, NotFound
from mailpixel.links.hosts import is_this_machine
from mailpixel.model import Campaign, Link
from mailpixel.site_model import Site
from mailpixel.sites import SiteChange, add_site
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store

ID = "demo-shop"
"""The id of its site and of its campaign."""
HOSTS = ("127.0.0.1", "localhost")
PAGES = ("index.html", "product.html?item=boots")


def make_shop(registry: Registry, base_url: str) -> list[Campaign]:
    """Register the shop and its campaign where the public address is this machine's; return the campaign.

    Raises `Conflict` when one of the ids belongs to something else.
    """
    if not is_this_machine(base_url):
        return []
    _open_site(registry)
    with suppress(NotFound):
        campaign = registry.campaign(ID)
        if not campaign.demonstration:
            raise Conflict(f"campaign {ID!r} is yours and no demonstration; use another data folder for it")
        return [campaign]
    urls = [f"{base_url.rstrip('/')}/{ID}/{page}" for page in PAGES]
    links = tuple(Link(number, url) for number, url in enumerate(urls, 1))
    campaign = Campaign(ID, "A walk through the shop", links=links, demonstration=True, carry=True)
    registry.add_campaign(campaign)
    return [campaign]


def close_shop(store: Store, registry: Registry) -> list[str]:
    """Delete the campaign and archive the site, whose visits stay. Returns the id if they were there."""
    with suppress(NotFound):
        if registry.campaign(ID).demonstration:
            delete_campaign(store, registry, ID)
            with suppress(NotFound):
                registry.edit_site(ID, SiteChange(archived=True).of)
            return [ID]
    return []


def _open_site(registry: Registry) -> Site:
    with suppress(NotFound):
        site = registry.site(ID)
        if site.hosts != HOSTS:
            raise Conflict(f"site {ID!r} is yours and no demonstration; use another data folder for it")
        return registry.edit_site(ID, SiteChange(archived=False).of)
    return add_site(registry, ID, SiteChange(hosts=HOSTS))
