"""What a client sends before it was answered: it is kept, within what the door allows, and read piece by piece."""

from mailpixel.server.door import Door

PIECE_BYTES = 16_384
"""The most that is read at once."""
_LEAST_OF_BODY_BYTES = 1_024
"""A piece of a body is at least this long, whatever it holds."""
HEAD_END = b"\r\n\r\n"


class Ahead:
    """What one connection sent ahead. `data` is empty when nothing is left to read.

    What is put aside counts at the door once it must wait (`hold`), until the last of it is read or forgotten.
    """

    __slots__ = ("_at", "_door", "_held_bytes", "data")

    def __init__(self, door: Door) -> None:
        self._door = door
        self._at = self._held_bytes = 0
        self.data = b""

    def keep(self, data: bytes) -> None:
        """Put this behind what is there."""
        ahead = self.data[self._at :] + data
        self.forget()
        self.data = ahead

    def forget(self) -> None:
        """Keep nothing."""
        self._door.let_go(self._held_bytes)
        self.data, self._at, self._held_bytes = b"", 0, 0

    def hold(self) -> bool:
        """Whether the door has room for what waits here; it counts from now on."""
        if self._held_bytes:
            return True
        if not self._door.hold(len(self.data)):
            return False
        self._held_bytes = len(self.data)
        return True

    def next_piece(self, is_body: bool) -> bytes:
        """Up to the end of some headers: there a request begins, and no other before."""
        ahead, at = self.data, self._at
        begin = at + _LEAST_OF_BODY_BYTES if is_body else at
        end = ahead.find(HEAD_END, begin, at + PIECE_BYTES) + 4
        self._at = min(at + PIECE_BYTES, len(ahead)) if end == 3 else end
        if self._at == len(ahead):
            self.forget()
            return ahead[at:]
        return ahead[at : self._at]
