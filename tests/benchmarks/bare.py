"""The reference: an ASGI app that answers a constant GIF and does nothing else."""

from starlette.types import Receive, Scope, Send

from mailpixel.server.replies import PIXEL_GIF, PIXEL_HEADERS


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The pixel's answer to everything."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(PIXEL_HEADERS)})
    await send({"type": "http.response.body", "body": PIXEL_GIF})
