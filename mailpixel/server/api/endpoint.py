"""An endpoint as a row of a table: what it takes, who may ask, what it answers, and how it is run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mailpixel.server.api.body import LINE_TYPES, check_type, is_lines, read_json
from mailpixel.server.api.fields import Field, read_object
from mailpixel.server.api.query import read_query
from mailpixel.server.auth import authenticate
from mailpixel.server.errors_to_json import NO_STORE
from mailpixel.server.services import Services


@dataclass(frozen=True, slots=True)
class Call:
    """One request as its handler sees it: checked and read. `by` is the name of the API key."""

    services: Services
    request: Request
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    by: str

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return datetime.fromtimestamp(self.services.clock() / 1000, UTC)


Handler = Callable[[Call], object]
"""Gives a JSON value, or a `Response`. Runs in a thread: it may block."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. `scope` None: anybody may ask; `handler` None: served beside the API, told of only.

    `body` are the fields of a JSON body, or of each line where `lines`; `answer` is the schema of the JSON answer
    by its name in the document, or of each line; `media` its kinds when it is not plain JSON. `stream` is another
    handler for the same body as lines, any number of them; each is answered by a line.
    """

    method: str
    path: str
    handler: Handler | None
    scope: str | None
    summary: str
    answer: str | None
    query: Sequence[Field] = ()
    body: Sequence[Field] | None = None
    lines: bool = False
    status: int = 200
    media: Sequence[str] = ()
    fails: Sequence[int] = ()
    stream: Handler | None = None

    async def run(self, request: Request) -> Response:
        """Answer a request; errors are raised."""
        by = (await authenticate(request, self.scope)).name if self.scope else ""
        query = read_query(request.query_params.multi_items(), self.query)
        stream = self.stream if is_lines(request) else None
        if self.lines:
            check_type(request, LINE_TYPES)
        body: Mapping[str, Any] = {}
        services: Services = request.state.services
        if self.body is not None and not self.lines and stream is None:
            body = read_object(await read_json(request, services.settings.body_bytes), self.body)
        call = Call(services, request, request.path_params, query, body, by)
        handler = stream or self.handler
        assert handler is not None  # noqa: S101 - what is only told of has no route
        return await run_in_threadpool(self._respond, handler, call)

    def _respond(self, handler: Handler, call: Call) -> Response:
        answer = handler(call)
        return answer if isinstance(answer, Response) else JSONResponse(answer, self.status, NO_STORE)


def routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """One route a path, which takes the methods of its endpoints and no other, not even HEAD."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        if endpoint.handler is not None:
            by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [_route(path, methods) for path, methods in by_path.items()]


def _route(path: str, methods: Mapping[str, Endpoint]) -> Route:
    async def dispatch(request: Request) -> Response:
        return await methods[request.method].run(request)

    route = Route(path, dispatch, methods=list(methods))
    # Starlette adds HEAD to GET, and would make a whole export to throw it away.
    route.methods = set(methods)
    return route
