"""What a registry remembers of the destinations in one recipient's mail: keyed, so that it names nobody."""

import hmac
from collections.abc import Callable, Mapping, Sequence

from mailpixel.links.keyring import Keyring
from mailpixel.store.campaigns import SEEN_SLOTS, LinkRegister, Sighting

EMBEDDED_BYTES = 1_400
"""The longest destination that a tracked URL carries itself; a longer one is registered. With it the URL has some 2,100
characters, about the least that browsers and mail programs were known to take (Internet Explorer: 2,083)."""

Meet = Callable[[Sequence[str], str], Mapping[str, int]]
"""Destinations of one recipient's mail to the numbers of those that are links of the campaign."""


def meeting(registry: LinkRegister, keyring: Keyring, campaign: str) -> Meet:
    """Asks a registry which destinations are links; see `LinkRegister.meet_links`.

    Destinations too long for a URL that carries them become links at once.
    """

    def meet(urls: Sequence[str], recipient: str) -> Mapping[str, int]:
        short = [url for url in urls if len(url.encode()) <= EMBEDDED_BYTES]
        long = [url for url in urls if len(url.encode()) > EMBEDDED_BYTES]
        numbers = dict(registry.register_links(campaign, long)) if long else {}
        return numbers | dict(registry.meet_links(campaign, sightings(keyring, campaign, short, recipient)))

    return meet


def sightings(keyring: Keyring, campaign: str, urls: Sequence[str], recipient: str) -> list[Sighting]:
    """What there is to remember of each destination."""
    secret = hmac.digest(keyring.pseudonym, b"mailpixel seen urls\0" + campaign.encode(), "sha256")
    return [_sighting(secret, url, recipient) for url in urls]


def _sighting(secret: bytes, url: str, recipient: str) -> Sighting:
    written = url.encode()
    of_url = hmac.digest(secret, b"u" + written, "sha256")
    of_reader = hmac.digest(secret, b"r" + recipient.encode() + b"\0" + written, "sha256")
    return Sighting(url, int.from_bytes(of_url[:4]) % SEEN_SLOTS, of_url[4:10], of_reader[:2])
