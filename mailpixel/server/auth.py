"""Who may use the API: holders of bearer keys, of which only the SHA-256 is stored."""

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mailpixel.bearer import digest_of
from mailpixel.errors import StoreUnavailable
from mailpixel.server.services import Services
from mailpixel.store.keys import ApiKey

CHALLENGE = {"www-authenticate": 'Bearer realm="mailpixel"'}
TOO_MANY = "too many wrong API keys came from this address; check the key, wait a minute and try again"
HEADER_CHARS = 1_000
"""A longer Authorization header cannot hold a key of ours."""

GRANTS = {
    "read": frozenset({"read"}),
    "write": frozenset({"read", "write", "record"}),
    "privacy": frozenset({"read", "privacy", "record"}),
}
"""What a key may do, by its scope. Who may set up campaigns cannot erase everybody. `record`: see the record of
processing, which concerns both."""


async def authenticate(request: Request, scope: str) -> ApiKey:
    """The key of a request. Raises `HTTPException`: 401 without a valid key, 403 when it lacks the scope.

    A known key is found by its digest, at once, whatever others send. After many wrong ones from an address an unknown
    key is not looked for any more, which is 429.
    """
    services: Services = request.state.services
    digest = key_digest(request)
    now = services.now
    key = services.live.registry.key(digest, now) or await _look_again(request, digest, now)
    if key is None:
        services.wrong_api_keys.note(request)
        services.metrics.refuse_key("unknown")
        raise HTTPException(
            401, "this API key is unknown or revoked; make one with `mailpixel apikey add`", CHALLENGE
        )
    if scope not in GRANTS.get(key.scope, ()):
        services.metrics.refuse_key("scope")
        raise HTTPException(
            403, f"this API key has only the scope {key.scope}; use one with the scope {scope}"
        )
    request.state.key_name = key.name  # for the access log
    return key


def key_digest(request: Request) -> bytes:
    """The SHA-256 of the key that a request brings. Raises `HTTPException` 401 when it brings none."""
    header = request.headers.get("authorization", "")
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer" or not text.strip() or len(header) > HEADER_CHARS:
        raise HTTPException(401, "send an API key as `Authorization: Bearer KEY`", CHALLENGE)
    return digest_of(text.strip())


async def _look_again(request: Request, digest: bytes, now: datetime) -> ApiKey | None:
    """A key that may have been added a moment ago. Raises `StoreUnavailable` when the registry cannot be read."""
    services: Services = request.state.services
    if services.wrong_api_keys.are_too_many(request):
        services.metrics.refuse_key("too_many")
        raise HTTPException(429, TOO_MANY, {"retry-after": "60"})
    await services.refreshing.fresh_look()
    if not services.refreshing.is_fresh("registry", "database"):
        raise StoreUnavailable("the API keys cannot be read right now; try again later")
    return services.live.registry.key(digest, now)
