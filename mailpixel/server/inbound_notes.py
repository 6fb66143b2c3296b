"""Keeps whether the posts of each source of delivery reports are taken or refused, for `doctor` and the settings."""

import logging

from mailpixel.errors import StoreUnavailable, safe_message
from mailpixel.store.inbound import InboundSources

NOTE_EVERY_MS = 60_000
"""The least time between two notes of a kind, so that nobody can keep the disk busy with posts that prove nothing."""

log = logging.getLogger(__name__)


class InboundNotes:
    """The notes of one worker. Threads may share it: at worst a note is written twice."""

    def __init__(self, sources: InboundSources) -> None:
        self._sources = sources
        self._noted_ms: dict[tuple[str, bool], int] = {}

    def is_due(self, name: str, refused_as: str, now_ms: int) -> bool:
        """Whether to call `note` for a post: `refused_as` is why it was refused, or empty when it was taken."""
        return now_ms - self._noted_ms.get((name, bool(refused_as)), -NOTE_EVERY_MS) >= NOTE_EVERY_MS

    def note(self, name: str, refused_as: str, now_ms: int) -> None:
        """Note a post of a known source. It may write, so it runs in a thread. Never raises for the store."""
        self._noted_ms[name, bool(refused_as)] = now_ms
        try:
            self._sources.note_inbound_post(name, now_ms, refused_as)
        except StoreUnavailable as error:
            log.warning("what became of a post of %s is not noted: %s", name, safe_message(error))
