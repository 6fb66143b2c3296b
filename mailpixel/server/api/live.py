"""Handler for the stream of a campaign: figures, hits and jobs as they change."""

from collections.abc import Awaitable
from typing import Annotated, ClassVar, Self

from msgspec import Meta
from starlette.exceptions import HTTPException

from mailpixel.bearer import digest_of
from mailpixel.errors import InvalidInput
from mailpixel.reading.shapes import Schema, Shape, a_string
from mailpixel.server.api.endpoint import Call
from mailpixel.server.auth import key_digest
from mailpixel.server.live.frames import Kind
from mailpixel.server.live.listener import Listener
from mailpixel.server.live.permission import Permission
from mailpixel.server.live.stream import EventStream
from mailpixel.server.session import cookie_of, valid_session

RETRY_AFTER_S = 30
PLACE_CHARS = 40
"""A longer Last-Event-ID is none of ours."""
KINDS = "|".join(Kind)


class Kinds(frozenset[Kind]):
    """Kinds of events, separated by commas."""

    schema: ClassVar[Schema] = {"type": "string", "pattern": f"^({KINDS})(,({KINDS}))*$"}

    @classmethod
    def read(cls, value: object) -> Self:
        """The kinds in a text. Raises `InvalidInput` without a field."""
        try:
            return cls(Kind(name) for name in a_string(value).split(","))
        except ValueError:
            raise InvalidInput("", f"must be some of {', '.join(Kind)}, separated by commas") from None


class StreamOptions(Shape, frozen=True):
    """What to listen to."""

    events: Annotated[
        Kinds,
        Meta(
            description="Kinds of events, separated by commas: `summary` (once a second at most), `hit` (100 a second"
            " at most), `job` (the progress of a job), `change` (only says that figures changed). Default: `summary`."
        ),
    ] = Kinds({Kind.SUMMARY})


def stream(call: Call) -> Awaitable[object]:
    """The news of a campaign, without an end. Raises `NotFound`."""
    services = call.services
    campaign = services.registry.outline(call.path["id"]).id
    asked: StreamOptions = call.query
    since = call.request.headers.get("last-event-id", "")
    listener = Listener(asked.events, permission_of(call))

    async def opened() -> object:
        if services.hub.is_full:
            raise HTTPException(
                503,
                "there are too many listeners; try again later, or raise MAILPIXEL_LISTENERS",
                {"retry-after": str(RETRY_AFTER_S)},
            )
        return EventStream(services.hub, campaign, listener, since[:PLACE_CHARS])

    return opened()


def permission_of(call: Call) -> Permission:
    """What the stream is opened with, to be checked again while it lasts: an API key, or the session of a person."""
    services = call.services
    if "authorization" in call.request.headers:
        key = key_digest(call.request)
        return Permission(key, lambda: services.live.registry.key(key, services.now) is not None)
    cookie = digest_of(cookie_of(call.request))
    return Permission(cookie, lambda: valid_session(services, cookie) is not None)
