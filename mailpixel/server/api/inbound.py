"""Handlers for sources of delivery reports: list, add, remove."""

import secrets
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import asdict
from starlette.responses import Response

from mailpixel.inbound.esps import ESPS, Access
from mailpixel.inbound.source import CHANCE_BYTES, KEY_CHARS, NewSource, new_source, url_of
from mailpixel.reading.shapes import Shape
from mailpixel.report.inbound import AddedInboundRow, inbound_row
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.errors import NO_STORE

NAME = "^[a-z0-9][a-z0-9-]{0,31}$"


class NewInbound(Shape, frozen=True):
    """A source of delivery reports to add."""

    name: Annotated[str, Meta(max_length=32, extra_json_schema={"pattern": NAME}, examples=["postmark-live"])]
    esp: Annotated[
        Literal["postmark", "sendgrid", "mailgun", "ses", "anymail"],
        Meta(description="The ESP, or `anymail` for its normal form.", examples=["postmark"]),
    ]
    secret: Annotated[
        str,
        Meta(
            max_length=KEY_CHARS, description="The key of the ESP's signature, or the ARN of the SNS topic."
        ),
    ] = ""


def list_inbound(call: Call) -> object:
    """All sources in order of name."""
    return {"items": [inbound_row(source).to_json() for source in call.services.registry.inbounds()]}


def add_inbound(call: Call) -> object:
    """Add a source. Raises `InvalidInput`, and `Conflict` for a taken name."""
    body: NewInbound = call.body
    services = call.services
    asked = NewSource(body.name, body.esp, body.secret)
    source, password = new_source(asked, services.live.keyring, secrets.token_bytes(CHANCE_BYTES), call.now)
    services.registry.add_inbound(source)
    access = ESPS[source.esp].access
    added = AddedInboundRow(
        **asdict(inbound_row(source)),
        url=url_of(services.settings.base_url, source.name, access, password),
        key=password if access is Access.BEARER else None,
        setup=[step.replace("NAME", source.name) for step in ESPS[source.esp].setup],
    )
    return answer_json(added.to_json(), 201, {"location": f"/api/inbound/{source.name}"})


def remove_inbound(call: Call) -> object:
    """Remove a source; the answer is empty. Raises `NotFound`."""
    call.services.registry.remove_inbound(call.path["name"])
    return Response(status_code=204, headers=NO_STORE)
