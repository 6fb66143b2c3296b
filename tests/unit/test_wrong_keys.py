"""Wrong keys count for their address and for a minute, and never for others."""

from starlette.requests import Request

from mailpixel.server.forwarded import Proxies
from mailpixel.server.wrong_keys import MINUTE_MS, SOURCES, WrongKeys


def asked_from(address: str) -> Request:
    return Request({"type": "http", "headers": [], "client": (address, 1)})


def test_an_address_is_looked_at_again_a_minute_after_its_wrong_keys() -> None:
    now = [0]
    wrong = WrongKeys(Proxies(()), lambda: now[0], 3)
    for now[0] in (0, 1_000, 2_000):
        assert not wrong.are_too_many(asked_from("192.0.2.1"))
        wrong.note(asked_from("192.0.2.1"))
    assert wrong.are_too_many(asked_from("192.0.2.1"))
    assert not wrong.are_too_many(asked_from("192.0.2.2"))
    now[0] = MINUTE_MS
    assert not wrong.are_too_many(asked_from("192.0.2.1"))


def test_any_number_of_addresses_keeps_nobody_out_and_fills_no_memory() -> None:
    wrong = WrongKeys(Proxies(()), lambda: 0, 1)
    for number in range(2 * SOURCES):
        wrong.note(asked_from(f"10.0.{number // 256}.{number % 256}"))
    assert not wrong.are_too_many(asked_from("10.9.9.9"))
    assert not wrong.are_too_many(asked_from("10.0.0.0"))  # forgotten
    assert wrong.are_too_many(asked_from(f"10.0.{SOURCES * 2 // 256 - 1}.255"))
