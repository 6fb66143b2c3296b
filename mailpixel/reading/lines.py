"""Cuts streams into lines and reads a line as one JSON object."""

from typing import TypeVar

from msgspec import Struct

from mailpixel.errors import InvalidInput
from mailpixel.reading.json_value import parse_json
from mailpixel.reading.shapes import read_shape

LINE_BYTES = 65_536
"""The longest line of a stream, by default."""

Numbered = tuple[int, bytes | None]
"""The number of a line, from 1, and its bytes without the line end; None for a line that was too long."""


class Lines:
    """Cuts pieces into numbered lines. A line longer than `most_bytes` is dropped."""

    def __init__(self, most_bytes: int = LINE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: list[bytes] = []
        self._size_bytes = 0
        self._row = 0

    def feed(self, piece: bytes) -> list[Numbered]:
        """The lines that a piece completes, without blank ones."""
        *whole, rest = piece.split(b"\n")
        lines = [self._line(end) for end in whole]
        self._hold(rest)
        return [(row, line) for row, line in lines if line is None or line.strip()]

    def finish(self) -> list[Numbered]:
        """The last line, if it had no line end."""
        return self.feed(b"\n") if self._size_bytes else []

    def _hold(self, part: bytes) -> None:
        self._size_bytes += len(part)
        if self._size_bytes > self._most_bytes:
            self._held = []
        elif part:
            self._held.append(part)

    def _line(self, end: bytes) -> Numbered:
        self._row += 1
        self._hold(end)
        line = b"".join(self._held) if self._size_bytes <= self._most_bytes else None
        self._held, self._size_bytes = [], 0
        return self._row, line


AnyShape = TypeVar("AnyShape", bound=Struct)


def read_line(line: bytes | None, shape: type[AnyShape], most_bytes: int, what: str) -> AnyShape:
    """The JSON object on a line. The line is None if it was longer than `most_bytes`.

    `what` names the content of a line in errors. Raises `InvalidInput`.
    """
    if line is None:
        raise InvalidInput("line", f"is longer than {most_bytes:,} bytes; send one {what} per line")
    try:
        value = parse_json(line)
    except ValueError as error:
        raise InvalidInput("line", f"{error}; send one JSON object per line") from None
    return read_shape(value, shape)
