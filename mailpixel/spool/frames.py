"""What one write looks like in a file of the spool: a mark, a checksum, the length, the moment, the kind, the content.

The checksum covers everything after itself. Behind damage, the next whole frame is found by its mark.
"""

from enum import IntEnum
from struct import Struct
from typing import NamedTuple
from zlib import crc32

MARK = b"\xf5mPx"
"""Begins every frame. Its first byte never occurs in UTF-8, so not in the texts of the content either."""
CHECKED = Struct(">IQB")
HEAD_BYTES = len(MARK) + 4 + CHECKED.size
MOST_BYTES = 1 << 27
"""Most bytes of content."""


class Kind(IntEnum):
    """What a frame holds."""

    BLANK = 0
    """Nothing: only written to take as long as a hit."""
    EVENTS = 1
    EVIDENCE = 2
    """Hits with a broken signature."""
    OVERFLOW = 3
    """Counts of hits past the cap."""


class Frame(NamedTuple):
    """One frame of a file. `kind` is a number, since a later release may know more kinds. It ends before `end`."""

    kind: int
    at_ms: int
    content: bytes
    start: int
    end: int


def pack(kind: Kind, at_ms: int, content: bytes) -> bytes:
    """A frame. `at_ms` is the moment of writing, in milliseconds since 1970."""
    checked = CHECKED.pack(len(content), at_ms, kind) + content
    return b"".join((MARK, crc32(checked).to_bytes(4, "big"), checked))


def frame_at(data: bytes, start: int) -> Frame | None:
    """The frame that begins here; None where there is no whole and undamaged one."""
    head = data[start : start + HEAD_BYTES]
    if len(head) < HEAD_BYTES or not head.startswith(MARK):
        return None
    length, at_ms, kind = CHECKED.unpack_from(head, 8)
    end = start + HEAD_BYTES + length
    if length > MOST_BYTES or end > len(data):
        return None
    if crc32(data[start + 8 : end]) != int.from_bytes(head[4:8], "big"):
        return None
    return Frame(kind, at_ms, data[start + HEAD_BYTES : end], start, end)


def next_frame(data: bytes, start: int) -> Frame | None:
    """The first whole and undamaged frame that begins here or later."""
    while (start := data.find(MARK, start)) >= 0:
        if (frame := frame_at(data, start)) is not None:
            return frame
        start += 1
    return None


def is_torn(data: bytes, start: int) -> bool:
    """Whether what is left from here on looks like a write that was cut off, rather than like damage."""
    rest = data[start:]
    if not rest.strip(b"\0"):
        return True  # space that the system had reserved
    if len(rest) < HEAD_BYTES:
        return rest[: len(MARK)] == MARK[: len(rest)]
    length, _, _ = CHECKED.unpack_from(rest, 8)
    return rest.startswith(MARK) and HEAD_BYTES + int(length) > len(rest)
