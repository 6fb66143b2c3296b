"""Lines in and out at the same time: what waits in between, and what is said of a stream that is too long."""

import json
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from mailpixel.model import Event
from mailpixel.reading.deliveries import DeliveryReader
from mailpixel.reading.lines import LINE_BYTES, Lines, Numbered
from mailpixel.server.api.exchange import MEMORY_BYTES, PIECE_BYTES, Exchange, Spool
from mailpixel.server.api.streams import DeliveryLines
from mailpixel.server.threads import Lane
from tests.support.builders import at_ms


def delivery(recipient: str) -> bytes:
    return json.dumps({"recipient": recipient, "delivered_at": at_ms(1)}).encode() + b"\n"


def test_lines_are_numbered_over_pieces_and_blank_ones_left_out() -> None:
    lines = Lines()
    assert lines.feed(b"one\ntw") == [(1, b"one")]
    assert lines.feed(b"o\n\n \r\nfi") == [(2, b"two")]
    assert lines.finish() == [(5, b"fi")]
    assert lines.finish() == []


@pytest.mark.parametrize("pieces", [1, 3, 100])
def test_a_line_that_is_too_long_is_reported_once_and_the_next_one_read(pieces: int) -> None:
    lines = Lines()
    text = b"a\n" + b"x" * (LINE_BYTES * 3) + b"\nb\n"
    size = len(text) // pieces
    found = [line for at in range(0, len(text), size) for line in lines.feed(text[at : at + size])]
    assert found + lines.finish() == [(1, b"a"), (2, None), (3, b"b")]


def test_a_last_line_that_is_too_long_is_reported_too() -> None:
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
    """Gives back the lines it is fed, and a last word; wants no more after `enough`."""

    def __init__(self, enough: bytes = b"nothing", step: int = 10) -> None:
        self.stopped = False
        self.step = step
        self.taken: list[int] = []
        self._enough = enough

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        texts = [line or b"" for _, line in lines]
        self.stopped = self._enough in texts
        self.taken.append(len(texts))
        return b"".join(text + b"\n" for text in texts)

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
    pieces = [a_piece(b"." * PIECE_BYTES + b"\n"), a_piece(b"stop\nnever\n"), a_piece(b"never")]
    sent = answered(Exchange(Echo(enough=b"stop", step=1)), *pieces)
    assert text(sent).splitlines()[1:] == [b"stop", b"bye"]


def test_a_translator_takes_no_more_lines_at_once_than_it_wants() -> None:
    echo = Echo(step=3)
    sent = answered(Exchange(echo), a_piece(b"line\n" * 7 + b"last", more_body=False))
    assert echo.taken == [3, 3, 1, 1]
    assert text(sent) == b"line\n" * 7 + b"last\nbye\n"


def test_a_stream_past_the_bound_is_answered_so_on_its_last_line() -> None:
    sent = answered(Exchange(Echo(), most_bytes=5), a_piece(b"one\n"), a_piece(b"two\n"))
    *_, last = text(sent).splitlines()
    assert text(sent).startswith(b"one\nbye\n")
    assert json.loads(last)["error"]["code"] == "too_large"


def test_a_client_that_goes_away_ends_the_exchange() -> None:
    sent = answered(Exchange(Echo()), a_piece(b"one\n"), {"type": "http.disconnect"})
    assert {"type": "http.response.body", "body": b"", "more_body": False} not in sent


class Log:
    """Takes deliveries until it is asked for one that it refuses; `logged` are the recipients of those it took."""

    def __init__(self, refuses: str = "") -> None:
        self.logged: list[str] = []
        self.asked = 0
        self._refuses = refuses

    async def append(self, events: Sequence[Event]) -> Sequence[bool]:
        self.asked += 1
        recipients = [event.recipient for event in events]
        taken = recipients.index(self._refuses) if self._refuses in recipients else len(recipients)
        self.logged += recipients[:taken]
        return [at < taken for at in range(len(recipients))]


def delivered(log: Log, *pieces: bytes) -> list[Any]:
    """What a stream of deliveries is answered; whoever is called `out` opted out."""

    async def run() -> bytes:
        reader = DeliveryReader("spring", at_ms(9), lambda recipient: recipient == "out")
        translator, lines = DeliveryLines(reader, Lane(1), log.append), Lines()
        out = [await translator.take(lines.feed(piece)) for piece in pieces]
        return b"".join([*out, await translator.take(lines.finish()), translator.finish()])

    return [json.loads(line) for line in anyio.run(run).splitlines()]


def test_every_row_of_deliveries_is_accepted_or_named_by_its_number() -> None:
    log = Log()
    *named, tally = delivered(
        log, delivery("r-1") + b"\n{broken\n" + delivery("out"), delivery("r-2") + delivery("me@x.example")
    )
    assert [(line["row"], list(line)[1]) for line in named] == [(3, "error"), (4, "opted_out"), (6, "error")]
    assert tally == {"accepted": 2, "opted_out": 1, "failed": 2}
    assert log.logged == ["r-1", "out", "r-2"], (
        "whoever appends counts those who opted out, and logs the others"
    )


def test_when_the_log_refuses_a_row_it_and_those_that_follow_fail_by_number_and_untried() -> None:
    log = Log(refuses="r-3")
    first = delivery("r-1") + delivery("out") + delivery("r-2") + delivery("r-3") + delivery("r-4")
    *named, tally = delivered(log, first, delivery("r-5") + b"{}\n", delivery("r-6"))
    assert [(line["row"], line.get("error", {}).get("code")) for line in named] == [
        (2, None),
        (4, "unavailable"),
        (5, "unavailable"),
        (6, "unavailable"),
        (7, "invalid_input"),
        (8, "unavailable"),
    ]
    assert tally == {"accepted": 2, "opted_out": 1, "failed": 5}
    assert (log.logged, log.asked) == (["r-1", "out", "r-2"], 1)
