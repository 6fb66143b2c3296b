"""Checks of what arrives in the log: whether proxies pass on what readers send."""

import ipaddress
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from mailpixel.claims import Claims, TokenKind
from mailpixel.doctor.http import NoAnswer, ask
from mailpixel.doctor.local import Check, Grade
from mailpixel.kinds import HIT_KINDS
from mailpixel.links.hosts import is_this_machine
from mailpixel.links.surfaces import LINK, PIXEL
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import pixel_url
from mailpixel.model import Event
from mailpixel.privacy.salts import kept_days
from mailpixel.privacy.tags import tag_of
from mailpixel.store.log import MessageReader
from mailpixel.times import DAY_MS, moment_of
from mailpixel.traffic.facts import is_countable

NAME = "doctor"
"""Stands where a token, a campaign or a recipient would. Only the probe below is logged under it, as internal."""
LATEST, LEAST = 1_000, 3
"""How many of the latest events are looked at, and how many hits say something."""
ARRIVES_WITHIN_S, LOOK_EVERY_S = 2.0, 0.1
NO_CACHE = (
    f"keep caches off {PIXEL.prefix} and {LINK.prefix}: in nginx `proxy_cache off;` in their location; in "
    f'Varnish `if (req.url ~ "^({PIXEL.prefix}|{LINK.prefix})") {{ return (pass); }}` at the head of vcl_recv'
)
MOST_TAGGED, MOST_OF_A_PROXY = 100, 256
"""How many hits without an address are looked at, and how many addresses of a proxy's network are tried on them."""
DECLARE = "set MAILPIXEL_TRUSTED_PROXIES to the network of your proxy, and let the proxy send X-Forwarded-For"


def check_addresses(
    latest: Sequence[Event],
    base_url: str,
    trusted_proxies: Sequence[str],
    salts: Mapping[int, bytes] = {},
) -> Check:
    """Whether readers come from addresses of their own; `latest` are the latest events of the log.

    Where no addresses are kept, `salts` (by day) tell whether a hit came from this machine or a trusted proxy.
    """
    name = "addresses"
    if latest and any(event.tag for event in latest[:MOST_TAGGED]):
        return _of_tagged(name, latest[:MOST_TAGGED], (base_url, trusted_proxies), salts)
    found = [event.address for event in latest if _is_a_readers(event) and event.address]
    if len(found) < LEAST:
        return Check(name, Grade.OK, "too few hits to tell")
    if len(set(found)) > 1 or is_this_machine(base_url):
        return Check(name, Grade.OK, f"{len(set(found)):,} in the latest {len(found):,} hits")
    return _of_one(name, found[0], len(found), trusted_proxies)


def _of_one(name: str, text: str, hits: int, trusted_proxies: Sequence[str]) -> Check:
    address = ipaddress.ip_address(text)
    if any(address in ipaddress.ip_network(network) for network in trusted_proxies):
        problem = f"all of the latest {hits:,} hits have the address of a trusted proxy, not of readers"
        return Check(name, Grade.WARN, problem, "let the proxy send X-Forwarded-For")
    if address.is_private:
        problem = f"all of the latest {hits:,} hits have one private address: a proxy's, not the readers'"
        return Check(name, Grade.WARN, problem, DECLARE)
    problem = (
        f"all of the latest {hits:,} hits have one address; if it is a proxy's, all readers look like one"
    )
    return Check(name, Grade.WARN, problem, DECLARE)


def _is_a_readers(event: Event) -> bool:
    return event.kind in HIT_KINDS and is_countable(event.method, event.facts)


def _of_tagged(
    name: str, latest: Sequence[Event], place: tuple[str, Sequence[str]], salts: Mapping[int, bytes]
) -> Check:
    base_url, trusted_proxies = place
    hits = [
        event for event in latest if _is_a_readers(event) and event.decided is None and _salt(event, salts)
    ]
    if len(hits) < LEAST:
        return Check(name, Grade.OK, "too few hits to tell")
    known = ["127.0.0.1", "::1", *(each for network in trusted_proxies for each in _few(network))]
    if is_this_machine(base_url) or not all(_is_from(event, known, salts) for event in hits):
        found = f"not kept; the latest {len(hits):,} hits are not all from this machine or a trusted proxy"
        return Check(name, Grade.OK, "not kept" if is_this_machine(base_url) else found)
    problem = (
        f"all of the latest {len(hits):,} hits come from this machine or a trusted proxy, not from readers"
    )
    return Check(name, Grade.WARN, problem, DECLARE)


def _salt(event: Event, salts: Mapping[int, bytes]) -> bytes | None:
    return salts.get(event.received_at_ms // DAY_MS) if event.tag else None


def _is_from(event: Event, addresses: Sequence[str], salts: Mapping[int, bytes]) -> bool:
    salt = _salt(event, salts)
    return salt is not None and any(
        tag_of(salt, event.campaign, event.recipient, address) == event.tag for address in addresses
    )


def _few(network: str) -> Iterator[str]:
    """The addresses of a network, if there are few."""
    return islice(map(str, ipaddress.ip_network(network)), MOST_OF_A_PROXY)


def check_salts(days: Sequence[int], now_ms: int) -> Check:
    """Whether the salts of tags are gone in time: with a salt, addresses can be tried until one fits a tag."""
    name, today = "salts", now_ms // DAY_MS
    others = [day for day in days if day not in kept_days(today)]
    if not others:
        return Check(name, Grade.OK, f"{len(days)} kept, none older than two days")
    oldest = f"{moment_of(others[0] * DAY_MS):%Y-%m-%d}"
    when = "older than two days" if others[-1] < today else "of other days than yesterday and today"
    found = f"{len(others)} {when} may still be in the files, the first of {oldest}"
    remedy = "let `mailpixel serve` run; end other programs that keep the database open for reading"
    return Check(name, Grade.WARN, found, remedy)


def check_head(base_url: str, signer: TokenSigner, store: MessageReader) -> Check:
    """Whether a HEAD through the public address arrives as one. Caches turn it into a GET: a probe becomes a reader."""
    name = "HEAD"
    token = signer.sign(Claims(TokenKind.MESSAGE, NAME, NAME, preview=True))
    before = {event.id for event in store.message(NAME, NAME).events}
    answer = ask(pixel_url(base_url, token), "HEAD")
    if isinstance(answer, NoAnswer):
        return Check(name, Grade.FAIL, answer.problem, NO_CACHE)
    arrived = _arrived(store, before)
    if not arrived:
        found = (
            "did not arrive in the log of this folder: a cache answered, or the service uses another folder"
        )
        return Check(name, Grade.WARN, found, NO_CACHE)
    if any(event.method != "HEAD" for event in arrived):
        return Check(name, Grade.FAIL, "arrives as GET: a cache counts probes as readers", NO_CACHE)
    return Check(name, Grade.OK, "arrives unchanged")


def _arrived(store: MessageReader, before: set[bytes]) -> Sequence[Event]:
    until = time.monotonic() + ARRIVES_WITHIN_S
    while True:
        arrived = [event for event in store.message(NAME, NAME).events if event.id not in before]
        if arrived or time.monotonic() > until:
            return arrived
        time.sleep(LOOK_EVERY_S)
