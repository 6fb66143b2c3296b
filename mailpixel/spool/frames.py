"""What one write looks like in a file of the spool: a mark, checksums, the length, the moment, the kind, the content.

One checksum covers the rest of the head, and another the content. This tells a write that was cut off from one whose
length was damaged. The first release of the format had one checksum over both; its frames stay readable. Behind damage,
the next whole frame is found by its mark.
"""

from enum import IntEnum
from struct import Struct
from typing import NamedTuple
from zlib import crc32

MARK = b"\xf5mP"
"""Begins every frame. Its first byte never occurs in UTF-8, so not in the texts of the content either."""
FIRST, SECOND = MARK + b"x", MARK + b"y"
"""The mark with the version of the format."""
CHECKED = Struct(">IIQB")
"""The checksum of the content, its length, the moment, the kind. In the first version, the checksum is of the rest."""
HEAD_BYTES = len(SECOND) + 4 + CHECKED.size
FIRST_SHORTER = 4
"""How many bytes shorter a head of the first version is."""
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


class _Head(NamedTuple):
    """What stands before the content: its checksum, where what that covers begins, and where the content is."""

    checksum: int
    at_ms: int
    kind: int
    covered: int
    content: int
    end: int


def pack(kind: int, at_ms: int, content: bytes) -> bytes:
    """A frame. `at_ms` is the moment of writing, in milliseconds since 1970."""
    checked = CHECKED.pack(crc32(content), len(content), at_ms, kind)
    return b"".join((SECOND, crc32(checked).to_bytes(4, "big"), checked, content))


def frame_at(data: bytes, start: int) -> Frame | None:
    """The frame that begins here; None where there is no whole and undamaged one."""
    head = _head_at(data, start)
    if head is None or head.end > len(data) or crc32(data[head.covered : head.end]) != head.checksum:
        return None
    return Frame(head.kind, head.at_ms, data[head.content : head.end], start, head.end)


def _head_at(data: bytes, start: int) -> _Head | None:
    """The head that begins here; None where there is none, or where it is cut off or damaged."""
    is_first = data.startswith(FIRST, start)
    at = start + 4 if is_first else start + 8
    content = at + CHECKED.size
    if content > len(data) or not (is_first or data.startswith(SECOND, start)):
        return None
    if not is_first and crc32(data[at:content]) != int.from_bytes(data[start + 4 : at], "big"):
        return None
    checksum, length, at_ms, kind = CHECKED.unpack_from(data, at)
    if length > MOST_BYTES:
        return None
    return _Head(checksum, at_ms, kind, at + 4 if is_first else content, content, content + length)


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
    if (head := _head_at(rest, 0)) is not None:
        return head.end > len(rest)
    shortest = HEAD_BYTES - FIRST_SHORTER if rest.startswith(FIRST) else HEAD_BYTES
    return len(rest) < shortest and rest.startswith(MARK[: len(rest)])
