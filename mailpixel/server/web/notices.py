"""A notice is shown once, on the next page. A cookie carries it, with a code that other sites cannot make."""

import base64
import binascii
import hmac
import json

from starlette.requests import Request
from starlette.responses import Response

from mailpixel.server.session import full_name, is_secure

COOKIE = "mailpixel_notice"
MOST_CHARS = 600
CODE_BYTES = 16


def leave(request: Request, response: Response, text: str, secret: str) -> None:
    """Leave a notice for the next page of the browser that holds this cookie."""
    body = json.dumps(text[:MOST_CHARS]).encode()
    value = base64.urlsafe_b64encode(_code(secret, body) + body).decode()
    response.set_cookie(
        full_name(request, COOKIE),
        value,
        max_age=60,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def found(request: Request, secret: str) -> list[str]:
    """The notice that was left for the holder of this cookie."""
    try:
        raw = base64.urlsafe_b64decode(request.cookies.get(full_name(request, COOKIE), ""))
        body = raw[CODE_BYTES:]
        if secret and hmac.compare_digest(raw[:CODE_BYTES], _code(secret, body)):
            return [str(json.loads(body))]
    except (ValueError, binascii.Error):
        pass
    return []


def drop(request: Request, response: Response) -> None:
    """Take the notice away: it was shown."""
    name = full_name(request, COOKIE)
    if name in request.cookies:
        response.delete_cookie(name, path="/", secure=is_secure(request), httponly=True, samesite="lax")


def _code(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"mailpixel.notice" + body, "sha256")[:CODE_BYTES]
