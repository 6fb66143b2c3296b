"""Reading requests: the client's address, and what is kept of it."""

import pytest

from mailpixel.ingest.hit import Hit
from mailpixel.links.surfaces import PIXEL
from mailpixel.privacy.minimise import minimise
from mailpixel.server.request_reader import Headers, RequestReader, TrackingRequest, is_speculative

PROXIES = ("10.0.0.0/8", "2001:db8::/32")


def address(peer: str, *forwarded: str, trusted: tuple[str, ...] = PROXIES) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return read(RequestReader(trusted), headers, peer).address


def read(reader: RequestReader, headers: Headers, peer: str) -> Hit:
    hit = reader.read(TrackingRequest(PIXEL, "GET", "/o/T.gif", b"", headers, peer), 5)
    assert hit is not None
    return hit


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


def test_what_a_proxy_writes_and_nobody_can_read_is_counted_once_a_request() -> None:
    counted: list[None] = []
    reader = RequestReader(PROXIES, unreadable=lambda: counted.append(None))
    for peer, said in (
        ("10.0.0.1", b"unknown"),
        ("10.0.0.1", b"_hidden, nonsense"),
        ("10.0.0.1", b"198.51.100.7:80"),
        ("10.0.0.1", b""),
        ("198.51.100.7", b"nonsense"),
    ):
        read(reader, [(b"x-forwarded-for", said)], peer)
    assert len(counted) == 2


def test_a_header_of_any_length_is_read_from_its_end_and_no_hop_longer_than_an_address() -> None:
    assert address("10.0.0.1", "1," * 30_000 + " 198.51.100.7:80") == "198.51.100.7"
    assert address("10.0.0.1", "10.0.0.2, " * 6_000) == "10.0.0.2"
    assert address("10.0.0.1", "9" * 60_000) == "10.0.0.1"


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        (b"sec-purpose", b"prefetch", True),
        (b"sec-purpose", b"prefetch;prerender", True),
        (b"sec-purpose", b"prefetch; anonymous-client-ip", True),
        (b"purpose", b"Prefetch", True),
        (b"purpose", b"preview", False),
        (b"x-moz", b"prefetch", False),
        (b"x-purpose", b"prefetch", False),
        (b"accept", b"prefetch", False),
    ],
)
def test_a_speculative_request_says_so_in_one_of_two_headers(name: bytes, value: bytes, is_one: bool) -> None:
    assert is_speculative([(b"host", b"t"), (name, value)]) is is_one
