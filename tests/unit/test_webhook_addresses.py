"""No spelling and no trick of the DNS leads a webhook to an address that is not public."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.outbound.addresses import all_reachable
from mailpixel.outbound.checks import check_url
from mailpixel.outbound.resolving import resolve
from mailpixel.outbound.sender import PostResult, Sender
from mailpixel.store.webhooks import PostOutcome
from tests.support.receiver import a_receiver
from tests.support.webhooks import LOCAL

PRIVATE = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:7f00:1", "4000::1", "no address",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
SPELLINGS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "localhost", "localhost.", "LOCALHOST", "0", "0.0.0.0", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:0:0:0:0:80ff:fffe]",
    "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛocalhost",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_not_reachable(address: str) -> None:
    assert not all_reachable([address])


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reachable_unless_another_one_of_the_host_is_not(address: str) -> None:
    assert all_reachable([address])
    assert not all_reachable([address, "10.0.0.1"])
    assert not all_reachable([])


def test_the_operator_may_allow_private_networks_also_inside_of_ipv6() -> None:
    assert all_reachable(["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.0.0/16"])
    assert not all_reachable(["10.2.2.3"], ["10.1.0.0/16"])
    assert all_reachable(["fd00::1"], ["fd00::/8"])


@contextmanager
def a_listener() -> Iterator[tuple[int, socket.socket]]:
    """A socket on every address of this machine, which nobody may reach."""
    with socket.socket(socket.AF_INET6) as listening:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(("::", 0))
        listening.listen()
        listening.setblocking(False)
        yield listening.getsockname()[1], listening


def posted(sender: Sender) -> PostResult:
    async def post() -> PostResult:
        async with sender:
            return await sender.post({}, b"{}")

    return asyncio.run(post())


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_gets_a_packet(host: str) -> None:
    with a_listener() as (port, listening):
        try:
            url = check_url(f"http://{host}:{port}/", True, ())
        except InvalidInput:
            url = f"http://{host}:{port}/"
        if url.isascii():
            result = posted(Sender(url, ()))
            assert result.outcome in (PostOutcome.FORBIDDEN, PostOutcome.UNREACHABLE)
            assert result.status is None
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_name_whose_addresses_are_not_all_public_gets_no_packet() -> None:
    async def mixed(host: str, port: int) -> Sequence[str]:
        return ["8.8.8.8", "127.0.0.1"]

    with a_listener() as (port, listening):
        assert (
            posted(Sender(f"http://mixed.example:{port}/", (), resolver=mixed)).outcome
            is PostOutcome.FORBIDDEN
        )
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to() -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with a_receiver() as receiver:
        url = f"http://rebinding.example:{receiver.port}/"
        assert posted(Sender(url, LOCAL, resolver=rebinding)).outcome is PostOutcome.ACCEPTED
        assert (asked, receiver.posts[0].headers["host"]) == (
            ["rebinding.example"],
            f"rebinding.example:{receiver.port}",
        )
        assert posted(Sender(url, LOCAL, resolver=rebinding)).outcome is PostOutcome.FORBIDDEN


def test_a_name_without_an_address_is_unreachable() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    result = posted(Sender("https://unknown.example/", (), resolver=unknown))
    assert (result.outcome, result.problem) == (PostOutcome.UNREACHABLE, "no connection to the receiver")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with a_receiver() as target, a_receiver(lambda post: (302, {"Location": target.url}, b"")) as receiver:
        result = posted(Sender(receiver.url, LOCAL))
        assert (result.outcome, result.status, target.posts) == (PostOutcome.REFUSED, 302, [])


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_receiver() as proxy, a_receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert posted(Sender(receiver.url, LOCAL)).outcome is PostOutcome.ACCEPTED
        assert (len(receiver.posts), proxy.posts) == (1, [])


def test_only_the_beginning_of_an_answer_is_read_and_it_is_printable() -> None:
    with a_receiver(lambda post: (200, {}, b"<script>\x1b[31m\x00\r\n" + b"x" * 5_000_000)) as receiver:
        result = posted(Sender(receiver.url, LOCAL))
        assert result.outcome is PostOutcome.ACCEPTED
        assert result.answer.startswith("<script> [31m   xxx")
        assert len(result.answer) == 500


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://crm.example/", "must begin with https"),
        ("https://user:pass@crm.example/", "must not name a user"),
        ("https://crm.example/#part", "must not have a part after #"),
        ("ftp://crm.example/", "must begin with http"),
        ("https://10.0.0.1/", "is a private address"),
        ("https://0x7f.1/", "is a private address"),
        ("https://[::ffff:10.0.0.1]/", "is a private address"),
        ("https://[fe80::1%25eth0]/", "is not a URL"),
        ("https://crm.example/" + "x" * 3_000, "at most 2,000"),
    ],
)
def test_a_url_that_no_webhook_can_have_is_refused_when_it_is_added(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check_url(url, False, ())


def test_the_resolver_of_the_system_is_asked_for_addresses() -> None:
    assert "127.0.0.1" in asyncio.run(resolve("127.0.0.1", 80))
