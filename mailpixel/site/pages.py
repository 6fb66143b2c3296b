"""Addresses of pages: which a site may send, and what of them is kept.

Hosts are read as a browser reads them, by the URL standard.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote_plus

import can_ada

from mailpixel.site.personal import looks_personal
from mailpixel.site.refusals import Refusal
from mailpixel.site_model import Site

URL_CHARS = 2_048
"""The longest address of a page."""
_URL = re.compile(r"https?://([^/?#\\\x00-\x1f\x7f-\x9f]+)(?:[/?#][^\\\x00-\x1f\x7f-\x9f]*)?", re.IGNORECASE)
_HOST = r"(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*"
_PLAIN_ORIGIN = re.compile(rf"https?://({_HOST})")
_PLAIN = re.compile(
    rf"(https?)://({_HOST})(/(?:[A-Za-z0-9_/-]|(?<=[A-Za-z0-9_-])\.)*)(\?[A-Za-z0-9_.~%+=&-]*)?"
)
"""Addresses that every reader splits alike, and that no browser writes otherwise: most need no parser."""
_KEPT = re.compile(
    r"utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|ttclid|msclkid|twclid|yclid|li_fat_id|sccid|epik|rdt_cid",
    re.IGNORECASE | re.ASCII,
)
"""Names in a query that every site keeps: campaigns (UTM), and the click ids of ad networks."""


class Page(NamedTuple):
    """The address of a page as it is kept. `personal` says that an e-mail address was taken out of it."""

    url: str
    personal: bool = False


def read_page(url: object, site: Site) -> Page | Refusal:
    """The address as it is kept, or why its event is refused.

    Kept are scheme, host, path, and of the query what the site keeps. The fragment goes.
    """
    plain = _PLAIN.fullmatch(url) if type(url) is str and len(url) <= URL_CHARS else None
    if plain is not None:
        scheme, host, path, query = plain.groups("")
        return _page(Parts(scheme + ":", host, host, path, query), site)
    parsed = _parsed(url)
    if parsed is None:
        return Refusal.BAD_URL
    return _page(Parts(parsed.protocol, parsed.hostname, parsed.host, parsed.pathname, parsed.search), site)


class Parts(NamedTuple):
    """An address in parts: `host` is `hostname` with its port, and `search` the query with its `?`."""

    protocol: str
    hostname: str
    host: str
    pathname: str
    search: str


def _page(parts: Parts, site: Site) -> Page | Refusal:
    if not is_host_of(parts.hostname, site):
        return Refusal.FOREIGN
    path, personal_path = _path(parts.pathname)
    query, personal_query = _query(parts.search, site)
    return Page(f"{parts.protocol}//{parts.host}{path}{query}", personal_path or personal_query)


def is_host_of(host: str, site: Site) -> bool:
    """Whether a host, in small letters, is one of the site's or below one."""
    name = host.rstrip(".")
    if name in site.hosts:
        return True
    return any(name.endswith("." + own) for own in site.hosts)


def is_foreign(origin: str, site: Site) -> bool:
    """Whether an `Origin` header names another site. Without one, or with `null`, nothing is known."""
    if origin in ("", "null"):
        return False
    plain = _PLAIN_ORIGIN.fullmatch(origin)
    if plain is not None:
        return not is_host_of(plain[1], site)
    parsed = _parsed(origin)
    return parsed is None or not is_host_of(parsed.hostname, site)


def origin_of(url: object) -> str:
    """The origin (scheme, host, port) of an address; empty where it has none."""
    if type(url) is str and len(url) <= URL_CHARS and _PLAIN_ORIGIN.fullmatch(url):
        return url
    parsed = _parsed(url)
    return "" if parsed is None else str(parsed.origin)


def _parsed(url: object) -> "can_ada.URL | None":
    if type(url) is not str or len(url) > URL_CHARS:
        return None
    match = _URL.fullmatch(url)
    if match is None or "@" in match[1]:
        return None
    try:
        return can_ada.parse(url)
    except (ValueError, UnicodeEncodeError):
        return None


def _path(path: str) -> tuple[str, bool]:
    """The path without parts that hold an e-mail address, and whether there was one."""
    if not looks_personal(path):
        return path, False
    kept = "/".join("" if looks_personal(part) else part for part in path.split("/"))
    return (kept if not looks_personal(kept) else "/"), True


def _query(search: str, site: Site) -> tuple[str, bool]:
    """The query with what the site keeps, letter for letter, and whether an e-mail address was taken out."""
    if not search:
        return "", False
    named = [pair for pair in search[1:].split("&") if _is_kept(pair, site)]
    kept = [pair for pair in named if not looks_personal(pair)]
    return ("?" + "&".join(kept) if kept else ""), len(kept) < len(named)


def _is_kept(pair: str, site: Site) -> bool:
    name = pair.partition("=")[0]
    if "%" in name or "+" in name:
        name = unquote_plus(name)
    return name in site.keep or _KEPT.fullmatch(name) is not None
