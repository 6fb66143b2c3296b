"""Reads what is new in a file of the spool. Damage ends nothing: what follows it is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mailpixel.spool.files import Segment, header_of
from mailpixel.spool.frames import Frame, frame_at, is_torn, next_frame


class Damage(NamedTuple):
    """Bytes that are no frame. `torn`: the last write of a writer that ended was cut off, and nobody relied on it."""

    data: bytes
    start: int
    end: int
    torn: bool = False


def read_new(segment: Segment, position: int, finished: bool) -> Iterator[Frame | Damage]:
    """What follows a position, in order and without gaps, up to what is not whole yet. Raises `OSError`.

    Where the file is `finished`, that is up to its end.
    """
    headers = [header_of(segment.edge, segment.number, version) for version in (1, 2)]
    first = 0 if position < len(headers[0]) else position
    data, at = _read(segment.path, first), position - first
    if first == 0 and data.startswith(tuple(headers)):
        at = len(headers[0])
    elif first == 0 and finished and any(header.startswith(data) for header in headers):
        at = len(data)  # cut off in its first line
    while at < len(data):
        found = frame_at(data, at) or _damage(data, at, finished)
        if found is None:
            return
        at = found.end
        yield found._replace(start=found.start + first, end=found.end + first)


def _damage(data: bytes, start: int, finished: bool) -> Damage | None:
    """The bytes up to the next whole frame. None where the writer may still be writing them."""
    following = next_frame(data, start + 1)
    if following is not None:
        return Damage(data[start : following.start], start, following.start)
    if not finished:
        return None
    return Damage(data[start:], start, len(data), is_torn(data, start))


def _read(path: Path, first: int) -> bytes:
    """The content from a position on; empty where the file is gone."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(first)
            return file.readall()
    except FileNotFoundError:
        return b""
