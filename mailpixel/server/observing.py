"""Tells observers what became of each request to the app: the access log, and traces.

They learn the route, not the path: a path may hold a token or an id. Hits do not pass here.
"""

import time
from collections.abc import Callable, Sequence

from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_ROUTE = "(none)"
"""The route of a path that no route matches."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""The method of a request with any other one, which is text of the client."""


class Answered(Struct, frozen=True):
    """One request and its answer.

    `route` is the template, as `/api/campaigns/{id}`. `began_ns` and `ended_ns` are since 1970. `status` is 0
    where the connection ended before an answer. `size_bytes` is the size of the body. `key` is the name of the
    API key, or of the person signed in; None without one.
    """

    route: str
    method: str
    status: int
    size_bytes: int
    began_ns: int
    ended_ns: int
    key: str | None = None


Observer = Callable[[Answered], None]


class Observed:
    """The app, watched by the observers in its lifespan state. Without any it costs nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        observers = scope.get("state", {}).get("observers", ())
        if scope["type"] == "http" and observers:
            await _watched(self._app, (scope, receive, send), observers)
        else:
            await self._app(scope, receive, send)


async def _watched(app: ASGIApp, call: tuple[Scope, Receive, Send], observers: Sequence[Observer]) -> None:
    scope, receive, send = call
    status, size_bytes, began_ns = 0, 0, time.time_ns()

    async def watched(message: Message) -> None:
        nonlocal status, size_bytes
        if message["type"] == "http.response.start":
            status = message["status"]
        elif scope["method"] != "HEAD":
            size_bytes += len(message.get("body", b""))
        await send(message)

    try:
        await app(scope, receive, watched)
    finally:
        answered = Answered(
            route=route_of(scope),
            method=method_of(scope["method"]),
            status=status,
            size_bytes=size_bytes,
            began_ns=began_ns,
            ended_ns=time.time_ns(),
            key=scope["state"].get("key_name"),
        )
        for observer in observers:
            observer(answered)


def route_of(scope: Scope) -> str:
    """The template of the route that a request was routed to."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def method_of(method: str) -> str:
    """The method, if it is one of those that are served."""
    return method if method in METHODS else OTHER
