"""Moves spooled hits into the log: in order, exactly once, and nothing is removed before it is there.

The cursors of the files are in the database and move in the transaction that logs the hits. Several writers' hits are
merged in the order of their moments, so that a click is in the log before the visit it led to. A file that is read to
its end, and whose writer is gone, is overwritten and removed.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from heapq import merge
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from mailpixel.errors import StoreUnavailable
from mailpixel.files import sync_folder
from mailpixel.model import Event
from mailpixel.spool.files import (
    BEGUN,
    DAMAGED,
    Segment,
    is_finished,
    keep_aside,
    name_of,
    only_one,
    remove,
    segments_in,
    unusable,
)
from mailpixel.spool.frames import Frame, Kind, pack
from mailpixel.spool.reading import Damage, read_new
from mailpixel.spool.records import events_content, events_of, overflow_of
from mailpixel.store.expansion import BEGINNING, CursorMove, Expansion, Expansions, SpoolCursor
from mailpixel.store.log import EventWriter

EXPAND = "expand"
"""The name of the consumer that moves hits, and of its lag."""
AT_ONCE_BYTES = 1 << 20
"""About how much is moved in one transaction: some 5,000 hits."""
SETTLED_WITHIN_S = 10.0
"""How long whoever reads the log waits for hits on their way into it."""
LOOK_S = 0.01
"""How often to look, while another process moves."""
UNREADY_S = 60
"""A file that was not ready for so long was left by a killed process."""

CONTENT: Mapping[int, Callable[[bytes], Sequence[Any]]] = {
    Kind.EVENTS: events_of,
    Kind.EVIDENCE: events_of,
    Kind.OVERFLOW: overflow_of,
}
"""What reads each kind of write."""

log = logging.getLogger(__name__)


class ExpansionStore(Expansions, EventWriter, Protocol):
    """The part of a store that hits are moved into."""


class Piece(NamedTuple):
    """What is next of one writer: a frame, damage, or the end of a file (None)."""

    edge: str
    at_ms: int
    since: SpoolCursor
    until: SpoolCursor
    found: Frame | Damage | None


class Spool:
    """The spool in a folder, and the store that its hits belong to. Any thread may call it."""

    def __init__(self, folder: Path, store: ExpansionStore) -> None:
        self.folder = folder
        self._store = store

    def expand(self) -> int | None:
        """Move what is there, for one transaction. Returns how many writes it moved; None while another does this.

        Raises `StoreUnavailable`.
        """
        try:
            if not segments_in(self.folder):
                return 0
            with only_one(self.folder) as mine:
                return self._moved() if mine else None
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise unusable(error) from error

    def settle(self, within_s: float = SETTLED_WITHIN_S, emptied: bool = False) -> bool:
        """Wait until everything that is in the spool now is in the log, and move it where nobody else does.

        With `emptied`, wait until the files are removed, too: their writers close them within a second or two.
        Returns False when that took longer. Raises `StoreUnavailable` when the log cannot be written.
        """
        waited = self._waiting(segments_in(self.folder), emptied)
        end_s = time.monotonic() + within_s
        while waited:
            if not self.expand():
                time.sleep(LOOK_S)
            here = {segment.path for segment in segments_in(self.folder)}
            waited = self._waiting([each for each in waited if each.path in here], emptied)
            if waited and time.monotonic() > end_s:
                return False
        return True

    def _waiting(self, segments: Sequence[Segment], emptied: bool) -> Sequence[Segment]:
        """Which of these files, as large as they were, are not moved yet, or not removed."""
        if emptied or not segments:
            return segments
        cursors = self._store.spool_cursors()
        return [each for each in segments if cursors.get(each.edge, BEGINNING) < (each.number, each.size)]

    def _moved(self) -> int:
        ended = {each.path for each in segments_in(self.folder) if is_finished(each.path)}
        segments = segments_in(self.folder)  # after that, so that the sizes of those are their last
        cursors = self._store.spool_cursors()
        of_writers = groupby(segments, attrgetter("edge"))
        pieces = _some(merge(*(
            _pieces(list(own), cursors.get(edge, BEGINNING), ended) for edge, own in of_writers
        ), key=attrgetter("at_ms")))  # fmt: skip
        for piece in pieces:
            if isinstance(piece.found, Damage):
                self._report(piece, piece.found)
        self._put(pieces)
        self._clean(
            [each for each in segments if each.path in ended],
            {**cursors, **{piece.edge: piece.until for piece in pieces}},
        )
        return len(pieces)

    def _put(self, pieces: Sequence[Piece]) -> None:
        """Log pieces and move the cursors, halving a part that the store refuses for its content."""
        if not pieces:
            return
        try:
            self._store.expand(_expansion(pieces))
        except StoreUnavailable:
            raise
        except Exception as error:
            if len(pieces) == 1 and isinstance(pieces[0].found, Frame):
                self._put_aside(pieces[0], pieces[0].found, error)
                return
            if len(pieces) == 1:
                raise
            half = len(pieces) // 2
            self._put(pieces[:half])
            self._put(pieces[half:])

    def _put_aside(self, piece: Piece, frame: Frame, error: Exception) -> None:
        """Log what the store takes of a write, and keep the rest aside."""
        refused = self._refused(frame)
        if refused:
            log.error(
                "a write in %s cannot be moved into the log (%s) and is kept in the folder `damaged` beside it",
                _place(piece), type(error).__name__,
            )  # fmt: skip
            keep_aside(self.folder, _place(piece), refused)
        self._store.expand(Expansion(_moves([piece])))

    def _refused(self, frame: Frame) -> bytes:
        """Log the events of a write one by one. Returns what is refused; the content itself where it is no events."""
        try:
            events = events_of(frame.content) if frame.kind == Kind.EVENTS else []
        except Exception:
            return frame.content
        if not events:
            return frame.content
        refused = [event for event in events if not self._takes(event)]
        return pack(Kind.EVENTS, frame.at_ms, events_content(refused)) if refused else b""

    def _takes(self, event: Event) -> bool:
        try:
            self._store.append([event])
        except StoreUnavailable:
            raise
        except Exception:
            return False
        return True

    def _report(self, piece: Piece, damage: Damage) -> None:
        """Log damage and keep its bytes, before the cursor moves past it."""
        if damage.torn:
            log.warning("the last write in %s was cut off: its hits were not confirmed", _place(piece))
            return
        if (self.folder / DAMAGED / _place(piece)).exists():
            return  # the log could not be written then
        log.error(
            "%d bytes in %s are damaged and are kept in the folder `damaged` beside it; what follows is read",
            len(damage.data), _place(piece),
        )  # fmt: skip
        keep_aside(self.folder, _place(piece), damage.data)

    def _clean(self, ended: Sequence[Segment], cursors: Mapping[str, SpoolCursor]) -> None:
        """Remove what is read to its end, then forget the cursors of writers that have no file."""
        read = [each for each in ended if cursors.get(each.edge, BEGINNING) >= (each.number, each.size)]
        for segment in read:
            remove(segment.path)
        self._remove_unready()
        if read:
            sync_folder(self.folder)
        gone = self._store.spool_cursors().keys() - {segment.edge for segment in segments_in(self.folder)}
        if gone:
            self._store.forget_spool_cursors(gone)

    def _remove_unready(self) -> None:
        for path in self.folder.glob(f"{BEGUN}*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > UNREADY_S and is_finished(path):
                    remove(path)


def _pieces(segments: Sequence[Segment], cursor: SpoolCursor, all_ended: Collection[Path]) -> Iterator[Piece]:
    """What is new of one writer, in order. The files in `all_ended` are as long as they will ever be."""
    edge, at_ms = segments[0].edge, 0
    for segment in segments:
        if segment.number < cursor.number:
            continue
        position = cursor.position if segment.number == cursor.number else 0
        ended = segment.path in all_ended
        for found in read_new(segment, position, ended):
            if isinstance(found, Damage) and segment is not segments[-1]:
                found = found._replace(torn=False)  # its writer went on, so it had finished this file
            at_ms = found.at_ms if isinstance(found, Frame) else at_ms
            until = SpoolCursor(segment.number, found.end)
            yield Piece(edge, at_ms, cursor, until, found)
            cursor = until
        if not ended:
            return
        end = SpoolCursor(segment.number, segment.size)
        if cursor < end:
            yield Piece(edge, at_ms, cursor, end, None)
            cursor = end


def _some(pieces: Iterator[Piece]) -> Sequence[Piece]:
    """The next pieces, about as many as one transaction should move."""
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece)
        size += 0 if piece.found is None else piece.found.end - piece.found.start
        if size >= AT_ONCE_BYTES:
            break
    return taken


def _expansion(pieces: Sequence[Piece]) -> Expansion:
    """What these pieces hold, with the moves of their writers' cursors. Raises what is wrong with their content."""
    held: dict[int, list[Any]] = {kind: [] for kind in CONTENT}
    for piece in pieces:
        frame = piece.found
        if isinstance(frame, Frame) and frame.kind != Kind.BLANK:
            held[frame.kind] += CONTENT[frame.kind](frame.content)
    return Expansion(_moves(pieces), held[Kind.EVENTS], held[Kind.EVIDENCE], held[Kind.OVERFLOW])


def _moves(pieces: Sequence[Piece]) -> Sequence[CursorMove]:
    moves: dict[str, CursorMove] = {}
    for piece in pieces:
        since = moves[piece.edge].since if piece.edge in moves else piece.since
        moves[piece.edge] = CursorMove(piece.edge, since, piece.until)
    return list(moves.values())


def _place(piece: Piece) -> str:
    """The file and the position of a piece."""
    start = piece.until.position if piece.found is None else piece.found.start
    return f"{name_of(piece.edge, piece.until.number)}-{start}"
