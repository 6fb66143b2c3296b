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
from mailpixel.links.surfaces import LINK, PIXEL, SITE
from mailpixel.server import (
    api,
    choice,
    demonstration_shop,
    health,
    inbound,
    manual,
    site_files,
    static_files,
    web,
)
from mailpixel.server.access_log import AccessLog, LoggedSiteTracking, LoggedTracking, access_log
from mailpixel.server.descriptors import most_connections
from mailpixel.server.door import Door
from mailpixel.server.live.stream import OpenStreams
from mailpixel.server.observing import Observed, Observer
from mailpixel.server.request_reader import RequestReader
from mailpixel.server.services import Services
from mailpixel.server.serving import Serving
from mailpixel.server.site_scripts import SiteScripts
from mailpixel.server.site_tracking import SiteService, SiteTracking
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
    *demonstration_shop.ROUTES,
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
            serving, door = _serving(services, log), Door(most_connections(settings.connections))
            services.metrics.watch(door.ended)
            observers = _observers(log, record)
            yield {"services": services, "serving": serving, "door": door, "observers": observers}

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


def _serving(services: Services, log: AccessLog | None) -> Serving:
    """What serves each surface that takes hits."""
    settings, metrics = services.settings, services.metrics
    intake = Intake(
        services.live, settings.message_cap, services.minimiser, AgentBounds(metrics.replaced_agent)
    )
    reader = RequestReader(
        settings.trusted_proxies,
        settings.base_url.startswith("http://"),
        metrics.unreadable_forwarded,
    )
    rest = (reader, services.committer, metrics.count, services.refreshing.fresh_look)
    of_sites = SiteService(services.site_intake, SiteScripts(settings.base_url))
    if log is None:
        mail, sites = Tracking(intake, *rest), SiteTracking(of_sites, *rest)
    else:
        mail, sites = LoggedTracking(log, intake, *rest), LoggedSiteTracking(log, of_sites, *rest)
    return {PIXEL: mail, LINK: mail, SITE: sites}
