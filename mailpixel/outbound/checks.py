"""What a webhook may be: its name, where it posts, and what it wants."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from mailpixel.claims import check_campaign_id
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import check_destination
from mailpixel.outbound.addresses import is_reachable
from mailpixel.outbound.chosen import ERASED, TYPES

NAME_PATTERN = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
URL_CHARS = 2_000
MOST_BATCH = 100
MOST_CAMPAIGNS = 100
EVENTS = tuple(TYPES.values())
"""What a webhook gets that names no types."""
OFFERED = (*EVENTS, ERASED)
"""What a webhook may ask for."""


def check_name(name: str, field: str = "name") -> str:
    """The name of a webhook. Raises `InvalidInput`."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise InvalidInput(
            field, "must have 1 to 64 letters, digits, `_` or `-`, the first a letter or digit"
        )
    return name


def check_url(url: str, insecure: bool, networks: Sequence[str], field: str = "url") -> str:
    """Where to post, as a browser would write it. Raises `InvalidInput`, also for an address that is not public."""
    found = check_destination(url, field)
    parts = urlsplit(found)
    if len(found) > URL_CHARS:
        raise InvalidInput(field, f"has {len(found):,} characters; at most {URL_CHARS:,} are allowed")
    if parts.scheme != "https" and not insecure:
        raise InvalidInput(field, "must begin with https://; to use http in a test, allow it")
    if parts.fragment:
        raise InvalidInput(field, "must not have a part after #; leave it out")
    if not _may_reach(parts.hostname or "", networks):
        raise InvalidInput(field, "is a private address; allow its network with MAILPIXEL_WEBHOOK_NETWORKS")
    return found


def check_events(events: Iterable[str], field: str = "events") -> tuple[str, ...]:
    """Types of events, each once and in our order; without any, all of what happens to mail. Raises `InvalidInput`."""
    asked = list(events)
    if unknown := next((name for name in asked if name not in OFFERED), None):
        raise InvalidInput(
            field, f"{unknown[:40]!r} is not a type of event; the types are {', '.join(OFFERED)}"
        )
    return tuple(name for name in OFFERED if name in asked) if asked else EVENTS


def check_campaigns(campaigns: Iterable[str], field: str = "campaigns") -> tuple[str, ...]:
    """Ids of campaigns, each once. Raises `InvalidInput`."""
    found = tuple(dict.fromkeys(check_campaign_id(id, field) for id in campaigns))
    if len(found) > MOST_CAMPAIGNS:
        raise InvalidInput(field, f"holds {len(found)} campaigns; at most {MOST_CAMPAIGNS} are allowed")
    return found


def _may_reach(host: str, networks: Sequence[str]) -> bool:
    """Whether a host may be reached as far as its spelling says: names are looked up when something is sent."""
    try:
        return is_reachable(ip_address(host), networks)
    except ValueError:
        return True
