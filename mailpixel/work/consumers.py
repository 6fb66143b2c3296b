"""The consumers that `mailpixel work` runs: one line each."""

import uuid
from collections.abc import Sequence

from mailpixel.folder.operator_file import RulesInForce
from mailpixel.projections.fold import NOTE_EVERY_MS
from mailpixel.settings import Settings
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.store import Store
from mailpixel.work.consumer_at_work import ConsumerAtWork
from mailpixel.work.folding import Folding


def consumers_of(settings: Settings, store: Store, registry: FoldRegistry) -> Sequence[ConsumerAtWork]:
    """All consumers that this process runs. Raises `InvalidInput` for a rules file that cannot be used."""
    holder = uuid.uuid4().hex
    note_every_ms = min(settings.ready_lag_s * 1000 // 3, NOTE_EVERY_MS)
    return (Folding(store, registry, RulesInForce(settings), holder, note_every_ms),)
