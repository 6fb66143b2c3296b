"""Handlers for links and deliveries: streams of lines, or one of either as plain JSON."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mailpixel.errors import InvalidInput, MailpixelError, StoreUnavailable
from mailpixel.links.lists.minted_rows import Format, Job, RowMinter
from mailpixel.model import Event
from mailpixel.privacy.signing import Run, Signing, check_run, run_of
from mailpixel.reading.deliveries import DeliveryReader, OptedOut, delivery_event
from mailpixel.reading.lines import LINE_BYTES, Numbered, read_line
from mailpixel.reading.shapes import Shape, Text
from mailpixel.reading.written import Written
from mailpixel.server.api.body import check_length
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.exchange import STREAM_BYTES, Exchange
from mailpixel.server.errors import error_json
from mailpixel.server.report_log import append_reports
from mailpixel.server.threads import Lane
from mailpixel.store.campaign_changes import note_signed
from mailpixel.store.signings import RUN_CHARS
from mailpixel.times import DAY_MS


class ToMint(Shape, frozen=True):
    """A recipient to sign links for."""

    recipient: Annotated[
        Written,
        Meta(
            description="The sender's opaque id for a person, or an address with `hash_recipients`.",
            examples=["r-1001"],
        ),
    ]


class RunName(Text, check=check_run, minLength=1, maxLength=RUN_CHARS):
    """The name of a run of signing."""


class MintOptions(Shape, frozen=True):
    """The options of signing."""

    merge: Annotated[
        bool,
        Meta(description="Make one token per recipient, for the merge field of a template, instead of URLs."),
    ] = False
    hash_recipients: Annotated[
        bool,
        Meta(
            description="Sign an id made from `recipient`, so that it may be an address. The answer holds both."
        ),
    ] = False
    strict: Annotated[bool, Meta(description="Stop at the first faulty line.")] = False
    run: Annotated[
        RunName | UnsetType,
        Meta(
            description="Count the recipients under this name. Default: one name a day.",
            examples=["first half"],
        ),
    ] = UNSET


TOKENS_AT_ONCE = 2_000
"""Tokens signed in one step: some ten milliseconds of work."""
DELIVERIES_AT_ONCE = 1_000

Append = Callable[[Sequence[Event]], Awaitable[Sequence[bool]]]
"""Logs events and returns, for each, whether it is durable."""

NOT_WRITTEN = StoreUnavailable("the log cannot be written at the moment; send this again later")


def mint_one(call: Call) -> object:
    """The links of one recipient. Raises `InvalidInput`."""
    job = _job(call)
    minter = RowMinter(job, call.services.live.keyring)
    [made] = _minted(minter, [call.body.recipient])
    if isinstance(made, InvalidInput):
        raise made
    _run(call).note(minter.take_signed())
    return json.loads(made)


def mint(call: Call) -> object:
    """Links for every recipient, line by line."""
    check_length(call.request, STREAM_BYTES)
    job = _job(call)
    step = max(TOKENS_AT_ONCE // len(job.columns), 1)
    minter, run = RowMinter(job, call.services.live.keyring), _run(call)
    lane = call.services.threads.api_writes
    return Exchange(MintLines(minter, lane, step, job.strict, lambda: run.note(minter.take_signed())))


def _run(call: Call) -> Run:
    name = call.query.run or run_of("api", call.now)
    return Run(call.services.registry, call.path["id"], name)


def _job(call: Call) -> Job:
    campaign = call.services.registry.campaign(call.path["id"])
    note_signed(call.services.registry, campaign.id)
    live = call.services.live
    return Job(
        campaign=campaign.id,
        base_url=campaign.base_url or call.services.settings.base_url,
        links=tuple(link.number for link in campaign.links),
        destinations=tuple(link.url for link in campaign.links),
        treat=Signing(live.resolver.policy, campaign, live.people.states),
        format=Format.NDJSON,
        **{name: value for name, value in call.query.given().items() if name != "run"},
    )


def deliver_one(call: Call) -> object:
    """Log one delivery. Raises `InvalidInput`, and `StoreUnavailable` when it could not be written."""
    services = call.services
    campaign = services.registry.campaign(call.path["id"])
    event = delivery_event(campaign.id, call.body, services.clock() + DAY_MS)

    async def log() -> object:
        if not all(await append_reports(services, services.threads.api_writes, [event])):
            raise NOT_WRITTEN
        opted_out = services.live.people.opted_out(event.recipient)
        return _tally(opted_out=1) if opted_out else _tally(accepted=1)

    return log()


def deliveries(call: Call) -> object:
    """Log deliveries, line by line. The answer lists rows that were not accepted by number, then the counts."""
    check_length(call.request, STREAM_BYTES)
    services = call.services
    campaign = services.registry.campaign(call.path["id"])
    reader = DeliveryReader(campaign.id, services.clock() + DAY_MS, services.live.people.opted_out)
    lane = services.threads.api_writes
    return Exchange(DeliveryLines(reader, lane, partial(append_reports, services, lane)))


def _minted(minter: RowMinter, found: Sequence[str | InvalidInput]) -> list[str | InvalidInput]:
    """For each id or address its row of links, or its fault; in order."""
    ids = [_id_of(minter, each) for each in found]
    good = [at for at, id in enumerate(ids) if isinstance(id, str)]
    rows, _ = minter.rows([str(found[at]) for at in good], [str(ids[at]) for at in good])
    made = dict(zip(good, rows, strict=True))
    return [made.get(at, id) for at, id in enumerate(ids)]


def _id_of(minter: RowMinter, found: str | InvalidInput) -> str | InvalidInput:
    try:
        return found if isinstance(found, InvalidInput) else minter.id_of(found)
    except InvalidInput as fault:
        return fault


class MintLines:
    """Makes a row of links of every line of {"recipient"}, or {"row","error"}; see `Translator`.

    With `strict` the first error is the last line. `on_signed` is called after each step.
    """

    def __init__(
        self,
        minter: RowMinter,
        lane: Lane,
        step: int,
        strict: bool,
        on_signed: Callable[[], None] = lambda: None,
    ) -> None:
        self._minter = minter
        self._lane = lane
        self._strict = strict
        self._on_signed = on_signed
        self.step = step
        self.stopped = False

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        """The rows of some lines."""
        return await self._lane.run(self._answers, lines)

    def finish(self) -> bytes:
        """Nothing more: every line has its answer."""
        return b""

    def _answers(self, lines: Sequence[Numbered]) -> bytes:
        out: list[bytes] = []
        made = _minted(self._minter, [_written(line) for _, line in lines])
        for (row, _), answer in zip(lines, made, strict=True):
            faulty = isinstance(answer, InvalidInput)
            out.append(_faulty(row, answer) if isinstance(answer, InvalidInput) else f"{answer}\n".encode())
            if faulty and self._strict:
                self.stopped = True
                break
        self._on_signed()
        return b"".join(out)


def _written(line: bytes | None) -> str | InvalidInput:
    try:
        return read_line(line, ToMint, LINE_BYTES, "recipient").recipient
    except InvalidInput as fault:
        return fault


class DeliveryLines:
    """Logs lines of {"recipient","delivered_at"}; see `Translator`.

    A row that is not accepted is listed by number: {"row","error"} or {"row","opted_out"}. The last line is
    {"accepted","opted_out","failed"}, which add up to the number of rows. When the log refuses a row, all later rows
    fail without a try. Send failed rows again: a delivery sent twice counts once.
    """

    step = DELIVERIES_AT_ONCE
    stopped = False

    def __init__(self, reader: DeliveryReader, lane: Lane, append: Append) -> None:
        self._reader = reader
        self._lane = lane
        self._append = append
        self._accepted = self._opted_out = self._failed = 0
        self._refused = False

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        """Log some lines and return the answer lines for those that were not accepted."""
        read = await self._lane.run(self._reader.read, lines)
        reports = [each for each in read if not isinstance(each, InvalidInput)]
        events = [each.event if isinstance(each, OptedOut) else each for each in reports]
        durable = iter(await self._log(events))
        rows = (row for row, _ in lines)
        return b"".join(
            self._said(row, each, not isinstance(each, InvalidInput) and next(durable))
            for row, each in zip(rows, read, strict=True)
        )

    def finish(self) -> bytes:
        """The count."""
        return _line(_tally(self._accepted, self._opted_out, self._failed))

    async def _log(self, events: Sequence[Event]) -> Sequence[bool]:
        if self._refused:
            return [False] * len(events)
        durable = await self._append(events)
        self._refused = not all(durable)
        return durable

    def _said(self, row: int, read: Event | InvalidInput | OptedOut, durable: bool) -> bytes:
        if durable and isinstance(read, OptedOut):
            self._opted_out += 1
            return _line({"row": row, "opted_out": True})
        if durable:
            self._accepted += 1
            return b""
        self._failed += 1
        return _faulty(row, read if isinstance(read, InvalidInput) else NOT_WRITTEN)


def _tally(accepted: int = 0, opted_out: int = 0, failed: int = 0) -> dict[str, int]:
    return {"accepted": accepted, "opted_out": opted_out, "failed": failed}


def _faulty(row: int, fault: MailpixelError) -> bytes:
    return _line({"row": row, **error_json(fault)})


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
