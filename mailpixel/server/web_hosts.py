"""The hosts on which pages answer: `MAILPIXEL_WEB_HOSTS`.

On other hosts pages are 404, but tracking and the API work.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailpixel.server.services import Services

Endpoint = Callable[[Request], Awaitable[Response]]


def page_route(path: str, endpoint: Endpoint, methods: Sequence[str] = ("GET",)) -> Route:
    """The route of a page."""

    @wraps(endpoint)
    async def on_web_hosts(request: Request) -> Response:
        if not is_web_host(request):
            raise HTTPException(404)
        return await endpoint(request)

    return Route(path, on_web_hosts, methods=list(methods))


def is_web_host(request: Request) -> bool:
    """Whether pages answer on the host that a request names."""
    services: Services = request.state.services
    hosts = services.settings.web_hosts
    return not hosts or asked_host(request) in hosts


def asked_host(request: Request) -> str:
    """The host that a request names, as the server sees it: lower case, without port and final dot; may be empty."""
    asked = request.headers.get("host", "").strip()
    host, _, port = asked.rpartition(":")
    return (host if host and (port.isdecimal() or not port) else asked).rstrip(".").lower()
