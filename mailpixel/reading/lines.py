"""Streams cut into lines, and a line read as one JSON object."""

from typing import TypeVar

from msgspec import Struct

from mailpixel.errors import InvalidInput
from mailpixel.reading.json_value import parse_json
from mailpixel.reading.shapes import read_shape

LINE_BYTES = 65_536
"""The longest line of a stream, where nothing else is said."""

Numbered = tuple[int, bytes | None]
"""A line by its number from 1, without its line end; None for one that was too long."""


class Lines:
    """Cuts pieces into numbered lines. A line longer than `most_bytes` is not kept."""

    def __init__(self, most_bytes: int = LINE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: list[bytes] = []
        self._size_bytes = 0
        self._row = 0

    def feed(self, piece: bytes) -> list[Numbered]:
        """The lines that a piece completes, blank ones left out."""
        *whole, rest = piece.split(b"\n")
        lines = [self._line(end) for end in whole]
        self._hold(rest)
        return [(row, line) for row, line in lines if line is None or line.strip()]

    def finish(self) -> list[Numbered]:
        """The last line, where it had no line end."""
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
    """The JSON object on a line; the line is None where it was longer than `most_bytes`.

    Raises `InvalidInput`. `what` is the word for what a line holds.
    """
    if line is None:
        raise InvalidInput("line", f"is longer than {most_bytes:,} bytes; send one {what} a line")
    try:
        value = parse_json(line)
    except ValueError as error:
        raise InvalidInput("line", f"{error}; send one JSON object a line") from None
    return read_shape(value, shape)
