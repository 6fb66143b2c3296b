"""Finishes erasures that were held up or whose process was killed, and keeps the list beside the keys up to date."""

import time

from mailpixel.erasing import EverythingOfPeople, erasing_in
from mailpixel.errors import ErasureUnfinished
from mailpixel.folder.suppressed import join_suppressed
from mailpixel.privacy.erasure import finish_all
from mailpixel.settings import Settings
from mailpixel.store.store import Store
from mailpixel.work.consumer_at_work import Clock

LOOK_S = 1.0
"""How often to look for erasures that are not finished."""


class ErasuresAtWork:
    """A `ConsumerAtWork` that finishes erasures. It reads no log."""

    name = "erasures"

    def __init__(self, settings: Settings, store: Store, registry: EverythingOfPeople) -> None:
        self._erasing = erasing_in(settings, store, registry)
        self._listed = ""
        self._looked_s = -LOOK_S

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """See `ConsumerAtWork`. Raises `ErasureUnfinished` while something still holds an erasure up."""
        if time.monotonic() - self._looked_s < LOOK_S:
            return 0
        self._looked_s = time.monotonic()
        self._list()
        outcomes = finish_all(self._erasing)
        for outcome in outcomes:
            if outcome.problem:
                raise ErasureUnfinished(outcome.problem)
        return len(outcomes)

    def leave(self) -> None:
        """See `ConsumerAtWork`."""

    def _list(self) -> None:
        """Add to the list who was erased, or returned, since the last time."""
        store = self._erasing.store
        version = store.suppressions_version()
        if version != self._listed:
            join_suppressed(self._erasing.listed, store.person_secret(), store.suppressions())
            self._listed = version
