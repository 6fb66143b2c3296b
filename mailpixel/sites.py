"""The rules of a web site, shared by the command line, the API and the pages: its hosts, events and query names."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import can_ada

from mailpixel.claims import check_campaign_id
from mailpixel.errors import InvalidInput
from mailpixel.links.click_id import PARAMETER
from mailpixel.links.hosts import is_loopback
from mailpixel.links.passthrough import NAME_PATTERN
from mailpixel.site.names import CONSENT, NAME, PAGE_VIEW, SERVER_ONLY
from mailpixel.site_model import Planned, Site
from mailpixel.store.sites import Sites

MOST_HOSTS, MOST_NAMES, MOST_KEPT, MOST_FIELDS = 50, 100, 50, 25
"""The most hosts, names of events, query names, and required fields of an event."""
TAKEN_IDS = frozenset({"new"})
"""Ids that no site can have: at `/sites/new` is the form for a new site."""
HOST_CHARS = 253
"""The longest host."""
HOST_PATTERN = r"^[^/?#@\\\s%*]+$"
"""What every host matches, for the schemas of the API."""
_HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_KEPT = re.compile(NAME_PATTERN)
Plan = Mapping[str, Sequence[str]]
"""Required fields by name of an event."""


@dataclass(frozen=True, slots=True)
class SiteChange:
    """What to set of a site. None stays as it is."""

    hosts: Sequence[str] | None = None
    ask: bool | None = None
    names: Sequence[str] | None = None
    keep: Sequence[str] | None = None
    plan: Plan | None = None
    cookie_domain: str | None = None
    archived: bool | None = None

    def of(self, site: Site, fields: Mapping[str, str] = {}) -> Site:
        """The changed site. `fields` are the names of fields in errors, where they differ from those here.

        Raises `InvalidInput`.
        """
        given = {name: getattr(self, name) for name in self.__slots__}
        checked: dict[str, Any] = {
            name: CHECKS[name](value, fields.get(name, name)) if name in CHECKS else value
            for name, value in given.items()
            if value is not None
        }
        changed = replace(site, **checked)
        _check_cookie_domain(changed, fields.get("cookie_domain", "cookie_domain"))
        return changed


def check_site_id(text: str, field: str = "id") -> str:
    """The id, for a site that is to be registered. Raises `InvalidInput`."""
    if check_campaign_id(text, field) in TAKEN_IDS:
        raise InvalidInput(field, f"cannot be `{text}`, which has a page of its own; choose another id")
    return text


def new_site(id: str, change: SiteChange, fields: Mapping[str, str] = {}) -> Site:
    """A site with a new key. Raises `InvalidInput`, also without a host."""
    checked = check_site_id(id, fields.get("id", "id"))
    return replace(change, hosts=change.hosts or ()).of(Site(checked, new_key(), ()), fields)


def add_site(sites: Sites, id: str, change: SiteChange, fields: Mapping[str, str] = {}) -> Site:
    """Register a site. Raises `InvalidInput`, and `Conflict` when the id is taken."""
    site = new_site(id, change, fields)
    sites.add_site(site)
    return site


def new_key() -> str:
    """A random key: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def check_host(text: str, field: str = "hosts") -> str:
    """A host as browsers write it: in small letters, other than ASCII as `xn--`. Raises `InvalidInput`.

    It has no scheme, port or path. A name without a dot is refused, unless it means this machine.
    """
    host = text.strip().rstrip(".")
    if (
        not host
        or len(host) > HOST_CHARS
        or re.search(r"[/?#@\\\s%*]", host)
        or re.search(r":\d*$", _no_ipv6(host))
    ):
        raise InvalidInput(field, "must be a host such as shop.example, without scheme, port, path or `*`")
    try:
        name = can_ada.parse(f"https://{host}/").hostname
    except (ValueError, TypeError):  # the latter for half of a surrogate pair
        name = ""
    if not _HOST.fullmatch(name):
        raise InvalidInput(field, "is not a host that a browser knows; write one such as shop.example")
    if "." not in name and not is_loopback(name):
        raise InvalidInput(field, "has no dot; write the whole host, such as shop.example")
    return name


def _no_ipv6(host: str) -> str:
    return re.sub(r"^\[[^\]]*\]", "", host)


def _check_hosts(texts: Sequence[str], field: str) -> tuple[str, ...]:
    hosts = tuple(dict.fromkeys(check_host(text, field) for text in texts))
    if not 1 <= len(hosts) <= MOST_HOSTS:
        raise InvalidInput(field, f"must name 1 to {MOST_HOSTS} hosts whose pages belong to the site")
    return hosts


def _check_names(texts: Sequence[str], field: str) -> tuple[str, ...]:
    if len(texts) > MOST_NAMES:
        raise InvalidInput(field, f"may list at most {MOST_NAMES} names of events")
    for text in texts:
        _check_name(text, field)
        if text == PAGE_VIEW:
            raise InvalidInput(field, f"cannot be {text}, which every site has; leave it out")
    return tuple(dict.fromkeys(texts))


def _check_name(text: str, field: str) -> None:
    if not NAME.fullmatch(text):
        raise InvalidInput(field, "must be 1 to 40 small letters, digits or `_`, and begin with a letter")
    if text in SERVER_ONLY:
        raise InvalidInput(field, f"cannot be {text}, which only a shop's server may report")
    if text == CONSENT:
        raise InvalidInput(field, f"cannot be {text}, which stands for what a visitor agreed to")


def _check_keep(texts: Sequence[str], field: str) -> tuple[str, ...]:
    if len(texts) > MOST_KEPT:
        raise InvalidInput(field, f"may list at most {MOST_KEPT} query names")
    if not all(_KEPT.fullmatch(text) for text in texts):
        raise InvalidInput(field, "must be 1 to 64 letters, digits, `.`, `_`, `~` or `-`")
    if PARAMETER in texts:
        raise InvalidInput(
            field, f"cannot be {PARAMETER}, the click that led to a page, which no address keeps"
        )
    return tuple(dict.fromkeys(texts))


def _check_plan(plan: Plan, field: str) -> tuple[Planned, ...]:
    if len(plan) > MOST_NAMES:
        raise InvalidInput(field, f"may list at most {MOST_NAMES} events")
    for name, required in plan.items():
        _check_name(name, field)
        if len(required) > MOST_FIELDS or not all(NAME.fullmatch(each) for each in required):
            problem = f"must name at most {MOST_FIELDS} fields of an event, in small letters, digits and `_`"
            raise InvalidInput(field, problem)
    return tuple(Planned(name, tuple(dict.fromkeys(required))) for name, required in plan.items())


def _check_cookie_domain(site: Site, field: str) -> None:
    """Raises `InvalidInput` for a domain where the pages of no host of the site may set a cookie."""
    domain = site.cookie_domain
    if domain and not any(host == domain or host.endswith("." + domain) for host in site.hosts):
        raise InvalidInput(field, "must be one of the site's hosts, or a domain above one")


CHECKS: Mapping[str, Callable[[Any, str], object]] = {
    "hosts": _check_hosts,
    "names": _check_names,
    "keep": _check_keep,
    "plan": _check_plan,
    "cookie_domain": lambda text, field: check_host(text, field) if text else "",
}
"""What checks a field and gives its value; other fields need no check."""
