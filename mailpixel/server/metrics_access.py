"""Who may read `/metrics`, which reveals how much a sender mails."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mailpixel.links.hosts import is_loopback
from mailpixel.server.auth import CHALLENGE, authenticate
from mailpixel.server.services import Services
from mailpixel.server.web_hosts import asked_host

FORWARDING = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip"}
)
"""Headers that proxies add, besides all that begin with `x-forwarded`."""

REMEDIES = {
    "local": "request them from this machine without a proxy",
    "key": "send an API key of scope read as `Authorization: Bearer KEY` (make one with `mailpixel apikey add`)",
}


async def check_access(request: Request) -> None:
    """Raise `HTTPException`, 401 or 403 with the remedy, for clients not allowed by `MAILPIXEL_METRICS`."""
    services: Services = request.state.services
    allowed = services.settings.metrics
    if "open" in allowed or ("local" in allowed and is_local(request)):
        return
    if "key" in allowed and "authorization" in request.headers:
        await authenticate(request, "read")
        return
    ways = "; or ".join(remedy for way, remedy in REMEDIES.items() if way in allowed)
    message = f"{ways}. MAILPIXEL_METRICS sets who may read the metrics."
    raise HTTPException(401, message, CHALLENGE) if "key" in allowed else HTTPException(403, message)


def is_local(request: Request) -> bool:
    """Whether a program on this machine asks for itself: without a proxy, and by a name of this machine.

    A proxy that adds no header still passes on the host name that its client asked for, in any spelling.
    """
    if is_forwarded(request):
        return False
    asked = asked_host(request) if "host" in request.headers else "localhost"
    return is_loopback(request.client.host if request.client else "") and is_loopback(asked)


def is_forwarded(request: Request) -> bool:
    """Whether a header says that a proxy passed the request on."""
    return any(name in FORWARDING or name.startswith("x-forwarded") for name in request.headers)
