"""Handlers that show how a web site is installed: what would become of an envelope, and the last ones that came."""

from collections.abc import Awaitable
from typing import Annotated, ClassVar, Self

from msgspec import UNSET, Meta, UnsetType
from starlette.exceptions import HTTPException

from mailpixel.errors import InvalidInput
from mailpixel.folder.consoles import Consoles
from mailpixel.ingest.site_hit import SiteHit
from mailpixel.ingest.site_intake import read_hit
from mailpixel.model import Facts
from mailpixel.reading.shapes import Schema, Shape, a_string
from mailpixel.report.site_checks import CheckedEnvelopeRow, checked
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.live import RETRY_AFTER_S, permission_of
from mailpixel.server.site_console import ConsoleStream
from mailpixel.server.site_tracking import origin_of
from mailpixel.site.outcomes import Outcome, Reading
from mailpixel.traffic.facts import facts_of

HEADERS = 100
HEADER_CHARS = 4_096


class RequestHeaders(dict[str, str]):
    """Headers by name."""

    schema: ClassVar[Schema] = {
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": HEADER_CHARS},
        "maxProperties": HEADERS,
    }

    @classmethod
    def read(cls, value: object) -> Self:
        """The headers of a JSON object. Raises `InvalidInput` without a field."""
        if not isinstance(value, dict) or len(value) > HEADERS:
            raise InvalidInput("", f"must be an object of at most {HEADERS} headers")
        found = {a_string(name).lower(): a_string(text) for name, text in value.items()}
        if any(len(text) > HEADER_CHARS for text in found.values()):
            raise InvalidInput("", f"must have values of at most {HEADER_CHARS:,} characters")
        return cls(found)

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """The headers as a server gets them."""
        return [(name.encode(), text.encode()) for name, text in self.items()]


class ToCheck(Shape, frozen=True):
    """An envelope as a page would send it: the body of a post, or the query of the image."""

    body: Annotated[
        str | UnsetType,
        Meta(description="The body of a post, as text.", examples=['{"v":1,"events":[]}']),
    ] = UNSET
    gif: Annotated[
        str | UnsetType,
        Meta(description="The query of the image, without the question mark. One of the two."),
    ] = UNSET
    headers: Annotated[
        RequestHeaders,
        Meta(
            description="Headers that decide, if need be: `sec-gpc`, `origin`.", examples=[{"sec-gpc": "1"}]
        ),
    ] = RequestHeaders()


def check(call: Call) -> object:
    """What would become of an envelope. Nothing is logged. Raises `NotFound` and `InvalidInput`."""
    services, asked = call.services, call.body
    site = services.registry.site(call.path["id"])
    hit = _hit(asked, services.clock())
    if site.archived:
        return checked(Reading(Outcome.UNKNOWN_SITE)).to_json()
    found: CheckedEnvelopeRow = checked(read_hit(hit, site, services.live.read_click))
    return found.to_json()


def _hit(asked: ToCheck, now_ms: int) -> SiteHit:
    if (asked.body is UNSET) == (asked.gif is UNSET):
        raise InvalidInput("body", "send either `body`, the text of a post, or `gif`, the query of the image")
    raw = asked.headers.raw
    facts, agent = facts_of(raw)
    method, text = ("GET", asked.gif) if asked.body is UNSET else ("POST", asked.body)
    sent = str(text).encode("utf-8", "surrogatepass")
    return SiteHit("", method, sent, origin_of(raw), now_ms, "", agent, Facts(facts._value_))


def console(call: Call) -> Awaitable[object]:
    """The last envelopes of a site and each further one, of all processes, without an end. Raises `NotFound`."""
    services = call.services
    site = services.registry.site(call.path["id"])
    permission = permission_of(call)

    async def opened() -> object:
        if services.hub.is_full:
            raise HTTPException(
                503,
                "there are too many listeners; try again later, or raise MAILPIXEL_LISTENERS",
                {"retry-after": str(RETRY_AFTER_S)},
            )
        consoles = Consoles(services.settings.data, site.id)
        return ConsoleStream(consoles, permission, services.threads.checks, lambda: services.hub.ended)

    return opened()
