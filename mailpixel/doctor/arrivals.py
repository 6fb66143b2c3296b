"""Checks of what arrives in the log: whether proxies pass on what readers send."""

import ipaddress
import time
from collections.abc import Sequence

from mailpixel.claims import Claims, TokenKind
from mailpixel.doctor.http import NoAnswer, ask
from mailpixel.doctor.local import Check, Grade
from mailpixel.kinds import HIT_KINDS
from mailpixel.links.hosts import is_this_machine
from mailpixel.links.surfaces import LINK, PIXEL
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import pixel_url
from mailpixel.model import Event
from mailpixel.store.log import MessageReader
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
DECLARE = "set MAILPIXEL_TRUSTED_PROXIES to the network of your proxy, and let the proxy send X-Forwarded-For"


def check_addresses(latest: Sequence[Event], base_url: str, trusted_proxies: Sequence[str]) -> Check:
    """Whether readers come from addresses of their own; `latest` are the latest events of the log."""
    name = "addresses"
    found = [event.address for event in latest if _is_a_readers(event)]
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
    return event.kind in HIT_KINDS and bool(event.address) and is_countable(event.method, event.facts)


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
