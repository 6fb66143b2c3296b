"""What led to a visit, in one word, from the query of its first page and its referrer: one ordered table.

The words are those of Google Analytics' default channel groups (support.google.com/analytics/answer/9756891, read in
2026-11), in lower case and fewer.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

AD_CLICKS = frozenset(
    {"gclid", "gbraid", "wbraid", "dclid", "msclkid", "ttclid", "twclid", "li_fat_id", "yclid"}
)
"""Parameters that ad platforms add only to clicks on advertisements. `fbclid` is on every link, so it is none."""

_SEARCH: Sequence[str] = (
    *("google.", "bing.com", "duckduckgo.com", "yahoo.", "ecosia.org", "baidu.com", "yandex.", "qwant.com"),
    *("startpage.com", "seznam.cz", "naver.com", "search.brave.com", "kagi.com"),
)
_SOCIAL: Sequence[str] = (
    *(
        "facebook.com",
        "instagram.com",
        "t.co",
        "twitter.com",
        "x.com",
        "linkedin.com",
        "lnkd.in",
        "reddit.com",
    ),
    *("pinterest.", "tiktok.com", "youtube.com", "youtu.be", "threads.net", "bsky.app", "vk.com", "xing.com"),
)
_MAIL = ("mail.google.com", "mail.yahoo.com", "outlook.live.com", "outlook.office.com", "webmail.", "mail.")
_PAID = ("cpc", "ppc", "cpm", "cpv", "cpa", "retargeting")


class Source(NamedTuple):
    """What led to a visit: its channel, and the campaign that its address names."""

    channel: str
    campaign: str = ""


class Arrival(NamedTuple):
    """The first page of a visit: its query, `utm_source` and `utm_medium` in lower case, and the referring host.

    `referrer` is empty where there is none, or where it is the site itself.
    """

    query: Mapping[str, str]
    source: str
    medium: str
    referrer: str


def _is_paid(arrival: Arrival) -> bool:
    return arrival.medium.startswith(("paid", *_PAID)) or not AD_CLICKS.isdisjoint(arrival.query)


def _is_mail(arrival: Arrival) -> bool:
    named = {arrival.medium, arrival.source} & {"email", "e-mail", "e_mail", "mail", "newsletter"}
    return bool(named) or (not arrival.medium and arrival.referrer.startswith(_MAIL))


def _is_social(arrival: Arrival) -> bool:
    return arrival.medium.startswith("social") or _among(arrival, _SOCIAL)


def _is_search(arrival: Arrival) -> bool:
    return arrival.medium == "organic" or _among(arrival, _SEARCH)


def _among(arrival: Arrival, names: Sequence[str]) -> bool:
    """Whether the referring host is one of these or below one. A name that ends in a dot has any ending."""
    dotted = f".{arrival.referrer}."
    return bool(arrival.referrer) and any(f".{name.rstrip('.')}." in dotted for name in names)


CHANNELS: tuple[tuple[str, Callable[[Arrival], bool]], ...] = (
    ("email", _is_mail),
    ("paid", _is_paid),
    ("affiliate", lambda arrival: arrival.medium.startswith("affiliate")),
    ("display", lambda arrival: arrival.medium in ("display", "banner", "expandable", "interstitial")),
    ("social", _is_social),
    ("search", _is_search),
    ("referral", lambda arrival: bool(arrival.referrer) or arrival.medium in ("referral", "link", "app")),
    ("other", lambda arrival: bool(arrival.medium or arrival.source)),
    ("direct", lambda arrival: True),
)
"""In order of decision: the first that holds is the channel."""


@lru_cache(maxsize=16_384)
def _source(query: str, referrer: str) -> Source:
    named: dict[str, str] = {}
    for name, value in parse_qsl(query):
        named.setdefault(name, value)
    source, medium = (named.get(name, "").strip().lower() for name in ("utm_source", "utm_medium"))
    arrival = Arrival(named, source, medium, referrer)
    channel = next(name for name, holds in CHANNELS if holds(arrival))
    return Source(channel, named.get("utm_campaign", ""))


def source_of(url: str, referrer: str, hosts: Sequence[str] = ()) -> Source:
    """What led to a page. `hosts` are those of its site."""
    page = urlsplit(url)
    came_from = (urlsplit(referrer).hostname or "") if referrer else ""
    if came_from and any(_is_below(came_from, host) for host in (*hosts, page.hostname or "")):
        came_from = ""
    return _source(page.query, came_from)


def _is_below(name: str, host: str) -> bool:
    return bool(host) and (name == host or name.endswith("." + host) or host.endswith("." + name))
