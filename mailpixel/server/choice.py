"""The page on which a person decides about measurement. GET only shows, POST acts: following links changes nothing.

A choice token may do everything here. A message token, which stands in older mail and in its tracked links, may only
refuse and accept. A POST from another site is allowed, as mail programs send one: the token is the right to act.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mailpixel.claims import Claims, TokenKind
from mailpixel.links.surfaces import OPT_OUT
from mailpixel.links.token import Problem
from mailpixel.links.urls import parse_path
from mailpixel.pages.choice import message_page, style_source
from mailpixel.pages.choice_words import Words, built_in, language_for
from mailpixel.server.api.body import read_body
from mailpixel.server.choosing import Asked, act_on, show, words_for
from mailpixel.server.services import Services

PATH = OPT_OUT.prefix + "{token:path}"
BODY_BYTES = 4_096
MOST_FIELDS = 20
ONE_CLICK = "List-Unsubscribe"
"""The field of the body that a mail program sends for its button (RFC 8058)."""
MOST_WAITING = 32
"""When more people wait for a turn, the next one is asked to come back."""
BUSY = {"retry-after": "60"}


def headers() -> dict[str, str]:
    """The headers of the page: nothing is loaded, kept or passed on, and nobody frames it."""
    own = f"default-src 'none'; style-src {style_source()}; form-action 'self'"
    return {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": f"{own}; base-uri 'none'; frame-ancestors 'none'",
    }


async def claims_of(request: Request) -> Claims | None:
    """The claims of the token in the path; None unless it is good here. Keys added just now count."""
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
    """The page with what holds now."""
    return await _answer(request, await claims_of(request))


async def act(request: Request) -> Response:
    """Do what a button of the page says. The body of a form behind a bad link is not waited for."""
    claims = await claims_of(request)
    if claims is None:
        return await _answer(request, None)
    fields = _fields(request, await read_body(request, BODY_BYTES))
    return await _answer(request, claims, wish_of(fields), fields)


async def _answer(
    request: Request, claims: Claims | None, wish: str = "", fields: Mapping[str, str] | None = None
) -> Response:
    services: Services = request.state.services
    lane = services.threads.opt_outs
    if lane.waiting >= MOST_WAITING:
        return _page(message_page(_built_in(request), "busy_title", "busy"), _built_in(request), 503, BUSY)
    words, languages = await lane.run(words_for, services, *_language_asked(request))
    if claims is None:
        return _page(message_page(words, "wrong_title", "wrong"), words, 404)
    asked = Asked(services, claims.recipient, words, languages, claims.kind is TokenKind.CHOICE)
    if not wish:
        return _page(await lane.run(show, asked), words)
    html = await lane.run(act_on, asked, wish, fields or {})
    await services.refreshing.fresh_look()
    return _page(html, words)


def wish_of(fields: Mapping[str, str]) -> str:
    """The name of what a form asks for. A form without fields is that of older pages, which could only refuse."""
    if ONE_CLICK in fields or not fields:
        return "refuse"
    return fields.get("do", "")


def _language_asked(request: Request) -> tuple[str, str]:
    return request.query_params.get("lang", ""), request.headers.get("accept-language", "")


def _built_in(request: Request) -> Words:
    """Texts that need no look at the registry."""
    known = built_in()
    return known[language_for(*_language_asked(request), known)]


def _fields(request: Request, body: bytes) -> dict[str, str]:
    """The fields of a form, each with its last value. Raises `HTTPException` 400 for a broken one."""
    if request.headers.get("content-type", "").strip().lower().startswith("multipart/form-data"):
        # Mail programs may send their one field so (RFC 8058); the page itself never does.
        return {ONE_CLICK: "One-Click"} if f'name="{ONE_CLICK}"'.encode() in body else {"do": ""}
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(400, "the form is broken; go back and try again") from None


def _page(html: str, words: Words, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(html, status, headers() | {"content-language": words.language} | dict(more or {}))


ROUTES = [Route(PATH, ask, methods=["GET"]), Route(PATH, act, methods=["POST"])]
