"""Sharing the figures of a campaign: one owner for the command line, the API and the pages.

The address of a share is a secret that opens one campaign, without its recipients, until it expires or is revoked.
Only its SHA-256 is kept, so it is shown once.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from mailpixel.errors import InvalidInput
from mailpixel.store.shares import NewShare, Share, SharePart, Shares

DAYS = 90
"""How long a share is open unless set otherwise, in days."""
MOST_DAYS = 366
"""The longest time for which a share can be open, in days."""
PATH = "/s/"
EVERYTHING = frozenset(SharePart)
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def add_share(
    shares: Shares,
    campaign: str,
    by: str,
    now: datetime,
    days: int = DAYS,
    parts: frozenset[SharePart] = EVERYTHING,
) -> tuple[Share, str]:
    """A new share of a campaign, and its key: the secret part of its address, which is not kept.

    Raises `NotFound` for an unknown campaign, and `InvalidInput` for less than a day or more than `MOST_DAYS`.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput("days", f"must be 1 to {MOST_DAYS}; a share always ends")
    key = secrets.token_urlsafe(32)
    new = NewShare(campaign, digest_of(key), parts or EVERYTHING, by, now, now + timedelta(days=days))
    return shares.add_share(new), key


def open_share(shares: Shares, key: str, part: SharePart, now: datetime) -> Share | None:
    """The share with this key if it shows this part now; None for an unknown, expired or revoked one alike."""
    share = shares.share_with(digest_of(key)) if _KEY.fullmatch(key) else None
    return share if share is not None and share.is_open(now) and part in share.parts else None


def share_url(address: str, key: str, part: SharePart = SharePart.PAGE) -> str:
    """The URL of a share of a service at this public address."""
    return f"{address.rstrip('/')}{PATH}{key}{'.csv' if part is SharePart.CSV else ''}"


def digest_of(key: str) -> bytes:
    """The SHA-256 of a key."""
    return hashlib.sha256(key.encode()).digest()
