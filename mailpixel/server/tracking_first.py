"""Tracking as a bare ASGI callable in front of the app, because a Starlette route costs more than all of tracking."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from mailpixel.links.surfaces import Surface, surface_of
from mailpixel.server.request_reader import TrackingRequest
from mailpixel.server.tracking import UNSURE, Tracking
from mailpixel.times import now_ms


class TrackingFirst:
    """The outermost ASGI callable: hits go to `Tracking`, everything else to the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. A proxy that joins a root and a path may double the slash between them."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"][:2] == "//":
            scope = {**scope, "path": "/" + scope["path"].lstrip("/")}
        surface = surface_of(scope["path"])
        if surface is not None and surface.takes_hits:
            await serve(request_of(surface, scope), scope["state"]["tracking"], send)
        else:
            await self._app(scope, receive, send)


async def serve(request: TrackingRequest, tracking: Tracking, send: Send) -> None:
    """Answer one request after the commit, or when the time limit comes first."""
    reply, receipt = tracking.answer(request, now_ms())
    if receipt.outcome in UNSURE:
        await tracking.fresh_look()
        reply, receipt = tracking.answer(request, now_ms())
    answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    tracking.take(request.surface, receipt, answered.set_result)
    await answered
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.all_headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else reply.body})


def request_of(surface: Surface, scope: Scope) -> TrackingRequest:
    """The request of an ASGI scope."""
    client = scope["client"]
    return TrackingRequest(
        surface,
        scope["method"],
        scope["path"],
        scope["query_string"],
        scope["headers"],
        client[0] if client else "",
    )
