"""Files that programs request from every site: robots.txt, an icon, gpc.json, and files for app links."""

import logging
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mailpixel.files import open_to_read
from mailpixel.server.services import Services
from mailpixel.traffic.facts import GPC

ROBOTS = """# Nothing here is for search engines: links in mail are signed for one reader each.
User-agent: *
Allow: /.well-known/
Disallow: /
"""
"""Apple's and Google's fetchers of app-link files obey robots.txt, so their folder stays allowed."""

APP_LINK_FILES = {
    "/.well-known/apple-app-site-association": "apple-app-site-association",
    "/apple-app-site-association": "apple-app-site-association",
    "/.well-known/assetlinks.json": "assetlinks.json",
}
"""The file name in `MAILPIXEL_WELL_KNOWN`, by path.

Sources, read 2026-11: developer.apple.com, Supporting associated domains (at most 128 kB, no redirect);
developer.android.com, Verify App Links (application/json, no redirect).
"""
MOST_BYTES = 131_072
GPC_SINCE = "2026-11-28"
"""The day from which Sec-GPC is heeded on web sites as well as in mail."""

log = logging.getLogger(__name__)


async def robots(request: Request) -> Response:
    """Ask search engines to stay away."""
    return PlainTextResponse(ROBOTS, headers={"cache-control": "max-age=86400"})


async def favicon(request: Request) -> Response:
    """Answer that there is no icon."""
    return Response(status_code=204, headers={"cache-control": "max-age=86400"})


async def gpc(request: Request) -> Response:
    """Whether Global Privacy Control is heeded, and since when. Source: W3C, Global Privacy Control, 2026-11."""
    services: Services = request.state.services
    heeded = bool(services.live.resolver.refusals & GPC)
    return JSONResponse({"gpc": heeded, "lastUpdate": GPC_SINCE}, headers={"cache-control": "max-age=86400"})


async def app_link_file(request: Request) -> Response:
    """The file as it is now; 404 where there is none."""
    services: Services = request.state.services
    folder = services.settings.well_known
    if folder is None:
        raise HTTPException(404)
    content = await services.threads.checks.run(read_file, folder / APP_LINK_FILES[request.scope["path"]])
    if content is None:
        raise HTTPException(404)
    return Response(content, media_type="application/json", headers={"cache-control": "max-age=300"})


def read_file(path: Path) -> bytes | None:
    """The content; None where there is no readable file, or one larger than 128 KiB."""
    try:
        with open_to_read(path) as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    if len(content) > MOST_BYTES:
        _say_too_large(path)
        return None
    return content


@cache
def _say_too_large(path: Path) -> None:
    """Log it once, because anyone may ask again and again."""
    log.error("%s is larger than %d bytes and is not served", path, MOST_BYTES)


ROUTES = [
    Route("/robots.txt", robots),
    Route("/favicon.ico", favicon),
    Route("/.well-known/gpc.json", gpc),
    *(Route(path, app_link_file) for path in APP_LINK_FILES),
]
