"""Tracking as a bare ASGI callable in front of the app, because a Starlette route costs more than all of tracking."""

import asyncio

from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from mailpixel.links.surfaces import Surface, surface_of
from mailpixel.server.bounds import SITE_BODY_S
from mailpixel.server.request_reader import TrackingRequest
from mailpixel.server.serving import Server
from mailpixel.site.envelope import BODY_BYTES
from mailpixel.times import now_ms


class TrackingFirst:
    """The outermost ASGI callable: hits go to what serves their surface, everything else to the app."""

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
        if surface is None or not surface.takes_hits:
            await self._app(scope, receive, send)
            return
        request = request_of(surface, scope)
        if surface.takes_posts and request.method == "POST":
            body = await body_of(receive)
            if body is None:
                return
            request = replace(request, body=body)
        await serve(request, scope["state"]["serving"][surface], send)


async def body_of(receive: Receive) -> bytes | None:
    """The body of a post, cut one byte past the bound; empty when its end did not come in time.

    None: the client has gone.
    """
    body = b""
    try:
        async with asyncio.timeout(SITE_BODY_S):
            while len(body) <= BODY_BYTES:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        return b""
    return body[: BODY_BYTES + 1]


async def serve(request: TrackingRequest, server: Server, send: Send) -> None:
    """Answer one request after the commit, or when the time limit comes first."""
    reply, receipt = server.answer(request, now_ms())
    if receipt.outcome in server.unsure:
        await server.fresh_look()
        reply, receipt = server.answer(request, now_ms())
    answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    server.take(request.surface, receipt, answered.set_result)
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
