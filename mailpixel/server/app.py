"""The whole service as one ASGI app.

`create_app(settings)` gives the app; what it works with is made when it starts and travels in the lifespan state.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailpixel.classify.operator_file import RulesInForce
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.directory import Directory
from mailpixel.ingest.intake import Intake
from mailpixel.links.keyring import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.server import api, health, optout
from mailpixel.server.hits import Reader
from mailpixel.server.metrics import Metrics
from mailpixel.server.pages import HOME_PAGE
from mailpixel.server.services import Services
from mailpixel.server.tracking import Front, Tracking, now_ms, refresh
from mailpixel.settings import Settings
from mailpixel.store.sqlite import open_sqlite

FRESH_EVERY_S = 0.5
"""How often each worker asks the registry for news: a new campaign is in force well within two seconds."""

DRAIN_WITHIN_S = 10.0

log = logging.getLogger(__name__)


async def home(request: Request) -> Response:
    """A page that says what this is and where to look."""
    return HTMLResponse(HOME_PAGE)


ROUTES = [Route("/", home), *health.ROUTES, *optout.ROUTES, *api.ROUTES]


def create_app(settings: Settings) -> ASGIApp:
    """The service for these settings."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            services = await start(settings, stack)
            reader = Reader(settings.trusted_proxies, settings.base_url.startswith("http://"))
            tracking = Tracking(services.intake, reader, services.committer, services.metrics.count)
            yield {"services": services, "tracking": tracking}

    app = Starlette(routes=ROUTES, exception_handlers=api.EXCEPTION_HANDLERS, lifespan=lifespan)
    app.router.redirect_slashes = False  # a path is right or it is a 404
    return Front(app)


def app_from_environment() -> ASGIApp:
    """The service for the settings in the environment: what each worker process of `serve` loads."""
    return create_app(Settings.from_environment())


async def start(settings: Settings, stack: AsyncExitStack) -> Services:
    """Open what the service works with; `stack` closes it again, the log last."""
    store, registry = open_sqlite(settings.database)
    signer = TokenSigner(load_keyring(settings.key_file))
    metrics = Metrics()
    directory = Directory(registry, settings.retention_days)
    await refresh(directory)
    committer = Committer(store, settings.answer_within_ms, settings.queue_hits, metrics.on_commit)
    stack.push_async_callback(committer.stop, DRAIN_WITHIN_S)
    intake = Intake(signer, directory, settings.message_cap, settings.keep_address)
    refreshing = asyncio.create_task(_keep_fresh(settings, intake, metrics))
    stack.callback(refreshing.cancel)
    return Services(
        settings=settings,
        store=store,
        registry=registry,
        signer=signer,
        in_force=RulesInForce(settings, lambda error: log.error("the rules stay as they were: %s", error)),
        directory=directory,
        intake=intake,
        committer=committer,
        metrics=metrics,
        clock=now_ms,
    )


async def _keep_fresh(settings: Settings, intake: Intake, metrics: Metrics) -> None:
    """Take in new campaigns, corrected links, opt-outs and rotated keys, twice a second."""
    changed_at = settings.key_file.stat().st_mtime_ns
    while True:
        await asyncio.sleep(FRESH_EVERY_S)
        metrics.flush()
        await refresh(intake.directory)
        with suppress(OSError):
            now_changed_at = settings.key_file.stat().st_mtime_ns
            if now_changed_at != changed_at:
                intake.signer = TokenSigner(load_keyring(settings.key_file))
                changed_at = now_changed_at
