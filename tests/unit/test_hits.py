"""Reading requests: the client's address, and what is kept of it."""

import pytest

from mailpixel.ingest.intake import minimise
from mailpixel.server.hits import Reader

PROXIES = ("10.0.0.0/8", "2001:db8::/32")


def address(peer: str, *forwarded: str, trusted: tuple[str, ...] = PROXIES) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return Reader(trusted).read("GET", headers, peer).address


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.1",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.1",), "203.0.113.1"),
        ("10.0.0.1", ("192.0.2.66, 203.0.113.1",), "203.0.113.1"),
        ("10.0.0.1", ("203.0.113.1, 10.2.2.2",), "203.0.113.1"),
        ("10.0.0.1", ("203.0.113.1", "10.2.2.2"), "203.0.113.1"),
        ("10.0.0.1", ("garbage",), "10.0.0.1"),
        ("10.0.0.1", ("garbage, 203.0.113.1",), "203.0.113.1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("2001:db8::5", ("2a00::1",), "2a00::1"),
        ("::ffff:10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_declared_proxy(
    peer: str, forwarded: tuple[str, ...], client: str
) -> None:
    assert address(peer, *forwarded) == client


def test_without_declared_proxies_nobody_is_believed() -> None:
    assert address("10.0.0.1", "203.0.113.1", trusted=()) == "10.0.0.1"


def test_as_much_of_an_address_is_kept_as_was_set() -> None:
    addresses = ["203.0.113.77", "2001:db8:1:2::3", ""]
    assert [minimise(text, "full") for text in addresses] == addresses
    assert [minimise(text, "network") for text in addresses] == ["203.0.113.0", "2001:db8:1::", ""]
    assert [minimise(text, "none") for text in addresses] == ["", "", ""]
