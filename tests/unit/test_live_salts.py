"""Salts in memory: there before they are needed, the same as in the store, and dropped when their time is over."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import pytest

from mailpixel.classify import Rules
from mailpixel.errors import StoreUnavailable
from mailpixel.modes import Mode
from mailpixel.privacy.minimise import FORMER_MS, Minimiser
from mailpixel.privacy.salts import LiveSalts
from mailpixel.privacy.tags import Tags, parts_of, tag_of
from mailpixel.privacy.written import OPENS
from mailpixel.store.memory import MemoryStore

DAY = 20_785
DAY_MS = 86_400_000
NOON_MS = DAY * DAY_MS + DAY_MS // 2


class Clock:
    """A clock that a test moves."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


class Locked(MemoryStore):
    """A store that can be unreadable, and whose readers can keep deleted salts in a file."""

    locked = False
    read_by_others = False
    tries = 0

    def salts(self, make: Sequence[int] = ()) -> Mapping[int, bytes]:
        if self.locked:
            raise StoreUnavailable("the database is locked")
        return super().salts(make)

    def drop_salts(self, kept: range) -> bool:
        self.tries += 1
        return super().drop_salts(kept) and not self.read_by_others


def test_the_salt_of_tomorrow_is_there_before_midnight() -> None:
    store, clock = MemoryStore(), Clock(NOON_MS)
    salts = LiveSalts(store, clock)
    salts.look()
    assert list(store.salts()) == [DAY]
    clock.now_ms = (DAY + 1) * DAY_MS - 60_000
    salts.look()
    assert list(store.salts()) == [DAY, DAY + 1]
    assert (salts.salt(DAY), salts.former(DAY + 1)) == (store.salts()[DAY],) * 2
    assert salts.salt(DAY + 1) == store.salts()[DAY + 1]


def test_two_processes_make_the_same_tags() -> None:
    store = MemoryStore()
    one, other = (LiveSalts(store, Clock(NOON_MS)) for _ in range(2))
    one.look()
    other.look()
    assert one.salt(DAY) == other.salt(DAY)


def test_a_process_that_cannot_read_the_store_uses_a_salt_of_its_own_and_then_the_stores() -> None:
    store = Locked()
    salts = LiveSalts(store, Clock(NOON_MS))
    store.locked = True
    with pytest.raises(StoreUnavailable):
        salts.look()
    own = salts.salt(DAY)
    assert (len(own), salts.salt(DAY)) == (16, own)
    store.locked = False
    salts.look()
    assert salts.salt(DAY) == store.salts()[DAY] != own


def test_salts_are_dropped_on_the_second_day_in_the_store_and_in_memory() -> None:
    store, clock = MemoryStore(), Clock(NOON_MS)
    salts = LiveSalts(store, clock)
    for _ in range(3):
        salts.look()
        clock.now_ms += DAY_MS
    clock.now_ms -= DAY_MS
    assert list(store.salts()) == [DAY + 1, DAY + 2]
    assert salts.former(DAY + 1) is None
    assert salts.former(DAY + 2) == store.salts()[DAY + 1]


def test_the_salt_of_a_clock_that_was_ahead_goes_when_the_clock_is_right_again() -> None:
    store, clock = MemoryStore(), Clock(NOON_MS + 200 * DAY_MS)
    salts = LiveSalts(store, clock)
    salts.look()
    ahead = store.salts()[DAY + 200]
    clock.now_ms = NOON_MS
    salts.look()
    assert list(store.salts()) == [DAY]
    assert salts.salt(DAY + 200) != ahead


def test_dropping_is_tried_again_while_a_reader_keeps_the_bytes_but_not_at_every_look() -> None:
    store, clock = Locked(), Clock(NOON_MS)
    store.read_by_others = True
    salts = LiveSalts(store, clock)
    for _ in range(25):
        salts.look()
        clock.now_ms += 1_000
    assert store.tries == 3
    store.read_by_others = False
    for _ in range(25):
        salts.look()
        clock.now_ms += 1_000
    assert store.tries == 4


def test_a_tag_depends_on_salt_message_and_address_and_half_of_it_on_the_network_alone() -> None:
    salt = b"s" * 16
    tag = tag_of(salt, "spring", "r-1", "192.0.2.10")
    assert len(tag) == 8
    assert tag == tag_of(salt, "spring", "r-1", "192.0.2.10")
    neighbour = tag_of(salt, "spring", "r-1", "192.0.2.77")
    assert (tag[:4] != neighbour[:4], tag[4:] == neighbour[4:]) == (True, True)
    others = [
        tag_of(b"t" * 16, "spring", "r-1", "192.0.2.10"),
        tag_of(salt, "autumn", "r-1", "192.0.2.10"),
        tag_of(salt, "spring", "r-2", "192.0.2.10"),
        tag_of(salt, "spring", "r-1", "198.51.100.10"),
    ]
    assert not {part for other in others for part in (other[:4], other[4:])} & {tag[:4], tag[4:]}
    six = tag_of(salt, "spring", "r-1", "2001:db8:1:2::3"), tag_of(salt, "spring", "r-1", "2001:db8:1:9::3")
    assert (six[0][:4] != six[1][:4], six[0][4:] == six[1][4:]) == (True, True)


def test_only_hits_soon_after_midnight_have_the_tag_of_the_former_day() -> None:
    store, clock = MemoryStore(), Clock(NOON_MS)
    salts, rules = LiveSalts(store, clock), Rules()
    salts.look()
    clock.now_ms += DAY_MS
    salts.look()
    minimiser, midnight_ms = Minimiser(salts, lambda: rules), (DAY + 1) * DAY_MS
    moments = (midnight_ms - 1, midnight_ms, midnight_ms + FORMER_MS - 1, midnight_ms + FORMER_MS)
    kept = [
        minimiser.trace("192.0.2.10", at_ms, "spring", "r-1", OPENS[Mode.INDIVIDUAL]) for at_ms in moments
    ]
    assert [bool(each.former_tag) for each in kept] == [False, True, True, False]
    assert kept[1].former_tag == kept[0].tag != kept[1].tag == kept[3].tag


def test_the_tags_of_a_day_are_keyed_hashes_of_message_and_address() -> None:
    salt = b"s" * 32
    for address, number, near in (
        ("192.0.2.10", bytes((192, 0, 2, 10)), bytes((192, 0, 2))),
        (
            "2001:db8:1::3",
            bytes.fromhex("20010db800010000") + bytes(7) + b"\x03",
            bytes.fromhex("20010db80001"),
        ),
    ):
        parts = [b"spring\nr-1\n" + each for each in (number, near)]
        hashes = [blake2b(part, digest_size=4, key=salt).digest() for part in parts]
        assert Tags(salt).tag("spring", "r-1", *parts_of(address)) == b"".join(hashes)
