"""Who is signed in. The cookie holds a random text, of which the registry knows only the SHA-256.

A session ends at sign-out, after 12 hours, or within two seconds of its API key being revoked.
By https a cookie's name begins with `__Host-`: no other host, not even one of the same domain, can set it.
"""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from mailpixel.bearer import digest_of
from mailpixel.links.hosts import is_loopback
from mailpixel.server.auth import GRANTS
from mailpixel.server.metrics_access import is_forwarded
from mailpixel.server.services import Services
from mailpixel.server.web_hosts import asked_host
from mailpixel.store.sign_ins import Session

COOKIE = "mailpixel"
PRE_COOKIE = "mailpixel_pre"
"""The cookie of a person who is not signed in; forms of the sign-in page are bound to it."""
LASTS = timedelta(hours=12)
COOKIE_CHARS = 100


def cookie_of(request: Request, name: str = COOKIE) -> str:
    """The cookie as sent; empty without one, and for one that cannot be ours."""
    value = request.cookies.get(full_name(request, name), "")
    return value if len(value) <= COOKIE_CHARS and value.isascii() else ""


async def session_of(request: Request) -> Session | None:
    """The session of the request's cookie; None when nobody is signed in. Raises `StoreUnavailable`."""
    cookie = cookie_of(request)
    if not cookie:
        return None
    services: Services = request.state.services
    return await services.threads.checks.run(valid_session, services, digest_of(cookie))


def valid_session(services: Services, digest: bytes) -> Session | None:
    """The session of this digest, if it and the API key behind it are valid now. Raises `StoreUnavailable`."""
    now = services.now
    session = services.registry.session(digest, now)
    if session is None or session.key is None:
        return session
    return session if services.live.registry.key(session.key, now) else None


def scopes_of(session: Session | None) -> frozenset[str]:
    """What the person may do."""
    return frozenset() if session is None else GRANTS.get(session.scope, frozenset())


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Sign the browser in with this cookie."""
    max_age = int(LASTS.total_seconds())
    name = full_name(request, COOKIE)
    response.set_cookie(name, secret, max_age, samesite="lax", secure=is_secure(request), httponly=True)


def set_pre_cookie(request: Request, response: Response, secret: str) -> None:
    """Bind the sign-in form to this browser."""
    name = full_name(request, PRE_COOKIE)
    response.set_cookie(name, secret, samesite="strict", secure=is_secure(request), httponly=True)


def drop_cookie(request: Request, response: Response) -> None:
    """Take the cookie away."""
    name = full_name(request, COOKIE)
    response.delete_cookie(name, samesite="lax", secure=is_secure(request), httponly=True)


def full_name(request: Request, name: str) -> str:
    """The name of a cookie as this browser keeps it."""
    return f"__Host-{name}" if is_secure(request) else name


def is_secure(request: Request) -> bool:
    """Whether the browser came by https, as far as the public address says. This machine may come without."""
    services: Services = request.state.services
    here = is_loopback(asked_host(request)) and not is_forwarded(request)
    return services.settings.base_url.startswith("https://") and not here
