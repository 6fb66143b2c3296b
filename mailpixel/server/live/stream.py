"""The answer that a listener reads: one event after the other, until the client or the service ends."""

import asyncio
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mailpixel.server.errors import NO_STORE
from mailpixel.server.live.feed import Feed
from mailpixel.server.live.frames import PING, RETRY, Kind
from mailpixel.server.live.hub import Hub
from mailpixel.server.live.listener import Listener

PING_EVERY_S = 20.0
STREAM_HEADERS = {**NO_STORE, "x-accel-buffering": "no", "connection": "close"}
"""nginx passes every event on at once when it sees the second. The connection carries nothing else afterwards."""
OPEN = "mailpixel.open"
"""Where the state of a request holds what serves the rest of an answer that has no end."""


class OpenStreams:
    """Serves the rest of answers without an end, outside of the app.

    A listener waits for hours, and the app's frames and its request would take a quarter of the memory of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app(scope, receive, send)
        serve = scope["state"].get(OPEN) if scope["type"] == "http" else None
        if serve is not None:
            scope["headers"] = []
            await serve(receive, send)


class EventStream(Response):
    """Sends a listener the news of a campaign. `since` is the last place in the log that the client has, or empty."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, campaign: str, listener: Listener, since: str = "") -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(STREAM_HEADERS)
        self._hub = hub
        self._campaign = campaign
        self._listener = listener
        self._since = since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin to serve the request. `OpenStreams` serves the rest, after the app has let go of it."""
        feed = self._hub.join(self._campaign, self._listener)
        try:
            place = await self._hub.begin(feed, self._listener)
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await _say(send, RETRY + await self._missed(place))
        except BaseException:
            self._hub.leave(feed, self._listener)
            raise
        scope["state"][OPEN] = partial(self._serve, feed)

    async def _serve(self, feed: Feed, receive: Receive, send: Send) -> None:
        listener = self._listener
        gone = asyncio.ensure_future(_gone(receive))
        gone.add_done_callback(lambda _: listener.wake())
        try:
            while not (gone.done() or listener.ended or self._hub.ended):
                await self._next(send, feed)
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self._hub.leave(feed, listener)

    async def _next(self, send: Send, feed: Feed) -> None:
        """Send what is new. Without any, wait for it, and send a comment when nothing comes for long."""
        text = feed.take(self._listener)
        if not text:
            woken = await self._listener.wait(PING_EVERY_S)
            text = b"" if woken else PING
        if text:
            await _say(send, text)

    async def _missed(self, until: str) -> bytes:
        """What came while the client was away."""
        if not self._since or Kind.HIT not in self._listener.kinds:
            return b""
        return await self._hub.in_thread(self._hub.news.resumed, self._campaign, self._since, until)


async def _say(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _gone(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
