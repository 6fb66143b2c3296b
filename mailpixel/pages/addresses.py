"""The addresses of pages about campaigns and sites. Every part that comes from data is escaped."""

from urllib.parse import quote, urlencode

DOT_SEGMENTS = frozenset({".", ".."})
"""Ids that browsers take for folders, even escaped."""


def campaign_url(campaign: str, page: str = "", **query: object) -> str:
    """A page of a campaign: its overview, or `page` below it. Empty values are left out of the query."""
    path = f"/campaigns/{quote(campaign, safe='')}" + (f"/{page}" if page else "")
    return with_query(path, **query)


def recipient_url(campaign: str, recipient: str) -> str:
    """The page of one recipient, whatever characters the id has."""
    if recipient in DOT_SEGMENTS:
        return campaign_url(campaign, "recipients", q=recipient)
    return campaign_url(campaign, f"recipients/{quote(recipient, safe='')}")


def site_url(site: str, page: str = "") -> str:
    """A page of a site: `page` below its address."""
    return f"/sites/{quote(site, safe='')}" + (f"/{page}" if page else "")


def with_query(path: str, **query: object) -> str:
    """A path with a query string. A trailing `_` of a name is dropped: `from_`."""
    given = {name.rstrip("_"): str(value) for name, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path


def api_url(campaign: str, what: str) -> str:
    """What the API offers for a campaign, such as its stream."""
    return f"/api/campaigns/{quote(campaign, safe='')}/{what}"
