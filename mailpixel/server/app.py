"""The whole service as one ASGI app.

`create_app(settings)` gives the app. Its services are made when it starts and travel in the lifespan state.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from mailpixel.folder.jobs import jobs_in
from mailpixel.folder.keys import open_keys
from mailpixel.folder.opening import begin
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.ingest.agent_bounds import AgentBounds
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.counting import Counting
from mailpixel.ingest.intake import Intake
from mailpixel.ingest.live import LiveKeys, LiveKnowledge, LivePart
from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.minting.results import remove_old_lists
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import Resolver
from mailpixel.privacy.salts import LiveSalts
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.server import api, choice, health, inbound, manual, site_files, static_files, web
from mailpixel.server.access_log import AccessLog, LoggedTracking, access_log
from mailpixel.server.descriptors import most_connections
from mailpixel.server.door import Door
from mailpixel.server.forwarded import Proxies
from mailpixel.server.inbound_notes import InboundNotes
from mailpixel.server.live.hub import Hub
from mailpixel.server.live.news import News
from mailpixel.server.live.stream import OpenStreams
from mailpixel.server.metrics import Metrics
from mailpixel.server.observing import Observed, Observer
from mailpixel.server.refreshing import Refreshing
from mailpixel.server.request_reader import RequestReader
from mailpixel.server.services import Services
from mailpixel.server.signing import Signing
from mailpixel.server.threads import Threads
from mailpixel.server.traced import traced_commits, traced_requests
from mailpixel.server.tracking import Tracking
from mailpixel.server.tracking_first import TrackingFirst
from mailpixel.server.worker_note import WorkerNote
from mailpixel.server.wrong_keys import WrongKeys
from mailpixel.settings import Settings
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import now_ms
from mailpixel.tracing import Record, record_nothing, traces

DRAIN_WITHIN_S = 10.0


ROUTES = [
    *web.ROUTES,
    *static_files.ROUTES,
    *manual.ROUTES,
    *health.ROUTES,
    *choice.ROUTES,
    *inbound.ROUTES,
    *site_files.ROUTES,
    *api.ROUTES,
]


def create_app(settings: Settings) -> ASGIApp:
    """The ASGI app for these settings."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            log = stack.enter_context(access_log(settings.access_log == "json"))
            record = stack.enter_context(traces())
            services = await start(settings, stack, record)
            tracking, door = _tracking(services, log), Door(most_connections(settings.connections))
            services.metrics.watch(door.ended)
            observers = _observers(log, record)
            yield {"services": services, "tracking": tracking, "door": door, "observers": observers}

    app = Starlette(routes=ROUTES, exception_handlers=web.EXCEPTION_HANDLERS, lifespan=lifespan)
    app.router.redirect_slashes = False  # a wrong path is a 404, never a redirect
    return TrackingFirst(Observed(OpenStreams(app)))


def app_from_environment() -> ASGIApp:
    """The service for the settings in the environment: what each worker process of `serve` loads."""
    return create_app(Settings.from_environment())


async def start(settings: Settings, stack: AsyncExitStack, record: Record = record_nothing) -> Services:
    """Open what the service works with. `stack` closes it again, the log last. `record` takes spans of commits."""
    store, registry, _ = begin(settings)
    remove_old_lists(settings.data, now_ms() / 1000)
    metrics = Metrics()
    cache = RegistryCache(registry, settings.retention_days)
    keys = LiveKeys(settings.key_file, lambda path: open_keys(path, registry))
    resolver = Resolver(policy_of(settings, registry.privacy_choice()))
    live = LiveKnowledge(keys, cache, PeopleCache(registry), RulesInForce(settings), resolver)
    note = WorkerNote(registry, lambda: min(cache.revision, live.people.revision), now_ms)
    stack.callback(note.forget)

    def check_in_place() -> None:
        store.check_in_place()
        registry.check_in_place()
        note.look()  # after the others, so that it says what this process knows

    salts = LiveSalts(store, now_ms)
    parts = (
        *live.parts(monotonic),
        LivePart("salts", salts.look, monotonic),
        LivePart("database", check_in_place, monotonic),
    )
    hub = _hub(settings, store, registry, live)
    stack.push_async_callback(hub.close)
    signing = Signing()
    stack.push_async_callback(signing.close)
    refreshing = Refreshing(
        parts, lambda: metrics.round_ended({part.name: part.age_s() for part in parts}, hub.listeners)
    )
    stack.callback(refreshing.close)
    await refreshing.fresh_look()
    on_commit = traced_commits(record, metrics.on_commit)
    counting = Counting(store, lambda id: KnownCampaigns(registry)[id], lambda: live.rules, now_ms)
    stack.push_async_callback(counting.stop, DRAIN_WITHIN_S)
    bounds = settings.answer_within_ms, settings.queue_hits
    committer = Committer(store, *bounds, on_commit, counting.take)
    stack.push_async_callback(committer.stop, DRAIN_WITHIN_S)
    stack.callback(asyncio.create_task(refreshing.run()).cancel)
    return Services(
        settings=settings,
        store=store,
        registry=registry,
        live=live,
        refreshing=refreshing,
        committer=committer,
        metrics=metrics,
        threads=Threads(),
        hub=hub,
        signing=signing,
        minimiser=Minimiser(salts, lambda: live.rules, settings.keep_address),
        clock=now_ms,
        inbound_notes=InboundNotes(registry),
        wrong_keys=WrongKeys(Proxies(settings.trusted_proxies), now_ms),
    )


def _observers(log: AccessLog | None, record: Record) -> tuple[Observer, ...]:
    """What learns of each answer of the app."""
    logged = () if log is None else (log.note,)
    return logged if record is record_nothing else (*logged, traced_requests(record))


def _hub(settings: Settings, store: Store, registry: Registry, live: LiveKnowledge) -> Hub:
    """The object that serves streams. They leave a quarter of the connections to readers of mail."""
    news = News(store, registry, lambda: live.rules, now_ms, settings.settle_ms)
    most = min(settings.listeners, most_connections(settings.connections) * 3 // 4)
    return Hub(news, live.registry, lambda: jobs_in(settings.data), settings.settle_s, most)


def _tracking(services: Services, log: AccessLog | None) -> Tracking:
    """The object that serves pixels and redirects."""
    settings = services.settings
    agents = AgentBounds(services.metrics.replaced_agent)
    intake = Intake(services.live, settings.message_cap, services.minimiser, agents)
    reader = RequestReader(
        settings.trusted_proxies,
        settings.base_url.startswith("http://"),
        services.metrics.unreadable_forwarded,
    )
    parts = (intake, reader, services.committer, services.metrics.count, services.refreshing.fresh_look)
    return Tracking(*parts) if log is None else LoggedTracking(log, *parts)
