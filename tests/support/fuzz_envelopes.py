"""Made-up envelopes: good ones with parts replaced by what nobody should send, and addresses wherever a text fits."""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.support.envelopes import PURCHASE_DATA, an_event

PERSONAL = (
    "jane.doe@example.org",
    "jane.doe%40example.org",
    "jane.doe&#64;example.org",
    "ＪＡＮＥ．ＤＯＥ＠example.org",
    "jane.doe@localhost",
    "jane.doe (at) example.org",
    "jane.doe%2540example.org",
)
"""Spellings of addresses. None may reach the log."""
SCALARS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 2**70, 1.5, 1e400, -0.0, "", " ", "0", "20,00", "a" * 70, "x" * 3_000,
    "\x00", "\ud800", "é", "😀", "null", "__proto__", [], {}, [[]], [{}], {"a": {}}, ["measure"], *PERSONAL,
)  # fmt: skip
NAMES = ("page_view", "view_item", "add_to_cart", "purchase", "refund", "sign_up", "wishlist", "Buy", "")
URLS = (
    "https://shop.example/", "https://www.shop.example/a?utm_source=m&q=1#x", "http://shop.example:8080/é",
    "https://evil.example/", "javascript:alert(1)", "https://user@shop.example/", "//shop.example/", "/cart",
    *(f"https://shop.example/u/{each}?utm_content={each}&email={each}" for each in PERSONAL if "#" not in each),
)  # fmt: skip
BYTES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b'{"v":1',
    b"{" * 2_000,
    b"[" * 60_000,
    b'"' * 9,
)


def _names_anybody(text: bytes) -> bool:
    return b"jane" in text or b"\\uff2a" in text  # the letter of another width, as JSON writes it


class Fuzz:
    """Envelopes from a seed, so that a run can be repeated."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def bodies(self, number: int) -> Iterator[bytes]:
        """So many bodies of posts."""
        for _ in range(number):
            yield self._body()

    def _body(self) -> bytes:
        dice = self._dice
        if dice.random() < 0.05:
            return dice.choice(BYTES)
        text = json.dumps(self._envelope()).encode()
        if dice.random() < 0.1 and not _names_anybody(text):  # another sign in it would make another address
            at = dice.randrange(len(text))
            text = text[:at] + bytes([dice.randrange(256)]) + text[at + 1 :]
        return text + b" " * (70_000 if dice.random() < 0.01 else 0)

    def _envelope(self) -> Any:
        dice = self._dice
        events = [self._event() for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 20, 21)))]
        whole = {"v": 1, "consent": ["measure"], "proof": {"source": "api", "version": "1"}, "events": events}
        for _ in range(dice.choice((0, 0, 1, 2))):
            fields = [*whole, "click", "visitor", "gpc", "automated", "sent_ms", "withdrawn", "new"]
            whole[dice.choice(fields)] = self._anything()
        return whole if dice.random() < 0.99 else self._anything()

    def _event(self) -> Any:
        dice = self._dice
        event = an_event(dice.choice(NAMES), f"id-{dice.randrange(10**9)}", url=dice.choice(URLS))
        data = dict(PURCHASE_DATA)
        for _ in range(dice.choice((0, 1, 3))):
            data[dice.choice([*data, "coupon", "note", dice.choice(PERSONAL)])] = self._anything()
        event["data"] = data
        for _ in range(dice.choice((0, 0, 1, 2))):
            event[dice.choice([*event, "age_ms", "referrer", "view", "nav"])] = self._anything()
        return event if dice.random() < 0.98 else self._anything()

    def _anything(self) -> Any:
        value = self._dice.choice(SCALARS)
        return [value] * self._dice.choice((1, 300)) if self._dice.random() < 0.1 else value
