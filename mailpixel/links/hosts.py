"""Hosts that mean this machine, which no reader of a mail can reach."""

import ipaddress
import socket
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host can be reached only from this machine: `localhost` and names below it, 127.0.0.0/8, ::1."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def is_this_machine(base_url: str) -> bool:
    """Whether a base URL leads every reader to their own machine: a loopback host, 0.0.0.0 or ::."""
    try:
        host = urlsplit(base_url.strip()).hostname or ""
    except ValueError:
        return False
    address = _address(host)
    return is_loopback(host) or (address is not None and address.is_unspecified)


def warning_of(base_url: str, campaign: str) -> str:
    """The warning when mail of a campaign is signed for a base URL of this machine; empty for any other."""
    if not is_this_machine(base_url):
        return ""
    return (
        f"the signed URLs begin with {base_url}, which no reader can reach; set MAILPIXEL_BASE_URL to your public "
        f"address, or give campaign {campaign} its own base URL"
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is written as, in any spelling that browsers read; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _short_form(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _short_form(host: str) -> ipaddress.IPv4Address | None:
    """The address of `127.1` or `2130706433`."""
    if not host.rpartition(".")[2][:1].isdigit():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
