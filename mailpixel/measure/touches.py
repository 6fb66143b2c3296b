"""Which visits a campaign led to: those that used a click of its mail, and those whose address names it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from mailpixel.model import Campaign
from mailpixel.site_model import Click, Visit
from mailpixel.store.site_projections import utm_name

UTM_CAMPAIGN = "utm_campaign"


class FindsClicks(Protocol):
    """Finds clicks of mails that were carried on to a site."""

    def clicks_by_id(self, ids: Sequence[bytes]) -> Mapping[bytes, Click]:
        """The clicks with these event ids, without those that are unknown."""
        ...


def utm_names(campaign: Campaign) -> frozenset[str]:
    """The names by which addresses name a campaign, in lower case: its id, and `utm_campaign` of its links."""
    queries = (parse_qsl(urlsplit(link.url).query) for link in campaign.links)
    named = (value.strip() for query in queries for name, value in query if name == UTM_CAMPAIGN)
    return frozenset(utm_name(each) for each in (campaign.id, *named) if each)


def is_named(visit: Visit, names: frozenset[str]) -> bool:
    """Whether the address at which a visit began names a campaign by one of these names."""
    return bool(visit.utm_campaign) and utm_name(visit.utm_campaign) in names


def visits_of(campaign: Campaign, store: FindsClicks) -> Callable[[Visit], bool]:
    """Says of a visit whether the campaign led to it: by a person's click that it used, or by its address alone."""
    names = utm_names(campaign)

    def led_to(visit: Visit) -> bool:
        if is_named(visit, names):
            return True
        clicks = store.clicks_by_id([carry.click for carry in visit.carries]) if visit.carries else {}
        return any(click.campaign == campaign.id and click.is_human for click in clicks.values())

    return led_to
