"""Handlers for single people: what is stored, opting out, erasing."""

import json
from collections.abc import Awaitable, Sequence
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from mailpixel.claims import check_recipient
from mailpixel.erasing import erasing_in
from mailpixel.errors import InvalidInput
from mailpixel.privacy.erasure import Outcome, erase_people
from mailpixel.privacy.optout import opt_out
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.reading.deliveries import Recipient
from mailpixel.reading.lines import LINE_BYTES, Lines, Numbered, read_line
from mailpixel.reading.shapes import Shape
from mailpixel.report.erasures import ErasureRow, erasure_row
from mailpixel.report.person import person_row
from mailpixel.server.api.body import read_body
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.errors import NO_STORE, error_json
from mailpixel.server.services import Services

ERASURES_BYTES = 67_108_864
"""The longest list of people to erase: some million lines."""
LINES = {**NO_STORE, "content-type": "application/x-ndjson"}


class ToErase(Shape, frozen=True):
    """A person to erase."""

    recipient: Annotated[
        Recipient,
        Meta(description="The sender's opaque id for a person, never an address.", examples=["r-1003"]),
    ]


def show(call: Call) -> object:
    """Everything that is stored about a person; also the empty lists of somebody unknown."""
    services = call.services
    known = KnownCampaigns(services.registry)
    return person_row(services.settled(), services.registry, known, services.rules, _asked(call)).to_json()


def stop(call: Call) -> object:
    """Stop counting a person, also in mail already sent."""
    opt_out(call.services.settled(), call.services.registry, _asked(call), call.now)
    return Response(status_code=204, headers=NO_STORE)


def erase(call: Call) -> Awaitable[object]:
    """Erase a person. The answer is the proof, with status 202 while bytes may be left in files."""
    return _erase_one(call.services, _asked(call))


def erase_one(call: Call) -> Awaitable[object]:
    """Erase the person in the body."""
    return _erase_one(call.services, call.body.recipient)


async def _erase_one(services: Services, recipient: str) -> object:
    return _answer(await erased(services, [recipient]))


def _answer(outcome: Outcome) -> Response:
    row = erasure_row(outcome.record)
    return answer_json(row.to_json(), 202 if row.pending else 200)


def show_erasure(call: Call) -> object:
    """The proof of an erasure as it stands now. Raises `NotFound`."""
    return erasure_row(call.services.registry.erasure(call.path["id"])).to_json()


async def erased(services: Services, recipients: Sequence[str]) -> Outcome:
    """Erase people in a thread of its own. What holds an erasure up is left to `mailpixel work`."""
    erasing = erasing_in(services.settings, services.store, services.registry)
    return await services.threads.erasures.run(erase_people, erasing, recipients)


def erase_lines(call: Call) -> Awaitable[object]:
    """Erase many people. The answer lists faulty lines by number, then the proof of all others."""
    return _erase_lines(call)


async def _erase_lines(call: Call) -> object:
    lines = Lines(LINE_BYTES)
    body = await read_body(call.request, ERASURES_BYTES)
    people, faults = await call.services.threads.erasures.run(_read, [*lines.feed(body), *lines.finish()])
    if not people:
        return Response(faults, headers=LINES)
    outcome = await erased(call.services, people)
    return Response(faults + _line(erasure_row(outcome.record)), headers=LINES)


def _read(lines: Sequence[Numbered]) -> tuple[list[str], bytes]:
    """The people of these lines, and a line for each that is faulty."""
    people, faults = list[str](), list[bytes]()
    for row, line in lines:
        try:
            people.append(read_line(line, ToErase, LINE_BYTES, "recipient").recipient)
        except InvalidInput as fault:
            faults.append(json.dumps({"row": row, **error_json(fault)}).encode() + b"\n")
    return people, b"".join(faults)


def _line(row: ErasureRow) -> bytes:
    return json.dumps(row.to_json()).encode() + b"\n"


def _asked(call: Call) -> str:
    return check_recipient(call.path["recipient"], "recipient")
