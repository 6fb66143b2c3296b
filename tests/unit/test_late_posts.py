"""The bounds of a post's body: how long it may be, and how long it may take, by a clock of the test's own."""

from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from mailpixel.ingest.group import SendAnswer
from mailpixel.links.surfaces import SITE, Surface
from mailpixel.server.bounds import SITE_BODY_S
from mailpixel.server.door import Door, Ended
from mailpixel.server.protocol import TrackingProtocol
from mailpixel.server.replies import TAKEN_REPLY, Reply
from mailpixel.server.request_reader import TrackingRequest
from mailpixel.site.envelope import BODY_BYTES
from tests.support.lines import KEEP_ALIVE_S, Wire
from tests.support.turns import Turns


class Outcome:
    """A receipt."""

    outcome = "logged"


class Taking:
    """Takes posts, and answers them at once."""

    unsure = ()

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def fresh_look(self) -> None:
        """Nothing is ever new."""

    def answer(self, request: TrackingRequest, now_ms: int) -> tuple[Reply, Outcome]:
        self.bodies.append(request.body)
        return TAKEN_REPLY, Outcome()

    def take(self, surface: Surface, receipt: Outcome, answer: SendAnswer) -> None:
        answer(True)


class PostLine:
    """A connection on which a page posts."""

    def __init__(self) -> None:
        self.turns, self.wire, self.door, self.taking = Turns(), Wire(), Door(100), Taking()
        config = Config("unused:app", interface="asgi3", timeout_keep_alive=KEEP_ALIVE_S)
        config.loaded, config.loaded_app, config.ws_protocol_class = True, cast(Any, None), None
        state = {"door": self.door, "serving": {SITE: self.taking}}
        self.protocol = TrackingProtocol(config, ServerState(), state, _loop=cast(Any, self.turns))
        self.wire.protocol = self.protocol
        self.protocol.connection_made(cast(Any, self.wire))

    def send(self, data: bytes) -> None:
        self.protocol.data_received(data)
        self.turns.turn()


HEAD = f"POST {SITE.prefix}0123456789abcdef HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n"


def head(length: int) -> bytes:
    return (HEAD % length).encode()


def test_a_body_that_trickles_is_answered_when_its_time_is_over_and_nothing_of_it_is_read() -> None:
    line = PostLine()
    line.send(head(100))
    for _ in range(9):
        line.send(b"x")
        line.turns.pass_time(SITE_BODY_S / 10)
    assert (line.taking.bodies, line.wire.written) == ([], b"")
    line.turns.pass_time(SITE_BODY_S / 10)
    assert (line.taking.bodies, line.wire.statuses, line.wire.half_closed) == ([b""], [204], True)
    assert b"connection: close" in line.wire.written
    assert line.door.ended == {Ended.SLOW_BODY: 1}


def test_a_body_past_the_bound_is_answered_at_once_and_the_rest_is_discarded() -> None:
    line = PostLine()
    line.send(head(BODY_BYTES * 3))
    for _ in range(12):
        line.send(b"x" * (BODY_BYTES // 4))
    assert [len(body) for body in line.taking.bodies] == [BODY_BYTES + 1]
    assert line.wire.statuses == [204]
    line.send(head(2) + b"{}")
    assert (line.taking.bodies[1:], line.wire.statuses) == ([b"{}"], [204, 204])
    assert not line.wire.half_closed


def test_the_largest_body_is_read_whole() -> None:
    line = PostLine()
    line.send(head(BODY_BYTES) + b"x" * BODY_BYTES)
    for _ in range(10):
        line.turns.turn()
    assert ([len(body) for body in line.taking.bodies], line.wire.statuses) == ([BODY_BYTES], [204])


def test_nothing_is_kept_of_a_client_that_leaves_in_the_middle() -> None:
    line = PostLine()
    line.send(head(100) + b"x" * 99)
    line.protocol.connection_lost(None)
    line.turns.pass_time(SITE_BODY_S * 2)
    assert (line.taking.bodies, line.wire.written) == ([], b"")


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked_once() -> None:
    line = PostLine()
    asked = head(4).replace(b"Host: t\r\n", b"Host: t\r\nExpect: 100-continue\r\n")
    line.send(asked)
    line.send(b"ab")
    line.send(b"cd")
    assert (line.taking.bodies, line.wire.statuses) == ([b"abcd"], [100, 204])


def test_a_client_that_is_asked_for_more_makes_room_for_others_when_there_are_too_many() -> None:
    line = PostLine()
    line.send(head(100) + b"x")
    assert line.protocol.waits_since is not None
    line.send(b"x" * 99)
    line.send(head(100))
    assert line.taking.bodies == [b"x" * 100]
