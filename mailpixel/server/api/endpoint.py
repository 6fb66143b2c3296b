"""An endpoint as a row of a table: its input, scope and answer, and how it runs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from mailpixel.reading.shapes import Shape, read_shape
from mailpixel.server.api.body import (
    JSON_TYPES,
    LINE_TYPES,
    check_kind,
    check_type,
    is_json,
    is_lines,
    parsed,
    read_body,
)
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.query import read_query
from mailpixel.server.auth import authenticate
from mailpixel.server.services import Services
from mailpixel.server.session import scopes_of, session_of
from mailpixel.server.threads import Lane
from mailpixel.store.mails import MAIL_BYTES


@dataclass(frozen=True, slots=True)
class Call:
    """One request as its handler sees it: checked and read.

    `query` and `body` are of the shapes that the endpoint names; `by` is the name of the API key.
    """

    services: Services
    request: Request
    path: Mapping[str, str]
    query: Any
    body: Any
    by: str

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.services.now


Handler = Callable[[Call], object]
"""Returns a JSON value or a `Response`. It runs in a thread, so it may block briefly.

For longer work it returns an awaitable of either, which runs on the event loop.
"""

SMALL_BYTES = 16_384
"""A body up to this size is parsed on the event loop, which takes no longer than handing it to a thread and back."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. `scope` None: no key is needed. `handler` None: served elsewhere, only listed here.

    `query` and `body` are the shapes of the query string and of a JSON body;
    `answer` is the schema of the JSON answer by its name in the document;
    `media` its kinds when it is not plain JSON, `row` the schema of a line where NDJSON is one of them.
    `stream` is another handler for the same body as lines, any number of
    them; each is answered by lines of the schema `{answer}Line`. `lines`: a body without a content type is lines.
    `takes` are the content types of a body of at most `MAIL_BYTES` that the handler gets as bytes.
    `sessions`: the cookie of a person who is signed in is enough, too.
    """

    method: str
    path: str
    handler: Handler | None
    scope: str | None
    summary: str
    answer: str | None
    query: type[Shape] = Shape
    body: type[Shape] | None = None
    lines: bool = False
    status: int = 200
    media: Sequence[str] = ()
    fails: Sequence[int] = ()
    sessions: bool = False
    row: str | None = None
    stream: Handler | None = None
    takes: Sequence[str] = ()

    async def run(self, request: Request) -> Response:
        """Answer a request; errors are raised."""
        services: Services = request.state.services
        by = await self._named(request, self.scope) if self.scope else ""
        query = read_query(request.query_params.multi_items(), self.query)
        handler = self.stream if self._takes_lines(request) else self.handler
        assert handler is not None  # noqa: S101 - what is only listed has no route
        body: Shape | bytes | None = None
        if self.takes:
            check_kind(request, self.takes)
            body = await read_body(request, min(services.settings.body_bytes, MAIL_BYTES))
        elif self.body is not None and handler is not self.stream:
            body = await self._read(request, self.body)
        call = Call(services, request, request.path_params, query, body, by)
        answer = await self._lane(services).run(self._answered, handler, call)
        return await self._waited_for(answer) if isinstance(answer, Awaitable) else answer

    async def _named(self, request: Request, scope: str) -> str:
        """The name of the key, or of the person whose browser asks. Raises `HTTPException`."""
        if self.sessions and "authorization" not in request.headers:
            session = await session_of(request)
            if session is not None and scope in scopes_of(session):
                return session.name
        return (await authenticate(request, scope)).name

    def _lane(self, services: Services) -> Lane:
        return services.threads.api_reads if self.method == "GET" else services.threads.api_writes

    def _takes_lines(self, request: Request) -> bool:
        """Whether the body is lines. Raises `HTTPException` 415 for a body of another kind."""
        if self.body is None:
            return False
        check_type(request, LINE_TYPES if self.stream else JSON_TYPES)
        return self.stream is not None and (is_lines(request) or (self.lines and not is_json(request)))

    async def _read(self, request: Request, shape: type[Shape]) -> Shape:
        """A JSON body, read in a thread unless it is small. Raises what is wrong with it."""
        services: Services = request.state.services
        text = await read_body(request, services.settings.body_bytes)
        if len(text) <= SMALL_BYTES:
            return read_shape(parsed(text), shape)
        return await self._lane(services).run(lambda: read_shape(parsed(text), shape))

    def _answered(self, handler: Handler, call: Call) -> Response | Awaitable[object]:
        answer = handler(call)
        return answer if isinstance(answer, Awaitable) else self._response(answer)

    async def _waited_for(self, answer: Awaitable[object]) -> Response:
        return self._response(await answer)

    def _response(self, answer: object) -> Response:
        return answer if isinstance(answer, Response) else answer_json(answer, self.status)


def routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """One route a path, which takes the methods of its endpoints and no other, not even HEAD."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        if endpoint.handler is not None:
            by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [_route(path, methods) for path, methods in by_path.items()]


class _OwnPath(Route):
    """A route that answers for its path whatever the method: a wrong one is 405, and no wider path gets the request."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return (Match.FULL if match is Match.PARTIAL else match), child


def _route(path: str, methods: Mapping[str, Endpoint]) -> Route:
    async def dispatch(request: Request) -> Response:
        return await methods[request.method].run(request)

    route = _OwnPath(path, dispatch, methods=list(methods))
    # Starlette adds HEAD to GET, and would make a whole export to throw it away.
    route.methods = set(methods)
    return route
