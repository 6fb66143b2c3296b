"""The whole service as one ASGI app.

`create_app(settings)` gives the app. Its services are made when it starts and travel in the lifespan state.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from mailpixel.ingest.agent_bounds import AgentBounds
from mailpixel.ingest.intake import Intake
from mailpixel.server import api, choice, health, inbound, manual, site_files, static_files, web
from mailpixel.server.access_log import AccessLog, LoggedTracking, access_log
from mailpixel.server.descriptors import most_connections
from mailpixel.server.door import Door
from mailpixel.server.live.stream import OpenStreams
from mailpixel.server.observing import Observed, Observer
from mailpixel.server.request_reader import RequestReader
from mailpixel.server.services import Services
from mailpixel.server.starting import start
from mailpixel.server.traced import traced_requests
from mailpixel.server.tracking import Tracking
from mailpixel.server.tracking_first import TrackingFirst
from mailpixel.settings import Settings
from mailpixel.tracing import Record, record_nothing, traces

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


def _observers(log: AccessLog | None, record: Record) -> tuple[Observer, ...]:
    """What learns of each answer of the app."""
    logged = () if log is None else (log.note,)
    return logged if record is record_nothing else (*logged, traced_requests(record))


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
