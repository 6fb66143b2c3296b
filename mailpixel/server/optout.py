"""The page "do not track me". GET only asks and POST acts, so programs that follow links change nothing."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mailpixel.claims import Claims
from mailpixel.links.surfaces import OPT_OUT
from mailpixel.links.token import Problem
from mailpixel.links.urls import parse_path
from mailpixel.privacy.optout import opt_out
from mailpixel.server.reader_pages import NO_OPT_OUT_PAGE, OPT_OUT_PAGE, OPTED_OUT_PAGE
from mailpixel.server.services import Services

HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}
PATH = OPT_OUT.prefix + "{token:path}"


async def claims_of(request: Request) -> Claims | None:
    """The claims of the token in the path; None unless it is a good message token. Keys added just now count."""
    services: Services = request.state.services
    path = parse_path(request.scope["path"])
    if path is None or path.damaged or path.link is not None:
        return None
    reading = services.live.signer.verify(path.token, OPT_OUT.tokens)
    if reading.problem is Problem.UNKNOWN_KEY:
        await services.refreshing.fresh_look()
        reading = services.live.signer.verify(path.token, OPT_OUT.tokens)
    return reading.claims if reading.problem is None else None


async def ask(request: Request) -> Response:
    """The page with the button."""
    if await claims_of(request) is None:
        return HTMLResponse(NO_OPT_OUT_PAGE, 404, HEADERS)
    return HTMLResponse(OPT_OUT_PAGE, 200, HEADERS)


async def act(request: Request) -> Response:
    """Stop counting this person from now on."""
    claims = await claims_of(request)
    if claims is None:
        return HTMLResponse(NO_OPT_OUT_PAGE, 404, HEADERS)
    services: Services = request.state.services
    run = services.threads.opt_outs.run
    await run(opt_out, services.store, services.registry, claims.recipient, services.now)
    await services.refreshing.fresh_look()
    return HTMLResponse(OPTED_OUT_PAGE, 200, HEADERS)


ROUTES = [Route(PATH, ask, methods=["GET"]), Route(PATH, act, methods=["POST"])]
