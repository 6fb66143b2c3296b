"""Errors for people who are signed in: a page in the frame of the others. Everyone else sees the plain page."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from mailpixel.errors import MailpixelError, StoreUnavailable
from mailpixel.pages import Frame, render
from mailpixel.server.errors import FOR_PROGRAMS, answer_error, answer_nobody, status_of
from mailpixel.server.session import cookie_of, scopes_of, session_of
from mailpixel.server.web.csrf import token_of
from mailpixel.server.web.policy import HEADERS
from mailpixel.server.web_hosts import is_web_host
from mailpixel.store.sign_ins import Session

TEXTS = {
    400: ("This form could not be read", "Go back and try again."),
    403: ("Your sign-in does not allow this", "Sign in with a key that allows it."),
    404: ("There is no such page", "What you are looking for does not exist, or no longer exists."),
    405: ("This request is not possible", "Go back and try again."),
    409: ("This was changed in the meantime", "Go back, load the page again and repeat the change."),
    413: ("This is too large", "Choose a smaller file."),
    422: ("This page does not know these options", "Go back, or begin from the list of campaigns."),
    500: (
        "Something went wrong on our side",
        "Try again in a few minutes. The log of the service says more.",
    ),
    501: ("A package is not installed", "Install it where the service runs, and start the service again."),
    503: (
        "The data cannot be read right now",
        "Try again in a minute. `mailpixel doctor` says what is wrong.",
    ),
}
"""The title and the remedy, by status. Other statuses use those of 500."""
IN_WORDS = frozenset({400, 403, 404, 409, 413, 422, 501, 503})
"""Statuses whose error is shown in its own words, besides."""


async def answer_page_error(request: Request, error: Exception) -> Response:
    """The answer to a request that failed."""
    plain = await answer_error(request, error)
    path = request.scope["path"]
    if path.startswith("/api/") or path in FOR_PROGRAMS or not is_web_host(request):
        return plain
    session, is_known = await _session(request)
    if session is None and is_known:
        return plain
    headers = dict(HEADERS) | {
        name: plain.headers[name] for name in ("allow", "retry-after") if name in plain.headers
    }
    return HTMLResponse(_page(request, session, error), status_of(error), headers)


async def _session(request: Request) -> tuple[Session | None, bool]:
    """Who is signed in, and whether that is known: without the store it is not, and the frame names nobody."""
    try:
        return await session_of(request), True
    except StoreUnavailable:
        return None, False


def _page(request: Request, session: Session | None, error: Exception) -> str:
    status = status_of(error)
    title, remedy = TEXTS.get(status, TEXTS[500])
    name = "" if session is None else session.name
    frame = Frame(name, scopes_of(session), token_of(cookie_of(request)))
    return render("error.html", frame, title=title, problem=_problem(error, status), remedy=remedy)


def _problem(error: Exception, status: int) -> str:
    """What the error says itself, where it is ours and says more than the title."""
    if status not in IN_WORDS:
        return ""
    if isinstance(error, HTTPException):
        return error.detail if error.detail and " " in error.detail and not error.detail.istitle() else ""
    return str(error) if isinstance(error, MailpixelError) else ""


EXCEPTION_HANDLERS: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    MailpixelError: answer_page_error,
    HTTPException: answer_page_error,
    ClientDisconnect: answer_nobody,
    Exception: answer_page_error,
}
