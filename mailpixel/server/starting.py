"""Opens what the service works with, and has it closed again in the reverse order."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from time import monotonic

from mailpixel.errors import StoreUnavailable
from mailpixel.folder.jobs import jobs_in
from mailpixel.folder.keys import open_keys
from mailpixel.folder.opening import begin
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.ingest.agent_bounds import AgentBounds
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.counting import Counting
from mailpixel.ingest.live import LiveKeys, LiveKnowledge, LivePart
from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.ingest.site_intake import SiteIntake
from mailpixel.minting.results import remove_old_lists
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import Resolver
from mailpixel.privacy.salts import LiveSalts
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.server.descriptors import most_connections
from mailpixel.server.forwarded import Proxies
from mailpixel.server.inbound_notes import InboundNotes
from mailpixel.server.live.hub import Hub
from mailpixel.server.live.news import News
from mailpixel.server.metrics import Metrics
from mailpixel.server.refreshing import Refreshing
from mailpixel.server.services import Services, reporting_of
from mailpixel.server.signing import Signing
from mailpixel.server.site_console import ConsoleServer
from mailpixel.server.threads import Threads
from mailpixel.server.traced import traced_commits
from mailpixel.server.worker_note import WorkerNote
from mailpixel.server.wrong_keys import FROM_ONE_PROGRAM, WrongKeys
from mailpixel.settings import Settings
from mailpixel.spool.expanding import Spool
from mailpixel.spool.writer import SpoolWriter
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import now_ms
from mailpixel.tracing import Record, record_nothing

DRAIN_WITHIN_S = 10.0

log = logging.getLogger(__name__)


async def start(settings: Settings, stack: AsyncExitStack, record: Record = record_nothing) -> Services:
    """Open what the service works with. `stack` closes it again, the spool last. `record` takes spans of commits."""
    store, registry, _ = begin(settings)
    remove_old_lists(settings.data, now_ms() / 1000)
    metrics = Metrics()
    live = _knowledge(settings, registry)
    salts = LiveSalts(store, now_ms)
    hub = _hub(settings, store, registry, live)
    stack.push_async_callback(hub.close)
    signing = Signing()
    stack.push_async_callback(signing.close)
    parts = (
        *live.parts(monotonic),
        LivePart("salts", salts.look, monotonic),
        LivePart("database", _look_in_place(store, registry, live, stack), monotonic),
    )
    refreshing = await _refreshing(parts, metrics, hub, stack)
    counting = Counting(store, lambda id: KnownCampaigns(registry)[id], lambda: live.rules, now_ms)
    stack.push_async_callback(counting.stop, DRAIN_WITHIN_S)
    spool = Spool(settings.spool, store)
    writer = _spool_writer(settings, spool, stack)
    bounds, on_commit = (
        (settings.answer_within_ms, settings.queue_hits),
        traced_commits(record, metrics.on_commit),
    )
    committer = Committer(writer, *bounds, on_commit, counting.take)
    stack.push_async_callback(committer.stop, DRAIN_WITHIN_S)
    stack.callback(asyncio.create_task(refreshing.run()).cancel)
    minimiser = Minimiser(salts, lambda: live.rules, settings.keep_address)
    agents = AgentBounds(metrics.replaced_agent)
    site_intake = SiteIntake(live, minimiser, salts, settings.visit_cap, agents)
    console = ConsoleServer(site_intake.console, settings.data, now_ms)
    await console.start()
    stack.push_async_callback(console.close)
    proxies = Proxies(settings.trusted_proxies)
    return Services(
        settings=settings,
        store=store,
        spool=spool,
        registry=registry,
        live=live,
        refreshing=refreshing,
        committer=committer,
        metrics=metrics,
        threads=Threads(),
        hub=hub,
        signing=signing,
        minimiser=minimiser,
        site_intake=site_intake,
        clock=now_ms,
        inbound_notes=InboundNotes(registry),
        wrong_keys=WrongKeys(proxies, now_ms),
        wrong_api_keys=WrongKeys(proxies, now_ms, FROM_ONE_PROGRAM),
    )


async def _refreshing(
    parts: Sequence[LivePart], metrics: Metrics, hub: Hub, stack: AsyncExitStack
) -> Refreshing:
    """What keeps these parts fresh, after its first look. Somebody has to run it."""
    refreshing = Refreshing(
        parts, lambda: metrics.round_ended({part.name: part.age_s() for part in parts}, hub.listeners)
    )
    stack.callback(refreshing.close)
    await refreshing.fresh_look()
    return refreshing


def _spool_writer(settings: Settings, spool: Spool, stack: AsyncExitStack) -> SpoolWriter:
    """The spool of this process. When all is closed, it is emptied into the log."""
    writer = SpoolWriter(settings.spool, settings.spool_bytes)
    stack.push_async_callback(asyncio.to_thread, _leave_nothing, spool)
    stack.callback(writer.close)
    return writer


def _leave_nothing(spool: Spool) -> None:
    """Move what was answered into the log. What cannot be moved stays in the spool, for the next start."""
    try:
        if not spool.settle(DRAIN_WITHIN_S):
            log.warning("answered hits are still in the spool; they are moved into the log at the next start")
    except StoreUnavailable as error:
        log.warning("answered hits stay in the spool until the next start: %s", error)


def _knowledge(settings: Settings, registry: Registry) -> LiveKnowledge:
    """What every surface reads through. Its parts know nothing before their first look."""
    cache = RegistryCache(registry, settings.retention_days)
    keys = LiveKeys(settings.key_file, lambda path: open_keys(path, registry))
    resolver = Resolver(policy_of(settings, registry.privacy_choice()))
    return LiveKnowledge(keys, cache, PeopleCache(registry), RulesInForce(settings), resolver)


def _look_in_place(
    store: Store, registry: Registry, live: LiveKnowledge, stack: AsyncExitStack
) -> Callable[[], None]:
    """A look whether the files are still those opened, which also notes for others what this process knows."""
    note = WorkerNote(registry, lambda: min(live.registry.revision, live.people.revision), now_ms)
    stack.callback(note.forget)

    def look() -> None:
        store.check_in_place()
        registry.check_in_place()
        note.look()  # after the others, so that it says what this process knows

    return look


def _hub(settings: Settings, store: Store, registry: Registry, live: LiveKnowledge) -> Hub:
    """The object that serves streams. They leave a quarter of the connections to readers of mail."""
    news = News(store, registry, lambda: reporting_of(registry, live), now_ms, settings.settle_ms)
    most = min(settings.listeners, most_connections(settings.connections) * 3 // 4)
    return Hub(news, live.registry, lambda: jobs_in(settings.data), settings.settle_s, most)
