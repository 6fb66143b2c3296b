"""What operators should know of the spool: its bytes, how long the oldest hit waits for the log, and damage."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from mailpixel.spool.files import Segment, aside_in, segments_in, unusable
from mailpixel.spool.frames import Frame
from mailpixel.spool.reading import read_new
from mailpixel.store.expansion import BEGINNING, Expansions, SpoolCursor


class SpoolState(Struct, frozen=True):
    """The spool at one moment.

    `size_bytes` is all that it holds, with what was moved into the log but is not removed yet. `age_ms` is how long the
    oldest write waits to be moved; 0 where none waits. `damaged` counts the files of bytes that could not be read or
    that the log could not take.
    """

    size_bytes: int = 0
    age_ms: int = 0
    damaged: int = 0


def state_of(folder: Path, store: Expansions, now_ms: int) -> SpoolState:
    """The spool in this folder. Raises `StoreUnavailable`."""
    try:
        aside = aside_in(folder)
        size = sum(path.stat().st_size for path in aside)
        segments = segments_in(folder)
        cursors = store.spool_cursors() if segments else {}
        oldest_ms = min(_oldest_ms(segments, cursors), default=now_ms)
    except OSError as error:
        raise unusable(error) from error
    size += sum(segment.size for segment in segments)
    return SpoolState(size, max(now_ms - oldest_ms, 0), len(aside))


def _oldest_ms(segments: Sequence[Segment], cursors: Mapping[str, SpoolCursor]) -> list[int]:
    """When the first write of each writer that waits was written."""
    found = []
    for edge, own in groupby(segments, attrgetter("edge")):
        cursor = cursors.get(edge, BEGINNING)
        for segment in own:
            if (segment.number, segment.size) > cursor:
                position = cursor.position if segment.number == cursor.number else 0
                first = next((each for each in read_new(segment, position, False)), None)
                if isinstance(first, Frame):
                    found.append(first.at_ms)
                    break
    return found
