"""What the relay may hold of mail at once, and the message that a client sends, read within that."""

import asyncio
import re

from mailpixel.relay.reply import HEADER_TOO_LARGE, LINE_TOO_LONG, NO_MEMORY, TOO_LARGE, SmtpReply

LINE_BYTES = 1_048_576
"""The longest line of a message: RFC 5321 allows 1,000 octets, and real senders pass that."""
HEADER_BYTES = 1_048_576
"""The largest header section: Postfix cuts one at 102,400 bytes."""
OWN_BYTES = 65_536
"""What each message may hold whatever the others do, so that small mail gets through beside large."""
STEP_BYTES = 262_144
"""In what steps the rest is taken from what all messages share."""

_HEAD_END = re.compile(rb"(?:\A|\n)\r?\n")


class Memory:
    """The bytes that all messages on their way share. Each takes what it needs and gives it back."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._free_bytes = most_bytes

    def take(self, size_bytes: int) -> bool:
        """Whether there was still room."""
        if size_bytes > self._free_bytes:
            return False
        self._free_bytes -= size_bytes
        return True

    def give(self, size_bytes: int) -> None:
        """Give back what was taken."""
        self._free_bytes += size_bytes


class Held:
    """What one message holds of the memory, until it is freed."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._taken_bytes = 0

    def grow(self, size_bytes: int) -> bool:
        """Whether the message may be as large as this."""
        wanted_bytes = size_bytes - OWN_BYTES - self._taken_bytes
        if wanted_bytes <= 0:
            return True
        step_bytes = max(wanted_bytes, min(STEP_BYTES, self._memory.most_bytes - self._taken_bytes))
        if not self._memory.take(step_bytes):
            return False
        self._taken_bytes += step_bytes
        return True

    def free(self) -> None:
        """Give all back; a second time does nothing."""
        self._memory.give(self._taken_bytes)
        self._taken_bytes = 0


async def receive(reader: asyncio.StreamReader, held: Held, most_bytes: int) -> bytes | SmtpReply:
    """The message that follows DATA, without the dots that SMTP adds; or why it is refused.

    A refused one is read to its end and dropped as it comes. Only the reader's limit and `held` bound what is kept.
    """
    content = bytearray()
    refusal: SmtpReply | None = None
    tail = b"\r\n"
    while tail != _END:
        piece = await _piece(reader)
        tail = (tail + piece[-len(_END) :])[-len(_END) :]
        if refusal is None:
            content += piece
            refusal = _refusal(len(content), most_bytes, held)
        if refusal is not None:
            content.clear()
            held.free()
    return refusal or _refusal_of_shape(content) or _without_dots(content)


_END = b"\r\n.\r\n"


async def _piece(reader: asyncio.StreamReader) -> bytes:
    """What comes next, up to a dot before a line's end, or as much as the reader holds at once."""
    try:
        return await reader.readuntil(b".\r\n")
    except asyncio.LimitOverrunError as error:
        return await reader.read(error.consumed)


def _refusal(size_bytes: int, most_bytes: int, held: Held) -> SmtpReply | None:
    if size_bytes > most_bytes + len(_END):
        return TOO_LARGE
    return None if held.grow(size_bytes) else NO_MEMORY


def _refusal_of_shape(content: bytearray) -> SmtpReply | None:
    if _has_long_line(content):
        return LINE_TOO_LONG
    has_end = len(content) <= HEADER_BYTES or _HEAD_END.search(content, 0, HEADER_BYTES)
    return None if has_end else HEADER_TOO_LARGE


def _has_long_line(content: bytearray) -> bool:
    start = 0
    while len(content) - start > LINE_BYTES:
        last_end = content.rfind(b"\r\n", start, start + LINE_BYTES)
        if last_end < 0:
            return True
        start = last_end + 2
    return False


def _without_dots(content: bytearray) -> bytes:
    del content[-3:]
    message = bytes(content)
    content.clear()
    return message.removeprefix(b".").replace(b"\r\n.", b"\r\n")
