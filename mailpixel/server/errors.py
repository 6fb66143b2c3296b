"""Errors: JSON for programs, {"error": {"code", "message", "field"}}, and a page for readers of mail."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from mailpixel.errors import Conflict, InvalidInput, MailpixelError, MissingExtra, NotFound, StoreUnavailable
from mailpixel.server.reader_pages import ERROR_PAGES

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
    429: "too_many_requests",
    500: "internal_error",
    501: "not_installed",
    503: "unavailable",
}
"""The error code, by status."""

STATUSES: tuple[tuple[type[MailpixelError], int], ...] = (
    (InvalidInput, 422),
    (NotFound, 404),
    (Conflict, 409),
    (StoreUnavailable, 503),
    (MissingExtra, 501),
    (MailpixelError, 500),
)
"""The status of each error that mailpixel raises; the first match counts."""

MESSAGES = {
    404: "no such path; GET /api/openapi.json lists all paths",
    405: "this path does not accept this method; see the Allow header",
    500: "internal error; see the log of the service",
}
"""The message of an error that has none."""

RETRY_AFTER_S = 1
FOR_PROGRAMS = frozenset({"/api", "/healthz", "/readyz", "/metrics"})
"""Paths besides `/api/` that only programs request, so errors there are JSON."""
NO_STORE = {"cache-control": "no-store"}
PAGE_HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
}
"""Of the plain page: it loads nothing, and nobody frames it."""
FIELD_CHARS = 200
"""A longer name invented by a client is cut off here."""


def error_json(error: Exception) -> dict[str, object]:
    """The JSON body of an error."""
    status = status_of(error)
    field = error.field[:FIELD_CHARS] if isinstance(error, InvalidInput) else None
    return {"error": {"code": CODES.get(status, "error"), "message": _message(error, status), "field": field}}


def status_of(error: Exception) -> int:
    """The HTTP status for an error."""
    if isinstance(error, HTTPException):
        return error.status_code
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def _message(error: Exception, status: int) -> str:
    if isinstance(error, HTTPException) and status not in MESSAGES:
        return error.detail
    return str(error) if isinstance(error, MailpixelError) else MESSAGES.get(status, MESSAGES[500])


async def answer_error(request: Request, error: Exception) -> Response:
    """The answer to a request that failed."""
    status = status_of(error)
    headers = dict(NO_STORE)
    if status == 503:
        headers["retry-after"] = str(RETRY_AFTER_S)
    if isinstance(error, HTTPException):
        headers |= error.headers or {}
    path = request.scope["path"]
    if path.startswith("/api/") or path in FOR_PROGRAMS:
        return JSONResponse(error_json(error), status, headers)
    return HTMLResponse(ERROR_PAGES.get(status, ERROR_PAGES[500]), status, headers | PAGE_HEADERS)


async def answer_nobody(request: Request, error: Exception) -> Response:
    """The answer to a client that left before the end of its body. Nothing is logged: strangers would fill the log."""
    return Response(status_code=400, headers=NO_STORE)


EXCEPTION_HANDLERS: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    MailpixelError: answer_error,
    HTTPException: answer_error,
    ClientDisconnect: answer_nobody,
    Exception: answer_error,
}
