"""How much of a client's address is kept."""

from functools import lru_cache

from mailpixel.errors import InvalidInput
from mailpixel.traffic.networks import network_of


@lru_cache(maxsize=4_096)
def _network_address(address: str) -> str:
    """The first address of its /24 or /48; empty for what is no address."""
    try:
        return network_of(address).partition("/")[0]
    except InvalidInput:
        return ""


def minimise(address: str, keep: str) -> str:
    """What is kept of an address: `full` the whole, `network` its /24 or /48, `none` nothing."""
    if keep == "full":
        return address
    return _network_address(address) if keep == "network" else ""
