"""The hosts on which pages answer: `MAILPIXEL_WEB_HOSTS`.

On other hosts pages are 404, but tracking and the API work.
"""

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailpixel.server.services import Services

Endpoint = Callable[[Request], Awaitable[Response]]


def page_route(path: str, endpoint: Endpoint) -> Route:
    """The route of a page."""

    @wraps(endpoint)
    async def on_web_hosts(request: Request) -> Response:
        services: Services = request.state.services
        hosts = services.settings.web_hosts
        if hosts and asked_host(request) not in hosts:
            raise HTTPException(404)
        return await endpoint(request)

    return Route(path, on_web_hosts)


def asked_host(request: Request) -> str:
    """The host that a request names, as the server sees it: lower case, without port and final dot; may be empty."""
    asked = request.headers.get("host", "").strip()
    host, _, port = asked.rpartition(":")
    return (host if host and (port.isdecimal() or not port) else asked).rstrip(".").lower()
