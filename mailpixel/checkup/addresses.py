"""The public addresses that signed URLs begin with: the service's, and those that campaigns have of their own."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from mailpixel.errors import InvalidInput
from mailpixel.links.urls import check_base_url
from mailpixel.model import Campaign

NAMED = 3
"""How many campaigns of one address are named."""


@dataclass(frozen=True, slots=True)
class Address:
    """A public address, and in order of id the campaigns that have it as their own: none for the service's."""

    base_url: str
    campaigns: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The address and whose it is."""
        more = len(self.campaigns) - NAMED
        named = ", ".join(self.campaigns[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
        whose = f"of campaign(s) {named}" if self.campaigns else "of this service"
        return f"{self.base_url}, {whose}"

    @property
    def setting(self) -> str:
        """What sets it, for a remedy."""
        return (
            f"`mailpixel campaign edit {self.campaigns[0]} --base-url`"
            if self.campaigns
            else "MAILPIXEL_BASE_URL"
        )


def addresses(base_url: str, campaigns: Iterable[Campaign]) -> list[Address]:
    """Every address once: the service's, then the others in order of the first campaign that has each."""
    with suppress(InvalidInput):  # an invalid one is reported when it is checked
        base_url = check_base_url(base_url)
    own: defaultdict[str, list[str]] = defaultdict(list)
    for campaign in campaigns:
        if campaign.base_url and campaign.base_url != base_url:
            own[campaign.base_url].append(campaign.id)
    return [Address(base_url), *(Address(url, tuple(ids)) for url, ids in own.items())]
