"""The consumers that `mailpixel work` runs: one line each, and one for each webhook."""

import time
import uuid
from collections.abc import Sequence
from random import SystemRandom

from mailpixel.classify import Rules
from mailpixel.errors import StoreUnavailable
from mailpixel.folder.keys import open_keys
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.ingest.live import LivePart
from mailpixel.outbound.around import Around
from mailpixel.outbound.at_work import WebhooksAtWork
from mailpixel.privacy.retained import Period, periods
from mailpixel.privacy.retaining import Retaining
from mailpixel.projections.fold import NOTE_EVERY_MS
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.settings import Settings
from mailpixel.spool.expanding import Spool
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.tracing import Record, record_nothing
from mailpixel.work.consumer_at_work import ConsumerAtWork
from mailpixel.work.erasures import ErasuresAtWork
from mailpixel.work.expanding import Expanding
from mailpixel.work.folding import Folding
from mailpixel.work.retention import RetentionAtWork
from mailpixel.work.site_folding import SiteFolding


def webhooks_of(
    settings: Settings, store: Store, registry: Registry, record: Record = record_nothing
) -> WebhooksAtWork:
    """The webhooks, whose consumers come and go; `record` gets a span for each post.

    Raises `InvalidInput` for a rules file that cannot be used.
    """
    in_force = RulesInForce(settings)
    part = LivePart("rules of webhooks", in_force.look, time.monotonic)

    def rules() -> Rules:
        part.refresh()
        return in_force.now

    around = Around(
        store,
        registry,
        keyring=lambda: open_keys(settings.key_file, registry),
        rules=rules,
        chance=SystemRandom().random,
        holder=uuid.uuid4().hex,
        settle_ms=settings.settle_ms,
        networks=settings.webhook_networks,
        record=record,
    )
    return WebhooksAtWork(around)


def consumers_of(settings: Settings, store: Store, registry: Registry) -> Sequence[ConsumerAtWork]:
    """All consumers that this process runs. Raises `InvalidInput` for a rules file that cannot be used."""
    holder = uuid.uuid4().hex
    note_every_ms = min(settings.ready_lag_s * 1000 // 3, NOTE_EVERY_MS)
    return (
        Expanding(Spool(settings.spool, store)),
        Folding(store, registry, RulesInForce(settings), holder, note_every_ms),
        SiteFolding(store, registry, RulesInForce(settings), holder, note_every_ms),
        ErasuresAtWork(settings, store, registry),
        retention_of(settings, store, registry, holder),
    )


def retention_of(settings: Settings, store: Store, registry: Registry, holder: str) -> RetentionAtWork:
    """The consumer that removes what is past its time.

    A message that a new hit keeps must not go because that hit waits, so it looks once all hits are in the log.
    """
    spool = Spool(settings.spool, store)

    def settled_periods() -> Sequence[Period]:
        if not spool.settle():
            raise StoreUnavailable(
                "hits that were answered are not in the log yet; nothing is removed before"
            )
        return periods(settings, registry.privacy_choice())

    return RetentionAtWork(
        retaining_of(settings, store, registry),
        registry,
        settled_periods,
        holder,
    )


def retaining_of(settings: Settings, store: Store, registry: Registry) -> Retaining:
    """What removes everything that is past its time. Raises `InvalidInput` for a bad rules file."""
    in_force = RulesInForce(settings)
    part = LivePart("rules of retention", in_force.look, time.monotonic)

    def rules() -> Rules:
        part.refresh()
        return in_force.now

    return Retaining(store, registry, lambda: KnownCampaigns(registry), rules)
