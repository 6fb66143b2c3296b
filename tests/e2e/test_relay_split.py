"""One message to several addresses at the relay: untracked, or one copy each with one answer for all."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailpixel import load_keyring
from mailpixel.links.keyring import pseudonym
from tests.support.relaying import (
    Pair,
    RelayProcess,
    campaign_in,
    claims_in,
    connected,
    hand_in,
    marked,
    plain,
    running,
    untracked,
)
from tests.support.service import free_port
from tests.support.upstream import Upstream

CAMPAIGN = b"X-Mailpixel-Campaign: c1\r\n"
SPLIT = CAMPAIGN + b"X-Mailpixel-Split: yes\r\n"
TWO = ["ada@x.example", "bob@x.example"]


def people_in(pair: Pair, content: bytes) -> set[str]:
    return {claims.recipient for claims in claims_in(pair.data, content) if claims}


def named(pair: Pair, *addresses: str) -> list[set[str]]:
    keyring = load_keyring(pair.data / "keys.json")
    return [{pseudonym(keyring, address)} for address in addresses]


def handed(pair: Pair, content: bytes, to: Sequence[str]) -> tuple[int, str]:
    with connected(pair.relay) as client:
        return hand_in(client, content, to)


@pytest.mark.parametrize(
    "content", [marked(1), CAMPAIGN + plain(1), CAMPAIGN + b"X-Mailpixel-Split: no\r\n" + plain(1)]
)
def test_a_message_to_several_is_untracked_even_when_it_names_one_of_them(
    tmp_path: Path, content: bytes
) -> None:
    with running(tmp_path) as pair:
        assert handed(pair, content, TWO) == (250, "2.0.0 Stored")
        [stored] = pair.upstream.stored()
        said = pair.relay.stop()
    assert (stored.recipients, stored.content) == (tuple(TWO), plain(1))
    assert "X-Mailpixel-Split: yes or --split sends each a copy" in said
    assert "x.example" not in said


@pytest.mark.parametrize(
    ("content", "options"), [(SPLIT + plain(1), ()), (CAMPAIGN + plain(1), ("--split",))]
)
def test_a_split_message_is_one_copy_each_with_a_token_of_its_own_and_the_same_headers(
    tmp_path: Path, content: bytes, options: tuple[str, ...]
) -> None:
    head = b"To: Ada <ada@x.example>\r\nCc: bob@x.example\r\nBcc: cleo@x.example\r\nMessage-ID: <1@shop.example>\r\n"
    everybody = [*TWO, "cleo@x.example", "ADA@x.example"]
    with running(tmp_path, *options) as pair:
        assert handed(pair, head + content, everybody) == (250, "2.0.0 Stored")
        stored = pair.upstream.stored()
        assert [each.recipients for each in stored] == [(address,) for address in everybody[:3]]
        assert [people_in(pair, each.content) for each in stored] == named(pair, *everybody[:3])
        assert {each.sender for each in stored} == {"sender@shop.example"}
    shown = head.replace(b"Bcc: cleo@x.example\r\n", b"")
    assert {untracked(each.content) for each in stored} == {shown + plain(1)}
    assert not any(b"cleo" in each.content for each in stored)


def test_a_split_message_that_cannot_be_tracked_goes_out_whole(tmp_path: Path) -> None:
    content = SPLIT.replace(b"c1", b"unknown") + plain(1)
    with running(tmp_path) as pair:
        assert handed(pair, content, TWO)[0] == 250
        [stored] = pair.upstream.stored()
    assert (stored.recipients, stored.content) == (tuple(TWO), plain(1))


def test_the_id_of_one_of_several_is_not_given_to_all_when_a_message_is_split(tmp_path: Path) -> None:
    with running(tmp_path, "--split") as pair:
        assert handed(pair, marked(1), TWO)[0] == 250
        assert [people_in(pair, each.content) for each in pair.upstream.stored()] == named(pair, *TWO)
        assert "names one of several people and was not used" in pair.relay.stop()


def test_other_mail_is_not_split(tmp_path: Path) -> None:
    with running(tmp_path, "--split") as pair:
        assert handed(pair, plain(1), TWO)[0] == 250
        assert [each.recipients for each in pair.upstream.stored()] == [tuple(TWO)]


def test_a_copy_that_is_refused_for_good_is_said_with_the_number_of_those_that_went_out(
    tmp_path: Path,
) -> None:
    """An upstream that takes an address first and refuses it when it comes alone."""
    with running(tmp_path) as pair:
        code, text = handed(pair, b"X-Refuse-For: bob@\r\n" + SPLIT + plain(1), TWO)
        assert (code, text) == (554, "5.7.1 Not for them (1 of 2 copies were handed on)")
        assert [each.recipients for each in pair.upstream.stored()] == [("ada@x.example",)]


def test_trying_again_after_a_copy_failed_for_a_while_sends_only_the_missing_one(tmp_path: Path) -> None:
    content = b"X-Defer-Once: bob@\r\n" + SPLIT + plain(1)
    with running(tmp_path) as pair:
        code, text = handed(pair, content, [*TWO, "cleo@x.example"])
        assert (code, text) == (451, "4.3.0 Not now (2 of 3 copies were handed on)")
        assert handed(pair, content, [*TWO, "cleo@x.example"]) == (250, "2.0.0 Stored")
        assert [each.recipients[0][:4] for each in pair.upstream.stored()] == ["ada@", "cleo", "bob@"]
        assert handed(pair, content, TWO)[0] == 250  # the same again, meant: everybody has it twice
        assert len(pair.upstream.stored()) == 5


def test_an_upstream_that_dies_between_two_copies_is_tried_again_and_nobody_is_left_out(
    tmp_path: Path,
) -> None:
    content = SPLIT + plain(1)
    data = campaign_in(tmp_path / "data")
    with Upstream(tmp_path, "--die-before", "2") as upstream:
        with RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}") as relay:
            pair = Pair(data, upstream, relay)
            code, text = handed(pair, content, TWO)
            assert code == 451
            assert text.endswith("(1 of 2 copies were handed on)")
            upstream.wait()
            upstream.start()
            assert handed(pair, content, TWO)[0] == 250
        assert [each.recipients for each in upstream.stored()] == [(address,) for address in TWO]


def test_more_addresses_than_can_be_split_go_out_in_one_untracked_copy(tmp_path: Path) -> None:
    many = [f"r{number}@x.example" for number in range(101)]
    with running(tmp_path) as pair:
        assert handed(pair, SPLIT + plain(1), many)[0] == 250
        [stored] = pair.upstream.stored()
        assert "too many to split" in pair.relay.stop()
    assert (stored.recipients, stored.content) == (tuple(many), plain(1))


@pytest.mark.parametrize(
    ("options", "header", "images"),
    [
        ((), b"", 1),
        (("--pixel", "none"), b"", 0),
        ((), b"X-Mailpixel-Pixel: None\r\n", 0),
        (("--pixel", "none"), b"X-Mailpixel-Pixel: top\r\n", 1),
    ],
)
def test_the_option_and_the_header_say_where_the_pixel_goes(
    tmp_path: Path, options: tuple[str, ...], header: bytes, images: int
) -> None:
    with running(tmp_path, *options) as pair:
        assert handed(pair, header + marked(1), ["r@x.example"])[0] == 250
        [stored] = pair.upstream.stored()
    assert len(re.findall(rb"https://t.example/o/", stored.content)) == images
    assert len(re.findall(rb"https://t.example/c/", stored.content)) == 1
    assert b"Mailpixel" not in stored.content


def test_two_relays_that_are_each_others_upstream_refuse_the_mail_at_once(tmp_path: Path) -> None:
    data = campaign_in(tmp_path / "data")
    ports = [free_port(), free_port()]
    with (
        RelayProcess(data, f"smtp://127.0.0.1:{ports[1]}", port=ports[0]) as one,
        RelayProcess(data, f"smtp://127.0.0.1:{ports[0]}", port=ports[1]) as other,
    ):
        with connected(one) as client:
            code, text = hand_in(client, plain(1))
        assert (code, text[:5]) == (451, "4.4.6")
        said = one.stop() + other.stop()
    assert said.count("or leads back to it; set --upstream to the server that sends the mail") == 1


def test_a_chain_of_relays_that_ends_hands_on(tmp_path: Path) -> None:
    data = campaign_in(tmp_path / "data")
    with (
        Upstream(tmp_path) as upstream,
        RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}") as last,
        RelayProcess(data, f"smtp://127.0.0.1:{last.port}") as first,
        connected(first) as client,
    ):
        assert hand_in(client, marked(1))[0] == 250
        assert hand_in(client, plain(2))[0] == 250
        assert [untracked(each.content) for each in upstream.stored()] == [plain(1), plain(2)]


def test_a_relay_for_this_machine_warns_once(tmp_path: Path) -> None:
    data = campaign_in(tmp_path / "data")
    local = {"MAILPIXEL_BASE_URL": "http://127.0.0.1:8025"}
    with (
        Upstream(tmp_path) as upstream,
        RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}", environment=local) as relay,
    ):
        with connected(relay) as client:
            assert [hand_in(client, marked(number))[0] for number in (1, 2)] == [250, 250]
        assert relay.stop().count("MAILPIXEL_BASE_URL") == 1
