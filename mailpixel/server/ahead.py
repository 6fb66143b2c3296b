"""Bytes that a client sent ahead of answers: kept within the door's bounds, and read piece by piece."""

import re

from mailpixel.server.door import Door

PIECE_BYTES = 16_384
"""Most bytes read at once."""
_LEAST_OF_BODY_BYTES = 1_024
"""The least length of a piece of a body, in bytes."""
HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: ?([0-9]{1,5})\r\n", re.IGNORECASE)


def is_whole_post(data: bytes, end: int) -> bool:
    """Whether these bytes are one post, whose headers end at `end`, and nothing behind its body."""
    if not data.startswith(b"POST "):
        return False
    length = _LENGTH.search(data, 0, end)
    return length is not None and int(length[1]) == len(data) - end


class Ahead:
    """The bytes that one connection sent ahead. `data` is empty when nothing is left to read.

    Bytes that must wait count at the door (`hold`) until the last of them is read or discarded.
    """

    __slots__ = ("_at", "_door", "_held_bytes", "data")

    def __init__(self, door: Door) -> None:
        self._door = door
        self._at = self._held_bytes = 0
        self.data = b""

    def keep(self, data: bytes) -> None:
        """Append these bytes."""
        ahead = self.data[self._at :] + data
        self.forget()
        self.data = ahead

    def forget(self) -> None:
        """Discard all bytes."""
        self._door.let_go(self._held_bytes)
        self.data, self._at, self._held_bytes = b"", 0, 0

    def hold(self) -> bool:
        """Reserve room at the door for the waiting bytes. Returns whether there was room."""
        if self._held_bytes:
            return True
        if not self._door.hold(len(self.data)):
            return False
        self._held_bytes = len(self.data)
        return True

    def next_piece(self, is_body: bool) -> bytes:
        """The bytes up to the end of some headers. A request begins there, and none before."""
        ahead, at = self.data, self._at
        begin = at + _LEAST_OF_BODY_BYTES if is_body else at
        end = ahead.find(HEAD_END, begin, at + PIECE_BYTES) + 4
        self._at = min(at + PIECE_BYTES, len(ahead)) if end == 3 else end
        if self._at == len(ahead):
            self.forget()
            return ahead[at:]
        return ahead[at : self._at]
