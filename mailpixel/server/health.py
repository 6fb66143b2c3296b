"""`/healthz`, `/readyz` and `/metrics`."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mailpixel.errors import StoreUnavailable
from mailpixel.privacy.retained import periods
from mailpixel.projections.lag import lags_ms
from mailpixel.report.retention import last_run_ms
from mailpixel.server.metrics_access import check_access
from mailpixel.server.services import Services
from mailpixel.server.stored_metrics import stored_exposition, webhook_figures
from mailpixel.spool.state import SpoolState, state_of
from mailpixel.store.projections import FOLD


async def healthz(request: Request) -> Response:
    """200 as long as the process answers."""
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


async def readyz(request: Request) -> Response:
    """200 when hits are written and folded and all knowledge is fresh, else 503.

    JSON
    {"ready","log","pending_hits","spool":{"bytes","age_s","damaged"},"fold","fold_lag_s","consumers":{name:{"lag_s"}},"put_aside","retention_age_s","knowledge":{part:{"fresh","age_s"}}}.
    Of the consumers only the fold affects readiness. The parts of the knowledge are the signing keys, the
    registry, the rules, and whether the database files are in place; ages are in seconds. `put_aside` counts
    messages that could not be judged; they do not keep others from being counted. `retention_age_s` is the time
    since what is past was last removed; null when that never happened or is not known. `spool` says how many bytes of
    hits are in it, how long the oldest waits to be moved into the log, and how many files of damaged bytes there are.
    It is null when that cannot be read.
    """
    state = await _state(request.state.services)
    return JSONResponse(state, 200 if state["ready"] else 503, headers={"cache-control": "no-store"})


async def metrics(request: Request) -> Response:
    """Prometheus text format, for clients allowed to read it."""
    await check_access(request)
    services: Services = request.state.services
    state = await _state(services)
    services.metrics.set_state(services.committer.pending, _lags_s_in(state), state["put_aside"])
    services.metrics.set_spool(state["spool"])
    stored = await services.threads.checks.run(_stored, services, _lags_s_in(state))
    return Response(
        services.metrics.exposition() + stored,
        media_type=CONTENT_TYPE_LATEST,
        headers={"cache-control": "no-store"},
    )


async def _state(services: Services) -> dict[str, Any]:
    lags_s, put_aside, retention_age_s, spool = await services.threads.checks.run(
        lambda: (
            lags_s_of(services),
            put_aside_of(services),
            retention_age_s_of(services),
            spool_of(services),
        )
    )
    lag_s = lags_s[FOLD]
    log = "failing" if services.committer.failing else "ok"
    fold = "unknown" if lag_s is None else "behind" if lag_s > services.settings.ready_lag_s else "ok"
    if lag_s is None:  # perhaps because the database was removed: say so at once, not at the next look
        await services.refreshing.fresh_look()
    return {
        "ready": log == "ok"
        and fold == "ok"
        and spool is not None
        and spool.age_ms <= services.settings.ready_lag_s * 1000
        and services.refreshing.is_fresh(),
        "log": log,
        "pending_hits": services.committer.pending,
        "spool": None
        if spool is None
        else {"bytes": spool.size_bytes, "age_s": spool.age_ms / 1000, "damaged": spool.damaged},
        "fold": fold,
        "fold_lag_s": lag_s,
        "consumers": {name: {"lag_s": lag_s} for name, lag_s in lags_s.items()},
        "put_aside": put_aside,
        "retention_age_s": retention_age_s,
        "knowledge": {
            part.name: {"fresh": part.fresh, "age_s": round(part.age_s(), 1)}
            for part in services.refreshing.parts
        },
    }


def lags_s_of(services: Services) -> Mapping[str, float | None]:
    """Seconds that each consumer of the log is behind, by name; None when not known. See `lags_ms`.

    When the store cannot be read it holds only the fold, with None.
    """
    alive_within_ms = services.settings.ready_lag_s * 1000
    try:
        found = lags_ms(services.store, services.registry, services.clock(), alive_within_ms)
    except StoreUnavailable:
        return {FOLD: None}
    return {name: None if lag_ms is None else math.floor(lag_ms / 100) / 10 for name, lag_ms in found.items()}


def _stored(services: Services, lags_s: Mapping[str, float | None]) -> bytes:
    """The metrics of webhooks and retention; nothing when the store cannot be read."""
    try:
        figures = webhook_figures(services.registry, lags_s)
        age_s = retention_age_s_of(services)
        return stored_exposition(replace(figures, retention_age_s=math.inf if age_s is None else age_s))
    except StoreUnavailable:
        return b""


def retention_age_s_of(services: Services) -> float | None:
    """Seconds since every kind was gone through; None when one never was, or when the store cannot be read."""
    registry = services.registry
    try:
        at_ms = last_run_ms(periods(services.settings, registry.privacy_choice()), registry.retention_runs())
    except StoreUnavailable:
        return None
    return None if at_ms is None else max(services.clock() - at_ms, 0) / 1000


def spool_of(services: Services) -> SpoolState | None:
    """The spool as it is now; None when it cannot be read."""
    try:
        return state_of(services.settings.spool, services.store, services.clock())
    except StoreUnavailable:
        return None


def _lags_s_in(state: dict[str, Any]) -> Mapping[str, float | None]:
    return {name: consumer["lag_s"] for name, consumer in state["consumers"].items()}


def put_aside_of(services: Services) -> int | None:
    """How many messages, visits and orders could not be judged; None when the store cannot be read."""
    try:
        return services.store.count_put_aside() + services.store.count_cases_aside()
    except StoreUnavailable:
        return None


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
