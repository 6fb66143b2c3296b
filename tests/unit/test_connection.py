"""The bounds of a connection: deadlines by a clock of the test's own, and one answer a turn of the loop."""

import gc
import weakref

import pytest
from uvicorn.server import ServerState

from mailpixel.server.ahead import PIECE_BYTES
from mailpixel.server.bounds import (
    BODY_S,
    DRAIN_S,
    DROPPED_BYTES,
    HEAD_S,
    HEADER_BYTES,
    HEADERS,
    LINGER_S,
    TARGET_BYTES,
    UNREAD_S,
)
from mailpixel.server.door import Door, Ended
from tests.support.lines import GET, KEEP_ALIVE_S, Line

READ_BYTES = 262_144
"""The most that a loop reads at once from a connection."""


@pytest.fixture
def line() -> Line:
    return Line()


def test_requests_sent_ahead_are_answered_one_a_turn(line: Line) -> None:
    line.send(GET * 5)
    assert (line.protocol.taken, line.wire.paused) == (1, True)
    for answered in (2, 3, 4, 5):
        line.turns.turn()
        assert line.protocol.taken == answered
    assert line.wire.statuses == [200] * 5
    assert not line.wire.paused


def test_requests_sent_ahead_wait_for_the_answer_before(line: Line) -> None:
    line.protocol.at_once = False
    line.send(GET * 3)
    line.send(GET)
    line.turns.turn()
    assert (line.protocol.taken, line.wire.paused) == (1, True)
    for answered in (2, 3, 4):
        line.protocol.answer()
        line.turns.turn()
        assert line.protocol.taken == answered


def test_nothing_is_asked_of_a_client_that_does_not_read_and_it_is_ended_in_the_end(line: Line) -> None:
    line.wire.room = 100
    line.send(GET * 10)
    for _ in range(20):
        line.turns.turn()
    assert (line.protocol.taken, line.wire.paused) == (3, True)
    line.send(GET)
    line.turns.pass_time(UNREAD_S - 1)
    assert not line.wire.closed
    line.turns.pass_time(1)
    assert (line.wire.aborted, line.door.ended) == (True, {Ended.NOT_READ: 1})


def test_a_client_that_reads_again_gets_the_rest(line: Line) -> None:
    line.wire.room = 100
    line.send(GET * 10)
    for _ in range(20):
        line.turns.turn()
    line.wire.read_all()
    for _ in range(20):
        line.turns.turn()
    assert line.wire.statuses == [200] * 10


def test_what_all_connections_send_ahead_is_bounded() -> None:
    door, lines = Door(100, held_bytes=len(GET) * 25), []
    for _ in range(3):
        lines.append(Line(door))
        lines[-1].protocol.at_once = False
        lines[-1].send(GET * 10)
    assert [each.wire.aborted for each in lines] == [False, False, True]
    assert door.ended == {Ended.TOO_MUCH_AHEAD: 1}
    lines[0].protocol.connection_lost(None)
    again = Line(door)
    again.protocol.at_once = False
    again.send(GET * 10)
    assert not again.wire.aborted


@pytest.mark.parametrize(
    ("said", "more"),
    [(b"", b""), (b"GET /x HTTP/1.1\r\nHo", b"s"), (b"\r\n", b"\r\n"), (b"GET /x", b"x")],
)
def test_headers_must_be_there_ten_seconds_after_connecting_however_they_trickle(
    line: Line, said: bytes, more: bytes
) -> None:
    line.send(said)
    for _ in range(9):
        line.turns.pass_time(HEAD_S / 10)
        line.send(more)
        assert not line.wire.closed
    line.turns.pass_time(HEAD_S / 10)
    assert (line.wire.closed, line.door.ended) == (True, {Ended.SLOW_REQUEST: 1})


def test_later_requests_have_ten_seconds_from_their_first_byte(line: Line) -> None:
    line.send(GET)
    line.turns.pass_time(KEEP_ALIVE_S - 1)
    line.send(GET[:5])
    line.turns.pass_time(HEAD_S - 1)
    line.send(GET[5:])
    assert line.wire.statuses == [200, 200]
    line.send(GET[:5])
    line.turns.pass_time(HEAD_S)
    assert (line.wire.closed, line.door.ended) == (True, {Ended.SLOW_REQUEST: 1})


@pytest.mark.parametrize("said", [b"", b"\r\n"])
def test_an_idle_connection_is_closed_in_good_order(line: Line, said: bytes) -> None:
    line.send(GET)
    for _ in range(KEEP_ALIVE_S):
        assert not line.wire.closed
        line.send(said)
        line.turns.pass_time(1)
    assert (line.wire.closed, line.wire.aborted, line.door.ended) == (True, False, {})


def test_a_body_that_does_not_come_ends_the_wait(line: Line) -> None:
    line.protocol.at_once = False
    line.send(b"POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n12345")
    line.turns.pass_time(BODY_S - 1)
    line.send(b"6")
    line.turns.pass_time(BODY_S - 1)
    assert not line.wire.closed
    line.turns.pass_time(1)
    assert (line.wire.closed, line.door.ended) == (True, {Ended.SLOW_BODY: 1})


def test_a_body_that_nobody_wants_is_thrown_away_within_bounds(line: Line) -> None:
    line.send(b"GET /x HTTP/1.1\r\nHost: t\r\nContent-Length: 9000000000\r\n\r\n")
    for _ in range(DROPPED_BYTES // READ_BYTES - 1):
        line.send(b"x" * READ_BYTES)
    assert (line.wire.statuses, line.wire.closed, line.wire.half_closed) == ([200], False, False)
    line.send(b"x" * READ_BYTES)
    assert (line.wire.aborted, line.door.ended) == (True, {Ended.LARGE_BODY: 1})


def test_a_body_that_nobody_wants_must_come_to_its_end_in_time(line: Line) -> None:
    line.send(b"GET /x HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n")
    for _ in range(10):
        assert not line.wire.closed
        line.send(b"x")
        line.turns.pass_time(HEAD_S / 10)
    assert line.door.ended == {Ended.SLOW_BODY: 1}


def test_a_short_body_of_a_get_does_no_harm(line: Line) -> None:
    line.send(b"GET /x HTTP/1.1\r\nHost: t\r\nContent-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n" + GET)
    for _ in range(5):
        line.turns.turn()
    assert line.wire.statuses == [200, 200]


def test_what_is_dropped_of_bodies_counts_for_one_request_as_others_may_share_the_connection(
    line: Line,
) -> None:
    reads = DROPPED_BYTES // READ_BYTES // 2
    for _ in range(5):
        line.send(b"GET /x HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % (reads * READ_BYTES))
        for _ in range(reads):
            line.send(b"x" * READ_BYTES)
    assert (line.wire.statuses, line.wire.closed, line.door.ended) == ([200] * 5, False, {})


def test_the_rest_of_a_body_is_read_once_its_request_is_answered(line: Line) -> None:
    line.protocol.at_once = False
    line.send(b"POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 200000\r\n\r\n")
    line.send(b"x" * 100_000)
    assert line.wire.paused  # the app does not take it
    line.protocol.answer()
    line.turns.turn()
    assert not line.wire.paused
    line.send(b"x" * 100_000)
    line.protocol.at_once = True
    line.send(GET)
    line.turns.turn()
    assert line.wire.statuses == [200, 200]


@pytest.mark.parametrize(
    "begin", [b"nonsense\r\n\r\n", b"GET /x HTTP/1.1\r\nHost: t\r\nContent-Length: 900000000\r\n\r\n"]
)
def test_of_what_comes_as_fast_as_it_is_read_a_connection_gets_one_read_a_turn(
    line: Line, begin: bytes
) -> None:
    line.send(begin)
    for _ in range(5):
        line.send(b"x" * READ_BYTES)
        assert line.wire.paused
        line.turns.turn()
        assert not line.wire.paused


TINY = b"1\r\nx\r\n"
CHUNKED = b"POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_of_tiny_chunks_that_nobody_wants_is_thrown_away_unread(line: Line) -> None:
    line.send(CHUNKED + TINY * 40_000)
    for _ in range(10):
        line.turns.turn()
    assert (line.wire.statuses, line.wire.half_closed, line.wire.closed) == ([200], True, False)
    line.send(TINY * 40_000 + b"0\r\n\r\n" + GET)
    line.turns.turn()
    assert line.wire.statuses == [200]
    line.turns.pass_time(HEAD_S)
    assert line.wire.aborted


def test_a_body_of_tiny_chunks_reaches_the_app_whole_and_a_piece_a_turn(line: Line) -> None:
    line.protocol.at_once = False
    line.send(CHUNKED + TINY * 20_000 + b"0\r\n\r\n")
    a_turn = PIECE_BYTES // len(TINY) + 1
    for turn in range(1, 5):
        assert (len(line.protocol.cycle.body) <= turn * a_turn, line.wire.paused) == (True, True)
        line.turns.turn()
    for _ in range(20):
        line.turns.turn()
    assert (bytes(line.protocol.cycle.body), line.protocol.cycle.more_body) == (b"x" * 20_000, False)


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
BODIES = [
    b"Content-Length: %d\r\n\r\n%b" % (len(GET), GET),
    b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(GET), GET),
    b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (len(GET), GET),
    b"Content-Length: 0\r\n\r\n",
    b"\r\n",
]


@pytest.mark.parametrize("rest", BODIES)
@pytest.mark.parametrize("piece", [1, 7, 100, 10_000])
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_body_is_a_body_where_another_protocol_is_asked_for(
    line: Line, method: bytes, piece: int, rest: bytes
) -> None:
    said = method + b" /x HTTP/1.1\r\nHost: t\r\n" + UPGRADE + rest + GET
    for start in range(0, len(said), piece):
        line.send(said[start : start + piece])
        line.turns.turn()
    line.turns.turn()
    assert (line.protocol.taken, line.wire.statuses, line.door.ended) == (2, [200, 200], {})


LARGE = [
    (b"GET /x HTTP/1.1\r\n" + b"a: b\r\n" * (HEADERS + 1) + b"\r\n", 431, Ended.LARGE_HEADERS),
    (b"GET /x HTTP/1.1\r\n" + b"a: b\r\n" * 100_000, 431, Ended.LARGE_HEADERS),
    (b"GET /x HTTP/1.1\r\na: " + b"b" * HEADER_BYTES + b"\r\n\r\n", 431, Ended.LARGE_HEADERS),
    (b"GET /x HTTP/1.1\r\na: " + b"b" * 10 * HEADER_BYTES, 431, Ended.LARGE_HEADERS),
    (b"GET /x HTTP/1.1\r\n" + b"a" * 10 * HEADER_BYTES, 431, Ended.LARGE_HEADERS),
    (b"GET /" + b"a" * TARGET_BYTES + b" HTTP/1.1\r\n\r\n", 414, Ended.LONG_TARGET),
    (b"GET /" + b"a" * 10 * TARGET_BYTES, 414, Ended.LONG_TARGET),
    (b"nonsense\r\n\r\n", 400, Ended.BAD_REQUEST),
]


@pytest.mark.parametrize(("said", "status", "why"), LARGE)
@pytest.mark.parametrize("piece", [1_000, 70_000, 10_000_000])
def test_what_is_too_much_is_refused_and_the_client_may_read_why(
    line: Line, said: bytes, status: int, why: Ended, piece: int
) -> None:
    for start in range(0, len(said), piece):
        line.send(said[start : start + piece])
        line.turns.turn()
    assert (line.wire.statuses, line.protocol.taken) == ([status], 0)
    assert line.door.ended == {why: 1}
    assert (line.wire.half_closed, line.wire.closed) == (True, False)
    line.turns.pass_time(LINGER_S)
    assert line.wire.closed


def test_as_much_as_is_allowed_is_taken(line: Line) -> None:
    line.send(b"GET /" + b"a" * (TARGET_BYTES - 1) + b" HTTP/1.1\r\n" + b"a: b\r\n" * HEADERS + b"\r\n")
    for _ in range(20):
        line.turns.turn()
    line.send(b"GET /x HTTP/1.1\r\na: " + b"b" * (HEADER_BYTES - 100) + b"\r\n\r\n")
    for _ in range(20):
        line.turns.turn()
    assert line.wire.statuses == [200, 200]


def test_a_refusal_waits_for_the_answer_before(line: Line) -> None:
    line.protocol.at_once = False
    line.send(b"POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n")
    line.send(b"12nonsense\r\n\r\n")
    assert line.wire.statuses == []
    line.protocol.answer()
    line.turns.turn()
    assert line.wire.statuses == [200, 400]


def test_endless_headers_behind_a_body_are_bounded(line: Line) -> None:
    line.send(b"POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    for _ in range(20):
        line.send(b"a: " + b"b" * 10_000 + b"\r\n")
        line.turns.turn()
    assert line.door.ended == {Ended.LARGE_HEADERS: 1}


def test_where_there_are_too_many_the_one_that_waits_longest_makes_room() -> None:
    door, state = Door(3), ServerState()
    lines = []
    for at_once in (False, True, True):
        lines.append(Line(door, state))
        lines[-1].protocol.at_once = at_once
        lines[-1].turns.now += len(lines)
        lines[-1].send(GET)
    newcomer = Line(door, state)
    newcomer.send(GET)
    assert [each.wire.aborted for each in lines] == [False, True, False]
    assert newcomer.wire.statuses == [200]
    assert door.ended == {Ended.TOO_MANY: 1}


def test_where_all_are_at_work_the_newcomer_goes() -> None:
    door, state = Door(2), ServerState()
    lines = [Line(door, state), Line(door, state)]
    for each in lines:
        each.protocol.at_once = False
        each.send(GET)
    newcomer = Line(door, state)
    assert [each.wire.aborted for each in (*lines, newcomer)] == [False, False, True]


def test_at_the_end_an_idle_connection_gets_one_more_answer(line: Line) -> None:
    line.send(GET)
    line.protocol.shutdown()
    assert not line.wire.half_closed
    line.send(GET)
    assert (line.wire.statuses, line.wire.half_closed, line.wire.closed) == ([200, 200], True, False)
    line.send(GET)
    line.turns.turn()
    assert line.wire.statuses == [200, 200]


def test_at_the_end_a_connection_that_asks_nothing_is_closed_soon(line: Line) -> None:
    line.send(GET)
    line.protocol.shutdown()
    line.turns.pass_time(DRAIN_S)
    assert (line.wire.half_closed, line.wire.closed) == (True, False)
    line.turns.pass_time(LINGER_S)
    assert line.wire.closed


def test_who_sends_no_more_is_still_answered(line: Line) -> None:
    line.protocol.at_once = False
    line.send(GET * 2)
    assert line.protocol.eof_received()
    for _ in range(2):
        line.protocol.answer()
        line.turns.turn()
    assert (line.wire.statuses, line.wire.closed, line.wire.aborted) == ([200, 200], True, False)
    assert not Line().protocol.eof_received()


def test_a_connection_that_is_gone_is_freed_at_once() -> None:
    line = Line()
    line.send(GET * 2)
    line.protocol.connection_lost(None)
    line.turns.turn()
    protocol = weakref.ref(line.protocol)
    gc.disable()
    try:
        del line.wire.protocol, line.protocol
        assert protocol() is None
    finally:
        gc.enable()
