"""The key of a visitor of a day."""

import hmac
import re
from base64 import urlsafe_b64encode
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from mailpixel.site.visitor import VisitorKeys, visitor_key

SALT = bytes(range(16))
ANYONE = ("shop", "192.0.2.7", "Firefox/153.0")


def test_a_key_is_the_first_half_of_a_keyed_hash_in_base64url() -> None:
    told = b"shop\n192.0.2.7\nFirefox/153.0"
    whole = hmac.new(SALT, told, "sha256").digest()
    assert visitor_key(SALT, *ANYONE) == urlsafe_b64encode(whole[:16]).decode().rstrip("=")


def test_another_day_site_address_or_agent_is_another_visitor() -> None:
    keys = [
        visitor_key(SALT, *ANYONE),
        visitor_key(SALT[::-1], *ANYONE),
        visitor_key(SALT, "shop2", *ANYONE[1:]),
        visitor_key(SALT, "shop", "192.0.2.8", ANYONE[2]),
        visitor_key(SALT, *ANYONE[:2], "Firefox/152.0"),
    ]
    assert all(one != other for one, other in combinations(keys, 2))


@given(st.binary(min_size=16, max_size=16), st.text(max_size=20), st.text(max_size=600))
def test_every_key_has_22_characters_of_base64url(salt: bytes, address: str, agent: str) -> None:
    agent = agent.encode("utf-8", "replace").decode()
    address = address.encode("utf-8", "replace").decode()
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", visitor_key(salt, "shop", address, agent))


@given(st.binary(max_size=64), st.text(max_size=20), st.text(max_size=600))
def test_a_begun_hash_gives_the_same_keys(salt: bytes, address: str, agent: str) -> None:
    agent = agent.encode("utf-8", "replace").decode()
    address = address.encode("utf-8", "replace").decode()
    keys = VisitorKeys(salt)
    assert keys.key("shop", address, agent) == keys.key("shop", address, agent)
    assert keys.key("shop", address, agent) == visitor_key(salt, "shop", address, agent)
