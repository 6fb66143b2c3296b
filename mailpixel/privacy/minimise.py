"""Reduces a client's address to what may be kept."""

from functools import lru_cache

from mailpixel.errors import InvalidInput
from mailpixel.traffic.networks import network_of


@lru_cache(maxsize=4_096)
def _network_address(address: str) -> str:
    """The first address of its /24 or /48; empty when the text is not an address."""
    try:
        return network_of(address).partition("/")[0]
    except InvalidInput:
        return ""


def minimise(address: str, keep: str) -> str:
    """The part of an address to keep: `full` all of it, `network` its /24 or /48, `none` nothing."""
    if keep == "full":
        return address
    return _network_address(address) if keep == "network" else ""
