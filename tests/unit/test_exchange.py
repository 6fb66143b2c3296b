"""Lines in and out at the same time: what waits in between, and what is said of a stream that is too long."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import anyio
import pytest

from mailpixel.errors import StoreUnavailable
from mailpixel.links.lists.stream import LINE_BYTES
from mailpixel.model import Event
from mailpixel.server.api.exchange import MEMORY_BYTES, PIECE_BYTES, Exchange, Spool
from mailpixel.server.api.streams import DeliveryLines, Lines, Patiently
from tests.builders import a_delivery, at_ms


def delivery(recipient: str) -> bytes:
    return json.dumps({"recipient": recipient, "delivered_at": at_ms(1)}).encode() + b"\n"


def test_lines_are_numbered_over_pieces_and_blank_ones_left_out() -> None:
    lines = Lines()
    assert lines.feed(b"one\ntw") == [(1, b"one")]
    assert lines.feed(b"o\n\n \r\nfi") == [(2, b"two")]
    assert lines.finish() == [(5, b"fi")]
    assert lines.finish() == []


@pytest.mark.parametrize("pieces", [1, 3, 100])
def test_a_line_that_is_too_long_is_told_once_and_the_next_one_read(pieces: int) -> None:
    lines = Lines()
    text = b"a\n" + b"x" * (LINE_BYTES * 3) + b"\nb\n"
    size = len(text) // pieces
    found = [line for at in range(0, len(text), size) for line in lines.feed(text[at : at + size])]
    assert found + lines.finish() == [(1, b"a"), (2, None), (3, b"b")]


def test_a_last_line_that_is_too_long_is_told_too() -> None:
    lines = Lines()
    assert lines.feed(b"x" * (LINE_BYTES + 1)) == []
    assert lines.finish() == [(1, None)]


@pytest.mark.parametrize("size", [10, MEMORY_BYTES * 2])
def test_a_spool_gives_back_what_was_put_in_order(size: int) -> None:
    async def run() -> bytes:
        spool = Spool()
        for byte in (b"a", b"b", b"c"):
            await spool.put(byte * size)
        first = await spool.take()
        await spool.put(b"d")
        spool.end()
        taken = first
        while piece := await spool.take():
            assert len(piece) <= PIECE_BYTES
            taken += piece
        spool.close()
        return taken

    assert anyio.run(run) == b"a" * size + b"b" * size + b"c" * size + b"d"


def test_who_takes_from_a_spool_waits_for_who_puts() -> None:
    async def run() -> list[bytes]:
        spool, taken = Spool(), []

        async def take() -> None:
            while piece := await spool.take():
                taken.append(piece)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
            for piece in (b"one", b"two"):
                await anyio.wait_all_tasks_blocked()
                await spool.put(piece)
            await anyio.wait_all_tasks_blocked()
            spool.end()
        spool.close()
        return taken

    assert anyio.run(run) == [b"one", b"two"]


class Echo:
    """Gives back what it is fed, and a last word; wants no more after `enough`."""

    def __init__(self, enough: bytes = b"nothing") -> None:
        self.stopped = False
        self._enough = enough

    def feed(self, piece: bytes) -> bytes:
        self.stopped = self._enough in piece
        return piece

    def finish(self) -> bytes:
        return b"bye\n"


def answered(exchange: Exchange, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What the exchange sends when these messages come in, and then nothing."""
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        waiting = list(messages)

        async def receive() -> Any:
            if not waiting:
                await anyio.sleep_forever()
            return waiting.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await exchange({"type": "http"}, receive, send)

    anyio.run(run)
    return sent


def a_piece(body: bytes, more_body: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more_body}


def text(sent: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent)


def test_an_exchange_answers_every_piece_and_has_the_last_word() -> None:
    sent = answered(Exchange(Echo()), a_piece(b"one\n"), a_piece(b"two\n", more_body=False))
    assert (sent[0]["type"], sent[0]["status"]) == ("http.response.start", 200)
    assert text(sent) == b"one\ntwo\nbye\n"
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_a_translator_that_has_enough_is_fed_no_more() -> None:
    pieces = [a_piece(b"." * PIECE_BYTES), a_piece(b"stop" + b"." * (PIECE_BYTES - 4)), a_piece(b"never")]
    assert text(answered(Exchange(Echo(enough=b"stop")), *pieces)).endswith(b".bye\n")


def test_a_stream_past_the_bound_is_told_so_on_its_last_line() -> None:
    sent = answered(Exchange(Echo(), most_bytes=5), a_piece(b"one\n"), a_piece(b"two\n"))
    *_, last = text(sent).splitlines()
    assert text(sent).startswith(b"one\nbye\n")
    assert json.loads(last)["error"]["code"] == "too_large"


def test_a_client_that_goes_away_ends_the_exchange() -> None:
    sent = answered(Exchange(Echo()), a_piece(b"one\n"), {"type": "http.disconnect"})
    assert {"type": "http.response.body", "body": b"", "more_body": False} not in sent


def test_a_log_that_refuses_ends_a_stream_of_deliveries_with_the_row_to_begin_again_from() -> None:
    logged: list[str] = []

    def append(events: Sequence[Event]) -> None:
        if any(event.recipient == "r-3" for event in events):
            raise StoreUnavailable("the log is not being written at the moment")
        logged.extend(event.recipient for event in events)

    lines = DeliveryLines("spring", at_ms(9), lambda recipient: False, append)
    assert lines.feed(delivery("r-1") + delivery("r-2")) == b""
    refused = json.loads(lines.feed(delivery("r-3") + delivery("r-4")))
    assert (refused["row"], refused["error"]["code"], lines.stopped) == (3, "unavailable", True)
    assert json.loads(lines.finish()) == {"accepted": 2, "opted_out": 0, "failed": 2}
    assert logged == ["r-1", "r-2"]


@pytest.mark.parametrize(("refusals", "tries"), [(0, 1), (2, 3), (9, 3)])
def test_a_busy_log_is_asked_again_before_a_batch_is_given_up(refusals: int, tries: int) -> None:
    asked: list[int] = []

    def append(events: Sequence[Event]) -> None:
        asked.append(len(events))
        if len(asked) <= refusals:
            raise StoreUnavailable("the log is not being written at the moment")

    with pytest.raises(StoreUnavailable) if refusals >= tries else nullcontext():
        Patiently(append, (0, 0))([a_delivery()])
    assert asked == [1] * tries
