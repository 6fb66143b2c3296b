"""Writes the hits of one process into files of its own. Each call is one write, which is on disk when it returns.

The file is opened with O_DSYNC, so the system returns from the write when the disk has the data and the size of the
file. No other writer is waited for, and no lock of the database.
"""

import errno
import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from mailpixel.errors import InvalidInput, StoreUnavailable
from mailpixel.files import sync_folder
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts
from mailpixel.spool.files import BEGUN, header_of, name_of, segments_in, unusable
from mailpixel.spool.frames import MOST_BYTES, Kind, pack
from mailpixel.spool.records import events_content, overflow_content
from mailpixel.store.event_check import check_event
from mailpixel.store.log import Overflow
from mailpixel.times import now_ms

SEGMENT_BYTES = 8 << 20
"""A file that would grow beyond this is followed by the next one."""
ROLL_S = 1.0
"""A file is closed this long after it was begun, so that it can be removed soon."""
EVIDENCE_SHARE = 1 / 16
"""While the spool is fuller than this share of its bound, hits with a broken signature are dropped."""
LIKENESS = Event(
    bytes(16), EventKind.OPEN, 0, "GET", "", "-" * 110, Facts.ACCEPT, "-" * 12, "-" * 16, tag=bytes(8)
)
"""What the first blank is made like. Later ones are made like the last hit."""
DURABLE = getattr(os, "O_DSYNC", os.O_SYNC)


class _Open:
    """The file that is being written, and how many bytes of it are good."""

    __slots__ = ("descriptor", "good")

    def __init__(self, descriptor: int, good: int) -> None:
        self.descriptor = descriptor
        self.good = good


class SpoolWriter:
    """An `EventWriter` into the spool in this folder. Any thread may call it; close it at the end.

    `most_bytes` bounds the whole spool: when it holds more, no file is begun. `clock` gives milliseconds since 1970.
    """

    def __init__(self, folder: Path, most_bytes: int, clock: Callable[[], int] = now_ms) -> None:
        self.edge = secrets.token_hex(8)
        self._folder = folder
        self._most_bytes = most_bytes
        self._clock = clock
        self._number = 0
        self._held_bytes = 0  # by the whole spool, when the last file was begun
        self._open: _Open | None = None
        self._likeness = LIKENESS
        self._lock = threading.Lock()
        self._begun = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        """See `EventWriter`. Whom an erasure keeps out is seen when the events are moved into the log."""
        for event in events:
            check_event(event)
        if events:
            self._likeness = events[-1]
            self._write(Kind.EVENTS, events_content(events))

    def append_evidence(self, hits: Sequence[Event]) -> int:
        """See `EventWriter`. Whether their messages have events is seen later, so all are written.

        They are dropped while the spool holds much: anyone can send them, and they must not fill it.
        """
        for hit in hits:
            check_event(hit)
        if not hits or self._held_bytes > self._most_bytes * EVIDENCE_SHARE:
            return 0
        self._write(Kind.EVIDENCE, events_content(hits))
        return len(hits)

    def append_blank(self) -> None:
        """See `EventWriter`. All is done as for the last hit again, but zeros are written, as many bytes."""
        check_event(self._likeness)
        self._write(Kind.BLANK, bytes(len(events_content([self._likeness]))))

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """See `EventWriter`."""
        if overflow:
            self._write(Kind.OVERFLOW, overflow_content(overflow))

    def roll(self) -> None:
        """Close the file that is being written. The next write begins another."""
        with self._lock:
            self._finish()

    def close(self) -> None:
        """Close the file, for good."""
        self._closing.set()
        self._begun.set()
        if self._thread is not None:
            self._thread.join()
        self.roll()

    def _write(self, kind: Kind, content: bytes) -> None:
        if len(content) > MOST_BYTES:
            raise InvalidInput("events", "are too large for one write; write fewer at a time")
        frame = pack(kind, self._clock(), content)
        with self._lock:
            if self._open is not None and self._open.good + len(frame) > SEGMENT_BYTES:
                self._finish()
            try:
                file = self._open or self._begin()
                _write_whole(file.descriptor, frame)
            except OSError as error:
                self._cut_back()
                raise unusable(error, "written") from error
            file.good += len(frame)

    def _begin(self) -> _Open:
        """A new file, with its first line, under its final name. Raises `OSError`, and `StoreUnavailable` when full."""
        self._check_room()
        self._number += 1
        path = self._folder / name_of(self.edge, self._number)
        unready = path.with_name(BEGUN + path.name)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | DURABLE
        descriptor = os.open(unready, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            header = header_of(self.edge, self._number)
            _write_whole(descriptor, header)
            unready.rename(path)
            sync_folder(self._folder)
        except BaseException:
            os.close(descriptor)
            for each in (unready, path):
                with suppress(OSError):
                    each.unlink(missing_ok=True)
            raise
        self._open = _Open(descriptor, len(header))
        self._close_in_time()
        return self._open

    def _check_room(self) -> None:
        try:
            self._folder.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            sync_folder(self._folder.parent)
        held = self._held_bytes = sum(segment.size for segment in segments_in(self._folder))
        if held >= self._most_bytes:
            raise StoreUnavailable(
                f"the spool is full ({held:,} bytes); see that `mailpixel work` runs, or raise MAILPIXEL_SPOOL_BYTES"
            )

    def _finish(self) -> None:
        file, self._open = self._open, None
        if file is not None:
            os.close(file.descriptor)

    def _cut_back(self) -> None:
        """After an error nothing more is written to this file: a failed sync must not be believed on a second try."""
        if self._open is not None:
            with suppress(OSError):
                os.ftruncate(self._open.descriptor, self._open.good)
            with suppress(OSError):
                self._finish()

    def _close_in_time(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._roll_by_time, name="mailpixel-spool", daemon=True)
            with suppress(RuntimeError):  # no memory for it now: the next file tries again
                thread.start()
                self._thread = thread
        self._begun.set()

    def _roll_by_time(self) -> None:
        while self._begun.wait() and not self._closing.is_set():
            self._begun.clear()
            self._closing.wait(ROLL_S)
            with suppress(OSError):
                self.roll()


def _write_whole(descriptor: int, data: bytes) -> None:
    """One write. Raises `OSError` when the disk took less."""
    if os.write(descriptor, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
