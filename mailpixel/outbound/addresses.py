"""Which addresses webhooks may reach: public ones, and those of networks that the operator allows. Pure.

Source: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry, November 2026.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

PRIVATE = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
            "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2002::/16",
            "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
"""Special, private or outdated networks. 2001::/23 holds Teredo, and 2002::/16 is 6to4."""
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = (0x00005EFE, 0x02005EFE)
"""The third quarter of an address that holds one of IPv4 in its last."""


def is_reachable(address: Address, allowed: Sequence[str] = ()) -> bool:
    """Whether webhooks may reach an address; `allowed` are further networks. Of IPv4 inside IPv6 the inner counts."""
    inner = _inner(address)
    if any(_is_in(inner, ip_network(network)) for network in allowed):
        return True
    if isinstance(inner, IPv6Address) and (inner not in GLOBAL_UNICAST or _is_isatap(inner)):
        return False
    return inner.is_global and not any(_is_in(inner, network) for network in PRIVATE)


def all_reachable(addresses: Iterable[str], allowed: Sequence[str] = ()) -> bool:
    """Whether there are addresses, and webhooks may reach every one of them."""
    found = list(addresses)
    return bool(found) and all(_is_good(text, allowed) for text in found)


def _is_good(text: str, allowed: Sequence[str]) -> bool:
    try:
        return "%" not in text and is_reachable(ip_address(text), allowed)
    except ValueError:
        return False


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_isatap(address: IPv6Address) -> bool:
    return int(address) >> 32 & 0xFFFFFFFF in ISATAP


def _is_in(address: Address, network: object) -> bool:
    return address in network  # type: ignore[operator]
