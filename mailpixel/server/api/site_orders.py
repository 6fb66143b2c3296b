"""Handlers for orders that the server of a shop reports: a stream of lines, or one as plain JSON."""

import json
from collections.abc import Awaitable, Callable, Sequence

from mailpixel.errors import Conflict, InvalidInput, MailpixelError, StoreUnavailable
from mailpixel.model import Event
from mailpixel.reading.lines import Numbered
from mailpixel.reading.orders import OrderReader
from mailpixel.server.api.body import check_length
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.exchange import STREAM_BYTES, Exchange
from mailpixel.server.errors import error_json
from mailpixel.server.threads import Lane

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
        return {"accepted": 1, "failed": 0}

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


class OrderLines:
    """Logs lines about orders; see `Translator`.

    A row that is not accepted is listed by number: {"row","error"}. The last line is {"accepted","failed"}, which add
    up to the number of rows. When the log refuses a row, all later rows fail without a try. Send failed rows again:
    a row sent twice counts once.
    """

    step = ORDERS_AT_ONCE
    stopped = False

    def __init__(self, reader: OrderReader, lane: Lane, append: Append) -> None:
        self._reader = reader
        self._lane = lane
        self._append = append
        self._accepted = self._failed = 0
        self._refused = False

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        """Log some lines and return the answer lines for those that were not accepted."""
        read = await self._lane.run(self._reader.read, lines)
        durable = iter(await self._log([each for each in read if not isinstance(each, InvalidInput)]))
        return b"".join(
            self._said(row, each, not isinstance(each, InvalidInput) and next(durable))
            for (row, _), each in zip(lines, read, strict=True)
        )

    def finish(self) -> bytes:
        """The count."""
        return _line({"accepted": self._accepted, "failed": self._failed})

    async def _log(self, events: Sequence[Event]) -> Sequence[bool]:
        if self._refused:
            return [False] * len(events)
        durable = await self._append(events)
        self._refused = not all(durable)
        return durable

    def _said(self, row: int, read: Event | InvalidInput, durable: bool) -> bytes:
        if durable:
            self._accepted += 1
            return b""
        self._failed += 1
        fault: MailpixelError = read if isinstance(read, InvalidInput) else NOT_WRITTEN
        return _line({"row": row, **error_json(fault)})


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
