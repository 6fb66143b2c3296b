"""Click ids: signed, read back in one spelling only, and placed in a destination without touching it."""

import base64
import hmac
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.claims import Claims, TokenKind
from mailpixel.links.carrying import place_in
from mailpixel.links.click_id import MALFORMED, UNKNOWN_KEY, ClickIds, ClickReading
from mailpixel.links.destination import check_destination
from mailpixel.links.keyring import Key, Keyring
from mailpixel.links.token import TokenSigner
from mailpixel.links.token_format import encode
from tests.support.builders import KEYRING, SENT_AT, an_id

CLICK = an_id(1_790_000_000_000, position=7)
IDS = ClickIds(KEYRING)
NEWER = Key(2, b"n" * 32, SENT_AT)
ROTATED = replace(KEYRING, keys=(*KEYRING.keys, NEWER))


def test_a_click_id_has_43_characters_and_names_its_click() -> None:
    signed = IDS.sign(CLICK)
    assert (len(signed), set(signed) <= set(string.ascii_letters + string.digits + "-_")) == (43, True)
    assert IDS.read(signed) == ClickReading(CLICK)


def test_a_click_id_can_be_made_from_its_description_alone() -> None:
    key = hmac.digest(KEYRING.keys[0].secret, b"mailpixel.v1.click_id", "sha256")
    signature = hmac.digest(key, CLICK, "sha256")[:16]
    assert IDS.sign(CLICK) == base64.urlsafe_b64encode(CLICK + signature).decode().rstrip("=")


def test_what_an_older_key_signed_still_reads_and_the_newest_key_signs() -> None:
    rotated = ClickIds(ROTATED)
    assert rotated.read(IDS.sign(CLICK)) == ClickReading(CLICK)
    assert rotated.sign(CLICK) == ClickIds(Keyring((NEWER,), KEYRING.pseudonym)).sign(CLICK)


def test_a_key_that_is_not_known_is_said_to_be() -> None:
    assert IDS.read(ClickIds(ROTATED).sign(CLICK)) == UNKNOWN_KEY
    assert IDS.read(encode(bytes(32)).decode()) == UNKNOWN_KEY


def test_only_one_spelling_is_a_click_id() -> None:
    signed = IDS.sign(CLICK)
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    at = alphabet.index(signed[-1])
    others = [signed[:-1] + alphabet[at ^ spare] for spare in (1, 2, 3)]
    spellings = [*others, signed + "=", signed + "A", signed[:-1], " " + signed[1:], "", "é" * 43, "~" * 43]
    assert [IDS.read(text) for text in spellings] == [MALFORMED] * len(spellings)


@given(st.integers(0, 42), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_no_changed_character_reads(at: int, character: str) -> None:
    signed = IDS.sign(CLICK)
    changed = signed[:at] + character + signed[at + 1 :]
    assert (IDS.read(changed).click is not None) == (changed == signed)


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    assert IDS.read(text).click is None


def test_a_signature_of_a_token_is_none_of_a_click_id() -> None:
    token = TokenSigner(KEYRING).sign(Claims(TokenKind.CLICK, "c1", "r-1", 1))
    assert IDS.read(token[-43:]).click is None


PLACES = {
    "https://shop.example/": "https://shop.example/?mp_cid=ID",
    "https://shop.example/a?size=7": "https://shop.example/a?size=7&mp_cid=ID",
    "https://shop.example/a?": "https://shop.example/a?mp_cid=ID",
    "https://shop.example/a?b&": "https://shop.example/a?b&mp_cid=ID",
    "https://shop.example/a?b=%20+c;d=1#top?x": "https://shop.example/a?b=%20+c;d=1&mp_cid=ID#top?x",
    "https://shop.example/#/cart?mp_cid=1": "https://shop.example/?mp_cid=ID#/cart?mp_cid=1",
    "https://shop.example:8443/?a=/?&b": "https://shop.example:8443/?a=/?&b&mp_cid=ID",
    "https://shop.example/?a=mp_cid&mp_cidx=1": "https://shop.example/?a=mp_cid&mp_cidx=1&mp_cid=ID",
}


@pytest.mark.parametrize("destination", PLACES)
def test_a_click_id_stands_behind_the_query_and_before_the_fragment(destination: str) -> None:
    place = place_in(destination)
    assert place is not None
    assert place.with_id("ID") == PLACES[destination]


@pytest.mark.parametrize(
    "query",
    ["mp_cid=1", "mp_cid", "a&mp_cid=", "MP_CID=1", "mp%5Fcid=1", "%6Dp_cid=1", "a=1;mp_cid=2", "+mp_cid=1"],
)
def test_a_name_that_stands_there_already_is_left_alone(query: str) -> None:
    assert place_in(f"https://shop.example/?{query}#f") is None


def test_the_host_of_a_place_has_no_port_and_no_final_dot() -> None:
    urls = [
        "https://Shop.Example:8443/",
        "http://shop.example./a",
        "http://[2001:DB8::1]:80/",
        "http://127.0.0.1:8025",
    ]
    hosts = [place.host for url in urls if (place := place_in(check_destination(url)))]
    assert hosts == ["shop.example", "shop.example", "2001:db8::1", "127.0.0.1"]


def test_a_destination_that_would_become_too_long_gets_none() -> None:
    longest = "https://shop.example/?" + "a" * (65_536 - 22)
    assert place_in(longest) is None
    place = place_in(longest[:-51])
    assert place is not None
    assert len(place.with_id(IDS.sign(CLICK))) == 65_536 - 51 + 51
