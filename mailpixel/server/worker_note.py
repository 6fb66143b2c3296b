"""Says in the database what this process knows, so that an erasure can wait until every process leaves a person out."""

import secrets
from collections.abc import Callable
from contextlib import suppress

from mailpixel.errors import StoreUnavailable
from mailpixel.store.erasures import Worker, Workers

EVERY_MS = 30_000
"""How often to say so while nothing changes. Who says nothing for two minutes has died."""


class WorkerNote:
    """What one process said last. `revision` gives the revision of the registry that all its knowledge has."""

    def __init__(self, registry: Workers, revision: Callable[[], int], clock: Callable[[], int]) -> None:
        self._registry = registry
        self._revision = revision
        self._clock = clock
        self._noted = Worker(secrets.token_hex(8), -1, 0)

    def look(self) -> None:
        """Say what this process knows, if it is news. A disk that refuses only makes an erasure wait longer."""
        now_ms, revision = self._clock(), self._revision()
        if revision == self._noted.revision and 0 <= now_ms - self._noted.at_ms < EVERY_MS:
            return
        note = Worker(self._noted.id, revision, now_ms)
        with suppress(StoreUnavailable):
            self._registry.note_worker(note)
            self._noted = note

    def forget(self) -> None:
        """Say that this process ends."""
        with suppress(StoreUnavailable):
            self._registry.forget_worker(self._noted.id)
