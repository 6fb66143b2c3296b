"""`/static/{name}`: style sheets and scripts of the pages and of the manual. A name changes with its content."""

from collections.abc import Mapping
from functools import cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailpixel.docs.rendering import style, style_name
from mailpixel.pages.static import StaticFile, static_files
from mailpixel.server.services import Services
from mailpixel.server.web_hosts import page_route

HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@cache
def served() -> Mapping[str, StaticFile]:
    """Every file by the name in its URL."""
    manual = StaticFile(style_name(), style(), "text/css")
    return {each.name: each for each in (manual, *static_files().values())}


async def static_file(request: Request) -> Response:
    """A file, which a browser keeps for a year; 404 for an unknown or former name."""
    services: Services = request.state.services
    files = await services.threads.checks.run(served)
    found = files.get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return Response(found.content, media_type=found.media, headers=HEADERS)


ROUTES = [page_route("/static/{name}", static_file)]
