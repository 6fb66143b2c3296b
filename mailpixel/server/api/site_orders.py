"""Handlers for orders that the server of a shop reports: a stream of lines, or one as plain JSON."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

from mailpixel.errors import Conflict, InvalidInput, MailpixelError, StoreUnavailable
from mailpixel.model import Event
from mailpixel.reading.lines import Numbered
from mailpixel.reading.orders import OrderReader
from mailpixel.server.api.body import check_length
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.exchange import STREAM_BYTES, Exchange
from mailpixel.server.errors import error_json
from mailpixel.server.threads import Lane
from mailpixel.site_model import NOT_NAMED, read_claim

ORDERS_AT_ONCE = 500
NOT_WRITTEN = StoreUnavailable("the log cannot be written at the moment; send this again later")
Append = Callable[[Sequence[Event]], Awaitable[Sequence[bool]]]


def report_one(call: Call) -> object:
    """Log one order event.

    Raises `NotFound`, `Conflict` for an archived site, `InvalidInput`, and `StoreUnavailable` when it could not be
    written.
    """
    event = _reader(call).event(call.body.line)

    async def log() -> object:
        if not all(await call.services.committer.append([event])):
            raise NOT_WRITTEN
        tally = Tally()
        tally.accept(event)
        return asdict(tally)

    return log()


def report(call: Call) -> object:
    """Log order events, line by line. The answer lists rows that were not accepted by number, then the counts.

    Raises `NotFound`, and `Conflict` for an archived site.
    """
    check_length(call.request, STREAM_BYTES)
    services = call.services
    return Exchange(OrderLines(_reader(call), services.threads.api_writes, services.committer.append))


def _reader(call: Call) -> OrderReader:
    services = call.services
    site = services.registry.site(call.path["id"])
    if site.archived:
        raise Conflict(f"site {site.id!r} is archived and logs nothing; restore it, then send this again")
    return OrderReader(site, services.clock(), services.live.read_click, services.live.people.opted_out)


@dataclass(slots=True)
class Tally:
    """How many reports were accepted and how many failed.

    Of those accepted `named` are those that say who the customer is, and `not_named` those whose customer was not kept,
    because `identify` is not in their consent.
    """

    accepted: int = 0
    failed: int = 0
    named: int = 0
    not_named: int = 0

    def accept(self, event: Event) -> None:
        """Count a report that was logged."""
        claim = read_claim(event.body)
        self.accepted += 1
        self.named += bool(claim.recipient)
        self.not_named += NOT_NAMED in claim.problems


class OrderLines:
    """Logs lines about orders; see `Translator`.

    A row that is not accepted is listed by number: {"row","error"}. The last line is the `Tally`: `accepted` and
    `failed` add up to the number of rows. When the log refuses a row, all later rows fail without a try. Send failed
    rows again: a row sent twice counts once.
    """

    step = ORDERS_AT_ONCE
    stopped = False

    def __init__(self, reader: OrderReader, lane: Lane, append: Append) -> None:
        self._reader = reader
        self._lane = lane
        self._append = append
        self._tally = Tally()
        self._refused = False

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        """Log some lines and return the answer lines for those that were not accepted."""
        read = await self._lane.run(self._reader.read, lines)
        durable = iter(await self._log([each for each in read if not isinstance(each, InvalidInput)]))
        return b"".join(
            self._said(row, each, isinstance(each, Event) and next(durable))
            for (row, _), each in zip(lines, read, strict=True)
        )

    def finish(self) -> bytes:
        """The count."""
        return _line(asdict(self._tally))

    async def _log(self, events: Sequence[Event]) -> Sequence[bool]:
        if self._refused:
            return [False] * len(events)
        durable = await self._append(events)
        self._refused = not all(durable)
        return durable

    def _said(self, row: int, read: Event | InvalidInput, durable: bool) -> bytes:
        if durable and isinstance(read, Event):
            self._tally.accept(read)
            return b""
        self._tally.failed += 1
        fault: MailpixelError = read if isinstance(read, InvalidInput) else NOT_WRITTEN
        return _line({"row": row, **error_json(fault)})


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
