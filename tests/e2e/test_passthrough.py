"""Query values handed on by the running service: raw requests, answered in the protocol and over ASGI."""

import socket
from functools import partial

import pytest

from tests.support.processes import wait_until
from tests.support.service import Service, rows

DESTINATION = "https://shop.example/a?size=7"


@pytest.fixture(scope="module")
def tokens(service: Service) -> dict[str, str]:
    """Paths of link 1 (with a query and a fragment) by a click token and by a merge token, and of link 2."""
    added = ["--link", f"{DESTINATION}#top", "--link", "https://shop.example/b"]
    allowed = ["--passthrough", "u", "--passthrough", "w"]
    rows(service.data, "campaign", "add", "passing", "--name", "Passing", *added, *allowed)
    merged, signed = (
        rows(service.data, "links", "passing", "--recipients", "-", *flags, stdin="r-1\n").splitlines()[1]
        for flags in (["--merge"], [])
    )
    link_1, link_2 = (f"/c/{url.rpartition('/')[2]}" for url in signed.split(",")[2:4])
    token = merged.split(",")[1]
    paths = {"click": link_1, "merge": f"/c/{token}/1", "other": link_2, "pixel": f"/o/{token}.gif"}
    service.wait_for(link_1, 302)
    return paths


def ask(service: Service, target: bytes, method: bytes = b"GET") -> tuple[int, str | None]:
    """Status and `Location` of one request, whose target goes over the wire as it is."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(b"%b %b HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" % (method, target))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:])
    return int(head[0].split()[1]), headers.get("location")


@pytest.mark.parametrize("link", ["click", "merge"])
@pytest.mark.parametrize(
    ("query", "added"),
    [
        (b"", ""),
        (b"?", ""),
        (b"?u=42", "&u=42"),
        (b"?w=2&utm_source=x&u=a%20b+c", "&w=2&u=a%20b%20c"),
        (b"?u=ann%2Bbo%40x.example", "&u=ann%2Bbo%40x.example"),
        (b"?u=%C3%BC", "&u=%C3%BC"),
        (b"?u=%0d%0aset-cookie:a=b&w=1", "&w=1"),
        (b"?u=%ff&w=%c3%28", ""),
        (b"?size=9&u=1", "&u=1"),
        (b"?u=//evil.example/%2F..%5C", "&u=%2F%2Fevil.example%2F%2F..%5C"),
        (b"?u=1?w=2", "&u=1%3Fw%3D2"),
        (b"?u=1#w=2", "&u=1"),
        (b"?u=1'", "&u=1%27"),
        (b"?u=" + b"a" * 1_001, ""),
        (b"?u=1&x=" + b"a" * 8_000, ""),
        (b".?u=1", "&u=1"),
        (b"&amp;u=1", ""),
        (b"%3Fu=1", ""),
    ],
)
def test_allowed_values_are_handed_on_and_nothing_else(
    service: Service, tokens: dict[str, str], link: str, query: bytes, added: str
) -> None:
    target = tokens[link].encode() + query
    location = f"{DESTINATION}{added}#top"
    assert ask(service, target) == (302, location)
    assert ask(service, target, b"HEAD") == (302, location)
    assert ask(service, b"http://t.example" + target) == (302, location)


def test_a_destination_without_a_query_gets_one(service: Service, tokens: dict[str, str]) -> None:
    assert ask(service, tokens["other"].encode() + b"?u=1") == (302, "https://shop.example/b?u=1")


def test_a_campaign_without_a_list_drops_every_query(service: Service, paths: dict[str, str]) -> None:
    assert ask(service, paths["link_2"].encode() + b"?u=1") == (302, "https://shop.example/%C3%BCn%C3%AFcode")


def test_a_query_changes_nothing_for_pixels_and_bad_tokens(service: Service, tokens: dict[str, str]) -> None:
    assert ask(service, tokens["pixel"].encode() + b"?u=1") == (200, None)
    assert ask(service, b"/c/nonsense?u=1") == (404, None)
    assert ask(service, tokens["click"].encode() + b"'?u=1") == (404, None)


def passes(service: Service, target: bytes, location: str) -> bool:
    return ask(service, target) == (302, location)


def test_a_list_is_in_force_without_a_restart_and_can_be_taken_back(
    service: Service, tokens: dict[str, str]
) -> None:
    target = tokens["other"].encode() + b"?ref=1"
    for flag, location in (
        ("--passthrough", "https://shop.example/b?ref=1"),
        ("--no-passthrough", "https://shop.example/b"),
    ):
        rows(service.data, "campaign", "edit", "passing", flag, "ref")
        wait_until(partial(passes, service, target, location), f"{flag} is not in force")
