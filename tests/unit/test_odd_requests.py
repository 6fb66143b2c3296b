"""Requests that are hardly HTTP: each gets an answer or a refusal, and none raises out of the connection.

What would escape is logged by the event loop with a traceback, so a stranger could fill the log.
"""

import asyncio
from itertools import product
from typing import Any, cast

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from mailpixel.server.ahead import PIECE_BYTES
from mailpixel.server.bounds import HEADER_BYTES
from mailpixel.server.connection import BoundedProtocol
from mailpixel.server.door import Door, Ended
from tests.support.lines import GET, Line, Wire

UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
BAD_FRAMINGS = [
    b"Transfer-Encoding: gzip\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: \xff\r\n",
    b"Transfer-Encoding: chunked, gzip\r\n",
    b"Transfer-Encoding: chunked;q=1\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
    b"Transfer-Encoding: chun\r\n ked\r\n",
    b"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: +5\r\n",
    b"Content-Length: \xb2\r\n",
    b"Content-Length: 5, 5\r\n",
    b"Content-Length: 5\r\nContent-Length: 5\r\n",
    b"Content-Length: 99999999999999999999999\r\n",
]
ODD_LINES = [
    b"Host: \xff\xfe\r\n",
    b"Expect: \xff\r\n",
    b"Connection: \xff, close\r\n",
    b"Content-Length: 3 \t\r\n",
    b": x\r\n",
    b"A\x00: x\r\n",
    b"A: \x00\r\n",
    b"Host : t\r\n",
    b"Host\r\n",
]
ODD_TARGETS = [
    b"*",
    b"x",
    b"?",
    b"#",
    b"//",
    b"/\xff",
    b"/%ff%",
    b"/\x00",
    b"/x?\xff",
    b"/o/\xff",
    b"t:443",
    b"//t:x/",
    b"http:///",
    b"http://t",
    b"http://[::1",
    b"http://t:99999999/",
    b"http://\xff/",
]
ODD_STARTS = [
    b"PRI * HTTP/2.0",
    b"get / HTTP/1.1",
    b"\xff / HTTP/1.1",
    b"GET /",
    b"GET / HTTP/1.9",
    b"GET / RTSP/1.0",
]
ODD_BODIES = [b"zz\r\n", b"5;\xff\r\nhelloX\r\n", b"0\r\n: \r\n\r\n", b"\x00", b"ffffffffffffffffff\r\n", GET]
CHUNKED = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
ODD = [
    *(
        b"GET /x HTTP/1.1\r\n" + more + line + b"\r\n"
        for line in BAD_FRAMINGS + ODD_LINES
        for more in (b"", UPGRADE)
    ),
    *(b"%b %b HTTP/1.1\r\n\r\n" % each for each in product((b"GET", b"CONNECT", b"OPTIONS"), ODD_TARGETS)),
    *(start + b"\r\n" + more + b"\r\n" for start in ODD_STARTS for more in (b"", UPGRADE)),
    *(CHUNKED + more + b"\r\n" + body for body in ODD_BODIES for more in (b"", UPGRADE)),
]


async def empty_answer(scope: Any, receive: Any, send: Any) -> None:
    """An app that answers everything."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def answers_to(said: bytes, piece: int) -> tuple[list[int], dict[Ended, int]]:
    """What uvicorn's own way through ASGI answers, and what was refused."""
    door, wire = Door(100), Wire()
    config = Config("unused:app", interface="asgi3", ws="none")
    config.loaded, config.loaded_app, config.ws_protocol_class = True, cast(Any, empty_answer), None
    protocol = BoundedProtocol(config, ServerState(), {"door": door}, _loop=asyncio.get_running_loop())
    wire.protocol = protocol
    protocol.connection_made(cast(Any, wire))
    for start in range(0, len(said), piece):
        if not wire.closed:
            protocol.data_received(said[start : start + piece])
        await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.sleep(0)
    protocol.connection_lost(None)
    return wire.statuses, door.ended


@pytest.mark.parametrize("piece", [1, 10_000])
@pytest.mark.parametrize("said", ODD)
def test_nothing_escapes_from_a_connection_whatever_it_is_sent(said: bytes, piece: int) -> None:
    statuses, ended = asyncio.run(answers_to(said, piece))
    assert set(statuses) <= {200, 400}
    assert ended == ({Ended.BAD_REQUEST: 1} if 400 in statuses else {})


@pytest.mark.parametrize("piece", [1, 10_000])
@pytest.mark.parametrize("framing", BAD_FRAMINGS)
def test_a_body_whose_end_nobody_can_tell_is_refused_and_nothing_behind_it_is_answered(
    framing: bytes, piece: int
) -> None:
    for more in (b"", UPGRADE):
        said = b"POST /x HTTP/1.1\r\n" + more + framing + b"\r\n" + GET
        line = Line()
        for start in range(0, len(said), piece):
            line.send(said[start : start + piece])
            line.turns.turn()
        assert (line.protocol.taken <= 1, line.wire.statuses[-1]) == (True, 400)
        assert line.door.ended == {Ended.BAD_REQUEST: 1}


def test_empty_bodies_count_each_for_its_own_request() -> None:
    line, head = Line(), b"POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    times = 2 * HEADER_BYTES // len(head)
    for _ in range(times):
        line.send(head)
        line.send(b"0\r\n\r\n")
    assert (line.protocol.taken, line.door.ended) == (times, {})


def test_headers_count_without_the_body_before_them() -> None:
    line, body = Line(), PIECE_BYTES - 1_000
    line.send(b"POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % body)
    line.send(b"x" * body + GET[:-2])
    for _ in range(HEADER_BYTES // 1_024 - 1):
        line.send(b"a: " + b"b" * 1_000 + b"\r\n")
    line.send(b"\r\n")
    assert (line.wire.statuses, line.door.ended) == ([200, 200], {})


def test_too_large_headers_are_refused_behind_a_body_as_well() -> None:
    line = Line()
    line.send(b"POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n")
    line.send(b"x" + GET[:-2])
    for _ in range(HEADER_BYTES // 1_000):
        line.send(b"a: " + b"b" * 1_000 + b"\r\n")
    line.send(b"a: " + b"b" * 1_000 + b"\r\n\r\n")
    assert (line.wire.statuses, line.door.ended) == ([200, 431], {Ended.LARGE_HEADERS: 1})
