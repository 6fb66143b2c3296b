"""A form is accepted only from a page of ours: it repeats a value made from the cookie, which other sites cannot read.

Browsers besides say where a request comes from, in `Sec-Fetch-Site`; where they do, it must be this origin.
"""

import hmac

from starlette.requests import Request

LABEL = b"mailpixel.csrf"


def token_of(cookie: str) -> str:
    """The value of the hidden field for the holder of this cookie. It does not reveal the cookie."""
    return hmac.digest(cookie.encode(), LABEL, "sha256").hex()


def is_same_origin(request: Request) -> bool:
    """Whether the browser says that the request comes from this origin, or says nothing."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def is_ours(request: Request, cookie: str, token: str) -> bool:
    """Whether a form with this hidden value comes from a page that the holder of the cookie saw."""
    return (
        bool(cookie)
        and is_same_origin(request)
        and hmac.compare_digest(token_of(cookie).encode(), token.encode())
    )
