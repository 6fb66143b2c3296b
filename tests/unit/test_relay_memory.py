"""The message that follows DATA, read within bounds."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.relay.memory import LINE_BYTES, OWN_BYTES, Held, Memory, receive
from mailpixel.relay.reply import LINE_TOO_LONG, NO_MEMORY, TOO_LARGE, SmtpReply
from mailpixel.relay.upstream import framed

LIMIT = 64


def read(
    wire: bytes, cuts: list[int], held: Held, most_bytes: int = 1_000_000
) -> tuple[bytes | SmtpReply, bytes]:
    """What is received of a wire that comes in pieces, and what is left for the next command."""

    async def scenario() -> tuple[bytes | SmtpReply, bytes]:
        reader = asyncio.StreamReader(limit=LIMIT)

        async def feed() -> None:
            places = [0, *sorted({cut % (len(wire) + 1) for cut in cuts}), len(wire)]
            for start, end in pairwise(places):
                reader.feed_data(wire[start:end])
                await asyncio.sleep(0)
            reader.feed_eof()

        feeding = asyncio.ensure_future(feed())
        received = await receive(reader, held, most_bytes)
        await feeding
        return received, await reader.read()

    return asyncio.run(scenario())


PIECES = st.lists(
    st.sampled_from([b".", b"..", b"\r\n", b"\n", b"\r", b"x", b"x" * 70, b"\r\n.", b".\n"])
).map(b"".join)


@given(PIECES, st.lists(st.integers(0, 500), max_size=6))
def test_a_framed_message_is_read_again_whatever_it_holds_and_however_it_comes(
    content: bytes, cuts: list[int]
) -> None:
    memory = Memory(1_000_000)
    expected = content if not content or content.endswith(b"\r\n") else content + b"\r\n"
    assert read(framed(content) + b"QUIT\r\n", cuts, Held(memory)) == (expected, b"QUIT\r\n")


def test_what_is_too_large_is_read_to_its_end_and_gives_all_memory_back() -> None:
    memory = Memory(400_000)
    body = b"Subject: s\r\n\r\n" + b"x\r\n" * 100_000
    assert read(framed(body) + b"NOOP\r\n", [], Held(memory), 200_000) == (TOO_LARGE, b"NOOP\r\n")
    assert memory.take(400_000)


def test_a_message_finds_no_memory_while_others_hold_it_but_a_small_one_always_does() -> None:
    memory = Memory(300_000)
    other = Held(memory)
    assert other.grow(OWN_BYTES + 300_000)
    body = b"Subject: s\r\n\r\n" + b"x\r\n" * 40_000
    assert read(framed(body), [], Held(memory))[0] == NO_MEMORY
    assert read(framed(b"Subject: s\r\n\r\nhi\r\n"), [], Held(memory))[0] == b"Subject: s\r\n\r\nhi\r\n"
    other.free()
    other.free()
    assert read(framed(body), [], Held(memory))[0] == body


@pytest.mark.parametrize(("extra", "is_long"), [(0, False), (1, True)])
def test_a_line_may_be_as_long_as_the_bound(extra: int, is_long: bool) -> None:
    body = b"Subject: s\r\n\r\n" + b"x" * (LINE_BYTES - 2 + extra) + b"\r\nend\r\n"
    received, _ = read(framed(body), [], Held(Memory(4_000_000)), 4_000_000)
    assert received == (LINE_TOO_LONG if is_long else body)


def test_a_message_as_large_as_the_bound_is_taken() -> None:
    body = b"Subject: s\r\n\r\n" + b"x" * 1_984 + b"\r\n"
    assert len(body) == 2_000
    assert read(framed(body), [], Held(Memory(4_000)), 2_000)[0] == body
    assert read(framed(body), [], Held(Memory(4_000)), 1_990)[0] == TOO_LARGE
