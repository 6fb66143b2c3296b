"""What was sent ahead: its pieces, and what the door counts."""

import pytest

from mailpixel.server.ahead import PIECE_BYTES, Ahead
from mailpixel.server.door import Door

GET = b"GET /x HTTP/1.1\r\nHost: t\r\n\r\n"


def pieces(ahead: Ahead, is_body: bool = False) -> list[bytes]:
    """All that is left, piece by piece."""
    read = []
    while ahead.data:
        read.append(ahead.next_piece(is_body))
    return read


def test_a_piece_ends_where_a_request_can_begin() -> None:
    ahead = Ahead(Door(1))
    ahead.keep(GET * 2 + GET[:5])
    assert pieces(ahead) == [GET, GET, GET[:5]]


def test_a_long_head_is_read_in_pieces() -> None:
    ahead = Ahead(Door(1))
    ahead.keep(b"a" * (PIECE_BYTES + 1))
    assert pieces(ahead) == [b"a" * PIECE_BYTES, b"a"]


def test_a_body_of_ends_of_heads_is_not_read_in_tiny_pieces() -> None:
    ahead = Ahead(Door(1))
    said = b"\r\n\r\n" * 2_560
    ahead.keep(said)
    read = pieces(ahead, is_body=True)
    assert b"".join(read) == said
    assert min(map(len, read[:-1])) >= 1_024


def test_what_comes_later_is_read_behind_what_is_left() -> None:
    ahead = Ahead(Door(1))
    ahead.keep(GET + GET[:5])
    assert ahead.next_piece(False) == GET
    ahead.keep(GET[5:])
    assert pieces(ahead) == [GET]


@pytest.mark.parametrize("is_read", [True, False])
def test_the_door_counts_what_waits_until_it_is_read_or_forgotten(is_read: bool) -> None:
    door = Door(1, held_bytes=len(GET) * 3)
    first, second = Ahead(door), Ahead(door)
    first.keep(GET * 2)
    second.keep(GET * 2)
    assert [first.hold(), first.hold(), second.hold()] == [True, True, False]
    if is_read:
        pieces(first)
    else:
        first.forget()
    assert second.hold()


def test_what_grows_is_counted_anew() -> None:
    door = Door(1, held_bytes=len(GET) * 3)
    ahead = Ahead(door)
    for fits in (True, True, True, False):
        ahead.keep(GET)
        assert ahead.hold() == fits
