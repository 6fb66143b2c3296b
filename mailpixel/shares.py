"""Sharing the figures of a campaign: one owner for the command line, the API and the pages.

The address of a share is a secret that opens one campaign, without its recipients, until it expires or is revoked.
Only its SHA-256 is kept, so it is shown once.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailpixel.bearer import digest_of, new_secret
from mailpixel.errors import InvalidInput
from mailpixel.store.shares import NewShare, Share, SharePart, Shares

DAYS = 90
"""How long a share is open unless set otherwise, in days."""
MOST_DAYS = 366
"""The longest time for which a share can be open, in days."""
PATH = "/s/"
EVERYTHING = frozenset(SharePart)
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Terms:
    """For how many days a share is open, and what it shows.

    Raises `InvalidInput` for less than a day or more than `MOST_DAYS`, and for a share that shows nothing.
    """

    days: int = DAYS
    parts: frozenset[SharePart] = EVERYTHING

    def __post_init__(self) -> None:
        """Refuse a share without an end."""
        if not 1 <= self.days <= MOST_DAYS:
            raise InvalidInput("days", f"must be 1 to {MOST_DAYS}; a share always ends")
        if not self.parts:
            raise InvalidInput("parts", f"must name what the share shows: {', '.join(sorted(EVERYTHING))}")


def add_share(
    shares: Shares, campaign: str, by: str, now: datetime, terms: Terms = Terms()
) -> tuple[Share, str]:
    """A new share of a campaign, and its key: the secret part of its address, which is not kept.

    Raises `NotFound` for an unknown campaign.
    """
    key = new_secret()
    ends = now + timedelta(days=terms.days)
    return shares.add_share(NewShare(campaign, digest_of(key), terms.parts, by, now, ends)), key


def open_share(shares: Shares, key: str, part: SharePart, now: datetime) -> Share | None:
    """The share with this key if it shows this part now; None for an unknown, expired or revoked one alike."""
    share = shares.share_with(digest_of(key)) if _KEY.fullmatch(key) else None
    return share if share is not None and share.is_open(now) and part in share.parts else None


def share_urls(address: str, share: Share, key: str) -> dict[SharePart, str]:
    """The URL of each part of a share, at the public address of a service."""
    endings = {SharePart.PAGE: "", SharePart.CSV: ".csv"}
    urls = {part: f"{address.rstrip('/')}{PATH}{key}{ending}" for part, ending in endings.items()}
    return {part: url for part, url in urls.items() if part in share.parts}
