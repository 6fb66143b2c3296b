"""Erasures and the processes that must know of them, in memory."""

from collections.abc import Sequence
from threading import RLock

from mailpixel.errors import NotFound
from mailpixel.store.erasures import ErasureRecord, ErasureState, Worker


class MemoryErasures:
    """`Erasures` but for `forget_people`, and `Workers`."""

    _lock: RLock

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[str, ErasureRecord] = {}
        self._erasing: dict[str, Sequence[str]] = {}
        self._workers: dict[str, Worker] = {}

    def begin_erasure(self, erasure: ErasureRecord, recipients: Sequence[str]) -> None:
        """See `Erasures`."""
        with self._lock:
            self._asked[erasure.id] = erasure
            self._erasing[erasure.id] = sorted(recipients)

    def erasing(self, id: str) -> Sequence[str]:
        """See `Erasures`."""
        with self._lock:
            return self._erasing.get(id, ())

    def note_erasure(self, erasure: ErasureRecord) -> None:
        """See `Erasures`."""
        with self._lock:
            self._asked[erasure.id] = erasure
            if erasure.state is not ErasureState.ASKED:
                self._erasing.pop(erasure.id, None)

    def erasure(self, id: str) -> ErasureRecord:
        """See `Erasures`."""
        with self._lock:
            if id not in self._asked:
                raise NotFound(f"there is no erasure {id!r}")
            return self._asked[id]

    def unfinished_erasures(self) -> Sequence[ErasureRecord]:
        """See `Erasures`."""
        with self._lock:
            found = [each for each in self._asked.values() if each.state is not ErasureState.DONE]
        return sorted(found, key=lambda each: (each.asked_at_ms, each.id))

    def note_worker(self, worker: Worker) -> None:
        """See `Workers`."""
        with self._lock:
            self._workers[worker.id] = worker

    def workers(self) -> Sequence[Worker]:
        """See `Workers`."""
        with self._lock:
            return [self._workers[id] for id in sorted(self._workers)]

    def forget_worker(self, id: str) -> None:
        """See `Workers`."""
        with self._lock:
            self._workers.pop(id, None)
