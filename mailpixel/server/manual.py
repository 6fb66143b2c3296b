"""The manual at `/docs`, without account or script; it loads nothing from elsewhere."""

from hashlib import sha256

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailpixel.docs import NAMES, pictures
from mailpixel.docs.rendering import index_html, page_html
from mailpixel.server.services import Services
from mailpixel.server.web_hosts import page_route

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
ASK_AGAIN = {"cache-control": "no-cache"}
"""A browser keeps the page and asks each time whether it changed, so an upgrade shows at once."""


async def index(request: Request) -> Response:
    """The list of pages."""
    services: Services = request.state.services
    return _unless_known(request, await services.threads.checks.run(index_html))


async def page(request: Request) -> Response:
    """One page or picture; 404 when no page has this name."""
    services: Services = request.state.services
    name = request.path_params["name"]
    if name in pictures():
        return _unless_known(request, pictures()[name], "image/png")
    if name not in NAMES:
        raise HTTPException(404)
    return _unless_known(request, await services.threads.checks.run(page_html, name))


def _unless_known(request: Request, body: bytes, media_type: str = "text/html") -> Response:
    """The page or picture, or 304 for a client that already has it."""
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    headers = HEADERS | ASK_AGAIN | {"etag": tag}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


ROUTES = [
    page_route("/docs", index),
    page_route("/docs/{name}", page),
]
