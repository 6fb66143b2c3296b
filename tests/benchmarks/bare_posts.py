"""The reference: an ASGI app that reads the body of a post and answers 204, and does nothing else."""

from starlette.types import Receive, Scope, Send

from mailpixel.server.replies import TAKEN_HEADERS


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to everything."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": list(TAKEN_HEADERS)})
    await send({"type": "http.response.body", "body": b""})
